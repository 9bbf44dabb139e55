"""The table of receptive fields: one row per layer."""

import operator
import re
from difflib import get_close_matches
from contextlib import suppress
from fractions import Fraction
from functools import cached_property
from math import inf

from ..shapes.arguments import whole
from ..shapes.layers import in_short
from ..shapes.table import html_table, text_table

HEAD = "name", "layer", "output", "size", "stride", "padding"


class LayerField:
    """What the units of one layer see of the input.

    A field is a box of pixels. Its numbers are those of the middle of a large map, where no border
    clips it; `interval` says what a unit of this map sees.
    """

    def __init__(self, call):
        self.name, self._layer, self.output_shape = call.name, call.layer, call.output_shape
        self.axes = list(call.seen.axes)
        self.notes = list(call.notes)
        trouble = next((axis.problem for axis in self.axes if axis.problem), "")
        trouble = trouble and f"{trouble[0].upper()}{trouble[1:]}."
        self.problem = call.seen.problem or trouble
        self._lost = bool(call.seen.problem)  # not even the truth is known
        self._along = call.seen.all_labels()  # the axes that the map still has

    @cached_property
    def layer(self):
        """The call that makes the layer, or the function with the branches that it joins."""
        return self._layer if isinstance(self._layer, str) else in_short(self._layer)

    @property
    def everything(self):
        """Does every unit see the whole input?"""
        return not self._lost and all(axis.everything for axis in self.axes)

    @property
    def sizes(self):
        """(smallest, largest) field among the units, each as `size`; None if it is not known."""
        if self.problem:
            return None
        pairs = [(inf, inf) if axis.everything else axis.field_sizes for axis in self.axes]
        return tuple(_shared(values) for values in zip(*pairs))

    @property
    def size(self):
        """Pixels along each axis: int, or a tuple per axis; math.inf: everything; None: unknown."""
        return self.sizes and self.sizes[1]

    @property
    def period(self):
        """After how many units the sizes repeat: 1, if no layer enlarges maps; None: unknown."""
        return None if self.problem else _shared([axis.period for axis in self.axes])

    @property
    def stride(self):
        """Input pixels from one unit's field to the next; None for everything and unknown ones."""
        if self.problem:
            return None
        return _shared([None if axis.everything else _whole(axis.stride) for axis in self.axes])

    @property
    def padding(self):
        """How far the fields of the first and last units reach over the border: effective padding.

        An int, (height, width), or ((top, bottom), (left, right)). The last unit's is that of a
        network whose strides fit: pixels that a layer has dropped at the end count as read.
        """
        if self.problem:
            return None
        pairs = [(None, None) if axis.everything else axis.padding for axis in self.axes]
        pairs = [tuple(map(_whole, pair)) for pair in pairs]
        if all(before == after for before, after in pairs):
            return _shared([before for before, _ in pairs])
        return tuple(pairs) if len(pairs) > 1 else pairs[0]

    def interval(self, unit, clipped=True):
        """The first and last pixel that a unit sees, along each axis, both inclusive.

        `unit` is (row, column), and the answer ((top, bottom), (left, right)); for sequences an
        int, and (first, last). Clipped: what it sees of the input, mirrored pixels included; on
        an axis with circular padding unrolled, so that (−2, 3) is the last two and the first
        four. Not clipped: the box as if the maps had no borders. None: the unit sees nothing.

        It is never too small. Each axis is followed by itself, and all channels together; so it
        may be too large behind a branch that shows a unit nothing but padding along one axis, if
        one index is picked behind a view that splits an axis, and if some channels are sliced
        behind pixel_unshuffle, or behind a concatenation and another layer, even a depthwise one.
        Raises ValueError for a unit that is not there, and where the field is not known.
        """
        units = unit if isinstance(unit, (tuple, list)) else (unit,)
        if self._lost or (self.problem and not clipped):
            raise ValueError(f"interval: the field of {self.name!r} is not known. {self.problem}")
        if len(units) != len(self.axes):
            raise ValueError(
                f"interval: unit has one index per axis of the input, "
                f"{len(self.axes)}, but is {unit!r}. Use {_places([0] * len(self.axes))}."
            )
        units = [self._index(i, unit) for i in units]
        for label, (axis, i) in enumerate(zip(self.axes, units)):
            if not 0 <= i < axis.size and label in self._along:
                raise ValueError(
                    f"interval: {self.name!r} has {axis.size} units along the {axis.name}, "
                    f"but unit is {unit!r}. Use 0 to {axis.size - 1}."
                )
        found = [axis.true(i) if clipped else axis(i) for axis, i in zip(self.axes, units)]
        if None in found:
            return None
        return tuple(found) if len(found) > 1 else found[0]

    def _index(self, i, unit):
        try:
            if not isinstance(i, bool):
                return operator.index(i)
        except TypeError:
            pass
        raise ValueError(
            f"interval: unit must be whole numbers, but is {unit!r}. "
            f"Use {_places([0] * len(self.axes))}."
        )

    def __repr__(self):
        size, stride, padding = self.texts()[3:]
        return f"<{self.name}: size {size}, stride {stride}, padding {padding}>"

    def texts(self):
        """The row of the table."""
        first = [self.name, self.layer, str(self.output_shape)]
        if self.problem:
            return [*first, "not known", "–", "–"]
        if self.everything:
            return [*first, "everything", "–", "–"]
        return [*first, self._size_text(), _text(self.stride), _text(self.padding)]

    def _size_text(self):
        small, large = self.sizes
        text = _text(large) if small == large else f"{_text(small)}–{_text(large)}"
        return text if self.period == 1 else f"{text}, period {_text(self.period)}"


class ReceptiveFields:
    """The rows of `receptive_field`, in the order of the calls; printed and shown as a table."""

    def __init__(self, name, input_shape, rows):
        self.name, self.input_shape, self.rows = name, input_shape, rows

    def __len__(self):
        return len(self.rows)

    def __iter__(self):
        return iter(self.rows)

    def __getitem__(self, index):
        """A row by its number, or by its name: `row(name)`."""
        return self.row(index) if isinstance(index, str) else self.rows[index]

    def row(self, layer):
        """The row of a layer; of a block, and of what is called twice, the last one.

        "relu (2)" is the second call of "relu". Raises KeyError for a name that is not there.
        """
        calls = [row for row in self.rows if row.name == layer]
        if counted := re.fullmatch(r"(.+) \(([1-9]\d*)\)", layer):
            name, call = counted[1], int(counted[2])
            calls = calls or [row for row in self.rows if row.name == name][call - 1 : call]
        block = f"{layer}.", f"{layer}: "
        calls = calls or [row for row in self.rows if row.name.startswith(block)]
        if calls:
            return calls[-1]
        names = list(dict.fromkeys(row.name for row in self.rows))
        near = get_close_matches(layer, names, 3, 0.3) or names[-1:]
        use = f" Use {' or '.join(map(repr, near))}." if near else ""
        raise KeyError(f"{self.name} has no layer {layer!r}.{use}")

    def _title(self):
        return f"Receptive fields of {self.name} on an input of shape {self.input_shape}"

    def _notes(self):
        """The sentences below the table, each once, with the names of their rows."""
        texts = {}
        for row in self:
            for note in row.notes:
                texts.setdefault(f"{note[0].upper()}{note[1:]}.", row.name)
        lines = [f'"{name}": {text}' for text, name in texts.items()]
        return lines + list(dict.fromkeys(row.problem for row in self if row.problem))

    def __repr__(self):
        table = text_table(HEAD, [row.texts() for row in self], numbers=3)
        return "\n".join([self._title(), *table, *self._notes()])

    def _repr_html_(self):
        import html

        table = html_table(self._title(), HEAD, [row.texts() for row in self], numbers=3)
        return table + "".join(f"<p>{html.escape(note)}</p>" for note in self._notes())


def receptive_field(model, input_size):
    """What the units of every layer of a PyTorch model see of its input: a `ReceptiveFields` table.

    `input_size` is (C, H, W), or the whole shape, as (N, C, H, W); for sequences (C, L) or
    (N, C, L): all axes behind the channels count. One row per call of a layer, and one for each
    function that combines, resizes or pads maps outside of layers ("layer1.0: add").

    A row has the `size` of the field in input pixels, its effective `stride` (how far it moves
    from one unit to the next) and `padding` (how far the first one begins before the input),
    and `interval(unit)`, the pixels that one unit sees. Units behind upsampling may see fields of
    different sizes; `sizes` and `period` say which. `everything` is true behind global pooling;
    `problem` says why there is no number, as for attention, where the numbers of the image decide.
    `notes` name branches whose fields do not line up.

    A field is a box: never too small, but it may hold pixels that a unit does not see, as with
    dilation, and be too large where some channels see less than others (`interval` says when).

    The model stays as it is. A copy runs, which computes nothing but shapes if it can: in
    evaluation mode, so that batch norm mixes no places, and without the model's hooks, so that
    nothing counts which a forward hook or pre-hook of the model changes.
    Raises ValueError where the forward pass fails, with the layer and the repair.
    Source: Araujo, Norris and Sim, Computing receptive fields of convolutional neural networks,
    Distill 2019, doi:10.23915/distill.00021: "Single-path networks" for size, stride and padding,
    "Arbitrary computation graphs" for branches.
    """
    import torch

    if not isinstance(model, torch.nn.Module):
        made = f"{model.__name__}()" if isinstance(model, type) else "nn.Sequential(…)"
        raise ValueError(
            f"receptive_field: model must be a PyTorch model, but is {model!r}. Use {made}."
        )
    shape, *others = _whole_shapes(model, input_size)
    for module in model.modules():
        if getattr(module, "has_uninitialized_params", bool)():
            raise ValueError(
                f"receptive_field: {type(module).__name__} does not know its size yet. "
                f"Call the model once before, on an input of that size."
            )
    from .follow import follow

    kind = type(model).__name__
    try:
        calls = follow(model, shape)
    except Exception as error:
        calls = None
        for other in others:
            with suppress(Exception):
                calls, shape = follow(model, other), other
        if calls is None:
            raise ValueError(_failure(model, shape, error)) from error
    return ReceptiveFields(kind, shape, [LayerField(call) for call in calls])


def _whole_shapes(model, input_size):
    """The shape (N, C, …) that is meant, and the one that is tried if it fails."""
    shape = input_size if isinstance(input_size, (tuple, list)) else (input_size,)
    shape = tuple(whole("receptive_field", "input_size", n) for n in shape)
    axes = _axes_of(model)
    readings = [(1, *shape), shape]
    if len(shape) - 2 in axes[:1] or (len(shape) > 3 and len(shape) - 1 not in axes[:1]):
        readings.reverse()
    fitting = [reading for reading in readings if 3 <= len(reading) <= 5]
    if not fitting:
        raise ValueError(
            f"receptive_field: input_size needs channels and axes to see along, but is "
            f"{input_size!r}. Use (C, H, W), or (C, L) for a sequence."
        )
    return [fitting[0], *(other for other in fitting[1:] if not axes or len(other) - 2 in axes)]


def _axes_of(model):
    """Along how many axes its convolutions, pools and norms go, the first layer's first."""
    from torch import nn

    names = "Conv ConvTranspose MaxPool AvgPool AdaptiveAvgPool AdaptiveMaxPool BatchNorm".split()
    kinds = {n: tuple(getattr(nn, f"{name}{n}d") for name in names) for n in (1, 2, 3)}
    found = (n for module in model.modules() for n in kinds if isinstance(module, kinds[n]))
    return list(dict.fromkeys(found))


def _failure(model, shape, error):
    """The sentence of `summarize`, which fails at the same layer."""
    from ..shapes import summarize

    try:
        summarize(model, shape)
    except ValueError as told:
        return str(told).replace("summarize:", "receptive_field:", 1)
    except Exception:  # not even that runs, as with a compiled model
        pass
    reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
    return f"receptive_field: {type(model).__name__} cannot be followed: {reason}."


def _shared(values):
    """The value, if it is the same on all axes; else a tuple."""
    values = tuple(values)
    return values[0] if len(set(values)) == 1 else values


def _whole(number):
    """A Fraction as an int, if it is one."""
    return int(number) if isinstance(number, Fraction) and number.denominator == 1 else number


def _text(value):
    if value is None:
        return "–"
    if isinstance(value, tuple):
        return f"({', '.join(map(_text, value))})"
    return "everything" if value == inf else str(value)


def _places(units):
    return str(units[0]) if len(units) == 1 else str(tuple(units))
