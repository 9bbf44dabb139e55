"""The padding, in pixels, that a name stands for in PyTorch, TensorFlow and the literature."""

from .arguments import per_axis


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


def same_padding(size, kernel_size, stride=1, dilation=1):
    """The pixels (before, after) that TensorFlow's "same" adds to an input of this `size`.

    The output then has `ceil(size / stride)` pixels. Together they are
    `max((output − 1)·stride + dilation·(kernel_size − 1) + 1 − size, 0)`; an odd pixel goes to the
    end. As soon as one argument is a tuple there is a pair for every axis, which goes into `pad2d`:
    `((top, bottom), (left, right))`. (A lone pair would be (height, width) there.) At stride 1 this
    is PyTorch's padding="same", which refuses every larger stride.
    Raises ValueError if a number is out of range.
    (TensorFlow, notes on padding in the documentation of `tf.nn`.)
    """
    axes, answer = per_axis(
        "same_padding", size=size, kernel_size=kernel_size, stride=stride, dilation=dilation
    )
    pairs = []
    for a in axes:
        output_size = -(-a.size // a.stride)
        covered = (output_size - 1) * a.stride + a.dilation * (a.kernel_size - 1) + 1
        total = max(covered - a.size, 0)
        pairs.append((total // 2, total - total // 2))
    return answer(pairs)
