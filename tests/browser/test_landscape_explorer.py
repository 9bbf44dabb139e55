"""LandscapeExplorer on a page: turning, pointing, pinning, cutting, and what it says of it."""

import base64
import re
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from helpers import LandscapeExplorer
from helpers.landscapes import Landscape
from tests.browser.widgets import show

AXIS = np.linspace(-1, 1, 9)
BOWL = 0.5 + np.add.outer(2 * AXIS**2, AXIS**2)  # rows: direction 2
STEEP = 1 + 20 * np.add.outer(AXIS**2, AXIS**2)


@pytest.fixture(autouse=True)
def clean_console(module_page):
    yield
    assert module_page.console_errors == []


def explorer(**settings):
    pair = {"with skips": Landscape(BOWL, AXIS, 0.5), "without": Landscape(STEEP, AXIS, 1.0)}
    return LandscapeExplorer(pair, **settings)


def canvas(shown, n=0):
    return shown.root.locator(".cnn-landscape canvas").nth(n)


def box(shown, n=0):
    return canvas(shown, n).bounding_box()


def at(shown, across, down, n=0):
    """A place on the page, as shares of the n-th canvas."""
    found = box(shown, n)
    return found["x"] + across * found["width"], found["y"] + down * found["height"]


def ink(shown, n=0):
    """The canvas as an array (height, width, 4)."""
    url = canvas(shown, n).evaluate("canvas => canvas.toDataURL()")
    with Image.open(BytesIO(base64.b64decode(url.partition(",")[2]))) as image:
        return np.array(image.convert("RGBA"))


def there(shown):
    return shown.root.locator(".cnn-there").text_content()


# -- turning -------------------------------------------------------------------------------------


def test_a_drag_turns_all_surfaces_together_and_is_saved_once_at_its_end(module_page):
    shown, mounted = show(module_page, explorer(camera=(0, 30)))
    before = [ink(shown, n) for n in range(2)]
    shown.page.mouse.move(*at(shown, 0.5, 0.5))
    shown.page.mouse.down()
    mounted.clear_log()
    x, y = at(shown, 0.5, 0.5)
    for n in range(1, 6):
        shown.page.mouse.move(x + 10 * n, y + 5 * n)
        shown.settle()
    assert mounted.saves() == 0
    assert not any((ink(shown, n) == before[n]).all() for n in range(2))
    shown.page.mouse.up()
    shown.settle()
    assert mounted.saves() == 1 and mounted.get("camera") == [-25, 40]
    assert not mounted.get("pinned")


def test_arrow_keys_turn_and_are_saved_when_they_are_let_go(module_page):
    shown, mounted = show(module_page, explorer(camera=(0, 30)))
    canvas(shown).focus()
    shown.press("ArrowRight", "ArrowUp")
    assert mounted.get("camera") == [-5, 35] and mounted.saves() == 2
    shown.press(*["ArrowDown"] * 20)
    assert mounted.get("camera") == [-5, 5]
    assert mounted.get("position") == [4, 4]


def test_space_turns_slowly_until_it_is_pressed_again(module_page):
    shown, mounted = show(module_page, explorer(camera=(0, 30), view="contours"))
    shown.root.focus()
    shown.press("Space")
    assert mounted.get("view") == "surface"
    shown.page.wait_for_function(
        "canvas => { const at = canvas.ariaLabel; window.__first ??= at; return at !== window.__first }",
        arg=canvas(shown).element_handle(),
    )
    mounted.clear_log()
    shown.settle(5)
    assert mounted.saves() == 0
    shown.press("Space")
    assert mounted.saves() == 1 and mounted.get("camera")[0] > 0
    shown.settle(5)
    stopped = mounted.get("camera")
    shown.settle(10)
    assert mounted.get("camera") == stopped


def test_a_reset_stops_the_turning(module_page):
    shown, mounted = show(module_page, explorer(camera=(0, 30)))
    shown.root.focus()
    shown.press("Space")
    assert shown.root.get_by_text("❚❚ pause").is_visible()
    shown.press("r")
    assert shown.root.get_by_text("▶ play").is_visible()
    shown.settle(10)
    assert mounted.get("camera") == [0, 30]


@pytest.mark.parametrize("view", ["contours", "cut"])
def test_where_nothing_turns_the_turning_has_stopped(module_page, view):
    shown, mounted = show(module_page, explorer(camera=(0, 30)))
    shown.root.focus()
    shown.press("Space")
    shown.settle(5)
    mounted.clear_log()
    mounted.set(view=view)
    shown.settle(2)
    camera = mounted.get("camera")
    assert camera[0] > 0 and mounted.saves() == 1  # it rests where it has come to
    shown.settle(10)
    assert mounted.get("camera") == camera and mounted.saves() == 1
    mounted.set(view="surface")
    shown.settle(5)
    assert shown.root.get_by_text("▶ play").is_visible() and mounted.get("camera") == camera


def test_python_turns_the_camera_too(module_page):
    shown, mounted = show(module_page, explorer())
    before = ink(shown)
    mounted.set(camera=[90, 45])
    shown.settle()
    assert not (ink(shown) == before).all()
    assert "turned by 90°, seen from 45° above" in canvas(shown).get_attribute("aria-label")


# -- pointing ------------------------------------------------------------------------------------


def test_from_above_pointing_finds_the_place_under_the_pointer(module_page):
    """Seen from straight above, direction 1 runs to the right and direction 2 upwards."""
    shown, mounted = show(module_page, explorer(camera=(0, 90)))
    middle = at(shown, 0.5, 0.5)
    shown.page.mouse.move(*middle)
    shown.settle()
    assert there(shown).startswith("direction 1 = 0, direction 2 = 0: with skips 0.5 · without 1")
    found = {}
    for right, up in ((60, 0), (0, 60), (-60, -60)):
        shown.page.mouse.move(middle[0] + right, middle[1] - up)
        shown.settle()
        found[right, up] = [
            float(v.replace("−", "-")) for v in re.findall(r"= (−?[\d.]+)", there(shown))
        ]
    (x, zero), (nil, y), (left, down) = found.values()
    assert x > 0 and zero == 0 and nil == 0 and y > 0 and left < 0 and down < 0
    assert mounted.log() == []  # nothing was set, nothing sent


def test_a_click_pins_and_escape_frees(module_page):
    shown, mounted = show(module_page, explorer(view="contours"))
    shown.page.mouse.click(*at(shown, 0.5, 0.5, n=1))
    shown.settle()
    place = mounted.get("position")
    assert mounted.get("pinned") and mounted.saves() == 1
    pinned = there(shown)
    assert pinned.startswith("pinned at ")
    shown.page.mouse.move(*at(shown, 0.35, 0.3))
    shown.settle()
    assert there(shown) == pinned
    shown.press("Escape")
    assert not mounted.get("pinned") and mounted.get("position") == place
    shown.page.mouse.move(*at(shown, 0.4, 0.35))
    shown.settle()
    assert there(shown) != pinned and not there(shown).startswith("pinned")
    assert mounted.get("position") == place


def test_the_losses_that_are_read_out_are_those_of_the_arrays(module_page):
    shown, mounted = show(module_page, explorer(view="contours"))
    canvas(shown).focus()
    shown.press("ArrowUp", "ArrowUp", "ArrowRight")
    row, column = mounted.get("position")
    assert (row, column) == (6, 5)
    assert there(shown) == (
        f"direction 1 = 0.25, direction 2 = 0.5: "
        f"with skips {BOWL[6, 5]:.3g} · without {STEEP[6, 5]:.3g}"
    )
    shown.root.locator(".cnn-live", has_text="direction 1 = 0.25").wait_for(state="attached")


def test_shift_and_arrows_move_the_place_on_a_surface(module_page):
    shown, mounted = show(module_page, explorer())
    camera = mounted.get("camera")
    canvas(shown).focus()
    shown.press("Shift+ArrowDown", "Shift+ArrowLeft", "Enter")
    assert mounted.get("position") == [3, 3] and mounted.get("pinned")
    assert mounted.get("camera") == camera
    shown.press(*["Shift+ArrowDown"] * 9)
    assert mounted.get("position") == [0, 3]


# -- scale and ceiling ---------------------------------------------------------------------------


def test_the_ceiling_is_said_in_words(module_page):
    shown, mounted = show(module_page, explorer())
    mounted.set(ceiling=2.0)
    shown.settle()
    above = [int(round(100 * (losses > 2).mean())) for losses in (BOWL, STEEP)]
    assert shown.text("not-drawn") == (
        f"Cut off above a loss of 2: {above[0]} % of with skips, {above[1]} % of without."
    )
    assert f"{above[1]} % of without." in canvas(shown, 1).get_attribute("aria-label")
    assert shown.slider("ceiling").get_attribute("aria-valuetext") == "2"


def test_the_slider_of_the_ceiling_goes_from_near_the_lowest_loss_to_none(module_page):
    shown, mounted = show(module_page, explorer())
    assert shown.slider("ceiling").get_attribute("aria-valuetext") == "none"
    shown.slide("ceiling", "Home")
    assert 0.5 < mounted.get("ceiling") < 0.6
    shown.slide("ceiling", "End")
    assert mounted.get("ceiling") is None
    seen = []
    for _ in range(8):
        shown.slide("ceiling", "PageDown")
        seen.append(mounted.get("ceiling"))
    assert seen == sorted(seen, reverse=True) and len(set(seen)) == 8


def test_the_same_loss_everywhere_is_a_plain_without_a_ceiling(module_page):
    shown, mounted = show(module_page, LandscapeExplorer(np.ones((3, 3))))
    shown.slide("ceiling", "Home")
    assert mounted.get("ceiling") is None and there(shown).endswith("loss 1")
    assert len(np.unique(ink(shown).reshape(-1, 4), axis=0)) > 20
    for view in ("contours", "cut"):
        mounted.set(view=view)
        shown.settle()


def test_losses_below_zero_have_no_logarithm_and_the_switch_says_why(module_page):
    shown, mounted = show(module_page, LandscapeExplorer(BOWL - 1))
    shown.root.get_by_role("checkbox", name="logarithmic").click()
    shown.settle()
    assert mounted.get("logarithmic") is False
    assert shown.text("help") == (
        "Not possible: the lowest loss is −0.5, and only positive numbers have a logarithm."
    )
    assert not shown.root.get_by_role("checkbox", name="logarithmic").is_checked()


def test_holes_are_named_and_drawn_open(module_page):
    losses = BOWL.copy()
    losses[:3, :3], losses[8, 8] = np.inf, np.nan
    begin = {"view": "contours", "position": (0, 0)}
    shown, _ = show(module_page, LandscapeExplorer({"net": losses}, **begin))
    assert shown.text("not-drawn") == "Holes in net: 9 exploded, 1 not computed."
    assert there(shown).endswith("net beyond all numbers")
    colours = ink(shown)
    grey = (np.ptp(colours[..., :3].astype(int), axis=-1) < 8) & (colours[..., 3] == 255)
    left = grey[:, : grey.shape[1] // 2]
    bottom, top = left[int(0.75 * len(left)) :], left[: int(0.2 * len(left))]
    assert bottom.sum() > 2 * top.sum()


def test_a_landscape_without_any_number_is_said_to_be_one(module_page):
    pair = {"net": BOWL, "gone": np.full((9, 9), np.inf)}
    shown, _ = show(module_page, LandscapeExplorer(pair, ceiling=2))
    above = int(round(100 * (BOWL > 2).mean()))
    assert shown.text("not-drawn") == (
        f"Cut off above a loss of 2: {above} % of net, 0 % of gone. Holes in gone: 81 exploded."
    )
    said = canvas(shown, 1).get_attribute("aria-label")
    assert "around the model's weights, none of them finite; beyond all numbers at the centre." in said


def test_colours_and_heights_are_the_same_for_both(module_page):
    """The same losses on both sides make the same picture, whatever else is shown."""
    pair = {"a": BOWL, "b": BOWL, "c": STEEP}
    shown, _ = show(module_page, LandscapeExplorer(pair))
    assert (ink(shown, 0) == ink(shown, 1)).all()
    assert not (ink(shown, 0) == ink(shown, 2)).all()


def test_a_nearer_wall_hides_what_lies_behind_it(module_page):
    """A ridge between the viewer and a valley: where both are seen, the ridge has its colour."""
    losses = np.full((9, 9), 1.0)
    losses[2, :] = 100.0
    shown, mounted = show(module_page, LandscapeExplorer(losses, camera=(0, 12), position=(8, 0)))
    near = ink(shown)
    mounted.set(camera=[180, 12])
    shown.settle()
    far = ink(shown)

    def yellow(picture):
        r, g, b, _ = np.moveaxis(picture.astype(int), -1, 0)
        return ((r > 1.15 * b) & (g > 1.3 * b)).sum()

    assert yellow(near) > 1000 and yellow(far) > 1000
    dark = [(p[..., 2].astype(int) > p[..., 1] + 25).sum() for p in (near, far)]
    assert dark[1] > 1.5 * dark[0]  # the ridge in front hides most of the plain behind it


def test_r_brings_back_what_the_cell_made(module_page):
    begin = {"view": "surface", "logarithmic": True, "ceiling": None, "camera": [-37, 28],
             "position": [4, 4], "pinned": False, "along": "direction 1"}  # fmt: skip
    shown, mounted = show(module_page, explorer())
    shown.root.focus()
    shown.press("v", "s", "d", "ArrowUp", "Enter", "v", "ArrowUp")
    assert mounted.get("view") == "cut" and not mounted.get("logarithmic")
    shown.press("r")
    assert {name: mounted.get(name) for name in begin} == begin
