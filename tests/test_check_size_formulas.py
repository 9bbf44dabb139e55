"""The checkers of lesson 2 that ask for a formula of sizes: right answers and usual mistakes."""

import itertools
import math

import numpy as np
import pytest
import torch

from helpers import check
from helpers.check import size_formulas
from helpers.check.verdict import NOT_TRIED, RIGHT, WRONG

# --- right answers --------------------------------------------------------------------------------


def size(i, k, s, p, d):
    return (i + 2 * p - d * (k - 1) - 1) // s + 1


def counted(size, kernel_size, stride, padding, dilation):
    """Every position of the window, one by one."""
    last_start = size + padding - dilation * (kernel_size - 1) - 1
    return len(range(-padding, last_start + 1, stride))


def same_padding(i, k, s):
    total = max((-(-i // s) - 1) * s + k - i, 0)
    return total // 2, total - total // 2


def as_tensorflow_documents_it(i, k, s):
    total = max(k - s, 0) if i % s == 0 else max(k - i % s, 0)
    return [total // 2, total - total // 2]


def back(i, k, s, p):
    return (i + 2 * p - k) % s


def back_in_steps(size, kernel_size, stride, padding):
    small = (size + 2 * padding - kernel_size) // stride + 1
    return size - ((small - 1) * stride - 2 * padding + kernel_size)


@pytest.mark.parametrize(
    "checker, answer",
    [
        (check.my_output_size, size),
        (check.my_output_size, counted),
        (check.my_output_size, lambda i, k, s, p, d: math.floor(
            (i + 2 * p - d * (k - 1) - 1) / s + 1)),
        (check.my_output_size, lambda i, k, s, p, d: int((i + 2 * p - d * (k - 1) - 1) / s) + 1),
        (check.my_output_size, lambda i, k, s=1, p=0, d=1: torch.tensor(size(i, k, s, p, d))),
        (check.my_output_size, lambda *settings: np.int64(size(*settings))),
        (check.my_same_padding, same_padding),
        (check.my_same_padding, as_tensorflow_documents_it),
        (check.my_same_padding, lambda *settings: np.array(same_padding(*settings)).tolist()),
        (check.my_same_padding, lambda *a: tuple(map(torch.tensor, same_padding(*a)))),
        (check.my_output_padding, back),
        (check.my_output_padding, back_in_steps),
        (check.my_output_padding, lambda *settings: torch.tensor(back(*settings))),
    ],
)
def test_every_right_formula_is_right(checker, answer):
    verdict = checker(answer)
    assert verdict.status == RIGHT and "float" not in verdict.message


@pytest.mark.parametrize(
    "checker, answer",
    [
        (check.my_output_size, lambda *settings: float(size(*settings))),
        (check.my_output_size, lambda i, k, s, p, d: np.floor(
            (i + 2 * p - d * (k - 1) - 1) / s) + 1),
        (check.my_output_size, lambda *settings: torch.tensor(1.0 * size(*settings))),
        (check.my_same_padding, lambda *settings: tuple(map(float, same_padding(*settings)))),
        (check.my_output_padding, lambda *settings: 1.0 * back(*settings)),
    ],
)
def test_a_right_formula_in_floats_is_right_with_a_remark(checker, answer):
    verdict = checker(answer)
    assert verdict.status == RIGHT and "gives floats, though" in verdict.message


def seen_by(checker, right):
    """The cases with which a checker tries a function."""
    cases = []
    checker(lambda *case: cases.append(case) or right(*case))
    return sorted(set(cases))


def test_the_output_sizes_are_those_of_pytorch():
    cases = seen_by(check.my_output_size, size)
    assert len(cases) >= 12
    for i, k, s, p, d in cases:
        layer = torch.nn.Conv1d(1, 1, k, stride=s, padding=p, dilation=d)
        assert layer(torch.zeros(1, 1, i)).shape[-1] == size(i, k, s, p, d)
    assert "like torch.nn.functional.conv1d" in check.my_output_size(size).message


def test_the_output_padding_brings_every_size_back_in_pytorch():
    cases = seen_by(check.my_output_padding, back)
    assert len(cases) >= 12
    for i, k, s, p in cases:
        down = torch.nn.Conv1d(1, 1, k, stride=s, padding=p)
        up = torch.nn.ConvTranspose1d(1, 1, k, stride=s, padding=p, output_padding=back(i, k, s, p))
        assert up(down(torch.zeros(1, 1, i))).shape[-1] == i


def test_the_same_padding_gives_the_size_of_tensorflow_with_the_odd_pixel_at_the_end():
    for i, k, s in seen_by(check.my_same_padding, same_padding):
        before, after = same_padding(i, k, s)
        assert after - before in (0, 1) and before >= 0
        assert size(i + before + after, k, s, 0, 1) == math.ceil(i / s)
    # What tf.nn.conv1d(padding="SAME") pads: by hand, and as its guide says of 13, 6 and 5.
    assert same_padding(13, 6, 5) == (1, 2) and same_padding(224, 7, 2) == (2, 3)
    assert same_padding(5, 4, 1) == (1, 2) and same_padding(7, 1, 2) == (0, 0)


# --- wrong answers --------------------------------------------------------------------------------


def total(i, k, s):
    return sum(same_padding(i, k, s))


MISTAKES = {
    "size, no + 1": (check.my_output_size, lambda *a: size(*a) - 1, "+ 1 is missing"),
    "size, / for //": (
        check.my_output_size,
        lambda i, k, s, p, d: (i + 2 * p - d * (k - 1) - 1) / s + 1, "only partly fit"),
    "size, ceil": (
        check.my_output_size,
        lambda i, k, s, p, d: math.ceil((i + 2 * p - d * (k - 1) - 1) / s) + 1, "round up"),
    "size, round": (
        check.my_output_size,
        lambda i, k, s, p, d: round((i + 2 * p - d * (k - 1) - 1) / s) + 1, "to the nearest"),
    "size, padding once": (
        check.my_output_size, lambda i, k, s, p, d: size(i + p, k, s, 0, d), "both sides"),
    "size, no padding": (
        check.my_output_size, lambda i, k, s, p, d: size(i, k, s, 0, d), "padding is not used"),
    "size, padding subtracted": (
        check.my_output_size, lambda i, k, s, p, d: size(i - 4 * p, k, s, p, d), "subtracted"),
    "size, no dilation": (
        check.my_output_size, lambda i, k, s, p, d: size(i, k, s, p, 1), "dilation is not used"),
    "size, d·k": (
        check.my_output_size, lambda i, k, s, p, d: (i + 2 * p - d * k) // s + 1, "Draw k = 3"),
    "size, no − 1": (
        check.my_output_size,
        lambda i, k, s, p, d: (i + 2 * p - d * (k - 1)) // s + 1, "− 1 in the brackets"),
    "size, + 1 inside": (
        check.my_output_size,
        lambda i, k, s, p, d: (i + 2 * p - d * (k - 1)) // s, "within the division"),
    "size, no stride": (
        check.my_output_size, lambda i, k, s, p, d: size(i, k, 1, p, d), "stride is not used"),
    "size, no brackets": (
        check.my_output_size, lambda i, k, s, p, d: i + 2 * p - d * (k - 1) - 1 // s + 1,
        "binds tighter"),
    "size, floors before the sum": (
        check.my_output_size,
        lambda i, k, s, p, d: i // s + (2 * p - d * (k - 1) - 1) // s + 1, "add up first"),
    "size, i // s": (check.my_output_size, lambda i, k, s, p, d: i // s, "stride alone"),
    "size, exchanged": (
        check.my_output_size,
        lambda i, k, p, s, d: size(i, k, max(s, 1), p, d), "exchanged"),
    "size, unknown": (check.my_output_size, lambda *a: 7, "how many whole steps"),
    "same, in front": (
        check.my_same_padding, lambda *a: same_padding(*a)[::-1], "stands in front"),
    "same, stride 1": (
        check.my_same_padding, lambda i, k, s: ((k - 1) // 2, k // 2), "right for stride 1"),
    "same, half kernel": (
        check.my_same_padding, lambda i, k, s: (k // 2, k // 2), "Half of the kernel"),
    "same, not clipped": (
        check.my_same_padding,
        lambda i, k, s: (((-(-i // s) - 1) * s + k - i) // 2,
                         -(-((-(-i // s) - 1) * s + k - i) // 2)), "Fewer than no zeros"),
    "same, float": (
        check.my_same_padding, lambda *a: (total(*a) / 2, total(*a) / 2), "Half a zero"),
    "same, rounded down": (
        check.my_same_padding, lambda *a: (total(*a) // 2, total(*a) // 2), "odd number"),
    "same, all on both": (
        check.my_same_padding, lambda *a: (total(*a), total(*a)), "on either side"),
    "same, all at the end": (
        check.my_same_padding, lambda *a: (0, total(*a)), "between both sides"),
    "same, floor": (
        check.my_same_padding,
        lambda i, k, s: (max((i // s - 1) * s + k - i, 0) // 2,
                         (max((i // s - 1) * s + k - i, 0) + 1) // 2), "rounds down"),
    "same, k − s": (
        check.my_same_padding,
        lambda i, k, s: (max(k - s, 0) // 2, (max(k - s, 0) + 1) // 2), "stride divides the size"),
    "same, unknown": (check.my_same_padding, lambda *a: (9, 9), "last window"),
    "back, 0": (check.my_output_padding, lambda *a: 0, "same number for every size"),
    "back, 1": (check.my_output_padding, lambda *a: 1, "same number for every size"),
    "back, s − 1": (check.my_output_padding, lambda i, k, s, p: s - 1, "largest one allowed"),
    "back, i % s": (check.my_output_padding, lambda i, k, s, p: i % s, "the size alone"),
    "back, no padding": (
        check.my_output_padding, lambda i, k, s, p: (i - k) % s, "padding is not used"),
    "back, padding once": (
        check.my_output_padding, lambda i, k, s, p: (i + p - k) % s, "both sides"),
    "back, no kernel": (
        check.my_output_padding, lambda i, k, s, p: (i + 2 * p) % s, "kernel is not used"),
    "back, k − 1": (
        check.my_output_padding, lambda i, k, s, p: (i + 2 * p - k + 1) % s, "Off by one"),
    "back, the steps": (
        check.my_output_padding, lambda i, k, s, p: (i + 2 * p - k) // s, "counts the steps"),
    "back, the sizes": (
        check.my_output_padding, lambda *a: a[0] - back(*a), "comes back without"),
    "back, the small size": (
        check.my_output_padding, lambda i, k, s, p: size(i, k, s, p, 1), "after the convolution"),
    "back, sign": (check.my_output_padding, lambda *a: -back(*a), "other way round"),
    "back, complement": (
        check.my_output_padding, lambda *a: a[2] - back(*a), "one more step"),
    "back, small size times stride": (
        check.my_output_padding,
        lambda i, k, s, p: i - size(i, k, s, p, 1) * s, "kernel and padding"),
    "back, unknown": (check.my_output_padding, lambda *a: 17, "missing to come back"),
}


@pytest.mark.parametrize("checker, answer, words", MISTAKES.values(), ids=list(MISTAKES))
def test_a_usual_mistake_in_a_formula_gets_its_own_hint(checker, answer, words):
    verdict = checker(answer)
    assert verdict.status == WRONG and words in verdict.hint
    assert "expected is" in verdict.message and "stride" in verdict.case


CHECKERS = {
    check.my_output_size: size,
    check.my_same_padding: same_padding,
    check.my_output_padding: back,
}


@pytest.mark.parametrize("checker", CHECKERS)
def test_no_two_hints_fit_the_same_answer(checker, monkeypatch):
    """Over all cases, mistakes with different hints differ from each other, and all from right."""
    given = {}
    monkeypatch.setattr(size_formulas, "check_formula", lambda *a, **words: given.update(
        words, reference=a[1], cases=a[2]))
    checker(None)
    mistakes, cases, reference = given["mistakes"], given["cases"], given["reference"]
    answers = [[mistake.function(*case) for case in cases] for mistake in mistakes]
    assert [reference(*case) for case in cases] not in answers
    for (one, first), (other, second) in itertools.combinations(zip(mistakes, answers), 2):
        assert first != second or one.hint == other.hint, (one.hint, other.hint)


@pytest.mark.parametrize("checker, right", CHECKERS.items())
def test_untouched_formulas_are_not_tried_yet(checker, right):
    def stub(*settings):
        ...

    def unfinished(*settings):
        raise NotImplementedError

    for answer in (None, ..., stub, unfinished, lambda *settings: None, lambda *settings: ...):
        assert checker(answer).status == NOT_TRIED


@pytest.mark.parametrize("checker, right", CHECKERS.items())
def test_nonsense_for_a_formula_is_wrong(checker, right):
    def endless(*settings):
        return endless(*settings)

    for answer in (3, "size", True, (1, 2), lambda: 1, lambda size: size, endless, len,
                   lambda *a: "3", lambda *a: True, lambda *a: [[1]], lambda *a: 1 / 0,
                   lambda *a: math.nan, lambda *a: right, lambda *a: (1, 2, 3),
                   lambda *a: print(right(*a)), lambda *a: np.ones(4), lambda *a: {1: 2},
                   lambda *a: exit(), lambda *a: (None, None), lambda *a: 1j):
        assert checker(answer).status == WRONG


def test_a_pair_given_as_one_number_is_told():
    assert "one value instead of 2, (before, after)" in check.my_same_padding(total).message


def test_a_formula_that_is_right_in_some_cases_only_is_wrong_without_a_wrong_name():
    verdict = check.my_output_size(lambda i, k, s, p, d: size(i, k, s, p, d) if i < 30 else 1)
    assert verdict.status == WRONG and "how many whole steps" in verdict.hint
