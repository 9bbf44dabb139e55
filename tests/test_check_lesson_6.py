"""The checkers of lesson 6 that ask for the sizes in a U-Net."""

import re

import numpy as np
import pytest
import torch
from torch import nn

from helpers import check
from helpers.check.verdict import NOT_TRIED, RIGHT, WRONG

RIGHT_ANSWERS = {check.unet_output: (10, 100), check.smallest_input: 44}
each = pytest.mark.parametrize("checker, answer", RIGHT_ANSWERS.items(), ids=lambda c: getattr(c, "__name__", ""))


def walk(size, depth):
    """All sizes on the way through a U-Net without padding, made by PyTorch's layers, and how it ends.

    "output", "odd" (2 does not divide a size) or "nothing" (no pixel is left).
    """
    two = nn.Sequential(nn.Conv1d(1, 1, 3), nn.Conv1d(1, 1, 3)).to("meta")
    halve, double = nn.MaxPool1d(2), nn.ConvTranspose1d(1, 1, 2, 2, device="meta")
    x, sizes = torch.zeros(1, 1, size, device="meta"), [size]
    for layer in [two, halve] * depth + [two] + [double, two] * depth:
        now = x.shape[-1]
        if layer is halve and now % 2:
            return sizes, "odd"
        if layer is two and now <= 4:
            return sizes, "nothing"
        x = layer(x)
        sizes.append(x.shape[-1])
    return sizes, "output"


def numbers(text):
    return [int(word) for word in re.findall(r"\d+", text)]


# --- right ----------------------------------------------------------------------------------------


def test_pytorch_has_these_sizes():
    sizes, end = walk(284, 4)
    assert end == "output" and check.unet_output((sizes[9], sizes[-1]))
    assert walk(572, 4)[0][-1] == 388  # the walk is that of the paper
    assert numbers(check.unet_output((10, 100)).message) == sizes


def test_no_smaller_input_leaves_an_output_in_pytorch():
    working = [size for size in range(1, 60) if walk(size, 2)[1] == "output"]
    assert check.smallest_input(min(working))
    message = check.smallest_input(44).message
    assert message.startswith("44 it is.") and numbers(message)[1:] == walk(44, 2)[0]


@each
def test_right_sizes_are_right_in_every_form(checker, answer):
    forms = [answer, np.array(answer), np.array(answer, np.float32), torch.tensor(answer)]
    forms += [list(answer)] if isinstance(answer, tuple) else [float(answer), np.int64(answer)]
    assert [checker(form).status for form in forms] == [RIGHT] * len(forms)


# --- untouched and nonsense -----------------------------------------------------------------------


@each
def test_untouched_sizes_are_not_tried_yet(checker, answer):
    assert checker(None).status == checker(...).status == NOT_TRIED


@pytest.mark.parametrize("answer", [(None, None), (..., ...), [None, None], (10, None), (..., 100)])
def test_a_size_that_is_left_open_is_not_tried_yet(answer):
    assert check.unet_output(answer).status == NOT_TRIED


@each
@pytest.mark.parametrize("nonsense", [
    "44", True, [], {}, {10, 100}, len, object(), 5j, np.nan, (np.nan, np.nan), -1, 10**30, (10, 100, 1), [[10, 100]],
    (10, "100"), (10, True), lambda: 44, np.zeros((2, 2)), torch.zeros(3), (10.5, 100), 44.5, [44], nn.Conv2d])
def test_nonsense_for_sizes_is_wrong(checker, answer, nonsense):
    verdict = checker(nonsense)
    assert verdict.status == WRONG and verdict.message and verdict.hint and verdict.case


# --- usual mistakes -------------------------------------------------------------------------------


def padded_nowhere_on_the_way(down=4, bottom=4, up=4):
    """(bottom, output) by hand, with another number of pixels lost at a level."""
    size = 284
    for _ in range(4):
        size = (size - down) // 2
    size -= bottom
    result = [size]
    for _ in range(4):
        size = 2 * size - up
    return [*result, size]


@pytest.mark.parametrize("answer, words", [
    ((284 // 16, 100), "every level loses 4 pixels before it is halved"),
    ((round(284 / 16), 100), "every level loses 4 pixels before it is halved"),
    (padded_nowhere_on_the_way(bottom=0), "Its two convolutions take 4 pixels, too"),
    (padded_nowhere_on_the_way(bottom=2), "there are two at each level"),
    ((walk(284, 4)[0][7], 100), "That is the level above the bottom"),
    ((13, 100), "Take 4, halve; four times."),
    ((10, 284), "Nothing is padded"),
    ((10, walk(284, 4)[0][-2]), "The last level's two convolutions"),
    (padded_nowhere_on_the_way(up=0), "after it has doubled the size"),
    ((10, walk(284, 4)[0][1]), "the first level on the way down"),
    ((10, 388), "the paper's 572 pixels"),
    (padded_nowhere_on_the_way(up=2), "From the bottom: double, take 4; four times."),
    ((100, 10), "The order is (bottom, output)"),
    (100, "(bottom, output)"),
])
def test_a_usual_mistake_in_the_sizes_gets_its_own_hint(answer, words):
    verdict = check.unet_output(answer)
    assert verdict.status == WRONG and words in verdict.hint and "284" in verdict.case


def test_a_wrong_size_names_the_part_that_is_wrong():
    assert check.unet_output((14, 104)).message == "bottom: it is not 14."
    assert check.unet_output((10, 104)).message == "output: it is not 104."


@pytest.mark.parametrize("size, end", [(41, "odd"), (42, "odd"), (43, "odd"), (40, "nothing"), (20, "nothing")])
def test_what_is_said_of_a_wrong_input_is_what_pytorch_does_with_it(size, end):
    sizes, ended = walk(size, 2)
    hint = check.smallest_input(size).hint
    assert ended == end
    assert ("has no half" in hint or "no half." in hint) == (end == "odd")
    assert ("nothing is left" in hint) == (end == "nothing")
    told = [n for n in numbers(hint) if n != 4 or 4 in sizes]
    assert set(sizes) - {size} <= set(told) and set(told) <= {*sizes, size, 4, 0, 2}


def test_the_other_hints_on_the_smallest_input():
    assert "its output" in check.smallest_input(walk(44, 2)[0][-1]).hint
    depth_4 = min(size for size in range(100, 200) if walk(size, 4)[1] == "output")
    assert "for a depth of 4" in check.smallest_input(depth_4).hint
    for answer in (48, 36, 10, 572):
        assert "Go backwards" in check.smallest_input(answer).hint


def test_going_backwards_as_the_hint_says_leads_to_the_smallest_input():
    def backwards(n):
        for change in (lambda m: (m + 4) / 2, lambda m: (m + 4) / 2, lambda m: m + 4):  # up, up, the bottom
            n = change(n)
            if n != int(n):
                return None
        return 2 * (2 * n + 4) + 4

    assert check.smallest_input(next(size for n in range(1, 50) if (size := backwards(n))))


@each
def test_no_hint_on_sizes_tells_the_solution(checker, answer):
    solutions = answer if isinstance(answer, tuple) else (answer,)
    for wrong in range(0, 600):
        tries = [wrong] if checker is check.smallest_input else [(wrong, wrong), (10, wrong), (wrong, 100)]
        for each_try in tries:
            verdict = checker(each_try)
            if verdict.status == WRONG:
                assert not set(numbers(verdict.hint)) & set(solutions), each_try
