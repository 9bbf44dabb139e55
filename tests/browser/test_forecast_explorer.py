"""ForecastExplorer on a page: rolling, pointing, playing, and that it shows what Python has."""

import numpy as np
import pytest

from helpers import ForecastExplorer
from tests.browser.widgets import Shown, mount, show
from tests.test_forecast_explorer import H, LATITUDE, LONGITUDE, W, explorer

START, FORECAST, TRUTH, ERROR = range(4)


@pytest.fixture(autouse=True)
def clean_console(module_page):
    yield
    assert module_page.console_errors == []


def canvas(shown, n=FORECAST):
    return shown.root.locator(".cnn-forecast-map canvas").nth(n)


def colors(shown, n=FORECAST):
    """The colours of a map, (H, W, 3)."""
    values = canvas(shown, n).evaluate(
        "c => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]"
    )
    return np.reshape(values, (H, W, 4))[..., :3]


def cell(shown, row, column, n=FORECAST):
    """The middle of a cell of a map as it is shown, on the page."""
    box = canvas(shown, n).bounding_box()
    return box["x"] + box["width"] * (column + 0.5) / W, box["y"] + box["height"] * (row + 0.5) / H


def text(shown):
    return shown.root.locator(".cnn-forecast-there").text_content()


def number(value):
    """As the widget writes it: three digits, a true minus sign."""
    return str(float(f"{value:.3g}")).replace("-", "−").removesuffix(".0")


def seam(shown, n=FORECAST):
    """The columns on whose left the border is drawn."""
    path = shown.root.locator(".cnn-forecast-map").nth(n).locator(".cnn-forecast-seam")
    wide = float(shown.root.locator(".cnn-forecast-over").nth(n).get_attribute("viewBox").split()[2])
    return [round(float(part.split()[0]) * W / wide, 2) for part in path.get_attribute("d").split("M")[1:]]


# -- maps ----------------------------------------------------------------------------------------


def test_maps_show_what_python_has_north_on_top(module_page):
    shown, mounted = show(module_page, explorer(shift=3, lead=2))
    python = explorer(shift=3, lead=2)
    fields = [python.start, python.forecast, python.truth_map, python.error]
    for n, values in enumerate(fields):
        red, _, blue = np.moveaxis(colors(shown, n).astype(int), -1, 0)
        clear = np.abs(values) > 0.1
        assert ((red > blue) == (values > 0))[clear].all(), n  # positive is red, negative blue
        assert clear.mean() > 0.8


@pytest.mark.parametrize("view", ["network", "globe"])
def test_a_drag_rolls_in_steps_of_the_shifts_and_is_saved_once_at_its_end(module_page, view):
    shown, mounted = show(module_page, explorer(view_from=view))
    before = colors(shown, TRUTH)
    x, y = cell(shown, 2, 5, ERROR)
    wide = canvas(shown).bounding_box()["width"] / W
    shown.page.mouse.move(x, y)
    shown.page.mouse.down()
    mounted.clear_log()
    sign = 1 if view == "network" else -1  # the border goes with the pointer
    seen = []
    for cells in range(9):
        shown.page.mouse.move(x + sign * cells * wide, y + 3)
        shown.settle()
        seen.append(mounted.get("shift"))
        python = explorer(shift=seen[-1], view_from=view)
        assert seam(shown) == ([0, W] if view == "network" else [(W // 2 - seen[-1]) % W])
        rolled = np.roll(before, seen[-1] if view == "network" else 0, axis=1)
        assert (colors(shown, TRUTH) == rolled).all()
        label = canvas(shown, ERROR).get_attribute("aria-label")
        assert f"root mean square {number(python.rmse)} m" in label
        python.close()
    assert seen == [0, 0, 3, 3, 3, 3, 8, 8, 8]
    assert mounted.saves() == 0
    shown.page.mouse.up()
    shown.settle()
    assert mounted.saves() == 1 and mounted.get("shift") == 8 and not mounted.get("pinned")


def test_degrees_roll_with_the_globe(module_page):
    shown, mounted = show(module_page, explorer())

    def ticks():
        texts = shown.root.locator(".cnn-forecast-map").nth(TRUTH).locator("text[text-anchor=middle]")
        found = texts.evaluate_all("all => all.map(t => [t.textContent, Number(t.getAttribute('x'))])")
        wide = float(shown.root.locator(".cnn-forecast-over").nth(TRUTH).get_attribute("viewBox").split()[2])
        return {name: round(x * W / wide, 2) for name, x in found}

    # the first column's middle is at 15°, so 0° is its left edge
    assert ticks() == {"0°": 0, "90° E": 3, "180°": 6, "90° W": 9}
    mounted.set(shift=8)
    shown.settle()
    assert ticks() == {"0°": 8, "90° E": 11, "180°": 2, "90° W": 5}


def test_where_only_one_shift_was_made_a_drag_says_so(module_page):
    flat = np.ones((3, 4, 8))
    shown, mounted = show(module_page, ForecastExplorer({"net": flat}, flat))
    box = canvas(shown).bounding_box()
    shown.page.mouse.move(box["x"] + 40, box["y"] + 40)
    shown.page.mouse.down()
    shown.page.mouse.move(box["x"] + 140, box["y"] + 40)
    shown.settle()
    assert "made for one shift only" in shown.text("help")
    shown.page.mouse.up()
    assert mounted.get("shift") == 0
    assert not shown.slider("rolled").is_visible()


# -- pointing ------------------------------------------------------------------------------------


def test_pointing_reads_what_python_has_and_sends_nothing(module_page):
    shown, mounted = show(module_page, explorer(shift=3))
    mounted.clear_log()
    for row, column, n in ((0, 0, START), (1, 4, FORECAST), (5, 11, TRUTH), (3, 2, ERROR)):
        shown.page.mouse.move(*cell(shown, row, column, n))
        shown.settle()
        python = explorer(shift=3, position=(row, (column - 3) % W))
        there = python.values_there
        assert text(shown).endswith(
            f"forecast {number(there['forecast'])}, truth {number(there['truth'])}, "
            f"error {'+' * (there['error'] > 0)}{number(there['error'])} m"
        )
        east = python.longitudes[column]
        assert f"{number(min(east, 360 - east))}° {'E' if east < 180 else 'W'}: " in text(shown)
        python.close()
    assert mounted.log() == []


def test_a_click_pins_and_escape_frees(module_page):
    shown, mounted = show(module_page, explorer(shift=3))
    shown.page.mouse.click(*cell(shown, 2, 4))
    shown.settle()
    assert mounted.get("pinned") and mounted.get("position") == [2, 1] and mounted.saves() == 1
    pinned = text(shown)
    assert pinned.startswith(f"pinned at 15° N, {LONGITUDE[1]:g}° E: ") and LATITUDE[2] == 15
    shown.page.mouse.move(*cell(shown, 5, 9))
    shown.settle()
    assert text(shown) == pinned
    mounted.set(shift=8)  # the place stays on its weather
    shown.settle()
    assert text(shown).startswith(f"pinned at 15° N, {LONGITUDE[1]:g}° E: ")
    shown.press("Escape")
    assert not mounted.get("pinned")
    shown.page.mouse.move(*cell(shown, 5, 8))
    shown.settle()
    assert text(shown).startswith(f"75° S, {LONGITUDE[0]:g}° E: ")


# -- keys ----------------------------------------------------------------------------------------


def test_keys_move_the_place_the_lead_time_the_globe_the_network_and_the_view(module_page):
    shown, mounted = show(module_page, explorer(position=(1, 11)))
    canvas(shown).focus()
    shown.press("ArrowRight", "ArrowDown", "ArrowUp", "ArrowUp", "ArrowUp")
    assert mounted.get("position") == [0, 0]  # around the globe, but not over the pole
    shown.press("[", ",", "[", ".")
    assert mounted.get("lead") == 2
    shown.press("]", "]", "]")
    assert mounted.get("lead") == 4
    shown.press("Shift+ArrowRight")
    assert mounted.get("shift") == 3
    shown.press("Shift+ArrowLeft", "Shift+ArrowLeft")
    assert mounted.get("shift") == 8
    shown.press("n")
    assert mounted.get("network") == "circular"
    shown.press("Shift+N", "Shift+N")
    assert mounted.get("network") == "persistence"
    shown.press("v", "Enter")
    assert mounted.get("view_from") == "globe" and mounted.get("pinned")
    assert mounted.log()[-1] == ["save_changes"]
    shown.press("r")
    begin = {"network": "zeros", "lead": 4, "shift": 0, "view_from": "network", "position": [1, 11]}
    assert {name: mounted.get(name) for name in begin} == begin and not mounted.get("pinned")


def test_a_held_key_is_sent_once_when_it_is_let_go(module_page):
    shown, mounted = show(module_page, explorer())
    canvas(shown).focus()
    mounted.clear_log()
    for _ in range(4):
        shown.page.keyboard.down("ArrowDown")
        shown.settle()
    assert mounted.saves() == 0
    shown.page.keyboard.up("ArrowDown")
    assert mounted.saves() == 1


def test_play_goes_from_the_start_to_the_end_and_saves_once(module_page):
    shown, mounted = show(module_page, explorer())
    shown.slide("speed", "End")
    mounted.clear_log()
    shown.root.focus()
    shown.press("Space")
    shown.root.get_by_text("▶ play").wait_for(state="attached")
    leads = [value for what, *rest in mounted.log() if what == "set" for name, value in [rest] if name == "lead"]
    assert leads == [0, 1, 2, 3, 4] and mounted.saves() == 1


def test_a_reset_stops_the_play(module_page):
    shown, mounted = show(module_page, explorer(lead=1))
    shown.root.focus()
    shown.press("Space")
    assert shown.root.get_by_text("❚❚ pause").is_visible()
    shown.press("r")
    assert shown.root.get_by_text("▶ play").is_visible()
    shown.settle(40)
    assert mounted.get("lead") == 1


# -- curves and sentences ------------------------------------------------------------------------


def curve(shown, chart, n):
    """The errors along a curve, read back from its path."""
    root = shown.root.locator(".cnn-forecast-chart").nth(chart)
    inside = root.locator("svg")
    high = float(inside.get_attribute("height"))
    points = root.locator(".cnn-forecast-curve").nth(n).get_attribute("d")[1:].split("L")
    return np.array([1 - float(point.split()[1]) / high for point in points])


def test_curves_are_pythons_errors_on_one_scale(module_page):
    shown, mounted = show(module_page, explorer())
    for settings in ({"shift": 3, "lead": 2}, {"shift": 8, "lead": 4, "view_from": "globe"}):
        mounted.set(**settings)
        shown.settle()
        python = explorer(**settings)
        tops = python.get_state()["_packed"]["tops"]
        kinds = [("longitude", python.error_by_longitude), ("latitude", python.error_by_latitude),
                 ("lead", python.rmse_by_lead)]  # fmt: skip
        for chart, (kind, errors) in enumerate(kinds):
            for n, values in enumerate(errors.values()):
                assert np.allclose(curve(shown, chart, n), values / tops[kind], atol=0.002), (kind, n)
        python.close()


def test_the_formula_has_the_numbers_of_the_error_map(module_page):
    shown, mounted = show(module_page, explorer(lead=3))
    python = explorer(lead=3)
    total = python.weights.sum()
    sum_of_squares = (python.weights * python.error**2).sum()
    assert shown.text("formula") == (
        f"RMSE = √(Σ w·e² / Σ w) = √({number(sum_of_squares)} / {number(total)}) = "
        f"{number(python.rmse)} with w = cos(latitude)"
    )
    assert shown.root.locator("code").text_content() == python.code
    shown.root.locator(".cnn-live", has_text=f"RMSE {number(python.rmse)} m").wait_for(state="attached")


def test_the_chart_over_lead_time_can_be_dragged(module_page):
    shown, mounted = show(module_page, explorer())
    box = shown.root.locator(".cnn-forecast-chart").nth(2).bounding_box()
    y = box["y"] + box["height"] / 2
    mounted.clear_log()
    shown.page.mouse.move(box["x"] + box["width"] - 2, y)
    shown.page.mouse.down()
    shown.page.mouse.move(box["x"] + 2, y)
    shown.settle()
    assert mounted.get("lead") == 0 and mounted.saves() == 0
    shown.page.mouse.up()
    assert mounted.saves() == 1


def test_sliders_and_the_menu_do_the_same(module_page):
    shown, mounted = show(module_page, explorer())
    shown.slide("lead time", "Home")
    assert mounted.get("lead") == 0
    assert shown.slider("lead time").get_attribute("aria-valuetext") == "0 h"
    shown.slide("rolled", "End")
    assert mounted.get("shift") == 8
    assert shown.slider("rolled").get_attribute("aria-valuetext") == "120° west"
    shown.choose("forecast by", "circular")
    assert mounted.get("network") == "circular"
    shown.button("globe")
    assert mounted.get("view_from") == "globe"


def test_two_views_agree(module_page):
    widget = explorer(pinned=True)
    mounted = mount(module_page, widget)
    widget.close()
    first = Shown(module_page.page, mounted.el)
    second = Shown(module_page.page, mounted.view())
    x, y = cell(first, 2, 5)
    wide = canvas(first).bounding_box()["width"] / W
    first.page.mouse.move(x, y)
    first.page.mouse.down()
    first.page.mouse.move(x + 3 * wide, y)
    first.settle()
    assert mounted.get("shift") == 3
    for n in range(4):
        assert (colors(first, n) == colors(second, n)).all()
    assert text(first) == text(second) and first.text("formula") == second.text("formula")
    first.page.mouse.up()
