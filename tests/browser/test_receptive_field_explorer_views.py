"""ReceptiveFieldExplorer on the page: what is in view, and that it stands still."""

import pytest

from helpers.widgets.field_cases import FIELD_CASES
from tests.browser.test_receptive_field_explorer import CONV, clean_console, show  # noqa: F401 (fixtures)


@pytest.mark.parametrize("large", [False, True])
def test_the_chosen_row_is_in_view_from_the_start(show, large):
    shown = show(**FIELD_CASES["ResNet-50"], large=large)
    shown.settle(3)
    table = shown.root.locator(".cnn-scroll").bounding_box()
    row = shown.row(49).bounding_box()
    assert table["y"] < row["y"] and row["y"] + row["height"] <= table["y"] + table["height"] + 1


def test_a_long_line_of_code_leaves_all_where_it_is(show):
    long = {"type": "conv", "kernel_size": 3, "stride": 2, "padding": [12, 11], "dilation": 11}
    shown = show([CONV, long | {"stride": 1}, long])
    shown.page.set_viewport_size({"width": 1000, "height": 900})
    try:
        shown.root.locator(".cnn-rf-section").focus()
        tops = set()
        for _ in range(3):
            shown.settle(3)
            tops.add(shown.root.locator(".cnn-scroll").bounding_box()["y"])
            shown.press("PageDown")
    finally:
        shown.page.set_viewport_size({"width": 1280, "height": 720})
    assert len(tops) == 1, tops


def test_nothing_jumps_while_one_points_at_the_section(show):
    shown = show(**FIELD_CASES["small U-Net"])
    seen = set()
    for level in range(15):
        size = 64 // {3: 2, 4: 2, 5: 2, 6: 4, 7: 4, 8: 4}.get(level, 1)
        shown.page.mouse.move(*shown.place(level, 2, size))
        shown.settle()
        boxes = [shown.root.locator(f".cnn-{name}").bounding_box() for name in ("scroll", "rf-map")]
        seen.add(str(boxes))
    assert len(seen) == 1, seen


def test_behind_another_tab_it_draws_without_an_error_and_is_whole_when_it_comes_back(show):
    shown = show(**FIELD_CASES["four 3×3"])
    width = shown.root.locator(".cnn-rf-section").bounding_box()["width"]
    shown.root.evaluate("node => { node.parentElement.style.display = 'none' }")
    shown.mounted.set(layer=1)
    shown.settle()
    shown.root.evaluate("node => { node.parentElement.style.display = '' }")
    shown.settle()
    assert shown.root.locator(".cnn-rf-section").bounding_box()["width"] == width
