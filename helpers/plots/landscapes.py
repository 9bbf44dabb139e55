"""Loss surfaces as contours side by side, and cuts through them, on one scale."""

from itertools import product

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import BoundaryNorm
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from .axes import logarithmic, short, with_grid
from .curves import LINES
from .figure import INK, Figure, add_axes, as_array, in_course_style, number

MOST = 3  # side by side
BEYOND = "#fff7bc"  # above the scale: lighter than viridis
WIDTHS = {1: 3.6, 2: 3.3, 3: 2.45}  # inches of a square


@in_course_style
def show_landscapes(landscapes, top=None, alt=None):
    """Contours of one to three loss surfaces side by side, with the same levels and colours.

    `landscapes`: dict name → `Landscape`, or what has `.losses` (H, W) and `.axis` (H,) = (W,); or
    a plain array (H, W), drawn from −1 to 1. `top`: what lies above is drawn as beyond the
    scale. Levels are at 1, 2, 5, 10, …, at powers of ten if they span many; evenly spaced if some
    loss is not positive. A cross marks the centre. inf is drawn as beyond the scale, nan left
    open and hatched. Raises ValueError for no or more than three landscapes, other shapes, and no
    finite loss at all.
    """
    if not isinstance(landscapes, dict):
        landscapes = {"": landscapes}
    if not 1 <= len(landscapes) <= MOST:
        raise ValueError(
            f"show_landscapes: 1 to {MOST} landscapes fit side by side, {len(landscapes)} were "
            f"given. Choose some."
        )
    known = {name: _read(landscape, name) for name, landscape in landscapes.items()}
    levels = _levels([losses for losses, _ in known.values()], top)
    norm = BoundaryNorm(levels, 256, extend="max")
    cmap = colormaps["viridis"].with_extremes(over=BEYOND)
    side = WIDTHS[len(known)]
    figure = Figure(figsize=(1.7 + (side + 0.35) * len(known), side + 1.0))
    for n, (name, (losses, axis)) in enumerate(known.items()):
        axes = add_axes(figure, 0.7 + n * (side + 0.35), 0.3, side, side)
        filled = _contours(axes, losses, axis, levels, norm, cmap)
        axes.set_title(name, loc="left")
        axes.set_xlabel("direction 1")
        if n == 0:
            axes.set_ylabel("direction 2")
        else:
            axes.set_yticklabels([])
    left = 0.7 + len(known) * (side + 0.35) - 0.15
    bar = figure.colorbar(filled, cax=add_axes(figure, left, 0.3, 0.16, side), ticks=levels)
    bar.ax.yaxis.set_major_formatter(lambda value, _: number(value, 6))
    bar.set_label("loss")
    figure.alt = alt or " ".join(_in_words(name, *of) for name, of in known.items())
    return figure


@in_course_style
def show_cuts(cuts, xlabel="", alt=None):
    """Losses along lines, in one plot: name → `LossCut`, or what has `.losses` and `.axis`.

    The loss axis is logarithmic if all losses are positive. A curve ends where the loss exploded or
    was not computed. Raises ValueError for no or more than eight cuts, and no finite loss at all.
    """
    if not 0 < len(cuts) <= len(LINES):
        raise ValueError(
            f"show_cuts: 1 to {len(LINES)} curves can be told apart, {len(cuts)} were given."
        )
    finite = [_finite(cut.losses) for cut in cuts.values()]
    values = _some(np.concatenate(finite), "show_cuts")
    figure = Figure(figsize=(8.6, 3.4))
    axes = add_axes(figure, 0.75, 0.35, 7.0, 2.6)
    for (name, cut), (colour, style) in zip(cuts.items(), LINES):
        y = np.where(np.isfinite(cut.losses), cut.losses, np.nan)
        axes.plot(cut.axis, y, style, color=colour, linewidth=2, label=name or None)
    axes.set(xlabel=xlabel or "step along the direction", ylabel="loss")
    axes.margins(x=0)
    if values.min() > 0 and values.max() > 1.5 * values.min():
        logarithmic(axes, values)
    else:
        axes.yaxis.set_major_formatter(lambda value, _: number(value, 6))
    with_grid(axes)
    if any(cuts):
        place = {"loc": "lower left", "bbox_to_anchor": (0, 1), "borderaxespad": 0.2}
        axes.legend(ncols=4, frameon=False, **place)
    figure.alt = alt or " ".join(
        f"{name or 'Loss'} along a line from {number(cut.axis[0])} to {number(cut.axis[-1])}: from "
        f"{short(of.min())} to {short(of.max())}."
        for (name, cut), of in zip(cuts.items(), finite)
        if of.size
    )
    return figure


def _read(landscape, name):
    losses = as_array(getattr(landscape, "losses", landscape)).astype(float)
    if losses.ndim != 2 or min(losses.shape) < 2:
        raise ValueError(
            f"show_landscapes: {name!r} has the shape {losses.shape}, but a surface is (H, W), at "
            f"least 2×2. Take the one of loss_surface."
        )
    axis = getattr(landscape, "axis", None)
    axes = [np.linspace(-1, 1, n) if axis is None else as_array(axis) for n in losses.shape]
    if tuple(map(len, axes)) != losses.shape:
        raise ValueError(
            f"show_landscapes: {name!r} has {losses.shape[0]}×{losses.shape[1]} losses, but its axis "
            f"has {len(axes[0])} places. They must be equally many along both directions."
        )
    return losses, axes


def _levels(surfaces, top):
    """Bounds of the colours, from below the lowest loss to the highest, or to `top`."""
    values = _some(np.concatenate([_finite(losses) for losses in surfaces]), "show_landscapes")
    low, high = values.min(), values.max() if top is None else min(top, values.max())
    if top is not None and top <= low:
        raise ValueError(
            f"show_landscapes: top={top:g} is not above the lowest loss, {low:.3g}. Use a larger "
            f"one."
        )
    if low <= 0 or high < 2 * low:
        return MaxNLocator(9).tick_values(low, high if high > low else low + 1)
    decades = np.log10(high / low)
    steps = (1, 2, 5) if decades < 3.2 else (1, 3) if decades < 5.2 else (1,)
    powers = range(int(np.floor(np.log10(low))) - 1, int(np.ceil(np.log10(high))) + 1)
    levels = np.array([step * 10.0**power for power, step in product(powers, steps)])
    first = np.flatnonzero(levels <= low)[-1]
    last = np.flatnonzero(levels >= high * (1 - 1e-9))
    return levels[first : (last[0] if last.size else len(levels)) + 1]


def _contours(axes, losses, axis, levels, norm, cmap):
    rows, columns = axis
    axes.set_facecolor("white")
    missing = np.isnan(losses)
    shown = np.where(np.isinf(losses), 1e3 * max(levels[-1], 1), losses)  # beyond the scale
    shown = np.ma.masked_where(missing, shown)
    filled = axes.contourf(columns, rows, shown, levels, norm=norm, cmap=cmap, extend="max")
    axes.contour(columns, rows, shown, levels, colors="white", linewidths=0.6, alpha=0.7)
    if missing.any():
        box = (columns[0], rows[0]), np.ptp(columns), np.ptp(rows)
        colours = {"facecolor": "#eeeeee", "edgecolor": "#bbbbbb"}
        axes.add_patch(Rectangle(*box, hatch="///", zorder=0, **colours))
    middle = rows[len(rows) // 2], columns[len(columns) // 2]
    axes.plot(*middle[::-1], "+", color="white", markersize=11, markeredgewidth=3.5)
    axes.plot(*middle[::-1], "+", color=INK, markersize=10, markeredgewidth=1.6)
    axes.set(aspect="equal", xlim=(columns[0], columns[-1]), ylim=(rows[0], rows[-1]))
    for along in (axes.xaxis, axes.yaxis):
        along.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
        along.set_major_formatter(lambda value, _: number(value))
    return filled


def _in_words(name, losses, axis):
    rows, columns = losses.shape
    finite = _finite(losses)
    text = f"{name or 'Loss'}: {rows}×{columns} losses"
    if finite.size:
        text += f" from {short(finite.min())} to {short(finite.max())}"
        centre = losses[rows // 2, columns // 2]
        text += f", {short(centre)} at the centre" if np.isfinite(centre) else ""
    gone, missing = int(np.isinf(losses).sum()), int(np.isnan(losses).sum())
    text += f", {gone} beyond all numbers" if gone else ""
    return text + (f", {missing} not computed." if missing else ".")


def _finite(losses):
    losses = as_array(losses).astype(float)
    return losses[np.isfinite(losses)]


def _some(values, caller):
    if not values.size:
        raise ValueError(
            f"{caller}: no finite loss is known, so there is nothing to draw. Let it compute for "
            f"longer, or use a smaller reach."
        )
    return values
