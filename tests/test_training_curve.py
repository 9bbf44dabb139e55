"""What is seen of a training: the history's picture, and the curve that grows in a notebook."""

import io
import re
import subprocess
import sys
from contextlib import redirect_stdout
from types import SimpleNamespace

import IPython.display
import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from PIL import Image
from torch import nn

from helpers.plots import Figure
from helpers.training import History, fit
from helpers.training import history as history_module
from helpers.training import progress as progress_module
from helpers.training.curve import draw
from tests.random_settings import one_thread  # noqa: F401 (a fixture)

X = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
Y = np.arange(20) % 2
WHOLE = History([2.0, 1, 0.5, 0.2], [1.5, 0.9, 0.7, 0.8], [0.5, 0.75, 0.875, 0.9])

HISTORIES = {
    "with accuracy": WHOLE,
    "no accuracy": History([2.0, 1, 0.5], [2.5, 1.5, 1]),
    "no validation": History([2.0, 1, 0.5]),
    "one epoch": History([2.0]),
    "constant": History([1.0, 1.0], [1.0, 1.0], [1.0, 1.0]),
    "zero": History([1.0, 0.0], [1.0, 0.5]),
    "below zero": History([1.0, -3.0], [1.0, -2.5]),
    "five decades": History([1e3, 10, 1e-2], [1e3, 20, 5e-2], [0.1, 0.2, 0.3]),
    "a hundred epochs": History(list(np.geomspace(2, 1e-3, 100)), [0.5] * 100, [0.9] * 100),
}


def lines(axes):
    """{label: y values} of the curves."""
    named = (line for line in axes.lines if line.get_label()[0] != "_")
    return {line.get_label(): list(line.get_ydata()) for line in named}


@pytest.mark.parametrize("history", HISTORIES.values(), ids=list(HISTORIES))
def test_every_history_has_a_picture_that_fits_the_page(history):
    figure = history.plot()
    image = Image.open(io.BytesIO(figure.png()))
    assert isinstance(figure, Figure)
    assert 700 <= image.width / 2 <= 900 and image.height / 2 <= 400
    assert len(image.convert("RGB").getcolors(2**20)) > 20
    assert figure.alt.startswith(f"Loss over {len(history)} epoch")


def test_the_picture_shows_the_numbers_and_marks_the_best_epoch():
    left, right = WHOLE.plot().axes
    assert lines(left) == {"training": WHOLE.loss, "validation": WHOLE.validation_loss}
    assert lines(right) == {"validation": WHOLE.validation_accuracy}
    assert list(left.lines[0].get_xdata()) == [1, 2, 3, 4]
    points = [list(zip(*line.get_data())) for line in left.lines + right.lines]
    assert [(3, 0.7)] in points and [(3, 0.875)] in points
    assert left.texts[0].get_text() == "lowest in epoch 3"
    assert right.texts[0].get_text() == "0.875 in epoch 3"
    assert left.get_xlim() == right.get_xlim() == (1, 4)


@pytest.mark.parametrize(
    ("history", "scale"),
    [
        ("with accuracy", "log"),
        ("no validation", "log"),
        ("zero", "linear"),
        ("below zero", "linear"),
    ],
)
def test_the_axis_of_the_loss_is_logarithmic_if_all_losses_are_positive(history, scale):
    assert HISTORIES[history].plot().axes[0].get_yscale() == scale


def test_without_validation_there_is_one_curve_and_no_best_epoch():
    figure = HISTORIES["no validation"].plot()
    (axes,) = figure.axes
    assert lines(axes) == {"training": [2.0, 1, 0.5]} and not axes.texts
    assert HISTORIES["no validation"].best_epoch is None


def test_the_alt_text_says_what_the_picture_shows():
    assert WHOLE.plot().alt == (
        "Loss over 4 epochs: training from 2 to 0.2, validation from 1.5 to 0.8, lowest in epoch 3."
        " Validation accuracy from 0.5 to 0.9."
    )
    below_zero = "Loss over 2 epochs: training from 1 to −3, validation from 1 to −2.5, lowest in"
    assert HISTORIES["below zero"].plot().alt == f"{below_zero} epoch 2."


def test_a_growing_picture_leaves_room_for_the_epochs_to_come():
    left, right = draw(WHOLE, epochs=30).axes
    assert left.get_xlim() == right.get_xlim() == (1, 30)


def test_a_history_without_an_epoch_has_no_picture():
    with pytest.raises(ValueError, match="no epoch was finished"):
        History().plot()
    assert History()._repr_html_() == "<p>History: 0 epochs</p>"


def test_a_history_shows_its_picture_with_one_sentence():
    page = WHOLE._repr_html_()
    assert page.count("<img ") == 1 and 'alt="Loss over 4 epochs' in page
    assert page.endswith(
        "<p>History: 4 epochs, loss 0.2, validation loss 0.8, validation accuracy 0.9</p>"
    )


# -- the growing curve ---------------------------------------------------------------------------


class Notebook:
    """Stands for a notebook's kernel, with a clock that only drawing and training move on."""

    def __init__(self, monkeypatch, drawing=0.5):
        self.now, self.execution_count, self.kernel = 0.0, 7, object()
        self.pictures = []  # (time, figure)
        self.events = []
        monkeypatch.setattr(progress_module, "notebook_shell", lambda: self)
        monkeypatch.setattr(history_module, "notebook_shell", lambda: self)
        monkeypatch.setattr(progress_module, "perf_counter", lambda: self.now)
        monkeypatch.setattr(IPython.display, "display", self.display)
        self.drawing = drawing

    def display(self, content, raw, display_id):
        assert raw and display_id
        self.events.append(content["text/plain"])
        return SimpleNamespace(update=self.update)

    def update(self, figure):
        self.now += self.drawing
        self.pictures.append((self.now, figure))

    def train(self, epochs, seconds, **options):
        def after_epoch(epoch, model):
            self.now += seconds

        options.setdefault("after_epoch", after_epoch)
        with redirect_stdout(io.StringIO()) as self.out:
            return fit(nn.Linear(3, 2), X, Y, epochs=epochs, **options)


def epochs_in(figure):
    return len(lines(figure.axes[0])["training"])


def test_drawing_waits_ten_times_as_long_as_it_took(monkeypatch):
    notebook = Notebook(monkeypatch, drawing=0.5)
    history = notebook.train(epochs=100, seconds=0.25, validation=(X, Y))
    *growing, (_, last) = notebook.pictures
    starts = [time - 0.5 for time, _ in growing]
    assert starts[0] == 1.0  # the first after a second; then 5 s after the end of the one before
    assert [b - a for a, b in zip(starts, starts[1:])] == [5.5] * (len(starts) - 1)
    # 100 epochs of 0.25 s: at 1 s four epochs are done and the fifth draws; then every twentieth
    assert [epochs_in(figure) for _, figure in growing] == [5, 25, 45, 65, 85]
    assert epochs_in(last) == 100
    assert lines(last.axes[0]) == {"training": history.loss, "validation": history.validation_loss}


def test_the_curve_stands_above_the_bar_and_its_axis_ends_with_the_training(monkeypatch):
    notebook = Notebook(monkeypatch)
    notebook.train(
        epochs=50, seconds=0.5, after_epoch=lambda epoch, model: setattr(notebook, "now", epoch)
        or epoch == 6
    )  # fmt: skip
    assert notebook.events == ["The curve will grow here."]
    assert "6/50" in notebook.out.getvalue()
    assert notebook.pictures[0][1].axes[0].get_xlim() == (1, 50)
    assert notebook.pictures[-1][1].axes[0].get_xlim() == (1, 6)


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_interrupt_or_an_error_leaves_the_curve_of_the_finished_epochs(monkeypatch, error):
    notebook = Notebook(monkeypatch)

    def stop(epoch, model):
        if epoch == 3:
            raise error

    if error is KeyboardInterrupt:
        assert notebook.train(epochs=9, seconds=0, after_epoch=stop).interrupted
    else:
        with pytest.raises(RuntimeError):
            notebook.train(epochs=9, seconds=0, after_epoch=stop)
    assert [epochs_in(figure) for _, figure in notebook.pictures] == [3]


def test_an_interrupt_before_the_first_epoch_draws_nothing(monkeypatch):
    notebook = Notebook(monkeypatch)

    def loss(scores, y):
        raise KeyboardInterrupt

    assert len(notebook.train(epochs=9, seconds=0, loss=loss)) == 0
    assert notebook.pictures == [] and len(notebook.events) == 1


def test_the_same_picture_does_not_stand_twice_under_one_cell(monkeypatch):
    notebook = Notebook(monkeypatch)
    history = notebook.train(epochs=2, seconds=0)
    assert history._repr_html_() == f"<p>{history!r}</p>"
    notebook.execution_count = 8
    assert "<img " in history._repr_html_()


def test_a_history_without_a_growing_curve_shows_its_picture_in_the_same_cell(monkeypatch):
    notebook = Notebook(monkeypatch)
    history = notebook.train(epochs=2, seconds=0, progress=False)
    assert notebook.events == notebook.pictures == [] and notebook.out.getvalue() == ""
    assert "<img " in history._repr_html_()


def in_a_process(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_plain_python_shows_the_bar_only_and_loads_neither_ipython_nor_matplotlib():
    said = in_a_process(
        "import sys, torch\n"
        "from helpers.training import fit\n"
        "fit(torch.nn.Linear(2, 2), torch.rand(8, 2), [0, 1] * 4, epochs=3)\n"
        "print('loaded:', {'IPython', 'matplotlib'} & set(sys.modules))"
    )
    assert "3/3" in said and "loaded: set()" in said and "will grow" not in said


def test_ipython_in_a_terminal_shows_the_bar_only():
    said = in_a_process(
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance()\n"
        "shell.run_cell('import torch; from helpers.training import fit')\n"
        "shell.run_cell('fit(torch.nn.Linear(2, 2), torch.rand(8, 2), [0, 1] * 4, epochs=3);')"
    )
    assert "3/3" in said and "will grow" not in said


def test_a_notebook_run_without_a_front_end_holds_the_complete_picture_once():
    cells = [
        "import torch\n"
        "from torch import nn\n"
        "from helpers.training import fit\n"
        "fit(nn.Linear(2, 2), torch.rand(8, 2), [0, 1] * 4, epochs=3)",
        "history = _\nhistory",
        "fit(nn.Linear(2, 2), torch.rand(8, 2), [0, 1] * 4, progress=False, epochs=2)",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    curve, *bar, result = notebook.cells[0].outputs
    assert curve.output_type == "display_data" and "3 epochs" in curve.data["text/plain"]
    assert 'alt="Loss over 3 epochs' in curve.data["text/html"]
    assert {part.name for part in bar} == {"stdout"} and "3/3" in bar[-2].text
    assert result.data["text/html"].startswith("<p>History: 3 epochs")
    assert re.match("History: 3 epochs, loss [0-9.]+$", result.data["text/plain"])
    (again,) = notebook.cells[1].outputs
    assert 'alt="Loss over 3 epochs' in again.data["text/html"]
    (quiet,) = notebook.cells[2].outputs
    assert 'alt="Loss over 2 epochs' in quiet.data["text/html"]
