"""Stacks of ReceptiveFieldExplorer as PyTorch: modules, the lines that make them, and the way back."""

from helpers.widgets.field_layers import checked, settings
from helpers.widgets.torch_code import call_code, sequential_code

_CLASSES = {"conv": "Conv2d", "pool": "MaxPool2d", "transposed_conv": "ConvTranspose2d"}
_POINTWISE = (
    "ReLU", "LeakyReLU", "PReLU", "ELU", "GELU", "SiLU", "Tanh", "Sigmoid", "Hardswish", "Softplus", "Identity",
    "BatchNorm2d", "Dropout", "Dropout2d",
)  # fmt: skip
_ELSE = "helpers.receptive_field.receptive_field(model, input_size) follows any network."


def calls(layer):
    """[(class name, values, keywords)]: what makes a layer with one channel; a padding that is uneven comes apart."""
    s = settings(layer)
    if layer["type"] == "upsample":
        return [("Upsample", (), {"scale_factor": s["scale_factor"]})]
    channels = () if layer["type"] == "pool" else (1, 1)
    before, after = s["padding"]
    usual = {"stride": s["kernel_size"] if layer["type"] == "pool" else 1, "padding": 0, "dilation": 1}
    even = s | {"padding": before if before == after else 0}
    keywords = {name: even[name] for name in usual if even[name] != usual[name]}
    call = _CLASSES[layer["type"]], channels, {"kernel_size": s["kernel_size"]} | keywords
    pad = [] if before == after else [("ZeroPad2d", ((before, after, before, after),), {})]
    return [*pad, call]


def layer_code(layer):
    """The lines of PyTorch that make one layer."""
    return [call_code(name, *values, **keywords) for name, values, keywords in calls(layer)]


def stack_code(layers):
    """`nn.Sequential(…)`; with skips, one line for each map, which is called x0 (the input), x1 and so on."""
    if not any("skip" in layer for layer in layers):
        return sequential_code(line for layer in layers for line in layer_code(layer))
    lines = []
    for n, layer in enumerate(layers):
        value = f"x{n}"
        for line in layer_code(layer):
            value = f"{line}({value})"
        joined = f" + x{layer['skip'] + 1}" if "skip" in layer else ""
        lines.append(f"x{n + 1} = {value}{joined}")
    return "\n".join(lines)


def torch_stack(layers):
    """The layers as a module with one channel and PyTorch's random weights: an `nn.Sequential`, but for skips."""
    from torch import nn

    def made(layer):
        found = [getattr(nn, name)(*values, **keywords) for name, values, keywords in calls(layer)]
        return found[0] if len(found) == 1 else nn.Sequential(*found)

    if not any("skip" in layer for layer in layers):
        return nn.Sequential(*map(made, layers))

    class Stack(nn.Module):
        """Layers in a row, some of which add an earlier map to their own."""

        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList(map(made, layers))
            self.skips = [layer.get("skip") for layer in layers]

        def forward(self, x):
            maps = [x]
            for layer, skip in zip(self.layers, self.skips):
                y = layer(maps[-1])
                maps.append(y if skip is None else y + maps[skip + 1])
            return maps[-1]

    return Stack()


def layers_of(sequential):
    """The layers of an `nn.Sequential`, nested ones in a row; activations and the like see what is below them.

    Raises ValueError, with the layer's name, for one that the explorer cannot show.
    """
    from torch import nn

    if not isinstance(sequential, nn.Sequential):
        raise ValueError(f"ReceptiveFieldExplorer reads an nn.Sequential, got {type(sequential).__name__}. {_ELSE}")
    found, pending = [], None
    for name, module in _in_a_row(sequential, ""):
        kind = type(module).__name__
        if kind in _POINTWISE and type(module) is getattr(nn, kind):
            continue
        if kind == "ZeroPad2d":
            left, right, top, bottom = module.padding
            if (left, right) != (top, bottom) or min(module.padding) < 0 or pending:
                raise _refused(name, module, "it pads rows and columns differently")
            pending = [left, right]
            continue
        layer = _layer(name, module, kind)
        if pending:
            own = settings(layer).get("padding", [0, 0])
            if layer["type"] != "conv":
                raise _refused(name, module, "only a convolution can follow ZeroPad2d")
            layer["padding"], pending = [a + b for a, b in zip(own, pending)], None
        found.append({n: v for n, v in layer.items() if v != _USUAL.get(n)} | {"name": name})
    if pending:
        raise ValueError(f"ReceptiveFieldExplorer: nothing follows the ZeroPad2d at the end. {_ELSE}")
    if not found:
        raise ValueError(f"ReceptiveFieldExplorer: no layer of the nn.Sequential looks beyond one pixel. {_ELSE}")
    return checked(found, "ReceptiveFieldExplorer.from_torch")


_USUAL = {"stride": 1, "padding": 0, "dilation": 1}


def _in_a_row(sequential, path):
    from torch import nn

    for name, child in sequential.named_children():
        if isinstance(child, nn.Sequential):
            yield from _in_a_row(child, f"{path}{name}.")
        else:
            yield f"{path}{name}", child


def _layer(name, module, kind):
    from torch import nn

    if kind == "Upsample" and type(module) is nn.Upsample:
        scale = _one(module.scale_factor)
        if module.mode != "nearest" or scale is None or scale != int(scale):
            raise _refused(name, module, "only nearest upsampling by a whole scale_factor is shown")
        return {"type": "upsample", "scale_factor": int(scale)}
    types = {"Conv2d": "conv", "MaxPool2d": "pool", "AvgPool2d": "pool", "ConvTranspose2d": "transposed_conv"}
    if kind not in types or type(module) is not getattr(nn, kind):
        raise _refused(name, module, "the explorer has no such layer")
    if getattr(module, "padding_mode", "zeros") != "zeros":
        raise _refused(name, module, "only padding with zeros is shown")
    if getattr(module, "ceil_mode", False) or any(getattr(module, "output_padding", ())):
        raise _refused(name, module, "ceil_mode and output_padding are not shown")
    layer = {"type": types[kind]}
    for setting in ("kernel_size", "stride", "padding", "dilation"):
        value = getattr(module, setting, 1)
        if isinstance(value, str):
            value = _named(module)
        elif (value := _one(value)) is None:
            raise _refused(name, module, f"its {setting} differs along height and width")
        layer[setting] = value
    if kind.endswith("Pool2d") and layer["stride"] == layer["kernel_size"]:
        del layer["stride"]
    return layer


def _one(value):
    """The number of both axes, or None if they differ."""
    if not isinstance(value, tuple):
        return value
    return value[0] if len(set(value)) == 1 else None


def _named(conv):
    """What padding="same" or "valid" adds, [before, after]; the kernel is as high as wide."""
    if conv.padding == "valid":
        return 0
    reach = conv.dilation[0] * (conv.kernel_size[0] - 1)
    return [reach // 2, reach - reach // 2]


def _refused(name, module, why):
    return ValueError(f"ReceptiveFieldExplorer cannot show layer {name}, {type(module).__name__}: {why}. {_ELSE}")
