"""What the networks share: seeded weights, a convolution with its ReLU, the number of parameters."""

from contextlib import contextmanager

import torch
from torch import nn


@contextmanager
def seeded(seed):
    """In this block torch's random numbers follow from `seed`; after it all is as it was before.

    On the CPU: a GPU's random numbers are set, too, and not put back.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def convolution(in_channels, out_channels, **settings):
    """A convolution and a ReLU; the weights as He et al. 2015 draw them.

    With PyTorch's smaller weights all of a map's ReLUs fall silent with some seeds, for good.
    (*Delving deep into rectifiers*, arXiv:1502.01852, section 2.2.)
    """
    layer = nn.Conv2d(in_channels, out_channels, **settings)
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    nn.init.zeros_(layer.bias)
    return layer, nn.ReLU()


def count_parameters(model):
    """How many numbers of `model` are learned."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)
