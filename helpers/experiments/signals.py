"""How far a signal travels in the simulated weather between two times, in km and in cells."""

from dataclasses import dataclass

import numpy as np

from helpers.experiments.latitude_kernels import GRAVITY, RADIUS, coriolis
from helpers.shapes.table import html_table, text_table

BALANCED = 15  # degrees from the equator, where f is 0 and no such balance holds, and from the pole
_HEAD = (
    "latitude", "cell in km", "mean wind in m/s", "in cells", "strongest wind in m/s", "in cells",
    "gravity wave in cells",
)  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class SignalDistances:
    """How far signals travel in `hours`, by latitude, along a circle of latitude.

    latitude (L,): in degrees, from north to south. cell (L,): the width of a cell from west to
    east, in m; `cell_height`, from north to south, is the same everywhere. gravity_speed: √(g·H) in
    m/s, H being the mean depth of the air, `depth` in m. mean_wind and strongest_wind (L,): the
    speed of the geostrophic wind in m/s, nan within 15° of the equator and of the poles.
    """

    hours: float
    latitude: np.ndarray
    cell: np.ndarray
    cell_height: float
    depth: float
    gravity_speed: float
    mean_wind: np.ndarray
    strongest_wind: np.ndarray

    def distance(self, speed):
        """How far something of this speed (m/s, a number or an array) comes, in m."""
        return speed * self.hours * 3600

    def cells(self, speed):
        """The same in cells from west to east, at each latitude: (L,)."""
        return self.distance(speed) / self.cell

    def field(self, speed):
        """The odd number of cells that a network must see to reach what comes from there: (L,).

        2·⌈cells⌉ + 1: so many to either side, and the cell itself. As floats, for nan stays nan.
        """
        return 2 * np.ceil(self.cells(speed)) + 1

    def rows(self):
        """One row of texts for every second latitude."""
        speeds = self.mean_wind, self.strongest_wind, np.full(len(self.cell), self.gravity_speed)
        for i in range(0, len(self.latitude), 2):
            degrees = f"{abs(self.latitude[i]):.1f}° {'N' if self.latitude[i] > 0 else 'S'}"
            numbers = [f"{v[i]:.0f}|{self.cells(v)[i]:.1f}".replace("nan", "–") for v in speeds]
            mean, strongest, gravity = (number.split("|") for number in numbers)
            yield degrees, f"{self.cell[i] / 1000:.0f}", *mean, *strongest, gravity[1]

    @property
    def caption(self):
        """What the table shows."""
        return (
            f"How far signals come in {self.hours:g} h along a circle of latitude. Gravity waves "
            f"in {self.depth:,.0f} m of air: {self.gravity_speed:.0f} m/s, "
            f"{self.distance(self.gravity_speed) / 1000:,.0f} km, and from north to south "
            f"{self.distance(self.gravity_speed) / self.cell_height:.1f} cells everywhere"
        )

    def __repr__(self):
        return "\n".join([*text_table(_HEAD, self.rows(), numbers=6), self.caption])

    def _repr_html_(self):
        return html_table(self.caption, _HEAD, self.rows(), numbers=6)


def signal_distances(weather, hours=6):
    """How far gravity waves and the wind carry a signal in `hours`: `SignalDistances`.

    weather: `Weather`. Gravity waves that are long compared with the depth H travel at √(g·H)
    (Holton and Hakim, *An introduction to dynamic meteorology*, 5th edition, section 5.3). The wind
    is the geostrophic one, g/f times the gradient of the height (section 2.4), by differences over
    two cells: of runs, times and longitudes the mean and the strongest at each latitude; around
    a vortex it is an estimate only. Raises ValueError for hours that are not positive.
    """
    if not hours > 0:
        raise ValueError(f"signal_distances: hours={hours!r}. Use a positive number, such as 6.")
    latitude = weather.latitude
    angle = np.deg2rad(latitude)
    cell_height = RADIUS * np.deg2rad(abs(latitude[1] - latitude[0]))
    cell = cell_height * np.cos(angle)
    height = weather.height.astype(float)
    depth = float(np.average(height.mean((0, 1, 3)), weights=np.cos(angle)))
    speed = _geostrophic_speed(height, latitude, cell, cell_height)
    return SignalDistances(
        hours, latitude, cell, float(cell_height), depth, float(np.sqrt(GRAVITY * depth)),
        speed.mean((0, 1, 3)), speed.max((0, 1, 3)),
    )  # fmt: skip


def _geostrophic_speed(height, latitude, cell, cell_height):
    """(runs, times, latitudes, longitudes) in m/s; nan where there is no such balance."""
    north = -np.gradient(height, cell_height, axis=2)  # rows run southward
    east = (np.roll(height, -1, axis=3) - np.roll(height, 1, axis=3)) / (2 * cell[:, None])
    known = (abs(latitude) > BALANCED) & (abs(latitude) < 90 - BALANCED)
    factor = GRAVITY / np.where(known, coriolis(latitude), np.nan)
    return abs(factor)[:, None] * np.hypot(north, east)
