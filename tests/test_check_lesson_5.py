"""The checkers of lesson 5 that ask for words, numbers and the depth of a network."""

import math
import re

import numpy as np
import pytest
import torch
from torch import nn
from torchvision.models import resnet18, resnet34, resnet50, resnet101, resnet152
from torchvision.models.resnet import BasicBlock, Bottleneck

from helpers import check
from helpers.check.verdict import NOT_TRIED, RIGHT, WRONG

PROJECTIONS = (False, True, True, True, False)
GAINS = (0.1**20, 1.1**20)
RIGHT_ANSWERS = {check.needs_projection: PROJECTIONS, check.block_weights: (1_179_648, 69_632),
                 check.chain_gain: GAINS}
each = pytest.mark.parametrize("checker, answer", RIGHT_ANSWERS.items(),
                               ids=[checker.__name__ for checker in RIGHT_ANSWERS])


# --- right ----------------------------------------------------------------------------------------


@each
def test_right_answers_on_blocks_are_right_in_every_form(checker, answer):
    forms = [answer, list(answer), np.array(answer), torch.tensor(answer, dtype=torch.float64)
             if checker is not check.needs_projection else torch.tensor(answer)]
    assert [checker(form).status for form in forms] == [RIGHT] * len(forms)


@pytest.mark.parametrize("answer", [
    tuple(map(str, PROJECTIONS)), [" true " if p else "FALSE" for p in PROJECTIONS],
    dict(zip("abcde", PROJECTIONS)), tuple(map(np.bool_, PROJECTIONS))])
def test_projections_are_right_as_words_too(answer):
    assert check.needs_projection(answer).status == RIGHT


def test_projections_are_needed_where_torchvision_has_them():
    two, fifty = resnet18(weights=None), resnet50(weights=None)
    blocks = [two.layer1[1], two.layer2[0], None, fifty.layer1[0], fifty.layer1[1]]
    needed = [block is None or block.downsample is not None for block in blocks]  # (c): no model's
    assert check.needs_projection(needed)
    with pytest.raises(RuntimeError, match="must match the size"):  # (c) without one
        BasicBlock(128, 128, stride=2)(torch.zeros(1, 128, 8, 8))


def convolution_weights(block):
    return sum(layer.weight.numel() for layer in block.modules() if isinstance(layer, nn.Conv2d))


def test_the_weights_of_the_blocks_are_those_of_torchvision():
    blocks = BasicBlock(256, 256), Bottleneck(256, 64)
    counts = tuple(map(convolution_weights, blocks))
    assert check.block_weights(counts) and counts == RIGHT_ANSWERS[check.block_weights]
    assert round(counts[0] / counts[1]) == 17  # “about one seventeenth”
    all_of_them = tuple(sum(p.numel() for p in block.parameters()) for block in blocks)
    assert "The norms are not asked for" in check.block_weights((all_of_them[0], 69_632)).hint
    assert "The norms are not asked for" in check.block_weights((counts[0], all_of_them[1])).hint


def test_the_gains_are_those_of_autograd():
    gains = []
    for skip in (0, 1):
        x = y = torch.tensor(3.0, dtype=torch.double, requires_grad=True)
        for _ in range(20):
            y = 0.1 * y + skip * y
        gains.append(torch.autograd.grad(y, x)[0].item())
    assert check.chain_gain(gains) and gains[1] == pytest.approx(6.7275, rel=1e-4)


@pytest.mark.parametrize("answer", [(1e-20, 6.73), (1.005e-20, 6.7), (1e-20, 6.7275), {
    "plain": 1e-20, "residual": 6.7275}, (10**-20, 1.1**20)])
def test_gains_may_be_rounded(answer):
    assert check.chain_gain(answer).status == RIGHT


# --- untouched and nonsense -----------------------------------------------------------------------


@each
def test_untouched_answers_on_blocks_are_not_tried_yet(checker, answer):
    n = len(answer)
    for untouched in (None, ..., (None,) * n, [...] * n, (*answer[:-1], None), (..., *answer[1:])):
        assert checker(untouched).status == NOT_TRIED


@each
@pytest.mark.parametrize("nonsense", [
    "4", True, [], {}, {1, 2}, len, object(), (1, (2, 3)), 5j, np.nan, [np.nan] * 2, -1, 10**30,
    ("a", "b", "c", "d", "e"), (1, 2, 3, 4, 5), nn.Conv2d, lambda: 12, np.zeros((2, 2)), math.inf,
    np.zeros((0, 2)), {"a": True}, (True,) * 3, (True,) * 5, (False,) * 5, (0, 1, 2), (1.5, 2),
    [[4, 2]], (math.inf, 1), "True", torch.zeros(3), torch.zeros(2, 3), np.array(["4"]), (0, 0),
    (None, 1, 2)[1:], (0, 1, 1, 1, 0), ("0.1**20", "1.1**20"), (True, True), np.zeros(2), 1e-20])
def test_nonsense_on_blocks_is_wrong(checker, answer, nonsense):
    verdict = checker(nonsense)
    assert verdict.status == WRONG and verdict.message and verdict.hint and verdict.case


# --- usual mistakes -------------------------------------------------------------------------------


@pytest.mark.parametrize("part, words", [
    (0, "keeps you from adding x"), (1, "x has 64 maps, F(x) has 128"), (2, "look at the stride"),
    (3, "F(x) has 256 maps and x has 64"), (4, "inside of the bottleneck")])
def test_each_wrong_word_on_a_projection_gets_its_own_hint(part, words):
    answer = [known ^ (index == part) for index, known in enumerate(PROJECTIONS)]
    verdict = check.needs_projection(answer)
    assert verdict.status == WRONG and words in verdict.hint and "ResNet-50" in verdict.case
    assert verdict.message == f"{'abcde'[part]}: not {answer[part]}."


def test_words_that_are_neither_true_nor_false_are_told():
    verdict = check.needs_projection((0, 1, 1, 1, 0))
    assert verdict.message == "a: 0 is neither True nor False." and "each True or" in verdict.hint
    assert check.needs_projection((True,) * 5).message == "a: not True. 3 of 5 are right."
    assert "5 times True or False, but there are 2" in check.needs_projection((True,) * 2).message


C, D = 256, 64
COUNTS = [
    ((9 * C * C, 69_632), "A basic block has two"),
    ((2 * 9 * C * C + 2 * C, 69_632), "There are no biases"),
    ((2 * C * C, 69_632), "nine times"),
    ((C * C, 69_632), "And there are two convolutions"),
    ((2 * 9 * C, 69_632), "looks at all 256 maps"),
    ((3 * 9 * C * C, 69_632), "not three"),
    ((2 * 9 * C * C + C * C, 69_632), "no projection"),
    ((2 * 9 * D * D, 69_632), "with 64 channels"),
    ((2 * 9 * C * D, 69_632), "256 throughout"),
    ((1_179_648, 2 * C * D + 9 * D * D + 2 * D + C), "There are no biases"),
    ((1_179_648, 9 * D * D), "the 3×3 alone"),
    ((1_179_648, 2 * C * D + D * D), "the 3×3 without its nine places"),
    ((1_179_648, 2 * C * D), "The 3×3 stands between them"),
    ((1_179_648, C * D + 9 * D * D), "left out"),
    ((1_179_648, 9 * (2 * C * D + D * D)), "Only the one in the middle is 3×3"),
    ((1_179_648, 9 * C * D + 9 * D * D + C * D), "Only the one in the middle is 3×3"),
    ((1_179_648, 2 * C * D + 9 * C * C), "The 3×3 works on 64 channels"),
    ((1_179_648, 69_632 + C * C), "no projection"),
    ((69_632, 1_179_648), "The order is"), ((69_632, 69_632), "The basic block stands first"),
    ((1_179_648, 1_179_648), "The bottleneck stands second"), (1_179_648, "both blocks"),
    (69_632, "both blocks"), ((C * D, 9 * D * D, C * D), "one by one"),
    ((5, 69_632), "Two convolutions"), ((1_179_648, 5), "Three convolutions"),
]


@pytest.mark.parametrize("answer, words", COUNTS)
def test_a_usual_mistake_in_the_weights_gets_its_own_hint(answer, words):
    verdict = check.block_weights(answer)
    assert verdict.status == WRONG and words in verdict.hint and "bottleneck" in verdict.case


@pytest.mark.parametrize("answer, words", [
    ((0, GAINS[1]), "not zero"), ((0.0, GAINS[1]), "not zero"),
    ((20 * 0.1, GAINS[1]), "multiplied, not added"), ((0.1, GAINS[1]), "That is one block"),
    ((0.1**19, GAINS[1]), "One block too few"), ((0.1**21, GAINS[1]), "One block too many"),
    ((10.0**20, GAINS[1]), "not divided"), ((0.9**20, GAINS[1]), "Each block multiplies"),
    ((1, GAINS[1]), "nothing is added"), ((-20, GAINS[1]), "the exponent"),
    ((0.5, GAINS[1]), "Chain rule"), ((1e-12, GAINS[1]), "Chain rule"),
    ((-1e-20, GAINS[1]), "Chain rule"),
    ((GAINS[0], 1 + 20 * 0.1), "two terms"), ((GAINS[0], 20 * 1.1), "not added"),
    ((GAINS[0], 1 + 0.1**20), "one skip around all"), ((GAINS[0], 1.1), "That is one block"),
    ((GAINS[0], 1.1**19), "One block too few"), ((GAINS[0], 1.1**21), "One block too many"),
    ((GAINS[0], 0.9**20), "not taken away"), ((GAINS[0], 2**20), "w is 0.1"),
    ((GAINS[0], GAINS[0]), "The skip counts"), ((GAINS[0], math.exp(20 * 0.1)), "Multiply the 20"),
    ((GAINS[0], 6.6), "x + 0.1 · x?"), ((GAINS[0], -GAINS[1]), "x + 0.1 · x?"),
    (GAINS[::-1], "(plain, residual)"), (GAINS[1], "(plain, residual)"), ("1e-20", "(plain, resid"),
])
def test_a_usual_mistake_in_the_gains_gets_its_own_hint(answer, words):
    verdict = check.chain_gain(answer)
    assert verdict.status == WRONG and words in verdict.hint and "20 blocks" in verdict.case


def test_no_hint_on_blocks_tells_the_solution():
    hints = [check.block_weights(answer).hint for answer, _ in COUNTS]
    hints += [check.chain_gain((value, 1)).hint for value in (0, 2, 0.1, 1e-19, 0.5)]
    hints += [check.chain_gain((1e-20, value)).hint for value in (3, 22, 1.1, 2, math.exp(2), 0)]
    assert not re.search(r"1,179,648|69,632|1179648|69632|6\.7|1e-20", " ".join(hints))


# --- depth ----------------------------------------------------------------------------------------


def depth(blocks, layers_per_block):
    return sum(blocks) * layers_per_block + 2


def in_a_loop(blocks, layers):
    count = 1
    for stage in blocks:
        count += stage * layers
    return count + 1


@pytest.mark.parametrize("answer", [
    depth, in_a_loop, lambda b, n: 1 + sum(n for stage in b for _ in range(stage)) + 1,
    lambda b, n: np.sum(b) * n + 2, lambda b, n: torch.tensor(b).sum() * n + 2,
    lambda b, n: float(sum(b) * n + 2)])
def test_every_right_depth_is_right(answer):
    assert check.my_depth(answer).status == RIGHT


@pytest.mark.parametrize("model, blocks, layers, name", [
    (resnet18, [2, 2, 2, 2], 2, 18), (resnet34, [3, 4, 6, 3], 2, 34),
    (resnet50, [3, 4, 6, 3], 3, 50), (resnet101, [3, 4, 23, 3], 3, 101),
    (resnet152, [3, 8, 36, 3], 3, 152)])
def test_the_depths_are_those_of_torchvision(model, blocks, layers, name):
    with torch.device("meta"):
        model = model(weights=None)
    counted = [path for path, layer in model.named_modules()
               if isinstance(layer, (nn.Conv2d, nn.Linear)) and "downsample" not in path]
    assert len(counted) == depth(blocks, layers) == name
    assert str(name) in check.my_depth(depth).message


def stub(*arguments):
    """To be written."""
    ...


@pytest.mark.parametrize("answer", [None, ..., stub, lambda b, n: ...])
def test_an_untouched_depth_is_not_tried_yet(answer):
    assert check.my_depth(answer).status == NOT_TRIED


@pytest.mark.parametrize("nonsense", [
    5, "f", (1, 1), [], object(), lambda: 1, lambda b: 18, lambda b, n: "18", lambda b, n: [],
    lambda b, n: print(end=""), lambda b, n: 1 / 0, lambda b, n: np.nan, lambda b, n: b,
    lambda b, n: {}, lambda b, n: b + n, lambda b, n: True, nn.Conv2d, lambda b, n: [18]])
def test_nonsense_for_a_depth_is_wrong(nonsense):
    verdict = check.my_depth(nonsense)
    assert verdict.status == WRONG and verdict.message and verdict.hint


def emptied(blocks, layers_per_block):
    count = 2
    while blocks:
        count += blocks.pop() * layers_per_block
    return count


def first_stage(blocks, layers_per_block):
    count = 2
    for stage in blocks:
        count += stage * layers_per_block
        return count


def last_stage(blocks, layers_per_block):
    for stage in blocks:
        count = 2 + stage * layers_per_block
    return count


@pytest.mark.parametrize("answer, words", [
    (lambda b, n: sum(b) * n, "one before them, one behind"),
    (lambda b, n: sum(b) * n + 1, "counted one of them"),
    (lambda b, n: sum(b) * n + 3, "Pooling layers"),
    (lambda b, n: sum(b) + 2, "not one"), (lambda b, n: sum(b), "the number of blocks"),
    (lambda b, n: len(b) * n + 2, "sum(blocks)"), (lambda b, n: len(b) * n, "sum(blocks)"),
    (lambda b, n: math.prod(b) * n + 2, "added, not multiplied"),
    (lambda b, n: (sum(b) + 2) * n, "not layers_per_block"),
    (lambda b, n: (sum(b) + 1) * n, "add 2 at the end"),
    (lambda b, n: sum(b) * 2 + 2, "a bottleneck has three"),
    (lambda b, n: sum(b) * 3 + 2, "a basic block has two"),
    (lambda b, n: sum(b) * n + 2 + len(b), "projections are not counted"),
    (lambda b, n: sum(b) * n + 1 + len(b), "projections are not counted"),
    (lambda b, n: sum(b) * (n + 1) + 2, "projections are not counted"),
    (lambda b, n: sum(b) * n * 2 + 2, "norms are not counted"),
    (first_stage, "return after the loop"), (last_stage, "add up"),
    (lambda b, n: sum(b[:3]) * n + 2, "one dense layer"), (emptied, "caller's list"),
    (lambda b, n: 18, "one dense layer")])
def test_a_usual_mistake_in_the_depth_gets_its_own_hint(answer, words):
    verdict = check.my_depth(answer)
    assert verdict.status == WRONG and words in verdict.hint and "blocks" in verdict.case
