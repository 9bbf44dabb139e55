"""Sizes, parameters and multiply–adds of convolution and pooling layers, by formula.

Every function takes whole numbers, or one number per axis: `(height, width)`, and for 1-D and
3-D layers tuples of one or three. As soon as one argument is a tuple the answer is a tuple.

They accept what a PyTorch layer accepts when it is built *and* called, and refuse the rest with a
`ValueError`: `nn.Conv2d(1, 1, 3, stride=0)`, say, can be built but not called, and is refused
here. Like PyTorch they take NumPy integers, and refuse `3.0` and `True` where a number is due.
Where PyTorch forgets its own rules they keep them: it takes `True` as nn.Conv2d's kernel_size and
in `(1, True)`, checks less if the batch is empty, and lets some outputs of size 0 pass in float32.

Source: Dumoulin and Visin, *A guide to convolution arithmetic*, arXiv:1603.07285.
"""

from math import gcd, prod
from operator import index
from types import SimpleNamespace

__all__ = [
    "conv_output_size",
    "conv_transpose_output_size",
    "pool_output_size",
    "named_padding",
    "conv_parameters",
    "conv_multiplications",
]


def conv_output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    """The size, in pixels, of what a convolution makes of an input of this `size`.

    `floor((size + 2·padding − dilation·(kernel_size − 1) − 1) / stride) + 1` on every axis.
    `padding` counts the pixels added on each side; "valid" is 0, and "same" keeps the size (also
    for even kernels: PyTorch then pads one pixel more at the end).
    Raises ValueError if the kernel does not fit into the padded input, if a number is out of
    range, and for "same" with a stride, as PyTorch does.
    """
    axes, answer = conv_axes("conv_output_size", size, kernel_size, stride, padding, dilation)
    return answer(a.output_size for a in axes)


def conv_transpose_output_size(
    size, kernel_size, stride=1, padding=0, output_padding=0, dilation=1
):
    """The size, in pixels, of what a transposed convolution makes of an input of this `size`.

    `(size − 1)·stride − 2·padding + dilation·(kernel_size − 1) + output_padding + 1` on every axis.
    Raises ValueError if nothing is left, if a number is out of range, or if `output_padding` is
    not smaller than the stride or the dilation of its axis.
    """
    axes, answer = conv_transpose_axes(
        "conv_transpose_output_size", size, kernel_size, stride, padding, output_padding, dilation
    )
    return answer(a.output_size for a in axes)


def pool_output_size(size, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """The size, in pixels, of what a pooling layer makes of an input of this `size`.

    As `conv_output_size`, but the stride is the kernel size unless given, the padding at most half
    of the kernel size, and `ceil_mode` rounds up: a last window may then hang over the end, as
    long as it starts inside the input or the padding before it.
    Raises ValueError if no window fits or a number is out of range.
    """
    axes, answer = pool_axes(
        "pool_output_size", size, kernel_size, stride, padding, dilation, ceil_mode
    )
    return answer(a.output_size for a in axes)


def named_padding(name, kernel_size, dilation=1):
    """The padding per side, in pixels, that "valid", "same" (or "half") and "full" stand for.

    With E = dilation·(kernel_size − 1): valid 0, same E / 2, full E. At stride 1 the output is by E
    smaller than the input, as large as it, and by E larger.
    Raises ValueError for "same" if E is odd: no padding per side does it then.
    (Dumoulin and Visin, relationships 2 to 4.)
    """
    operation = "named_padding"
    if name not in ("valid", "same", "half", "full"):
        raise ValueError(
            f"{operation}: there is no padding named {name!r}. Use 'valid', 'same' or 'full'."
        )
    axes, answer = per_axis(operation, kernel_size=kernel_size, dilation=dilation)
    extra = [a.dilation * (a.kernel_size - 1) for a in axes]
    if name == "valid":
        return answer(0 for _ in extra)
    if name == "full":
        return answer(extra)
    for total, a in zip(extra, axes):
        if total % 2:
            raise ValueError(
                f"{operation}: {a.along}'same' with a kernel of {a.kernel_size} needs "
                f"{total} more pixels, {total // 2} before and {total - total // 2} after: no "
                f"padding per side does that. Use a kernel of {a.kernel_size + 1}, or give "
                f"the layer padding='same'."
            )
    return answer(total // 2 for total in extra)


def conv_parameters(in_channels, out_channels, kernel_size, bias=True, groups=1):
    """How many numbers a convolution layer learns: its weights and one bias per output channel.

    `out_channels · (in_channels / groups · kernel height · kernel width + 1)`. An int
    `kernel_size` means a square; tuples of 1, 2 or 3 are Conv1d, Conv2d and Conv3d.
    Raises ValueError if the channels cannot be divided into the groups.
    """
    operation = "conv_parameters"
    sources, out_channels = channels(operation, in_channels, out_channels, groups)
    if not isinstance(kernel_size, (tuple, list)):
        kernel_size = kernel_size, kernel_size
    axes, _ = per_axis(operation, kernel_size=kernel_size)
    weights = out_channels * sources * prod(a.kernel_size for a in axes)
    return weights + (out_channels if bias else 0)


def conv_multiplications(in_channels, out_channels, kernel_size, output_size, groups=1):
    """How many multiplications (and about as many additions) a convolution costs per example.

    Each of the `out_channels · output height · output width` results is a sum of
    `in_channels / groups · kernel height · kernel width` products; the zeros of the padding count.
    Ints mean squares. Raises ValueError if the channels cannot be divided into the groups.
    """
    operation = "conv_multiplications"
    sources, out_channels = channels(operation, in_channels, out_channels, groups)
    if not isinstance(kernel_size, (tuple, list)) and not isinstance(output_size, (tuple, list)):
        output_size = output_size, output_size
    axes, _ = per_axis(operation, kernel_size=kernel_size, output_size=output_size)
    return out_channels * sources * prod(a.kernel_size * a.output_size for a in axes)


# Shared with helpers.operations: the same rules, told in the name of the calling `operation`.
# An axis is a namespace of all its settings, with its name (`along`) and its `output_size`.


def conv_axes(operation, size, kernel_size, stride, padding, dilation):
    """The axes of a convolution, each with its `pad` (before, after); the form of the answer."""
    _check_name(operation, padding, known=("same", "valid"))
    axes, answer = per_axis(
        operation, size=size, kernel_size=kernel_size,
        stride=stride, padding=padding, dilation=dilation,
    )
    for a in axes:
        span = a.dilation * (a.kernel_size - 1) + 1
        if a.padding == "same" and a.stride != 1:
            raise ValueError(
                f"{operation}: padding='same' cannot keep the size with a stride of {a.stride}. "
                f"Use stride=1, or give the padding as a number."
            )
        if a.padding == "same":
            a.pad = (span - 1) // 2, span // 2
        else:
            a.padding = 0 if a.padding == "valid" else a.padding
            a.pad = a.padding, a.padding
        room = a.size + sum(a.pad) - span
        if room < 0:
            raise ValueError(_does_not_fit(operation, a, span))
        a.output_size = room // a.stride + 1
    return axes, answer


def conv_transpose_axes(operation, size, kernel_size, stride, padding, output_padding, dilation):
    """The axes of a transposed convolution, and the form of the answer."""
    _check_name(operation, padding)
    axes, answer = per_axis(
        operation, size=size, kernel_size=kernel_size, stride=stride,
        padding=padding, output_padding=output_padding, dilation=dilation,
    )
    for a in axes:
        if a.output_padding >= max(a.stride, a.dilation):
            raise ValueError(
                f"{operation}: {a.along}output_padding {a.output_padding} is not smaller than "
                f"the stride ({a.stride}) or the dilation ({a.dilation}). "
                f"Use output_padding ≤ {max(a.stride, a.dilation) - 1} or a larger stride."
            )
        span = a.dilation * (a.kernel_size - 1) + 1
        stamped = (a.size - 1) * a.stride + span + a.output_padding
        a.output_size = stamped - 2 * a.padding
        if a.output_size < 1:
            raise ValueError(
                f"{operation}: {a.along}an input of {a.size} is stamped onto {stamped} pixels, and "
                f"padding {a.padding} cuts off {2 * a.padding}: nothing is left. "
                f"Use padding ≤ {(stamped - 1) // 2} or a larger input."
            )
    return axes, answer


def pool_axes(operation, size, kernel_size, stride, padding, dilation, ceil_mode):
    """The axes of a pooling layer, each with its `pad`, and the form of the answer."""
    _check_name(operation, padding)
    if not isinstance(ceil_mode, bool):
        raise ValueError(f"{operation}: ceil_mode is {ceil_mode!r}. Use True or False.")
    axes, answer = per_axis(
        operation, exact=("size",), size=size, kernel_size=kernel_size,
        stride=kernel_size if stride is None else stride, padding=padding, dilation=dilation,
    )
    for a in axes:
        if a.padding > a.kernel_size // 2:
            raise ValueError(
                f"{operation}: {a.along}padding {a.padding} is more than half of the kernel of "
                f"{a.kernel_size}. "
                f"Use padding ≤ {a.kernel_size // 2} or kernel_size ≥ {2 * a.padding}."
            )
        span = a.dilation * (a.kernel_size - 1) + 1
        a.pad = a.padding, a.padding
        room = a.size + sum(a.pad) - span
        if ceil_mode:
            room += a.stride - 1
        a.output_size = room // a.stride + 1
        if a.output_size < 1:
            raise ValueError(_does_not_fit(operation, a, span, most_padding=a.kernel_size // 2))
        if (a.output_size - 1) * a.stride >= a.size + a.padding:
            a.output_size -= 1  # the last window would start in the padding after the input
    return axes, answer


# name: the smallest value allowed, and what to do instead of a smaller one
_LEAST = {
    "size": (1, "An input needs at least one pixel."),
    "kernel_size": (1, "Use kernel_size=1 for the smallest kernel."),
    "stride": (1, "Use stride=1 to visit every position."),
    "padding": (0, "Use padding=0, and slice the input to make it smaller."),
    "output_padding": (0, "Use output_padding=0."),
    "dilation": (1, "Use dilation=1 for a kernel without holes."),
    "output_size": (1, "An output has at least one pixel."),
    "in_channels": (0, "Use in_channels=1 for a grey image."),
    "out_channels": (1, "Use out_channels=1 for a single filter."),
    "groups": (1, "Use groups=1 to connect every input channel with every output channel."),
}


def per_axis(operation, exact=("size", "kernel_size"), **settings):
    """The checked settings of every axis, and the function that makes the answer from their values.

    A number counts for every axis, and so does a tuple of one (as in PyTorch) unless its name is
    `exact`. The answer is a tuple if one of the settings is.
    """
    tuples = {name: v for name, v in settings.items() if isinstance(v, (tuple, list))}
    n = max(map(len, tuples.values()), default=1)
    for name, value in tuples.items():
        if not 1 <= len(value) <= 3:
            raise ValueError(
                f"{operation}: {name} has one number per axis, at most 3, but is {value!r}. "
                f"Use an int or (height, width)."
            )
        if len(value) != n and (len(value) > 1 or name in exact):
            other = next(other for other in tuples if len(tuples[other]) == n)
            raise ValueError(
                f"{operation}: {name} {value!r} and {other} {tuples[other]!r} differ in their "
                f"number of axes. Use one number per axis, or an int for all of them."
            )
    axes = []
    for i in range(n):
        a = SimpleNamespace(along="")
        if n > 1:
            a.along = f"along the {('height', 'width')[i]}, " if n == 2 else f"along axis {i}, "
        for name, value in settings.items():
            value = value[i % len(value)] if name in tuples else value
            named = name == "padding" and name not in tuples and isinstance(value, str)
            setattr(a, name, value if named else whole(operation, name, value))
        axes.append(a)
    return axes, tuple if tuples else lambda values: next(iter(values))


def whole(operation, name, value):
    """`value` as an int, if it is one and not too small for its `name`."""
    least, repair = _LEAST[name]
    try:
        number = index(value)
        valid = not isinstance(value, bool)
    except TypeError:
        valid = False
    if not valid:
        near = value if isinstance(value, (bool, float)) and abs(value) < 1e9 else least
        raise ValueError(
            f"{operation}: {name} must be a whole number, but is {value!r}. "
            f"Use {name}={max(least, round(near))}."
        )
    if number < least:
        raise ValueError(f"{operation}: {name} must be at least {least}, but is {number}. {repair}")
    return number


def _check_name(operation, padding, known=()):
    if isinstance(padding, str) and padding not in known:
        names = "".join(f"{name!r}, " for name in known)
        raise ValueError(
            f"{operation}: there is no padding {padding!r} here. "
            f"Use {names}a number, or what named_padding gives for a kernel size."
        )


def _does_not_fit(operation, a, span, most_padding=None):
    padded = a.size + 2 * a.padding
    holes = f" with dilation {a.dilation}" if a.dilation > 1 else ""
    repairs = []
    needed = -((a.size - span) // 2)
    if most_padding is None or needed <= most_padding:
        repairs.append(f"padding ≥ {needed}")
    if a.dilation > 1 and padded >= a.kernel_size:
        fitting = (padded - 1) // (a.kernel_size - 1)
        repairs.append("dilation 1" if fitting == 1 else f"dilation ≤ {fitting}")
    repairs = " or ".join(filter(None, [", ".join(repairs), "a smaller kernel"]))
    return (
        f"{operation}: {a.along}a kernel of {a.kernel_size}{holes} covers {span} pixels, but "
        f"the padded input has {padded} ({a.size} + 2·{a.padding}). Use {repairs}."
    )


def channels(operation, in_channels, out_channels, groups):
    """The input channels that each output channel sees, and the output channels, as ints."""
    in_channels = whole(operation, "in_channels", in_channels)
    out_channels = whole(operation, "out_channels", out_channels)
    groups = whole(operation, "groups", groups)
    if in_channels % groups or out_channels % groups:
        common = gcd(in_channels, out_channels)
        fitting = max(g for g in range(1, min(groups, common) + 1) if common % g == 0)
        raise ValueError(
            f"{operation}: in_channels={in_channels} and out_channels={out_channels} cannot both "
            f"be divided into groups={groups}. Use groups={fitting}, which divides both."
        )
    return in_channels // groups, out_channels
