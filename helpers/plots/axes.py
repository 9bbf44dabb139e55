"""What the charts of curves share: a grid, ticks of logarithmic axes, numbers in words."""

from matplotlib.ticker import AutoLocator, LogLocator, NullFormatter

from .figure import number


def with_grid(axes):
    """Two sides and a light grid, behind what is drawn."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#dddddd", linewidth=0.7)
    axes.set_axisbelow(True)


def logarithmic(axes, values):
    """A logarithmic y axis for these values, all of them above 0.

    Ticks at 1, 2, 5, 10, …; at powers of ten over many of them; else at round numbers.
    """
    ratio = max(values) / min(values)
    axes.set_yscale("log")
    subs = (1,) if ratio > 200 else (1, 2, 5)
    axes.yaxis.set_major_locator(LogLocator(subs=subs) if ratio > 5 else AutoLocator())
    axes.yaxis.set_major_formatter(lambda value, _: number(value, 6))
    axes.yaxis.set_minor_formatter(NullFormatter())


def short(value):
    """Three digits, for sentences: 0.0312, −1.5."""
    return f"{value:.3g}".replace("-", "−")
