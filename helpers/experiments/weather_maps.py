"""The weather as a network reads it: channels of about the size of 1, on the whole globe."""

import numpy as np

METRES, PER_SECOND = 600.0, 3e-5  # what makes heights and vorticities about as large as 1
MIDDLE = 9700.0  # m
STEP = 6  # hours between two stored times


def sine_of_latitude(weather):
    """(H, 1): by it the planet's rotation turns the wind; 1 at the north pole, −1 at the south pole."""
    return np.sin(np.deg2rad(weather.latitude))[:, None]


def weather_states(weather):
    """Height, vorticity and sine of the latitude: (runs, times, 3, H, W) float32.

    The height less 9700 m in units of 600 m, the vorticity in units of 3·10⁻⁵ 1/s.
    """
    height = (weather.height - MIDDLE) / METRES
    maps = np.broadcast_arrays(height, weather.vorticity / PER_SECOND, sine_of_latitude(weather))
    return np.float32(np.stack(maps, axis=2))


def steps_of(hours, weather, caller):
    """How many stored times lie in so many hours."""
    steps, rest = divmod(hours, STEP)
    times = len(weather.hours)
    if rest or not 1 <= steps < times:
        raise ValueError(
            f"{caller}: hours={hours!r}. Use a multiple of {STEP}, {STEP} to {STEP * (times - 1)}."
        )
    return steps


def area_weights(latitude):
    """(H, 1), the area of a cell as a multiple of the mean: cos(latitude) over its mean."""
    area = np.cos(np.deg2rad(np.asarray(latitude, dtype=float)))[:, None]
    return area / area.mean()


def weighted_rmse(error, latitude, axis=None):
    """√(mean of the squared error, weighted with the area of the cells); error (…, H, W).

    A cell at 60° has half the area of one at the equator, so it counts half: the weights are
    cos(latitude), divided by their mean (Rasp et al. 2020, *WeatherBench*, arXiv:2002.00469).
    axis: over which the mean is taken; by default all. latitude: (H,) in degrees. Raises
    ValueError if it has not one value for each row.
    """
    error = np.asarray(error, dtype=float)
    if error.ndim < 2 or error.shape[-2] != len(latitude):
        raise ValueError(
            f"weighted_rmse: an error of shape {error.shape} has its latitudes along the last axis but "
            f"one, and {len(latitude)} latitudes were given. Use (…, {len(latitude)}, W)."
        )
    return np.sqrt((area_weights(latitude) * error**2).mean(axis))
