"""What a tensor shows of the input: which of its dimensions run along which axis, and how."""

from dataclasses import dataclass, replace
from math import prod
from typing import NamedTuple

from .axis import Axis, join
from .windows import cut, repeated, window


class NotFollowed(Exception):
    """An operation whose receptive field cannot be told; the text says why."""


@dataclass(frozen=True, eq=False)
class Inner:
    """The fast part of an axis that a view has split: pixel i·size + j, as in pixel_unshuffle."""

    whole: Axis  # before the view
    outer: Axis  # its slow part


class Parts(NamedTuple):
    """Blocks of channels along `dim`; they hold while the tensor has these dims and axes."""

    dims: tuple
    axes: tuple
    dim: int
    blocks: tuple  # (Seen or None, size) each


@dataclass(frozen=True, eq=False)
class Seen:
    """Fields of a tensor's units.

    `dims`: for each dimension its factors, slow ones first, as (label, size): the label is the
    number of an axis, an `Inner`, or None for channels and the like. A flattened map has several.
    `axes`: one per axis of the input, also if no dimension runs along it any longer.
    `parts`: what each block of channels sees after a concatenation, until something mixes them.
    """

    dims: tuple
    axes: tuple
    branch: str
    problem: str = ""
    parts: Parts | None = None

    def labels(self, dim):
        """The axes that a dimension runs along."""
        return [label for label, _ in self.dims[dim] if isinstance(label, int)]

    def all_labels(self):
        """The axes that the dimensions still run along."""
        return {label for dim in range(len(self.dims)) for label in self.labels(dim)}

    def turned(self):
        """Do its axes come in another order than those of the input?"""
        order = [label for dim in range(len(self.dims)) for label in self.labels(dim)]
        return order != sorted(order)

    def same_places(self, other):
        """Is the map as large, and not turned? (A view with more dimensions only splits it.)"""
        if len(self.dims) != len(other.dims):
            return self.turned() == other.turned()
        old, new = ({tuple(one.labels(d)): one.width(d) for d in range(len(one.dims))}
                    for one in (other, self))  # fmt: skip
        same = all(old.get(labels, n) == n for labels, n in new.items() if len(labels) == 1)
        return same and self.turned() == other.turned()

    def with_dim(self, dim, factors):
        dims = list(self.dims)
        dims[dim] = factors
        return replace(self, dims=tuple(dims))

    def with_axis(self, label, axis):
        axes = list(self.axes)
        axes[label] = axis
        return replace(self, axes=tuple(axes))

    # -- what operations do ------------------------------------------------------------------

    def read(self, dim, taps_of, size):
        """A layer that reads windows along a dimension; `taps_of(units before)` says which."""
        if not self.labels(dim):
            return self.with_dim(dim, plain(size))
        one = self._one_axis(dim)
        label = one.labels(dim)[0]
        axis = one.axes[label]
        return one.with_axis(label, axis.read(taps_of(axis.size), size)).with_dim(
            dim, ((label, size),)
        )

    def _one_axis(self, dim):
        """The same with one factor in this dimension: an axis whose units a view has repeated."""
        factors = self.dims[dim]
        if len(factors) == 1:
            return self
        (label, size), *others = factors
        if not isinstance(label, int) or len(self.labels(dim)) > 1:
            raise NotFollowed(
                "it reads along a dimension that holds all places of the image in a row, as "
                "transformers do with their patches, the tokens of attention"
            )
        times = prod(n for _, n in others)
        inner = others[0][0]
        if len(others) == 1 and isinstance(inner, Inner) and inner.outer is self.axes[label]:
            axis = inner.whole
        else:
            axis = self.axes[label].read(repeated(times), size * times)
        return self.with_axis(label, axis).with_dim(dim, ((label, size * times),))

    def settled(self):
        """The same when no axis of a map is still split into factors."""
        new = self
        for dim, factors in enumerate(self.dims):
            if len(factors) > 1 and len(self.labels(dim)) == 1 and isinstance(factors[0][0], int):
                new = new._one_axis(dim)
        return new

    def mixed(self, dims):
        """The same when channels and the pixels of a split axis are told apart no more."""
        new = self
        for dim in dims:
            factors = [(None if isinstance(f, Inner) else f, n) for f, n in new.dims[dim]]
            new = new.with_dim(dim, tuple(factors))
        return new

    def collapsed(self, dims, keep=False):
        """Every unit sees what all units together along some dimensions see.

        The dimensions keep their sizes with `keep`, otherwise nothing runs along them any more.
        """
        new = self
        for dim in dims:
            for label in self.labels(dim):
                axis = new.axes[label]
                if axis.size > 1 or not keep:
                    new = new.with_axis(label, axis.collapsed(axis.size if keep else 1))
            new = new.mixed([dim]) if keep else new.with_dim(dim, ())
        return new

    def without(self, dims):
        """The same when dimensions that nothing runs along are gone."""
        kept = [f for d, f in enumerate(self.dims) if d not in dims]
        return replace(self, dims=tuple(kept))

    def selected(self, dim, index):
        """One index of a dimension, which is gone then."""
        labels = self.labels(dim)
        if labels:
            one = self._one_axis(dim)
            axis = one.axes[labels[0]]
            return one.with_axis(labels[0], axis.only(index % axis.size)).without([dim])
        one = self.sliced(dim, index % self.width(dim), 1)
        return one and one.without([dim])

    def width(self, dim):
        """How long a dimension is."""
        return prod(n for _, n in self.dims[dim])

    def sliced(self, dim, start, size, step=1, rest=0):
        """A slice along a dimension."""
        if size == self.width(dim) and step == 1:
            return self
        parts = self.parts
        if parts and (parts.dims is self.dims, parts.axes is self.axes, parts.dim) == (1, 1, dim):
            return self._block(start, size, step)
        return self.read(dim, lambda _: cut(start, step, rest), size)

    def _block(self, start, size, step):
        """What some of the channels see after a concatenation; None: nothing."""
        dim, kept, begin = self.parts.dim, [], 0
        for one, width in self.parts.blocks:
            first = -(-max(begin - start, 0) // step)
            last = min(-(-(begin + width - start) // step), size)
            if last > first:
                kept.append((one and one.with_dim(dim, plain(last - first)), last - first))
            begin += width
        blocks, sizes = zip(*kept)
        if len(blocks) == 1 or not any(blocks):
            return blocks[0]
        return replace(chained(blocks, dim, sizes)[0], branch=self.branch)

    def viewed(self, shape):
        """The same numbers, in order, in another shape."""
        factors = [factor for dim in self.dims for factor in dim]
        new, dims = self, []
        for size in reversed(shape):
            dim, missing = [], size
            while factors and (missing > 1 or (factors[-1][1] == 1 and not dim)):
                label, n = factors.pop()
                if missing % n == 0:
                    dim.insert(0, (label, n))
                    missing //= n
                elif n % missing == 0:
                    new, outer, inner = new._split(label, n, missing)
                    factors.append(outer)
                    dim.insert(0, inner)
                    missing = 1
                else:
                    raise NotFollowed(f"its view as {tuple(shape)} cuts through the maps")
            left = shape[len(shape) - len(dims) - 2] if len(dims) + 2 <= len(shape) else 0
            if factors and factors[-1][1] == 1 and left != 1 and not _labelled(dim):
                dim.insert(0, factors.pop())  # an axis of size 1, and what a view puts into it
            dims.insert(0, tuple(dim))
        for label, _ in factors:  # of size 1
            if isinstance(label, int):
                new = new.with_axis(label, new.axes[label].collapsed())
        return replace(new, dims=tuple(dims))

    def _split(self, label, size, inner):
        if isinstance(label, Inner):
            label = None
        if label is None:
            return self, (None, size // inner), (None, inner)
        axis = self.axes[label]
        outer = axis.read(window(inner, inner), size // inner)
        part = Inner(axis, outer)
        return self.with_axis(label, outer), (label, size // inner), (part, inner)


def _labelled(factors):
    return any(isinstance(label, int) for label, _ in factors)


def plain(size):
    """The factors of a dimension that no axis runs along."""
    return ((None, size),) if size > 1 else ()


def together(seen, shape):
    """Tensors that are broadcast to one shape and combined place by place: (Seen, notes)."""
    new = [replace(one, dims=((),) * (len(shape) - len(one.dims)) + one.dims) for one in seen]
    dims = []
    for d, size in enumerate(shape):
        for i, one in enumerate(new):
            if one.labels(d) and one.width(d) != size:  # it is repeated
                new[i] = one.collapsed([d])
        if len({one.dims[d] for one in new if one.labels(d)}) > 1:  # a view has split one of them
            new = [one._one_axis(d) if one.labels(d) else one for one in new]
        found = {one.dims[d] for one in new if one.labels(d)} or {plain(size)}
        if len(found) > 1:
            raise NotFollowed("it combines maps whose places do not correspond")
        dims += found
    labels = [label for dim in dims for label, _ in dim if isinstance(label, int)]
    if len(labels) > len(set(labels)):
        raise NotFollowed("it combines maps that are turned against each other")
    axes, notes = [], {}
    for versions in zip(*(one.axes for one in new)):
        axis, note = join(versions, [one.branch for one in new])
        axes.append(axis)
        if note:
            notes.setdefault(note, []).append(f"the {axis.name}")
    notes = [f"{note} along {' and '.join(names)}" for note, names in notes.items()]
    return Seen(tuple(dims), tuple(axes), new[0].branch), notes


def chained(seen, dim, sizes):
    """Tensors one after the other along a dimension (None: it sees nothing): (Seen, notes)."""
    seen = [one and _as_channels(one, dim) for one in seen]
    known = [one for one in seen if one is not None]
    total = sum(sizes)
    if not any(one.labels(dim) for one in known):
        shape = [known[0].width(d) for d in range(len(known[0].dims))]
        shape[dim] = total
        even = [one.with_dim(dim, plain(total)) for one in known]
        joint, notes = together(even, shape)
        parts = Parts(joint.dims, joint.axes, dim, tuple(zip(seen, sizes)))
        return replace(joint, parts=parts), notes
    if len(known) > 1 or not known[0].labels(dim):
        raise NotFollowed("it puts maps one after the other along an axis of the image")
    before = sum(sizes[: seen.index(known[0])])
    return known[0].read(dim, lambda _: cut(-before), total), []


def _as_channels(one, dim):
    """Maps that were flattened together with their channels are vectors from here on."""
    mixed = one.labels(dim) and any(label is None for label, _ in one.dims[dim])
    return one.collapsed([dim]).with_dim(dim, plain(one.width(dim))) if mixed else one
