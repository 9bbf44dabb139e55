"""Padding, convolution and transposed convolution of images, and the matrix behind them."""

import numpy as np

from helpers.operations.arguments import (
    check_axes,
    check_pixels,
    filled_with,
    last_two,
    layer,
    numbers,
    sides,
)
from helpers.shapes import conv_axes, conv_transpose_axes

# PyTorch's padding_mode: NumPy's name for it
_PADDING_MODES = {
    "zeros": "constant",
    "reflect": "reflect",
    "replicate": "edge",
    "circular": "wrap",
}


def pad2d(x, padding, padding_mode="zeros"):
    """A border around the last two axes of x, filled as `padding_mode` says.

    `padding` in pixels: an int, (height, width), or ((top, bottom), (left, right)).
    "zeros" writes 0, "replicate" repeats the edge, "reflect" mirrors without repeating the edge,
    and "circular" continues on the opposite side, as a longitude axis does.
    Raises ValueError if "reflect" would need as many pixels as x has or more, or "circular" more.
    """
    x = np.asarray(x)
    check_pixels("pad2d", x)
    if padding_mode not in list(_PADDING_MODES):
        raise ValueError(
            f"pad2d: there is no padding_mode {padding_mode!r}. "
            f"Use one of {', '.join(map(repr, _PADDING_MODES))}."
        )
    border = sides(padding)
    for size, pad, along in zip(x.shape[-2:], border, ("height", "width")):
        most = {"reflect": size - 1, "circular": size}.get(padding_mode, max(pad))
        if max(pad) > most:
            raise ValueError(
                f"pad2d: {padding_mode!r} padding of {max(pad)} along the {along} needs more "
                f"pixels than the {size} that are there. "
                f"Use padding ≤ {most} or padding_mode='replicate'."
            )
    return np.pad(x, last_two(x, border), mode=_PADDING_MODES[padding_mode])


def conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1, padding_mode="zeros", groups=1):
    """Slide the kernel over x; at every position multiply, and sum: y = Σ weight · window + bias.

    This is cross-correlation, which deep learning calls convolution. x (H, W) with weight
    (kh, kw), or x (C, H, W) or (N, C, H, W) with weight (out_channels, C / groups, kh, kw) and bias
    (out_channels,). padding may also be "same" or "valid".
    Raises ValueError if shapes or settings do not go together, as PyTorch does.
    (Goodfellow, Bengio, Courville, *Deep Learning*, eq. 9.6.)
    """
    x, weight, bias, leading = layer("conv2d", x, weight, bias, groups)
    (rows, cols), _ = conv_axes(
        "conv2d", x.shape[-2:], weight.shape[-2:], stride, padding, dilation
    )
    x = pad2d(x, (rows.pad, cols.pad), padding_mode)
    y = filled_with(bias, x, weight, rows.output_size, cols.output_size)
    for i in range(rows.output_size):
        for j in range(cols.output_size):
            window = x[..., reach(i, rows), reach(j, cols)]
            y[..., i, j] += (window * weight).sum(axis=(-3, -2, -1))
    return y.reshape(*leading, *y.shape[-2:])


def reach(i, axis):
    """Where window i lies along an axis: kernel_size places, dilation apart, from stride · i."""
    start = axis.stride * i
    return slice(start, start + axis.dilation * axis.kernel_size, axis.dilation)


def convolve2d(
    x, weight, bias=None, stride=1, padding=0, dilation=1, padding_mode="zeros", groups=1
):
    """The convolution of mathematics: `conv2d` with the kernel turned by 180°.

    The flip makes it commutative: a one-pixel input gives back the kernel, not its mirror image.
    Same arguments and errors as `conv2d`.
    """
    weight = numbers("convolve2d", "weight", weight)
    check_pixels("convolve2d", weight)
    flipped = weight[..., ::-1, ::-1]
    return conv2d(x, flipped, bias, stride, padding, dilation, padding_mode, groups)


def filter_image(x, kernel, padding_mode="zeros"):
    """`conv2d` of one kernel (kh, kw) with every channel of x (…, H, W), size kept; for photos.

    The same sum in another order: not a window per pixel, but a shifted image per kernel entry.
    That is kh · kw steps instead of H · W, hundreds of times fewer.
    Raises ValueError if the kernel is not 2-D, or for the limits of `pad2d`.
    """
    x, kernel = numbers("filter_image", "x", x), numbers("filter_image", "kernel", kernel)
    check_pixels("filter_image", x)
    check_axes("filter_image", "kernel", kernel, 2)
    (rows, cols), _ = conv_axes("filter_image", x.shape[-2:], kernel.shape, 1, "same", 1)
    height, width = x.shape[-2:]
    x = pad2d(x, (rows.pad, cols.pad), padding_mode)
    y = 0
    for a in range(rows.kernel_size):
        for b in range(cols.kernel_size):
            y = y + kernel[a, b] * x[..., a : a + height, b : b + width]
    return y


def conv_transpose2d(
    x, weight, bias=None, stride=1, padding=0, output_padding=0, dilation=1, groups=1
):
    """Every input value stamps the kernel, times itself, onto the output; overlaps add up.

    Shapes as in `conv2d`, but weight (C, out_channels / groups, kh, kw). `padding` pixels are cut
    off each side of the stamped picture, `output_padding` rows and columns stay more at the end.
    Raises ValueError if shapes or settings do not go together, as PyTorch does.
    (Dumoulin and Visin, arXiv:1603.07285, chapter 4.)
    """
    x, weight, bias, leading = layer("conv_transpose2d", x, weight, bias, groups, transposed=True)
    (rows, cols), _ = conv_transpose_axes(
        "conv_transpose2d",
        x.shape[-2:],
        weight.shape[-2:],
        stride,
        padding,
        output_padding,
        dilation,
    )
    height, width = (a.output_size + 2 * a.padding for a in (rows, cols))
    y = filled_with(bias, x, weight, height, width)
    for i in range(rows.size):
        for j in range(cols.size):
            stamps = x[..., i, j, None, None] * weight
            y[..., reach(i, rows), reach(j, cols)] += stamps.sum(axis=-4)
    y = y[..., rows.padding : height - rows.padding, cols.padding : width - cols.padding]
    return y.reshape(*leading, *y.shape[-2:])


def conv_matrix(kernel, input_size, stride=1, padding=0, dilation=1):
    """The matrix C with `C @ x.ravel() == conv2d(x, kernel, …).ravel()`, zero padding included.

    One row per output, one column per input, both counted row by row; every row holds the kernel's
    numbers where its window lies. `C.T` is the transposed convolution.
    Raises ValueError as `conv2d` does.
    """
    kernel = numbers("conv_matrix", "kernel", kernel)
    check_axes("conv_matrix", "kernel", kernel, 2)
    size = input_size if isinstance(input_size, (tuple, list)) else (input_size, input_size)
    (rows, cols), _ = conv_axes("conv_matrix", size, kernel.shape, stride, padding, dilation)
    column = np.arange(rows.size * cols.size).reshape(rows.size, cols.size)
    column = np.pad(column, (rows.pad, cols.pad), constant_values=-1)
    matrix = np.zeros((rows.output_size * cols.output_size, rows.size * cols.size), kernel.dtype)
    for i in range(rows.output_size):
        for j in range(cols.output_size):
            seen = column[reach(i, rows), reach(j, cols)]
            matrix[i * cols.output_size + j, seen[seen >= 0]] = kernel[seen >= 0]
    return matrix
