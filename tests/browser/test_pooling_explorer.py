"""PoolingExplorer in a real JupyterLab: every gesture, and what Python sees of it."""

import pytest

from tests.browser.widgets import lab, run, shown  # noqa: F401 - fixtures

SHOW = "from helpers.widgets import PoolingExplorer\nw = PoolingExplorer()\nw"


@pytest.fixture(scope="module")
def notebook(lab):
    return lab.open_notebook([SHOW, "w"])


def rings(shown, n=0, role="input", name="winner"):
    """The cells with a ring around their number."""
    origin = next(iter(shown.numbers(role, n)))
    path = shown.grid(role, n).locator(f".cnn-marks [data-mark={name}]")
    found = set()
    for start in (path.get_attribute("d") or "").split("M")[1:] if path.count() else ():
        x, y = start.split("a")[0].split(" ")
        found.add((int(float(y) // 40) + origin[0], int((float(x) + 0.42 * 40) // 40) + origin[1]))
    return found


# -- gestures ------------------------------------------------------------------------------------


def test_dragging_over_either_output_slides_both_windows_and_sends_once(lab, notebook, shown):
    lab.reset_messages()
    for n, cells in enumerate([[(0, 0), (0, 1), (1, 1)], [(1, 1), (1, 0)]]):
        lab.page.mouse.move(*shown.center("output", cells[0], n))
        lab.page.mouse.down()
        for cell in cells:
            lab.page.mouse.move(*shown.center("output", cell, n))
            shown.settle()
            r, c = cell
            window = {(2 * r + i, 2 * c + j) for i in (0, 1) for j in (0, 1)}
            for row in (0, 1):
                assert shown.marked("input", "window", row) == window
            assert shown.marked("output", "here", 0) == {cell} == shown.marked("output", "here", 1)
        assert len(lab.messages()) == n
        lab.page.mouse.up()
        assert lab.messages() == ["shell:comm_msg"] * (n + 1)
    notebook.wait_value("w.position", [1, 0])


def test_dragging_in_the_input_slides_and_a_click_there_pins(lab, notebook, shown):
    shown.drag("input", [(0, 0), (2, 3), (3, 3)])
    notebook.wait_value("[w.position, w.pinned]", [[1, 1], None])
    shown.click("input", (1, 1), n=1)
    pinned = {"grid": "shifted_input", "channel": 0, "cell": [1, 1]}
    notebook.wait_value("w.pinned", pinned)
    lab.page.mouse.move(5, 5)
    shown.settle()
    assert shown.marked("output", "fed", 1) == {(0, 0)}
    assert shown.marked("output", "fed", 0) == set()
    shown.press("Escape")
    notebook.wait_value("w.pinned", None)


def test_the_winner_has_a_ring_the_first_of_equal_ones(lab, notebook, shown):
    assert rings(shown, 0) == {(0, 0)} and rings(shown, 1) == {(0, 1)}
    shown.hover("output", (1, 1))
    assert rings(shown, 0) == {(2, 2)}
    shown.button("min")
    lab.page.mouse.move(5, 5)
    shown.settle()
    assert rings(shown, 0) == {(1, 0)}
    shown.button("median")
    assert rings(shown, 0) == {(0, 0), (1, 1)}
    for name in ("average", "L2"):
        shown.button(name)
        assert rings(shown, 0) == rings(shown, 1) == set()
    notebook.wait_value("w.pooling", "L2")


def test_a_pixel_shows_who_reads_it_and_what_it_wins_and_sends_nothing(lab, notebook, shown):
    notebook.execute("w.set(kernel_size=3, stride=1)")
    shown.settle(4)
    lab.reset_messages()
    shown.hover("input", (2, 4))
    assert shown.marked("output", "fed") == {(0, 2), (1, 2), (2, 2)}
    assert rings(shown, 0, "output", "won") == {(2, 2)}
    text = "Input [2, 4] is in 3 of 9 windows and wins 1: from there it gets the gradient."
    assert shown.text("help") == text
    shown.hover("input", (4, 2))
    text = "Input [4, 2] is in 3 of 9 windows and wins none: it gets no gradient."
    assert shown.text("help") == text
    shown.hover("input", (2, 2))
    assert len(shown.marked("output", "fed")) == 9
    assert lab.messages() == []
    shown.button("average")
    shown.hover("input", (0, 0))
    text = "Input [0, 0] is in 1 of 9 windows: each passes on its gradient divided by 9."
    assert shown.text("help") == text


def test_the_functions_are_written_out(lab, notebook, shown):
    assert shown.text("sum") == "output [0, 0] = max(3, 3, 0, 0) = 3shifted: max(0, 3, 0, 0) = 3"
    shown.button("average")
    expected = "output [0, 0] = (3 + 3 + 0 + 0) / 4 = 1.5shifted: (0 + 3 + 0 + 0) / 4 = 0.75"
    assert shown.text("sum") == expected
    live = shown.root.locator(".cnn-live", has_text="shifted: (0 + 3 + 0 + 0) / 4 = 0.75")
    live.wait_for(state="attached")
    assert shown.text("changed") == "● changed: 17 of 25 before pooling, 4 of 4 after"


def test_figure_9_8_is_a_case_of_the_menu(lab, notebook, shown):
    shown.choose("case", "detector")
    assert shown.values("input", 0) == [[0.1, 1, 0.2, 0.1]]
    assert shown.values("input", 1) == [[0.3, 0.1, 1, 0.2]]
    assert shown.values("output", 0) == [[1, 1, 1, 0.2]]
    assert shown.values("output", 1) == [[0.3, 1, 1, 1]]
    assert shown.text("changed") == "● changed: 4 of 4 before pooling, 2 of 4 after"
    assert shown.marked("input", "changed", 1) == {(0, c) for c in range(4)}
    assert shown.marked("output", "changed", 1) == {(0, 0), (0, 3)}
    notebook.wait_value("w.changed", [1.0, 0.5])
    assert shown.text("help").startswith("Drag to slide")  # limits speak once a slider has moved
    # one row is pooled along its width
    shown.slide("kernel_size", "ArrowRight")
    notebook.wait_value("[w.kernel_size, w.stride, w.padding]", [[1, 4], 1, [0, 1]])
    shown.slide("padding", "ArrowRight")
    notebook.wait_value("w.padding", [0, 2])
    shown.slide("input size", "ArrowRight")
    notebook.wait_value("w.input.shape", [1, 5])


def test_the_keyboard_alone_slides_points_types_and_pins(lab, notebook, shown):
    shown.grid("output", 1).focus()
    shown.press("ArrowDown", "ArrowRight")
    notebook.wait_value("w.position", [1, 1])
    shown.grid("input", 0).focus()
    shown.press("ArrowDown", "ArrowRight", "ArrowRight")
    assert shown.marked("input", "focus", 0) == {(1, 2)}
    assert shown.text("help").startswith("Input [1, 2] is in 1 of 4 windows")
    shown.press("9", "Enter")
    notebook.wait_value("w.input[1, 2]", 9)
    assert shown.values("output", 0) == [[3, 9], [3, 2]]
    shown.grid("input", 1).focus()
    shown.press("ArrowRight", "p")
    notebook.wait_value("w.pinned", {"grid": "shifted_input", "channel": 0, "cell": [0, 1]})
    shown.press("r")
    notebook.wait_value("[w.position, w.pinned, w.input[1, 2]]", [[0, 0], None, 1])


def test_play_goes_through_all_outputs(lab, notebook, shown):
    lab.reset_messages()
    for position in ([0, 1], [1, 0], [1, 1], [0, 0]):
        shown.button("One step forward")
        notebook.wait_value("w.position", position)
    shown.grid("output").focus()
    shown.press(" ")
    shown.root.locator("button", has_text="pause").wait_for()
    shown.press(" ")
    shown.root.locator("button", has_text="play").wait_for()


def test_the_shift_goes_in_every_direction_wraps_or_lets_a_number_enter(lab, notebook, shown):
    shown.choose("shift", "↓ down")
    assert shown.values("input", 1)[:2] == [[0, 0, 0, 0, 0], [3, 3, 2, 1, 0]]
    notebook.wait_value("w.shift", [1, 0])
    shown.root.get_by_label("wrap").check()
    shown.settle()
    assert shown.values("input", 1)[0] == [2, 0, 0, 0, 1]
    assert not shown.slider("entering").is_visible()
    shown.root.get_by_label("wrap").uncheck()
    notebook.execute("w.entering = 7")
    shown.settle(4)
    assert shown.values("input", 1)[0] == [7, 7, 7, 7, 7]
    shown.slide("entering", "Home")
    notebook.wait_value("[w.wrap, w.entering]", [False, -5.0])
    shown.choose("shift", "none")
    notebook.wait_value("w.shift", [0, 0])


def test_the_stride_follows_the_kernel_until_it_is_set_apart(lab, notebook, shown):
    shown.slide("kernel_size", "ArrowRight")
    notebook.wait_value("[w.kernel_size, w.stride]", [3, None])
    assert shown.slider("stride").get_attribute("aria-valuetext") == "3"
    shown.slide("stride", "ArrowLeft")
    notebook.wait_value("w.stride", 2)
    shown.slide("kernel_size", "ArrowRight")
    notebook.wait_value("[w.kernel_size, w.stride]", [4, 2])
    shown.slide("kernel_size", "ArrowLeft")
    shown.slide("stride", "ArrowRight")
    notebook.wait_value("[w.kernel_size, w.stride]", [3, None])


# -- what is refused, and why --------------------------------------------------------------------


def test_median_and_l2_take_the_padding_away_and_say_so(lab, notebook, shown):
    shown.slide("padding", "ArrowRight")
    assert shown.text("help").startswith("padding ends at 1: along the height, padding 2 is more")
    shown.button("median")
    notebook.wait_value("[w.pooling, w.padding]", ["median", 0])
    assert shown.text("help") == "The padding went back to 0: PyTorch has none for median pooling."
    assert shown.slider("padding").is_disabled()
    shown.button("L2")
    shown.button("average")
    notebook.wait_value("[w.pooling, w.padding]", ["average", 1])
    shown.button("median")
    shown.slide("kernel_size", "ArrowLeft")  # of 1: half of it is less than the padding was
    shown.button("max")
    notebook.wait_value("[w.kernel_size, w.padding]", [1, 0])
    notebook.execute("w.set(pooling='max', kernel_size=7, padding=1)")
    shown.settle(4)
    shown.button("L2")
    assert shown.text("help") == (
        "It stays max: for L2 PyTorch has no padding, and without it a kernel of 7 covers 7 "
        "pixels, the padded height has 5."
    )
    notebook.wait_value("[w.pooling, w.padding]", ["max", 1])


def test_ceil_mode_stays_where_floor_would_leave_no_window(lab, notebook, shown):
    shown.root.get_by_label("ceil_mode").check()
    notebook.wait_value("w.output.tolist()", [[3, 3, 1], [3, 2, 3], [2, 0, 1]])
    assert shown.values("output") == [[3, 3, 1], [3, 2, 3], [2, 0, 1]]
    shown.hover("output", (2, 2))
    assert shown.marked("input", "window") == {(4, 4)}
    notebook.execute("w.kernel_size = 7")
    shown.settle(4)
    shown.root.get_by_label("ceil_mode").click()
    assert shown.text("help").startswith("ceil_mode stays on: without it a kernel of 7 covers 7")
    notebook.wait_value("w.ceil_mode", True)


def test_only_an_average_asks_whether_the_padding_counts(lab, notebook, shown):
    box = shown.root.get_by_label("count_include_pad")
    assert not box.is_visible()
    shown.button("average")
    shown.slide("padding", "ArrowRight")
    assert shown.numbers("input")[-1, -1] == "0"
    assert shown.values("output")[0][0] == 0.75
    box.uncheck()
    shown.settle()
    assert shown.values("output")[0][0] == 3
    assert shown.numbers("input")[-1, -1] == ""
    notebook.wait_value("w.count_include_pad", False)
    shown.button("max")
    notes = shown.grid("input").locator("[data-padding=true] .cnn-note").all_text_contents()
    assert notes == ["−∞"] * 24


# -- two views, channels, cases ------------------------------------------------------------------


def test_channels_are_all_drawn_where_they_fit_else_one_is_chosen(lab, notebook, shown):
    shown.choose("case", "RGB channels")
    assert shown.root.locator("svg.cnn-grid:visible").count() == 12
    shown.hover("input", (2, 2), n=2)
    assert shown.marked("output", "fed", 2) == {(1, 1)}
    assert shown.marked("output", "fed", 0) == set()
    shown.click("output", (1, 0), n=1)
    notebook.wait_value("[w.channel, w.position]", [1, [1, 0]])
    assert shown.text("sum").startswith("output G [1, 0] = max(0, 0, 0, 0) = 0")
    notebook.execute("import numpy as np; w.input = np.arange(576.).reshape(4, 12, 12) % 7")
    shown.settle(4)
    assert shown.root.locator("svg.cnn-grid:visible").count() == 4
    shown.button("3")
    notebook.wait_value("w.channel", 3)
    assert shown.root.locator(".cnn-title").first.text_content() == "input 3"


def test_two_views_agree_and_python_moves_both(lab, notebook, shown):
    second = run(notebook, 1)
    second.button("L2")
    notebook.execute("w.set(kernel_size=(2, 3), shift=(1, 1), position=(1, 0))")
    for view in (shown, second):
        view.settle(4)
        height = "height = ⌊(5 + 2·0 − 2) / 2⌋ + 1 = ⌊3 / 2⌋ + 1 = 1 + 1 = 2"
        assert view.text("formula").startswith(height)
        assert view.marked("output", "here") == {(1, 0)}
        code = view.root.locator("code").text_content()
        assert code == notebook.value("w.code") == "nn.LPPool2d(2, kernel_size=(2, 3))"
    assert shown.text("sum") == second.text("sum")
