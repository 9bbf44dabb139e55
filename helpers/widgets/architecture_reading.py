"""All that ArchitectureDiagram knows of one model: its graph as blocks and stages, and its sizes on any input."""

from functools import lru_cache
from typing import NamedTuple

import torch

from helpers.shapes import summarize
from helpers.widgets.architecture_blocks import WEIGHTS, blocks_of, depth_of, stages_of
from helpers.widgets.architecture_graph import graphs_of
from helpers.widgets.architecture_sizes import followed, multiplications, shapes_of
from helpers.widgets.base import SettingError

_WHERE = "ArchitectureDiagram"


class DiagramBlock(NamedTuple):
    """A block on one input. `output_shape` and `multiplications` are None where a layer does not fit that input."""

    name: str
    kind: str  # the module's class, or the layer's
    layers: list
    output_shape: tuple | None
    parameters: int
    multiplications: int | None


class DiagramStage(NamedTuple):
    """The blocks between two changes of resolution, on one input."""

    name: str
    blocks: list
    output_shape: tuple | None
    parameters: int
    multiplications: int | None


class Reading:
    """A model, read once on an input of a `size` (C, H, W). Raises ValueError for a model that cannot be drawn."""

    def __init__(self, model, size):
        _check_model(model)
        self.size = size
        try:
            graph, self.reason = followed(model, (1, *size))  # not kept: it holds the copy that has run
        except Exception as error:  # not even a copy of it can be made
            raise SettingError(f"{_WHERE}: {type(model).__name__} cannot be followed: {error}") from error
        if graph.error is not None:
            raise SettingError(_failure(model, size, graph.error)) from graph.error
        self.kind, self.nodes = graph.kind, graph.nodes
        self.blocks = blocks_of(graph)
        self.stages = stages_of(graph, self.blocks)
        self.depth = depth_of(self.nodes)
        self.outside = sum(count for _, count in graph.outside)
        self.parameters = sum(node.parameters for node in self.nodes) + self.outside
        self._members = {block.name: block.nodes for block in self.blocks}
        for stage in self.stages:
            self._members[stage.name] = [n for b in stage.blocks for n in self.blocks[b].nodes]

    # ---- names ----------------------------------------------------------------------------------------------

    @property
    def names(self):
        """Those of all stages and blocks."""
        return list(self._members)

    @property
    def first(self):
        """The block to begin with: the first in which branches meet, else the first convolution."""
        kinds = [block.kind for block in self.blocks]
        return self.blocks[next(kinds.index(kind) for kind in ("unit", "conv", "up", *kinds) if kind in kinds)].name

    @property
    def stage_names(self):
        """The names of the stages alone."""
        return [stage.name for stage in self.stages]

    def layers_of(self, selected):
        """The layers of a stage or block, in the order of their calls."""
        return [self.nodes[n].name for n in self._members[selected]]

    def main_layer(self, selected):
        """The first one with weights, if any has."""
        numbers = self._members[selected]
        return self.nodes[next((n for n in numbers if self.nodes[n].spec["type"] in WEIGHTS), numbers[0])].name

    # ---- sizes ----------------------------------------------------------------------------------------------

    @lru_cache(maxsize=8)  # noqa: B019 (a reading lives as long as its widget)
    def _sizes(self, size):
        found, misfit = shapes_of(self.nodes, size)
        costs = [0] + [
            multiplications(node.spec, found[node.sources[0]], shape) for node, shape in zip(self.nodes[1:], found[1:])
        ]
        return found, costs, misfit

    def multiplications_at(self, size):
        """Of the whole model; None where a layer does not fit."""
        _, costs, misfit = self._sizes(size)
        return None if misfit else sum(costs)

    def problem_at(self, size):
        """The sentence about the first layer that does not fit; None if all do."""
        misfit = self._sizes(size)[2]
        if misfit is None:
            return None
        node = self.nodes[misfit.node]
        return f'On an input of {"×".join(map(str, size[1:]))}, "{node.name}", {node.text}, does not fit: {misfit}'

    def stages_at(self, size):
        """The stages as `DiagramStage`s."""
        blocks = [
            DiagramBlock(block.name, block.title, self.layers_of(block.name), *self._sums(block.nodes, size))
            for block in self.blocks
        ]
        return [
            DiagramStage(stage.name, blocks[stage.blocks[0] : stage.blocks[-1] + 1],
                         *self._sums(self._members[stage.name], size))
            for stage in self.stages
        ]  # fmt: skip

    def _sums(self, numbers, size):
        found, costs, _ = self._sizes(size)
        shape = found[numbers[-1]] if numbers[-1] < len(found) else None
        fits = max(numbers) < len(found)
        return shape, sum(self.nodes[n].parameters for n in numbers), sum(costs[n] for n in numbers) if fits else None

    # ---- for the page ---------------------------------------------------------------------------------------

    def for_page(self):
        """All that the page needs, each setting and each text once: numbers point to them."""
        specs, texts = {}, {}
        nodes = []
        for node in self.nodes:
            key = str(node.spec)
            spec = specs.setdefault(key, (len(specs), node.spec))[0]
            written = node.text.split("(")[0] if node.spec["type"] in _JOINED else node.text
            text = texts.setdefault(written, len(texts))
            nodes.append([node.name, spec, list(node.sources), node.parameters, text])
        return {
            "kind": self.kind,
            "specs": [spec for _, spec in specs.values()],
            "texts": list(texts),
            "nodes": nodes,
            "blocks": [[b.name, b.kind, b.title, b.nodes, b.join, b.skip] for b in self.blocks],
            "stages": [[stage.name, stage.blocks] for stage in self.stages],
            "base": list(self.size),
            "reason": self.reason,
            "depth": self.depth,
            "outside": self.outside,
        }


_JOINED = {"Add", "Mul", "Concat"}


def _check_model(model):
    if not isinstance(model, torch.nn.Module):
        made = f"{model.__name__}()" if isinstance(model, type) else "nn.Sequential(…)"
        raise SettingError(f"{_WHERE}: model must be a PyTorch model, but is {model!r}. Use {made}.")
    for module in model.modules():
        if getattr(module, "has_uninitialized_params", bool)():
            raise SettingError(
                f"{_WHERE}: {type(module).__name__} does not know its size yet. Call the model once before."
            )
    if not any(isinstance(module, torch.nn.modules.conv._ConvNd) for module in model.modules()):
        raise SettingError(
            f"{_WHERE} draws networks with convolutions, and {type(model).__name__} has none. "
            f"Use helpers.summarize(model, input_size) for a table of its layers."
        )


def _failure(model, size, error):
    """The sentence of `summarize`, which fails at the same layer; where the image has the wrong channels, that."""
    first = next((m for m in model.modules() if isinstance(m, torch.nn.Conv2d)), None)
    kind = type(model).__name__
    if first is not None and first.in_channels != size[0]:
        right = (first.in_channels, *size[1:])
        now, then = graphs_of(model, [(1, *size), (1, *right)])
        if len(then.nodes) > len(now.nodes):  # it comes further
            channels = f"{first.in_channels} channel{'s' * (first.in_channels > 1)}"
            return (
                f"{_WHERE}: {kind} wants {channels}, but input_size is {size}, with {size[0]}. Use input_size={right}."
            )
    try:
        summarize(model, size)
    except ValueError as told:
        return str(told).replace("summarize:", f"{_WHERE}:", 1)
    except Exception:  # not even that runs
        pass
    reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
    return f"{_WHERE}: {kind} cannot be followed: {reason}."
