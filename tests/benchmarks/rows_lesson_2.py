"""Gestures of the widgets of lesson 2 in JupyterLab."""

from tests.benchmarks.gestures import centres, press_to_picture
from tests.benchmarks.rows_widgets import moves_rows, output_of
from tests.benchmarks.table import Row

EXPLORER = "from helpers import ArithmeticExplorer\nArithmeticExplorer({})"
ROUNDS = 4
# What the largest pictures ask for: 24×24 cells with their ties, 31×31 cells of stamps.
CASES = {
    "arithmetic 5×5, pointer over the output": ("", "output"),
    "arithmetic 12×12, 7×7, circular, pointer over the padded input":
        ("input_size=12, kernel_size=7, padding=6, padding_mode='circular'", "input"),
    "arithmetic, stamps on 31×31, pointer over the input":
        ("input_size=12, kernel_size=7, stride=2, padding=0, transposed=True", "input"),
    "arithmetic, stretched to 31×31, pointer over the output":
        ("input_size=6, kernel_size=7, stride=4, padding=0, transposed=True, view='stretch'", "output"),
}
CHANNELS = "from helpers import ChannelExplorer\nChannelExplorer(in_channels=16, out_channels=16)"
TABLE = "from helpers import LayerTable\nLayerTable()"


def arithmetic(stage):
    for what, (settings, grid) in CASES.items():
        with stage.lab() as lab:
            notebook = lab.open_notebook([EXPLORER.format(settings)])
            notebook.run_all()
            output_of(notebook, "[data-cell]")
            cells = notebook.output(0).locator(f".cnn-panel[data-role={grid}] [data-cell]")
            points = (centres(cells) * ROUNDS)[:80]
            yield from moves_rows(what, stage, lab, points, 4)


def slider(stage, what, cell, label, budget=4):
    """A slider dragged from end to end and back."""
    with stage.lab() as lab:
        notebook = lab.open_notebook([cell])
        notebook.run_all()
        box = notebook.output(0).get_by_label(label, exact=True).bounding_box()
        middle = box["y"] + box["height"] / 2
        steps = [box["x"] + 8 + (box["width"] - 16) * (n % 10) / 9 for n in range(61)]  # 3 to 12
        lab.page.mouse.move(steps[0], middle)
        lab.page.mouse.down()
        for x in steps[:10]:  # each size once: cells are made when they are first needed
            lab.page.mouse.move(x, middle)
        yield from moves_rows(what, stage, lab, [(x, middle) for x in steps], budget)
        lab.page.mouse.up()


def channels(stage):
    with stage.lab() as lab:
        notebook = lab.open_notebook([CHANNELS])
        notebook.run_all()
        nodes = notebook.output(0).locator(".cnn-node")
        nodes.first.wait_for()
        points = (centres(nodes) * ROUNDS)[:80]
        yield from moves_rows("channels 16 → 16, pointer over the channels", stage, lab, points, 4)


def table(stage):
    """Typing in the table: every digit changes the shapes, parameters and costs of all layers below."""
    with stage.lab() as lab:
        notebook = lab.open_notebook([TABLE])
        notebook.run_all()
        box = notebook.output(0).locator("input[type=number]").first
        box.focus()
        area = notebook.output(0).locator(".cnn-widget")
        yield Row("layer table, key press → new shapes", press_to_picture(lab.page, area, ["ArrowUp", "ArrowDown"] * 20), 4)


def rows(stage):
    yield from arithmetic(stage)
    yield from slider(stage, "arithmetic, input size dragged", EXPLORER.format(""), "input size")
    yield from channels(stage)
    yield from table(stage)
