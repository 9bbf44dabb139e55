"""ShiftExplorer without a kernel: Python's limits, steps all around, one picture for one state."""

import numpy as np
import pytest

from helpers.widgets import ShiftExplorer
from helpers.widgets.shift_explorer import LIMITS
from tests.browser.oracle import javascript  # noqa: F401 - a fixture
from tests.browser.widgets import Shown
from tests.browser.widgets import show as show_widget


@pytest.fixture(autouse=True)
def clean_console(module_page):
    yield
    assert module_page.console_errors == []


def show(module_page, **settings):
    return show_widget(module_page, ShiftExplorer(**settings))


# -- limits --------------------------------------------------------------------------------------


def test_the_limits_are_pythons(javascript):
    [limits] = javascript("LIMITS from shift_explorer/commute", "LIMITS", [None])
    assert limits == {name: list(v) if isinstance(v, tuple) else v for name, v in LIMITS.items()}


def test_controls_and_curves_end_at_the_limits(module_page, javascript):
    shown, mounted = show(module_page)
    low, high = LIMITS["factor"]
    ends = {
        "shift": {"down": LIMITS["shift"], "right": LIMITS["shift"]},
        "rotate": {"angle": LIMITS["angle"]},
        "scale": {"factor": high},
    }
    for transform, sliders in ends.items():
        shown.button(transform)
        for name, most in sliders.items():
            least = low if name == "factor" else -most
            box = shown.slider(name)
            assert [float(box.get_attribute(end)) for end in ("min", "max")] == [least, most]
    ask = "[SWEEPS[c].positions.at(0), SWEEPS[c].positions.at(-1)]"
    swept = javascript("SWEEPS from shift_explorer/commute", ask, list(ends))
    assert swept == [[-16, 16], [-180, 180], [0.5, 2]]
    places = "[0, 0.5, 1].map((t) => [SWEEPS[c].inverse(t), SWEEPS[c].place(SWEEPS[c].inverse(t))])"
    assert javascript("SWEEPS from shift_explorer/commute", places, list(ends)) == [
        [[-16, 0], [0, 0.5], [16, 1]], [[-180, 0], [0, 0.5], [180, 1]],
        [[0.5, 0], [1, 0.5], [2, 1]],
    ]  # fmt: skip


# -- one step after the other ----------------------------------------------------------------------

# Every position in its order, and one between two of them where a learner may have stopped.
FACTORS = [0.5, 0.54, 0.57, 0.62, 0.66, 0.71, 0.76, 0.81, 0.87, 0.93, 1,
           1.07, 1.15, 1.23, 1.32, 1.41, 1.52, 1.62, 1.74, 1.87, 2]  # fmt: skip
SWEEPS = {
    "shift": (list(range(-16, 17)), [5]),
    "rotate": (list(range(-180, 181, 5)), [30, 33, -7.5]),
    "scale": (FACTORS, [1.25, 0.62, 1.3195]),
}
CLICK = "title => [...document.querySelectorAll('button')].find((b) => b.title === title).click()"


@pytest.mark.parametrize("transform", SWEEPS)
@pytest.mark.parametrize(("title", "by"), [("One step forward", 1), ("One step back", -1)])
def test_steps_go_all_around_and_leave_no_position_out(module_page, transform, title, by):
    positions, starts = SWEEPS[transform]
    name = {"shift": "shift", "rotate": "angle", "scale": "factor"}[transform]
    for start in starts:
        given = (2, start) if transform == "shift" else start
        _, mounted = show(module_page, transform=transform, **{name: given})
        seen = []
        for _ in positions:
            module_page.evaluate(CLICK, title)
            at = mounted.get(name)
            seen.append(at[1] if transform == "shift" else at)
        mounted.destroy()
        after = [at for at in positions if (at - start) * by > 0][::by]
        before = [at for at in positions if (at - start) * by <= 0][::by]
        assert seen == after + before


# -- colours ---------------------------------------------------------------------------------------


def picture(shown):
    """The pixels of all four maps, and the numbers at the ends of their scale."""
    maps = [shown.pixels("output", n) for n in range(3)] + [shown.pixels("product")]
    ends = shown.root.locator(".cnn-same-scale span").all_text_contents()[:2]
    return np.concatenate([m.ravel() for m in maps]), ends


def test_one_state_is_one_picture_whatever_was_shown_before(module_page):
    shown, mounted = show(module_page, transform="rotate", angle=30)
    pixels, ends = picture(shown)
    mounted.set(angle=180)  # Sobel's edges are mirrored: the difference is twice as large
    shown.settle(4)
    assert picture(shown)[1] != ends
    mounted.set(angle=30)
    shown.settle(4)
    assert np.array_equal(picture(shown)[0], pixels) and picture(shown)[1] == ends
    second = Shown(module_page.page, mounted.view())
    second.settle(4)
    assert np.array_equal(picture(second)[0], pixels) and picture(second)[1] == ends


def test_colours_reach_as_far_as_the_maps_and_at_most_a_quarter_further(javascript):
    rng = np.random.default_rng(0)
    cases = [
        {name: (rng.normal(size=5) * 10.0 ** rng.integers(-3, 4)).tolist() for name in "abcd"}
        for _ in range(200)
    ]
    cases += [{"a": [0, 0], "b": [3, -1], "c": [0, 0], "d": [3, -1]}]  # f(x) is 0, f(g(x)) is not
    cases += [{"a": [-2, 1], "b": [2, 1], "c": [0, 1], "d": [2, 0]}]  # none needs more than f(x)
    ask = "colorReach({ data: c.a }, { fgx: { data: c.b }, gfx: { data: c.c }, difference: c.d })"
    reaches = javascript("colorReach from shift_explorer/commute", ask, cases)
    for case, reach in zip(cases, reaches):
        most = max(abs(v) for name in "abcd" for v in case[name])
        assert most * (1 - 1e-12) <= reach <= 1.25 * most * (1 + 1e-12)
    assert reaches[-1] == 2


# -- what cannot be drawn --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (
            {"layers": ["max_pool"] * 6},
            "Not possible: layer 6, max pooling: 2×2 pixels do not fit into 1×1.",
        ),
        ({"image": "gone"}, "Not possible: there is no picture “gone”."),
        ({"layers": []}, "f needs one layer at least."),
    ],
)
def test_a_stack_that_nothing_can_have_is_said_and_the_last_picture_stays(module_page, state, why):
    shown, mounted = show(module_page)
    pixels, _ = picture(shown)
    mounted.set(**state)
    shown.settle(4)
    assert shown.text("help") == why
    assert shown.root.locator(".cnn-help").get_attribute("data-kind") == "warning"
    assert np.array_equal(picture(shown)[0], pixels)
    mounted.set(layers=["conv"], image="handwritten digit")  # as Python answers
    shown.settle(4)
    assert shown.text("help") == why  # to be read
    shown.canvas("input", 1).focus()
    shown.press("ArrowRight")
    assert shown.text("help").startswith("Drag g(x)")
    assert shown.text("sum").startswith("g shifts by 6 right.")


# -- saving ----------------------------------------------------------------------------------------


def test_only_a_key_that_moves_the_dot_is_saved(module_page):
    shown, mounted = show(module_page)
    curve = shown.root.locator(".cnn-error-curve")
    curve.focus()
    shown.press("Shift", "x", "Enter", "Tab", "Shift+Tab")
    assert curve.evaluate("curve => curve === document.activeElement")
    assert mounted.saves() == 0
    shown.press("ArrowRight", "Shift+ArrowLeft")
    assert mounted.saves() == 2
    assert mounted.get("shift") == [0, -2]
