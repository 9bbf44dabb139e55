"""What ForecastExplorer is given: read, checked, packed for the page, and measured."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from helpers.widgets.base import SettingError, is_int, numbers

PERSISTENCE = "persistence"
PARTS = ("forecasts", "truth", "hours", "latitude", "longitude", "shifts", "unit")
_MOST_NETWORKS, _MOST_BYTES = 4, 4_000_000
_LEVELS = 2**16 - 1


@dataclass(frozen=True, eq=False, repr=False)
class Forecasts:
    """Forecasts that belong together, every map rounded to what the page gets: float64, read-only.

    forecasts: name → (S, T, H, W); truth: (T, H, W); hours (T,); latitude (H,); longitude (W,); shifts: S ints.
    """

    forecasts: dict
    truth: np.ndarray
    hours: np.ndarray
    latitude: np.ndarray
    longitude: np.ndarray
    shifts: tuple
    unit: str
    packed: dict

    @property
    def names(self):
        """The networks and persistence, which changes nothing."""
        return [*self.forecasts, PERSISTENCE]

    def errors(self, name, shift):
        """(T, H, W): forecast − truth, the globe as it lies in the arrays."""
        return self.maps(name, shift) - self.truth

    def maps(self, name, shift):
        """(T, H, W): what a network, or persistence, says of all times."""
        if name == PERSISTENCE:
            return np.broadcast_to(self.truth[:1], self.truth.shape)
        return self.forecasts[name][self.shifts.index(shift)]


def read(forecasts, truth=None, hours=None, latitude=None, longitude=None, shifts=None, unit=""):
    """Forecasts, from arrays or from one object that has them as attributes. Raises SettingError."""
    networks = _named(forecasts)
    if truth is None:
        raise SettingError(
            "ForecastExplorer: truth is missing, the array (times, H, W) that the forecasts are compared with. "
            "Give ForecastExplorer(forecasts, truth)."
        )
    truth = _array(truth, "truth", (3,), "3 dimensions (times, H, W)")
    times, height, width = truth.shape
    if times < 2 or height < 2 or width < 4:
        raise SettingError(
            f"ForecastExplorer.truth: at least 2 times (the start is the first), 2 latitudes and 4 longitudes; got "
            f"the shape {truth.shape}."
        )
    shifts = _shifts(shifts, width)
    arrays = {name: _forecast(array, name, truth, shifts) for name, array in networks.items()}
    count = (len(arrays) * len(shifts) + 1) * times
    if (size := count * (2 * height * width + 16)) > _MOST_BYTES:
        raise SettingError(
            f"ForecastExplorer: {count} maps of {height}×{width} are {size / 1e6:.1f} MB, and at most "
            f"{_MOST_BYTES / 1e6:g} MB travel to the page. Leave out shifts or times, such as every second one."
        )
    axes = _axes(hours, latitude, longitude, truth.shape)
    stack = np.concatenate([array.reshape(-1, height, width) for array in (*arrays.values(), truth)])
    packed, rounded = _pack(stack)
    ends = np.cumsum([len(shifts) * times] * len(arrays))
    parts = np.split(rounded, ends)
    found = Forecasts(
        {name: part.reshape(len(shifts), times, height, width) for name, part in zip(arrays, parts)}, parts[-1],
        *axes, shifts, str(unit), packed,
    )  # fmt: skip
    packed |= {
        "names": list(arrays), "shifts": list(shifts), "unit": found.unit,
        "hours": axes[0].tolist(), "latitude": axes[1].tolist(), "longitude": axes[2].tolist(), **_scales(found),
    }  # fmt: skip
    return found


def _named(forecasts):
    if not isinstance(forecasts, Mapping):
        raise SettingError(
            "ForecastExplorer: expected a dict from networks' names to arrays (shifts, times, H, W), or an object "
            f"with the attributes {', '.join(PARTS)}; got a {type(forecasts).__name__}."
        )
    if not 1 <= len(forecasts) <= _MOST_NETWORKS:
        raise SettingError(f"ForecastExplorer: 1 to {_MOST_NETWORKS} networks can be compared, got {len(forecasts)}.")
    named = {str(name): array for name, array in forecasts.items()}
    if PERSISTENCE in named:
        raise SettingError(
            f"ForecastExplorer: {PERSISTENCE!r} is the forecast that nothing changes, which is always there. Give the "
            "network another name."
        )
    return named


def _array(value, name, ndim, dimensions):
    try:
        return numbers(value, f"ForecastExplorer.{name}", ndim, dimensions)
    except SettingError as error:
        if "must be finite" not in str(error):
            raise
        raise SettingError(
            f"{error} Where a rollout explodes, leave out the times from there on, in all arrays: [..., :5, :, :]."
        ) from None


def _forecast(array, name, truth, shifts):
    array = _array(array, f"forecasts[{name!r}]", (3, 4), "(times, H, W) or (shifts, times, H, W)")
    array = array[None] if array.ndim == 3 else array
    if array.shape != (len(shifts), *truth.shape):
        raise SettingError(
            f"ForecastExplorer.forecasts[{name!r}]: {len(shifts)} shift{'s' * (len(shifts) > 1)} and a truth of "
            f"{truth.shape} make (shifts, times, H, W) = {(len(shifts), *truth.shape)}, got {array.shape}."
        )
    away = np.abs(array[:, 0] - truth[0]).max()
    if away > 0.05 * np.abs(truth[0]).max():
        raise SettingError(
            f"ForecastExplorer.forecasts[{name!r}]: the first time is the start, which is known, but it differs from "
            f"truth[0] by up to {away:.3g}. Put truth[0] before the forecasts, and roll them back by their shift."
        )
    return array


def _shifts(shifts, width):
    shifts = (0,) if shifts is None else tuple(np.ravel(shifts).tolist())
    if not shifts or not all(map(is_int, shifts)) or len({by % width for by in shifts}) < len(shifts):
        raise SettingError(
            f"ForecastExplorer.shifts: expected whole numbers of cells eastward, all different around the {width} "
            f"cells, such as range(0, {width}, 4); got {shifts}."
        )
    return shifts


def _axes(hours, latitude, longitude, shape):
    times, height, width = shape
    step = 180 / height
    given = {
        "hours": (range(times) if hours is None else hours, times, "times"),
        "latitude": (90 - step * (np.arange(height) + 0.5) if latitude is None else latitude, height, "rows"),
        "longitude": (360 / width * np.arange(width) if longitude is None else longitude, width, "columns"),
    }
    axes = []
    for name, (values, count, what) in given.items():
        array = numbers(values, f"ForecastExplorer.{name}", (1,), f"1 dimension ({what},)")
        if len(array) != count:
            raise SettingError(f"ForecastExplorer.{name}: truth has {count} {what}, got {len(array)} numbers.")
        axes.append(array)
    hours, latitude, longitude = axes
    if (np.diff(hours) <= 0).any():
        raise SettingError(f"ForecastExplorer.hours: lead times grow from the start on, got {hours.tolist()}.")
    if (np.diff(latitude) >= 0).any() or np.abs(latitude).max() > 90:
        raise SettingError(
            f"ForecastExplorer.latitude: degrees from north to south, from 90 down to −90; got {latitude[0]:g} to "
            f"{latitude[-1]:g}. Flip it and the rows of all maps: latitude[::-1], truth[:, ::-1], …"
        )
    if not np.allclose(np.diff(longitude), 360 / width, atol=0.02 * 360 / width):
        raise SettingError(
            f"ForecastExplorer.longitude: {width} columns all around the globe are {360 / width:g}° apart, from west "
            f"to east; got {longitude[0]:g} to {longitude[-1]:g}."
        )
    return axes


def _pack(maps):
    """(what travels, the same maps as the page has them): 2 bytes a number, from each map's least to its greatest."""
    least, greatest = (end(maps, axis=(1, 2), keepdims=True) for end in (np.min, np.max))
    step = (greatest - least) / _LEVELS
    codes = np.rint((maps - least) / np.where(step > 0, step, 1)).astype(np.uint16)
    rounded = least + step * codes
    rounded.flags.writeable = False
    packed = {
        "data": memoryview(codes.reshape(-1)).cast("B"),
        "least": memoryview(least.reshape(-1).copy()).cast("B"),
        "step": memoryview(step.reshape(-1).copy()).cast("B"),
    }
    return packed, rounded


def weights(latitude):
    """(H,): how much of the sphere lies at each latitude."""
    return np.cos(np.radians(latitude)).clip(0)


def by_lead(errors, latitude):
    """(…, H, W) → (…): the root of the mean square error over the sphere."""
    return np.sqrt(np.average((errors**2).mean(-1), axis=-1, weights=weights(latitude)))


def by_longitude(errors, latitude):
    """(…, H, W) → (…, W)."""
    return np.sqrt(np.average(errors**2, axis=-2, weights=weights(latitude)))


def by_latitude(errors):
    """(…, H, W) → (…, H)."""
    return np.sqrt((errors**2).mean(-1))


def _scales(found):
    """Ends of the colours and of the charts: the same for all networks, times and shifts, so that growth is seen."""
    networks = [found.errors(name, shift) for name in found.forecasts for shift in found.shifts]
    nothing = found.errors(PERSISTENCE, None)
    field = float(np.abs(found.truth).max()) or 1.0
    # what a network does in a few cells, or when it explodes, would take the colours from all others
    usual = max(float(np.quantile(np.abs(errors), 0.995)) for errors in networks)
    tops = {}
    for kind, measure in (
        ("lead", lambda e: by_lead(e, found.latitude)), ("longitude", lambda e: by_longitude(e, found.latitude)),
        ("latitude", by_latitude),
    ):  # fmt: skip
        bar = float(measure(nothing).max())
        most = max(bar, *(float(measure(errors).max()) for errors in networks))
        tops[kind] = 1.04 * (min(most, 2.5 * bar) if bar else most) or field  # room for the line's width
    # rounding alone is no error worth a colour
    error = min(max(usual, 1e-3 * field), field)
    return {"field": _round_up(field), "error": _round_up(error), "tops": tops}


def _round_up(value):
    """The least of 1, 1.5, 2, 3, 4, 5, 6, 8, 10 times a power of ten that is not below."""
    power = 10.0 ** np.floor(np.log10(value))
    ends = [step * power for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10)]
    return next(float(f"{end:.6g}") for end in ends if end >= 0.999 * value)
