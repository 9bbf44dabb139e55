"""What a convolution layer costs: the numbers that it learns, and its multiplications."""

from math import prod

from .arguments import channels, per_axis


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
