"""Random stacks for ReceptiveFieldExplorer, and what their units see: the gradients of PyTorch."""

import random

import torch
from torch.nn import functional as F


def draw_stack(rng: random.Random, depth=5):
    """(layers, input size along one axis); about a fifth do not fit."""
    size = rng.choice([8, 9, 12, 16, 21, 32, 48])
    layers, sizes = [], [size]
    for n in range(rng.randint(1, depth)):
        layer = draw_layer(rng)
        while not (size := size_after(layer, sizes[-1])) and rng.random() < 0.9:
            layer = draw_layer(rng)
        layers.append(layer)
        if not size:
            break
        sizes.append(size)
        equal = [level - 1 for level in range(n + 1) if sizes[level] == size]
        if rng.random() < 0.4 and (equal or rng.random() < 0.1):
            layer["skip"] = rng.choice(equal or range(-1, n))
    return layers, sizes[0]


def size_after(layer, size):
    """The size of a layer's map, or None where PyTorch refuses it."""
    try:
        return apply(layer, torch.zeros(1, 1, size, dtype=torch.float64)).shape[-1]
    except RuntimeError:
        return None


def draw_layer(rng):
    kind = rng.choices(["conv", "pool", "transposed_conv", "upsample"], [6, 2, 2, 1])[0]
    if kind == "upsample":
        return {"type": kind, "scale_factor": rng.choice([2, 2, 3])}
    layer = {"type": kind, "kernel_size": rng.choice([1, 2, 2, 3, 3, 3, 4, 5])}
    if rng.random() < 0.4:
        layer["stride"] = rng.choice([1, 2, 2, 3])
    if rng.random() < 0.5:
        layer["padding"] = rng.choice([0, 1, 1, 2, 3])
    if kind == "conv" and rng.random() < 0.2:
        layer["padding"] = [rng.randint(0, 4), rng.randint(0, 4)]
    if rng.random() < 0.3:
        layer["dilation"] = rng.choice([1, 2, 3])
    return layer


def apply(layer, x):
    """One layer on x (1, 1, L) with weights of one; RuntimeError where PyTorch refuses it."""
    if layer["type"] == "upsample":
        return F.interpolate(x, scale_factor=layer["scale_factor"], mode="nearest")
    kernel_size, padding = layer["kernel_size"], layer.get("padding", 0)
    stride, dilation = layer.get("stride", 1), layer.get("dilation", 1)
    ones = torch.ones(1, 1, kernel_size, dtype=x.dtype)
    if layer["type"] == "transposed_conv":
        return F.conv_transpose1d(x, ones, None, stride, padding, dilation=dilation)
    if layer["type"] == "pool":
        stride = layer.get("stride", kernel_size)
        F.max_pool1d(x, kernel_size, stride, padding, dilation)  # refuses what a pool may not have
        # a maximum has one gradient only; the sum reads the same pixels
        return F.conv1d(x, ones, None, stride, padding, dilation)
    before, after = padding if isinstance(padding, list) else (padding, padding)
    return F.conv1d(F.pad(x, (before, after)), ones, None, stride, 0, dilation)


def maps(layers, x):
    """x and the map of every layer; RuntimeError where they don't fit."""
    found = [x]
    for layer in layers:
        y = apply(layer, found[-1])
        if layer.get("skip") is not None:
            other = found[layer["skip"] + 1]
            if other.shape != y.shape:
                raise RuntimeError("skip of another size")
            y = y + other
        found.append(y)
    return found


def seen(layers, size, unit_of):
    """(sizes of all levels, unit, the input pixels that it sees).

    `unit_of(size of the last map)` chooses the unit.
    """
    x = torch.zeros(1, 1, size, dtype=torch.float64, requires_grad=True)
    every = maps(layers, x)
    unit = unit_of(every[-1].shape[-1])
    (gradient,) = torch.autograd.grad(every[-1][0, 0, unit], x, allow_unused=True)
    pixels = [] if gradient is None else gradient[0, 0].nonzero()[:, 0].tolist()
    return [y.shape[-1] for y in every], unit, pixels


