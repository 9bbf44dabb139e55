"""The checkers of lesson 1: right answers, and the usual mistakes with their hints."""

import numpy as np
import pytest
import torch

from helpers import check
from helpers.check.lesson_1 import KERNEL, X
from helpers.check.verdict import RIGHT, WRONG

from .right_answers import autograd, backward, convolve, correlate, in_torch, only_for_tensors


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
    assert check.predicted_output(-5)
    assert check.predicted_output(torch.tensor(-5.0))
    assert check.rgb_layer_parameters(np.int64(1216))
    layer = torch.nn.Conv2d(3, 16, kernel_size=5)
    assert check.rgb_layer_parameters(sum(p.numel() for p in layer.parameters()))
    assert check.shared_weights((10000, 298, 3))
    assert check.shared_weights(np.array([10_000, 298, 3]))


def test_the_predicted_output_is_the_one_of_pytorch():
    assert KERNEL == [[1, 0, -1], [2, 0, -2], [1, 0, -1]]
    y = in_torch(np.array(X, dtype=float), np.array(KERNEL, dtype=float))
    assert y.tolist() == [[0, -5, 1], [3, -7, -4], [7, -5, -6]]
    assert check.predicted_output(y[2, 1])


def test_the_verdict_on_a_right_convolution_names_pytorch():
    assert check.my_conv2d(correlate).message.endswith("cases, like torch.nn.functional.conv2d.")
    message = check.my_convolve2d(convolve).message
    assert message.endswith("cases, like torch.nn.functional.conv2d with the kernel flipped.")


def test_the_convolutions_are_compared_with_pytorch(monkeypatch):
    plain = torch.nn.functional.conv2d
    monkeypatch.setattr(torch.nn.functional, "conv2d", lambda x, w: plain(x, w) + 1)
    assert check.my_conv2d(correlate).status == check.my_convolve2d(convolve).status == WRONG


# --- wrong answers, each with its own hint ----------------------------------------------------


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
        (check.predicted_output, 6, "the kernel of the widget"),
        (check.predicted_output, 5, "flipped"),
        (check.predicted_output, 7, "minus signs stay, the kernel's rows stay rows"),
        (check.predicted_output, -6, "right neighbour"),
        (check.predicted_output, -7, "y[1, 1]"),
        (check.predicted_output, 3, "counted from 0"),
        (check.predicted_output, -4, "the first index is the row"),
        (check.predicted_output, 0, "y[0, 0]"),
        (check.predicted_output, 1, "positive products only"),
        (check.predicted_output, -3, "middle row"),
        (check.predicted_output, -5 / 9, "mean"),
        (check.predicted_output, 9, "nine products"),
        (check.predicted_output, [[1, 0, -2], [0, 0, -4], [0, 0, 0]], "Add up the nine products"),
        (check.predicted_output, [1, 0, -2, 0, 0, -4, 0, 0, 0], "Add up the nine products"),
        (check.predicted_output, torch.tensor([[1, 0, -2], [0, 0, -4], [0, 0, 0.0]]), "Add up"),
        (check.predicted_output, [[1, 2, 2], [0, 0, 2], [0, 0, 0]], "Multiply it by the kernel"),
        (check.predicted_output, [[0, -5, 1], [3, -7, -4], [7, -5, -6]], "the row comes first"),
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
    products = [[1, 0, -2], [0, 0, -4], [0, 0, 0]]
    for answer in (*range(-30, -5), -4, *range(0, 30), -5 / 9, products, [products], "−", X):
        assert "-5" not in repr(check.predicted_output(answer))
        assert "−5" not in repr(check.predicted_output(answer))
