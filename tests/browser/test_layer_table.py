"""LayerTable in a real JupyterLab: every gesture, and what Python sees of it."""

import pytest

from tests.browser.widgets import lab, shown  # noqa: F401 - fixtures

SHOW = (
    "from helpers.widgets.layer_table import LayerTable\nfrom torch import nn\nw = LayerTable()\nw"
)
TYPES = "[layer['type'] for layer in w.layers]"


@pytest.fixture(scope="module")
def notebook(lab):
    return lab.open_notebook([SHOW])


def number(shown, label):
    return shown.root.get_by_role("spinbutton", name=label, exact=True)


def shapes(shown):
    return shown.root.locator("tbody[data-row] .cnn-shape").all_text_contents()


def costs(shown, row):
    return shown.root.locator(f"tbody[data-row='{row}'] .cnn-cost").all_text_contents()


def focus_row(shown, n):
    shown.root.locator(f"tbody[data-row='{n}'] .cnn-shape").click()
    shown.settle()


def focused(shown):
    """The row with the keyboard's focus and the name of its control there."""
    return shown.root.evaluate(
        "() => [Number(document.activeElement.closest('[data-row]')?.dataset.row), document.activeElement.dataset.name ?? null]"
    )


# -- changing numbers ----------------------------------------------------------------------------


def test_shapes_follow_while_a_number_is_typed_and_one_message_tells_python(lab, notebook, shown):
    box = number(shown, "kernel_size of row 0")
    box.click(click_count=3)
    shown.settle()
    lab.page.mouse.move(5, 5)
    lab.reset_messages()
    shown.press("3")
    assert shapes(shown)[:3] == ["6×30×30", "6×30×30", "6×15×15"]
    shown.press("Backspace")
    # nothing is forced on the hand that types
    assert (shapes(shown)[0], box.input_value()) == ("6×30×30", "")
    shown.press("7")
    assert shapes(shown)[0] == "6×26×26"
    assert lab.messages() == []
    shown.press("Enter")
    assert lab.messages() == ["shell:comm_msg"]
    notebook.wait_value("w.layers[0]['kernel_size']", 7)


def test_a_key_that_steps_a_number_sends_when_it_is_let_go(lab, notebook, shown):
    number(shown, "padding of row 3").focus()
    shown.settle()
    lab.reset_messages()
    for _ in range(3):
        lab.page.keyboard.down("ArrowUp")
    shown.settle()
    assert shapes(shown)[3] == "16×16×16"
    assert lab.messages() == []
    lab.page.keyboard.up("ArrowUp")
    assert lab.messages() == ["shell:comm_msg"]
    notebook.wait_value("w.layers[3]['padding']", 3)


def test_a_spinner_that_is_held_sends_once(lab, notebook, shown):
    box = number(shown, "out_channels of row 0")
    box.focus()
    shown.settle()
    lab.reset_messages()
    place = box.bounding_box()
    lab.page.mouse.move(place["x"] + place["width"] - 6, place["y"] + 0.3 * place["height"])
    lab.page.mouse.down()
    lab.page.wait_for_function("() => Number(document.activeElement.value) >= 9")
    assert lab.messages() == []
    lab.page.mouse.up()
    assert lab.messages() == ["shell:comm_msg"]
    now = int(box.input_value())
    assert now >= 9
    notebook.wait_value("w.layers[0]['out_channels']", now)


@pytest.mark.parametrize("text", ["0", "-3", "2.5", "4096", ""])
def test_a_number_that_no_layer_can_have_is_not_taken(lab, notebook, shown, text):
    box = number(shown, "kernel_size of row 0")
    box.fill(text)
    shown.settle()
    assert shapes(shown)[0] == "6×28×28"
    assert shown.text("help") == "kernel_size goes from 1 to 1,024; the table keeps what it had."
    box.blur()
    shown.settle()
    assert box.input_value() == "5"
    assert notebook.value("w.layers[0]['kernel_size']") == 5


def test_rarer_settings_are_behind_the_dots(lab, notebook, shown):
    shown.button("more settings of row 0")
    number(shown, "dilation of row 0").fill("2")
    shown.settle()
    assert shapes(shown)[0] == "6×24×24"
    shown.root.get_by_role("checkbox", name="bias of row 0").uncheck()
    shown.settle()
    assert costs(shown, 0)[0] == "150"
    notebook.wait_value("w.layers[0].get('bias')", False)


def test_a_line_that_is_open_for_its_values_stays_when_they_become_usual(notebook, shown):
    notebook.execute("w.layers = [w.layers[0] | {'dilation': 2}]")
    shown.settle(4)
    number(shown, "dilation of row 0").fill("1")
    shown.settle()
    assert focused(shown) == [0, "dilation"]
    assert shapes(shown) == ["6×28×28"]


def test_height_and_width_can_be_set_apart(lab, notebook, shown):
    shown.button("more settings of row 0")
    shown.root.get_by_role("checkbox", name="height and width of row 0 apart").check()
    shown.settle()
    number(shown, "kernel_size, width, of row 0").fill("1")
    shown.settle()
    assert shapes(shown)[0] == "6×28×32"
    shown.press("Enter")
    notebook.wait_value("w.layers[0]['kernel_size']", [5, 1])
    shown.root.get_by_role("checkbox", name="height and width of row 0 apart").uncheck()
    notebook.wait_value("w.layers[0]['kernel_size']", 5)


def test_the_input_can_be_changed(lab, notebook, shown):
    number(shown, "height of the input").fill("36")
    shown.settle()
    assert shapes(shown)[5:8] == ["16×6×5", "480", "✗ does not fit"]
    shown.press("Enter")
    notebook.wait_value("w.input_size", [1, 36, 32])


# -- misfits -------------------------------------------------------------------------------------


def test_a_misfit_is_marked_told_and_mended_by_its_button(lab, notebook, shown):
    number(shown, "in_features of row 7").fill("256")
    shown.press("Enter")
    assert shapes(shown)[6:9] == ["400", "✗ does not fit", "waits for row 7"]
    fault = shown.root.locator("tr.cnn-fault")
    told = "⚠Linear expects 256 features, but gets 400 = 16·5·5. → in_features=400"
    assert fault.text_content() == told
    sums = shown.root.locator("tfoot td:not(.cnn-track)").all_text_contents()
    assert sums == ["the whole network", "✗ does not fit", "", ""]
    assert number(shown, "in_features of row 7").get_attribute("aria-invalid") == "true"
    notebook.wait_value("'256 features' in w.problem", True)
    shown.button("→ in_features=400")
    assert fault.count() == 0 and shapes(shown)[-1] == "10"
    notebook.wait_value("[w.problem, w.parameters]", [None, 61_706])


def test_the_network_that_does_not_fit_is_mended_button_by_button(lab, notebook, shown):
    shown.choose("network", "a network that does not fit")
    for text in ("in_channels=3", "num_features=16", "padding=1", "insert Flatten, in_features=64"):
        shown.button(f"→ {text}")
    assert shapes(shown)[-1] == "10"
    notebook.wait_value("[w.problem, w.layers[-2]]", [None, {"type": "Flatten"}])
    notebook.wait_value(
        "list(w.to_torch()(__import__('torch').zeros(2, 3, 32, 32)).shape)", [2, 10]
    )


# -- layers come, go and move --------------------------------------------------------------------


def test_a_layer_is_added_below_the_row_and_fits(lab, notebook, shown):
    focus_row(shown, 0)
    shown.choose("layer", "BatchNorm2d")
    lab.reset_messages()
    shown.button("Add it below the row in focus")
    assert lab.messages() == ["shell:comm_msg"]
    notebook.wait_value(
        "[w.layers[1], w.position, w.problem]",
        [{"type": "BatchNorm2d", "num_features": 6}, 1, None],
    )
    shown.press("Control+z")
    notebook.wait_value("w.layers[1]", {"type": "Tanh"})


def test_rows_are_chosen_moved_and_removed_by_keys(lab, notebook, shown):
    focus_row(shown, 1)
    shown.press("ArrowDown")
    assert focused(shown) == [2, None]
    notebook.wait_value("w.position", 2)
    shown.press("Alt+ArrowUp")
    assert focused(shown) == [1, None]
    notebook.wait_value(TYPES + "[:3]", ["Conv2d", "AvgPool2d", "Tanh"])
    shown.press("Delete")
    notebook.wait_value(TYPES + "[:3]", ["Conv2d", "Tanh", "Conv2d"])
    shown.press("Control+z", "Control+z")
    notebook.wait_value(TYPES + "[:3]", ["Conv2d", "Tanh", "AvgPool2d"])
    number(shown, "kernel_size of row 2").focus()
    shown.press("Alt+ArrowDown")
    assert focused(shown) == [3, "kernel_size"]
    notebook.wait_value(TYPES + "[2:4]", ["Conv2d", "AvgPool2d"])


def test_rows_are_moved_and_removed_by_buttons(lab, notebook, shown):
    focus_row(shown, 2)
    shown.button("Move the layer up (Alt+↑)")
    notebook.wait_value(TYPES + "[:3]", ["Conv2d", "AvgPool2d", "Tanh"])
    shown.button("Move the layer down (Alt+↓)")
    shown.button("Remove the layer (Delete)")
    notebook.wait_value(TYPES + "[:3]", ["Conv2d", "Tanh", "Conv2d"])
    shown.button("Take back (Ctrl+Z)")
    notebook.wait_value("w.parameters", 61_706)


def test_a_row_is_dragged_by_its_number_and_sent_once(lab, notebook, shown):
    def middle(n):
        box = shown.root.locator(f"tbody[data-row='{n}'] .cnn-handle").bounding_box()
        return box["x"] + 5, box["y"] + box["height"] / 2

    lab.page.mouse.move(*middle(1))
    lab.page.mouse.down()
    shown.settle()
    lab.reset_messages()
    for n in (2, 3):
        lab.page.mouse.move(*middle(n))
        shown.settle()
    assert shown.root.locator("[data-type]").nth(3).input_value() == "Tanh"
    assert lab.messages() == []
    lab.page.mouse.up()
    shown.settle()
    assert lab.messages() == ["shell:comm_msg"]
    notebook.wait_value(TYPES + "[:4]", ["Conv2d", "AvgPool2d", "Conv2d", "Tanh"])


def test_another_type_keeps_the_focus_and_what_both_have(lab, notebook, shown):
    shown.root.get_by_role("combobox", name="layer of row 2", exact=True).select_option("MaxPool2d")
    shown.settle()
    notebook.wait_value("w.layers[2]", {"type": "MaxPool2d", "kernel_size": 2})
    shown.root.get_by_role("combobox", name="layer of row 1", exact=True).focus()
    shown.root.get_by_role("combobox", name="layer of row 1", exact=True).select_option("Dropout")
    shown.settle()
    assert shown.root.evaluate("() => document.activeElement.ariaLabel") == "layer of row 1"
    assert number(shown, "p of row 1").input_value() == "0.5"


def test_all_layers_can_go_and_new_ones_come(lab, notebook, shown):
    for _ in range(13):
        shown.button("Remove the layer (Delete)")
    assert shapes(shown) == []
    shown.choose("layer", "Conv2d")
    shown.button("Add it below the row in focus")
    assert shapes(shown) == ["1×32×32"]
    notebook.wait_value(
        "w.layers",
        [{"type": "Conv2d", "in_channels": 1, "out_channels": 1, "kernel_size": 3, "padding": 1}],
    )
