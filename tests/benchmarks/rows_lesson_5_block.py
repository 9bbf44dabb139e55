"""Gestures of ResidualExplorer: gradients under the pointer, the size of the weights of 20 blocks and of 50.

A signal is up to twenty small grids, of which every gradient changes with the pointer: 275 cells with
their numbers, more than a grid of 16×16, which has 4 ms. It has half a frame. A chain of 50 blocks,
forward and back, with and without skips, takes a million multiplications: a frame, as a photo has.
"""

from tests.benchmarks.gestures import box_of, centres, within
from tests.benchmarks.rows_widgets import drag_rows, moves_rows

SHOW = "from helpers import ResidualExplorer\nResidualExplorer.case({!r}, view={!r}, blocks={})"
SIGNALS = ["identity, 64 channels", "no normalization", "bottleneck 256→512, stride 2"]
SIGNAL = 8  # ms
DEPTHS = [("identity, 64 channels", 20, 8), ("bottleneck 256", 20, 8), ("identity, 64 channels", 50, 16)]  # ms


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
            yield from moves_rows(f"{case}: gradient of the output under the pointer", stage, lab, points, SIGNAL)


def depths(stage):
    for case, blocks, budget in DEPTHS:
        with stage.lab() as lab:
            root = shown(lab, case, "depth", blocks)
            scale = box_of(root.locator(".cnn-slider", has_text="scale").locator("input"))
            drag = within(scale, [(0.1 + (17 * n % 61) / 76, 0.5) for n in range(61)])
            what = f"{case}: {blocks} blocks forward and back, the scale of the weights dragged"
            yield from drag_rows(what, stage, lab, drag, budget)


def rows(stage):
    yield from signals(stage)
    yield from depths(stage)
