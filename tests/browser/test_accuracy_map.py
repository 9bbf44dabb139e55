"""AccuracyMap in a real JupyterLab: pointing, clicking, dragging and keys shift the digit in all maps at once."""

import json
import re

import numpy as np
import pytest
from matplotlib import colormaps

from helpers import AccuracyMap
from tests.browser.oracle import javascript  # noqa: F401 - a fixture
from tests.browser.widgets import Shown, lab, mount, run, shown  # noqa: F401 - some are fixtures
from tests.test_accuracy_map import as_lists, nine_by_nine
from tests.test_accuracy_map import measured  # a 7, an 8 and a 0; the MLP is right in the middle only

PARTS = "all => all.map(n => [...n.children].map(c => c.textContent))"

SHOW = f"""\
import json
from helpers import AccuracyMap
a = AccuracyMap(**json.loads({json.dumps(as_lists(measured()))!r}), shift=(0, 1))
a"""


@pytest.fixture(scope="module")
def notebook(lab):
    return lab.open_notebook([SHOW, "a"])


def framed(shown, n=0):
    """Where the frame is in a map."""
    (cell,) = shown.marked("accuracy", "shift", n)
    return cell


def says(shown):
    """The line below each map: what the network says, and its probability."""
    return shown.root.locator(".cnn-answer").evaluate_all(PARTS)


def bars(shown, n=0):
    """The probabilities as they are drawn, the class said, and the class boxed as the right one."""
    chart = shown.root.locator("svg.cnn-says").nth(n)
    drawn = chart.locator("rect:not(.cnn-true)").evaluate_all(
        "all => all.map(r => [Number(r.getAttribute('height')), r.dataset.said])"
    )
    boxed = chart.locator(".cnn-true").evaluate_all("all => all.map(r => r.getAttribute('visibility'))")
    return [round(height / 66, 3) for height, _ in drawn], [s for _, s in drawn].index("true"), boxed.index("visible")


def assert_shows(shown, notebook, shift, digit):
    """Python and the page agree on the shift, the digit, its picture, and what the networks say."""
    notebook.wait_value("[a.shift, a.digit]", [list(shift), digit])
    assert [framed(shown, n) for n in (0, 1)] == [tuple(shift)] * 2
    x = np.array(notebook.value("a.input"))
    assert np.abs(shown.pixels("input") - 255 * x[..., None]).max() <= 1
    probabilities = notebook.value("[p for p in a.probabilities.values()]")
    predictions = notebook.value("[*a.predictions.values()]")
    label = notebook.value("a.label")
    for n in (0, 1):
        assert bars(shown, n) == (np.round(probabilities[n], 3).tolist(), predictions[n], label)
        assert says(shown)[n][0] == f"says {predictions[n]} {'✓' if predictions[n] == label else '✗'}"


def test_the_maps_show_accuracies_in_percent_and_colour(notebook, shown):
    assert shown.numbers("accuracy") == {
        (-1, -1): "10", (-1, 0): "20", (-1, 1): "30", (0, -1): "40", (0, 0): "95", (0, 1): "60",
        (1, -1): "70", (1, 0): "80", (1, 1): "100",
    }  # fmt: skip
    assert set(shown.numbers("accuracy", 1).values()) == {"50"}
    fills = shown.grid("accuracy").locator(".cnn-cell rect").evaluate_all("all => all.map(r => r.style.fill)")
    rgb = np.array([[int(v) for v in re.findall(r"\d+", fill)] for fill in fills])
    shares = np.array([0.1, 0.2, 0.3, 0.4, 0.95, 0.6, 0.7, 0.8, 0.997])
    assert np.abs(rgb - 255 * colormaps["viridis"](shares)[:, :3]).max() <= 20  # drawn through nine colours
    assert shown.marked("accuracy", "middle") == {(0, 0)} == shown.marked("accuracy", "middle", 1)
    # (10 + 20 + 30 + 40 + 95 + 60 + 70 + 80 + 99.7) / 9 = 56.1
    heads = shown.root.locator(".cnn-shift-said").evaluate_all(PARTS)
    assert heads == [["mean 56 %", "here 60 %"], ["mean 50 %", "here 50 %"]]
    assert shown.root.locator(".cnn-network .cnn-title").all_text_contents() == ["MLP", "CNN"]


def test_below_each_map_stands_what_the_network_says_to_the_digit(notebook, shown):
    assert shown.text("sum") == "a 7, shifted 1 right"
    assert says(shown) == [["says 1 ✗", "75 %"], ["says 7 ✓", "88 %"]]
    assert bars(shown) == ([0, 0.75, 0, 0, 0, 0, 0, 0.25, 0, 0], 1, 7)
    assert_shows(shown, notebook, (0, 1), 0)


def colors(shown, n):
    """The bar of the class that was said, and the sign behind it: their fills and the sign."""
    bar, sign = (shown.root.locator(".cnn-network").nth(n).locator(part) for part in ("[data-said=true]", ".cnn-tick"))
    fill = bar.and_(shown.root.locator("rect")).evaluate("bar => getComputedStyle(bar).fill")
    return fill, sign.evaluate("sign => getComputedStyle(sign).backgroundColor"), sign.text_content()


def test_green_is_right_and_orange_is_wrong(shown):
    green, orange = "rgb(0, 158, 115)", "rgb(230, 159, 0)"
    assert colors(shown, 0) == (orange, orange, "✗")
    assert colors(shown, 1) == (green, green, "✓")
    shown.hover("accuracy", (0, 0))
    assert colors(shown, 0) == (green, green, "✓")


def test_pointing_previews_in_all_maps_and_is_never_sent(lab, notebook, shown):
    lab.reset_messages()
    shown.hover("accuracy", (0, 0), 1)
    assert [framed(shown, n) for n in (0, 1)] == [(0, 0)] * 2
    assert shown.text("sum") == "a 7 in the middle"
    assert says(shown) == [["says 7 ✓", "100 %"], ["says 7 ✓", "88 %"]]
    assert shown.pixels("input")[2].max(-1).tolist() == [0, 0, 255, 0, 0, 0]
    lab.page.mouse.move(5, 5)
    shown.settle()
    assert framed(shown) == (0, 1)
    assert lab.messages() == []


def test_a_click_stays_and_is_sent_once(lab, notebook, shown):
    lab.reset_messages()
    shown.click("accuracy", (-1, 0))
    assert lab.messages() == ["shell:comm_msg"]
    lab.page.mouse.move(5, 5)
    shown.settle()
    assert shown.text("sum") == "a 7, shifted 1 up"
    assert_shows(shown, notebook, (-1, 0), 0)


def test_dragging_over_a_map_takes_the_digit_along(lab, notebook, shown):
    lab.reset_messages()
    shown.drag("accuracy", [(-1, -1), (0, -1), (1, -1), (1, 1)])
    assert lab.messages() == ["shell:comm_msg"]
    assert_shows(shown, notebook, (1, 1), 0)


def test_dragging_the_digit_moves_the_frames_and_stops_at_the_last_shift(lab, notebook, shown):
    box = shown.canvas("input").bounding_box()
    pixel = (box["width"] - 2) / 6
    x, y = box["x"] + 3.5 * pixel, box["y"] + 2.5 * pixel
    lab.page.mouse.move(x, y)
    lab.page.mouse.down()
    lab.reset_messages()
    lab.page.mouse.move(x - pixel, y + pixel)
    shown.settle()
    assert [framed(shown, n) for n in (0, 1)] == [(1, 0)] * 2
    lab.page.mouse.move(x - 3 * pixel, y - 2 * pixel)
    shown.settle()
    assert framed(shown) == (-1, -1)
    assert lab.messages() == []
    lab.page.mouse.up()
    shown.settle()
    assert lab.messages() == ["shell:comm_msg"]
    assert_shows(shown, notebook, (-1, -1), 0)


def test_arrow_keys_shift_and_0_undoes_the_shift(notebook, shown):
    shown.canvas("input").focus()
    shown.press("ArrowDown", "ArrowLeft")
    assert_shows(shown, notebook, (1, 0), 0)
    shown.press("ArrowDown", "ArrowRight", "ArrowRight", "ArrowRight")
    assert_shows(shown, notebook, (1, 1), 0)
    shown.press("0")
    assert_shows(shown, notebook, (0, 0), 0)
    shown.press("r")
    assert_shows(shown, notebook, (0, 1), 0)


def test_escape_ends_the_preview_and_leaves_the_shift(lab, notebook, shown):
    shown.canvas("input").focus()
    shown.hover("accuracy", (1, -1))
    assert framed(shown) == (1, -1)
    lab.reset_messages()
    shown.press("Escape")
    assert [framed(shown, n) for n in (0, 1)] == [(0, 1)] * 2
    assert lab.messages() == []
    assert shown.text("help").endswith("0: no shift.")


def test_d_the_button_and_the_slider_choose_another_digit(notebook, shown):
    shown.canvas("input").focus()
    shown.press("d")
    assert shown.text("sum") == "an 8, shifted 1 right"
    assert_shows(shown, notebook, (0, 1), 1)
    shown.button("The next digit (D)")
    assert_shows(shown, notebook, (0, 1), 2)
    shown.button("The next digit (D)")
    assert_shows(shown, notebook, (0, 1), 0)
    shown.press("Shift+D")
    assert_shows(shown, notebook, (0, 1), 2)
    shown.slide("digit", "ArrowLeft")
    assert_shows(shown, notebook, (0, 1), 1)
    assert shown.root.locator(".cnn-slider output").text_content() == "2 of 3"


def test_the_next_mistake_is_the_one_of_the_map_that_was_used_last(lab, notebook, shown):
    button = shown.root.get_by_role("button", name="The next digit that the network gets wrong here (M)")
    assert button.text_content() == "next mistake of MLP"
    button.click()  # the MLP is wrong everywhere but in the middle
    assert_shows(shown, notebook, (0, 1), 1)
    shown.click("accuracy", (1, 1), 1)
    lab.page.mouse.move(5, 5)
    assert button.text_content() == "next mistake of CNN"
    shown.press("m")  # the only digit that the CNN gets wrong at (1, 1)
    assert_shows(shown, notebook, (1, 1), 2)
    shown.press("m")
    assert shown.text("help").startswith("CNN gets only this digit wrong at this shift.")
    assert shown.root.locator(".cnn-help").get_attribute("data-kind") == "warning"
    shown.press("ArrowUp", "m")
    assert shown.text("help").startswith("CNN gets all 3 digits right at this shift.")
    shown.press("d")
    assert shown.text("help").startswith("Point at a shift")
    shown.grid("accuracy").focus()  # the keyboard's way to another map
    shown.settle()
    assert button.text_content() == "next mistake of MLP"


def test_python_moves_the_page_and_new_networks_take_the_old_ones_places(notebook, shown):
    notebook.execute("a.set(shift=(1, 1), digit=2)")
    shown.settle()
    assert_shows(shown, notebook, (1, 1), 2)
    notebook.execute(
        "import numpy as np\n"
        "a.set(accuracy={'10': np.ones((3, 3)), '9': a.accuracy['MLP'], 'b': a.accuracy['CNN']},\n"
        "      scores={'10': a.scores['CNN'], '9': a.scores['MLP'], 'b': a.scores['CNN']})"
    )
    shown.settle()
    assert shown.root.locator(".cnn-network .cnn-title").all_text_contents() == ["10", "9", "b"]
    assert says(shown) == [["says 9 ✗", "63 %"], ["says 1 ✗", "75 %"], ["says 9 ✗", "63 %"]]
    assert set(shown.numbers("accuracy").values()) == {"100"}


def test_two_views_share_the_shift_and_not_the_pointer(lab, notebook, shown):
    lab.page.set_viewport_size({"width": 1280, "height": 1300})
    second = run(notebook, 1)
    notebook.show(0)
    shown.settle()
    shown.hover("accuracy", (1, 0))
    assert framed(shown) == (1, 0) and framed(second) == (0, 1)
    shown.click("accuracy", (1, 0))
    second.settle()
    assert framed(second) == (1, 0) == framed(second, 1)
    second.root.get_by_role("button", name="The next digit (D)").click()
    second.settle()
    assert shown.text("sum") == "an 8, shifted 1 down" == second.text("sum")
    lab.page.set_viewport_size({"width": 1280, "height": 720})


def test_descriptions_and_the_live_region_follow(notebook, shown):
    grid = shown.grid("accuracy")
    assert grid.get_attribute("aria-label") == "Accuracy of MLP at 3×3 shifts: 56 % on average, 60 % at 1 right."
    shown.canvas("input").focus()
    shown.press("ArrowUp")
    assert grid.get_attribute("aria-label").endswith("30 % at 1 up and 1 right.")
    assert shown.canvas("input").get_attribute("aria-label") == "The input: a 7, shifted 1 up and 1 right."
    label = shown.root.locator("svg.cnn-says").first.get_attribute("aria-label")
    assert label.startswith("MLP says 1, it is a 7. Probabilities 0: 0 %, 1: 75 %, 2: 0 %,")
    live = "a 7, shifted 1 up and 1 right: MLP says 1 ✗, 75 %; CNN says 7 ✓, 88 %"
    shown.root.locator(".cnn-live", has_text=live).wait_for(state="attached")


# -- room ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "count", "large", "across"), [
    (1060, 3, False, 3), (1060, 5, True, 5), (860, 3, True, 3), (860, 6, False, 6), (400, 3, False, 2),
])  # fmt: skip
def test_maps_stand_side_by_side_and_wrap_where_it_is_narrow(module_page, width, count, large, across):
    module_page.page.set_viewport_size({"width": width, "height": 720})
    shown = Shown(module_page.page, mount(module_page, AccuracyMap(**nine_by_nine(count), large=large)).el)
    shown.settle(4)
    boxes = [shown.grid("accuracy", n).bounding_box() for n in range(count)]
    assert sum(box["y"] == boxes[0]["y"] for box in boxes) == across
    assert len({box["width"] for box in boxes}) == 1
    assert shown.root.evaluate("root => [root, root.parentElement].map(n => n.scrollWidth - n.clientWidth)") == [0, 0]
    assert shown.overlaps() == []
    assert not large or shown.root.bounding_box()["height"] <= 565
    texts = shown.grid("accuracy").locator(".cnn-cell text")
    boxes = texts.evaluate_all("all => all.map(t => t.getBoundingClientRect())")
    assert shown.root.locator(".cnn-answer").first.evaluate("v => v.scrollWidth <= v.clientWidth")  # of ">99 %"
    heights = [box["height"] for box in boxes if box["width"]]
    assert not heights or min(heights) > 8  # pixels: numbers are written where they can be read
    assert module_page.console_errors == []


@pytest.mark.parametrize(("width", "least"), [(1060, 250), (1240, 275)])
def test_large_maps_take_the_room_and_stay_on_the_screen(module_page, width, least):
    module_page.page.set_viewport_size({"width": width, "height": 720})
    sizes = []
    for large in (False, True):
        shown = Shown(module_page.page, mount(module_page, AccuracyMap(**nine_by_nine(3), large=large)).el)
        shown.settle(4)
        sizes.append(shown.grid("accuracy").bounding_box()["width"])
        assert shown.root.bounding_box()["height"] <= 565
    assert sizes[1] >= max(least, sizes[0] + 20)
    bar, axis = (shown.root.locator(f".cnn-says {part}").first.bounding_box() for part in ("rect", "path"))
    assert bar["y"] + bar["height"] == pytest.approx(axis["y"] + axis["height"] / 2, abs=1)
    assert module_page.console_errors == []


# -- the pure modules ------------------------------------------------------------------------------


def test_shares_are_rounded_but_never_to_none_or_all(javascript):
    cases = [0, 1, 0.5, 0.004, 0.005, 0.996, 0.995, 0.124]
    assert javascript("percent from accuracy_map/text", "percent(c)", cases) == [
        "0 %", "100 %", "50 %", "<1 %", "1 %", ">99 %", ">99 %", "12 %",
    ]  # fmt: skip


def test_shifts_are_told_in_words(javascript):
    cases = [[7, [2, 3]], [8, [-1, 0]], [0, [0, -4]], [8, [0, 0]]]
    assert javascript("digitText from accuracy_map/text", "digitText(...c)", cases) == [
        "a 7, shifted 2 down and 3 right", "an 8, shifted 1 up", "a 0, shifted 4 left", "an 8 in the middle",
    ]  # fmt: skip


def test_of_equal_scores_the_first_wins_as_in_numpy(javascript):
    cases = [[0.1] * 10, [0, 0, 0.5, 0.5], [0.2, 0.3, 0.5]]
    assert javascript("winnerOf from accuracy_map/results", "winnerOf(c)", cases) == [0, 2, 2]
