"""The curves of several trainings, in one picture."""

import numpy as np
from matplotlib.ticker import MaxNLocator

from .axes import logarithmic, short, with_grid
from .curves import LINES
from .figure import Figure, add_axes, in_course_style


@in_course_style
def show_histories(histories, epochs=None, styles=None):
    """The training loss and the validation accuracy of several trainings against the epoch.

    histories: dict name → `History`, each with at least one epoch. epochs: how far the axis
    reaches, to leave room for those to come. styles: dict name → (colour, dashes); by default each
    curve has its own. Without validation data in any of them there is one panel. Raises ValueError
    where there is nothing to draw, and for more curves than can be told apart.
    """
    styles = styles or dict(zip(histories, LINES))
    if not histories or not all(map(len, histories.values())):
        raise ValueError("show_histories: no epoch was finished, so there is nothing to draw.")
    if missing := [name for name in histories if name not in styles]:
        raise ValueError(
            f"show_histories: there is no style for {', '.join(missing)}; by default {len(LINES)} "
            f"curves can be told apart. Leave some out, or give styles for all {len(histories)}."
        )
    losses = {name: history.loss for name, history in histories.items()}
    accuracies = {n: h.validation_accuracy for n, h in histories.items() if h.validation_accuracy}
    epochs = epochs or max(map(len, losses.values()))
    figure = Figure(figsize=(9.2, 3.0))
    panels = {"training loss": losses} | ({"validation accuracy": accuracies} if accuracies else {})
    width = 3.0 if accuracies else 6.7
    for n, (label, curves) in enumerate(panels.items()):
        axes = epoch_axes(figure, 3.75 * n, width, label, epochs)
        for name, y in curves.items():
            epoch_line(axes, y, name, styles[name])
        values = [value for y in curves.values() for value in y]
        if curves is losses and min(values) > 0 and len(values) > 1:
            logarithmic(axes, values)
    handles = figure.axes[0].get_legend_handles_labels()
    axes.legend(*handles, loc="center left", bbox_to_anchor=(1.03, 0.5), frameon=False,
                handlelength=2.6)  # fmt: skip
    ends = [f"{name} from {short(y[0])} to {short(y[-1])}" for name, y in losses.items()]
    text = f"Training loss over up to {epochs} epochs: {', '.join(ends)}."
    if accuracies:
        ends = [f"{name} {short(y[-1])}" for name, y in accuracies.items()]
        text += f" Validation accuracy at the end: {', '.join(ends)}."
    figure.alt = text
    return figure


@in_course_style
def show_training(curves, epochs=None, whole=None):
    """Curves against the epoch, a panel for each, side by side.

    curves: dict label → a number for each epoch. epochs: how far the axes reach. whole: dict label → a value to compare
    with, a dashed line. Raises ValueError where no epoch was finished.
    """
    if not curves or not all(map(len, curves.values())):
        raise ValueError("show_training: no epoch was finished, so there is nothing to draw.")
    epochs = epochs or max(map(len, curves.values()))
    figure = Figure(figsize=(9.2, 3.0))
    for n, (label, y) in enumerate(curves.items()):
        axes = epoch_axes(figure, 4.5 * n, 3.5, label, epochs)
        epoch_line(axes, y, label, LINES[n])
        if label in (whole or {}):
            axes.axhline(whole[label], color=LINES[n][0], linewidth=1.2, linestyle="--")
        axes.set_ylim(bottom=0)
    ends = [f"{label} from {short(y[0])} to {short(y[-1])}" for label, y in curves.items()]
    done = max(map(len, curves.values()))
    figure.alt = f"Over {done} epoch{'s' * (done != 1)}: {', '.join(ends)}."
    return figure


def epoch_axes(figure, left, width, ylabel, epochs):
    """Axes over the epochs, `left` inches from the left of a figure 3 inches high."""
    axes = add_axes(figure, 0.75 + left, 0.35, width, 2.2)
    axes.set(xlabel="epoch", ylabel=ylabel, xlim=(1, max(2, epochs)))
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    with_grid(axes)
    return axes


def epoch_line(axes, y, name, style):
    """One curve, a number for each epoch; style: its colour and dashes."""
    colour, dashes = style
    dots = "o" if len(y) <= 12 else ""  # a single epoch makes no line
    epochs = np.arange(1, len(y) + 1)
    axes.plot(epochs, y, dashes, color=colour, linewidth=2, label=name, marker=dots, markersize=4,
              clip_on=False)  # fmt: skip
