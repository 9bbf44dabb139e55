"""One field, from a formula, in the forms in which people have theirs."""

import numpy as np
import pytest
import xarray

LATITUDE = np.linspace(90, -90, 13)  # like ERA5: every 15°, both poles among them
LONGITUDE = np.arange(24) * 15.0
TIMES = np.arange("2020-01-01T00", "2020-01-02T00", 6, "datetime64[h]").astype("datetime64[ns]")


def formula(hours, latitude, longitude):
    """A field that is different everywhere, from its coordinates alone: (times, rows, columns)."""
    t, y, x = np.meshgrid(hours, np.deg2rad(latitude), np.deg2rad(longitude), indexing="ij")
    return 250 + 40 * np.sin(y) + 7 * np.cos(x) * np.cos(y) + 3 * np.sin(x) + t / 10


def array(latitude=LATITUDE, longitude=LONGITUDE, times=TIMES, dims=None):
    """That field as xarray has it, with ERA5's names and attributes."""
    dims = dims or ("valid_time", "latitude", "longitude")
    hours = (times - TIMES[0]) / np.timedelta64(1, "h")
    coordinates = dict(zip(dims, (times, latitude, longitude)))
    attributes = {"units": "K", "long_name": "Temperature"}
    values = formula(hours, latitude, longitude)
    made = xarray.DataArray(values, coordinates, dims, name="t", attrs=attributes)
    made[dims[1]].attrs = {"units": "degrees_north", "standard_name": "latitude"}
    made[dims[2]].attrs = {"units": "degrees_east", "standard_name": "longitude"}
    return made


@pytest.fixture
def file(tmp_path):
    """A function that writes something to a NetCDF file and returns its path."""

    def write(data, name="era5.nc", **options):
        data.to_netcdf(tmp_path / name, engine="netcdf4", **options)
        return tmp_path / name

    return write


def assert_is_the_formula(field, latitude=LATITUDE, longitude=LONGITUDE, hours=(0, 6, 12, 18)):
    expected = formula(np.array(hours), latitude, longitude)
    assert field.values.dtype == np.float32 and field.values.shape == expected.shape
    assert np.allclose(field.values, expected, atol=1e-3)
    assert np.allclose(field.latitude, latitude) and np.allclose(field.longitude, longitude)


def levels():
    """Three levels, each 10 K colder than the one below, and an ensemble of one."""
    made = xarray.concat([array() - 10 * k for k in range(3)], "pressure_level")
    made = made.assign_coords(pressure_level=[1000.0, 850.0, 500.0]).expand_dims("number")
    return made.transpose("valid_time", "number", "pressure_level", "latitude", "longitude")
