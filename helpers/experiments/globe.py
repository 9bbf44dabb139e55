"""Forecasts for the whole globe: a U-Net with zeros or with the other side beyond the edge of the map."""

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn

from helpers.experiments.trained import Trained, learn, scores
from helpers.experiments.weather_maps import (
    PER_SECOND,
    STEP,
    area_weights,
    steps_of,
    weather_states,
    weighted_rmse,
)
from helpers.models import ConvLSTM, UNet, count_parameters
from helpers.training import History

BATCH = 8
POLES = "replicate"  # beyond the first and the last latitude


def globe_pairs(weather, hours=12, past=1):
    """What a network gets and what it is asked for, all runs and times: x and y, float32.

    weather: `Weather`. x (N, 3, H, W): the state as in `weather_states`; with past > 1
    (N, past, 3, H, W): so many states, 6 hours apart, the last one now. y (N, 2, H, W): the change of height
    and vorticity in `hours`, in the same units. Raises ValueError for hours that are no multiple of
    6, and where a run has too few times.
    """
    steps = steps_of(hours, weather, "globe_pairs")
    states = weather_states(weather)
    last = states.shape[1] - steps
    if not 1 <= past <= last:
        raise ValueError(f"globe_pairs: past={past!r}. A run has room for 1 to {last} before {hours} h.")
    x = states[:, past - 1 : last]
    y = states[:, past - 1 + steps :, :2] - x[:, :, :2]
    if past > 1:
        x = np.stack([states[:, n : last - past + 1 + n] for n in range(past)], axis=2)
    return x.reshape(-1, *x.shape[2:]), y.reshape(-1, *y.shape[2:])


@dataclass(eq=False, repr=False)
class Forecaster(Trained):
    """A network that knows the weather some hours ahead: it adds to the state the change that it sees.

    model: the network; hours: how far it looks; history: its `History`. error: root mean square
    error of the vorticity on the runs of `test`, weighted with the area, as a share of that of “nothing
    changes”, after each epoch.
    """

    model: nn.Module
    hours: int = 12
    history: History = field(default_factory=History)
    error: list = field(default_factory=list)

    def __len__(self):
        return len(self.error)

    def step(self, states):
        """States (N, 3, H, W) `hours` later: what is forecast is added, the latitude stays."""
        states = np.asarray(states, dtype=np.float32)
        later = states.copy()
        later[:, :2] += scores(self.model, states)
        return later

    def rollout(self, states, steps):
        """Forecasts fed back: (N, 3, H, W) -> (N, steps + 1, 3, H, W), the given states first."""
        states = [np.asarray(states, dtype=np.float32)]
        for _ in range(steps):
            states.append(self.step(states[-1]))
        return np.stack(states, axis=1)

    def plot(self, epochs=None):
        """The training loss and the error on new runs against the epoch."""
        from helpers.plots import show_training  # loads matplotlib

        curves = {"training loss": self.history.loss, "error, persistence = 1": self.error}
        return show_training(curves, epochs, whole={"error, persistence = 1": 1})

    def __repr__(self):
        what = f"{type(self.model).__name__}, {count_parameters(self.model):,} parameters"
        start = f"Forecaster: {what}, {self.epochs}"
        if not len(self):
            return start
        return f"{start}: {self.hours} hours ahead {self.error[-1]:.3f} of the error of persistence"


def learn_forecast(
    train, test, longitude="circular", hours=12, depth=2, width=8, epochs=5, learning_rate=0.01,
    seed=0, progress=True,
):  # fmt: skip
    """Train a U-Net to forecast the weather on the globe: `Forecaster`.

    train, test: `Weather`. longitude: what stands beyond the first and the last longitude, as in
    `UNet`: "zeros", or "circular", which is what the globe is. Beyond the first and last latitude the
    edge is repeated. Otherwise all is the same: weights from `seed`, order, Adam on batches of 8, a
    rate that rises to `learning_rate` and falls to 0. The loss is the squared error of the changes of
    height and vorticity, each divided by its standard deviation, weighted with the area of the
    cells. The curves grow while it runs; an interrupt keeps what is trained. Raises ValueError for
    hours that are no multiple of 6.
    """
    model = UNet(3, 2, depth, width, padding_mode=(POLES, longitude), seed=seed)
    return _learn(model, train, test, hours, 1, epochs, learning_rate, seed, progress, "learn_forecast")


def learn_forecast_with_memory(
    train, test, past=3, hours=12, hidden=12, epochs=2, learning_rate=0.01, seed=0, progress=True
):
    """Train a `ConvLSTM` on the same forecast, from the last `past` states, 6 hours apart: `Forecaster`.

    Loss, edges, order and rate are those of `learn_forecast` with circular longitudes. It has no
    rollout: a step needs `past` states, not one.
    """
    model = ConvLSTM(3, 2, hidden, padding_mode=(POLES, "circular"), seed=seed)
    where = "learn_forecast_with_memory"
    return _learn(model, train, test, hours, past, epochs, learning_rate, seed, progress, where)


def _learn(model, train, test, hours, past, epochs, learning_rate, seed, progress, where):
    x, y = globe_pairs(train, hours, past)
    new, wanted = globe_pairs(test, hours, past)
    area = torch.tensor(area_weights(train.latitude), dtype=torch.float32)
    spread = torch.tensor(y.std((0, 2, 3)))[:, None, None]
    persistence = weighted_rmse(wanted[:, 1], test.latitude)
    result = Forecaster(model, hours)

    def measure():
        error = scores(model, new)[:, 1] - wanted[:, 1]
        result.error.append(float(weighted_rmse(error, test.latitude) / persistence))

    def loss(change, wanted):
        return (area * ((change - wanted) / spread) ** 2).mean()

    return learn(
        result, x, y, loss, measure, epochs=epochs, batch_size=BATCH, learning_rate=learning_rate,
        seed=seed, progress=progress, where=where,
    )  # fmt: skip


def roll_error(forecaster, weather, cells):
    """By how much rolling the globe and forecasting fails to commute: the largest difference, ≥ 0.

    All states of the first run are rolled eastward by `cells`, forecast, and rolled back. 0: the
    forecast moves with the weather, to the last bit.
    """
    states = weather_states(weather)[0]
    rolled = np.roll(forecaster.step(np.roll(states, cells, axis=-1)), -cells, axis=-1)
    return float(np.abs(rolled - forecaster.step(states)).max())


def error_by_longitude(forecaster, weather, cells=0):
    """The error of the vorticity at each longitude, in 1/s, the globe rolled by so many cells: (W,).

    Root mean square over all runs, times and latitudes, weighted with the area. The result is rolled
    back, so that each longitude is the same place, whatever the `cells`; the seam, where the map
    begins and ends, lies `cells` further west.
    """
    x, y = globe_pairs(weather, forecaster.hours)
    change = np.roll(scores(forecaster.model, np.roll(x, cells, axis=-1)), -cells, axis=-1)
    error = (change - y)[:, 1]
    return PER_SECOND * weighted_rmse(error, weather.latitude, axis=(0, 1))


def seam_factor(forecaster, weather, width=2):
    """How many times larger the error is at the seam than at the same place when the seam is elsewhere.

    The errors of the 2·width longitudes around the seam, over those of the same longitudes with the
    globe rolled half around. 1: no seam.
    """
    columns = np.r_[-width:width]
    half = len(weather.longitude) // 2
    here, elsewhere = (error_by_longitude(forecaster, weather, cells)[columns] for cells in (0, half))
    return float(np.sqrt((here**2).mean() / (elsewhere**2).mean()))


@dataclass(frozen=True, eq=False, repr=False)
class Rollouts:
    """Forecasts of the vorticity fed back, from the same start, for several networks and rolled globes.

    forecasts: name → (shifts, times, H, W), from the start rolled eastward by each of `shifts` and rolled
    back. truth (times, H, W). Both in `unit`. hours (times,): lead times, 0 first; latitude (H,), longitude
    (W,) in degrees. What `ForecastExplorer` shows.
    """

    forecasts: dict
    truth: np.ndarray
    hours: np.ndarray
    latitude: np.ndarray
    longitude: np.ndarray
    shifts: tuple
    unit: str = "10⁻⁵ 1/s"

    def __repr__(self):
        return (
            f"Rollouts: {', '.join(self.forecasts)}; {len(self.hours) - 1} steps up to "
            f"{self.hours[-1]} hours, {len(self.shifts)} globes"
        )


def roll_out(forecasters, weather, run=0, hour=120, steps=8, every=4):
    """Feed forecasts back, from one state of the weather, for globes rolled in longitude: `Rollouts`.

    forecasters: dict name → `Forecaster` of a `UNet`, all of the same hours. run, hour: of the
    start. every: the globe is rolled by 0, every, 2·every, … cells. Raises ValueError where the run ends before the
    last step, and for forecasters that look ahead for different times.
    """
    ahead = {forecaster.hours for forecaster in forecasters.values()}
    if len(ahead) != 1:
        raise ValueError(f"roll_out: the forecasters look {sorted(ahead)} hours ahead. Use the same for all.")
    runs, width = len(weather.height), weather.height.shape[-1]
    if not -runs <= run < runs or not 1 <= every <= width:
        raise ValueError(
            f"roll_out: run={run!r} and every={every!r}. Use run=0 to run={runs - 1}, and 1 to {width} "
            f"cells for every."
        )
    hours = ahead.pop()
    last = int(weather.hours[-1])
    if hour not in weather.hours or not 1 <= steps <= (last - hour) // hours:
        raise ValueError(
            f"roll_out: {steps} steps of {hours} hours from hour {hour} on don't lie in the stored hours "
            f"{weather.hours[0]} to {last}. Use for example hour=120 and steps={(last - 120) // hours}."
        )
    now = weather.hours.tolist().index(hour)
    start = weather_states(weather)[run, now]
    shifts = tuple(range(0, start.shape[-1], every))
    globes = np.stack([np.roll(start, shift, axis=-1) for shift in shifts])
    unit = PER_SECOND / 1e-5
    forecasts = {}
    for name, forecaster in forecasters.items():
        maps = forecaster.rollout(globes, steps)[:, :, 1]
        forecasts[name] = unit * np.stack([np.roll(m, -s, axis=-1) for m, s in zip(maps, shifts)])
    stride = hours // STEP
    truth = weather.vorticity[run, now : now + steps * stride + 1 : stride] / 1e-5
    leads = hours * np.arange(steps + 1)
    return Rollouts(forecasts, truth, leads, weather.latitude, weather.longitude, shifts)
