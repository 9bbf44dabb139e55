"""Which input pixels does a unit see? Measured by gradients, without any law of receptive fields.

The network runs on ones while its operations are replaced by positive ones of the same reach: all
weights are equal, biases 0, a maximum (whose gradient shows only the winner) is an average, and an
activation is left out or, where it keeps a gate bounded, x / (1 + x). Then nothing cancels, dies or
saturates, and a pixel is seen exactly if its gradient is not 0.
"""

import math

import torch
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_map

CONV = {3: F.conv1d, 4: F.conv2d, 5: F.conv3d}
TRANSPOSED = {3: F.conv_transpose1d, 4: F.conv_transpose2d, 5: F.conv_transpose3d}
MAX_POOL = {3: F.max_pool1d, 4: F.max_pool2d, 5: F.max_pool3d}
ADAPTIVE = {3: F.adaptive_avg_pool1d, 4: F.adaptive_avg_pool2d, 5: F.adaptive_avg_pool3d}


def _per_axis(value, axes):
    return list(value) if isinstance(value, (tuple, list)) else [value] * axes


def _alike(y, count, axis=1):
    """`count` times the same along an axis, without memory; the one that they all are is kept, so
    that a next layer need not read the others: this saves nearly all the time."""
    sizes = [-1] * y.ndim
    sizes[axis] = count
    spread = y.expand(sizes)
    spread.alike = y, axis
    return spread


def _one(x, axis=1):
    """One of many that are alike, or the tensor itself."""
    y, known = getattr(x, "alike", (x, axis))
    return y if known == axis else x


def _one_kernel(x, kernel_size, groups, correlate):
    """Equal weights: the mean over the channels of a group, with one kernel of ones for all."""
    x = _one(x)
    means = x.unflatten(1, (groups if x.shape[1] > 1 else 1, -1)).mean(2)
    kernel = torch.ones(1, 1, *kernel_size, dtype=x.dtype) / math.prod(kernel_size)
    y = correlate(means.flatten(0, 1)[:, None], kernel)
    return y.unflatten(0, (len(x), -1))[:, :, 0]


def _spread(y, channels):
    """Each group's one result in all of its output channels."""
    if y.shape[1] == 1:
        return _alike(y, channels)
    return y.repeat_interleave(channels // y.shape[1], 1)


def conv(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    def correlate(x, kernel):
        return CONV[x.ndim](x, kernel, None, stride, padding, dilation)

    return _spread(_one_kernel(x, weight.shape[2:], groups, correlate), weight.shape[0])


def conv_transpose(
    x, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1
):
    def correlate(x, kernel):
        return TRANSPOSED[x.ndim](x, kernel, None, stride, padding, output_padding, 1, dilation)

    return _spread(_one_kernel(x, weight.shape[2:], groups, correlate), groups * weight.shape[1])


def max_pool(
    x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False
):
    """The sum over each window, as wide as PyTorch's maxima; what is padded is not the input."""
    axes = x.ndim - 2
    stride = kernel_size if stride is None or stride == [] else stride
    y = MAX_POOL[x.ndim](x, kernel_size, stride, padding, dilation, ceil_mode)
    settings = [_per_axis(value, axes) for value in (kernel_size, stride, padding, dilation)]
    borders = []
    for size, count, k, s, p, d in zip(x.shape[2:], y.shape[2:], *settings):
        borders = [p, (count - 1) * s + d * (k - 1) + 1 - p - size, *borders]

    def correlate(x, kernel):
        return CONV[x.ndim](F.pad(x, borders), kernel, stride=stride, dilation=dilation)

    return _spread(_one_kernel(x, settings[0], x.shape[1], correlate), x.shape[1])


def linear(x, weight, bias=None):
    last = x.ndim - 1
    return _alike(_one(x, last).mean(-1, keepdim=True), len(weight), last)


def permute(x, *axes):
    axes = axes[0] if isinstance(axes[0], (tuple, list)) else axes
    if not hasattr(x, "alike"):
        return x.permute(axes)
    y, axis = x.alike
    return _alike(y.permute(axes), x.shape[axis], axes.index(axis))


def elementwise(function):
    """`x += y` takes what is returned; nothing is written to, so that all outputs may be kept."""

    def compute(x, y, *args, **kwargs):
        (x_one, x_axis), (y_one, y_axis) = (getattr(z, "alike", (z, None)) for z in (x, y))
        if y_axis is not None and (x.numel() == 1 or x_axis == y_axis and x.shape == y.shape):
            return _alike(function(x_one, y_one, *args, **kwargs), y.shape[y_axis], y_axis)
        return function(x, y, *args, **kwargs)

    return compute


def with_mean(x, axes):
    """A normalization over `axes`: each element depends on itself and on all of them."""
    return x + x.mean(axes, keepdim=True)


def layer_norm(x, shape, *args, **kwargs):
    last = x.ndim - 1
    if len(shape) == 1 and getattr(x, "alike", (x, 0))[1] == last:
        return x  # its mean is one of them
    return with_mean(x, list(range(-len(shape), 0)))


def group_norm(x, groups, *args, **kwargs):
    return with_mean(x.unflatten(1, (groups, -1)), list(range(2, x.ndim + 1))).flatten(1, 2)


def unchanged(x, *args, **kwargs):
    return x


def gate(x, *args, **kwargs):
    return x / (1 + x)


POSITIVE = {
    "linear": linear,
    "permute": permute,
    "add": elementwise(torch.add),
    "mul": elementwise(torch.mul),
    "add_": elementwise(torch.add),
    "mul_": elementwise(torch.mul),
    "batch_norm": unchanged,
    "layer_norm": layer_norm,
    "instance_norm": lambda x, *args, **kwargs: with_mean(x, list(range(2, x.ndim))),
    "group_norm": group_norm,
    "softmax": lambda x, dim, *args, **kwargs: with_mean(x, [dim]),
    "amax": lambda x, dim, keepdim=False: x.mean(dim, keepdim),
}
POSITIVE |= {f"conv{n}d": conv for n in (1, 2, 3)}
POSITIVE |= {f"conv_transpose{n}d": conv_transpose for n in (1, 2, 3)}
POSITIVE |= {f"{name}max_pool{n}d": max_pool for n in (1, 2, 3) for name in ("", "_")}
POSITIVE |= {
    f"adaptive_max_pool{n}d": lambda x, size, *args, **kwargs: ADAPTIVE[x.ndim](x, size)
    for n in (1, 2, 3)
}
POSITIVE |= dict.fromkeys(["sigmoid", "sigmoid_", "hardsigmoid", "tanh", "tanh_"], gate)
POSITIVE |= dict.fromkeys(
    "relu relu_ relu6 leaky_relu elu selu celu gelu silu hardswish hardtanh mish prelu softplus"
    .split(),
    unchanged,
)  # fmt: skip


class Positive(TorchFunctionMode):
    """Replaces the operations; parameters on the meta device are ones."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        def ones(x):
            if not isinstance(x, torch.Tensor) or not x.is_meta:
                return x
            one = torch.ones([1] * x.ndim, dtype=torch.float64)
            return one if func.__name__ == "mul" else one.expand(x.shape)  # as one number

        args, kwargs = tree_map(ones, (args, kwargs or {}))
        return POSITIVE.get(getattr(func, "__name__", ""), func)(*args, **kwargs)


def hull(seen):
    """First and last index at which a mask is True, per axis."""
    if not seen.any():
        return None
    places = seen.nonzero()
    return tuple(zip(places.amin(0).tolist(), places.amax(0).tolist()))


def gradient_fields(model, input_size, units, names=("",), of=hull):
    """{name: (shape of the output, [((top, bottom), (left, right)) or None per unit])}.

    model may live on the meta device. names: its modules to be measured; "" is the model itself.
    units: a function from the sizes of an output, (H, W), to the list of units to be measured.
    Intervals are inclusive, and None stands for a unit that sees no pixel at all. of: what is told
    of the mask (H, W) of pixels that a unit sees.
    """
    outputs, modules = {}, dict(model.named_modules())
    handles = [
        modules[name].register_forward_hook(
            lambda module, args, y, name=name: outputs.update({name: y})
        )
        for name in names
    ]
    x = torch.ones(1, *input_size, dtype=torch.float64, requires_grad=True)
    was_training = model.training
    try:
        with Positive():
            model.eval()(x)
    finally:
        model.train(was_training)
        for handle in handles:
            handle.remove()
    return {name: (tuple(y.shape[1:]), _fields(x, y, units, of)) for name, y in outputs.items()}


def _fields(x, y, units, of):
    """One backward pass for all units of an output, in parallel."""
    y = _one(y)[0].sum(0)
    asked = units(tuple(y.shape))
    seeds = torch.zeros(len(asked), *y.shape, dtype=y.dtype)
    for seed, unit in zip(seeds, asked):
        seed[unit] = 1
    (gradient,) = torch.autograd.grad(y, x, seeds, retain_graph=True, is_grads_batched=True)
    assert gradient.isfinite().all()
    return [of(seen) for seen in gradient[:, 0].ne(0).any(1)]
