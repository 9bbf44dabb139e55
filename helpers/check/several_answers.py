"""Exercises that ask for several numbers, and for formulas of a few whole numbers."""

import copy
import dataclasses

import numpy as np

from .answers import check_function, check_number, same
from .verdict import NOT_TRIED, RIGHT, WRONG, Verdict, not_tried, show, to_numbers


def check_numbers(answer, parts, *, name, question, because, near_misses=()):
    """Verdict on several numbers in order.

    `parts`: dict name → (expected, mistakes, hint), `mistakes` a dict wrong number → hint.
    `near_misses`: pairs (whole answer, hint), for answers of another length, too.
    """
    form = f"({', '.join(parts)})"
    if answer is None or answer is ...:
        return not_tried(name)
    if isinstance(answer, (tuple, list)) and any(part is None or part is ... for part in answer):
        return not_tried(name.replace("the ", "all ", 1))
    hint = f"Write answer = {form}."
    try:
        values = to_numbers(answer)
    except TypeError as error:
        return Verdict(WRONG, f"The answer should be {len(parts)} numbers, but it is {error}.",
                       question, hint)
    for wrong, text in near_misses:
        if same(values, np.array(wrong, float)):
            return Verdict(WRONG, "Nearly: other numbers are asked for.", question, text)
    if values.shape != (len(parts),):
        what = f"its shape is {values.shape}" if values.shape else "it is one"
        return Verdict(WRONG, f"The answer should be {len(parts)} numbers, but {what}.", question,
                       hint)
    expected = np.array([number for number, _, _ in parts.values()], float)
    if not same(values, expected) and same(np.sort(values), np.sort(expected)):
        return Verdict(WRONG, "These are the numbers, but in another order.", question,
                       f"The order is {form}.")
    for (part, (number, mistakes, hint)), value in zip(parts.items(), values):
        verdict = check_number(value, number, name=part, mistakes=mistakes, hint=hint,
                               question=question)
        if not verdict:
            return Verdict(WRONG, f"{part}: it is not {show(value)}.", question, verdict.hint)
    return Verdict(RIGHT, because)


def check_formula(function, reference, cases, *, mistakes, **words):
    """`check_function` for a formula: a mistake is named if it gives the answer in every case.

    One case alone would not tell: many mistakes give the same whole number there. A right answer
    in floats is right, and the verdict says what PyTorch thinks of them.
    """
    verdict = check_function(function, reference, cases, **words)
    if verdict.status == NOT_TRIED or not callable(function):
        return verdict
    answers = [_answer(function, case) for case in cases]
    if verdict.status == RIGHT and any(map(_is_float, answers)):
        return Verdict(RIGHT, verdict.message + " It gives floats, though, which PyTorch refuses "
                       "as sizes: // gives an int.")
    if verdict.status == WRONG:
        for mistake in mistakes:
            if all(_agree(answer, mistake.function(*case)) for answer, case in zip(answers, cases)):
                return dataclasses.replace(verdict, hint=mistake.hint)
    return verdict


def _answer(function, case):
    """What the participant's function gives, or None if it stops."""
    try:
        return function(*copy.deepcopy(case))
    except (Exception, SystemExit):
        return None


def _agree(answer, other):
    try:
        return same(to_numbers(answer), to_numbers(other))
    except TypeError:
        return False


def _is_float(answer):
    if isinstance(answer, (tuple, list)):
        return any(map(_is_float, answer))
    return "float" in str(getattr(answer, "dtype", type(answer)))
