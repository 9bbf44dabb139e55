"""`load_field` reads files as people have them, here small ones, and takes out what is wanted."""

import netCDF4
import numpy as np
import pytest
import xarray

from helpers import load_field
from tests.made_fields import (  # noqa: F401 (file is a fixture)
    LATITUDE, LONGITUDE, TIMES, array, assert_is_the_formula, file, formula, levels,
)


# -- reading -------------------------------------------------------------------------------------


def test_a_file_like_era5_is_read_as_it_is(file):
    field = load_field(file(array()))
    assert_is_the_formula(field)
    assert (field.name, field.units) == ("t", "K")
    assert field.time.astype("datetime64[h]").tolist() == TIMES.astype("datetime64[h]").tolist()
    assert field.hours.tolist() == [0, 6, 12, 18]
    assert repr(field) == (
        "Field: t in K, 4 times, 2020-01-01T00:00 to 2020-01-01T18:00, 13×24 cells"
    )


def test_a_name_may_be_a_string(file):
    assert_is_the_formula(load_field(str(file(array()))))


def test_south_first_is_turned_and_longitudes_from_minus_180_begin_at_0(file):
    turned = array(LATITUDE[::-1], np.arange(-12, 12) * 15.0)
    assert turned.values[0, 0, 0] == pytest.approx(formula([0], [-90], [-180])[0, 0, 0])
    assert_is_the_formula(load_field(file(turned)))


def test_axes_in_another_order_and_other_names(file):
    other = array(dims=("time", "lat", "lon")).transpose("lon", "time", "lat")
    assert_is_the_formula(load_field(file(other)))


def test_y_and_x_in_degrees_are_a_grid_but_in_metres_they_are_not(file):
    names = array(dims=("time", "y", "x"))
    for dim in ("y", "x"):
        names[dim].attrs = {}
    assert_is_the_formula(load_field(file(names, "degrees.nc")))
    metres = names.assign_coords(y=names.y * 1e5)
    with pytest.raises(ValueError, match="t is not on a latitude–longitude grid: it has no coord"):
        load_field(file(metres, "metres.nc"))


def test_attributes_find_axes_whatever_their_names(file):
    assert_is_the_formula(load_field(file(array(dims=("when", "nord", "ost")))))


def test_a_column_that_is_stored_twice_is_read_once(file):
    assert_is_the_formula(load_field(file(array(longitude=np.arange(25) * 15.0))))
    twice = array(longitude=np.arange(-12, 13) * 15.0)
    assert_is_the_formula(load_field(file(twice, "from_minus_180.nc")))


def test_longitudes_just_below_zero_are_greenwich(file):
    nearly = LONGITUDE - 1e-7
    assert_is_the_formula(load_field(file(array(longitude=nearly))))


@pytest.mark.parametrize("start", [-30.0, 330.0])
def test_a_region_across_greenwich_stays_in_one_piece(file, start):
    west_to_east = np.mod(start + np.arange(5) * 15, 360)
    stored = np.sort(west_to_east) if start > 0 else start + np.arange(5) * 15
    field = load_field(file(array(longitude=stored)))
    assert field.longitude.tolist() == [330, 345, 360, 375, 390]
    assert_is_the_formula(field, longitude=np.array([330, 345, 360, 375, 390]))


def test_packed_numbers_are_unpacked(tmp_path):
    """int16 with scale_factor and add_offset, as the older ERA5 files; written without xarray."""
    counts = np.arange(-60, 60, dtype=np.int16).reshape(2, 5, 12)
    with netCDF4.Dataset(tmp_path / "packed.nc", "w", format="NETCDF3_CLASSIC") as out:
        for name, size in (("time", 2), ("latitude", 5), ("longitude", 12)):
            out.createDimension(name, size)
        time = out.createVariable("time", "i4", ("time",))
        time.units, time[:] = "hours since 1900-01-01 00:00:00.0", [1051896, 1051899]
        latitude = out.createVariable("latitude", "f4", ("latitude",))
        latitude.units, latitude[:] = "degrees_north", [90, 45, 0, -45, -90]
        longitude = out.createVariable("longitude", "f4", ("longitude",))
        longitude.units, longitude[:] = "degrees_east", np.arange(12) * 30
        packed = out.createVariable("z", "i2", ("time", "latitude", "longitude"), fill_value=-32767)
        packed.set_auto_scale(False)
        packed.scale_factor, packed.add_offset, packed.units = 0.5, 1000.0, "m**2 s**-2"
        packed[:] = counts
    field = load_field(tmp_path / "packed.nc")
    assert np.array_equal(field.values, 1000 + counts / 2)
    assert field.hours.tolist() == [0, 3] and field.units == "m**2 s**-2"
    assert str(field.time[0]).startswith("2020-01-01T00:00")


def test_a_zarr_store_is_read(tmp_path):
    array().to_dataset().to_zarr(tmp_path / "era5.zarr", consolidated=False)
    assert_is_the_formula(load_field(tmp_path / "era5.zarr"))


def test_what_xarray_has_opened_is_taken_too():
    assert_is_the_formula(load_field(array()))
    assert_is_the_formula(load_field(array().to_dataset()))


# -- choosing ------------------------------------------------------------------------------------


def test_a_level_is_chosen_by_its_value(file):
    field = load_field(file(levels()), select={"pressure_level": 850})
    assert np.allclose(field.values, formula(field.hours, LATITUDE, LONGITUDE) - 10, atol=1e-3)


def test_without_a_coordinate_it_is_chosen_by_its_index(file):
    path = file(levels().drop_vars("pressure_level"))
    field = load_field(path, select={"pressure_level": -1})
    assert np.allclose(field.values, formula(field.hours, LATITUDE, LONGITUDE) - 20, atol=1e-3)
    with pytest.raises(ValueError, match="choose it by an index from 0 to 2, not 850"):
        load_field(path, select={"pressure_level": 850})


def test_a_dimension_that_is_left_over_is_named_with_its_values(file):
    with pytest.raises(ValueError) as error:
        load_field(file(levels()))
    assert str(error.value) == (
        "load_field: t has one more dimension, pressure_level: 1000.0, 850.0, 500.0. "
        "Choose one: select={'pressure_level': 1000.0}."
    )


@pytest.mark.parametrize(
    ("select", "words"),
    [
        ({"pressure_level": 800}, r"pressure_level = 800 is not one place.*nearest is 850\.0"),
        ({"level": 850}, "no dimension 'level' .* valid_time, number, pressure_level besides"),
        ({"latitude": 0}, "no dimension 'latitude'"),
    ],
)
def test_a_choice_that_is_not_there_is_explained(file, select, words):
    with pytest.raises(ValueError, match=words):
        load_field(file(levels()), select=select)


def test_of_several_variables_one_is_chosen(file):
    path = file(xarray.Dataset({"t": array(), "u": array().assign_attrs(units="m s**-1")}))
    assert_is_the_formula(load_field(path, "t"))
    assert load_field(path, "u").units == "m s**-1"
    with pytest.raises(ValueError) as error:
        load_field(path)
    assert str(error.value) == (
        "load_field: era5.nc holds several variables: t (Temperature, K), u (Temperature, m s**-1)"
        ". Choose one: load_field(…, 't')."
    )
    with pytest.raises(ValueError, match="has no variable 'T'. It has t"):
        load_field(path, "T")


def test_bounds_and_the_like_are_not_taken_for_the_field(file):
    bounds = xarray.DataArray(np.zeros((13, 2)), dims=("latitude", "bnds"))
    assert_is_the_formula(load_field(file(xarray.Dataset({"t": array(), "lat_bnds": bounds}))))


@pytest.mark.parametrize(
    ("time", "hours"),
    [
        (0, [0]),
        (-1, [18]),
        ([0, 2], [0, 12]),
        (slice(1, 3), [6, 12]),
        ("2020-01-01T12", [12]),
        ("2020-01", [0, 6, 12, 18]),
        (slice("2020-01-01T06", "2020-01-01T12"), [6, 12]),
    ],
)
def test_times_are_chosen_by_index_or_by_date(file, time, hours):
    assert_is_the_formula(load_field(file(array()), time=time), hours=hours)


@pytest.mark.parametrize("time", [4, "2021", slice("2021", None), slice(9, 12), "noon"])
def test_a_time_that_is_not_there_is_explained(file, time):
    with pytest.raises(ValueError, match="is not in the file. It has 4 times, 2020-01-01T00"):
        load_field(file(array()), time=time)


def test_a_field_without_times_has_one(file):
    field = load_field(file(array()[0].drop_vars("valid_time")))
    assert field.values.shape == (1, 13, 24) and field.hours.tolist() == [0]
    assert repr(field) == "Field: t in K, 1 time, no date, 13×24 cells"
    with pytest.raises(ValueError, match="t has no dimension of time"):
        load_field(file(array()[0].drop_vars("valid_time"), "again.nc"), time=0)


def test_one_time_keeps_its_date(file):
    assert str(load_field(file(array()[2])).time[0]).startswith("2020-01-01T12:00")


def test_a_forecast_goes_along_its_steps():
    """As cfgrib gives it: a start, steps, and the dates at which they are valid."""
    steps = np.array([0, 6, 12, 18], "timedelta64[h]").astype("timedelta64[ns]")
    made = array().rename(valid_time="step").assign_coords(step=steps, time=TIMES[0])
    made = made.assign_coords(valid_time=("step", TIMES))
    field = load_field(made)
    assert_is_the_formula(field)
    assert str(field.time[1]).startswith("2020-01-01T06:00")


def test_lead_times_in_hours_and_the_calendar_of_a_model(file):
    lead = array().rename(valid_time="lead_time").assign_coords(lead_time=[0.0, 6, 12, 18])
    lead.lead_time.attrs["units"] = "hours"
    assert load_field(file(lead, "lead.nc")).hours.tolist() == [0, 6, 12, 18]
    model = array().assign_coords(valid_time=[0.0, 0.25, 0.5, 0.75])
    model.valid_time.attrs.update(units="days since 2001-02-28", calendar="360_day")
    field = load_field(file(model, "model.nc"))
    assert field.hours.tolist() == [0, 6, 12, 18] and "2001-02-28 06:00:00" in str(field.time[1])


def test_times_without_a_unit_stay_numbers():
    field = load_field(array().assign_coords(valid_time=[0.0, 1, 2, 3]))
    assert field.time.tolist() == [0, 1, 2, 3]
    with pytest.raises(ValueError, match="does not say in which unit"):
        field.hours
