"""Grids over which a window slides: keys do there what the pointer does, in both explorers."""

import numpy as np
import pytest

from helpers import ConvolutionExplorer, PoolingExplorer
from tests.browser.widgets import show


@pytest.fixture(autouse=True)
def clean_console(module_page):
    yield
    assert module_page.console_errors == []


POOLING = [("input", "input", 0), ("shifted_input", "input", 1),
           ("output", "output", 0), ("shifted_output", "output", 1)]  # fmt: skip
CONVOLUTION = [(role, role, 0) for role in ("input", "kernel", "output")]


@pytest.mark.parametrize(
    ("make", "grid", "role", "n"),
    [(PoolingExplorer, *of) for of in POOLING] + [(ConvolutionExplorer, *of) for of in CONVOLUTION],
)
def test_p_pins_in_every_grid_and_a_second_p_frees(module_page, make, grid, role, n):
    shown, mounted = show(module_page, make())
    assert "click or P pins, Esc frees" in shown.text("help")
    shown.grid(role, n).focus()
    shown.press("ArrowRight", "ArrowDown", "p")
    assert mounted.get("pinned") == {"grid": grid, "channel": 0, "cell": [1, 1]}
    shown.press("p")
    assert mounted.get("pinned") is None
    shown.press("P", "Escape")
    assert mounted.get("pinned") is None
    assert mounted.saves() == 6  # two arrows, P four times or Escape


@pytest.mark.parametrize("make", [PoolingExplorer, ConvolutionExplorer])
def test_enter_f2_and_digits_type_in_the_input(module_page, make):
    shown, mounted = show(module_page, make(input=np.zeros((4, 4))))
    for key, cell in [("Enter", 0), ("F2", 1), ("7", 2)]:
        shown.grid("input").focus()
        shown.press(key)
        shown.page.keyboard.type("5")
        shown.press("Enter", "ArrowRight")
        assert mounted.get("input")[0][cell] == (75 if key == "7" else 5)


@pytest.mark.parametrize("make", [PoolingExplorer, ConvolutionExplorer])
@pytest.mark.parametrize("key", ["Control+p", "Control+-", "Control+1", "Alt+ArrowLeft", "Meta+p"])
def test_the_browsers_own_keys_are_left_alone(module_page, make, key):
    shown, mounted = show(module_page, make())
    shown.grid("input").focus()
    shown.grid("input").evaluate(
        """(grid, key) => {
            const [modifier, name] = key.split("+");
            const init = { key: name, bubbles: true, cancelable: true };
            init[{ Control: "ctrlKey", Alt: "altKey", Meta: "metaKey" }[modifier]] = true;
            window.left = grid.dispatchEvent(new KeyboardEvent("keydown", init));
        }""",
        key,
    )
    shown.settle()
    assert module_page.evaluate("window.left") is True  # nobody prevented what the browser does
    assert shown.root.locator(".cnn-typing").count() == 0
    assert mounted.get("pinned") is None
    assert shown.marked("input", "focus") == set()


def test_an_arrow_key_on_an_output_shows_that_output_as_a_press_does(module_page):
    kernel = np.arange(18.0).reshape(2, 1, 3, 3)
    shown, mounted = show(module_page, ConvolutionExplorer(kernel=kernel))
    shown.grid("output", 1).focus()
    shown.press("ArrowRight")
    assert [mounted.get("filter"), mounted.get("position")] == [1, [0, 1]]


def test_a_drag_takes_the_middle_of_the_window_and_pins_nothing(module_page):
    image = np.arange(49.0).reshape(7, 7)
    shown, mounted = show(module_page, ConvolutionExplorer(input=image, dilation=2))
    shown.drag("input", [(1, 1), (3, 4)])
    assert mounted.get("position") == [1, 2]  # 5×5 around it
    assert mounted.get("pinned") is None
    pooling = PoolingExplorer(input=image, kernel_size=3, stride=2, padding=1)
    shown, mounted = show(module_page, pooling)
    shown.drag("input", [(1, 1), (3, 4)])
    assert mounted.get("position") == [2, 2]
    assert mounted.saves() == 1
