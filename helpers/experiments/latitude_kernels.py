"""One kernel for the whole planet, or one for each band of latitudes: when not to share weights."""

from dataclasses import dataclass

import numpy as np

GRAVITY = 9.80616  # m/s²
ROTATION = 7.292e-5  # 1/s, the planet's angular velocity
RADIUS = 6.37122e6  # m
EVERY = 4  # of the stored times: one a day, neighbours in time are alike


def coriolis(latitude):
    """The Coriolis parameter 2·Ω·sin φ in 1/s, φ in degrees: negative in the south."""
    return 2 * ROTATION * np.sin(np.deg2rad(latitude))


def geostrophic_kernel(latitude, spacing=5.625):
    """(3, 3) weights in 1/(s·m) that turn heights into vorticity where wind and pressure balance.

    The vorticity is then g/f · ∇²h, with f the Coriolis parameter; ∇² by central differences on
    cells of `spacing` degrees. (Holton and Hakim, *An introduction to dynamic meteorology*, 5th
    edition, section 2.4 for the balance, the Laplacian being the curl of its wind, f held fixed.)
    Raises ValueError at the equator, where f is 0, and at the poles, where all longitudes meet.
    """
    if not 0 < abs(latitude) < 90:
        raise ValueError(
            f"geostrophic_kernel: there is no such kernel at latitude {latitude}. Use one between "
            f"equator and pole, for example 45."
        )
    dy = RADIUS * np.deg2rad(spacing)
    dx = dy * np.cos(np.deg2rad(latitude))
    x, y = 1 / dx**2, 1 / dy**2
    laplacian = np.array([[0, y, 0], [x, -2 * (x + y), x], [0, y, 0]])
    return GRAVITY / coriolis(latitude) * laplacian


@dataclass(frozen=True, eq=False, repr=False)
class LatitudeKernels:
    """Kernels (bands, 3, 3) from height to vorticity in 1/(s·m), from the northernmost band on.

    `latitude` (30,): the rows that a 3×3 window can stand on, in degrees; `band` (30,): the kernel
    of each row. `explained` (30,): the share of the vorticity's variance in new runs that the
    kernels explain in each row (1 is all of it; below 0 it would be better to say 0), `total` over
    all rows.
    """

    kernels: np.ndarray
    latitude: np.ndarray
    band: np.ndarray
    explained: np.ndarray
    total: float

    def __repr__(self):
        bands = len(self.kernels)
        what = "one kernel" if bands == 1 else f"{bands} kernels"
        return f"{what}, {9 * bands} weights: {100 * self.total:.0f} % of the variance explained"


def learn_latitude_kernels(train, test, bands=1):
    """The best 3×3 kernels from height to vorticity (least squares), one for each band of rows.

    train, test: `Weather`. bands: how many kernels; the 30 inner rows are divided evenly among them
    (1, 2, 3, 5, 6, 10, 15 or 30; else ValueError). Windows wrap around in longitude. The weights of
    a kernel sum to zero: only differences of height make wind.
    """
    latitude = train.latitude[1:-1]
    rows = len(latitude)
    if bands < 1 or rows % bands:
        fitting = [n for n in range(1, rows + 1) if rows % n == 0]
        raise ValueError(
            f"learn_latitude_kernels: {bands} bands don't divide the {rows} rows evenly. "
            f"Use one of {fitting}."
        )
    band = np.repeat(np.arange(bands), rows // bands)
    known, wanted = _windows(train.height), _inner(train.vorticity)
    rows_of = [band == b for b in range(bands)]
    kernels = np.array([_least_squares(known[:, here], wanted[:, here]) for here in rows_of])
    weights = kernels.reshape(bands, 9)[band]  # (rows, 9)
    truth = _inner(test.vorticity)
    error = np.einsum("trcn,rn->trc", _windows(test.height), weights) - truth
    missed, variance = (error**2).sum((0, 2)), (truth**2).sum((0, 2))
    return LatitudeKernels(
        kernels, latitude, band, 1 - missed / variance, 1 - float(missed.sum() / variance.sum())
    )


def _windows(height):
    """Every 3×3 window less its mean: (times, 30, 64, 9) of heights (runs, times, 32, 64)."""
    h = height[:, ::EVERY].reshape(-1, *height.shape[2:]).astype(float)
    h = np.pad(h, ((0, 0), (0, 0), (1, 1)), mode="wrap")
    windows = np.lib.stride_tricks.sliding_window_view(h, (3, 3), axis=(1, 2))
    windows = windows.reshape(*windows.shape[:3], 9)
    return windows - windows.mean(-1, keepdims=True)


def _inner(vorticity):
    return vorticity[:, ::EVERY, 1:-1].reshape(-1, vorticity.shape[2] - 2, vorticity.shape[3])


def _least_squares(windows, wanted):
    """The kernel (3, 3) that sums to zero and is nearest on average."""
    kernel, *_ = np.linalg.lstsq(windows.reshape(-1, 9), wanted.ravel(), rcond=None)
    return (kernel - kernel.mean()).reshape(3, 3)
