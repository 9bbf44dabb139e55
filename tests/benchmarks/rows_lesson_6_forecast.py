"""Gestures over ForecastExplorer: a globe that is rolled, a place that is read, lead times."""

from tests.benchmarks.gestures import box_of, within
from tests.benchmarks.rows_widgets import drag_rows, moves_rows

FORECASTS = """\
import numpy as np
from helpers import ForecastExplorer
rng = np.random.default_rng(0)
east, days = np.arange(64) * 2 * np.pi / 64, np.arange(21)[:, None, None] / 4
truth = np.cos(np.linspace(1.5, -1.5, 32))[:, None] * np.sin(4 * east - days)
rolls = range(0, 64, 4)
noise = rng.normal(size=(2, 16, 21, 32, 64)) * days / 20
made = {name: truth + wrong for name, wrong in zip(("zeros", "circular"), noise)}
ForecastExplorer(made, truth, hours=6 * np.arange(21), shifts=rolls, unit="10⁻⁵ s⁻¹")"""
WHAT = "2 networks, 16 shifts, 21 times of 32×64"


def over(stage, lab, of, about):
    notebook = lab.open_notebook([FORECASTS])
    notebook.run_all()
    return within(box_of(notebook.output(0).locator(of).first), about)


def rows(stage):
    canvas = ".cnn-forecast-map canvas"
    # to and fro in steps of four cells, so that each move comes to another shift
    across = [(0.5 + abs(15 - n % 30)) / 16 for n in range(61)]
    with stage.lab() as lab:
        points = over(stage, lab, canvas, [(share, 0.5) for share in across])
        yield from drag_rows(f"{WHAT}, the globe rolled", stage, lab, points, 16)
    with stage.lab() as lab:
        points = over(stage, lab, canvas, [(share, 0.1 + 0.8 * (7 * n % 61) / 60) for n, share in enumerate(across)])
        yield from moves_rows(f"{WHAT}, pointer over a map", stage, lab, points, 16)
    with stage.lab() as lab:
        points = over(stage, lab, ".cnn-forecast-lead input", [(share, 0.5) for share in across])
        yield from drag_rows(f"{WHAT}, lead time dragged", stage, lab, points, 16)
