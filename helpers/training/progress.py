"""What is seen while a training runs: a bar of text, and in a notebook a curve that grows."""

import sys
from contextlib import contextmanager
from signal import SIGINT, signal
from threading import current_thread, main_thread
from time import perf_counter

import torch
from tqdm import tqdm

from helpers.training.history import notebook_shell


def progress_bar(total, unit, shown=True):
    """A bar of plain text on stdout: needs no ipywidgets, and is not red in a notebook."""
    return tqdm(total=total, unit=unit, disable=not shown, file=sys.stdout, ncols=100)


class GrowingCurve:
    """The history's picture under the cell, drawn anew while the history grows.

    Drawing takes at most about a tenth of the time: the first picture comes after a second, and
    after each it waits ten times as long as that one took. The last picture comes when the block
    is left, in whatever way. Outside a notebook nothing is shown. The picture is no pyplot figure
    and its messages are IPython's, so that neither widgets nor a missing front end disturb it.

    history: what has a length, the epochs so far. draw(history, epochs) -> a figure with room for
    all epochs; by default that of a `History`.
    """

    FIRST = 1.0  # seconds
    WAIT = 10  # times the drawing's own time

    def __init__(self, history, epochs, shown=True, draw=None):
        self.history, self.epochs, self.draw = history, epochs, draw or _picture
        self.shell = notebook_shell() if shown else None
        self.next_time = perf_counter() + self.FIRST

    def __enter__(self):
        if self.shell:
            from IPython.display import display

            # First the curve, then the bar: text is only rewritten in place where it is the last.
            text = "The curve will grow here."
            waiting = {"text/plain": text, "text/html": f"<em>{text}</em>"}
            self.handle = display(waiting, raw=True, display_id=True)
            self.history._drawn_in = self.shell.execution_count
        return self

    def __exit__(self, *error):
        if self.shell and len(self.history) > 0:
            self._draw(None)  # no room for epochs to come

    def update(self):
        """Draw if it is time for it."""
        if self.shell and perf_counter() >= self.next_time:
            self._draw(self.epochs)

    def _draw(self, epochs):
        start = perf_counter()
        with uninterrupted():  # the first picture loads matplotlib
            self.handle.update(self.draw(self.history, epochs))
        end = perf_counter()
        self.next_time = end + self.WAIT * (end - start)


def _picture(history, epochs):
    from helpers.training.curve import draw

    return draw(history, epochs)


@contextmanager
def uninterrupted():
    """Hold ■ back until the block is done: an import that is broken off stays broken.

    Python keeps what such an import has loaded so far, and the next one fails on it until the
    kernel is restarted.
    """
    if current_thread() is not main_thread():  # signals arrive in the main thread only
        yield
        return
    came = []
    before = signal(SIGINT, lambda *_: came.append(True))
    try:
        yield
    finally:
        signal(SIGINT, before)
        if came:
            raise KeyboardInterrupt


@contextmanager
def threads(count):
    """In this block PyTorch computes on `count` threads; None leaves the number as it is."""
    before = torch.get_num_threads()
    torch.set_num_threads(count or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def one_thread():
    """Small arrays gain nothing from a second thread, and wait for it when the machine is busy."""
    return threads(1)
