"""Exercises of lesson 4 on dilation: a field of 31 with four layers, and one without gaps."""

import copy
from itertools import product

from .layer_answers import times, wrong_kind
from .verdict import RIGHT, WRONG, Verdict, not_tried, show, to_numbers

SIZE = 64  # of the image; its middle unit is far enough from the border


def sees_31(network):
    """Verdict on a network of at most four 3×3 convolutions that sees 31×31 pixels, all of them.

    (1, 1, 64, 64) → (1, 1, 64, 64), no stride, no pooling; layers that treat each pixel alone (1×1,
    ReLU) are free. The field is measured by the gradient of the middle unit.
    """
    import torch
    from torch import nn

    if isinstance(network, type) and issubclass(network, nn.Module):
        return Verdict(WRONG, f"This is the class {network.__name__}, not a network.",
                       hint=f"Make one of it: {network.__name__}(…).")
    complaint = wrong_kind(network, nn.Module, "the network", "nn.Sequential")
    if complaint is not None:
        return complaint
    try:
        network = copy.deepcopy(network).to("cpu", torch.float64).eval()
        called = _record(network)
        x = torch.ones(1, 1, SIZE, SIZE, dtype=torch.float64, requires_grad=True)
        with torch.enable_grad(), torch.random.fork_rng(devices=[]):
            network(x)  # a lazy layer has its weights only now
            called.clear()
            _make_positive(network)
            y = network(x)
    except Exception as error:  # the participant's forward may stop in any way
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        return Verdict(WRONG, f"The network stops on (1, 1, {SIZE}, {SIZE}): {reason}.",
                       hint="One channel comes in and one goes out; between them, each layer "
                            "expects what the one before it makes.")
    case = "\n".join(f"{layer}" for layer in called)
    complaint = _wrong_layers(called, case)
    if complaint is None:
        complaint = _wrong_output(y, called, case)
    if complaint is not None:
        return complaint
    middle = y[0, 0, SIZE // 2, SIZE // 2]
    seen = torch.zeros_like(x)
    if middle.requires_grad:
        seen, = torch.autograd.grad(middle, x, allow_unused=True, materialize_grads=True)
    return _judge_field(seen[0, 0] != 0, called, case)


def _record(network):
    """A list that fills with the layers as they are called."""
    called = []
    for part in network.modules():
        if not list(part.children()):
            part.register_forward_hook(lambda layer, x, y: called.append(layer))
    return called


def _make_positive(network):
    """All weights alike and positive: nothing cancels, and no ReLU hides what is seen."""
    import torch

    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if parameter.ndim > 1:
                parameter.fill_(1 / parameter[0].numel())
            else:
                parameter.fill_(0 if name.endswith("bias") else 1)


def _wrong_layers(called, case):
    from torch import nn

    def wrong(message, hint):
        return Verdict(WRONG, message, case, hint)

    for layer in called:
        kind = type(layer).__name__
        if isinstance(layer, nn.Linear):
            return wrong("An nn.Linear is no convolution.", "Only convolutions, whose field is "
                         "limited, and the same everywhere.")
        if "Pool" in kind or isinstance(layer, (nn.Unfold, nn.Upsample)):
            return wrong(f"There is an nn.{kind}: only convolutions may look at neighbours.",
                         "Which argument of nn.Conv2d spreads a window without more weights?")
        if isinstance(layer, nn.modules.conv._ConvNd) and not isinstance(layer, nn.Conv2d):
            return wrong(f"There is an nn.{kind}; nn.Conv2d is asked for.",
                         "Four nn.Conv2d suffice.")
        if isinstance(layer, nn.Conv2d) and layer.kernel_size not in ((3, 3), (1, 1)):
            return wrong(f"A kernel is {times(layer.kernel_size)}; only 3×3 are allowed.",
                         "Spread the nine weights of a 3×3 instead of adding to them.")
        if isinstance(layer, nn.Conv2d) and layer.stride != (1, 1):
            return wrong(f"A layer has stride {times(layer.stride)}.", "A stride enlarges the "
                         "field, but it loses resolution. Which argument does without that loss?")
    count = len(_dilations(called))
    if count == 0:
        return wrong("There is no 3×3 convolution.", "Four nn.Conv2d(…, 3, …) one after the other.")
    if count > 4:
        return wrong(f"There are {count} convolutions 3×3; four are allowed.",
                     "Each layer may spread its window further than the one before.")
    return None


def _wrong_output(y, called, case):
    import torch

    shape = tuple(getattr(y, "shape", ()))
    if not isinstance(y, torch.Tensor):
        return Verdict(WRONG, f"The network gives a {type(y).__name__}, not a tensor.", case,
                       "Return the map alone.")
    if shape == (1, 1, SIZE, SIZE):
        return None
    hint = "One channel comes in, one goes out, and the size stays."
    if len(shape) == 4 and shape[1] != 1:
        hint = "One map is to come out: the last layer decides."
    elif len(shape) == 4 and max(shape[2:]) < SIZE:
        hint = ("How far does a dilated 3×3 kernel reach from its middle? As many pixels of "
                "padding keep the size.")
    elif len(shape) == 4:
        hint = "Too much padding: how far does a dilated 3×3 kernel reach from its middle?"
    return Verdict(WRONG, f"Of (1, 1, {SIZE}, {SIZE}) comes the shape {shape}.", case, hint)


def _judge_field(seen, called, case):
    if not seen.any():
        return Verdict(WRONG, "The output does not depend on the image.", case,
                       "Return what the layers make of x.")
    spans = []
    for axis in (1, 0):
        lines = seen.any(axis).nonzero().flatten().tolist()
        spans.append((lines[0] - SIZE // 2, lines[-1] - SIZE // 2))
    sizes = [hi - lo + 1 for lo, hi in spans]
    holes = [_missing(seen, axis, span) for axis, span in zip((1, 0), spans)]
    if sizes != [31, 31]:
        return Verdict(WRONG, f"A unit sees {times(sizes)} pixels; asked for is 31×31.", case,
                       _size_hint(called, sizes))
    if any(holes):
        gaps = ", ".join(map(str, max(holes, key=len)))
        return Verdict(WRONG, "The field is 31×31, but it has gaps: pixels inside it are never "
                       "looked at.", f"{case}\nleft out, counted from the unit: {gaps}",
                       "Two units of a layer that lie a dilation apart leave the pixels between "
                       "them to the layers before. How wide do those see?")
    if int(seen.sum()) != 31 * 31:
        return Verdict(WRONG, "The field is 31×31, but pixels inside it are never looked at.", case,
                       "Rows and columns may be spread alike: dilation=d for both.")
    if spans != [(-15, 15)] * 2:
        return Verdict(WRONG, "The field has the right size, but the unit does not stand in its "
                       "middle.", case, "Pad as much before as behind.")
    return Verdict(RIGHT, "31×31 pixels with four layers, and none left out. Without dilation "
                   "they would see 9×9, with as many weights.", case)


def _dilations(called):
    """(vertical, horizontal) of the 3×3 convolutions, in order."""
    return [layer.dilation for layer in called if getattr(layer, "kernel_size", 1) == (3, 3)]


def _size_hint(called, sizes):
    dilations = [d for d, _ in _dilations(called)]
    if sizes[0] != sizes[1]:
        return "Height and width are to be treated alike."
    if sizes[0] != 1 + 2 * sum(dilations):
        return "Does another layer look at neighbours, or do some layers stand side by side?"
    if set(dilations) == {1}:
        return "Without dilation each layer adds two pixels. Which argument makes it add more?"
    if dilations == [2, 4, 8, 16]:
        return "A layer adds 2 · dilation pixels. Does the first one have to spread already?"
    return ("A unit sees one pixel at first, and a layer adds 2 · dilation; you have "
            f"{', '.join(map(str, dilations))}.")


def _missing(seen, axis, span):
    """Places between the ends that no unit of the field's rows (or columns) stands at."""
    present = seen.any(axis).tolist()
    lo, hi = span
    return [i for i in range(lo, hi + 1) if not present[i + SIZE // 2]]


def no_holes(answer):
    """Verdict on three dilations for three 3-wide layers: 13 pixels wide or more, all of them seen.

    One axis, stride 1. Dilations with a common factor leave pixels out, the gridding artefact.
    (Wang et al. 2018, Understanding convolution for semantic segmentation, arXiv:1702.08502.)
    """
    name, hint = "the three dilations", "Write answer = (…, …, …)."
    question = ("three layers with kernel_size 3 and stride 1; a field of 13 or more pixels,\n"
                "each of which the unit sees")
    if answer is None or answer is ...:
        return not_tried(name)
    if isinstance(answer, (tuple, list)) and any(part is None or part is ... for part in answer):
        return not_tried("all three dilations")
    try:
        values = to_numbers(answer)
    except TypeError as error:
        return Verdict(WRONG, f"The answer should be three numbers, but it is {error}.", question,
                       hint)
    if values.shape != (3,):
        what = f"its shape is {values.shape}" if values.shape else "it is one"
        return Verdict(WRONG, f"The answer should be three numbers, but {what}.", question, hint)
    if not all(1 <= v <= 1000 and v == int(v) for v in values):
        return Verdict(WRONG, f"{show(values)} are no dilations.", question,
                       "A dilation is a whole number from 1 on; 1 is a kernel without holes.")
    dilations = [int(v) for v in values]
    width = 1 + 2 * sum(dilations)
    if width < 13:
        return Verdict(WRONG, f"The field is {width} wide; 13 are asked for.", question,
                       "A 3-wide layer adds 2 · dilation pixels to the field.")
    seen = seen_places(dilations)
    reach = sum(dilations)
    missing = [i for i in range(-reach, reach + 1) if i not in seen]
    if not missing:
        return Verdict(RIGHT, f"{width} pixels, and the unit sees each of them.",
                       _picture(seen, reach))
    return Verdict(WRONG,
                   f"The field is {width} wide, but only {len(seen)} of its pixels are seen.",
                   f"{question}\n{_picture(seen, reach)}", _gap_hint(dilations, missing))


def seen_places(dilations):
    """Where the inputs lie that a unit sees, counted from it: each layer steps −d, 0 or d."""
    return {sum(steps) for steps in product(*((-d, 0, d) for d in dilations))}


def _picture(seen, reach):
    """`●○●○●`: the pixels of the field, seen or not; the far ones of a wide field are left out."""
    shown = range(-min(reach, 30), min(reach, 30) + 1)
    row = "".join("●" if i in seen else "○" for i in shown)
    return f"● seen, ○ left out, around the unit: {row}{'…' if reach > 30 else ''}"


def _gap_hint(dilations, missing):
    from math import gcd

    factor = gcd(*dilations)
    if factor > 1:
        return (f"Gridding: all dilations are multiples of {factor}, so what a unit sees lies "
                f"{factor} pixels apart. One layer has to look at neighbours.")
    gap = [i for i in missing if i > 0]
    return (f"The pixel at {gap[0]} from the unit is left out, for one. The two layers with the "
            "smaller dilations fill the gaps of the third: how wide do they see, and how far apart "
            "are the units that it looks at?")
