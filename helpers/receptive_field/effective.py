"""The effective receptive field: how strongly each input pixel really moves a unit."""

from contextlib import contextmanager

import numpy as np
import torch
from torch import nn

__all__ = ["effective_receptive_field", "effective_size", "share_within"]

GLOBAL = {  # to one unit; what follows sees everything, too
    nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool1d, nn.AdaptiveMaxPool2d,
}  # fmt: skip
AT_ONCE = 2**19  # input numbers in one batch: three photos of 224×224, and little memory


def effective_receptive_field(model, x, layer=None, unit=None, draws=32):
    """How strongly each input pixel moves a unit: shares (H, W) that sum to 1, a NumPy array.

    x (N, C, H, W): inputs as the model gets them, arrays or tensors; the result is their mean.
    layer: the name of a module, as "layer3.1.conv2"; by default the last one that gives maps
    (N, C, rows, columns), global pooling and what follows left out. unit: (row, column) in its
    output, by default the middle one. A sequence (N, C, L) gives (L,), and its unit is a number.

    A pixel's share is the sum of the squared gradients of the unit, over the channels of unit and
    pixel: if all pixels are disturbed a little, independently of each other, it is the share of
    the unit's variance that comes from this one. Squares don't cancel, and shares add up. Luo, Li,
    Urtasun and Zemel (2016, arXiv:1701.04128) send a gradient of 1 back from one unit; with random
    weights its square is on average what they derive: a pixel's share is the number of paths from
    it to the unit, as in boxes convolved with each other, nearly a Gaussian.

    draws: a unit with at most so many channels takes one backward pass for each, and the sum is
    exact; for more channels, so many passes with random signs ±1 on all of them, always the same
    ones, whose mean square is the sum up to a few percent.

    The model stays as it is, and runs in evaluation mode. Of several calls of a layer the last one
    counts. Raises ValueError for a layer or unit that is not there, and for a unit that does not
    react to x at all, or not in numbers.
    """
    x = _checked(model, x, draws)
    total, many = 0, max(1, AT_ONCE // x[0].numel())
    with _evaluating(model):
        for batch in x.split(many):
            batch = batch.clone().requires_grad_()
            name, y = _output(model, batch, layer)
            total = total + _squares(y, batch, name, _place(y, unit, name), draws)
    whole = total.sum()
    if not np.isfinite(whole):
        raise ValueError(
            f"effective_receptive_field: the gradient of {_called(name)} is not finite. "
            f"Are x or the weights nan, infinite or huge?"
        )
    if not whole:
        raise ValueError(
            f"effective_receptive_field: no pixel of x moves this unit of {_called(name)}: all its "
            f"gradients are 0, as behind a ReLU that is silent. Use more inputs, or another unit."
        )
    return total / whole


def share_within(field, side, centre=None):
    """The share of an effective field (H, W) within a square of `side` pixels around `centre`.

    side: odd, so that the square has a pixel in its middle; beyond the image it holds nothing.
    centre: (row, column), by default the field's centre of mass; rounded to whole pixels.
    Raises ValueError for an even side.
    """
    if side < 1 or side % 2 != 1:
        raise ValueError(
            f"share_within: side={side} has no pixel in its middle. Use 1, 3, 5 or any odd number."
        )
    distance = _distance(field, centre)
    return float(np.asarray(field)[distance <= side // 2].sum() / np.sum(field))


def effective_size(field, share=0.95, centre=None):
    """The side (odd, in pixels) of the smallest centred square that holds `share` of the field.

    field (H, W) as `effective_receptive_field` gives it; centre as in `share_within`. To compare
    with the theoretical size, which holds all of it. Raises ValueError unless 0 < share ≤ 1.
    """
    if not 0 < share <= 1:
        raise ValueError(f"effective_size: share={share} is none. Use one from 0 to 1, as 0.95.")
    distance = _distance(field, centre).ravel()
    rings = np.cumsum(np.bincount(distance, np.ravel(field)))
    enough = share * rings[-1] * (1 - 1e-9)  # sums are rounded
    return 2 * int(np.argmax(rings >= enough)) + 1


def _distance(field, centre):
    """How many steps, straight or diagonal, each pixel is away from the centre."""
    field = np.asarray(field, float)
    places = np.indices(field.shape)
    if centre is None:
        centre = [(place * field).sum() / field.sum() for place in places]
    middle = np.floor(np.add(centre, 0.5)).astype(int)
    return np.max([abs(place - m) for place, m in zip(places, np.atleast_1d(middle))], axis=0)


def _checked(model, x, draws):
    """x as a tensor of the model's kind, on its device."""
    if not isinstance(model, nn.Module):
        made = f"{model.__name__}()" if isinstance(model, type) else "nn.Sequential(…)"
        raise ValueError(
            f"effective_receptive_field: model must be a PyTorch model, but is {model!r}. "
            f"Use {made}."
        )
    x = torch.as_tensor(x).detach()
    if x.ndim < 3 or not len(x):
        raise ValueError(
            f"effective_receptive_field: x must be inputs (N, C, H, W), at least one, but its "
            f"shape is {tuple(x.shape)}. A grey image (H, W): x[None, None]; (C, H, W): x[None]."
        )
    if draws < 1:
        raise ValueError(f"effective_receptive_field: draws={draws}. Use at least 1, such as 32.")
    weight = next((p for p in model.parameters() if p.is_floating_point()), torch.zeros(()))
    return x.to(weight.device, weight.dtype)


@contextmanager
def _evaluating(model):
    """In this block gradients, no dropout, batch norm's stored statistics; then all as before."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.inference_mode(False), torch.enable_grad(), torch.random.fork_rng(devices=[]):
            yield
    finally:
        for module, mode in modes:
            module.training = mode


def _output(model, x, layer):
    """The name of the layer, and its output for x."""
    modules = dict(model.named_modules())
    ends = [name for name, module in modules.items() if not name or not _children(module)]
    if layer is not None and layer not in modules:
        raise ValueError(
            f"effective_receptive_field: there is no layer {layer!r}. The last ones are "
            f"{', '.join(map(repr, ends[1:][-4:])) or 'none'}."
        )
    outputs, ended = {}, []

    def keep(name):
        def hook(module, args, output):
            if not isinstance(output, torch.Tensor):
                return
            one = output.ndim == x.ndim and output.shape[2:].numel() == 1
            if layer is None and one and (ended or type(module) in GLOBAL):
                ended.append(name)
            else:
                outputs.pop(name, None)  # the last call comes last
                outputs[name] = output.clone()  # a ReLU in place would change it afterwards

        return hook

    wanted = ends if layer is None else [layer]
    hooks = [modules[name].register_forward_hook(keep(name)) for name in wanted]
    try:
        model(x)
    finally:
        for hook in hooks:
            hook.remove()
    maps = [name for name, y in outputs.items() if y.ndim == x.ndim]
    name = (maps or [""])[-1] if layer is None else layer
    if name not in outputs:
        raise ValueError(
            f"effective_receptive_field: {_called(name)} is not called, or gives no tensor. "
            f"Choose another layer."
        )
    y = outputs[name]
    if y.ndim != x.ndim:
        raise ValueError(
            f"effective_receptive_field: the output of {_called(name)} has shape "
            f"{tuple(y.shape)}, without a place for each unit. Choose a layer before it."
        )
    return name, y


def _children(module):
    return list(module.children())


def _called(name):
    return f'layer "{name}"' if name else "the model"


def _place(y, unit, name):
    """The unit's indices: the middle by default."""
    size = tuple(y.shape[2:])
    if unit is None:
        return tuple(n // 2 for n in size)
    place = tuple(np.atleast_1d(unit).tolist())
    if len(place) != len(size) or not all(
        isinstance(at, int) and 0 <= at < n for at, n in zip(place, size)
    ):
        shown = size if len(size) > 1 else size[0]
        raise ValueError(
            f"effective_receptive_field: the output of {_called(name)} has units {shown}, counted "
            f"from 0; unit={unit!r} is none of them. The middle one is "
            f"{tuple(n // 2 for n in size) if len(size) > 1 else size[0] // 2}."
        )
    return place


def _squares(y, x, name, place, draws):
    """Σ (∂y/∂x)² over the channels of unit and pixel and over the inputs: (H, W), NumPy."""
    values = y[(slice(None), slice(None), *place)]  # (N, channels)
    if not values.requires_grad:
        raise ValueError(
            f"effective_receptive_field: the output of {_called(name)} does not depend on x "
            f"through differentiable operations (.detach(), argmax and no_grad end them)."
        )
    channels = values.shape[1]
    if channels <= draws:
        signs, parts = torch.eye(channels), 1
    else:
        random = torch.Generator().manual_seed(0)
        signs, parts = torch.randint(0, 2, (draws, channels), generator=random) * 2.0 - 1, draws
    total = 0
    for sign in signs.to(values):
        passed = torch.autograd.grad(values, x, sign.expand_as(values), retain_graph=True)[0]
        total = total + passed.double().square().sum((0, 1)) / parts
    return total.cpu().numpy()
