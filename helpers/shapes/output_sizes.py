"""The output sizes of convolution, transposed convolution and pooling, axis by axis."""

from .arguments import per_axis


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
