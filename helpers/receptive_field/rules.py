"""What PyTorch's operations read: one function per group of ATen operations.

Each takes the operation's arguments by name and `see`, which says what a tensor has `Seen` (None:
nothing of the input), and the shapes of the outputs. It returns (Seen or a list of them, notes).
"""

import re
from dataclasses import replace

from .seen import NotFollowed, plain, together
from .windows import adaptive, padded, resized, transposed, window

RULES = {}


def rule(*names):
    def add(function):
        RULES.update(dict.fromkeys(names, function))
        return function

    return add


def tensors_in(values):
    """All tensors among (nested) values."""
    import torch

    if isinstance(values, torch.Tensor):
        return [values]
    if isinstance(values, dict):
        values = values.values()
    elif not isinstance(values, (tuple, list)):
        return []
    return [tensor for value in values for tensor in tensors_in(value)]


def pointwise(a, see, shapes):
    """Place by place, broadcast."""
    seen = list(dict.fromkeys(filter(None, map(see, tensors_in(a)))))
    if len(seen) == 1 and len(seen[0].dims) == len(shapes[0]):
        if all(tuple(t.shape) == shapes[0] for t in tensors_in(a) if see(t)):
            return seen[0], []
    return together(seen, shapes[0])


def unchanged(a, see, shapes):
    """Places stay where they are: copies and the like."""
    return next(filter(None, map(see, tensors_in(a)))), []


for _name in (
    "clone to_copy alias detach lift_fresh contiguous rrelu_with_noise "
    "resolve_conj resolve_neg native_dropout log_sigmoid_forward"
).split():
    RULES[_name] = unchanged
for _name in (
    "hardswish hardsigmoid hardshrink softshrink silu mish elu celu softplus lerp prelu_kernel "
    "bernoulli normal"
).split():
    RULES[_name] = pointwise  # PyTorch does not say so of all of them

# -- windows -------------------------------------------------------------------------------------


@rule("convolution", "convolution_overrideable")
def convolution(a, see, shapes):
    seen, weight = _alone(a, see), a["weight"]
    axes = weight.dim() - 2
    stride, padding, dilation = (_per_axis(a[k], axes) for k in ("stride", "padding", "dilation"))
    seen = seen.collapsed([1] if seen.labels(1) else []).with_dim(1, plain(shapes[0][1]))
    for i in range(axes):
        setting = weight.shape[2 + i], stride[i], padding[i], dilation[i]
        size = shapes[0][2 + i]
        if a["transposed"]:
            seen = seen.read(2 + i, lambda _: transposed(*setting), size)
        else:
            seen = seen.read(2 + i, lambda n: window(*setting, sizes=(n, size)), size)
    return seen, []


@rule(
    "max_pool2d_with_indices", "max_pool3d_with_indices", "avg_pool2d", "avg_pool3d",
    "avg_pool1d", "max_pool1d_with_indices", "max_pool2d", "max_pool3d",
)  # fmt: skip
def pool(a, see, shapes):
    seen, size = see(_first(a)), shapes[0]
    first = len(size) - (3 if len(a["kernel_size"]) == 3 else _axes_of(a))
    kernel = _per_axis(a["kernel_size"], len(size) - first)
    stride = _per_axis(a["stride"] or kernel, len(kernel))
    padding = _per_axis(a["padding"], len(kernel))
    dilation = _per_axis(a.get("dilation") or 1, len(kernel))
    for i, setting in enumerate(zip(kernel, stride, padding, dilation)):
        new = size[first + i]
        seen = seen.read(first + i, lambda n: window(*setting, sizes=(n, new)), new)
    return seen, []


@rule("adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool2d", "adaptive_max_pool3d",
      "adaptive_avg_pool1d", "adaptive_max_pool1d")  # fmt: skip
def adaptive_pool(a, see, shapes):
    seen, shape = see(_first(a)), shapes[0]
    for d in range(len(shape) - _axes_of(a), len(shape)):
        seen = _adapted(seen, d, shape[d])
    return seen, []


def _adapted(seen, d, size):
    if not seen.labels(d):
        return seen.with_dim(d, plain(size))
    if seen.width(d) == size:
        return seen
    if size == 1:
        return seen.collapsed([d])
    return seen.read(d, lambda n: adaptive(n, size), size)


@rule(
    "upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d", "upsample_nearest_exact1d",
    "upsample_nearest_exact2d", "upsample_nearest_exact3d", "upsample_linear1d",
    "upsample_bilinear2d", "upsample_trilinear3d", "upsample_bicubic2d",
)  # fmt: skip
def upsample(a, see, shapes):
    seen, shape = see(_first(a)), shapes[0]
    axes = _axes_of(a)
    scales = a.get("scale_factors")
    scales = scales or [a.get(f"scales_{x}", a.get("scales")) for x in "dhw"[-axes:]]
    name = a["name"]
    mode = "nearest-exact" if "exact" in name else "nearest" if "nearest" in name else "linear"
    mode = "cubic" if "cubic" in name else mode
    corners = bool(a.get("align_corners"))
    for d, scale in zip(range(len(shape) - axes, len(shape)), scales):
        size = shape[d]
        seen = seen.read(d, lambda n: _resized(mode, n, size, corners, scale), size)
    return seen, []


def _resized(mode, before, after, corners, scale):
    same = before == after and scale in (None, 1)
    return padded(0) if same else resized(mode, before, after, corners, scale)


@rule("constant_pad_nd", "reflection_pad1d", "reflection_pad2d", "reflection_pad3d",
      "replication_pad1d", "replication_pad2d", "replication_pad3d", "circular_pad")  # fmt: skip
def pad(a, see, shapes):
    seen, shape = see(_first(a)), shapes[0]
    amounts = a["pad"] if "pad" in a else a["padding"]
    name = a["name"]
    border = {"reflection": "reflect", "replication": "replicate", "circular": "circular"}
    border = border.get(name.partition("_")[0], "zeros")
    notes = []
    for i in range(len(amounts) // 2):
        d = len(shape) - 1 - i
        before, after = amounts[2 * i : 2 * i + 2]
        if before or after:
            seen = seen.read(d, lambda _: padded(before, border), shape[d])
            if border == "circular":
                notes += _open_circles(seen, d, shape[d] - before - after)
    return seen, notes


def _open_circles(seen, d, size):
    for axis in (seen.axes[label] for label in seen.labels(d)):
        if axis.ends is not None and axis.advance and axis.stride * size != axis.input_size:
            yield (
                f"circular padding joins the ends of {size} units with stride {axis.stride}, but "
                f"the {axis.name} is {axis.input_size} pixels: over the border the fields are "
                f"shifted"
            )


@rule("unfold")
def unfold(a, see, shapes):
    seen = see(_first(a))
    d = a["dimension"] % len(seen.dims)
    seen = seen.read(d, lambda n: window(a["size"], a["step"]), shapes[0][d])
    return replace(seen, dims=(*seen.dims, plain(a["size"]))), []


# -- sums over whole axes ------------------------------------------------------------------------


@rule(
    "mean", "sum", "amax", "amin", "max", "min", "var", "std", "var_mean", "std_mean", "prod",
    "linalg_vector_norm", "norm", "logsumexp", "argmax", "argmin", "median", "all", "any", "mode",
    "kthvalue", "nansum", "count_nonzero",
)  # fmt: skip
def reduce(a, see, shapes):
    if a.get("other") is not None:  # torch.max(a, b)
        return pointwise(a, see, shapes)
    seen = see(_first(a))
    n = len(seen.dims)
    dims = a.get("dim")
    dims = range(n) if dims is None or dims == [] else dims
    dims = [d % n for d in ([dims] if isinstance(dims, int) else dims)]
    if len(shapes[0]) < n:
        return seen.collapsed(dims).without(dims), []
    alone = [d for d in dims if seen.dims[d] and all(size == 1 for _, size in seen.dims[d])]
    return seen.collapsed([d for d in dims if d not in alone]), []


@rule("softmax", "log_softmax", "safe_softmax", "sort", "logcumsumexp")
def over_a_dimension(a, see, shapes):
    seen = see(_first(a))
    return seen.collapsed([a["dim"] % len(seen.dims)], keep=True), []


@rule("glu")
def glu(a, see, shapes):
    seen = see(a["self"])
    d = a["dim"] % len(seen.dims)
    if seen.labels(d):
        raise NotFollowed("it multiplies two halves of an axis of the image")
    return seen.with_dim(d, plain(shapes[0][d])), []


@rule("cumsum", "cumprod", "cummax", "topk")
def along_a_dimension(a, see, shapes):
    seen = see(_first(a))
    if seen.labels(a["dim"] % len(seen.dims)):
        raise NotFollowed("each of its units reads another number of places")
    return seen.with_dim(a["dim"] % len(seen.dims), plain(shapes[0][a["dim"]])), []


@rule("native_batch_norm", "cudnn_batch_norm", "native_batch_norm_legit",
      "native_batch_norm_legit_no_training", "batch_norm")  # fmt: skip
def batch_norm(a, see, shapes):
    seen = _alone(a, see)
    if a.get("training", False) or a.get("running_mean") is None:
        return seen.collapsed([d for d in range(len(seen.dims)) if d != 1], keep=True), []
    return seen, []


@rule("native_group_norm")
def group_norm(a, see, shapes):
    seen = _alone(a, see)
    return seen.collapsed(range(1, len(seen.dims)), keep=True), []


@rule("native_layer_norm", "fused_rms_norm")
def layer_norm(a, see, shapes):
    seen = _alone(a, see)
    n = len(seen.dims)
    return seen.collapsed(range(n - len(a["normalized_shape"]), n), keep=True), []


@rule("mm", "bmm", "addmm", "baddbmm", "mv", "addmv", "dot", "linear")
def product(a, see, shapes):
    tensors, added = tensors_in(a), None
    if a["name"] in ("addmm", "baddbmm", "addmv"):
        added = see(tensors.pop(0))
    left, right = map(see, tensors[:2])
    if a["name"] == "linear" and any(map(see, tensors[1:])):
        raise NotFollowed("its weights themselves depend on the input")
    if left and right:
        raise NotFollowed(
            "it multiplies two tensors that both come from the input, as attention does, so that "
            "the numbers decide what a unit sees"
        )
    seen, shape = [added] * bool(added), shapes[0]
    if left or right:
        one = left or right
        d = len(one.dims) - 1 if left else max(len(one.dims) - 2, 0)
        one = one.collapsed([d])
        if len(one.dims) > len(shape):
            one = one.without([d])
        else:
            one = one.with_dim(d, plain(shape[-1 if left or len(shape) < 2 else -2]))
        seen.append(one)
    return together(seen, shape)


def _first(a):
    return a["self"] if "self" in a else a["input"]


def _alone(a, see):
    """What a layer's input sees, if its weights do not come from the input of the model, too."""
    for name, value in a.items():
        if value is not _first(a) and any(map(see, tensors_in(value))):
            name = "kernel" if name == "weight" and "convolution" in a["name"] else name
            raise NotFollowed(f"its {name} itself depends on the input")
    return see(_first(a))


def _axes_of(a):
    return int(re.search(r"([123])d", a["name"])[1])


def _per_axis(value, n):
    values = [value] if isinstance(value, int) else list(value)
    return values * n if len(values) == 1 else values
