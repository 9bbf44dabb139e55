"""ArithmeticExplorer as the lesson uses it: predict with the answer hidden, let the stamps fill, try solutions."""

import numpy as np
import pytest

from tests.browser.test_arithmetic_views import clean_console, said, show  # noqa: F401 (a fixture)

GIVES_AWAY = [".cnn-panel[data-role=output]", ".cnn-legend", "[data-mark=starts]", "[data-mark=skipped]", "[data-mark=never]"]


def seen(shown, selector):
    """Which of the elements can be seen."""
    script = "all => all.map(node => getComputedStyle(node).visibility === 'visible')"
    return shown.root.locator(selector).evaluate_all(script)


def test_what_gives_the_answer_away_is_hidden_until_one_asks_for_it(module_page):
    shown, mounted, explorer = show(module_page, "odd", hide=True)
    for selector in GIVES_AWAY:
        assert seen(shown, selector) and not any(seen(shown, selector)), selector
    assert shown.text("formula").endswith("= ?") and "3" not in shown.text("sum")
    shown.hover("input", (2, 2))
    assert "outputs" not in said(shown)  # how many there are
    shown.root.get_by_label("hide", exact=True).click()
    shown.settle()
    assert mounted.get("hide") is False and mounted.saves() == 1
    for selector in GIVES_AWAY:
        assert all(seen(shown, selector)), selector
    assert shown.text("formula").endswith("= 3")


@pytest.mark.parametrize("view", ["matrix", "counts"])
def test_the_other_views_are_hidden_too(module_page, view):
    shown, _, _ = show(module_page, view=view, hide=True)
    panel = {"matrix": ".cnn-matrix", "counts": ".cnn-strip"}[view]
    assert seen(shown, f"{panel}:visible") == []


def drawn(shown):
    """The output's numbers by row; what is cut off included."""
    numbers = shown.numbers("output")
    rows = sorted({r for r, _ in numbers})
    columns = sorted({c for _, c in numbers})
    return np.array([[numbers[r, c] for c in columns] for r in rows], dtype=float)


def test_the_output_fills_stamp_by_stamp_and_stays_when_it_is_full(module_page):
    shown, mounted, explorer = show(module_page, "strides, transposed", building=True)
    kernel = explorer.kernel
    full = np.zeros((5, 5))
    for (r, c), x in np.ndenumerate(explorer.input):
        full[2 * r : 2 * r + 3, 2 * c : 2 * c + 3] += x * kernel
        mounted.set(position=[r, c])
        shown.settle()
        assert np.array_equal(drawn(shown), full)
    speed = shown.root.get_by_role("slider", name="speed")
    speed.focus()
    shown.press("End")
    mounted.clear_log()
    shown.root.get_by_role("button", name="Play or pause (Space)").click()
    shown.page.wait_for_function("() => document.querySelector('.cnn-player button').textContent.includes('pause')")
    shown.page.wait_for_function("() => document.querySelector('.cnn-player button').textContent.includes('play')")
    walked = [value for kind, name, value in (entry for entry in mounted.log() if entry[0] == "set") if name == "position"]
    assert walked == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert mounted.get("position") == [1, 1] and np.array_equal(drawn(shown), full)
    assert mounted.saves() == 1


def chips(shown):
    return shown.root.locator(".cnn-solutions button").evaluate_all("all => all.map(chip => chip.textContent)")


def test_solutions_stay_in_their_places_and_keep_the_focus_while_they_are_tried(module_page):
    shown, mounted, _ = show(module_page, input_size=12, kernel_size=4, wanted=4, fixed=["kernel_size"])
    before = chips(shown)
    assert len(before) == 8
    for n in (1, 5, 0):
        chip = shown.root.locator(".cnn-solutions button").nth(n)
        chip.focus()
        shown.press("Enter")
        assert chips(shown) == before
        assert shown.page.evaluate("document.activeElement.textContent") == before[n]
        assert shown.root.locator(".cnn-solutions [aria-pressed=true]").all_text_contents() == [before[n]]
        assert shown.root.locator(".cnn-panel[data-role=output] .cnn-title").first.text_content() == "output 4×4"
    shown.press("r")  # the keys still belong to the widget
    assert mounted.get("stride") == 1


def test_another_question_asks_anew(module_page):
    shown, mounted, _ = show(module_page, input_size=12, kernel_size=4, wanted=4, fixed=["kernel_size"])
    before = chips(shown)
    mounted.set(stride=3)
    shown.settle()
    assert chips(shown) == before  # a free setting is no part of the question
    mounted.set(kernel_size=3)
    shown.settle()
    assert chips(shown) != before and all(chip.startswith("k 3") for chip in chips(shown))


def test_no_limit_is_told_before_a_slider_moved_and_none_of_the_other_direction_stays(module_page):
    shown, _, _ = show(module_page, "odd, transposed")
    assert said(shown).startswith("Drag to slide")
    shown.root.get_by_role("slider", name="output_padding", exact=True).focus()
    shown.press("Home", "End")
    assert said(shown).startswith("output_padding ends at 1")
    shown.root.get_by_role("button", name="convolution", exact=True).click()
    shown.settle()
    assert said(shown).startswith("Drag to slide")
