"""ArchitectureDiagram: any convolutional network drawn to scale from the live module, its layers on a click."""

import traitlets

from helpers.widgets.base import CourseWidget, SettingError, is_int

_WHERE, _LARGEST = "ArchitectureDiagram", 4096


class ArchitectureDiagram(CourseWidget):
    """A network as stages and blocks, drawn to scale; click one for its layers, drag the input size: all sizes follow.

    model: any nn.Module with convolutions that gets one image, such as torchvision's ResNets and VGGs or your own;
        or several to compare, as a dict from names to models.
    input_size: (C, H, W) that the model takes. Later also (H, W), or an int for a square; the channels stay.
    name: which of several models is shown.
    selected: a stage or a block, by its name in the picture ("layer2", "layer2.0"); its layers stand in the table.
    layer: one of them, whose formula is written out; None for the first with weights.

    The layers and what they read are taken from a run of the model on shapes alone, so they are those of the module as
    it is. Parameters and multiplications are counted as `helpers.summarize` does. Where the sizes cannot be followed
    to other inputs (a reshape, attention), the input size stays as given and the widget says why.
    Raises ValueError for what is no such model, and for an input that the model refuses, with the layer and the repair.
    """

    script = "architecture_diagram.js"
    styles = ("js/layer_table/style.css", "js/architecture_diagram/style.css")
    resets = ("name", "input_size", "selected", "layer")

    name = traitlets.Unicode().tag(sync=True)
    input_size = traitlets.TraitType((3, 224, 224)).tag(sync=True)
    selected = traitlets.TraitType("").tag(sync=True)
    layer = traitlets.TraitType("").tag(sync=True)
    _graphs = traitlets.Dict().tag(sync=True)

    def __init__(self, model, input_size=(3, 224, 224), **settings):
        for name in settings:
            self._known(name)
        models = model if isinstance(model, dict) else {type(model).__name__: model}
        if not models or not all(isinstance(name, str) for name in models):
            raise SettingError(f"{_WHERE}: a dict of models needs a name for each, {{'ResNet-18': resnet18()}}.")
        size = _first_size(input_size)
        from helpers.widgets.architecture_reading import Reading  # which needs torch

        self._models = dict(models)
        self._read = {name: Reading(one, size) for name, one in models.items()}
        name = settings.pop("name", next(iter(models)))
        start = {"name": name, "selected": None, "layer": None, **settings}
        super().__init__(_graphs={n: read.for_page() for n, read in self._read.items()}, input_size=size, **start)

    # ---- what the learner sees ------------------------------------------------------------------------------

    @property
    def model(self):
        """The module that is shown."""
        return self._models[self.name]

    @property
    def stages(self):
        """The stages at the present input size: name, blocks, output_shape, parameters, multiplications."""
        return self._read[self.name].stages_at(self.input_size)

    @property
    def depth(self):
        """Layers with weights on the longest path, as the papers count: 18 for a ResNet-18, without projections."""
        return self._read[self.name].depth

    @property
    def parameters(self):
        """How many numbers the model learns."""
        return self._read[self.name].parameters

    @property
    def multiplications(self):
        """Multiplications of weights and values for one image; None while a layer does not fit."""
        return self._read[self.name].multiplications_at(self.input_size)

    @property
    def problem(self):
        """Why the first layer that does not fit the input size does not; None if all of them fit."""
        return self._read[self.name].problem_at(self.input_size)

    def sentence(self):
        """Model, input, depth and costs, or the problem, in one sentence."""
        start = f"ArchitectureDiagram: {self.name} on {'×'.join(map(str, self.input_size))}, {len(self.stages)} stages"
        if self.problem:
            return f"{start}. {self.problem}"
        return (
            f"{start}, {self.depth} layers with weights in a row, {self.parameters:,} parameters, "
            f"{self.multiplications:,} multiplications; {self.selected} is chosen."
        )

    # ---- validation -----------------------------------------------------------------------------------------

    @traitlets.validate("name")
    def _check_name(self, proposal):
        if proposal["value"] not in self._read:
            known = ", ".join(map(repr, self._read))
            raise SettingError(f"{_WHERE}.name: there is no model {proposal['value']!r}. There is {known}.")
        return proposal["value"]

    @traitlets.validate("input_size")
    def _check_input_size(self, proposal):
        value, read = proposal["value"], self._read.get(self.name)
        channels = next(iter(self._read.values())).size[0]
        size = (channels, value, value) if is_int(value) else tuple(value) if isinstance(value, (tuple, list)) else ()
        size = (channels, *size) if len(size) == 2 else size
        if len(size) != 3 or not all(is_int(v) and 1 <= v <= _LARGEST for v in size):
            raise SettingError(
                f"{_WHERE}.input_size: expected an int for a square, (H, W) or (C, H, W), from 1 to {_LARGEST}; "
                f"got {value!r}."
            )
        if size[0] != channels:
            raise SettingError(
                f"{_WHERE}.input_size: the first layer wants {channels} channels, got {size[0]}. "
                f"Use ({channels}, {size[1]}, {size[2]})."
            )
        if read and read.reason and size != read.size:
            only = "×".join(map(str, read.size[1:]))
            raise SettingError(
                f"{_WHERE}.input_size: it stays {only}, because the sizes of {self.name} cannot be followed: "
                f"{read.reason}. Make a new diagram with input_size={size}."
            )
        return tuple(map(int, size))

    @traitlets.validate("selected")
    def _check_selected(self, proposal):
        value, read = proposal["value"], self._read.get(self.name)
        if value is None and read:
            return read.first
        if read is None or not isinstance(value, str) or value not in read.names:
            known = ", ".join(map(repr, read.stage_names)) if read else ""
            raise SettingError(
                f"{_WHERE}.selected: there is no stage or block {value!r}. Stages: {known}; a block has the name of "
                "its module, or of its convolution."
            )
        return value

    @traitlets.validate("layer")
    def _check_layer(self, proposal):
        value, read = proposal["value"], self._read.get(self.name)
        if read is None or not isinstance(self.selected, (str, type(None))):
            raise SettingError(f"{_WHERE}.layer: {value!r} belongs to nothing that is selected.")
        selected = self.selected if self.selected in read.names else read.first
        inside = read.layers_of(selected)
        if value is None:
            return read.main_layer(selected)
        if value not in inside:
            raise SettingError(
                f"{_WHERE}.layer: {self.selected!r} has no layer {value!r}. It has {', '.join(inside[:8])}"
                f"{', …' if len(inside) > 8 else ''}."
            )
        return value

    @traitlets.observe("name", "selected")
    def _stay_inside(self, change):
        """What another model or block does not have gives way to what it has."""
        read = self._read[self.name]
        if read.reason:
            self.input_size = read.size
        if self.selected not in read.names:
            self.selected = read.first
        if self.layer not in read.layers_of(self.selected):
            self.layer = None


def _first_size(value):
    size = tuple(value) if isinstance(value, (tuple, list)) else ()
    if len(size) != 3 or not all(is_int(v) and 1 <= v <= _LARGEST for v in size):
        raise SettingError(
            f"{_WHERE}.input_size: expected (C, H, W) of what the model takes, from 1 to {_LARGEST}, such as "
            f"(3, 224, 224); got {value!r}."
        )
    return tuple(map(int, size))
