"""The exercises of lesson 2 whose answer is a layer of PyTorch, judged by what it does."""

import inspect

from .answers import is_stub
from .verdict import RIGHT, WRONG, Verdict, listing, not_tried


def halving_layer(layer):
    """Verdict on a Conv2d from 3 to 16 channels with a 5×5 kernel that halves every even size."""
    from torch import nn

    complaint = wrong_kind(layer, nn.Conv2d, "the layer", "nn.Conv2d")
    if complaint is None:
        complaint = _wrong_channels(layer, 3, 16)
    if complaint is None:  # no `or`: a verdict of wrong is false
        complaint = _wrong_kernel(layer, (5, 5))
    if complaint is not None:
        return complaint
    for size in [(8, 8), (32, 32), (64, 128)]:
        try:
            shape = output_shape(layer, 3, size)
        except RuntimeError as error:
            return _stops(layer, size, error)
        half = size[0] // 2, size[1] // 2
        if shape != half:
            return Verdict(WRONG, f"{times(size)} becomes {times(shape)}; half of it is "
                           f"{times(half)}.", listing(layer=layer), _hint(layer, shape, half))
    return Verdict(RIGHT, "8×8 becomes 4×4, 32×32 becomes 16×16, 64×128 becomes 32×64.")


def _hint(layer, shape, half):
    if layer.stride == (1, 1):
        return "To halve the size the window has to skip positions; yours visits all of them."
    if layer.stride != (2, 2):
        return (f"Your window moves by {times(layer.stride)} pixels. Which step leaves every "
                "second position out, along both axes?")
    if shape[0] < half[0] and layer.padding == (0, 0):
        return "Nothing is padded: the window runs out of image at the border."
    if shape[0] < half[0]:
        return ("Too little padding: how far does the kernel reach from its middle? As many "
                "pixels are missing at the border.")
    if shape[0] > half[0]:
        return "Too much padding: how far does the kernel reach from its middle?"
    return "Look at height and width apart: they should be treated alike."


def even_upsampling(layer):
    """Verdict on a ConvTranspose2d(8, 8, …) that doubles every size, its stamps evenly spread.

    Evenly: away from the borders all outputs get equally many stamps along each axis. Else the
    output has a checkerboard in it. (Odena, Dumoulin and Olah 2016, Deconvolution and checkerboard
    artifacts, doi:10.23915/distill.00003.)
    """
    from torch import nn

    complaint = wrong_kind(layer, nn.ConvTranspose2d, "the layer", "nn.ConvTranspose2d")
    if complaint is None:
        complaint = _wrong_channels(layer, 8, 8)
    if complaint is not None:
        return complaint
    for size in [(5, 5), (6, 9)]:
        try:
            shape = output_shape(layer, 8, size)
        except RuntimeError as error:
            return _stops(layer, size, error)
        double = 2 * size[0], 2 * size[1]
        if shape != double:
            hint = _doubling_hint(layer, shape, double)
            return Verdict(WRONG, f"{times(size)} becomes {times(shape)}; twice that is "
                           f"{times(double)}.", listing(layer=layer), hint)
    for axis, name in enumerate(("height", "width")):
        counts = stamps(layer, axis, 6)
        inner = {sum(layer.dilation[axis] * t % layer.stride[axis] == r
                     for t in range(layer.kernel_size[axis])) for r in range(layer.stride[axis])}
        if len(inner) > 1:
            case = "\n".join([listing(layer=layer), f"stamps on each output along the {name}, for "
                              f"an input of 6:\n{', '.join(map(str, counts))}"])
            return Verdict(WRONG, "The size is doubled, but the stamps overlap unevenly: a "
                           "checkerboard.", case, _evenness_hint(layer, axis))
    case = "stamps on each output along the height, for an input of 6:\n" + ", ".join(
        map(str, stamps(layer, 0, 6)))
    return Verdict(RIGHT, "Every size is doubled, and away from the border all outputs get equally "
                   "many stamps.", case)


def stamps(layer, axis, size):
    """How many stamps each output of a transposed convolution gets along an axis."""
    k, s, p, d = (getattr(layer, name)[axis]
                  for name in ("kernel_size", "stride", "padding", "dilation"))
    places = [i * s + d * t - p for i in range(size) for t in range(k)]
    length = (size - 1) * s - 2 * p + d * (k - 1) + layer.output_padding[axis] + 1
    return [places.count(place) for place in range(length)]


def _doubling_hint(layer, shape, double):
    if layer.stride == (1, 1):
        return "The stamps stand one pixel apart: nothing is enlarged."
    if layer.stride != (2, 2):
        return "How far apart must the stamps stand for every input to bring two outputs?"
    if shape[0] == double[0] - 1:
        return ("One pixel short. output_padding would fill it up, but look at the stamps: how "
                "should kernel and stride fit together for an even overlap?")
    if shape[0] < double[0]:
        return "Too short: the padding cuts off too much of the outer stamps."
    if shape[0] > double[0]:
        return "Too long: padding cuts off as many pixels at both ends; how many are too many?"
    return "Look at height and width apart: they should be treated alike."


def _evenness_hint(layer, axis):
    k, s, d = layer.kernel_size[axis], layer.stride[axis], layer.dilation[axis]
    if k % s:
        return (f"A kernel of {k} with stride {s}: the stamps do not divide evenly. Which kernels "
                "do? The right size then comes by the padding alone.")
    return (f"The holes of dilation {d} let the stamps fall on the same outputs again and again. "
            "Do without the dilation.")


def separable_layer(model):
    """Verdict on a depthwise 3×3 and a 1×1 in place of Conv2d(32, 64, 3, padding=1, bias=False)."""
    from torch import nn

    complaint = wrong_kind(model, nn.Sequential, "the two layers", "nn.Sequential")
    if complaint is not None:
        return complaint
    layers = leaves(model)
    case = "\n".join(f"{i}: {layer}" for i, layer in enumerate(layers))

    def wrong(message, hint):
        return Verdict(WRONG, message, case, hint)

    if len(layers) != 2 or not all(isinstance(layer, nn.Conv2d) for layer in layers):
        return wrong("Two nn.Conv2d are asked for, one after the other.",
                     "One for space, each map by itself; one for the channels, each pixel by "
                     "itself.")
    if any(map(_is_lazy, layers)):
        return wrong(*_LAZY)
    parameters = sum(p.numel() for p in model.parameters())
    kernels = [layer.kernel_size for layer in layers]
    first, second = layers
    if kernels == [(1, 1), (3, 3)] and second.groups == second.in_channels == 64:
        return wrong(f"This works, with {parameters:,} parameters. With the depthwise layer first "
                     "there are fewer.", "How many maps does the 3×3 layer have to treat before "
                     "the 1×1 layer, how many after it?")
    if kernels != [(3, 3), (1, 1)]:
        return wrong(f"The kernels are {times(kernels[0])} and {times(kernels[1])}.",
                     "First the depthwise 3×3, then the 1×1 that mixes the maps.")
    if any(layer.bias is not None for layer in layers):
        return wrong("There are biases left.", "The layer to be replaced has none: bias=False, in "
                     "both layers.")
    if second.groups != 1:
        return wrong(f"The 1×1 layer has {second.groups} groups: it does not mix all maps.",
                     "Each of its outputs has to see every map.")
    if first.groups == 1:
        return wrong(f"The 3×3 layer sums over all {first.in_channels} maps: "
                     f"{parameters:,} parameters.",
                     "Depthwise: each map is a group of its own.")
    if first.groups != first.in_channels:
        return wrong(f"The 3×3 layer has {first.groups} groups of "
                     f"{first.in_channels // first.groups} maps.",
                     "Depthwise: each map is a group of its own.")
    if first.in_channels != 32 or second.out_channels != 64:
        return wrong(f"It goes from {first.in_channels} to {second.out_channels} channels, wanted "
                     "is 32 to 64.", "The first number of a Conv2d is what comes in.")
    if first.out_channels != second.in_channels:
        return wrong(f"The first layer makes {first.out_channels} maps, the second wants "
                     f"{second.in_channels}.", "A depthwise layer makes as many maps as it gets.")
    if first.out_channels != 32:
        return wrong(f"The depthwise layer makes {first.out_channels} maps of 32: {parameters:,} "
                     "parameters.", "One kernel per map is enough; the 1×1 layer makes the rest.")
    for layer, name in ((first, "3×3"), (second, "1×1")):
        try:
            shape = output_shape(layer, 32, (12, 16))
        except RuntimeError as error:
            return _stops(layer, (12, 16), error)
        if shape != (12, 16):
            return wrong(f"The {name} layer makes {times(shape)} of 12×16; the layer to be "
                         "replaced keeps the size.", "A 3×3 kernel needs a pixel around the input, a 1×1 "
                         "kernel none; and no position is skipped.")
    if (first.padding_mode, second.padding_mode) != ("zeros", "zeros"):
        return wrong("The border is another one: that of the layer to be replaced is zeros.",
                     "Do without the padding_mode.")
    if first.dilation != (1, 1):
        return wrong("The 3×3 kernel has holes; that of the layer to be replaced has none.",
                     "Do without the dilation.")
    return Verdict(RIGHT, f"{parameters:,} parameters instead of 18,432: 32·9 for space and 32·64 "
                   "for the channels.", case)


# Shared with network_repair.


def wrong_kind(answer, kind, what, name):
    """A verdict on an answer that is no module of this kind, else None."""
    if answer is None or answer is ...:
        return not_tried(what)
    if isinstance(answer, type):
        return Verdict(WRONG, f"This is the class {answer.__name__}, not a layer.",
                       hint=f"The class needs its settings: {name}(…).")
    if inspect.isroutine(answer):
        if is_stub(answer):
            return not_tried(what)
        return Verdict(WRONG, f"{name} is asked for, and this is a function.",
                       hint="Give the layer itself, without def or lambda.")
    if not isinstance(answer, kind):
        return Verdict(WRONG, f"{name} is asked for, and this is of type "
                       f"{type(answer).__name__}.", listing(answer=answer),
                       f"Write {name}(…) with its settings.")
    return None


def leaves(model):
    """The layers of nested nn.Sequential in the order of their calls, one used twice told twice."""
    from torch import nn

    return [leaf for part in model
            for leaf in (leaves(part) if isinstance(part, nn.Sequential) else [part])]


def output_shape(layer, channels, size):
    """Height and width of what a convolution layer makes of zeros; RuntimeError if it refuses."""
    import torch

    with torch.no_grad():
        return tuple(layer(layer.weight.new_zeros((1, channels, *size))).shape[-2:])


def times(size):
    """`8×16` for (8, 16)."""
    return "×".join(map(str, size))


_LAZY = ("A lazy layer finds out for itself what comes in.", "Say how many maps come in.")


def _is_lazy(layer):
    return layer.in_channels == 0  # nn.LazyConv2d, before its first input


def _wrong_channels(layer, wanted_in, wanted_out):
    if _is_lazy(layer):
        return Verdict(WRONG, _LAZY[0], listing(layer=layer), _LAZY[1])
    channels = layer.in_channels, layer.out_channels
    if channels == (wanted_in, wanted_out):
        return None
    exchanged = channels == (wanted_out, wanted_in)
    return Verdict(WRONG, f"It goes from {channels[0]} to {channels[1]} channels, wanted is "
                   f"{wanted_in} to {wanted_out}.", listing(layer=layer),
                   "The two are exchanged: what comes in stands first." if exchanged else
                   "The first number is what comes in, the second what goes out.")


def _wrong_kernel(layer, wanted):
    if layer.kernel_size == wanted:
        return None
    return Verdict(WRONG, f"The kernel is {times(layer.kernel_size)}, wanted is {times(wanted)}.",
                   listing(layer=layer), "kernel_size is the third number.")


def _stops(layer, size, error):
    return Verdict(WRONG, f"The layer stops on an input of {times(size)}.",
                   listing(layer=layer) + f"\n{str(error).splitlines()[0]}",
                   "Read PyTorch's message: which setting does not fit the input?")
