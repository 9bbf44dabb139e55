"""The checkers of lesson 3 that ask for numbers and words."""

import itertools
import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from helpers import check
from helpers.check.lesson_3 import MAP, ROW
from helpers.check.verdict import NOT_TRIED, RIGHT, WRONG

POOLED = [[4, 2], [5, 7]]
SHIFTED = (0.3, 1, 1, 1)
WORDS = ("equivariant", "invariant", "neither", "equivariant", "neither")
RIGHT_ANSWERS = {check.pooled_map: POOLED, check.detector_shift: SHIFTED, check.exact_shifts: 12,
                 check.properties: WORDS}
each = pytest.mark.parametrize("checker, answer", RIGHT_ANSWERS.items(),
                               ids=[checker.__name__ for checker in RIGHT_ANSWERS])

# --- right ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("checker", [check.pooled_map, check.detector_shift, check.exact_shifts])
def test_right_numbers_are_right_in_every_form(checker):
    answer = RIGHT_ANSWERS[checker]
    forms = [answer, np.array(answer), np.array(answer, np.float32), torch.tensor(answer)]
    if checker is check.pooled_map:
        forms += [((4, 2), (5, 7)), torch.tensor(answer)[None, None], [[[4.0, 2.0], [5.0, 7.0]]]]
    if checker is check.detector_shift:
        forms += [list(answer), [answer]]
    assert [checker(form).status for form in forms] == [RIGHT] * len(forms)


@pytest.mark.parametrize("answer", [
    WORDS, list(WORDS), dict(zip("abcde", WORDS)), dict(zip("edcba", WORDS[::-1])),
    tuple(word.upper() for word in WORDS), [f" {word.capitalize()}\n" for word in WORDS]])
def test_the_right_words_are_right_in_every_form(answer):
    assert check.properties(answer).status == RIGHT


def test_the_pooled_map_and_the_pooled_row_are_those_of_pytorch():
    assert check.pooled_map(F.max_pool2d(torch.tensor(MAP)[None, None].float(), 2))
    before, after = (F.max_pool1d(torch.tensor([row]), 3, 1, padding=1)[0]
                     for row in (ROW, [0.3, *ROW[:-1]]))
    assert check.detector_shift(after)
    assert torch.equal(before, torch.tensor([1, 1, 1, 0.2]))  # as the docstring says
    assert (before == after).sum() == 2  # “only two of the four pooled values”


def test_the_smallest_exact_shift_is_that_of_pytorch():
    torch.manual_seed(0)
    layers = [nn.Conv2d(1, 2, 3, 2, 1, padding_mode="circular"), nn.MaxPool2d(2),
              nn.Conv2d(2, 2, 3, 1, 1, padding_mode="circular"), nn.AvgPool2d(3)]
    stack, x = nn.Sequential(*layers).double(), torch.rand(1, 1, 48, 48, dtype=torch.double)
    y = stack(x)

    def exact(shift):
        shifted = stack(x.roll(shift, 3))
        return any(torch.allclose(shifted, y.roll(by, 3)) for by in range(4))

    smallest = next(shift for shift in range(1, 49) if exact(shift))
    assert check.exact_shifts(smallest) and not exact(6) and exact(24) and exact(36)


def test_the_five_words_are_what_pytorch_does():
    torch.manual_seed(0)
    conv = nn.Conv2d(1, 1, 3, padding=1, padding_mode="circular")
    functions = [conv, lambda x: conv(x).mean((-2, -1), keepdim=True),
                 nn.Sequential(nn.Flatten(), nn.Linear(36, 36), nn.Unflatten(1, (1, 6, 6))),
                 nn.ReLU(), nn.Conv2d(1, 1, 3, padding=1)]
    x = torch.randn(1, 1, 6, 6)

    def word(f):
        y, moved = f(x), f(x.roll((2, 1), (2, 3)))
        if torch.allclose(moved, y, atol=1e-6):
            return "invariant"
        same = torch.allclose(moved, y.roll((2, 1), (2, 3)), atol=1e-6)
        return "equivariant" if same else "neither"

    assert check.properties([word(f) for f in functions])


# --- untouched and nonsense -----------------------------------------------------------------------


@each
def test_untouched_answers_are_not_tried_yet(checker, answer):
    assert checker(None).status == checker(...).status == NOT_TRIED
    if checker is not check.exact_shifts:
        n = len(answer)
        for untouched in ((None,) * n, [...] * n, (*answer[:-1], None)):
            assert checker(untouched).status == NOT_TRIED
    assert check.pooled_map([[..., ...], [..., ...]]).status == NOT_TRIED
    assert check.properties(dict.fromkeys("abcde")).status == NOT_TRIED


@each
@pytest.mark.parametrize("nonsense", [
    "4", True, [], {}, {1, 2}, len, object(), (1, (2, 3)), 5j, np.nan, [np.nan] * 4, -1, 10**30,
    [[np.nan, 2], [5, 7]], ("a", "b", "c", "d", "e"), (1, 2, 3, 4, 5), nn.Conv2d, lambda: 12,
    np.zeros((2, 2)), np.zeros((0, 2)), {"a": "equivariant"}, (True,) * 5, [[4, 2, 0], [5, 7, 0]],
    [["4", "2"], ["5", "7"]], "equivariant", dict(zip("abcdef", (*WORDS, "neither")))])
def test_nonsense_is_wrong(checker, answer, nonsense):
    verdict = checker(nonsense)
    assert verdict.status == WRONG and verdict.message and verdict.hint and verdict.case


# --- usual mistakes -------------------------------------------------------------------------------


x = np.array(MAP)
windows = np.lib.stride_tricks.sliding_window_view(x, (2, 2))[::2, ::2]


@pytest.mark.parametrize("answer, words", [
    (windows.mean((2, 3)), "means of the windows"),
    (windows.sum((2, 3)), "sums of the windows"),
    (F.max_pool2d(torch.tensor(MAP)[None].float(), 2, 1), "do not overlap"),
    ([[4, 3], [5, 5]], "do not overlap"),
    (windows.min((2, 3)), "The largest is asked for"),
    (x[::2, ::2], "also its top left"),
    (x[::2, 1::2], "top right"),
    (x[1::2, ::2], "bottom left"),
    (x[1::2, 1::2], "bottom right"),
    (windows.reshape(2, 2, 4).argmax(2), "places of the largest numbers within"),
    (F.max_pool2d(torch.tensor(MAP)[None].float(), 2, return_indices=True)[1], "in the map"),
    (np.array(POOLED).T, "exchanged"),
    ((4, 2, 5, 7), "two rows of two"),
    (x.max(1), "largest number of each row"),
    (x.max(0), "largest number of each column"),
    (x.max(), "each window gives one"),
    ([[4, 2], [1, 7]], "covers rows 2 and 3 and columns 0 and 1"),
    ([[4, 3], [5, 7]], "covers rows 0 and 1 and columns 2 and 3"),
    (x, "Write answer = [[…, …], […, …]]"),
])
def test_a_usual_mistake_in_the_pooled_map_gets_its_own_hint(answer, words):
    verdict = check.pooled_map(answer)
    assert verdict.status == WRONG and words in verdict.hint
    assert "[4, 2, 1, 1]" in verdict.case  # the map


def pooled(row, reduce=max, before=1, after=1):
    return [reduce(row[max(i - before, 0) : i + after + 1]) for i in range(len(row))]


MOVED = [0.3, 0.1, 1, 0.2]


@pytest.mark.parametrize("answer, words", [
    (pooled(ROW), "the row before the shift"),
    (pooled(MOVED, before=0, after=2), "your window begins at its pixel"),
    (MOVED, "Now pool it"),
    (ROW, "Shift it, then pool it"),
    (pooled([0, *MOVED[1:]]), "Which number has entered"),
    (pooled([0.1, *MOVED[1:]]), "Which number has entered"),
    ([1, 1, 1, 1], "shifted the pooled row"),
    ([max(MOVED[:3]), max(MOVED[1:])], "Only windows that lie inside"),
    (pooled([*MOVED, 0.1]), "keeps its four places"),
    (pooled([*ROW[1:], 0.3]), "shifted to the left"),
    (pooled(MOVED, before=2, after=0), "ends at its pixel"),
    ([0.3, 1, 1, 0.2], "The last window"),
    (pooled(MOVED, min), "the smallest"),
    (pooled(MOVED, np.mean), "the mean"),
    (np.array(pooled(MOVED, sum)) / 3, "the mean"),
    (pooled(MOVED, sum), "the sum"),
    ([0.3, 0.5, 1, 1], "around place 1"),
    ([1, 1, 1], "Write answer = (…, …, …, …)"),
])
def test_a_usual_mistake_in_the_pooled_row_gets_its_own_hint(answer, words):
    verdict = check.detector_shift(answer)
    assert verdict.status == WRONG and words in verdict.hint and "0.3 enters" in verdict.case


@pytest.mark.parametrize("answer, words", [
    (0, "a larger one"), (1, "leaves out positions"), (2, "first layer alone"),
    (3, "last layer alone"), (2 * 2, "first two layers"), (np.lcm.reduce([2, 2, 1, 3]), "as one "
    "by 3"), (2 + 2 + 3, "do not add up"), (2 + 2 + 1 + 3, "sum of all strides"),
    (2 * 2 * 2, "factor of 2"), (3 + 2 + 3 + 3, "kernel sizes"), (2**4, "moves by 3"),
    (3 * 2 * 1 * 3, "moves by 2; its kernel"), (21, "receptive field"), (24, "a smaller one"),
    (36, "a smaller one"), (48, "once around"), (3 * 2 * 3 * 3, "kernel sizes"),
    (5, "from the last layer"), (2.5, "from the last layer"), (-12, "from the last layer")])
def test_a_usual_mistake_in_the_exact_shift_gets_its_own_hint(answer, words):
    verdict = check.exact_shifts(answer)
    assert verdict.status == WRONG and words in verdict.hint and "AvgPool2d(3)" in verdict.case


@pytest.mark.parametrize("part, word, words", [
    (0, "invariant", "would have to stay"), (0, "neither", "no border"),
    (1, "equivariant", "or stay"), (1, "neither", "their mean"),
    (2, "equivariant", "weights of its own"), (2, "invariant", "weights of its own"),
    (3, "invariant", "where it stands"), (3, "neither", "each pixel alone"),
    (4, "equivariant", "at the border"), (4, "invariant", "at the border, too")])
def test_each_wrong_word_gets_its_own_hint(part, word, words):
    verdict = check.properties([*WORDS[:part], word, *WORDS[part + 1 :]])
    assert verdict.status == WRONG and words in verdict.hint
    assert verdict.message == f"{'abcde'[part]}: not “{word}”."
    assert f"({'abcde'[part]})" in verdict.case


def test_several_wrong_words_are_counted_and_unknown_ones_named():
    verdict = check.properties(["neither"] * 5)
    assert verdict.message == "a: not “neither”. 2 of 5 are right."
    verdict = check.properties((*WORDS[:2], "nothing", *WORDS[3:]))
    assert verdict.message == "c: 'nothing' is none of the words."
    assert '"equivariant", "invariant", "neither"' in verdict.hint
    assert "There are more" in check.properties(dict(zip("abcdef", (*WORDS, "neither")))).hint
    assert "Missing: b, d" in check.properties(dict(zip("ace", WORDS))).hint
    assert "there are 4" in check.properties(WORDS[:4]).message


def test_no_verdict_of_wrong_tells_the_solution():
    for wrong in range(-2, 60):
        verdict = check.exact_shifts(wrong)
        assert verdict or not re.search(r"\b12\b", repr(verdict))
    for values in itertools.product((0, 4), (0, 2), (0, 5), (0, 7)):
        if values == (4, 2, 5, 7):
            continue
        verdict = check.pooled_map(np.reshape(values, (2, 2)))
        wrong = next(v for v in values if v == 0)
        assert verdict.message.endswith(f"is not {wrong}.") and verdict.status == WRONG


def test_the_verdict_names_the_number_that_is_wrong():
    assert check.pooled_map([[4, 2], [6, 7]]).message == "The number at [1, 0] is not 6."
    assert check.detector_shift((0.3, 1, 0.5, 1)).message == "The number at [2] is not 0.5."
    assert check.pooled_map(POOLED[0]).message.endswith("its shape is (2,).")
    assert check.pooled_map([[2.5, 1], [1.75, 4.5]]).message == "It is not [[2.5, 1], [1.75, 4.5]]."
