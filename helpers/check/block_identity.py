"""Exercise of lesson 5: a residual block that starts as the identity."""

import copy

from .verdict import RIGHT, WRONG, Verdict, listing, not_tried

LAYERS = ("conv1", "bn1", "conv2", "bn2")
SCALE = "A norm multiplies by its weight and adds its bias."


def starts_as_identity(block):
    """Verdict on a block, like torchvision's BasicBlock(16, 16): is y = x for all x ≥ 0?

    Measured in training and in evaluation mode, on random x; how it is done is free, usually by a
    weight of zero in the last norm. A block whose branch gets no gradient, and so stays as it is,
    is wrong.
    (Goyal et al. 2017, arXiv:1706.02677, section 5.1.)
    """
    import torch

    from helpers.training import one_thread

    verdict = _no_block(block)
    if verdict is not None:  # a verdict of wrong is false
        return verdict
    with torch.random.fork_rng(devices=[]), torch.enable_grad(), one_thread():
        torch.manual_seed(11)
        try:
            results = [_measure(copy.deepcopy(block), mode == "training")
                       for mode in ("training", "evaluation")]
            gradients = _gradients(copy.deepcopy(block)) if all(map(_identical, results)) else {}
        except (Exception, SystemExit) as error:
            text = (str(error).splitlines() or [type(error).__name__])[0]
            return Verdict(WRONG, f"The block stops: {text.rstrip('.')}.", listing(block=block),
                           "Begin with a new block, BasicBlock(16, 16), and change its weights "
                           "alone.")
    if all(map(_identical, results)):
        learns = [name for name, moves in gradients.items() if moves and not name.endswith("bias")]
        if learns:
            remark = _remark(block, learns)
            return Verdict(RIGHT, f"y = x for every x ≥ 0, in both modes. {remark}", _state(block))
        return Verdict(WRONG, "y = x for every x ≥ 0, but the block cannot learn.", _state(block),
                       "In the first step of training no weight of F gets a gradient (a bias at "
                       "most), because zeros meet zeros or a ReLU at 0. One parameter, further "
                       f"back than that: which layer is the last of F? {SCALE}")
    if _is_new(block):
        return not_tried("what makes the block the identity (the biases of a new block's norms are "
                         "0 already)")
    lines = [f"{mode} mode: {_words(*result)}"
             for mode, result in zip(("training", "evaluation"), results)]
    return Verdict(WRONG, _message(results), "\n".join([*lines, _state(block)]),
                   _hint(block, results))


def _no_block(block):
    """A verdict on what is no block with torchvision's names, else None."""
    from torch import nn

    if block is None or block is ...:
        return not_tried("the block")
    if isinstance(block, type):
        return Verdict(WRONG, f"This is the class {block.__name__}, not a block.",
                       hint=f"Make one of it: block = {block.__name__}(16, 16).")
    if not isinstance(block, nn.Module):
        return Verdict(WRONG, f"A block is asked for, and this is of type {type(block).__name__}.",
                       listing(answer=block), "block = BasicBlock(16, 16), then its weights, then "
                       "check.starts_as_identity(block).")
    missing = [name for name in LAYERS if not isinstance(getattr(block, name, None), nn.Module)]
    if missing:
        return Verdict(WRONG, f"This {type(block).__name__} has no {' and no '.join(missing)}.",
                       hint="A block with torchvision's names is asked for: BasicBlock(16, 16), "
                       "with conv1, bn1, conv2 and bn2.")
    if not isinstance(block.conv1, nn.Conv2d):
        return Verdict(WRONG, f"conv1 is a {type(block.conv1).__name__} now.", listing(block=block),
                       "Leave the layers as they are: the weights decide.")
    if any(map(nn.parameter.is_lazy, block.parameters())):
        return Verdict(WRONG, "There is a lazy layer in the block, without weights so far.",
                       listing(block=block), "Leave the layers as they are: the weights decide.")
    return None


def _other_layers(block):
    """The layers that are not of the kind that their names say: ["bn1"]."""
    from torch import nn

    return [name for name in _layers(block) if not isinstance(
        getattr(block, name), nn.Conv2d if name.startswith("conv") else nn.BatchNorm2d)]


def _layers(block):
    return [*LAYERS, *(["conv3", "bn3"] if hasattr(block, "bn3") else [])]


def _measure(block, training):
    """(x, y) for random x ≥ 0 of different brightness, one of them with many zeros."""
    import torch

    block.train(training)
    x = torch.rand(4, block.conv1.in_channels, 6, 5) * torch.logspace(-1, 2, 4).view(-1, 1, 1, 1)
    x[2] *= torch.rand_like(x[2]) < 0.5
    x = x.to(block.conv1.weight)
    with torch.no_grad():
        return x, block(x.clone())


def _identical(result):
    """Equal but for rounding."""
    import torch

    x, y = result
    return (isinstance(y, torch.Tensor) and y.shape == x.shape
            and torch.allclose(y, x, rtol=1e-5, atol=1e-6))


def _words(x, y):
    if not hasattr(y, "shape"):
        return f"y is a {type(y).__name__}"
    if y.shape != x.shape:
        return f"x has the shape {tuple(x.shape)}, y {tuple(y.shape)}"
    if _identical((x, y)):
        return "y = x"
    return f"the largest |y − x| is {(y - x).abs().max().item():.3g}, for x up to {x.max():.3g}"


def _gradients(block):
    """Name → is there a gradient in the first step of training? For the branch's parameters."""
    import torch

    for parameter in block.parameters():
        parameter.grad = None
    x, _ = _measure(copy.deepcopy(block), True)
    y = block.train()(x)
    if y.requires_grad:
        (y * torch.randn_like(y)).sum().backward()
    return {name: parameter.grad is not None and bool(parameter.grad.abs().max() > 0)
            for name, parameter in block.named_parameters()}


def _last_norm(block):
    """bn3 of a bottleneck, else bn2."""
    return "bn3" if hasattr(block, "bn3") else "bn2"


def _remark(block, learns):
    """What has made it the identity, and how the branch learns."""
    last = _last_norm(block)
    convolution = last.replace("bn", "conv")
    if f"{last}.weight" in learns:
        return (f"The branch gives 0, and {last}.weight gets a gradient: training lets the branch "
                "in, as much as is useful.")
    if f"{convolution}.weight" in learns and _all_zero(block, f"{convolution}.weight") and (
            _value(block, f"{last}.running_var") is not None):
        return (f"{convolution} gives 0, which the norm behind it leaves at its bias of 0. It can "
                f"learn, too; usual is {last}.weight: here the norm divides by sqrt(0 + eps), "
                "which multiplies the first gradient by 316.")
    return f"It can learn: {', '.join(learns)} get a gradient."


def _value(block, name):
    """The tensor of this name, "bn2.weight", or None."""
    layer, _, key = name.partition(".")
    return getattr(getattr(block, layer), key, None)


def _all_zero(block, name):
    value = _value(block, name)
    return value is not None and not bool(value.any())


def _is_new(block):
    """Are the norms as they are made, and the convolutions drawn at random?"""
    if _other_layers(block):
        return False
    for layer in block.modules():
        if hasattr(layer, "running_var"):
            new = {"running_mean": 0, "running_var": 1, "bias": 0, "weight": 1}
            values = [(getattr(layer, key), value) for key, value in new.items()]
            if not all(given is not None and bool((given == value).all())
                       for given, value in values):
                return False
        elif not list(layer.children()) and not 0.3 < _size(layer) < 30:
            return False
    return True


def _size(layer):
    """The largest weight, in units of the largest that PyTorch draws for a new convolution."""
    weight = getattr(layer, "weight", None)
    return 1 if weight is None else weight.abs().max().item() * weight[0].numel() ** 0.5


def _message(results):
    right = [mode for mode, result in zip(("training", "evaluation"), results)
             if _identical(result)]
    if right:
        other = "evaluation" if right == ["training"] else "training"
        return f"y = x in {right[0]} mode, but not in {other} mode."
    return "The block is not the identity."


def _hint(block, results):
    last = _last_norm(block)
    weight, bias = _value(block, f"{last}.weight"), _value(block, f"{last}.bias")
    if getattr(block, "downsample", None) is not None:
        return ("The skip has a projection, which changes x whatever F does: take a block without "
                "one, BasicBlock(16, 16).")
    if not all(bool(value.isfinite().all()) for value in block.state_dict().values()):
        return "There are NaN or infinity among the weights or statistics."
    other = _other_layers(block)
    if other:
        return (f"{other[0]} is a {type(getattr(block, other[0])).__name__} now: leave the layers "
                "as they are, and change weights.")
    if weight is None or bias is None:
        return f"{last} has no weight and no bias: it cannot give 0. Leave the layers as they are."
    zeros, channels = int((weight == 0).sum()), weight.numel()
    if 0 < zeros < channels:
        return f"{zeros} of {channels} weights of {last} are zero: all of them."
    if zeros == channels and bool(bias.any()):
        return f"{last}.weight is zero, but {last}.bias is not: the branch gives the bias."
    if zeros == channels:
        return "The branch gives 0. Is something else in the block that changes x?"
    convolution = last.replace("bn", "conv")
    mean, var = _value(block, f"{last}.running_mean"), _value(block, f"{last}.running_var")
    if mean is None:
        return f"{last} has no running statistics any more. Leave the layers as they are."
    if bool(mean.any()) and _all_zero(block, f"{convolution}.weight"):
        return (f"{convolution} gives 0, but in evaluation mode {last} takes its running_mean "
                "away, which is not 0: make the branch zero behind the statistics.")
    if _identical(results[0]) or _identical(results[1]):
        return (f"The two modes differ in the mean and variance that {last} uses. Its weight "
                "comes after both: what if that is zero?")
    if 0 < _size(getattr(block, convolution)) < 0.3:
        return (f"Small weights in {convolution} are of no help: {last} behind it divides by the "
                "standard deviation, whatever that is.")
    if bool((weight.abs() < 0.1).all()):
        return f"{last}.weight is small, but not zero: the branch still adds something."
    if _all_zero(block, "bn1.weight") or _all_zero(block, "conv1.weight"):
        return ("The first half gives a constant, but the branch does not end in 0 with that. "
                f"The last thing it does is {last}: x̂ · weight + bias.")
    if not bool(var.any()):
        return ("A running variance of 0 does not give 0: the norm divides by its root. Leave the "
                "statistics; weight and bias come after them.")
    return (f"relu(F(x) + x) = x for x ≥ 0 if F(x) = 0. The last thing that F does is {last}: "
            "x̂ · weight + bias, and its bias is 0 already.")


def _state(block):
    """What the norms and convolutions of the branch hold, in a line each."""
    lines = []
    for name in _layers(block):
        state = getattr(block, name).state_dict()
        values = [f"{key} {_range(value)}" for key, value in state.items() if value.ndim]
        lines.append(f"{name}: {', '.join(values)}")
    return "\n".join(lines)


def _range(value):
    low, high = value.min().item(), value.max().item()
    return f"{low:.3g}" if low == high else f"{low:.3g} … {high:.3g}"
