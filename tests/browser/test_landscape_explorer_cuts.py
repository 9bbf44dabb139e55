"""LandscapeExplorer's cut: both landscapes along one direction through the place."""

import re

import numpy as np

from tests.browser.test_landscape_explorer import (  # noqa: F401 (the first is a fixture)
    BOWL,
    STEEP,
    clean_console,
    explorer,
)
from tests.browser.widgets import show


def line(shown, n):
    """The points of a curve as [[x, y], …]."""
    path = shown.root.locator(f".cnn-cut-chart .cnn-cut[data-n='{n}']").get_attribute("d")
    return np.array([[float(v) for v in point.split()] for point in re.split("[ML]", path)[1:]])


def test_a_cut_shows_both_landscapes_along_one_direction(module_page):
    shown, mounted = show(module_page, explorer(view="cut", position=(6, 4), logarithmic=False))
    one, two = line(shown, 0), line(shown, 1)
    assert len(one) == len(two) == 9
    slope = (two[-1, 1] - two[4, 1]) / (STEEP[6, 8] - STEEP[6, 4])  # units per loss
    for drawn, losses in ((one, BOWL[6]), (two, STEEP[6])):
        np.testing.assert_allclose(drawn[:, 1] - one[4, 1], slope * (losses - BOWL[6, 4]), atol=0.3)
    title = shown.root.locator(".cnn-cut-title")
    assert title.text_content() == "along direction 1, at direction 2 = 0.5"
    shown.root.focus()
    shown.press("d")
    assert mounted.get("along") == "direction 2"
    assert title.text_content() == "along direction 2, at direction 1 = 0"
    drawn = line(shown, 0)[:, 1]
    np.testing.assert_allclose(drawn - drawn[4], slope * (BOWL[:, 4] - BOWL[4, 4]), atol=0.3)


def test_curves_are_told_apart_by_dashes_too(module_page):
    shown, _ = show(module_page, explorer(view="cut"))
    dashes = shown.root.locator(".cnn-cut-chart .cnn-cut").evaluate_all(
        "curves => curves.map(c => getComputedStyle(c).strokeDasharray)"
    )
    assert len(set(dashes)) == 2


def test_in_a_cut_a_press_moves_the_place_along_it(module_page):
    shown, mounted = show(module_page, explorer(view="cut", position=(6, 4)))
    chart = shown.root.locator(".cnn-cut-chart").bounding_box()
    shown.page.mouse.move(chart["x"] + chart["width"] * 0.5, chart["y"] + 80)
    shown.page.mouse.down()
    mounted.clear_log()
    for share in (0.6, 0.7, 0.99):
        shown.page.mouse.move(chart["x"] + chart["width"] * share, chart["y"] + 80)
        shown.settle()
    assert mounted.saves() == 0
    shown.page.mouse.up()
    shown.settle()
    assert mounted.get("position") == [6, 8] and mounted.get("pinned") and mounted.saves() == 1
