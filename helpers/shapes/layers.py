"""What PyTorch's layers do not say of themselves: their call in short, their cost, their repair.

Here torch is imported inside the functions: a formula need not wait for it.
"""

import inspect
import re
from functools import lru_cache
from math import prod

from .output_sizes import conv_output_size, conv_transpose_output_size, pool_output_size

_AXES = {1: "C, L", 2: "C, H, W", 3: "C, D, H, W"}


def is_layer(module):
    """Is it one layer? What lies in an attention or in a parametrized layer is part of it."""
    from torch.nn import MultiheadAttention
    from torch.nn.utils.parametrize import is_parametrized

    whole = isinstance(module, MultiheadAttention) or is_parametrized(module)
    return whole or next(module.children(), None) is None


def in_short(module):
    """The call that makes the layer, without PyTorch's defaults: `Conv2d(1, 6, kernel_size=5)`."""
    defaults = _defaults_of(type(module))
    settings = re.sub(r"\((\d+)(?:, \1)*,?\)", r"\1", module.extra_repr())  # (5, 5) → 5
    parts = []
    for part in re.split(r",\s+(?![^(\[]*[)\]])", settings):
        name, _, value = part.partition("=")
        if name in ("in_features", "out_features"):
            part = value
        steps_by_its_kernel = name == "stride" and f"kernel_size={value}" in parts
        if steps_by_its_kernel and defaults.get(name) == "None":
            continue
        if part and value != defaults.get(name) and name != "inplace":
            parts.append(part)
    return f"{type(module).__name__}({', '.join(parts)})"


@lru_cache(maxsize=128)  # a network has hundreds of layers, and they are of a few kinds
def _defaults_of(kind):
    parameters = inspect.signature(kind).parameters
    return {name: repr(parameter.default) for name, parameter in parameters.items()}


def multiplications(module, x, y):
    """The products that a layer forms of an input of shape `x` for an output of shape `y`."""
    from torch.nn import Linear
    from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd

    if isinstance(module, Linear):
        return prod(y) * module.in_features
    if isinstance(module, _ConvNd):
        # A transposed convolution stamps kernels for every input, the other sums for every output.
        places = x if isinstance(module, _ConvTransposeNd) else y
        return prod(places) * prod(module.weight.shape[1:])
    return 0


def repair(module, shape):
    """What to do about a layer that refuses an input of this shape; "" for rare mismatches."""
    from torch.nn import Linear
    from torch.nn.modules.batchnorm import _BatchNorm
    from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd
    from torch.nn.modules.pooling import _AvgPoolNd, _MaxPoolNd

    if isinstance(module, Linear) and shape:
        return _repair_linear(module.in_features, shape)
    if isinstance(module, _BatchNorm) and len(shape) > 1 and shape[1] != module.num_features:
        return f"Use num_features={shape[1]}."
    if isinstance(module, _ConvTransposeNd):
        return _repair_window(module, shape, conv_transpose_output_size)
    if isinstance(module, _ConvNd):
        return _repair_window(module, shape, conv_output_size)
    if isinstance(module, (_AvgPoolNd, _MaxPoolNd)):
        return _repair_window(module, shape, pool_output_size)
    return ""


def _repair_linear(in_features, shape):
    flat = len(shape) == 4  # images, which Flatten makes into vectors
    features = prod(shape[1:]) if flat else shape[-1]
    repairs = ["put nn.Flatten() before it"] * flat
    repairs += [f"use in_features={features}"] * (features != in_features)
    text = " and ".join(repairs)
    return text and f"{text[0].upper()}{text[1:]}."


def _repair_window(module, shape, output_size):
    names = " ".join(kind.__name__ for kind in type(module).__mro__)  # it may be called StdConv
    axes = int(re.search("([123])d", names)[1])
    if not axes < len(shape) < axes + 3:
        return f"Give it an input of shape (N, {_AXES[axes]}) or ({_AXES[axes]})."
    channels = shape[-axes - 1]
    if channels != getattr(module, "in_channels", channels):
        groups = " and groups that divide it" if channels % module.groups else ""
        return f"Use in_channels={channels}{groups}."
    known = inspect.signature(output_size).parameters
    try:
        output_size(shape[-axes:], **{k: v for k, v in vars(module).items() if k in known})
    except ValueError as error:
        return "Use" + str(error).rpartition(". Use")[2]
    return ""
