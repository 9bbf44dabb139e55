"""Gestures of the widgets in JupyterLab, and the same with `interact` and matplotlib."""

from statistics import median

from tests.benchmarks.gestures import centres, press_to_picture, trace_moves
from tests.benchmarks.table import Row

ROUNDS = 8
FIRST_RUNS = 5
PRESSES = 12

EXPLORER = "from helpers import ConvolutionExplorer\nConvolutionExplorer()"
BIG_EXPLORER = """\
import numpy as np
from helpers import ConvolutionExplorer
ConvolutionExplorer(input=np.arange(256).reshape(16, 16) % 10, padding=1)"""
FULL_EXPLORER = """\
import numpy as np
from helpers import ConvolutionExplorer
ConvolutionExplorer(input=np.arange(256).reshape(16, 16) % 10, kernel=np.ones((7, 7)), padding=3)"""
PHOTO = """\
import numpy as np
from helpers import ImageFilter
ImageFilter(grey=False, kernel=np.ones((7, 7)) / 49)"""
INTERACT = """\
%matplotlib inline
import matplotlib.pyplot as plt
import numpy as np
from ipywidgets import interact

x = np.array([[3, 3, 2, 1, 0], [0, 0, 1, 3, 1], [3, 1, 2, 2, 3], [2, 0, 0, 2, 2], [2, 0, 0, 0, 1]])

def show(position=0):
    row, column = divmod(position, 3)
    plt.imshow(x)
    plt.gca().add_patch(plt.Rectangle((column - 0.5, row - 0.5), 3, 3, fill=False, lw=3))
    plt.show()

interact(show, position=(0, 8))"""

# Resolves with the ms from running cell 0 to the first frame with a widget's output map.
RUN_TO_DRAWN = """async ([id, selector]) => {
    const start = performance.now();
    window.__lab.runCell(id, 0, 60);
    while (!document.querySelector(selector)) await new Promise(requestAnimationFrame);
    return performance.now() - start;
}"""


def output_of(notebook, what):
    """The output map of the widget in cell 0; `what` it is made of, waited for."""
    panel = notebook.output(0).locator(".cnn-panel[data-role=output]")
    panel.locator(what).first.wait_for()
    return panel


def moves_rows(what, stage, lab, points, budget):
    lab.frames(10)
    lab.reset_messages()
    moves = trace_moves(stage.browser, lab.page, points)
    yield Row(f"{what}: script time", [move.script for move in moves], budget)
    late = [int(move.late or not move.painted) for move in moves]
    yield Row(f"{what}: not painted in the next frame", [sum(late)], 0, "")
    yield Row(f"{what}: messages to the kernel", [lab.messages_sent()], 0, "")


def drag_rows(what, stage, lab, points, budget):
    """The same with the button held: pressed at the first point, let go at the last."""
    lab.page.mouse.move(*points[0])
    lab.page.mouse.down()
    yield from moves_rows(what, stage, lab, points, budget)
    lab.page.mouse.up()


def first_widget(stage):
    times = []
    for _ in range(FIRST_RUNS):
        with stage.lab() as lab:
            notebook = lab.open_notebook([EXPLORER])
            drawn = ".cnn-panel[data-role=output] [data-cell]"
            times.append(lab.page.evaluate(RUN_TO_DRAWN, [notebook.id, drawn]))
            notebook.wait_idle()
    what = "Run on the first widget cell, its imports included → drawn"
    yield Row(what, times, 700, statistic="median")


def explorer(stage):
    for what, cell in (("grid 5×5", EXPLORER), ("grid 16×16", BIG_EXPLORER)):
        with stage.lab() as lab:
            notebook = lab.open_notebook([cell])
            notebook.run_all()
            points = centres(output_of(notebook, "[data-cell]").locator("[data-cell]"))
            points = (points * ROUNDS)[:100]
            yield from moves_rows(f"{what}, pointer over the output", stage, lab, points, 4)


def fullest_explorer(stage):
    """The most work that pointing can ask for: a 7×7 kernel, and an input cell that feeds 49 outputs."""
    with stage.lab() as lab:
        notebook = lab.open_notebook([FULL_EXPLORER])
        notebook.run_all()
        output_of(notebook, "[data-cell]")
        inputs = notebook.output(0).locator(".cnn-panel[data-role=input] [data-padding=false]")
        points = centres(inputs)[:100]
        yield from moves_rows("grid 16×16, 7×7, pointer over the input", stage, lab, points, 4)


def photo(stage):
    with stage.lab() as lab:
        notebook = lab.open_notebook([PHOTO])
        notebook.run_all()
        output = output_of(notebook, "canvas[role=img]")
        box = output.locator("canvas[role=img]").bounding_box()
        over = [(box["x"] + 40 + 2 * i, box["y"] + 40 + i) for i in range(60)]
        yield from moves_rows("photo 256×256 RGB, 7×7, pointer over", stage, lab, over, 16)
        kernel = notebook.output(0).locator(".cnn-panel[data-role=kernel] [data-cell]")
        x, y = centres(kernel)[24]
        drag = [(x, y - 12 * (i % 10)) for i in range(61)]  # 12 pixels: two steps of the weight
        yield from drag_rows("photo 256×256 RGB, 7×7, a weight dragged", stage, lab, drag, 16)


def against_interact(stage):
    keys = (["ArrowRight"] * 2 + ["ArrowLeft"] * 2) * (PRESSES // 4)
    with stage.lab() as lab:
        notebook = lab.open_notebook([INTERACT])
        notebook.run_all()
        notebook.output(0).locator("img").wait_for()
        notebook.output(0).locator(".noUi-handle").focus()
        baseline = press_to_picture(lab.page, notebook.output(0), keys)
    with stage.lab() as lab:
        notebook = lab.open_notebook([EXPLORER])
        notebook.run_all()
        panel = output_of(notebook, "[data-cell]")
        panel.locator("[tabindex='0']").first.focus()
        ours = press_to_picture(lab.page, panel, keys)
    what = "grid 5×5, key press → new picture"
    yield Row(what, ours, median(baseline) / 25, statistic="median")
    ratios = [theirs / median(ours) for theirs in baseline]
    what = f"interact + matplotlib ({median(baseline):.0f} ms) against the grid widget"
    yield Row(what, ratios, 25, "×", "median", at_least=True)


def rows(stage):
    yield from first_widget(stage)
    yield from explorer(stage)
    yield from fullest_explorer(stage)
    yield from photo(stage)
    yield from against_interact(stage)
