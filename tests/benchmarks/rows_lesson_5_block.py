"""Gestures of ResidualExplorer: gradients under the pointer, the size of the weights of 20 blocks and of 50."""

from tests.benchmarks.gestures import box_of, centres, within
from tests.benchmarks.rows_widgets import drag_rows, moves_rows

SHOW = "from helpers import ResidualExplorer\nResidualExplorer.case({!r}, view={!r}, blocks={})"
SIGNALS = ["identity, 64 channels", "no normalization", "bottleneck 256→512, stride 2"]
BUDGET = 4  # ms
DEPTHS = [("identity, 64 channels", 20), ("bottleneck 256", 20), ("identity, 64 channels", 50)]


def shown(lab, *settings):
    notebook = lab.open_notebook([SHOW.format(*settings)])
    notebook.run_all()
    return notebook.output(0).locator(".cnn-widget")


def signals(stage):
    for case in SIGNALS:
        with stage.lab() as lab:
            root = shown(lab, case, "signal", 20)
            y = root.locator(".cnn-grid[tabindex] .cnn-cell")
            y.last.wait_for()
            over = centres(y)
            points = [over[(5 * n) % len(over)] for n in range(61)]
            yield from moves_rows(f"{case}: gradient of the output under the pointer", stage, lab, points, BUDGET)


def depths(stage):
    for case, blocks in DEPTHS:
        with stage.lab() as lab:
            root = shown(lab, case, "depth", blocks)
            scale = box_of(root.locator(".cnn-slider", has_text="scale").locator("input"))
            drag = within(scale, [(0.1 + (17 * n % 61) / 76, 0.5) for n in range(61)])
            what = f"{case}: {blocks} blocks forward and back, the scale of the weights dragged"
            yield from drag_rows(what, stage, lab, drag, BUDGET)


def rows(stage):
    yield from signals(stage)
    yield from depths(stage)
