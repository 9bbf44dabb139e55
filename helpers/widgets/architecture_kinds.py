"""What a layer or an operation is, as a dict with PyTorch's words: {"type": "Conv2d", "kernel_size": [3, 3], …}.

The types that js/layer_table/layers.js knows have the same settings there. The others:
    Conv2d      with `same`: its padding at the end, where that is a pixel more than its `padding`
    Same        keeps the shape: other normalization, activations, dropout
    Add, Mul    joins maps place by place; `op` is the function's name
    Concat      joins them along an axis `dim` (0: channels)
    Global      the mean over all places; `keepdim`
    Pad         `amounts` [top, bottom, left, right], negative ones cut; `mode`
    Fit         makes a map as large as the code wanted: `op` is "crop", "pad" or "resize"; its `rule` is found later
    PixelShuffle, Permute, Channels
    Fixed       anything else: its shape is known for the one input only, and `why`
"""

from helpers import shapes
from helpers.widgets.base import pair

UNTRACKED = set(
    "zeros_like ones_like empty_like full_like rand_like randn_like new_zeros new_ones new_empty new_full "
    "new_empty_strided local_scalar_dense".split()
)
TRANSPARENT = set(
    "clone to_copy alias detach contiguous lift_fresh native_dropout dropout fill zero view unsafe_view expand copy "
    "reshape_alias".split()
)
# functions of one tensor that a table shows, too; sums with constants and the like are left out
ACTIVATIONS = set(
    "relu relu6 hardtanh hardswish hardsigmoid silu sigmoid tanh gelu elu leaky_relu mish softplus prelu celu selu "
    "softmax log_softmax native_batch_norm native_group_norm native_layer_norm".split()
)
_FUNCTIONS = {
    "native_batch_norm": "batch_norm", "native_group_norm": "group_norm", "native_layer_norm": "layer_norm",
    "max_pool2d_with_indices": "max_pool2d", "constant_pad_nd": "pad", "convolution": "conv",
}  # fmt: skip
_VIEWS = {"view", "unsafe_view", "reshape_alias", "squeeze", "flatten", "reshape"}
_POOLS = {"max_pool2d_with_indices": "MaxPool2d", "max_pool2d": "MaxPool2d", "avg_pool2d": "AvgPool2d"}


def is_known(module):
    """Is it one of torch.nn's layers, whose shapes are known? What somebody else wrote is looked into."""
    from torch import nn

    if isinstance(module, (nn.Sequential, nn.ModuleList, nn.ModuleDict)):
        return False
    return any(kind.__module__.startswith("torch.nn.modules") for kind in type(module).__mro__[:-2])


def _sizes(module, *names):
    return {name: list(pair(getattr(module, name))) for name in names}


def of_module(module, x, y):
    """The dict of a layer that makes an output of shape y of an input of shape x, both with the batch."""
    from torch import nn

    if isinstance(module, nn.Conv2d):
        return _conv(module)
    if isinstance(module, nn.ConvTranspose2d):
        sizes = _sizes(module, "kernel_size", "stride", "padding", "output_padding", "dilation")
        return {"type": "ConvTranspose2d", **_channels(module), **sizes}
    if isinstance(module, nn.MaxPool2d):
        sizes = _sizes(module, "kernel_size", "stride", "padding", "dilation")
        return {"type": "MaxPool2d", **sizes, "ceil_mode": module.ceil_mode}
    if isinstance(module, nn.AvgPool2d):
        sizes = _sizes(module, "kernel_size", "stride", "padding")
        return {"type": "AvgPool2d", **sizes, "ceil_mode": module.ceil_mode}
    if isinstance(module, (nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d)):
        return {"type": "AdaptiveAvgPool2d", "output_size": list(pair(module.output_size))}
    if isinstance(module, nn.Linear):
        settings = {name: getattr(module, name) for name in ("in_features", "out_features")}
        return {"type": "Linear", **settings, "bias": module.bias is not None}
    if isinstance(module, nn.Flatten) and module.start_dim == 1 and module.end_dim in (-1, len(x) - 1):
        return {"type": "Flatten"}
    if isinstance(module, nn.Upsample) and len(x) == 4:
        return _upsample(module.scale_factor, module.mode, module.align_corners)
    if isinstance(module, nn.PixelShuffle):
        return {"type": "PixelShuffle", "upscale_factor": module.upscale_factor}
    if "Pad" in type(module).__name__ and len(x) == 4 and hasattr(module, "padding"):
        left, right, top, bottom = module.padding if isinstance(module.padding, tuple) else (module.padding,) * 4
        modes = {"Reflection": "reflect", "Circular": "circular"}
        mode = modes.get(type(module).__name__.partition("Pad")[0], "zeros")
        return {"type": "Pad", "amounts": [top, bottom, left, right], "mode": mode}
    if isinstance(module, nn.BatchNorm2d) and module.affine:
        return {"type": "BatchNorm2d", "num_features": module.num_features}
    if x == y and not isinstance(module, (nn.MultiheadAttention, nn.RNNBase)):
        return {"type": "Same"}
    return {"type": "Fixed", "why": f"what {type(module).__name__} makes of other sizes is not known here"}


def _channels(module):
    counts = {name: getattr(module, name) for name in ("in_channels", "out_channels", "groups")}
    return counts | {"bias": module.bias is not None}


def _conv(module):
    spec = {"type": "Conv2d", **_channels(module), **_sizes(module, "kernel_size", "stride", "dilation")}
    if module.padding_mode != "zeros":
        spec["padding_mode"] = module.padding_mode
    if module.padding != "same":
        padding = (0, 0) if module.padding == "valid" else pair(module.padding)
        return spec | {"padding": list(padding)}
    try:
        padding = shapes.named_padding("same", module.kernel_size, module.dilation)
        return spec | {"padding": list(pair(padding))}
    except ValueError:  # an even kernel: a pixel more at the end
        both = [d * (k - 1) for k, d in zip(spec["kernel_size"], spec["dilation"])]
        return spec | {"padding": [p // 2 for p in both], "same": [p - p // 2 for p in both]}


def _upsample(scale, mode, corners=None):
    if scale is None:
        return {"type": "Fit", "op": "resize", "mode": mode}
    scale = [int(v) if v == int(v) else v for v in map(float, pair(scale))]
    return {"type": "Upsample", "scale_factor": scale, "mode": mode, "corners": bool(corners)}


def of_function(name, named, sources, x, y, by_place, unchanged):
    """(name that is shown, dict) of an operation between layers; None for one that nobody would draw."""
    shown = _FUNCTIONS.get(name, name)
    if len(sources) > 1 and by_place:
        spec = {"type": "Mul" if name == "mul" else "Add", "op": name}
        return shown, spec
    if name == "cat":
        dim = named["dim"] % len(x)
        if len(sources) == 1:
            return shown, {"type": "Fixed", "why": "a map is put beside itself"} if x != y else None
        return shown, {"type": "Concat", "dim": dim - 1} if dim else _fixed("it joins images of a batch")
    if name in ACTIVATIONS and x == y:
        return shown, {"type": "Same"}
    if unchanged:
        return shown, None
    if name in _VIEWS and len(x) > 2 and len(y) == 2 and y[0] == x[0]:
        return "flatten", {"type": "Flatten"}
    if name == "mean" and len(x) == 4 and sorted(d % 4 for d in named.get("dim") or []) == [2, 3]:
        return shown, {"type": "Global", "keepdim": bool(named["keepdim"])}
    if name in _POOLS:
        return shown, _pool(_POOLS[name], named)
    if name.startswith("adaptive_") and name.endswith("pool2d"):
        return shown, {"type": "AdaptiveAvgPool2d", "output_size": list(pair(named["output_size"]))}
    if "upsample" in name and len(x) == 4:
        return "interpolate", _interpolate(name, named)
    if name.endswith("_pad2d") or name == "constant_pad_nd":
        return "pad", _padding(list(named.get("pad") or named.get("padding")))
    if name == "slice" and len(x) == 4:
        dim = named["dim"] % 4
        start = named["start"] or 0
        if x == y and not start and (named["end"] is None or dim < 2 or named["end"] > 2**60):
            return shown, None  # all of it, as in x[:, :, 1:]
        if dim > 1 and named["step"] == 1:
            start = max(start + x[dim] if start < 0 else start, 0)
            return "crop", {"type": "Fit", "op": "crop", "start": [start, 0] if dim == 2 else [0, start]}
        if dim == 1:
            return shown, {"type": "Channels", "channels": y[1]}
    if name in ("split", "split_with_sizes", "chunk") and named.get("dim") == 1:
        return shown, {"type": "Channels", "channels": y[1]}
    if name in ("permute", "transpose") and len(x) == 4:
        order = list(range(4))
        if name == "permute":
            order = [d % 4 for d in named["dims"]]
        else:
            a, b = named["dim0"] % 4, named["dim1"] % 4
            order[a], order[b] = order[b], order[a]
        if order[0] == 0:
            return shown, {"type": "Permute", "dims": [d - 1 for d in order[1:]]}
    return shown, _fixed(f"what {shown} makes of other sizes is not known here")


def _fixed(why):
    return {"type": "Fixed", "why": why}


def _pool(kind, named):
    kernel = list(pair(_one(named["kernel_size"])))
    spec = {"kernel_size": kernel, "stride": list(pair(_one(named["stride"]))) if named["stride"] else kernel}
    spec |= {"padding": list(pair(_one(named["padding"]))), "ceil_mode": bool(named["ceil_mode"])}
    if kind == "MaxPool2d":
        spec["dilation"] = list(pair(_one(named["dilation"])))
    return {"type": kind, **spec}


def _one(value):
    return value[0] if isinstance(value, (list, tuple)) and len(value) == 1 else value


def _interpolate(name, named):
    scales = named.get("scale_factors") or [named.get("scales_h"), named.get("scales_w")]
    mode = next((mode for mode in ("bilinear", "bicubic", "nearest") if mode in name), "nearest")
    scales = None if None in scales else tuple(scales)
    return _upsample(scales, mode, named.get("align_corners"))


def _padding(amounts):
    if len(amounts) != 4:
        return _fixed("it pads more than height and width")
    left, right, top, bottom = amounts
    return {"type": "Fit", "op": "pad", "start": [-top, -left], "amounts": [top, bottom, left, right]}
