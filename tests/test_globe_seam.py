"""Forecasts that are fed back, and where the seam of the map shows."""

import math

import numpy as np
import pytest
import torch

from helpers import error_by_longitude, load_weather, roll_error, roll_out, seam_factor
from helpers.experiments.globe import Forecaster
from helpers.experiments.weather_maps import weather_states
from tests.globes import Drift, Still, few_runs, rmse_by_loops, unet
from tests.random_settings import one_thread  # noqa: F401 (a fixture)


@pytest.fixture(scope="module")
def test_runs():
    return load_weather("test")


@pytest.fixture(scope="module")
def few():
    return few_runs()


# -- steps and rollouts ----------------------------------------------------------------------------


def test_a_step_adds_the_change_and_keeps_the_latitude(few):
    states = weather_states(few)[0]
    later = Forecaster(Drift()).step(states)
    assert later.dtype == np.float32 and later.shape == states.shape
    np.testing.assert_allclose(later[:, 0], states[:, 0] + 0.5, atol=1e-6)
    np.testing.assert_allclose(later[:, 1], np.roll(states[:, 1], 1, -1), atol=1e-5)
    assert np.array_equal(later[:, 2], states[:, 2])
    assert np.array_equal(states, weather_states(few)[0])  # which it has not written into


def test_a_rollout_feeds_every_forecast_back(few):
    start = weather_states(few)[0, :2]
    forecaster = unet("zeros")
    found = forecaster.rollout(start, 3)
    assert found.shape == (2, 4, 3, 32, 64) and np.array_equal(found[:, 0], start)
    x = torch.tensor(start)
    with torch.no_grad():
        for step in (1, 2, 3):
            x = torch.cat([x[:, :2] + forecaster.model(x), x[:, 2:]], 1)
            np.testing.assert_allclose(found[:, step], x, atol=1e-5)
    drifted = Forecaster(Drift()).rollout(start, 5)
    np.testing.assert_allclose(drifted[:, 5, 1], np.roll(start[:, 1], 5, -1), atol=1e-4)
    assert np.array_equal(forecaster.rollout(start, 0)[:, 0], start)


@pytest.fixture(scope="module")
def rolled(test_runs):
    forecasters = {"drift": Forecaster(Drift()), "wall": Forecaster(Drift(2.0)), "U-Net": unet("zeros")}
    return forecasters, roll_out(forecasters, test_runs, run=2, hour=108, steps=3, every=16)


def test_rollouts_hold_a_forecast_for_every_network_and_globe(rolled, test_runs):
    _, found = rolled
    assert found.shifts == (0, 16, 32, 48) and found.hours.tolist() == [0, 12, 24, 36]
    assert {name: maps.shape for name, maps in found.forecasts.items()} == {
        name: (4, 4, 32, 64) for name in ("drift", "wall", "U-Net")
    }
    assert np.array_equal(found.latitude, test_runs.latitude) and np.array_equal(found.longitude, test_runs.longitude)
    assert repr(found) == "Rollouts: drift, wall, U-Net; 3 steps up to 36 hours, 4 globes"


def test_the_truth_of_a_rollout_is_the_stored_weather(rolled, test_runs):
    _, found = rolled
    assert found.unit == "10⁻⁵ 1/s" and test_runs.hours[2] == 108
    for step in range(4):  # two stored times for each step
        np.testing.assert_allclose(found.truth[step], test_runs.vorticity[2, 2 + 2 * step] * 1e5, rtol=1e-5)
    for maps in found.forecasts.values():
        for globe in maps:
            np.testing.assert_allclose(globe[0], found.truth[0], atol=1e-3)


def test_each_globe_is_rolled_back(rolled, test_runs):
    forecasters, found = rolled
    start = weather_states(test_runs)[2, 2]
    first = 3 * forecasters["U-Net"].rollout(start[None], 3)[0, :, 1]
    np.testing.assert_allclose(found.forecasts["U-Net"][0], first, atol=1e-4)
    for shift, globe in zip(found.shifts, found.forecasts["drift"]):
        np.testing.assert_allclose(globe[3], np.roll(found.truth[0], 3, -1), atol=1e-3)
        other = np.roll(forecasters["U-Net"].rollout(np.roll(start, shift, -1)[None], 3)[0, :, 1], -shift, -1)
        np.testing.assert_allclose(found.forecasts["U-Net"][shift // 16], 3 * other, atol=1e-4)
    for shift, globe in zip(found.shifts, found.forecasts["wall"]):  # two units of 3·10⁻⁵ more, `shift` further west
        wall = globe[1] - np.roll(found.truth[0], 1, -1)
        assert np.flatnonzero(abs(wall).max(0) > 0.1).tolist() == [-shift % 64]
        np.testing.assert_allclose(wall[:, -shift], 6, atol=1e-3)


@pytest.mark.parametrize("how", [dict(steps=9), dict(steps=0), dict(hour=100), dict(hour=216), dict(hour=0)])
def test_a_rollout_beyond_the_stored_weather_is_refused(test_runs, how):
    with pytest.raises(ValueError, match="roll_out: .* stored hours 96 to 216. Use for example hour=120 and steps=8."):
        roll_out({"drift": Forecaster(Drift())}, test_runs, **how)
    roll_out({"drift": Forecaster(Drift())}, test_runs, hour=120, steps=8, every=64)


def test_forecasters_that_look_ahead_for_different_times_are_not_compared(test_runs):
    different = {"a": Forecaster(Drift(), 6), "b": Forecaster(Drift(), 12)}
    with pytest.raises(ValueError, match=r"the forecasters look \[6, 12\] hours ahead. Use the same for all."):
        roll_out(different, test_runs)


# -- the seam --------------------------------------------------------------------------------------


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_with_circular_longitudes_rolling_by_whole_windows_changes_nothing(few, depth):
    """A U-Net halves its maps in windows of 2, so it moves with the globe in steps of 2^depth."""
    forecaster = unet("circular", depth)
    for cells in (2**depth, 3 * 2**depth, 32):
        assert roll_error(forecaster, few, cells) == 0
    for cells in (1, 2**depth - 1, 2**depth + 1, *([2 ** (depth - 1)] if depth > 1 else [])):
        assert roll_error(forecaster, few, cells) > 1e-4
    assert roll_error(unet("zeros", depth), few, 2**depth) > 1e-4


def test_the_roll_error_is_the_largest_difference(few):
    assert roll_error(Forecaster(Drift()), few, 5) == 0
    assert roll_error(Forecaster(Drift(0.75)), few, 5) == pytest.approx(0.75, abs=1e-5)


@pytest.mark.parametrize("cells", [0, 5, 32])
def test_the_error_stays_at_its_longitude_when_the_globe_is_rolled(few, cells):
    steps, times = 2, 6
    change = few.vorticity[:, steps:].astype(float) - few.vorticity[:, :times]
    found = error_by_longitude(Forecaster(Still()), few, cells)
    assert found.shape == (64,)
    wanted = [rmse_by_loops(change[..., [n]], few.latitude) for n in range(64)]
    np.testing.assert_allclose(found, wanted, rtol=1e-4)


def errors_with_a_wall(few, cells):
    """Of `Drift(5)`, by loops: 5 units of 3·10⁻⁵ 1/s too much at the first longitude of the rolled map."""
    v = few.vorticity.astype(float)
    error = np.roll(v[:, :6], 1, -1) - v[:, 2:]
    error[..., -cells % 64] += 5 * 3e-5
    return [rmse_by_loops(error[..., [n]], few.latitude) for n in range(64)]


@pytest.mark.parametrize("cells", [0, 5, 32])
def test_the_seam_lies_so_many_cells_further_west(few, cells):
    found = error_by_longitude(Forecaster(Drift(5.0)), few, cells)
    np.testing.assert_allclose(found, errors_with_a_wall(few, cells), rtol=1e-4)
    assert np.argmax(found) == -cells % 64


def test_the_seam_factor_compares_the_same_places(few):
    here, elsewhere = errors_with_a_wall(few, 0), errors_with_a_wall(few, 32)
    for width in (1, 2, 4):
        places = [n % 64 for n in range(-width, width)]
        wanted = math.sqrt(sum(here[n] ** 2 for n in places) / sum(elsewhere[n] ** 2 for n in places))
        assert seam_factor(Forecaster(Drift(5.0)), few, width) == pytest.approx(wanted, rel=1e-4) and wanted > 1.5
    assert seam_factor(unet("circular"), few) == 1 != seam_factor(unet("zeros"), few)


@pytest.mark.parametrize("wrong", [{"run": 2}, {"run": -3}, {"every": 0}, {"every": 65}])
def test_a_rollout_of_a_run_that_is_not_there_is_refused_with_those_that_are(few, wrong):
    with pytest.raises(ValueError, match="run=0 to run=1, and 1 to 64 cells"):
        roll_out({"still": Forecaster(Still())}, few, hour=96, steps=1, **wrong)
