"""Random networks with branches, in one to three dimensions, for the tests of receptive fields."""

import torch
from torch import nn

from tests.random_settings import Draw

PADDING_MODES = ("zeros", "zeros", "zeros", "reflect", "replicate")
LINEAR = {1: "linear", 2: "bilinear", 3: "trilinear"}


class Slice(nn.Module):
    """Some of the channels."""

    def __init__(self, start, stop):
        super().__init__()
        self.start, self.stop = start, stop

    def forward(self, x):
        return x[:, self.start : self.stop]


class Rearranged(nn.Module):
    """Channels shuffled, reversed or mixed, or pixels mixed in blocks of 2×…×2."""

    def __init__(self, how):
        super().__init__()
        self.how = how

    def extra_repr(self):
        return self.how

    def forward(self, x):
        if self.how == "shuffle":
            return nn.functional.channel_shuffle(x, 1 if x.shape[1] % 2 else 2)
        if self.how == "flip":
            return x.flip(1)
        if self.how == "norm":
            x = x.movedim(1, -1)
            return nn.functional.layer_norm(x, x.shape[-1:]).movedim(-1, 1)
        sizes = [size for n in x.shape[2:] for size in (n // 2, 2)]
        axes = range(2, 2 + len(sizes), 2)
        x = x[(..., *[slice(n // 2 * 2) for n in x.shape[2:]])]
        x = x.reshape(*x.shape[:2], *sizes)
        for axis in axes:
            x = x.flip(axis + 1) if self.how == "turned blocks" else x.softmax(axis + 1)
        for axis in reversed(axes):
            x = x.flatten(axis, axis + 1)
        return x


class Join(nn.Module):
    """Two paths, added or concatenated after both are cut to the smaller size."""

    def __init__(self, first, second, how, centred=False):
        super().__init__()
        self.first, self.second = first, second
        self.how, self.centred = how, centred

    def forward(self, x):
        first, second = self.first(x), self.second(x)
        sizes = [min(pair) for pair in zip(first.shape[2:], second.shape[2:])]
        first, second = (cut(y, sizes, self.centred) for y in (first, second))
        return first + second if self.how == "add" else torch.cat([first, second], 1)


def cut(x, sizes, centred):
    for axis, size in enumerate(sizes, start=2):
        x = x.narrow(axis, (x.shape[axis] - size) // 2 if centred else 0, size)
    return x


class DrawNetwork(Draw):
    """Draws layers for the channels it has arrived at; `axes` spatial ones."""

    def __init__(self, seed, axes=2, padding_modes=PADDING_MODES):
        super().__init__(seed)
        self.axes, self.padding_modes = axes, padding_modes

    def module(self, name, *args, **kwargs):
        return getattr(nn, f"{name}{self.axes}d")(*args, **kwargs)

    def one(self, *usual):
        """An int, or one per axis."""
        if self.random() < 0.5:
            return self.choice(usual)
        return tuple(self.choice(usual) for _ in range(self.axes))

    def conv(self, channels, stride=None, out=None):
        depthwise = out in (None, channels) and self.random() < 0.2
        out = channels if depthwise else out or self.randint(1, 4)
        stride = self.one(1, 1, 1, 2, 3) if stride is None else stride
        padding = self.one(0, 0, 1, 2)
        if stride == 1 and self.random() < 0.2:
            padding = "same"
        return self.module(
            "Conv", channels, out, self.one(1, 2, 3, 3, 4, 5), stride, padding,
            self.one(1, 1, 1, 2, 3), groups=channels if depthwise else 1,
            padding_mode=self.choice(self.padding_modes),
        )  # fmt: skip

    def pool(self, channels, stride=None):
        kernel_size = self.one(2, 2, 3, 4)
        if stride is None:
            stride = self.choice([None, self.one(1, 2, 3)])
        padding = self.choice([0, 0, 1])
        if self.random() < 0.5:
            return self.module("AvgPool", kernel_size, stride, padding, self.random() < 0.4)
        dilation = self.one(1, 1, 2)
        return self.module("MaxPool", kernel_size, stride, padding, dilation,
                           ceil_mode=self.random() < 0.4)  # fmt: skip

    def transposed(self, channels, stride=None, out=None):
        stride = self.choice([1, 2, 2, 3]) if stride is None else stride
        return self.module(
            "ConvTranspose", channels, out or self.randint(1, 4), self.one(1, 2, 3, 4), stride,
            self.one(0, 0, 1), self.randrange(stride), dilation=self.one(1, 1, 2),
        )  # fmt: skip

    def upsample(self, channels, scale=None):
        mode = self.choice(["nearest", "nearest-exact", LINEAR[self.axes], LINEAR[self.axes]])
        return nn.Upsample(scale_factor=scale or self.choice([2, 2, 3, 1.5]), mode=mode)

    def resize(self, channels):
        """Its law repeats after the whole map, or not at all."""
        mode = self.choice(["nearest", "nearest-exact", LINEAR[self.axes], LINEAR[self.axes]])
        ends = self.random() < 0.6 if "linear" in mode else None
        if self.random() < 0.3:
            return nn.Upsample(scale_factor=2, mode=mode, align_corners=ends)
        sizes = tuple(self.randint(5, 22) for _ in range(self.axes))
        return nn.Upsample(sizes, mode=mode, align_corners=ends)

    def adaptive(self, channels):
        return self.module(f"Adaptive{self.choice(['Avg', 'Max'])}Pool", self.one(3, 4, 5, 6))

    def pad(self, channels):
        kind = self.choice(["Zero", "Constant", "Reflection", "Replication"])
        usual = (0, 1, 1, 2, -1) if kind in ("Zero", "Constant") else (0, 1, 1, 2)
        sides = tuple(self.choice(usual) for _ in range(2 * self.axes))
        return self.module(f"{kind}Pad", sides, *([0.0] if kind == "Constant" else []))

    def pointwise(self, channels):
        norm = self.module("BatchNorm", channels)
        return self.choice([norm, nn.ReLU(), nn.GELU(), nn.Hardswish(), nn.Dropout()])

    def mixed(self, channels):
        """Some of the channels, which a concatenation may have given other fields, or all mixed."""
        if self.random() < 0.6:
            start = self.randrange(channels)
            return Slice(start, self.randint(start + 1, channels))
        return nn.Softmax(1)

    def rearranged(self, channels):
        """Two paths with other fields, concatenated; their channels moved, and some of them."""
        out = self.randint(1, 3)
        paths = [nn.Sequential(self.conv(channels, 1, out)) for _ in "ab"]
        how = self.choice(["shuffle", "flip", "norm", "blocks", "turned blocks"])
        start = self.randrange(2 * out)
        part = Slice(start, self.randint(start + 1, 2 * out))
        return nn.Sequential(Join(*paths, "cat", True), Rearranged(how), part)

    def join(self, channels):
        """Two paths of the same effective stride."""
        out, kind = self.randint(1, 4), self.choice(["skip", "two", "down", "up"])
        first = [self.conv(channels, 1, out)]
        second = [self.conv(channels, 1, out)]
        if kind == "skip":
            first, second = [self.conv(channels, 1, channels)], [nn.Identity()]
        elif kind == "down":
            first = [self.conv(channels, 2, out)]
            second = [self.pool(channels, 2), self.conv(channels, 1, out)]
        elif kind == "up":
            first = [self.choice([self.conv(channels, 2, channels), self.pool(channels, 2)])]
            up = self.choice([self.transposed(channels, 2, channels), self.upsample(channels, 2)])
            first += [self.conv(channels, 1, channels), up]
            second = [nn.Identity()]
        how = self.choice(["add", "cat"])
        return Join(nn.Sequential(*first), nn.Sequential(*second), how, self.random() < 0.5)

    def network(self, length, sizes, most, kinds):
        """(model, input size): `length` layers with at most `most` pixels along any axis."""
        makers = [getattr(self, kind) for kind in kinds]
        layers, shape = [], (2, *sizes)
        while len(layers) < length:
            layer = self.choice(makers)(shape[0])
            reached = shape_after(layer, shape)
            if reached and reached[0] <= 8 and max(reached[1:]) <= most:
                layers.append(layer)
                shape = reached
        return nn.Sequential(*layers).double().eval(), (2, *sizes)


def shape_after(layer, shape):
    """What PyTorch makes of a shape, or None if it refuses."""
    try:
        y = layer.eval()(torch.zeros(1, *shape))
    except (RuntimeError, ValueError):
        return None
    return tuple(y.shape[1:]) if y.numel() else None
