"""Operations as they are performed, and results without numbers for those that take long.

On the meta device PyTorch works out the shape of an activation or a batch norm through a dozen
Python functions, which took more than half of the time of the whole analysis.
"""

from functools import cache

import torch
from torch.utils._python_dispatch import TorchDispatchMode

# of floating point numbers they give the same kind of number
_ALIKE = set(
    "relu relu6 hardtanh hardswish hardsigmoid silu sigmoid tanh gelu elu leaky_relu mish softplus "
    "add sub mul div".split()
)


def shapes_only(name, arguments):
    """What an operation returns on the meta device; None: PyTorch itself has to say so."""
    if name == "native_batch_norm":
        return _batch_norm(arguments)
    if name.rstrip("_") in _ALIKE:
        return _place_by_place(name, *arguments.values())
    return None


def _place_by_place(name, first, *others):
    tensors = [first, *(other for other in others if isinstance(other, torch.Tensor))]
    if not all(isinstance(t, torch.Tensor) and t.is_meta for t in tensors):
        return None
    if len({t.dtype for t in tensors}) > 1 or not first.dtype.is_floating_point:
        return None
    shape = torch.broadcast_shapes(*(t.shape for t in tensors))
    if name.endswith("_"):
        return first if shape == first.shape else None
    return _alike(first) if shape == first.shape else first.new_empty(shape)


def _batch_norm(arguments):
    """In evaluation mode; in training PyTorch has more to return."""
    x, mean = arguments["input"], arguments["running_mean"]
    if arguments["training"] or not x.is_meta or x.dim() < 2:
        return None
    if mean is None or mean.shape != x.shape[1:2]:
        return None
    nothing = torch.empty(0, dtype=x.dtype, device="meta")
    return _alike(x), nothing, nothing


def _alike(x):
    """As torch.empty_like, which takes ten times as long on the meta device."""
    if x.is_contiguous():
        return torch.empty(x.shape, dtype=x.dtype, device="meta")
    return torch.empty_like(x)


class Following(TorchDispatchMode):
    """In this block `follow` hears of every operation that PyTorch performs, after it.

    follow(name, arguments, result, by_place): the name with its underscores, the arguments by name,
    defaults included; by_place: does each number depend on those at its own place alone?
    """

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        name, names, defaults, by_place = _signature(func)
        named = defaults | dict(zip(names, args)) | kwargs
        result = shapes_only(name, named)
        if result is None:
            result = func(*args, **kwargs)
        self.follow(name, named, result, by_place)
        return result


@cache
def _signature(func):
    """Name, argument names and defaults (in their order) of an operation; is it place by place?"""
    schema = func._schema.arguments
    defaults = {a.name: a.default_value if a.has_default_value() else None for a in schema}
    by_place = torch.Tag.pointwise in func.tags
    return func.overloadpacket.__name__, [a.name for a in schema], defaults, by_place
