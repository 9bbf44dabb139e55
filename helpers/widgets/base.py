"""What all widgets of the course share: traits, arrays, errors, and how they look where nothing can draw them."""

import os
from contextlib import contextmanager
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
        dimensions = " or ".join(str(n) for n in self.ndim) + " dimensions"
        return numbers(value, f"{type(obj).__name__}.{self.name}", self.ndim, dimensions)


def numbers(value, where, ndim, dimensions, dtype=float):
    """A read-only float64 copy, rounded to `dtype`; `dimensions` says in words which `ndim` are legal."""
    try:
        if hasattr(value, "detach"):
            value = value.detach().cpu().numpy()
        if np.iscomplexobj(value):
            raise TypeError
        with np.errstate(over="ignore"):  # what is too large for dtype is not finite, and refused below
            array = np.array(value, dtype).astype(float)
    except (TypeError, ValueError):
        raise SettingError(
            f"{where}: expected numbers in {dimensions}, got {type(value).__name__} {str(value)[:60]!r}. "
            "Rows must have equal lengths."
        ) from None
    if array.ndim not in ndim or array.size == 0:
        raise SettingError(f"{where}: expected {dimensions} with at least one number, got shape {array.shape}.")
    if not np.isfinite(array).all():
        raise SettingError(f"{where}: every number must be finite, got {array[~np.isfinite(array)][0]}.")
    array.flags.writeable = False  # a change in place would not be noticed; assign a new array
    return array


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
        with self.hold_trait_notifications():  # before the page hears of the widget
            for name, value in settings.items():
                setattr(self, name, value)
        super().__init__()
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

    @contextmanager
    def hold_trait_notifications(self):
        """Several changes in one step, checked together when all of them are made: all are kept, or none.

        Raises SettingError. (traitlets keeps the changes if a validator stumbles over another illegal setting
        instead of refusing its own; so every one is asked first.)
        """
        if self._cross_validation_lock:  # a step of a larger one
            yield
            return
        before, refused = dict(self._trait_values), None
        try:
            with super().hold_trait_notifications():
                try:
                    yield
                    self._check_together(before)
                except SettingError as error:
                    refused = error
                    raise
                except Exception as error:
                    refused = SettingError(str(error))
                    raise refused from error
        except Exception:
            if refused is None:  # an observer's, after the step
                raise
            for name in self._changed(before):
                if name in before:
                    self._trait_values[name] = before[name]
                else:
                    del self._trait_values[name]
            raise refused

    def _check_together(self, before):
        """Ask every validator of what has changed; the first that refuses its own setting names the cause."""
        errors = []
        for name in self._changed(before):
            trait = self.traits()[name]
            try:
                self.set_trait(name, trait._cross_validate(self, getattr(self, name)))
            except Exception as error:
                errors.append(error)
        if errors:
            raise next((error for error in errors if isinstance(error, traitlets.TraitError)), errors[0])

    def _changed(self, before):
        return [name for name, value in self._trait_values.items() if name not in before or value is not before[name]]

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
        if len(values) != 2 or not all(is_int(v) and v >= self.least for v in values):
            raise SettingError(
                f"{type(obj).__name__}.{self.name}: expected an int of at least {self.least}, "
                f"or (height, width); got {value!r}."
            )
        values = tuple(int(v) for v in values)
        return values if isinstance(value, (tuple, list)) else values[0]


class Offset(traitlets.TraitType):
    """A way in whole pixels, (rows down, columns right), negative for up and left.

    Raises SettingError for anything else, and for more than `most` pixels up or down, left or right.
    """

    def __init__(self, default=(0, 0), *, most=None, **kwargs):
        super().__init__(default, **kwargs)
        self.most = most
        self.tag(sync=True)

    def validate(self, obj, value):
        two = isinstance(value, (tuple, list, np.ndarray)) and len(value) == 2
        if not two or not all(map(is_int, value)):
            self.refuse(obj, value, self.most)
        return self.within(obj, value, self.most)

    def within(self, obj, value, most):
        """The offset as a tuple, if it has at most so many pixels; for a limit that other traits set."""
        if most is not None and max(abs(by) for by in value) > most:
            self.refuse(obj, value, most)
        return tuple(int(by) for by in value)

    def refuse(self, obj, value, most):
        """Raise the SettingError."""
        ends = "" if most is None else f" from −{most} to {most}"
        raise SettingError(
            f"{type(obj).__name__}.{self.name}: expected (rows down, columns right), whole numbers{ends}, "
            f"such as (0, 1); got {value!r}."
        )


class Index(traitlets.Int):
    """Which one of several, from 0. Raises SettingError for bools, which Python counts as ints."""

    def __init__(self, default=0, **kwargs):
        super().__init__(default, min=0, **kwargs)
        self.tag(sync=True)

    def validate(self, obj, value):
        if not is_int(value):
            raise SettingError(f"{type(obj).__name__}.{self.name}: expected an int of at least 0, got {value!r}.")
        return super().validate(obj, int(value))


def is_int(value):
    """Whether it is a whole number of Python's or NumPy's, and no bool."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)
