"""ShiftExplorer in a real JupyterLab: dragging, turning, enlarging, the curve, the layers."""

import re

import numpy as np
import pytest

from tests.browser.widgets import lab, run, shown  # noqa: F401 - fixtures

NETWORK = ["conv", "relu", "max_pool", "conv", "relu", "max_pool"]


@pytest.fixture(scope="module")
def notebook(lab):
    return lab.open_notebook(["from helpers import ShiftExplorer\nw = ShiftExplorer()\nw", "w"])


def picture(shown):
    """The picture g(x), which one drags."""
    return shown.root.locator("[data-grab] .cnn-picture canvas")


def number(shown):
    return shown.root.locator(".cnn-error > span").text_content()


def percent(shown):
    text = number(shown)
    return 0.0 if text == "exactly 0" else float(re.fullmatch(r"([\d.]+) %", text)[1]) / 100


def assert_the_number_is_pythons(notebook, shown):
    assert percent(shown) == pytest.approx(notebook.value("w.error"), abs=5.1e-4)


def curve(shown):
    """The curve, once it is complete: a row that was dragged is computed when it rests."""
    node = shown.root.locator(".cnn-error-curve[data-stale=false]")
    node.wait_for()
    return node


def rings(shown):
    """At how many positions the curve is exactly 0."""
    return curve(shown).locator(".cnn-zeros").get_attribute("d").count("M")


def test_dragging_moves_by_whole_pixels_and_sends_once(lab, notebook, shown):
    notebook.execute("w.set(shift=(0, 0), layers=['conv', 'max_pool'])")
    shown.settle(4)
    x = shown.pixels("input", 0)
    lab.reset_messages()
    for by in shown.drag_picture((0, 1), (2.2, 3.8), (-4, -6), (1, 40), (-3, 5)):
        shift = np.clip(np.round(by), -16, 16).astype(int)
        assert np.array_equal(shown.pixels("input", 1), np.roll(x, shift, axis=(0, 1)))
        assert lab.messages() == []
    assert lab.messages() == ["shell:comm_msg"]
    notebook.wait_value("w.shift", [-3, 5])
    assert_the_number_is_pythons(notebook, shown)
    assert shown.text("sum").startswith(
        "g shifts by 3 up and 5 right. One cell of the map is 2 pixels wide: g moves it by 1.5 up "
        "and 2.5 right, interpolated between two cells."
    )


def test_the_first_picture_is_exactly_zero_and_says_so(shown):
    assert number(shown) == "exactly 0"
    assert rings(shown) == 33
    assert shown.text("sum") == (
        "g shifts by 5 right. In this row it is exactly 0 at every shift."
    )
    assert (shown.pixels("product") > 240).all()  # white everywhere
    gfx, fgx = shown.pixels("output", 1), shown.pixels("output", 2)
    assert np.array_equal(gfx, fgx)
    told = "g shifts by 5 right: relative error exactly 0"
    shown.root.locator(".cnn-live", has_text=told).wait_for(state="attached")


def test_the_keyboard_alone_shifts_and_saves_when_a_key_is_let_go(lab, notebook, shown):
    picture(shown).focus()
    lab.reset_messages()
    lab.page.keyboard.down("ArrowUp")
    shown.settle()
    assert number(shown) == "exactly 0" and lab.messages() == []
    lab.page.keyboard.up("ArrowUp")
    assert lab.messages() == ["shell:comm_msg"]
    shown.press("ArrowRight", "Shift+ArrowRight")
    notebook.wait_value("w.shift", [-1, 14])
    shown.press("Shift+ArrowRight", *["Shift+ArrowDown"] * 3)
    notebook.wait_value("w.shift", [16, 16])  # the end of what the curve shows
    curve(shown).focus()
    shown.press("ArrowLeft")
    notebook.wait_value("w.shift", [16, 15])
    shown.slide("down", "Home")
    notebook.wait_value("w.shift", [-16, 15])
    shown.root.focus()
    shown.press("w")
    notebook.wait_value("w.wrap", False)


def test_the_curve_shows_where_it_is_zero_and_its_dot_can_be_dragged(lab, notebook, shown):
    notebook.execute(f"w.set(image='photo', layers={NETWORK}, shift=(0, 0))")
    shown.settle(4)
    assert rings(shown) == 9
    assert shown.text("sum").endswith("In this row it is exactly 0 at multiples of 4.")
    dot = curve(shown).locator("circle").bounding_box()
    x, y = dot["x"] + dot["width"] / 2, dot["y"] + dot["height"] / 2
    step = curve(shown).bounding_box()["width"] * (392 / 460) / 32
    lab.reset_messages()
    lab.page.mouse.move(x, y)
    lab.page.mouse.down()
    for right in (1, 3, 4):
        lab.page.mouse.move(x + right * step, y)
        shown.settle()
        assert (number(shown) == "exactly 0") == (right == 4)
    assert lab.messages() == []
    lab.page.mouse.move(x + 5 * step, y)
    lab.page.mouse.up()
    assert lab.messages() == ["shell:comm_msg"]
    notebook.wait_value("w.shift", [0, 5])
    shown.settle()
    assert_the_number_is_pythons(notebook, shown)
    notebook.execute("w.shift = (1, 5)")
    shown.settle(4)
    lab.page.wait_for_function(
        "text => document.querySelector('.cnn-sum').textContent.endsWith(text)",
        arg="In this row (1 down) it is exactly 0 nowhere.",
    )
    assert rings(shown) == 0


def test_the_stack_is_built_of_chips(lab, notebook, shown):
    shown.choose("layer 1", "strided_conv")
    notebook.wait_value("[w.layers, w.after]", [["strided_conv"], None])
    shown.button("Add a layer")
    notebook.wait_value("w.layers", ["strided_conv", "relu"])
    assert shown.menu("layer 2").evaluate("menu => menu === document.activeElement")
    shown.choose("layer 2", "max_pool")
    shown.button("Show the maps after layer 1")
    notebook.wait_value("[w.layers, w.after]", [["strided_conv", "max_pool"], 1])
    assert shown.canvas("output").evaluate("canvas => canvas.width") == 16
    assert_the_number_is_pythons(notebook, shown)
    shown.choose("layer 2", "")
    notebook.wait_value("[w.layers, w.after]", [["strided_conv"], 1])
    lab.reset_messages()
    shown.choose("layer 1", "")
    assert shown.text("help") == "f needs one layer at least."
    assert shown.menu("layer 1").input_value() == "strided_conv"
    assert lab.messages() == []
    shown.choose("layers", "a small network, blurred")
    notebook.wait_value("[len(w.layers), w.after]", [6, None])
    assert shown.root.get_by_role("button", name="Add a layer").is_disabled()
    assert_the_number_is_pythons(notebook, shown)


def test_a_stack_that_pytorch_would_refuse_is_refused_in_words(lab, notebook, shown):
    notebook.execute("w.layers = ['global_avg_pool', 'relu']")
    shown.settle(4)
    lab.reset_messages()
    shown.choose("layer 2", "max_pool")
    assert shown.text("help") == (
        "Not possible: layer 2, max pooling: 2×2 pixels do not fit into 1×1."
    )
    assert shown.menu("layer 2").input_value() == "relu" and lab.messages() == []


@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate"])
def test_paddings_kernels_and_pictures_have_pythons_error(notebook, shown, mode):
    shown.choose("padding_mode", mode)
    for image in ("handwritten digit", "photo", "weather: vorticity"):
        shown.choose("image", image)
        for kernel in ("random", "Gaussian blur"):
            shown.choose("kernel", kernel)
            notebook.wait_value("w.image", image)
            assert_the_number_is_pythons(notebook, shown)


def test_after_a_global_average_numbers_are_shown(notebook, shown):
    shown.choose("layers", "with global average")
    notebook.wait_value("w.layers[-1]", "global_avg_pool")
    texts = shown.root.locator(".cnn-single:visible").all_text_contents()
    numbers = [float(text.replace("−", "-")) for text in texts]
    value = notebook.value("[w.maps[-1].item(), w.transformed_output.item(), w.output.item()]")
    assert numbers[:3] == pytest.approx([value[0], value[1], value[2]], abs=5e-5)
    assert "One number is left, and g leaves it as it is" in shown.text("sum")


def test_dragging_turns_and_enlarges(lab, notebook, shown):
    shown.button("rotate")
    notebook.wait_value("w.transform", "rotate")
    notebook.execute("w.set(angle=0, factor=1)")
    shown.settle(4)
    list(shown.drag_picture((-10, 10), (-10, 0), start=(0, 10)))  # from the right to above
    notebook.wait_value("w.angle", 90)
    x = shown.pixels("input", 0)
    assert np.array_equal(shown.pixels("input", 1), np.rot90(x))
    assert_the_number_is_pythons(notebook, shown)
    picture(shown).focus()
    shown.press("ArrowLeft", "Shift+ArrowRight")
    notebook.wait_value("w.angle", 104)
    shown.button("scale")
    list(shown.drag_picture((0, 6), (0, 12), start=(0, 8)))
    notebook.wait_value("[w.transform, w.factor]", ["scale", 1.5])
    assert_the_number_is_pythons(notebook, shown)
    assert shown.text("sum").startswith("g shows everything 1.5 times as large.")


def test_python_moves_two_views_and_reset_brings_everything_back(lab, notebook, shown):
    second = run(notebook, 1)
    moved = "padding_mode='zeros', shift=(1, 2), wrap=False, after=4"
    notebook.execute(f"w.set(layers={NETWORK}, {moved})")
    shown.settle(4)
    assert number(shown) == number(second) != "exactly 0"
    assert np.array_equal(shown.pixels("product"), second.pixels("product"))
    picture(second).focus()
    second.press("ArrowRight")
    assert shown.text("sum").startswith("g shifts by 1 down and 3 right; zeros enter.")
    shown.press("r")
    notebook.wait_value(
        "[w.layers, w.padding_mode, w.shift, w.wrap, w.after]",
        [["conv"], "circular", [0, 5], True, None],
    )
    assert number(shown) == number(second) == "exactly 0"


def test_play_walks_along_the_row_and_saves_when_it_stops(lab, notebook, shown):
    notebook.execute("w.shift = (0, 15)")
    shown.settle(4)
    shown.button("One step forward")
    notebook.wait_value("w.shift", [0, 16])
    shown.button("One step forward")
    notebook.wait_value("w.shift", [0, -16])
    shown.button("One step back")
    notebook.wait_value("w.shift", [0, 16])
    shown.slide("speed", "End")
    shown.root.focus()
    lab.reset_messages()
    shown.press("Space")
    lab.page.wait_for_function(
        "() => document.querySelector('.cnn-sum').textContent.startsWith('g shifts by 13 left')"
    )
    assert lab.messages() == []
    shown.press("Space")
    assert lab.messages() == ["shell:comm_msg"]
