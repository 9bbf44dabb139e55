"""A copy of a PyTorch model to be run in its place, and the parts that are watched then."""

import copy
from collections import OrderedDict

from .layers import is_layer


def detached_copy(model, device=None):
    """A copy in evaluation mode, without hooks and with weights of its own.

    What runs on it changes nothing in the model, even if its forward pass writes into weights.
    On the device "meta" the weights have shapes, but no numbers.
    """
    import torch

    def copied(tensor):
        if device is not None:
            return torch.empty_like(tensor, device=device)
        return tensor.detach().clone()

    instead = {}
    for module in model.modules():
        for name, value in [*vars(module).items(), *module._buffers.items()]:
            if isinstance(value, torch.Tensor):
                instead[id(value)] = copied(value)
            elif name.endswith("_hooks") and isinstance(value, OrderedDict):
                instead[id(value)] = OrderedDict()
        for p in module.parameters(recurse=False):
            instead[id(p)] = torch.nn.Parameter(copied(p), requires_grad=False)
    return copy.deepcopy(model, instead).eval()


def parts_of(module, name=""):
    """The module and all modules in it down to the layers, each with its name."""
    yield module, name
    if not is_layer(module):
        for child_name, child in module.named_children():
            yield from parts_of(child, f"{name}.{child_name}".lstrip("."))


def kind_of_numbers(model):
    """The device and the dtype of the weights, as settings of torch.zeros."""
    for p in model.parameters():
        if p.is_floating_point():
            return {"device": p.device, "dtype": p.dtype}
    return {}
