"""ConvolutionExplorer in a real JupyterLab: every gesture, and what Python sees of it."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from tests.browser.widgets import cells_of, lab, shown  # noqa: F401 - fixtures

SHOW = "import numpy as np\nfrom helpers import ConvolutionExplorer\nw = ConvolutionExplorer()\nw"
SLEEP = "import time\nprint('asleep')\ntime.sleep(600)"
MIDDLE = {(r, c) for r in range(3) for c in range(3)}  # the default window at output [0, 0]


@pytest.fixture(scope="module")
def notebook(lab):
    return lab.open_notebook([SHOW, SLEEP])


def torch_output(notebook):
    """PyTorch's output for what Python sees of the widget."""
    names = ("input", "kernel", "bias", "stride", "padding", "dilation", "padding_mode")
    seen = notebook.value("{" + ", ".join(f"{n!r}: w.{n}" for n in names) + "}")
    x, kernel = (torch.tensor(seen[n], dtype=torch.float64) for n in ("input", "kernel"))
    bias = torch.tensor(seen["bias"], dtype=torch.float64).reshape(-1)
    x, weight = (
        t if t.ndim == n else t[None] if n == 3 else t[None, None] for t, n in ((x, 3), (kernel, 4))
    )
    border = seen["padding_mode"].replace("zeros", "constant")
    x = F.pad(x[None], [seen["padding"]] * 4, mode=border)
    y = F.conv2d(x, weight, bias.expand(len(weight)), seen["stride"], 0, seen["dilation"])[0]
    return (y if kernel.ndim == 4 else y[0]).tolist()


def window(position, layer=(1, 0, 1)):
    """The cells of the 3×3 window at an output; layer is (stride, padding, dilation)."""
    stride, padding, dilation = layer
    starts = [v * stride - padding for v in position]
    return {tuple(s + dilation * k for s, k in zip(starts, tap)) for tap in MIDDLE}


def assert_drawn_at_once(shown, moves, expected):
    """Each pointer move was on screen in the first frame after it."""
    assert len(moves) == len(expected)
    for move, position in zip(moves, expected):
        assert cells_of(move["frames"][0]) == window(position)


def drag_and_watch(lab, shown, role, path, expected):
    """Drags along the cells of a path, still holding at its end: each window drawn at once, no message sent."""
    points = [shown.center(role, cell) for cell in path]
    lab.page.mouse.move(*points[0])
    lab.page.mouse.down()
    shown.watch("input", "window")
    lab.reset_messages()
    for point in points[1:]:
        lab.page.mouse.move(*point)
        shown.settle()  # a slow machine may see two moves in one frame
    assert_drawn_at_once(shown, shown.moves(), expected)
    assert lab.messages() == []


# -- sliding -------------------------------------------------------------------------------------


def test_a_drag_over_the_output_is_drawn_in_the_next_frame_and_sent_once(lab, notebook, shown):
    path = [(0, 0), (0, 1), (1, 1), (2, 2), (2, 0)]
    drag_and_watch(lab, shown, "output", path, path[1:])
    lab.page.mouse.up()
    assert lab.messages() == ["shell:comm_msg"]
    notebook.wait_value("w.position", [2, 0])


def test_a_drag_over_the_input_takes_the_window_along(lab, notebook, shown):
    path = [(1, 1), (1, 2), (3, 3), (4, 4), (2, 0), (2, 2)]
    drag_and_watch(lab, shown, "input", path, [(0, 1), (2, 2), (2, 2), (1, 0), (1, 1)])
    lab.page.mouse.up()
    assert lab.messages() == ["shell:comm_msg"]
    notebook.wait_value("w.position", [1, 1])


def test_pointing_is_drawn_in_the_next_frame_and_never_sent(lab, notebook, shown):
    shown.watch("input", "window")
    lab.reset_messages()
    path = [(2, 2), (0, 2), (1, 0)]
    for cell in path:
        lab.page.mouse.move(*shown.center("output", cell))
        shown.settle()
    assert_drawn_at_once(shown, shown.moves(), path)
    lab.page.mouse.move(5, 5)
    shown.settle()
    assert shown.marked("input", "window") == MIDDLE
    assert lab.messages() == []


def test_a_busy_kernel_slows_nothing_and_hears_of_it_afterwards(lab, notebook, shown):
    notebook.start_cell(1)
    notebook.output(1).get_by_text("asleep").wait_for()
    notebook.show(0)
    path = [(0, 0), (1, 0), (2, 1), (1, 2)]
    drag_and_watch(lab, shown, "output", path, path[1:])
    lab.page.mouse.up()
    assert lab.messages() == ["shell:comm_msg"]
    status = "jupyterapp.shell.currentWidget.sessionContext.session.kernel.status"
    assert lab.page.evaluate(status) == "busy"
    notebook.interrupt()
    notebook.wait_idle()
    notebook.wait_value("w.position", [1, 2])
    shown.settle()
    assert shown.marked("output", "here") == {(1, 2)}


def test_arrow_keys_step_and_are_sent_when_the_key_is_let_go(lab, notebook, shown):
    shown.grid("output").focus()
    lab.reset_messages()
    for _ in range(3):  # held down: the third has reached the border
        lab.page.keyboard.down("ArrowRight")
    shown.settle()
    assert shown.marked("output", "here") == {(0, 2)}
    assert lab.messages() == []
    lab.page.keyboard.up("ArrowRight")
    assert lab.messages() == ["shell:comm_msg"]
    shown.press("ArrowDown", "ArrowLeft")
    assert shown.marked("input", "window") == window((1, 1))
    notebook.wait_value("w.position", [1, 1])


def test_play_moves_by_itself_until_it_is_paused(lab, notebook, shown):
    shown.slide("speed", "End")
    lab.reset_messages()
    shown.button("Play or pause (Space)")
    here = ".jp-Cell [data-role=output] [data-mark=here]"
    for _ in range(3):
        before = lab.page.get_attribute(here, "d")
        lab.page.wait_for_function(
            "([s, d]) => document.querySelector(s).getAttribute('d') !== d", arg=[here, before]
        )
    assert lab.messages() == []
    shown.grid("output").focus()
    shown.press("Space")
    stays = shown.marked("output", "here")
    shown.settle(60)
    assert shown.marked("output", "here") == stays
    assert lab.messages() == ["shell:comm_msg"]
    notebook.wait_value("w.position", list(stays.pop()))


def test_step_buttons_go_one_output_forward_and_back(lab, notebook, shown):
    shown.button("One step back")
    notebook.wait_value("w.position", [2, 2])
    for _ in range(4):
        shown.button("One step forward")
    assert shown.marked("output", "here") == {(1, 0)}
    notebook.wait_value("w.position", [1, 0])


# -- numbers -------------------------------------------------------------------------------------


def test_any_number_can_be_typed_over_and_python_sees_it(lab, notebook, shown):
    shown.edit("input", (0, 0), "7")
    shown.edit("input", (4, 3), "-2,5")
    shown.edit("kernel", (1, 2), "1/4")
    notebook.wait_value("w.kernel[1, 2]", 0.25)
    assert notebook.value("[w.input[0, 0], w.input[4, 3]]") == [7, -2.5]
    expected = torch_output(notebook)
    assert notebook.value("w.output") == expected
    np.testing.assert_allclose(shown.values("output"), expected, atol=0.051)


def test_a_digit_begins_typing_and_enter_opens_the_cell(lab, notebook, shown):
    shown.click("kernel", (2, 1))
    shown.press("9", "Enter")
    notebook.wait_value("w.kernel[2, 1]", 9)
    shown.grid("input").focus()
    shown.press("ArrowDown", "Enter", "Control+a", "4", "Enter")
    notebook.wait_value("w.input[1, 0]", 4)
    assert notebook.value("w.output") == torch_output(notebook)


def test_escape_and_nonsense_keep_the_old_number(lab, notebook, shown):
    lab.reset_messages()
    shown.edit("kernel", (0, 1), "55", end="Escape")
    assert shown.numbers("kernel")[0, 1] == "1"
    shown.edit("kernel", (0, 1), "abc")
    assert shown.numbers("kernel")[0, 1] == "1"
    assert shown.text("help") == "“abc” is not a number; the cell keeps 1."
    assert notebook.value("w.kernel[0, 1]") == 1


def test_every_preset_is_shown_and_arrives(lab, notebook, shown):
    for label in ("input", "kernel"):
        options = shown.menu(label).locator("option").all_inner_texts()
        assert options[-1] == "your own" and len(options) > 8
        for option in options[:-1]:
            if option.startswith("RGB"):
                continue
            shown.choose(label, option)
            on_screen = shown.values(label)
            notebook.wait_value(f"bool(np.allclose(w.{label}, {on_screen}, atol=0.0051))", True)
            expected = torch_output(notebook)
            np.testing.assert_allclose(notebook.value("w.output"), expected, atol=1e-9)
            np.testing.assert_allclose(shown.values("output"), expected, atol=0.051)


def test_rgb_brings_three_kernels_a_filter_one_bias_each_and_two_maps(lab, notebook, shown):
    shown.choose("input", "RGB: three channels")
    notebook.wait_value("w.kernel.shape", [2, 3, 3, 3])
    panels = {
        role: shown.root.locator(f".cnn-panel[data-role={role}]")
        for role in ("input", "kernel", "output")
    }
    assert {role: panel.count() for role, panel in panels.items()} == {
        "input": 3,
        "kernel": 3,
        "output": 2,
    }
    shown.click("output", (1, 1), n=1)  # the second filter
    lab.page.mouse.move(5, 5)
    shown.slide("bias", "ArrowLeft", "ArrowLeft")
    notebook.wait_value("w.bias", [0, -2])
    expected = torch_output(notebook)
    assert notebook.value("w.output") == expected
    assert [shown.values("output", n) for n in (0, 1)] == expected
    x, k = (np.array(notebook.value(f"w.{name}")) for name in ("input", "kernel"))
    sums = [(x[m, 1:4, 1:4] * k[1, m]).sum() for m in range(3)]
    texts = [f"{name}: {value:g}".replace("-", "−") for name, value in zip("RGB", sums)]
    assert (
        shown.text("sum")
        == f"output 1 [1, 1] = {'  +  '.join(texts)} − 2 (bias) = {expected[1][1][1]:g}"
    )


def test_convolution_flips_the_kernel_its_values_and_pythons(lab, notebook, shown):
    before, kernel = shown.values("output"), np.array(shown.values("kernel"))
    shown.button("convolution")
    assert shown.values("kernel") == kernel[::-1, ::-1].tolist()
    x = torch.tensor(notebook.value("w.input"))[None, None]
    flipped = F.conv2d(x, torch.tensor(kernel[::-1, ::-1].copy(), dtype=x.dtype)[None, None])[
        0, 0
    ].tolist()
    assert shown.values("output") == flipped != before
    notebook.wait_value("w.output", flipped)
    assert (
        notebook.value(
            "w.layer(__import__('torch').tensor(w.input.copy())[None, None]).detach()[0, 0]"
        )
        == flipped
    )
    shown.edit("kernel", (0, 0), "8")  # the last one of the kernel, as it is kept
    notebook.wait_value("w.kernel[2, 2]", 8)


# -- Python --------------------------------------------------------------------------------------


def test_what_python_sets_is_drawn(lab, notebook, shown):
    notebook.execute("w.set(padding=1, stride=2, position=(1, 2), padding_mode='reflect')")
    shown.settle()
    assert shown.marked("input", "window") == window((1, 2), layer=(2, 1, 1))
    assert shown.values("output") == torch_output(notebook)
    code = notebook.value("w.code")
    assert shown.root.locator("code").text_content() == code
    assert (
        code
        == 'nn.Conv2d(1, 1, kernel_size=3, stride=2, padding=1, bias=False, padding_mode="reflect")'
    )


def test_an_illegal_setting_is_a_value_error_and_the_picture_stays(lab, notebook, shown):
    def picture():
        return shown.root.locator(".cnn-stage, .cnn-bar, .cnn-sum, .cnn-readout").evaluate_all(
            "nodes => nodes.map(node => node.outerHTML)"
        )

    before = picture()
    for setting in (
        "w.dilation = 9",
        "w.kernel = np.ones((6, 6))",
        "w.set(padding=5, padding_mode='reflect')",
    ):
        said = notebook.execute(
            f"try:\n    {setting}\nexcept ValueError as error:\n    print('refused:', error)"
        )
        assert said.startswith("refused: ConvolutionExplorer keeps its")
    shown.settle()
    assert picture() == before
    assert notebook.value("[w.dilation, w.kernel.shape, w.padding, w.padding_mode]") == [
        1,
        [3, 3],
        0,
        "zeros",
    ]
