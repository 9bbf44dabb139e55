"""ResidualExplorer: the block of a ResNet as a diagram, with a signal and its gradient in it, and many of them in a row."""

import math

import numpy as np
import traitlets

from helpers.widgets.base import Array, CourseWidget, Index, SettingError, Size, is_int, pair
from helpers.widgets.residual_cases import RESIDUAL_CASES, SIGNAL, SIGNAL_BIASES, SIGNAL_WEIGHTS
from helpers.widgets.residual_parts import EXPANSION, SETTINGS, block_code, identity_problem, parts, weights_of

_MOST = {"channels": 4096, "input_size": 1024, "side": 6, "blocks": 50, "scale": 2.0}
_LEAST = {"side": 3, "scale": 0.1}
_OF_THE_BLOCK = SETTINGS[:-1]  # all but the size of its input


class ResidualExplorer(CourseWidget):
    """The residual block y = relu(F(x) + shortcut(x)) of He et al., arXiv:1512.03385, in three views.

    block: "basic", two 3×3 convolutions; or "bottleneck", 1×1, 3×3 and 1×1 with a quarter of out_channels inside.
    skip: "identity", which needs equal shapes; "projection", a 1×1 convolution with the stride; or "none".
    norm: BatchNorm2d after each convolution, which then has no bias. activation: whether there are ReLUs.
    order: "original", or "pre-activation" (He et al., arXiv:1603.05027): norm and ReLU before each convolution.
    in_channels, out_channels, stride (1 or 2), input_size (an int or (height, width)): of the real block.
    view: "block", the diagram with shapes and costs; "signal", small numbers that flow forward and a gradient that
        flows back; "depth", the block many times, with and without its skip.
    part: None or the part whose formula is shown, by its name in torchvision: "conv1", "bn1", "relu1", "add", …

    Of the signal: input, (H, W) from 3 × 3 to 6 × 6, one channel; pinned, the (row, column) of the output whose
    gradient is shown, None for the sum of all; step, how far play has come, None for all of it.
    Of the depth: blocks, 1 to 50; scale, what He's initial weights are multiplied by, 0.1 to 2; seed of the weights;
    position, the block whose norms are written out, from 0.

    Every one of them can be set from Python, and the picture follows. A setting that does not fit the others
    raises `ValueError` and leaves the widget as it was. `set(...)` changes several at once.
    """

    script = "residual_explorer.js"
    styles = ("js/residual_explorer/style.css",)
    resets = (*SETTINGS, "view", "part", "input", "pinned", "step", "blocks", "scale", "seed", "position")

    block = traitlets.Enum(("basic", "bottleneck"), "basic").tag(sync=True)
    skip = traitlets.Enum(("identity", "projection", "none"), "identity").tag(sync=True)
    norm = traitlets.Bool(True).tag(sync=True)
    activation = traitlets.Bool(True).tag(sync=True)
    order = traitlets.Enum(("original", "pre-activation"), "original").tag(sync=True)
    in_channels = Index(64)
    out_channels = Index(64)
    stride = Index(1)
    input_size = Size(56, least=1)
    view = traitlets.Enum(("block", "signal", "depth"), "block").tag(sync=True)
    part = traitlets.Unicode(None, allow_none=True).tag(sync=True)
    input = Array(SIGNAL, ndim=(2,))
    pinned = Size((1, 1), least=0, allow_none=True)
    step = Index(None, allow_none=True)
    blocks = Index(20)
    scale = traitlets.Float(1.0).tag(sync=True)
    seed = Index(0)
    position = Index(0)
    _cases = traitlets.Dict(RESIDUAL_CASES).tag(sync=True)
    _weights = traitlets.Dict(SIGNAL_WEIGHTS).tag(sync=True)
    _biases = traitlets.Dict(SIGNAL_BIASES).tag(sync=True)

    @classmethod
    def case(cls, name, **settings):
        """The explorer with a named block, such as "bottleneck 256" or "plain: no skip"; see RESIDUAL_CASES."""
        if name not in RESIDUAL_CASES:
            known = ", ".join(map(repr, RESIDUAL_CASES))  # some names have commas
            raise SettingError(f"ResidualExplorer.case: no case {name!r}. There are: {known}.")
        return cls(**{**RESIDUAL_CASES[name], **settings})

    # ---- the real block -------------------------------------------------------------------------------------

    @property
    def shapes(self):
        """The output shape of every part, {name: (C, H, W)}, from "x" to the last, which is y's."""
        x = {"x": (self.in_channels, *pair(self.input_size))}
        return x | {part.name: part.shape for part in self._parts()}

    @property
    def parameters(self):
        """How many numbers the block learns."""
        return sum(part.parameters for part in self._parts())

    @property
    def multiplications(self):
        """Multiplications of weights and values for one input; those of the normalization are not counted."""
        return sum(part.multiplications for part in self._parts())

    @property
    def code(self):
        """torchvision's block where it has one of this kind; else F as an `nn.Sequential`, and the line for y."""
        return block_code(**self._settings())

    def to_torch(self):
        """The real block as an `nn.Module` with PyTorch's random weights, named as in torchvision."""
        from helpers.widgets.residual_torch import ResidualBlock

        return ResidualBlock(**self._settings(_OF_THE_BLOCK))

    # ---- the signal and the depth ---------------------------------------------------------------------------

    @property
    def layer(self):
        """The small block of the signal: one channel, its weights, float64, in train mode."""
        from helpers.widgets.residual_torch import signal_block

        return signal_block(self._settings(_OF_THE_BLOCK))

    @property
    def values(self):
        """What every part of the small block gives for `input`: {name: (H, W)}, from "x" on."""
        return self._signal()[0]

    @property
    def output(self):
        """The output y of the small block for `input`, (H, W)."""
        return list(self.values.values())[-1]

    @property
    def gradients(self):
        """The gradient of the pinned output (None: of the sum) after every part: {name: (H, W)}; and the two parts
        of that of x: "F", which came through the main path, and "skip"."""
        return self._signal()[1]

    @property
    def gradient(self):
        """The gradient of the pinned output, or of the sum of all, with respect to `input`, (H, W)."""
        return self.gradients["x"]

    @property
    def norms(self):
        """{"signal" | "gradient": {"with skip" | "without skip": array}}: root mean squares of the depth view.

        signal[n] is that of block n's output, signal[0] that of x, which is 1; gradient[n] that of the gradient
        with respect to it; the last one is 1.
        """
        from helpers.widgets import residual_torch

        return residual_torch.norms(self._settings(_OF_THE_BLOCK), self.blocks, self.scale, self.seed)

    def sentence(self):
        """Block, shapes and costs in one sentence."""
        found = list(self.shapes.values())
        kind = f"a {self.block} block " + {"none": "without a skip"}.get(self.skip, f"with the skip {self.skip}")
        lacks = [what for what, there in (("norm", self.norm), ("ReLU", self.activation)) if not there]
        kind += f", no {' and no '.join(lacks)}" * bool(lacks) + ", pre-activation" * (self.order != "original")
        costs = f"{self.parameters:,} parameters, {self.multiplications:,} multiplications"
        return f"ResidualExplorer: {kind}, {found[0]} → {found[-1]}; {costs}."

    def _settings(self, names=SETTINGS):
        return {name: getattr(self, name) for name in names}

    def _parts(self):
        return parts(**self._settings())

    def _signal(self):
        from helpers.widgets.residual_torch import signal

        return signal(self._settings(_OF_THE_BLOCK), self.input, self.pinned)

    def _names(self):
        return ["x", *(part.name for part in self._parts())]

    def _output_size(self):
        return tuple(math.ceil(size / self.stride) for size in self.input.shape)

    # ---- validation -----------------------------------------------------------------------------------------

    @traitlets.validate(*SETTINGS)
    def _check_block(self, proposal):
        """Refuse what makes no block, given all the other settings."""
        name, value = proposal["trait"].name, proposal["value"]
        now = self._settings() | {name: value}
        for what in ("in_channels", "out_channels"):
            if not 1 <= now[what] <= _MOST["channels"]:
                raise SettingError(f"ResidualExplorer.{what}: expected 1 to {_MOST['channels']}, got {now[what]}.")
        if now["stride"] not in (1, 2):
            raise SettingError(f"ResidualExplorer.stride: a residual block has stride 1 or 2, got {now['stride']}.")
        if max(pair(now["input_size"])) > _MOST["input_size"]:
            raise SettingError(f"ResidualExplorer.input_size: at most {_MOST['input_size']}, got {now['input_size']}.")
        if weights_of(now["block"], now["in_channels"], now["out_channels"]) is None:
            near = max(1, round(now["out_channels"] / EXPANSION)) * EXPANSION
            raise SettingError(
                f"ResidualExplorer keeps its {name}. A bottleneck has out_channels // {EXPANSION} channels inside, and "
                f"out_channels={now['out_channels']} is no multiple of {EXPANSION}. Use out_channels={near}."
            )
        if now["skip"] == "identity" and (problem := identity_problem(**now)):
            raise SettingError(
                f"ResidualExplorer keeps its {name}. {problem}. Use skip='projection', or stride=1 and equal channels; "
                f"both in one step: widget.set({name}={value!r}, skip='projection')."
                if name != "skip"
                else f"ResidualExplorer keeps its skip. {problem}. Use skip='projection', or stride=1 and equal channels."
            )
        return value

    @traitlets.validate("part")
    def _check_part(self, proposal):
        name = proposal["value"]
        if name is not None and name not in self._names():
            raise SettingError(
                f"ResidualExplorer.part: this block has no {name!r}. It has: {', '.join(self._names())}; or None."
            )
        return name

    @traitlets.validate("input")
    def _check_input(self, proposal):
        shape = proposal["value"].shape
        if not all(_LEAST["side"] <= size <= _MOST["side"] for size in shape):
            raise SettingError(
                f"ResidualExplorer.input: expected {_LEAST['side']} to {_MOST['side']} rows and columns, "
                f"small enough to be written out; got shape {shape}."
            )
        return proposal["value"]

    @traitlets.validate("pinned")
    def _check_pinned(self, proposal):
        value, size = proposal["value"], self._output_size()
        if value is None:
            return None
        if not isinstance(value, tuple) or any(at >= most for at, most in zip(value, size)):
            raise SettingError(
                f"ResidualExplorer.pinned: expected None or (row, column) of the signal's output, which is "
                f"{size[0]}×{size[1]}; got {value!r}."
            )
        return value

    @traitlets.validate("step")
    def _check_step(self, proposal):
        value, most = proposal["value"], 2 * len(self._names()) - 1
        if value is not None and value > most:
            raise SettingError(f"ResidualExplorer.step: expected None or 0 to {most}, got {value}.")
        return value

    @traitlets.validate("blocks", "position")
    def _check_depth(self, proposal):
        name, value = proposal["trait"].name, proposal["value"]
        least, most = (1, _MOST["blocks"]) if name == "blocks" else (0, self.blocks)
        if not least <= value <= most:
            raise SettingError(f"ResidualExplorer.{name}: expected {least} to {most}, got {value}.")
        return value

    @traitlets.validate("scale")
    def _check_scale(self, proposal):
        if not _LEAST["scale"] <= proposal["value"] <= _MOST["scale"]:
            raise SettingError(
                f"ResidualExplorer.scale: expected {_LEAST['scale']} to {_MOST['scale']:g}, got {proposal['value']}."
            )
        return proposal["value"]

    @traitlets.validate("seed")
    def _check_seed(self, proposal):
        if proposal["value"] >= 2**32:
            raise SettingError(f"ResidualExplorer.seed: expected an int below 2**32, got {proposal['value']}.")
        return proposal["value"]

    @traitlets.observe(*SETTINGS, "input", "blocks")
    def _stay_inside(self, _change):
        """Another block may have lost the part, the pinned output, the step or the position that were shown."""
        names, size = self._names(), self._output_size()
        if self.part not in (None, *names):
            self.part = None
        if self.pinned is not None:
            self.pinned = tuple(min(at, most - 1) for at, most in zip(self.pinned, size))
        if self.step is not None and self.step >= 2 * len(names):
            self.step = None
        self.position = min(self.position, self.blocks)
