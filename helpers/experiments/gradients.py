"""How much of the gradient arrives at each layer."""

import copy

import torch
from torch import nn


def gradient_norms(model, x, y, loss=nn.functional.cross_entropy):
    """The norm of the loss's gradient with respect to each layer's weight: a dict name -> float.

    x (N, …), y (N, …): one batch, arrays or tensors; the loss is that of training mode. Layers are
    convolutions and dense layers, in the order of `model.named_modules()`. A copy is run: the
    model, its gradients and the statistics of its batch normalization stay as they are. Raises
    ValueError for a model without such layers.
    """
    model = copy.deepcopy(model).train()
    kinds = (nn.modules.conv._ConvNd, nn.Linear)
    layers = {name: part for name, part in model.named_modules() if isinstance(part, kinds)}
    if not layers:
        raise ValueError(
            f"gradient_norms: {type(model).__name__} has neither a convolution nor a dense layer. "
            f"Use a network with weights, such as ResidualNet()."
        )
    weight = next(iter(layers.values())).weight
    model.zero_grad()
    with torch.random.fork_rng(devices=[]), torch.enable_grad():  # dropout draws random numbers
        value = loss(model(torch.as_tensor(x).to(weight)), torch.as_tensor(y).to(weight.device))
        value.backward()
    gradients = {name: layer.weight.grad for name, layer in layers.items()}
    return {name: 0.0 if g is None else g.norm().item() for name, g in gradients.items()}
