"""What `load_field` says where it can't read something, and which packages it wants."""

import re
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
import xarray

from helpers import load_field
from helpers.fields import opening
from tests.made_fields import array, assert_is_the_formula, file  # noqa: F401 (file is a fixture)

ROOT = Path(__file__).resolve().parent.parent


def test_missing_values_are_counted_or_filled(file):
    holes = array()
    holes[:, 3:5, 7] = np.nan
    path = file(holes)
    with pytest.raises(ValueError, match=r"t has NaN or infinity in 8 of 1,248 values"):
        load_field(path)
    filled = load_field(path, fill=273.15)
    assert np.allclose(filled.values[:, 3:5, 7], 273.15) and np.isfinite(filled.values).all()


def test_points_and_curved_grids_are_named_as_such():
    points = xarray.DataArray(
        np.zeros(9), dims="cell", name="t",
        coords={"lat": ("cell", np.arange(9.0)), "lon": ("cell", np.arange(9.0))},
    )
    with pytest.raises(ValueError, match="latitude and longitude share the dimension cell"):
        load_field(points)
    curved = xarray.DataArray(
        np.zeros((3, 4)), dims=("y", "x"), name="t",
        coords={"lat": (("y", "x"), np.zeros((3, 4))), "lon": (("y", "x"), np.zeros((3, 4)))},
    )
    with pytest.raises(ValueError, match=r"latitude depends on \(y, x\), as on a curved"):
        load_field(curved)


def test_latitudes_out_of_order_are_refused():
    with pytest.raises(ValueError, match="do not run from one side to the other"):
        load_field(array()[:, [0, 2, 1, 3]])


def test_a_missing_file_is_named_with_the_ones_like_it(file, tmp_path):
    file(array())
    with pytest.raises(FileNotFoundError, match="no file 'era-5.nc' in .* Did you mean 'era5.nc'?"):
        load_field(tmp_path / "era-5.nc")
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        load_field(tmp_path / "nowhere" / "era5.nc")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04 and so on", "is a ZIP archive, whatever its name says"),
        (b"\x89PNG\r\n", "is neither NetCDF nor GRIB nor Zarr.*load_image"),
        (b"", "is neither NetCDF"),
        (b"\x89HDF\r\n\x1a\n and nothing", "is NetCDF-4, but netcdf4 can't read it"),
    ],
)
def test_a_file_of_another_kind_is_explained(tmp_path, content, words):
    (tmp_path / "download.nc").write_bytes(content)
    with pytest.raises(ValueError, match=words):
        load_field(tmp_path / "download.nc")


def test_a_folder_an_address_and_a_number_are_explained(file, tmp_path):
    file(array())
    with pytest.raises(ValueError, match="is a folder, not a Zarr store. Name one .* 'era5.nc'"):
        load_field(tmp_path)
    with pytest.raises(ValueError, match="stays off the network"):
        load_field("gs://bucket/era5.zarr")
    with pytest.raises(TypeError, match="a int is not a field"):
        load_field(3)


def without(monkeypatch, *missing):
    """Make these packages impossible to import."""
    for name in missing:
        monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        (["xarray"], "xarray is not installed. `pip install xarray netcdf4` brings them"),
        (["netCDF4", "h5netcdf"], "netCDF4 is not installed. `pip install xarray netcdf4`"),
    ],
)
def test_a_missing_package_is_named(file, monkeypatch, missing, words):
    path = file(array())
    without(monkeypatch, *missing)
    with pytest.raises(ModuleNotFoundError, match=re.escape(words)):
        load_field(path)


def test_grib_without_its_package_says_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "era5.grib").write_bytes(b"GRIB and so on")
    without(monkeypatch, "cfgrib")
    with pytest.raises(ModuleNotFoundError, match="GRIB is read .* `pip install xarray cfgrib`"):
        load_field(tmp_path / "era5.grib")


def test_grib_goes_to_cfgrib_and_leaves_no_index_beside_the_file(tmp_path, monkeypatch):
    (tmp_path / "download.nc").write_bytes(b"GRIB and so on")  # the name does not matter
    asked = {}

    def open_dataset(path, **options):
        asked.update(options, path=path)
        return array().to_dataset()

    monkeypatch.setitem(sys.modules, "cfgrib", sys)
    monkeypatch.setattr(xarray, "open_dataset", open_dataset)
    assert_is_the_formula(load_field(tmp_path / "download.nc"))
    assert asked["engine"] == "cfgrib" and asked["backend_kwargs"] == {"indexpath": ""}


def test_another_engine_is_taken_where_it_is_there(monkeypatch):
    without(monkeypatch, "netCDF4")
    monkeypatch.setitem(sys.modules, "h5netcdf", sys)
    assert opening._engine("NetCDF-4") == "h5netcdf"


def test_the_tests_have_the_packages_of_the_extra():
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    extra = pyproject["project"]["optional-dependencies"]["fields"]
    assert set(extra) <= set(pyproject["dependency-groups"]["dev"])
    assert {re.match(r"\w+", item).group() for item in extra} == {"xarray", "netcdf4", "zarr"}
