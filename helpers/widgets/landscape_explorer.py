"""LandscapeExplorer: loss surfaces as landscapes that can be turned, side by side on one scale."""

from collections.abc import Mapping
from math import isfinite

import numpy as np
import traitlets

from helpers.widgets.base import CourseWidget, SettingError, Size

_MOST, _LEAST_STEPS, _MOST_STEPS = 3, 2, 101


class LandscapeExplorer(CourseWidget):
    """One to three loss surfaces side by side, turned by one camera, on one scale of heights and colours.

    landscapes: a dict name → landscape, or one of them. A landscape has `.losses` (H, W) and `.axis`, as
        `loss_surface` returns it, or is an array (H, W), which then lies on the square from −1 to 1. All have the
        same shape and axis. inf (exploded) and nan (not computed) are holes.
    view: "surface", "contours" or "cut", the losses along one direction through the place.
    logarithmic: heights and colours; by default if all losses are positive.
    ceiling: the loss above which the surfaces are cut off, None for all of it.
    camera: (azimuth, elevation) in degrees.
    position: (row, column) of the place whose losses are read out, by default the centre; `pinned` if it stays
        where it is while the pointer moves.
    along: "direction 1" or "direction 2", the one of the cut.

    `losses_there` are the losses at the position. Raises ValueError for other landscapes and settings.
    """

    script = "landscape_explorer.js"
    styles = ("js/landscape_explorer/style.css",)
    resets = ("view", "logarithmic", "ceiling", "camera", "position", "pinned", "along")

    view = traitlets.Enum(["surface", "contours", "cut"], "surface").tag(sync=True)
    logarithmic = traitlets.Bool(False).tag(sync=True)
    ceiling = traitlets.Any(None, allow_none=True).tag(sync=True)
    camera = traitlets.TraitType((-37.0, 28.0)).tag(sync=True)
    position = Size((0, 0), least=0)
    pinned = traitlets.Bool(False).tag(sync=True)
    along = traitlets.Enum(["direction 1", "direction 2"], "direction 1").tag(sync=True)
    _packed = traitlets.Dict().tag(sync=True)

    def __init__(self, landscapes, **settings):
        self._losses, self._rows, self._columns = _read(landscapes)
        with np.errstate(over="ignore"):  # what is too large for the page has exploded
            sent = np.float32(list(self._losses.values()))
        finite = sent[np.isfinite(sent)]
        if not finite.size:
            raise SettingError(
                "LandscapeExplorer: no finite loss is known, so there is nothing to show. Compute a surface to its "
                "end, or with a smaller reach."
            )
        self._lowest = float(finite.min())
        settings.setdefault("logarithmic", bool(self._lowest > 0))
        settings.setdefault("position", (len(self._rows) // 2, len(self._columns) // 2))
        packed = {
            "names": list(self._losses), "rows": self._rows.tolist(), "columns": self._columns.tolist(),
            "data": memoryview(sent.reshape(-1)).cast("B"),
        }  # fmt: skip
        super().__init__(_packed=packed, **settings)

    @property
    def losses(self):
        """name → (H, W), the losses of each landscape."""
        return dict(self._losses)

    @property
    def losses_there(self):
        """name → the loss at the position; inf where it exploded, nan where it was not computed."""
        return {name: float(losses[self.position]) for name, losses in self._losses.items()}

    @property
    def steps_there(self):
        """(step along direction 1, step along direction 2) of the position."""
        row, column = self.position
        return float(self._columns[column]), float(self._rows[row])

    def sentence(self):
        """The place and the losses there in one sentence."""
        one, two = self.steps_there
        losses = ", ".join(f"{name} {loss:.3g}" for name, loss in self.losses_there.items())
        return f"LandscapeExplorer: at {one:g} along direction 1 and {two:g} along direction 2: {losses}."

    @traitlets.validate("logarithmic")
    def _check_logarithmic(self, proposal):
        if proposal["value"] and self._lowest <= 0:
            raise SettingError(
                f"LandscapeExplorer.logarithmic: the lowest loss is {self._lowest:.3g}, and only positive numbers have "
                "a logarithm. Use logarithmic=False."
            )
        return proposal["value"]

    @traitlets.validate("ceiling")
    def _check_ceiling(self, proposal):
        value = proposal["value"]
        if value is None:
            return None
        if not _is_number(value) or value <= self._lowest:
            raise SettingError(
                f"LandscapeExplorer.ceiling: expected None or a loss above the lowest one, {self._lowest:.3g}; got "
                f"{value!r}."
            )
        return float(value)

    @traitlets.validate("camera")
    def _check_camera(self, proposal):
        value = proposal["value"]
        value = value.tolist() if isinstance(value, np.ndarray) else value
        two = isinstance(value, (tuple, list)) and len(value) == 2
        if not two or not all(map(_is_number, value)) or not (abs(value[0]) <= 360 and 5 <= value[1] <= 90):
            raise SettingError(
                "LandscapeExplorer.camera: expected (azimuth, elevation) in degrees, from −360 to 360 and from 5 to 90, "
                f"such as (−37, 28); got {value!r}."
            )
        return tuple(float(angle) for angle in value)

    @traitlets.validate("position")
    def _check_position(self, proposal):
        size = (len(self._rows), len(self._columns))
        return self._position_inside(proposal["value"], size, f"the landscapes have {size[0]}×{size[1]} places")


def _is_number(value):
    real = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    return real and isfinite(value)


def _read(landscapes):
    """name → (H, W) losses, and the steps of their rows and columns."""
    if not isinstance(landscapes, Mapping):
        landscapes = {"loss": landscapes}
    if not 1 <= len(landscapes) <= _MOST:
        raise SettingError(
            f"LandscapeExplorer: 1 to {_MOST} landscapes fit side by side, got {len(landscapes)}. Give a dict such as "
            '{"with skips": …, "without skips": …}.'
        )
    found, first = {}, None
    for name, landscape in landscapes.items():
        losses = _array(getattr(landscape, "losses", landscape), name)
        axis = getattr(landscape, "axis", None)
        axes = [np.linspace(-1, 1, n) if axis is None else np.array(axis, float) for n in losses.shape]
        if any(len(steps) != n for steps, n in zip(axes, losses.shape)):
            raise SettingError(
                f"LandscapeExplorer: {name!r} has {losses.shape[0]}×{losses.shape[1]} losses, but its axis has "
                f"{len(axes[0])} places. They must be equally many along both directions."
            )
        if not all((np.diff(steps) > 0).all() for steps in axes):
            raise SettingError(
                f"LandscapeExplorer: the axis of {name!r} must grow from place to place, such as np.linspace(-1, 1, "
                f"{len(axes[0])}); got {axes[0].tolist()}."
            )
        first = first or (name, losses.shape, axes)
        if losses.shape != first[1] or not all(map(np.allclose, axes, first[2])):
            raise SettingError(
                f"LandscapeExplorer: {name!r} has {_form(losses.shape, axes)}, but {first[0]!r} has "
                f"{_form(*first[1:])}. Compute both with the same steps and reach."
            )
        found[str(name)] = losses
    return found, *first[2]


def _array(losses, name):
    try:
        array = np.array(losses.detach().cpu().numpy() if hasattr(losses, "detach") else losses, float)
    except (TypeError, ValueError):
        raise SettingError(
            f"LandscapeExplorer: {name!r} must be a Landscape or an array (H, W), got a {type(losses).__name__}."
        ) from None
    if array.ndim != 2 or not all(_LEAST_STEPS <= n <= _MOST_STEPS for n in array.shape):
        raise SettingError(
            f"LandscapeExplorer: {name!r} has the shape {array.shape}. A landscape is (H, W), from {_LEAST_STEPS}×"
            f"{_LEAST_STEPS} to {_MOST_STEPS}×{_MOST_STEPS} losses; leave some out, such as losses[::2, ::2]."
        )
    array.flags.writeable = False
    return array


def _form(shape, axes):
    return f"{shape[0]}×{shape[1]} losses up to {axes[1][-1]:g}"
