"""How much of the gradient arrives at each layer."""

import copy

import torch
from torch import nn

from helpers.training.batches import as_batch
from helpers.training.epoch import loss_of
from helpers.training.measure import kind_of


def gradient_norms(model, x, y, loss=nn.functional.cross_entropy):
    """The norm of the loss's gradient with respect to each layer's weight: a dict name -> float.

    x (N, …), y (N, …): one batch, arrays or tensors; the loss is that of training mode. Layers are
    convolutions and dense layers, in the order of `model.named_modules()`, those that are not
    trained (`requires_grad=False`), too. A copy is run: the model, its gradients and the statistics
    of its batch normalization stay as they are. Raises ValueError for a model without such layers,
    and for x and y that don't fit together.
    """
    model = copy.deepcopy(model).train().requires_grad_()
    kinds = (nn.modules.conv._ConvNd, nn.Linear)
    layers = {name: part for name, part in model.named_modules() if isinstance(part, kinds)}
    if not layers:
        raise ValueError(
            f"gradient_norms: {type(model).__name__} has neither a convolution nor a dense layer. "
            f"Use a network with weights, such as ResidualNet()."
        )
    dtype, device = kind_of(model)
    x, y = (part.to(device) for part in as_batch((x, y), dtype, "gradient_norms"))
    model.zero_grad()
    with torch.random.fork_rng(devices=[]), torch.enable_grad():  # dropout draws random numbers
        loss_of(model(x), y, loss, "gradient_norms").backward()
    gradients = {name: layer.weight.grad for name, layer in layers.items()}
    return {name: 0.0 if g is None else g.norm().item() for name, g in gradients.items()}
