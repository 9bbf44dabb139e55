"""Which dimension of an array is which: by CF attributes first, then by the usual names."""

import numpy as np

_UNITS = {
    "latitude": {"degrees_north", "degree_north", "degree_N", "degrees_N", "degreeN", "degreesN"},
    "longitude": {"degrees_east", "degree_east", "degree_E", "degrees_E", "degreeE", "degreesE"},
}
_NAMES = {
    "latitude": {"latitude", "lat", "lats", "nav_lat"},
    "longitude": {"longitude", "lon", "long", "lons", "nav_lon"},
}
_SHORT = {"latitude": "y", "longitude": "x"}
_LARGEST = {"latitude": 90, "longitude": 360}
_TIMES = {"valid_time", "time", "t", "date", "step", "lead_time", "forecast_time"}
_REMAP = (
    "Interpolate it to a latitude–longitude grid first, for example with `cdo remapbil,r360x180`"
)


def is_axis(coordinate, kind):
    """Whether a coordinate holds the latitudes (or longitudes, or times) of something."""
    if kind == "time":
        dates = coordinate.dtype.kind in "mM" or "calendar" in coordinate.encoding
        standard = coordinate.attrs.get("standard_name") in ("time", "forecast_period")
        return dates or standard or str(coordinate.name).lower() in _TIMES
    standard = coordinate.attrs.get("standard_name")
    units = coordinate.attrs.get("units")
    if standard == kind or units in _UNITS[kind]:
        return True
    if standard or coordinate.dtype.kind not in "fiu":
        return False
    name = str(coordinate.name).lower()
    if name == _SHORT[kind]:  # or the metres of a map projection
        degrees = units in (None, "", "1", "degree", "degrees")
        return degrees and coordinate.size and abs(coordinate).max() <= _LARGEST[kind]
    return name in _NAMES[kind]


def horizontal(array):
    """The coordinates of latitude and longitude of an array, each along a dimension of its own.

    Returns (latitude, longitude), or a sentence that says why there are none.
    """
    found = {}
    for kind in ("latitude", "longitude"):
        coordinates = [c for c in array.coords.values() if c.ndim and is_axis(c, kind)]
        lines = [c for c in coordinates if c.ndim == 1 and c.dims[0] in array.dims]
        if not lines and coordinates:
            dims = ", ".join(map(str, coordinates[0].dims))
            return f"its {kind} depends on ({dims}), as on a curved or projected grid. {_REMAP}"
        if not lines:
            dims = ", ".join(f"{name} ({size})" for name, size in array.sizes.items())
            return f"it has no coordinate of {kind}; its dimensions are {dims or 'none'}"
        found[kind] = next((c for c in lines if c.name in array.dims), lines[0])
    latitude, longitude = found.values()
    if latitude.dims == longitude.dims:
        return (
            f"latitude and longitude share the dimension {latitude.dims[0]}: a list of points, as "
            f"on a reduced or unstructured grid. {_REMAP}"
        )
    if min(latitude.size, longitude.size) < 2:
        return f"it has {latitude.size}×{longitude.size} points; at least 2×2 are needed"
    return latitude, longitude


def along_time(array, others):
    """The dimension of time, or None, and a coordinate that holds the times, or None."""
    coordinates = [c for c in array.coords.values() if is_axis(c, "time")]
    lines = [c for c in coordinates if c.ndim == 1 and c.dims[0] not in others]
    if lines:
        best = max(lines, key=_better)
        return best.dims[0], best
    dimension = next((d for d in array.dims if str(d).lower() in _TIMES and d not in others), None)
    points = [c for c in coordinates if not c.ndim and dimension is None]
    return dimension, max(points, key=_better, default=None)


def _better(coordinate):
    return coordinate.size > 1, coordinate.dtype.kind == "M", coordinate.name == "valid_time"


def north_first(latitude):
    """The order of rows that begins in the north."""
    steps = np.diff(latitude)
    if not ((steps > 0).all() or (steps < 0).all()) or np.abs(latitude).max() > 90.001:
        raise ValueError(
            "load_field: the latitudes do not run from one side to the other between −90 and 90: "
            f"{', '.join(f'{v:g}' for v in latitude[:4])}, … Is it a latitude–longitude grid?"
        )
    return slice(None) if steps[0] < 0 else slice(None, None, -1)


def eastward(longitude):
    """The order of columns that goes east, each place once, and their longitudes.

    They begin at 0 or after it. A region across 0° stays in one piece: it ends above 360.
    """
    degrees = np.mod(longitude, 360)
    degrees[360 - degrees < 1e-4] = 0  # −0.000001 is Greenwich, too
    order = np.argsort(degrees, kind="stable")
    again = np.diff(degrees[order], prepend=-1) < 1e-4  # 0 and 360, or −180 and 180
    order = order[~again]
    degrees = degrees[order]
    gaps = np.diff(degrees, append=degrees[0] + 360)
    widest = int(gaps.argmax())
    if widest < len(gaps) - 1 and gaps[widest] > 1.5 * np.median(gaps):
        first = widest + 1
        order = np.roll(order, -first)
        degrees = np.concatenate([degrees[first:], degrees[:first] + 360])
    return order, degrees
