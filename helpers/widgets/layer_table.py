"""LayerTable: a stack of layers to edit, with the shape, the parameters and the cost of each."""

from numbers import Integral

import traitlets

from helpers.widgets import layers as rules
from helpers.widgets.base import CourseWidget, SettingError
from helpers.widgets.torch_code import sequential_code

_LENET = [
    {"type": "Conv2d", "in_channels": 1, "out_channels": 6, "kernel_size": 5},
    {"type": "Tanh"},
    {"type": "AvgPool2d", "kernel_size": 2},
    {"type": "Conv2d", "in_channels": 6, "out_channels": 16, "kernel_size": 5},
    {"type": "Tanh"},
    {"type": "AvgPool2d", "kernel_size": 2},
    {"type": "Flatten"},
    {"type": "Linear", "in_features": 400, "out_features": 120},
    {"type": "Tanh"},
    {"type": "Linear", "in_features": 120, "out_features": 84},
    {"type": "Tanh"},
    {"type": "Linear", "in_features": 84, "out_features": 10},
]
_MOST = {"layers": 64, "size": 4096, "channels": 10**6}


class LayerTable(CourseWidget):
    """A sequential network as a table: change a layer, and every shape and cost below it follows.

    layers: a list of dicts with PyTorch's names, such as {"type": "Conv2d", "in_channels": 1,
        "out_channels": 6, "kernel_size": 5}; sizes are an int or (height, width). LeNet to begin with.
        Types: Conv2d, ConvTranspose2d, MaxPool2d, AvgPool2d, AdaptiveAvgPool2d, Upsample, BatchNorm2d,
        Dropout, ReLU, GELU, Tanh, Sigmoid, Flatten, Linear.
    input_size: (channels, height, width).
    position: the row whose formula is shown, counted from 0 as nn.Sequential does.

    Layers need not fit each other: the first that does not is marked and says why, as `problem` does. What
    no layer of its type can have raises `ValueError` and leaves the table as it was. To change a layer, assign
    a new list, as in `table.layers = [*table.layers, {"type": "ReLU"}]`: a change inside of the list, such as
    `table.layers.append(…)`, is neither checked nor shown on the page.
    """

    script = "layer_table.js"
    resets = ("layers", "input_size", "position")
    styles = ("js/layer_table/style.css",)

    layers = traitlets.Any().tag(sync=True)
    input_size = traitlets.Any((1, 32, 32)).tag(sync=True)
    position = traitlets.Int(0, min=0).tag(sync=True)

    def __init__(self, layers=None, input_size=None, **settings):
        given = {"layers": layers, "input_size": input_size}
        super().__init__(**{name: value for name, value in given.items() if value is not None}, **settings)

    @classmethod
    def from_torch(cls, sequential, input_size=None, **settings):
        """A table of the layers of an `nn.Sequential`; nested ones are put in a row.

        Raises ValueError for a layer that the table cannot show, by its name.
        """
        return cls(rules.layers_of(sequential), input_size, **settings)

    def load(self, sequential):
        """Show the layers of an `nn.Sequential` on the present input size. Raises ValueError as `from_torch`."""
        self.layers = rules.layers_of(sequential)

    # ---- what the learner sees, as numbers and PyTorch ------------------------------------------------------

    @property
    def shapes(self):
        """The output shape of every layer, (C, H, W) or (features,); None from the first that does not fit."""
        return self._walk()[0]

    @property
    def problem(self):
        """Why the first layer that does not fit does not, and its repair; None if all of them fit."""
        return self._walk()[1]

    @property
    def parameters(self):
        """How many numbers the network learns; None while a layer does not fit."""
        return None if self.problem else sum(map(rules.parameters, self.layers))

    @property
    def multiplications(self):
        """Multiplications of weights and values for one example; None while a layer does not fit."""
        found, problem = self._walk()
        if problem:
            return None
        return sum(map(rules.multiplications, self.layers, [self.input_size, *found], found))

    @property
    def code(self):
        """The `nn.Sequential` as text."""
        return sequential_code(map(rules.layer_code, self.layers))

    def to_torch(self):
        """The network as an `nn.Sequential` with PyTorch's random weights.

        Raises ValueError with the sentence of `problem` if a layer does not fit.
        """
        if problem := self.problem:
            raise ValueError(problem)
        from torch import nn

        return nn.Sequential(*map(rules.module, self.layers))

    def sentence(self):
        """Input, output and costs, or the problem, in one sentence."""
        start = f"LayerTable: {_count(self.layers)} on {_times(self.input_size)}"
        found, problem = self._walk()
        if problem:
            return f"{start}. {problem}"
        output = _times(found[-1] if found else self.input_size)
        return f"{start} → {output}, {self.parameters:,} parameters, {self.multiplications:,} multiplications."

    def _walk(self):
        return rules.walk(self.layers, self.input_size)

    @traitlets.default("layers")
    def _lenet(self):
        return [dict(layer) for layer in _LENET]

    # ---- validation -----------------------------------------------------------------------------------------

    @traitlets.validate("layers")
    def _check_layers(self, proposal):
        value = proposal["value"]
        if not isinstance(value, (list, tuple)) or len(value) > _MOST["layers"]:
            got = f"{len(value)} layers" if isinstance(value, (list, tuple)) else type(value).__name__
            hint = " For an nn.Sequential there is LayerTable.from_torch." if hasattr(value, "forward") else ""
            raise SettingError(
                f"LayerTable.layers: expected a list of at most {_MOST['layers']} dicts, got {got}.{hint}"
            )
        return [rules.checked(layer, f"LayerTable.layers[{n}]") for n, layer in enumerate(value)]

    @traitlets.validate("input_size")
    def _check_input_size(self, proposal):
        value = proposal["value"]
        most = (_MOST["channels"], _MOST["size"], _MOST["size"])
        try:
            legal = len(value) == 3 and all(_is_count(v) and v <= m for v, m in zip(value, most))
        except TypeError:
            legal = False
        if not legal:
            raise SettingError(
                f"LayerTable.input_size: expected (channels, height, width), each an int of at least 1, the channels "
                f"at most {_MOST['channels']} and the sizes at most {_MOST['size']}, got {value!r}."
            )
        return tuple(map(int, value))

    @traitlets.validate("position")
    def _check_position(self, proposal):
        value, count = proposal["value"], len(self.layers)
        if value >= max(1, count):
            rows = f"a row of {_count(self.layers)}, 0 to {count - 1}" if count else "0, as there are no layers"
            raise SettingError(f"LayerTable.position: expected {rows}; got {value}.")
        return value

    @traitlets.observe("layers")
    def _stay_inside(self, _change):
        """Fewer layers may have lost the row that was shown."""
        self.position = min(self.position, max(0, len(self.layers) - 1))


def _count(layers):
    return f"{len(layers)} layer{'s' * (len(layers) != 1)}"


def _is_count(value):
    return isinstance(value, Integral) and not isinstance(value, bool) and value >= 1


def _times(shape):
    return "×".join(map(str, shape))
