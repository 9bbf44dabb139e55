"""`load_field`: one variable of a file, on one level, as arrays that the course's networks take."""

import difflib

import numpy as np

from helpers.fields.axes import along_time, eastward, horizontal, north_first
from helpers.fields.field import Field
from helpers.fields.opening import open_dataset

_MOST = 500_000_000  # values that are read into memory: 2 GB
_AT_ONCE = 20_000_000  # while they are coarsened
_SECONDS = {"second": 1, "minute": 60, "h": 3600, "hour": 3600, "day": 86400}


def load_field(path, variable=None, *, select=None, time=None, grid=None, fill=None):
    """One variable of your own NetCDF, Zarr or GRIB file, on a latitude–longitude grid: a `Field`.

    Parameters
    ----------
    path
        The name of a file, or of the folder of a Zarr store; or a Dataset or DataArray that
        xarray has opened already.
    variable
        Its name in the file; may be left out if there is only one on a latitude–longitude grid.
    select
        What to take along each other dimension, for example `{"pressure_level": 500}`: a value of
        the dimension's coordinate, or the index where it has none.
    time
        Which times; all, if left out. An index (0 the first, -1 the last), a list or `slice` of
        them, a date ("2020-01-05", "2020-01"), or a `slice` of dates, its end included.
    grid
        (rows, columns): coarsen each time while it is read, as `Field.coarsened` does. For files
        that would not fit into memory.
    fill
        The number to put where a value is missing, for example at sea or on land.

    The field has `.values`, float32 of shape (times, latitudes, longitudes), north first and
    longitudes ascending from 0; `.latitude`, `.longitude`, `.time`, `.hours`, `.name`, `.units`,
    and `.coarsened(32, 64)`, the course's grid. A region across 0° stays in one piece: its
    longitudes end above 360. A column that is stored twice, at 0 and 360, is read once.

    Raises FileNotFoundError where there is no such file, ModuleNotFoundError where a package is
    missing, TypeError for what can't be a file, and ValueError for all else, with a repair.
    """
    name, opened = open_dataset(path)
    with opened as dataset:
        array = _variable(dataset, variable, name)
        axes = horizontal(array)
        if isinstance(axes, str):
            what = f"{array.name} is not on a latitude–longitude grid"
            raise ValueError(f"load_field: {what}: {axes}.")
        latitude, longitude = axes
        here = latitude.dims[0], longitude.dims[0]
        for dimension, wanted in (select or {}).items():
            array = _selected(array, dimension, wanted, here)
        array, times = _at_times(array, time, here)
        rows = north_first(np.float64(latitude.values))
        columns, degrees = eastward(np.float64(longitude.values))
        field = Field(
            np.empty((0, latitude.size, len(degrees)), np.float32),
            np.float64(latitude.values)[rows],
            degrees,
            times,
            str(array.name),
            str(array.attrs.get("units", "")),
        )
        return _read(array, field, (rows, columns), grid, fill)


def _variable(dataset, wanted, name):
    """The array of that name, or the only one that has latitudes and longitudes."""
    fields = [key for key, array in dataset.data_vars.items() if _is_field(array)]
    if wanted is not None:
        if wanted in dataset.data_vars:
            return dataset[wanted]
        close = difflib.get_close_matches(str(wanted), map(str, dataset.data_vars), n=1)
        repair = f"Did you mean {close[0]!r}?" if close else f"It has {_list(dataset, fields)}."
        raise ValueError(f"load_field: {name} has no variable {wanted!r}. {repair}")
    if len(fields) == 1:
        return dataset[fields[0]]
    if fields:
        raise ValueError(
            f"load_field: {name} holds several variables: {_list(dataset, fields)}. Choose one: "
            f"load_field(…, {str(fields[0])!r})."
        )
    if len(dataset.data_vars) == 1:
        return next(iter(dataset.data_vars.values()))  # whose grid will be explained
    others = ", ".join(map(str, dataset.data_vars)) or "none"
    raise ValueError(
        f"load_field: {name} has no variable on a latitude–longitude grid. Its variables: {others}."
    )


def _is_field(array):
    return array.dtype.kind in "fiub" and not isinstance(horizontal(array), str)


def _list(dataset, names):
    def described(key):
        attributes = dataset[key].attrs
        words = [attributes.get("long_name", ""), attributes.get("units", "")]
        return f"{key} ({', '.join(filter(None, words))})" if any(words) else str(key)

    return ", ".join(described(key) for key in names or dataset.data_vars)


def _selected(array, dimension, wanted, here):
    """The array at one place of a dimension."""
    others = [str(d) for d in array.dims if d not in here]
    if dimension not in others:
        raise ValueError(
            f"load_field: select has no dimension {dimension!r} to choose from. {array.name} has "
            f"{', '.join(others) or 'none'} besides latitude and longitude."
        )
    size = array.sizes[dimension]
    if dimension not in array.coords:
        if not isinstance(wanted, (int, np.integer)) or not -size <= wanted < size:
            raise ValueError(
                f"load_field: {dimension} has no coordinate, so choose it by an index from 0 to "
                f"{size - 1}, not {wanted!r}."
            )
        return array.isel({dimension: int(wanted)})
    values = array[dimension].values
    numbers = values.dtype.kind in "fiu" and isinstance(wanted, (int, float, np.number))
    if numbers:
        found = np.flatnonzero(np.isclose(values, wanted, rtol=1e-6))
        places = int(found[0]) if len(found) == 1 else None
    else:
        try:
            places = array.get_index(dimension).get_loc(wanted)
        except (KeyError, TypeError, ValueError):
            places = None
    if not isinstance(places, (int, np.integer)):
        nearest = f" The nearest is {values[np.abs(values - wanted).argmin()]}." if numbers else ""
        raise ValueError(
            f"load_field: {dimension} = {wanted!r} is not one place. There are "
            f"{_some(values)}.{nearest}"
        )
    return array.isel({dimension: places})


def _some(values):
    texts = [str(value) for value in values[:12]]
    return ", ".join(texts) + (f", … {values[-1]}" if len(values) > 12 else "")


def _at_times(array, wanted, here):
    """The array as (time, latitude, longitude) at the wanted times, and these times."""
    dimension, times = along_time(array, here)
    for other in [d for d in array.dims if d not in (*here, dimension)]:
        if array.sizes[other] > 1:
            values = array[other].values if other in array.coords else range(array.sizes[other])
            raise ValueError(
                f"load_field: {array.name} has one more dimension, {other}: {_some(values)}. "
                f"Choose one: select={{{str(other)!r}: {values[0]}}}."
            )
        array = array.isel({other: 0})
    if dimension is None:
        if wanted is not None:
            raise ValueError(
                f"load_field: {array.name} has no dimension of time to choose from. Leave time out."
            )
        times = np.array(["NaT"], "datetime64[s]") if times is None else times.values.reshape(1)
        return array.expand_dims("time").transpose("time", *here), times
    if times is not None and times.name != dimension:
        array = array.swap_dims({dimension: times.name})
        dimension = times.name
    if wanted is not None:
        array = _chosen(array, dimension, wanted)
    if dimension not in array.coords:
        return array.transpose(dimension, *here), np.arange(array.sizes[dimension])
    times = array[dimension].values
    unit = _SECONDS.get(str(array[dimension].attrs.get("units", "")).rstrip("s"))
    if unit and times.dtype.kind in "fiu":  # a lead time in hours, say
        times = np.round(times * unit).astype("timedelta64[s]")
    return array.transpose(dimension, *here), times


def _chosen(array, dimension, wanted):
    size = array.sizes[dimension]
    ends = [wanted.start, wanted.stop] if isinstance(wanted, slice) else np.ravel(wanted).tolist()
    by_index = all(end is None or isinstance(end, int) for end in ends)
    try:
        chosen = array.isel({dimension: wanted}) if by_index else array.sel({dimension: wanted})
    except (IndexError, KeyError, TypeError, ValueError) as error:
        chosen, cause = None, error
    else:
        cause = None
        if dimension not in chosen.dims:
            chosen = chosen.expand_dims(dimension)
    if chosen is None or not chosen.sizes[dimension]:
        dates = f", {_some(array[dimension].values)}" if dimension in array.coords else ""
        raise ValueError(
            f"load_field: time={wanted!r} is not in the file. It has {size} times{dates}. "
            'Use an index, a date such as "2020-01-05", or a slice of these.'
        ) from cause
    return chosen


def _read(array, field, order, grid, fill):
    """The field with its values, read piece by piece if they are coarsened on the way."""
    times, rows, columns = array.shape
    if grid is None and array.size > _MOST:
        raise ValueError(
            f"load_field: {times} times of {rows}×{columns} values are {4 * array.size / 1e9:.1f} "
            "GB in memory. Choose some: time=slice(0, 100); or coarsen them while they are read: "
            "grid=(32, 64)."
        )
    step = times if grid is None else max(1, _AT_ONCE // (rows * columns))
    parts = []
    for start in range(0, times, step):
        values = _numbers(array.isel({array.dims[0]: slice(start, start + step)}), fill)
        values = np.ascontiguousarray(values[:, order[0]][:, :, order[1]])
        part = Field(values, field.latitude, field.longitude, field.time, field.name, field.units)
        parts.append(part if grid is None else part.coarsened(*grid))
    last = parts[-1]
    values = np.concatenate([part.values for part in parts]) if len(parts) > 1 else last.values
    return Field(values, last.latitude, last.longitude, field.time, field.name, field.units)


def _numbers(array, fill):
    if array.dtype.kind not in "fiub":
        raise ValueError(f"load_field: {array.name} holds {array.dtype}, not numbers.")
    values = np.array(array.values, np.float32)
    missing = ~np.isfinite(values)
    if missing.any():
        if fill is None:
            raise ValueError(
                f"load_field: {array.name} has NaN or infinity in {np.count_nonzero(missing):,} of "
                f"{values.size:,} values, for example where there is no sea. A network would give "
                "nothing but NaN. Say what to put there: fill=0, or a typical value."
            )
        values[missing] = fill
    return values
