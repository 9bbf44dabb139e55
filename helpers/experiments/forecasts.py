"""Networks that forecast a simulated planet's weather, and see more or less of it."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from helpers.experiments.weather_maps import METRES, MIDDLE, PER_SECOND, steps_of
from helpers.models import count_parameters, seeded
from helpers.shapes.table import html_table, text_table
from helpers.training import fit, one_cycle, progress_bar

ROWS = slice(3, 13)  # of a hemisphere's 16, from the pole on: the middle latitudes, 70° to 20°
# cells that a network sees -> its channels, and the dilation of each layer; 0 is a 1×1 kernel
NETWORKS = {
    1: ((37, 37, 36), (0, 0, 0, 0)),
    3: ((30, 30, 30), (1, 0, 0, 0)),
    5: ((15, 16, 15), (1, 1, 0, 0)),
    7: ((13, 12, 10), (1, 1, 1, 0)),
    9: ((10, 12, 13), (1, 1, 1, 1)),
    13: ((10, 12, 13), (1, 2, 2, 1)),
    17: ((10, 12, 13), (1, 2, 3, 2)),
}
_HEAD = "field", "parameters", "error, mean", "lowest", "highest"


class ForecastCNN(nn.Sequential):
    """Four convolutions from the weather now to its change: (N, 4, H, W) -> (N, 1, H, W).

    field: how many cells a side it sees, one of 1, 3, 5, 7, 9, 13 and 17. Its kernels are 3×3, some
    dilated, or 1×1 for the smaller fields, with more channels: all have 3,000 parameters, give or
    take 1 %, and as many multiplications. Circular borders in longitude, zeros beyond the first and
    last latitude. The same `seed` gives the same weights. Raises ValueError for another field.
    """

    def __init__(self, field=9, seed=0):
        if field not in NETWORKS:
            raise ValueError(f"ForecastCNN: field={field!r}. Use one of {[*NETWORKS]}.")
        channels, dilations = NETWORKS[field]
        pairs = zip((4, *channels), (*channels, 1), dilations)
        with seeded(seed):
            layers = [layer for pair in pairs for layer in (*_convolution(*pair), nn.ReLU())]
        super().__init__(*layers[:-1])


def _convolution(in_channels, out_channels, dilation):
    """A convolution that keeps the size, and its circular padding if it needs one."""
    d, kernel_size = max(1, dilation), 3 if dilation else 1
    padding = [nn.CircularPad2d((d, d, 0, 0))] if dilation else []
    layer = nn.Conv2d(in_channels, out_channels, kernel_size, padding=(dilation, 0), dilation=d)
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    nn.init.zeros_(layer.bias)
    return *padding, layer


def forecast_pairs(weather, hours=12):
    """What a network gets and what it is asked for: x (N, 4, 10, 64) and y (N, 1, 10, 64), float32.

    weather: `Weather`. The channels of x are height (less 9700 m, in units of 600 m), vorticity (in
    units of 3·10⁻⁵ 1/s), sine and cosine of the latitude; y is the change of the vorticity in
    `hours`, in the same units. The rows are the middle latitudes, 70° to 20°, of either hemisphere,
    pole first: the south is seen in a mirror, where it turns like the north (its vorticity has the
    other sign). Raises ValueError for hours that are no multiple of 6, or longer
    than a run.
    """
    steps, times = steps_of(hours, weather, "forecast_pairs"), len(weather.hours)
    height, vorticity = (_hemispheres(f) for f in (weather.height, weather.vorticity))
    height, vorticity = (height - MIDDLE) / METRES, vorticity / PER_SECOND
    vorticity[1] *= -1
    now, later = slice(0, times - steps), slice(steps, None)
    angle = np.deg2rad(weather.latitude[ROWS])[:, None]
    maps = np.broadcast_arrays(height, vorticity, np.sin(angle), np.cos(angle))
    x = np.stack([m[:, :, now] for m in maps], axis=3)
    y = vorticity[:, :, later, None] - vorticity[:, :, now, None]
    return tuple(np.float32(part.reshape(-1, *part.shape[3:])) for part in (x, y))


def _hemispheres(field):
    """(runs, times, 32, 64) -> (2, runs, times, 10, 64): north, and south upside down."""
    return np.stack([field[:, :, ROWS], field[:, :, ::-1][:, :, ROWS]])


@dataclass(frozen=True, eq=False, repr=False)
class ForecastErrors:
    """How well networks forecast new runs; the cells that each sees are the keys.

    errors: field → (seeds,), the error (root mean square, weighted by the cosine of the latitude)
    as a share of that of “nothing changes”. models: field → the network of the first seed. hours:
    how far ahead.
    """

    errors: dict
    models: dict
    hours: int

    @property
    def fields(self):
        """The numbers of cells that the networks see, (networks,)."""
        return np.array(list(self.errors))

    @property
    def seeds(self):
        """How many times each network was trained."""
        return len(next(iter(self.errors.values())))

    def rows(self):
        """One row of texts for each network."""
        for field, model in self.models.items():
            errors = self.errors[field]
            numbers = errors.mean(), errors.min(), errors.max()
            count = f"{count_parameters(model):,}"
            yield f"{field}×{field}", count, *(f"{number:.3f}" for number in numbers)

    @property
    def caption(self):
        """What the table shows."""
        return (
            f"Error of the vorticity {self.hours} hours ahead on new runs, “nothing changes” being "
            f"1; {self.seeds} seed{'s' * (self.seeds != 1)}"
        )

    def __repr__(self):
        return "\n".join([*text_table(_HEAD, self.rows(), numbers=4), self.caption])

    def _repr_html_(self):
        return html_table(self.caption, _HEAD, self.rows(), numbers=4)


def compare_on_forecasts(
    train,
    test,
    fields=(3, 5, 9, 13, 17),
    hours=12,
    seeds=3,
    epochs=5,
    learning_rate=0.02,
    progress=True,
):
    """Train networks that see more or less around them to forecast the vorticity: `ForecastErrors`.

    train, test: `Weather`. fields: the cells that each sees, keys of `NETWORKS`; otherwise the
    networks (`ForecastCNN`) are alike, in their number of parameters, too. hours: how far ahead.
    seeds: how many times each is trained, with other weights and another order. epochs,
    learning_rate: of Adam on mini-batches of 16; the rate rises, and falls to 0 at the end
    (Smith and Topin 2017, arXiv:1708.07120).

    Measured, with the default settings: for 6 hours the error falls up to a field of 9, for 12
    hours up to 13 (five seeds: 0.56, 0.48, 0.42, 0.40, and 0.41 for 17): about as far as the mean
    wind of the jets carries what it blows (`signal_distances`); gravity waves are almost thrice as
    fast as the strongest wind, but hardly any vorticity travels with them.

    An interrupt keeps the seeds that are done. Raises ValueError for other fields, for no seed, and
    for hours that are no multiple of 6.
    """
    if seeds < 1 or not len(fields):
        raise ValueError(
            f"compare_on_forecasts: fields={fields!r} and seeds={seeds}. Use at least one of each."
        )
    models = {field: [ForecastCNN(field, seed) for seed in range(seeds)] for field in fields}
    x, y = forecast_pairs(train, hours)
    new = forecast_pairs(test, hours)
    weights = torch.from_numpy(np.cos(np.deg2rad(train.latitude[ROWS])).astype(np.float32))[:, None]
    errors = {field: [] for field in fields}
    steps = epochs * -(-len(x) // 16)
    how = dict(
        loss=lambda prediction, wanted: (weights * (prediction - wanted) ** 2).mean(),
        optimizer=lambda parameters, lr: one_cycle(torch.optim.Adam(parameters, lr), lr, steps),
        epochs=epochs, batch_size=16, learning_rate=learning_rate, device="cpu", cores=1,
        progress=False,
    )  # fmt: skip
    with progress_bar(seeds * len(models), "network", progress) as bar:
        for seed in range(seeds):
            for field in fields:
                model = models[field][seed]
                if fit(model, x, y, seed=seed, **how).interrupted:
                    return _so_far(errors, models, hours)
                errors[field].append(relative_error(model, *new, weights.numpy()))
                bar.update()
    return _so_far(errors, models, hours)


def _so_far(errors, models, hours):
    """The seeds that every network has done."""
    done = min(map(len, errors.values()))
    if not done:
        raise KeyboardInterrupt(
            "compare_on_forecasts: stopped before every network was trained once, so there is no "
            "result. Run the cell again."
        )
    errors = {field: np.array(values[:done]) for field, values in errors.items()}
    return ForecastErrors(errors, {field: trained[0] for field, trained in models.items()}, hours)


@torch.no_grad()
def relative_error(model, x, y, weights):
    """The weighted root mean square error of a forecast, that of “nothing changes” being 1."""
    model.eval()
    x = torch.from_numpy(x)
    prediction = torch.cat([model(batch) for batch in x.split(100)]).numpy()
    return float(np.sqrt((weights * (prediction - y) ** 2).mean() / (weights * y**2).mean()))
