"""LayerTable in a real JupyterLab: what Ctrl+Z takes back, and gestures that end in another way than they should."""

import pytest

from helpers.widgets.layer_table import LayerTable
from tests.browser.test_layer_table import SHOW, TYPES, focus_row, number, shapes
from tests.browser.widgets import lab, mount, run, shown  # noqa: F401 - fixtures


SIZES = "[w.layers[0]['kernel_size'], w.layers[0].get('padding', 0)]"


@pytest.fixture(scope="module")
def notebook(lab):
    return lab.open_notebook([SHOW, "w"])


# -- one step back -------------------------------------------------------------------------------


def test_what_is_still_being_typed_is_taken_back_first(lab, notebook, shown):
    number(shown, "padding of row 0").fill("1")
    shown.press("Tab")
    box = number(shown, "kernel_size of row 0")
    box.fill("3")
    shown.press("Control+z")
    assert (box.input_value(), shapes(shown)[0]) == ("5", "6×30×30")
    notebook.wait_value(SIZES, [5, 1])
    shown.press("Control+z")
    notebook.wait_value(SIZES, [5, 0])


def test_a_first_number_that_is_still_being_typed_is_taken_back(lab, notebook, shown):
    number(shown, "kernel_size of row 0").fill("3")
    shown.press("Control+z")
    assert shapes(shown)[0] == "6×28×28"
    assert not shown.text("help").startswith("Nothing")


def test_in_a_half_typed_number_the_browser_takes_back(lab, notebook, shown):
    number(shown, "padding of row 0").fill("1")
    shown.press("Tab")
    box = number(shown, "kernel_size of row 0")
    box.click()
    shown.press("End", "Backspace")
    assert box.input_value() == ""
    shown.press("Control+z")
    assert box.input_value() == "5"
    assert shapes(shown)[0] == "6×30×30"  # and the table keeps its last change


def test_reset_is_one_step(lab, notebook, shown):
    notebook.execute("w.set(layers=w.layers[:3], input_size=(1, 40, 40))")
    notebook.execute("w.layers = w.layers[:2]")
    shown.settle(4)
    focus_row(shown, 0)
    shown.press("r")
    notebook.wait_value("[len(w.layers), w.input_size]", [12, [1, 32, 32]])
    shown.press("Control+z")
    notebook.wait_value("[len(w.layers), w.input_size]", [2, [1, 40, 40]])
    shown.press("Control+z")
    notebook.wait_value("[len(w.layers), w.input_size]", [3, [1, 40, 40]])
    shown.press("Control+z")
    notebook.wait_value("[len(w.layers), w.input_size]", [12, [1, 32, 32]])
    shown.press("Control+z")
    assert shown.text("help") == "Nothing to take back."


def test_two_views_have_one_history_and_its_steps_are_whole(lab, notebook, shown):
    second = run(notebook, 1)
    box = number(shown, "out_channels of row 0")
    box.click(click_count=3)
    shown.press("1", "2", "Enter")
    notebook.wait_value("w.layers[0]['out_channels']", 12)
    focus_row(second, 1)
    second.press("Delete")
    notebook.wait_value("len(w.layers)", 11)
    focus_row(shown, 0)
    shown.press("Control+z")  # what the other view did
    notebook.wait_value("len(w.layers)", 12)
    focus_row(second, 0)
    second.press("Control+z")  # 12 at once, not 1
    notebook.wait_value("w.layers[0]['out_channels']", 6)
    second.press("Control+z")
    assert second.text("help") == "Nothing to take back."


# -- gestures that end otherwise -----------------------------------------------------------------


def test_a_drag_that_the_system_ends_is_kept_and_sent(module_page):
    table = LayerTable()
    widget = mount(module_page, table)
    table.close()
    handles = widget.el.locator(".cnn-handle")
    places = [handle.bounding_box() for handle in handles.all()[:4]]
    page = module_page.page
    page.mouse.move(places[1]["x"] + 4, places[1]["y"] + 4)
    page.mouse.down()
    page.mouse.move(places[3]["x"] + 4, places[3]["y"] + 6)
    moved = ["Conv2d", "AvgPool2d", "Conv2d", "Tanh"]
    assert [layer["type"] for layer in widget.get("layers")[:4]] == moved
    widget.clear_log()
    widget.el.locator("table.cnn-table").dispatch_event("pointercancel", {"bubbles": True})
    assert widget.saves() == 1
    page.mouse.move(places[0]["x"] + 4, places[0]["y"] + 4)
    assert [layer["type"] for layer in widget.get("layers")[:4]] == moved
    page.mouse.up()


def test_delete_removes_a_layer_only_in_the_table(lab, notebook, shown):
    shown.root.get_by_role("button", name="Copy the PyTorch call").focus()
    shown.press("Delete")
    shown.root.get_by_role("checkbox", name="large").focus()
    shown.press("Delete")
    assert len(shapes(shown)) == 12
    focus_row(shown, 1)
    shown.press("Delete")
    notebook.wait_value(TYPES + "[:2]", ["Conv2d", "AvgPool2d"])


def test_in_a_shadow_root_a_row_that_is_made_anew_keeps_the_focus(module_page):
    table = LayerTable()
    widget = mount(module_page, table)
    table.close()
    typed = widget.el.get_by_role("combobox", name="layer of row 1", exact=True)
    typed.wait_for()
    module_page.evaluate("""() => {
        const host = document.createElement("div");
        document.body.append(host);
        host.attachShadow({ mode: "open" }).append(document.querySelector("[data-view]"));
    }""")
    typed.focus()
    typed.select_option("Dropout")
    widget.el.get_by_role("spinbutton", name="p of row 1").wait_for()
    focused = "() => document.querySelector('body > div:last-child').shadowRoot.activeElement?.ariaLabel"
    assert module_page.evaluate(focused) == "layer of row 1"
