"""The checkers of lesson 6 on the globe: the error of a forecast, and the padding."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from helpers import check
from helpers.check.verdict import NOT_TRIED, RIGHT, WRONG
from tests.hints import hints_of

# --- the error ------------------------------------------------------------------------------------


def by_loops(error, latitude):
    above = below = 0.0
    for row, degrees in zip(error, latitude):
        for value in row:
            weight = math.cos(math.radians(degrees))
            above += weight * value**2
            below += weight
    return math.sqrt(above / below)


def by_average(error, latitude):
    return np.average((error**2).mean(1), weights=np.cos(latitude * np.pi / 180)) ** 0.5


def rmse_in_torch(error, latitude):
    w = torch.cos(torch.deg2rad(latitude))[:, None]
    return ((w / w.mean()) * error.square()).mean().sqrt()


@pytest.mark.parametrize("answer", [by_loops, by_average, rmse_in_torch, lambda *a: np.float32(by_loops(*a)),
                                    lambda error, latitude: torch.tensor(by_loops(error, latitude))])
def test_every_right_rmse_is_right(answer):
    verdict = check.my_rmse(answer)
    assert verdict.status == RIGHT and "all 4 cases, like helpers.weighted_rmse" in verdict.message


def cos(latitude):
    return np.cos(np.deg2rad(latitude))[:, None]


RMSE = {
    "unweighted": (lambda e, p: np.sqrt(np.mean(e**2)), "Nothing is weighted"),
    "mean of the product": (lambda e, p: np.sqrt((cos(p) * e**2).mean()), "an error of 1 everywhere must give 1"),
    "sum over rows": (lambda e, p: np.sqrt((cos(p) * e**2).sum() / cos(p).sum()), "there are W cells in it"),
    "radians": (lambda e, p: np.sqrt((np.cos(p)[:, None] * e**2).mean() / np.cos(p).mean()), "np.cos wants radians"),
    "no root": (lambda e, p: (cos(p) * e**2).mean() / cos(p).mean(), "The root is missing"),
    "absolute": (lambda e, p: np.average(abs(e).mean(1), weights=cos(p)[:, 0]), "mean of the absolute error"),
    "root first": (lambda e, p: (cos(p) * np.sqrt(e**2)).mean() / cos(p).mean(), "mean of the absolute error"),
    "squared weight": (lambda e, p: np.sqrt(np.mean((cos(p) * e) ** 2) / cos(p).mean()), "The weight is squared"),
    "no column": (lambda e, p: np.sqrt((np.cos(np.deg2rad(p)) * e**2).mean()), "[:, None] makes it a column"),
    "no column, in torch": (lambda e, p: (torch.cos(torch.deg2rad(p)) * e**2).mean().sqrt(), "[:, None] makes it"),
    "sines": (lambda e, p: np.sqrt((abs(np.sin(np.deg2rad(p)))[:, None] * e**2).mean()), "w = np.cos(np.deg2rad("),
}


@pytest.mark.parametrize("answer, words", RMSE.values(), ids=list(RMSE))
def test_a_usual_mistake_in_the_rmse_gets_its_own_hint(answer, words):
    verdict = check.my_rmse(answer)
    assert verdict.status == WRONG and words in verdict.hint and "latitude" in verdict.case


def test_the_first_error_is_one_that_can_be_done_by_hand():
    """Squares 0, 1, 1 at 60°, where the weight is a half, and 4, 9, 4 at the equator."""
    assert check.my_rmse(lambda e, p: 7.0).message == "RMSE is 7, expected is 2."
    assert math.sqrt((0.5 * 2 + 17) / (3 * 0.5 + 3)) == 2


def test_what_the_hints_on_the_rmse_say_is_true():
    ones, latitude = np.ones((4, 8)), np.array([67.5, 22.5, -22.5, -67.5])
    assert by_loops(ones, latitude) == pytest.approx(1)
    assert np.sqrt((cos(latitude) * ones**2).mean()) < 0.9  # which is why the mean of the weights is needed
    w, error = cos(latitude), np.arange(32.0).reshape(4, 8)
    assert ((w * error**2).mean() / w.mean()) ** 0.5 == pytest.approx(by_loops(error, latitude))


# --- the padding ----------------------------------------------------------------------------------


def by_indices(x):
    H, W = x.shape
    y = np.zeros((H + 2, W + 2))
    for i in range(H + 2):
        for j in range(W + 2):
            y[i, j] = x[min(max(i - 1, 0), H - 1), (j - 1) % W]
    return y


def by_stacking(x):
    x = np.hstack([x[:, -1:], x, x[:, :1]])
    return np.vstack([x[:1], x, x[-1:]])


def padded_in_torch(x):
    x = F.pad(x[None, None], (1, 1, 0, 0), mode="circular")
    return F.pad(x, (0, 0, 1, 1), mode="replicate")[0, 0]


def np_pad(x, rows, columns):
    return np.pad(np.pad(x, ((0, 0), (1, 1)), mode=columns), ((1, 1), (0, 0)), mode=rows)


@pytest.mark.parametrize("answer", [by_indices, by_stacking, padded_in_torch, lambda x: np_pad(x, "edge", "wrap"),
                                    lambda x: by_stacking(x).tolist(), lambda x: torch.as_tensor(by_stacking(x))])
def test_every_right_padding_is_right(answer):
    verdict = check.my_globe_padding(answer)
    assert verdict.status == RIGHT and "all 5 cases" in verdict.message


PADDING = {
    "exchanged": (lambda x: np_pad(x, "wrap", "edge"), "Rows and columns are exchanged"),
    "both circular": (lambda x: np.pad(x, 1, mode="wrap"), "would lie the south pole"),
    "both repeated": (lambda x: np.pad(x, 1, mode="edge"), "The columns are repeated"),
    "sides exchanged": (lambda x: np_pad(np.hstack([x[:, :1], x, x[:, -1:]]), "edge", "edge")[:, 1:-1], "repeated"),
    "zeros at the poles": (lambda x: np_pad(x, "constant", "wrap"), "beyond the poles you put zeros"),
    "zeros at the sides": (lambda x: np_pad(x, "edge", "constant"), "left and right you put zeros"),
    "reflected rows": (lambda x: np_pad(x, "reflect", "wrap"), "stands the second row"),
    "zeros": (lambda x: np.pad(x, 1), "a wall across the map"),
    "no rows": (lambda x: np.pad(x, ((0, 0), (1, 1)), mode="wrap"), "Rows are missing"),
    "no rows, zeros": (lambda x: np.pad(x, ((0, 0), (1, 1))), "Rows are missing"),
    "no columns": (lambda x: np.vstack([x[:1], x, x[-1:]]), "Columns are missing"),
    "no columns, zeros": (lambda x: np.pad(x, ((1, 1), (0, 0))), "Columns are missing"),
    "too wide": (lambda x: np.pad(x, 2, mode="edge"), 'mode="edge") repeats the rows'),
    "untouched": (lambda x: x, 'mode="edge") repeats the rows'),
    "reflected": (lambda x: np.pad(x, 1, mode="reflect"), 'mode="edge") repeats the rows'),
}


@pytest.mark.parametrize("answer, words", PADDING.values(), ids=list(PADDING))
def test_a_usual_mistake_in_the_padding_gets_its_own_hint(answer, words):
    verdict = check.my_globe_padding(answer)
    assert verdict.status == WRONG and words in verdict.hint and verdict.case.startswith("x ")


def test_a_padding_for_maps_of_one_size_is_wrong():
    assert check.my_globe_padding(lambda x: by_indices(x[:, :3])).status == WRONG
    assert check.my_globe_padding(lambda x: by_stacking(x).astype(np.uint8)).status == WRONG


# --- all of them ----------------------------------------------------------------------------------

FUNCTIONS = [check.my_rmse, check.my_globe_padding]
TABLES = dict(zip(FUNCTIONS, [RMSE, PADDING]))


def rmse_stub(error, latitude):
    ...


def padding_stub(x):
    """(H + 2, W + 2)."""


def unfinished(*arguments):
    raise NotImplementedError


@pytest.mark.parametrize("checker", FUNCTIONS)
@pytest.mark.parametrize("answer", [None, ..., rmse_stub, padding_stub, unfinished, lambda *a: ...])
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


def squares_in_place(error, latitude):
    result = by_loops(error, latitude)
    error **= 2
    return result


def pads_in_place(x):
    y = by_indices(x)
    x[0] = 0
    return y


@pytest.mark.parametrize("checker, answer, name", [
    (check.my_rmse, squares_in_place, "error"), (check.my_globe_padding, pads_in_place, "x")])
def test_an_answer_that_changes_its_input_is_told(checker, answer, name):
    verdict = checker(answer)
    assert verdict.status == WRONG and "The result is right, but" in verdict.message
    assert verdict.message.endswith(f"has changed its input {name}.") and name in verdict.hint


@pytest.mark.parametrize("checker", FUNCTIONS)
def test_every_hint_is_the_answer_to_a_mistake_that_somebody_may_write(checker, monkeypatch):
    given = {checker(answer).hint for answer, _ in TABLES[checker].values()}
    assert hints_of(checker, "globe_functions", monkeypatch) <= given
