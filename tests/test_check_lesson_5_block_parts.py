"""The checker of lesson 5 that asks for the basic block: what it is made of."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from helpers import check
from helpers.check.block_parts import Misfit, parts_of, trial
from helpers.check.verdict import RIGHT, WRONG
from tests import residual_blocks
from tests.random_settings import one_thread  # noqa: F401 (a fixture)
from tests.residual_blocks import ConvNorm, Plain


def conv3x3(in_channels, out_channels, stride=1, **more):
    return nn.Conv2d(in_channels, out_channels, 3, stride, **{"padding": 1, "bias": False, **more})


def changed(**layers):
    """`Plain` with other layers: name → function of (in_channels, out_channels, stride)."""
    class MyBlock(Plain):
        def __init__(self, *setting):
            setting = (*setting, 1)[:3]
            super().__init__(*setting)
            for name, made in layers.items():
                setattr(self, name, made(*setting))

    return MyBlock


def skipping(shortcut):
    """`Plain` with another skip, a function of (in_channels, out_channels, stride)."""
    return type("MyBlock", (Plain,), {"shortcut": lambda self, *setting: shortcut(*setting)})


def projected(i, o, s, *more, kernel_size=1, **settings):
    return nn.Sequential(nn.Conv2d(i, o, kernel_size, **{"stride": s, "bias": False, **settings}),
                         *more)


def if_needed(projection, needed=lambda i, o, s: s != 1 or i != o):
    return skipping(lambda i, o, s: projection(i, o, s) if needed(i, o, s) else nn.Identity())


class Biased(Plain):
    bias = True


class SharedNorm(Plain):
    def __init__(self, *setting):
        super().__init__(*setting)
        self.bn2 = self.bn1


class OneNorm(Plain):
    def __init__(self, *setting):
        super().__init__(*setting)
        del self.bn2

    def branch(self, x):
        return self.bn1(self.conv2(F.relu(self.bn1(self.conv1(x)))))


class NoSecondNorm(Plain):
    def __init__(self, *setting):
        super().__init__(*setting)
        del self.bn2

    def branch(self, x):
        return self.conv2(self.half(x))


class NoFirstNorm(NoSecondNorm):
    def branch(self, x):
        return self.bn1(self.conv2(F.relu(self.conv1(x))))


class NormFirst(Plain):
    """The later block, with pre-activation."""

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)
        self.bn1 = nn.BatchNorm2d(in_channels)

    def branch(self, x):
        x = self.conv1(F.relu(self.bn1(x)))
        return self.conv2(F.relu(self.bn2(x)))


class NormBeforeConvolution(NormFirst):
    def branch(self, x):
        return self.conv2(self.bn2(F.relu(self.conv1(self.bn1(x)))))


class SharedConvolution(Plain):
    def __init__(self, *setting):
        super().__init__(*setting)
        self.conv2 = self.conv1


class MadeInForward(Plain):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)
        self.setting = in_channels, out_channels, 1, stride
        del self.downsample

    def forward(self, x):
        project = nn.Sequential(nn.Conv2d(*self.setting, bias=False),
                                nn.BatchNorm2d(self.setting[1]))
        return F.relu(self.branch(x) + project(x))


class InAList(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.layers = [conv3x3(in_channels, out_channels, stride), nn.BatchNorm2d(out_channels),
                       nn.ReLU(), conv3x3(out_channels, out_channels), nn.BatchNorm2d(out_channels)]

    def forward(self, x):
        y = x
        for layer in self.layers:
            y = layer(y)
        return F.relu(y + x)


class InADict(InAList):
    def __init__(self, *setting):
        super().__init__(*setting)
        self.layers = {"all": nn.Sequential(*self.layers)}

    def forward(self, x):
        return F.relu(self.layers["all"](x) + x)


class ZerosForChannels(Plain):
    """The paper's option A."""

    def shortcut(self, in_channels, out_channels, stride):
        self.stride, self.more = stride, out_channels - in_channels
        return lambda x: F.pad(x[..., ::stride, ::stride], (0, 0, 0, 0, 0, self.more))


class Functional(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, 3, 3))

    def forward(self, x):
        return F.relu(F.conv2d(x, self.weight, padding=1) + x)


class ThirdPair(Plain):
    def __init__(self, *setting):
        super().__init__(*setting)
        self.third = ConvNorm(setting[1], setting[1], 3, padding=1)

    def branch(self, x):
        return self.third(F.relu(super().branch(x)))


class NormAtTheEnd(Plain):
    def __init__(self, *setting):
        super().__init__(*setting)
        self.bn3 = nn.BatchNorm2d(setting[1])

    def forward(self, x):
        return F.relu(self.bn3(self.branch(x) + self.downsample(x)))


FITS = {
    "no projection": (skipping(lambda i, o, s: nn.Identity()), "projection is missing",
                      "though the stride is 1"),
    "projection for strides": (if_needed(lambda i, o, s: projected(i, o, s, nn.BatchNorm2d(o)),
                                         lambda i, o, s: s != 1), "projection is missing",
                               "F(x) has 5 channels and x has 3"),
    "projection for channels": (if_needed(lambda i, o, s: projected(i, o, s, nn.BatchNorm2d(o)),
                                          lambda i, o, s: i != o), "projection is missing",
                                "the stride makes F(x) smaller"),
    "option A": (ZerosForChannels, "projection is missing", "option A"),
    "pooling": (if_needed(lambda i, o, s: nn.AvgPool2d(s, ceil_mode=True)),
                "projection is missing", "pooling"),
    "always a projection": (skipping(lambda i, o, s: projected(i, o, s, nn.BatchNorm2d(o))),
                            "There is a projection", "only if stride != 1"),
    "projection kept": (changed(spare=lambda i, o, s: projected(i, o, s, nn.BatchNorm2d(o))),
                        "though forward does not use it", "only if stride != 1"),
    "projection without norm": (if_needed(projected), "The projection has no norm",
                                "nn.Sequential"),
    "projection without stride": (
        if_needed(lambda i, o, s: projected(i, o, 1, nn.BatchNorm2d(o))),
        "The projection (downsample.0) has stride=1, expected is 2", "as small as F(x)"),
    "projection 3×3": (
        if_needed(lambda i, o, s: projected(i, o, s, nn.BatchNorm2d(o), kernel_size=3, padding=1)),
        "kernel of 3×3", "only mixes channels"),
    "projection 2×2": (
        if_needed(lambda i, o, s: projected(i, o, s, nn.BatchNorm2d(o), kernel_size=2)),
        "downsample.0 2×2", "a 1×1 on the skip"),
    "projection padded": (
        if_needed(lambda i, o, s: projected(i, o, s, nn.BatchNorm2d(o), padding=1)),
        "has padding=1, expected is 0", "reaches no neighbours"),
    "projection biased": (
        if_needed(lambda i, o, s: projected(i, o, s, nn.BatchNorm2d(o), bias=True)),
        "The projection (downsample.0) has a bias", "bias=False"),
    "biases": (Biased, "The first 3×3 convolution (conv1) has a bias", "bias=False"),
    "one bias": (changed(conv2=lambda i, o, s: conv3x3(o, o, bias=True)),
                 "The second 3×3 convolution (conv2) has a bias", "takes the mean away"),
    "no padding": (changed(conv1=lambda i, o, s: conv3x3(i, o, s, padding=0)),
                   "(conv1) has padding=0, expected is 1", "keeps the size"),
    "padding 2": (changed(conv2=lambda i, o, s: conv3x3(o, o, padding=2)),
                  "(conv2) has padding=2", "keeps the size"),
    "padding valid": (changed(conv2=lambda i, o, s: conv3x3(o, o, padding="valid")),
                      "(conv2) has padding=0", "keeps the size"),
    "5×5": (changed(conv2=lambda i, o, s: nn.Conv2d(o, o, 5, padding=2, bias=False)),
            "conv1 3×3, conv2 5×5", "two 3×3"),
    "1×1": (changed(conv2=lambda i, o, s: nn.Conv2d(o, o, 1, bias=False)), "conv2 1×1", "two 3×3"),
    "stride in the second": (
        changed(conv1=lambda i, o, s: conv3x3(i, o), conv2=lambda i, o, s: conv3x3(o, o, s)),
        "The stride stands in the second convolution", "in the first"),
    "both stride": (changed(conv2=lambda i, o, s: conv3x3(o, o, s)), "(conv2) has stride=2",
                    "with both"),
    "none strides": (changed(conv1=lambda i, o, s: conv3x3(i, o)), "(conv1) has stride=1",
                     "stride=stride"),
    "channels as numbers": (changed(conv1=lambda i, o, s: conv3x3(64, 64, s)),
                            "(conv1) has in_channels=64, expected is 4", "Use the names"),
    "channels exchanged": (changed(conv1=lambda i, o, s: conv3x3(o, i, s)), "has in_channels=5",
                           "Use the names"),
    "second from in": (changed(conv2=lambda i, o, s: conv3x3(i, o)),
                       "(conv2) has in_channels=3, expected is 5", "stays at out_channels"),
    "groups": (changed(conv2=lambda i, o, s: conv3x3(o, o, groups=o)), "has groups=4",
               "groups out"),
    "circular": (changed(conv1=lambda i, o, s: conv3x3(i, o, s, padding_mode="circular")),
                 "has padding_mode=circular", "padding_mode out"),
    "dilated": (changed(conv2=lambda i, o, s: conv3x3(o, o, padding=2, dilation=2)),
                "(conv2) has dilation=2", "dilation out"),
    "padding same": (changed(conv1=lambda i, o, s: conv3x3(i, o, s, padding="same")),
                     "__init__ stops with ValueError", "padding=1"),
    "shared norm": (SharedNorm, "norm bn1 is used more than once", "of its own"),
    "one norm": (OneNorm, "norm bn1 is used more than once", "of its own"),
    "no second norm": (NoSecondNorm, "none behind the second 3×3", "nn.BatchNorm2d(out_channels)"),
    "no first norm": (NoFirstNorm, "none behind the first 3×3", "nn.BatchNorm2d(out_channels)"),
    "no norms": (changed(bn1=lambda *s: nn.Identity(), bn2=lambda *s: nn.Identity()),
                 "0 for 2 convolutions", "nn.BatchNorm2d(out_channels)"),
    "norm first": (NormFirst, "norm bn1 comes before the first", "arXiv:1603.05027"),
    "norm before convolution": (NormBeforeConvolution, "norm bn1 comes before the first",
                                "convolution, norm, ReLU"),
    "norm at the end": (NormAtTheEnd, "3 norms for 2 convolutions", "bn3 is too many"),
    "other norm": (changed(bn2=lambda i, o, s: nn.GroupNorm(1, o)), "GroupNorm", "nn.BatchNorm2d"),
    "instance norm": (changed(bn1=lambda i, o, s: nn.InstanceNorm2d(o)), "InstanceNorm2d",
                      "nn.BatchNorm2d"),
    "norm of in": (changed(bn1=lambda i, o, s: nn.BatchNorm2d(i)), "has num_features=3, expected "
                   "is 5", "the convolution before it makes"),
    "eps": (changed(bn1=lambda i, o, s: nn.BatchNorm2d(o, 1e-3)), "has eps=0.001", "eps out"),
    "momentum": (changed(bn2=lambda i, o, s: nn.BatchNorm2d(o, momentum=0.9)), "has momentum=0.9",
                 "momentum out"),
    "no affine": (changed(bn2=lambda i, o, s: nn.BatchNorm2d(o, affine=False)),
                  "has affine=False", "affine out"),
    "no statistics": (changed(bn2=lambda i, o, s: nn.BatchNorm2d(o, track_running_stats=False)),
                      "has track_running_stats=False", "out"),
    "shared convolution": (SharedConvolution, "one convolution, called twice", "of their own"),
    "three convolutions": (ThirdPair, "three 3×3 convolutions", "has two"),
    "made in forward": (MadeInForward, "does not belong to the block", "new weights in each call"),
    "in a list": (InAList, "does not belong to the block", "nn.ModuleList"),
    "in a dict": (InADict, "does not belong to the block", "nn.ModuleList"),
    "functional": (Functional, "has no convolution", "nn.Conv2d"),
    "other weights": (changed(scale=lambda *s: nn.PReLU()), "other weights, too: scale.weight",
                      "Only the convolutions"),
}


@pytest.mark.parametrize("answer, message, hint", FITS.values(), ids=list(FITS))
def test_a_block_made_of_other_parts_gets_its_own_hint(answer, message, hint):
    verdict = check.basic_block(answer)
    assert verdict.status == WRONG and message in verdict.message and hint in verdict.hint


@pytest.mark.parametrize("block", residual_blocks.RIGHT[:-1])  # the last goes by registration
def test_weights_go_to_the_layer_that_does_the_same(block):
    """Each convolution is known by what it makes smaller, each norm by whose output it gets."""
    x = torch.randn(2, 3, 6, 5)
    mine = block(3, 4, 2)
    calls, y, error = trial(mine, x)
    parts = parts_of(mine, calls, (3, 4, 2), x)
    assert error is None and y.shape == (2, 4, 3, 3) and set(parts) == {
        "conv1", "conv2", "projection"}
    assert [layer.weight.shape for layer, _ in parts.values()] == [
        (4, 3, 3, 3), (4, 4, 3, 3), (4, 3, 1, 1)]
    order = [call.layer for call in calls]
    for layer, norm in parts.values():
        assert order.index(norm) == order.index(layer) + 1
    assert order.index(parts["conv1"][0]) < order.index(parts["conv2"][0])


def test_a_block_that_stops_halfway_is_still_matched():
    class Stops(Plain):
        def branch(self, x):
            raise RuntimeError("halfway", self.half(x))

    x, block = torch.randn(2, 3, 6, 5), Stops(3, 4, 2)
    calls, _, error = trial(block, x)
    assert isinstance(error, RuntimeError) and calls[-1].layer is block.bn1
    assert parts_of(block, calls, (3, 4, 2), x)["conv2"] == (block.conv2, block.bn2)
    assert "stops with RuntimeError" in check.basic_block(Stops).message


def test_a_misfit_says_what_and_how_to_mend_it():
    with pytest.raises(Misfit) as caught:
        parts_of(nn.Identity(), [], (4, 4, 1), None)
    assert caught.value.message and caught.value.hint
    assert check.basic_block(Plain).status == RIGHT
