"""The keys that all widgets share: L and R also where a control has the focus, R also while it plays."""

import pytest

from tests.browser.widgets import lab, run  # noqa: F401 - lab is a fixture

LEARNED = """\
import numpy as np
from helpers import LearnedKernel
steps = np.linspace(0, 1, 41)
sobel = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
l = LearnedKernel(kernels=steps[:, None, None] * sobel, losses=10.0 ** (-6 * steps),
                  image=np.random.default_rng(0).random((48, 48)), step=9)
l"""
CELLS = [
    "from helpers import ConvolutionExplorer\ne = ConvolutionExplorer()\ne",
    "from helpers import ArithmeticExplorer\na = ArithmeticExplorer()\na",
    LEARNED,
    "from helpers import PoolingExplorer\np = PoolingExplorer()\np",
    "from helpers import ShiftExplorer\ns = ShiftExplorer()\ns",
    "from helpers import ReceptiveFieldExplorer\nf = ReceptiveFieldExplorer()\nf",
]


@pytest.fixture(scope="module")
def notebook(lab):
    return lab.open_notebook(CELLS)


@pytest.fixture(autouse=True)
def clean_console(lab):
    lab.page.mouse.move(5, 5)
    yield
    errors, lab.console_errors = lab.console_errors, []
    assert errors == []


def test_l_and_r_work_in_a_menu_and_its_other_keys_stay_its_own(lab, notebook):
    shown = run(notebook, 0)
    menu = shown.menu("padding_mode")
    shown.slide("padding", "ArrowRight")
    shown.choose("padding_mode", "circular")
    menu.focus()
    shown.press("r")  # first of all: a menu would go to "reflect", but after another letter nowhere
    assert menu.input_value() == "zeros"
    notebook.wait_value("[e.padding, e.padding_mode]", [0, "zeros"])
    shown.press("l")
    assert shown.root.get_attribute("data-large") == "true"
    notebook.wait_value("[e.large, e.padding_mode]", [True, "zeros"])
    shown.press("l", "ArrowDown")
    assert menu.input_value() == "reflect"
    notebook.wait_value("[e.padding_mode, e.position]", ["reflect", [0, 0]])
    shown.press("Space", "Escape")  # opens and closes the menu
    assert not shown.root.get_by_text("❚❚ pause").count()
    shown.menu("input").focus()
    shown.press("R")
    assert shown.menu("input").input_value() != "RGB: three channels"
    notebook.wait_value("[e.padding_mode, e.input.shape]", ["zeros", [5, 5]])


def test_l_and_r_work_in_a_box_for_a_number_and_its_other_keys_stay_its_own(lab, notebook):
    shown = run(notebook, 1)
    notebook.execute("a.set(wanted=4, position=(1, 1))")
    box = shown.root.get_by_role("spinbutton")
    box.focus()
    shown.press("l")
    assert shown.root.get_attribute("data-large") == "true" and box.input_value() == "4"
    shown.press("l", "ArrowUp", "ArrowUp", "Home")
    assert box.input_value() == "6"
    notebook.wait_value("[a.large, a.wanted, a.position]", [False, 6, [1, 1]])
    shown.press("r")
    notebook.wait_value("[a.wanted, a.position]", [None, [0, 0]])


def test_l_and_r_work_in_the_menus_of_the_layers_and_r_brings_back_what_the_cell_made(lab, notebook):
    shown = run(notebook, 4)
    shown.choose("layers", "max pooling")
    menu = shown.menu("padding_mode")
    menu.focus()
    shown.press("l", "r")  # a menu would go to "reflect"
    assert shown.root.get_attribute("data-large") == "true"
    assert menu.input_value() == "circular"
    notebook.wait_value("[s.large, s.layers, s.padding_mode]", [True, ["conv"], "circular"])
    shown.press("l", "ArrowUp")  # the arrow is the menu's
    notebook.wait_value("[s.large, s.padding_mode, s.shift]", [False, "replicate", [0, 5]])


def test_l_and_r_work_in_the_table_of_layers_and_its_menus_keep_their_other_keys(lab, notebook):
    shown = run(notebook, 5)
    menu = shown.menu("network")
    menu.focus()
    shown.press("l", "ArrowDown")  # the arrow is the menu's
    assert shown.root.get_attribute("data-large") == "true"
    assert menu.input_value() == "four 3×3"
    notebook.wait_value("[f.large, len(f.layers), f.unit]", [True, 4, [16, 16]])
    box = shown.root.get_by_role("spinbutton", name="kernel_size of layer 0", exact=True)
    box.focus()
    shown.press("ArrowUp", "l")
    assert box.input_value() == "4" and shown.root.get_attribute("data-large") == "false"
    shown.press("r")
    assert menu.input_value() == "two 3×3"
    notebook.wait_value("[len(f.layers), f.size]", [2, 5])


# cell, state, its start, and the text that changes while it plays
STARTS = {"window": (0, "e.position", [0, 0], "sum"), "training": (2, "l.step", 9, "sum"),
          "pooling": (3, "p.position", [0, 0], "sum"), "shift": (4, "s.shift", [0, 5], "sum"),
          "fields": (5, "f.unit", [16, 16], "formula")}  # fmt: skip


@pytest.mark.parametrize("cell, state, start, changing", STARTS.values(), ids=STARTS)
def test_a_reset_stops_what_plays(lab, notebook, cell, state, start, changing):
    shown = run(notebook, cell)
    at_start = shown.text(changing)
    resets = [lambda: shown.press("r"), lambda: shown.root.get_by_text("↺ reset").click()]
    for reset in resets:
        shown.slide("speed", "End")
        shown.root.focus()
        shown.press("Space")
        lab.page.wait_for_function(
            "([node, text]) => node.textContent !== text",
            arg=[shown.root.locator(f".cnn-{changing}").first.element_handle(), at_start],
        )
        assert shown.root.get_by_text("❚❚ pause").is_visible()
        reset()
        shown.settle()
        assert shown.root.get_by_text("▶ play").is_visible()
        shown.settle(40)
        assert shown.text(changing) == at_start
        notebook.wait_value(state, start)
