"""The PyTorch of ResidualExplorer: the block as a module, the signal's values and gradients, norms over many blocks."""

import numpy as np
import torch
from torch import nn

from helpers.widgets.residual_cases import SIGNAL_BIASES, SIGNAL_WEIGHTS
from helpers.widgets.residual_parts import structure

# Of the depth view's blocks: channels outside and inside. A quarter inside, as usual, would be too few: three ReLUs die.
CHANNELS = {"basic": (4, 4), "bottleneck": (8, 4)}
SIDE = 4  # pixels of its maps


class ResidualBlock(nn.Module):
    """A residual block with the names of torchvision's: conv1, bn1, …, downsample; it may lack skip, norms, ReLUs."""

    def __init__(self, *, norm, **settings):
        super().__init__()
        self.parts, self.skip = structure(norm=norm, **settings), settings["skip"]
        downsample = []
        for name, kind, lane, sizes in self.parts:
            if kind == "conv":
                fan_in, fan_out, kernel_size, stride = sizes
                made = nn.Conv2d(fan_in, fan_out, kernel_size, stride, kernel_size // 2, bias=not norm)
            elif kind == "norm":
                made = nn.BatchNorm2d(*sizes)
            else:
                continue
            if lane == "skip":
                downsample.append(made)
            else:
                setattr(self, name, made)
        if downsample:
            self.downsample = nn.Sequential(*downsample)
        if settings["activation"]:
            self.relu = nn.ReLU()

    def forward(self, x):
        """The block's output; F(x) runs part by part, then the shortcut is added."""
        return self.walk(x, x)[self.parts[-1][0]]

    def walk(self, x, shortcut):
        """{name: value}: the output of every part for x on the main path and x on the skip."""
        main, found = x, {}
        for name, kind, lane, _sizes in self.parts:
            if kind == "add":
                main = main + shortcut
            elif lane == "main":
                main = self.relu(main) if kind == "relu" else self.named(name)(main)
            else:
                shortcut = self.named(name)(shortcut)
            found[name] = main if lane == "main" else shortcut
        return found

    def named(self, name):
        """The layer "conv1" or "downsample.0"; None if the block has none of this name."""
        return dict(self.named_modules()).get(name)


def signal_block(settings):
    """The block that the signal runs through: one channel everywhere, float64, in train mode."""
    block = ResidualBlock(**settings | {"in_channels": 1, "out_channels": 1}, inner=1).double()
    for name, kernel in SIGNAL_WEIGHTS[settings["block"]].items():
        if conv := block.named(name):
            conv.weight.data.copy_(torch.tensor(kernel))
            if conv.bias is not None:
                conv.bias.data.fill_(SIGNAL_BIASES[name])
    return block


def signal(settings, x, cell):
    """(values, gradients) of the signal: {name: (H, W)}; cell: the output's (row, column), or None for the sum.

    A gradient is that of the chosen output after the value of the same name. "F" and "skip" are the two parts of
    the gradient of x: through the main path and through the shortcut.
    """
    x = torch.tensor(np.asarray(x, float))[None, None].requires_grad_()
    branches = {name: x * 1.0 for name in ("F", "skip")}  # so that each has a gradient of its own
    values = {"x": x} | signal_block(settings).walk(*branches.values())
    y = list(values.values())[-1]
    y = y.sum() if cell is None else y[(0, 0, *cell)]
    wanted = values | branches
    gradients = torch.autograd.grad(y, list(wanted.values()), materialize_grads=True, allow_unused=True)
    plain = [{name: v.detach()[0, 0].numpy() for name, v in zip(wanted, found)} for found in (values.values(), gradients)]
    return tuple(plain)


# ---- many blocks --------------------------------------------------------------------------------------------


def normals(seed, count):
    """Standard normal numbers, the same ones as in the browser: Mulberry32 and the Box–Muller transform."""
    with np.errstate(over="ignore"):
        a = np.uint32(seed) + np.arange(1, 2 * count + 1, dtype=np.uint32) * np.uint32(0x6D2B79F5)
        t = (a ^ (a >> np.uint32(15))) * (a | np.uint32(1))
        t = (t + (t ^ (t >> np.uint32(7))) * (t | np.uint32(61))) ^ t
    u = (t ^ (t >> np.uint32(14))) / 2.0**32
    return np.sqrt(-2 * np.log(1 - u[::2])) * np.cos(2 * np.pi * u[1::2])


def norms(settings, blocks, scale, seed):
    """{"signal" | "gradient": {"with skip" | "without skip": blocks + 1 root mean squares}}.

    The same block again and again, weights He-initialized times `scale`. signal[n] is that of the output of block n
    (0: of x, which is 1); gradient[n] is that of the gradient with respect to it (the last one is 1).
    """
    channels, inner = CHANNELS[settings["block"]]
    same = {"in_channels": channels, "out_channels": channels, "stride": 1, "inner": inner}
    skips = {"with skip": settings["skip"] if settings["skip"] != "none" else "identity", "without skip": "none"}
    found = {"signal": {}, "gradient": {}}
    # drawn with a projection, so that all kinds of skips have the same weights
    drawn = {name: s for name, kind, _, s in structure(**settings | same | {"skip": "projection"}) if kind == "conv"}
    counts = [i * o * k * k for i, o, k, _stride in drawn.values()]
    pixels = 2 * channels * SIDE**2
    numbers = torch.from_numpy(normals(seed, pixels + blocks * sum(counts)))
    x, g = (v / v.square().mean().sqrt() for v in numbers[:pixels].reshape(2, 1, channels, SIDE, SIDE))
    for label, skip in skips.items():
        rest, values = iter(numbers[pixels:].split(counts * blocks)), [x.clone().requires_grad_()]
        for _ in range(blocks):
            block = ResidualBlock(**settings | same | {"skip": skip}).double()
            for conv in block.modules():
                if isinstance(conv, nn.Conv2d):  # as in the middle of a large map: no zeros that make all of it weaker
                    conv.padding_mode = "circular"
            for name, (i, o, k, _stride) in drawn.items():
                weight = next(rest).reshape(o, i, k, k) * scale * (2 / (i * k * k)) ** 0.5
                if conv := block.named(name):
                    conv.weight.data.copy_(weight)
                    if conv.bias is not None:
                        conv.bias.data.zero_()
            values.append(block(values[-1]))
        found["signal"][label] = _rms(values)
        found["gradient"][label] = _rms(torch.autograd.grad(values[-1], values, g))
    return found


def _rms(tensors):
    return np.array([float(t.detach().square().mean().sqrt()) for t in tensors])
