"""Pooling: a window slides as in a convolution, and another function is applied."""

import numpy as np

from helpers.operations.arguments import check_pixels, last_two, numbers
from helpers.operations.convolution import reach
from helpers.shapes import pool_axes


def max_pool2d(x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """The largest value of every window; each channel for itself.

    The stride is the kernel size unless given. The border never wins: it counts as −∞.
    Raises ValueError if no window fits, or if the padding is more than half of the kernel.
    """
    x = numbers("max_pool2d", "x", x)
    check_pixels("max_pool2d", x, pooling=True)
    (rows, cols), _ = pool_axes(
        "max_pool2d", x.shape[-2:], kernel_size, stride, padding, dilation, ceil_mode
    )
    lowest = -np.inf if x.dtype == float else np.iinfo(x.dtype).min
    x = np.pad(x, last_two(x, (rows.pad, cols.pad)), constant_values=lowest)
    y = np.empty((*x.shape[:-2], rows.output_size, cols.output_size), x.dtype)
    for i in range(rows.output_size):
        for j in range(cols.output_size):
            window = x[..., reach(i, rows), reach(j, cols)]
            y[..., i, j] = window.max(axis=(-2, -1))
    return y


def avg_pool2d(x, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True):
    """The mean of every window; each channel for itself.

    The zeros of the padding count as pixels unless `count_include_pad=False`. What hangs over the
    padded input in `ceil_mode` never counts.
    Raises ValueError if no window fits, or if the padding is more than half of the kernel.
    """
    x = numbers("avg_pool2d", "x", x)
    check_pixels("avg_pool2d", x, pooling=True)
    if not isinstance(count_include_pad, bool):
        raise ValueError(
            f"avg_pool2d: count_include_pad is {count_include_pad!r}. Use True or False."
        )
    (rows, cols), _ = pool_axes(
        "avg_pool2d", x.shape[-2:], kernel_size, stride, padding, 1, ceil_mode
    )
    counts = np.pad(
        np.ones(x.shape[-2:]), (rows.pad, cols.pad), constant_values=float(count_include_pad)
    )
    x = np.pad(x, last_two(x, (rows.pad, cols.pad)))
    y = np.empty((*x.shape[:-2], rows.output_size, cols.output_size))
    for i in range(rows.output_size):
        for j in range(cols.output_size):
            window = np.s_[..., reach(i, rows), reach(j, cols)]
            y[..., i, j] = x[window].sum(axis=(-2, -1)) / counts[window].sum()
    return y
