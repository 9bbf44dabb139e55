"""The picture of a `History`: losses on the left, accuracy on the right."""

from helpers.plots.axes import logarithmic, short
from helpers.plots.curves import LINES
from helpers.plots.figure import INK, Figure, in_course_style
from helpers.plots.histories import epoch_axes, epoch_line

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
    axes = epoch_axes(figure, 0, 3.35 if accuracies else 7.7, "loss", epochs or len(history))
    for style, (name, y) in zip(LINES, losses.items()):
        epoch_line(axes, y, name, style)
    values = history.loss + history.validation_loss
    if min(values) > 0 and len(values) > 1:
        logarithmic(axes, values)
    best = history.best_epoch
    if best:
        lowest = history.validation_loss[best - 1]
        _mark(axes, best, lowest, f"lowest in epoch {best}", 1)  # where loss curves leave room
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False, borderaxespad=0.2)
    if accuracies:
        right = epoch_axes(figure, 4.35, 3.35, "validation accuracy", epochs or len(history))
        epoch_line(right, accuracies, "validation", LINES[1])
        if best:
            there = accuracies[best - 1]
            _mark(right, best, there, f"{short(there)} in epoch {best}", 0)
    figure.alt = _in_words(losses, accuracies, best)
    return figure


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
    ends = [f"{name} from {short(y[0])} to {short(y[-1])}" for name, y in losses.items()]
    count = len(losses["training"])
    text = f"Loss over {count} epoch{'s' * (count != 1)}: {', '.join(ends)}"
    text += f", lowest in epoch {best}." if best else "."
    if accuracies:
        text += f" Validation accuracy from {short(accuracies[0])} to {short(accuracies[-1])}."
    return text
