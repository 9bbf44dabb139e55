"""ArithmeticExplorer without a kernel: sliders, cases, directions, limits, the solver."""

import re

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from helpers.widgets import ArithmeticExplorer
from helpers.widgets.arithmetic_cases import NAMED_CASES
from tests.browser.widgets import Shown, mount

SIZES = ("input_size", "kernel_size", "stride", "padding", "dilation", "output_padding")
NAMES = (*SIZES, "padding_mode", "transposed", "values", "view", "position", "pinned", "wanted", "fixed")
MOST = {"kernel_size": 7, "stride": 4, "padding": 6, "dilation": 4, "output_padding": 3, "input size": 12}


@pytest.fixture(autouse=True)
def clean_console(module_page):
    yield
    assert module_page.console_errors == []


def show(module_page, case=None, **settings):
    explorer = ArithmeticExplorer(**{**(NAMED_CASES[case] if case else {}), **settings})
    mounted = mount(module_page, explorer)
    return Shown(module_page.page, mounted.el), mounted, explorer


def follow(explorer, mounted):
    """Gives Python what stands on the page, all in one step, as the page would send it."""
    explorer.set(**{name: mounted.get(name) for name in NAMES})
    return explorer


def sliders(shown):
    """The names of the sliders that are there."""
    boxes = shown.root.locator(".cnn-pair:visible input[type=range]:visible")
    return boxes.evaluate_all("all => all.map(box => box.ariaLabel)")


def said(shown):
    return shown.root.locator("> .cnn-help").text_content()


def slide(shown, label, *keys):
    shown.root.get_by_role("slider", name=label, exact=True).focus()
    shown.press(*keys)


# -- no slider reaches what Python refuses -------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_a_random_walk_over_all_controls_is_never_refused(module_page, seed):
    rng = np.random.default_rng(seed)
    shown, mounted, explorer = show(module_page, apart=bool(seed % 2))
    bound = 0
    for _ in range(45):
        kind = rng.random()
        if kind < 0.08:
            shown.button(str(rng.choice(["convolution", "transposed"])))
        elif kind < 0.12:
            shown.choose("case", str(rng.choice(list(NAMED_CASES))))
        elif kind < 0.18 and not explorer.transposed:
            shown.choose("padding_mode", str(rng.choice(["zeros", "reflect", "replicate", "circular"])))
        elif kind < 0.22:
            views = shown.root.get_by_role("group", name="view", exact=True).locator("button:visible")
            views.nth(int(rng.integers(views.count()))).click()
        elif kind < 0.24:
            shown.root.get_by_label("h ≠ w").click()
        else:
            label = str(rng.choice(sliders(shown)))
            key = str(rng.choice(["Home", "End", "ArrowLeft", "ArrowRight", "PageUp"]))
            slide(shown, label, key)
            least, most = (int(shown.root.get_by_role("slider", name=label, exact=True).get_attribute(n)) for n in ("min", "max"))
            name = label.split(",")[0]
            floor = 0 if "padding" in name else 1
            if (key == "End" and most < MOST[name]) or (key == "Home" and least > floor):
                bound += 1
                if "," not in label:
                    assert re.search(r"(ends|begins) at \d+: ", said(shown)), (label, key, explorer)
        shown.settle()
        follow(explorer, mounted)
        drawn = shown.root.locator(".cnn-code code").text_content()
        assert drawn == explorer.code
        height, width = explorer.output_size
        if explorer.view in ("slide", "stretch"):
            assert len(shown.numbers("output")) == height * width
        else:
            assert str(height) in shown.text("formula") and str(width) in shown.text("formula")
    assert bound > 0
    explorer.close()


@pytest.mark.parametrize("name", NAMED_CASES)
def test_each_case_is_set_by_the_menu_whatever_stood_before(module_page, name):
    shown, mounted, explorer = show(module_page, input_size=(3, 9), kernel_size=(2, 5), padding=2, padding_mode="reflect")
    shown.choose("case", name)
    assert {trait: mounted.get(trait) for trait in NAMED_CASES[name]} == NAMED_CASES[name]
    assert shown.menu("case").input_value() == name
    assert follow(explorer, mounted).output_size == ArithmeticExplorer.case(name).output_size
    assert mounted.saves() == 1
    shown.choose("padding_mode", "replicate") if not explorer.transposed else slide(shown, "stride", "End")
    assert shown.menu("case").locator("option:checked").text_content() == "your own"


# -- there and back ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(NAMED_CASES)[:8])
def test_there_and_back_again_are_the_same_settings(module_page, name):
    shown, mounted, explorer = show(module_page, name)
    shown.button("transposed")
    assert mounted.get("view") == "stamp"
    back = follow(explorer, mounted)
    assert back.output_size == ArithmeticExplorer.case(name).input.shape
    assert shown.menu("case").input_value() == f"{name}, transposed"
    shown.button("convolution")
    assert {trait: mounted.get(trait) for trait in NAMED_CASES[name]} == NAMED_CASES[name]


STAYS = "The direction stays: the other way round, "
BACK = "This layer does not lead back: the one that would is not one that can be drawn here."


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (dict(input_size=1, kernel_size=1, padding=6),
         f"{STAYS}an input of 1 is stamped onto 1 pixels, padding 6 cuts off 12: no height is left."),
        (dict(transposed=True, input_size=12, kernel_size=7, dilation=3),
         f"{STAYS}a kernel of 7 with dilation 3 covers 19 pixels, the padded height has 12."),
        (dict(transposed=True, input_size=2, kernel_size=3, dilation=3, output_padding=2),
         f"{STAYS}a kernel of 3 with dilation 3 covers 7 pixels, the padded height has 2."),
        (dict(input_size=12, kernel_size=1, padding=1, position=(13, 0)), BACK),
        (dict(input_size=12, kernel_size=1, padding=6), f"{STAYS}an input of 12 is stamped onto 12 pixels, padding 6 "
         "cuts off 12: no height is left."),
        (dict(transposed=True, input_size=8, stride=3, kernel_size=3), BACK),
    ],
)  # fmt: skip
def test_where_nothing_leads_back_the_settings_stay_legal_and_it_is_said(module_page, settings, text):
    shown, mounted, explorer = show(module_page, **settings)
    before = explorer.transposed
    shown.button("convolution" if before else "transposed")
    assert said(shown) == text
    assert mounted.get("transposed") == (before if text != BACK else not before)
    pressed = "transposed" if mounted.get("transposed") else "convolution"
    direction = shown.root.get_by_role("group", name="direction", exact=True)
    assert direction.locator("[aria-pressed=true]").text_content() == pressed
    follow(explorer, mounted)


# -- which settings? -----------------------------------------------------------------------------


def test_a_pressed_solution_has_the_wanted_size(module_page):
    shown, mounted, explorer = show(module_page, "odd")
    shown.button("Which settings give a wanted output size?")
    assert mounted.get("wanted") == 3
    box = shown.root.get_by_role("spinbutton")
    box.fill("5")
    box.press("Enter")
    count = shown.root.locator(".cnn-count").text_content()
    assert int(count.split()[0]) == len(follow(explorer, mounted).solutions)
    chips = shown.root.locator(".cnn-solutions button")
    for n in range(chips.count()):
        chips.nth(n).click()
        shown.settle()
        assert follow(explorer, mounted).output_size == (5, 5)
        assert mounted.get("kernel_size") == 3  # kept
        pressed = chips.evaluate_all("all => all.map((chip) => chip.ariaPressed)")  # they stay in their places
        assert [m for m, answer in enumerate(pressed) if answer == "true"] == [n]
    shown.root.get_by_role("checkbox", name="stride").click()
    assert mounted.get("fixed") == ["kernel_size", "stride"]


def test_where_no_setting_gives_the_size_the_nearest_ones_are_named(module_page):
    shown, mounted, explorer = show(
        module_page, "strides", wanted=4, fixed=["kernel_size", "stride", "dilation"], padding=0
    )
    reached = {F.conv2d(torch.zeros(1, 1, 5 + 2 * p, 5 + 2 * p), torch.zeros(1, 1, 3, 3), stride=2).shape[-1] for p in range(5)}
    assert 4 in reached
    explorer.set(fixed=["kernel_size", "stride", "padding", "dilation"])
    mounted.set(fixed=explorer.fixed)
    shown.settle()
    assert shown.root.locator(".cnn-count").text_content() == (
        "None gives 4 from 5; within reach: 2. Keep fewer settings."
    )
    assert explorer.solutions == [] and shown.root.locator(".cnn-solutions button").count() == 0


def test_a_wanted_size_of_nothing_keeps_the_old_one(module_page):
    shown, mounted, _ = show(module_page, wanted=3)
    box = shown.root.get_by_role("spinbutton")
    for text in ("", "0", "33", "-1"):
        box.fill(text)
        box.press("Tab")
        assert mounted.get("wanted") == 3 and box.input_value() == "3"


def test_along_the_height_only_the_height_is_set(module_page):
    shown, mounted, explorer = show(module_page, input_size=(5, 8), wanted=5)
    shown.menu("along which axis").select_option("along the height")
    shown.root.locator(".cnn-solutions button").first.click()
    shown.settle()
    assert follow(explorer, mounted).output_size == (5, 6)


# -- limits --------------------------------------------------------------------------------------


def test_a_padding_mode_that_does_not_fit_is_refused_with_its_reason(module_page):
    shown, mounted, _ = show(module_page, input_size=4, padding=4)
    shown.choose("padding_mode", "reflect")
    assert mounted.get("padding_mode") == "zeros" == shown.menu("padding_mode").input_value()
    assert said(shown).startswith(
        "padding_mode stays zeros: reflect has too few pixels to copy for this padding."
    )
    assert mounted.saves() == 0


def test_height_and_width_have_sliders_of_their_own(module_page):
    shown, mounted, explorer = show(module_page)
    shown.root.get_by_label("h ≠ w").click()
    shown.settle()
    slide(shown, "stride, width", "End")
    slide(shown, "input size, height", "ArrowRight")
    assert follow(explorer, mounted).output_size == (4, 1)
    shown.root.get_by_label("h ≠ w").click()
    shown.settle()
    assert (mounted.get("stride"), mounted.get("input_size")) == (1, 6)


def test_each_axis_has_limits_of_its_own(module_page):
    shown, mounted, explorer = show(module_page, input_size=(3, 9))
    slide(shown, "kernel_size, width", "End")
    assert mounted.get("kernel_size") == [3, 7]
    slide(shown, "dilation, height", "End")
    assert mounted.get("dilation") == 1
    assert follow(explorer, mounted).output_size == (1, 3)
