"""Gestures that go on where another one ended: pins and arrows, warnings, resizing, keys beside the controls."""

import numpy as np
import pytest

from helpers import AccuracyMap, ConvolutionExplorer, EffectiveFieldExplorer, ImageFilter
from helpers import LearnedKernel, PoolingExplorer, ReceptiveFieldExplorer, ShiftExplorer
from tests.browser.test_effective_field_explorer import at as pixel
from tests.browser.test_feature_map_explorer import point
from tests.browser.test_receptive_field_explorer import Fields
from tests.browser.widgets import show
from tests.test_accuracy_map import measured
from tests.test_effective_field_explorer import PAIR, X
from tests.test_feature_map_explorer import explorer as feature_maps


@pytest.fixture(autouse=True)
def clean_console(module_page):
    yield
    assert module_page.console_errors == []


def test_after_a_click_on_the_output_arrow_keys_and_steps_move_the_window(module_page):
    shown, mounted = show(module_page, ConvolutionExplorer())
    shown.click("output", (1, 1))
    assert shown.marked("output", "here") == {(1, 1)}
    shown.press("ArrowRight")
    assert mounted.get("position") == [1, 2]
    shown.page.mouse.move(1, 1)
    shown.settle()
    assert shown.marked("output", "here") == {(1, 2)}
    assert min(shown.marked("input", "window")) == (1, 2)
    shown.button("One step forward")
    assert shown.marked("output", "here") == {(2, 0)}


def test_a_pinned_output_set_by_python_gives_way_to_the_arrow_keys(module_page):
    shown, mounted = show(module_page, ConvolutionExplorer(pinned={"grid": "output", "channel": 0, "cell": [2, 2]}))
    assert shown.marked("output", "here") == {(2, 2)}
    shown.grid("output").focus()
    shown.press("ArrowRight")
    assert mounted.get("pinned") is None
    assert shown.marked("output", "here") == {(0, 1)}


def test_a_pin_stays_while_its_cell_exists_and_goes_with_it(module_page):
    shown, mounted = show(module_page, ConvolutionExplorer())
    shown.click("input", (4, 4))
    shown.slide("bias", "ArrowRight")
    assert mounted.get("pinned") == {"grid": "input", "channel": 0, "cell": [4, 4]}
    shown.slide("input size", "ArrowLeft")
    assert mounted.get("pinned") is None


def test_a_zero_of_the_padding_says_what_it_is(module_page):
    shown, _ = show(module_page, ConvolutionExplorer(padding=1))
    shown.hover("input", (-1, 2))
    assert shown.text("help") == "This cell is padding: a zero that is not in the image."
    assert shown.marked("input", "focus") == {(-1, 2)}


def test_a_warning_stands_until_the_next_thing_is_done(module_page):
    shown, _ = show(module_page, ConvolutionExplorer())
    shown.edit("kernel", (0, 0), "abc")
    assert "“abc” is not a number" in shown.text("help")
    shown.click("output", (1, 1))
    assert "abc" not in shown.text("help")


def test_resizing_there_and_back_loses_no_number(module_page):
    shown, mounted = show(module_page, ConvolutionExplorer())
    before = mounted.get("kernel"), mounted.get("input")
    shown.slide("kernel_size", "ArrowLeft", "ArrowLeft", "ArrowRight", "ArrowRight")
    shown.slide("input size", "ArrowLeft", "ArrowLeft", "ArrowRight", "ArrowRight")
    assert (mounted.get("kernel"), mounted.get("input")) == before


def test_resizing_begins_with_what_was_typed_in_between(module_page):
    shown, mounted = show(module_page, ConvolutionExplorer())
    shown.slide("kernel_size", "ArrowLeft")
    assert mounted.get("kernel") == [[2, 0], [1, 2]]  # the lower right of [[0, 1, 2], [2, 2, 0], [0, 1, 2]]
    shown.edit("kernel", (0, 0), "7")
    shown.slide("kernel_size", "ArrowRight")
    assert np.count_nonzero(mounted.get("kernel")) == 3 and 7 in np.ravel(mounted.get("kernel"))


def test_identity_stays_identity_when_it_shrinks_to_one_number_and_grows_again(module_page):
    shown, mounted = show(module_page, ImageFilter(kernel=[[0, 0, 0], [0, 1, 0], [0, 0, 0]]))
    shown.choose("kernel_size", "1")
    assert mounted.get("kernel") == [[1]]
    shown.choose("kernel_size", "3")
    assert mounted.get("kernel") == [[0, 0, 0], [0, 1, 0], [0, 0, 0]]


def test_a_blur_chosen_at_another_size_keeps_the_size(module_page):
    shown, mounted = show(module_page, ImageFilter(kernel=np.eye(5)))
    shown.choose("kernel", "box blur")
    assert np.allclose(mounted.get("kernel"), np.full((5, 5), 1 / 25))


def test_the_keyboard_cursor_stays_inside_a_grid_that_shrank(module_page):
    shown, mounted = show(module_page, ConvolutionExplorer())
    shown.click("input", (4, 4))
    mounted.set(input=[[1, 2, 3], [4, 5, 6], [7, 8, 9]], pinned=None)
    shown.grid("input").focus()
    shown.settle()
    assert shown.marked("input", "cursor") == {(2, 2)}
    shown.press("5", "0", "Enter")
    assert mounted.get("input")[2][2] == 50


def test_every_channel_has_a_keyboard_cursor_of_its_own(module_page):
    shown, mounted = show(module_page, ConvolutionExplorer(input=np.zeros((2, 4, 4)), kernel=np.ones((1, 2, 3, 3))))
    shown.click("input", (3, 3), n=0)
    shown.grid("input", 1).focus()
    shown.settle()
    assert shown.marked("input", "cursor", n=1) == {(0, 0)}
    shown.press("8", "Enter")
    assert mounted.get("input")[1][0][0] == 8


def test_a_click_beside_the_controls_brings_the_keys_to_the_widget(module_page):
    shown, mounted = show(module_page, ConvolutionExplorer())
    shown.root.locator(".cnn-sum").first.click()
    shown.press("l")
    assert mounted.get("large") is True


def test_arrow_keys_on_the_speed_slider_change_the_speed_and_not_the_step(module_page):
    run = LearnedKernel(kernels=np.zeros((9, 3, 3)), losses=np.ones(9), step=4)
    shown, mounted = show(module_page, run)
    speed = shown.slider("speed").input_value()
    shown.slide("speed", "ArrowRight", "ArrowRight")
    assert int(shown.slider("speed").input_value()) == int(speed) + 2
    assert mounted.get("step") == 4


def test_traits_that_belong_together_may_arrive_one_by_one(module_page):
    shown, mounted = show(module_page, ConvolutionExplorer())
    widget = ConvolutionExplorer()
    widget.set(input=np.ones((3, 4, 4)), kernel=np.ones((2, 3, 3, 3)), bias=[1, 2])
    mounted.set(input=widget.input.tolist(), kernel=widget.kernel.tolist(), bias=[1.0, 2.0])
    shown.settle()
    assert shown.values("output", 1) == [[29, 29], [29, 29]]


def test_the_divider_moves_by_keyboard_and_in_every_view(module_page):
    shown, mounted = show(module_page, ImageFilter(compare=True))
    slide = shown.root.get_by_role("slider", name="divider between input and output")
    slide.focus()
    shown.press("Home")
    assert mounted.get("split") == 0
    assert mounted.saves() == 1


def test_too_large_a_matrix_is_a_sentence_and_not_a_frozen_page(module_page):
    big = ConvolutionExplorer(input=np.ones((4, 16, 16)), kernel=np.ones((1, 4, 7, 7)), padding=3, view="matrix")
    shown, mounted = show(module_page, big)
    assert shown.root.get_by_text("W would be 256 × 1024, with 50176 entries: too many to draw.").is_visible()
    mounted.set(view="wiring")
    shown.settle()
    assert shown.root.get_by_text("There would be 50176 connections: too many to draw.").is_visible()


# -- lesson 3 ------------------------------------------------------------------------------------


def test_after_a_pin_a_drag_over_the_other_output_slides_both_windows(module_page):
    shown, mounted = show(module_page, PoolingExplorer())
    shown.click("input", (1, 1))
    assert mounted.get("pinned") == {"grid": "input", "channel": 0, "cell": [1, 1]}
    shown.drag("output", [(0, 0), (1, 1)], n=1)
    assert mounted.get("position") == [1, 1]
    assert shown.marked("output", "here", 0) == {(1, 1)} == shown.marked("output", "here", 1)
    shown.page.mouse.move(1, 1)
    shown.settle()
    assert shown.marked("output", "fed", 0) == {(0, 0)}  # the pin is shown again
    shown.press("Escape")
    assert mounted.get("pinned") is None


def test_a_pin_in_the_padding_goes_with_the_padding(module_page):
    shown, mounted = show(module_page, PoolingExplorer(kernel_size=3, padding=1))
    shown.click("input", (-1, -1))
    assert mounted.get("pinned")["cell"] == [-1, -1]
    shown.slide("padding", "Home")
    assert mounted.get("pinned") is None and mounted.get("padding") == 0


def test_arrow_keys_go_on_where_a_drag_ended(module_page):
    shown, mounted = show(module_page, ShiftExplorer())
    list(shown.drag_picture((-2, 4)))
    assert mounted.get("shift") == [-2, 9] and mounted.saves() == 1  # it began at (0, 5)
    shown.press("ArrowLeft", "ArrowUp", "ArrowUp")
    assert mounted.get("shift") == [-4, 8] and mounted.saves() == 4


def test_a_drag_keeps_to_what_it_began_with_while_python_changes_the_layers(module_page):
    shown, mounted = show(module_page, ShiftExplorer())
    for right in shown.drag_picture((0, 1), (0, 3)):
        if right == (0, 1):
            mounted.set(layers=["conv", "max_pool"])
            shown.settle()
    assert mounted.get("shift") == [0, 8]
    assert "One cell of the map is 2 pixels wide" in shown.text("sum")


def test_a_layer_that_does_not_fit_is_refused_and_the_next_gesture_takes_the_warning_away(module_page):
    layers = ["max_pool", "max_pool", "max_pool", "relu"]  # 8×8 → 4×4 → 2×2 → 1×1
    shown, mounted = show(module_page, ShiftExplorer(np.eye(8), layers=layers))
    shown.choose("layer 4", "max_pool")
    assert shown.text("help") == "Not possible: layer 4, max pooling: 2×2 pixels do not fit into 1×1."
    assert mounted.get("layers") == layers and shown.menu("layer 4").input_value() == "relu"
    shown.slide("right", "ArrowRight")
    assert shown.text("help").startswith("Drag g(x)")


def test_arrow_keys_shift_the_digit_on_from_where_the_pointer_shows_it(module_page):
    shown, mounted = show(module_page, AccuracyMap(**measured(), shift=(0, 1)))
    shown.grid("accuracy").focus()
    shown.hover("accuracy", (1, -1))
    assert mounted.get("shift") == [0, 1]
    shown.press("ArrowUp")
    assert mounted.get("shift") == [0, -1]
    shown.page.mouse.move(1, 1)
    shown.settle()
    assert shown.marked("accuracy", "shift") == {(0, -1)}


# -- lesson 4 ------------------------------------------------------------------------------------


def test_arrow_keys_move_a_unit_on_from_where_its_drag_ended(module_page):
    shown = Fields(module_page, ReceptiveFieldExplorer())
    shown.page.mouse.move(*shown.place(2, 20, 32))
    shown.page.mouse.down()
    for unit in (24, 28, 30):
        shown.page.mouse.move(*shown.place(2, unit, 32))
    shown.page.mouse.up()
    shown.settle()
    assert shown.get("unit") == [16, 30] and shown.mounted.saves() == 1
    shown.press("ArrowRight", "ArrowUp", "ArrowUp")
    assert shown.get("unit") == [14, 31] and shown.mounted.saves() == 4
    assert shown.framed() == ((12, 16), (29, 31))


def test_pointing_at_a_layer_that_python_takes_away_shows_the_chosen_unit(module_page):
    shown = Fields(module_page, ReceptiveFieldExplorer.case("four 3×3", layer=0, unit=(5, 6)))
    shown.page.mouse.move(*shown.place(4, 20, 32))
    shown.settle()
    assert shown.framed()[1] == (16, 24)
    shown.mounted.set(layers=[{"type": "conv", "kernel_size": 3, "padding": 1}])
    shown.settle()
    assert shown.framed() == ((4, 6), (5, 7))


def test_a_drag_goes_on_while_python_changes_the_layers_under_it(module_page):
    shown = Fields(module_page, ReceptiveFieldExplorer())
    shown.page.mouse.move(*shown.place(2, 20, 32))
    shown.page.mouse.down()
    shown.mounted.set(layers=[{"type": "pool", "kernel_size": 2}], layer=0, unit=[8, 8])
    shown.settle()
    shown.page.mouse.move(*shown.place(1, 3, 16))
    shown.page.mouse.up()
    shown.settle()
    assert shown.get("layer") == 0 and shown.get("unit") == [8, 3]
    assert shown.framed() == ((16, 17), (6, 7))


def test_arrow_keys_go_on_from_the_cell_that_was_clicked_or_is_pointed_at(module_page):
    shown, mounted = show(module_page, feature_maps())  # maps of 10×12
    point(shown, 3, (4, 5), (10, 12), click=True)
    shown.press("ArrowRight")
    assert (mounted.get("channel"), mounted.get("cell")) == (3, [4, 6])
    point(shown, 1, (8, 0), (10, 12))
    shown.press("ArrowUp")
    assert (mounted.get("channel"), mounted.get("cell")) == (1, [7, 0])
    shown.press("ArrowLeft")  # the border
    assert mounted.get("cell") == [7, 0]


def test_a_cell_under_the_pointer_stays_inside_when_python_brings_smaller_maps(module_page):
    shown, mounted = show(module_page, feature_maps())
    point(shown, 4, (9, 11), (10, 12))
    mounted.set(layer="4", channel=0, cell=[1, 1])  # four maps of 5×6
    shown.settle()
    frame = shown.root.locator(".cnn-tile[data-here=true] .cnn-frame").bounding_box()
    tile = shown.root.locator(".cnn-tile[data-here=true] .cnn-map").bounding_box()
    assert frame["x"] + frame["width"] <= tile["x"] + tile["width"] + 3
    assert frame["y"] + frame["height"] <= tile["y"] + tile["height"] + 3


def test_arrow_keys_change_the_square_from_the_size_that_its_drag_left(module_page):
    shown, mounted = show(module_page, EffectiveFieldExplorer(PAIR, X))
    shown.page.mouse.move(*pixel(shown, (4, 6)))
    shown.page.mouse.down()
    for cell in ((4, 7), (4, 8)):
        shown.page.mouse.move(*pixel(shown, cell))
    shown.page.mouse.up()
    shown.settle()
    assert mounted.get("side") == 7 and mounted.saves() == 1
    shown.press("ArrowDown")
    assert mounted.get("side") == 5 and mounted.saves() == 2
