"""Networks for a digit that may stand anywhere on a canvas, and a pooling that blurs first."""

from math import comb

import torch
from torch import nn

from .parts import convolution, seeded


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
                *convolution(1, first, **keep),
                *_pooling(pooling, first),
                *convolution(first, second, **keep),
                *_pooling(pooling, second),
                *convolution(second, third, **keep),
                *([nn.AdaptiveMaxPool2d(1)] if head == "global" else []),
                nn.Flatten(),
                nn.Linear(third * (1 if head == "global" else side * side), 10),
            )


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
