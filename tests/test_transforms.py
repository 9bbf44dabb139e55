"""Shifts, turns and enlargements, and the equivariance error: against PyTorch and by hand."""

import math
import random

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torchvision.transforms.functional import InterpolationMode, affine, rotate

from helpers.operations import (
    avg_pool2d,
    conv2d,
    equivariance_error,
    filter_image,
    max_pool2d,
    pad2d,
    rotate_image,
    scale_image,
    shift_image,
)
from tests.random_settings import one_thread  # noqa: F401 (a fixture)

ROW = [[1, 2, 3, 4]]


def pictures(seed, count, least=1, most=9):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        lead = [(), (2,), (3, 2)][rng.integers(3)]
        yield rng, rng.normal(size=(*lead, *rng.integers(least, most + 1, 2)))


def grid_sample(x, rows, cols):
    """PyTorch's bilinear look-up at pixel coordinates (H, W), zeros outside."""
    height, width = x.shape[-2:]
    # Between two rings of zeros, whose sizes are never 1: grid_sample divides by size − 1.
    planes = F.pad(torch.tensor(x).reshape(1, -1, height, width), (2,) * 4)
    y = (rows + 2) / (height + 3) * 2 - 1
    x_ = (cols + 2) / (width + 3) * 2 - 1
    grid = torch.stack([x_, y], -1)[None]
    out = F.grid_sample(planes, grid, mode="bilinear", padding_mode="zeros", align_corners=True)
    return out.reshape(x.shape).numpy()


def from_the_centre(x):
    height, width = x.shape[-2:]
    r, c = torch.meshgrid(
        torch.arange(height).double(), torch.arange(width).double(), indexing="ij"
    )
    return r - (height - 1) / 2, c - (width - 1) / 2, (height - 1) / 2, (width - 1) / 2


# -- shift_image ---------------------------------------------------------------------------------


def test_shifts_of_a_row_by_hand():
    assert shift_image(ROW, (0, 1)).tolist() == [[4, 1, 2, 3]]
    assert shift_image(ROW, (0, -1)).tolist() == [[2, 3, 4, 1]]
    assert shift_image(ROW, (0, 1), wrap=False).tolist() == [[0, 1, 2, 3]]
    assert shift_image(ROW, (0, -6), wrap=False).tolist() == [[0, 0, 0, 0]]
    assert shift_image(ROW, (0, 0.25)).tolist() == [[1.75, 1.75, 2.75, 3.75]]
    assert shift_image(ROW, (0, -0.5), wrap=False).tolist() == [[1.5, 2.5, 3.5, 2]]
    assert shift_image([[1], [2]], (1, 0), wrap=False).tolist() == [[0], [1]]


def test_whole_shifts_copy_exactly_as_torch_roll():
    for rng, x in pictures(1, 500):
        by = rng.integers(-20, 21, 2)
        expected = torch.roll(torch.tensor(x), tuple(by.tolist()), (-2, -1)).numpy()
        assert np.array_equal(shift_image(x, by), expected)
    assert shift_image(np.uint8([[200, 7]]), (0, 1)).dtype == np.int64


def test_shifts_with_zeros_are_grid_sample():
    for rng, x in pictures(2, 1000):
        by = rng.uniform(-11, 11, 2) if rng.random() < 0.7 else rng.integers(-11, 12, 2)
        r, c, middle, centre = from_the_centre(x)
        expected = grid_sample(x, r + middle - by[0], c + centre - by[1])
        assert np.allclose(shift_image(x, by, wrap=False), expected, atol=1e-12)


def test_fractions_interpolate_between_two_rolls_of_each_axis():
    for rng, x in pictures(3, 500):
        (down, right), (s, t) = rng.integers(-9, 9, 2), rng.random(2)
        rolled = [
            [torch.roll(torch.tensor(x), (int(down) + a, int(right) + b), (-2, -1)) for b in (0, 1)]
            for a in (0, 1)
        ]
        expected = torch.lerp(torch.lerp(*rolled[0], t), torch.lerp(*rolled[1], t), s)
        assert np.allclose(shift_image(x, (down + s, right + t)), expected.numpy(), atol=1e-12)


# -- rotate_image and scale_image ----------------------------------------------------------------


def test_quarter_turns_of_squares_and_half_turns_are_exact():
    for rng, x in pictures(4, 200):
        turns = int(rng.integers(-9, 9))
        square = rng.normal(size=(2, *[x.shape[-1]] * 2))
        expected = torch.rot90(torch.tensor(square), turns, (-2, -1)).numpy()
        assert np.array_equal(rotate_image(square, 90 * turns), expected)
        expected = torch.rot90(torch.tensor(x), 2 * turns, (-2, -1)).numpy()
        assert np.array_equal(rotate_image(x, 180 * turns), expected)


def test_a_turn_is_counter_clockwise_as_seen():
    x = np.zeros((5, 5))
    x[2, 4] = 1  # to the right of the centre
    assert rotate_image(x, 90)[0, 2] == 1  # above it
    assert rotate_image(x, 45).argmax() == 1 * 5 + 3


def test_turns_are_grid_sample_and_torchvision():
    for rng, x in pictures(5, 1000):
        degrees = rng.uniform(-720, 720)
        r, c, middle, centre = from_the_centre(x)
        cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        expected = grid_sample(x, middle + cos * r + sin * c, centre - sin * r + cos * c)
        y = rotate_image(x, degrees)
        assert np.allclose(y, expected, atol=1e-11)
        planes = torch.tensor(x).reshape(-1, *x.shape[-2:])
        theirs = rotate(planes, degrees, InterpolationMode.BILINEAR).reshape(x.shape)
        assert np.allclose(y, theirs.numpy(), atol=1e-3)  # torchvision turns in float32


def test_enlargements_are_grid_sample_and_torchvision():
    for rng, x in pictures(6, 1000):
        factor = 2 ** rng.uniform(-3, 3)
        r, c, middle, centre = from_the_centre(x)
        expected = grid_sample(x, middle + r / factor, centre + c / factor)
        y = scale_image(x, factor)
        assert np.allclose(y, expected, atol=1e-11)
        planes = torch.tensor(x).reshape(-1, *x.shape[-2:])
        theirs = affine(planes, 0, [0, 0], factor, [0, 0], InterpolationMode.BILINEAR)
        assert np.allclose(y, theirs.reshape(x.shape).numpy(), atol=2e-3)
    assert np.array_equal(scale_image(x, 1), x)


def test_the_edge_fades_over_one_pixel():
    assert scale_image([[8, 8]], 0.5).tolist() == [[4, 4]]  # read half a pixel outside
    assert scale_image([[8, 8]], 0.25).tolist() == [[0, 0]]  # a pixel and a half
    assert scale_image([[0, 8, 0]], 2).tolist() == [[4, 8, 4]]
    assert rotate_image([[4, 8]], 90).tolist() == [[3, 3]]  # 6, and half of it is outside


# -- equivariance_error --------------------------------------------------------------------------


def shifted_by(*by, wrap=True):
    return lambda x: shift_image(x, by, wrap)


def test_the_error_by_hand():
    x = [[3.0, 4.0]]
    turn = shifted_by(0, 1)
    assert equivariance_error(lambda x: 2 * x, turn, x) == 0
    # f(g(x)) = (4, 6) and g(f(x)) = (8, 3): (−4, 3), of length 5 against √73
    assert equivariance_error(lambda x: x * [1, 2], turn, x) == pytest.approx(5 / math.sqrt(73))
    assert equivariance_error(lambda x: x, turn, x, g_out=lambda y: y) == math.sqrt(2) / 5
    assert equivariance_error(lambda x: x.sum(), turn, x, g_out=lambda y: y) == 0
    assert equivariance_error(lambda x: 0 * x, turn, x) == 0
    assert equivariance_error(lambda x: x - [3, 4], turn, x) == math.inf
    assert isinstance(equivariance_error(lambda x: x, turn, x), float)


def test_circular_convolutions_commute_exactly_with_whole_shifts():
    rng = np.random.default_rng(7)
    for _ in range(100):
        k, n, m = rng.integers(1, 4) * 2 - 1, *rng.integers(5, 12, 2)
        x, kernel = rng.normal(size=(n, m)), rng.normal(size=(k, k))
        by = rng.integers(-12, 13, 2)
        for f in (
            lambda x: conv2d(x, kernel, padding=k // 2, padding_mode="circular"),
            lambda x: filter_image(x, kernel, "circular"),
            lambda x: max_pool2d(pad2d(x, ((0, 1), (0, 1)), "circular"), 2, stride=1),
        ):
            assert equivariance_error(f, shifted_by(*by), x) == 0


def test_behind_strides_only_multiples_commute_and_those_exactly():
    rng = np.random.default_rng(8)
    x, kernel = rng.normal(size=(24, 24)), rng.normal(size=(3, 3))

    def f(x):
        x = conv2d(x, kernel, stride=2, padding=1, padding_mode="circular")
        return avg_pool2d(max_pool2d(x, 2), 3)

    zero = [
        n
        for n in range(25)
        if equivariance_error(f, shifted_by(0, n), x, g_out=shifted_by(0, n / 12)) == 0
    ]
    assert zero == [0, 12, 24]


def test_with_zeros_in_the_border_the_error_lives_there():
    rng = np.random.default_rng(9)
    x, kernel = rng.normal(size=(9, 9)), rng.normal(size=(3, 3))
    turn = shifted_by(0, 2)

    def f(x):
        return conv2d(x, kernel, padding=1)

    difference = f(turn(x)) - turn(f(x))
    # the first and the last column read zeros, before the shift and after it
    assert np.flatnonzero(difference.any(axis=0)).tolist() == [0, 1, 2, 8]
    expected = np.sqrt((difference**2).sum() / (f(x) ** 2).sum())
    assert equivariance_error(f, turn, x) == pytest.approx(expected)
    away = np.zeros((9, 9))
    away[3:6, 2:5] = x[3:6, 2:5]
    assert equivariance_error(f, turn, away) == 0


def test_modules_and_tensors_are_taken_and_no_picture_is_changed():
    torch.manual_seed(0)
    x = np.random.default_rng(10).normal(size=(1, 12, 12))
    before = x.copy()
    conv = nn.Conv2d(1, 3, 3, padding=1, padding_mode="circular")
    for net in (conv, nn.Sequential(conv, nn.ReLU(inplace=True))):
        assert equivariance_error(net, shifted_by(2, 5), x) < 1e-6  # float32: rounding only
        assert equivariance_error(net, lambda x: torch.roll(x, 5, -1), torch.tensor(x)) < 1e-6
        single = torch.tensor(x).float()
        assert equivariance_error(net, shifted_by(2, 5), single) < 1e-6
        assert equivariance_error(lambda x: net(x), shifted_by(0, 5), single) < 1e-6
        assert equivariance_error(net, lambda x: np.rot90(x, axes=(1, 2)), x) > 0.1
        assert equivariance_error(net, lambda x: x[..., ::-1], x) > 0.1
    assert equivariance_error(nn.ReLU(inplace=True), lambda x: x, x, lambda y: y) == 0
    in_place = equivariance_error(lambda x: x + 1, lambda x: np.negative(x, out=x), [[3.0, 4.0]])
    assert in_place == pytest.approx(math.sqrt(8 / 41))  # (−2, −3) against (−4, −5)
    assert equivariance_error(nn.MaxPool2d(2), shifted_by(0, 2), x, shifted_by(0, 1)) == 0
    assert equivariance_error(nn.MaxPool2d(2), shifted_by(0, 1), x, shifted_by(0, 0.5)) > 0.1
    assert np.array_equal(x, before)
    whole, less = torch.ones(1, 2, dtype=int), torch.tensor([0.5, 0])  # 0.5 is not made 0
    assert equivariance_error(lambda x: x * less, shifted_by(0, 1), whole) == math.sqrt(2)
    white = np.uint8([[255, 0]])  # in uint8, 0 − 255 would be 1
    flip = equivariance_error(lambda x: x, shifted_by(0, 1), white, lambda y: y)
    assert flip == math.sqrt(2)


# -- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", [1, (1,), (1, 2, 3), "12", (1, "2"), (1, None), (0, math.nan)])
def test_a_shift_that_is_not_two_numbers_is_refused_and_told(by):
    with pytest.raises(ValueError) as error:
        shift_image(ROW, by)
    assert str(error.value) == (
        f"shift_image: by is {by!r}. Use (rows down, columns right), as in (0, 1) for one pixel "
        f"to the right."
    )


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: shift_image(ROW, (0, 1), wrap=1), "shift_image: wrap is 1. Use True or False."),
        (lambda: shift_image([1, 2], (0, 1)), "shift_image: shape (2,) is not that of an image."),
        (lambda: rotate_image([1, 2], 90), "rotate_image: shape (2,) is not that of an image."),
        (lambda: scale_image([1, 2], 2), "scale_image: shape (2,) is not that of an image."),
        (
            lambda: rotate_image(ROW, "90"),
            "rotate_image: degrees is '90'. Use a number, as in 90 for a quarter turn "
            "counter-clockwise.",
        ),
        (lambda: rotate_image(ROW, math.inf), "rotate_image: degrees is inf. Use a number"),
        *[
            (
                lambda factor=factor: scale_image(ROW, factor),
                f"scale_image: factor is {factor!r}. Use a positive number: 2 for twice as "
                f"large, 0.5 for half as large.",
            )
            for factor in (0, -1, math.inf, math.nan, 1e-320, "2", (2, 2), True, None)
        ],
    ],
)
def test_other_wrong_values_are_refused_and_told(call, told):
    with pytest.raises(ValueError) as error:
        call()
    assert str(error.value).startswith(told)


@pytest.mark.parametrize(
    ("f", "g", "told"),
    [
        (
            lambda x: x.mean(),
            shifted_by(0, 1),
            "g cannot take f(x), whose shape is () (shift_image: shape () is not that of an "
            "image. Use (H, W), (C, H, W) or (N, C, H, W) with at least one pixel). Give as g_out "
            "what g means for f's output: `lambda y: y` if it should not change.",
        ),
        (
            lambda x: max_pool2d(x, 2),
            lambda x: x[:, :4],
            "f(g(x)) has shape (4, 2), but g(f(x)) has shape (4, 4). Use an f and a g that keep "
            "the number of pixels, or give as g_out what g means for f's output.",
        ),
        (
            nn.MaxPool2d(2),
            shifted_by(0, 1),
            "MaxPool2d does not take x of shape (8, 8) (",
        ),
        (lambda x: None, shifted_by(0, 1), "an answer holds values of type object."),
    ],
)
def test_two_sides_that_cannot_be_compared_are_told(f, g, told):
    x = np.random.default_rng(11).normal(size=(8, 8))
    with pytest.raises(ValueError) as error:
        equivariance_error(f, g, x)
    assert str(error.value).startswith(f"equivariance_error: {told}")


def test_huge_shifts_and_tiny_pictures_go_through():
    rng = random.Random(12)
    for _ in range(50):
        by = (rng.choice([1e300, -1e300, 10**20]), rng.choice([-1e18, 3]))
        assert shift_image([[5]], by).tolist() == [[5]]
        assert shift_image([[5]], by, wrap=False).tolist() == [[0]]
    assert rotate_image([[5]], 33) == scale_image([[5]], 7) == [[5]]
