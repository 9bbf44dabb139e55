"""What is known of a loss around a model's weights: a square of losses, or a line of them."""

import html
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False, repr=False)
class _Losses:
    """Losses at even steps. inf: the loss exploded there; nan: not computed (an interrupt).

    `loss` is the one of the model itself; `interrupted`: ended by ■.
    """

    losses: np.ndarray
    axis: np.ndarray
    loss: float
    interrupted: bool = False

    def __post_init__(self):
        for name in ("losses", "axis"):
            array = np.array(getattr(self, name), dtype=float)
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    @property
    def done(self):
        """How many of the losses were computed."""
        return int((~np.isnan(self.losses)).sum())

    def __repr__(self):
        finite = self.losses[np.isfinite(self.losses)]
        parts = [f"{'×'.join(map(str, self.losses.shape))} losses"]
        if finite.size:
            parts[0] += f" from {finite.min():.3g} to {finite.max():.3g}"
            parts.append(f"{self.loss:.3g} at the model's own weights")
        if beyond := int(np.isinf(self.losses).sum()):
            parts.append(f"{beyond} beyond all numbers")
        if self.interrupted:
            parts.append(f"interrupted: {self.done} of {self.losses.size} computed")
        return f"{type(self).__name__}: {', '.join(parts)}"

    def _repr_html_(self):
        picture = self.plot()._repr_html_() if np.isfinite(self.losses).any() else ""
        return f"{picture}<p>{html.escape(repr(self))}</p>"


@dataclass(frozen=True, eq=False, repr=False)
class Landscape(_Losses):
    """The losses on a square around a model's weights, from `loss_surface`.

    `losses` (steps, steps): losses[i, j] at θ + axis[j]·direction 1 + axis[i]·direction 2; inf
    where the loss exploded, nan where it was not computed. `axis` (steps,), from −reach to reach.
    `loss` at θ, the centre. `interrupted`: ended by ■.
    """

    def share_below(self, loss):
        """The share (0..1) of the computed places where the loss is below this one."""
        return float((self.losses < loss).sum() / max(self.done, 1))

    @property
    def minima(self):
        """How many inner places have a lower loss than all their eight neighbours: 1 for a bowl.

        A loss that exploded is higher than any other; beside one that is not known none counts.
        """
        rows, columns = self.losses.shape
        inner = self.losses[1:-1, 1:-1]
        lowest = np.isfinite(inner)
        for i, j in np.ndindex(3, 3):
            if (i, j) != (1, 1):
                lowest &= inner < self.losses[i : rows - 2 + i, j : columns - 2 + j]
        return int(lowest.sum())

    @property
    def nonconvexity(self):
        """The share (0..1) of the inner places where the surface bends down along some direction.

        That is where the smaller eigenvalue of the Hessian of `losses`, a 2×2 matrix of differences
        between neighbours, is negative (beyond a thousandth of the other one: rounding). 0 for a
        bowl; 1 for a saddle. Places beside a loss that is no finite number do not count.
        """
        f = self.losses
        with np.errstate(invalid="ignore"):  # inf − inf beside what has exploded
            across = f[1:-1, 2:] - 2 * f[1:-1, 1:-1] + f[1:-1, :-2]
            down = f[2:, 1:-1] - 2 * f[1:-1, 1:-1] + f[:-2, 1:-1]
            mixed = (f[2:, 2:] - f[2:, :-2] - f[:-2, 2:] + f[:-2, :-2]) / 4
            mean, spread = (across + down) / 2, np.hypot((across - down) / 2, mixed)
            known = np.isfinite(mean) & np.isfinite(spread)
            bent = mean - spread < -1e-3 * np.abs(mean + spread)
        return float((bent & known).sum() / max(known.sum(), 1))

    def plot(self):
        """A figure of contours. Raises ValueError if no finite loss is known."""
        from helpers.plots import show_landscapes  # loads matplotlib

        return show_landscapes({"": self})


@dataclass(frozen=True, eq=False, repr=False)
class LossCut(_Losses):
    """The losses on a line through a model's weights, from `loss_cut` or `loss_between`.

    `losses` (steps,) at the places `axis` (steps,); `loss` at 0; inf and nan as in `Landscape`.
    """

    def plot(self):
        """A figure of the loss along the line. Raises ValueError if no finite loss is known."""
        from helpers.plots import show_cuts  # loads matplotlib

        return show_cuts({"": self})
