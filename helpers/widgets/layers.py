"""The layers of a sequential network as dicts: what they may hold, their output shapes, and PyTorch's own.

A layer is `{"type": "Conv2d", "in_channels": 1, …}` with PyTorch's names; settings at their defaults may be
left out. A shape is (channels, height, width), or (features,) after a Flatten. js/layers.js has the same rules.
"""

from math import prod
from numbers import Real

import numpy as np

from helpers import shapes
from helpers.widgets.base import SettingError, pair
from helpers.widgets.torch_code import call_code, conv2d_code, conv_transpose2d_code

NEEDED = object()  # a setting without a default
_CONV = {"in_channels": NEEDED, "out_channels": NEEDED, "kernel_size": NEEDED, "stride": 1, "padding": 0}
_POOL = {"kernel_size": NEEDED, "stride": None, "padding": 0, "ceil_mode": False}

KINDS = {
    "Conv2d": _CONV | {"dilation": 1, "groups": 1, "bias": True},
    "ConvTranspose2d": _CONV | {"output_padding": 0, "dilation": 1, "groups": 1, "bias": True},
    "MaxPool2d": _POOL,
    "AvgPool2d": _POOL,
    "AdaptiveAvgPool2d": {"output_size": NEEDED},
    "Upsample": {"scale_factor": NEEDED, "mode": "nearest"},
    "BatchNorm2d": {"num_features": NEEDED},
    "Dropout": {"p": 0.5},
    "ReLU": {},
    "GELU": {},
    "Tanh": {},
    "Sigmoid": {},
    "Flatten": {},
    "Linear": {"in_features": NEEDED, "out_features": NEEDED, "bias": True},
}
MODES = ("nearest", "bilinear")
MOST = {"size": 1024, "count": 10**8}
_SIZES = {"kernel_size", "stride", "padding", "output_padding", "dilation", "output_size", "scale_factor"}
_COUNTS = {"in_channels", "out_channels", "num_features", "in_features", "out_features", "groups"}
_EXPECTS = {"Conv2d": "in_channels", "ConvTranspose2d": "in_channels", "BatchNorm2d": "num_features"}
_ELEMENTWISE = {"Dropout", "ReLU", "GELU", "Tanh", "Sigmoid"}


# ---- what a layer may hold ----------------------------------------------------------------------------------


def checked(layer, where):
    """The layer with plain numbers, in PyTorch's order. Raises SettingError for what no layer of its type has."""
    if not isinstance(layer, dict) or "type" not in layer:
        raise SettingError(f"{where}: expected a dict such as {{'type': 'ReLU'}}, got {layer!r}.")
    kind = layer["type"]
    if not isinstance(kind, str) or kind not in KINDS:
        raise SettingError(f"{where}: there is no layer {kind!r} here. There are: {', '.join(KINDS)}.")
    known = KINDS[kind]
    if unknown := [name for name in layer if name != "type" and name not in known]:
        raise SettingError(f"{where}: {kind} has no {unknown[0]!r}. It has: {', '.join(known) or 'no settings'}.")
    if missing := [name for name, usual in known.items() if usual is NEEDED and name not in layer]:
        raise SettingError(f"{where}: {kind} needs {missing[0]}, as in {_example(kind)}.")
    given = [name for name in known if name in layer and not (layer[name] is None and known[name] is None)]
    return {"type": kind} | {name: _value(f"{where}: {kind}'s {name}", name, layer[name]) for name in given}


def _example(kind):
    return {"type": kind} | {name: 1 if name != "kernel_size" else 3 for name, v in KINDS[kind].items() if v is NEEDED}


def _value(where, name, value):
    if name in ("bias", "ceil_mode"):
        if not isinstance(value, (bool, np.bool_)):
            raise SettingError(f"{where} is True or False, got {value!r}.")
        return bool(value)
    if name == "mode":
        if value not in MODES:
            raise SettingError(f"{where} is {' or '.join(map(repr, MODES))}, got {value!r}.")
        return value
    if name == "p":
        if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= value <= 1:
            raise SettingError(f"{where} is a probability from 0 to 1, got {value!r}.")
        return _whole(float(value))
    least, most = int(not name.endswith("padding")), MOST["size" if name in _SIZES else "count"]
    values = value if name in _SIZES and isinstance(value, (tuple, list)) else (value,)
    whole = all(isinstance(v, (int, np.integer)) and not isinstance(v, bool) and least <= v <= most for v in values)
    if not whole or isinstance(value, (tuple, list)) and len(values) != 2:
        form = "an int, or (height, width)," if name in _SIZES else "an int"
        raise SettingError(f"{where} is {form} from {least} to {most}, got {value!r}.")
    return tuple(map(int, values)) if isinstance(value, (tuple, list)) else int(value)


def settings(layer):
    """All settings of a checked layer, the defaults filled in."""
    full = KINDS[layer["type"]] | {name: value for name, value in layer.items() if name != "type"}
    if full.get("stride", 1) is None:
        full["stride"] = full["kernel_size"]
    return full


# ---- shapes and costs ---------------------------------------------------------------------------------------


def output_shape(layer, shape, flattened=None):
    """The shape that the layer makes of `shape`. Raises ValueError where PyTorch would refuse the two.

    `flattened` is the shape that a Flatten made the features of: the error tells it with their number.
    """
    kind, s = layer["type"], settings(layer)
    if kind in _ELEMENTWISE:
        return shape
    if kind == "Flatten":
        return (prod(shape),)
    if kind == "Linear":
        return _linear_shape(s, shape, flattened)
    if kind in ("Conv2d", "ConvTranspose2d"):
        parameters(layer)  # refuses groups that do not divide the channels
    if len(shape) == 1:
        raise ValueError(f"{kind} needs (channels, height, width), but gets {shape[0]} features. Put Flatten below it.")
    channels, *size = shape
    if kind in _EXPECTS and s[_EXPECTS[kind]] != channels:
        name = _EXPECTS[kind]
        raise ValueError(f"{kind} expects {s[name]} channels, but gets {channels}. Use {name}={channels}.")
    size = tuple(size)
    match kind:
        case "Conv2d":
            return s["out_channels"], *shapes.conv_output_size(size, *_pairs(s, "kernel_size stride padding dilation"))
        case "ConvTranspose2d":
            sizes = _pairs(s, "kernel_size stride padding output_padding dilation")
            return s["out_channels"], *shapes.conv_transpose_output_size(size, *sizes)
        case "MaxPool2d" | "AvgPool2d":
            sizes = _pairs(s, "kernel_size stride padding")
            return channels, *shapes.pool_output_size(size, *sizes, ceil_mode=s["ceil_mode"])
        case "AdaptiveAvgPool2d":
            return channels, *pair(s["output_size"])
        case "Upsample":
            return channels, *(v * f for v, f in zip(size, pair(s["scale_factor"])))
    return shape


def _pairs(s, names):
    return [pair(s[name]) for name in names.split()]


def _linear_shape(s, shape, flattened):
    expected, got = s["in_features"], shape[-1]
    if got == expected:
        return *shape[:-1], s["out_features"]
    if len(shape) > 1:
        repair = "" if prod(shape) == expected else f" and use in_features={prod(shape)}"
        raise ValueError(
            f"Linear acts on the last axis only and expects {expected} there, but {shape} has {got}. "
            f"Put Flatten before it{repair}."
        )
    product = f" = {'·'.join(map(str, flattened))}" if flattened else ""
    raise ValueError(f"Linear expects {expected} features, but gets {got}{product}. Use in_features={got}.")


def parameters(layer):
    """How many numbers the layer learns. Raises ValueError if its groups do not divide its channels."""
    kind, s = layer["type"], settings(layer)
    if kind in ("Conv2d", "ConvTranspose2d"):
        names = ("in_channels", "out_channels", "kernel_size", "bias", "groups")
        return shapes.conv_parameters(*(s[name] for name in names))
    if kind == "Linear":
        return s["out_features"] * (s["in_features"] + s["bias"])
    return 2 * s["num_features"] if kind == "BatchNorm2d" else 0


def multiplications(layer, shape, output):
    """Products of weights and values for one example; those of pooling and normalizing are few and not counted."""
    kind, s = layer["type"], settings(layer)
    if kind == "Linear":
        return prod(shape) * s["out_features"]
    if kind not in ("Conv2d", "ConvTranspose2d"):
        return 0
    # every input of a transposed convolution stamps the kernel once, as every output of a convolution reads it
    size = output[1:] if kind == "Conv2d" else shape[1:]
    return shapes.conv_multiplications(s["in_channels"], s["out_channels"], s["kernel_size"], size, s["groups"])


def walk(layers, input_size):
    """(output shapes, problem): one shape per layer, None from the first that does not fit; its sentence or None."""
    found, shape, flattened = [], input_size, None
    for n, layer in enumerate(layers):
        try:
            before, shape = shape, output_shape(layer, shape, flattened)
        except ValueError as error:
            text = str(error).split("output_size: ")[-1].split("conv_parameters: ")[-1]
            return found + [None] * (len(layers) - n), f"Layer {n}, {layer_code(layer)}: {text}"
        if layer["type"] == "Flatten" and len(before) > 1:
            flattened = before
        elif layer["type"] == "Linear":
            flattened = None
        found.append(shape)
    return found, None


# ---- PyTorch ------------------------------------------------------------------------------------------------


def layer_code(layer):
    """The constructor call, with the arguments that differ from their defaults."""
    kind, s = layer["type"], settings(layer)
    if kind in ("Conv2d", "ConvTranspose2d"):
        make = conv2d_code if kind == "Conv2d" else conv_transpose2d_code
        return make(**{name: pair(value) if name in _SIZES else value for name, value in s.items()})
    usual = KINDS[kind] | ({"stride": s["kernel_size"]} if "kernel_size" in s else {})
    counts = [s[name] for name in s if name in _COUNTS]
    words = {
        name: _collapsed(value) for name, value in s.items() if name not in _COUNTS and not _same(value, usual[name])
    }
    return call_code(kind, *counts, **words)


def _same(value, usual):
    return usual is not NEEDED and pair(value) == pair(usual)


def _collapsed(value):
    return value[0] if isinstance(value, tuple) and value[0] == value[1] else value


def module(layer):
    """The layer as a module of `torch.nn`."""
    from torch import nn

    kind, s = layer["type"], settings(layer)
    return getattr(nn, kind)(**s)


def layers_of(sequential):
    """The layers of an `nn.Sequential`, nested ones in a row. Raises ValueError for one that cannot be shown."""
    from torch import nn

    if not isinstance(sequential, nn.Sequential):
        raise ValueError(
            f"LayerTable reads an nn.Sequential, got {type(sequential).__name__}. Wrap it: nn.Sequential(layer)."
        )
    found = []
    for name, child in sequential.named_children():
        try:
            found += layers_of(child) if isinstance(child, nn.Sequential) else [_layer_of(child)]
        except ValueError as error:
            inner = str(error).removeprefix("LayerTable cannot show layer ")
            raise ValueError(
                f"LayerTable cannot show layer {name}{'.' if inner[0].isdigit() else ', '}{inner}"
            ) from None
    return found


def _layer_of(child):
    from torch import nn

    kind = type(child).__name__
    if kind not in KINDS or getattr(nn, kind) is not type(child):
        raise ValueError(f"{kind}. It shows: {', '.join(KINDS)}.")
    layer = {"type": kind}
    for name, usual in KINDS[kind].items():
        value = child.bias is not None if name == "bias" else getattr(child, name)
        if name == "scale_factor" and value is not None:
            value = tuple(map(_whole, value)) if isinstance(value, tuple) else _whole(value)
        if name == "padding" and isinstance(value, str):
            value = _padding_in_numbers(child)
        value = _collapsed(value)
        if usual is NEEDED or not _same(value, layer["kernel_size"] if usual is None else usual):
            layer[name] = value
    layer = checked(layer, kind)
    ours, theirs = _public(module(layer)), _public(child)
    for name in ours.keys() & theirs.keys():
        if pair(ours[name]) != pair(theirs[name]):
            raise ValueError(f"{kind}: its {name} is {theirs[name]!r}, and the table knows only {ours[name]!r}.")
    return layer


def _padding_in_numbers(child):
    try:
        return shapes.named_padding(child.padding, child.kernel_size, child.dilation)
    except ValueError:
        raise ValueError(f'Conv2d: padding="same" is uneven for a kernel of {child.kernel_size}.') from None


def _whole(value):
    return int(value) if value == int(value) else value


def _public(child):
    """What makes a module what it is; padding="same" has been read as numbers before."""
    kept = {
        name: value for name, value in vars(child).items() if name[0] != "_" and name not in ("training", "inplace")
    }
    return {name: value for name, value in kept.items() if name != "padding" or not isinstance(value, str)}
