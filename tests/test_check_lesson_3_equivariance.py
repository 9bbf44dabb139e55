"""The checker of lesson 3 that asks for the equivariance error as a function."""

import numpy as np
import pytest
import torch

from helpers import check
from helpers.check.verdict import RIGHT, WRONG


def error(f, g, x):
    return np.linalg.norm(f(g(x)) - g(f(x)))


def by_squares(f, g, x):
    return float(((f(g(x)) - g(f(x))) ** 2).sum() ** 0.5)


def error_in_torch(f, g, x):
    return torch.linalg.norm(f(g(x)) - g(f(x)))


@pytest.mark.parametrize("answer", [error, by_squares, error_in_torch,
                                    lambda f, g, x: (g(f(x)) - f(g(x))).norm(),
                                    lambda function, move, image: error(function, move, image)])
def test_every_right_equivariance_error_is_right(answer):
    verdict = check.my_equivariance_error(answer)
    assert verdict.status == RIGHT and "all 6 cases" in verdict.message


def test_the_error_is_checked_where_it_is_zero_and_where_it_is_not():
    seen = []
    check.my_equivariance_error(lambda *a: seen.append(error(*a)) or seen[-1])
    assert [e == 0 for e in seen] == [False, False, True, False, False, True]


def of_difference(reduce):
    return lambda f, g, x: reduce(f(g(x)) - g(f(x)))


def size(x):
    return np.linalg.norm(x)


ERROR = {
    "invariance": (lambda f, g, x: size(f(g(x)) - f(x)), "asks for invariance"),
    "g(f(x)) − f(x)": (lambda f, g, x: size(g(f(x)) - f(x)), "where is f(g(x))"),
    "no difference": (lambda f, g, x: size(f(g(x))), "norm of f(g(x)) alone"),
    "no difference, other": (lambda f, g, x: size(g(f(x))), "norm of g(f(x)) alone"),
    "same order twice": (lambda f, g, x: size(f(g(x)) - f(g(x))), "both ways differ"),
    "relative": (lambda f, g, x: error(f, g, x) / size(g(f(x))), "divide by the norm of g(f(x))"),
    "relative, other": (lambda f, g, x: error(f, g, x) / size(f(g(x))), "norm of f(g(x))"),
    "relative to x": (lambda f, g, x: error(f, g, x) / size(x), "norm of x"),
    "two norms": (lambda f, g, x: abs(size(f(g(x))) - size(g(f(x)))), "compare the two norms"),
    "array": (of_difference(lambda d: d), "One number is asked for"),
    "squared": (of_difference(lambda d: (d**2).sum()), "yours is its square"),
    "maximum": (of_difference(lambda d: abs(d).max()), "the largest difference."),
    "signed maximum": (of_difference(np.max), "the largest difference"),
    "L1": (of_difference(lambda d: abs(d).sum()), "sum without the squares"),
    "mean": (of_difference(lambda d: abs(d).mean()), "mean without the squares"),
    "mean square": (of_difference(lambda d: (d**2).mean()), "the mean of the squares"),
    "root mean square": (of_difference(lambda d: (d**2).mean() ** 0.5), "root of their mean"),
    "spectral": (of_difference(lambda d: np.linalg.norm(d, 2)), "leave out the 2"),
    "signed sum": (of_difference(np.sum), "they cancel"),
    "absolute sum": (of_difference(lambda d: abs(d.sum())), "they cancel"),
    "signed mean": (of_difference(np.mean), "they cancel"),
    "g twice": (lambda f, g, x: size(f(g(x)) - g(g(x))), "each takes f once and g once"),
    "f twice": (lambda f, g, x: size(f(f(x)) - g(f(x))), "each takes f once and g once"),
    "called too early": (lambda f, g, x: size(f(x)(g) - g(f(x))), "inner function acts first"),
    "functions composed": (lambda f, g, x: size((f * g)(x)), "inner function acts first"),
    "unknown": (lambda f, g, x: error(f, g, x) + 1, "Apply g, then f"),
}


@pytest.mark.parametrize("answer, words", ERROR.values(), ids=list(ERROR))
def test_a_usual_mistake_in_the_error_gets_its_own_hint(answer, words):
    verdict = check.my_equivariance_error(answer)
    assert verdict.status == WRONG and words in verdict.hint
    assert verdict.case.splitlines()[:2] == [
        "f = x[::2, ::2], every second pixel", "g = a circular shift to the right by one pixel"]
    assert "x" in verdict.case


def test_the_line_that_fails_is_shown_for_the_error_too():
    def fails(f, g, x):
        return f(g)(x)[99]

    verdict = check.my_equivariance_error(fails)
    assert "TypeError" in verdict.message and "return f(g)(x)[99]" in verdict.message


def test_an_error_that_is_zero_everywhere_or_nowhere_is_wrong():
    assert check.my_equivariance_error(lambda f, g, x: 0.0).status == WRONG
    verdict = check.my_equivariance_error(lambda f, g, x: max(error(f, g, x), 1e-3))
    assert verdict.status == WRONG and verdict.message == "error is 0.001, expected is 0."
    assert "f = a convolution with circular padding\ng = a circular shift" in verdict.case
