"""Bars in one or several panels, with a line to compare them with."""

from .curves import LINES
from .figure import INK, Figure, add_axes, in_course_style, number


@in_course_style
def show_bars(panels, whole=None, chance=None, ylabel="", top=1.0, alt=None):
    """Bars from 0 to `top`, a panel for each group, as wide as it has bars.

    panels: dict title → (dict name → value). whole: dict title → the value of the whole, a dashed
    line across that panel. chance: what guessing gives, a dotted line across all of them. Raises
    ValueError where there is nothing to draw.
    """
    if not panels or not all(panels.values()):
        raise ValueError("show_bars: there is nothing to draw. Give each panel at least one bar.")
    gap, room = 0.45, 7.9  # inches
    counts = {title: max(len(bars), 4) for title, bars in panels.items()}
    unit = (room - gap * (len(panels) - 1)) / sum(counts.values())
    figure = Figure(figsize=(9.2, 3.1))
    left, words = 0.75, []
    for n, (title, bars) in enumerate(panels.items()):
        axes = add_axes(figure, left, 0.34, unit * counts[title], 1.95)
        left += unit * counts[title] + gap
        values = list(bars.values())
        axes.bar(range(len(bars)), values, width=0.72, color=LINES[n % len(LINES)][0])
        axes.set(xlim=(-0.7, len(bars) - 0.3), ylim=(0, top))
        axes.set_xticks(range(len(bars)), bars, rotation=90)
        axes.set_title(title, loc="left")
        axes.spines[["top", "right"]].set_visible(False)
        if n:
            axes.set_yticklabels([])
        else:
            axes.set_ylabel(ylabel)
        text = f"{title}: {len(bars)} bars from {number(min(values))} to {number(max(values))}"
        if title in (whole or {}):
            axes.axhline(whole[title], color=INK, linewidth=1.4, linestyle="--", label="whole")
            text += f", the whole {number(whole[title])}"
        if chance is not None:
            axes.axhline(chance, color=INK, linewidth=1.4, linestyle=":", label="guessing")
        words.append(text)
    if whole or chance is not None:
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False,
                    borderaxespad=0.2)  # fmt: skip
    guess = "" if chance is None else f" Guessing: {number(chance)}."
    figure.alt = alt or f"{ylabel or 'Bars'}. {'; '.join(words)}.{guess}"
    return figure
