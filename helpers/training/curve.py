"""The picture of a `History`: losses on the left, accuracy on the right."""

import numpy as np
from matplotlib.ticker import AutoLocator, LogLocator, MaxNLocator, NullFormatter

from helpers.plots.curves import LINES
from helpers.plots.figure import INK, Figure, add_axes, in_course_style, number

NAMES = ("training", "validation")


@in_course_style
def draw(history, epochs=None):
    """The figure of a history; its axis reaches to `epochs`, to leave room for those to come."""
    if not len(history):
        raise ValueError(
            "History.plot: no epoch was finished, so there is nothing to draw. Train for longer."
        )
    losses = {n: y for n, y in zip(NAMES, (history.loss, history.validation_loss)) if y}
    accuracies = history.validation_accuracy
    figure = Figure(figsize=(8.6, 3.0))
    axes = _axes(figure, 0, 3.35 if accuracies else 7.7, "loss", epochs or len(history))
    for style, (name, y) in zip(LINES, losses.items()):
        _line(axes, y, name, style)
    values = history.loss + history.validation_loss
    if min(values) > 0 and len(values) > 1:
        _logarithmic(axes, values)
    best = history.best_epoch
    if best:
        lowest = history.validation_loss[best - 1]
        _mark(axes, best, lowest, f"lowest in epoch {best}", 1)  # where loss curves leave room
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False, borderaxespad=0.2)
    if accuracies:
        right = _axes(figure, 4.35, 3.35, "validation accuracy", epochs or len(history))
        _line(right, accuracies, "validation", LINES[1])
        if best:
            there = accuracies[best - 1]
            _mark(right, best, there, f"{_short(there)} in epoch {best}", 0)
    figure.alt = _in_words(losses, accuracies, best)
    return figure


def _axes(figure, left, width, ylabel, epochs):
    axes = add_axes(figure, 0.75 + left, 0.35, width, 2.2)
    axes.set(xlabel="epoch", ylabel=ylabel, xlim=(1, max(2, epochs)))
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#dddddd", linewidth=0.7)
    axes.set_axisbelow(True)
    return axes


def _line(axes, y, name, style):
    colour, dashes = style
    dots = "o" if len(y) <= 12 else ""  # a single epoch makes no line
    epochs = np.arange(1, len(y) + 1)
    axes.plot(epochs, y, dashes, color=colour, linewidth=2, label=name, marker=dots, markersize=4,
              clip_on=False)  # fmt: skip


def _logarithmic(axes, values):
    """Ticks at 1, 2, 5, 10, …; at powers of ten over many of them; else at round numbers."""
    ratio = max(values) / min(values)
    axes.set_yscale("log")
    subs = (1,) if ratio > 200 else (1, 2, 5)
    axes.yaxis.set_major_locator(LogLocator(subs=subs) if ratio > 5 else AutoLocator())
    axes.yaxis.set_major_formatter(lambda value, _: number(value, 6))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _mark(axes, epoch, value, text, height):
    """A point, a line through it, and a text beside that line at the top (1) or bottom (0)."""
    axes.axvline(epoch, color=INK, linewidth=1, linestyle=(0, (2, 2)))
    axes.plot([epoch], [value], "o", color=INK, markersize=6, clip_on=False)
    on_the_left = epoch > sum(axes.get_xlim()) / 2
    axes.annotate(
        text, (epoch, height), xycoords=("data", "axes fraction"), fontsize=9,
        xytext=(-6 if on_the_left else 6, -2 if height else 4), textcoords="offset points",
        ha="right" if on_the_left else "left", va="top" if height else "bottom",
    )  # fmt: skip


def _in_words(losses, accuracies, best):
    ends = [f"{name} from {_short(y[0])} to {_short(y[-1])}" for name, y in losses.items()]
    count = len(losses["training"])
    text = f"Loss over {count} epoch{'s' * (count != 1)}: {', '.join(ends)}"
    text += f", lowest in epoch {best}." if best else "."
    if accuracies:
        text += f" Validation accuracy from {_short(accuracies[0])} to {_short(accuracies[-1])}."
    return text


def _short(value):
    return f"{value:.3g}".replace("-", "−")
