"""FeatureMapExplorer: what every layer of a network makes of an image, and what each cell of its maps looks at."""

import numpy as np
import traitlets

from helpers.widgets.base import CourseWidget, Index, SettingError, Size, numbers, pair
from helpers.widgets.feature_map_layers import fields_of, kernels_of, maps_that_fit, module_of, packed, seen, size_text
from helpers.widgets.pictures import entry

_MOST_IMAGES = 12


class _Counted(Index):
    """One of several, how many depends on other settings: a validator knows, and refuses what is below 0, too."""

    def __init__(self):
        super().__init__()
        self.min = None


class FeatureMapExplorer(CourseWidget):
    """The maps of each layer as a grid; a cell's value, its receptive field on the image, and the patch it looks at.

    model: any nn.Module. It runs once, as `helpers.features.feature_maps` runs it; train it first.
    images: (H, W), (C, H, W) or (H, W, 3), or up to 12 at once as (N, C, H, W); a list of images is taken, too.
    layers: names of modules whose output is (N, C, H, W), as model.named_modules() has them. Unless given, all
        of them except dropout, identity, padding and normalization (their maps look like those before them). Beyond
        12 MB in all, evenly spaced ones remain, and `left_out` names the others.
    names: a name for each image, as a list.
    shown: the images as they are to be seen, if the network gets normalized ones; of the same height and width.
    layer, image, channel, cell: what is looked at: a layer's name, numbers from 0, and (row, column) in the map.
        Where not given: the first layer, the map that has the largest value, and the cell of that value. Channel
        and cell stay inside: a smaller layer brings them to the nearest there is.
    order: of the maps: "number", or strongest first by "maximum" or "mean".
    same_scale: one scale of colours for all maps of the layer, or one for each map.
    filters: whether kernels stand beside the maps, where they can be drawn: 1 or 3 input channels.

    Raises ValueError for a model without such layers, images that the model cannot take, and maps that are not finite.
    """

    script = "feature_map_explorer.js"
    styles = ("js/feature_map_explorer/style.css",)
    resets = ("layer", "image", "channel", "cell", "order", "same_scale", "filters")

    layer = traitlets.Unicode().tag(sync=True)
    image = _Counted()
    channel = _Counted()
    cell = Size((0, 0), least=0)
    order = traitlets.Enum(["number", "maximum", "mean"], "number").tag(sync=True)
    same_scale = traitlets.Bool(True).tag(sync=True)
    filters = traitlets.Bool(False).tag(sync=True)
    _layers = traitlets.List().tag(sync=True)  # {name, text, shape, seen}: `seen` has the field of each row and column
    _maps = traitlets.Dict().tag(sync=True)  # number of the layer → {steps: uint16, ranges: float64, kernels}
    _images = traitlets.Dict().tag(sync=True)  # number → entry
    _names = traitlets.List().tag(sync=True)
    _left_out = traitlets.List().tag(sync=True)

    def __init__(self, model, images, layers=None, *, names=None, shown=None, **settings):
        for name in settings:
            self._known(name)
        x = _batch("images", images)
        pictures = x if shown is None else _batch("shown", shown)
        if (len(pictures), *pictures.shape[2:]) != (len(x), *x.shape[2:]):
            raise SettingError(
                f"FeatureMapExplorer.shown: each image needs one picture of its height and width; "
                f"images are {x.shape} and shown is {pictures.shape}."
            )
        names = [f"image {n}" for n in range(len(x))] if names is None else [str(name) for name in names]
        if len(names) != len(x):
            raise SettingError(f"FeatureMapExplorer.names: {len(x)} images need as many names, got {len(names)}.")
        self._values, left_out = maps_that_fit(model, x, layers)
        modules = dict(model.named_modules())
        self._kernels = {name: kernels_of(modules[module_of(name)]) for name in self._values}
        self._fields = fields_of(model, x, self._values)
        x.flags.writeable = False
        self._input = x
        super().__init__(
            _layers=[self._about(name, modules[module_of(name)]) for name in self._values],
            _maps={str(n): packed(maps, self._kernels[name]) for n, (name, maps) in enumerate(self._values.items())},
            _images={str(n): entry(*_picture(picture)) for n, picture in enumerate(pictures)},
            _names=names,
            _left_out=left_out,
            layer=next(iter(self._values)),
        )
        try:
            self.set(**{name: settings[name] for name in ("layer", "image") if name in settings})
            channel, *cell = _place_of_largest(self.maps)
            if "channel" in settings:
                self.channel = settings["channel"]
                _, *cell = _place_of_largest(self.map[None])
            self.set(**{"channel": channel, "cell": tuple(cell), **settings})
        except SettingError:
            self.close()
            raise
        self._remember()

    def _about(self, name, module):
        maps, field, kernels = self._values[name], self._fields[name], self._kernels[name]
        return {
            "name": name,
            "kind": type(module).__name__,
            "shape": list(maps.shape[1:]),
            "size": size_text(field),
            "kernel": None if kernels is None else list(kernels.shape[1:]),
            **seen(field, maps.shape[2:]),
        }

    @property
    def layers(self):
        """The names of the layers on show, in the order in which they are called."""
        return [about["name"] for about in self._layers]

    @property
    def left_out(self):
        """The layers that were too large to be shown with the others; layers=[…] shows them."""
        return list(self._left_out)

    @property
    def input(self):
        """The image as the network gets it: (C, H, W)."""
        return self._input[self.image]

    @property
    def maps(self):
        """The maps of the layer for the image: (C, H, W)."""
        return self._values[self.layer][self.image]

    @property
    def map(self):
        """The map of the channel: (H, W)."""
        return self.maps[self.channel]

    @property
    def value(self):
        """The value at the cell."""
        return float(self.map[self.cell])

    @property
    def ranking(self):
        """The channels, strongest first, by the mean if `order` says so, else by the maximum."""
        strength = self.maps.mean((1, 2)) if self.order == "mean" else self.maps.max((1, 2))
        return np.argsort(-strength, kind="stable").tolist()

    @property
    def field(self):
        """((top, bottom), (left, right)): the first and last pixels that the cell sees; None for nothing or not known."""
        field = self._fields[self.layer]
        return None if field is None or field.problem else field.interval(self.cell)

    @property
    def patch(self):
        """The part of `input` that the cell sees: (C, h, w); None for nothing or not known."""
        if self.field is None:
            return None
        x = self.input
        for axis, (first, last) in enumerate(self.field, 1):  # behind circular padding it may go around the edge
            x = x.take(np.arange(first, last + 1), axis, mode="wrap")
        return x

    @property
    def kernel(self):
        """The kernel that makes the map: (kh, kw) or (3, kh, kw); None where it cannot be drawn."""
        kernels = self._kernels[self.layer]
        if kernels is None:
            return None
        kernel = kernels[self.channel]
        return kernel[0] if len(kernel) == 1 else kernel

    def sentence(self):
        """Layer, map, cell and value in one sentence, and what was left out."""
        about = next(about for about in self._layers if about["name"] == self.layer)
        shape = "×".join(map(str, about["shape"]))
        left_out = f" Left out for size: {', '.join(self.left_out)}." if self.left_out else ""
        return (
            f"FeatureMapExplorer: {self._names[self.image]}, layer {self.layer or about['kind']} ({shape}): map {self.channel} "
            f"is {self.value:.4g} at {self.cell}, {about['words']}.{left_out}"
        )

    @traitlets.validate("layer")
    def _check_layer(self, proposal):
        layer = proposal["value"]
        if layer not in self._values:
            where = "was left out for its size; name it: layers=[…]" if layer in self._left_out else "is not shown"
            raise SettingError(
                f"FeatureMapExplorer.layer: {layer!r} {where}. There is {', '.join(map(repr, self._values))}."
            )
        return layer

    @traitlets.validate("image")
    def _check_image(self, proposal):
        return self._counted(proposal, len(self._input), "images")

    @traitlets.validate("channel")
    def _check_channel(self, proposal):
        return self._counted(proposal, len(self.maps), f"maps of {self.layer}")

    @traitlets.validate("cell")
    def _check_cell(self, proposal):
        height, width = self.maps.shape[1:]
        (row, column) = cell = pair(proposal["value"])
        if row >= height or column >= width:
            raise SettingError(
                f"FeatureMapExplorer.cell: the maps of {self.layer} are {height}×{width}, so rows end at "
                f"{height - 1} and columns at {width - 1}; got {cell}."
            )
        return cell

    def _counted(self, proposal, count, what):
        value, name = proposal["value"], proposal["trait"].name
        if not 0 <= value < count:
            raise SettingError(
                f"FeatureMapExplorer.{name}: the {count} {what} are counted from 0 to {count - 1}, got {value}."
            )
        return value

    @traitlets.observe("layer")
    def _stay_inside(self, _change):
        channels, *size = self.maps.shape
        cell = tuple(min(at, most - 1) for at, most in zip(self.cell, size))
        self.set(channel=min(self.channel, channels - 1), cell=cell)


def _place_of_largest(maps):
    """(channel, row, column), the first of several."""
    return tuple(int(at) for at in np.unravel_index(maps.argmax(), maps.shape))


def _batch(name, images):
    """(N, C, H, W) in float32, read-only, from one image or several."""
    where = f"FeatureMapExplorer.{name}"
    if isinstance(images, (list, tuple)) and images and all(hasattr(image, "shape") for image in images):
        images = [_batch(name, image) for image in images]
        if len({image.shape for image in images}) > 1:
            shapes = ", ".join(str(image.shape[1:]) for image in images)
            raise SettingError(f"{where}: images must be of one shape, got {shapes}.")
        images = np.concatenate(images)
    x = numbers(images, where, (2, 3, 4), "(H, W), (C, H, W) or (N, C, H, W)", np.float32).astype(np.float32)
    if x.ndim == 3 and x.shape[2] == 3 != x.shape[0]:
        x = np.moveaxis(x, 2, 0)  # (H, W, 3), as photos come
    x = x.reshape((1,) * (4 - x.ndim) + x.shape)
    if len(x) > _MOST_IMAGES:
        few = f"images[:{_MOST_IMAGES}]"
        raise SettingError(f"{where}: at most {_MOST_IMAGES} images, got {len(x)}. Take some of them: {few}.")
    return x


def _picture(channels):
    """(pixels, whether they are a field): (C, H, W) as it can be seen. Colours beyond 0 to 1 are brought there."""
    if len(channels) != 3:
        return (channels[0],)  # of several quantities the first
    if channels.min() < 0 or channels.max() > 1:
        channels = (channels - channels.min()) / max(np.ptp(channels), 1e-12)
    return np.moveaxis(channels, 0, 2), False
