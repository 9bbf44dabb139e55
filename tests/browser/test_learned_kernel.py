"""LearnedKernel in a real JupyterLab: the slider, play and the keys go through a training run."""

import re

import numpy as np
import pytest
import torch
from matplotlib import colormaps
from torch.nn import functional as F

from tests.browser.widgets import lab, shown  # noqa: F401 - fixtures

SHOW = """\
import numpy as np
from helpers import LearnedKernel
steps = np.linspace(0, 1, 41)
sobel = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
image = np.random.default_rng(0).random((32, 40))
l = LearnedKernel(kernels=steps[:, None, None] * sobel, losses=10.0 ** (-6 * steps),
                  image=image, step=8)
l"""
SOBEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
IMAGE = np.random.default_rng(0).random((32, 40))


@pytest.fixture(scope="module")
def notebook(lab):
    return lab.open_notebook([SHOW])


def assert_step(shown, step):
    kernel = step / 40 * SOBEL
    np.testing.assert_allclose(shown.values("kernel"), kernel, atol=0.0051)
    x = F.pad(torch.from_numpy(IMAGE)[None, None], (1, 1, 1, 1), mode="replicate")
    y, wanted = (
        F.conv2d(x, torch.from_numpy(k)[None, None])[0, 0].numpy() for k in (kernel, SOBEL / 1.0)
    )
    colors = colormaps["RdBu_r"]((y / np.abs(wanted).max() + 1) / 2)[..., :3] * 255
    assert np.abs(shown.pixels("output") - colors).max() <= 8
    assert shown.text("sum").startswith(
        f"step {step}: loss {10.0 ** (-6 * step / 40):.2e}"[:18].replace("-", "−")
    )
    assert shown.root.locator(".cnn-slider output").last.text_content() == f"{step} of 40"


def test_the_kernel_its_output_and_the_loss_belong_to_the_step(notebook, shown):
    assert_step(shown, 8)
    np.testing.assert_allclose(shown.values("kernel", 1), SOBEL)
    notebook.execute("l.step = 40")
    shown.settle()
    assert_step(shown, 40)
    assert (shown.pixels("output", 0) == shown.pixels("output", 1)).all()


def test_dragging_the_slider_redraws_in_the_next_frame_and_is_sent_once(lab, notebook, shown):
    box = shown.slider("training step").bounding_box()
    middle = box["y"] + box["height"] / 2
    lab.page.mouse.move(box["x"] + 0.2 * box["width"], middle)
    lab.page.mouse.down()
    shown.settle()
    shown.watch_node(shown.canvas("output"))
    lab.reset_messages()
    for share in (0.3, 0.5, 0.7, 0.9):
        lab.page.mouse.move(box["x"] + share * box["width"], middle)
        shown.settle()  # else the second frame of one move may be the first of the next
    moves = shown.moves()
    assert lab.messages() == []
    # each has its picture by the second frame
    assert len({move["frames"][1] for move in moves}) == 4
    lab.page.mouse.up()
    assert lab.messages() == ["shell:comm_msg"]
    step = int(shown.slider("training step").input_value())
    assert 34 <= step <= 38
    notebook.wait_value("l.step", step)
    assert_step(shown, step)


def test_keys_go_step_by_step_and_to_both_ends(notebook, shown):
    shown.slider("training step").focus()
    shown.press("ArrowRight", "ArrowRight", "ArrowLeft")
    notebook.wait_value("l.step", 9)
    assert_step(shown, 9)
    shown.press("End")
    notebook.wait_value("l.step", 40)
    assert_step(shown, 40)
    shown.press("Home")
    notebook.wait_value("l.step", 0)
    shown.press("r")
    notebook.wait_value("l.step", 8)


def test_play_runs_to_the_end_and_stops_there(lab, notebook, shown):
    shown.slide("speed", "End")
    shown.slide("training step", "End", *["ArrowLeft"] * 5)
    notebook.wait_value("l.step", 35)
    lab.reset_messages()
    shown.button("Play or pause (Space)")
    shown.root.get_by_text("▶ play").wait_for()
    assert lab.messages() == ["shell:comm_msg"]
    notebook.wait_value("l.step", 40)
    assert_step(shown, 40)


def test_space_starts_and_pauses(lab, notebook, shown):
    shown.slider("training step").focus()
    shown.press("Home")
    shown.button("Play or pause (Space)")
    shown.root.get_by_text(re.compile(r"^step ([2-9]|[1-3]\d):")).wait_for()
    shown.press("Space")
    shown.settle()
    stays = shown.text("sum")
    shown.settle(40)
    assert shown.text("sum") == stays
    assert shown.root.get_by_text("▶ play").is_visible()


@pytest.mark.parametrize("setting", ["step = 41", "losses = [1.0, 2.0]", "target = [[1.0]]"])
def test_what_does_not_belong_together_is_a_value_error_and_changes_nothing(
    notebook, shown, setting
):
    said = notebook.execute(
        f"try:\n    l.{setting}\nexcept ValueError as error:\n    print('refused:', error)"
    )
    assert said.startswith("refused: LearnedKernel")
    assert_step(shown, 8)
