"""ArithmeticExplorer in a real JupyterLab: every gesture, and what Python sees of it."""

import pytest

from tests.browser.widgets import cells_of, lab, run, shown  # noqa: F401 - fixtures

SHOW = "from helpers.widgets import ArithmeticExplorer\nw = ArithmeticExplorer()\nw"
CASES = "from helpers.widgets.arithmetic_cases import NAMED_CASES\nNAMED_CASES"


@pytest.fixture(scope="module")
def notebook(lab):
    notebook = lab.open_notebook([SHOW, "w", CASES])
    notebook.run_cell(2)
    return notebook


def window(position, size=3, stride=1):
    return {(stride * position[0] + r, stride * position[1] + c) for r in range(size) for c in range(size)}


def drag_and_watch(lab, shown, role, path, watched):
    """Drags along cells, still holding at the end: what was drawn in the first frame after each move."""
    points = [shown.center(role, cell) for cell in path]
    lab.page.mouse.move(*points[0])
    lab.page.mouse.down()
    shown.watch(watched, "window")
    lab.reset_messages()
    for point in points[1:]:
        lab.page.mouse.move(*point)
        shown.settle()
    assert lab.messages() == []
    return [cells_of(move["frames"][0]) for move in shown.moves()]


# -- sliding and stamping ------------------------------------------------------------------------


def test_a_drag_over_the_output_is_drawn_in_the_next_frame_and_sent_once(lab, notebook, shown):
    path = [(0, 0), (0, 1), (1, 1), (2, 2), (2, 0)]
    assert drag_and_watch(lab, shown, "output", path, "input") == [window(p) for p in path[1:]]
    lab.page.mouse.up()
    assert lab.messages() == ["shell:comm_msg"]
    notebook.wait_value("w.position", [2, 0])


def test_a_drag_over_the_input_takes_the_window_along(lab, notebook, shown):
    path = [(1, 1), (1, 2), (3, 3), (4, 4), (2, 0)]
    drawn = drag_and_watch(lab, shown, "input", path, "input")
    assert drawn == [window(p) for p in ((0, 1), (2, 2), (2, 2), (1, 0))]
    lab.page.mouse.up()
    assert lab.messages() == ["shell:comm_msg"]
    notebook.wait_value("w.position", [1, 0])


def test_a_drag_over_the_input_of_a_transposed_one_moves_the_stamp(lab, notebook, shown):
    notebook.execute("w.set(**NAMED_CASES['strides, transposed'])")
    shown.settle()
    path = [(0, 0), (0, 1), (1, 1), (1, 0)]
    assert drag_and_watch(lab, shown, "input", path, "output") == [window(p, 3, 2) for p in path[1:]]
    lab.page.mouse.up()
    assert lab.messages() == ["shell:comm_msg"]
    notebook.wait_value("w.position", [1, 0])


def test_arrow_keys_step_and_are_sent_when_the_key_is_let_go(lab, notebook, shown):
    shown.grid("output").focus()
    lab.reset_messages()
    for _ in range(3):  # held down: the third has reached the border
        lab.page.keyboard.down("ArrowRight")
    shown.settle()
    assert shown.marked("output", "here") == {(0, 2)} and lab.messages() == []
    lab.page.keyboard.up("ArrowRight")
    assert lab.messages() == ["shell:comm_msg"]
    shown.press("ArrowDown", "ArrowLeft")
    notebook.wait_value("w.position", [1, 1])
    assert shown.marked("input", "window") == window((1, 1))


def test_arrow_keys_walk_over_the_input_and_enter_pins(lab, notebook, shown):
    shown.grid("input").focus()
    lab.reset_messages()
    shown.press("ArrowDown", "ArrowRight")
    assert shown.marked("input", "focus") == {(1, 1)} and lab.messages() == []
    assert shown.marked("output", "fed") == {(0, 0), (0, 1), (1, 0), (1, 1)}
    shown.press("Enter")
    notebook.wait_value("w.pinned", {"grid": "input", "cell": [1, 1]})


def test_play_moves_by_itself_until_it_is_paused(lab, notebook, shown):
    shown.slide("speed", "End")
    lab.reset_messages()
    shown.button("Play or pause (Space)")
    here = ".jp-Cell [data-role=output] [data-mark=here]"
    for _ in range(3):
        before = lab.page.get_attribute(here, "d")
        lab.page.wait_for_function("([s, d]) => document.querySelector(s).getAttribute('d') !== d", arg=[here, before])
    assert lab.messages() == []
    shown.grid("output").focus()
    shown.press("Space")
    stays = shown.marked("output", "here")
    shown.settle(30)
    assert shown.marked("output", "here") == stays
    assert lab.messages() == ["shell:comm_msg"]
    notebook.wait_value("w.position", list(stays.pop()))


# -- pointing ------------------------------------------------------------------------------------


def test_pointing_at_a_copy_draws_its_tie_and_sends_nothing(lab, notebook, shown):
    notebook.execute("w.set(padding=1, padding_mode='reflect')")
    shown.settle()
    lab.reset_messages()
    shown.hover("input", (-1, 2))
    assert shown.marked("input", "focus") == {(-1, 2)}
    assert (1, 2) in shown.marked("input", "copies")
    path = shown.grid("input").locator(".cnn-ties").get_attribute("d")
    assert path == "M140 20L140 100"  # from the border's middle to that of the pixel it copies
    assert shown.text("live") is not None and lab.messages() == []
    lab.page.mouse.move(5, 5)
    shown.settle()
    assert shown.marked("input", "focus") == set()


def test_a_click_pins_a_second_one_or_escape_frees(lab, notebook, shown):
    for free in ("click", "Escape"):
        lab.reset_messages()
        shown.click("input", (2, 3))
        notebook.wait_value("w.pinned", {"grid": "input", "cell": [2, 3]})
        lab.page.mouse.move(5, 5)
        shown.settle()
        assert shown.marked("input", "focus") == {(2, 3)}
        shown.click("input", (2, 3)) if free == "click" else shown.press("Escape")
        notebook.wait_value("w.pinned", None)
        assert lab.messages().count("shell:comm_msg") == 2
        lab.page.mouse.move(5, 5)
        shown.settle()
        assert shown.marked("input", "focus") == set()


# -- controls ------------------------------------------------------------------------------------


def test_each_slider_arrives_once_it_is_let_go(lab, notebook, shown):
    lab.reset_messages()
    slider = shown.root.get_by_role("slider", name="padding", exact=True)
    slider.focus()
    shown.press("ArrowRight")
    assert lab.messages().count("shell:comm_msg") == 1
    notebook.wait_value("[w.padding, w.output_size]", [1, [5, 5]])
    for name, value in (("kernel_size", 4), ("stride", 2), ("dilation", 2), ("input size", 6)):
        shown.root.get_by_role("slider", name=name, exact=True).focus()
        shown.press("ArrowRight")
        trait = name.replace("input size", "input_size")
        notebook.wait_value(f"w.{trait}", value)
    assert shown.root.locator(".cnn-code code").text_content() == notebook.value("w.code")


def test_cases_directions_views_and_switches_arrive(lab, notebook, shown):
    shown.choose("case", "odd")
    notebook.wait_value("all(getattr(w, n) == v for n, v in NAMED_CASES['odd'].items())", True)
    shown.button("transposed")
    notebook.wait_value("all(getattr(w, n) == v for n, v in NAMED_CASES['odd, transposed'].items())", True)
    for view in ("stretch", "matrix", "counts"):
        shown.button(view)
        notebook.wait_value("w.view", view)
    shown.button("convolution")
    notebook.wait_value("[w.view, w.input_size, w.output_padding]", ["counts", 6, 0])
    shown.button("slide")
    for label, expression in (("ones", "w.values == 'ones'"), ("h ≠ w", "w.apart")):
        shown.root.get_by_label(label).click()
        notebook.wait_value(expression, True)
    shown.choose("padding_mode", "circular")
    notebook.wait_value("w.padding_mode", "circular")


def test_a_wanted_size_is_solved_on_the_page_and_in_python(lab, notebook, shown):
    shown.button("Which settings give a wanted output size?")
    shown.root.get_by_role("spinbutton").fill("4")
    shown.root.get_by_role("spinbutton").press("Enter")
    notebook.wait_value("w.wanted", 4)
    assert shown.root.locator(".cnn-count").text_content().startswith(f"{notebook.value('len(w.solutions)')} solutions")
    shown.root.locator(".cnn-solutions button").nth(1).click()
    notebook.wait_value("w.output_size", [4, 4])
    assert notebook.value("w.kernel_size") == 3


# -- Python, and two views -----------------------------------------------------------------------


def test_what_python_sets_is_drawn_and_a_refusal_changes_nothing(lab, notebook, shown):
    notebook.execute("w.set(**NAMED_CASES['dilation'], position=(1, 2))")
    shown.settle()
    assert shown.marked("input", "window") == {(1 + 2 * r, 2 + 2 * c) for r in range(3) for c in range(3)}
    assert shown.values("output") == notebook.value("w.output")
    said = notebook.execute("try:\n    w.set(position=(0, 0), dilation=4)\nexcept ValueError as error:\n    print(error)")
    assert "a kernel of 3 with dilation 4 covers 9 pixels" in said
    shown.settle()
    assert shown.marked("output", "here") == {(1, 2)}


def test_two_views_move_together_and_the_description_follows(lab, notebook, shown):
    second = run(notebook, 1)
    before = shown.grid("output").get_attribute("aria-label")
    notebook.show(0)
    shown.grid("output").focus()
    shown.press("ArrowDown", "ArrowRight")
    assert second.marked("input", "window") == window((1, 1)) == shown.marked("input", "window")
    assert shown.grid("output").get_attribute("aria-label") != before
    assert "At row 1, column 1" in second.grid("output").get_attribute("aria-label")
    shown.root.locator(".cnn-live", has_text="output [1, 1] = ").wait_for(state="attached")


def test_r_resets_and_l_is_for_the_projector(lab, notebook, shown):
    shown.choose("case", "checkerboard")
    shown.root.locator(".cnn-counts [tabindex='0']").last.focus()
    shown.press("r")
    notebook.wait_value("[w.view, w.transposed, w.output_size]", ["slide", False, [3, 3]])
    shown.grid("output").focus()
    shown.press("l")
    assert shown.root.get_attribute("data-large") == "true"
    shown.press("l")
    notebook.wait_value("w.large", False)
