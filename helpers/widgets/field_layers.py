"""The layers whose fields ReceptiveFieldExplorer shows, as dicts: what they may hold, their maps, what a unit sees.

A layer is `{"type": "conv", "kernel_size": 3, …}` with PyTorch's names, the same along both axes; settings at
their defaults may be left out. `skip` names an earlier layer by its index (−1: the input) whose output joins
this one's. js/receptive_fields.js has the same rules. Networks to begin with are in field_cases.py.
"""

from fractions import Fraction
from math import gcd, lcm
from typing import NamedTuple

from helpers import shapes
from helpers.widgets.base import SettingError, is_int

NEEDED = object()  # a setting without a default
KINDS = {
    "conv": {"kernel_size": NEEDED, "stride": 1, "padding": 0, "dilation": 1},
    "pool": {"kernel_size": NEEDED, "stride": None, "padding": 0, "dilation": 1},
    "transposed_conv": {"kernel_size": NEEDED, "stride": 1, "padding": 0, "dilation": 1},
    "upsample": {"scale_factor": NEEDED},
}
# The largest number of each setting; `layers` in a stack, pixels in a `map`, units in a `period`.
MOST = {
    "layers": 64, "map": 2048, "period": 256,
    "kernel_size": 63, "stride": 32, "padding": 128, "dilation": 64, "scale_factor": 8,
}  # fmt: skip
_EXAMPLE = {"type": "conv", "kernel_size": 3, "padding": 1}


# ---- what a layer may hold ----------------------------------------------------------------------------------


def checked(layers, where):
    """The layers with plain numbers, in PyTorch's order. Raises SettingError for what no stack of layers has."""
    if not isinstance(layers, (list, tuple)) or not 1 <= len(layers) <= MOST["layers"]:
        got = f"{len(layers)} of them" if isinstance(layers, (list, tuple)) else type(layers).__name__
        raise SettingError(
            f"{where}: expected a list of 1 to {MOST['layers']} layers such as {_EXAMPLE}, got {got}. "
            "For an nn.Sequential there is ReceptiveFieldExplorer.from_torch."
        )
    return [_layer(layer, n, f"{where}[{n}]") for n, layer in enumerate(layers)]


def _layer(layer, n, where):
    if not isinstance(layer, dict) or "type" not in layer:
        raise SettingError(f"{where}: expected a dict such as {_EXAMPLE}, got {layer!r}.")
    kind = layer["type"]
    if not isinstance(kind, str) or kind not in KINDS:
        raise SettingError(f"{where}: there is no layer {kind!r} here. There are: {', '.join(KINDS)}.")
    known = KINDS[kind]
    names = [*known, "skip", "name"]
    if unknown := [name for name in layer if name != "type" and name not in names]:
        raise SettingError(f"{where}: {kind} has no {unknown[0]!r}. It has: {', '.join(names)}.")
    if missing := [name for name, usual in known.items() if usual is NEEDED and name not in layer]:
        raise SettingError(f"{where}: {kind} needs {missing[0]}, as in {{'type': {kind!r}, {missing[0]!r}: 2}}.")
    found = {"type": kind}
    for name in known:
        if name in layer and not (layer[name] is None and known[name] is None):
            found[name] = _number(f"{where}: {kind}'s {name}", name, layer[name], kind)
    if layer.get("skip") is not None:
        skip = layer["skip"]
        if not is_int(skip) or not -1 <= skip < n:
            legal = f"from -1 (the input) to {n - 1}" if n else "here -1 (the input)"
            raise SettingError(f"{where}: skip is the index of an earlier layer, {legal}; got {skip!r}.")
        found["skip"] = int(skip)
    if layer.get("name") is not None:
        if not isinstance(layer["name"], str) or not 0 < len(layer["name"]) <= 40:
            raise SettingError(f"{where}: name is a text of 1 to 40 characters, got {layer['name']!r}.")
        found["name"] = layer["name"]
    return found


def _number(where, name, value, kind):
    least, most = int(name != "padding"), MOST[name]
    if name == "padding" and kind == "conv" and isinstance(value, (tuple, list)) and len(value) == 2:
        both = [_number(f"{where}, {end}", name, v, None) for end, v in zip(("before", "after"), value)]
        return both[0] if both[0] == both[1] else both
    if not is_int(value) or not least <= value <= most:
        form = "an int, or [before, after]," if name == "padding" and kind == "conv" else "an int"
        raise SettingError(f"{where} is {form} from {least} to {most}, got {value!r}.")
    return int(value)


def settings(layer):
    """All settings of a checked layer, the defaults filled in, `padding` as (before, after)."""
    full = KINDS[layer["type"]] | layer
    if full.get("stride", 1) is None:
        full["stride"] = full["kernel_size"]
    if "padding" in full and not isinstance(full["padding"], list):
        full["padding"] = [full["padding"]] * 2
    return full


def title(layers, n):
    """What a layer is called: its own name, or its index and type."""
    if n < 0:
        return "the input"
    return layers[n].get("name") or f"layer {n} ({layers[n]['type']})"


# ---- maps ---------------------------------------------------------------------------------------------------


def map_sizes(layers, input_size):
    """The (height, width) of every layer's map. Raises ValueError for the first layer that does not fit, and why."""
    maps = []
    for n, layer in enumerate(layers):
        below = maps[-1] if maps else tuple(input_size)
        try:
            size = tuple(_map_size(settings(layer), v) for v in below)
        except ValueError as error:
            raise ValueError(f"{title(layers, n)} does not fit. {error}") from None
        if max(size) > MOST["map"]:
            raise ValueError(
                f"{title(layers, n)} would make a map of {size[0]}×{size[1]}; at most {MOST['map']}×{MOST['map']} "
                "are shown. Use a smaller stride, scale_factor or input."
            )
        other = layer.get("skip")
        if other is not None:
            joined = maps[other] if other >= 0 else tuple(input_size)
            if joined != size:
                raise ValueError(
                    f"{title(layers, n)} makes a map of {size[0]}×{size[1]}, but its skip, {title(layers, other)}, "
                    f"has {joined[0]}×{joined[1]}: they cannot be added. Use a layer of the same size, or no skip."
                )
        maps.append(size)
    return maps


def _map_size(s, size):
    match s["type"]:
        case "conv":
            before, after = s["padding"]
            room, padding = (size, before) if before == after else (size + before + after, 0)
            return shapes.conv_output_size(room, s["kernel_size"], s["stride"], padding, s["dilation"])
        case "pool":
            return shapes.pool_output_size(size, s["kernel_size"], s["stride"], s["padding"][0], s["dilation"])
        case "transposed_conv":
            before, _ = s["padding"]
            return shapes.conv_transpose_output_size(size, s["kernel_size"], s["stride"], before, 0, s["dilation"])
    return size * s["scale_factor"]


# ---- fields -------------------------------------------------------------------------------------------------


def taps(layer, unit):
    """The units of the map below that one unit reads, as if that map had no borders."""
    s = settings(layer)
    if s["type"] == "upsample":
        return [unit // s["scale_factor"]]
    reach = [s["dilation"] * t for t in range(s["kernel_size"])]
    if s["type"] == "transposed_conv":
        at = unit + s["padding"][0]
        return [(at - t) // s["stride"] for t in reversed(reach) if (at - t) % s["stride"] == 0]
    return [unit * s["stride"] - s["padding"][0] + t for t in reach]


class Law(NamedTuple):
    """The field of every unit along an axis without borders: `ends` of units 0, 1, …, which repeat `stride` farther."""

    stride: Fraction  # input pixels from one unit to the next
    ends: tuple  # (first, last) input pixel, or None: sees nothing

    def __call__(self, unit):
        turns, n = divmod(unit, len(self.ends))
        by = turns * len(self.ends) * self.stride
        return self.ends[n] and (int(self.ends[n][0] + by), int(self.ends[n][1] + by))

    @property
    def sizes(self):
        """(smallest, largest) number of pixels from first to last."""
        found = [last - first + 1 for first, last in filter(None, self.ends)]
        return min(found), max(found)


def laws(layers):
    """The Law of every layer. Raises ValueError for a skip whose units lie another distance apart."""
    found = [Law(Fraction(1), ((0, 0),))]
    for n, layer in enumerate(layers):
        below, s = found[-1], settings(layer)
        up = s["scale_factor"] if s["type"] == "upsample" else s["stride"] if s["type"] == "transposed_conv" else None
        period = len(below.ends)
        period, stride = (
            (period * up, below.stride / up) if up else (period // gcd(period, s["stride"]), below.stride * s["stride"])
        )
        branches = [lambda i, below=below, layer=layer: _hull(map(below, taps(layer, i)))]
        if "skip" in s:
            other = found[s["skip"] + 1]
            if other.stride != stride:
                raise ValueError(
                    f"{title(layers, n)} has a stride of {stride} input pixels, but its skip, "
                    f"{title(layers, s['skip'])}, one of {other.stride}: the branches drift apart. "
                    "Use a layer of the same stride, or no skip."
                )
            period = lcm(period, len(other.ends))
            branches.append(other)
        if period > MOST["period"]:
            raise ValueError(
                f"{title(layers, n)}: the fields repeat only after {period} units; at most {MOST['period']} are "
                "followed. Use strides and scale factors that undo each other."
            )
        ends = tuple(_hull(branch(i) for branch in branches) for i in range(period))
        if not any(ends):
            raise ValueError(f"{title(layers, n)}: no unit sees anything of the input. Use a larger kernel_size.")
        found.append(_shortened(Law(stride, ends)))
    return found[1:]


def _hull(intervals):
    seen = [interval for interval in intervals if interval]
    return (min(lo for lo, _ in seen), max(hi for _, hi in seen)) if seen else None


def _shortened(law):
    """The same law with the shortest period."""
    count = len(law.ends)
    for period in range(1, count):
        short = Law(law.stride, law.ends[:period])
        whole = count % period == 0 and (period * law.stride).denominator == 1
        if whole and all(short(i) == law.ends[i] for i in range(count)):
            return short
    return law


def dropped(layers, input_size):
    """Input pixels after the last unit of every layer that floors have left out, along one axis."""
    total, found, size, stride = Fraction(0), [], input_size, Fraction(1)
    for layer, law in zip(layers, laws(layers)):
        s = settings(layer)
        if s["type"] in ("conv", "pool"):
            room = size + sum(s["padding"]) - s["dilation"] * (s["kernel_size"] - 1) - 1
            total += room % s["stride"] * stride
        size, stride = _map_size(s, size), law.stride
        found.append(total)
    return found


def seen_pixels(layers, input_size, layer, unit):
    """The input pixels that a unit really sees along an axis, sorted: those that taps inside all maps lead to."""
    sizes = [input_size]
    for each in layers[: layer + 1]:
        sizes.append(_map_size(settings(each), sizes[-1]))
    seen = [set() for _ in sizes]
    seen[layer + 1] = {unit}
    for n in range(layer, -1, -1):
        seen[n] |= {tap for i in seen[n + 1] for tap in taps(layers[n], i) if 0 <= tap < sizes[n]}
        if "skip" in layers[n]:
            seen[layers[n]["skip"] + 1] |= seen[n + 1]
    return sorted(seen[0])
