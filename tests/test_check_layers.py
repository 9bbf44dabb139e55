"""The checkers of lesson 2 that ask for layers of PyTorch, and for a network to be repaired."""

import numpy as np
import pytest
import torch
from torch import nn

from helpers import check
from helpers.check.layer_answers import stamps
from helpers.check.verdict import NOT_TRIED, RIGHT, WRONG

LAYERS = [check.halving_layer, check.even_upsampling, check.separable_layer, check.repair_network]


def stub():
    ...


@pytest.mark.parametrize("checker", LAYERS)
def test_an_untouched_layer_is_not_tried_yet(checker):
    for answer in (None, ..., stub, lambda: ...):
        assert checker(answer).status == NOT_TRIED


@pytest.mark.parametrize("checker", LAYERS)
@pytest.mark.parametrize("answer", [
    5, "nn.Conv2d(3, 16, 5)", True, [], [nn.Conv2d(3, 16, 5, 2, 2)], {}, object(), torch.zeros(3),
    np.zeros((16, 3, 5, 5)), nn.Conv2d, nn.Sequential, lambda: nn.Conv2d(3, 16, 5, 2, 2), len,
    nn.MaxPool2d(2), nn.Conv1d(3, 16, 5, 2, 2), nn.Module(), nn.Sequential(), nn.LazyConv2d(16, 5),
    nn.Sequential(nn.ReLU()), nn.Sequential(nn.LazyConv2d(32, 3), nn.LazyConv2d(64, 1)),
    nn.ConvTranspose2d(8, 8, (3, 3), (7, 7), (1, 0)), nn.ModuleList([nn.Conv2d(3, 16, 5, 2, 2)])])
def test_nonsense_for_a_layer_is_wrong(checker, answer):
    verdict = checker(answer)
    assert verdict.status == WRONG and verdict.message and verdict.hint


def test_a_class_and_a_function_in_place_of_a_layer_are_told():
    assert "the class Conv2d, not a layer" in check.halving_layer(nn.Conv2d).message
    assert "this is a function" in check.halving_layer(lambda: nn.Conv2d(3, 16, 5)).message
    assert "of type Sequential" in check.halving_layer(nn.Sequential()).message


@pytest.mark.parametrize("checker, answer", [
    (check.halving_layer, nn.LazyConv2d(16, 5, 2, 2)),
    (check.even_upsampling, nn.LazyConvTranspose2d(8, 4, 2, 1)),
    (check.separable_layer, nn.Sequential(nn.LazyConv2d(32, 3, padding=1, groups=32, bias=False),
                                          nn.Conv2d(32, 64, 1, bias=False))),
    (check.separable_layer, nn.Sequential(nn.Conv2d(32, 32, 3, padding=1, groups=32, bias=False),
                                          nn.LazyConv2d(64, 1, bias=False)))])
def test_a_lazy_layer_is_told_to_say_what_comes_in(checker, answer):
    verdict = checker(answer)
    assert verdict.status == WRONG and "LazyConv" in verdict.case
    assert verdict.message == "A lazy layer finds out for itself what comes in."
    assert verdict.hint == "Say how many maps come in."


def test_a_lazy_layer_that_has_seen_its_input_is_judged_like_others():
    layer = nn.LazyConv2d(16, 5, stride=2, padding=2)
    layer(torch.zeros(1, 3, 8, 8))
    assert check.halving_layer(layer).status == RIGHT


# --- the layer that halves ------------------------------------------------------------------------


@pytest.mark.parametrize("layer", [
    nn.Conv2d(3, 16, 5, stride=2, padding=2), nn.Conv2d(3, 16, (5, 5), (2, 2), (2, 2), bias=False),
    nn.Conv2d(3, 16, 5, 2, 2, padding_mode="reflect"), nn.Conv2d(3, 16, 5, 2, 4, dilation=2),
    nn.Conv2d(3, 16, 5, 2, 2).double(), nn.Conv2d(3, 16, 5, 2, 2).eval().requires_grad_(False)])
def test_every_layer_that_halves_is_right(layer):
    assert check.halving_layer(layer).status == RIGHT


@pytest.mark.parametrize("layer, words", [
    (nn.Conv2d(3, 16, 5), "skip positions"),
    (nn.Conv2d(3, 16, 5, padding=2), "skip positions"),
    (nn.Conv2d(3, 16, 5, padding="same"), "skip positions"),
    (nn.Conv2d(3, 16, 5, stride=3, padding=2), "moves by 3×3"),
    (nn.Conv2d(3, 16, 5, stride=(2, 1), padding=2), "moves by 2×1"),
    (nn.Conv2d(3, 16, 5, stride=2), "Nothing is padded"),
    (nn.Conv2d(3, 16, 5, stride=2, padding="valid"), "Too little padding"),
    (nn.Conv2d(3, 16, 5, stride=2, padding=1), "Too little padding"),
    (nn.Conv2d(3, 16, 5, stride=2, padding=3), "Too much padding"),
    (nn.Conv2d(3, 16, 5, stride=2, padding=(2, 1)), "height and width apart"),
    (nn.Conv2d(3, 16, 5, stride=2, padding=12, padding_mode="reflect"), "PyTorch's message"),
    (nn.Conv2d(16, 3, 5, stride=2, padding=2), "exchanged"),
    (nn.Conv2d(1, 16, 5, stride=2, padding=2), "what comes in"),
    (nn.Conv2d(3, 16, 3, stride=2, padding=1), "third number"),
    (nn.Conv2d(3, 16, (5, 3), stride=2, padding=2), "third number"),
])
def test_a_layer_that_does_not_halve_gets_its_own_hint(layer, words):
    verdict = check.halving_layer(layer)
    assert verdict.status == WRONG and words in verdict.hint and "Conv2d(" in verdict.case


# --- upsampling -----------------------------------------------------------------------------------


def up(*settings, **more):
    return nn.ConvTranspose2d(8, 8, *settings, **more)


@pytest.mark.parametrize("layer", [
    up(2, stride=2), up(4, stride=2, padding=1), up(6, 2, 2), up((4, 2), 2, (1, 0)),
    up(4, 2, 1, 0, 8), up(4, 2, 1, bias=False), up(4, stride=2, padding=4, dilation=3), up(4, 2, 1).double()])
def test_every_even_upsampling_is_right(layer):
    assert check.even_upsampling(layer).status == RIGHT


@pytest.mark.parametrize("layer, words", [
    (up(3, 2, 1, 1), "A kernel of 3 with stride 2"),
    (up(5, 2, 2, 1), "A kernel of 5 with stride 2"),
    (up(1, 2, 0, 1), "A kernel of 1 with stride 2"),
    (up((4, 3), 2, 1, (0, 1)), "A kernel of 3 with stride 2"),
    (up(2, 2, 1, 1, dilation=2), "Do without the dilation"),
    (up(3, 2, 1), "One pixel short"),
    (up(3, 2), "Too long"),
    (up(4, 2), "Too long"),
    (up(4, 2, 2), "Too short"),
    (up(4, 2, (1, 0)), "height and width apart"),
    (up(4, padding=1), "nothing is enlarged"),
    (up(4, 4), "how far apart"),
    (up(4, 2, 9), "PyTorch's message"),
    (nn.ConvTranspose2d(8, 4, 4, 2, 1), "what comes in"),
    (nn.Conv2d(8, 8, 4, 2, 1), "nn.ConvTranspose2d(…)"),
    (nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(8, 8, 3, padding=1)), "Transpose2d(…)"),
])
def test_an_upsampling_that_is_uneven_or_of_another_size_gets_its_own_hint(layer, words):
    verdict = check.even_upsampling(layer)
    assert verdict.status == WRONG and words.lower() in verdict.hint.lower()


def test_the_verdict_on_a_checkerboard_shows_its_counts():
    verdict = check.even_upsampling(up(3, 2, 1, 1))
    assert "checkerboard" in verdict.message
    assert verdict.case.endswith("\n1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 1")  # by hand


@pytest.mark.parametrize("settings", [(3, 2), (4, 2, 1), (3, 2, 1, 1), (2, 3), (5, 3, 1, 2),
                                      (3, 2, 1, 1, 1, False, 2), (4, 1, 0), (1, 2, 0, 1)])
def test_the_stamps_are_counted_as_pytorch_adds_ones(settings):
    layer = nn.ConvTranspose2d(1, 1, *settings)
    ones = nn.functional.conv_transpose2d(
        torch.ones(1, 1, 6, 1), torch.ones(1, 1, layer.kernel_size[0], 1), None,
        (layer.stride[0], 1), (layer.padding[0], 0), (layer.output_padding[0], 0), 1,
        (layer.dilation[0], 1))
    assert stamps(layer, 0, 6) == ones.flatten().tolist()


# --- depthwise and 1×1 ----------------------------------------------------------------------------


def pair(depthwise=(32, 32, 3), pointwise=(32, 64, 1), bias=False, point=None, **settings):
    settings = {"padding": 1, "groups": 32, "bias": bias} | settings
    return nn.Sequential(nn.Conv2d(*depthwise, **settings),
                         nn.Conv2d(*pointwise, **{"bias": bias} | (point or {})))


@pytest.mark.parametrize("model", [
    pair(), pair(padding="same"), nn.Sequential(*map(nn.Sequential, pair())), pair().double()])
def test_every_separable_layer_is_right(model):
    verdict = check.separable_layer(model)
    assert verdict.status == RIGHT and verdict.message.startswith("2,336 parameters")
    plain = nn.Conv2d(32, 64, 3, padding=1, bias=False, dtype=next(model.parameters()).dtype)
    x = torch.zeros(2, 32, 7, 9, dtype=plain.weight.dtype)
    assert model(x).shape == plain(x).shape
    assert sum(p.numel() for p in model.parameters()) == 2336 and plain.weight.numel() == 18_432


@pytest.mark.parametrize("model, message, words", [
    (pair(groups=1), "11,264 parameters", "a group of its own"),
    (pair(groups=16), "16 groups of 2", "a group of its own"),
    (pair((64, 64, 3), (64, 64, 1), groups=64), "from 64 to 64", "first number"),
    (pair((32, 64, 3), (64, 64, 1)), "64 maps of 32: 4,672 parameters", "One kernel per map"),
    (pair((32, 64, 3)), "makes 64 maps, the second wants 32", "as many maps"),
    (pair(pointwise=(32, 32, 1)), "from 32 to 32", "first number"),
    (pair(padding=0), "10×14 of 12×16", "a pixel around"),
    (pair(padding=0, point={"padding": 1}), "10×14 of 12×16", "a pixel around"),
    (pair(stride=2), "6×8 of 12×16", "no position is skipped"),
    (pair(point={"stride": 2}), "1×1 layer makes 6×8", "no position is skipped"),
    (pair(dilation=2, padding=2), "holes", "without the dilation"),
    (pair(padding_mode="circular"), "border is another one", "without the padding_mode"),
    (pair(point={"padding_mode": "reflect"}), "border is another", "without the padding_mode"),
    (pair(padding=0, padding_mode="circular"), "10×14 of 12×16", "a pixel around"),
    (pair(bias=True), "biases", "bias=False"),
    (pair(point={"bias": True}), "biases", "bias=False"),
    (pair(point={"groups": 2}), "2 groups", "see every map"),
    (nn.Sequential(nn.Conv2d(32, 64, 1, bias=False),
                   nn.Conv2d(64, 64, 3, padding=1, groups=64, bias=False)),
     "This works, with 2,624 parameters", "before the 1×1 layer"),
    (pair((32, 32, 5), padding=2), "5×5 and 1×1", "First the depthwise"),
    (pair(pointwise=(32, 64, 3)), "3×3 and 3×3", "First the depthwise"),
    (nn.Sequential(nn.Conv2d(32, 64, 3, padding=1, bias=False)), "Two nn.Conv2d", "One for space"),
    (nn.Sequential(*pair(), nn.ReLU()), "Two nn.Conv2d", "One for space"),
    (nn.Conv2d(32, 64, 3, padding=1, bias=False), "nn.Sequential is asked for", "Sequential(…)"),
    (list(pair()), "nn.Sequential is asked for", "Sequential(…)"),
])
def test_a_usual_mistake_in_a_separable_layer_gets_its_own_hint(model, message, words):
    verdict = check.separable_layer(model)
    assert verdict.status == WRONG and message in verdict.message and words in verdict.hint


# --- the network to be repaired -------------------------------------------------------------------


def network(first=(1, 8, 3), second=(8, 16, 5), flat=nn.Flatten, last=(400, 10), padding=1):
    layers = [nn.Conv2d(*first, padding=padding), nn.ReLU(), nn.MaxPool2d(2),
              nn.Conv2d(*second), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, *([flat()] if flat else []), nn.Linear(*last))


def given():
    return network(second=(6, 16, 5), flat=None, last=(256, 10))


def without(model, *indices):
    return nn.Sequential(*(layer for i, layer in enumerate(model) if i not in indices))


def with_layer(model, index, layer):
    return nn.Sequential(*(layer if i == index else old for i, old in enumerate(model)))


def nested():
    layers = list(network())
    return nn.Sequential(nn.Sequential(*layers[:3]), nn.Sequential(*layers[3:6]), *layers[6:])


def one_relu():
    relu, layers = nn.ReLU(), list(network())
    return nn.Sequential(layers[0], relu, layers[2], layers[3], relu, *layers[5:])


def test_the_network_as_given_is_not_tried_yet_and_does_not_run():
    assert check.repair_network(given()).status == NOT_TRIED
    with pytest.raises(RuntimeError):
        given()(torch.zeros(1, 1, 28, 28))


@pytest.mark.parametrize("model", [
    network(), network(padding="same"), network((1, 6, 3), (6, 16, 5)), nested(), one_relu(),
    network(padding=0, last=(256, 10)),  # 28 → 26 → 13 → 9 → 4
    network(padding=2),  # 28 → 30 → 15 → 11 → 5
    with_layer(network(), 7, nn.LazyLinear(10)), with_layer(network(), 3, nn.LazyConv2d(16, 5)),
    nn.Sequential(*list(network())[:6], nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(256, 10)),
    nn.Sequential(*list(network())[:7], nn.BatchNorm1d(400), nn.Dropout(), nn.Linear(400, 10)),
    network().double()])
def test_every_repaired_network_is_right(model):
    verdict = check.repair_network(model)
    assert verdict.status == RIGHT
    x = torch.zeros(3, 1, 28, 28, dtype=next(model.parameters()).dtype)
    assert model(x).shape == (3, 10)


@pytest.mark.parametrize("model, message, words", [
    (network((1, 8, 3), (6, 16, 5)), "Layer 3, Conv2d(6, 16, 5), stops: 8 maps arrive, and its "
     "filters are made for 6", "as many maps"),
    (network(flat=None), "maps arrive; a Linear layer takes the last axis alone, here 5 numbers, "
     "and is made for 400", "one row of numbers"),
    (network(flat=None, last=(5, 10)), "(1, 16, 5, 10), expected is (1, 10)", "one row of numbers"),
    (network(last=(256, 10)), "400 numbers arrive for each image, and it is made for 256",
     "How many maps of which size"),
    (network(second=(8, 25, 5)), "625 numbers arrive", "How many maps"),
    (network(last=(400, 1)), "(1, 1), expected is (1, 10)", "Ten digits"),
    (network(flat=lambda: nn.Flatten(0)), "of 1 image comes the shape (10,)", "row of its own"),
    (network(flat=lambda: nn.Flatten(0, 2), last=(5, 10)), "(80, 10), expected", "row of its own"),
    (network((3, 8, 3)), "1 map arrives, and its filters are made for 3", "as many maps"),
    (network(second=(8, 16, 3), last=(576, 10)), "3×3 and 3×3", "Leave the kernels"),
    (nn.Sequential(*list(network())[:3], nn.Conv2d(8, 6, 1), *list(given())[3:6], nn.Flatten(),
                   nn.Linear(400, 10)), "3×3 and 1×1 and 5×5", "Leave the kernels"),
    (without(network(), 5), "no longer those given", "(MaxPool2d)"),
    (without(network(), 4), "no longer those given", "(ReLU)"),
    (nn.Sequential(nn.Flatten(), nn.Linear(784, 10)), "no longer those given", "(Conv2d)"),
    (with_layer(network(), 4, nn.Tanh()), "no longer those given", "no repair"),
    (with_layer(network(), 7, nn.Identity()), "no longer those given", "(Linear)"),
    (nn.Sequential(nn.Flatten(), *network()), "Layer 1, Conv2d(1, 8, 3), stops: ", "too early"),
    (with_layer(network(), 2, nn.MaxPool2d(8)), "kernel is larger", "get smaller"),
    (with_layer(network(), 2, nn.MaxPool2d(2, return_indices=True)), "more than one tensor", "as"),
    (nn.Sequential(*list(network())[:6], nn.Flatten(0), nn.Unflatten(0, (1, 400)),
                   nn.Linear(400, 10)), "Layer 7, Unflatten(), stops:", "PyTorch's"),  # 5 images
    (nn.Sequential(*list(network())[:7], nn.BatchNorm2d(16), nn.Linear(400, 10)),
     "Layer 7, BatchNorm2d(), stops: expected 4D input", "PyTorch's"),
    (network(flat=lambda: nn.Unflatten(1, (3, 7))), "Layer 6, Unflatten(), stops:", "PyTorch's"),
])
def test_a_network_that_is_not_repaired_gets_the_reason_and_a_hint(model, message, words):
    verdict = check.repair_network(model)
    assert verdict.status == WRONG
    assert message.lower() in verdict.message.lower() and words in verdict.hint


def test_the_shapes_up_to_the_layer_that_fails_are_shown():
    verdict = check.repair_network(network((1, 8, 3), (6, 16, 5)))
    assert verdict.case.splitlines() == [
        "0: Conv2d(1, 8, 3)  (1, 1, 28, 28) → (1, 8, 28, 28)",
        "1: ReLU()  (1, 8, 28, 28) → (1, 8, 28, 28)",
        "2: MaxPool2d(2)  (1, 8, 28, 28) → (1, 8, 14, 14)",
        "3: Conv2d(6, 16, 5)  (1, 8, 14, 14) → ?",
    ]


def test_the_participant_s_network_is_not_changed():
    model = nn.Sequential(*list(network())[:1], nn.BatchNorm2d(8), *list(network())[1:]).train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = torch.get_rng_state()
    assert check.repair_network(model) and model.training and model[1].training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state)
