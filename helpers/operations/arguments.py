"""The checks and the shaping of arguments that keep the loops of the operations short."""

import numpy as np

from helpers.shapes import channels, whole


def layer(operation, x, weight, bias, groups, transposed=False):
    """x, weight and bias, shaped so that they broadcast, and the leading shape of the answer.

    Channels are split into (groups, channels per group), so that one product serves all groups:
    x (N, groups, 1, C / groups, H, W) and weight (groups, out / groups, C / groups, kh, kw), or,
    transposed, x (N, groups, C / groups, 1, H, W) and weight (groups, C / groups, out / groups, …).
    """
    x, weight = numbers(operation, "x", x), numbers(operation, "weight", weight)
    if (x.ndim, weight.ndim) not in ((2, 2), (3, 4), (4, 4)):
        raise ValueError(
            f"{operation}: x of shape {x.shape} and weight of shape {weight.shape} do not go "
            f"together. Use (H, W) with (kh, kw), or (C, H, W) or (N, C, H, W) with "
            f"{'(C, out_channels, kh, kw)' if transposed else '(out_channels, C, kh, kw)'}."
        )
    single = x.ndim == 2
    shape = x.shape
    x = x.reshape((1,) * (4 - x.ndim) + shape)
    weight = weight[None, None] if single else weight
    groups = whole(operation, "groups", groups)
    first, second = weight.shape[:2]
    sources, targets = (first, second * groups) if transposed else (second * groups, first)
    if x.shape[1] != sources:
        raise ValueError(
            f"{operation}: x of shape {shape} has {x.shape[1]} channels, but a weight of shape "
            f"{weight.shape} with groups={groups} is made for {sources}. "
            f"Use {sources} channels, or another weight."
        )
    channels(operation, sources, targets, groups)
    if transposed and sources == 0:
        raise ValueError(f"{operation}: x of shape {shape} has no channels. Use at least one.")
    bias = np.zeros(targets, int) if bias is None else numbers(operation, "bias", bias)
    if bias.shape != (targets,) and not (single and bias.shape == ()):
        raise ValueError(
            f"{operation}: bias of shape {bias.shape} does not go with {targets} output channels. "
            f"Use one number per output channel: shape ({targets},)."
        )
    x = x.reshape(len(x), groups, sources // groups, *x.shape[2:])
    x = np.expand_dims(x, 3 if transposed else 2)
    weight = weight.reshape(groups, first // groups, *weight.shape[1:])
    leading = () if single else (targets,) if len(shape) == 3 else (shape[0], targets)
    return x, weight, bias.reshape(groups, targets // groups, 1, 1), leading


def filled_with(bias, x, weight, height, width):
    """An output that is the bias everywhere, ready to add up products of x and weight."""
    y = np.zeros((len(x), *bias.shape[:2], height, width), np.result_type(x, weight, bias))
    return y + bias


def numbers(operation, name, values):
    """`values` as int64 or float64, since sums would overflow in an image's uint8."""
    try:
        array = np.asarray(values)
    except ValueError:
        raise ValueError(
            f"{operation}: {name} has rows of different lengths. Make all rows equally long."
        ) from None
    if array.dtype.kind not in "buif":
        raise ValueError(f"{operation}: {name} holds values of type {array.dtype}. Use real numbers.")
    return array.astype(float if array.dtype.kind == "f" else np.int64, copy=False)


def check_axes(operation, name, array, ndim):
    if array.ndim != ndim:
        raise ValueError(
            f"{operation}: {name} must have {ndim} {'axis' if ndim == 1 else 'axes'}, but its "
            f"shape is {array.shape}. Use {name}[0] or {name}.reshape(…)."
        )


def check_pixels(operation, x, pooling=False):
    if x.ndim < 2 or 0 in x.shape[-2:] or (pooling and (x.ndim > 4 or 0 in x.shape[-3:])):
        raise ValueError(
            f"{operation}: shape {x.shape} is not that of an image. "
            f"Use (H, W), (C, H, W) or (N, C, H, W) with at least one pixel."
        )


def sides(padding):
    """((top, bottom), (left, right)) from all that `pad2d` takes."""
    pair = padding if isinstance(padding, (tuple, list)) else (padding, padding)
    both = [side if isinstance(side, (tuple, list)) else (side, side) for side in pair]
    if [len(side) for side in both] != [2, 2]:
        raise ValueError(
            f"pad2d: padding {padding!r} does not give two sides for each of two axes. "
            f"Use an int, (height, width) or ((top, bottom), (left, right))."
        )
    return [tuple(whole("pad2d", "padding", pad) for pad in side) for side in both]


def last_two(x, sides):
    """The same padding in NumPy's words: none for the axes before the last two."""
    return [(0, 0)] * (x.ndim - 2) + list(sides)
