"""The harness itself: JupyterLab opens, runs, shows widgets, and says what the tests ask it."""

import pytest

COUNTER = '''
import anywidget, traitlets

class Counter(anywidget.AnyWidget):
    _esm = """
    export default {
      render({ model, el }) {
        const button = document.createElement("button");
        const draw = () => { button.textContent = `count ${model.get("value")}`; };
        button.addEventListener("click", () => {
          model.set("value", model.get("value") + 1);
          model.save_changes();
        });
        model.on("change:value", draw);
        draw();
        el.append(button);
      },
    };
    """
    value = traitlets.Int(0).tag(sync=True)

counter = Counter()
counter
'''


def test_a_blank_notebook_opens_and_the_console_stays_clean(lab):
    lab.open_notebook([""])
    assert lab.console_errors == []


def test_errors_on_the_console_are_seen(lab):
    with lab.page.expect_event("console"):
        lab.page.evaluate("console.error('this went wrong')")
    with lab.page.expect_event("pageerror"):
        lab.page.evaluate("setTimeout(() => { throw new Error('and this') })")
    assert "this went wrong" in lab.console_errors[0]
    assert "and this" in lab.console_errors[1]


def test_all_cells_run_and_their_outputs_are_read(lab):
    notebook = lab.open_notebook(["x = 6 * 7", "print(x)", "x + 1"])
    notebook.run_all()
    assert notebook.output(1).inner_text().strip() == "42"
    assert notebook.output(2).locator(".jp-RenderedText").last.inner_text().strip() == "43"


def test_a_single_cell_runs_and_a_restart_forgets_it(lab):
    notebook = lab.open_notebook(["x = 1", "y = 2"])
    notebook.run_cell(1)
    assert notebook.execute("'x' in dir(), y") == "(False, 2)"
    notebook.restart()
    with pytest.raises(RuntimeError, match="NameError"):
        notebook.execute("y")


def test_the_kernel_imports_the_course(lab):
    notebook = lab.open_notebook([""])
    assert notebook.value("__import__('helpers').__name__") == "helpers"


def test_a_trait_travels_from_the_page_to_python_and_back(lab):
    notebook = lab.open_notebook([COUNTER])
    notebook.run_all()
    button = notebook.output(0).get_by_role("button")
    assert button.inner_text() == "count 0"
    button.click()
    notebook.wait_value("counter.value", 1)
    notebook.execute("counter.value = 40")
    button.filter(has_text="count 40").wait_for()
    assert lab.console_errors == []


def test_messages_to_the_kernel_are_counted(lab):
    notebook = lab.open_notebook([COUNTER])
    notebook.run_all()
    lab.reset_messages()
    lab.frames()
    assert lab.messages() == []
    notebook.output(0).get_by_role("button").click()
    assert lab.messages() == ["shell:comm_msg"]
    notebook.execute("1")
    assert lab.messages()[1:] == ["shell:execute_request"]


def test_a_saved_and_reopened_notebook_works(lab):
    notebook = lab.open_notebook([COUNTER])
    notebook.run_all()
    notebook = notebook.reopen()
    assert notebook.execute("'counter' in dir()") == "False"
    notebook.run_all()
    notebook.output(0).get_by_role("button", name="count 0").click()
    notebook.wait_value("counter.value", 1)


def test_dark_and_light_switch(lab):
    background = "getComputedStyle(document.body).getPropertyValue('--jp-layout-color0').trim()"
    lab.set_theme("JupyterLab Dark")
    dark = lab.page.evaluate(background)
    lab.set_theme("JupyterLab Light")
    assert dark != lab.page.evaluate(background)


def test_jupyterlab_asks_nothing_about_news(lab):
    lab.open_notebook([""])
    lab.frames()
    assert lab.page.locator(".Toastify__toast, .jp-Dialog").count() == 0


def test_a_cell_far_below_can_be_shown(lab):
    notebook = lab.open_notebook([f"print({i})" for i in range(60)])
    notebook.run_all()
    assert notebook.show(55).locator(".jp-Cell-outputArea").is_visible()
    assert notebook.output(55).inner_text().strip() == "55"


def test_a_busy_kernel_can_be_interrupted(lab):
    notebook = lab.open_notebook(["import time\nprint('go')\nfor _ in range(600): time.sleep(0.1)"])
    notebook.start_cell(0)
    notebook.output(0).get_by_text("go").wait_for()
    notebook.interrupt()
    notebook.wait_idle()
    assert "KeyboardInterrupt" in notebook.output(0).inner_text()


# -- the bare page -------------------------------------------------------------------------------


def counter_module():
    return COUNTER.split('"""')[1]


def test_a_widget_mounts_without_a_kernel(module_page):
    widget = module_page.mount(counter_module(), "button { color: red }", {"value": 3})
    widget.el.get_by_role("button", name="count 3").click()
    assert widget.get("value") == 4
    assert widget.log() == [["set", "value", 4], ["save_changes"]]
    widget.set(value=10)
    assert widget.el.inner_text() == "count 10"
    assert widget.saves() == 1
    assert module_page.console_errors == []


def test_two_views_of_one_mounted_widget_agree(module_page):
    widget = module_page.mount(counter_module(), state={"value": 0})
    second = widget.view()
    widget.el.get_by_role("button").click()
    assert second.inner_text() == "count 1"


def test_a_trait_that_the_model_lacks_is_an_error(module_page):
    with pytest.raises(Exception, match="the model has no trait value"):
        module_page.mount(counter_module(), state={})


def test_what_a_widget_leaves_behind_is_counted(module_page):
    source = """export default { render({ model, el }) {
        const log = () => el;
        setInterval(() => {}, 1000);
        window.addEventListener("resize", log);
        model.on("change:value", log);
    } }"""
    before = module_page.counts()
    widget = module_page.mount(source, state={"value": 0})
    widget.destroy()
    assert widget.listeners() == ["change:value"]
    assert module_page.timers() == 1
    assert module_page.counts()["listeners"] == before["listeners"] + 1


def test_bytes_arrive_as_a_view_into_a_bigger_buffer(module_page):
    source = """export default { render({ model, el }) {
        const view = model.get("image");
        el.textContent = `${view.byteOffset} ${view.byteLength} ${view.getUint8(1)}`;
    } }"""
    widget = module_page.mount(source, state={"image": b"\x01\x02\x03"})
    assert widget.el.inner_text() == "4 3 2"
    assert widget.get("image") == b"\x01\x02\x03"
