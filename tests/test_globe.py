"""Forecasts for the whole globe: what networks get, their error, and that longitudes are circular."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from helpers import (
    globe_pairs,
    learn_forecast,
    learn_forecast_with_memory,
    load_weather,
    roll_error,
    seam_factor,
    weighted_rmse,
)
from helpers.experiments.globe import Forecaster
from helpers.experiments.weather_maps import area_weights, weather_states
from helpers.models import ConvLSTM, UNet
from helpers.training import GrowingCurve
from helpers.training import history as history_module
from tests.globes import few_runs, rmse_by_loops, unet
from tests.random_settings import one_thread  # noqa: F401 (a fixture)


@pytest.fixture(scope="module")
def test_runs():
    return load_weather("test")


@pytest.fixture(scope="module")
def few():
    return few_runs()


# -- what the lesson claims ------------------------------------------------------------------------


def test_a_circular_globe_has_no_seam_and_zeros_make_one(test_runs):
    """Another seed than the notebook's. 0.46 and 0.48 of the error of persistence, a factor of 1.54."""
    how = dict(seed=1, progress=False)
    train = load_weather("train")
    circular, zeros = (learn_forecast(train, test_runs, longitude, **how) for longitude in ("circular", "zeros"))
    assert circular.error[-1] < 0.65 and circular.error[-1] < zeros.error[-1]
    assert seam_factor(circular, test_runs) == 1
    assert seam_factor(zeros, test_runs) >= 1.25
    assert roll_error(circular, test_runs, 16) == 0 < 0.1 < roll_error(zeros, test_runs, 16)


# -- states and pairs ------------------------------------------------------------------------------


def test_a_state_is_height_vorticity_and_the_sine_of_the_latitude(test_runs):
    states = weather_states(test_runs)
    assert states.shape == (6, 21, 3, 32, 64) and states.dtype == np.float32
    np.testing.assert_allclose(states[4, 7, 0], (test_runs.height[4, 7] - 9700) / 600, atol=1e-5)
    np.testing.assert_allclose(states[4, 7, 1], test_runs.vorticity[4, 7] / 3e-5, atol=1e-5)
    for column in (0, 63):
        np.testing.assert_allclose(states[4, 7, 2, :, column], np.sin(np.deg2rad(test_runs.latitude)), atol=1e-6)


@pytest.mark.parametrize("hours, steps", [(6, 1), (12, 2), (24, 4), (120, 20)])
def test_a_pair_is_a_state_and_the_change_until_the_later_one(test_runs, hours, steps):
    x, y = globe_pairs(test_runs, hours)
    times = 21 - steps
    assert x.shape == (6 * times, 3, 32, 64) and y.shape == (6 * times, 2, 32, 64) and x.dtype == y.dtype == np.float32
    for run, time in [(0, 0), (2, times - 1), (5, times // 2)]:
        n = run * times + time
        np.testing.assert_allclose(x[n, 1], test_runs.vorticity[run, time] / 3e-5, atol=1e-5)
        later = x[n, :2] + y[n]
        np.testing.assert_allclose(later[0], (test_runs.height[run, time + steps] - 9700) / 600, atol=1e-4)
        np.testing.assert_allclose(later[1], test_runs.vorticity[run, time + steps] / 3e-5, atol=1e-4)


def test_the_past_comes_in_order_and_ends_now(test_runs):
    x, y = globe_pairs(test_runs, hours=12, past=3)
    assert x.shape == (6 * 17, 3, 3, 32, 64) and y.shape == (6 * 17, 2, 32, 64)
    for run, first in [(0, 0), (3, 5), (5, 16)]:
        n, v = run * 17 + first, test_runs.vorticity[run] / 3e-5
        for frame in (0, 1, 2):
            np.testing.assert_allclose(x[n, frame, 1], v[first + frame], atol=1e-5)
        np.testing.assert_allclose(x[n, 2, 1] + y[n, 1], v[first + 2 + 2], atol=1e-4)


@pytest.mark.parametrize("hours", [0, -6, 9, 6.5, 126])
def test_only_stored_times_can_be_forecast(test_runs, hours):
    with pytest.raises(ValueError, match=f"globe_pairs: hours={hours}. Use a multiple of 6, 6 to 120."):
        globe_pairs(test_runs, hours)


@pytest.mark.parametrize("past", [0, -1, 20])
def test_the_past_must_lie_in_the_run(test_runs, past):
    with pytest.raises(ValueError, match=f"past={past}. A run has room for 1 to 19 before 12 h."):
        globe_pairs(test_runs, 12, past)
    assert len(globe_pairs(test_runs, 12, 19)[0]) == 6


# -- the error -------------------------------------------------------------------------------------

LATITUDE = 90 - 22.5 * (np.arange(8) + 0.5)


def test_the_error_counts_areas():
    error = np.random.default_rng(1).normal(size=(3, 8, 5))
    assert weighted_rmse(error, LATITUDE) == pytest.approx(rmse_by_loops(error, LATITUDE), rel=1e-12)
    assert weighted_rmse(np.full((8, 5), -3.5), LATITUDE) == pytest.approx(3.5, rel=1e-12)
    each = weighted_rmse(error, LATITUDE, axis=(0, 1))
    assert each == pytest.approx([rmse_by_loops(error[..., [n]], LATITUDE) for n in range(5)], rel=1e-12)
    weights = area_weights(LATITUDE)
    assert weights.shape == (8, 1) and weights.mean() == pytest.approx(1)
    assert weights[3, 0] / weights[0, 0] == pytest.approx(math.cos(math.radians(11.25)) / math.cos(math.radians(78.75)))


@pytest.mark.parametrize("shape", [(8,), (5, 8), (7, 8), (8, 5, 3)])
def test_an_error_whose_rows_are_no_latitudes_is_refused(shape):
    with pytest.raises(ValueError, match=r"weighted_rmse: .* 8 latitudes were given. Use \(…, 8, W\)."):
        weighted_rmse(np.zeros(shape), LATITUDE)


# -- a training ------------------------------------------------------------------------------------

SMALL = dict(epochs=2, progress=False)


@pytest.fixture(scope="module")
def tiny(few):
    return learn_forecast(few, few, depth=1, width=4, **SMALL)


def test_the_error_is_a_share_of_that_of_persistence(tiny, few):
    states = weather_states(few)
    now, later = states[:, :-2].reshape(-1, 3, 32, 64), states[:, 2:].reshape(-1, 3, 32, 64)
    with torch.no_grad():
        change = tiny.model(torch.tensor(now)).numpy()[:, 1]
    wanted = later[:, 1] - now[:, 1]
    share = rmse_by_loops(change - wanted, few.latitude) / rmse_by_loops(wanted, few.latitude)
    assert tiny.error[-1] == pytest.approx(share, rel=1e-4)
    assert len(tiny) == 2 == len(tiny.history.loss) and type(tiny.error[0]) is float
    assert repr(tiny).startswith("Forecaster: UNet, ") and repr(tiny).endswith(
        f" parameters, 2 epochs: 12 hours ahead {share:.3f} of the error of persistence"
    )


def test_the_loss_counts_areas_and_divides_by_the_spread_of_either_field(few):
    """At a rate of nearly 0 the loss is that of the untrained network."""
    result = learn_forecast(few, few, "zeros", depth=1, width=4, epochs=1, learning_rate=1e-9, progress=False, seed=2)
    model = UNet(3, 2, 1, 4, padding_mode=("replicate", "zeros"), seed=2)
    x, y = globe_pairs(few)
    with torch.no_grad():
        error = np.float64(model(torch.tensor(x)).numpy() - y)
    squares = [(rmse_by_loops(error[:, n], few.latitude) / np.float64(y[:, n]).std()) ** 2 for n in (0, 1)]
    assert result.history.loss == [pytest.approx(np.mean(squares), rel=1e-4)]


def test_a_seed_fixes_the_training_and_only_the_edge_differs(tiny, few):
    again = learn_forecast(few, few, depth=1, width=4, **SMALL)
    zeros = learn_forecast(few, few, "zeros", depth=1, width=4, **SMALL)
    other = learn_forecast(few, few, depth=1, width=4, seed=1, **SMALL)
    assert again.history.loss == tiny.history.loss and again.error == tiny.error
    assert other.history.loss[0] != tiny.history.loss[0] != zeros.history.loss[0]
    assert tiny.model.padding_mode == ("replicate", "circular") and zeros.model.padding_mode == ("replicate", "zeros")


def test_a_memory_reads_the_last_states(few):
    result = learn_forecast_with_memory(few, few, past=2, hidden=4, **SMALL)
    x, y = globe_pairs(few, 12, 2)
    with torch.no_grad():
        change = result.model(torch.tensor(x)).numpy()[:, 1]
    share = rmse_by_loops(change - y[:, 1], few.latitude) / rmse_by_loops(y[:, 1], few.latitude)
    assert isinstance(result.model, ConvLSTM) and result.error[-1] == pytest.approx(share, rel=1e-4)
    rolled = torch.tensor(np.roll(x, 3, -1))
    with torch.no_grad():
        np.testing.assert_allclose(np.roll(result.model(rolled).numpy()[:, 1], -3, -1), change, atol=1e-5)


def test_hours_that_are_not_stored_are_refused_before_anything_is_trained(few):
    for learn in (learn_forecast, learn_forecast_with_memory):
        with pytest.raises(ValueError, match="Use a multiple of 6, 6 to 42."):
            learn(few, few, hours=7, **SMALL)


def test_a_forecaster_is_shown_again_in_another_cell_than_its_own(tiny, monkeypatch):
    shell = SimpleNamespace(execution_count=7)
    monkeypatch.setattr(history_module, "notebook_shell", lambda: shell)
    monkeypatch.setattr(tiny, "_drawn_in", 7, raising=False)
    assert "<img" not in tiny._repr_html_() and "persistence" in tiny._repr_html_()
    shell.execution_count = 8
    assert "<img" in tiny._repr_html_()
    untrained = unet("zeros")
    assert repr(untrained).endswith("not one epoch finished") and "<img" not in untrained._repr_html_()


def test_an_interrupt_keeps_what_is_trained(few, monkeypatch):
    done = []

    def update(self):
        if isinstance(self.history, Forecaster):
            done.append(1)
            if len(done) == 1:
                raise KeyboardInterrupt

    monkeypatch.setattr(GrowingCurve, "update", update)
    result = learn_forecast(few, few, depth=1, width=4, **SMALL)
    assert len(result) == 1 and result.interrupted and "1 epoch, interrupted: 12 hours" in repr(result)
    assert not result.model.training and result.plot().axes[0].get_xlim() == (1, 2)


def test_an_interrupt_before_the_first_epoch_says_that_there_is_no_result(few, monkeypatch):
    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("helpers.experiments.globe.scores", stopped)
    for learn in (learn_forecast, learn_forecast_with_memory):
        with pytest.raises(KeyboardInterrupt, match=f"{learn.__name__}: .* no result. Run the cell again"):
            learn(few, few, **SMALL)
