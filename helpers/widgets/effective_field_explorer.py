"""EffectiveFieldExplorer: how strongly each input pixel moves a unit, beside the box that the theory allows."""

from collections import namedtuple
from collections.abc import Mapping

import numpy as np
import traitlets

from helpers.widgets.base import CourseWidget, SettingError, is_int

_MOST_MODELS, _MOST_LAYERS, _MOST_NUMBERS = 3, 12, 2**22
# centre: of the square, (row, column) in whole pixels; around: whether the box goes on at the other edge
_Measured = namedtuple("_Measured", "field box around centre")


class EffectiveFieldExplorer(CourseWidget):
    """The effective receptive fields of a layer's middle unit, in up to three models side by side.

    models: a dict name → model, 1 to 3 of them, such as one network before and after training; or one model.
    x: (N, C, H, W), inputs as the models get them; the fields are means over these.
    layers: names of layers that all models have, up to 12; by default the convolutions (of more than 12, some of
        them), the last included.
    layer: which of them is shown, by default the last.
    logarithmic: colours and profile on a logarithmic scale, down to a millionth of the largest value.
    side: of the square in pixels, odd. By default that of the first model's theoretical field, or of the input if
        the field is not known or larger.

    `fields`, `boxes` and `share` speak of the layer shown. All fields are computed once, when the widget is made.
    Raises ValueError for other models, layers that are not there, and what `effective_receptive_field` refuses.
    """

    script = "effective_field_explorer.js"
    styles = ("js/effective_field_explorer/style.css",)
    resets = ("layer", "logarithmic", "side")

    layer = traitlets.Unicode().tag(sync=True)
    logarithmic = traitlets.Bool(False).tag(sync=True)
    side = traitlets.Int(1).tag(sync=True)
    _packed = traitlets.Dict().tag(sync=True)

    def __init__(self, models, x, layers=None, **settings):
        models = _named(models)
        self._layers = _layers_of(models, layers)
        self._measured = {name: _measure(model, x, self._layers) for name, model in models.items()}
        first = next(iter(self._measured.values()))
        size = first[self._layers[-1]].field.shape
        self._most = 2 * max(size) - 1
        settings.setdefault("layer", self._layers[-1])
        if "side" not in settings and settings["layer"] in first:
            settings["side"] = _side_of(first[settings["layer"]].box, size)
        super().__init__(_packed=self._pack(size), **settings)

    def _pack(self, size):
        """What the page needs, sent once: the fields as float32, model by model and layer by layer."""
        measured = [[of[layer] for layer in self._layers] for of in self._measured.values()]
        fields = np.float32([[of.field for of in row] for row in measured])
        if fields.size > _MOST_NUMBERS:
            raise SettingError(
                f"EffectiveFieldExplorer: {len(measured)} models × {len(self._layers)} layers of {size[0]}×{size[1]} "
                f"pixels are {fields.size:,} numbers for the page, more than {_MOST_NUMBERS:,}. "
                "Choose fewer layers, or smaller inputs."
            )
        return {
            "names": list(self._measured), "layers": self._layers, "size": list(size),
            "boxes": [[of.box for of in row] for row in measured],
            "around": [[of.around for of in row] for row in measured],
            "centres": [[of.centre for of in row] for row in measured],
            "data": memoryview(fields.reshape(-1)).cast("B"),
        }  # fmt: skip

    @property
    def fields(self):
        """name → (H, W), the effective field: shares that sum to 1."""
        return {name: of[self.layer].field for name, of in self._measured.items()}

    @property
    def boxes(self):
        """name → ((top, bottom), (left, right)), the theoretical field in pixels of x, or None if it is not known.

        First and last pixel, inclusive; it may reach beyond the input.
        """
        return {name: of[self.layer].box for name, of in self._measured.items()}

    def share(self, side=None):
        """name → the share of the field within a square of `side` pixels, by default the one shown."""
        from helpers.receptive_field.effective import share_within

        side = self.side if side is None else side
        shown = {name: of[self.layer] for name, of in self._measured.items()}
        return {name: share_within(of.field, side, of.centre) for name, of in shown.items()}

    def sentence(self):
        """Layer, square and shares in one sentence."""
        shares = ", ".join(f"{share:.0%} {name}" for name, share in self.share().items())
        return f"EffectiveFieldExplorer: layer {self.layer}, a square of {self.side}×{self.side} pixels holds {shares}."

    @traitlets.validate("layer")
    def _check_layer(self, proposal):
        if proposal["value"] not in self._layers:
            raise SettingError(
                f"EffectiveFieldExplorer.layer: there is no {proposal['value']!r}. Use one of {self._layers}."
            )
        return proposal["value"]

    @traitlets.validate("side")
    def _check_side(self, proposal):
        side = proposal["value"]
        if not is_int(side) or side % 2 == 0 or not 1 <= side <= self._most:
            raise SettingError(
                f"EffectiveFieldExplorer.side: expected an odd number from 1 to {self._most}, got {side!r}."
            )
        return side


def _named(models):
    """name → model."""
    from torch import nn

    if isinstance(models, nn.Module):
        return {type(models).__name__: models}
    if not isinstance(models, Mapping) or not 1 <= len(models) <= _MOST_MODELS:
        got = f"{len(models)} of them" if isinstance(models, Mapping) else f"a {type(models).__name__}"
        raise SettingError(
            f"EffectiveFieldExplorer: models must be a dict of 1 to {_MOST_MODELS} models by name, such as "
            f'{{"before training": …, "after training": …}}; got {got}.'
        )
    return {str(name): model for name, model in models.items()}


def _layers_of(models, layers):
    """The names of the layers to be shown, in order."""
    from torch import nn

    known = [{name for name, _ in model.named_modules()} if isinstance(model, nn.Module) else set()
             for model in models.values()]  # fmt: skip
    shared = set.intersection(*known)
    if layers is None:
        modules = next(iter(models.values())).named_modules() if shared else []
        layers = [name for name, m in modules if isinstance(m, (nn.Conv2d, nn.ConvTranspose2d)) and name in shared]
        keep = np.unique(np.linspace(0, len(layers) - 1, min(len(layers), _MOST_LAYERS)).round().astype(int))
        layers = [layers[n] for n in keep]
    layers = [layers] if isinstance(layers, str) else list(layers)
    lacking = [name for name in layers if name not in shared]
    if lacking or not 1 <= len(layers) <= _MOST_LAYERS:
        what = f"layer {lacking[0]!r} is not in every model" if lacking else f"{len(layers)} layers were found or given"
        raise SettingError(
            f"EffectiveFieldExplorer: {what}. Give the names of 1 to {_MOST_LAYERS} layers that all models have, "
            "as named_modules() lists them."
        )
    return layers


def _measure(model, x, layers):
    """layer → `_Measured`; the centre is that of the box, or else the centre of mass."""
    from helpers.receptive_field.effective import effective_receptive_field

    found = {}
    for layer in layers:
        try:
            field = effective_receptive_field(model, x, layer)
        except ValueError as error:
            raise SettingError(str(error)) from error
        if field.ndim != 2:
            raise SettingError(f"EffectiveFieldExplorer: x must be images (N, C, H, W), got {tuple(np.shape(x))}.")
        found[layer] = field
    boxes = _boxes(model, tuple(np.shape(x))[1:], layers)
    return {layer: _Measured(field, *boxes[layer], _centre(field, boxes[layer][0])) for layer, field in found.items()}


def _boxes(model, input_size, layers):
    """layer → the theoretical field of its middle unit, None where the table has no number; whether it goes around."""
    from helpers.receptive_field import receptive_field

    boxes = dict.fromkeys(layers, (None, False))
    try:
        table = receptive_field(model, input_size)
    except ValueError:
        return boxes
    for layer in layers:
        try:
            row = table[layer]
        except KeyError:  # the table has no row of it, as of a layer that was not called
            continue
        if row.size is None or len(row.output_shape) != 4:
            continue
        interval = row.interval(tuple(n // 2 for n in row.output_shape[2:]), clipped=False)
        box = interval and tuple((int(first), int(last)) for first, last in interval)
        ends = zip(row.axes, box or ())
        boxes[layer] = box, any(axis.wraps and (lo < 0 or hi >= axis.input_size) for axis, (lo, hi) in ends)
    return boxes


def _side_of(box, size):
    """The odd side of the square around a box, or around the input if the box is not known or larger."""
    longest = max(last - first + 1 for first, last in box) if box else max(size)
    return 2 * (min(longest, max(size)) // 2) + 1


def _centre(field, box):
    """(row, column) in whole pixels."""
    if box:
        return tuple((first + last) // 2 for first, last in box)
    return tuple(int(np.floor((place * field).sum() + 0.5)) for place in np.indices(field.shape))
