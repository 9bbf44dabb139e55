"""The checkers of lesson 3 that ask for a function: max pooling and blur pooling."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from helpers import check
from helpers.check.verdict import NOT_TRIED, RIGHT, WRONG

# --- max pooling ----------------------------------------------------------------------------------


def pooled(x, kernel_size, stride, reduce=np.max, size=lambda n, k, s: (n - k) // s + 1):
    rows, columns = (size(n, kernel_size, stride) for n in x.shape)
    y = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            a, b = i * stride, j * stride
            y[i, j] = reduce(x[a : a + kernel_size, b : b + kernel_size])
    return y


def by_comparing(x, kernel_size, stride):
    y = [[x[i, j] for j in range(0, x.shape[1] - kernel_size + 1, stride)]
         for i in range(0, x.shape[0] - kernel_size + 1, stride)]
    for i, row in enumerate(y):
        for j in range(len(row)):
            for a in range(kernel_size):
                for b in range(kernel_size):
                    row[j] = max(row[j], x[i * stride + a, j * stride + b])
    return y


def in_torch(x, kernel_size, stride):
    return F.max_pool2d(torch.as_tensor(x)[None], kernel_size, stride)[0]


def only_for_tensors(x, kernel_size, stride):
    return x.unfold(0, kernel_size, stride).unfold(1, kernel_size, stride).amax((-2, -1))


@pytest.mark.parametrize("answer", [
    pooled, by_comparing, in_torch, only_for_tensors,
    lambda x, kernel_size=2, stride=None: pooled(x, kernel_size, stride),
    lambda *a: pooled(*a).tolist(), lambda *a: pooled(*a).astype(np.float32)])
def test_every_right_max_pooling_is_right(answer):
    verdict = check.my_max_pool2d(answer)
    assert verdict.status == RIGHT and "all 8 cases" in verdict.message


def starting_from(number):
    return lambda *a: pooled(*a, reduce=lambda window: max(number, window.max()))


def axes_exchanged(x, kernel_size, stride):
    return pooled(x.T, kernel_size, stride)


def one_side_for_both(axis):
    def answer(x, kernel_size, stride):
        n = (x.shape[axis] - kernel_size) // stride + 1
        y = np.zeros((n, n))
        for i, j in np.ndindex(n, n):
            window = x[i * stride :, j * stride :][:kernel_size, :kernel_size]
            y[i, j] = window.max() if window.size else 0
        return y
    return answer


def without_stride_in_the_index(x, k, s):
    y = np.zeros(pooled(x, k, s).shape)
    for i, j in np.ndindex(*y.shape):
        y[i, j] = x[i : i + k, j : j + k].max()
    return y


def kernel_size_in_the_index(x, k, s):
    y = np.zeros(pooled(x, k, s).shape)
    for i, j in np.ndindex(*y.shape):
        y[i, j] = x[i * k : i * k + k, j * k : j * k + k].max()
    return y


def stride_as_window(x, k, s):
    y = np.zeros(pooled(x, k, s).shape)
    for i, j in np.ndindex(*y.shape):
        y[i, j] = x[i * s : i * s + s, j * s : j * s + s].max()
    return y


def whole_numbers(x, kernel_size, stride):
    return pooled(x, kernel_size, stride).astype(int)


def pixel_beyond_the_end(x, k, s):
    y = np.zeros([-(-n // s) for n in x.shape])
    for i, j in np.ndindex(*y.shape):
        y[i, j] = max(x[i * s + a, j * s + b] for a in range(k) for b in range(k))
    return y


MAX_POOLING = {
    "mean": (lambda *a: pooled(*a, np.mean), "average pooling"),
    "sum": (lambda *a: pooled(*a, np.sum), "the sum of each window"),
    "min": (lambda *a: pooled(*a, np.min), "smallest number"),
    "stride ignored": (lambda x, k, s: pooled(x, k, 1), "stride is not used"),
    "stride = kernel": (lambda x, k, s: pooled(x, k, k), "lie kernel_size apart"),
    "exchanged settings": (lambda x, k, s: pooled(x, s, k), "lie kernel_size apart"),
    "stride not in the index": (without_stride_in_the_index, "lie one pixel apart"),
    "kernel in the index": (kernel_size_in_the_index, "Your last windows leave the input"),
    "window of stride": (stride_as_window, "as large as the stride"),
    "from 0": (starting_from(0), "starts from 0"),
    "from −1": (starting_from(-1), "starts from a fixed"),
    "from −999": (starting_from(-999), "starts from a fixed"),
    "from −10000": (starting_from(-10_000), "starts from a fixed"),
    "ceil": (lambda *a: pooled(*a, size=lambda n, k, s: -(-(n - k) // s) + 1), "only partly fits"),
    "H // s": (lambda *a: pooled(*a, size=lambda n, k, s: n // s), "only partly fits"),
    "an index too far": (pixel_beyond_the_end, "only partly fits"),
    "no + 1": (lambda *a: pooled(*a, size=lambda n, k, s: (n - k) // s), "One window too few"),
    "transposed": (axes_exchanged, "Rows and columns are exchanged"),
    "square, rows": (one_side_for_both(0), "need not be square"),
    "square, columns": (one_side_for_both(1), "need not be square"),
    "whole": (lambda x, k, s: x.max(), "largest of all"),
    "whole, python": (lambda x, k, s: max(x), "compares whole rows"),
    "rows of windows": (lambda *a: pooled(*a, max), "compares whole rows"),
    "one axis": (lambda *a: pooled(*a, lambda w: w.max(0)), "over rows and columns"),
    "as large as x": (lambda x, k, s: np.zeros_like(x), "as large as the input"),
    "a window": (lambda x, k, s: x[:k, :k], "That is one window"),
    "first pixel": (lambda *a: pooled(*a, lambda w: w[0, 0]), "its first"),
    "absolute": (lambda x, k, s: pooled(abs(x), k, s), "Signs are lost"),
    "whole numbers": (whole_numbers, "without dtype=int"),
    "nothing": (lambda *a: 0 * pooled(*a), "nothing has been written"),
    "unknown": (lambda *a: pooled(*a) + 1, "y[i, j] is the largest"),
}


@pytest.mark.parametrize("answer, words", MAX_POOLING.values(), ids=list(MAX_POOLING))
def test_a_usual_mistake_in_max_pooling_gets_its_own_hint(answer, words):
    verdict = check.my_max_pool2d(answer)
    assert verdict.status == WRONG and words in verdict.hint
    assert "kernel_size" in verdict.case and "stride" in verdict.case


@pytest.mark.parametrize("answer", [
    lambda x, k, s: pooled(x, k, s) if x.shape[0] > 6 or x.shape[0] == x.shape[1]
    else pooled(x, k, k), lambda x, k, s: pooled(np.where(x < -1e5, -1e5, x), k, s)])
def test_what_is_right_for_some_inputs_only_is_wrong(answer):
    assert check.my_max_pool2d(answer).status == WRONG


# --- blur pooling ---------------------------------------------------------------------------------


def blurred(x, row=(0.25, 0.5, 0.25), column=(0.25, 0.5, 0.25)):
    """By rolling, which is circular by itself."""
    x = sum(w * np.roll(x, by, 1) for w, by in zip(row, (-1, 0, 1)))
    return sum(w * np.roll(x, by, 0) for w, by in zip(column, (-1, 0, 1)))


def blur_pooled(x):
    return blurred(x)[::2, ::2]


def padded(mode, by=1, weights=((1, 2, 1), (2, 4, 2), (1, 2, 1)), divide=16, step=2):
    def answer(x):
        x = np.pad(x, by, mode=mode) if by else x
        y = np.zeros([(n - 3) // step + 1 for n in x.shape])
        for i, j in np.ndindex(*y.shape):
            window = x[i * step : i * step + 3, j * step : j * step + 3]
            y[i, j] = (window * np.array(weights)).sum() / divide
        return y
    return answer


def blur_pooled_in_torch(x):
    row = torch.tensor([1, 2, 1], dtype=torch.float64)
    x = F.pad(torch.as_tensor(x)[None, None], (1, 1, 1, 1), mode="circular")
    return F.conv2d(x, torch.outer(row, row)[None, None] / 16, stride=2)[0, 0]


@pytest.mark.parametrize("answer", [blur_pooled, padded("wrap"), blur_pooled_in_torch,
                                    lambda x: blur_pooled(x).tolist()])
def test_every_right_blur_pooling_is_right(answer):
    verdict = check.my_blur_pool(answer)
    assert verdict.status == RIGHT and "all 5 cases" in verdict.message


BLUR_POOLING = {
    "not normalised": (padded("wrap", divide=1), "sums to 16"),
    "divided by 4": (padded("wrap", divide=4), "more than the 4"),
    "divided by 9": (padded("wrap", divide=9), "not by how many"),
    "subsampled first": (lambda x: blurred(x[::2, ::2]), "First the blur"),
    "from 1": (lambda x: blurred(x)[1::2, 1::2], "0, 2, 4"),
    "from 0 and 1": (lambda x: blurred(x)[::2, 1::2], "0, 2, 4"),
    "from 1 and 0": (lambda x: blurred(x)[1::2, ::2], "0, 2, 4"),
    "zeros": (padded("constant"), "stands beside the first"),
    "replicated": (padded("edge"), "stands beside the first"),
    "reflected": (padded("reflect"), "stands beside the first"),
    "no blur": (lambda x: x[::2, ::2], "Nothing is blurred"),
    "no subsampling": (blurred, "Keep every second row"),
    "rows only": (lambda x: blurred(x)[::2], "Keep every second row"),
    "no padding": (padded("wrap", by=0), "so the border is lost"),
    "no padding, no subsampling": (padded("wrap", by=0, step=1), "every pixel is kept"),
    "too much padding": (padded("wrap", by=2), "needs no more"),
    "one axis": (lambda x: blurred(x, column=(0, 1, 0))[::2, ::2], "Both axes"),
    "the other axis": (lambda x: blurred(x, row=(0, 1, 0))[::2, ::2], "Both axes"),
    "box": (padded("wrap", weights=np.ones((3, 3)), divide=9), "the middle counts more"),
    "mean": (lambda x: pooled(x, 2, 2, np.mean), "average pooling"),
    "max": (lambda x: pooled(x, 2, 2), "max pooling"),
    "whole numbers": (lambda x: blur_pooled(x).astype(int), "dtype=int"),
    "nothing": (lambda x: 0 * blur_pooled(x), "nothing has been written"),
    "transposed": (lambda x: blur_pooled(x).T, "exchanged"),
    "unknown": (lambda x: blur_pooled(x) + 1, "Pad by one pixel"),
}


@pytest.mark.parametrize("answer, words", BLUR_POOLING.values(), ids=list(BLUR_POOLING))
def test_a_usual_mistake_in_blur_pooling_gets_its_own_hint(answer, words):
    verdict = check.my_blur_pool(answer)
    assert verdict.status == WRONG and words in verdict.hint and verdict.case.startswith("x ")


# --- all of them ----------------------------------------------------------------------------------

FUNCTIONS = [check.my_max_pool2d, check.my_blur_pool, check.my_equivariance_error]


def stub(x, kernel_size, stride):
    ...


def blur_stub(x):
    """The blurred map."""


def unfinished(*arguments):
    raise NotImplementedError


@pytest.mark.parametrize("checker", FUNCTIONS)
@pytest.mark.parametrize("answer", [None, ..., stub, blur_stub, unfinished, lambda *a: ...])
def test_an_untouched_function_is_not_tried_yet(checker, answer):
    assert checker(answer).status == NOT_TRIED


@pytest.mark.parametrize("checker", FUNCTIONS)
@pytest.mark.parametrize("answer", [
    3, "y", np.zeros((2, 2)), lambda: 1, lambda a, b, c, d: a, lambda *a: True, lambda *a: 1 / 0,
    lambda *a: print(*a), lambda *a: np.nan, lambda *a: "y", lambda *a: (1, 2), lambda *a: a[-1]])
def test_nonsense_for_a_function_is_wrong(checker, answer):
    verdict = checker(answer)
    assert verdict.status == WRONG and verdict.message


def test_an_input_that_is_changed_is_told():
    def changes(x):
        y = blur_pooled(x)
        x[0, 0] = 0
        return y

    assert "has changed its input x" in check.my_blur_pool(changes).message
