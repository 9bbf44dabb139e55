"""Moving an image, and how far a function of images is from moving with it."""

import math

import numpy as np

from helpers.operations.arguments import check_pixels, last_two, numbers


def shift_image(x, by, wrap=True):
    """x (…, H, W) moved by `by` = (rows down, columns right), whole numbers or fractions.

    wrap: what leaves on one side enters on the other, as with np.roll; else zeros enter. Whole
    shifts copy exactly. Between two whole shifts it is linear, one axis after the other.
    Raises ValueError if x is no image, or `by` not two numbers.
    """
    x = numbers("shift_image", "x", x)
    check_pixels("shift_image", x)
    if not isinstance(wrap, bool):
        raise ValueError(f"shift_image: wrap is {wrap!r}. Use True or False.")
    try:
        down, right = (_finite(value) for value in by)
    except (TypeError, ValueError):
        raise ValueError(
            f"shift_image: by is {by!r}. Use (rows down, columns right), as in (0, 1) for one "
            f"pixel to the right."
        ) from None
    return _shift_axis(_shift_axis(x, down, -2, wrap), right, -1, wrap)


def rotate_image(x, degrees):
    """x (…, H, W) turned counter-clockwise about its centre ((H − 1) / 2, (W − 1) / 2).

    Bilinear. Pixels outside of the image count as zeros, so that its edge fades over one pixel
    (PyTorch's grid_sample with padding_mode="zeros"). Exact for half turns, and for quarter turns
    of square images.
    Raises ValueError if x is no image, or `degrees` not a finite number.
    """
    x = numbers("rotate_image", "x", x)
    check_pixels("rotate_image", x)
    try:
        turn = _finite(degrees) % 360
    except (TypeError, ValueError):
        raise ValueError(
            f"rotate_image: degrees is {degrees!r}. Use a number, as in 90 for a quarter turn "
            f"counter-clockwise."
        ) from None
    angle = math.radians(turn)
    exact = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}
    cos, sin = exact.get(turn, (math.cos(angle), math.sin(angle)))
    return _resample(x, (cos, sin), (-sin, cos))


def scale_image(x, factor):
    """x (…, H, W) enlarged about its centre, in a frame that stays: 2 shows all twice as large.

    Bilinear, with zeros from outside, as `rotate_image`. Nothing is blurred before it is made
    smaller: far below 1, most pixels are skipped.
    Raises ValueError if x is no image, or `factor` not a positive number.
    """
    x = numbers("scale_image", "x", x)
    check_pixels("scale_image", x)
    try:
        inverse = 1 / _finite(factor)
        if not 0 < inverse < math.inf:
            raise ValueError
    except (TypeError, ValueError, ZeroDivisionError):
        raise ValueError(
            f"scale_image: factor is {factor!r}. Use a positive number: 2 for twice as large, "
            f"0.5 for half as large."
        ) from None
    return _resample(x, (inverse, 0), (0, inverse))


def equivariance_error(f, g, x, g_out=None):
    """How far f is from moving with g: ‖f(g(x)) − g_out(f(x))‖ / ‖g_out(f(x))‖ (Frobenius norm).

    0 says that f is equivariant, for this g and this x. g_out is what g means for f's output: g
    itself unless given; half the shift behind a stride of 2; `lambda y: y` asks for invariance.
    0 if both norms are 0, inf if only the second is. Functions get copies of what x is, an array
    or a tensor; an nn.Module (put it into eval mode) always gets a tensor of its own dtype.
    Raises ValueError if the two sides differ in shape, or if g_out cannot take f(x).
    """
    if _is_tensor(x) and not x.is_floating_point():
        x = x.double()  # answers are to have room for fractions
    x = _as(x, x)
    left = _apply(f, _apply(g, x))
    y = _apply(f, x)
    try:
        right = _apply(g if g_out is None else g_out, y)
    except (ValueError, IndexError, RuntimeError) as reason:
        raise ValueError(
            f"equivariance_error: {'g' if g_out is None else 'g_out'} cannot take f(x), whose "
            f"shape is {tuple(y.shape)} ({_first_line(reason)}). Give as g_out what g means for "
            f"f's output: `lambda y: y` if it should not change."
        ) from reason
    left, right = _as(None, left), _as(None, right)
    if left.shape != right.shape:
        raise ValueError(
            f"equivariance_error: f(g(x)) has shape {left.shape}, but "
            f"{'g' if g_out is None else 'g_out'}(f(x)) has shape {right.shape}. Use an f and a g "
            f"that keep the number of pixels, or give as g_out what g means for f's output."
        )
    return relative_error(left, right)


def relative_error(left, right):
    """‖left − right‖ / ‖right‖ (Frobenius norm); 0 if both norms are 0, inf if only ‖right‖ is."""
    error, size = (np.linalg.norm(np.ravel(side)) for side in (left - right, right))
    if size == 0:
        return 0.0 if error == 0 else math.inf
    return float(error / size)


def _finite(value):
    """The number as a float; TypeError or ValueError for what is none."""
    if isinstance(value, (str, bytes, bool)) or not math.isfinite(value):
        raise ValueError
    return float(value)


def _shift_axis(x, by, axis, wrap):
    whole = math.floor(by)
    part = by - whole
    near = _move(x, whole, axis, wrap)
    if part == 0:
        return near
    return (1 - part) * near + part * _move(x, whole + 1, axis, wrap)


def _move(x, by, axis, wrap):
    """By whole pixels along one axis."""
    size = x.shape[axis]
    if wrap:
        return np.roll(x, by % size, axis)
    by = max(-size, min(by, size))
    zeros_enter = [(0, 0)] * x.ndim
    zeros_enter[axis] = (max(by, 0), max(-by, 0))
    kept = np.arange(size) + max(-by, 0)
    return np.take(np.pad(x, zeros_enter), kept, axis)


def _resample(x, row, column):
    """Bilinear: the pixel at (r, c) from the centre is read at (row · (r, c), column · (r, c))."""
    height, width = x.shape[-2:]
    r = np.arange(height)[:, None] - (height - 1) / 2
    c = np.arange(width) - (width - 1) / 2
    top, s = _place((height - 1) / 2 + row[0] * r + row[1] * c, height)
    left, t = _place((width - 1) / 2 + column[0] * r + column[1] * c, width)
    x = np.pad(x, last_two(x, [(1, 1), (1, 1)]))  # so that pixel n stands at n + 1
    above = (1 - t) * x[..., top + 1, left + 1] + t * x[..., top + 1, left + 2]
    below = (1 - t) * x[..., top + 2, left + 1] + t * x[..., top + 2, left + 2]
    return (1 - s) * above + s * below


def _place(where, size):
    """The pixel at or before each place, and how far towards the next the place lies (0 to 1)."""
    where = np.clip(where, -1, size)
    before = np.minimum(np.floor(where), size - 1)
    return before.astype(int), where - before


def _apply(function, x):
    """function(x), as an array or a tensor, as x is. It gets a copy: it may work in place."""
    if not hasattr(function, "named_parameters"):
        return _as(x, function(_as(x, x)))
    import torch  # here, since who has a module has loaded it

    tensors = [*function.parameters(), *function.buffers(), torch.zeros(1, dtype=torch.double)]
    own = next(tensor for tensor in tensors if tensor.is_floating_point())
    try:
        with torch.no_grad():
            return _as(x, function(_as(own, x)))
    except RuntimeError as reason:
        raise ValueError(
            f"equivariance_error: {type(function).__name__} does not take x of shape "
            f"{tuple(x.shape)} ({_first_line(reason)}). Use (C, H, W) or (N, C, H, W) with its "
            f"channels."
        ) from reason


def _as(like, values):
    """A copy of values: a tensor as `like`, if that is one, else an array of numbers."""
    values = values.detach().cpu() if _is_tensor(values) else values
    values = numbers("equivariance_error", "an answer", values).copy(order="C")
    return like.new_tensor(values) if _is_tensor(like) else values


def _first_line(reason):
    return str(reason).partition("\n")[0].rstrip(".")


def _is_tensor(x):
    return hasattr(x, "new_tensor")
