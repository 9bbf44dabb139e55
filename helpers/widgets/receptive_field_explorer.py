"""ReceptiveFieldExplorer: what a unit of a stack of layers sees of the input, and why."""

from functools import cache

import numpy as np
import traitlets

from helpers import data
from helpers.widgets import field_layers as rules
from helpers.widgets.base import SettingError, Size, is_int, pair
from helpers.widgets.field_cases import FIELD_CASES
from helpers.widgets.field_torch import layers_of, stack_code, torch_stack
from helpers.widgets.pictures import PictureWidget, entry, own_pixels, vorticity

_GALLERY = ("handwritten digit", "photo", "weather: vorticity", "none")
_SMALLEST, _LARGEST = 8, 512
_STACK = ("layers", "input_size", "image")


class ReceptiveFieldExplorer(PictureWidget):
    """A stack of layers; a unit of any of them, and the part of the input that it sees, as a cone and on a picture.

    layers: a list of dicts such as {"type": "conv", "kernel_size": 3, "padding": 1}, the same along both axes.
        Types: "conv", "pool" and "transposed_conv" (kernel_size, stride, padding, dilation), "upsample"
        (scale_factor, nearest). The stride of a pool is its kernel_size unless given; the padding of a conv may be
        [before, after]. "skip": the index of an earlier layer (−1: the input) whose output joins this one's, as a
        sum or side by side. "name": what the layer is called.
    image: "handwritten digit" (32×32), "photo" (256×256), "weather: vorticity" (32×64), your own array (H, W) or
        (H, W, 3), 8×8 to 512×512 pixels; or "none", for any input_size.
    input_size: an int or (height, width), 8 to 512; that of the image if there is one.
    layer: the index of the layer whose unit is shown; None for the last one, as to begin with.
    unit: (row, column) in its map; None for the middle, as to begin with.
    axis: "width" or "height", along which the stack is cut.

    Two layers of 3×3 to begin with. Size, stride and padding of fields: Araujo, Norris and Sim, *Computing receptive
    fields of convolutional neural networks*, Distill 2019. A layer is marked if a unit of the layer before
    it sees the whole input already: it sees nothing new (after Richter et al., arXiv:2106.12307).
    A setting that is refused raises `ValueError` and leaves the widget as it was.
    """

    script = "receptive_field_explorer.js"
    styles = ("js/layer_table/style.css", "js/receptive_field_explorer/style.css")
    resets = (*_STACK, "layer", "unit", "axis")
    own_sizes = (_SMALLEST, _SMALLEST), (_LARGEST, _LARGEST)

    layers = traitlets.TraitType(FIELD_CASES["two 3×3"]["layers"]).tag(sync=True)
    image = traitlets.TraitType("handwritten digit").tag(sync=True)  # not Any, which takes None unseen
    input_size = Size((32, 32), least=_SMALLEST)
    layer = traitlets.TraitType(1).tag(sync=True)
    unit = traitlets.TraitType((16, 16)).tag(sync=True)
    axis = traitlets.Enum(["width", "height"], "width").tag(sync=True)
    _cases = traitlets.Dict(FIELD_CASES).tag(sync=True)

    def __init__(self, layers=None, image=None, input_size=None, **settings):
        given = {"layers": layers, "input_size": input_size}
        settings = {"layer": None, "unit": None, **settings}
        settings |= {name: value for name, value in given.items() if value is not None}
        if image is None:
            image = "handwritten digit" if input_size is None else "none"
        super().__init__({name: _from_gallery(name) for name in _GALLERY}, image, **settings)

    @classmethod
    def case(cls, name, **settings):
        """A named network: "two 3×3", "dilated 1-2-4-8", "causal", "VGG16", "ResNet-50", "small U-Net" and others.

        Raises ValueError for a name that there is not.
        """
        if name not in FIELD_CASES:
            raise SettingError(
                f"ReceptiveFieldExplorer.case: there is no {name!r}. There is {', '.join(map(repr, FIELD_CASES))}."
            )
        return cls(**(FIELD_CASES[name] | settings))

    @classmethod
    def from_torch(cls, model, input_size=None, **settings):
        """The layers of an `nn.Sequential`; activations, normalization and dropout are left out: they see no farther.

        MaxPool2d and AvgPool2d, which see the same, become "pool": `code` and `to_torch()` make a MaxPool2d of it.

        Raises ValueError for a layer that the explorer cannot show, by its name.
        """
        return cls(layers_of(model), input_size=input_size, **settings)

    # ---- what the learner sees, as numbers and PyTorch ------------------------------------------------------

    @property
    def maps(self):
        """The (height, width) of every layer's map."""
        return rules.map_sizes(self.layers, pair(self.input_size))

    @property
    def size(self):
        """Input pixels along an axis from the first to the last that a unit sees; the largest if that depends on it."""
        return self.sizes[1]

    @property
    def sizes(self):
        """(smallest, largest) size: they differ behind upsampling layers, where it depends on the unit."""
        return self._laws[self.layer].sizes

    @property
    def period(self):
        """After how many units the fields repeat: 1 unless a transposed convolution or an upsampling is below."""
        return len(self._laws[self.layer].ends)

    @property
    def stride(self):
        """Input pixels between the fields of neighbouring units; a Fraction where there are more units than pixels."""
        return _whole(self._laws[self.layer].stride)

    @property
    def padding(self):
        """How far the field of unit 0 begins before the input, or (before, after) where that of the last differs."""
        return self._padding(self.layer)

    @property
    def fields(self):
        """(size, stride, padding) of the chosen layer's and all other layers' units, first layer first."""
        return [
            (law.sizes[1], _whole(law.stride), self._padding(n)) for n, law in enumerate(self._laws)
        ]

    def interval(self, clipped=True):
        """What the unit sees: ((top, bottom), (left, right)), first and last input pixel of each axis.

        Unclipped it may reach beyond the input, where the padding is. An axis along which it sees nothing is None.
        """
        if not clipped:
            return tuple(self._laws[self.layer](at) for at in self.unit)
        return tuple((seen[0], seen[-1]) if seen else None for seen in self.pixels)

    @property
    def pixels(self):
        """(rows, columns) that the unit really sees: lists of input pixels, with holes where dilation leaves some."""
        along = zip(pair(self.input_size), self.unit)
        return tuple(rules.seen_pixels(self.layers, size, self.layer, at) for size, at in along)

    @property
    def code(self):
        """The layers as lines of PyTorch, with one channel."""
        return stack_code(self.layers)

    def to_torch(self):
        """The layers as a module with one channel and random weights: an `nn.Sequential` unless some have skips.

        A "pool" becomes a MaxPool2d, also where it was an AvgPool2d.
        """
        return torch_stack(self.layers)

    def sentence(self):
        """Layer, unit and its field in one sentence."""
        shape = "×".join(map(str, pair(self.input_size)))
        low, high = self.sizes
        size = f"{high} pixels" if low == high else f"{low} to {high} pixels"
        return (
            f"ReceptiveFieldExplorer: {len(self.layers)} layer{'s' * (len(self.layers) > 1)} on {shape}; a unit of "
            f"{rules.title(self.layers, self.layer)} sees {size} along each axis, its stride is {self.stride}."
        )

    @property
    def _laws(self):
        return rules.laws(self.layers)

    def _padding(self, n):
        law, width = self._laws[n], pair(self.input_size)[1]
        first, last = law(0), law(self.maps[n][1] - 1)
        if not (first and last):
            return None
        after = last[1] + rules.dropped(self.layers, width)[n] - (width - 1)
        return -first[0] if after == -first[0] else (-first[0], _whole(after))

    # ---- validation -----------------------------------------------------------------------------------------

    @traitlets.validate("layers")
    def _check_layers(self, proposal):
        layers = rules.checked(proposal["value"], "ReceptiveFieldExplorer.layers")
        picture = self.images.get(self.image) if isinstance(self.image, str) else None
        if picture:  # else the image's own check follows
            self._check_fit("layers", layers, self._size_of(self.image))
        return layers

    @traitlets.validate("image")
    def _check_image(self, proposal):
        image = proposal["value"]
        if isinstance(image, str):
            name = self._named(image, "an array (H, W) or (H, W, 3)")
            self._check_fit("image", self._sound_layers(), self._size_of(name))
            return name
        pixels = _read(image)
        self._check_fit("image", self._sound_layers(), pixels.shape[:2])
        return self._keep(entry(pixels))

    @traitlets.validate("input_size")
    def _check_input_size(self, proposal):
        size = pair(proposal["value"])
        if max(size) > _LARGEST:
            raise SettingError(f"ReceptiveFieldExplorer.input_size: at most {_LARGEST}, got {size[0]}×{size[1]}.")
        named = isinstance(self.image, str) and self.image in self.images
        if named and self.image != "none" and size != (shape := self._size_of(self.image)):
            raise SettingError(
                f"ReceptiveFieldExplorer.input_size: {self.image!r} is {shape[0]}×{shape[1]}, not {size[0]}×{size[1]}. "
                "For an input of any size: set(image='none', input_size=…)."
            )
        if named and self.image == "none":
            self._check_fit("input_size", self._sound_layers(), size)
        return size

    @traitlets.validate("layer")
    def _check_layer(self, proposal):
        layer, count = proposal["value"], len(self.layers)
        if layer is None:
            return count - 1
        if not is_int(layer) or not 0 <= layer < count:
            raise SettingError(
                f"ReceptiveFieldExplorer.layer: expected None for the last layer, or its index from 0 to {count - 1}; "
                f"got {layer!r}."
            )
        return int(layer)

    @traitlets.validate("unit")
    def _check_unit(self, proposal):
        unit, layer = proposal["value"], self.layer
        layer = len(self.layers) - 1 if layer is None else layer
        size = rules.map_sizes(self._sound_layers(), self._size_of(self.image))[layer]
        if unit is None:
            return tuple(v // 2 for v in size)
        legal = isinstance(unit, (tuple, list)) and len(unit) == 2 and all(map(is_int, unit))
        if not legal or not all(0 <= at < most for at, most in zip(unit, size)):
            raise SettingError(
                f"ReceptiveFieldExplorer.unit: expected None for the middle, or (row, column) in a map of "
                f"{size[0]}×{size[1]}; got {unit!r}."
            )
        return tuple(map(int, unit))

    @traitlets.observe("layers", "image", "input_size", "layer")
    def _stay_inside(self, change):
        """The input is as large as its picture; a layer or unit that is no longer there gives way to the nearest."""
        if self.image != "none":
            self.input_size = self._size_of(self.image)
        self.layer = min(self.layer, len(self.layers) - 1)
        size = self.maps[self.layer]
        self.unit = tuple(min(at, most - 1) for at, most in zip(self.unit, size))

    def _size_of(self, image):
        if image == "none" or not isinstance(image, str):
            return pair(self.input_size)
        return tuple(self.images[image]["shape"][:2])

    def _sound_layers(self):
        """The layers, which in a step of several settings need not have been checked before the others."""
        return rules.checked(self.layers, "ReceptiveFieldExplorer.layers")

    def _check_fit(self, name, layers, size):
        try:
            rules.map_sizes(layers, size)
            rules.laws(layers)
        except ValueError as error:
            shape = f"{size[0]}×{size[1]}"
            raise SettingError(f"ReceptiveFieldExplorer keeps its {name}: on {shape}, {error}") from None


def _whole(value):
    return int(value) if value == int(value) else value


@cache
def _from_gallery(name):
    if name == "photo":
        return entry(data.load_photo())
    if name == "handwritten digit":
        return entry(np.pad(np.kron(data.load_digits().images[0], np.ones((3, 3))), 4))
    return vorticity() if name.startswith("weather") else entry(np.full((_SMALLEST, _SMALLEST), 0.5))


def _read(image):
    """One's own array as numbers that the page can have."""
    where = "ReceptiveFieldExplorer.image"
    pixels = own_pixels(image, where, "an array of numbers")
    if pixels.ndim not in (2, 3) or pixels.ndim == 3 and pixels.shape[2] != 3:
        raise SettingError(f"{where}: expected an array (H, W) or (H, W, 3), got shape {pixels.shape}.")
    if not all(_SMALLEST <= size <= _LARGEST for size in pixels.shape[:2]):
        raise SettingError(
            f"{where}: from {_SMALLEST}×{_SMALLEST} to {_LARGEST}×{_LARGEST} pixels, got "
            f"{pixels.shape[0]}×{pixels.shape[1]}. Take every n-th pixel, image[::n, ::n], or a part of it."
        )
    if not np.isfinite(pixels).all():
        raise SettingError(f"{where}: it has values that are not finite. numpy.nan_to_num replaces them.")
    return pixels
