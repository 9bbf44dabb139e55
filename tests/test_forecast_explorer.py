"""ForecastExplorer in Python: what it takes and shows, its errors against loops, what it refuses."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from helpers import ForecastExplorer
from tests.test_widgets import nothing_stays  # noqa: F401 (a fixture)

TIMES, H, W = 5, 6, 12
SHIFTS = (0, 3, 8)
LATITUDE = np.linspace(75, -75, H)
LONGITUDE = np.arange(W) * 30 + 15.0


def rollouts(seed=0):
    """Random maps whose first time is the truth's; name → (shifts, times, H, W), and the truth."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=(TIMES, H, W))
    networks = {name: truth + rng.normal(size=(len(SHIFTS), TIMES, H, W)) for name in ("zeros", "circular")}
    for maps in networks.values():
        maps[:, 0] = truth[0]
    return networks, truth


def explorer(**settings):
    networks, truth = rollouts()
    axes = dict(hours=6 * np.arange(TIMES), latitude=LATITUDE, longitude=LONGITUDE, shifts=SHIFTS, unit="m")
    return ForecastExplorer(networks, truth, **axes, **settings)


def spread(maps):
    """The most that a number of these maps can be rounded by."""
    return 0.51 * np.ptp(maps, axis=(-1, -2)).max() / 65535


def test_it_begins_with_the_first_network_at_the_last_time_as_the_network_sees_it():
    shown = explorer()
    assert (shown.network, shown.lead, shown.shift, shown.view_from) == ("zeros", 4, 0, "network")
    assert not shown.pinned and shown.seam == 0
    networks, truth = rollouts()
    tolerance = spread(np.concatenate([truth, networks["zeros"][0]]))
    assert np.abs(shown.start - truth[0]).max() <= tolerance
    assert np.abs(shown.forecast - networks["zeros"][0, 4]).max() <= tolerance
    assert np.abs(shown.truth_map - truth[4]).max() <= tolerance
    assert (shown.error == shown.forecast - shown.truth_map).all()
    assert np.abs(shown.error).max() > 1


def test_from_the_network_the_globe_rolls_and_the_border_stays_at_the_edges():
    networks, truth = rollouts()
    shown = explorer(shift=3, lead=2, network="circular")
    wanted = np.empty((H, W))
    for column in range(W):
        wanted[:, (column + 3) % W] = networks["circular"][1, 2, :, column]  # three cells eastward
    assert np.allclose(shown.forecast, wanted, atol=1e-3)
    assert shown.longitudes.tolist() == [285, 315, 345, *LONGITUDE[:9]]
    assert shown.seam == 270  # between the last column, 255°, and the first, 285°
    assert np.allclose(shown.truth_map[:, 3], truth[2, :, 0], atol=1e-3)


def test_from_the_globe_the_border_moves_and_the_first_column_is_in_the_middle():
    shown = explorer(shift=8, view_from="globe")
    assert shown.longitudes.tolist() == [195, 225, 255, 285, 315, 345, 15, 45, 75, 105, 135, 165]
    assert shown.seam == 120
    before = shown.truth_map
    shown.shift = 0
    assert (shown.truth_map == before).all() and shown.seam == 0


def test_once_around_is_the_same_shift():
    shown = explorer()
    shown.shift = -4
    assert shown.shift == 8
    shown.shift = np.int64(15)
    assert shown.shift == 3 and type(shown.shift) is int


def test_errors_are_those_of_loops_over_the_sphere():
    for seed, (network, shift, lead) in enumerate([("zeros", 0, 4), ("circular", 8, 1), ("persistence", 3, 3)]):
        shown = explorer(network=network, shift=shift, lead=lead, view_from=["network", "globe"][seed % 2])
        error, w = shown.error, [np.cos(np.pi * degrees / 180) for degrees in LATITUDE]
        cells = [(w[r], error[r, c] ** 2) for r in range(H) for c in range(W)]
        root = (sum(w * e for w, e in cells) / sum(w for w, _ in cells)) ** 0.5
        assert shown.rmse == pytest.approx(root, rel=1e-12)
        assert shown.rmse_by_lead[network][lead] == shown.rmse
        for c in range(W):
            wanted = (sum(w[r] * error[r, c] ** 2 for r in range(H)) / sum(w)) ** 0.5
            assert shown.error_by_longitude[network][c] == pytest.approx(wanted, rel=1e-12)
        for r in range(H):
            wanted = (sum(e**2 for e in error[r]) / W) ** 0.5
            assert shown.error_by_latitude[network][r] == pytest.approx(wanted, rel=1e-12)
        assert (shown.error_by_longitude[network] ** 2).mean() == pytest.approx(root**2, rel=1e-12)


def test_the_line_of_code_gives_the_rmse():
    shown = explorer()
    names = {"np": np, "error": shown.error, "w": shown.weights}
    assert eval(shown.code, names) == pytest.approx(shown.rmse, rel=1e-12)
    assert shown.weights.shape == (H, W)


def test_persistence_says_that_nothing_changes():
    shown = explorer(network="persistence")
    for lead in range(TIMES):
        shown.lead = lead
        assert (shown.forecast == shown.start).all()
    assert [*shown.rmse_by_lead] == ["zeros", "circular", "persistence"]
    assert shown.rmse_by_lead["persistence"][0] == 0


def test_an_equivariant_network_makes_the_same_error_whatever_the_shift():
    _, truth = rollouts()
    wrong = truth + np.linspace(0, 1, TIMES)[:, None, None] * np.sin(np.arange(W))
    shown = ForecastExplorer({"circular": [wrong] * 3}, truth, shifts=SHIFTS, view_from="globe")
    first = shown.error
    for shift in SHIFTS:
        shown.shift = shift
        assert (shown.error == first).all()


def test_a_place_stays_on_its_weather_while_the_globe_rolls():
    shown = explorer(position=(1, 7), shift=3)
    assert (shown.values_there["latitude"], shown.values_there["longitude"]) == (45, 225)
    assert shown.values_there["forecast"] == shown.forecast[1, 10]
    assert shown.values_there["error"] == shown.error[1, 10]


def test_rounding_is_finer_than_any_map_needs():
    networks, truth = rollouts()
    exploding = networks["zeros"] * 10.0 ** np.arange(TIMES)[:, None, None]
    exploding[:, 0] = truth[0]
    shown = ForecastExplorer({"a": exploding}, truth, shifts=SHIFTS)
    for lead in range(TIMES):  # one map that explodes leaves the others as fine as they were
        shown.lead = lead
        assert np.abs(shown.truth_map - truth[lead]).max() <= spread(truth[lead])
        assert np.abs(shown.forecast - exploding[0, lead]).max() <= spread(exploding[0, lead])


def test_a_constant_map_is_exact_and_a_perfect_network_makes_no_error():
    flat = np.full((3, 4, 8), 0.1)
    shown = ForecastExplorer({"net": flat}, flat)
    assert (shown.forecast == 0.1).all() and shown.rmse == 0
    assert repr(shown) == "ForecastExplorer: net after 2 h: RMSE 0, persistence 0."


def test_what_travels_is_small():
    truth = np.random.default_rng(0).normal(size=(21, 32, 64))
    shown = ForecastExplorer({name: np.stack([truth] * 16) for name in "ab"}, truth, shifts=range(0, 64, 4))
    packed = shown.get_state()["_packed"]
    assert sum(memoryview(packed[part]).nbytes for part in ("data", "least", "step")) < 3e6


def test_one_object_with_everything_is_enough_and_arguments_come_before_its_own():
    networks, truth = rollouts()
    result = SimpleNamespace(
        forecasts=networks, truth=truth, hours=12 * np.arange(TIMES), latitude=LATITUDE,
        longitude=LONGITUDE, shifts=SHIFTS, unit="m",
    )  # fmt: skip
    shown = ForecastExplorer(result, lead=1)
    assert shown.hours.tolist() == [0, 12, 24, 36, 48] and (shown.latitude == LATITUDE).all()
    nothing = shown.rmse_by_lead["persistence"][1]
    assert repr(shown) == f"ForecastExplorer: zeros after 12 h: RMSE {shown.rmse:.3g} m, persistence {nothing:.3g} m."
    assert ForecastExplorer(result, hours=np.arange(TIMES), unit="K").sentence().endswith(" K.")


def test_defaults_are_a_globe_of_equal_cells_hours_and_no_roll():
    networks, truth = rollouts()
    shown = ForecastExplorer({name: torch.tensor(maps[0]) for name, maps in networks.items()}, truth.tolist())
    assert shown.latitude.tolist() == LATITUDE.tolist()
    assert shown.longitudes.tolist() == [30.0 * n for n in range(W)]
    assert shown.hours.tolist() == [0, 1, 2, 3, 4] and shown.seam == 345


def test_settings_that_are_not_there_are_refused_by_name():
    shown = explorer()
    wrong = {
        "network": ("ones", "There is 'zeros', 'circular', 'persistence'"),
        "lead": (5, r"5 times are counted from 0 \(the start\) to 4 \(24 h\), got 5"),
        "shift": (7, "made for the shifts 0, 3, 8, not for 7. Use 8"),
        "position": ((0, 12), "the maps have 6×12 cells"),
        "view_from": ("space", "view_from"),
    }
    for name, (value, text) in wrong.items():
        with pytest.raises(ValueError, match=text):
            setattr(shown, name, value)
    with pytest.raises(ValueError, match="a whole number of cells eastward, got 1.5"):
        shown.shift = 1.5
    with pytest.raises(TypeError, match="has no setting 'wind'"):
        explorer(wind=1)


ONES = np.ones((3, 4, 8))
HOLES = np.where(np.arange(3)[:, None, None] == 2, np.nan, ONES)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (dict(forecasts=ONES, truth=ONES), "expected a dict .* attributes forecasts, truth, .* got a ndarray"),
        (dict(forecasts={"a": ONES}), "truth is missing"),
        (dict(forecasts={}, truth=ONES), "1 to 4 networks can be compared, got 0"),
        (dict(forecasts=dict.fromkeys("abcde", ONES), truth=ONES), "got 5"),
        (dict(forecasts={"persistence": ONES}, truth=ONES), "which is always there"),
        (dict(forecasts={"a": ONES}, truth=ONES[0]), r"3 dimensions \(times, H, W\)"),
        (dict(forecasts={"a": ONES}, truth=ONES[:1]), "at least 2 times"),
        (dict(forecasts={"a": ONES[:2]}, truth=ONES), r"= \(1, 3, 4, 8\), got \(1, 2, 4, 8\)"),
        (dict(forecasts={"a": ONES}, truth=ONES, shifts=(0, 2)), r"2 shifts and .* = \(2, 3, 4, 8\), got \(1, 3"),
        (dict(forecasts={"a": HOLES}, truth=ONES), r"must be finite, got nan. Where a rollout explodes, leave"),
        (dict(forecasts={"a": ONES * np.inf}, truth=ONES), "must be finite, got inf"),
        (dict(forecasts={"a": "rain"}, truth=ONES), "expected numbers in"),
        (dict(forecasts={"a": ONES + 1}, truth=ONES), r"differs from truth\[0\] by up to 1. Put truth\[0\] before"),
        (dict(forecasts={"a": ONES}, truth=ONES, shifts=(8.0,)), "whole numbers of cells eastward"),
        (dict(forecasts={"a": [ONES, ONES]}, truth=ONES, shifts=(0, 8)), "all different around the 8 cells"),
        (dict(forecasts={"a": ONES}, truth=ONES, hours=(0, 6)), "hours: truth has 3 times, got 2 numbers"),
        (dict(forecasts={"a": ONES}, truth=ONES, hours=(0, 6, 6)), "lead times grow"),
        (dict(forecasts={"a": ONES}, truth=ONES, latitude=(-60, -20, 20, 60)), r"Flip it .* latitude\[::-1\]"),
        (dict(forecasts={"a": ONES}, truth=ONES, longitude=np.arange(8)), "8 columns .* are 45° apart"),
        (dict(forecasts={"a": np.ones((500, 64, 64))}, truth=np.ones((500, 64, 64))), "8.2 MB, .* 4 MB travel"),
    ],
)
def test_other_arrays_are_refused(arguments, text):
    with pytest.raises(ValueError, match=text):
        ForecastExplorer(**arguments)
