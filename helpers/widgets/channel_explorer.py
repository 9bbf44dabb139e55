"""ChannelExplorer: which input channels each output channel sees, and what that saves."""

import traitlets

from helpers import shapes
from helpers.widgets.base import CourseWidget, SettingError, Size, pair
from helpers.widgets.torch_code import conv2d_code

_LAYER = ("in_channels", "out_channels", "groups", "kernel_size", "output_size", "separable")
_MOST = {"in_channels": 16, "out_channels": 16, "kernel_size": 7, "output_size": 256}


class ChannelExplorer(CourseWidget):
    """The kernels of a convolution as connections between channels: all to all, in groups, or in two steps.

    in_channels, out_channels: 1 to 16 maps.
    groups: divides both; each group of outputs sees its own group of inputs. groups=in_channels is depthwise.
    kernel_size: an int or (height, width), up to 7. The padding keeps the size of the maps.
    output_size: an int or (height, width), up to 256: the pixels of each map, for the multiplications.
    separable: a depthwise layer with one kernel per input, then a 1×1 layer; wants groups=1.
    pinned: None, or what is lit: {"output": 3}, {"input": 2}, or one kernel, {"output": 3, "input": 2}.
        Between the two layers of a separable one stands {"middle": 2}.

    No layer has a bias. A setting that PyTorch would refuse raises `ValueError` and leaves the widget as it was;
    `set(...)` changes several at once. (Grouped: Krizhevsky et al. 2012; separable: Chollet, arXiv:1610.02357.)
    """

    script = "channel_explorer.js"
    resets = (*_LAYER, "pinned")
    styles = ("js/channel_explorer/style.css",)

    in_channels = traitlets.Int(8).tag(sync=True)
    out_channels = traitlets.Int(8).tag(sync=True)
    groups = traitlets.Int(1).tag(sync=True)
    kernel_size = Size(3, least=1)
    output_size = Size(28, least=1)
    separable = traitlets.Bool(False).tag(sync=True)
    pinned = traitlets.Any(None).tag(sync=True)

    # ---- what the learner sees, in PyTorch ------------------------------------------------------------------

    @property
    def layer(self):
        """The `torch.nn.Conv2d`, or the `torch.nn.Sequential` of two where the layer is separable."""
        from torch import nn

        layers = [nn.Conv2d(*stage[:2], stage[2], padding=_same(stage[2]), groups=stage[3], bias=False)
                  for stage in self._stages()]  # fmt: skip
        return nn.Sequential(*layers) if self.separable else layers[0]

    @property
    def code(self):
        """The line of PyTorch that makes the layer; arguments at their defaults are left out."""
        calls = [conv2d_code(*stage[:3], padding=_same(stage[2]), groups=stage[3], bias=False)
                 for stage in self._stages()]  # fmt: skip
        return f"nn.Sequential({', '.join(calls)})" if self.separable else calls[0]

    @property
    def parameters(self):
        """How many weights there are."""
        return sum(shapes.conv_parameters(*stage[:3], bias=False, groups=stage[3]) for stage in self._stages())

    @property
    def multiplications(self):
        """How many multiplications one example costs, with maps of `output_size`."""
        size = pair(self.output_size)
        return sum(shapes.conv_multiplications(*stage[:3], size, groups=stage[3]) for stage in self._stages())

    def sees(self, output_channel):
        """The input channels that an output channel depends on, as a list.

        Raises ValueError if there is no such output channel; they count from 0.
        """
        if type(output_channel) is not int or not 0 <= output_channel < self.out_channels:
            raise ValueError(
                f"ChannelExplorer.sees: there are {self.out_channels} output channels, "
                f"0 to {self.out_channels - 1}; got {output_channel!r}."
            )
        count = self.in_channels // self.groups
        first = output_channel // (self.out_channels // self.groups) * count
        return list(range(first, first + count))

    def sentence(self):
        """The code, the weights and the multiplications in one sentence."""
        return f"ChannelExplorer: {self.code}, {self.parameters:,} weights, {self.multiplications:,} multiplications."

    def _stages(self):
        """(in_channels, out_channels, kernel_size, groups) of each layer."""
        kernel_size = pair(self.kernel_size)
        if not self.separable:
            return [(self.in_channels, self.out_channels, kernel_size, self.groups)]
        return [
            (self.in_channels, self.in_channels, kernel_size, self.in_channels),
            (self.in_channels, self.out_channels, (1, 1), 1),
        ]

    # ---- validation -----------------------------------------------------------------------------------------

    @traitlets.validate(*_LAYER)
    def _check_layer(self, proposal):
        name, value = proposal["trait"].name, proposal["value"]
        if most := _MOST.get(name):
            if not all(1 <= v <= most for v in pair(value)):
                raise SettingError(f"ChannelExplorer draws {name} from 1 to {most}, got {value}.")
        now = {other: getattr(self, other) for other in _LAYER} | {name: value}
        if now["separable"] and now["groups"] != 1:
            raise SettingError(
                f"ChannelExplorer keeps its {name}. separable=True has groups of its own (in_channels in its first "
                f"layer, 1 in its second), got groups={now['groups']}. Use groups=1, both in one step: "
                "widget.set(separable=True, groups=1)."
            )
        try:
            shapes.conv_parameters(now["in_channels"], now["out_channels"], 1, groups=now["groups"])
        except ValueError as error:
            raise SettingError(f"ChannelExplorer keeps its {name}. {error}") from None
        return value

    @traitlets.validate("pinned")
    def _check_pinned(self, proposal):
        example = "channels that are there, such as {'output': 3}, {'input': 2} or {'output': 3, 'input': 2} for a kernel"
        return self._pin(proposal["value"], self._has, example)

    def _has(self, pinned):
        """Whether the target is a channel or a kernel between two neighbouring columns."""
        counts = {"input": self.in_channels, "output": self.out_channels}
        kernels = [{"input", "output"}]
        if self.separable:
            counts["middle"] = self.in_channels
            kernels = [{"input", "middle"}, {"middle", "output"}]
        if not isinstance(pinned, dict) or not (len(pinned) == 1 or set(pinned) in kernels):
            return False
        return all(name in counts and type(n) is int and 0 <= n < counts[name] for name, n in pinned.items())

    @traitlets.observe(*_LAYER)
    def _unpin_what_is_gone(self, _change):
        if self.pinned is not None and not self._has(self.pinned):
            self.pinned = None


def _same(kernel_size):
    """The padding that keeps the size: numbers where both sides get the same, else the word."""
    if any(k % 2 == 0 for k in kernel_size):
        return "same"
    return tuple(k // 2 for k in kernel_size)
