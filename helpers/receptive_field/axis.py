"""What the units along one axis see: intervals of input pixels that repeat.

Two things are known of every unit. The *law* says which pixels it would see if the maps had no
borders: behind convolutions the interval moves by the effective stride from one unit to the next;
behind transposed convolutions and upsampling the steps differ, but they repeat:
lo(i + period) = lo(i) + advance. The *truth* says which pixels of the real input it sees: padding
shows nothing, or, if it mirrors or repeats the border, other pixels than the law says.
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from math import gcd, lcm

import numpy as np

HOLE = np.iinfo(np.int64).min  # among the indices that a unit reads: none
FAR = 2**60
LONGEST = 4096  # a law with a longer period is none


@dataclass(frozen=True, eq=False)
class Axis:
    """One axis of the input, as the units of a map see it. Calling it gives the law of a unit."""

    name: str
    input_size: int
    ends: tuple | None  # (lo, hi) of units 0 … period − 1; None for a unit that sees nothing
    advance: int  # input pixels per period; 0: all units see the same
    first: np.ndarray  # the truth: first and last pixel of each unit; FAR, −FAR: sees nothing
    last: np.ndarray
    padding_after: Fraction  # as if no layer had dropped pixels at the end
    wraps: bool = False  # a circle: pixel input_size is pixel 0 again
    problem: str = ""  # why there is no law

    @classmethod
    def of_input(cls, name, size):
        """Every pixel sees itself."""
        return cls(name, size, ((0, 0),), 1, np.arange(size), np.arange(size), Fraction(0))

    def __call__(self, unit):
        """(lo, hi) of a unit by the law; it may reach beyond the input. None: sees nothing."""
        turns, at = divmod(unit, self.period)
        if self.ends[at] is None:
            return None
        lo, hi = self.ends[at]
        return lo + turns * self.advance, hi + turns * self.advance

    @property
    def size(self):
        """How many units there are; 1 if the map has lost this axis."""
        return len(self.first)

    @property
    def period(self):
        """After how many units the sizes of the fields repeat."""
        return len(self.ends)

    @property
    def stride(self):
        """The effective stride: input pixels per unit."""
        return Fraction(self.advance, self.period)

    @property
    def field_sizes(self):
        """(smallest, largest) number of pixels that a unit sees by the law."""
        sizes = [hi - lo + 1 if (lo, hi) != NOTHING else 0 for lo, hi in self._pairs()]
        return min(sizes), max(sizes)

    @property
    def padding(self):
        """The effective padding (before, after)."""
        seen = next(filter(None, map(self, range(self.period))), (0, 0))
        return Fraction(-seen[0]), self.padding_after

    @property
    def everything(self):
        """Does every unit see the whole axis?"""
        last = self.input_size - 1
        same = self.ends is not None and self.advance == 0
        return bool(same and (self.first <= 0).all() and (self.last >= last).all())

    def true(self, unit):
        """The pixels of the real input that a unit sees: (first, last) or None.

        On an axis that wraps they are unrolled: (−2, 3) are the last two and the first four.
        """
        unit = unit if self.size > 1 else 0
        lo, hi = int(self.first[unit]), int(self.last[unit])
        if lo > hi:
            return None
        return (lo, hi) if hi - lo + 1 < self.input_size else (0, self.input_size - 1)

    def alike(self, other):
        """Do the units of both see the same?"""
        return self is other or (
            (self.ends, self.advance, self.problem) == (other.ends, other.advance, other.problem)
            and np.array_equal(self.first, other.first)
            and np.array_equal(self.last, other.last)
        )

    # -- what layers do to it ----------------------------------------------------------------

    def read(self, taps, size):
        """The axis of a layer with `size` units that read this one's units as `taps` says."""
        units = taps.indices(np.arange(size))
        if taps.border == "reflect":
            units = np.where(units < 0, -units, units)
            units = np.where(units >= self.size, 2 * (self.size - 1) - units, units)
        elif taps.border == "replicate":
            units = np.where(units == HOLE, HOLE, np.clip(units, 0, self.size - 1))
        turns, at = 0, units
        if taps.border == "circular":
            turns, at = np.divmod(units, self.size)
        inside = (at >= 0) & (at < self.size)
        at = np.where(inside, at, 0)
        shift = turns * self.input_size
        first = np.where(inside, self.first[at] + shift * (self.first[at] < FAR), FAR).min(1)
        last = np.where(inside, self.last[at] + shift * (self.last[at] > -FAR), -FAR).max(1)
        new = replace(self, first=first, last=last, wraps=self.wraps or taps.border == "circular")
        return new._with_law_of(self, taps) if self.ends is not None else new

    def _with_law_of(self, old, taps):
        times = old.period // gcd(old.period, taps.step)
        period = taps.period * times
        if period > LONGEST:
            return self.without_law(f"its units see alike only after {period} steps")
        los, his = old._law(taps.indices(np.arange(period)))
        ends = [(int(a), int(b)) if a <= b else None for a, b in zip(los.min(1), his.max(1))]
        advance = old.advance * taps.step * times // old.period
        new = _simplest(replace(self, ends=tuple(ends), advance=advance))
        moved = new._end() - old._end() + Fraction(taps.rest * old.advance, old.period)
        return replace(new, padding_after=old.padding_after + moved)

    def collapsed(self, size=1):
        """All units together, as global pooling sees them; `size` units, all the same."""
        lo, hi = int(self.first.min()), int(self.last.max())
        if hi - lo + 1 >= self.input_size:
            lo, hi = 0, self.input_size - 1
        ends = ((lo, hi) if lo <= hi else None,)
        return replace(
            self,
            ends=ends,
            advance=0,
            first=np.full(size, lo),
            last=np.full(size, hi),
            padding_after=Fraction(0),
            problem="",
        )

    def only(self, unit):
        """One of the units, the others cut away."""
        law = replace(self, ends=(self(unit),), advance=0) if self.ends is not None else self
        first, last = self.first[unit : unit + 1], self.last[unit : unit + 1]
        return replace(law, first=first, last=last)

    def without_law(self, problem):
        """The same, when there is no law; the truth is still known."""
        return replace(self, ends=None, problem=problem)

    # -- parts -------------------------------------------------------------------------------

    def _pairs(self):
        return [NOTHING if pair is None else pair for pair in self.ends]

    def _law(self, units):
        """lo and hi of many units; FAR, −FAR where a unit is a HOLE or sees nothing."""
        los, his = np.array(self._pairs(), dtype=np.int64).T
        none = units == HOLE
        turns, at = np.divmod(np.where(none, 0, units), self.period)
        none |= los[at] == FAR
        shift = turns * self.advance
        return np.where(none, FAR, los[at] + shift), np.where(none, -FAR, his[at] + shift)

    def _end(self):
        """The last pixel of the last unit that sees anything, by the law."""
        units = range(self.size - 1, self.size - 1 - self.period, -1)
        return next((pair[1] for pair in map(self, units) if pair), 0)

    def centre(self):
        """Where the field of unit 0 is centred, on average over a period."""
        pairs = [(i, pair) for i, pair in enumerate(self.ends) if pair]
        return sum(Fraction(sum(pair), 2) - self.stride * i for i, pair in pairs) / len(pairs)


NOTHING = FAR, -FAR


def _simplest(axis):
    """The same law with the shortest period."""
    for period in range(1, axis.period):
        if axis.period % period or axis.advance * period % axis.period:
            continue
        short = replace(
            axis, ends=axis.ends[:period], advance=axis.advance * period // axis.period
        )
        if all(short(i) == axis.ends[i] for i in range(axis.period)):
            return short
    return axis


def join(axes, branches):
    """What units see that see what each of several maps shows: (axis, note or "").

    The `branches` are the names of the maps, for the sentence when they don't line up. A note
    lacks its end, "along the height", which may be both axes.
    """
    joint, name, note = axes[0], branches[0], ""
    for axis, branch in zip(axes[1:], branches[1:]):
        if not joint.alike(axis):
            joint, text = _join(joint, axis, name, branch)
            note = note or text
    return joint, note


def _join(a, b, a_name, b_name):
    if a.everything or b.everything:
        whole, size = a if a.everything else b, max(a.size, b.size)
        return whole if whole.size == size else whole.collapsed(size), ""
    both = replace(
        a,
        first=np.minimum(a.first, b.first),
        last=np.maximum(a.last, b.last),
        padding_after=max(a.padding_after, b.padding_after),
        wraps=a.wraps or b.wraps,
    )
    if a.ends is None or b.ends is None:
        return both.without_law(a.problem or b.problem), ""
    if a.stride != b.stride:
        return both.without_law(
            f'the branches "{a_name}" (stride {a.stride}) and "{b_name}" (stride {b.stride}) '
            f"drift apart along the {a.name}, so that their joint field has no fixed size"
        ), ""
    period = lcm(a.period, b.period)
    if period > LONGEST:
        return both.without_law(f"its units see alike only after {period} steps"), ""
    pairs = [[pair for pair in (a(i), b(i)) if pair] for i in range(period)]
    ends = [(min(p[0] for p in q), max(p[1] for p in q)) if q else None for q in pairs]
    advance = int(a.stride * period)
    joint = _simplest(replace(both, ends=tuple(ends), advance=advance))
    note = ""
    if any(a.ends) and any(b.ends) and (apart := abs(a.centre() - b.centre())):
        pixels = f"{apart} pixel" if apart <= 1 else f"{apart} pixels"
        note = (
            f'the branches "{a_name}" and "{b_name}" do not line up: '
            f"the centres of their fields lie {pixels} apart"
        )
    return joint, note
