"""The curve of a training grows in a real JupyterLab, while a widget of the notebook is used."""

import re

import pytest

from tests.browser.widgets import lab, run  # noqa: F401 - `lab` is a fixture

WIDGET = """\
import numpy as np
from helpers import LearnedKernel
steps = np.linspace(0, 1, 41)
l = LearnedKernel(kernels=steps[:, None, None] * np.eye(3), losses=10.0 ** -steps,
                  image=np.random.default_rng(0).random((32, 40)), step=8)
l"""
# After epochs 5 and 10 the training waits until the test has written a file.
TRAINING = """\
import time, torch
from pathlib import Path
from helpers import SmallMLP, fit
from helpers.training.progress import GrowingCurve
GrowingCurve.FIRST = GrowingCurve.WAIT = 0  # each epoch is drawn

def wait(epoch, model):
    while epoch in (5, 10) and not Path(f"after_{epoch}").exists():
        time.sleep(0.05)

x, y = torch.rand(60, 1, 8, 8, generator=torch.Generator().manual_seed(0)), torch.arange(60) % 10
history = fit(SmallMLP(), x, y, epochs=15, validation=(x, y), after_epoch=wait)
history"""
INTERRUPTED = """\
history = fit(SmallMLP(), x, y, epochs=50, after_epoch=lambda epoch, model:
              [time.sleep(0.05) for _ in range(1200 * (epoch == 4))])
history"""


@pytest.fixture(scope="module")
def notebook(lab):
    return lab.open_notebook([WIDGET, TRAINING, "history", INTERRUPTED, "history.interrupted"])


@pytest.fixture(scope="module")
def trained(lab, notebook):
    """The training has ended; (epochs in the picture, pictures, widget's step) seen during it."""
    shown = run(notebook, 0)
    notebook.start_cell(1)
    seen = []
    for epochs in (5, 10):
        picture(notebook, 1, epochs).wait_for()
        shown.slide("training step", "ArrowRight")
        pictures = notebook.output(1).locator("img").count()
        seen.append((epochs, pictures, shown.text("sum").split(":")[0]))
        (lab.server.root / f"after_{epochs}").touch()
    notebook.wait_idle()
    return seen


def picture(notebook, cell, epochs):
    return notebook.output(cell).get_by_role("img", name=re.compile(f"^Loss over {epochs} epochs"))


def test_the_curve_grows_while_the_training_runs_and_the_widget_is_used(trained):
    assert trained == [(5, 1, "step 9"), (10, 1, "step 10")]


def test_the_last_picture_is_complete_and_stands_there_once(lab, notebook, trained):
    last = picture(notebook, 1, 15)
    last.wait_for()
    notebook.show(1)
    width = last.evaluate("async image => { await image.decode(); return image.naturalWidth }")
    assert width > 1400  # two pixels for each of the page's
    assert notebook.output(1).locator("img").count() == 1
    text = notebook.output(1).inner_text()
    assert "15/15" in text and text.count("History: 15 epochs") == 1
    assert text.count("%|") == 1  # one bar, rewritten in place
    assert lab.console_errors == []
    lab.screenshot("growing_curve", notebook.cell(1))


def test_what_the_widget_sent_meanwhile_arrives(notebook, trained):
    notebook.wait_value("l.step", 10)


def test_the_history_shows_itself_in_the_next_cell(notebook, trained):
    notebook.run_cell(2)
    picture(notebook, 2, 15).wait_for()
    assert notebook.output(2).locator("img").count() == 1


def test_the_stop_button_leaves_the_curve_and_a_usable_history(lab, notebook, trained):
    notebook.start_cell(3)
    picture(notebook, 3, 4).wait_for()
    notebook.interrupt()
    notebook.wait_idle()
    notebook.output(3).get_by_text("History: 4 epochs").wait_for()
    text = notebook.output(3).inner_text()
    assert "interrupted" in text and "Traceback" not in text
    assert picture(notebook, 3, 4).count() == 1
    assert notebook.value("(history.interrupted, len(history))") == [True, 4]
    assert lab.console_errors == []
