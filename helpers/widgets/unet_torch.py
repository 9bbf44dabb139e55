"""The PyTorch of UNetExplorer: the network itself, its maps for an input, and what a pixel of its output sees."""

from contextlib import ExitStack

import numpy as np
import torch
from torch import nn

from helpers.models import UNet
from helpers.receptive_field import receptive_field
from helpers.widgets.base import SettingError, pair
from helpers.widgets.unet_parts import SETTINGS, map_names

_OF_THE_MODEL = SETTINGS[:-1]  # all but the size of its input


def made(settings):
    """The UNet with these settings."""
    return UNet(**{name: settings[name] for name in _OF_THE_MODEL})


def settings_of(model):
    """The settings of a UNet, as UNetExplorer has them."""
    if not isinstance(model, UNet):
        raise SettingError(
            f"UNetExplorer: expected a helpers.models.UNet, got {type(model).__name__}. "
            "ArchitectureDiagram and FeatureMapExplorer show any network."
        )
    first, up = model.encoder[0], model.up[0]
    convolution = next(layer for layer in first if isinstance(layer, nn.Conv2d))
    rows, columns = model.padding_mode
    return {
        "in_channels": convolution.in_channels, "out_channels": model.last.out_channels, "depth": model.depth,
        "width": convolution.out_channels, "skip": bool(model.skip), "padding": model.padding,
        "padding_mode": rows if rows == columns else (rows, columns),
        "up": "conv" if isinstance(up, nn.ConvTranspose2d) else "resize",
        "norm": any(isinstance(layer, nn.BatchNorm2d) for layer in first),
    }  # fmt: skip


def maps_of(model, x):
    """{name: (C, H, W)} of every map for an input (C, H, W), in eval mode, as map_names has them.

    With any_size the input is the padded one, and the output not yet cut. Raises SettingError.
    """
    settings = settings_of(model)
    first = next(model.parameters())
    try:
        x = torch.as_tensor(np.asarray(x) if not torch.is_tensor(x) else x).to(first.device, first.dtype)
    except (TypeError, ValueError):
        raise SettingError(f"UNetExplorer: expected an input (C, H, W) of numbers, got {type(x).__name__}.") from None
    x = x[0] if x.ndim == 4 and len(x) == 1 else x
    if x.ndim == 2 and settings["in_channels"] == 1:
        x = x[None]
    if x.ndim != 3 or x.shape[0] != settings["in_channels"]:
        raise SettingError(
            f"UNetExplorer: this UNet takes one input ({settings['in_channels']}, H, W), got {tuple(x.shape)}. "
            "Of a batch take one: x[0]."
        )
    found, training = {}, model.training
    with ExitStack() as hooks, torch.no_grad():
        for name, module in _modules(model):
            keep = _keeper(found, name)
            hooks.enter_context(_removed(module.register_forward_hook(keep)))
        entry = model.encoder[0].register_forward_pre_hook(lambda _module, given: found.update(input=given[0]))
        hooks.enter_context(_removed(entry))
        try:
            model.eval()(x[None])
        except ValueError as error:
            raise SettingError(f"UNetExplorer: {error}") from None
        finally:
            model.train(training)
    for n, pooled in enumerate(found.pop("pool.")):
        found[f"pool.{n}"] = pooled
    depth = model.depth
    for n in range(depth if model.skip else 0):
        found[f"skip.{n}"] = _middle(found[f"encoder.{depth - 1 - n}"], found[f"up.{n}"])
    return {name: found[name][0].float().cpu().numpy() for name in map_names(**settings)}


def _modules(model):
    for part, modules in (("encoder", model.encoder), ("bottom", [model.bottom]), ("decoder", model.decoder)):
        for n, sequence in enumerate(modules):
            name = part if part == "bottom" else f"{part}.{n}"
            yield f"{name}.first", next(layer for layer in sequence if isinstance(layer, nn.ReLU))
            yield name, sequence
    yield from ((f"up.{n}", module) for n, module in enumerate(model.up))
    yield from (("pool.", model.pool), ("output", model.last))


def _keeper(found, name):
    def keep(_module, _given, y):
        if name == "pool.":  # called at each level
            found.setdefault(name, []).append(y)
        else:
            found[name] = y

    return keep


class _removed:
    """A hook that is taken away at the end."""

    def __init__(self, handle):
        self.handle = handle

    def __enter__(self):
        return self.handle

    def __exit__(self, *_error):
        self.handle.remove()


def _middle(x, like):
    top, left = [(a - b) // 2 for a, b in zip(x.shape[-2:], like.shape[-2:])]
    return x[..., top : top + like.shape[-2], left : left + like.shape[-1]]


def field_of(settings, pixel):
    """((top, bottom), (left, right)) of the input's pixels that a pixel of the output depends on; None for none.

    On a circular axis unrolled, as `helpers.receptive_field` has it. The channels make no difference.
    """
    thin = made(settings | {"in_channels": 1, "out_channels": 1, "width": 1, "norm": False}).eval()
    table = receptive_field(thin, (1, *pair(settings["input_size"])))
    return table[-1].interval(tuple(pixel))
