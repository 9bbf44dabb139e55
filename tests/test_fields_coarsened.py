"""Means over larger cells, against other ways to compute them."""

import numpy as np
import pytest

from helpers import load_field
from helpers.fields import Field
from tests.made_fields import LATITUDE, LONGITUDE, array, file  # noqa: F401 (file is a fixture)


def cell_means(values, latitude, rows, columns):
    """Means of whole blocks, weighted by the cosine of each row's latitude."""
    weights = np.cos(np.deg2rad(latitude)).reshape(rows, -1, 1, 1)
    blocks = values.reshape(rows, len(latitude) // rows, columns, -1)
    return (blocks * weights).sum(axis=(1, 3)) / (weights * np.ones_like(blocks)).sum(axis=(1, 3))


def random_field(latitude, longitude, times=1):
    values = np.random.default_rng(0).normal(size=(times, len(latitude), len(longitude)))
    return Field(np.float32(values), latitude, longitude, np.arange(times), "noise")


def test_whole_cells_are_averaged_with_the_cosine_of_the_latitude():
    latitude, longitude = 90 - (np.arange(96) + 0.5) * 1.875, (np.arange(128) + 0.5) * 2.8125
    field = random_field(latitude, longitude, times=2)
    coarse = field.coarsened(32, 64)
    expected = [cell_means(v.astype(float), latitude, 32, 64) for v in field.values]
    assert coarse.values.dtype == np.float32 and coarse.values.shape == (2, 32, 64)
    assert np.allclose(coarse.values, expected, atol=1e-6)
    assert np.allclose(coarse.latitude, 90 - (np.arange(32) + 0.5) * 5.625)
    assert np.allclose(coarse.longitude, (np.arange(64) + 0.5) * 5.625)


def test_the_course_s_own_grid_comes_out():
    from helpers import load_weather

    weather = load_weather("test")
    field = Field(weather.vorticity[0], weather.latitude, weather.longitude, weather.hours)
    coarse = field.coarsened()
    assert np.allclose(coarse.values, field.values, atol=1e-12)
    assert np.allclose(coarse.latitude, weather.latitude)
    assert np.allclose(coarse.longitude, weather.longitude)


def test_era5_s_grid_with_its_poles_is_shared_out_by_area():
    """721×1440 points: the cells are centred on them, so those at the poles are half as high."""
    latitude, longitude = np.linspace(90, -90, 721), np.arange(1440) * 0.25
    field = random_field(latitude, longitude)
    # Cut into eighths of a degree, each of which lies in one old and in one new cell.
    rows = (np.arange(1440) + 1) // 2  # 89.9375° N lies in row 0, 89.8125° and 89.6875° in row 1
    columns = (np.arange(2880) + 1) // 2 % 1440
    eighths = field.values[0].astype(float)[rows][:, columns]
    expected = cell_means(eighths, 90 - (np.arange(1440) + 0.5) * 0.125, 32, 64)
    coarse = field.coarsened(32, 64)
    assert np.allclose(coarse.values[0], expected, atol=1e-6)
    assert np.allclose(coarse.latitude, 90 - (np.arange(32) + 0.5) * 5.625)


def test_the_mean_over_the_globe_stays():
    """Areas by the band between two parallels: 2π (sin φ₁ − sin φ₂)."""
    latitude, longitude = np.linspace(90, -90, 61), np.arange(100) * 3.6
    field = random_field(latitude, longitude)
    edges = np.concatenate([[90], (latitude[1:] + latitude[:-1]) / 2, [-90]])
    area = -np.diff(np.sin(np.deg2rad(edges)))
    before = (field.values[0].astype(float).mean(axis=1) * area).sum() / area.sum()
    coarse = field.coarsened(7, 13)
    area = -np.diff(np.sin(np.deg2rad(np.linspace(90, -90, 8))))
    after = (coarse.values[0].astype(float).mean(axis=1) * area).sum() / area.sum()
    assert after == pytest.approx(before, abs=1e-7)


def test_a_constant_stays_constant_whatever_the_grid():
    gaussian = np.array([85.76, 80.27, 74.74, 69.21, 60.0, 10.0, -20.0, -50.0, -85.0])
    field = Field(np.full((1, 9, 7), 5, np.float32), gaussian, np.arange(7) * 360 / 7, np.arange(1))
    coarse = field.coarsened(4, 3)
    assert np.allclose(coarse.values, 5)
    assert np.allclose(coarse.latitude, [67.5, 22.5, -22.5, -67.5])  # it goes on to the poles
    assert np.allclose(coarse.longitude, [60, 180, 300])


def test_the_poles_may_be_missing_as_in_720_rows_of_era5():
    latitude = np.linspace(90, -89.5, 360)
    coarse = random_field(latitude, np.arange(8) * 45.0).coarsened(30, 4)
    assert np.allclose(coarse.latitude, 90 - (np.arange(30) + 0.5) * 6)


def test_a_region_is_divided_within_its_own_edges():
    latitude, longitude = np.array([59.0, 57, 55, 53]), np.array([351.0, 353, 355, 357, 359, 361])
    field = random_field(latitude, longitude)
    coarse = field.coarsened(2, 3)
    assert coarse.latitude.tolist() == [58, 54] and coarse.longitude.tolist() == [352, 356, 360]
    expected = cell_means(field.values[0].astype(float), latitude, 2, 3)
    assert np.allclose(coarse.values[0], expected, atol=1e-6)


@pytest.mark.parametrize(
    ("size", "words"),
    [
        ((14, 24), "14 rows can't be made of 13.*Use rows from 1 to 13"),
        ((13, 0), "0 columns can't be made of 24"),
        ((6.5, 12), "rows=6.5 is not a whole number"),
    ],
)
def test_a_size_that_can_t_be_made_is_explained(size, words):
    with pytest.raises(ValueError, match=words):
        random_field(LATITUDE, LONGITUDE).coarsened(*size)


def test_a_field_can_be_coarsened_while_it_is_read(file, monkeypatch):
    from helpers.fields import load

    path = file(array())
    whole = load_field(path).coarsened(4, 6)
    monkeypatch.setattr(load, "_AT_ONCE", 13 * 24)  # one time after the other
    monkeypatch.setattr(load, "_MOST", 4 * 13 * 24 - 1)
    pieces = load_field(path, grid=(4, 6))
    assert np.array_equal(pieces.values, whole.values) and pieces.hours.tolist() == [0, 6, 12, 18]
    with pytest.raises(ValueError, match=r"4 times of 13×24 values are .* GB in memory. .*grid="):
        load_field(path)


def test_the_course_s_networks_take_it(file):
    """Twice the course's resolution in the file; height and vorticity as lesson 4 wants them."""
    import torch

    from helpers import ForecastCNN, forecast_pairs
    from helpers.data import Weather

    latitude, longitude = 90 - (np.arange(64) + 0.5) * 180 / 64, np.arange(128) * 360 / 128
    field = load_field(file(array(latitude, longitude))).coarsened(32, 64)
    own = Weather(40 * field.values[None], 1e-7 * field.values[None], field.latitude,
                  field.longitude, field.hours)
    x, y = map(torch.tensor, forecast_pairs(own, hours=6))
    assert x.shape == (6, 4, 10, 64) and ForecastCNN(9)(x).shape == y.shape == (6, 1, 10, 64)
