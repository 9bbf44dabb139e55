"""A loss surface of a deep network, in seconds; gestures over surfaces, contours and cuts."""

import torch

from helpers import load_digits, loss_surface
from helpers.models import ResidualNet
from helpers.training import one_thread
from tests.benchmarks.gestures import box_of, within
from tests.benchmarks.processor import seconds
from tests.benchmarks.rows_widgets import drag_rows, moves_rows
from tests.benchmarks.table import Row

DEPTHS = [20, 56]
LANDSCAPES = """\
import numpy as np
from helpers import LandscapeExplorer
at = np.linspace(-1, 1, {steps})
bowl = 0.01 + 5 * np.add.outer(2 * at**2, at**2)
rugged = 0.3 + 0.2 * np.outer(np.cos(7 * at), np.sin(9 * at))
pair = {{"with skips": bowl, "without": np.exp(5 * np.add.outer(at**2, at**2)) * rugged}}
LandscapeExplorer(pair, view="{view}")"""
# view, budget in ms, and the part of the picture (left, top, wide, high) whose places all lie on
# the landscape
VIEWS = [
    ("surface", 16, (0.35, 0.42, 0.3, 0.12)),
    ("contours", 16, (0.3, 0.15, 0.4, 0.6)),
    ("cut", 4, (0.1, 0.1, 0.85, 0.8)),
]
TURNED = {25: 16, 51: 16}  # steps → budget in ms


def surfaces():
    digits = load_digits().train
    x, y = torch.tensor(digits.images[:256, None]), torch.tensor(digits.labels[:256])
    for depth in DEPTHS:
        model = ResidualNet(depth)
        taken = seconds(lambda: loss_surface(model, x, y, steps=25, progress=False))
        yield Row(f"loss surface of ResidualNet({depth}), 25×25, 256 digits", [taken], 30, "s")


def gestures(stage):
    for view, budget, part in VIEWS:
        with stage.lab() as lab:
            places = shown(lab, view, 25, part)
            what = f"two 25×25 landscapes, pointer over the {view}"
            yield from moves_rows(what, stage, lab, places, budget)
    for steps, budget in TURNED.items():
        with stage.lab() as lab:
            places = shown(lab, "surface", steps, VIEWS[0][-1])
            what = f"two {steps}×{steps} landscapes, turned"
            yield from drag_rows(what, stage, lab, places, budget)


def shown(lab, view, steps, part):
    """Shows a pair of landscapes; 61 places of the page in a part of the first picture."""
    notebook = lab.open_notebook([LANDSCAPES.format(view=view, steps=steps)])
    notebook.run_all()
    left, top, wide, high = part
    about = [(left + wide * (23 * n % 61) / 60, top + high * (31 * n % 61) / 60) for n in range(61)]
    of = ".cnn-cut-chart" if view == "cut" else ".cnn-landscape canvas"
    return within(box_of(notebook.output(0).locator(of).first), about)


def rows(stage):
    with one_thread():
        yield from surfaces()
    yield from gestures(stage)
