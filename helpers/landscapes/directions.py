"""Random directions in the space of a model's weights, as long as the weights, filter by filter."""

import torch
from torch import nn

from helpers.models import seeded

_TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
_NORMS = (nn.modules.batchnorm._NormBase, nn.LayerNorm, nn.GroupNorm, nn.RMSNorm)


def filter_direction(model, seed=0):
    """A random direction for the weights of `model`, filter-normalized: {name: tensor like it}.

    Drawn from a normal distribution, then scaled filter by filter, d ← d / ‖d‖ · ‖θ‖, so that each
    is as long as that filter of the weights θ. A filter is what one output is made with: an output
    channel of a convolution (in × height × width numbers), a row of a dense layer. A step of 1
    changes every filter by as much as it has, however large a network's weights are: multiplying
    one layer by ten and dividing the next by ten changes the direction in the same way.

    Zero, and so left alone, are biases, the weights of normalization layers, filters of zeros, and
    parameters that are not trained (`requires_grad=False`). The same `seed` gives the same
    direction, on any device. (Li et al. 2018, arXiv:1712.09913, section 4; of biases and batch norm
    the authors' code says `--xignore biasbn`.) Raises ValueError for a model without a filter.
    """
    weights = _trained_weights(model)
    layers = {id(p): layer for layer in model.modules() for p in layer.parameters(recurse=False)}
    direction = {name: torch.zeros_like(p, requires_grad=False) for name, p in weights.items()}
    with seeded(seed):
        for name, weight in weights.items():
            layer = layers[id(weight)]
            if weight.ndim > 1 and weight.requires_grad and not isinstance(layer, _NORMS):
                drawn = torch.randn(weight.shape).to(weight.device)  # on the CPU: the same anywhere
                direction[name] = _normalized(drawn, weight.detach(), layer)
    if not any(part.any() for part in direction.values()):
        raise ValueError(
            f"filter_direction: {type(model).__name__} has no trained filter: its {len(weights)} "
            f"parameters are biases, weights of normalization, zeros, or have "
            f"requires_grad=False. Give a model with a convolution or a dense layer."
        )
    return direction


def _normalized(drawn, weight, layer):
    """`drawn` scaled to the weight's norm in each filter; a filter of zeros gets no direction."""
    lengths = [_filter_norms(part.float(), layer) for part in (weight, drawn)]
    return (drawn * (lengths[0] / lengths[1])).to(weight.dtype)


def _filter_norms(weight, layer):
    """The norms of the filters, in a shape that multiplies the weight."""
    if not isinstance(layer, _TRANSPOSED):
        return weight.flatten(1).norm(dim=1).reshape(-1, *[1] * (weight.ndim - 1))
    # (in, out / groups, …): an output channel is made with the inputs of its group
    parts = weight.reshape(layer.groups, -1, *weight.shape[1:])
    others = (1, *range(3, parts.ndim))
    norms = torch.linalg.vector_norm(parts, dim=others, keepdim=True)
    return norms.expand(-1, parts.shape[1], *norms.shape[2:]).flatten(0, 1)


def check_module(model, caller):
    """Refuse what is no network."""
    if not isinstance(model, nn.Module):
        raise ValueError(
            f"{caller}: model must be a torch.nn.Module, but it is of type {type(model).__name__}. "
            f"Give the trained network itself."
        )


def _trained_weights(model):
    check_module(model, "filter_direction")
    weights = dict(model.named_parameters())
    if lazy := [name for name, p in weights.items() if nn.parameter.is_lazy(p)]:
        raise ValueError(
            f"filter_direction: the shape of {lazy[0]} is not known before the first call. "
            f"Call the model on an input first, and train it."
        )
    return weights
