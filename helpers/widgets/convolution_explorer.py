"""ConvolutionExplorer: slide a kernel over a small input and watch every number of the output."""

import numpy as np
import traitlets

from helpers import operations, shapes
from helpers.kernels import KERNELS
from helpers.widgets.base import Array, CourseWidget, SettingError, Size, pair
from helpers.widgets.torch_code import conv2d_code

# Dumoulin and Visin, A guide to convolution arithmetic, arXiv:1603.07285, figure 1.1.
_INPUT = [[3, 3, 2, 1, 0], [0, 0, 1, 3, 1], [3, 1, 2, 2, 3], [2, 0, 0, 2, 2], [2, 0, 0, 0, 1]]
_KERNEL = [[0, 1, 2], [2, 2, 0], [0, 1, 2]]
_LAYER = ("input", "kernel", "bias", "stride", "padding", "dilation", "padding_mode")
_MOST = {"rows or columns": 16, "channels": 4, "filters": 4, "kernel": 7, "padding": 16}


class ConvolutionExplorer(CourseWidget):
    """A convolution on small numbers: input, kernel and output side by side, or as a matrix, or as wiring.

    input: (H, W) or (C, H, W), up to 4 × 16 × 16.
    kernel: (kh, kw) or (O, C, kh, kw), up to 7 × 7 and 4 filters.
    bias: one number, or one per filter.
    stride, padding, dilation: an int or (height, width), as in `torch.nn.Conv2d`.
    padding_mode: "zeros", "reflect", "replicate" or "circular".
    operation: "cross-correlation" (what PyTorch computes) or "convolution" (the kernel flipped).
    view: "slide", "matrix" or "wiring".
    position: (row, column) of the output whose window is shown; filter: which output map.

    Every one of them can be set from Python, and the picture follows. A setting that PyTorch would refuse
    raises `ValueError` and leaves the widget as it was. `set(...)` changes several at once.
    """

    script = "convolution_explorer.js"
    resets = (*_LAYER, "operation", "view", "position", "filter", "pinned")

    input = Array(_INPUT, ndim=(2, 3))
    kernel = Array(_KERNEL, ndim=(2, 4))
    bias = Array(0.0, ndim=(0, 1))
    stride = Size(1, least=1)
    padding = Size(0, least=0)
    dilation = Size(1, least=1)
    padding_mode = traitlets.Enum(["zeros", "reflect", "replicate", "circular"], "zeros").tag(sync=True)
    operation = traitlets.Enum(["cross-correlation", "convolution"], "cross-correlation").tag(sync=True)
    view = traitlets.Enum(["slide", "matrix", "wiring"], "slide").tag(sync=True)
    position = Size((0, 0), least=0)
    filter = traitlets.Int(0, min=0).tag(sync=True)
    pinned = traitlets.Any(None).tag(sync=True)
    _kernels = traitlets.Dict(dict(KERNELS)).tag(sync=True)

    # ---- what the learner sees, as NumPy arrays and PyTorch -------------------------------------------------

    @property
    def output(self):
        """The output maps: (H', W') for a kernel (kh, kw), (O, H', W') for one (O, C, kh, kw)."""
        x = self.input.reshape((-1,) + self.input.shape[-2:])
        y = self._operation()(x, self._weight(), self._bias_per_filter(), **self._settings())
        return y[0] if self.kernel.ndim == 2 else y

    @property
    def layer(self):
        """The equivalent `torch.nn.Conv2d` in float64, with the weights shown (flipped for a convolution)."""
        import torch

        weight = self._weight()
        if self.operation == "convolution":
            weight = weight[..., ::-1, ::-1].copy()
        out_channels, in_channels, *kernel_size = weight.shape
        layer = torch.nn.Conv2d(
            in_channels, out_channels, tuple(kernel_size), bias=self._has_bias(), dtype=torch.float64, **self._settings()
        )
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(weight.copy()))
            if layer.bias is not None:
                layer.bias.copy_(torch.as_tensor(np.broadcast_to(self.bias, out_channels).copy()))
        return layer

    @property
    def code(self):
        """The line of PyTorch that makes the layer; arguments at their defaults are left out."""
        out_channels, in_channels, *kernel_size = self._weight().shape
        sizes = (tuple(kernel_size), pair(self.stride), pair(self.padding), pair(self.dilation))
        return conv2d_code(in_channels, out_channels, *sizes, bias=self._has_bias(), padding_mode=self.padding_mode)

    def sentence(self):
        """Input, kernel, operation, output and code in one sentence."""
        height, width = self._output_size()
        return (
            f"ConvolutionExplorer: {_times(self.input.shape)} input, {_times(self._weight().shape[2:])} kernel, "
            f"{self.operation}, output {height}×{width}; {self.code}."
        )

    # ---- validation -----------------------------------------------------------------------------------------

    def _settings(self):
        return {name: getattr(self, name) for name in ("stride", "padding", "dilation", "padding_mode")}

    def _operation(self):
        return operations.convolve2d if self.operation == "convolution" else operations.conv2d

    def _weight(self):
        return self.kernel.reshape((1, 1) + self.kernel.shape) if self.kernel.ndim == 2 else self.kernel

    def _has_bias(self):
        return bool(np.any(self.bias != 0))

    def _bias_per_filter(self):
        if not self._has_bias():
            return None
        return np.broadcast_to(self.bias, len(self._weight()))

    def _output_size(self):
        return shapes.conv_output_size(
            tuple(self.input.shape[-2:]), tuple(self.kernel.shape[-2:]),
            pair(self.stride), pair(self.padding), pair(self.dilation),
        )  # fmt: skip

    @traitlets.validate(*_LAYER)
    def _check_layer(self, proposal):
        """Refuse what PyTorch would refuse, given all the other settings."""
        name, value = proposal["trait"].name, proposal["value"]
        now = {other: getattr(self, other) for other in _LAYER} | {name: value}
        _check_sizes(now["input"], now["kernel"], now["bias"], now["padding"])
        settings = {key: now[key] for key in ("stride", "padding", "dilation", "padding_mode")}
        try:
            shapes.conv_output_size(
                tuple(now["input"].shape[-2:]), tuple(now["kernel"].shape[-2:]),
                *(pair(settings[key]) for key in ("stride", "padding", "dilation")),
            )  # fmt: skip
            operations.pad2d(now["input"], pair(now["padding"]), now["padding_mode"])
        except ValueError as error:
            raise SettingError(f"ConvolutionExplorer keeps its {name}. {error}") from None
        return value

    @traitlets.validate("position")
    def _check_position(self, proposal):
        size = self._output_size()
        return self._position_inside(proposal["value"], size, f"the output is {_times(size)}")

    @traitlets.validate("filter")
    def _check_filter(self, proposal):
        filters = len(self._weight())
        if proposal["value"] >= filters:
            raise SettingError(
                f"ConvolutionExplorer.filter: there are {filters} filters, 0 to {filters - 1}; got {proposal['value']}."
            )
        return proposal["value"]

    @traitlets.validate("pinned")
    def _check_pinned(self, proposal):
        example = "a cell that is there, such as {'grid': 'input', 'channel': 0, 'cell': [2, 1]}"
        return self._pin(proposal["value"], self._has_cell, example)

    def _has_cell(self, pinned):
        match pinned:
            case {"grid": "input" | "kernel" | "output" as grid, "channel": channel, "cell": [row, column]}:
                numbers = (channel, row, column)
            case _:
                return False
        if not all(type(number) is int for number in numbers):
            return False
        channels = self._weight().shape[0 if grid == "output" else 1]
        size = {"input": self.input.shape[-2:], "kernel": self.kernel.shape[-2:]}.get(grid) or self._output_size()
        border = pair(self.padding) if grid == "input" else (0, 0)
        inside = all(-p <= at < most + p for at, most, p in zip((row, column), size, border))
        return inside and 0 <= channel < channels

    @traitlets.observe(*_LAYER)
    def _stay_inside(self, _change):
        """A smaller output may have lost the position, the filter or the pinned cell that were shown."""
        self.position = tuple(min(at, size - 1) for at, size in zip(pair(self.position), self._output_size()))
        self.filter = min(self.filter, len(self._weight()) - 1)
        if self.pinned is not None and not self._has_cell(self.pinned):
            self.pinned = None


def _check_sizes(x, kernel, bias, padding):
    channels = x.shape[0] if x.ndim == 3 else 1
    filters, in_channels = kernel.shape[:2] if kernel.ndim == 4 else (1, 1)
    if channels != in_channels:
        raise SettingError(
            f"ConvolutionExplorer: an input with {channels} channels needs kernels (O, {channels}, kh, kw), "
            f"got kernel {kernel.shape}. Change both in one step: widget.set(input=…, kernel=…)."
        )
    if bias.ndim == 1 and len(bias) != filters:
        raise SettingError(f"ConvolutionExplorer: {filters} filters need one bias each (or one number), got {len(bias)}.")
    for what, size in {
        "rows or columns": max(x.shape[-2:]),
        "channels": channels,
        "filters": filters,
        "kernel": max(kernel.shape[-2:]),
        "padding": max(pair(padding)),
    }.items():
        if size > _MOST[what]:
            raise SettingError(
                f"ConvolutionExplorer draws at most {_MOST[what]} {what}, got {size}. "
                "For pictures there is ImageFilter; for numbers helpers.conv2d."
            )


def _times(shape):
    return "×".join(map(str, shape))
