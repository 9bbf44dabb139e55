"""What holds for every widget: two views, keys, contrast, descriptions, room on screen."""

import pytest

from tests.browser.widget_states import CELLS, HEIGHTS, WIDGETS, each_state
from tests.browser.widgets import lab, run  # noqa: F401 - lab is a fixture


@pytest.fixture(scope="module")
def notebook(lab):
    notebook = lab.open_notebook(CELLS)
    notebook.run_cell(0)
    return notebook


@pytest.fixture(autouse=True)
def clean_console(lab):
    lab.page.mouse.move(5, 5)
    yield
    errors, lab.console_errors = lab.console_errors, []
    assert errors == []


# -- two views -----------------------------------------------------------------------------------


def test_two_views_of_one_widget_move_together(lab, notebook):
    lab.page.set_viewport_size({"width": 1280, "height": 1300})
    first, second = run(notebook, 1), run(notebook, 4)
    notebook.show(1)
    lab.page.mouse.move(*first.center("output", (0, 0)))
    lab.page.mouse.down()
    for cell in ((1, 1), (2, 1), (2, 2)):
        lab.page.mouse.move(*first.center("output", cell))
        first.settle()
        assert second.marked("output", "here") == {cell} == first.marked("output", "here")
    lab.page.mouse.up()
    second.edit("kernel", (0, 0), "6")
    assert first.numbers("kernel")[0, 0] == "6"
    second.button("convolution")
    assert first.numbers("kernel") == second.numbers("kernel")
    notebook.wait_value("[e.operation, e.kernel[0, 0]]", ["convolution", 6])
    lab.page.set_viewport_size({"width": 1280, "height": 720})


# -- keys ----------------------------------------------------------------------------------------

KEYS = ["a", "b", "d", "d", "m", "y", "x", "z", "j", "k", "o",
        "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End", "Enter", "Escape",
        "Space", "Space", "Shift+ArrowDown", "0", "0", "Escape"]  # fmt: skip


@pytest.mark.parametrize("variable", WIDGETS)
def test_no_key_jumps_into_the_notebook(lab, notebook, variable):
    shown = run(notebook, WIDGETS[variable])
    before = notebook.state()
    for selector in (
        "svg[tabindex], canvas[tabindex], input[type=range]",
        "input[type=checkbox]",
        "button",
        "select",
    ):
        visible = shown.root.locator(selector).locator("visible=true")
        if visible.count():
            visible.first.focus()
            for key in KEYS:  # after each of them: z would undo what a has done
                lab.page.keyboard.press(key)
                assert {**notebook.state(), "active": 0} == {**before, "active": 0}, key
    shown.root.evaluate("() => document.activeElement.blur()")


def test_r_resets_to_what_the_cell_made_and_l_is_for_the_projector(lab, notebook):
    shown = run(notebook, 1)
    made = shown.root.inner_html()
    shown.edit("kernel", (1, 1), "9")
    shown.choose("input", "RGB: three channels")
    shown.button("matrix")
    shown.button("convolution")
    shown.grid("output").focus()
    shown.press("ArrowRight", "r")
    shown.root.evaluate("() => document.activeElement.blur()")
    shown.settle()
    assert shown.values("kernel") == [[0, 1, 2], [2, 2, 0], [0, 1, 2]]
    assert shown.values("output") == [[12, 12, 17], [10, 17, 19], [9, 6, 14]]
    assert shown.root.inner_html().count("<rect") == made.count("<rect")
    notebook.wait_value(
        "[e.operation, e.view, e.position, e.input.shape]",
        ["cross-correlation", "slide", [0, 0], [5, 5]],
    )
    shown.grid("output").focus()
    shown.press("l")
    assert shown.root.get_attribute("data-large") == "true"
    notebook.wait_value("e.large", True)
    shown.press("L")
    assert shown.root.get_attribute("data-large") == "false"


# -- eyes and ears -------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_every_text_stands_out_from_its_background(lab, notebook, theme):
    lab.set_theme(theme)
    weak = []
    for name, shown in each_state(lab, notebook):
        texts = shown.contrasts()
        assert len(texts) > 15
        weak += [(name, text) for text in texts if text["ratio"] < 4.5]
    lab.set_theme("JupyterLab Light")
    assert weak == []


def nameless(page, shown):
    """The roles of controls and pictures that Chromium's accessibility tree has no name for."""
    shown.root.evaluate("root => { window.__root = root }")
    devtools = page.context.new_cdp_session(page)
    root = devtools.send("Runtime.evaluate", {"expression": "window.__root"})["result"]["objectId"]
    missing, found = [], 0
    for role in ("button", "slider", "checkbox", "combobox", "textbox", "spinbutton", "image", "img",
                 "group"):  # fmt: skip
        for node in devtools.send("Accessibility.queryAXTree", {"objectId": root, "role": role})[
            "nodes"
        ]:
            found += not node["ignored"]
            if not node["ignored"] and not node.get("name", {}).get("value"):
                missing.append(role)
    devtools.detach()
    assert found > 5
    return missing


@pytest.mark.parametrize("variable", WIDGETS)
def test_every_control_and_picture_has_a_name(lab, notebook, variable):
    for name, shown in each_state(lab, notebook, variable):
        assert nameless(lab.page, shown) == [], name
        images = shown.root.locator("canvas:not([aria-hidden]), svg:not([aria-hidden])")
        assert images.evaluate_all(
            "all => all.filter(i => i.getClientRects().length)"
            ".every(i => i.getAttribute('role') === 'img' && i.ariaLabel)"
        )


@pytest.mark.parametrize("variable", WIDGETS)
def test_every_stop_of_the_tab_key_shows_that_it_has_the_focus(lab, notebook, variable):
    shown = run(notebook, WIDGETS[variable])
    stops = shown.root.locator("button, select, input, [tabindex='0']").locator("visible=true")
    stops.first.focus()
    for n in range(stops.count()):
        focused = lab.page.evaluate(
            "() => [getComputedStyle(document.activeElement).outlineStyle,"
            " parseFloat(getComputedStyle(document.activeElement).outlineWidth),"
            " !!document.activeElement.closest('.cnn-widget')]"
        )
        if n:
            assert focused[0] != "none" and focused[1] >= 2 and focused[2]
        shown.press("Tab")
    assert not shown.root.evaluate("root => root.contains(document.activeElement)")  # no trap


def test_descriptions_and_the_live_region_follow_the_state(lab, notebook):
    shown = run(notebook, 1)
    assert shown.root.locator(".cnn-live").get_attribute("aria-live") == "polite"
    before = [shown.grid(role).get_attribute("aria-label") for role in ("input", "output")]
    shown.grid("output").focus()
    shown.press("ArrowDown", "ArrowRight")
    after = [shown.grid(role).get_attribute("aria-label") for role in ("input", "output")]
    assert after[0].endswith("The window reads 0, 1, 3, 1, 2, 2, 0, 0, 2.")
    assert after[1] == "output 3×3. At row 1, column 1 it is 17."
    assert not set(before) & set(after)
    shown.root.locator(".cnn-live", has_text="output [1, 1] = ").wait_for(state="attached")
    assert shown.text("live").endswith(" = 17")


# -- room ----------------------------------------------------------------------------------------


SPILL = "root => [root, root.parentElement].map(n => n.scrollWidth - n.clientWidth)"
CUT_TITLES = {"f", "l"}  # on a narrow page in large their titles end in "…"


@pytest.mark.parametrize("variable", WIDGETS)
def test_large_fits_a_projector(lab, notebook, variable):
    for n, (name, shown) in enumerate(each_state(lab, notebook, variable, large=True)):
        tall = shown.root.bounding_box()["height"]
        assert tall <= (HEIGHTS[variable]["large"] if n else 565), (name, tall)
        assert shown.root.evaluate(SPILL) == [0, 0], name
        assert shown.overlaps() == [], name
        if n == 0:
            lab.screenshot(f"{variable}_large", shown.root)


@pytest.mark.parametrize(
    ("width", "large"), [(1280, False), (1024, False), (900, False), (900, True)]
)
def test_every_state_fits_its_window(lab, notebook, width, large):
    lab.page.set_viewport_size({"width": width, "height": 900})
    for variable in WIDGETS:
        for name, shown in each_state(lab, notebook, variable, large=large):
            tall = shown.root.bounding_box()["height"]
            assert width < 1280 or tall <= HEIGHTS[variable]["not large"], (name, tall)
            assert shown.root.evaluate(SPILL) == [0, 0], name
            assert (large and variable in CUT_TITLES) or shown.overlaps() == [], name
    lab.page.set_viewport_size({"width": 1280, "height": 720})


def test_screenshots_are_taken_in_light_and_dark(lab, notebook):
    for theme in ("Light", "Dark"):
        lab.set_theme(f"JupyterLab {theme}")
        for variable, cell in WIDGETS.items():
            shown = run(notebook, cell)
            shown.settle(5)
            assert lab.screenshot(f"{variable}_{theme.lower()}", shown.root).stat().st_size > 10_000
    lab.set_theme("JupyterLab Light")
