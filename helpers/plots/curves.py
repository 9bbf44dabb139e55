"""Curves, with their names written at their ends."""

import numpy as np
from matplotlib.ticker import FixedLocator, LogLocator, MaxNLocator, NullFormatter, NullLocator

from .axes import with_grid
from .figure import INK, Figure, add_axes, as_array, in_course_style, number

# Okabe and Ito's colours that are dark enough for text, each with a line style of its own.
LINES = [
    ("#0068A3", "-"), ("#B34E00", "--"), ("#007A59", "-."), ("#A3427D", ":"), ("#1f1f1f", "-"),
    ("#8F5F00", "--"), ("#3A6EA5", "-."), ("#555555", ":"),
]


@in_course_style
def show_curves(
    curves, x=None, xlabel="", ylabel="", title="", log="", crossover=False, steps=False, alt=None
):
    """Curves with their names at their right ends.

    `curves`: dict name → y, or name → (n_runs, n_points): then the mean is drawn and a band from
    the lowest to the highest run. `x` is shared; without it the points are counted from 0. `log`
    is "", "x", "y" or "xy"; up to eight points on a logarithmic x axis are its ticks. `crossover`
    marks where two curves cross for the last time. `steps`: a value holds for its x, and the next
    one follows with a jump. Whole x have whole ticks. Raises ValueError for lengths that don't
    agree, and for values ≤ 0 on a logarithmic axis.
    """
    runs = {name: np.atleast_2d(as_array(y).astype(float)) for name, y in curves.items()}
    if not 0 < len(runs) <= len(LINES):
        raise ValueError(f"show_curves: 1 to {len(LINES)} curves can be told apart, "
                         f"{len(runs)} were given.")
    x = np.arange(max(y.shape[1] for y in runs.values())) if x is None else as_array(x)
    _check(runs, x, log, crossover)
    figure = Figure(figsize=(8.6, 3.9))
    axes = add_axes(figure, 0.7, 0.34, 6.1, 3.0)
    axes.set(xlabel=xlabel, ylabel=ylabel, xscale="log" if "x" in log else "linear",
             yscale="log" if "y" in log else "linear")
    axes.set_title(title, loc="left")
    for (name, y), (colour, style) in zip(runs.items(), LINES):
        mean = y.mean(axis=0)
        at = x[: len(mean)]
        how = "steps-mid" if steps else "default"
        axes.plot(at, mean, color=colour, linestyle=style, linewidth=2, drawstyle=how)
        if len(y) > 1:
            axes.fill_between(at, y.min(axis=0), y.max(axis=0), color=colour, alpha=0.18, lw=0)
    with_grid(axes)
    axes.margins(x=0)
    if "x" in log:
        _ticks_of_log_axis(axes.xaxis, x)
    elif np.array_equal(x, np.round(x)):
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    means = {name: y.mean(axis=0) for name, y in runs.items()}
    _names_at_ends(axes, means, x)
    sentence = _mark_crossover(axes, means, x, log) if crossover else ""
    ends = [f"{name} goes from {number(y[0])} to {number(y[-1])}" for name, y in means.items()]
    figure.alt = alt or (
        f"{title or ylabel or 'Curves'}{f' against {xlabel}' if xlabel else ''}: "
        f"{'; '.join(ends)}.{sentence}"
    )
    return figure


def _ticks_of_log_axis(axis, x):
    """At the points themselves if they are few and have room; else at 1, 2, 5, 10, …"""
    gaps = np.diff(np.log(np.sort(x)))
    if len(x) <= 8 and (gaps >= 0.05 * gaps.sum()).all():
        axis.set_major_locator(FixedLocator(x))
        axis.set_minor_locator(NullLocator())
    else:
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_minor_formatter(NullFormatter())
    axis.set_major_formatter(lambda value, _: number(value))


def _check(runs, x, log, crossover):
    if log not in ("", "x", "y", "xy"):
        raise ValueError(f'show_curves: log={log!r} is unknown. Use "", "x", "y" or "xy".')
    if crossover and len(runs) != 2:
        raise ValueError(f"show_curves: a crossover needs two curves, {len(runs)} were given.")
    for name, y in runs.items():
        if y.ndim != 2 or not 0 < y.shape[1] <= x.size:
            raise ValueError(f"show_curves: {name!r} has the shape {y.shape}, but x has {x.size} "
                             "points. A curve is (n_points,) or (n_runs, n_points).")
        if "y" in log and not (y > 0).all():
            raise ValueError(f"show_curves: {name!r} has values ≤ 0, which have no logarithm. "
                             'Use log="" or log="x".')
    if "x" in log and not (x > 0).all():
        raise ValueError('show_curves: x has values ≤ 0, which have no logarithm. Use log="y".')


def _names_at_ends(axes, means, x):
    """Names right of the last points, pushed apart until none overlaps its neighbour."""
    axes.autoscale_view()
    to_pixels, height = axes.transData, 15 / 72 * axes.figure.dpi
    order = sorted(means, key=lambda name: means[name][-1])
    ends = [to_pixels.transform((x[len(means[name]) - 1], means[name][-1]))[1] for name in order]
    places = list(ends)
    for _ in range(200):
        for low in range(len(places) - 1):
            lack = height - (places[low + 1] - places[low])
            if lack > 0.01:
                places[low] -= lack / 2
                places[low + 1] += lack / 2
    to_axes = axes.transAxes.inverted()
    styles = dict(zip(means, LINES))
    for name, place in zip(order, places):
        at = (1.015, to_axes.transform((0, place))[1])
        axes.text(*at, name, transform=axes.transAxes, color=styles[name][0], va="center")


def _mark_crossover(axes, means, x, log):
    """Mark the last crossing, found on the straight lines between the points as drawn."""
    (first, a), (second, b) = means.items()
    n = min(len(a), len(b))
    a, b = (np.log(v[:n]) if "y" in log else v[:n] for v in (a, b))
    at = np.log(x[:n]) if "x" in log else np.asarray(x[:n], dtype=float)
    crossings = np.flatnonzero(np.sign(a[1:] - b[1:]) * np.sign(a[:-1] - b[:-1]) <= 0)
    if not crossings.size:
        return f" {first} and {second} do not cross."
    k = crossings[-1]
    gap, next_gap = a[k] - b[k], a[k + 1] - b[k + 1]
    t = gap / (gap - next_gap) if gap != next_gap else 0
    where, value = at[k] + t * (at[k + 1] - at[k]), a[k] + t * (a[k + 1] - a[k])
    where = np.exp(where) if "x" in log else where
    value = np.exp(value) if "y" in log else value
    axes.axvline(where, color=INK, linewidth=1, linestyle=(0, (2, 2)))
    axes.plot([where], [value], "o", color=INK, markersize=6)
    text = f"{where:.2g}" if abs(where) < 10 else f"{where:.0f}"
    right = axes.transAxes.inverted().transform(axes.transData.transform((where, value)))[0] > 0.7
    axes.annotate(f"equal at {text}", (where, 1), xycoords=("data", "axes fraction"), va="top",
                  xytext=(-6 if right else 6, -2), textcoords="offset points",
                  ha="right" if right else "left")
    return f" {first} and {second} cross at {text}."
