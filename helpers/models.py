"""The small networks of the lessons, each on one screen."""

from contextlib import contextmanager
from math import comb

import torch
from torch import nn

__all__ = [
    "BlurPool2d",
    "CanvasCNN",
    "CanvasMLP",
    "DigitCNN",
    "LeNet",
    "SmallCNN",
    "SmallMLP",
    "count_parameters",
    "seeded",
]


@contextmanager
def seeded(seed):
    """In this block torch's random numbers follow from `seed`; after it all is as it was before.

    On the CPU: a GPU's random numbers are set, too, and not put back.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


class SmallMLP(nn.Sequential):
    """A multilayer perceptron for 8×8 digits: (N, 8, 8) or (N, 1, 8, 8) -> (N, 10) scores.

    With 86 hidden units it has 64·86 + 86 + 86·10 + 10 = 6460 parameters, just as many as
    `SmallCNN()`. The same `seed` gives the same initial weights.
    """

    def __init__(self, hidden=86, seed=0):
        with seeded(seed):
            super().__init__(
                nn.Flatten(),
                nn.Linear(64, hidden),
                nn.ReLU(),
                nn.Linear(hidden, 10),
            )


class SmallCNN(nn.Sequential):
    """A convolutional network for 8×8 digits: (N, 1, 8, 8) -> (N, 10) scores.

    With (16, 34) channels it has 160 + 4930 + 1370 = 6460 parameters, just as many as
    `SmallMLP()`. The same `seed` gives the same initial weights.
    """

    def __init__(self, channels=(16, 34), seed=0):
        first, second = channels
        with seeded(seed):
            super().__init__(
                nn.Conv2d(1, first, kernel_size=3, padding=1),
                nn.ReLU(),
                nn.MaxPool2d(2),  # 8×8 -> 4×4
                nn.Conv2d(first, second, kernel_size=3, padding=1),
                nn.ReLU(),
                nn.MaxPool2d(2),  # 4×4 -> 2×2
                nn.Flatten(),
                nn.Linear(second * 2 * 2, 10),
            )


class LeNet(nn.Sequential):
    """LeNet-5 for handwritten digits: (N, 1, 32, 32) -> (N, 10) scores.

    It has 156 + 2416 + 48,120 + 10,164 + 850 = 61,706 parameters. The network of 1998 differs in
    three places: a map of its second convolution (C3) sees some of the six maps only, its
    subsampling multiplies every map by a trained weight, adds a bias and applies a sigmoid, and its
    output compares 84 features with drawn digits (RBF). The same `seed` gives the same weights.
    (LeCun, Bottou, Bengio and Haffner, *Gradient-based learning applied to document recognition*,
    Proceedings of the IEEE 86, 1998, section II.B.)
    """

    def __init__(self, seed=0):
        with seeded(seed):
            super().__init__(
                nn.Conv2d(1, 6, kernel_size=5),  # 32×32 -> 28×28
                nn.Tanh(),
                nn.AvgPool2d(2),  # 28×28 -> 14×14
                nn.Conv2d(6, 16, kernel_size=5),  # 14×14 -> 10×10
                nn.Tanh(),
                nn.AvgPool2d(2),  # 10×10 -> 5×5
                nn.Flatten(),
                nn.Linear(16 * 5 * 5, 120),
                nn.Tanh(),
                nn.Linear(120, 84),
                nn.Tanh(),
                nn.Linear(84, 10),
            )


class DigitCNN(nn.Sequential):
    """Three convolutions, as in LeNet-5, with ReLUs: (N, 1, 32, 32) -> (N, 10) scores.

    A cell of the first maps sees 5×5 pixels, one of the second 14×14, and the third convolution,
    whose maps have one cell each, sees all 32×32. The scores are sums of these 32 cells alone. With
    `channels` (8, 16, 32) it has 208 + 3216 + 12,832 + 330 = 16,586 parameters. The first kernels
    start a tenth as large as usual: else the start's noise would hide what they have learned. The
    same `seed` gives the same initial weights.
    """

    def __init__(self, channels=(8, 16, 32), seed=0):
        first, second, third = channels
        with seeded(seed):
            super().__init__(
                *_convolution(1, first, kernel_size=5),  # 32×32 -> 28×28
                nn.MaxPool2d(2),  # 28×28 -> 14×14
                *_convolution(first, second, kernel_size=5),  # 14×14 -> 10×10
                nn.MaxPool2d(2),  # 10×10 -> 5×5
                *_convolution(second, third, kernel_size=5),  # 5×5 -> 1×1
                nn.Flatten(),
                nn.Linear(third, 10),
            )
        with torch.no_grad():
            self[0].weight.mul_(0.1)


class BlurPool2d(nn.Conv2d):
    """Blur, then keep every second pixel: (N, C, H, W) -> (N, C, ⌈H/2⌉, ⌈W/2⌉).

    A convolution whose weights are fixed, the same for each channel: the outer product of a row of
    Pascal's triangle with itself, (1, 2, 1) / 4 for kernel_size 3 and (1, 4, 6, 4, 1) / 16 for 5.
    Nothing is learned. Raises ValueError for other sizes than 1, 3, 5 and 7. (Zhang, *Making convolutional
    networks shift-invariant again*, 2019, arXiv:1904.11486, section 3.2.)
    """

    def __init__(self, channels, kernel_size=3, padding_mode="zeros"):
        if kernel_size not in (1, 3, 5, 7):
            raise ValueError(f"BlurPool2d: kernel_size is {kernel_size!r}. Use 3, 5 or 7.")
        super().__init__(
            channels, channels, kernel_size, stride=2, padding=kernel_size // 2, groups=channels,
            bias=False, padding_mode=padding_mode,
        )  # fmt: skip
        row = torch.tensor([comb(kernel_size - 1, n) for n in range(kernel_size)])
        self.weight.data[:] = row[:, None] * row / 4 ** (kernel_size - 1)
        self.weight.requires_grad_(False)


class CanvasMLP(nn.Sequential):
    """A multilayer perceptron for a digit on a canvas: (N, 1, 16, 16) -> (N, 10) scores.

    With 40 hidden units it has 10,280 + 410 = 10,690 parameters. The same `seed` gives the same
    initial weights.
    """

    def __init__(self, hidden=40, seed=0):
        with seeded(seed):
            super().__init__(
                nn.Flatten(),
                nn.Linear(16 * 16, hidden),
                nn.ReLU(),
                nn.Linear(hidden, 10),
            )


class CanvasCNN(nn.Sequential):
    """Three convolutions for a digit on a canvas: (N, 1, 16, 16) -> (N, 10) scores.

    pooling, after the first and the second convolution: None, "max", or "blurred": the largest
    value of every 2×2 window, stride 1, then `BlurPool2d` with 5×5 weights.
    head: "flatten" has weights for every pixel of the last maps; "global" keeps only the largest
    value of every map, and takes any image size.

    All borders are circular. With `channels` (8, 16, 24) it has 80 + 1168 + 3480 + 250 = 4,978
    parameters with the global head, and 8,578 with "flatten" and pooling. The same `seed` gives
    the same initial weights. Raises ValueError for another pooling or head.
    """

    def __init__(self, pooling=None, head="global", channels=(8, 16, 24), seed=0):
        if pooling not in (None, "max", "blurred") or head not in ("flatten", "global"):
            raise ValueError(
                f"CanvasCNN: pooling={pooling!r} and head={head!r}. Use None, \"max\" or "
                f"\"blurred\" for pooling, and \"flatten\" or \"global\" for head."
            )
        first, second, third = channels
        side = 4 if pooling else 16
        keep = {"kernel_size": 3, "padding": 1, "padding_mode": "circular"}  # the size
        with seeded(seed):
            super().__init__(
                *_convolution(1, first, **keep),
                *_pooling(pooling, first),
                *_convolution(first, second, **keep),
                *_pooling(pooling, second),
                *_convolution(second, third, **keep),
                *([nn.AdaptiveMaxPool2d(1)] if head == "global" else []),
                nn.Flatten(),
                nn.Linear(third * (1 if head == "global" else side * side), 10),
            )


def _convolution(in_channels, out_channels, **settings):
    """A convolution and a ReLU; the weights as He et al. 2015 draw them.

    With PyTorch's smaller weights all of a map's ReLUs fall silent with some seeds, for good.
    (*Delving deep into rectifiers*, arXiv:1502.01852, section 2.2.)
    """
    layer = nn.Conv2d(in_channels, out_channels, **settings)
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    nn.init.zeros_(layer.bias)
    return layer, nn.ReLU()


def _pooling(pooling, channels):
    """The layers that halve a map, in one of the two ways; none for None."""
    return {
        None: [],
        "max": [nn.MaxPool2d(2)],
        "blurred": [
            nn.CircularPad2d((0, 1, 0, 1)),  # one more column right and row below
            nn.MaxPool2d(2, stride=1),
            BlurPool2d(channels, kernel_size=5, padding_mode="circular"),
        ],
    }[pooling]


def count_parameters(model):
    """How many numbers of `model` are learned."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)
