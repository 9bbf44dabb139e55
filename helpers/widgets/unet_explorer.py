"""UNetExplorer: a U-Net drawn to scale, with sizes that follow its settings, and the maps of a trained one."""

import numpy as np
import traitlets

from helpers.widgets import unet_parts
from helpers.widgets.base import CourseWidget, Index, SettingError, Size, pair
from helpers.widgets.feature_map_layers import packed
from helpers.widgets.unet_parts import SETTINGS, UNET_CASES, map_names

_MOST = {"depth": 5, "width": 64, "in_channels": 64, "out_channels": 64, "input_size": 2048}
_MODES = ("zeros", "circular", "reflect", "replicate")
_BUDGET, _CHANNELS = 4_000_000, 16  # bytes of all maps that travel to the page; maps of each box, at most


class UNetExplorer(CourseWidget):
    """The U of Ronneberger, Fischer and Brox, arXiv:1505.04597, to scale: click a map for its layers, costs and field.

    model, x: a trained `helpers.models.UNet` and an input (C, H, W) for it; their settings are taken, and the maps
        of every level are shown, until a setting is changed. Without them the diagram stands alone.
    in_channels, out_channels: 1 to 64. depth: 1 to 5, how often the size is halved. width: 1 to 64, the channels at
        full size, doubled with each halving. input_size: an int, or (height, width); up to 2048.
    skip: whether the decoder gets the encoder's maps. padding: "same", or "valid" as in the original.
    padding_mode: "zeros", "circular", "reflect" or "replicate", or two of them for (height, width).
    up: "conv" for a transposed convolution, "resize" for repeated pixels and a convolution. norm: batch normalization.
    selected: None or a map by its name, such as "encoder.1", "bottom" or "decoder.0.first".
    pixel: None or the (row, column) of an output's pixel, whose receptive field is drawn on the input.

    A size that cannot be halved so often is drawn as far as it comes; `problem` says why, `cures` what would fit.
    Every setting can be changed from Python. One that cannot be raises `ValueError` and changes nothing.
    """

    script = "unet_explorer.js"
    styles = ("js/unet_explorer/style.css",)
    resets = (*SETTINGS, "selected", "pixel")

    in_channels = Index(1)
    out_channels = Index(2)
    depth = Index(4)
    width = Index(64)
    skip = traitlets.Bool(True).tag(sync=True)
    padding = traitlets.Enum(("same", "valid"), "valid").tag(sync=True)
    padding_mode = traitlets.TraitType("zeros").tag(sync=True)
    up = traitlets.Enum(("conv", "resize"), "conv").tag(sync=True)
    norm = traitlets.Bool(False).tag(sync=True)
    input_size = Size(572, least=1)
    selected = traitlets.Unicode(None, allow_none=True).tag(sync=True)
    pixel = Size(None, least=0, allow_none=True)
    _cases = traitlets.Dict(UNET_CASES).tag(sync=True)
    _taken = traitlets.Dict().tag(sync=True)  # the settings that the maps belong to; none without maps
    _maps = traitlets.Dict().tag(sync=True)  # name of the map → {steps, ranges, shape, of}

    def __init__(self, model=None, x=None, **settings):
        for name in settings:
            self._known(name)
        self._model, self._values = None, {}
        if model is None and x is not None:
            raise SettingError("UNetExplorer: an input without a model. Use UNetExplorer(model, x).")
        if model is not None:
            settings = self._take(model, x) | settings
        super().__init__(**settings)

    @classmethod
    def of(cls, model, x, **settings):
        """The explorer of a trained UNet, with its maps for an input (C, H, W): the same as UNetExplorer(model, x)."""
        return cls(model, x, **settings)

    @classmethod
    def case(cls, name, **settings):
        """The explorer with named settings, such as "the original: 572 → 388"; see UNET_CASES."""
        if name not in UNET_CASES:
            known = ", ".join(map(repr, UNET_CASES))
            raise SettingError(f"UNetExplorer.case: no case {name!r}. There are: {known}.")
        return cls(**{**UNET_CASES[name], **settings})

    def _take(self, model, x):
        from helpers.widgets.unet_torch import maps_of, settings_of

        if x is None:
            raise SettingError("UNetExplorer: a model without an input. Use UNetExplorer(model, x), x of (C, H, W).")
        taken = settings_of(model)
        self._values = maps_of(model, x)
        size = tuple(int(side) for side in self._values["input"].shape[1:])
        taken["input_size"] = size if size[0] != size[1] else size[0]
        for name, maps in self._values.items():
            maps.flags.writeable = False
            if not np.isfinite(maps).all():
                raise SettingError(
                    f"UNetExplorer: the maps of {name} have values that are not finite. Has the training diverged?"
                )
        self._model = model
        return taken | {"_maps": _that_fit(self._values), "_taken": taken}

    # ---- what the learner sees ------------------------------------------------------------------------------

    @property
    def sizes(self):
        """The sizes behind the convolutions of each level, as `unet_sizes`; None if the input does not fit."""
        return None if self.problem else unet_parts.layer_sizes(**self._settings())

    @property
    def output_size(self):
        """The size of the output, an int or (height, width); None if the input does not fit."""
        return None if self.problem else self.sizes[-1]

    @property
    def problem(self):
        """Why the size cannot be halved so often, and what would fit; None if all is well."""
        return unet_parts.problem(**self._settings())

    @property
    def cures(self):
        """{"pad": (height, width), "crop": (height, width)}: the nearest sizes that fit; {} if this one does."""
        return unet_parts.cures(**self._settings()) if self.problem else {}

    @property
    def parameters(self):
        """How many numbers the network learns."""
        return unet_parts.parameters(**self._settings())

    @property
    def multiplications(self):
        """Multiplications of weights and values for one input; None if it does not fit."""
        return unet_parts.multiplications(**self._settings())

    @property
    def code(self):
        """The call that makes the network."""
        return unet_parts.unet_code(**self._settings())

    @property
    def model(self):
        """The network: the trained one while its settings stand, else a new UNet with random weights."""
        if self._shows_maps():
            return self._model
        from helpers.widgets.unet_torch import made

        return made(self._settings())

    layer = model

    @property
    def maps(self):
        """{name: (C, H, W)} of the trained network's maps; {} without one, or with other settings."""
        return dict(self._values) if self._shows_maps() else {}

    @property
    def field(self):
        """((top, bottom), (left, right)) that `pixel` depends on, both inclusive; None without a pixel or an output."""
        if self.pixel is None or self.problem:
            return None
        from helpers.widgets.unet_torch import field_of

        return field_of(self._settings(), self.pixel)

    def sentence(self):
        """Sizes and costs in one sentence."""
        how = f"depth {self.depth}, width {self.width}, padding {self.padding!r}" + ", no skips" * (not self.skip)
        if self.problem:
            return f"UNetExplorer: a U-Net, {how}; it stops: {self.problem}"
        size, out = (_times(pair(size)) for size in (self.input_size, self.output_size))
        costs = f"{self.parameters:,} parameters, {self.multiplications:,} multiplications"
        return f"UNetExplorer: a U-Net, {how}, {self.in_channels}×{size} → {self.out_channels}×{out}; {costs}."

    def _settings(self):
        return {name: getattr(self, name) for name in SETTINGS}

    def _shows_maps(self):
        now, taken = self._settings(), self._taken
        return bool(taken) and all(_plain(now[name]) == _plain(taken[name]) for name in SETTINGS)

    # ---- validation -----------------------------------------------------------------------------------------

    @traitlets.validate("in_channels", "out_channels", "depth", "width", "input_size")
    def _check_numbers(self, proposal):
        name, value = proposal["trait"].name, proposal["value"]
        if not all(1 <= v <= _MOST[name] for v in pair(value)):
            raise SettingError(f"UNetExplorer.{name}: expected 1 to {_MOST[name]}, got {value}.")
        return value

    @traitlets.validate("padding_mode", "padding")
    def _check_padding(self, proposal):
        mode = proposal["value"] if proposal["trait"].name == "padding_mode" else self.padding_mode
        modes = pair(mode)
        if len(modes) != 2 or not all(isinstance(one, str) and one in _MODES for one in modes):
            raise SettingError(
                f"UNetExplorer.padding_mode: expected one of {', '.join(map(repr, _MODES))}, or two of them for "
                f'(height, width), such as ("replicate", "circular"); got {mode!r}.'
            )
        padding = proposal["value"] if proposal["trait"].name == "padding" else self.padding
        if padding == "valid" and set(modes) != {"zeros"}:
            raise SettingError(
                f'UNetExplorer: padding="valid" pads nowhere, so padding_mode={mode!r} would mean nothing. Use '
                'padding_mode="zeros", or padding="same"; both in one step: widget.set(padding=…, padding_mode=…).'
            )
        value = proposal["value"]
        return tuple(value) if isinstance(value, list) else value

    @traitlets.validate("selected")
    def _check_selected(self, proposal):
        name, names = proposal["value"], map_names(**self._settings())
        if name is not None and name not in names:
            raise SettingError(f"UNetExplorer.selected: no map {name!r}. There are: {', '.join(names)}; or None.")
        return name

    @traitlets.validate("pixel")
    def _check_pixel(self, proposal):
        value = proposal["value"]
        if value is None or self.problem:
            return value if value is None else pair(value)
        size = pair(self.output_size)
        if any(at >= most for at, most in zip(pair(value), size)):
            raise SettingError(
                f"UNetExplorer.pixel: expected None or (row, column) of the output, which is {_times(size)}; "
                f"got {value!r}."
            )
        return pair(value)

    @traitlets.observe(*SETTINGS)
    def _stay_inside(self, _change):
        """Other settings may have lost the map or the pixel that were chosen."""
        if self.selected not in (None, *map_names(**self._settings())):
            self.selected = None
        if self.pixel is not None and not self.problem:
            self.pixel = tuple(min(at, most - 1) for at, most in zip(self.pixel, pair(self.output_size)))


def _that_fit(values):
    """The first channels of every map, packed: as many of 16 as 4 MB have room for; the skips are on the page already."""
    sent = {name: maps for name, maps in values.items() if not name.startswith("skip")}
    for most in (_CHANNELS, 8, 4, 2, 1):
        chosen = {name: maps[:most] for name, maps in sent.items()}
        if sum(2 * maps.size + 16 * len(maps) for maps in chosen.values()) <= _BUDGET:
            break
    else:
        size = _times(values["input"].shape[1:])
        raise SettingError(
            f"UNetExplorer: the maps for an input of {size} have more than {_BUDGET // 10**6} MB. "
            "Show a part of it: x[:, :256, :256]."
        )
    return {
        name: {**packed(maps[None], None), "shape": list(maps.shape), "of": len(values[name])}
        for name, maps in chosen.items()
    }


def _times(size):
    return "×".join(map(str, size))


def _plain(value):
    """A pair of equals as one value, so that settings can be compared."""
    if not isinstance(value, (tuple, list)):
        return value
    return value[0] if value[0] == value[1] else tuple(value)
