"""PoolingExplorer: a window slides, a function takes its values; beside it the same input, moved by one pixel."""

import math

import numpy as np
import traitlets

from helpers import operations, shapes
from helpers.widgets.base import Array, CourseWidget, Index, Offset, SettingError, Size, pair
from helpers.widgets.pooling_cases import POOLING_CASES
from helpers.widgets.torch_code import call_code

_SIZES = ("kernel_size", "stride", "padding")
_LAYER = ("input", "pooling", *_SIZES, "ceil_mode")
_CASE = ("input", "pooling", *_SIZES, "ceil_mode", "count_include_pad", "shift", "wrap", "entering")
_MOST = {"rows or columns": 12, "channels": 4, "kernel_size": 12, "stride": 12, "padding": 6}
_POOLINGS = ("max", "average", "min", "median", "L2")
_WITHOUT_PADDING = ("median", "L2")  # PyTorch has none there


class PoolingExplorer(CourseWidget):
    """Pooling on small numbers, and what a shift of the input by one pixel leaves of the pooled values.

    input: (H, W) or (C, H, W), up to 4 × 12 × 12; each channel is pooled by itself.
    pooling: "max", "average", "min", "median" or "L2" (the root of the sum of squares, `torch.nn.LPPool2d(2, …)`).
    kernel_size, stride, padding: an int or (height, width), as in `torch.nn.MaxPool2d`. stride=None: the kernel's.
        padding is at most half of the kernel, and 0 for median and L2, where PyTorch has none.
    ceil_mode: the last windows may hang over the end.
    count_include_pad: whether an average counts the zeros of the padding as pixels.
    shift: (rows down, columns right), each −1, 0 or 1; (0, 0) shows the input alone.
    wrap: what leaves comes back on the other side; otherwise the number `entering` comes in.
    position: (row, column) of the output whose window is shown; channel: which channel.
    pinned: None, or the cell that stays lit: {"grid": "input", "channel": 0, "cell": [2, 1]}; "output",
        "shifted_input" and "shifted_output", too.

    Every one of them can be set from Python, and the picture follows. A setting that PyTorch would refuse
    raises `ValueError` and leaves the widget as it was. `set(...)` changes several at once.
    """

    script = "pooling_explorer.js"
    styles = ("js/pooling_explorer/style.css",)
    resets = (*_CASE, "position", "channel", "pinned")

    input = Array(POOLING_CASES["worked example"]["input"], ndim=(2, 3))
    pooling = traitlets.Enum(_POOLINGS, "max").tag(sync=True)
    kernel_size = Size(2, least=1)
    stride = Size(None, least=1, allow_none=True)
    padding = Size(0, least=0)
    ceil_mode = traitlets.Bool(False).tag(sync=True)
    count_include_pad = traitlets.Bool(True).tag(sync=True)
    shift = Offset((0, 1), most=1)
    wrap = traitlets.Bool(False).tag(sync=True)
    entering = traitlets.Float(0.0).tag(sync=True)
    position = Size((0, 0), least=0)
    channel = Index()
    pinned = traitlets.Any(None).tag(sync=True)
    _cases = traitlets.Dict(POOLING_CASES).tag(sync=True)

    @classmethod
    def case(cls, name, **settings):
        """The explorer with a named case, such as "detector" or "checkerboard"; see POOLING_CASES."""
        if name not in POOLING_CASES:
            raise SettingError(f"PoolingExplorer.case: no case {name!r}. There are: {', '.join(POOLING_CASES)}.")
        return cls(**{**POOLING_CASES[name], **settings})

    # ---- what the learner sees, as NumPy arrays and PyTorch -------------------------------------------------

    @property
    def output(self):
        """The pooled input: (H', W') for an input (H, W), (C, H', W') for one (C, H, W)."""
        return self._pooled(self.input)

    @property
    def shifted_input(self):
        """The input moved by `shift`."""
        down, right = self.shift
        x = np.roll(self.input, self.shift, (-2, -1))
        if not self.wrap:
            for by, lines in ((down, np.swapaxes(x, -2, -1)), (right, x)):
                if by:
                    lines[..., 0 if by > 0 else -1] = self.entering
        return x

    @property
    def shifted_output(self):
        """The pooled `shifted_input`."""
        return self._pooled(self.shifted_input)

    @property
    def changed(self):
        """(before, after): the share of the values that the shift changed, of the input and of the output."""
        return tuple(float(differs.mean()) for differs in self._differences())

    @property
    def layer(self):
        """The equivalent `torch.nn` layer; None for min and median, which have none there: see `code`."""
        from torch import nn

        size, stride, padding = self._sizes()
        if self.pooling == "max":
            return nn.MaxPool2d(size, stride, padding, ceil_mode=self.ceil_mode)
        if self.pooling == "average":
            return nn.AvgPool2d(size, stride, padding, self.ceil_mode, self.count_include_pad)
        return nn.LPPool2d(2, size, stride, self.ceil_mode) if self.pooling == "L2" else None

    @property
    def code(self):
        """The line of PyTorch that makes the layer, or, for min and median, that pools x (…, H, W)."""
        kernel_size, stride, padding = self._sizes()
        if self.pooling == "median":
            return self._median_code(kernel_size, stride)
        settings = {"stride": stride} if stride != kernel_size else {}
        settings |= {"padding": padding} if any(padding) else {}
        settings |= {"ceil_mode": True} if self.ceil_mode else {}
        settings |= {"count_include_pad": False} if self.pooling == "average" and not self.count_include_pad else {}
        settings = {name: _number(value) for name, value in settings.items()}
        if self.pooling == "min":
            words = [f"{name}={value}" for name, value in settings.items()]
            return f"-F.max_pool2d({', '.join(['-x', str(_number(kernel_size)), *words])})"
        name, *before = {"max": ["MaxPool2d"], "average": ["AvgPool2d"], "L2": ["LPPool2d", 2]}[self.pooling]
        return call_code(name, *before, kernel_size=_number(kernel_size), **settings)

    def _median_code(self, kernel_size, stride):
        height, width = (
            max(0, (n - 1) * s + k - i)
            for n, s, k, i in zip(self._output_size(), stride, kernel_size, self.input.shape[-2:])
        )
        hangs = height or width
        x = f"F.pad(x, (0, {width}, 0, {height}), value=torch.nan)" if hangs else "x"
        windows = "".join(f".unfold(-2, {k}, {s})" for k, s in zip(kernel_size, stride))
        return f"{x}{windows}.flatten(-2).{'nanquantile' if hangs else 'quantile'}(0.5, -1)"

    def sentence(self):
        """Pooling, sizes, code and what the shift changed, in one sentence."""
        sizes = " → ".join("×".join(map(str, size)) for size in (self.input.shape[-2:], self._output_size()))
        start = f"PoolingExplorer: {self.pooling} pooling, {sizes}; {self.code}."
        if self.shift == (0, 0):
            return start
        before, after = (f"{differs.sum()} of {differs.size}" for differs in self._differences())
        return f"{start} A shift by {self.shift} changes {before} values before and {after} after it."

    def _sizes(self):
        """kernel_size, stride and padding, each (height, width)."""
        stride = self.kernel_size if self.stride is None else self.stride
        return pair(self.kernel_size), pair(stride), pair(self.padding)

    def _pooled(self, x):
        settings = dict(zip(_SIZES, self._sizes()), ceil_mode=self.ceil_mode)
        match self.pooling:
            case "max":
                return operations.max_pool2d(x, **settings)
            case "average":
                return operations.avg_pool2d(x, **settings, count_include_pad=self.count_include_pad)
            case "min":
                return -operations.max_pool2d(-x, **settings)
            case "median":
                return operations.pool2d(x, np.median, **settings)
            case "L2":  # as PyTorch: an average times the whole kernel, also where a window hangs over
                return np.sqrt(operations.avg_pool2d(x**2, **settings) * math.prod(settings["kernel_size"]))

    def _differences(self):
        """Where the shift changed the input, and where the output, by more than rounding."""
        x, y = self.input, self.output
        return [_differ(a, b) for a, b in ((x, self.shifted_input), (y, self.shifted_output))]

    def _output_size(self):
        return shapes.pool_output_size(tuple(self.input.shape[-2:]), *self._sizes(), ceil_mode=self.ceil_mode)

    # ---- validation -----------------------------------------------------------------------------------------

    @traitlets.validate(*_LAYER)
    def _check_layer(self, proposal):
        """Refuse what PyTorch would refuse, given all the other settings, and what is too large to draw."""
        name, value = proposal["trait"].name, proposal["value"]
        now = {other: getattr(self, other) for other in _LAYER} | {name: value}
        *channels, height, width = now["input"].shape
        for what, size in {"rows or columns": max(height, width), "channels": math.prod(channels)}.items():
            if size > _MOST[what]:
                raise SettingError(
                    f"PoolingExplorer draws at most {_MOST[what]} {what}, got {size}. "
                    "For larger inputs there are helpers.max_pool2d and helpers.avg_pool2d."
                )
        for setting in _SIZES:
            if now[setting] is not None and max(pair(now[setting])) > _MOST[setting]:
                raise SettingError(f"PoolingExplorer draws {setting} up to {_MOST[setting]}, got {now[setting]}.")
        if now["pooling"] in _WITHOUT_PADDING and max(pair(now["padding"])) > 0:
            raise SettingError(
                f"PoolingExplorer keeps its {name}. PyTorch has no padding for {now['pooling']} pooling, got "
                f"padding={now['padding']}. Use padding=0, both in one step: "
                f"widget.set(pooling={now['pooling']!r}, padding=0)."
            )
        try:
            stride = None if now["stride"] is None else pair(now["stride"])
            sizes = pair(now["kernel_size"]), stride, pair(now["padding"])
            shapes.pool_output_size((height, width), *sizes, ceil_mode=now["ceil_mode"])
        except ValueError as error:
            raise SettingError(f"PoolingExplorer keeps its {name}. {error}") from None
        return value

    @traitlets.validate("entering")
    def _check_entering(self, proposal):
        if not math.isfinite(proposal["value"]):
            raise SettingError(f"PoolingExplorer.entering: expected a finite number, got {proposal['value']}.")
        return proposal["value"]

    @traitlets.validate("position")
    def _check_position(self, proposal):
        size = self._output_size()
        return self._position_inside(proposal["value"], size, f"the output is {size[0]}×{size[1]}")

    @traitlets.validate("channel")
    def _check_channel(self, proposal):
        channels = self._channels()
        if proposal["value"] >= channels:
            raise SettingError(
                f"PoolingExplorer.channel: the input has {channels}, counted from 0 to {channels - 1}; "
                f"got {proposal['value']}."
            )
        return proposal["value"]

    @traitlets.validate("pinned")
    def _check_pinned(self, proposal):
        example = "a cell that is there, such as {'grid': 'input', 'channel': 0, 'cell': [2, 1]}"
        return self._pin(proposal["value"], self._has_cell, example)

    def _channels(self):
        return self.input.shape[0] if self.input.ndim == 3 else 1

    def _has_cell(self, pinned):
        match pinned:
            case {"grid": "input" | "shifted_input", "channel": channel, "cell": [row, column]}:
                size, border = self.input.shape[-2:], pair(self.padding)
            case {"grid": "output" | "shifted_output", "channel": channel, "cell": [row, column]}:
                size, border = self._output_size(), (0, 0)
            case _:
                return False
        if not all(type(number) is int for number in (channel, row, column)):
            return False
        inside = all(-p <= at < most + p for at, most, p in zip((row, column), size, border))
        return inside and 0 <= channel < self._channels()

    @traitlets.observe(*_LAYER)
    def _stay_inside(self, _change):
        """A smaller output may have lost the position, the channel or the pinned cell that were shown."""
        self.position = tuple(min(at, size - 1) for at, size in zip(pair(self.position), self._output_size()))
        self.channel = min(self.channel, self._channels() - 1)
        if self.pinned is not None and not self._has_cell(self.pinned):
            self.pinned = None


def _number(size):
    """A size (height, width) as one number where both agree; anything else as it is."""
    return size[0] if isinstance(size, tuple) and size[0] == size[1] else size


def _differ(a, b):
    return np.abs(a - b) > 1e-9 * max(np.abs(a).max(), np.abs(b).max())
