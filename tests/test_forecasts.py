"""Forecasts of the simulated weather: what networks get and see, and how far signals come."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from helpers.data import Weather, load_weather
from helpers.experiments import ForecastCNN, compare_on_forecasts, forecast_pairs, signal_distances
from helpers.experiments.forecasts import NETWORKS, relative_error
from helpers.models import count_parameters
from helpers.receptive_field import effective_receptive_field
from tests.globes import few_runs


@pytest.fixture(scope="module")
def test_runs():
    return load_weather("test")


@pytest.fixture(scope="module")
def few():
    """Two runs of five times."""
    return few_runs(5)


def test_a_pair_is_the_weather_now_and_the_change_of_its_vorticity(test_runs):
    x, y = forecast_pairs(test_runs, hours=12)
    assert x.shape == (2 * 6 * 19, 4, 10, 64) and y.shape == (2 * 6 * 19, 1, 10, 64)
    assert x.dtype == y.dtype == np.float32
    h, v = test_runs.height, test_runs.vorticity
    # the second run at its fourth time: pole first, rows 3 to 12 of the north
    n = 1 * 19 + 3
    np.testing.assert_allclose(x[n, 0], (h[1, 3, 3:13] - 9700) / 600, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(x[n, 1], v[1, 3, 3:13] / 3e-5, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(y[n, 0], (v[1, 5, 3:13] - v[1, 3, 3:13]) / 3e-5, atol=1e-4)
    np.testing.assert_allclose(x[n, 2, :, 0], np.sin(np.deg2rad(test_runs.latitude[3:13])), 1e-5)
    np.testing.assert_allclose(x[n, 3, :, 9], np.cos(np.deg2rad(test_runs.latitude[3:13])), 1e-5)


def test_the_south_is_seen_in_a_mirror(test_runs):
    x, y = forecast_pairs(test_runs, hours=6)
    h, v = test_runs.height, test_runs.vorticity
    n = 6 * 20 + 2 * 20 + 7  # behind the north's: the third run at its eighth time
    south = slice(28, 18, -1)  # rows 28 to 19 of 32
    np.testing.assert_allclose(x[n, 0], (h[2, 7, south] - 9700) / 600, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(x[n, 1], -v[2, 7, south] / 3e-5, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(y[n, 0], -(v[2, 8, south] - v[2, 7, south]) / 3e-5, atol=1e-4)
    assert (x[n, 2] > 0).all()


@pytest.mark.parametrize("hours", [0, -6, 9, 6.5, 126])
def test_only_stored_times_can_be_forecast(test_runs, hours):
    with pytest.raises(ValueError, match="Use a multiple of 6, 6 to 120."):
        forecast_pairs(test_runs, hours)


@pytest.mark.parametrize("field", NETWORKS)
def test_a_network_sees_as_many_cells_as_its_name_says(field):
    """The cells whose disturbance reaches the middle, and around the planet."""
    model = ForecastCNN(field).double()
    for layer in model:
        if isinstance(layer, nn.Conv2d):  # nothing cancels, and every ReLU is open
            nn.init.constant_(layer.weight, 0.01)
    x = torch.ones(1, 4, 41, 64, dtype=torch.float64, requires_grad=True)
    y = model(x)
    assert y.shape == (1, 1, 41, 64)
    seen = torch.autograd.grad(y[0, 0, 20, 1], x)[0][0].abs().sum(0) > 0
    wanted = torch.zeros(41, 64, dtype=torch.bool)
    wanted[20 - field // 2 : 21 + field // 2, : field + 0] = True
    assert seen.roll(field // 2 - 1, dims=1).equal(wanted)


def test_all_networks_have_the_same_number_of_parameters_within_one_percent():
    counts = [count_parameters(ForecastCNN(field)) for field in NETWORKS]
    assert 2970 <= min(counts) and max(counts) <= 3030


def test_a_seed_fixes_the_weights():
    a, b, c = (ForecastCNN(9, seed)[1].weight for seed in (3, 3, 4))
    assert torch.equal(a, b) and not torch.equal(a, c)


def test_there_are_fields_of_some_sizes_only(few):
    with pytest.raises(ValueError, match=r"field=4. Use one of \[1, 3, 5, 7, 9, 13, 17\]."):
        ForecastCNN(4)
    with pytest.raises(ValueError, match="field=11. Use one of"):
        compare_on_forecasts(few, few, fields=(3, 11), progress=False)
    for nothing in ({"fields": ()}, {"seeds": 0}):
        with pytest.raises(ValueError, match="Use at least one of each."):
            compare_on_forecasts(few, few, progress=False, **nothing)


def test_the_error_is_a_share_of_that_of_no_change_and_counts_areas():
    y = np.ones((2, 1, 2, 3), np.float32)
    weights = np.float32([[3], [1]])

    class Says(nn.Module):
        def __init__(self, rows):
            super().__init__()
            self.rows = torch.tensor(rows)[:, None]

        def forward(self, x):
            return self.rows.expand(len(x), 1, 2, 3)

    def error(*rows):
        return relative_error(Says(rows), np.zeros((2, 4, 2, 3), np.float32), y, weights)

    assert error(0.0, 0.0) == 1 and error(1.0, 1.0) == 0
    assert error(1.0, 0.0) == pytest.approx(0.5)  # √(1 / 4)
    assert error(0.0, 1.0) == pytest.approx(np.sqrt(3) / 2)


def test_a_comparison_trains_each_network_with_every_seed(few):
    result = compare_on_forecasts(few, few, fields=(3, 9), seeds=2, epochs=20, progress=False)
    assert [*result.errors] == [3, 9] == result.fields.tolist() and result.seeds == 2
    assert all(errors.shape == (2,) for errors in result.errors.values())
    assert max(errors.max() for errors in result.errors.values()) < 0.9  # on what it learned from
    assert result.errors[3][0] != result.errors[3][1]
    assert result.models[9][1].weight.shape == (10, 4, 3, 3)
    text = repr(result).splitlines()
    assert text[0].split()[:2] == ["field", "parameters"]
    assert text[1].split()[:2] == ["3×3", "3,001"] and text[2].split()[:2] == ["9×9", "2,997"]
    assert text[1].split()[2] == f"{result.errors[3].mean():.3f}"
    assert text[-1].startswith("Error of the vorticity 12 hours ahead on new runs")
    assert "<caption" in result._repr_html_()


def test_an_interrupt_keeps_the_seeds_that_are_done(few, monkeypatch):
    done = []

    def fit(model, *args, **settings):
        done.append(model)
        return SimpleNamespace(interrupted=len(done) > most)

    monkeypatch.setattr("helpers.experiments.forecasts.fit", fit)
    most = 5  # of two networks and three seeds
    result = compare_on_forecasts(few, few, fields=(3, 9), seeds=3, progress=False)
    assert result.seeds == 2 and len(done) == 6
    done.clear()
    most = 1
    with pytest.raises(KeyboardInterrupt, match="before every network was trained once"):
        compare_on_forecasts(few, few, fields=(3, 9), seeds=3, progress=False)


def test_a_wider_field_helps_and_training_moves_it_to_where_the_wind_comes_from(test_runs):
    """After five epochs: 0.56 and 0.42 of the error of no change, and 1.5 cells to the west."""
    train = load_weather("train")
    how = dict(seeds=1, epochs=2, progress=False)
    result = compare_on_forecasts(train, test_runs, fields=(3, 9), **how)
    narrow, wide = (result.errors[field][0] for field in (3, 9))
    assert wide < narrow - 0.05 and narrow < 0.75
    x, _ = forecast_pairs(test_runs)
    before, after = (
        effective_receptive_field(model, x[::4], unit=(5, 32))
        for model in (ForecastCNN(9), result.models[9])
    )
    east = np.arange(64) - 32
    assert abs(before.sum(0) @ east) < 0.5 and after.sum(0) @ east < -0.8


# -- signals ------------------------------------------------------------------------------------


def balanced(latitudes, height):
    """One time of a `Weather` whose height is a function of latitude and longitude in radians."""
    latitude = np.array(latitudes)
    longitude = np.arange(64) * 5.625
    north, east = np.meshgrid(np.deg2rad(latitude), np.deg2rad(longitude), indexing="ij")
    values = np.float64(height(north, east))[None, None]
    return Weather(values, np.zeros_like(values), latitude, longitude, np.array([96]))


ROWS = 87.1875 - 5.625 * np.arange(32)


def test_gravity_waves_travel_at_the_root_of_g_times_the_depth():
    still = signal_distances(balanced(ROWS, lambda n, e: 10_000 + 0 * n), hours=6)
    assert still.gravity_speed == pytest.approx(313.15, abs=0.01)  # √(9.80616 · 10,000)
    assert still.distance(still.gravity_speed) == pytest.approx(6764e3, abs=1e3)
    assert still.cell_height == pytest.approx(625.5e3, abs=100)  # 6371.22 km · π · 5.625 / 180
    np.testing.assert_allclose(still.cell, 625.5e3 * np.cos(np.deg2rad(ROWS)), rtol=1e-3)
    at_45 = np.argmin(abs(ROWS - 42.1875))
    assert still.cells(still.gravity_speed)[at_45] == pytest.approx(14.6, abs=0.05)  # 6764 / 463.4
    assert still.field(still.gravity_speed)[at_45] == 31
    assert np.nanmax(still.strongest_wind) == 0


def test_the_depth_counts_areas():
    """cos² of the latitude has the mean 2/3 over a sphere, and 1/2 over rows."""
    runs = balanced(ROWS, lambda n, e: 3000 * np.cos(n) ** 2)
    assert signal_distances(runs).depth == pytest.approx(2000, rel=2e-3)


def test_the_wind_is_in_balance_with_the_slope_of_the_height():
    """A jet from west to east, u = 20 m/s · cos(latitude): g·∂h/∂φ = −f·u·a."""
    omega, a, g = 7.292e-5, 6.37122e6, 9.80616
    runs = balanced(ROWS, lambda n, e: 10_000 - omega * a * 20 * np.sin(n) ** 2 / g)
    found = signal_distances(runs, hours=12)
    known = (abs(ROWS) > 15) & (abs(ROWS) < 75)
    assert np.isnan(found.mean_wind).tolist() == (~known).tolist()
    wanted = 20 * np.cos(np.deg2rad(ROWS[known]))
    np.testing.assert_allclose(found.mean_wind[known], wanted, rtol=0.01)
    np.testing.assert_allclose(found.strongest_wind[known], wanted, rtol=0.01)
    # 20 m/s · cos φ for 12 h on cells of 625.5 km · cos φ
    np.testing.assert_allclose(found.cells(found.mean_wind)[known], 864 / 625.5, rtol=0.01)
    assert (found.field(found.mean_wind)[known] == 5).all()


def test_a_slope_from_west_to_east_makes_wind_too():
    omega, a, g = 7.292e-5, 6.37122e6, 9.80616
    runs = balanced(ROWS, lambda n, e: 10_000 + 100 * np.cos(e) * np.cos(n))
    found = signal_distances(runs)
    row = np.argmin(abs(ROWS - 47.8125))
    n, e = np.deg2rad(ROWS[row]), np.deg2rad(np.arange(64) * 5.625)
    wanted = g * 100 / (2 * omega * np.sin(n) * a) * np.hypot(np.sin(e), np.sin(n) * np.cos(e))
    assert found.strongest_wind[row] == pytest.approx(wanted.max(), rel=0.01)
    assert found.mean_wind[row] == pytest.approx(wanted.mean(), rel=0.01)


def test_in_twelve_hours_the_jet_carries_its_vortices_about_five_cells(test_runs):
    found = signal_distances(test_runs, hours=12)
    assert 9950 < found.depth < 10_050 and 312 < found.gravity_speed < 314
    jet = (abs(ROWS) > 35) & (abs(ROWS) < 50)
    assert 40 < found.mean_wind[jet].min() and found.mean_wind[jet].max() < 60
    assert 80 < found.strongest_wind[jet].min() and found.strongest_wind[jet].max() < 125
    assert set(found.field(found.mean_wind)[jet]) <= {9, 11, 13}
    assert found.field(found.gravity_speed)[jet].min() > 45
    text = repr(found).splitlines()
    assert len(text) == 18 and text[-1].startswith("How far signals come in 12 h")
    assert "313 m/s, 13,5" in text[-1] and "21.6 cells" in text[-1]
    assert text[1].split()[:5] == ["87.2°", "N", "31", "–", "–"]
    assert "<caption" in found._repr_html_()


@pytest.mark.parametrize("hours", [0, -6, float("nan")])
def test_signals_need_time(test_runs, hours):
    with pytest.raises(ValueError, match="Use a positive number, such as 6."):
        signal_distances(test_runs, hours)
