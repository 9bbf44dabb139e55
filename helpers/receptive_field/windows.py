"""Which units of its input a unit of a layer reads, along one axis: kernels, pooling, resizing."""

from fractions import Fraction
from math import gcd
from typing import Callable, NamedTuple

import numpy as np

from .axis import HOLE


class Taps(NamedTuple):
    """`indices(units)` gives the indices that each unit reads, shape (units, reads), or HOLE.

    They repeat: unit i + period reads what unit i reads, `step` further. The `border` says what
    an index beyond the map shows: "zeros" (nothing), "reflect", "replicate" or "circular". The
    last `rest` indices are read by no unit, because another window would not fit.
    """

    indices: Callable
    period: int
    step: int
    border: str = "zeros"
    rest: int = 0


def window(kernel_size, stride=1, padding=0, dilation=1, sizes=None):
    """Convolution and pooling; `sizes`: how many units the input and the output have."""
    kernel = np.arange(kernel_size) * dilation - padding
    rest = 0
    if sizes:
        before, after = sizes
        rest = before + 2 * padding - dilation * (kernel_size - 1) - 1 - (after - 1) * stride
    return Taps(lambda units: units[:, None] * stride + kernel, 1, stride, rest=rest)


def transposed(kernel_size, stride, padding, dilation):
    """Transposed convolution: input j is stamped on outputs j·stride − padding + k·dilation."""
    kernel = padding - np.arange(kernel_size) * dilation

    def indices(units):
        places = units[:, None] + kernel
        return np.where(places % stride == 0, places // stride, HOLE)

    return Taps(indices, stride, 1)


def padded(before, border="zeros"):
    """Padding: unit i of the larger map is unit i − before of the smaller one."""
    return Taps(lambda units: units[:, None] - before, 1, 1, border)


def cut(start, step=1, rest=0):
    """A slice: every `step`-th unit from `start` on."""
    return Taps(lambda units: units[:, None] * step + start, 1, step, rest=rest)


def repeated(times):
    """Every unit `times` times."""
    return Taps(lambda units: units[:, None] // times, times, 1)


def adaptive(before, after):
    """Adaptive pooling from `before` to `after` units: windows that may overlap and differ."""
    shared = gcd(before, after)
    widest = before // after + 2

    def indices(units):
        start, end = units * before // after, -(-(units + 1) * before // after)
        places = start[:, None] + np.arange(widest)
        return np.where(places < end[:, None], places, HOLE)

    return Taps(indices, after // shared, before // shared)


def resized(mode, before, after, align_corners=False, scale=None):
    """Interpolation: "nearest", "nearest-exact", "linear" or "cubic".

    Weights that are exactly 0 are not read. With a `scale` PyTorch steps by 1/scale, and not by
    before/after, which differ if the scale does not fit.
    """
    ratio = Fraction(before, after)
    if scale:
        ratio = 1 / Fraction(scale).limit_denominator(10_000)
    if align_corners:
        ratio = Fraction(before - 1, after - 1) if after > 1 else Fraction(0)
    a, b = ratio.numerator, ratio.denominator

    def indices(units):
        if mode == "nearest":
            return (units * a // b)[:, None]
        if mode == "nearest-exact":
            return ((2 * units + 1) * a // (2 * b))[:, None]
        place, unit = (units * a, b) if align_corners else ((2 * units + 1) * a - b, 2 * b)
        at, between = np.divmod(place, unit)
        near = np.array([0, 1] if mode == "linear" else [-1, 0, 1, 2])
        return np.where((between[:, None] == 0) & (near != 0), HOLE, at[:, None] + near)

    return Taps(indices, b, a, "replicate")
