"""Masks over the map that they were found on, and a segmentation that is being learned."""

import numpy as np
from matplotlib.colors import ListedColormap

from .curves import LINES
from .figure import Figure, add_axes, as_array, in_course_style, number
from .grids import grid_of
from .histories import epoch_axes, epoch_line

HIT, ALARM = "#0068A3", "#E69F00"
WIDE = 4.3  # inches of a map


@in_course_style
def show_masks(masks, truth, field=None, columns=2, alt=None):
    """Masks (H, W) against the true one: filled where they say yes, the truth outlined in black.

    masks: dict name → mask of bool, or of 0 and 1. Blue, inside of the outline, is found; orange, outside, is a
    false alarm; what is empty inside is missed. field (H, W): drawn in grey below. North on top. Raises ValueError
    for masks of another shape, and for none.
    """
    truth = grid_of(truth, "show_masks", most=4096) > 0
    masks = {name: grid_of(mask, "show_masks", most=4096) > 0 for name, mask in masks.items()}
    wrong = {name: mask.shape for name, mask in masks.items() if mask.shape != truth.shape}
    if wrong or not masks:
        raise ValueError(f"show_masks: the truth has shape {truth.shape}, the masks {wrong or 'are none'}.")
    columns = min(columns, len(masks))
    rows = -(-len(masks) // columns)
    high = WIDE * truth.shape[0] / truth.shape[1]
    figure = Figure(figsize=(columns * (WIDE + 0.2), rows * (high + 0.35)))
    for n, (name, mask) in enumerate(masks.items()):
        left, top = (n % columns) * (WIDE + 0.2) + 0.05, (n // columns) * (high + 0.35) + 0.3
        axes = add_axes(figure, left, top, WIDE, high)
        _draw(axes, mask, truth, field, name)
    words = [f"{name}: {_counts(mask, truth)}" for name, mask in masks.items()]
    figure.alt = alt or f"Masks over the outline of the truth. {'; '.join(words)}."
    return figure


def _draw(axes, mask, truth, field, name):
    if field is not None:
        axes.imshow(as_array(field), cmap="Greys", alpha=0.45)
    codes = np.where(mask, np.where(truth, 1.0, 2.0), np.nan)
    axes.imshow(codes, cmap=ListedColormap([HIT, ALARM]), vmin=1, vmax=2, alpha=0.85)
    if truth.any() and not truth.all():
        _outline(axes, truth)
    axes.set_title(name, loc="left")
    axes.set(xticks=[], yticks=[])


def _outline(axes, truth):
    """The edges of the cells where the truth changes."""
    rows, columns = np.nonzero(truth[:, 1:] != truth[:, :-1])
    lines = [[(c + 0.5, r - 0.5), (c + 0.5, r + 0.5)] for r, c in zip(rows, columns)]
    rows, columns = np.nonzero(truth[1:] != truth[:-1])
    lines += [[(c - 0.5, r + 0.5), (c + 0.5, r + 0.5)] for r, c in zip(rows, columns)]
    x, y = np.array([[*ends, (np.nan, np.nan)] for ends in lines]).reshape(-1, 2).T
    axes.plot(x, y, color="black", linewidth=1.1, solid_capstyle="projecting")


def _counts(mask, truth):
    return (
        f"{(mask & truth).sum()} of {truth.sum()} cells found, {(mask & ~truth).sum()} false alarms"
    )


@in_course_style
def show_segmentation(loss, overlap, field, truth, mask, epochs=None):
    """What is seen while a segmentation is learned: loss and IoU against the epoch, and the mask by now.

    loss, overlap: a number for each epoch. field, truth, mask: (H, W), as for `show_masks`. epochs: how far the
    axes reach.
    """
    epochs = epochs or len(loss)
    figure = Figure(figsize=(9.6, 3.05))
    for left, label, y, style in ((0, "loss", loss, LINES[0]), (2.45, "IoU, new runs", overlap, LINES[2])):
        epoch_line(epoch_axes(figure, left, 1.7, label, epochs), y, label, style)
    figure.axes[1].set_ylim(0, 1)
    axes = add_axes(figure, 5.25, 0.4, WIDE, WIDE * truth.shape[0] / truth.shape[1])
    _draw(axes, mask, truth, field, f"after epoch {len(loss)}; outlined: the truth")
    figure.alt = (
        f"After epoch {len(loss)}: loss {number(loss[-1])}, IoU {number(overlap[-1])}; on the map "
        f"{_counts(mask, truth)}."
    )
    return figure
