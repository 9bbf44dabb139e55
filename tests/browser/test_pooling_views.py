"""PoolingExplorer on screen: every case is Python's, descriptions, and the room for one input or two."""

import json

import pytest

from helpers.widgets import PoolingExplorer
from helpers.widgets.pooling_cases import POOLING_CASES
from helpers.widgets.pooling_explorer import _MOST
from tests.browser.widgets import lab, show, shown  # noqa: F401 - some are fixtures

SHOW = "from helpers.widgets import PoolingExplorer\nw = PoolingExplorer()\nw"


@pytest.fixture(scope="module")
def notebook(lab):
    return lab.open_notebook([SHOW, "w"])


@pytest.mark.parametrize("name", POOLING_CASES)
def test_every_case_of_the_menu_is_pythons(module_page, name):
    explorer = PoolingExplorer.case(name)
    output, code, changed = explorer.output, explorer.code, explorer.changed
    shown, mounted = show(module_page, PoolingExplorer(pooling=explorer.pooling))
    shown.choose("case", name)
    assert shown.menu("case").input_value() == name
    assert shown.root.locator("code").text_content() == code
    planes = output.reshape(-1, *output.shape[-2:])
    for m, plane in enumerate(planes):
        assert shown.values("output", m) == plane.round(2).tolist()
    for trait in ("kernel_size", "stride", "padding", "shift", "wrap", "entering"):
        now = json.loads(json.dumps(getattr(explorer, trait)))
        assert mounted.get(trait) == now, trait
    total = explorer.input.size, output.size
    counts = [round(share * size) for share, size in zip(changed, total)]
    text = f"● changed: {counts[0]} of {total[0]} before pooling, {counts[1]} of {total[1]} after"
    assert shown.text("changed") == text
    explorer.close()
    assert module_page.console_errors == []


def test_the_menus_cases_keep_the_shift_but_figure_9_8_brings_its_own(module_page):
    shown, mounted = show(module_page, PoolingExplorer(shift=(0, 0)))
    for name, shift in [("RGB channels", [0, 0]), ("detector", [0, 1]), ("checkerboard", [0, 1])]:
        shown.choose("case", name)
        assert (shown.menu("case").input_value(), mounted.get("shift")) == (name, shift)
    mounted.set(shift=[1, -1])
    shown.choose("case", "ramp")
    assert mounted.get("shift") == [1, -1] and mounted.saves() == 4
    assert module_page.console_errors == []


def test_the_sliders_reach_as_far_as_python_lets_them(module_page):
    explorer = PoolingExplorer(input=[[1.0] * 12] * 12, kernel_size=12, stride=1)
    shown, _ = show(module_page, explorer)
    read = "all => Object.fromEntries(all.map(s => [s.ariaLabel, Number(s.max)]))"
    most = shown.root.locator("input[type=range]").evaluate_all(read)
    expected = {name: _MOST[name] for name in ("kernel_size", "stride", "padding")}
    assert {name: most[name] for name in expected} == expected
    assert most["input size"] == _MOST["rows or columns"]


# -- ears and room ----------------------------------------------------------------------------------


def test_descriptions_follow_the_state(lab, notebook, shown):
    label = shown.grid("input", 1).get_attribute("aria-label")
    assert label == (
        "shifted (0, 1): 5 rows and 5 columns. Moved 0 down and 1 right; 17 values differ. "
        "The window reads 0, 3, 0, 0. Decided by row 0, column 1."
    )
    shown.grid("output").focus()
    shown.press("ArrowRight")
    label = shown.grid("output", 1).get_attribute("aria-label")
    assert label == (
        "max 2×2, 2 rows and 2 columns of the shifted input; 0 of 4 values differ. "
        "At row 0, column 1 it is 3."
    )


def visible(shown):
    """How many grids, and which of the controls and lines that a shift needs."""
    names = {name: shown.root.locator(f".cnn-{name}").is_visible() for name in ("changed",)}
    names["wrap"] = shown.root.get_by_label("wrap").is_visible()
    names["entering"] = shown.slider("entering").is_visible()
    names["dots"] = shown.root.locator("[data-mark=changed]:visible").count() > 0
    names["shifted"] = "shifted" in shown.root.inner_text()
    grids = shown.root.locator("svg.cnn-grid:visible").count()
    return grids, {name for name, there in names.items() if there}


def side(shown):
    """Of a cell, in pixels."""
    return shown.grid("input").locator(".cnn-cell rect").first.bounding_box()["width"]


@pytest.mark.parametrize("large", [False, True])
def test_without_a_shift_there_is_one_input_and_it_is_larger(module_page, large):
    pinned = {"grid": "shifted_input", "channel": 0, "cell": [0, 0]}
    shown, mounted = show(module_page, PoolingExplorer(large=large, pinned=pinned))
    shift = {"changed", "wrap", "entering", "dots", "shifted"}
    assert visible(shown) == (4, shift)
    small = side(shown)
    shown.choose("shift", "none")
    assert visible(shown) == (2, set())
    assert shown.text("sum") == "output [0, 0] = max(3, 3, 0, 0) = 3"
    assert shown.text("help").startswith("Drag to slide") and mounted.get("pinned") is None
    assert shown.menu("case").input_value() == "worked example"
    assert side(shown) > 1.1 * small
    shown.choose("shift", "→ right")
    assert visible(shown) == (4, shift) and side(shown) == small
    assert module_page.console_errors == []


def test_large_numbers_are_large_and_a_median_moves_nothing(module_page):
    module_page.page.set_viewport_size({"width": 1150, "height": 720})
    rgb, _ = show(module_page, PoolingExplorer.case("RGB channels", large=True))
    assert rgb.root.locator("svg.cnn-grid:visible").count() == 4 and side(rgb) > 40
    full, _ = show(module_page, PoolingExplorer(input=[[10.0] * 12] * 12, large=True))
    text = full.grid("input").locator(".cnn-cell text").first
    size = "text => parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a"
    assert text.text_content() == "10" and text.evaluate(size) > 10  # pixels
    shown, _ = show(module_page, PoolingExplorer(large=True))
    tall = shown.root.bounding_box()["height"]
    for name in ("median", "L2", "average", "min"):
        shown.button(name)
        assert shown.root.bounding_box()["height"] == pytest.approx(tall, abs=1), name


def test_a_reset_silences_the_limits(module_page):
    shown, _ = show(module_page, PoolingExplorer.case("detector"))
    assert shown.text("help").startswith("Drag to slide")
    shown.slide("padding", "ArrowLeft", "ArrowRight")
    assert shown.text("help").startswith("padding ends at 1")
    shown.press("r")
    assert shown.text("help").startswith("Drag to slide")
    shown.button("L2")
    shown.button("max")
    assert shown.values("output") == [[1, 1, 1, 0.2]]  # figure 9.8 and its padding
