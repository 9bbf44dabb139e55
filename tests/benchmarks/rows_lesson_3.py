"""Gestures of the widgets of lesson 3 in JupyterLab, and `fit` against a bare PyTorch loop."""

import time

import torch
from torch.nn import functional as F

from helpers import SmallCNN, fit, load_digits
from helpers.training import one_thread
from tests.benchmarks.gestures import centres
from tests.benchmarks.rows_widgets import moves_rows, output_of
from tests.benchmarks.table import Row
from tests.browser.made_accuracies import MADE_ACCURACIES

ROUNDS = 4
POOLING = "import numpy as np\nfrom helpers import PoolingExplorer\nPoolingExplorer({})"
POOLED = {
    "pooling 5×5, pointer over the input": "",
    "pooling 12×12, 3×3 with stride 1, pointer over the input":
        "input=np.arange(144.0).reshape(12, 12) % 10, kernel_size=3, stride=1, padding=1, wrap=True",
}
SHIFT = "from helpers import ShiftExplorer\nShiftExplorer({})"
NETWORK = ["conv", "relu", "max_pool", "conv", "relu", "max_pool"]
BLURRED = ["max_blur_pool" if word == "max_pool" else word for word in NETWORK]
SHIFTED = {
    "digit 32×32, one convolution": "",
    "photo 64×64, a small network": f"image='photo', layers={NETWORK}",
    "photo 64×64, a small network, blurred, 5×5":
        f"image='photo', layers={BLURRED}, kernel=[[0.04] * 5] * 5",
}
ACCURACIES = f"{MADE_ACCURACIES}\nAccuracyMap(**made)"
EPOCHS, RUNS = 10, 3


def pooling(stage):
    for what, settings in POOLED.items():
        with stage.lab() as lab:
            notebook = lab.open_notebook([POOLING.format(settings)])
            notebook.run_all()
            output_of(notebook, "[data-cell]")
            inputs = notebook.output(0).locator(".cnn-panel[data-role=input] [data-padding=false]")
            points = (centres(inputs) * ROUNDS)[:80]
            yield from moves_rows(what, stage, lab, points, 4)


def dragged(lab, canvas, what, stage, most, budget):
    """A picture taken in its middle and moved by whole pixels, up to `most` of them each way."""
    box = canvas.bounding_box()
    pixel = box["width"] / canvas.evaluate("canvas => canvas.width")
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    lab.page.mouse.move(x, y)
    lab.page.mouse.down()
    across, down = 2 * most + 1, most + 1  # no common divisor: no place comes twice in a row
    steps = [(n % across - most, n % down - most // 2) for n in range(61)]
    points = [(x + right * pixel, y + below * pixel) for right, below in steps]
    yield from moves_rows(what, stage, lab, points, budget)
    lab.page.mouse.up()


def shift(stage):
    for what, settings in SHIFTED.items():
        with stage.lab() as lab:
            notebook = lab.open_notebook([SHIFT.format(settings)])
            notebook.run_all()
            notebook.output(0).locator(".cnn-error-curve[data-stale=false]").wait_for()
            canvas = notebook.output(0).locator("[data-grab] .cnn-picture canvas")
            yield from dragged(lab, canvas, f"{what}, g(x) dragged", stage, 8, 16)


def accuracies(stage):
    what = "accuracy maps, 3 networks of 9×9 shifts, 20 digits"
    with stage.lab() as lab:
        notebook = lab.open_notebook([ACCURACIES])
        notebook.run_all()
        maps = notebook.output(0).locator(".cnn-panel[data-role=accuracy]")
        maps.first.wait_for()
        points = centres(maps.first.locator("[data-cell]"))
        yield from moves_rows(f"{what}, pointer over a map", stage, lab, points, 4)
        canvas = notebook.output(0).locator(".cnn-panel[data-role=input] canvas[role=img]")
        yield from dragged(lab, canvas, f"{what}, the digit dragged", stage, 4, 4)


def bare(model, x, y):
    """The least that training takes in PyTorch."""
    updates = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(EPOCHS):
        for part in torch.randperm(len(x)).split(50):
            loss = F.cross_entropy(model(x[part]), y[part])
            updates.zero_grad()
            loss.backward()
            updates.step()


def seconds(function):
    start = time.process_time()
    function()
    return time.process_time() - start


def training():
    digits = load_digits().train
    x = torch.tensor(digits.images, dtype=torch.float32)[:, None]
    y = torch.tensor(digits.labels, dtype=torch.int64)
    times = {"bare": [], "fit": []}
    with one_thread():
        for _ in range(RUNS):
            times["bare"].append(seconds(lambda: bare(SmallCNN(), x, y)))
            times["fit"].append(seconds(lambda: fit(SmallCNN(), x, y, epochs=EPOCHS, progress=False)))
    ratio = min(times["fit"]) / min(times["bare"])
    yield Row(f"fit against a bare PyTorch loop, best of {RUNS}", [ratio], 1.1, "×")


def rows(stage):
    yield from pooling(stage)
    yield from shift(stage)
    yield from accuracies(stage)
    yield from training()
