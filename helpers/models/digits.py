"""Networks for handwritten digits, each on one screen."""

import torch
from torch import nn

from .parts import convolution, seeded


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
                *convolution(1, first, kernel_size=5),  # 32×32 -> 28×28
                nn.MaxPool2d(2),  # 28×28 -> 14×14
                *convolution(first, second, kernel_size=5),  # 14×14 -> 10×10
                nn.MaxPool2d(2),  # 10×10 -> 5×5
                *convolution(second, third, kernel_size=5),  # 5×5 -> 1×1
                nn.Flatten(),
                nn.Linear(third, 10),
            )
        with torch.no_grad():
            self[0].weight.mul_(0.1)
