"""Receptive fields of whole networks, in seconds and against gradients; gestures of the widgets."""

import warnings

import torch
import torchvision

from helpers.receptive_field import receptive_field
from helpers.training import one_thread
from tests.benchmarks.gestures import box_of, centres, within
from tests.benchmarks.processor import seconds
from tests.benchmarks.rows_widgets import drag_rows, moves_rows
from tests.benchmarks.table import Row
from tests.gradient_fields import hull

NETWORKS = ["resnet50", "densenet121", "efficientnet_b0", "mobilenet_v3_small", "inception_v3"]
SLOWEST = "efficientnet_v2_l"  # or nearly so: it has 1,091 rows
RUNS = 3
STACK = "from helpers import ReceptiveFieldExplorer\nReceptiveFieldExplorer.case({!r})"
STACKS = {"four 3×3": 4, "ResNet-50": 16, "U-Net": 16}  # budgets in ms
MAPS = """\
import torch
from torch import nn
from helpers import FeatureMapExplorer, load_photo
photo = torch.tensor(load_photo()[16:240, 16:240]).float().permute(2, 0, 1)
FeatureMapExplorer(nn.Conv2d(3, 64, 7, stride=2, padding=3), photo)"""
EFFECTIVE = """\
import torch
from torch import nn
from helpers import EffectiveFieldExplorer
models = {name: nn.Sequential(*[nn.Conv2d(1, 1, 3, padding=1, bias=False) for _ in range(8)])
          for name in ("before training", "after training")}
EffectiveFieldExplorer(models, torch.ones(1, 1, 32, 64))"""


def made(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # GoogLeNet and Inception: weights initialized slowly
        model = torchvision.models.get_model(name, weights=None).eval()
    return model, (3, 299, 299) if name == "inception_v3" else (3, 224, 224)


def by_gradients(model, input_size, names):
    """What a row says, the plain way: one backward pass from each of four units of its map.

    The size is that of the unit in the centre, the stride is how far its neighbour's field lies
    from it, and the padding is how far those of the first and the last unit are cut off.
    """
    modules, maps = dict(model.named_modules()), []
    handles = [
        modules[name].register_forward_hook(lambda module, args, y: maps.append(y))
        for name in names
    ]
    x = torch.ones(1, *input_size, requires_grad=True)
    model(x)
    for handle in handles:
        handle.remove()
    for y in maps:
        middle = [size // 2 for size in y.shape[2:]]
        last = [size - 1 for size in y.shape[2:]]
        beside = [min(m + 1, size) for m, size in zip(middle, last)]
        for unit in (middle, beside, [0] * len(last), last):
            value = y[(0, slice(None), *unit)].sum()
            (gradient,) = torch.autograd.grad(value, x, retain_graph=True)
            hull(gradient[0].ne(0).any(0))


def fields():
    for name in [*NETWORKS, SLOWEST]:
        model, size = made(name)
        ours = [seconds(lambda: receptive_field(model, size)) for _ in range(RUNS)]
        yield Row(f"receptive fields of {name}, all rows", ours, 1, "s")
        if name == SLOWEST:
            continue
        modules = dict(model.named_modules())
        names = [row.name for row in receptive_field(model, size) if row.name in modules]
        theirs = seconds(lambda: by_gradients(model, size, names))
        ratio = theirs / sorted(ours)[RUNS // 2]
        what = f"receptive fields of {name}, measured by gradients against ours"
        yield Row(what, [ratio], 50, "×", at_least=True)


def stacks(stage):
    about = [((23 * n % 61 + 1) / 63, (31 * n % 61 + 1) / 63) for n in range(61)]
    # right of the layers' names and above the input; every move leads to another unit
    through = [(0.4 + 0.5 * across, 0.05 + 0.7 * down) for across, down in about]
    for name, budget in STACKS.items():
        with stage.lab() as lab:
            notebook = lab.open_notebook([STACK.format(name)])
            notebook.run_all()
            over = within(box_of(notebook.output(0).locator(".cnn-rf-section")), through)
            what = f"receptive field of {name}, pointer over the section"
            yield from moves_rows(what, stage, lab, over, budget)
            drag = within(box_of(notebook.output(0).locator(".cnn-rf-map canvas")), about)
            what = f"receptive field of {name}, a unit dragged on the picture"
            yield from drag_rows(what, stage, lab, drag, budget)


def maps(stage):
    with stage.lab() as lab:
        notebook = lab.open_notebook([MAPS])
        notebook.run_all()
        tiles = notebook.output(0).locator(".cnn-tile .cnn-map")
        tiles.last.wait_for()
        points = centres(tiles)[:61]
        yield from moves_rows("64 maps of 112×112, pointer over the maps", stage, lab, points, 16)


def effective(stage):
    with stage.lab() as lab:
        notebook = lab.open_notebook([EFFECTIVE])
        notebook.run_all()
        picture = box_of(notebook.output(0).locator(".cnn-picture canvas").first)
        # right of the middle, no size of the square twice in a row
        drag = within(picture, [(0.5 + (7 * n % 31) / 64, 0.5) for n in range(61)])
        what = "two effective fields of a 32×64 input, the square dragged"
        yield from drag_rows(what, stage, lab, drag, 4)


def rows(stage):
    with one_thread():
        yield from fields()
    yield from stacks(stage)
    yield from maps(stage)
    yield from effective(stage)
