"""The checker of lesson 4 that asks for a network whose units see 31×31 pixels."""

from itertools import permutations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from helpers import check
from helpers.check.verdict import NOT_TRIED, RIGHT, WRONG


def dilated(*dilations, channels=1, between=(), **more):
    """3×3 convolutions with these dilations, padded so that they keep the size."""
    layers = []
    for index, dilation in enumerate(dilations):
        ins = 1 if index == 0 else channels
        outs = 1 if index == len(dilations) - 1 else channels
        settings = {"padding": dilation, "dilation": dilation, **more}
        layers += [nn.Conv2d(ins, outs, 3, **settings), *between]
    return nn.Sequential(*layers)


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.others = nn.Conv2d(1, 4, 3, padding=1), dilated(2, 4, 8)
        self.mix = nn.Conv2d(4, 1, 1)

    def forward(self, x):
        return x + self.others(self.mix(F.relu(self.first(x))))


class Shared(nn.Module):
    """The same layer again and again."""

    def __init__(self, times, dilation=1):
        super().__init__()
        self.layer, self.times = nn.Conv2d(1, 1, 3, padding=dilation, dilation=dilation), times

    def forward(self, x):
        for _ in range(self.times):
            x = self.layer(x)
        return x


@pytest.mark.parametrize("network", [
    *(dilated(*order) for order in list(permutations((1, 2, 4, 8)))[::5]),
    dilated(1, 2, 4, 8, channels=3), dilated(8, 4, 2, 1, channels=4, between=(nn.ReLU(),)),
    dilated(1, 2, 4, 8, padding="same"), dilated(1, 2, 4, 8, padding_mode="circular"),
    dilated(1, 2, 4, 8, channels=2, bias=False).double(), dilated(1, 2, 4, 8).half(),
    dilated(1, 2, 4, 8, between=(nn.BatchNorm2d(1), nn.Tanh(), nn.Dropout(0.5))),
    dilated(1, 3, 4, 7), dilated(1, 1, 3, 10), Residual(),
    nn.Sequential(*(nn.LazyConv2d(1, 3, padding=d, dilation=d) for d in (1, 2, 4, 8))),
    dilated(1, 2, 4, 8).requires_grad_(False)])
def test_every_network_that_sees_31_is_right(network):
    verdict = check.sees_31(network)
    assert verdict.status == RIGHT and "dilation" in verdict.case


def finite_differences(network):
    """The field of the middle unit: the pixels whose change it notices."""
    x = torch.rand(1, 1, 64, 64, dtype=torch.double)
    with torch.no_grad():
        y = network(x)[0, 0, 32, 32]
        seen = []
        for column in range(64):
            moved = x.clone()
            moved[0, 0, 32, column] += 1
            if network(moved)[0, 0, 32, 32] != y:
                seen.append(column - 32)
    return seen


def test_what_is_right_and_what_has_gaps_is_what_the_output_notices():
    torch.manual_seed(0)
    right, gaps = dilated(1, 2, 4, 8).double(), dilated(5, 5, 5).double()
    assert finite_differences(right) == list(range(-15, 16)) and check.sees_31(right)
    assert finite_differences(gaps) == list(range(-15, 16, 5))
    verdict = check.sees_31(gaps)
    assert "gaps" in verdict.message and "-14, -13, -12, -11, -9," in verdict.case


def test_a_network_with_weights_of_zero_is_judged_by_its_layers():
    network = dilated(1, 2, 4, 8)
    for parameter in network.parameters():
        nn.init.zeros_(parameter)
    assert check.sees_31(network).status == RIGHT
    assert not any(parameter.any() for parameter in network.parameters())  # left as it was


def stub():
    ...


@pytest.mark.parametrize("answer", [None, ..., stub, lambda: ...])
def test_an_untouched_network_that_sees_31_is_not_tried_yet(answer):
    assert check.sees_31(answer).status == NOT_TRIED


class OfTwo(nn.Module):
    def forward(self, x, y):
        return x


class Broken(nn.Module):
    def forward(self, x):
        raise KeyError


class Several(nn.Sequential):
    def forward(self, x):
        return super().forward(x), x


class Blind(nn.Sequential):
    def forward(self, x):
        return torch.zeros_like(super().forward(x))


@pytest.mark.parametrize("answer", [
    5, "nn.Conv2d", True, [], [nn.Conv2d(1, 1, 3)], {}, object(), torch.zeros(3), len, np.zeros(3),
    nn.Conv2d, nn.Sequential, lambda: nn.Conv2d(1, 1, 3), nn.Module(), nn.Sequential(), OfTwo(),
    nn.Identity(), nn.Linear(64, 64), nn.Conv2d(1, 1, 3, device="meta"), Broken(),
    nn.Conv2d(1, 1, 3), (1, 2, 4, 8)])
def test_nonsense_for_a_network_that_sees_31_is_wrong(answer):
    verdict = check.sees_31(answer)
    assert verdict.status == WRONG and verdict.message and verdict.hint


def asymmetric():
    pads = [nn.ZeroPad2d((2 * d, 0, 2 * d, 0)) for d in (1, 2, 4, 8)]
    convs = [nn.Conv2d(1, 1, 3, dilation=d) for d in (1, 2, 4, 8)]
    return nn.Sequential(*(layer for pair in zip(pads, convs) for layer in pair))


class SideBySide(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = dilated(1, 2, 4, 8)

    def forward(self, x):
        return sum(layer(x) for layer in self.layers)


@pytest.mark.parametrize("network, message, words", [
    (dilated(1, 2, 4, 8, padding=0), "the shape (1, 1, 34, 34)", "from its middle"),
    (dilated(1, 2, 4, 8, padding=1), "the shape (1, 1, 42, 42)", "from its middle"),
    (dilated(1, 2, 4, 8, padding=9), "the shape (1, 1, 106, 106)", "Too much padding"),
    (dilated(5, 5, 5, 5), "41×41", "adds 2 · dilation"),
    (dilated(4, 4, 4, 4), "33×33", "adds 2 · dilation"),
    (dilated(2, 4, 8, 16), "61×61", "first one have to spread"),
    (dilated(1, 1, 1, 1), "9×9", "Without dilation"),
    (dilated(1, 2, 4), "15×15", "adds 2 · dilation"),
    (dilated(5, 5, 5), "gaps", "How wide do those see"),
    (dilated(7, 8), "gaps", "How wide do those see"),
    (dilated(3, 4, 4, 4), "gaps", "How wide do those see"),
    (dilated(1, 2, 4, 8, 1), "5 convolutions 3×3", "further than the one before"),
    (dilated(*[1] * 15), "15 convolutions 3×3", "further than the one before"),
    (Shared(15), "15 convolutions 3×3", "further than the one before"),
    (Shared(3, 5), "gaps", "How wide do those see"),
    (dilated(1, 2, 4, 8, stride=2), "stride 2×2", "loses resolution"),
    (nn.Conv2d(1, 1, 31, padding=15), "A kernel is 31×31", "Spread the nine weights"),
    (nn.Conv2d(1, 1, 1), "no 3×3", "Four nn.Conv2d"),
    (nn.Sequential(nn.Conv2d(1, 1, 3, padding=1), nn.MaxPool2d(29, 1, 14)), "nn.MaxPool2d",
     "without more weights"),
    (nn.Sequential(nn.ConvTranspose2d(1, 1, 3, padding=1)), "nn.ConvTranspose2d",
     "nn.Conv2d suffice"),
    (nn.Sequential(dilated(1, 2, 4, 8), nn.Linear(64, 64)), "no convolution",
     "the same everywhere"),
    (dilated(1, 2, 4, 8)[:3].append(nn.Conv2d(1, 2, 3, padding=8, dilation=8)), "(1, 2, 64, 64)",
     "One map"),
    (nn.Sequential(nn.Conv2d(3, 1, 3)), "stops on (1, 1, 64, 64)", "One channel comes in"),
    (nn.Sequential(dilated(1, 2), nn.Flatten()), "(1, 4096)", "the size stays"),
    (Several(*dilated(1, 2, 4, 8)), "a tuple", "the map alone"),
    (Blind(*dilated(1, 2, 4, 8)), "does not depend", "what the layers make of x"),
    (dilated(1, 2, 4, 8, dilation=(1, 4), padding=(1, 4)), "9×33", "treated alike"),
    (asymmetric(), "does not stand in its middle", "as much before as behind"),
    (SideBySide(), "17×17", "side by side"),
    (nn.Sequential(dilated(1, 2, 4, 8), nn.GroupNorm(1, 1)), "64×64", "look at neighbours"),
])
def test_a_network_that_does_not_see_31_gets_its_own_hint(network, message, words):
    verdict = check.sees_31(network)
    assert verdict.status == WRONG and message in verdict.message and words in verdict.hint
