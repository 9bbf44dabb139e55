"""The checker of diagonal borders: it judges a kernel by what it does, not by its numbers."""

import numpy as np
import pytest
import torch

from helpers import check
from helpers.check.verdict import WRONG

NATURAL = np.array([[-2, -1, 0], [-1, 0, 1], [0, 1, 2]])
SOBEL_X = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
SOBEL_Y = SOBEL_X.T
PLACES = np.arange(5) - 2


@pytest.mark.parametrize(
    "kernel",
    [
        NATURAL,
        NATURAL.tolist(),
        0.01 * NATURAL,
        torch.tensor(NATURAL),
        SOBEL_X + SOBEL_Y,
        [[-1, 0, 0], [0, 0, 0], [0, 0, 1]],
        [[-1, 0, 0], [0, 1, 0], [0, 0, 0]],
        [[0, 0, 0], [0, -1, 0], [0, 0, 1]],
        [[0, -1, 0], [-1, 0, 1], [0, 1, 0]],
        [[-1, -1, 0], [-1, 0, 1], [0, 1, 1]],
        np.add.outer(PLACES, PLACES),
        np.sign(np.add.outer(PLACES, PLACES)),
        np.eye(5) * PLACES,
        [[-1, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 1, 0, 0]],  # 3×5
    ],
)
def test_every_kernel_that_finds_the_borders_of_the_diagonal_is_right(kernel):
    assert check.edge_kernel(kernel)


@pytest.mark.parametrize(
    "kernel, hint",
    [
        (SOBEL_X, "finds vertical borders, and answers to the other diagonal as well"),
        (-SOBEL_X, "finds vertical borders, and answers to the other diagonal as well"),
        (SOBEL_Y, "finds horizontal borders, and answers to the other diagonal as well"),
        (-SOBEL_Y, "finds horizontal borders, and answers to the other diagonal as well"),
        ([[-1], [0], [1]], "finds horizontal borders"),
        (np.outer([1] * 5, PLACES), "finds vertical borders"),
        (-NATURAL, "sign is reversed"),
        (NATURAL[::-1, ::-1], "sign is reversed"),
        (NATURAL[:, ::-1], "other diagonal: mirror it"),
        (NATURAL[::-1], "other diagonal: mirror it"),
        (SOBEL_X - SOBEL_Y, "other diagonal: mirror it"),
        ([[0, 0, -1], [0, 0, 0], [1, 0, 0]], "other diagonal: mirror it"),
        ([[0, 1, 0], [1, -4, 1], [0, 1, 0]], "each diagonal of the kernel has to sum to 0"),
        ([[-1, -1, -1], [-1, 0, 1], [1, 1, 1]], "each diagonal of the kernel has to sum to 0"),
        ([[1, 0, 0], [0, -2, 0], [0, 0, 1]], "all outputs have one sign"),
        ([[0, 1, 0], [-1, 0, -1], [0, 1, 0]], "plus on one side, minus on the other"),
        ([[-1, 0, 0, 0, 0], [0, 0, 9, 0, 0], [0, -9, 0, -9, 0], [0, 0, 9, 0, 0],
          [0, 0, 0, 0, 1]], "cancel each other"),
        (NATURAL + 1, "sum to 0; their sum is 9"),
        ([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]], "sum to 0; their sum is 1"),  # emboss
        (np.zeros((3, 3)), "lower right and upper left"),
        (np.ones((3, 3)) / 9, "sum to 0"),
        ([[1]], "sum to 0"),
        ([[-1, 0], [0, 1]], "1, 3 or 5"),
        (np.eye(7), "1, 3 or 5"),
        (NATURAL[None], "Two axes"),
        (np.full((3, 3), np.nan), ""),
        ("sobel", "rows in brackets"),
        (NATURAL > 0, "rows in brackets"),
        ([[1, 2], [3]], "rows in brackets"),
        (True, "rows in brackets"),
        (check.edge_kernel, "rows in brackets"),
    ],
)
def test_a_kernel_that_does_not_find_them_is_wrong_and_gets_its_own_hint(kernel, hint):
    verdict = check.edge_kernel(kernel)
    assert verdict.status == WRONG and hint in verdict.hint


def test_the_image_and_the_output_that_fail_are_shown():
    verdict = check.edge_kernel(SOBEL_X)
    assert "other diagonal, too" in verdict.message
    assert "kernel =" in verdict.case and "image  = [[0, 1, 1, 1, 1]" in verdict.case
    output = verdict.case.split("output = ")[1].replace(" ", "").splitlines()
    assert output == ["[[3,3,1],", "[1,3,3],", "[0,1,3]]"]  # by hand


def answers(kernel, function):
    """What PyTorch makes of an image that is a function of row and column, 11×11."""
    row, column = np.indices((11, 11))
    image = torch.tensor(function(row, column).astype(float))
    kernel = torch.as_tensor(np.asarray(kernel, float))
    return torch.nn.functional.conv2d(image[None, None], kernel[None, None])[0, 0].numpy()


def does_what_the_exercise_says(kernel):
    """With random images instead of steps for what has to be 0, and every step that can be."""
    random = np.random.default_rng(1)
    levels = random.normal(size=21)
    other = answers(kernel, lambda row, column: levels[column - row + 10])
    steps = [answers(kernel, lambda row, column, at=at: row + column >= at) for at in range(21)]
    clear = np.max(steps) >= 0.2 * abs(kernel).sum() > 0
    return abs(other).max() < 1e-9 and np.min(steps) >= 0 and clear


def test_random_kernels_are_right_just_when_they_do_what_the_exercise_says():
    random = np.random.default_rng(0)
    outcomes = []
    for _ in range(400):
        kernel = random.integers(-1, 2, (3, 3))
        if random.random() < 0.5:  # else hardly one would be right
            kernel = kernel - kernel[::-1, ::-1].T  # the diagonals sum to 0
        outcomes.append(bool(check.edge_kernel(kernel)))
        assert outcomes[-1] == does_what_the_exercise_says(kernel)
    assert 10 < sum(outcomes) < 390
