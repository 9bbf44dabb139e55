"""The arguments of a layer, checked: one number per axis, whole numbers, channels in groups.

Shared with helpers.operations: the same rules, told in the name of the calling `operation`.
"""

from math import gcd
from operator import index
from types import SimpleNamespace

# name: the smallest value allowed, and what to do instead of a smaller one
_LEAST = {
    "size": (1, "An input needs at least one pixel."),
    "kernel_size": (1, "Use kernel_size=1 for the smallest kernel."),
    "stride": (1, "Use stride=1 to visit every position."),
    "padding": (0, "Use padding=0, and slice the input to make it smaller."),
    "output_padding": (0, "Use output_padding=0."),
    "depth": (1, "Use depth=1 to halve the map once."),
    "dilation": (1, "Use dilation=1 for a kernel without holes."),
    "input_size": (1, "Use (C, H, W), with at least one pixel."),
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
