"""What the page is compared with: random layers, PyTorch's answers, and a way to ask the page's modules."""

import itertools
import json
import math
from functools import cache

import pytest
import torch
from torch import nn
from torch.nn import functional as F

MODES = ["zeros", "reflect", "replicate", "circular"]
SETTINGS = ["size", "kernel_size", "stride", "padding", "dilation"]


@pytest.fixture
def javascript(module_page):
    """`javascript("flip from arithmetic", "flip(c.kernel)", cases)`: the expression for each case c."""

    def run(imports, expression, cases):
        names, file = imports.split(" from ")
        script = f"""async (text) => {{
            const {{ {names} }} = await import("/helpers/widgets/js/{file}.js");
            return JSON.stringify(JSON.parse(text).map((c) => ({expression})));
        }}"""
        answers = json.loads(module_page.evaluate(script, json.dumps(cases)))
        assert len(answers) == len(cases) > 0
        return answers

    yield run
    assert module_page.console_errors == []


def draw_layer(rng):
    """A layer as arithmetic.js wants it; about a quarter of them are illegal."""
    draw = {
        "size": lambda: int(rng.integers(1, 10)),
        "kernel_size": lambda: int(rng.integers(1, 5)),
        "stride": lambda: int(rng.integers(1, 5)),
        "padding": lambda: int(rng.choice([0, 0, 1, 2, 3, 4])),
        "dilation": lambda: int(rng.choice([1, 1, 2, 3])),
    }
    return {name: [draw[name](), draw[name]()] for name in SETTINGS} | {"padding_mode": str(rng.choice(MODES))}


def torch_layer(layer, in_channels=1, out_channels=1, bias=False):
    return nn.Conv2d(
        in_channels, out_channels, layer["kernel_size"], layer["stride"], tuple(layer["padding"]),
        layer["dilation"], bias=bias, padding_mode=layer["padding_mode"], dtype=torch.float64,
    ).requires_grad_(False)  # fmt: skip


def accepts(layer):
    return _accepts(*(tuple(layer[name]) for name in SETTINGS), layer["padding_mode"])


@cache
def _accepts(*values):
    layer = dict(zip([*SETTINGS, "padding_mode"], values))
    try:
        torch_layer(layer)(torch.zeros(1, 1, *layer["size"], dtype=torch.float64))
    except RuntimeError:
        return False
    return True


def legal_layers(rng, count):
    legal = (layer for layer in iter(lambda: draw_layer(rng), None) if accepts(layer))
    return list(itertools.islice(legal, count))


def reads(layer):
    """Which pixel (counted row by row from 1; 0: none) every tap of every output reads: (kh·kw, H', W')."""
    taps = math.prod(layer["kernel_size"])
    conv = torch_layer(layer, 1, taps)
    conv.weight.copy_(torch.eye(taps).reshape(conv.weight.shape))
    count = math.prod(layer["size"])
    pixels = torch.arange(1, count + 1, dtype=torch.float64).reshape(1, 1, *layer["size"])
    return conv(pixels)[0].int().numpy()


# -- transposed convolution ------------------------------------------------------------------------


def draw_transposed(rng):
    """A layer as transposed.js wants it; about a third of them are illegal."""
    draw = {
        "size": lambda: int(rng.integers(1, 7)),
        "kernel_size": lambda: int(rng.integers(1, 5)),
        "stride": lambda: int(rng.integers(1, 5)),
        "padding": lambda: int(rng.choice([0, 0, 1, 2, 3, 4])),
        "dilation": lambda: int(rng.choice([1, 1, 2, 3])),
        "output_padding": lambda: int(rng.choice([0, 0, 0, 1, 2, 3])),
    }
    return {name: [one(), one()] for name, one in draw.items()}


def conv_transpose(layer, x, weight, bias=None):
    """What nn.ConvTranspose2d gives for x (C, H, W); RuntimeError where it refuses the layer."""
    return F.conv_transpose2d(
        x[None], weight, bias, layer["stride"], layer["padding"],
        layer["output_padding"], dilation=layer["dilation"],
    )[0]  # fmt: skip


def accepts_transposed(layer):
    return _accepts_transposed(tuple((name, *value) for name, value in layer.items()))


@cache
def _accepts_transposed(settings):
    layer = {name: value for name, *value in settings}
    # float64: in float32, PyTorch lets a few outputs of size 0 pass
    x, weight = (torch.zeros(1, *layer[n], dtype=torch.float64) for n in ("size", "kernel_size"))
    try:
        conv_transpose(layer, x, weight[None])
    except RuntimeError:
        return False
    return True


def legal_transposed(rng, count):
    legal = filter(accepts_transposed, iter(lambda: draw_transposed(rng), None))
    return list(itertools.islice(legal, count))


def stamped(layer):
    """Which pixel (counted from 1; 0: none) every tap stamps on every output: (kh·kw, H', W')."""
    taps = math.prod(layer["kernel_size"])
    weight = torch.eye(taps, dtype=torch.float64).reshape(1, taps, *layer["kernel_size"])
    count = math.prod(layer["size"])
    pixels = torch.arange(1, count + 1, dtype=torch.float64).reshape(1, *layer["size"])
    return conv_transpose(layer, pixels, weight).int().numpy()
