# /// script
# requires-python = ">=3.11,<3.14"
# dependencies = ["numpy==2.4.6", "torch==2.14.1", "torch-harmonics==0.9.3"]
# ///
"""Make the weather files: shallow water on a rotating planet, with a jet in each hemisphere.

The flow is the barotropically unstable jet of Galewsky, Scott and Polvani (2004), *An initial-value
problem for testing numerical models of the global shallow-water equations*, Tellus A 56, 429–440,
solved with the spectral solver of torch-harmonics at T63. Their test has one jet and one bump; here
each hemisphere has a jet of its own, and every run draws its own jets and bumps.

    uv run data/make_weather.py        # from the top of the repository, 10 minutes on one core
"""

from pathlib import Path

import numpy as np
import torch
from torch_harmonics import InverseRealSHT
from torch_harmonics.examples import ShallowWaterSolver

RUNS = {"train": 36, "validation": 6, "test": 6}
SEED = 2004
TOGETHER = 12  # runs that are solved side by side: twice as fast as one by one

TRUNCATION = 63  # waves around the planet; the grid below has no aliasing for quadratic terms
LATITUDES, LONGITUDES = 96, 192
TIME_STEP = 150.0  # s; gravity waves of 313 m/s allow 170 s
MEAN_HEIGHT = 10_000.0  # m

FIRST_HOUR, LAST_HOUR, EVERY = 96, 216, 6  # before day 4 the jets hardly wave
CELLS = (32, 64)  # latitude, longitude: 5.625 degrees
# Stored are whole steps of the unit, which float16 holds exactly: value = offset + scale * stored.
HEIGHT = {"offset": 9500.0, "scale": 1.0, "step": 1.0}  # steps of 1 m
VORTICITY = {"offset": 0.0, "scale": 1e-5, "step": 1 / 64}  # steps of 1.6e-7 1/s
FOLDER = Path(__file__).resolve().parent


def jet(latitude, centre, width, speed):
    """Eastward wind (m/s) of a smooth jet of the given width; angles in radians (equation 2)."""
    edge = (latitude - centre) ** 2 - (width / 2) ** 2  # negative inside the jet
    inside = edge < 0
    return torch.where(inside, speed * torch.exp(4 / width**2 + 1 / edge.clamp(max=-1e-9)), 0.0)


def bump(latitude, longitude, centre, height, across, along):
    """A hill (m) that disturbs the jet, with its e-folding widths in radians (equation 4)."""
    east = torch.remainder(longitude - centre[1] + torch.pi, 2 * torch.pi) - torch.pi
    hill = torch.exp(-((east / along) ** 2)) * torch.exp(-(((latitude - centre[0]) / across) ** 2))
    return height * torch.cos(latitude) * hill


def random_start(solver, random):
    """Spectral (3, l, m) geopotential, vorticity and divergence of two balanced jets with bumps."""
    latitude, longitude = solver.lats[:, None], solver.lons[None, :]
    wind = torch.zeros(2, LATITUDES, LONGITUDES)
    hills = torch.zeros(LATITUDES, LONGITUDES)
    for hemisphere in (1, -1):  # north, south: each draws its own jet
        centre = np.radians(random.uniform(36, 48))
        width, speed = np.radians(random.uniform(38, 46)), random.uniform(75, 95)
        wind[0] += jet(hemisphere * latitude, centre, width, speed)
        for _ in range(random.integers(2, 5)):
            place = centre + np.radians(random.uniform(-6, 6)), random.uniform(0, 2 * np.pi)
            hills += bump(
                hemisphere * latitude,
                longitude,
                place,
                height=random.choice([-1, 1]) * random.uniform(80, 240),
                across=random.uniform(0.18, 0.32),
                along=random.uniform(0.2, 0.5),
            )

    # The height that balances the jets: divergence stays zero until the hills start to move.
    vorticity = solver.vrtdivspec(wind)
    turning = solver.vrtdivspec(wind * (solver.spec2grid(vorticity)[0] + solver.coriolis))[0]
    energy = solver.grid2spec(0.5 * wind.square().sum(0))
    geopotential = solver.invlap * turning - energy + solver.grid2spec(solver.gravity * hills)
    geopotential[0, 0] = solver.gravity * MEAN_HEIGHT * np.sqrt(4 * np.pi)  # the same mass in all
    return torch.stack([geopotential, *vorticity])


def tendency(solver, state):
    """Time derivative of (run, 3, l, m) states: `ShallowWaterSolver.dudtspec` for several runs."""
    geopotential, vorticity, _ = solver.spec2grid(state).unbind(1)
    wind = solver.getuv(state[:, 1:])
    turning = solver.vrtdivspec(wind * (vorticity + solver.coriolis)[:, None])
    flux = solver.vrtdivspec(wind * geopotential[:, None])
    energy = solver.grid2spec(geopotential + 0.5 * wind.square().sum(1))
    return torch.stack([-flux[:, 1], -turning[:, 1], turning[:, 0] - solver.lap * energy], dim=1)


def integrate(solver, state, hours):
    """Advance by so many hours with third-order Adams–Bashforth steps; yields every EVERY hours."""
    older = previous = tendency(solver, state)
    yield 0, state
    for step in range(1, round(hours * 3600 / TIME_STEP) + 1):
        now = tendency(solver, state)
        state = state + TIME_STEP / 12 * (23 * now - 16 * previous + 5 * older)
        state[:, 1:] *= solver.hyperdiff
        older, previous = previous, now
        hour, rest = divmod(step * TIME_STEP, 3600)
        if rest == 0 and hour % EVERY == 0:
            yield int(hour), state


class CellMeans:
    """Spectral coefficients -> means over the cells of the stored grid, north first.

    A grid with poles twice as fine as needed has, at its odd points, the centres of 4×4 parts of
    every cell; their mean, weighted with their area, keeps the total of what is averaged.
    """

    def __init__(self):
        rows, columns = 4 * CELLS[0], 4 * CELLS[1]
        size = {"lmax": TRUNCATION + 1, "mmax": TRUNCATION + 1}
        self.points = InverseRealSHT(
            2 * rows + 1, 2 * columns, **size, grid="equiangular", csphase=False
        ).float()
        latitude = 90 - 180 / rows * (torch.arange(rows) + 0.5)
        self.weight = torch.cos(torch.deg2rad(latitude)).reshape(CELLS[0], 4, 1, 1)

    def __call__(self, spectrum):
        parts = self.points(spectrum)[..., 1::2, 1::2]
        parts = parts.unflatten(-1, (CELLS[1], 4)).unflatten(-3, (CELLS[0], 4))
        return (parts * self.weight).sum((-3, -1)) / (4 * self.weight.sum((1, 3)))


def simulate(runs, first=FIRST_HOUR, last=LAST_HOUR):
    """Height (m) and vorticity (1/s), each (run, time, latitude, longitude), of so many runs."""
    torch.set_num_threads(1)  # the same order of sums, whatever the machine
    solver = ShallowWaterSolver(
        LATITUDES, LONGITUDES, TIME_STEP, TRUNCATION + 1, TRUNCATION + 1, grid="legendre-gauss"
    ).float()
    means, random = CellMeans(), np.random.default_rng(SEED)
    starts = torch.stack([random_start(solver, random) for _ in range(runs)])
    height, vorticity = [], []
    for group in starts.split(TOGETHER):
        fields = [means(s[:, :2]) for hour, s in integrate(solver, group, last) if hour >= first]
        fields = torch.stack(fields, dim=1)  # (run, time, 2, latitude, longitude)
        height.append(fields[:, :, 0] / solver.gravity)
        vorticity.append(fields[:, :, 1])
        print(f"{sum(map(len, height))} of {runs} runs", flush=True)
    return torch.cat(height).numpy(), torch.cat(vorticity).numpy()


def save(name, values, offset, scale, step):
    """Write one field of all runs, split by run, as float16."""
    stored = (np.round((values - offset) / scale / step) * step).astype(np.float16)
    assert np.abs(offset + scale * stored.astype(float) - values).max() <= 0.51 * scale * step
    last = np.cumsum(list(RUNS.values()))[:-1]
    np.savez_compressed(
        FOLDER / name,
        **dict(zip(RUNS, np.split(stored, last))),
        offset=offset,
        scale=scale,
        latitude=np.float32(90 - 180 / CELLS[0] * (np.arange(CELLS[0]) + 0.5)),
        longitude=np.float32(360 / CELLS[1] * (np.arange(CELLS[1]) + 0.5)),
        hours=np.arange(FIRST_HOUR, LAST_HOUR + 1, EVERY, dtype=np.int16),
    )
    print(f"{name}: {(FOLDER / name).stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    height, vorticity = simulate(sum(RUNS.values()))
    save("weather_height.npz", height.astype(float), **HEIGHT)
    save("weather_vorticity.npz", vorticity.astype(float), **VORTICITY)
