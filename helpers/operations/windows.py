"""Pooling with any function of a window."""

import numpy as np

from helpers.operations.arguments import check_pixels, numbers
from helpers.operations.convolution import reach
from helpers.shapes import pool_axes


def pool2d(x, function, kernel_size, stride=None, padding=0, ceil_mode=False):
    """`max_pool2d` with any function of a window's values; each channel for itself.

    `function(values)` gets the pixels of one window as a 1-D array, row by row, and returns one
    number. Border pixels are left out: np.max gives max pooling, np.mean average pooling with
    count_include_pad=False, np.median something that PyTorch has no layer for.
    The stride is the kernel size unless given. Returns floats, or integers if all answers are.
    Raises ValueError if the function does not return a number, or as `max_pool2d` does.
    """
    x = numbers("pool2d", "x", x)
    check_pixels("pool2d", x, pooling=True)
    if not callable(function):
        raise ValueError(
            f"pool2d: function is {function!r}. Use a function of a window's values: np.max."
        )
    (rows, cols), _ = pool_axes("pool2d", x.shape[-2:], kernel_size, stride, padding, 1, ceil_mode)
    answers = [
        _number(function(plane[inside(i, rows), inside(j, cols)].flatten()), function)
        for plane in x.reshape(-1, *x.shape[-2:])
        for i in range(rows.output_size)
        for j in range(cols.output_size)
    ]
    whole = answers and all(isinstance(value, int) for value in answers)
    y = np.array(answers, np.int64 if whole else float)
    return y.reshape(*x.shape[:-2], rows.output_size, cols.output_size)


def inside(i, axis):
    """Where window i lies along an axis of the image itself: its border is cut off."""
    window = reach(i, axis)
    return slice(max(0, window.start - axis.pad[0]), window.stop - axis.pad[0])


def _number(value, function):
    array = np.asarray(value)
    if array.shape == () and array.dtype.kind in "buif":
        return array.item()
    name = getattr(function, "__name__", repr(function))
    what = f"an array of shape {array.shape}" if array.ndim else f"{value!r}"
    raise ValueError(
        f"pool2d: {name} returned {what}. Return one number for each window, as np.max does."
    )
