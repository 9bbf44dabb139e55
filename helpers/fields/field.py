"""A variable on a latitude–longitude grid, and its means over larger cells."""

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True, eq=False, repr=False)
class Field:
    """One variable on a latitude–longitude grid at some times.

    `values`: float32 of shape (times, latitudes, longitudes), in `units`. `latitude` (degrees, from
    north to south) and `longitude` (degrees east, ascending, from 0 on) are the centres of the
    cells. `time` holds a date for each time where the file has dates. `name` is the variable's.
    """

    values: np.ndarray
    latitude: np.ndarray
    longitude: np.ndarray
    time: np.ndarray
    name: str = ""
    units: str = ""

    @property
    def hours(self):
        """The hours since the first time, an array with one number for each time."""
        since = self.time - self.time[0]
        if since.dtype.kind == "m":
            hours = since / np.timedelta64(1, "h")
            return np.where(np.isnat(since), 0.0, hours) if len(since) == 1 else hours
        if since.dtype.kind == "O":  # dates of other calendars, as climate models have
            return np.array([step.total_seconds() / 3600 for step in since])
        raise ValueError(
            f"hours: the times of {self.name} are plain numbers, and the file does not say in "
            "which unit. They are in .time."
        )

    def coarsened(self, rows=32, columns=64):
        """The same field on fewer and larger cells: means weighted by area. Returns a `Field`.

        The area that the field covers is divided into `rows` equal steps of latitude and `columns`
        of longitude; for a global field 32 and 64 give the course's grid of 5.625°. Each value is
        taken to hold in its cell, whose edges lie half way to the neighbours, and each new cell is
        the mean of the old ones in it: of each the part that lies inside, weighted by its area.
        Where whole cells fit, that is the mean weighted by cos(latitude). So it is also right for
        a grid that does not fit, like ERA5's 721×1440: its rows at the poles stand for half cells,
        and cells across a new edge are shared out. The mean over the area stays as it was.
        """
        for wanted, there, what in (
            (rows, len(self.latitude), "rows"),
            (columns, len(self.longitude), "columns"),
        ):
            if isinstance(wanted, bool) or not isinstance(wanted, (int, np.integer)):
                raise ValueError(f"coarsened: {what}={wanted!r} is not a whole number.")
            if not 1 <= wanted <= there:
                raise ValueError(
                    f"coarsened: {wanted} {what} can't be made of {there}; means make a field "
                    f"coarser, not finer. Use {what} from 1 to {there}."
                )
        north_south, latitude = _across(self.latitude, rows)
        west_east, longitude = _along(self.longitude, columns)
        means = [north_south @ values @ west_east.T for values in self.values]
        return replace(
            self, values=np.float32(means), latitude=latitude, longitude=longitude
        )

    def __repr__(self):
        times, rows, columns = self.values.shape
        when = f", {_short(self.time[0])}" if self.time.dtype.kind in "MO" else ""
        when += f" to {_short(self.time[-1])}" if when and times > 1 else ""
        units = f" in {self.units}" if self.units else ""
        plural = "" if times == 1 else "s"
        return f"Field: {self.name}{units}, {times} time{plural}{when}, {rows}×{columns} cells"


def _short(date):
    if isinstance(date, np.datetime64):
        date = "no date" if np.isnat(date) else date.astype("datetime64[m]")
    return str(date)


def _across(latitude, rows):
    """The weights of the old rows in the new ones, (rows, old), and the new latitudes."""
    edges = _edges(-latitude)  # ascending, from north to south
    steps = np.diff(-latitude)
    # The outermost cells end at the pole, wherever there is no room for another one before it.
    if edges[0] - steps[0] < -90:
        edges[0] = -90
    if edges[-1] + steps[-1] > 90:
        edges[-1] = 90
    wanted = np.linspace(edges[0], edges[-1], rows + 1)
    areas = _overlaps(edges, wanted, lambda y: np.sin(np.deg2rad(y)))
    return areas / areas.sum(axis=1, keepdims=True), -_middles(wanted)


def _along(longitude, columns):
    """The same for the columns, which close to a circle if the field goes round the globe."""
    if goes_round(longitude):
        edges = _edges(np.append(longitude, longitude[0] + 360))[:-1]
        edges[0] = edges[-1] - 360
        wanted = np.linspace(0, 360, columns + 1)
        turns = (-360, 0, 360)
    else:
        edges = _edges(longitude)
        wanted = np.linspace(edges[0], edges[-1], columns + 1)
        turns = (0,)
    widths = sum(_overlaps(edges + turn, wanted, lambda x: x) for turn in turns)
    return widths / widths.sum(axis=1, keepdims=True), _middles(wanted)


def goes_round(longitude):
    """Whether no column is missing between the last longitude and the first."""
    return longitude[0] + 360 - longitude[-1] < 1.5 * np.diff(longitude).max()


def _middles(edges):
    return (edges[:-1] + edges[1:]) / 2


def _edges(centres):
    """The edges of cells: half way between the centres; the outermost as far on the other side."""
    inner = _middles(centres)
    return np.concatenate([[2 * centres[0] - inner[0]], inner, [2 * centres[-1] - inner[-1]]])


def _overlaps(old, new, measure):
    """How much of each old cell lies in each new one: (new, old), in what `measure` integrates."""
    low = np.maximum(new[:-1, None], old[None, :-1])
    high = np.minimum(new[1:, None], old[None, 1:])
    return np.where(high > low, measure(high) - measure(low), 0.0)
