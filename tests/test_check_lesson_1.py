"""The checkers of lesson 1: right answers, and the usual mistakes with their hints."""

import numpy as np
import pytest
import torch

from helpers import check
from helpers.check.verdict import RIGHT, WRONG

from .right_answers import autograd, backward, convolve, correlate, in_torch, only_for_tensors

SOBEL = np.array([[-1, -2, -1], [0, 0, 0], [1, 2, 1]])


@pytest.mark.parametrize(
    "answer",
    [
        correlate,
        in_torch,
        only_for_tensors,
        lambda x, kernel: correlate(x, kernel).tolist(),
        lambda x, kernel: correlate(x, kernel).astype(np.float32),
        lambda x, kernel: in_torch(x, kernel).requires_grad_(),
        lambda a, b, stride=1: correlate(a, b),
        lambda *arguments: correlate(*arguments),
    ],
)
def test_every_right_my_conv2d_is_right(answer):
    assert check.my_conv2d(answer).status == RIGHT


def test_the_course_s_own_functions_are_right():
    from helpers.operations import conv1d_backward, conv2d, convolve2d

    assert check.my_conv2d(conv2d)
    assert check.my_convolve2d(convolve2d)
    assert check.my_conv1d_backward(conv1d_backward)


def test_right_answers_to_the_other_exercises_are_right():
    assert check.my_convolve2d(convolve)
    assert check.my_conv1d_backward(backward)
    assert check.my_conv1d_backward(autograd)
    assert check.predicted_output(6)
    assert check.predicted_output(torch.tensor(6.0))
    assert check.rgb_layer_parameters(np.int64(1216))
    layer = torch.nn.Conv2d(3, 16, kernel_size=5)
    assert check.rgb_layer_parameters(sum(p.numel() for p in layer.parameters()))
    assert check.shared_weights((10000, 298, 3))
    assert check.shared_weights(np.array([10_000, 298, 3]))


def test_the_predicted_output_is_the_one_of_pytorch():
    from helpers.check.lesson_1 import KERNEL, X

    y = in_torch(np.array(X, dtype=float), np.array(KERNEL, dtype=float))
    assert y.tolist() == [[12, 12, 17], [10, 17, 19], [9, 6, 14]]
    assert check.predicted_output(y[2, 1])


# --- wrong answers, each with its own hint ----------------------------------------------------


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


CONV2D_MISTAKES = {
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


def dx_overwritten(x, w, dy):
    dx = np.zeros_like(x)
    for i in range(len(dy)):
        dx[i : i + len(w)] = dy[i] * w
    return dx, backward(x, w, dy)[1]


def dw_overwritten(x, w, dy):
    dw = np.zeros_like(w)
    for i in range(len(dy)):
        dw = dy[i] * x[i : i + len(w)]
    return backward(x, w, dy)[0], dw


def only_dx(function):
    return lambda x, w, dy: (function(x, w, dy), backward(x, w, dy)[1])


def only_dw(function):
    return lambda x, w, dy: (backward(x, w, dy)[0], function(x, w, dy))


BACKWARD_MISTAKES = {
    "order": (lambda x, w, dy: backward(x, w, dy)[::-1], "order is (dx, dw)"),
    "dx overwritten": (dx_overwritten, "use +="),
    "dw overwritten": (dw_overwritten, "use +="),
    "dx unflipped": (only_dx(lambda x, w, dy: np.convolve(dy, w[::-1])), "flipped"),
    "dx valid": (only_dx(lambda x, w, dy: np.convolve(dy, w, "valid")), "as long as x"),
    "dw flipped": (only_dw(lambda x, w, dy: backward(x, w, dy)[1][::-1]), "back to front"),
    "dw mean": (only_dw(lambda x, w, dy: backward(x, w, dy)[1] / len(dy)), "dw is a mean"),
    "dx mean": (only_dx(lambda x, w, dy: backward(x, w, dy)[0] / len(w)), "dx is a mean"),
    "no dy": (lambda x, w, dy: backward(x, w, 0 * dy + 1), "dy is not used"),
    "only dx": (lambda x, w, dy: backward(x, w, dy)[0], "dx and dw"),
    "unknown": (lambda x, w, dy: (x, w), "for every i and k"),
}


@pytest.mark.parametrize("answer, hint", BACKWARD_MISTAKES.values(), ids=list(BACKWARD_MISTAKES))
def test_a_usual_mistake_in_my_conv1d_backward_gets_its_own_hint(answer, hint):
    verdict = check.my_conv1d_backward(answer)
    assert verdict.status == WRONG and hint in verdict.hint
    assert verdict.case.startswith("x  = [1, 2, 0, 3]\nw  = [2, 1, -1]\ndy = [1, 4]")


@pytest.mark.parametrize(
    "checker, answer, hint",
    [
        (check.predicted_output, 8, "flipped"),
        (check.predicted_output, 9, "left neighbour"),
        (check.predicted_output, 14, "right neighbour"),
        (check.predicted_output, 17, "y[1, 1]"),
        (check.predicted_output, 10, "counted from 0"),
        (check.predicted_output, 19, "the first index is the row"),
        (check.predicted_output, 12, "top row"),
        (check.predicted_output, 2 / 3, "mean"),
        (check.predicted_output, 7, "nine products"),
        (check.rgb_layer_parameters, 1200, "biases are missing"),
        (check.rgb_layer_parameters, 1248, "one bias per filter"),
        (check.rgb_layer_parameters, 416, "one kernel per input channel"),
        (check.rgb_layer_parameters, 76, "16"),
        (check.rgb_layer_parameters, 256, "5×5"),
        (check.rgb_layer_parameters, 1, "16 filters"),
        (check.shared_weights, (10000, 300, 3), "only two neighbours"),
        (check.shared_weights, (10000, 294, 3), "two each"),
        (check.shared_weights, (10100, 298, 3), "without biases"),
        (check.shared_weights, (10000, 298, 300), "every output"),
        (check.shared_weights, (3, 298, 10000), "100 inputs"),
    ],
)
def test_a_usual_wrong_number_gets_its_own_hint(checker, answer, hint):
    verdict = checker(answer)
    assert verdict.status == WRONG and hint in verdict.hint


def test_the_verdict_on_a_number_does_not_tell_the_solution():
    assert "1216" not in repr(check.rgb_layer_parameters(1200))
    assert "298" not in repr(check.shared_weights((10000, 300, 3)))
    # In the example, 6 is no number of x or of the kernel.
    assert "6" not in repr(check.predicted_output(9))


# --- the edge kernel, judged by what it does ---------------------------------------------------


@pytest.mark.parametrize(
    "kernel",
    [
        SOBEL,
        SOBEL.tolist(),
        0.01 * SOBEL,
        torch.tensor(SOBEL),
        [[-1], [0], [1]],
        [[-1, -1, -1], [-1, -1, -1], [0, 0, 0], [1, 1, 1], [1, 1, 1]],
        np.outer([-1, -2, 0, 2, 1], [1, 4, 6, 4, 1]),
        [[0, -1, 0], [0, 1, 0], [0, 0, 0]],
    ],
)
def test_every_kernel_that_finds_horizontal_edges_is_right(kernel):
    assert check.edge_kernel(kernel)


@pytest.mark.parametrize(
    "kernel, hint",
    [
        (SOBEL.T, "finds vertical edges"),
        (-SOBEL.T, "finds vertical edges"),
        (-SOBEL, "sign is reversed"),
        (SOBEL + 1, "sum to 0; their sum is 9"),
        ([[-2, -1, 0], [-1, 0, 1], [0, 1, 2]], "Left and right must cancel"),
        ([[-1, 2, -1], [0, 0, 0], [1, -2, 1]], "different rows"),
        ([[1, 1, 1], [-2, -2, -2], [1, 1, 1]], "all outputs have one sign"),
        ([[-9, 18.0, -9.5], [0, 0, 0], [9, -18, 9.5]], "cancel each other"),
        (np.zeros((3, 3)), "added"),
        (np.ones((3, 3)) / 9, "sum to 0"),
        ([[1]], "sum to 0"),
        ([[-1, 1]], "1, 3 or 5"),
        (np.outer([-1, 0, 0, 0, 0, 0, 1], [1] * 7), "1, 3 or 5"),
        (SOBEL[None], "Two axes"),
        (np.full((3, 3), np.nan), ""),
        ("sobel", "rows in brackets"),
        (SOBEL > 0, "rows in brackets"),
        ([[1, 2], [3]], "rows in brackets"),
        (True, "rows in brackets"),
        (check.edge_kernel, "rows in brackets"),
    ],
)
def test_a_kernel_that_does_not_find_horizontal_edges_is_wrong(kernel, hint):
    verdict = check.edge_kernel(kernel)
    assert verdict.status == WRONG and hint in verdict.hint


def test_random_kernels_are_never_right():
    random = np.random.default_rng(0)
    for _ in range(200):
        kernel = random.integers(-3, 4, (3, 3))
        verdict = check.edge_kernel(kernel)
        rows_grow = np.cumsum(kernel.sum(1)[::-1])[:2]  # the answers to an edge, by hand
        finds = not kernel.sum(0).any() and (rows_grow >= 0).all() and rows_grow.any()
        assert not verdict or finds
