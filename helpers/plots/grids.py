"""Grids of cells with numbers: inputs, kernels, weight matrices."""

import math

import numpy as np
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.patches import Rectangle

from .figure import (
    COLOURS,
    TEXT_COLOURS,
    WIDTH,
    Figure,
    add_axes,
    as_array,
    colour_scale,
    draw_cells,
    in_course_style,
    in_words,
    weight_colour,
)

MOST_NUMBERS = 16  # per side; more cannot be read from the last row
HEADER = 0.34  # inches above a grid, for its title


def grid_of(values, caller, most=MOST_NUMBERS):
    """The values as a 2-D float array, or an error that says how to get one."""
    values = as_array(values)
    if values.ndim != 2 or values.size == 0:
        raise ValueError(
            f"{caller}: a grid has two axes (H, W), but the shape given is {values.shape}. "
            "Choose one image and one channel, for example x[0, 0]."
        )
    if max(values.shape) > most:
        height, width = values.shape
        raise ValueError(
            f"{caller}: {height}×{width} numbers are too many to read; the limit is {most}×{most}. "
            f"Show a section, for example x[:{most}, :{most}], or the picture with show_images."
        )
    return values.astype(float)


@in_course_style
def show_numbers(
    x, title="", role="input", window=None, signed=None, colours=True, alt=None
):
    """A grid and its numbers, at most 16×16: white at zero, or diverging if a value is negative.

    `role` is "input", "kernel" or "output" and sets the colour. `window` = (row, column, height,
    width) outlines the cells under a kernel. `colours=False` leaves all cells white: nothing but
    the numbers tells what is there. Raises ValueError for another number of axes, for a
    larger grid and for a window that leaves the grid.
    """
    values = grid_of(x, "show_numbers")
    if role not in ("input", "kernel", "output"):
        raise ValueError(f"show_numbers: role={role!r} is unknown. Use input, kernel or output.")
    rows, columns = values.shape
    cell = min(0.5, 6.4 / max(rows, columns))
    figure = Figure(figsize=(max(columns * cell, 2), rows * cell + HEADER))
    axes = add_axes(figure, 0, HEADER, columns * cell, rows * cell)
    cmap, norm = colour_scale(values, role, signed)
    cmap = cmap if colours else ListedColormap(["white"])
    draw_cells(axes, values, cmap, norm, frame=COLOURS[role])
    axes.set_title(title, loc="left")
    where = _outline(axes, window, values.shape) if window is not None else ""
    what = title or role.capitalize()
    figure.alt = alt or f"{what}: a grid of {rows}×{columns} numbers, {in_words(values)}{where}."
    return figure


def _outline(axes, window, shape):
    row, column, height, width = window
    if row < 0 or column < 0 or row + height > shape[0] or column + width > shape[1]:
        raise ValueError(
            f"show_numbers: a window of {height}×{width} at row {row}, column {column} leaves the "
            f"grid of {shape[0]}×{shape[1]}. Its row can be 0 to {shape[0] - height}, its column "
            f"0 to {shape[1] - width}."
        )
    place = (column - 0.5, row - 0.5)
    style = dict(fill=False, edgecolor=COLOURS["window"], linewidth=3.5, zorder=3)
    axes.add_patch(Rectangle(place, width, height, **style))
    return f"; outlined is the window of {height}×{width} at row {row}, column {column}"


@in_course_style
def show_kernels(kernels, titles=None, columns=8, alt=None):
    """Many small kernels side by side, in one diverging scale centred on zero.

    `kernels`: a dict name → (kh, kw), a list, or an array (n, kh, kw) or (O, C, kh, kw), such as
    the weight of a Conv2d. At most 64 are shown. Raises ValueError for other shapes.
    """
    if isinstance(kernels, dict):
        titles, kernels = list(kernels), list(kernels.values())
    kernels = [as_array(kernel) for kernel in kernels]
    if kernels and all(kernel.ndim == 3 for kernel in kernels):  # (O, C, kh, kw), a row per filter
        channels = len(kernels[0])
        if channels > 1:
            columns = min(columns, channels)
            numbered = np.ndindex(len(kernels), channels)
            titles = [f"filter {o}, channel {c}" for o, c in numbered]
        kernels = [kernel for weight in kernels for kernel in weight]
    kernels = [grid_of(kernel, "show_kernels", most=32) for kernel in kernels]
    titles = [""] * len(kernels) if titles is None else list(titles)
    if not 0 < len(kernels) <= 64 or len(titles) != len(kernels):
        raise ValueError(
            f"show_kernels: {len(kernels)} kernels with {len(titles)} titles given; it shows 1 to "
            "64 kernels, each with its title if there are any. Show a part, such as weight[:8]."
        )
    columns = min(columns, len(kernels))
    gap = 0.22
    side = min(1.9, (WIDTH - gap * (columns - 1)) / columns)
    header = HEADER if any(titles) else gap
    rows = math.ceil(len(kernels) / columns)
    figure = Figure(figsize=(max(columns * (side + gap) - gap, 2), rows * (side + header)))
    cmap, norm = colour_scale(np.concatenate([k.ravel() for k in kernels]), signed=True)
    for index, (kernel, title) in enumerate(zip(kernels, titles)):
        row, column = divmod(index, columns)
        cell = side / max(kernel.shape)
        place = (column * (side + gap), row * (side + header) + header)
        axes = add_axes(figure, *place, kernel.shape[1] * cell, kernel.shape[0] * cell)
        draw_cells(axes, kernel, cmap, norm, frame=COLOURS["kernel"])
        axes.set_title(title, loc="left", fontsize=min(10, 72 * side / (0.62 * len(title) + 1)))
    names = [f"{titles[i] or i}: {in_words(kernel)}" for i, kernel in enumerate(kernels[:8])]
    shown = "" if len(kernels) <= 8 else " The first eight:"
    plural = "kernel" if len(kernels) == 1 else "kernels"
    figure.alt = alt or f"{len(kernels)} {plural}.{shown} {'. '.join(names)}."
    return figure


def count_free(matrix):
    """How many different numbers, apart from 0, a weight matrix holds: its free parameters."""
    matrix = as_array(matrix)
    return len(np.unique(matrix[matrix != 0]))


@in_course_style
def show_matrix(W, title="", equal_colours=False, alt=None):
    """The weight matrix of y = Wx: a column for each input, a row for each output, zeros blank.

    `equal_colours` gives equal entries one colour of their own, so that shared weights show as
    what they are; otherwise the colour tells the value. Raises ValueError if W isn't 2-D.
    """
    return _matrices({title: W}, equal_colours, alt, counts=False)


@in_course_style
def show_matrices(matrices, equal_colours=False, alt=None):
    """Up to four weight matrices side by side, each with its number of free parameters.

    `matrices`: dict title → W. Equal numbers count once and zeros not at all, so the matrix of a
    convolution counts as many parameters as its kernel. Raises ValueError as show_matrix.
    """
    if not 0 < len(matrices) <= 4:
        raise ValueError(f"show_matrices: it shows 1 to 4 matrices, {len(matrices)} were given.")
    return _matrices(matrices, equal_colours, alt, counts=True)


def _matrices(matrices, equal_colours, alt, counts):
    matrices = {title: grid_of(W, "show_matrix", most=128) for title, W in matrices.items()}
    gap, left, top = 0.62, 0.5, 0.56
    widest = max(W.shape[1] for W in matrices.values())
    tallest = max(W.shape[0] for W in matrices.values())
    room = (WIDTH - left - gap * (len(matrices) - 1)) / len(matrices)
    cell = min(0.5, room / widest, 5.2 / tallest)
    width = max(widest * cell, 1.6)
    total = left + len(matrices) * (width + gap) - gap
    figure = Figure(figsize=(total, top + tallest * cell + 0.4))
    described = []
    for index, (title, W) in enumerate(matrices.items()):
        rows, columns = W.shape
        place = (left + index * (width + gap), top)
        axes = add_axes(figure, *place, columns * cell, rows * cell)
        shown, scale = (_by_entry(W) if equal_colours else (None, colour_scale(W, "kernel")))
        draw_cells(axes, W, *scale, blank=W == 0, shown=shown)
        _label_inputs_and_outputs(axes, rows, columns, cell)
        figure.text(place[0] / total, 1, title, ha="left", va="top", fontsize=10.5, weight="bold")
        text = f"{title or 'Weight matrix'}: {rows}×{columns}, {np.count_nonzero(W)} non-zero"
        if counts:
            free = count_free(W)
            plural = "parameter" if free == 1 else "parameters"
            axes.set_xlabel(f"{free} {plural}", labelpad=6)
            text += f", {free} free {plural}"
        described.append(text)
    figure.alt = alt or f"The matrix W of y = Wx. {'. '.join(described)}."
    return figure


def _by_entry(W):
    """For each cell the rank of its entry, and colours that tell the ranks apart."""
    entries = np.unique(W[W != 0])
    palette = [weight_colour(n, len(entries)) for n in range(len(entries))] or ["white"]
    ranks = np.searchsorted(entries, W).clip(0, max(len(entries) - 1, 0))
    return ranks, (ListedColormap(palette), Normalize(0, max(len(palette) - 1, 1)))


def _label_inputs_and_outputs(axes, rows, columns, cell):
    blue, green = TEXT_COLOURS["input"], TEXT_COLOURS["output"]
    if cell >= 0.26:  # room for x₀ x₁ …
        axes.tick_params(length=0, labeltop=True, labelbottom=False)
        axes.set_xticks(range(columns), [f"$x_{{{i}}}$" for i in range(columns)], color=blue)
        axes.set_yticks(range(rows), [f"$y_{{{i}}}$" for i in range(rows)], color=green)
        return
    style = dict(transform=axes.transAxes, va="bottom", fontsize=10)
    axes.text(0, 1.02, "inputs x →", color=blue, **style)
    axes.set_ylabel("← outputs y", color=green, loc="top", fontsize=10)
