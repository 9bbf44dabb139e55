"""The small networks of the lessons, each on one screen."""

from contextlib import contextmanager

import torch
from torch import nn

__all__ = ["LeNet", "SmallCNN", "SmallMLP", "count_parameters", "seeded"]


@contextmanager
def seeded(seed):
    """In this block torch's random numbers follow from `seed`; after it all is as it was before."""
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


def count_parameters(model):
    """How many numbers of `model` are learned."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)
