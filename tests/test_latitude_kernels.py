"""Kernels from height to vorticity: found again where known, and those of the real data."""

import numpy as np
import pytest

from helpers.data import Weather, load_weather
from helpers.experiments import geostrophic_kernel, learn_latitude_kernels
from helpers.experiments.latitude_kernels import coriolis

LATITUDE = 90 - 5.625 * (np.arange(32) + 0.5)


def planet(factor, seed):
    """Random heights; the vorticity is `factor` (32,) of each row times their Laplacian."""
    height = np.random.default_rng(seed).normal(size=(2, 5, 32, 64))
    around = np.roll(height, 1, 3) + np.roll(height, -1, 3)
    around[:, :, 1:-1] += height[:, :, :-2] + height[:, :, 2:]
    vorticity = factor[:, None] * (around - 4 * height)
    return Weather(height, vorticity, LATITUDE, 5.625 * np.arange(64), np.arange(5) * 6)


def test_one_kernel_is_found_again():
    result = learn_latitude_kernels(planet(np.full(32, 3.0), 0), planet(np.full(32, 3.0), 1))
    laplacian = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]])
    np.testing.assert_allclose(result.kernels[0], 3 * laplacian, atol=1e-9)
    assert result.total == pytest.approx(1)
    assert repr(result) == "one kernel, 9 weights: 100 % of the variance explained"


def test_kernels_of_opposite_sign_cancel_where_they_are_shared():
    sign = np.where(LATITUDE > 0, 1.0, -1.0)
    shared = learn_latitude_kernels(planet(sign, 0), planet(sign, 1))
    assert abs(shared.total) < 0.05
    two = learn_latitude_kernels(planet(sign, 0), planet(sign, 1), bands=2)
    np.testing.assert_allclose(two.kernels[0], -two.kernels[1], atol=1e-9)
    np.testing.assert_allclose(two.explained, 1)
    assert (two.band == [0] * 15 + [1] * 15).all()


def test_every_row_may_have_its_own_kernel():
    factor = np.linspace(1, 2, 32)
    result = learn_latitude_kernels(planet(factor, 0), planet(factor, 1), bands=30)
    np.testing.assert_allclose(result.kernels[:, 1, 1], -4 * factor[1:-1])
    np.testing.assert_array_equal(result.latitude, LATITUDE[1:-1])


def test_a_height_that_is_raised_everywhere_changes_nothing():
    low, raised = planet(np.ones(32), 0), planet(np.ones(32), 0)
    raised.height[:] += 10_000
    first, second = (learn_latitude_kernels(w, w).kernels for w in (low, raised))
    np.testing.assert_allclose(first, second, atol=1e-9)
    np.testing.assert_allclose(first.sum(), 0, atol=1e-9)


@pytest.mark.parametrize("bands", [0, 4, 7, 32])
def test_bands_that_do_not_divide_the_rows_are_refused(bands):
    message = rf"{bands} bands don't divide the 30 rows evenly. Use one of \[1, 2, 3, 5, "
    with pytest.raises(ValueError, match=message):
        learn_latitude_kernels(planet(np.ones(32), 0), planet(np.ones(32), 0), bands=bands)


def test_the_coriolis_parameter():
    """1.031e-4 1/s at 45°, as in every textbook; 0 at the equator, negative in the south."""
    assert coriolis(45) == pytest.approx(1.031e-4, rel=1e-3)
    assert coriolis(0) == 0
    assert coriolis(-30) == -coriolis(30) == pytest.approx(-7.292e-5)


def test_the_geostrophic_kernel_at_45_degrees():
    """g/f = 9.80616 / 1.0313e-4 = 95,090; cells of 625.5 km by 442.3 km."""
    kernel = geostrophic_kernel(45)
    assert kernel[0, 1] == kernel[2, 1] == pytest.approx(95_090 / 625_487**2, rel=1e-3)
    assert kernel[1, 0] == kernel[1, 2] == pytest.approx(95_090 / 442_286**2, rel=1e-3)
    assert kernel.sum() == pytest.approx(0, abs=1e-18)
    np.testing.assert_allclose(geostrophic_kernel(-45), -kernel)


def test_the_real_weather_needs_a_kernel_for_each_hemisphere():
    train, test = load_weather("train"), load_weather("test")
    shared, two, rows = (learn_latitude_kernels(train, test, bands=n) for n in (1, 2, 30))
    assert shared.total < 0.1 and two.total > 0.9 and rows.total > two.total


@pytest.mark.parametrize("latitude", [0, 90, -90, 120])
def test_there_is_no_geostrophic_kernel_at_equator_and_poles(latitude):
    with pytest.raises(ValueError, match="Use one between equator and pole, for example 45."):
        geostrophic_kernel(latitude)
