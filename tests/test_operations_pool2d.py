"""pool2d, with any function of a window: against PyTorch, and against numbers by hand."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from helpers.operations import pool2d
from tests.random_settings import PADDING, STRIDE, Draw, compare, one_thread  # noqa: F401

X = [[1, 5, 2, 0], [3, 4, 8, 1], [7, 0, 6, 6], [2, 9, 1, 3]]


def test_the_windows_are_those_of_the_picture():
    assert pool2d(X, np.max, 2).tolist() == [[5, 8], [9, 6]]
    assert pool2d(X, np.min, 2).tolist() == [[1, 0], [0, 1]]
    assert pool2d(X, np.median, 2).tolist() == [[3.5, 1.5], [4.5, 4.5]]
    assert pool2d(X, np.ptp, 3, stride=1).tolist() == [[8, 8], [9, 9]]


def test_the_function_gets_real_pixels_only_row_by_row():
    seen = []
    pool2d(X, lambda values: seen.append(values.tolist()) or 0, 3, stride=3, padding=1)
    assert seen == [[1, 5, 3, 4], [2, 0, 8, 1], [7, 0, 2, 9], [6, 6, 1, 3]]
    seen.clear()
    pool2d(X, lambda values: seen.append(values.tolist()) or 0, 3, ceil_mode=True)
    assert seen == [[1, 5, 2, 3, 4, 8, 7, 0, 6], [0, 1, 6], [2, 9, 1], [3]]


def test_a_function_that_works_in_place_changes_no_pixel():
    x = np.arange(12.0)[::-1].reshape(3, 4).copy()
    before = x.copy()
    y = pool2d(x, lambda values: values.sort() or values[0], (1, 2))
    assert y.tolist() == [[10, 8], [6, 4], [2, 0]]
    assert np.array_equal(x, before)


def test_integers_stay_integers_where_the_function_keeps_them():
    assert pool2d(X, np.max, 2).dtype == np.int64
    assert pool2d(X, np.mean, 2).dtype == np.float64
    assert pool2d(X, len, 2).tolist() == [[4, 4], [4, 4]]
    assert pool2d(np.array(X, float), np.max, 2).dtype == np.float64


def test_no_function_and_no_number_are_refused_and_told():
    def sorted_values(values):
        return np.sort(values)

    def forgets_to_return(values):
        values.max()

    with pytest.raises(ValueError) as error:
        pool2d(X, 2, 2)
    assert str(error.value) == (
        "pool2d: function is 2. Use a function of a window's values: np.max."
    )
    with pytest.raises(ValueError) as error:
        pool2d(X, sorted_values, 2)
    assert str(error.value) == (
        "pool2d: sorted_values returned an array of shape (4,). "
        "Return one number for each window, as np.max does."
    )
    with pytest.raises(ValueError, match="forgets_to_return returned None. Return one number"):
        pool2d(X, forgets_to_return, 2)
    with pytest.raises(ValueError, match="pool2d: .*a kernel of 5 covers 5 pixels"):
        pool2d(X, np.max, 5)
    with pytest.raises(ValueError, match=r"pool2d: shape \(4,\) is not that of an image"):
        pool2d(X[0], np.max, 2)


def images(draw):
    batch = draw.choice([(1,), (2,), (1, 2)])
    return draw.numbers(*batch, *draw.size(7), whole=draw.random() < 0.3)


def settings(draw):
    return dict(
        kernel_size=draw.size(4) if draw.random() < 0.6 else draw.randint(1, 4),
        stride=draw.choice([None, draw.setting(**STRIDE)]),
        padding=draw.setting(**PADDING),
        ceil_mode=draw.random() < 0.4,
    )


@pytest.mark.parametrize(
    ("function", "layer"),
    [
        (np.max, F.max_pool2d),
        (lambda v: -np.max(-v), lambda x, **s: -F.max_pool2d(-x, **s)),
        (np.mean, lambda x, **s: F.avg_pool2d(x.double(), **s, count_include_pad=False)),
    ],
    ids=["max", "min", "mean"],
)
def test_pool2d_of_max_and_mean_is_pytorchs_layer(function, layer):
    draw = Draw(71)

    def cases():
        for _ in range(1500):
            x, chosen = images(draw), settings(draw)
            yield (
                (x.shape, chosen),
                lambda: pool2d(x, function, **chosen),
                lambda: layer(torch.tensor(x), **chosen),
            )

    compare(cases())


def test_pool2d_of_the_euclidean_norm_is_pytorchs_lppool2d():
    draw = Draw(72)
    for _ in range(300):
        x = draw.numbers(2, draw.randint(4, 8), draw.randint(4, 8))
        kernel_size = draw.choice([1, 2, 3, (2, 3), (4, 1)])
        stride, ceil_mode = draw.choice([None, 1, 2, 3]), draw.random() < 0.4
        # PyTorch multiplies the mean of the squares by the size of a whole window: too much for a
        # window that hangs over the end. So only whole windows are compared.
        inside = F.lp_pool2d(torch.tensor(x), 2, kernel_size, stride)
        y = pool2d(x, lambda v: np.sqrt((v**2).sum()), kernel_size, stride, ceil_mode=ceil_mode)
        rows, cols = inside.shape[-2:]
        assert np.allclose(y[:, :rows, :cols], inside.numpy(), rtol=1e-12)
        assert ceil_mode or y.shape == inside.shape


def test_pool2d_of_the_median_is_the_median_of_pytorchs_windows():
    draw = Draw(73)
    for _ in range(300):
        x = draw.numbers(draw.randint(3, 8), draw.randint(3, 8))
        kernel_size, stride = draw.choice([1, 2, 3]), draw.choice([1, 2, 3])
        padding = draw.randint(0, kernel_size // 2)
        border = F.pad(torch.tensor(x)[None], (padding,) * 4, value=float("nan"))
        windows = border.unfold(1, kernel_size, stride).unfold(2, kernel_size, stride)
        expected = windows.flatten(3).nanquantile(0.5, dim=-1)[0]
        y = pool2d(x, np.median, kernel_size, stride, padding)
        assert np.allclose(y, expected.numpy(), rtol=1e-12)
