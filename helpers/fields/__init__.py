"""The participant's own weather: `load_field` reads one variable of a NetCDF, Zarr or GRIB file.

xarray and what it needs for a format are an optional extra; they are imported when a file is read.
"""

from helpers.fields.field import Field
from helpers.fields.load import load_field

__all__ = ["Field", "load_field"]
