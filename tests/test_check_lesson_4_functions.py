"""The checkers of lesson 4 that ask for the recurrence and for a causal convolution."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from helpers import check
from helpers.check import field_recurrence
from helpers.check.verdict import NOT_TRIED, RIGHT, WRONG

CHECKERS = [check.my_receptive_field, check.my_causal_conv1d]


def stub(*arguments):
    """To be written."""
    ...


def unfinished(*arguments):
    raise NotImplementedError


@pytest.mark.parametrize("checker", CHECKERS)
def test_untouched_functions_on_fields_are_not_tried_yet(checker):
    for answer in (None, ..., stub, unfinished, lambda *arguments: ...):
        assert checker(answer).status == NOT_TRIED


@pytest.mark.parametrize("checker", CHECKERS)
@pytest.mark.parametrize("nonsense", [
    5, "f", (1, 1, 0), [], object(), lambda: 1, lambda *a: "text",
    lambda *a: print(end=""), lambda *a: [], lambda *a: 1 / 0, lambda *a: {}, lambda *a: (1, 2),
    lambda *a: np.nan, lambda *a: a, lambda *a: ("a", "b", "c"), lambda *a: (np.nan,) * 3,
    lambda *a: (None, None, None), lambda *a: [[1, 2], [3]], lambda *a: torch.zeros(0)])
def test_nonsense_functions_on_fields_are_wrong(checker, nonsense):
    verdict = checker(nonsense)
    assert verdict.status == WRONG and verdict.message and verdict.hint


# --- the recurrence -------------------------------------------------------------------------------


def recurrence(layers):
    size, stride, padding = 1, 1, 0
    for kernel_size, s, p, dilation in layers:
        size += (kernel_size - 1) * dilation * stride
        padding += p * stride
        stride *= s
    return size, stride, padding


def in_closed_form(layers):
    strides = np.cumprod([1] + [s for _, s, _, _ in layers])
    reach = [(k - 1) * d * j for (k, _, _, d), j in zip(layers, strides)]
    return [1 + sum(reach), strides[-1], sum(p * j for (_, _, p, _), j in zip(layers, strides))]


def by_index(layers):
    field = [1.0, 1.0, 0.0]
    for layer in layers:
        field[0] = field[0] + field[1] * layer[3] * (layer[0] - 1)
        field[2] = field[2] + field[1] * layer[2]
        field[1] = field[1] * layer[1]
    return tuple(field)


@pytest.mark.parametrize("answer", [
    recurrence, in_closed_form, by_index,
    lambda layers: tuple(map(torch.tensor, recurrence(layers))),
    lambda stack: tuple(map(np.int64, recurrence(stack)))])
def test_every_right_recurrence_is_right(answer):
    verdict = check.my_receptive_field(answer)
    assert verdict.status == RIGHT and "all 8 cases" in verdict.message


@pytest.mark.parametrize("layers", field_recurrence.CASES, ids=str)
def test_the_expected_fields_are_those_of_pytorch(layers):
    stack = nn.Sequential(*(nn.Conv1d(1, 1, k, s, p, d, bias=False) for k, s, p, d in layers))
    for parameter in stack.parameters():
        nn.init.ones_(parameter)
    x = torch.ones(1, 1, 1000, requires_grad=True)

    def ends(unit):
        seen = torch.autograd.grad(stack(x)[0, 0, unit], x)[0][0, 0].nonzero().flatten().tolist()
        return seen[0], seen[-1]

    unit = 20  # far enough inside
    (lo, hi), (second, _) = ends(unit), ends(unit + 1)
    field = (hi - lo + 1, second - lo, unit * (second - lo) - lo)
    assert field == recurrence(layers)
    assert field_recurrence._followed_back(layers) == field


def with_rules(size=lambda j, k, s, p, d: (k - 1) * d * j, padding=lambda j, s, p: p * j,
               stride=lambda j, s: j * s, start=(1, 1, 0)):
    def answer(layers):
        field, step, offset = start
        for k, s, p, d in layers:
            field += size(step, k, s, p, d)
            offset += padding(step, s, p)
            step = stride(step, s)
        return field, step, offset
    return answer


def stride_first(layers):
    field, step, offset = 1, 1, 0
    for k, s, p, d in layers:
        step *= s
        field += (k - 1) * d * step
        offset += p * step
    return field, step, offset


def emptied(layers):
    field, step, offset = 1, 1, 0
    while layers:
        k, s, p, d = layers.pop(0)
        field, offset, step = field + (k - 1) * d * step, offset + p * step, step * s
    return field, step, offset


def from_the_first(layers):
    field, step, offset = layers[0][0], layers[0][1], layers[0][2]
    for k, s, p, d in layers[1:]:
        field, offset, step = field + (k - 1) * d * step, offset + p * step, step * s
    return field, step, offset


RECURRENCES = {
    "kernel_size": (with_rules(lambda j, k, s, p, d: k * d * j), "you add kernel_size"),
    "kernel_size from 0": (with_rules(lambda j, k, s, p, d: k * d * j, start=(0, 1, 0)),
                           "you add kernel_size"),
    "stride first": (stride_first, "multiplied too early"),
    "own stride alone": (with_rules(lambda j, k, s, p, d: (k - 1) * d * s), "Not its own stride"),
    "no stride": (with_rules(lambda j, k, s, p, d: (k - 1) * d), "how many input pixels"),
    "no dilation": (with_rules(lambda j, k, s, p, d: (k - 1) * j), "dilation is not used"),
    "no dilation, early": (with_rules(lambda j, k, s, p, d: (k - 1) * j * s), "too early"),
    "kernel dilated": (with_rules(lambda j, k, s, p, d: (k * d - 1) * j), "Only the holes"),
    "span": (with_rules(lambda j, k, s, p, d: ((k - 1) * d + 1) * j), "you add kernel_size"),
    "dilation added": (with_rules(lambda j, k, s, p, d: (k + d - 2) * j), "multiply"),
    "padding in size": (with_rules(lambda j, k, s, p, d: (k - 1) * d * j + 2 * p),
                        "Padding never changes"),
    "padding off size": (with_rules(lambda j, k, s, p, d: ((k - 1) * d - 2 * p) * j),
                         "Padding never changes"),
    "padding unscaled": (with_rules(padding=lambda j, s, p: p), "added as they are"),
    "padding late": (with_rules(padding=lambda j, s, p: p * j * s), "without its own stride"),
    "padding, own stride": (with_rules(padding=lambda j, s, p: p * s), "without its own stride"),
    "padding twice": (with_rules(padding=lambda j, s, p: 2 * p * j), "One side counts"),
    "padding negative": (with_rules(padding=lambda j, s, p: -p * j), "The sign"),
    "no padding": (with_rules(padding=lambda j, s, p: 0), "never added up"),
    "last padding": (lambda layers: (*recurrence(layers)[:2], layers[-1][2] if layers else 0),
                     "the last layer alone"),
    "strides added": (with_rules(stride=lambda j, s: j + s), "they multiply"),
    "strides − 1 added": (with_rules(stride=lambda j, s: j + s - 1), "they multiply"),
    "stride forgotten": (with_rules(stride=lambda j, s: s), "of one layer before is not enough"),
    "stride stays": (with_rules(stride=lambda j, s: j), "how many input pixels"),
    "size from 0": (with_rules(start=(0, 1, 0)), "begin with size 1"),
    "stride from 0": (with_rules(start=(1, 0, 0)), "begin with stride 1"),
    "padding from 1": (with_rules(start=(1, 1, 1)), "padding 0"),
    "size alone": (lambda layers: recurrence(layers)[0], "Three numbers"),
    "two numbers": (lambda layers: recurrence(layers)[:2], "Three numbers"),
    "other order": (lambda layers: tuple(recurrence(layers)[i] for i in (1, 0, 2)), "order"),
    "size, padding, stride": (lambda layers: tuple(recurrence(layers)[i] for i in (0, 2, 1)),
                              "order"),
    "backwards": (lambda layers: recurrence(layers[::-1]), "from the last layer to the first"),
    "each layer": (lambda layers: [recurrence(layers[: n + 1]) for n in range(len(layers))],
                   "behind the last"),
    "last alone": (lambda layers: recurrence(layers[-1:]), "the last layer alone"),
    "list emptied": (emptied, "change the caller's list"),
    "no empty list": (from_the_first, "no layer at all"),
    "zeros for no layer": (lambda layers: recurrence(layers) if layers else (0, 0, 0),
                           "the numbers you begin with"),
    "None for no layer": (lambda layers: recurrence(layers) if layers else None, "no layer at all"),
    "unknown": (lambda layers: (recurrence(layers)[0] + 1, *recurrence(layers)[1:]),
                "multiplies the stride last"),
}


@pytest.mark.parametrize("answer, words", RECURRENCES.values(), ids=list(RECURRENCES))
def test_a_usual_mistake_in_the_recurrence_gets_its_own_hint(answer, words):
    verdict = check.my_receptive_field(answer)
    assert verdict.status == WRONG and words in verdict.hint and verdict.case


# --- the causal convolution -----------------------------------------------------------------------


def causal(x, weight, dilation):
    return F.conv1d(F.pad(x, ((weight.shape[2] - 1) * dilation, 0)), weight, dilation=dilation)


def cut(x, weight, dilation):
    reach = (weight.shape[-1] - 1) * dilation
    return F.conv1d(x, weight, padding=reach, dilation=dilation)[..., : x.shape[-1]]


def in_loops(x, weight, dilation):
    y = torch.zeros(len(x), len(weight), x.shape[2])
    for t in range(x.shape[2]):
        for k in range(weight.shape[2]):
            at = t - (weight.shape[2] - 1 - k) * dilation
            if at >= 0:
                y[:, :, t] += x[:, :, at] @ weight[:, :, k].T
    return y


def as_a_layer(x, weight, dilation):
    outs, ins, k = weight.shape
    layer = nn.Conv1d(ins, outs, k, dilation=dilation, bias=False)
    layer.weight = nn.Parameter(weight)
    return layer(torch.cat([torch.zeros(len(x), ins, (k - 1) * dilation), x], dim=2))


@pytest.mark.parametrize("answer", [causal, cut, in_loops, as_a_layer,
                                    lambda x, w, d=1: causal(x, w, d).numpy()])
def test_every_right_causal_convolution_is_right(answer):
    verdict = check.my_causal_conv1d(answer)
    assert verdict.status == RIGHT and "all 6 cases" in verdict.message


def padded(before, behind=lambda k, d: 0, **more):
    def answer(x, weight, dilation):
        k = weight.shape[2]
        x = F.pad(x, (before(k, dilation), behind(k, dilation)), **more)
        return F.conv1d(x, weight, dilation=dilation)
    return answer


def reach(k, d):
    return (k - 1) * d


def writes_into_x(x, weight, dilation):
    y = causal(x, weight, dilation)
    x[..., 0] = 0
    return y


def nothing(k, d):
    return 0


CAUSAL = {
    "symmetric": (padded(lambda k, d: reach(k, d) // 2, lambda k, d: reach(k, d) // 2), "future"),
    "same": (lambda x, w, d: F.conv1d(x, w, padding="same", dilation=d), "sees the future"),
    "none": (lambda x, w, d: F.conv1d(x, w, dilation=d), "nothing is padded"),
    "none, undilated": (lambda x, w, d: F.conv1d(x, w), "nothing is padded"),
    "behind": (padded(nothing, reach), "stand behind"),
    "both": (padded(reach, reach), "Both sides are padded"),
    "padding=": (lambda x, w, d: F.conv1d(x, w, padding=reach(w.shape[2], d), dilation=d),
                 "Both sides are padded"),
    "the wrong end cut": (lambda x, w, d: padded(reach, reach)(x, w, d)[..., -x.shape[2]:],
                          "stand behind"),
    "k − 1": (padded(lambda k, d: k - 1), "kernel_size − 1 are enough without"),
    "k": (padded(lambda k, d: k), "Too few zeros"),
    "k d": (padded(lambda k, d: k * d), "kernel_size − 1 steps back"),
    "one too many": (padded(lambda k, d: reach(k, d) + 1), "One zero too many"),
    "undilated": (lambda x, w, d: F.conv1d(F.pad(x, (w.shape[2] - 1, 0)), w),
                  "The dilation is not used"),
    "undilated, padded": (lambda x, w, d: F.conv1d(F.pad(x, (reach(w.shape[2], d), 0)), w),
                          "does not know of the dilation"),
    "flipped": (lambda x, w, d: causal(x, w.flip(2), d), "kernel is flipped"),
    "late": (lambda x, w, d: causal(F.pad(x, (1, -1)), w, d), "one step late"),
    "without the present": (lambda x, w, d: causal(F.pad(x, (d, -d)), w, d), "present is left out"),
    "replicate": (padded(reach, mode="replicate"), "not its first value"),
    "circular": (lambda x, w, d: F.conv1d(torch.cat([x[..., -reach(w.shape[2], d):], x], 2), w,
                                          dilation=d), "the future"),
    "zeros": (lambda x, w, d: torch.zeros_like(causal(x, w, d)), "Only zeros"),
    "x": (lambda x, w, d: x, "x itself"),
    "channels padded": (lambda x, w, d: F.conv1d(F.pad(x, (0, 0, reach(w.shape[2], d), 0)), w,
                                                 dilation=d), "counts from the last axis"),
    "x changed": (writes_into_x, "instead of x"),
    "unknown": (lambda x, w, d: causal(x, w, d) + 1, "as the window reaches back"),
}


@pytest.mark.parametrize("answer, words", CAUSAL.values(), ids=list(CAUSAL))
def test_a_usual_mistake_in_the_causal_convolution_gets_its_own_hint(answer, words):
    verdict = check.my_causal_conv1d(answer)
    assert verdict.status == WRONG and words in verdict.hint
    assert "weight" in verdict.case and "dilation = 3" in verdict.case


def test_a_causal_convolution_of_the_first_channel_alone_is_wrong():
    verdict = check.my_causal_conv1d(lambda x, w, d: causal(x[:, :1], w[:, :1], d))
    assert verdict.status == WRONG and "dilation = 3" in verdict.case
