"""What all widgets of the course share: traits, arrays, errors, and how they look where nothing can draw them."""

import os
from copy import deepcopy
from pathlib import Path

import anywidget
import numpy as np
import traitlets

from helpers.widgets.bundle import join_modules

_HERE = Path(__file__).parent


class SettingError(traitlets.TraitError, ValueError):
    """A setting that the layer cannot have. Nothing changes: the widget keeps what it showed."""


class Array(traitlets.TraitType):
    """A small NumPy array, which the page sees as nested lists of numbers.

    Accepts whatever `numpy.asarray` makes numbers of, torch tensors included.
    Raises SettingError for anything else, for no elements at all, and for values that are not finite.
    """

    info_text = "an array of numbers"

    def __init__(self, default, *, ndim, **kwargs):
        super().__init__(np.asarray(default, dtype=float), **kwargs)
        self.ndim = ndim
        self.tag(sync=True, to_json=lambda value, _widget: value.tolist())

    def validate(self, obj, value):
        where = f"{type(obj).__name__}.{self.name}"
        try:
            if hasattr(value, "detach"):
                value = value.detach().cpu().numpy()
            if np.iscomplexobj(value):
                raise TypeError
            array = np.array(value, dtype=float)
        except (TypeError, ValueError):
            raise SettingError(
                f"{where}: expected numbers in {_dimensions(self.ndim)}, got {type(value).__name__}"
                f" {str(value)[:60]!r}. Rows must have equal lengths."
            ) from None
        if array.ndim not in self.ndim or array.size == 0:
            raise SettingError(
                f"{where}: expected {_dimensions(self.ndim)} with at least one number, got shape {array.shape}."
            )
        if not np.isfinite(array).all():
            raise SettingError(f"{where}: every number must be finite, got {array[~np.isfinite(array)][0]}.")
        array.flags.writeable = False  # a change in place would not be noticed; assign a new array
        return array


def _dimensions(ndim):
    return " or ".join(str(n) for n in ndim) + " dimensions"


class CourseWidget(anywidget.AnyWidget):
    """Base of the course's widgets. A subclass names its `script`, and `resets`: the traits that Reset brings back.

    `styles` are its own stylesheets, which follow the one that all share; both are files in this folder.
    """

    script = None
    styles = ()
    resets = ()
    large = traitlets.Bool(help="big enough for a projector").tag(sync=True)
    _initial = traitlets.Dict().tag(sync=True)

    def __init_subclass__(cls, **kwargs):
        if cls.__dict__.get("script"):  # anywidget subclasses once more for each instance
            cls._esm = join_modules(_HERE / cls.script)
            sheets = ["js/course.css", *cls.styles]
            cls._css = "".join((_HERE / name).read_text(encoding="utf-8") for name in sheets)
        super().__init_subclass__(**kwargs)

    def __init__(self, **settings):
        for name in settings:
            self._known(name)
        super().__init__(**settings)
        self._remember()

    def __setattr__(self, name, value):
        if name[0] != "_" and not hasattr(type(self), name):
            self._known(name, AttributeError)  # a misspelt setting would do nothing, and say nothing
        try:
            super().__setattr__(name, value)
        except SettingError:
            raise
        except traitlets.TraitError as error:
            raise SettingError(str(error)) from None

    def close(self):
        """Close the widget and its layout, which ipywidgets would keep for ever."""
        if layout := self._trait_values.get("layout"):
            layout.close()
        super().close()

    @traitlets.default("large")
    def _large_from_the_start(self):
        """An instructor sets COURSE_LARGE=1 once instead of pressing L in every widget."""
        return os.environ.get("COURSE_LARGE", "") not in ("", "0")

    def set(self, **settings):
        """Set several traits in one step; if one is refused, none is changed. One message to the page."""
        for name in settings:
            self._known(name)
        with self.hold_sync(), self.hold_trait_notifications():
            for name, value in settings.items():
                setattr(self, name, value)

    def set_state(self, sync_data):
        """What the page sends. After a refusal the page is told what stands, so that both show the same."""
        try:
            super().set_state(sync_data)
        except traitlets.TraitError:
            self.send_state([name for name in sync_data if self.has_trait(name)])
            raise

    def _position_inside(self, position, size, what):
        """(row, column), if it lies in a grid of this size; `what` says in a sentence what has that size."""
        if any(at >= most for at, most in zip(pair(position), size)):
            raise SettingError(
                f"{type(self).__name__}.position: {what}, so rows end at {size[0] - 1} and columns at {size[1] - 1}; "
                f"got {position}."
            )
        return pair(position)

    def _pin(self, pinned, is_there, example):
        """What is pinned, if it is there or None; the `example` shows what could be pinned."""
        if pinned is None or is_there(pinned):
            return pinned
        raise SettingError(f"{type(self).__name__}.pinned: expected None or {example}; got {pinned!r}.")

    def _known(self, name, error=TypeError):
        if not self.has_trait(name):
            known = [n for n in self.trait_names(sync=True) if n[0] != "_" and n not in _DOM_TRAITS]
            raise error(f"{type(self).__name__} has no setting {name!r}. It has: {', '.join(sorted(known))}.")

    def _remember(self):
        """Keep the present state as the one that Reset brings back: a copy, which no later change in place reaches."""
        state = self.get_state(self.resets)
        self._initial = {name: deepcopy(state[name]) for name in self.resets}

    def sentence(self):
        """One sentence that says what the widget shows."""
        return f"{type(self).__name__}"

    def __repr__(self):
        return self.sentence()

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        data["text/plain"] = f"[{self.sentence()} Open the notebook in JupyterLab and run this cell to use it.]"
        return bundle


# What every ipywidget has and no lesson sets.
_DOM_TRAITS = {"comm", "keys", "layout", "log", "tabbable", "tooltip"}


def pair(value):
    """(height, width) of a size that may be one number for both."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value, value)


class Size(traitlets.TraitType):
    """A size in pixels: an int, or (height, width). Raises SettingError for anything else."""

    def __init__(self, default, *, least, **kwargs):
        super().__init__(default, **kwargs)
        self.least = least
        self.tag(sync=True)

    def validate(self, obj, value):
        values = pair(value)
        legal = len(values) == 2 and all(
            isinstance(v, (int, np.integer)) and not isinstance(v, bool) and v >= self.least for v in values
        )
        if not legal:
            raise SettingError(
                f"{type(obj).__name__}.{self.name}: expected an int of at least {self.least}, "
                f"or (height, width); got {value!r}."
            )
        values = tuple(int(v) for v in values)
        return values if isinstance(value, (tuple, list)) else values[0]
