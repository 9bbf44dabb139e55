"""Exercise of lesson 3: a network that gives ten scores for images of any size."""

import copy

from .layer_answers import wrong_kind
from .verdict import RIGHT, WRONG, Verdict

# (images, height, width): the smallest alone and several, then wide, tall, odd and large.
SHAPES = [(1, 8, 8), (3, 8, 8), (1, 28, 28), (3, 9, 13), (2, 17, 8), (1, 32, 40)]


def any_size(model):
    """Verdict on a network with an nn.Conv2d, (N, 1, H, W) → (N, 10), for all H and W from 8 on.

    Each image is to be scored for itself, in evaluation mode; how the network forgets the size
    (global average pooling, AdaptiveAvgPool2d, …) is free.
    """
    import torch
    from torch import nn

    if isinstance(model, type) and issubclass(model, nn.Module):
        return Verdict(WRONG, f"This is the class {model.__name__}, not a network.",
                       hint=f"Make one of it: {model.__name__}(…).")
    complaint = wrong_kind(model, nn.Module, "the network", "nn.Sequential")
    if complaint is not None:
        return complaint
    lazy = any(isinstance(part, nn.LazyLinear) for part in model.modules())
    model = copy.deepcopy(model).eval()  # one copy for all sizes: a lazy layer decides once
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        reached = _record(model)
        return _judge(model, reached, lazy)


def _record(model):
    """A list that fills with [layer, what reaches it, is it done?] as the layers are called."""
    reached = []

    def begins(layer, x):
        reached.append([layer, x[0] if x else None, False])

    def ends(layer, x, y):
        reached[-1][2] = True

    for part in model.modules():
        if not list(part.children()):  # so that no two are at work at once
            part.register_forward_pre_hook(begins)
            part.register_forward_hook(ends)
    return reached


def _judge(model, reached, lazy):
    import torch
    from torch import nn

    lines, result = [], {}
    for n, height, width in SHAPES:
        x = _images(model, n, height, width)
        reached.clear()
        try:
            y = model(x)
        except Exception as error:  # the participant's forward may stop in any way
            return _stopped(reached, x, error, lines, lazy)
        if not isinstance(y, torch.Tensor):
            return Verdict(WRONG, f"The network gives a {type(y).__name__}, not a tensor.",
                           "\n".join(lines), "Return the scores alone, a tensor (N, 10).")
        lines.append(f"{tuple(x.shape)} → {tuple(y.shape)}")
        if y.shape != (n, 10):
            return Verdict(WRONG, f"Of {tuple(x.shape)} comes the shape {tuple(y.shape)}, "
                           f"expected is ({n}, 10).", "\n".join(lines),
                           _flattened_too_early(reached) or _hint_for_shape(y, n))
        if not y.isfinite().all():
            return Verdict(WRONG, f"The scores for {tuple(x.shape)} hold NaN or infinity.",
                           "\n".join(lines), "Do all windows hold at least one pixel?")
        result[n, height, width] = x, y
    case = "\n".join(lines)
    if not any(isinstance(layer, nn.Conv2d) for layer, *_ in reached):
        return Verdict(WRONG, "Every size works, but there is no convolution at work.", case,
                       "Let at least one nn.Conv2d look at the image before its size is forgotten.")
    x, y = result[3, 9, 13]
    if not _alike(model(x), y):
        return Verdict(WRONG, "The same images get other scores when they come again.", case,
                       "In evaluation mode nothing may be drawn at random: nn.Dropout knows that, "
                       "F.dropout has to be told (training=self.training).")
    if not _alike(torch.cat([model(x[i : i + 1]) for i in range(3)]), y):
        return Verdict(WRONG, "An image gets other scores alone than among others.", case,
                       "Mean, flatten and normalise along the axes of one image only; the first "
                       "axis counts the images.")
    if _alike(y[1:], y[:1].expand(2, 10), 0):
        return Verdict(WRONG, "All images get the same scores.", case,
                       "What reaches the last layer has to depend on the image.")
    message = "Ten scores for each image, from 8×8 to 32×40 pixels."
    if _alike(y.exp().sum(1), torch.ones(3)) or _alike(y.sum(1), torch.ones(3)):
        message += (" They come out of a softmax: nn.CrossEntropyLoss has one of its own and wants "
                    "the scores before it.")
    return Verdict(RIGHT, message, case)


def _images(model, n, height, width):
    """Dark, grey and bright noise, as the network's weights want it."""
    import torch

    noise = torch.rand(n, 1, height, width, generator=torch.Generator().manual_seed(n))
    x = noise * (1 + torch.arange(n).view(n, 1, 1, 1)) ** 2
    known = [p for p in model.parameters() if not isinstance(p, torch.nn.UninitializedParameter)]
    return x.to(known[0].device, known[0].dtype) if known else x


def _alike(a, b, tolerance=1e-4):
    import torch

    a, b = a.double().cpu(), b.double().cpu()
    return torch.allclose(a, b, rtol=tolerance, atol=tolerance * b.abs().max().item())


def _stopped(reached, x, error, lines, lazy):
    """Where the network stops, for which images, and the way out."""
    from torch import nn

    reason = (str(error).splitlines() or [type(error).__name__])[0]
    hint = "Read PyTorch's message, and follow the shapes."
    layer, arrived, done = reached[-1] if reached else (None, None, True)
    layer = None if done else layer  # it stopped between two layers
    shape = getattr(arrived, "shape", ())
    where = f" at {type(layer).__name__}" if layer is not None else ""
    if "too small" in str(error) or "greater than actual input" in str(error):
        hint = "The maps of 8×8 images get too small: pad the convolutions, or halve less often."
    elif isinstance(layer, nn.Linear) and len(shape) == 2 and shape[1] != layer.in_features:
        come = "1 number arrives" if shape[1] == 1 else f"{shape[1]} numbers arrive"
        reason = f"{come} for each image, and it is made for {layer.in_features}"
        hint = ("What nn.Flatten gives grows with the image. Make the maps one number each, or "
                "always equally many, before it: how, whatever size comes in?")
        if lazy:
            hint = "LazyLinear takes the size of its first images for good. " + hint
        if shape[0] != x.shape[0]:
            hint = "Each image of a batch needs a row of its own: keep the first axis as it is."
    elif isinstance(layer, nn.Linear) and len(shape) > 2:
        reason = (f"maps arrive; a Linear layer takes the last axis alone, here {shape[-1]} "
                  f"numbers, and is made for {layer.in_features}")
        hint = ("Make the maps one number each, then lay these in one row with nn.Flatten, before "
                "the Linear layer.")
    elif isinstance(layer, nn.Linear) and len(shape) == 1:
        hint = "Each image of a batch needs a row of its own: keep the first axis as it is."
    elif isinstance(layer, nn.Conv2d) and len(shape) == 4 and shape[1] != layer.in_channels:
        come = "1 map arrives" if shape[1] == 1 else f"{shape[1]} maps arrive"
        reason = f"{come}, and its filters are made for {layer.in_channels}"
        hint = "The images have one channel, and each layer expects what the one before it makes."
    case = "\n".join([*lines, f"{tuple(x.shape)} → ?"])
    return Verdict(WRONG, f"On {tuple(x.shape)} the network stops{where}: {reason.rstrip('.')}.",
                   case, _flattened_too_early(reached) or hint)


def _flattened_too_early(reached):
    """A hint if a layer for maps got rows of numbers; some pooling layers take them for a map."""
    for layer, x, _ in reached:
        if type(layer).__name__.endswith("2d") and getattr(x, "ndim", 4) < 3:
            return (f"{type(layer).__name__} wants maps, and the shape {tuple(x.shape)} arrives: "
                    "nn.Flatten comes after all layers that look at maps.")
    return ""


def _hint_for_shape(y, n):
    if y.shape[:2] == (n, 10) and y.shape[2:].numel() == 1:
        return "The ten numbers are there, as maps of 1×1: nn.Flatten makes a row of them."
    if y.shape[:2] == (n, 10):
        return "Ten maps: make one number of each, whatever its size."
    if y.ndim > 2:
        return ("A Linear layer works on the last axis alone: make the maps one number each, and "
                "lay these in one row before it.")
    if y.ndim < 2 or y.shape[0] != n:
        return ("Each image of a batch needs a row of its own: keep the first axis as it is "
                "(Flatten(0) and squeeze() do not).")
    return "Ten classes, ten scores: the last layer decides."
