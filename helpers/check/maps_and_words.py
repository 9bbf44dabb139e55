"""Exercises that ask for a row or a map of numbers, or for one word each on several things."""

import numpy as np

from .answers import close, same
from .verdict import RIGHT, WRONG, Verdict, not_tried, show, to_numbers


def check_map(answer, expected, *, name, question, because, mistakes, form, window):
    """Verdict on an array of numbers, given as nested lists, array or tensor.

    `mistakes`: pairs (wrong answer of any shape, hint). `form` says how to write the answer, and
    `window` is a function of an index: the hint on a single number. The solution is not told.
    """
    if _untouched(answer):
        return not_tried(name)
    expected = np.array(expected, float)
    try:
        values = to_numbers(answer)
    except TypeError as error:
        return Verdict(WRONG, f"The answer should be {form}, but it is {error}.", question,
                       f"Write answer = {form}.")
    while values.ndim > expected.ndim and len(values) == 1:  # the axes N and C of a tensor
        values = values[0]
    if same(values, expected):
        return Verdict(RIGHT, because)
    for wrong, hint in mistakes:
        if same(values, np.array(wrong, float)):
            return Verdict(WRONG, f"It is not {_in_one_line(values)}.", question, hint)
    if values.shape != expected.shape:
        what = f"its shape is {values.shape}" if values.shape else "it is one number"
        return Verdict(WRONG, f"The answer should be {form}, but {what}.", question,
                       f"Write answer = {form}.")
    index = tuple(int(i) for i in np.argwhere(~close(values, expected))[0])
    return Verdict(WRONG, f"The number at {list(index)} is not {show(values[index])}.", question,
                   window(*index))


def check_words(answer, parts, words, *, name, question, because):
    """Verdict on one of `words` for each part, as a tuple, a list or a dict part → word.

    `parts`: dict part → (expected word, dict wrong word → hint). Case and spaces do not matter.
    """
    form = "(" + ", ".join(f'"… {part} …"' for part in parts) + ")"
    if answer is None or answer is ...:
        return not_tried(name)
    if isinstance(answer, dict):
        missing = [part for part in parts if part not in answer]
        if missing or len(answer) > len(parts):
            return Verdict(WRONG, f"The answer should have the keys {', '.join(parts)}.", question,
                           f"Missing: {', '.join(missing)}." if missing else "There are more.")
        answer = [answer[part] for part in parts]
    if not isinstance(answer, (tuple, list)) or len(answer) != len(parts):
        many = isinstance(answer, (tuple, list))
        what = f"there are {len(answer)}" if many else f"it is of type {type(answer).__name__}"
        return Verdict(WRONG, f"The answer should be {len(parts)} words, but {what}.", question,
                       f"Write answer = {form}.")
    if any(word is None or word is ... for word in answer):
        return not_tried(name.replace("the ", "all ", 1))
    choice = ", ".join(f'"{word}"' for word in words)
    given = {part: word.strip().lower() if isinstance(word, str) else word
             for part, word in zip(parts, answer)}
    for part, word in given.items():
        if not isinstance(word, str) or word not in words:
            return Verdict(WRONG, f"{part}: {show(word)} is none of the words.", question,
                           f"The words are {choice}.")
    wrong = [part for part, word in given.items() if word != parts[part][0]]
    if not wrong:
        return Verdict(RIGHT, because)
    part = wrong[0]
    right = f" {len(parts) - len(wrong)} of {len(parts)} are right." if len(wrong) > 1 else ""
    return Verdict(WRONG, f"{part}: not “{given[part]}”.{right}", question,
                   parts[part][1][given[part]])


def _untouched(answer):
    if isinstance(answer, (tuple, list)):
        return any(map(_untouched, answer))
    return answer is None or answer is ...


def _in_one_line(values):
    return show(values).replace("\n", "")
