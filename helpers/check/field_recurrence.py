"""Exercise of lesson 4: size, effective stride and effective padding of a stack of layers."""

import copy
import dataclasses

from .answers import check_function, same
from .verdict import WRONG, to_numbers

PARTS = ("size", "stride", "padding")
CASES = [
    [(3, 2, 1, 1), (3, 1, 1, 1)],
    [(3, 1, 1, 1)],
    [(5, 1, 0, 1), (2, 2, 0, 1), (5, 1, 0, 1), (2, 2, 0, 1)],
    [(3, 1, 1, 1), (3, 1, 2, 2), (3, 1, 4, 4), (3, 1, 8, 8)],
    [(7, 2, 3, 1), (3, 2, 1, 1), (3, 2, 1, 1), (3, 1, 1, 1)],
    [(4, 3, 2, 2), (1, 2, 0, 1), (3, 3, 5, 3), (2, 1, 1, 4)],
    [(1, 1, 0, 1)],
    [],
]


def my_receptive_field(function):
    """Verdict on f(layers) -> (size, stride, padding) of the receptive field behind the last layer.

    `layers`: a list of (kernel_size, stride, padding, dilation), one tuple for each. Without any
    layer a unit is an input pixel: (1, 1, 0). (Araujo et al. 2019, doi:10.23915/distill.00021.)
    """
    hint = ("Begin with size 1, stride 1, padding 0. Each layer adds to size and padding in steps "
            "of the layers before it, and multiplies the stride last.")
    verdict = check_function(function, _followed_back, [(layers,) for layers in CASES],
                             outputs=PARTS, name="my_receptive_field", hint=hint)
    if verdict.status != WRONG or not callable(function):
        return verdict
    return dataclasses.replace(verdict, hint=_named(function) or verdict.hint)


def _followed_back(layers):
    """From units 0 and 1 back to the input, window by window."""
    lo, hi, second = 0, 0, 1
    for kernel_size, stride, padding, dilation in reversed(layers):
        lo, second = lo * stride - padding, second * stride - padding
        hi = hi * stride - padding + dilation * (kernel_size - 1)
    return hi - lo + 1, second - lo, -lo


def _recurrence(layers, *, start=(1, 1, 0), size=lambda j, k, s, p, d: (k - 1) * d * j,
                stride=lambda j, s: j * s, padding=lambda j, s, p: p * j):
    """The recurrence with one of its rules replaced; j is the stride of the layers before."""
    r, j, q = start
    for k, s, p, d in layers:
        r, q = r + size(j, k, s, p, d), q + padding(j, s, p)
        j = stride(j, s)
    return r, j, q


def _variant(part, **rules):
    return lambda layers: _recurrence(layers, **rules)[PARTS.index(part)]


def _sizes(rule, **rules):
    return _variant("size", size=rule, **rules)


def _last(part):
    return lambda layers: _recurrence(layers[-1:])[PARTS.index(part)]


_MINUS_ONE = ("A window of kernel_size pixels reaches kernel_size − 1 steps beyond the first; you "
              "add kernel_size.")
_EARLY = ("The layer's own stride is multiplied too early: its window covers units of the layer "
          "before. Add first, then multiply.")
_FROM_ONE = "Without any layer a unit is one pixel: begin with size 1."
_NO_STRIDE = "Each step is one unit of the layer before: how many input pixels is that?"
_NO_DILATION = "The dilation is not used: it spreads the kernel_size − 1 steps of a window."
_LAST = "That is the last layer alone: all layers before it count."
_ORDER = "You go from the last layer to the first; this recurrence begins at the input."
_STRIDE_ADDED = "The strides are added, but they multiply: two layers of stride 2 step 4 pixels."
_INTO_SIZE = "Padding never changes the size of a field: it only moves where the field begins."
MISTAKES = {
    "stride": [
        (_variant("stride", stride=lambda j, s: j + s), _STRIDE_ADDED),
        (_variant("stride", stride=lambda j, s: j + s, start=(1, 0, 0)), _STRIDE_ADDED),
        (_variant("stride", stride=lambda j, s: j + s - 1), _STRIDE_ADDED),
        (_variant("stride", start=(1, 0, 0)), "0 times anything stays 0: begin with stride 1."),
        (lambda layers: 1, "The stride is never multiplied."),
        (_last("stride"), _LAST),
        (lambda layers: _recurrence(layers[:-1])[1], "The last layer's stride counts, too: "
         "multiply after adding to size and padding, but do it for every layer."),
    ],
    "size": [
        (_sizes(lambda j, k, s, p, d: k * d * j), _MINUS_ONE),
        (_sizes(lambda j, k, s, p, d: k * d * j, start=(0, 1, 0)), _MINUS_ONE),
        (_sizes(lambda j, k, s, p, d: k * j), _MINUS_ONE + " And the dilation is not used."),
        (_sizes(lambda j, k, s, p, d: (k * d - 1) * j),
         "Only the holes are dilated: a window reaches dilation · (kernel_size − 1) steps."),
        (_sizes(lambda j, k, s, p, d: ((k - 1) * d + 1) * j), _MINUS_ONE),
        (_sizes(lambda j, k, s, p, d: (k - 1) * d * j, start=(0, 1, 0)), _FROM_ONE),
        (_sizes(lambda j, k, s, p, d: (k - 1) * d * j * s), _EARLY),
        (_sizes(lambda j, k, s, p, d: (k - 1) * d * s), _NO_STRIDE + " Not its own stride counts, "
         "but those of all layers before it."),
        (_sizes(lambda j, k, s, p, d: (k - 1) * d), _NO_STRIDE),
        (_sizes(lambda j, k, s, p, d: (k - 1) * j), _NO_DILATION),
        (_sizes(lambda j, k, s, p, d: k - 1), _NO_STRIDE + " And the dilation is not used."),
        (_sizes(lambda j, k, s, p, d: (k - 1) * j * s), _EARLY + " And the dilation is not used."),
        (_sizes(lambda j, k, s, p, d: (k - 1) * j * s * d, start=(0, 1, 0)), _EARLY),
        (_sizes(lambda j, k, s, p, d: (k - 1 + d - 1) * j),
         "dilation − 1 holes stand in each of the kernel_size − 1 gaps: multiply."),
        *((_sizes(lambda j, k, s, p, d, by=by: (k - 1) * d * j + by * p), _INTO_SIZE)
          for by in (1, 2, -1, -2)),
        *((_sizes(lambda j, k, s, p, d, by=by: ((k - 1) * d + by * p) * j), _INTO_SIZE)
          for by in (1, 2, -1, -2)),
        (_sizes(lambda j, k, s, p, d: (k - 1) * d * j, stride=lambda j, s: j + s), _STRIDE_ADDED),
        (_sizes(lambda j, k, s, p, d: (k - 1) * d * j, stride=lambda j, s: j + s - 1),
         _STRIDE_ADDED),
        (_sizes(lambda j, k, s, p, d: (k - 1) * d * j, stride=lambda j, s: s),
         "The stride of one layer before is not enough: those of all before it multiply."),
        (_last("size"), _LAST),
        (lambda layers: _recurrence(layers[::-1])[0], _ORDER),
    ],
    "padding": [
        (_variant("padding", padding=lambda j, s, p: p), "The paddings are added as they are: one "
         "of a later layer is as many input pixels as that layer's input units lie apart."),
        (_variant("padding", padding=lambda j, s, p: p * j * s), "The padding surrounds the "
         "layer's input: it counts in steps of the layers before, without its own stride."),
        (_variant("padding", padding=lambda j, s, p: p * s), "The padding surrounds the layer's "
         "input: it counts in steps of all layers before, without its own stride."),
        (_variant("padding", padding=lambda j, s, p: 2 * p * j),
         "One side counts: how far the first field begins before the input."),
        (_variant("padding", padding=lambda j, s, p: -p * j), "The sign is the other one: the "
         "padding says how far before the input the first field begins."),
        (_variant("padding", padding=lambda j, s, p: p * j, start=(1, 1, 1)),
         "Without any layer the field begins with the input: padding 0."),
        (lambda layers: 0, "The padding is never added up."),
        (lambda layers: sum(p for _, _, p, _ in layers[-1:]), _LAST),
        (lambda layers: _recurrence(layers[::-1])[2], _ORDER),
    ],
}


def _named(function):
    """The hint on the first mistake that gives one of the three numbers in every case."""
    answers = [_answer(function, layers) for layers in CASES]
    right = [_followed_back(layers) for layers in CASES]
    kinds = {len(answer) if isinstance(answer, (tuple, list)) else 0 for answer in answers}
    if answers[0] is None or kinds - {3}:
        return _of_other_form(answers)
    if _agree(answers, right):  # then it was the list that it has changed
        return "pop, append and reverse change the caller's list: go through it with for."
    for index, part in enumerate(PARTS):
        given = [answer[index] for answer in answers]
        if _agree(given, [numbers[index] for numbers in right]):
            continue
        if any(_agree(given, [numbers[other] for numbers in right]) for other in range(3)):
            return "The numbers are there, in another order: return size, stride, padding."
        for mistake, hint in MISTAKES[part]:
            if _agree(given, [mistake(layers) for layers in CASES]):
                return hint
    if _agree(answers[:-1], right[:-1]):
        return "Without any layer a unit is one pixel: the numbers you begin with, (1, 1, 0)."
    return ""


def _of_other_form(answers):
    if answers[-1] is None and all(isinstance(a, (tuple, list)) for a in answers[:-1]):
        return "There may be no layer at all: then return what you begin with."
    if answers[0] is None:
        return ""
    if isinstance(answers[0], (tuple, list)) and all(
            isinstance(part, (tuple, list)) for part in answers[0]):
        return "One result for all layers: return after the loop, what holds behind the last."
    return "Three numbers are asked for: return size, stride, padding."


def _answer(function, layers):
    """What the participant's function gives, or None if it stops."""
    try:
        return function(copy.deepcopy(layers))
    except (Exception, SystemExit):
        return None


def _agree(given, others):
    try:
        return all(same(to_numbers(a), to_numbers(b)) for a, b in zip(given, others))
    except TypeError:
        return False
