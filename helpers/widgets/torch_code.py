"""The line of PyTorch that makes a layer, as people would write it. js/formula.js writes the same one."""


_DEFAULTS = {
    "stride": (1, 1), "padding": (0, 0), "output_padding": (0, 0), "dilation": (1, 1),
    "groups": 1, "bias": True, "padding_mode": "zeros",
}  # fmt: skip


def conv2d_code(
    in_channels, out_channels, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1),
    groups=1, bias=True, padding_mode="zeros",
):  # fmt: skip
    """`nn.Conv2d(…)` with the arguments that differ from their defaults; sizes are (height, width) or words."""
    settings = dict(
        stride=stride, padding=padding, dilation=dilation, groups=groups, bias=bias, padding_mode=padding_mode
    )
    return call_code("Conv2d", in_channels, out_channels, kernel_size=_size(kernel_size), **_differing(settings))


def conv_transpose2d_code(
    in_channels, out_channels, kernel_size, stride=(1, 1), padding=(0, 0), output_padding=(0, 0), dilation=(1, 1),
    bias=True, groups=1,
):  # fmt: skip
    """`nn.ConvTranspose2d(…)` with the arguments that differ from their defaults; sizes are (height, width)."""
    settings = dict(
        stride=stride, padding=padding, output_padding=output_padding, dilation=dilation, groups=groups, bias=bias
    )
    return call_code("ConvTranspose2d", in_channels, out_channels, kernel_size=_size(kernel_size), **_differing(settings))


def _differing(settings):
    """The settings that are not PyTorch's defaults, as they are written."""
    return {name: _size(value) for name, value in settings.items() if value != _DEFAULTS[name]}


def call_code(name, *values, **keywords):
    """`nn.Name(1, 2, word="text")`: the call of a layer's constructor, texts in double quotes."""
    arguments = [str(value) for value in values]
    arguments += [f'{key}="{value}"' if isinstance(value, str) else f"{key}={value}" for key, value in keywords.items()]
    return f"nn.{name}({', '.join(arguments)})"


def sequential_code(lines):
    """`nn.Sequential(…)` with one layer on each line."""
    inside = "".join(f"    {line},\n" for line in lines)
    return f"nn.Sequential(\n{inside})" if inside else "nn.Sequential()"


def _size(value):
    """A size (height, width) as one number where both agree; anything else as it is."""
    if not isinstance(value, (tuple, list)):
        return value
    return value[0] if value[0] == value[1] else tuple(value)


def same_layer(kernel, channels, padding_mode):
    """A `torch.nn.Conv2d` in float64 that keeps the size: one copy of kernel (kh, kw) for each channel."""
    import torch

    layer = torch.nn.Conv2d(
        channels, channels, kernel.shape, padding="same", groups=channels, bias=False,
        padding_mode=padding_mode, dtype=torch.float64,
    )  # fmt: skip
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(kernel.copy()))
    return layer


def same_code(kernel, channels, padding_mode):
    """The line of PyTorch that makes `same_layer`."""
    return conv2d_code(
        channels, channels, kernel.shape, padding="same", groups=channels, bias=False, padding_mode=padding_mode
    )
