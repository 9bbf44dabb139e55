"""What the layers of a network make of an image: their feature maps."""

from contextlib import contextmanager

import torch
from torch import nn

MOST_NAMES = 12  # in an error


def feature_maps(model, x, layers=None):
    """The feature maps of a network: a dict layer name -> tensor (N, C, H, W), in call order.

    x: (N, C, H, W), or one image (C, H, W), as the network wants it (normalized, if it was trained
    so); an array or a tensor of any dtype. layers: the names of modules, as in
    `dict(model.named_modules())`; by default all that hold no others and whose output has four
    axes. A layer that is called again is there again: "relu", then "relu (2)". Where a network
    keeps its channels last (Swin, a ConvNeXt's blocks) four axes mean (N, H, W, C): leave these.

    The maps are copies on the CPU, which a later in-place ReLU does not change, without gradients.
    The model runs in evaluation mode and is left as it was. Raises ValueError for unknown layers,
    for layers without maps, and where the forward pass fails.
    """
    caller = "feature_maps"
    x = as_inputs(model, x, caller)
    names = names_of(model, layers, caller)
    with evaluating(model), torch.no_grad():
        with recording(model, names, lambda output: output.detach().cpu().clone()) as outputs:
            run(model, x, caller)
    maps = {name: output for name, output in outputs.items() if output.ndim == 4}
    missing = [] if layers is None else [n for n in names if not calls_of(n, maps)]
    if missing or not maps:
        raise ValueError(_no_maps(caller, model, missing, outputs))
    return maps


@contextmanager
def recording(model, names, copy):
    """In this block each call of the named modules puts `copy(output)` into the dict it yields."""
    outputs, hooks, calls = {}, [], {}
    wanted = {call_of(name)[0] for name in names}

    def keep(name):
        def hook(module, args, output):
            if isinstance(output, torch.Tensor):
                calls[name] = calls.get(name, 0) + 1
                key = name if calls[name] == 1 else f"{name} ({calls[name]})"
                if name in names or key in names:
                    outputs[key] = copy(output)

        return hook

    try:
        for name, module in model.named_modules():
            if name in wanted:
                hooks.append(module.register_forward_hook(keep(name)))
        yield outputs
    finally:
        for hook in hooks:
            hook.remove()


@contextmanager
def evaluating(model):
    """In this block the model predicts; after it modes and torch's random numbers are as before."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        for module, mode in modes:
            module.training = mode


def as_inputs(model, x, caller):
    """Images (N, C, H, W) in the dtype and on the device of the model's weights."""
    if not isinstance(model, nn.Module):
        made = f"{model.__name__}()" if isinstance(model, type) else "nn.Sequential(…)"
        raise ValueError(f"{caller}: model must be a PyTorch model, but is {model!r}. Use {made}.")
    x = torch.as_tensor(x).detach()
    if x.ndim not in (3, 4) or 0 in x.shape:
        raise ValueError(
            f"{caller}: images have the shape (N, C, H, W), or one image (C, H, W), but the shape "
            f"given is {tuple(x.shape)}. A grey image gets its channel by image[None]."
        )
    weight = next((p for p in model.parameters() if p.is_floating_point()), torch.zeros(()))
    return x.reshape(-1, *x.shape[-3:]).to(weight)


def names_of(model, layers, caller):
    """The layers asked for, as a list of known names; all modules without children for None."""
    known = {name: module for name, module in model.named_modules() if name or not _parts(module)}
    if layers is None:
        return [name for name, module in known.items() if not _parts(module)]
    layers = [layers] if isinstance(layers, str) else list(layers)
    for layer in layers:
        if not isinstance(layer, str) or call_of(layer)[0] not in known:
            raise ValueError(
                f"{caller}: {type(model).__name__} has no layer {layer!r}. It has: "
                f"{in_short(known)}."
            )
    return layers


def calls_of(layer, outputs):
    """The names of the calls of a layer: all of "relu", or the one of "relu (2)"."""
    return [name for name in outputs if layer in (name, call_of(name)[0])]


def call_of(name):
    """A layer's name and the number of its call: "relu (2)" -> "relu", 2."""
    layer, _, call = name.rstrip(")").rpartition(" (")
    return (layer, int(call)) if layer and call.isdigit() else (name, 1)


def run(model, x, caller):
    """The model's output; an error that says for which shape it fails."""
    try:
        return model(x)
    except (RuntimeError, ValueError, TypeError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
        shape = tuple(x.shape)
        raise ValueError(
            f"{caller}: {type(model).__name__} fails on images of shape {shape}: {reason}. "
            f"summarize(model, {shape}) says in which layer."
        ) from error


def in_short(names):
    """Some names, quoted, and how many more there are."""
    names = [repr(name) for name in names]
    more = f", … ({len(names)} in all)" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more


def _parts(module):
    return list(module.children())


def _no_maps(caller, model, missing, outputs):
    if not missing:
        return (
            f"{caller}: no layer of {type(model).__name__} has an output (N, C, H, W), so it has "
            f"no maps. Use a network with convolutions, such as SmallCNN()."
        )
    layer = missing[0]
    shapes = [tuple(outputs[name].shape) for name in calls_of(layer, outputs)]
    if shapes:
        fault = f"has the shape {shapes[0]}, no maps (N, C, H, W). Choose a layer before it"
    else:
        fault = "is no tensor, or the layer was not called. Choose another one"
    return f"{caller}: the output of {layer!r} {fault}."
