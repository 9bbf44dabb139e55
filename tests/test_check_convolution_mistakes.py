"""The usual mistakes in the two convolutions of lesson 1, each with its own hint."""

import numpy as np
import pytest
import torch

from helpers import check
from helpers.check.verdict import WRONG

from .right_answers import convolve, correlate


def per_window(function):
    """A wrong answer of the right size: one number made of each window and the kernel."""
    def answer(x, kernel):
        y = np.zeros((x.shape[0] - kernel.shape[0] + 1, x.shape[1] - kernel.shape[1] + 1))
        for i, j in np.ndindex(*y.shape):
            window = x[i : i + kernel.shape[0], j : j + kernel.shape[1]]
            y[i, j] = function(window, kernel)
        return y
    return answer


def same_size(x, kernel):
    y = np.zeros(x.shape)
    valid = correlate(x, kernel)
    y[: valid.shape[0], : valid.shape[1]] = valid
    return y


def one_too_many(x, kernel):
    y = np.zeros((x.shape[0] - kernel.shape[0] + 2, x.shape[1] - kernel.shape[1] + 2))
    for i, j in np.ndindex(*y.shape):
        y[i, j] = (x[i : i + kernel.shape[0], j : j + kernel.shape[1]] * kernel).sum()
    return y


def too_far_but_quiet(x, kernel):
    y = np.zeros((x.shape[0] - kernel.shape[0] + 2, x.shape[1] - kernel.shape[1] + 2))
    y[:-1, :-1] = correlate(x, kernel)
    return y


def overwritten(x, kernel):
    y = np.zeros((x.shape[0] - kernel.shape[0] + 1, x.shape[1] - kernel.shape[1] + 1))
    for i, j in np.ndindex(*y.shape):
        for a, b in np.ndindex(*kernel.shape):
            y[i, j] = x[i + a, j + b] * kernel[a, b]
    return y


def with_output(dtype, step=1, stop=None):
    """y of some dtype; += over every `step` products; `return` before all rows or columns."""
    def answer(x, kernel):
        kh, kw = kernel.shape
        y = np.zeros((x.shape[0] - kh + 1, x.shape[1] - kw + 1), dtype)
        for i in range(y.shape[0]):
            for j in range(y.shape[1]):
                products = (x[i : i + kh, j : j + kw] * kernel).ravel()
                for n in range(0, kh * kw, step or kh * kw):
                    y[i, j] += products[n : n + step].sum() if step else products.sum()
                if stop == "inner":
                    return y
            if stop == "outer":
                return y
        return y
    return answer


def appended(stop):
    def answer(x, kernel):
        y = []
        for i in range(x.shape[0] - kernel.shape[0] + 1):
            window = x[i : i + kernel.shape[0]]
            y.append(correlate(window, kernel)[0, : 1 if stop == "inner" else None].tolist())
            return y
    return answer


def one_side(axis):
    """Windows of k×k, k being one of the kernel's sides."""
    def answer(x, kernel):
        k = kernel.shape[axis]
        y = np.zeros((x.shape[0] - k + 1, x.shape[1] - k + 1))
        for i, j in np.ndindex(*y.shape):
            y[i, j] = (x[i : i + k, j : j + k] * kernel).sum()
        return y
    return answer


def one_side_in_four_loops(axis):
    def answer(x, kernel):
        k = kernel.shape[axis]
        y = np.zeros((x.shape[0] - k + 1, x.shape[1] - k + 1))
        for i, j in np.ndindex(*y.shape):
            for a, b in np.ndindex(k, k):
                y[i, j] += x[i + a, j + b] * kernel[a, b]
        return y
    return answer


def one_side_in_torch(x, kernel):
    x, kernel = torch.tensor(x), torch.tensor(kernel)
    return one_side(0)(x, kernel)


def square_output(x, kernel):
    n = x.shape[0] - kernel.shape[0] + 1
    y = np.zeros((n, n))
    for i, j in np.ndindex(n, n):
        y[i, j] = (x[i : i + kernel.shape[0], j : j + kernel.shape[1]] * kernel).sum()
    return y


CONV2D_MISTAKES = {
    "matrix product": (per_window(lambda w, k: (w @ k).sum()), "window * kernel"),
    "np.dot": (per_window(lambda w, k: np.dot(w, k).sum()), "window * kernel"),
    "whole numbers": (with_output(int, step=0), "without dtype=int"),
    "whole numbers, +=": (with_output(int), "without dtype=int"),
    "whole numbers, torch": (
        lambda x, k: torch.tensor(correlate(x, k)).to(torch.int32), "without dtype=int"),
    "return in the outer loop": (with_output(float, stop="outer"), "inside of the outer loop"),
    "return in the inner loop": (with_output(float, stop="inner"), "inside of the inner loop"),
    "one row appended": (appended("outer"), "inside of the outer loop"),
    "one number appended": (appended("inner"), "inside of the inner loop"),
    "height for both": (one_side(0), "This kernel is 2×3: take both sides"),
    "width for both": (one_side(1), "This kernel is 2×3: take both sides"),
    "height for both, 4 loops": (one_side_in_four_loops(0), "is 2×3: take both sides"),
    "width for both, 4 loops": (one_side_in_four_loops(1), "is 2×3: take both sides"),
    "width for both, output": (
        lambda x, k: correlate(x, k)[: x.shape[0] - k.shape[1] + 1], "is 2×3: take both sides"),
    "height for both, torch": (one_side_in_torch, "is 2×3: take both sides"),
    "square output": (square_output, "need not be square"),
    "flipped": (convolve, "is flipped"),
    "upside down": (lambda x, k: correlate(x, k[::-1]), "upside down"),
    "mirrored": (lambda x, k: correlate(x, k[:, ::-1]), "mirrored"),
    "kernel transposed": (lambda x, k: correlate(x, k.T), "kernel are exchanged"),
    "output transposed": (lambda x, k: correlate(x, k).T, "Rows and columns are exchanged"),
    "same size": (same_size, "smaller than the input"),
    "one too few": (lambda x, k: correlate(x, k)[:-1, :-1], "too few"),
    "one too many": (one_too_many, "leaves the input"),
    "one too many, quiet": (too_far_but_quiet, "Too many positions"),
    "padded": (lambda x, k: correlate(np.pad(x, 2), k), "nothing is padded"),
    "mean": (per_window(lambda w, k: (w * k).mean()), "take their sum"),
    "no sum": (per_window(lambda w, k: w * k), "sum the products"),
    "no kernel": (per_window(lambda w, k: w.sum()), "without the kernel"),
    "overwritten": (overwritten, "with += or with sum()"),
    "signs lost": (per_window(lambda w, k: (abs(w) * abs(k)).sum()), "Signs are lost"),
    "clamped": (lambda x, k: np.maximum(correlate(x, k), 0), "cut off"),
    "zeros": (lambda x, k: 0 * correlate(x, k), "nothing has been written"),
    "a single number": (lambda x, k: correlate(x, k).sum(), "the sum over everything"),
    "one window": (lambda x, k: x[: k.shape[0], : k.shape[1]] * k, "next position"),
}


@pytest.mark.parametrize("answer, hint", CONV2D_MISTAKES.values(), ids=list(CONV2D_MISTAKES))
def test_a_usual_mistake_in_my_conv2d_gets_its_own_hint(answer, hint):
    verdict = check.my_conv2d(answer)
    assert verdict.status == WRONG and not verdict
    assert hint in verdict.hint
    assert verdict.case.startswith("x      = [[") and "kernel = [[" in verdict.case


CONVOLVE2D_MISTAKES = {
    "no flip": (correlate, "Nothing is flipped"),
    "rows only": (lambda x, k: correlate(x, k[::-1]), "Only the rows"),
    "columns only": (lambda x, k: correlate(x, k[:, ::-1]), "Only the columns"),
    "transposed": (lambda x, k: correlate(x, k.T), "transposed"),
    "both": (lambda x, k: correlate(x, k[::-1, ::-1].T), "flipped and transposed"),
    "quarter turn": (lambda x, k: correlate(x, np.rot90(k)), "turned by 90°"),
    "result flipped": (lambda x, k: convolve(x, k)[::-1, ::-1], "flip the kernel only"),
    "full": (lambda x, k: convolve(np.pad(x, 2), k), "nothing is padded"),
}


@pytest.mark.parametrize(
    "answer, hint", CONVOLVE2D_MISTAKES.values(), ids=list(CONVOLVE2D_MISTAKES)
)
def test_a_usual_mistake_in_my_convolve2d_gets_its_own_hint(answer, hint):
    verdict = check.my_convolve2d(answer)
    assert verdict.status == WRONG and hint in verdict.hint
