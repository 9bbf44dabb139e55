"""A graph of calls as blocks and stages, as the papers draw it, and its depth as they count it.

A block is a module whose forward joins branches (BasicBlock, Bottleneck, Inception), or a convolution with the layers
that belong to it, a pool, a sum or a concatenation. Stages lie between changes of resolution.
"""

from dataclasses import dataclass, field

WEIGHTS = {"Conv2d", "ConvTranspose2d", "Linear"}
_SAME = ("Same", "BatchNorm2d")
_JOINS = {"Add": "add", "Mul": "multiply", "Concat": "concat"}
_KINDS = {
    "Conv2d": "conv", "ConvTranspose2d": "up", "Linear": "dense", "MaxPool2d": "pool", "AvgPool2d": "pool",
    "AdaptiveAvgPool2d": "pool", "Global": "pool", "Upsample": "up", "PixelShuffle": "up", "Fit": "fit",
}  # fmt: skip


@dataclass
class Block:
    """Nodes that are drawn as one box. `join`: how branches meet; `skip`: "identity", "projection" or "branches"."""

    name: str
    kind: str  # unit, conv, up, dense, pool, add, multiply, concat, fit or layers
    title: str
    nodes: list
    join: str = ""
    skip: str = ""


@dataclass
class Stage:
    """Blocks of one resolution, by their numbers."""

    name: str
    blocks: list = field(default_factory=list)


def depth_of(nodes):
    """Layers with weights on the longest path, as the papers count: a projection lies beside its block's main path."""
    longest = [0] * len(nodes)
    for n, node in enumerate(nodes):
        longest[n] = max((longest[s] for s in node.sources), default=0) + (node.spec["type"] in WEIGHTS)
    return max(longest)


def blocks_of(graph):
    """All nodes but the input as `Block`s, in the order of their calls."""
    nodes, units = graph.nodes, {call.start: call for call in _units(graph)}
    blocks, pending, n = [], [], 1

    def close():
        """Layers that wait for a convolution that did not come."""
        if pending:
            blocks.append(_single(nodes, list(pending)))
            pending.clear()

    while n < len(nodes):
        node, last = nodes[n], blocks[-1] if blocks else None
        kind = node.spec["type"]
        follows = last is not None and not pending and node.sources == (last.nodes[-1],)
        if n in units:
            close()
            blocks.append(_unit(nodes, units[n]))
            n = units[n].end
            continue
        if pending and node.sources != (pending[-1],):
            close()
        if kind in _SAME and follows and last.kind != "unit":
            last.nodes.append(n)
        elif kind == "Flatten" and follows and last.kind == "pool":
            last.nodes.append(n)
        elif kind in (*_SAME, "Pad", "Flatten", "Permute", "Channels"):
            pending.append(n)
        elif kind in WEIGHTS:
            blocks.append(_single(nodes, [*pending, n]))
            pending.clear()
        else:
            close()
            made_to_fit = kind in _JOINS and last is not None and last.kind == "fit" and last.nodes[-1] in node.sources
            blocks.append(_single(nodes, [*(blocks.pop().nodes if made_to_fit else []), n]))
        n += 1
    close()
    return _named_once(blocks)


def _single(nodes, numbers):
    main = next((n for n in numbers if nodes[n].spec["type"] in (*WEIGHTS, *_JOINS)), numbers[0])
    spec = nodes[main].spec
    kind = _JOINS.get(spec["type"]) or _KINDS.get(spec["type"], "layers")
    join = kind if spec["type"] in _JOINS else ""
    return Block(nodes[main].name, kind, nodes[main].text.split("(")[0], numbers, join)


def _unit(nodes, call):
    numbers = list(range(call.start, call.end))
    joins = [n for n in numbers if nodes[n].spec["type"] in _JOINS and len(nodes[n].sources) > 1]
    if not joins:
        return Block(call.name, "unit", type(call.module).__name__, numbers)
    last = joins[-1]
    inside = {call.inputs[0]: 0}
    for n in numbers:
        before = [inside[s] for s in nodes[n].sources if s in inside]
        inside[n] = max(before, default=0) + (nodes[n].spec["type"] in WEIGHTS)
    ways = sorted(inside.get(s, 0) for s in nodes[last].sources)
    join = _JOINS[nodes[last].spec["type"]]
    skip = "projection" if join == "add" and ways[0] < ways[-1] else "branches"
    if call.inputs[0] in nodes[last].sources:
        skip = "identity"
    return Block(call.name, "unit", type(call.module).__name__, numbers, join, skip)


def _named_once(blocks):
    taken = {}
    for block in blocks:
        again = taken[block.name] = taken.get(block.name, 0) + 1
        if again > 1:
            block.name = f"{block.name} ({again})"
    return blocks


def _units(graph):
    """The calls that are drawn as one block: with one input, in which branches meet, and of one or two resolutions.

    Others of the same class are units as well: the blocks of a MobileNet without a skip among those with one.
    """
    from torch.nn import Sequential

    nodes, found = graph.nodes, []
    closed = [call for call in graph.calls if call.name and call.end - call.start > 1 and _is_closed(nodes, call)]
    for node in nodes:
        if node.spec["type"] not in _JOINS or len(node.sources) < 2:
            continue
        owners = [call for call in closed if _owns(node, call) and _resolutions(nodes, call) <= 2]
        found += sorted(owners, key=lambda call: call.end - call.start)[:1]
    classes = {type(call.module) for call in found} - {Sequential}
    found += [call for call in closed if type(call.module) in classes and _resolutions(nodes, call) <= 2]
    found = [call for call in found if not any(_holds(other, call) for other in found)]
    return list({call.start: call for call in found}.values())


def _owns(node, call):
    """Does the join happen in its own forward, or in that of a module inside of it?"""
    return node.path == call.name or node.path.startswith(f"{call.name}.")


def _holds(outer, inner):
    larger = outer.end - outer.start > inner.end - inner.start
    return larger and outer.start <= inner.start and inner.end <= outer.end


def _is_closed(nodes, call):
    """Does it have one input, through which all comes that it reads?"""
    if len(call.inputs) != 1:
        return False
    known = {*call.inputs, *range(call.start, call.end)}
    return all(s in known for n in range(call.start, call.end) for s in nodes[n].sources)


def _resolutions(nodes, call):
    """How many sizes its maps have, single pixels not counted: a whole U-Net is no block."""
    shapes = [nodes[n].shape for n in (*call.inputs, *range(call.start, call.end))]
    return len({shape[1:] for shape in shapes if len(shape) == 3 and shape[1:] != (1, 1)})


# ---- stages -------------------------------------------------------------------------------------------------


def stages_of(graph, blocks):
    """The blocks as `Stage`s. A pool ends its stage; a strided convolution or an upsampling begins one."""
    nodes, head, stages = graph.nodes, _head(graph.nodes, blocks), []
    for b, block in enumerate(blocks):
        before = blocks[b - 1] if b else None
        starts = before is None or b == head or (b < head and _begins(nodes, before, block))
        if starts:
            stages.append(Stage(""))
        stages[-1].blocks.append(b)
    _name(nodes, blocks, stages, head)
    return stages


def _begins(nodes, before, block):
    if before.kind == "pool":
        return _resizes(nodes, before)
    if block.kind != "pool" and _resizes(nodes, block):
        return before.kind != "fit"
    if block.kind == before.kind == "unit":
        return _parent(block.name) != _parent(before.name)
    return "unit" in (block.kind, before.kind) and "conv" in (block.kind, before.kind) and bool(_parent(block.name))


def _parent(name):
    return name.rpartition(".")[0]


def _resizes(nodes, block):
    """Does it change the resolution by its settings, not only by a border that it loses?"""
    for n in block.nodes:
        spec = nodes[n].spec
        if any(step > 1 for step in spec.get("stride", ())) or _KINDS.get(spec["type"]) == "up":
            return True
        if spec["type"] in ("AdaptiveAvgPool2d", "Global") or spec.get("op") == "resize":
            return block.kind != "unit"
    return False


def _head(nodes, blocks):
    """The number of the first block behind the last map: global pooling, dense layers."""
    head = len(blocks)
    while head:
        block = blocks[head - 1]
        shapes = [nodes[n].shape for n in block.nodes]
        flat = any(len(shape) == 1 or shape[1:] == (1, 1) for shape in shapes)
        adaptive = any(nodes[n].spec["type"] in ("AdaptiveAvgPool2d", "Global") for n in block.nodes)
        if block.kind in ("unit", "conv", "up") or not (flat or adaptive or block.kind == "layers"):
            break
        head -= 1
    while head < len(blocks) and blocks[head].kind == "layers":
        head += 1  # a last norm belongs to the maps that it normalizes
    return head


def _name(nodes, blocks, stages, head):
    """By the module that holds most of it, if it holds no other stage, too; else by number."""
    homes = [_home(nodes, [blocks[b] for b in stage.blocks]) for stage in stages]
    names = {block.name for block in blocks if block.kind != "unit"}
    for number, (stage, home) in enumerate(zip(stages, homes), 1):
        short = home.rpartition(".")[2]
        shared = sum(other == home or other.startswith(f"{home}.") for other in homes) > 1
        usable = home and not shared and short not in names and not short.isdigit()
        stage.name = short if usable else f"stage {number}"
        if stage.blocks[0] == head:
            stage.name = "head"
    if len(stages) > 2 and stages[0].name == "stage 1" and not stages[1].name.startswith("stage"):
        stages[0].name = "stem"
    taken = [stage.name for stage in stages]
    for number, stage in enumerate(stages, 1):
        if taken.count(stage.name) > 1 or stage.name in {block.name for block in blocks}:
            stage.name = f"stage {number}"


def _home(nodes, blocks):
    """The innermost module in which half of the nodes lie or more, and more than a convolution with its layers."""
    counts = {}
    for block in blocks:
        path = nodes[block.nodes[0]].path
        if block.kind == "unit":  # its own name, or that of the list which it is a member of
            path = _parent(block.name) if block.name.rpartition(".")[2].isdigit() else block.name
        parts = path.split(".") if path else []
        for end in range(1, len(parts) + 1):
            held = counts.setdefault(".".join(parts[:end]), [0, 0])
            held[0] += len(block.nodes)
            held[1] += 2 if block.kind == "unit" else 1
    total = sum(len(block.nodes) for block in blocks)
    most = [path for path, (count, held) in counts.items() if 2 * count >= total and held > 1]
    home = max(most, key=lambda path: path.count("."), default="")
    return home if all(home.startswith(path) for path in most) else ""  # no two halves
