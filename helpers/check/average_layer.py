"""Exercise of lesson 3: average pooling as a convolution with fixed weights."""

import copy

from .layer_answers import times, wrong_kind
from .verdict import RIGHT, WRONG, Verdict, listing, show


def average_as_convolution(layer):
    """Verdict on an nn.Conv2d that does on 3 channels what nn.AvgPool2d(2) does.

    It is judged by its outputs; if they differ, its settings and weights tell why.
    """
    import torch
    from torch import nn

    complaint = wrong_kind(layer, nn.Conv2d, "the layer", "nn.Conv2d")
    if complaint is not None:
        return complaint
    case = listing(layer=layer)
    if layer.in_channels == 0:  # nn.LazyConv2d, before its first input
        return Verdict(WRONG, "A lazy layer finds out for itself what comes in.", case,
                       "Say how many channels come in.")
    wrong = _wrong_settings(layer, case)
    if wrong is not None:  # a verdict of wrong is false
        return wrong
    try:
        layer = copy.deepcopy(layer).to("cpu", torch.float64)
        with torch.no_grad():
            right = _averages(layer)
    except RuntimeError as error:
        return Verdict(WRONG, "The layer stops on an input of 5×8.",
                       f"{case}\n{str(error).splitlines()[0]}",
                       "Read PyTorch's message: which setting does not fit the input?")
    if not right:
        return _wrong_weights(layer, case)
    message = "It gives what nn.AvgPool2d(2) gives, on three channels."
    if layer.groups == 1:
        message += " Its 24 weights of 0 tie no channel to another: groups=3 leaves them out."
    return Verdict(RIGHT, message, case)


def _averages(layer):
    """Does the layer give what nn.AvgPool2d(2) gives, on two random images of 5×8?"""
    import torch

    x = torch.randn(2, 3, 5, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    wanted, y = torch.nn.functional.avg_pool2d(x, 2), layer(x)
    return y.shape == wanted.shape and torch.allclose(y, wanted, atol=1e-6)


def _wrong_settings(layer, case):
    def wrong(message, hint):
        return Verdict(WRONG, message, case, hint)

    channels = layer.in_channels, layer.out_channels
    if channels != (3, 3):
        return wrong(f"It goes from {channels[0]} to {channels[1]} channels, wanted is 3 to 3.",
                     "Pooling keeps the channels: as many come out as go in.")
    if layer.kernel_size != (2, 2):
        return wrong(f"The kernel is {times(layer.kernel_size)}; nn.AvgPool2d(2) looks at 2×2 "
                     "pixels.", "kernel_size is the third number.")
    if layer.stride != (2, 2):
        apart = "overlap: they move" if layer.stride == (1, 1) else "move"
        return wrong(f"The windows {apart} by {times(layer.stride)} pixels.",
                     "nn.AvgPool2d(2) has a stride, though it is not written: as large as what?")
    if layer.dilation != (1, 1):
        return wrong("The kernel has holes; the pixels of a pooling window are neighbours.",
                     "Do without the dilation.")
    if layer.padding not in ((0, 0), "valid"):
        return wrong(f"The input is padded by {show(layer.padding)}; nn.AvgPool2d(2) pads nothing.",
                     "Do without the padding.")
    return None


def _wrong_weights(layer, case):
    """Why a layer with the right settings does not average: its groups, weights or biases."""
    weight = layer.weight.detach()
    first = weight[0, 0, 0, 0].item()
    case += "\n" + listing(weight=weight[0, 0])

    def wrong(message, hint):
        return Verdict(WRONG, message, case, hint)

    if layer.groups == 1 and _mixes(weight):
        return wrong("Each output channel is a sum over all three input channels.",
                     "Pooling treats each channel by itself. Which argument of nn.Conv2d gives "
                     "each channel a group of its own?")
    own = weight[range(3), range(3)] if layer.groups == 1 else weight[:, 0]  # (3, 2, 2)
    if not own.isfinite().all():
        return wrong("The weights hold NaN or infinity.", "Fill them with a number.")
    if own.std() <= 1e-6 * own.abs().max():
        total = 4 * first
        if abs(total - 1) > 1e-6:
            return wrong(f"All weights are {show(first)}: four of them sum to {show(total)}.",
                         _weight_hint(first))
        return wrong(f"The weights are right, but a bias is added: {show(layer.bias)}.",
                     "A pooling layer has none: bias=False.")
    if (own - own[:, :1, :1]).abs().max() <= 1e-6 * own.abs().max():
        return wrong("The channels do not have the same weights.",
                     "Each channel is averaged in the same way.")
    return wrong("The four weights of a window are not alike.",
                 "A new layer draws its weights at random. In a mean all four pixels count alike: "
                 "fill layer.weight with one number, inside of with torch.no_grad().")


def _mixes(weight):
    """Is there a weight between different channels?"""
    import torch

    between = weight * (1 - torch.eye(3, dtype=weight.dtype))[:, :, None, None]
    return bool(between.abs().max() > 1e-6)


def _weight_hint(value):
    if value == 0:
        return "Zeros forget the image: what does each of four pixels count in their mean?"
    if abs(value - 1) < 1e-6:
        return "That gives the sum of the window. What does each pixel count in the mean?"
    if abs(value - 1 / 2) < 1e-6:
        return "The window is 2×2, not 2: how many pixels does it hold?"
    if abs(value - 1 / 12) < 1e-6:
        return "With groups each output sees one channel only: the mean is over its window alone."
    if abs(value - 1 / 9) < 1e-6:
        return "The window is 2×2, not 3×3: how many pixels does it hold?"
    if value < 0:
        return "A mean adds the pixels up: the weights are positive."
    return "The four weights of a mean sum to 1."
