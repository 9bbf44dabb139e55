"""The checkers of lesson 6 in time: the rollout of a forecast, the memory of a ConvLSTM."""

import math

import numpy as np
import pytest
import torch

from helpers import check
from helpers.check.verdict import NOT_TRIED, RIGHT, WRONG
from tests.hints import hints_of

# --- the rollout ----------------------------------------------------------------------------------


def in_a_list(step, state, steps):
    states = [state]
    for _ in range(steps):
        state = step(state)
        states.append(state)
    return states


def by_itself(step, state, steps):
    if steps == 0:
        return state[None]
    return np.concatenate([state[None], by_itself(step, step(state), steps - 1)])


def into_an_array(step, state, steps):
    states = np.zeros((steps + 1, *state.shape))
    states[0] = state
    for n in range(steps):
        states[n + 1] = step(states[n])
    return states


def only_stacks_tensors(step, state, steps):
    states = [state]
    for _ in range(steps):
        states.append(step(states[-1]))
    return torch.stack(states)


@pytest.mark.parametrize("answer", [in_a_list, by_itself, into_an_array, only_stacks_tensors,
                                    lambda *a: np.array(in_a_list(*a)), lambda *a: tuple(in_a_list(*a))])
def test_every_right_rollout_is_right(answer):
    verdict = check.my_rollout(answer)
    assert verdict.status == RIGHT and "all 5 cases" in verdict.message


def starts_twice(step, state, steps):
    states = [state]
    for _ in range(steps):
        states.append(state)
        state = step(state)
    return np.stack(states)


def ends_early(step, state, steps):
    states = []
    for _ in range(steps):
        states.append(state)
        state = step(state)
    return np.stack(states)


def from_an_empty_list(step, state, steps):
    states = []
    for _ in range(steps):
        states.append(step(states[-1]))
    return np.stack(states)


def never_appends(step, state, steps):
    states = []
    for _ in range(steps):
        state = step(state)
    return np.stack(states)


ROLLOUT = {
    "from the start": (lambda f, s, n: [s] + [f(s) for _ in range(n)], "begins at the start again"),
    "no start": (lambda f, s, n: in_a_list(f, s, n)[1:], "The start is missing"),
    "last": (lambda f, s, n: in_a_list(f, s, n)[-1], "keep all of them"),
    "one step": (lambda f, s, n: f(s), "keep all of them"),
    "too many": (lambda f, s, n: in_a_list(f, s, n + 1), "One state too many"),
    "too few": (lambda f, s, n: in_a_list(f, s, n - 1), "One state is missing"),
    "ends early": (ends_early, "One state is missing"),
    "starts twice": (starts_twice, "The start stands twice"),
    "persistence": (lambda f, s, n: np.stack([s for _ in range(n + 1)]), "that is persistence"),
    "empty list": (from_an_empty_list, "a state in the list before the first step"),
    "nothing to stack": (never_appends, "a state in the list before the first step"),
    "joined": (lambda f, s, n: np.concatenate(in_a_list(f, s, n)), "states = [state]; then"),
    "backwards": (lambda f, s, n: in_a_list(f, s, n)[::-1], "states = [state]; then"),
}


@pytest.mark.parametrize("answer, words", ROLLOUT.values(), ids=list(ROLLOUT))
def test_a_usual_mistake_in_the_rollout_gets_its_own_hint(answer, words):
    verdict = check.my_rollout(answer)
    assert verdict.status == WRONG and words in verdict.hint


def test_the_case_shows_what_a_step_does():
    verdict = check.my_rollout(lambda step, state, steps: state)
    assert verdict.case.splitlines()[0] == "step  = lambda state: state / 2"
    later = check.my_rollout(lambda step, state, steps: in_a_list(step, state, 3))
    written = later.case.splitlines()[0].split("lambda state: ")[1]
    seen = []
    check.my_rollout(lambda step, state, steps: seen.append(step(np.array([1.0, 5]))) or in_a_list(step, state, steps))
    assert seen[1].tolist() == eval(written, {"state": np.array([1.0, 5])}).tolist()


# --- the memory -----------------------------------------------------------------------------------


def one_by_one(i, f, g, o, c):
    h, new = np.zeros(c.shape), np.zeros(c.shape)
    for at in np.ndindex(*c.shape):
        new[at] = f[at] * c[at] + i[at] * g[at]
        h[at] = o[at] * math.tanh(new[at])
    return h, new


def memory_in_torch(i, f, g, o, c):
    c = f * c + i * g
    return o * torch.tanh(c), c


@pytest.mark.parametrize("answer", [one_by_one, memory_in_torch, lambda *a: list(one_by_one(*a)),
                                    lambda i, f, g, o, c: (o * np.tanh(c := f * c + i * g), c)])
def test_every_right_memory_is_right(answer):
    verdict = check.my_memory(answer)
    assert verdict.status == RIGHT and "all 4 cases" in verdict.message


def with_memory(new, said=lambda o, new, old: o * np.tanh(new)):
    def answer(i, f, g, o, c):
        return said(o, new(i, f, g, c), c), new(i, f, g, c)
    return answer


def right_memory(i, f, g, c):
    return f * c + i * g


MEMORY = {
    "old memory": (with_memory(right_memory, lambda o, new, old: o * np.tanh(old)), "not the old one"),
    "no tanh": (with_memory(right_memory, lambda o, new, old: o * new), "goes through tanh first"),
    "exchanged gates": (with_memory(lambda i, f, g, c: i * c + f * g), "Input and forget gate are exchanged"),
    "other order": (lambda *a: one_by_one(*a)[::-1], "h first, then c"),
    "never forgets": (with_memory(lambda i, f, g, c: c + i * g), "Nothing is forgotten"),
    "writes all": (with_memory(lambda i, f, g, c: f * c + g), "Everything new is written"),
    "says all": (with_memory(right_memory, lambda o, new, old: np.tanh(new)), "The output gate is missing"),
    "tanh twice": (with_memory(lambda i, f, g, c: f * c + i * np.tanh(g)), "g has gone through tanh already"),
    "forgets by f": (with_memory(lambda i, f, g, c: (1 - f) * c + i * g), "how much stays"),
    "as in a GRU": (with_memory(lambda i, f, g, c: f * c + (1 - f) * g), "c becomes f * c + i * g"),
    "zeros": (lambda i, f, g, o, c: (0 * c, 0 * c), "c becomes f * c + i * g"),
    "matrices": (with_memory(lambda i, f, g, c: f @ c + i @ g), "c becomes f * c + i * g"),
}


@pytest.mark.parametrize("answer, words", MEMORY.values(), ids=list(MEMORY))
def test_a_usual_mistake_in_the_memory_gets_its_own_hint(answer, words):
    verdict = check.my_memory(answer)
    assert verdict.status == WRONG and words in verdict.hint
    assert [line.split(" ")[0] for line in verdict.case.splitlines() if line[0] != " "][:5] == list("ifgoc")


def test_a_memory_without_its_state_is_told_what_is_missing():
    verdict = check.my_memory(lambda *a: one_by_one(*a)[0])
    assert verdict.status == WRONG and "instead of 2, (h, c)" in verdict.message


# --- all of them ----------------------------------------------------------------------------------

FUNCTIONS = [check.my_rollout, check.my_memory]
TABLES = dict(zip(FUNCTIONS, [ROLLOUT, MEMORY]))


def memory_stub(i, f, g, o, c):
    """The next (h, c)."""


def rollout_stub(step, state, steps):
    pass


def unfinished(*arguments):
    raise NotImplementedError


@pytest.mark.parametrize("checker", FUNCTIONS)
@pytest.mark.parametrize("answer", [None, ..., rollout_stub, memory_stub, unfinished, lambda *a: ...])
def test_an_untouched_function_is_not_tried_yet(checker, answer):
    assert checker(answer).status == NOT_TRIED


@pytest.mark.parametrize("checker", FUNCTIONS)
@pytest.mark.parametrize("answer", [
    3, "y", np.ones((2, 2)), lambda: 1, lambda a, b, c, d, e, f: a, lambda *a: True, lambda *a: 1 / 0,
    lambda *a: print(*a), lambda *a: np.nan, lambda *a: "y", lambda *a: (1, 2), lambda *a: a[-1], lambda *a: {},
    lambda *a: [[1, 2], [3]]])
def test_nonsense_for_a_function_is_wrong(checker, answer):
    verdict = checker(answer)
    assert verdict.status == WRONG and verdict.message


def steps_in_place(step, state, steps):
    states = [state.copy()]
    for _ in range(steps):
        state[:] = step(state)
        states.append(state.copy())
    return np.stack(states)


def remembers_in_place(i, f, g, o, c):
    c *= f
    c += i * g
    return o * np.tanh(c), c


@pytest.mark.parametrize("checker, answer, name", [
    (check.my_rollout, steps_in_place, "state"), (check.my_memory, remembers_in_place, "c")])
def test_an_answer_that_changes_its_input_is_told(checker, answer, name):
    verdict = checker(answer)
    assert verdict.status == WRONG and "The result is right, but" in verdict.message
    assert verdict.message.endswith(f"has changed its input {name}.") and name in verdict.hint


def test_one_array_filled_again_and_again_is_wrong():
    def overwrites(step, state, steps):
        states = [state]
        for _ in range(steps):
            state[:] = step(state)
            states.append(state)
        return np.stack(states)

    assert check.my_rollout(overwrites).status == WRONG


@pytest.mark.parametrize("checker", FUNCTIONS)
def test_every_hint_is_the_answer_to_a_mistake_that_somebody_may_write(checker, monkeypatch):
    given = {checker(answer).hint for answer, _ in TABLES[checker].values()}
    assert hints_of(checker, "globe_functions", monkeypatch) <= given
