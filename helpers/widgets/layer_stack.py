"""A stack of layers on one map, each named by a word: its maps by helpers.operations, its modules by PyTorch.

js/layer_stack.js computes the same in the page.
"""

import numpy as np

from helpers import operations
from helpers.kernels import KERNELS
from helpers.widgets.torch_code import call_code, conv2d_code, sequential_code

# word → stride; None: after a global average there is no place left that could be shifted
LAYERS = {
    "conv": 1,
    "strided_conv": 2,
    "relu": 1,
    "max_pool": 2,
    "avg_pool": 2,
    "subsample": 2,
    "blur_pool": 2,
    "max_blur_pool": 2,
    "global_avg_pool": None,
}
_BLUR = np.array(KERNELS["Gaussian blur"])  # (1, 2, 1) / 4 both ways: Zhang, arXiv:1904.11486

# what the maximum of 2×2 with stride 1 reads beyond the end; a last pixel read twice changes none, as −∞ would
_BEYOND = {"zeros": "replicate", "reflect": "reflect", "replicate": "replicate", "circular": "circular"}
_PADS = {"reflect": "ReflectionPad2d", "replicate": "ReplicationPad2d", "circular": "CircularPad2d"}


def forward(x, layers, kernel, padding_mode):
    """The maps after each layer for x (H, W); convolutions keep the size, up to their stride."""

    def convolved(x, kernel, stride):
        padding = tuple(k // 2 for k in kernel.shape)
        return operations.conv2d(x, kernel, stride=stride, padding=padding, padding_mode=padding_mode)

    def dense_max(x):
        x = operations.pad2d(x, ((0, 1), (0, 1)), _BEYOND[padding_mode])
        return operations.max_pool2d(x, 2, stride=1)

    compute = {
        "conv": lambda x: convolved(x, kernel, 1),
        "strided_conv": lambda x: convolved(x, kernel, 2),
        "relu": lambda x: np.maximum(x, 0),
        "max_pool": lambda x: operations.max_pool2d(x, 2),
        "avg_pool": lambda x: operations.avg_pool2d(x, 2),
        "subsample": lambda x: x[::2, ::2],
        "blur_pool": lambda x: convolved(x, _BLUR, 2),
        "max_blur_pool": lambda x: convolved(dense_max(x), _BLUR, 2),
        "global_avg_pool": lambda x: x.mean(keepdims=True),
    }
    maps = []
    for word in layers:
        x = compute[word](x)
        maps.append(x)
    return maps


def total_stride(layers):
    """How many pixels of the input lie between two of the last map; None after a global average."""
    strides = [LAYERS[word] for word in layers]
    return None if None in strides else int(np.prod(strides))


def refusal(size, layers, kernel_size, padding_mode):
    """(number of the layer, why) of the first one that PyTorch would refuse; None where it takes the whole stack."""
    kernels = {"conv": kernel_size, "strided_conv": kernel_size, "blur_pool": _BLUR.shape, "max_blur_pool": _BLUR.shape}
    for number, word in enumerate(layers, 1):
        if word in ("max_pool", "avg_pool") and min(size) < 2:
            return number, f"2×2 pixels do not fit into {size[0]}×{size[1]}"
        for name, pixels, k in zip(("height", "width"), size, kernels.get(word, ())):
            least = {"reflect": k // 2 + 1, "circular": k // 2}.get(padding_mode, 0)
            if pixels < least:
                needs = f"{padding_mode} padding of {k // 2} needs at least {least} pixels"
                return number, f"{needs}, the {name} is {pixels}"
        stride = LAYERS[word]
        rounded = int(word not in ("max_pool", "avg_pool"))  # up, where the window may reach over the border
        size = (1, 1) if stride is None else tuple((pixels + rounded * (stride - 1)) // stride for pixels in size)
    return None


def torch_stack(layers, kernel, padding_mode):
    """The `nn.Sequential` in float64 that computes the same."""
    import torch
    from torch import nn

    stack = nn.Sequential(*(getattr(nn, name)(*values, **keywords)
                            for name, values, keywords, _ in _modules(layers, kernel, padding_mode)))  # fmt: skip
    with torch.no_grad():
        for module, (*_, weight) in zip(stack, _modules(layers, kernel, padding_mode)):
            if weight is not None:
                module.double().weight.copy_(torch.from_numpy(weight.copy()))
    return stack.requires_grad_(False)


def stack_code(layers, kernel, padding_mode):
    """The lines of PyTorch that make `torch_stack`, weights aside; arguments at their defaults are left out."""
    lines = []
    for name, values, keywords, weight in _modules(layers, kernel, padding_mode):
        write = call_code if weight is None else lambda _, *sizes, **settings: conv2d_code(*sizes, **settings)
        lines.append(write(name, *values, **keywords))
    return sequential_code(lines)


def _modules(layers, kernel, padding_mode):
    """(name in torch.nn, values, keywords, weight or None) of every module."""

    def conv(weight, stride):
        keywords = dict(kernel_size=weight.shape, padding=tuple(k // 2 for k in weight.shape), stride=(stride, stride))
        return ("Conv2d", (1, 1), {**keywords, "bias": False, "padding_mode": padding_mode}, weight[None, None])

    dense_max = [
        (_PADS[_BEYOND[padding_mode]], ((0, 1, 0, 1),), {}, None),
        ("MaxPool2d", (2,), {"stride": 1}, None),
    ]
    modules = {
        "conv": [conv(kernel, 1)],
        "strided_conv": [conv(kernel, 2)],
        "relu": [("ReLU", (), {}, None)],
        "max_pool": [("MaxPool2d", (2,), {}, None)],
        "avg_pool": [("AvgPool2d", (2,), {}, None)],
        "subsample": [("MaxPool2d", (1,), {"stride": 2}, None)],
        "blur_pool": [conv(_BLUR, 2)],
        "max_blur_pool": [*dense_max, conv(_BLUR, 2)],
        "global_avg_pool": [("AdaptiveAvgPool2d", (1,), {}, None)],
    }
    return [module for word in layers for module in modules[word]]
