"""From an answer to its verdict: a checker is one call of `check_function` or `check_number`."""

import copy
import dis
import inspect
import linecache
import sys
from dataclasses import dataclass

import numpy as np

from .verdict import RIGHT, WRONG, Verdict, listing, not_tried, show, to_numbers


@dataclass(frozen=True)
class Mistake:
    """A usual wrong answer as a function of the same arguments, and the hint that it deserves.

    For an answer of several parts, `function` may give None for the parts that it leaves alone.
    `errors` are words from the messages of exceptions that deserve the same hint, wherever
    `function` is None or does not raise. An answer of another shape than the right one is known by
    its shape alone; `exact`: by its values, too.
    """

    function: object
    hint: str
    errors: tuple = ()
    exact: bool = False


def is_stub(function):
    """True for a function with nothing in its body but a docstring, `...`, `pass` or `return`."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None:
        return False
    nothing = {"RESUME", "NOP", "POP_TOP", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE", "CACHE"}
    steps = list(dis.get_instructions(code))
    constants = {step.argval for step in steps if step.opname in ("LOAD_CONST", "RETURN_CONST")}
    return {step.opname for step in steps} <= nothing and constants <= {None, ...}


def close(got, expected):
    """Where two arrays of one shape agree, within single precision; NaN never agrees."""
    scale = np.abs(expected[np.isfinite(expected)]).max(initial=0)
    return np.isclose(got, expected, rtol=1e-4, atol=1e-5 * scale + 1e-9)


def same(got, expected):
    """Equal shapes (nothing is broadcast) and equal values."""
    return got.shape == expected.shape and bool(close(got, expected).all())


def check_function(
    function, reference, cases, *, mistakes=(), outputs=("y",), hint="", name="", like=""
):
    """Verdict on a function: it must agree with `reference` in every case.

    `cases`: tuples of arguments, shown under the names of the reference's parameters. The first
    case that fails is told, with the hint of the first of `mistakes` that gives the same answer,
    or else with `hint`. `outputs` names what the function returns, `like` whose results it has
    been compared with. Arguments are copies, first as
    NumPy arrays; a function that fails on those is tried with torch tensors.
    """
    name = name or reference.__name__
    if function is None or function is ...:
        return not_tried(name)
    if not callable(function):
        return Verdict(WRONG, f"check.{name} wants the function itself, not {show(function)}.",
                       hint=f"Write check.{name}({name}), without calling {name} yourself.")
    if is_stub(function):
        return not_tried(name)
    names = list(inspect.signature(reference).parameters)
    complaint = _signature_complaint(function, names, name)
    if complaint is not None:  # a verdict of wrong is false
        return complaint
    for arguments in cases:
        verdict = _check_case(function, reference, dict(zip(names, arguments)), mistakes, outputs,
                              hint, name)
        if not verdict:
            return verdict
    like = f", like {like}" if like else ""
    return Verdict(RIGHT, f"{name} gives the expected result in all {len(cases)} cases{like}.")


def _signature_complaint(function, names, name):
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # a function written in C
        return None
    try:
        signature.bind(*names)
    except TypeError:
        return Verdict(WRONG, f"{name} is called as {name}({', '.join(names)}), but yours takes "
                       f"{signature}.", hint=f"Begin with def {name}({', '.join(names)}):")
    return None


def _check_case(function, reference, arguments, mistakes, outputs, hint, name):
    right = _parts(reference(*arguments.values()), outputs)
    case = listing(**arguments)
    try:
        answer, given = _call(function, arguments)
    except NotImplementedError:
        return not_tried(name)
    except RecursionError:
        return Verdict(WRONG, f"{name} calls itself without end (RecursionError).", case,
                       "It should not need to call itself.")
    except (Exception, SystemExit) as error:
        what = f"{name} stops with {type(error).__name__}: {error}{line_of(error, function)}"
        known = [m.hint for m in mistakes if any(words in str(error) for words in m.errors)
                 and (m.function is None or _result_of(m, arguments) is not None)]
        return Verdict(WRONG, what.rstrip(".") + ".", case, known[0] if known else hint)
    if answer is ...:
        return not_tried(name)
    if answer is None:
        return Verdict(WRONG, f"{name} returns nothing.", case,
                       f"Does it end with return {', '.join(outputs)}?")
    try:
        got = _parts(answer, outputs)
    except TypeError as error:
        return Verdict(WRONG, f"{name} returns {error}.", case,
                       f"It should return {' and '.join(outputs)}: an array of numbers"
                       f"{'' if len(outputs) == 1 else ' each'}.")
    for output, mine, wanted in zip(outputs, got, right):
        if same(mine, wanted):
            continue
        known = [m.hint for m in mistakes if _is_mistake(m, arguments, got, right)]
        if mine.shape != wanted.shape:
            message = f"{output} has the shape {mine.shape}, expected is {wanted.shape}."
        else:
            message = _first_difference(output, mine, wanted)
        case += "\n" + listing(**{f"expected {output}": wanted, f"your {output}": mine})
        return Verdict(WRONG, message, case, known[0] if known else hint)
    for key, value in given.items():
        if not _equal(value, arguments[key]):
            return Verdict(WRONG, f"The result is right, but {name} has changed its input {key}.",
                           case, f"Write into a new array instead of {key}.")
    return Verdict(RIGHT, "")


def _equal(one, other):
    """Are two arguments the same? Masks and functions hold no numbers, and are compared as they are."""
    try:
        return np.array_equal(to_numbers(one), to_numbers(other))
    except TypeError:
        return np.array_equal(np.asarray(one), np.asarray(other))


def _call(function, arguments):
    """The answer and the arguments as they are after the call."""
    given = copy.deepcopy(arguments)
    try:
        with np.errstate(all="ignore"):
            return function(*given.values()), given
    except (TypeError, AttributeError):
        torch = sys.modules.get("torch")  # who writes for torch has imported it
        if torch is None:
            raise
        tensors = {key: torch.tensor(np.asarray(v)) if isinstance(v, np.ndarray) else v
                   for key, v in copy.deepcopy(arguments).items()}
        try:
            return function(*tensors.values()), tensors
        except (TypeError, AttributeError, NotImplementedError):  # the last is torch's for such a dtype
            pass
        raise


def _parts(answer, outputs):
    """One array for each output."""
    if len(outputs) == 1:
        return [to_numbers(answer)]
    if not isinstance(answer, (tuple, list)) or len(answer) != len(outputs):
        what = f"{len(answer)} values" if isinstance(answer, (tuple, list)) else "one value"
        raise TypeError(f"{what} instead of {len(outputs)}, ({', '.join(outputs)})")
    return [to_numbers(part) for part in answer]


def _is_mistake(mistake, arguments, got, right):
    """Does the mistake give this answer? Where it gives another shape, that alone tells, unless exact."""
    parts = _result_of(mistake, arguments) if mistake.function else None
    if parts is None:
        return False
    parts = parts if isinstance(parts, tuple) else (parts,)
    for mine, wrong, wanted in zip(got, parts, right):
        if wrong is None:
            continue
        wrong = to_numbers(wrong)
        if wrong.shape != wanted.shape and not mistake.exact:
            if mine.shape != wrong.shape:
                return False
        elif not same(mine, wrong):
            return False
    return True


def _result_of(mistake, arguments):
    """What the mistake gives, or None where it is not possible for these shapes."""
    try:
        return mistake.function(*arguments.values())
    except (ValueError, IndexError, ZeroDivisionError, RuntimeError):  # the last is torch's
        return None


def _first_difference(output, got, wanted):
    index = tuple(np.argwhere(~close(got, wanted))[0])
    where = f"[{', '.join(map(str, index))}]" if index else ""
    return f"{output}{where} is {show(got[index])}, expected is {show(wanted[index])}."


def line_of(error, function):
    """The participant's line on which the error arose."""
    file = getattr(getattr(function, "__code__", None), "co_filename", None)
    found, trace = "", error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == file:
            source = linecache.getline(file, trace.tb_lineno).strip()
            found = f", in “{source}”" if source else f", in line {trace.tb_lineno}"
        trace = trace.tb_next
    return found


def check_number(answer, expected, *, name, mistakes=None, hint="", question="", because=""):
    """Verdict on one number. `mistakes`: dict wrong number → hint. The solution is not told."""
    if answer is None or answer is ...:
        return not_tried(name)
    try:
        value = to_numbers(answer)
    except TypeError as error:
        return Verdict(WRONG, f"The answer should be a number, but it is {error}.", question,
                       "Give the number alone, without quotes: answer = 1.")
    if value.shape != ():
        return Verdict(WRONG, f"The answer should be one number, but its shape is {value.shape}.",
                       question, "Choose one element, for example y[0, 0].")
    if np.isclose(value, expected, rtol=1e-9, atol=1e-9):
        return Verdict(RIGHT, f"{show(expected)} it is. {because}".rstrip())
    known = [text for wrong, text in (mistakes or {}).items() if np.isclose(value, wrong)]
    return Verdict(WRONG, f"It is not {show(value)}.", question, known[0] if known else hint)
