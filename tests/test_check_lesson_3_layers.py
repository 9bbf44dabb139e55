"""The checkers of lesson 3 that ask for a layer or a network of PyTorch."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from helpers import check
from helpers.check.verdict import NOT_TRIED, RIGHT, WRONG

CHECKERS = [check.average_as_convolution, check.any_size]


def stub():
    ...


@pytest.mark.parametrize("checker", CHECKERS)
def test_an_untouched_layer_is_not_tried_yet(checker):
    for answer in (None, ..., stub, lambda: ...):
        assert checker(answer).status == NOT_TRIED


@pytest.mark.parametrize("checker", CHECKERS)
@pytest.mark.parametrize("answer", [
    5, "nn.Conv2d(3, 3, 2)", True, [], [nn.Conv2d(3, 3, 2)], {}, object(), torch.zeros(3), len,
    np.zeros((3, 1, 2, 2)), nn.Conv2d, nn.Sequential, lambda: nn.Conv2d(3, 3, 2), nn.Module(),
    nn.MaxPool2d(2), nn.LazyConv2d(3, 2), nn.Sequential(), nn.Identity(), nn.LazyLinear(10),
    nn.Conv2d(3, 3, 2, device="meta"), nn.Conv2d(3, 3, 2, 2, groups=3, device="meta")])
def test_nonsense_for_a_layer_is_wrong(checker, answer):
    verdict = checker(answer)
    assert verdict.status == WRONG and verdict.message and verdict.hint


# --- average pooling as a convolution -------------------------------------------------------------


def layer(weight=1 / 4, bias=None, groups=3, channels=(3, 3), kernel_size=2, stride=2, **more):
    made = nn.Conv2d(*channels, kernel_size, stride, groups=groups, bias=bias is not None, **more)
    with torch.no_grad():
        if weight is not None:
            made.weight.copy_(torch.as_tensor(weight).expand_as(made.weight))
        if bias not in (None, "random"):
            made.bias.copy_(torch.as_tensor(bias).expand_as(made.bias))
    return made


DIAGONAL = torch.eye(3)[:, :, None, None] / 4


@pytest.mark.parametrize("answer", [
    layer(), layer(bias=0.0), layer(padding="valid"), layer(padding_mode="circular"),
    layer().double(), layer().half(), layer().eval().requires_grad_(False),
    layer(stride=(2, 2), kernel_size=(2, 2)), layer(DIAGONAL, groups=1)])
def test_every_layer_that_averages_is_right(answer):
    verdict = check.average_as_convolution(answer)
    assert verdict.status == RIGHT and ("groups=3" in verdict.message) == (answer.groups == 1)
    x = torch.rand(2, 3, 5, 8)
    assert torch.allclose(answer.float()(x), nn.AvgPool2d(2)(x), atol=1e-6)


@pytest.mark.parametrize("answer, message, words", [
    (layer(groups=1), "sum over all three input channels", "a group of its own"),
    (layer(1 / 12, groups=1), "sum over all three input channels", "a group of its own"),
    (layer(None, groups=1), "sum over all three input channels", "a group of its own"),
    (nn.Conv2d(3, 3, 2, 2), "sum over all three input channels", "a group of its own"),
    (nn.Conv2d(3, 3, 2, 2, groups=3), "not alike", "at random"),
    (layer(None), "not alike", "at random"),
    (layer(torch.tensor([[1.0, 0], [0, 0]])), "not alike", "count alike"),
    (layer(1.0), "All weights are 1: four of them sum to 4.", "the sum of the window"),
    (layer(1 / 2), "sum to 2.", "The window is 2×2, not 2"),
    (layer(1 / 12), "0.0833: four of them sum to 0.3333.", "one channel only"),
    (layer(1 / 9), "four of them", "not 3×3"),
    (layer(0.0), "All weights are 0", "forget the image"),
    (layer(-1 / 4), "sum to -1.", "positive"),
    (layer(1 / 3), "sum to 1.3333.", "sum to 1."),
    (layer(DIAGONAL * 4, groups=1), "All weights are 1", "the sum of the window"),
    (layer(torch.tensor([1, 2, 3.0])[:, None, None, None] / 4), "not have the same weights",
     "in the same way"),
    (layer(float("nan")), "NaN", "with a number"),
    (layer(bias="random"), "The weights are right, but a bias is added", "bias=False"),
    (layer(bias=1.0), "a bias is added: [1, 1, 1]", "bias=False"),
    (layer(stride=1), "overlap: they move by 1×1", "as large as what"),
    (layer(stride=3), "move by 3×3", "as large as what"),
    (layer(kernel_size=3), "3×3; nn.AvgPool2d(2) looks at 2×2", "third number"),
    (layer(channels=(3, 6)), "from 3 to 6", "as many come out"),
    (layer(channels=(1, 1), groups=1), "from 1 to 1", "as many come out"),
    (layer(padding=1), "padded by [1, 1]", "without the padding"),
    (layer(dilation=2), "holes", "without the dilation"),
    (nn.LazyConv2d(3, 2, 2), "A lazy layer", "come in"),
    (nn.AvgPool2d(2), "nn.Conv2d is asked for", "nn.Conv2d(…)"),
    (nn.Sequential(layer()), "nn.Conv2d is asked for", "nn.Conv2d(…)"),
])
def test_a_layer_that_does_not_average_gets_its_own_hint(answer, message, words):
    verdict = check.average_as_convolution(answer)
    assert verdict.status == WRONG and message in verdict.message and words in verdict.hint


def test_the_layer_itself_is_left_as_it_was():
    given = layer().half()
    check.average_as_convolution(given)
    assert given.weight.dtype == torch.half


# --- a network for any size -----------------------------------------------------------------------


def convs(*more):
    return nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                         nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), *more)


class Net(nn.Module):
    """Convolutions, then whatever `forget` makes of their maps."""

    def __init__(self, forget, features=16, scores=10):
        super().__init__()
        self.convs, self.forget, self.last = convs(), forget, nn.Linear(features, scores)

    def forward(self, x):
        return self.last(self.forget(self.convs(x)))


class Constant(Net):
    def forward(self, x):
        return super().forward(x) * 0 + 1


class Unused(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.last = nn.Conv2d(1, 8, 3), nn.Linear(16, 10)

    def forward(self, x):
        return self.last(F.adaptive_avg_pool2d(x, 4).flatten(1))


class Pair(Net):
    def forward(self, x):
        return super().forward(x), x


class Calculated(Net):
    def forward(self, x):
        raise KeyError("28")


def head(features=16, scores=10):
    return nn.Flatten(), nn.Linear(features, scores)


def right_networks():
    yield convs(nn.AdaptiveAvgPool2d(1), *head())
    yield convs(nn.AdaptiveAvgPool2d(4), *head(256))
    yield convs(nn.AdaptiveMaxPool2d((2, 3)), *head(96))
    yield convs(nn.Conv2d(16, 10, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    yield convs(nn.BatchNorm2d(16), nn.AdaptiveAvgPool2d(1), nn.Dropout(0.5), *head())
    yield convs(nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.LazyLinear(10))
    yield Net(lambda x: x.mean((2, 3)))
    yield Net(lambda x: x.amax((-1, -2)))
    yield Net(lambda x: F.interpolate(x, (5, 5)).flatten(1), 400)
    yield convs(nn.AdaptiveAvgPool2d(1), *head()).double()
    yield convs(nn.AdaptiveAvgPool2d(1), *head(), nn.LogSoftmax(1))


@pytest.mark.parametrize("model", list(right_networks()))
def test_every_network_for_any_size_is_right(model):
    lazy = any(isinstance(part, nn.LazyLinear) for part in model.modules())
    mode = model.training
    verdict = check.any_size(model)
    assert verdict.status == RIGHT and "from 8×8 to 32×40" in verdict.message
    assert verdict.case.splitlines()[3] == "(3, 1, 9, 13) → (3, 10)"
    assert model.training == mode
    assert lazy == any(isinstance(part, nn.LazyLinear) for part in model.modules())


def test_scores_behind_a_softmax_are_right_with_a_remark():
    for softmax in (nn.Softmax(1), nn.LogSoftmax(1)):
        verdict = check.any_size(convs(nn.AdaptiveAvgPool2d(1), *head(), softmax))
        assert verdict and "nn.CrossEntropyLoss" in verdict.message
    assert "softmax" not in check.any_size(convs(nn.AdaptiveAvgPool2d(1), *head())).message


@pytest.mark.parametrize("model, message, words", [
    (convs(*head(784 * 4)), "On (1, 1, 8, 8) the network stops at Linear: 256 numbers arrive for "
     "each image, and it is made for 3136.", "grows with the image"),
    (convs(*head(256)), "On (1, 1, 28, 28) the network stops at Linear: 3136 numbers arrive for "
     "each image, and it is made for 256.", "grows with the image"),
    (convs(nn.AdaptiveAvgPool2d(4), *head(16)), "256 numbers arrive for each image, and it is made "
     "for 16", "grows with the image"),
    (convs(nn.Flatten(), nn.LazyLinear(10)), "On (1, 1, 28, 28)", "for good"),
    (convs(nn.Flatten(), nn.AdaptiveAvgPool2d(1), nn.Linear(16, 10)), "On (1, 1, 8, 8) the "
     "network stops at Linear: 1 number arrives for each image", "AdaptiveAvgPool2d wants maps, "
     "and the shape (1, 256) arrives"),
    (convs(nn.Flatten(), nn.AdaptiveAvgPool2d(1), nn.Linear(1, 10)), "Of (3, 1, 8, 8) comes the "
     "shape (1, 10)", "AdaptiveAvgPool2d wants maps"),
    (nn.Sequential(nn.Flatten(), *convs()), "(1, 1, 8, 8) the network stops at Conv2d: ",
     "Conv2d wants maps"),
    (convs(nn.AdaptiveAvgPool2d(1), nn.Linear(16, 10)), "stops at Linear: maps arrive",
     "one row with nn.Flatten"),
    (convs(nn.AdaptiveAvgPool2d(1), nn.Linear(1, 10)), "(1, 16, 1, 10), expected", "last axis"),
    (convs(nn.Conv2d(16, 10, 1), nn.AdaptiveAvgPool2d(1)), "(1, 10, 1, 1)", "maps of 1×1"),
    (convs(nn.Conv2d(16, 10, 1)), "(1, 10, 4, 4), expected is (1, 10)", "one number of each"),
    (convs(nn.AdaptiveAvgPool2d(1), nn.Flatten(0), nn.Linear(16, 10)), "shape (10,)", "first axis"),
    (Net(lambda x: x.mean((2, 3)).squeeze()), "the shape (10,)", "squeeze() do not"),
    (convs(nn.AdaptiveAvgPool2d(1), *head(scores=5)), "(1, 5), expected", "Ten classes"),
    (convs(nn.MaxPool2d(8), nn.AdaptiveAvgPool2d(1), *head()), "stops at MaxPool2d: ",
     "too small"),
    (Net(lambda x: F.max_pool2d(x, 8).mean((2, 3))), "the network stops: ", "too small"),
    (Net(lambda x: x.reshape(1, 7)), "the network stops: ", "PyTorch's message"),
    (convs(nn.Conv2d(16, 16, 7), nn.AdaptiveAvgPool2d(1), *head()), "stops at Conv2d: ",
     "too small"),
    (nn.Sequential(nn.Conv2d(3, 8, 3), nn.AdaptiveAvgPool2d(1), *head(8)), "1 map arrives, and its "
     "filters are made for 3", "one channel"),
    (nn.Sequential(nn.AdaptiveAvgPool2d(4), *head()), "no convolution at work", "nn.Conv2d"),
    (Unused(), "no convolution at work", "nn.Conv2d"),
    (Net(lambda x: x.mean((0, 2, 3)).expand(len(x), -1)), "alone than among others", "one image"),
    (Net(lambda x: (x - x.mean(0)).mean((2, 3))), "alone than among others", "one image"),
    (Net(lambda x: F.dropout(x.mean((2, 3)))), "other scores when they come again", "F.dropout"),
    (Constant(lambda x: x.mean((2, 3))), "All images get the same scores", "depend on the image"),
    (Net(lambda x: x.mean((2, 3)) / 0), "NaN or infinity", "at least one pixel"),
    (Pair(lambda x: x.mean((2, 3))), "gives a tuple", "a tensor (N, 10)"),
    (Calculated(lambda x: x), "the network stops: '28'", "PyTorch's message"),
    (Net, "the class Net, not a network", "Net(…)"),
    (lambda x: x, "this is a function", "without def"),
])
def test_a_network_that_does_not_take_any_size_gets_its_own_hint(model, message, words):
    verdict = check.any_size(model)
    assert verdict.status == WRONG and message in verdict.message and words in verdict.hint


def test_the_sizes_up_to_the_one_that_fails_are_shown():
    verdict = check.any_size(convs(*head(256)))
    assert verdict.case.splitlines() == [
        "(1, 1, 8, 8) → (1, 10)", "(3, 1, 8, 8) → (3, 10)", "(1, 1, 28, 28) → ?"]


def test_checking_a_network_does_not_move_the_random_numbers():
    torch.manual_seed(7)
    wanted = torch.rand(3)
    model = convs(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.LazyLinear(10))
    torch.manual_seed(7)
    check.any_size(model)
    assert torch.equal(torch.rand(3), wanted)
