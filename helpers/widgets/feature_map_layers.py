"""What FeatureMapExplorer shows of a network: the layers that fit, their maps as bytes, their receptive fields."""

from contextlib import suppress
from types import SimpleNamespace

import numpy as np

from helpers.widgets.base import SettingError, pair

_UNASKED, _MOST = 12_000_000, 64_000_000  # bytes of maps: by themselves, and where layers are named
_BYTES = 2  # per value: each map travels in 65,536 steps from its smallest to its largest value
_DULL = ("Dropout", "Identity", "Norm", "Pad")  # in a class's name: their maps look like those before them


def maps_that_fit(model, x, layers=None):
    """(name → maps (N, C, H, W) in float32, names left out for their size); x is (N, C, H, W)."""
    from helpers.features import feature_maps

    try:
        shapes = {name: maps.shape[1:] for name, maps in feature_maps(model, x[:1], layers).items()}
        chosen, left_out = _within_budget(model, shapes, len(x), named=layers is not None)
        found = feature_maps(model, x, chosen)
    except SettingError:
        raise
    except ValueError as error:
        hint = " Several grey images are (N, 1, H, W): images[:, None]." if 1 == len(x) < x.shape[1] else ""
        raise SettingError(f"FeatureMapExplorer: {error}{hint}") from None
    values = {name: found[name].float().numpy() for name in chosen}
    for name, maps in values.items():
        maps.flags.writeable = False
        if not np.isfinite(maps).all():
            raise SettingError(
                f"FeatureMapExplorer: the maps of {name} have values that are not finite. Has the training diverged?"
            )
    return values, left_out


def _within_budget(model, shapes, count, named):
    """(names to show, names left out): all that were named, else evenly spaced ones that fit."""
    cost = {name: _BYTES * count * int(np.prod(shape)) for name, shape in shapes.items()}
    of = f"of {count} images" if count > 1 else "of one image"
    if named:
        if sum(cost.values()) > _MOST:
            raise SettingError(
                f"FeatureMapExplorer.layers: the maps {of} in these layers have {sum(cost.values()) / 1e6:.0f} MB, and "
                f"at most {_MOST // 10**6} MB travel to the page. Name fewer layers, or take fewer images."
            )
        return list(cost), []
    modules = dict(model.named_modules())
    kinds = {name: type(modules[module_of(name)]).__name__ for name in cost}
    names = [name for name in cost if not any(dull in kinds[name] for dull in _DULL)] or list(cost)
    small = [name for name in names if cost[name] <= _UNASKED]
    for number in range(len(small), 0, -1):
        chosen = [small[round(at)] for at in np.linspace(0, len(small) - 1, number)]
        if sum(cost[name] for name in chosen) <= _UNASKED:
            return chosen, [name for name in names if name not in chosen]
    raise SettingError(
        f"FeatureMapExplorer: every layer has more than {_UNASKED // 10**6} MB of maps {of}. Take fewer or smaller "
        "images, or name a few layers: layers=[…]."
    )


def module_of(name):
    """The module's name of a layer that may be a later call of it: "relu (2)" is "relu"."""
    return name.rsplit(" (", 1)[0]


def packed(maps, kernels):
    """Maps (N, C, H, W) in whole steps from the smallest to the largest value of each; kernels as they are."""
    maps = maps.astype(float)
    low, high = maps.min((2, 3), keepdims=True), maps.max((2, 3), keepdims=True)
    steps = np.rint((maps - low) * (65535 / np.where(high > low, high - low, 1))).astype(np.uint16)
    entry = {"steps": _bytes(steps), "ranges": _bytes(np.concatenate([low, high], -1))}
    return entry if kernels is None else entry | {"kernels": _bytes(kernels)}


def _bytes(array):
    return memoryview(np.ascontiguousarray(array).reshape(-1)).cast("B")


def kernels_of(module):
    """A convolution's kernels (O, 1, kh, kw), or (O, 3, kh, kw) for red, green and blue; else None."""
    weight = getattr(module, "weight", None)
    if "Conv2d" not in [kind.__name__ for kind in type(module).__mro__] or not hasattr(weight, "detach"):
        return None
    colored = weight.shape[1] == 3 == module.in_channels
    return weight.detach().float().cpu().numpy().copy() if weight.shape[1] == 1 or colored else None


# -- receptive fields ------------------------------------------------------------------------------


def fields_of(model, x, names):
    """name → its row in the table of receptive fields, of a part of the network its last one; None for no row.

    Where the network cannot be followed every name has a `problem` instead: the sentence that says why.
    """
    from helpers.features.patches import row_of
    from helpers.receptive_field import receptive_field

    try:
        table = receptive_field(model, x.shape[1:])
    except ValueError as error:
        return dict.fromkeys(names, SimpleNamespace(problem=f"Its receptive field is not known. {error}"))
    fields = dict.fromkeys(names)
    for name in names:
        with suppress(KeyError):
            fields[name] = row_of(table, name)
    return fields


def size_text(field):
    """The size of the field: "5×5", "188–204", "everything", "?"."""
    if field is None or field.problem or field.size is None:
        return "?"
    if field.everything:
        return "everything"
    low, high = map(pair, field.sizes)
    return "×".join(str(a) if a == b else f"{a}–{b}" for a, b in zip(low, high))


def seen(field, size):
    """What the page must know of the field: in words, and [clipped, unclipped] of each row and column of a map."""
    if field is None or field.problem:
        return {"words": "its receptive field is not known", "why": getattr(field, "problem", ""), "rows": None}
    height, width = size
    rows = [_ends(field, (n, width // 2), 0) for n in range(height)]  # the units in the middle see something
    columns = [_ends(field, (height // 2, n), 1) for n in range(width)]
    words = "it sees the whole image" if field.everything else f"it sees {size_text(field)} pixels"
    return {"words": words, "why": "", "rows": rows, "columns": columns}


def _ends(field, unit, axis):
    """[first, last] that a unit sees along one axis, clipped and not; None for nothing."""
    found = [field.interval(unit, clipped=clipped) for clipped in (True, False)]
    return [None if interval is None else [int(end) for end in interval[axis]] for interval in found]
