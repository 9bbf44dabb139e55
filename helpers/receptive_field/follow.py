"""Run a model and follow the fields of its tensors through every operation that PyTorch performs.

The model runs on the "meta" device, where PyTorch works out shapes and computes nothing. A
dispatch mode sees each operation as it is executed. So any Python code is followed, with its
loops, conditions, functions and branches; a symbolic trace (torch.fx) would need models without
`if` on values, and a list of modules would miss everything that is written in forward().
"""

from dataclasses import replace
from typing import NamedTuple

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode
from torch.utils.weak import WeakTensorKeyDictionary

from ..shapes.copies import detached_copy, kind_of_numbers, parts_of
from ..shapes.layers import in_short, is_layer
from . import rearrange  # noqa: F401  its rules add themselves
from .axis import Axis
from .rules import RULES, pointwise, tensors_in
from .seen import NotFollowed, Seen, plain, together
from .following import Following

NAMES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}

# operations that take a tensor for its shape, device or dtype only, or write over it
_BLANK = set(
    "zeros_like ones_like empty_like full_like rand_like randn_like randint_like new_zeros "
    "new_ones new_empty new_full new_empty_strided fill zero uniform".split()
)
_OVERWRITING = _BLANK | {"copy", "normal", "bernoulli", "exponential", "random"}
# functions that hand out the numbers of a tensor, past all operations
_LEAVING = {
    torch.Tensor.numpy, torch.Tensor.__array__, torch.Tensor.tolist, torch.Tensor.__dlpack__,
    torch.equal, torch.Tensor.equal,
}  # fmt: skip
_SHOWN = {
    "convolution": "conv", "constant_pad_nd": "pad", "circular_pad": "pad",
    "addmm": "matmul", "mm": "matmul", "bmm": "matmul", "baddbmm": "matmul",
    "max_pool2d_with_indices": "max_pool2d", "max_pool3d_with_indices": "max_pool3d",
    "native_group_norm": "group_norm", "native_layer_norm": "layer_norm",
    "native_batch_norm": "batch_norm",
}  # fmt: skip


class Call(NamedTuple):
    """One row: a call of a layer, or an operation outside of layers that changes fields."""

    name: str
    layer: str | torch.nn.Module
    output_shape: tuple
    seen: Seen
    notes: tuple


def follow(model, shape):
    """The calls of a model on an input of a shape, (N, C, …): (list of Call, axes of the input).

    Runs on the meta device; if the model refuses, once more with zeros on its own device.
    """
    axes = tuple(map(Axis.of_input, NAMES[len(shape) - 2], shape[2:]))
    try:
        return _Follower(detached_copy(model, "meta"), axes).run(shape, "meta")
    except Exception:  # it needs numbers, or an operation without a meta version
        return _Follower(detached_copy(model), axes).run(shape)


class _Follower(Following):
    def __init__(self, model, axes):
        super().__init__()
        self.model, self.axes, self.calls = model, axes, []
        self.seen, self.notes = WeakTensorKeyDictionary(), []
        self.running, self.given = [], []  # modules, and the tensors that each has got
        self.decided, self.silent = "", False
        self.names = {}
        for module, name in parts_of(model):
            self.names.setdefault(module, name)  # a shared module has the first of its names

    def run(self, shape, device=None):
        for module in self.names:
            module.register_forward_pre_hook(self._before)
            module.register_forward_hook(self._after)
        kind = kind_of_numbers(self.model) | ({"device": device} if device else {})
        x = torch.zeros(shape, **kind)
        dims = [*map(plain, shape[:2]), *(((i, n),) for i, n in enumerate(shape[2:]))]
        self.seen[x] = Seen(tuple(dims), self.axes, "input")
        with torch.no_grad(), torch.random.fork_rng(devices=[]), torch.device(x.device):
            with _Functions(self), self:
                outputs = tensors_in(self.model(x))
        if self.decided and any(output not in self.seen for output in outputs):
            self._unknown("output", type(self.model).__name__, outputs[0], self.decided)
        return self.calls

    # -- layers ------------------------------------------------------------------------------

    def _before(self, module, args):
        self.running.append(module)
        self.given.append(set(map(id, tensors_in(args))))

    def _after(self, module, args, output):
        while self.running.pop() is not module:  # left by an error that the model has caught
            self.given.pop()
        given = self.given.pop()
        if not is_layer(module):
            return
        name = self.names[module] or type(module).__name__
        tensors = [tensor for tensor in tensors_in(output) if tensor in self.seen]
        tensors = [t for t in tensors if id(t) not in given] or tensors  # a pyramid hands maps on
        if isinstance(module, (torch.nn.RNNBase, torch.nn.RNNCellBase)):
            why = f'"{name}", {in_short(module)}: what a unit of a recurrent layer sees grows'
            for tensor in tensors:
                self.seen[tensor] = replace(self.seen[tensor], problem=f"{why} with every step.")
        for tensor in tensors:
            self.seen[tensor] = replace(self.seen[tensor], branch=name)
        if tensors:
            self._add(name, module, tensors[0])
            return
        for tensor in tensors_in(output)[:1]:
            if torch._C._functorch.is_functorch_wrapped_tensor(tensor):
                why = "inside torch.vmap and the like a layer's units cannot be told"
                self._unknown(name, module, tensor, f'"{name}", {in_short(module)}: {why}.')
            elif self.decided:
                self._unknown(name, module, tensor, self.decided)

    def _unknown(self, name, layer, tensor, problem):
        """A row for a tensor whose way from the input is lost."""
        self.seen[tensor] = Seen(tuple(map(plain, tensor.shape)), self.axes, name, problem)
        self._add(name, layer, tensor)

    def _add(self, name, layer, tensor):
        notes = tuple(dict.fromkeys(self.notes))
        seen = self.seen[tensor]
        if tensor.dim() > len(self.axes):  # it is a map
            seen = seen.settled()
        if seen.turned() and not seen.problem:
            why = "the map is turned: its axes no longer come in the order of the input's"
            seen = replace(seen, problem=f'"{name}": {why}.')
        self.calls.append(Call(name, layer, tuple(tensor.shape), seen, notes))
        self.notes = []

    def _add_trouble(self, name, seen, tensor):
        """A row for an operation behind which nothing is known, though it changes no fields."""
        if not self._layer():
            layer, shape = f"{name}({seen.branch})", tuple(tensor.shape)
            self.calls.append(Call(self._path(name), layer, shape, seen, ()))

    # -- operations --------------------------------------------------------------------------

    def follow(self, name, arguments, result, by_place=False):
        """Note what the results of an operation see."""
        if self.silent:
            return
        seen = list(dict.fromkeys(filter(None, map(self.seen.get, tensors_in(arguments)))))
        outputs, in_place, name = tensors_in(result), name.endswith("_"), name.strip("_")
        if name == "local_scalar_dense":
            self.decide("item", arguments["self"])
        if name == "copy" or (in_place and name in _OVERWRITING):
            sources = [v for k, v in arguments.items() if k in ("src", "value", "p")]
            self._overwritten(outputs[0], next(map(self.seen.get, tensors_in(sources)), None))
            return
        if not seen or not outputs or name in _BLANK:
            return
        problem = next((one.problem for one in seen if one.problem), self.decided)
        new, notes = [replace(seen[0], problem=problem)], []
        if not problem:
            new, notes = self._ruled(name, arguments, outputs, by_place, seen)
        self.notes += notes
        named = self._named(name, seen, new[0]) if new[0] else ""
        if named and name != "slice":
            new = [one and replace(one, branch=named) for one in new]
        for output, one in zip(outputs, new if len(new) > 1 else new * len(outputs)):
            if one is None:
                continue  # channels of a constant
            self.seen[output] = one
            if in_place:
                self._written(output)
        if named and not self._layer():
            branches = list(dict.fromkeys(one.branch for one in seen))
            if len(branches) > 3:
                branches[1:-1] = ["…"]
            last = self.calls[-1] if self.calls else None
            if name == "slice" and last and last.name == named and last.seen is seen[0]:
                self.calls.pop()  # cut along one axis after the other
            self._add(named, f"{_shown(name)}({', '.join(branches)})", outputs[0])

    def decide(self, name, tensor):
        """Numbers of a tensor are handed out: whatever comes behind may depend on them."""
        if tensor in self.seen and not self.decided:
            self.decided = self._problem(
                name, "a number that it has computed from the input decides what it does next"
            )
            self._add_trouble(name, replace(self.seen[tensor], problem=self.decided), tensor)

    def _ruled(self, name, arguments, outputs, by_place, seen):
        method = RULES.get(name, pointwise if by_place else None)
        try:
            if method is None:
                raise NotFollowed(f"what its units see through {_shown(name)} is not known")
            shapes = [tuple(output.shape) for output in outputs]
            new, notes = method(arguments | {"name": name}, self.seen.get, shapes)
            return (new if isinstance(new, list) else [new]), list(notes)
        except NotFollowed as reason:
            return [replace(seen[0], problem=self._problem(name, reason))], []

    def _named(self, name, seen, new):
        """The name of an operation that changes or joins fields; "" for others."""
        same = all(map(Axis.alike, new.axes, seen[0].axes))
        same = same and bool(new.problem or new.same_places(seen[0]))
        joined = len({one.branch for one in seen}) > 1
        trouble = new.problem and not seen[0].problem
        if same and not joined and not trouble and name not in ("convolution",):
            return ""
        return self._path(name)

    def _path(self, name):
        """The module in which an operation happens, and its name: "layer1.0: add"."""
        where = self.names[self.running[-1]]
        return f"{where}: {_shown(name)}" if where else _shown(name)

    def _layer(self):
        return bool(self.running) and is_layer(self.running[-1])

    def _problem(self, name, reason):
        module = self.running[-1]
        where = self.names[module] or type(module).__name__
        layer = f", {in_short(module)}" if is_layer(module) and self.names[module] else ""
        return f'"{where}"{layer}: {_shown(name)}: {reason}.'

    def _overwritten(self, tensor, source):
        """The numbers of a tensor are replaced by others."""
        if source is not None:
            sizes = tuple(map(source.width, range(len(source.dims))))
            if sizes != tensor.shape and not source.problem:  # it is broadcast
                source = together([source], tuple(tensor.shape))[0]
            self.seen[tensor] = source
        else:
            self.seen.pop(tensor, None)
        self._written(tensor)

    def _written(self, tensor):
        """A tensor was changed in place: what it is a part of is no longer known."""
        whole = tensor._base
        one = self.seen.get(tensor)
        if whole is None or (one is None and whole not in self.seen):
            return
        alike = (whole.shape, whole.stride()) == (tensor.shape, tensor.stride())
        if one is not None and whole in self.seen and alike:
            self.seen[whole] = one
            return
        if whole in self.seen:
            self.seen[whole] = replace(self.seen[whole], parts=None)
        if one is None or not _unchanged_part(one, self.seen.get(whole)):
            one = one or self.seen[whole]
            why = self._problem("copy", "it writes into a part of a tensor")
            self.seen[whole] = replace(one, problem=why)
            self._add_trouble("copy", self.seen[whole], whole)


class _Functions(TorchFunctionMode):
    """Circular padding, which PyTorch makes of slices and copies, as one operation.

    And what no operation shows: functions that hand out numbers.
    """

    def __init__(self, follower):
        super().__init__()
        self.follower = follower

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if func in _LEAVING:
            for tensor in tensors_in((args, kwargs)):
                self.follower.decide(func.__name__.strip("_"), tensor)
        named = dict(zip(("input", "padding", "mode"), args))
        named |= {"padding" if name == "pad" else name: v for name, v in kwargs.items()}
        if func is not functional.pad or named.get("mode") != "circular":
            return func(*args, **kwargs)
        self.follower.silent = True
        try:
            result = func(*args, **kwargs)
        finally:
            self.follower.silent = False
        self.follower.follow("circular_pad", named, result)
        return result


def _unchanged_part(one, whole):
    return whole is not None and all(map(Axis.alike, one.axes, whole.axes))


def _shown(name):
    """The name of a function that does what the ATen operation does."""
    if "upsample" in name:
        return "interpolate"
    if name.startswith(("reflection_pad", "replication_pad")):
        return "pad"
    return _SHOWN.get(name, name)
