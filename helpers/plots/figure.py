"""What all plots share: a figure with alt text, the colours of the course, a grid of cells.

Figures are made with `matplotlib.figure.Figure`, never with pyplot: JupyterLab handles widget
messages in a second thread, which would close pyplot's open figures in the middle of a cell.
"""

import base64
import colorsys
import functools
import html
import io
import struct

import matplotlib.figure
import matplotlib.style
import numpy as np
from matplotlib import colormaps
from matplotlib.colors import LinearSegmentedColormap, Normalize, to_rgb

# One colour per role, everywhere in the course (Okabe and Ito's palette).
COLOURS = {"input": "#0072B2", "kernel": "#E69F00", "output": "#009E73", "window": "#D55E00"}
# The same hues, dark enough for text on white (contrast ≥ 4.5).
TEXT_COLOURS = {"input": "#0068A3", "kernel": "#8F5F00", "output": "#007A59", "window": "#B34E00"}
INK = "#1f1f1f"
SIGNED = "RdBu_r"
DPI = 96  # one CSS pixel; the picture is drawn with twice as many
WIDTH = 9.2  # inches: 883 pixels, what JupyterLab shows on a laptop
STYLE = {
    "font.size": 10,
    "axes.edgecolor": "#666666",
    "axes.labelcolor": INK,
    "axes.titlesize": 10.5,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
}


class Figure(matplotlib.figure.Figure):
    """A matplotlib figure that JupyterLab shows with its alt text, sharp on any screen.

    `alt` describes the picture in a sentence: for screen readers, and wherever there is no HTML.
    """

    def __init__(self, *args, alt="", **kwargs):
        super().__init__(*args, dpi=DPI, facecolor="white", **kwargs)
        self.alt = alt

    def png(self):
        """The picture as PNG bytes, two pixels for each CSS pixel."""
        buffer = io.BytesIO()
        with matplotlib.style.context(["default", STYLE]):
            self.savefig(buffer, dpi=2 * DPI, bbox_inches="tight", pad_inches=0.12)
        return buffer.getvalue()

    def _repr_html_(self):
        png = self.png()
        width = struct.unpack(">I", png[16:20])[0] // 2  # the width stands in the PNG's header
        return (
            f'<img alt="{html.escape(self.alt)}" width="{width}" '
            'style="max-width:100%;height:auto;border-radius:6px" '
            f'src="data:image/png;base64,{base64.b64encode(png).decode()}">'
        )

    def __repr__(self):
        return self.alt or "A figure."


def in_course_style(function):
    """Draw in the course's style, whatever style the participant has chosen for other plots."""

    @functools.wraps(function)
    def styled(*args, **kwargs):
        with matplotlib.style.context(["default", STYLE]):
            return function(*args, **kwargs)

    return styled


def as_array(x):
    """NumPy array of an array, a list or a torch tensor (torch itself is not imported)."""
    return np.asarray(x.detach().cpu() if hasattr(x, "detach") else x)


def add_axes(figure, left, top, width, height):
    """Axes at a place given in inches from the figure's top left corner."""
    total_width, total_height = figure.get_size_inches()
    bottom = total_height - top - height
    place = (left / total_width, bottom / total_height)
    return figure.add_axes((*place, width / total_width, height / total_height))


def is_signed(values):
    """True when a finite value lies below zero."""
    values = np.asarray(values, dtype=float)
    return bool((values[np.isfinite(values)] < 0).any())


def value_range(values):
    """Smallest and largest finite value; (0, 1) when there is none."""
    values = np.asarray(values, dtype=float)
    values = values[np.isfinite(values)]
    return (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)


def colour_scale(values, role="input", signed=None, cmap=None):
    """Colour map and norm, the same as in the widgets.

    Signed values diverge from zero; the others run from white at zero to the colour of their role
    (cells with numbers), or through `cmap` (pictures and fields).
    """
    low, high = value_range(values)
    if is_signed(values) if signed is None else signed:
        reach = max(abs(low), abs(high)) or 1.0
        return colormaps[SIGNED], Normalize(-reach, reach)
    if cmap:
        return colormaps[cmap], Normalize(low, high if high > low else low + 1)
    tint = 0.25 + 0.75 * np.asarray(to_rgb(COLOURS[role]))
    low, high = min(low, 0), max(high, 0)  # a negative value, if called unsigned, is not cut off
    high = high if high > low else low + 1
    return LinearSegmentedColormap.from_list(role, ["white", tint]), Normalize(low, high)


def weight_colour(index, count):
    """A light colour for one of several weights, the same as in the widgets."""
    hue = (round(360 * index / max(count, 1)) + 35) % 360
    return colorsys.hls_to_rgb(hue / 360, 0.78 if index % 2 else 0.66, 0.75)


def number(value, digits=2):
    """A short decimal number, written as in the widgets: 3, −2, 0.06, 1.5e5."""
    size = abs(value)
    if not np.isfinite(value):
        return str(float(value))
    if size >= 1e5 or 0 < size < 0.5 * 10**-digits:
        mantissa, exponent = f"{value:.1e}".split("e")
        return f"{mantissa}e{int(exponent)}".replace("-", "−")
    text = f"{value:.{min(1, digits) if size >= 100 else digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text.replace("-", "−")


def luminance(rgb):
    """Relative luminance of an sRGB colour, 0 (black) to 1 (white), as WCAG 2 defines it."""
    rgb = np.asarray(rgb, dtype=float)[..., :3]
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return linear @ (0.2126, 0.7152, 0.0722)


def text_colour(rgb):
    """Black or white, whichever is easier to read on the colour."""
    return "black" if luminance(rgb) > 0.179 else "white"  # where both contrasts are 4.6


def draw_cells(axes, values, cmap, norm, *, blank=None, frame=None, shown=None):
    """Coloured cells with their numbers, where at least 6.5 points of text fit into a cell.

    `blank` marks cells to leave white and empty; `shown` are values to colour by, if others.
    """
    finite = np.isfinite(values)
    colours = cmap(norm(np.where(finite, values, 0) if shown is None else shown))
    colours[~finite] = (0.9, 0.9, 0.9, 1)
    if blank is not None:
        colours[blank] = 1
    axes.imshow(colours, interpolation="nearest", aspect="equal")
    rows, columns = values.shape
    axes.hlines(np.arange(1, rows) - 0.5, -0.5, columns - 0.5, color="#bbbbbb", linewidth=0.6)
    axes.vlines(np.arange(1, columns) - 0.5, -0.5, rows - 0.5, color="#bbbbbb", linewidth=0.6)
    axes.set(xticks=[], yticks=[], xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5))
    for spine in axes.spines.values():
        spine.set(color=frame or "#666666", linewidth=2.5 if frame else 0.8)
    reach = max(map(abs, value_range(values)))
    digits = 2 if reach < 10 else 1
    rounded = np.round(values, digits) if reach >= 1 else values  # 0, not 1.2e−7, next to a 2
    texts = {cell: number(rounded[cell], digits) for cell in np.ndindex(rows, columns)}
    box = axes.get_position()
    cell_points = 72 * axes.figure.get_size_inches()[0] * box.width / columns
    longest = max(map(len, texts.values()), default=1)
    size = min(11, 0.5 * cell_points, 0.92 * cell_points / (0.64 * longest))
    if size < 6.5:
        return
    for (row, column), text in texts.items():
        if blank is None or not blank[row, column]:
            colour = text_colour(colours[row, column])
            style = dict(ha="center", va="center", fontsize=size, color=colour)
            axes.text(column, row, text, **style)


def in_words(values):
    """Numbers for an alt text: all of them in a small grid, the range of a large one."""
    values = np.asarray(values, dtype=float)
    if values.ndim == 2 and values.size <= 30:
        return "; ".join(" ".join(number(value) for value in row) for row in values)
    low, high = value_range(values)
    return f"values from {number(low)} to {number(high)}"
