"""The graph of calls of any PyTorch model: its layers in the order of their calls, and what each of them reads.

The model runs once on the meta device, which computes nothing but shapes. Hooks see the layers; a dispatch mode sees
what happens between them: sums, concatenations, resizing, flattening. So any Python code in forward() is followed.
"""

from contextlib import nullcontext
from dataclasses import dataclass, field

import torch
from torch.utils.weak import WeakTensorKeyDictionary

from helpers.receptive_field.rules import tensors_in
from helpers.receptive_field.following import Following
from helpers.shapes.copies import detached_copy, kind_of_numbers, parts_of
from helpers.shapes.layers import in_short, is_layer
from helpers.widgets.architecture_kinds import TRANSPARENT, UNTRACKED, is_known, of_function, of_module


@dataclass
class Node:
    """A call of a layer, or an operation between layers. `shape` has no batch; `sources` are numbers of nodes."""

    name: str
    spec: dict  # {"type": …, settings in PyTorch's words}
    text: str  # the call in short
    sources: tuple
    shape: tuple
    path: str  # the module that it is called in
    parameters: int = 0


@dataclass
class Call:
    """A call of a module that is no layer: the nodes that it got, and those from `start` to `end` that it made."""

    module: object
    name: str
    inputs: tuple
    start: int
    end: int = 0
    outputs: tuple = ()


@dataclass
class Graph:
    """`nodes[0]` is the input. `error`: what stopped the model, if anything did."""

    nodes: list = field(default_factory=list)
    calls: list = field(default_factory=list)
    outside: list = field(default_factory=list)  # (name, count) of parameters that are in no layer that was called
    error: Exception | None = None

    @property
    def kind(self):
        """The class of the model."""
        return type(self.calls[-1].module).__name__


def graphs_of(model, shapes):
    """A `Graph` for each shape (N, C, H, W) of an input. The model stays as it is: a copy runs.

    On the meta device; a model that makes tensors of its own needs to be told so, and one that needs numbers, or an
    operation without a meta version, computes. What the first shape needs is done for the others, too.
    """
    copy = detached_copy(model, "meta")
    ways = [
        lambda shape: _Recorder(copy).run(shape, "meta"),
        lambda shape: _Recorder(copy).run(shape, "meta", torch.device("meta")),
        lambda shape: _Recorder(detached_copy(model)).run(shape),
    ]
    first = None
    for shape in shapes:
        graph = ways[0](shape)
        while first is None and graph.error is not None and len(ways) > 1:
            del ways[0]
            graph = ways[0](shape)
        first = first or graph
        yield graph


class _Recorder(Following):
    def __init__(self, model):
        super().__init__()
        self.model, self.graph = model, Graph()
        self.node_of = WeakTensorKeyDictionary()
        self.running, self.inside = [], None  # calls; the layer in which no operation counts
        self.names, self.taken, self.counted = {}, {}, set()
        for module, name in parts_of(model):
            self.names.setdefault(module, name)  # a shared module has the first of its names

    def run(self, shape, device=None, default=nullcontext()):
        hooks = []
        for module in self.names:
            hooks.append(module.register_forward_pre_hook(self._before, with_kwargs=True))
            hooks.append(module.register_forward_hook(self._after, with_kwargs=True))
        x = torch.zeros(shape, **kind_of_numbers(self.model) | ({"device": device} if device else {}))
        self.batch = shape[0]
        self.node_of[x] = 0
        self.graph.nodes.append(Node("input", {"type": "Input"}, "input", (), tuple(shape[1:]), ""))
        try:
            with torch.no_grad(), torch.random.fork_rng(devices=[]), default, self:
                self.model(x)
        except Exception as error:
            self.graph.error = error
        for hook in hooks:
            hook.remove()
        self._count_the_rest()
        return self.graph

    # -- layers ------------------------------------------------------------------------------

    def _before(self, module, args, kwargs):
        call = Call(module, self.names[module], self._sources((args, kwargs)), len(self.graph.nodes))
        self.running.append(call)
        if self.inside is None and is_layer(module) and is_known(module):
            self.inside = call

    def _after(self, module, args, kwargs, output):
        while (call := self.running.pop()).module is not module:  # left by an error that the model has caught
            if self.inside is call:
                self.inside = None
        if self.inside is call:
            self.inside = None
            self._add_layer(call, [tuple(t.shape) for t in tensors_in((args, kwargs))], tensors_in(output))
        elif not is_layer(module) or not is_known(module):
            call.end, call.outputs = len(self.graph.nodes), self._sources(output)
            self.graph.calls.append(call)

    def _add_layer(self, call, given, outputs):
        if not call.inputs or not outputs:
            return
        spec = of_module(call.module, given[0], tuple(outputs[0].shape))
        fresh = {id(p): p.numel() for p in call.module.parameters() if id(p) not in self.counted}
        self.counted.update(fresh)
        name = call.name or type(call.module).__name__
        number = self._add(name, spec, in_short(call.module), call.inputs, outputs[0], sum(fresh.values()))
        for tensor in outputs:
            self.node_of[tensor] = number

    def _add(self, name, spec, text, sources, tensor, parameters=0):
        if tensor.dim() < 2 or tensor.shape[0] != self.batch:
            spec = {"type": "Fixed", "why": "its output is no longer one map per image"}
        shape = tuple(tensor.shape[1:])
        if spec["type"] == "Fixed":
            spec = spec | {"shape": shape}
        again = self.taken[name] = self.taken.get(name, 0) + 1
        name = name if again == 1 else f"{name} ({again})"
        path = self.running[-1].name if self.running else ""
        self.graph.nodes.append(Node(name, spec, text, tuple(sources), shape, path, parameters))
        return len(self.graph.nodes) - 1

    def _sources(self, values):
        """The nodes that tensors come from, each once."""
        return tuple(dict.fromkeys(self.node_of[t] for t in tensors_in(values) if t in self.node_of))

    def _count_the_rest(self):
        """Parameters that no called layer has: those of a model itself, and of layers that are not used."""
        for module, name in self.names.items():
            own = list(module.named_parameters(name, recurse=is_layer(module)))
            for full, p in own:
                if id(p) not in self.counted:
                    self.counted.add(id(p))
                    self.graph.outside.append((full, p.numel()))

    # -- operations --------------------------------------------------------------------------

    def follow(self, name, named, result, by_place):
        """Note an operation outside of the layers."""
        if self.inside is None:
            self._follow(name.strip("_"), named, tensors_in(result), by_place)

    def _follow(self, name, named, outputs, by_place):
        sources = self._sources(named)
        if not sources or not outputs or name in UNTRACKED:
            return
        before = next(t for t in tensors_in(named) if t in self.node_of)
        shapes = tuple(before.shape), tuple(outputs[0].shape)
        unchanged = len(sources) == 1 and shapes[0] == shapes[1] and (by_place or name in TRANSPARENT)
        shown, spec = of_function(name, named, sources, *shapes, by_place, unchanged)
        where = self.running[-1].name if self.running else ""
        title = f"{where}: {shown}" if where else shown
        text = f"{shown}({', '.join(self.graph.nodes[s].name for s in sources)})"
        for output in outputs if spec is None or spec["type"] == "Channels" else outputs[:1]:
            if spec is None:  # nothing that anybody would draw
                self.node_of[output] = sources[0]
            elif self._goes_on(spec, sources):
                self._crop_on(spec, output)
            else:
                self.node_of[output] = self._add(title, dict(spec), text, sources, output)

    def _goes_on(self, spec, sources):
        """Is it the second half of a crop, which PyTorch makes along one axis after the other?"""
        last = self.graph.nodes[-1]
        crops = spec.get("op") == "crop" == last.spec.get("op")
        return crops and sources == (len(self.graph.nodes) - 1,) and not (last.spec["start"][1] or spec["start"][0])

    def _crop_on(self, spec, output):
        last = self.graph.nodes[-1]
        last.spec["start"] = [last.spec["start"][0], spec["start"][1]]
        last.shape = tuple(output.shape[1:])
        self.node_of[output] = len(self.graph.nodes) - 1
