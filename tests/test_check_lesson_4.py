"""The checkers of lesson 4 that ask for numbers and words."""

import math
import re
from itertools import permutations

import numpy as np
import pytest
import torch
from torch import nn
from torchvision.models import resnet50
from torchvision.models.vgg import cfgs

from helpers import check
from helpers.check.verdict import NOT_TRIED, RIGHT, WRONG
from tests.random_settings import one_thread  # noqa: F401 (a fixture)

WORDS = ("same", "larger", "same", "same", "smaller")
RIGHT_ANSWERS = {check.three_layers: (3, 5, 9), check.field_changes: WORDS,
                 check.original_resnet50: 483, check.wind_cells: 4, check.nothing_new: 6,
                 check.no_holes: (1, 2, 3)}
NUMBERS = [checker for checker, answer in RIGHT_ANSWERS.items() if isinstance(answer, int)]
each = pytest.mark.parametrize("checker, answer", RIGHT_ANSWERS.items(),
                               ids=[checker.__name__ for checker in RIGHT_ANSWERS])


def positive(model):
    """In double precision, all weights positive: no gradient cancels."""
    for parameter in model.parameters():
        nn.init.constant_(parameter, 1 / parameter[0].numel() if parameter.ndim > 1 else 1.0)
    return model.double().eval()


def seen(model, *shape):
    """The width of the field of the middle unit, counted in the gradient of the input."""
    x = torch.ones(1, *shape, dtype=torch.double, requires_grad=True)
    y = model(x)
    y[(0, 0, *(size // 2 for size in y.shape[2:]))].backward()
    return int((x.grad[0, 0] != 0).any(0).sum() if x.ndim == 4 else (x.grad[0, 0] != 0).sum())


# --- right ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("checker", [c for c in RIGHT_ANSWERS if c is not check.field_changes])
def test_right_numbers_are_right_in_every_form(checker):
    answer = RIGHT_ANSWERS[checker]
    forms = [answer, np.array(answer), np.array(answer, np.float32), torch.tensor(answer)]
    forms += [list(answer)] if isinstance(answer, tuple) else [float(answer), np.int64(answer)]
    assert [checker(form).status for form in forms] == [RIGHT] * len(forms)


@pytest.mark.parametrize("answer", [
    WORDS, list(WORDS), dict(zip("abcde", WORDS)), tuple(word.upper() for word in WORDS)])
def test_the_right_words_on_fields_are_right_in_every_form(answer):
    assert check.field_changes(answer).status == RIGHT


def test_the_three_fields_are_those_of_pytorch():
    layers = [nn.Conv1d(1, 1, 3), nn.Conv1d(1, 1, 3, stride=2), nn.Conv1d(1, 1, 3)]
    stacks = [positive(nn.Sequential(*layers[: n + 1])) for n in range(3)]
    assert check.three_layers([seen(stack, 1, 40) for stack in stacks])


def test_the_five_words_on_fields_are_what_pytorch_does():
    conv, pool = (lambda k=3, s=1, p=1: nn.Conv2d(1, 1, k, s, p)), nn.AvgPool2d(2)
    # The mean has the windows of the maximum, and its gradient does not choose among them.
    designs = [
        [conv(p=0), nn.ReLU(), conv(p=0), nn.ReLU(), conv(p=0), nn.ReLU(), pool],
        [conv(), nn.ReLU(), conv(), nn.ReLU(), pool, conv(), nn.ReLU()],
        [conv(), nn.BatchNorm2d(1), conv(), nn.BatchNorm2d(1), conv(), nn.BatchNorm2d(1), pool],
        [conv(5, p=2), nn.ReLU(), conv(), nn.ReLU(), pool],
        [conv(), nn.ReLU(), conv(), nn.ReLU(), conv(s=2), nn.ReLU()],
    ]
    before = seen(positive(nn.Sequential(conv(), nn.ReLU(), conv(), nn.ReLU(), conv(), nn.ReLU(),
                                         pool)), 1, 40, 40)
    words = []
    for design in designs:
        after = seen(positive(nn.Sequential(*design)), 1, 40, 40)
        words.append("same" if after == before else "larger" if after > before else "smaller")
    assert check.field_changes(words)


def strided_elsewhere(stages):
    """torchvision's ResNet-50 whose first blocks of these stages stride in the 1×1, as He et al."""
    model = resnet50(weights=None)
    for stage in (getattr(model, f"layer{number}") for number in stages):
        stage[0].conv1.stride, stage[0].conv2.stride = (2, 2), (1, 1)
    model.maxpool = nn.AvgPool2d(3, 2, 1)
    return positive(nn.Sequential(*list(model.children())[:-2]))


def test_the_field_of_the_original_resnet50_is_that_of_pytorch():
    assert check.original_resnet50(seen(strided_elsewhere((2, 3, 4)), 3, 32, 1024))


def test_the_fields_of_vgg16_are_those_of_pytorch():
    layers, fields = [], []
    for entry in cfgs["D"]:
        if entry == "M":
            layers.append(nn.AvgPool1d(2))
            continue
        fields.append(seen(positive(nn.Sequential(*layers)), 1, 512) if layers else 1)
        layers.append(nn.Conv1d(1, 1, 3, padding=1))
    assert len(fields) == 13 and check.nothing_new(sum(field > 32 for field in fields))
    assert fields.count(32) == 1  # so that “wider” matters, as the hint on 7 says
    assert "exactly 32" in check.nothing_new(sum(field >= 32 for field in fields)).hint


def test_the_cells_of_the_wind_follow_from_its_speed():
    way, cell = 80 * 6 * 3600, math.radians(5.625) * 6_371_220 * math.sqrt(0.5)
    assert check.wind_cells(math.ceil(way / cell))
    assert f"{way / 1000:,.0f} km, {way / cell:.1f} cells of {cell / 1000:.0f} km" in (
        check.wind_cells(4).message)


def dense(dilations):
    """Does the gradient of one unit reach 13 pixels or more, with no gap?"""
    layers = positive(nn.Sequential(*(nn.Conv1d(1, 1, 3, dilation=d) for d in dilations)))
    x = torch.ones(1, 1, 80, dtype=torch.double, requires_grad=True)
    y = layers(x)
    y[0, 0, 0].backward()
    places = x.grad[0, 0].nonzero().flatten().tolist()
    width = places[-1] - places[0] + 1
    return width >= 13 and len(places) == width


def test_dilations_are_right_exactly_if_the_gradient_has_no_gap():
    sets = [(a, b, c) for a in range(1, 5) for b in range(a, 7) for c in range(b, 12)]
    judged = {dilations: check.no_holes(dilations).status == RIGHT for dilations in sets}
    assert judged == {dilations: dense(dilations) for dilations in sets}
    assert [d for d in sets if judged[d]][:4] == [(1, 1, 4), (1, 1, 5), (1, 2, 3), (1, 2, 4)]
    assert all(check.no_holes(order) for order in permutations((1, 3, 9)))


# --- untouched and nonsense -----------------------------------------------------------------------


@each
def test_untouched_answers_on_fields_are_not_tried_yet(checker, answer):
    assert checker(None).status == checker(...).status == NOT_TRIED
    if checker not in NUMBERS:
        n = len(answer)
        for untouched in ((None,) * n, [...] * n, (*answer[:-1], None)):
            assert checker(untouched).status == NOT_TRIED


@each
@pytest.mark.parametrize("nonsense", [
    "4", True, [], {}, {1, 2}, len, object(), (1, (2, 3)), 5j, np.nan, [np.nan] * 3, -1, 10**30,
    ("a", "b", "c", "d", "e"), (1, 2, 3, 4, 5), nn.Conv2d, lambda: 12, np.zeros((2, 2)), math.inf,
    np.zeros((0, 2)), {"a": "same"}, (True,) * 5, (True,) * 3, (0, 1, 2), (1.5, 2, 3), [[4, 2]],
    (math.inf, 1, 1), "same", torch.zeros(3), torch.zeros(2, 3), np.array(["4"]), (-1, 2, 9)])
def test_nonsense_on_fields_is_wrong(checker, answer, nonsense):
    verdict = checker(nonsense)
    assert verdict.status == WRONG and verdict.message and verdict.hint and verdict.case


# --- usual mistakes -------------------------------------------------------------------------------


def sizes(add, stride=lambda j, s: j * s):
    """The recurrence over three 3-wide layers, the second with stride 2, with another rule."""
    size, step, result = 1, 1, []
    for s in (1, 2, 1):
        size += add(step, s)
        step = stride(step, s)
        result.append(size)
    return result


@pytest.mark.parametrize("answer, words", [
    (sizes(lambda j, s: 2 * j * s), "counts its own stride"),
    (sizes(lambda j, s: 2 * s), "counts its own stride"),
    (np.cumsum([3, 3, 3]), "added up the kernel sizes"),
    (sizes(lambda j, s: 2), "stride of the second layer is left out"),
    ([2 * j for j in (1, 1, 2)], "what each layer adds"),
    (9, "behind all three"),
    ((1, 3, 5, 9), "Leave out the input"),
    ((3, 9, 27), "do not multiply"),
    ((9, 5, 3), "The order is"),
    ((9, 25, 81), "not the area"),
    ((3, 5, 11), "not kernel_size."),
    ((3, 5, 7.5), "How far apart in the input"),
    ((3, 9, 15), "overlap"),
    ((1, 5, 9), "its own pixel"),
    ((3, 4, 9), "draw them and count"),
])
def test_a_usual_mistake_in_the_three_fields_gets_its_own_hint(answer, words):
    verdict = check.three_layers(answer)
    assert verdict.status == WRONG and words in verdict.hint and "stride=2" in verdict.case


@pytest.mark.parametrize("part, word, words", [
    ("a", "smaller", "fewer units"), ("a", "larger", "Does a window grow"),
    ("b", "same", "a stride acts on those behind it"), ("b", "smaller", "How far apart"),
    ("c", "larger", "stored numbers"), ("c", "smaller", "looks at one unit alone"),
    ("d", "larger", "one behind the other"), ("d", "smaller", "not asked for"),
    ("e", "same", "the window of 2 is gone"), ("e", "larger", "there is none behind it"),
])
def test_each_wrong_word_on_a_field_gets_its_own_hint(part, word, words):
    verdict = check.field_changes({**dict(zip("abcde", WORDS)), part: word})
    assert verdict.status == WRONG and words in verdict.hint
    assert verdict.message.startswith(f"{part}: not “{word}”")


def added(*steps):
    """427 and what the changed 3×3 layers add more, in pixels."""
    return 427 + sum(steps)


@pytest.mark.parametrize("checker, answer, words", [
    (check.original_resnet50, added(), "That is torchvision's"),
    (check.original_resnet50, added(-8, -16, -32), "Towards the input"),
    (check.original_resnet50, added(8), "one of the three"),
    (check.original_resnet50, added(8), "ResNet-18"),
    (check.original_resnet50, added(16), "one of the three"),
    (check.original_resnet50, added(32), "one of the three"),
    (check.original_resnet50, added(8, 16), "two of the three"),
    (check.original_resnet50, added(8, 32), "two of the three"),
    (check.original_resnet50, added(16, 32), "two of the three"),
    (check.original_resnet50, added(4, 8, 16), "two steps, kernel_size − 1, not one"),
    (check.original_resnet50, added(12, 24, 48), "not three"),
    (check.original_resnet50, added(16, 32, 64), "twice too much"),
    (check.original_resnet50, added(8, 8, 16, 32), "The first stage has no stride"),
    (check.original_resnet50, 11 + 24 + 2 * (8 + 48 + 16 + 160 + 32 + 128), "Only the first block"),
    (check.original_resnet50, 2 * 427, "Not everything doubles"),
    (check.original_resnet50, 500, "comes to stand behind its stride"),
    (check.wind_cells, 1728 / 442.3, "How many whole layers"),
    (check.wind_cells, 1728 / 625.5, "cells of the equator"),
    (check.wind_cells, math.ceil(1728 / 625.5), "as wide as at the equator"),
    (check.wind_cells, math.floor(1728 / 442.3), "falls short by a part"),
    (check.wind_cells, 2, "half of the way"),
    (check.wind_cells, math.ceil(1728 / (625.5 * math.cos(45))), "not of 45 radians"),
    (check.wind_cells, math.ceil(1728 / (625.5 / 2)), "taken once"),
    (check.wind_cells, 2 * 4, "reach to one side"),
    (check.wind_cells, 2 * 4 + 1, "the width of a field"),
    (check.wind_cells, 1, "Mind the units"),
    (check.wind_cells, 30, "each layer reaches one cell further"),
    (check.nothing_new, 8, "the field of what they get"),
    (check.nothing_new, 10, "The poolings do not count"),
    (check.nothing_new, 13, "3 and 5 pixels"),
    (check.nothing_new, 0, "212"),
    (check.nothing_new, 4, "a step doubles with each pooling"),
    (check.no_holes, (2, 2, 2), "multiples of 2"),
    (check.no_holes, (2, 4, 8), "multiples of 2"),
    (check.no_holes, (3, 3, 3), "multiples of 3"),
    (check.no_holes, (1, 1, 1), "adds 2 · dilation"),
    (check.no_holes, (1, 1, 3), "adds 2 · dilation"),
    (check.no_holes, (1, 2, 9), "at 4 from the unit is left out"),
    (check.no_holes, (2, 2, 3), "at 6 from the unit is left out"),
    (check.no_holes, (1, 2), "(…, …, …)"),
    (check.no_holes, (1, 0, 6), "from 1 on"),
])
def test_a_usual_mistake_on_fields_gets_its_own_hint(checker, answer, words):
    verdict = checker(answer)
    assert verdict.status == WRONG and words in verdict.hint


@pytest.mark.parametrize("stages, field", [((2,), 435), ((3, 4), 475), ((), 427)])
def test_the_partial_fields_of_resnet50_are_those_of_pytorch(stages, field):
    assert seen(strided_elsewhere(stages), 3, 32, 1024) == field


def test_dilations_with_gaps_are_drawn():
    verdict = check.no_holes((2, 2, 2))
    assert "only 7 of its pixels" in verdict.message and "●○●○●○●○●○●○●" in verdict.case


@pytest.mark.parametrize("checker", NUMBERS)
def test_no_hint_on_a_field_tells_the_solution(checker):
    solution = RIGHT_ANSWERS[checker]
    for answer in (*range(0, 80), *range(200, 620), 854):
        verdict = checker(answer)
        if verdict.status == WRONG:
            assert not re.search(rf"(?<![\d.]){solution}(?![\d.]\d|\d)", verdict.hint), answer
