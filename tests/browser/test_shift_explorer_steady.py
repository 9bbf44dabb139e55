"""ShiftExplorer under the pointer: nothing jumps away, the centre is no trap, differences show."""

import numpy as np
import pytest

from helpers.widgets import ShiftExplorer
from helpers.widgets.layer_stack import LAYERS
from tests.browser.oracle import javascript  # noqa: F401 - a fixture
from tests.browser.test_shift_explorer_views import clean_console, show  # noqa: F401
from tests.test_shift_explorer import NETWORK

PLAYER = ".cnn-player"


def settled(shown):
    """Once the curve is complete, the sentence about it stands as well."""
    shown.root.locator(".cnn-error-curve[data-stale=false]").wait_for()
    shown.settle(2)


# -- nothing moves away ----------------------------------------------------------------------------


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize(
    "layers", [["conv"], ["strided_conv"], NETWORK, ["conv", "global_avg_pool"]]
)
def test_controls_stay_where_they_are_whatever_the_sentences_say(module_page, layers, large):
    module_page.page.set_viewport_size({"width": 1180, "height": 720})
    shown, mounted = show(module_page, image="photo", layers=layers, large=large)
    states = [{"shift": [down, right]} for down in (0, -3, 16) for right in (-16, -7, 0, 1, 15)]
    states += [{"wrap": False}, {"shift": [0, 5]}, {"shift": [-13, -13]}]
    for transform, moves in [
        ("shift", states),
        ("rotate", [{"angle": a} for a in (-175, 0, 90)] + [{"kernel": [[1]]}]),
        ("scale", [{"factor": f} for f in (0.5, 1, 1.15)]),
    ]:
        mounted.set(transform=transform)
        settled(shown)
        start = shown.root.locator(PLAYER).bounding_box()
        for state in moves:
            mounted.set(**state)
            shown.settle(1)
            assert shown.root.locator(PLAYER).bounding_box() == start, state
            settled(shown)
            assert shown.root.locator(PLAYER).bounding_box() == start, state


def test_the_old_sentence_about_the_curve_stays_until_the_new_one_is_known(module_page):
    shown, mounted = show(module_page, layers=NETWORK)
    settled(shown)
    said = "In this row it is exactly 0 at multiples of 4."
    assert shown.text("sum").endswith(said)
    mounted.set(shift=[1, 5])
    assert shown.text("sum") == (
        "g shifts by 1 down and 5 right. One cell of the map is 4 pixels wide: g moves it by "
        f"0.25 down and 1.25 right, interpolated between two cells. {said}"
    )
    assert shown.root.locator(".cnn-zeros-text").get_attribute("data-stale") == "true"
    settled(shown)
    assert shown.text("sum").endswith("In this row (1 down) it is exactly 0 nowhere.")
    assert shown.root.locator(".cnn-zeros-text").get_attribute("data-stale") == "false"


# -- words -----------------------------------------------------------------------------------------


def test_chips_tell_all_layers_apart_in_the_room_they_have(module_page):
    words = list(LAYERS)
    for large in (False, True):
        shown, mounted = show(module_page, layers=words[:6], large=large)
        texts = shown.menu("layer 1").locator("option").all_text_contents()
        assert len(set(texts)) == len(texts) == len(words) + 1
        assert max(map(len, texts)) <= 14
        for layers in (words[:6], words[3:]):
            mounted.set(layers=layers)
            shown.settle(4)
            for n in range(1, 7):
                cut = shown.menu(f"layer {n}").evaluate("""menu => {
                    const style = getComputedStyle(menu);
                    const context = document.createElement("canvas").getContext("2d");
                    context.font = style.font;
                    const text = context.measureText(menu.selectedOptions[0].text).width;
                    return text + 10 > menu.clientWidth; // 10: a part of the menu's arrow
                }""")
                assert not cut, (n, layers)
        mounted.destroy()


def test_plus_adds_what_comes_next(module_page):
    shown, mounted = show(module_page)
    for expected in (["conv", "relu"], ["conv", "relu", "conv"], ["conv", "relu", "conv", "relu"]):
        shown.button("Add a layer")
        assert list(mounted.get("layers")) == expected
        menu = shown.menu(f"layer {len(expected)}")
        assert menu.evaluate("menu => menu === document.activeElement")


def test_angles_and_factors_have_their_signs(javascript):
    ask = """zerosText([-180, -90, 0, 1].map((at) => ({ at, exact: c.zeros.includes(at) })), c)"""
    cases = [
        {"transform": "rotate", "zeros": [-180, -90, 0]},
        {"transform": "scale", "zeros": [1]},
        {"transform": "scale", "zeros": []},
    ]
    assert javascript("zerosText from shift_explorer/text", ask, cases) == [
        "On this curve it is exactly 0 at −180°, −90°, 0°.",
        "On this curve it is exactly 0 at 1×.",
        "On this curve it is exactly 0 nowhere.",
    ]


# -- gestures --------------------------------------------------------------------------------------


def test_turning_begins_where_the_pointer_is_far_enough_from_the_centre(module_page):
    shown, mounted = show(module_page, transform="rotate", angle=45)
    middle, pixel = shown.hold()
    for off in ((0, -1), (-1, 0), (0, 2)):
        shown.page.mouse.move(*(middle + off))
        assert mounted.get("angle") == 45
    shown.page.mouse.move(*(middle + (8 * pixel, 0)))  # to the right: from here on it turns
    assert mounted.get("angle") == 45
    shown.page.mouse.move(*(middle - (0, 8 * pixel)))
    assert mounted.get("angle") == 135
    shown.page.mouse.up()


def test_a_reset_during_a_drag_is_not_undone_by_the_next_move(module_page):
    shown, mounted = show(module_page, layers=["max_pool"])
    middle, pixel = shown.hold()
    shown.page.mouse.move(*(middle + (8 * pixel, 0)))
    assert mounted.get("shift") == [0, 13]
    shown.page.keyboard.press("r")
    shown.page.mouse.move(*(middle + (4 * pixel, 0)))
    shown.page.mouse.up()
    assert mounted.get("shift") == [0, 5]
    curve = shown.root.locator(".cnn-error-curve").bounding_box()
    x, y = curve["x"] + curve["width"] / 2, curve["y"] + curve["height"] / 3
    shown.page.mouse.move(x, y)
    shown.page.mouse.down()
    shown.page.mouse.move(x - 90, y)
    assert mounted.get("shift")[1] < 0
    shown.page.keyboard.press("r")
    shown.page.mouse.move(x - 60, y)
    shown.page.mouse.up()
    assert mounted.get("shift") == [0, 5]


# -- the difference --------------------------------------------------------------------------------


def difference(shown):
    """How far from white its strongest colour is; its title; what is written on it."""
    panel = shown.root.locator(".cnn-square-of-maps .cnn-panel[data-role=product]")
    title = panel.locator(".cnn-title").text_content()
    written = panel.locator(".cnn-single:visible").all_text_contents()
    return 255 - int(shown.pixels("product")[..., :3].min()), title, written


def test_a_difference_is_seen_as_one_and_exactly_zero_is_blank_and_says_so(module_page):
    shown, mounted = show(module_page, image="photo", layers=["conv", "relu", "max_blur_pool"])
    strength, title, written = difference(shown)
    explorer = ShiftExplorer("photo", layers=["conv", "relu", "max_blur_pool"])
    maps = [explorer.maps[-1], explorer.transformed_output, explorer.output]
    most = max(np.abs(values).max() for values in maps)
    room = most / np.abs(explorer.difference).max()
    times = float(title.removeprefix("difference ×"))
    assert room / 2 <= times <= 1.25 * room and times > 1
    assert strength > 150 and written == []
    mounted.set(shift=[0, 4])
    shown.settle(4)
    assert difference(shown) == (8, "difference", ["exactly 0"])  # the white of the maps


def test_the_magnification_is_round_and_leaves_rounding_alone(javascript):
    cases = [
        ([0.1, -0.26], 0.5, 1, 3), ([2, -1], 0.5, 2, 1), ([0.01, 0], 0.5, 1, 100),
        ([0.0012, 0], 0.5, 1, 800), ([1e-16, 0], 1e-16, 1, 1), ([0, 0], 0, 1, 1),
        ([0.1], 0.5, 1, 1),  # one number is written, not painted
    ]  # fmt: skip
    ask = "magnification({ difference: c[0], error: c[1], exact: c[1] === 0 }, c[2])"
    answers = javascript("magnification from shift_explorer/commute", ask, cases)
    assert answers == pytest.approx([expected for *_, expected in cases])
