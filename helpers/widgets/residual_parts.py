"""The parts of a residual block in the order in which they run: names, shapes, costs, and the PyTorch that makes them.

Settings are those of ResidualExplorer. Names are those of torchvision's state_dict; relu1, relu2, … are its one
`relu`, call by call, and "add" is the ⊕. js/residual_explorer/parts.js has the same rules.
"""

from typing import NamedTuple

from helpers import shapes
from helpers.widgets.base import pair
from helpers.widgets.torch_code import call_code, conv2d_code

EXPANSION = 4  # a bottleneck's inner channels are a quarter of its outer ones
# What "the same shape" depends on: with an identity they must not change it.
SETTINGS = ("block", "skip", "norm", "activation", "order", "in_channels", "out_channels", "stride", "input_size")


class Part(NamedTuple):
    """One box of the diagram. `sizes` are a convolution's (in, out, kernel_size, stride), a norm's (features,)."""

    name: str
    kind: str  # "conv", "norm", "relu" or "add"
    lane: str  # "main" or "skip"
    sizes: tuple
    shape: tuple  # (C, H, W) of its output
    parameters: int
    multiplications: int
    code: str


def convolutions(block, in_channels, out_channels, stride, inner=None):
    """(in_channels, out_channels, kernel_size, stride) of each on the main path; the first 3×3 has the stride."""
    if block == "basic":
        return [(in_channels, out_channels, 3, stride), (out_channels, out_channels, 3, 1)]
    inner = inner or out_channels // EXPANSION
    return [(in_channels, inner, 1, 1), (inner, inner, 3, stride), (inner, out_channels, 1, 1)]


def structure(block, skip, norm, activation, order, in_channels, out_channels, stride, inner=None):
    """[(name, kind, lane, sizes)] of all parts that are there; `inner`: other inner channels of a bottleneck."""
    found, before = [], order == "pre-activation"
    convs = convolutions(block, in_channels, out_channels, stride, inner)
    for n, sizes in enumerate(convs, 1):
        features = sizes[0] if before else sizes[1]
        conv = (f"conv{n}", "conv", "main", sizes)
        around = [(f"bn{n}", "norm", "main", (features,))] * norm
        if before or n < len(convs):  # of the original block the last ReLU follows the ⊕
            around += [(f"relu{n}", "relu", "main", ())] * activation
        found += [*around, conv] if before else [conv, *around]
    if skip == "projection":
        found.append(("downsample.0", "conv", "skip", (in_channels, out_channels, 1, stride)))
        found += [("downsample.1", "norm", "skip", (out_channels,))] * (norm and not before)
    if skip != "none":
        found.append(("add", "add", "main", ()))
    if activation and not before:
        found.append((f"relu{len(convs)}", "relu", "main", ()))
    return found


def parts(*, input_size, **settings):
    """The parts as `Part`s. The settings must fit each other."""
    x = settings["in_channels"], *pair(input_size)
    found, main, skip = [], x, x
    for name, kind, lane, sizes in structure(**settings):
        shape, cost, code = main if lane == "main" else skip, (0, 0), ""
        if kind == "conv":
            shape, cost, code = _conv(shape, sizes, bias=not settings["norm"])
        elif kind == "norm":
            cost, code = (2 * sizes[0], 0), call_code("BatchNorm2d", *sizes)
        elif kind == "relu":
            code = call_code("ReLU")
        main, skip = (shape, skip) if lane == "main" else (main, shape)
        found.append(Part(name, kind, lane, sizes, shape, *cost, code))
    return found


def _conv(shape, sizes, bias):
    fan_in, fan_out, kernel_size, stride = sizes
    padding = kernel_size // 2
    size = tuple(shapes.conv_output_size(v, kernel_size, stride, padding) for v in shape[1:])
    cost = (
        shapes.conv_parameters(fan_in, fan_out, kernel_size, bias=bias),
        shapes.conv_multiplications(fan_in, fan_out, kernel_size, size),
    )
    window = {"kernel_size": pair(kernel_size), "stride": pair(stride), "padding": pair(padding)}
    return (fan_out, *size), cost, conv2d_code(fan_in, fan_out, **window, bias=bias)


def identity_problem(in_channels, out_channels, stride, input_size, **_others):
    """Why x cannot be added to F(x) as it is: what binds, and both shapes; None if it can."""
    height, width = pair(input_size)
    small = [shapes.conv_output_size(v, 3, stride, 1) for v in (height, width)]
    binds = [f"stride={stride}"] * (stride > 1)
    binds += [f"in_channels={in_channels} but out_channels={out_channels}"] * (in_channels != out_channels)
    if not binds:
        return None
    x, y = (in_channels, height, width), (out_channels, *small)
    return f"{' and '.join(binds)}: x has shape {x}, F(x) has {y}, and an identity adds equal shapes"


def weights_of(block, in_channels, out_channels):
    """How many weights the main path's convolutions have, biases and norms left out; None if there is no such block."""
    if block == "bottleneck" and out_channels % EXPANSION:
        return None
    return sum(i * o * k * k for i, o, k, _stride in convolutions(block, in_channels, out_channels, 1))


def block_code(**settings):
    """torchvision's block where it has one of this kind; else the layers of F, and the line that computes y.

    F is `branch` in it: pasted into a lesson, F would hide torch.nn.functional.
    """
    s, input_size = settings, settings.pop("input_size", 1)
    found = parts(**s, input_size=input_size)
    skip = [part.code for part in found if part.lane == "skip"]
    downsample = skip[0] if len(skip) == 1 else f"nn.Sequential({', '.join(skip)})"
    if s["norm"] and s["activation"] and s["order"] == "original" and s["skip"] != "none":
        name, planes = "BasicBlock", s["out_channels"]
        if s["block"] == "bottleneck":
            name, planes = "Bottleneck", planes // EXPANSION
        rest = [f"stride={s['stride']}"] * (s["stride"] > 1)
        rest += [f"downsample={downsample}"] * bool(skip)
        return f"{name}({', '.join([str(s['in_channels']), str(planes), *rest])})"
    names = [part.name for part in found]
    end = names.index("add") if "add" in names else len(names)
    main = [part.code for part in found[:end] if part.lane == "main"]
    lines = [f"branch = nn.Sequential({', '.join(main)})"]
    if skip:
        lines.append(f"downsample = {downsample}")
    total = {"none": "branch(x)", "identity": "branch(x) + x", "projection": "branch(x) + downsample(x)"}[s["skip"]]
    last = "add" in names and names[-1] != "add"
    return "\n".join([*lines, f"y = torch.relu({total})" if last else f"y = {total}"])
