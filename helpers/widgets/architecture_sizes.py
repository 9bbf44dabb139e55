"""Sizes of a graph of calls for any input, by rules; and whether the rules foresee what PyTorch makes of other inputs.

js/architecture_diagram/sizes.js has the same rules. A shape is (channels, height, width), or (features,).
"""

from dataclasses import replace
from math import floor, prod

from helpers import shapes
from helpers.widgets import layers as rules
from helpers.widgets.architecture_graph import graphs_of

_ON_MAPS = {
    "Conv2d", "ConvTranspose2d", "MaxPool2d", "AvgPool2d", "AdaptiveAvgPool2d", "Upsample", "Global", "Pad", "Fit",
    "PixelShuffle", "Permute",
}  # fmt: skip


class Misfit(ValueError):
    """A size that does not fit: the `node` and why."""

    def __init__(self, node, text):
        super().__init__(text)
        self.node = node


def shapes_of(nodes, input_shape):
    """(the shape of every node up to the first that does not fit, its Misfit or None)."""
    found = [tuple(input_shape)]
    for n, node in enumerate(nodes[1:], 1):
        try:
            shape = shape_after(node.spec, [found[s] for s in node.sources], found)
            if prod(shape) == 0:
                raise ValueError("nothing is left of the map")
        except ValueError as error:
            text = str(error).split("output_size: ")[-1]
            return found, Misfit(n, text)
        found.append(tuple(shape))
    return found, None


def shape_after(spec, given, found):
    """What a layer makes of the shapes that it gets. Raises ValueError where PyTorch would refuse them."""
    kind, shape = spec["type"], given[0]
    if kind in _ON_MAPS and len(shape) != 3:
        raise ValueError(f"{kind} needs (channels, height, width), but gets {shape[0]} features. Flatten later.")
    match kind:
        case "Fixed":
            return spec["shape"]
        case "Same":
            return shape
        case "Add" | "Mul":
            return _joined(given)
        case "Concat":
            return _beside(given, spec["dim"])
        case "Global":
            return (shape[0], 1, 1) if spec["keepdim"] else shape[:1]
        case "MaxPool2d" | "AvgPool2d":
            sizes = [tuple(spec[name]) for name in ("kernel_size", "stride", "padding")]
            holes = tuple(spec.get("dilation", (1, 1)))
            _check_exact(spec, shape[1:])
            return shape[0], *shapes.pool_output_size(shape[1:], *sizes, holes, ceil_mode=spec["ceil_mode"])
        case "AdaptiveAvgPool2d":
            return shape[0], *(before if size is None else size for before, size in zip(shape[1:], spec["output_size"]))
        case "Upsample":
            return shape[0], *(floor(v * f) for v, f in zip(shape[1:], spec["scale_factor"]))
        case "PixelShuffle":
            r = spec["upscale_factor"]
            return shape[0] // r**2, shape[1] * r, shape[2] * r
        case "Permute":
            return tuple(shape[d] for d in spec["dims"])
        case "Channels":
            return spec["channels"], *shape[1:]
        case "Pad":
            top, bottom, left, right = spec["amounts"]
            _check_border(spec["mode"], [max(top, bottom), max(left, right)], shape[1:])
            return shape[0], shape[1] + top + bottom, shape[2] + left + right
        case "Fit":
            return shape[0], *_fitted(spec["rule"], shape[1:], found)
        case "Conv2d" if "same" in spec:
            _check_border(spec.get("padding_mode"), spec["same"], shape[1:])
            return spec["out_channels"], *shape[1:]
    if "padding_mode" in spec:
        _check_border(spec["padding_mode"], spec["padding"], shape[1:])
    known = {name: value for name, value in spec.items() if name == "type" or name in rules.KINDS[kind]}
    return rules.output_shape({name: tuple(v) if isinstance(v, list) else v for name, v in known.items()}, shape)


def _check_border(mode, padding, size):
    """A border cannot be mirrored from more pixels than there are."""
    for name, p, pixels in zip(("height", "width"), padding, size):
        least = {"reflect": p + 1, "circular": p}.get(mode, 0)
        if pixels < least:
            raise ValueError(f"{mode} padding of {p} needs {least} pixels, the {name} is {pixels}. Use a larger input.")


def _check_exact(spec, size):
    """Windows that must cover the whole map, in a model that refuses a size where they don't."""
    for name, side, stride in zip(("height", "width"), size, spec["stride"]):
        if spec.get("exact") and side % stride:
            raise ValueError(f"the model refuses a {name} of {side} here, which {stride} does not divide.")


def _joined(given):
    """Place by place; an axis of size 1 is repeated."""
    longest = max(given, key=len)
    padded = [(1,) * (len(longest) - len(shape)) + shape for shape in given]
    sizes = [max(axis) for axis in zip(*padded)]
    if any(size not in (1, most) for shape in padded for size, most in zip(shape, sizes)):
        raise ValueError(f"the branches have {' and '.join(map(_times, given))}. They must be equal.")
    return tuple(sizes)


def _beside(given, dim):
    rest = {shape[:dim] + shape[dim + 1 :] for shape in given}
    if len(rest) > 1:
        raise ValueError(f"the branches have {' and '.join(map(_times, given))}. Only the channels may differ.")
    return *given[0][:dim], sum(shape[dim] for shape in given), *given[0][dim + 1 :]


def _fitted(rule, size, found):
    match rule["by"]:
        case "like":
            return found[rule["node"]][1:]
        case "least":
            return tuple(map(min, size, found[rule["node"]][1:]))
        case "add":
            return tuple(v + more for v, more in zip(size, rule["pixels"]))
        case "size":
            return tuple(rule["size"])
    return tuple(floor(v * f) for v, f in zip(size, rule["factor"]))


def _times(shape):
    return "×".join(map(str, shape))


def multiplications(spec, before, after):
    """Products of weights and values for one image, as `helpers.summarize` counts them."""
    kind = spec["type"]
    if kind == "Linear":
        return prod(before) * spec["out_features"]
    if kind == "Conv2d":
        return prod(after) * spec["in_channels"] // spec["groups"] * prod(spec["kernel_size"])
    if kind == "ConvTranspose2d":
        return prod(before) * spec["out_channels"] // spec["groups"] * prod(spec["kernel_size"])
    return 0


# ---- do the rules foresee PyTorch? --------------------------------------------------------------------------


def followed(model, shape):
    """(graph, why its sizes cannot be followed to other inputs, or ""). `graph.error` as it was.

    The model runs on one or two larger inputs, too: there the rules must foresee the shape of every node.
    """
    larger = (*shape[:2], shape[2] + 32, shape[3] + 64)
    odd = (*shape[:2], shape[2] + 37, shape[3] + 19)
    all_runs = graphs_of(model, [shape, larger, odd])
    graph = next(all_runs)
    if graph.error is not None:
        return graph, ""
    if fixed := next((node for node in graph.nodes if node.spec["type"] == "Fixed"), None):
        return graph, f'"{fixed.name}": {fixed.spec["why"]}'
    runs = [next(all_runs)]
    if any(node.spec["type"] in ("Fit", "Upsample", "ConvTranspose2d") for node in graph.nodes):
        runs += all_runs  # the odd one, where maps may need to be made to fit
    fullest = max([graph, *runs], key=lambda run: len(run.nodes))
    if len(fullest.nodes) > len(graph.nodes):  # at the given size some maps fit without being cut or padded
        runs = [run for run in runs if run is not fullest] + [fullest]
        filled = [_with_idle_fits(run, fullest) for run in (graph, *runs)]
        if None not in filled:
            graph, *runs = filled
    if unclear := _find_rules(graph, runs):
        for node in graph.nodes:
            if node.spec["type"] == "Fit" and "rule" not in node.spec:  # so large, as the input stays what it is
                node.spec |= {"rule": {"by": "size", "size": list(node.shape[1:])}, "from": ""}
        return graph, unclear
    if any(run.error is not None and len(run.nodes) == 1 for run in runs):  # refused before a layer saw it
        for node in graph.nodes:
            if node.spec["type"] == "MaxPool2d" and node.spec["stride"] == node.spec["kernel_size"]:
                node.spec["exact"] = True
    for run in [graph, *runs]:
        if why := _unforeseen(graph, run, run.nodes[0].shape):
            return graph, why
    return graph, ""


def _with_idle_fits(run, fullest):
    """The run with a node for each cut or padding that only another run had need of; None: they differ otherwise."""
    nodes, idle, rest = [], set(), list(run.nodes)
    place = {}  # number in the run → in the fuller one

    def origin(s):
        while s in idle:
            (s,) = fullest.nodes[s].sources
        return s

    for n, node in enumerate(fullest.nodes):
        same = rest and _kind(rest[0]) == _kind(node)
        if same and tuple(map(place.get, rest[0].sources)) == tuple(map(origin, node.sources)):
            place[len(run.nodes) - len(rest)] = n
            nodes.append(replace(rest.pop(0), name=node.name, sources=node.sources))
        elif node.spec["type"] == "Fit":
            idle.add(n)
            nodes.append(replace(node, spec=dict(node.spec), shape=nodes[node.sources[0]].shape))
        elif run.error is not None and not rest:
            break
        else:
            return None
    return None if rest else replace(run, nodes=nodes, calls=fullest.calls)


def _find_rules(graph, runs):
    """Say of each Fit how its size comes about; a sentence if none of the rules is right."""
    runs = [graph, *(run for run in runs if len(run.nodes) > 1)]
    for n, node in enumerate(graph.nodes):
        if node.spec["type"] != "Fit":
            continue
        seen = [run.nodes for run in runs if len(run.nodes) > n]
        rule = next((rule for rule in _candidates(graph, n) if all(_holds(rule, nodes, n) for nodes in seen)), None)
        if rule is None:
            return f'"{node.name}": how large it makes the map is decided by code that has no simple rule'
        node.spec |= {"rule": rule, "from": _begins_at(seen, n)}
    return ""


def _begins_at(runs, n):
    """Where a cut or padded map begins in the one before: so that it is in the "middle", at "start"; "": not known."""
    middles, starts = set(), set()
    for nodes in runs:
        spec, before, after = nodes[n].spec, nodes[nodes[n].sources[0]].shape[1:], nodes[n].shape[1:]
        if "start" not in spec:
            return ""
        half = [(a - b) // 2 if spec["op"] == "crop" else -((b - a) // 2) for a, b in zip(before, after)]
        middles.add(half == spec["start"])
        starts.add(tuple(spec["start"]))
    return "middle" if middles == {True} else "start" if len(starts) == 1 else ""


def _candidates(graph, n):
    node = graph.nodes[n]
    size, (before,) = node.shape[1:], [graph.nodes[s].shape[1:] for s in node.sources[:1]]
    joined = [s for other in graph.nodes[n:] if n in other.sources for s in other.sources if s != n]
    joined = [s if s < n else graph.nodes[s].sources[0] for s in joined]  # which may be cut itself, after this one
    for k in [*joined, 0, *range(n - 1, 0, -1)]:
        if k < n and k not in node.sources and len(graph.nodes[k].shape) == 3:
            yield {"by": "least" if node.spec["op"] == "crop" else "like", "node": k}
    yield {"by": "add", "pixels": [after - v for after, v in zip(size, before)]}
    yield {"by": "size", "size": list(size)}
    yield {"by": "factor", "factor": [after / v for after, v in zip(size, before)]}


def _holds(rule, nodes, n):
    found = [node.shape for node in nodes]
    return _fitted(rule, found[nodes[n].sources[0]][1:], found) == found[n][1:]


def _unforeseen(graph, run, size):
    """Why the rules do not say what PyTorch did; "" if they do."""
    found, misfit = shapes_of(graph.nodes, size)
    on = f"on an input of {_times(size[1:])}"
    for n, (node, other) in enumerate(zip(graph.nodes, run.nodes)):
        if (_kind(node), node.sources) != (_kind(other), other.sources):
            return f'{on} it takes another way through its code, from "{node.name}" on'
        if n >= len(found) or found[n] != other.shape:
            return f'{on} "{node.name}" makes {_times(other.shape)}, which no rule foresees'
    reached = len(run.nodes)
    if reached == 1 and run.error is not None and misfit is not None:
        return ""  # the model looks at the size of its input, and refuses it for what comes later
    if run.error is None:
        return "" if reached == len(graph.nodes) else f"{on} it takes another way through its code"
    if misfit is None or not reached <= misfit.node <= reached + 1:
        reason = (str(run.error).strip() or type(run.error).__name__).splitlines()[0].rstrip(".")
        return f"{on} it fails: {reason}"
    return ""


def _kind(node):
    """What must be equal for every input."""
    spec = node.spec
    if spec["type"] == "Fit":
        return "Fit", spec["op"]
    return tuple((name, str(value)) for name, value in spec.items() if name != "exact")
