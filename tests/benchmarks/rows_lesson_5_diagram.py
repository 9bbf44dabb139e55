"""ArchitectureDiagram: reading a network, its first picture, and the gestures on it."""

import torchvision

from helpers.training import one_thread
from tests.benchmarks.gestures import box_of, within
from tests.benchmarks.processor import seconds
from tests.benchmarks.rows_widgets import RUN_TO_DRAWN, drag_rows, moves_rows
from tests.benchmarks.table import Row

CELL = """\
import torchvision
from helpers import ArchitectureDiagram
ArchitectureDiagram(torchvision.models.{}())"""
READY = "import torch, torchvision\nfrom torchvision.models import resnet50\nmodel = resnet50()"
FIRST = "from helpers import ArchitectureDiagram\nArchitectureDiagram(model)"
GESTURES = {"resnet18": 4, "resnet50": 8, "resnet152": 16}  # budgets in ms
READ = {"resnet50": 500, "resnet152": 1500, "vgg19_bn": 500}
RUNS = 5


def reading():
    from helpers.widgets.architecture_reading import Reading

    for name, budget in READ.items():
        model = torchvision.models.get_model(name, weights=None)
        times = [1000 * seconds(lambda: Reading(model, (3, 224, 224))) for _ in range(RUNS)]
        yield Row(f"{name} read as a graph of stages", times, budget)


def first_picture(stage):
    times = []
    for _ in range(RUNS):
        with stage.lab() as lab:
            notebook = lab.open_notebook([FIRST, READY])
            notebook.run_cell(1)
            times.append(lab.page.evaluate(RUN_TO_DRAWN, [notebook.id, ".cnn-arch .cnn-arch-box"]))
            notebook.wait_idle()
    what = "Run on a first ArchitectureDiagram of ResNet-50, torch loaded → drawn"
    yield Row(what, times, 700, statistic="median")


def gestures(stage):
    for name, budget in GESTURES.items():
        with stage.lab() as lab:
            notebook = lab.open_notebook([CELL.format(name)])
            notebook.run_all()
            picture = box_of(notebook.output(0).locator(".cnn-arch"))
            over = within(picture, [((23 * n % 61 + 1) / 63, 0.4) for n in range(61)])
            yield from moves_rows(f"{name}, pointer over the blocks", stage, lab, over, budget)
            slider = box_of(notebook.output(0).locator(".cnn-slider input").first)
            drag = within(slider, [((17 * n % 61 + 1) / 63, 0.5) for n in range(61)])
            yield from drag_rows(f"{name}, the input size dragged", stage, lab, drag, budget)


def rows(stage):
    with one_thread():
        yield from reading()
    yield from first_picture(stage)
    yield from gestures(stage)
