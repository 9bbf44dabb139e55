"""AccuracyMap: how often trained networks are right at every shift, and what they say to one digit there."""

from collections.abc import Mapping

import numpy as np
import traitlets

from helpers import operations
from helpers.widgets.base import CourseWidget, Index, Offset, SettingError, numbers

_PARTS = ("accuracy", "images", "labels", "scores")
_MOST_NETWORKS, _MOST_DIGITS, _LARGEST = 6, 40, 32


class _Packed(traitlets.TraitType):
    """An array, or with `named` a dict name → array, all of one shape; the page gets float32 bytes, once.

    Python reads the same numbers as the page: they are rounded to float32 here already.
    """

    def __init__(self, *, shape, named=False, **kwargs):
        super().__init__({} if named else None, **kwargs)
        self.shape, self.ndim, self.named = str(shape).replace("'", ""), len(shape), named
        self.tag(sync=True, to_json=lambda value, _widget: self._packed(value))

    def validate(self, obj, value):
        where = f"{type(obj).__name__}.{self.name}"
        if not self.named:
            return self._array(where, value)
        if not isinstance(value, Mapping) or not 1 <= len(value) <= _MOST_NETWORKS:
            got = f"{len(value)} names" if isinstance(value, Mapping) else type(value).__name__
            raise SettingError(
                f"{where}: expected a dict from 1 to {_MOST_NETWORKS} networks' names to arrays {self.shape}, "
                f"got {got}."
            )
        arrays = {str(name): self._array(f"{where}[{name!r}]", array) for name, array in value.items()}
        shapes = {name: array.shape for name, array in arrays.items()}
        if len(set(shapes.values())) > 1:
            raise SettingError(
                f"{where}: all networks are measured at the same shifts, so shapes must agree; got {shapes}."
            )
        return arrays

    def _array(self, where, value):
        return numbers(value, where, (self.ndim,), f"{self.ndim} dimensions {self.shape}", np.float32)

    def _packed(self, value):
        array = np.array(list(value.values()) if self.named else value, np.float32)
        entry = {"shape": list(array.shape), "data": memoryview(array.reshape(-1)).cast("B")}
        return {"names": list(value), **entry} if self.named else entry


class AccuracyMap(CourseWidget):
    """A heat map of accuracy over all shifts for each network, and what each says to the digit shifted there.

    result: any object with the four attributes that follow; or give these by name.
    accuracy: name → (S, S), the share of test digits that a network gets right at each shift, 0 to 1. Rows are
        shifts down from −r to r, columns shifts to the right from −r to r, S = 2r + 1; 1 to 6 networks.
    images: (D, H, W), up to 40 digits in the middle of their canvas of at most 32 × 32 pixels.
    labels: (D,), what they are, 0 to 9.
    scores: name → (S, S, D, 10), each network's probabilities of the ten classes for each shift and digit.
    digit: which of the images is shown; shift: (rows down, columns right), negative for up and left. Where
        neither is given: the first digit that the first network reads correctly in the middle and wrongly one
        pixel to the right, shown there; if there is none, the first digit in the middle. Both stay inside: a
        smaller result brings them to the nearest there is.

    Raises ValueError where names or shapes don't belong together, and for values that are no probabilities.
    """

    script = "accuracy_map.js"
    styles = ("js/accuracy_map/style.css",)
    resets = ("digit", "shift")

    accuracy = _Packed(shape=("S", "S"), named=True)
    images = _Packed(shape=("D", "H", "W"))
    labels = _Packed(shape=("D",))
    scores = _Packed(shape=("S", "S", "D", 10), named=True)
    digit = Index()
    shift = Offset()

    def __init__(self, result=None, **settings):
        if result is not None:
            lacking = [name for name in _PARTS if not hasattr(result, name)]
            if lacking:
                raise SettingError(
                    f"AccuracyMap: a result has {', '.join(_PARTS)}; "
                    f"{type(result).__name__} lacks {', '.join(lacking)}."
                )
            settings = {name: getattr(result, name) for name in _PARTS} | settings
        for name in settings:
            self._known(name)
        if lacking := [name for name in _PARTS if name not in settings]:
            raise SettingError(
                f"AccuracyMap: give a result, or {', '.join(_PARTS)} by name; {', '.join(lacking)} missing."
            )
        self._placed = "digit" in settings or "shift" in settings
        super().__init__(**settings)

    @traitlets.default("digit")
    def _first_digit(self):
        return self._start()[0]

    @traitlets.default("shift")
    def _first_shift(self):
        return self._start()[1]

    def _start(self):
        """(digit, shift): the first digit that the first network loses one pixel to the right; else no shift."""
        radius, scores = self._radius, next(iter(self.scores.values()))
        if self._placed or radius == 0:
            return 0, (0, 0)
        middle, moved = (scores[radius, radius + right].argmax(-1) == self.labels for right in (0, 1))
        lost = np.flatnonzero(middle & ~moved)
        return (int(lost[0]), (0, 1)) if lost.size else (0, (0, 0))

    @property
    def label(self):
        """What the digit is: 0 to 9."""
        return int(self.labels[self.digit])

    @property
    def input(self):
        """The digit at the present shift, as the networks see it: (H, W). Zeros enter, what leaves is lost."""
        return operations.shift_image(self.images[self.digit], self.shift, wrap=False)

    @property
    def probabilities(self):
        """What each network says to `input`: name → (10,)."""
        row, column = self._cell
        return {name: scores[row, column, self.digit] for name, scores in self.scores.items()}

    @property
    def predictions(self):
        """The most probable class for each network: name → int; the first of several."""
        return {name: int(scores.argmax()) for name, scores in self.probabilities.items()}

    @property
    def _cell(self):
        return tuple(by + self._radius for by in self.shift)

    @property
    def _radius(self):
        return len(next(iter(self.accuracy.values()))) // 2

    def sentence(self):
        """Shift, accuracies and predictions in one sentence."""
        says = "; ".join(
            f"{name} says {said} and is right for {self.accuracy[name][self._cell]:.0%} of all digits there"
            for name, said in self.predictions.items()
        )
        return f"AccuracyMap: the digit {self.label}, shifted by {self.shift}: {says}."

    @traitlets.validate(*_PARTS)
    def _belong_together(self, proposal):
        now = {part: getattr(self, part) for part in _PARTS} | {proposal["trait"].name: proposal["value"]}
        _check_parts(**now)
        return proposal["value"]

    @traitlets.validate("digit")
    def _check_digit(self, proposal):
        digit, count = proposal["value"], len(self.images)
        if digit >= count:
            raise SettingError(f"AccuracyMap.digit: {count} digits are counted from 0 to {count - 1}, got {digit}.")
        return digit

    @traitlets.validate("shift")
    def _check_shift(self, proposal):
        return proposal["trait"].within(self, proposal["value"], self._radius)

    @traitlets.observe(*_PARTS)
    def _stay_inside(self, _change):
        """A smaller result may have lost the digit or the shift, those on show and those that Reset brings back."""
        self.set(**self._nearest(self.digit, self.shift))
        if self._initial:
            self._initial = self._nearest(**self._initial)

    def _nearest(self, digit, shift):
        radius = self._radius
        shift = tuple(max(-radius, min(by, radius)) for by in shift)
        return {"digit": min(digit, len(self.images) - 1), "shift": shift}


def _check_parts(accuracy, images, labels, scores):
    """Raise SettingError unless the four belong together; their own dimensions are right already."""
    if list(accuracy) != list(scores):
        raise SettingError(
            "AccuracyMap: accuracy and scores must name the same networks in the same order; got "
            f"{list(accuracy)} and {list(scores)}."
        )
    (rows, columns), count = next(iter(accuracy.values())).shape, len(images)
    if rows != columns or rows % 2 == 0:
        raise SettingError(
            "AccuracyMap.accuracy: shifts go from −r to r both ways, so (2r + 1, 2r + 1) are expected; got "
            f"{(rows, columns)}."
        )
    if count > _MOST_DIGITS or max(images.shape[1:]) > _LARGEST:
        raise SettingError(
            f"AccuracyMap.images: at most {_MOST_DIGITS} digits of {_LARGEST}×{_LARGEST} pixels travel to the "
            f"page, got {images.shape}. "
            f"Take some of them: images[:{_MOST_DIGITS}], labels[:{_MOST_DIGITS}] and scores[:, :, :{_MOST_DIGITS}]."
        )
    if len(labels) != count:
        raise SettingError(f"AccuracyMap.labels: {count} images need as many labels, got {len(labels)}.")
    if not np.isin(labels, range(10)).all():
        raise SettingError(f"AccuracyMap.labels: digits from 0 to 9, got {labels[~np.isin(labels, range(10))][0]:g}.")
    expected, shape = (rows, columns, count, 10), next(iter(scores.values())).shape
    if shape != expected:
        raise SettingError(
            f"AccuracyMap.scores: {rows}×{columns} shifts, {count} images and ten classes make (S, S, D, 10) = "
            f"{expected}, got {shape}."
        )
    for name in accuracy:
        if accuracy[name].min() < 0 or accuracy[name].max() > 1:
            worst = max(accuracy[name].flat, key=lambda share: abs(share - 0.5))
            raise SettingError(
                f"AccuracyMap.accuracy[{name!r}]: shares lie between 0 and 1, got {worst:g}. Percent / 100 is a "
                "share."
            )
        sums = scores[name].sum(-1)
        if scores[name].min() < 0 or np.abs(sums - 1).max() > 1e-3:
            raise SettingError(
                f"AccuracyMap.scores[{name!r}]: ten probabilities are not negative and sum to 1; got a smallest of "
                f"{scores[name].min():.3g} "
                f"and sums from {sums.min():.3g} to {sums.max():.3g}. torch.softmax(logits, dim=-1) makes them."
            )
