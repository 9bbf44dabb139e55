"""Random stacks of layers, in range but mostly misfitting, and what PyTorch makes of them."""

import torch
from torch import nn

SMALL = (1, 1, 1, 2, 2, 3, 3, 4, 5)


def draw_size(rng, values):
    """One number for both axes, or (height, width)."""
    if rng.random() < 0.8:
        return int(rng.choice(values))
    return [int(rng.choice(values)), int(rng.choice(values))]


def draw_layer(rng, shape):
    """A layer that mostly expects the channels or features that `shape` has, and sometimes others."""
    right = rng.random() < 0.9
    channels = shape[0] if right else int(rng.integers(1, 9))
    features = shape[-1] if right else int(rng.integers(1, 40))
    kind = str(rng.choice(list(MAKERS), p=WEIGHTS))
    layer = {"type": kind} | MAKERS[kind](rng, channels, features)
    # what PyTorch has as a default may be left out
    return {
        name: value for name, value in layer.items() if name not in OPTIONAL or rng.random() < 0.5
    }


def _conv(rng, channels, _features):
    groups = int(rng.choice([1, 1, 1, 2, 3, channels]))
    out = int(rng.integers(1, 4)) * (groups if rng.random() < 0.8 else 1)
    return {
        "in_channels": channels, "out_channels": out, "kernel_size": draw_size(rng, SMALL),
        "stride": draw_size(rng, (1, 1, 2, 3)), "padding": draw_size(rng, (0, 0, 1, 2)),
        "dilation": draw_size(rng, (1, 1, 1, 2)), "groups": groups, "bias": bool(rng.random() < 0.5),
    }  # fmt: skip


def _pool(rng, _channels, _features):
    return {
        "kernel_size": draw_size(rng, SMALL), "stride": draw_size(rng, (1, 2, 2, 3)),
        "padding": draw_size(rng, (0, 0, 0, 1, 2)), "ceil_mode": bool(rng.random() < 0.5),
    }  # fmt: skip


MAKERS = {
    "Conv2d": _conv,
    "ConvTranspose2d": lambda rng, c, f: (
        _conv(rng, c, f) | {"output_padding": draw_size(rng, (0, 0, 0, 1, 2))}
    ),
    "MaxPool2d": _pool,
    "AvgPool2d": _pool,
    "AdaptiveAvgPool2d": lambda rng, c, f: {"output_size": draw_size(rng, SMALL)},
    "Upsample": lambda rng, c, f: {
        "scale_factor": draw_size(rng, (1, 2)),
        "mode": str(rng.choice(["nearest", "bilinear"])),
    },
    "BatchNorm2d": lambda rng, c, f: {"num_features": c},
    "Dropout": lambda rng, c, f: {"p": 0.25},
    "ReLU": lambda rng, c, f: {},
    "GELU": lambda rng, c, f: {},
    "Tanh": lambda rng, c, f: {},
    "Sigmoid": lambda rng, c, f: {},
    "Flatten": lambda rng, c, f: {},
    "Linear": lambda rng, c, f: {
        "in_features": f,
        "out_features": int(rng.integers(1, 12)),
        "bias": bool(rng.random() < 0.5),
    },
}
WEIGHTS = [0.2, 0.14, 0.1, 0.08, 0.03, 0.06, 0.07, 0.02, 0.04, 0.02, 0.03, 0.03, 0.08, 0.1]
OPTIONAL = {
    "stride",
    "padding",
    "dilation",
    "groups",
    "bias",
    "ceil_mode",
    "output_padding",
    "mode",
    "p",
}


def as_torch(layer):
    """The module, made by hand from the dict; PyTorch may refuse to make it."""
    named = {
        name: tuple(v) if isinstance(v, list) else v for name, v in layer.items() if name != "type"
    }
    return getattr(nn, layer["type"])(**named).double().eval().requires_grad_(False)


def run(layers, input_size):
    """(shapes, parameters, multiplications) of the layers that PyTorch runs until it refuses one.

    Multiplications are counted per weight: its own number of elements and the places it is used at.
    """
    x = torch.zeros(2, *input_size, dtype=torch.float64)
    shapes, parameters, multiplications = [], [], []
    for layer in layers:
        try:
            module = as_torch(layer)
            y = module(x)
        except (RuntimeError, ValueError, IndexError, NotImplementedError):
            break
        if 0 in y.shape or len(y) != len(
            x
        ):  # AdaptiveAvgPool2d(1) of features would average the examples
            break
        parameters.append(sum(p.numel() for p in module.parameters()))
        multiplications.append(_products(module, x, y))
        shapes.append(list(y.shape[1:]))
        x = y
    return shapes, parameters, multiplications


def _products(module, x, y):
    if isinstance(module, nn.Conv2d):
        return module.weight.numel() * y.shape[2] * y.shape[3]  # each weight at each output pixel
    if isinstance(module, nn.ConvTranspose2d):
        return module.weight.numel() * x.shape[2] * x.shape[3]  # each weight at each input pixel
    return y[0].numel() * module.in_features if isinstance(module, nn.Linear) else 0


def draw_network(rng, length=6):
    """(layers, input_size): each layer drawn for the shape that PyTorch gives it."""
    input_size = [int(rng.integers(1, 5)), int(rng.integers(3, 13)), int(rng.integers(3, 13))]
    layers, shape = [], input_size
    for _ in range(int(rng.integers(1, length + 1))):
        layers.append(draw_layer(rng, shape))
        shapes, *_ = run(layers[-1:], shape)
        shape = shapes[0] if shapes and max(shapes[0]) < 200 else shape
    return layers, input_size
