"""Networks for the tests of ArchitectureDiagram, and what PyTorch says of them."""

import torch
from torch import nn
from torch.nn import functional as F

from helpers import summarize
from tests.random_fields import DrawNetwork

KINDS = ("conv conv pool transposed upsample adaptive pad pointwise pointwise join join mixed").split()


class SmallUNet(nn.Module):
    """Two steps down and up; `cut` cuts the skips to the size of what they join, in the middle."""

    def __init__(self, padding=1, cut=False, up="transposed"):
        super().__init__()

        def two(i, o):
            return nn.Sequential(nn.Conv2d(i, o, 3, padding=padding), nn.ReLU(),
                                 nn.Conv2d(o, o, 3, padding=padding), nn.ReLU())  # fmt: skip

        def upwards(i, o):
            if up == "transposed":
                return nn.ConvTranspose2d(i, o, 2, stride=2)
            return nn.Sequential(nn.Upsample(scale_factor=2, mode="bilinear"), nn.Conv2d(i, o, 1))

        self.cut = cut
        self.down1, self.down2, self.bottom = two(1, 8), two(8, 16), two(16, 32)
        self.pool = nn.MaxPool2d(2)
        self.up2, self.dec2, self.up1, self.dec1 = upwards(32, 16), two(32, 16), upwards(16, 8), two(16, 8)
        self.last = nn.Conv2d(8, 2, 1)

    def forward(self, x):
        first = self.down1(x)
        second = self.down2(self.pool(first))
        x = self.bottom(self.pool(second))
        x = self.dec2(self.joined(self.up2(x), second))
        return self.last(self.dec1(self.joined(self.up1(x), first)))

    def joined(self, x, skip):
        if self.cut:
            (h, w), (high, wide) = x.shape[2:], skip.shape[2:]
            top, left = (high - h) // 2, (wide - w) // 2
            skip = skip[:, :, top : top + h, left : left + w]
        return torch.cat([skip, x], 1)


class FlatResidual(nn.Module):
    """A block without a module of its own, with functions for layers, and dense layers on a fixed size."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv2d(2, 4, 3, padding=1), nn.Conv2d(4, 4, 3, stride=2, padding=1)
        self.beside, self.dense = nn.Conv2d(4, 4, 1, stride=2), nn.Linear(4 * 4 * 4, 3)

    def forward(self, x):
        x = F.relu(self.first(x))
        x = F.relu(self.second(x) + self.beside(x))
        x = F.max_pool2d(x, 2)
        return self.dense(torch.flatten(x, 1))


class Reshaped(nn.Module):
    """Mixes pixels by a view, which no rule follows."""

    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 2, 1)

    def forward(self, x):
        x = self.first(x)
        return self.last(x.view(len(x), 2, 2, *x.shape[2:]).transpose(1, 2).reshape(x.shape))


class ByItsSize(nn.Module):
    """Does something else for large inputs."""

    def __init__(self):
        super().__init__()
        self.first, self.more = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 4, 3, stride=2)

    def forward(self, x):
        x = self.first(x)
        return self.more(x) if x.shape[2] > 20 else x


def drawn(seed, length=6):
    """(network, input size) with branches, drawn at random."""
    draw = DrawNetwork(seed)
    sizes = draw.randint(9, 24), draw.randint(9, 24)
    model, size = draw.network(length, sizes, 60, KINDS)
    return nn.Sequential(nn.Conv2d(size[0], size[0], 1), model).float().eval(), size


def measured(model, size):
    """(summary, None) of a model as PyTorch runs it, or (None, why it fails)."""
    try:
        return summarize(model, size), None
    except ValueError as error:
        return None, str(error)


def by_name(summary):
    """{name of a layer: (output shape without the batch, parameters, multiplications)}, later calls as "relu (2)"."""
    rows, again = {}, {}
    for row in summary:
        if row.input_shape:
            again[row.name] = again.get(row.name, 0) + 1
            name = row.name if again[row.name] == 1 else f"{row.name} ({again[row.name]})"
            rows[name] = (row.output_shape[1:], row.parameters, row.multiplications)
    return rows
