"""Exercise of lesson 2: repair a network whose shapes do not fit."""

import copy

from .layer_answers import leaves, wrong_kind
from .verdict import RIGHT, WRONG, Verdict, not_tried


def given():
    """The network as the lesson gives it, with its three faults; without memory for weights."""
    import torch
    from torch import nn

    with torch.device("meta"):
        return nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(6, 16, 5),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Linear(256, 10),
        )


def repair_network(model):
    """Verdict on the repaired network: (N, 1, 28, 28) → (N, 10), all its layers still there.

    Right is every nn.Sequential with the given kinds of layers in the given order, the kernels 3×3
    and 5×5, and what else it takes for the shapes to fit.
    """
    import torch
    from torch import nn

    complaint = wrong_kind(model, nn.Sequential, "the repairs", "nn.Sequential")
    if complaint is not None:
        return complaint
    layers = leaves(model)
    if list(map(repr, layers)) == list(map(repr, given())):
        return not_tried("the repairs")
    model = copy.deepcopy(model).eval()  # so that neither its mode nor its statistics change
    layers = leaves(model)
    changed = _other_layers(layers)
    if changed is not None:
        return changed
    parameter = next(model.parameters())
    for n in (1, 5):
        x = torch.zeros(n, 1, 28, 28, dtype=parameter.dtype, device=parameter.device)
        shapes = []
        for i, layer in enumerate(layers):
            try:
                with torch.no_grad():
                    y = layer(x)
            except (RuntimeError, ValueError, TypeError, IndexError) as error:
                return _failed(i, layer, x.shape, error, shapes)
            if not isinstance(y, torch.Tensor):
                return Verdict(WRONG, f"Layer {i}, {_short(layer)}, gives more than one tensor.",
                               "\n".join(shapes), "Leave its further settings as they were.")
            shapes.append(f"{i}: {_short(layer)}  {tuple(x.shape)} → {tuple(y.shape)}")
            x = y
        if x.shape != (n, 10):
            images = "1 image" if n == 1 else f"{n} images"
            return Verdict(WRONG, f"Of {images} comes the shape {tuple(x.shape)}, expected is "
                           f"({n}, 10).", "\n".join(shapes), _hint_for_result(x, n))
    return Verdict(RIGHT, "Ten scores for each digit.", "\n".join(shapes))


def _other_layers(layers):
    """A verdict if layers are missing, exchanged, or have other kernels than those given."""
    kinds = [type(layer).__name__.removeprefix("Lazy") for layer in layers]
    wanted, rest = [type(layer).__name__ for layer in given()], iter(kinds)
    missing = next((kind for kind in wanted if kind not in rest), None)  # `in` moves rest on
    case = "\n".join(f"{i}: {_short(layer)}" for i, layer in enumerate(layers))
    if missing is not None:
        return Verdict(WRONG, "The layers are no longer those given: "
                       f"{', '.join(wanted)}, in this order.", case,
                       f"To leave out, exchange or replace a layer ({missing}) is no repair: "
                       "change its numbers, and add what is missing.")
    kernels = [layer.kernel_size for layer, kind in zip(layers, kinds) if kind == "Conv2d"]
    if kernels != [(3, 3), (5, 5)]:
        return Verdict(WRONG, "The convolutions had the kernels 3×3 and 5×5; yours have "
                       f"{' and '.join('×'.join(map(str, k)) for k in kernels)}.", case,
                       "Leave the kernels as they were; the faults lie elsewhere.")
    return None


def _failed(i, layer, shape, error, shapes):
    """What reached the layer at which the model stops, and why it does not fit."""
    from torch import nn

    reason, hint = str(error).splitlines()[0], "Read PyTorch's message, and follow the shapes."
    if isinstance(layer, nn.Conv2d) and len(shape) in (3, 4):
        maps = shape[-3]
        if maps != layer.in_channels:
            come = "1 map arrives" if maps == 1 else f"{maps} maps arrive"
            reason = f"{come}, and its filters are made for {layer.in_channels}"
            hint = "A layer must expect as many maps as the one before it has made."
        else:
            reason = "the kernel is larger than the padded maps that arrive"
            hint = "Follow the sizes: where do the maps get smaller than you expected?"
    elif isinstance(layer, nn.Conv2d):
        reason = "a convolution wants maps, and a list of numbers arrives"
        hint = "The maps have been laid in one row too early."
    elif isinstance(layer, nn.Linear) and len(shape) > 2:
        reason = (f"maps arrive; a Linear layer takes the last axis alone, here {shape[-1]} "
                  f"numbers, and is made for {layer.in_features}")
        hint = "Which layer lays the maps of an image in one row of numbers?"
    elif isinstance(layer, nn.Linear):
        reason = (f"{shape[-1]} numbers arrive for each image, and it is made for "
                  f"{layer.in_features}")
        hint = ("How many maps of which size does one image bring here? Either this layer or the "
                "sizes before it have to change.")
        if len(shape) == 1:
            hint = "The images of a batch have been laid in one row: each needs a row of its own."
    case = "\n".join([*shapes, f"{i}: {_short(layer)}  {tuple(shape)} → ?"])
    return Verdict(WRONG, f"Layer {i}, {_short(layer)}, stops: {reason.rstrip('.')}.", case, hint)


def _hint_for_result(x, n):
    if x.ndim > 2:
        return ("A Linear layer works on the last axis alone: which layer lays the maps of an "
                "image in one row of numbers before it?")
    if x.ndim == 1 or (x.ndim == 2 and x.shape[0] != n):
        return "Each image of a batch needs a row of its own: keep the first axis as it is."
    return "Ten digits, ten scores: the last layer decides."


def _short(layer):
    """`Conv2d(1, 8, 3)`: the layer with the numbers that decide whether it fits."""
    name = type(layer).__name__
    if hasattr(layer, "in_channels"):
        return f"{name}({layer.in_channels}, {layer.out_channels}, {layer.kernel_size[0]})"
    if hasattr(layer, "in_features"):
        return f"{name}({layer.in_features}, {layer.out_features})"
    return f"{name}({getattr(layer, 'kernel_size', '')})"
