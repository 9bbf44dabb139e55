"""The line of PyTorch that makes a layer, as people would write it. js/formula.js writes the same one."""


def conv2d_code(
    in_channels, out_channels, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1),
    groups=1, bias=True, padding_mode="zeros",
):  # fmt: skip
    """`nn.Conv2d(…)` with the arguments that differ from their defaults; sizes are (height, width) or words."""
    arguments = [in_channels, out_channels, f"kernel_size={_size(kernel_size)}"]
    if stride != (1, 1):
        arguments.append(f"stride={_size(stride)}")
    if padding != (0, 0):
        arguments.append(f"padding={_size(padding)}")
    if dilation != (1, 1):
        arguments.append(f"dilation={_size(dilation)}")
    if groups > 1:
        arguments.append(f"groups={groups}")
    if not bias:
        arguments.append("bias=False")
    if padding_mode != "zeros":
        arguments.append(f'padding_mode="{padding_mode}"')
    return f"nn.Conv2d({', '.join(map(str, arguments))})"


def _size(value):
    if isinstance(value, str):
        return f'"{value}"'
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
