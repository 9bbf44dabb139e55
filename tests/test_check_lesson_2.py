"""The checkers of lesson 2 that ask for numbers."""

import ast
import inspect
import re

import numpy as np
import pytest
import torch
from torch import nn

from helpers import check
from helpers.check.verdict import NOT_TRIED, RIGHT, WRONG

SIZES = (112, 55, 4, 28)
COST = (4785, 22_353_408)
INCEPTION = (120_422_400, 2_408_448, 10_035_200)
LENET = (156, 2416, 48_120, 10_164, 850)
SEVERAL = {
    check.output_sizes: SIZES,
    check.layer_cost: COST,
    check.inception_count: INCEPTION,
    check.lenet_parameters: LENET,
}
each = pytest.mark.parametrize("checker, answer", SEVERAL.items(),
                               ids=[checker.__name__ for checker in SEVERAL])


@each
def test_right_numbers_are_right_in_every_form(checker, answer):
    forms = [answer, list(answer), np.array(answer), torch.tensor(answer), np.array(answer) * 1.0,
             [np.int64(n) for n in answer], [torch.tensor(n) for n in answer]]
    assert [checker(form).status for form in forms] == [RIGHT] * len(forms)


@pytest.mark.parametrize("answer", [6, 6.0, np.int64(6), torch.tensor(6), (6, 6), [6, 6]])
def test_the_right_padding_is_right_in_every_form(answer):
    assert check.dilated_padding(answer).status == RIGHT


def sizes(layer, *shape):
    return tuple(layer(torch.zeros(1, *shape)).shape[1:])


def parameters(layer):
    return sum(p.numel() for p in layer.parameters())


def test_the_right_numbers_are_those_of_pytorch():
    layers = [nn.Conv2d(1, 1, 7, 2, 3), nn.Conv2d(1, 1, 11, 4), nn.Conv2d(1, 1, 3, dilation=3),
              nn.Conv2d(1, 1, 5, padding=2)]
    found = [sizes(layer, 1, n, n)[-1] for layer, n in zip(layers, (224, 227, 10, 28))]
    assert check.output_sizes(found)
    layer = nn.Conv2d(16, 33, 3)
    _, height, width = sizes(layer, 16, 50, 100)
    assert check.layer_cost((parameters(layer), layer.weight.numel() * height * width))
    dilated = nn.Conv2d(1, 1, 5, dilation=3, padding=6)
    assert sizes(dilated, 1, 20, 30) == (1, 20, 30) and check.dilated_padding(dilated.padding)
    lenet = [nn.Conv2d(1, 6, 5), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.AvgPool2d(2),
             nn.Flatten(), nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)]
    assert sizes(nn.Sequential(*lenet), 1, 32, 32) == (10,)
    assert check.lenet_parameters([n for n in map(parameters, lenet) if n])


def test_the_right_inception_counts_are_those_of_pytorch_s_flop_counter():
    from torch.utils.flop_counter import FlopCounterMode

    def multiplications(i, o, k):
        layer = nn.Conv2d(i, o, k, padding=k // 2, device="meta")
        with FlopCounterMode(display=False) as counter:
            layer(torch.zeros(1, i, 28, 28, device="meta"))
        return counter.get_total_flops() // 2

    assert check.inception_count(
        (multiplications(192, 32, 5), multiplications(192, 16, 1), multiplications(16, 32, 5)))


@each
def test_untouched_answers_are_not_tried_yet(checker, answer):
    n = len(answer)
    for untouched in (None, ..., (None,) * n, [...] * n, (*answer[:-1], None)):
        assert checker(untouched).status == NOT_TRIED
    assert check.dilated_padding(None).status == check.dilated_padding(...).status == NOT_TRIED


@pytest.mark.parametrize("checker", [*SEVERAL, check.dilated_padding])
@pytest.mark.parametrize("answer", ["112", True, [], {}, {1, 2}, len, object(), (1, (2, 3)), 5j,
                                    np.nan, [np.nan] * 4, [[112, 55, 4, 28]], -1, 10**30,
                                    (112, 55, 4), ("a", "b", "c", "d"), (1, 2, 3, 4, 5, 6),
                                    nn.Conv2d, lambda: 6, np.zeros((2, 2)), (2, 2), (6, 7)])
def test_nonsense_is_wrong(checker, answer):
    assert checker(answer).status == WRONG


def changed(answer, part, value):
    return tuple(value if n == part else number for n, number in enumerate(answer))


def a(value):
    return check.output_sizes, changed(SIZES, 0, value)


def b(value):
    return check.output_sizes, changed(SIZES, 1, value)


def c(value):
    return check.output_sizes, changed(SIZES, 2, value)


def d(value):
    return check.output_sizes, changed(SIZES, 3, value)


def cost(*answer):
    return check.layer_cost, answer


def inception(part, value):
    return check.inception_count, changed(INCEPTION, part, value)


def lenet(part, value):
    return check.lenet_parameters, changed(LENET, part, value)


def padding(value):
    return check.dilated_padding, value


@pytest.mark.parametrize(
    "asked, words",
    [
        (a((224 + 6 - 7) // 2), "+ 1 is missing, or the padding is counted on one side"),
        (a((224 + 6 - 7) / 2 + 1), "whole number"),
        (a(-(-(224 + 6 - 7) // 2) + 1), "round up"),
        (a((224 - 7) // 2 + 1), "padding is missing"),
        (a(224 + 6 - 7 + 1), "stride is missing"),
        (a(17), "padded input"),
        (b((227 - 11) // 4), "+ 1 is missing"),
        (b((224 - 11) // 4 + 1), "the 224 of the paper: the input is 227"),
        (b((224 - 11) / 4 + 1), "227, not 224"),
        (b(227 - 11 + 1), "stride is missing"),
        (b(17), "first pixel go"),
        (c(10 - 3 + 1), "dilation is missing"),
        (c(10 - 3 * 3 + 1), "only between the weights"),
        (c(10 - 3 * 3), "only between the weights"),
        (c(10 - 3 * 2 - 1), "+ 1 is missing"),
        (c(10 - 3 * 2 + 1), "lie apart"),
        (c(17), "with its holes"),
        (d(28 - 5 + 1), "padding is missing"),
        (d(28 + 2 - 5 + 1), "counted once"),
        (d(28 + 4 - 5), "+ 1 is missing"),
        (d(28 + 4), "padded input"),
        (d(17), "padded input"),
        (padding(5 // 2), "right without dilation"),
        (padding(3 * 5 // 2), "holes lie only between"),
        (padding(3 * (5 - 1)), "both sides together"),
        (padding(3 * (5 - 1) + 1), "what the kernel covers"),
        (padding(3), "That is the dilation"),
        (padding(5 - 1), "k − 1"),
        (padding("same"), "with its holes"),
        (padding((2, 2)), "right without dilation"),
        (padding(99), "with its holes"),
        (cost(33 * 16 * 9, COST[1]), "biases are missing"),
        (cost(33 * 16 * 10, COST[1]), "one bias per filter"),
        (cost(33 * 16 * 9 + 16, COST[1]), "not per input channel"),
        (cost(33 * 10, COST[1]), "each of the 16 input channels"),
        (cost(16 * 9 + 1, COST[1]), "the layer has 33"),
        (cost(33 * (16 * 3 + 1), COST[1]), "9 numbers"),
        (cost(1, COST[1]), "33 filters"),
        (cost(COST[0], 33 * 16 * 9 * 50 * 100), "smaller than 50×100"),
        (cost(COST[0], 33 * 16 * 9 * 49 * 99), "two pixels off each axis"),
        (cost(COST[0], 33 * (16 * 9 + 1) * 48 * 98), "added, not multiplied"),
        (cost(COST[0], 33 * 9 * 48 * 98), "all 16 input channels"),
        (cost(COST[0], 16 * 9 * 48 * 98), "33 output maps"),
        (cost(COST[0], 2 * COST[1]), "additions are not counted"),
        (cost(COST[0], 33 * 16 * 9), "How many positions"),
        (cost(COST[0], COST[0]), "number of parameters"),
        (cost(COST[0], 1), "How many numbers come out"),
        (cost(*COST[::-1]), "order is (parameters, multiplications)"),
        (inception(0, 5 * 5 * 192 * 32), "number of weights"),
        (inception(0, 24 * 24 * 32 * 25 * 192), "not 24×24"),
        (inception(0, 28 * 32 * 25 * 192), "28×28 positions"),
        (inception(0, 28 * 28 * 32 * 25), "all 192 input maps"),
        (inception(0, 28 * 28 * 25 * 192), "32 output maps"),
        (inception(0, 28 * 28 * 32 * 5 * 192), "25 products"),
        (inception(0, 28 * 28 * 32 * (25 * 192 + 1)), "biases"),
        (inception(0, 1), "how many products"),
        (inception(1, 192 * 16), "number of weights"),
        (inception(1, 28 * 16 * 192), "28×28 positions"),
        (inception(1, 28 * 28 * 16), "all 192 input maps"),
        (inception(1, 28 * 28 * 192), "16 output maps"),
        (inception(1, 28 * 28 * 16 * 25 * 192), "1×1 here"),
        (inception(1, 28 * 28 * 32 * 192), "goes to 16 maps"),
        (inception(1, 24 * 24 * 16 * 192), "no padding"),
        (inception(1, 1), "1×1 kernel"),
        (inception(2, 16 * 32 * 25), "number of weights"),
        (inception(2, 24 * 24 * 32 * 25 * 16), "not 24×24"),
        (inception(2, 28 * 32 * 25 * 16), "28×28 positions"),
        (inception(2, 28 * 28 * 32 * 25), "1×1 layer has made"),
        (inception(2, 28 * 28 * 25 * 16), "32 output maps"),
        (inception(2, 28 * 28 * 32 * 16), "5×5 here"),
        (inception(2, INCEPTION[0]), "not from 192"),
        (inception(2, INCEPTION[1] + INCEPTION[2]), "both layers together"),
        (inception(2, 1), "1×1 layer has made"),
        ((check.inception_count, (INCEPTION[0], INCEPTION[1] + INCEPTION[2])), "one by one"),
        ((check.inception_count, INCEPTION[1:]), "direct way is missing"),
        ((check.inception_count, (INCEPTION[0], INCEPTION[2], INCEPTION[1])), "order is (a, b, c"),
        (lenet(0, 6 * 25), "biases are missing"),
        (lenet(0, 26), "the layer has 6"),
        (lenet(0, 156 * 28 * 28), "connections"),
        (lenet(1, 16 * 6 * 25), "biases are missing"),
        (lenet(1, 16 * 26), "each of the 6 input maps"),
        (lenet(1, 16 * 25), "each of the 6 input maps"),
        (lenet(1, 16 * 6 * 26), "one bias per filter"),
        (lenet(1, 1516), "some of the six only"),
        (lenet(2, 400 * 120), "biases are missing"),
        (lenet(2, 16 * 10 * 10 * 120 + 120), "before the second pooling"),
        (lenet(2, 16 * 4 * 4 * 120 + 120), "28×28"),
        (lenet(2, 5 * 5 * 120 + 120), "all 16 channels"),
        (lenet(2, 400 + 120), "multiplies"),
        (lenet(2, 1), "second pooling"),
        (lenet(3, 120 * 84), "biases are missing"),
        (lenet(3, 120 * 84 + 120), "not one per input"),
        (lenet(4, 840), "biases are missing"),
        (lenet(4, 84 * 11), "not one per input"),
        (lenet(4, 1), "84 inputs"),
        ((check.lenet_parameters, sum(LENET)), "right total"),
        ((check.lenet_parameters, (156, 0, 2416, 0, 48_120, 10_164, 850)), "no parameters"),
        ((check.lenet_parameters, LENET[::-1]), "order is (first convolution"),
        ((check.lenet_parameters, LENET[:4]), "answer = (first convolution, second"),
    ],
)
def test_a_usual_wrong_number_gets_its_own_hint(asked, words):
    checker, answer = asked
    verdict = checker(answer)
    assert verdict.status == WRONG and words in verdict.hint


@each
def test_no_hint_tells_the_solution(checker, answer):
    for part, right in enumerate(answer):
        for wrong in hinted_numbers(checker, part):
            verdict = checker(changed(answer, part, wrong))
            assert verdict.status == WRONG
            assert not re.search(rf"\b({right}|{right:,})\b", verdict.hint)


def hinted_numbers(checker, part):
    """The wrong numbers that a checker knows for one of its parts."""
    tables = [node for node in ast.walk(ast.parse(inspect.getsource(checker)))
              if isinstance(node, ast.Dict) and len(node.keys) > 2
              and not all(isinstance(key, ast.Constant) and isinstance(key.value, str)
                          for key in node.keys)]
    tables.sort(key=lambda node: node.lineno)
    return [eval(compile(ast.Expression(key), "", "eval")) for key in tables[part].keys]


def test_the_verdict_names_the_part_that_is_wrong():
    verdict = check.output_sizes((112, 55, 8, 24))
    assert verdict.message == "c: it is not 8."
    assert "(c) size 10, kernel_size 3, dilation 3" in verdict.case
    messages = [inception(part, 17)[0](inception(part, 17)[1]).message for part in range(3)]
    assert messages == ["a: it is not 17.", "b: it is not 17.", "c: it is not 17."]
    names = ["first convolution", "second convolution", "first dense layer",
             "second dense layer", "third dense layer"]
    for part, name in enumerate(names):
        checker, answer = lenet(part, 17)
        assert checker(answer).message == f"{name}: it is not 17."


def test_large_counts_are_shown_with_commas():
    checker, answer = cost(COST[0], 22_353_409)
    assert checker(answer).message == "multiplications: it is not 22,353,409."
    checker, answer = inception(0, 60_211_200.0)
    assert checker(answer).message == "a: it is not 60,211,200."
    checker, answer = lenet(2, 48_000)
    assert checker(answer).message == "first dense layer: it is not 48000."
