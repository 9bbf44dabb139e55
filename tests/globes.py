"""What the tests of forecasts on the globe share: a few runs, networks that say something known, the error by loops."""

import math

import numpy as np
import torch
from torch import nn

from helpers import load_weather
from helpers.data import Weather
from helpers.experiments.globe import Forecaster
from helpers.models import UNet


def few_runs(times=8):
    """The first times of two runs."""
    whole = load_weather("test")
    fields = (field[:2, :times] for field in (whole.height, whole.vorticity))
    return Weather(*fields, whole.latitude, whole.longitude, whole.hours[:times])


class Drift(nn.Module):
    """Says that the vorticity moves one cell eastward, and that the height rises by 300 m.

    At the first longitude of the map it says `seam` more vorticity.
    """

    def __init__(self, seam=0.0):
        super().__init__()
        self.seam = nn.Parameter(torch.tensor(float(seam)))

    def forward(self, x):
        moved = x[:, 1].roll(1, -1) - x[:, 1]
        wall = torch.zeros_like(moved)
        wall[..., 0] = 1
        return torch.stack([torch.full_like(moved, 0.5), moved + self.seam * wall], 1)


class Still(nn.Module):
    """Says that nothing changes."""

    def forward(self, x):
        return torch.zeros_like(x[:, :2])


def unet(longitude, depth=2):
    return Forecaster(UNet(3, 2, depth, 4, padding_mode=("replicate", longitude), seed=3))


def rmse_by_loops(error, latitude):
    """error (…, H, W), each number with the cosine of its latitude as its weight."""
    above = below = 0.0
    for row, degrees in zip(np.moveaxis(error, -2, 0), latitude):
        for value in row.ravel():
            above += math.cos(math.radians(degrees)) * value**2
            below += math.cos(math.radians(degrees))
    return math.sqrt(above / below)
