"""The patches that excite feature maps most, a row of them for each map."""

import numpy as np
from matplotlib.colors import Normalize

from .figure import INK, WIDTH, Figure, add_axes, colour_scale, in_course_style, number, value_range

HEADER = 0.3  # inches above a row, for its title
FOOTER = 0.24  # below, for the values
GAP = 0.1


@in_course_style
def show_patches(patches, height=0.92, alt=None):
    """Patches that excite feature maps most, the strongest first, above the values of their cells.

    patches: what `exciting_patches` returns, or a dict title → that, for a row each. All grey ones
    have one scale, from 0 to 1 if their pixels lie there, else from the smallest to the largest
    value. Hatched is what lies beyond the image. height: of a patch, in inches. Raises ValueError
    for patches with other than 1 or 3 channels, and if there is nothing to show.
    """
    rows = patches if isinstance(patches, dict) else {_title(patches): patches}
    if not rows:
        raise ValueError("show_patches: nothing to show. Use show_patches(exciting_patches(…)).")
    count = max(1, *map(len, rows.values()))
    side = min(height, (WIDTH + GAP) / count - GAP)
    heights = [HEADER + (side + FOOTER) * bool(len(row)) for row in rows.values()]
    total = sum(heights)
    figure = Figure(figsize=(max(count * (side + GAP) - GAP, 4), total))
    scale = _grey_scale(np.concatenate([row.patches.ravel() for row in rows.values()]))
    top = 0
    for (title, row), step in zip(rows.items(), heights):
        text = title if len(row) else f"{title}: fires nowhere"
        figure.text(0, 1 - (top + HEADER - 0.08) / total, text, fontsize=10, va="bottom")
        digits = 1 if len(row) and row.values[0] >= 10 else 2
        for n, (patch, value) in enumerate(zip(row.patches, row.values)):
            axes = add_axes(figure, n * (side + GAP), top + HEADER, side, side)
            _paint(axes, patch, scale)
            axes.set_xlabel(f"{value:.{digits}f}", fontsize=8.5, labelpad=2)
        top += step
    figure.alt = alt or ". ".join(f"{title}: {_in_words(row)}" for title, row in rows.items()) + "."
    return figure


def _title(patches):
    height, width = patches.patches.shape[2:]
    return f'layer "{patches.layer}", map {patches.channel}, patches of {height}×{width}'


def _grey_scale(pixels):
    low, high = value_range(pixels)
    cmap, norm = colour_scale(pixels, cmap="gray")
    return cmap, Normalize(0, 1) if 0 <= low and high <= 1 else norm


def _paint(axes, patch, scale):
    """One patch (C, h, w) in the middle of its axes; hatched where it is NaN."""
    channels, height, width = patch.shape
    if channels not in (1, 3):
        raise ValueError(
            f"show_patches: patches have 1 channel or 3, these have {channels}. Give "
            f"exciting_patches pictures to cut them from: shown=…"
        )
    beyond = np.isnan(patch).any(0)
    side = max(height, width)
    axes.set(xticks=[], yticks=[], facecolor="#e8e8e8")
    axes.patch.set(hatch="/////", edgecolor="#a8a8a8", linewidth=0)
    if channels == 1:
        cmap, norm = scale
        colours = cmap(norm(np.nan_to_num(patch[0])))
    else:
        colours = np.concatenate([np.nan_to_num(patch).clip(0, 1), np.ones((1, height, width))])
        colours = np.moveaxis(colours, 0, -1)
    colours[beyond, 3] = 0
    smooth = "nearest" if side <= 64 else "antialiased"
    axes.imshow(colours, interpolation=smooth)
    axes.set(xlim=(width / 2 - 0.5 - side / 2, width / 2 - 0.5 + side / 2))
    axes.set(ylim=(height / 2 - 0.5 + side / 2, height / 2 - 0.5 - side / 2))
    for spine in axes.spines.values():
        spine.set(color=INK, linewidth=0.6)


def _in_words(row):
    if not len(row):
        return "fires nowhere"
    height, width = row.patches.shape[2:]
    first, last = number(row.values[0]), number(row.values[-1])
    return f"{len(row)} patches of {height}×{width} pixels, values from {first} down to {last}"
