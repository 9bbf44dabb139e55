"""ArithmeticExplorer: where every number of an output size comes from, for both directions."""

import numpy as np
import traitlets

from helpers import operations, shapes
from helpers.widgets.base import CourseWidget, SettingError, Size, pair
from helpers.widgets.arithmetic_cases import NAMED_CASES
from helpers.widgets.torch_code import conv2d_code, conv_transpose2d_code

_SIZES = ("input_size", "kernel_size", "stride", "padding", "dilation", "output_padding")
_LAYER = (*_SIZES, "padding_mode", "transposed")
_MOST = {"input_size": 12, "kernel_size": 7, "stride": 4, "padding": 6, "dilation": 4, "output_padding": 3}
_MOST_OUTPUT = 32
_VIEWS = {False: ("slide", "matrix", "counts"), True: ("stamp", "stretch", "matrix", "counts")}
_SEARCHED = ("kernel_size", "stride", "padding", "dilation", "output_padding")


class ArithmeticExplorer(CourseWidget):
    """The arithmetic of a convolution or a transposed one, drawn: every setting, and the size that follows.

    input_size, kernel_size, stride, padding, dilation, output_padding: an int or (height, width), as in
    `torch.nn.Conv2d` and `torch.nn.ConvTranspose2d`; the input has at most 12 pixels along each axis.
    transposed: the layer that brings the size back. Only it has an output_padding, and only zeros around.
    padding_mode: "zeros", "reflect", "replicate" or "circular".
    values: "numbers" (the pixels are counted, so that a copy in the border tells where it comes from) or
    "ones" (each output is the number of its contributions).
    view: "slide" (or, transposed, "stamp" and "stretch"), "matrix" or "counts".
    position: (row, column) of the output that is explained; in the view "stamp" of the input that is stamped.
    building: in the view "stamp", show only the stamps up to the present one.
    apart: sliders for height and width by themselves.
    hide: the output, its size and the marks that give it away, so that they can be predicted.
    pinned: None, or the cell that stays lit: {"grid": "input", "cell": [2, 1]}; "kernel" and "output", too.
    wanted: the output size of the question "which settings give this size?", or None; `fixed` are the names
    of the settings that the search keeps.

    Every one of them can be set from Python, and the picture follows. A setting that PyTorch would refuse
    raises `ValueError` and leaves the widget as it was. `set(...)` changes several at once.
    (Dumoulin and Visin, *A guide to convolution arithmetic*, arXiv:1603.07285.)
    """

    script = "arithmetic_explorer.js"
    styles = ("js/arithmetic_explorer/style.css", "js/arithmetic_explorer/counts.css")
    resets = (*_LAYER, "values", "view", "position", "pinned", "building", "apart", "hide", "wanted", "fixed")

    input_size = Size(5, least=1)
    kernel_size = Size(3, least=1)
    stride = Size(1, least=1)
    padding = Size(0, least=0)
    dilation = Size(1, least=1)
    output_padding = Size(0, least=0)
    padding_mode = traitlets.Enum(["zeros", "reflect", "replicate", "circular"], "zeros").tag(sync=True)
    transposed = traitlets.Bool(False).tag(sync=True)
    values = traitlets.Enum(["numbers", "ones"], "numbers").tag(sync=True)
    view = traitlets.Enum(["slide", "stamp", "stretch", "matrix", "counts"], "slide").tag(sync=True)
    position = Size((0, 0), least=0)
    pinned = traitlets.Any(None).tag(sync=True)
    building = traitlets.Bool(False).tag(sync=True)
    apart = traitlets.Bool(False).tag(sync=True)
    hide = traitlets.Bool(False).tag(sync=True)
    wanted = traitlets.Int(None, allow_none=True, min=1, max=_MOST_OUTPUT).tag(sync=True)
    fixed = traitlets.List(traitlets.Enum(_SEARCHED), ["kernel_size"]).tag(sync=True)
    _cases = traitlets.Dict(NAMED_CASES).tag(sync=True)

    def __init__(self, **settings):
        if settings.get("transposed"):
            settings.setdefault("view", "stamp")
        super().__init__(**settings)

    @classmethod
    def case(cls, name, **settings):
        """The explorer with one of the guide's named cases, such as "strides" or "odd"; see NAMED_CASES."""
        if name not in NAMED_CASES:
            raise SettingError(f"ArithmeticExplorer.case: no case {name!r}. There are: {', '.join(NAMED_CASES)}.")
        return cls(**{**NAMED_CASES[name], **settings})

    # ---- what the learner sees, as NumPy arrays and PyTorch -------------------------------------------------

    @property
    def input(self):
        """The input (H, W): 1, 2, 3, … row by row, or ones."""
        height, width = pair(self.input_size)
        if self.values == "ones":
            return np.ones((height, width))
        return np.arange(1.0, height * width + 1).reshape(height, width)

    @property
    def kernel(self):
        """The kernel (kh, kw): 1, 2 and 3 in a pattern that no flip leaves alone, or ones."""
        i, j = np.indices(pair(self.kernel_size))
        return np.ones(i.shape) if self.values == "ones" else 1.0 + (2 * i + j) % 3

    @property
    def output(self):
        """The output (H', W')."""
        settings = {name: pair(getattr(self, name)) for name in ("stride", "padding", "dilation")}
        if self.transposed:
            kernel = self.kernel
            return operations.conv_transpose2d(self.input, kernel, output_padding=pair(self.output_padding), **settings)
        return operations.conv2d(self.input, self.kernel, padding_mode=self.padding_mode, **settings)

    @property
    def output_size(self):
        """(height, width) of the output."""
        try:
            return _output_size({name: getattr(self, name) for name in _LAYER})
        except ValueError as error:  # in the middle of a change of several settings, which ends here
            raise SettingError(f"ArithmeticExplorer keeps its settings. {error}") from None

    @property
    def solutions(self):
        """Settings along the width that give `wanted` pixels and keep those in `fixed`; [] without a wanted size.

        As helpers.shapes.settings_for finds them, the simplest first; the page shows those nearest to its own.
        """
        if self.wanted is None:
            return []
        names = _SEARCHED if self.transposed else _SEARCHED[:-1]
        held = {name: pair(getattr(self, name))[1] for name in names if name in self.fixed}
        width = pair(self.input_size)[1]
        most = {"reflect": width - 1, "circular": width}.get(self.padding_mode, np.inf)  # pixels to copy
        found = shapes.settings_for(width, self.wanted, **held, transposed=self.transposed)
        return [settings for settings in found if settings["padding"] <= most]

    @property
    def layer(self):
        """The equivalent `torch.nn.Conv2d` or `ConvTranspose2d` in float64, with the weights shown."""
        import torch

        settings = {name: pair(getattr(self, name)) for name in ("kernel_size", "stride", "padding", "dilation")}
        if self.transposed:
            make, settings["output_padding"] = torch.nn.ConvTranspose2d, pair(self.output_padding)
        else:
            make, settings["padding_mode"] = torch.nn.Conv2d, self.padding_mode
        layer = make(1, 1, bias=False, dtype=torch.float64, **settings)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(self.kernel))
        return layer

    @property
    def code(self):
        """The line of PyTorch that makes the layer; arguments at their defaults are left out."""
        sizes = {name: pair(getattr(self, name)) for name in ("kernel_size", "stride", "padding", "dilation")}
        if self.transposed:
            return conv_transpose2d_code(1, 1, output_padding=pair(self.output_padding), bias=False, **sizes)
        return conv2d_code(1, 1, bias=False, padding_mode=self.padding_mode, **sizes)

    def sentence(self):
        """Operation, sizes and code in one sentence."""
        what = "transposed convolution" if self.transposed else "convolution"
        sizes = "×".join(map(str, pair(self.input_size))), "×".join(map(str, self.output_size))
        return f"ArithmeticExplorer: {what}, {sizes[0]} → {sizes[1]}; {self.code}."

    # ---- validation -----------------------------------------------------------------------------------------

    @traitlets.validate(*_LAYER)
    def _check_layer(self, proposal):
        """Refuse what PyTorch would refuse, given all the other settings, and what is too large to draw."""
        name, value = proposal["trait"].name, proposal["value"]
        now = {other: getattr(self, other) for other in _LAYER} | {name: value}
        for setting, most in _MOST.items():
            if max(pair(now[setting])) > most:
                raise SettingError(
                    f"ArithmeticExplorer draws {setting} up to {most}, got {now[setting]}. "
                    "For larger ones there are helpers.conv_output_size and helpers.conv_transpose_output_size."
                )
        try:
            size = _output_size(now)
            if not now["transposed"]:
                operations.pad2d(np.zeros(pair(now["input_size"])), pair(now["padding"]), now["padding_mode"])
        except ValueError as error:
            raise SettingError(f"ArithmeticExplorer keeps its {name}. {error}") from None
        if max(size) > _MOST_OUTPUT:
            raise SettingError(
                f"ArithmeticExplorer draws outputs of up to {_MOST_OUTPUT} pixels along an axis, "
                f"these settings give {size[0]}×{size[1]}. Use a smaller input or stride."
            )
        return value

    @traitlets.validate("view")
    def _check_view(self, proposal):
        views = _VIEWS[self.transposed]
        if proposal["value"] not in views:
            what = "a transposed convolution" if self.transposed else "a convolution"
            raise SettingError(
                f"ArithmeticExplorer.view: {what} is shown as {', '.join(map(repr, views))}; got {proposal['value']!r}."
            )
        return proposal["value"]

    @traitlets.validate("position")
    def _check_position(self, proposal):
        size = self._places()
        return self._position_inside(proposal["value"], size, f"there are {size[0]}×{size[1]} places")

    @traitlets.validate("pinned")
    def _check_pinned(self, proposal):
        example = "a cell that is there, such as {'grid': 'input', 'cell': [2, 1]}"
        return self._pin(proposal["value"], self._has_cell, example)

    def _places(self):
        return pair(self.input_size) if self.view == "stamp" else self.output_size

    def _has_cell(self, pinned):
        match pinned:
            case {"grid": "input" | "kernel" | "output" as grid, "cell": [row, column]} if type(row) is type(column) is int:
                size = {"input": pair(self.input_size), "kernel": pair(self.kernel_size)}.get(grid) or self.output_size
            case _:
                return False
        # the border belongs to the picture: around the input, or, cut off, around a transposed output
        before = after = (0, 0)
        if grid == ("output" if self.transposed else "input"):
            before = after = pair(self.padding)
        if self.transposed:
            after = tuple(max(0, p - extra) for p, extra in zip(after, pair(self.output_padding)))
        return all(-p <= at < most + q for at, most, p, q in zip((row, column), size, before, after))

    @traitlets.observe(*_LAYER, "view")
    def _stay_inside(self, _change):
        """The other direction has other views; a smaller picture may have lost the position or the pinned cell."""
        views = _VIEWS[self.transposed]
        if self.view not in views:
            self.view = views[0]
        self.position = tuple(min(at, size - 1) for at, size in zip(pair(self.position), self._places()))
        if self.pinned is not None and not self._has_cell(self.pinned):
            self.pinned = None


def _output_size(now):
    sizes = {name: pair(now[name]) for name in ("kernel_size", "stride", "padding", "dilation")}
    if now["transposed"]:
        if now["padding_mode"] != "zeros":
            raise ValueError(
                f"A transposed convolution has no padding_mode {now['padding_mode']!r}: its padding cuts off pixels. "
                "Use padding_mode='zeros' or transposed=False."
            )
        output_padding = pair(now["output_padding"])
        return shapes.conv_transpose_output_size(pair(now["input_size"]), output_padding=output_padding, **sizes)
    if max(pair(now["output_padding"])) > 0:
        raise ValueError("Only a transposed convolution has an output_padding. Use output_padding=0 or transposed=True.")
    return shapes.conv_output_size(pair(now["input_size"]), **sizes)
