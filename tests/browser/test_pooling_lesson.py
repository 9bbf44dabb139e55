"""The widgets of lesson 3 as its cells make them: what the prose tells to do there, and what one then sees."""

import numpy as np
import pytest

from tests.browser.lessons import Lesson
from tests.browser.widgets import lab, run  # noqa: F401 - lab is a fixture

source_with = Lesson("03_pooling_and_invariance").source_with
IMPORTS = source_with("from helpers import AccuracyMap")
TRAINING = f"digits = load_digits()\n{source_with('with_global_pooling = ')}"
# what begins the call of a widget → its cell's place in the test's notebook
CALLS = ["PoolingExplorer(", "PoolingExplorer.case(", "ShiftExplorer()", "ShiftExplorer(transform=",
         "ShiftExplorer(image=", "AccuracyMap(with_global_pooling)"]  # fmt: skip
CELLS = [IMPORTS, TRAINING, *map(source_with, CALLS)]


@pytest.fixture(scope="module")
def notebook(lab):
    notebook = lab.open_notebook(CELLS)
    notebook.run_cell(0)
    return notebook


@pytest.fixture
def widget(lab, notebook):
    """Runs the lesson's cell with this call; the console stays clean."""
    lab.page.mouse.move(5, 5)
    yield lambda call: run(notebook, len(CELLS) - len(CALLS) + CALLS.index(call))
    errors, lab.console_errors = lab.console_errors, []
    assert errors == []


def ringed(shown, role):
    """The rings that mark winners in the first grid of a role, or outputs that the focused pixel wins."""
    marks = shown.grid(role).locator(".cnn-marks")
    path = marks.locator("[data-mark=winner], [data-mark=won]")
    return (path.get_attribute("d") or "").count("M") if path.count() else 0


def number(shown):
    return shown.root.locator(".cnn-error > span").text_content()


def zeros(shown):
    """At how many shifts of the curve the error is exactly 0."""
    curve = shown.root.locator(".cnn-error-curve[data-stale=false]")
    curve.wait_for()
    return (curve.locator(".cnn-zeros").get_attribute("d") or "").count("M")


def add_layer(shown, word):
    """Adds a layer with the button + and chooses what it is in the menu that appears."""
    shown.root.get_by_text("+", exact=True).click()
    shown.settle()
    shown.choose(f"layer {shown.root.locator('.cnn-chip').count()}", word)


def test_the_ring_marks_the_winner_and_pointing_shows_what_a_pixel_wins(widget):
    shown = widget("PoolingExplorer(")
    assert ringed(shown, "input") == 1
    shown.hover("input", (0, 0))  # a 3, the largest of its window
    assert ringed(shown, "output") == 1
    shown.hover("input", (1, 0))  # a 0 wins nothing
    assert ringed(shown, "output") == 0
    shown.button("average")
    assert ringed(shown, "input") == 0
    for stride in (1, 2):
        shown.slider("kernel_size").fill("3")
        shown.slider("stride").fill(str(stride))
        shown.settle()
        assert f"kernel_size=3, stride={stride}" in shown.root.inner_text()
    assert "RGB channels" in shown.menu("case").locator("option").all_text_contents()


def test_the_first_example_is_the_lucky_one_that_the_prose_says(widget):
    shown = widget("PoolingExplorer(")
    shown.choose("shift", "→ right")
    assert "17 of 25" in shown.text("changed") and "0 of 4" in shown.text("changed")


def test_the_detector_changes_everywhere_before_the_pooling_and_twice_behind_it(widget):
    shown = widget("PoolingExplorer.case(")
    assert shown.values("input") == [[0.1, 1, 0.2, 0.1]]
    assert shown.values("output") == [[1, 1, 1, 0.2]] and shown.values("output", 1) == [[0.3, 1, 1, 1]]
    assert shown.marked("input", "changed", 1) == {(0, c) for c in range(4)}
    assert shown.marked("output", "changed", 1) == {(0, 0), (0, 3)}
    assert "4 of 4" in shown.text("changed") and "2 of 4" in shown.text("changed")


def test_the_maps_follow_the_drag_bit_by_bit_until_the_border_is_zero(widget):
    shown = widget("ShiftExplorer()")
    for _ in shown.drag_picture((1, 2), (-4, 3), (2, -6)):
        assert number(shown) == "exactly 0"
        assert (shown.pixels("output", 1) == shown.pixels("output", 2)).all()
    shown.choose("padding_mode", "zeros")
    shown.slider("down").fill("0")
    shown.slider("right").fill("5")
    shown.settle()
    assert number(shown) == "exactly 0"  # the digit in its black frame does not mind
    shown.choose("image", "photo")
    assert number(shown).endswith("%")
    apart = (shown.pixels("product") < 240).any(axis=(0, 2))  # the columns with some colour
    assert np.flatnonzero(apart).tolist() == [0, 4, 5, 63]  # as the lesson's section 3 says


def test_a_stride_of_2_is_exact_at_every_second_pixel_and_a_relu_changes_nothing(widget):
    shown = widget("ShiftExplorer()")
    shown.slider("down").fill("4")
    assert zeros(shown) == 33  # all shifts from −16 to 16
    shown.choose("layer 1", "strided_conv")
    for right in (6, 7, 8):
        shown.slider("right").fill(str(right))
        shown.settle()
        assert (number(shown) == "exactly 0") == (right % 2 == 0)
    assert zeros(shown) == 17  # −16, −14, …, 16
    add_layer(shown, "relu")
    assert zeros(shown) == 17
    shown.choose("layer 1", "conv")
    assert zeros(shown) == 33
    add_layer(shown, "max_pool")
    assert zeros(shown) == 17


def test_only_a_kernel_that_looks_the_same_turned_passes_a_quarter_turn(widget):
    shown = widget("ShiftExplorer(transform=")
    assert number(shown).endswith("%")
    shown.slider("angle").fill("90")
    shown.settle()
    assert float(number(shown).split()[0]) > 100
    shown.choose("kernel", "box blur")
    assert number(shown) == "exactly 0" or number(shown).endswith("rounding only")
    shown.button("scale")
    assert shown.slider("factor").is_visible()


def test_the_blurred_network_can_be_compared_with_the_plain_one(widget):
    shown = widget("ShiftExplorer(image=")
    blurred = float(number(shown).split()[0])
    assert shown.menu("layers").locator("option:checked").text_content() == "a small network, blurred"
    shown.choose("layers", "a small network")
    assert float(number(shown).split()[0]) > 1.5 * blurred


def test_the_maps_of_accuracy_show_a_plain_and_a_lattice(notebook, widget):
    notebook.run_cell(1, seconds=200)
    shown = widget("AccuracyMap(with_global_pooling)")
    names = shown.root.locator(".cnn-network .cnn-title").all_text_contents()
    assert names == ["max pooling, global", "blurred pooling, global", "no pooling, global"]
    lattice, flat = shown.numbers("accuracy", 0), shown.numbers("accuracy", 2)
    assert len(flat) == 81 and len(set(flat.values())) == 1
    fours = {lattice[r, c] for r in (-4, 0, 4) for c in (-4, 0, 4)}
    assert len(fours) == 1 and int(*fours) > 90 > int(lattice[2, 2])
    assert flat[0, 0] == flat[4, 4] and int(flat[0, 0]) > 90
    shown.grid("accuracy").focus()
    for _ in range(3):  # at each digit it is the same answer with the same certainty everywhere
        says = set()
        for shift in [(0, 0), (3, 1), (-4, 2)]:
            shown.hover("accuracy", shift, 2)
            says.add(shown.root.locator(".cnn-answer").nth(2).text_content())
        assert len(says) == 1
        shown.press("d")  # another digit
