"""What a participant's residual block is made of: which convolution is which, and whose norm."""

from dataclasses import dataclass

NAMES = {"conv1": "the first 3×3", "conv2": "the second 3×3", "projection": "the projection"}


class Misfit(Exception):
    """The block is not torchvision's: what is wrong, a hint, and the case."""

    def __init__(self, message, hint, case=""):
        super().__init__(message)
        self.message, self.hint, self.case = message, hint, case


@dataclass
class Call:
    """One call of a layer: what came in, what went out (None if it has stopped)."""

    layer: object
    x: object
    y: object = None


def trial(block, x):
    """(calls, y, error) of block(x): the layers in the order of their calls, then the outcome.

    The hooks are on all modules, so that layers are noticed that do not belong to the block.
    """
    import torch
    from torch.nn.modules import module

    calls, error, y = [], None, None

    def begins(layer, inputs):
        if not list(layer.children()) and layer is not block:
            calls.append(Call(layer, inputs[0] if inputs else None))

    def ends(layer, inputs, output):
        for call in reversed(calls):
            if call.layer is layer and call.y is None:
                call.y = output
                break

    hooks = [module.register_module_forward_pre_hook(begins),
             module.register_module_forward_hook(ends)]
    try:
        with torch.no_grad():
            y = block(x)
    except (Exception, SystemExit) as stop:
        error = stop
    finally:
        for hook in hooks:
            hook.remove()
    return calls, y, error


def parts_of(block, calls, setting, x):
    """{"conv1": (convolution, norm), "conv2": …, "projection": …}, or a Misfit is raised.

    `setting` = (in_channels, out_channels, stride); without need there is no projection. The first
    3×3 convolution that is called is conv1, the 1×1 the projection, and a norm belongs to the
    convolution whose output it gets; what is never called goes by the order of registration.
    """
    from torch import nn

    convolutions = _in_order(block, nn.Conv2d, calls)
    names = {id(layer): name for name, layer in block.named_modules()}
    roles = _roles(convolutions, calls, setting, names)
    _check_settings(roles, setting, names)
    norms = _norms(block, roles, convolutions, calls, x, names)
    _check_norms(norms, roles, names)
    _check_rest(block, [*roles.values(), *norms.values()])
    return {role: (layer, norms[role]) for role, layer in roles.items()}


def _in_order(block, kind, calls):
    """The block's layers of this kind, in the order of their calls, then those never called."""
    own = [layer for layer in block.modules() if isinstance(layer, kind)]
    called = list(dict.fromkeys(call.layer for call in calls if isinstance(call.layer, kind)))
    what = "convolution" if kind.__name__ == "Conv2d" else "norm"
    for layer in called:
        if layer in own:
            continue
        listed = any(isinstance(value, (list, tuple, dict)) and _holds(value, layer)
                     for value in vars(block).values())
        hint = ("A plain list hides its layers from PyTorch: use nn.ModuleList or nn.Sequential."
                if listed else "Make the layers in __init__, as self.conv1 = …, and only use them "
                "in forward: a layer made in forward has new weights in each call.")
        raise Misfit(f"A {what} that forward uses does not belong to the block: "
                     "block.parameters() does not have its weights.", hint)
    return called + [layer for layer in own if layer not in called]


def _holds(value, layer):
    items = value.values() if isinstance(value, dict) else value
    return any(item is layer or isinstance(item, (list, tuple, dict)) and _holds(item, layer)
               or layer in getattr(item, "modules", list)() for item in items)


def _roles(convolutions, calls, setting, names):
    """Which convolution is conv1, conv2 and the projection."""
    in_channels, out_channels, stride = setting
    needed = stride != 1 or in_channels != out_channels
    kernels = [tuple(layer.kernel_size) for layer in convolutions]
    large = [layer for layer, kernel in zip(convolutions, kernels) if kernel == (3, 3)]
    small = [layer for layer, kernel in zip(convolutions, kernels) if kernel == (1, 1)]
    if not convolutions:
        raise Misfit("The block has no convolution.", "It is made of nn.Conv2d and nn.BatchNorm2d: "
                     "two of each on the way of F(x), set to self in __init__.")
    if not needed and len(large) == 2 and len(small) == len(convolutions) - 2 > 0:
        called = {id(call.layer) for call in calls}
        unused = "" if id(small[0]) in called else ", though forward does not use it"
        raise Misfit(f"There is a projection, {names[id(small[0])]}{unused}. Here x can be added "
                     "as it is.", "Make the 1×1 convolution only if stride != 1 or in_channels != "
                     "out_channels; else the skip is x itself, without weights.")
    if needed and len(large) == 2 and len(convolutions) == 2:
        raise Misfit("The projection is missing: x does not have the shape of F(x).",
                     _when_to_project(setting))
    if len(convolutions) == 1:
        twice = sum(call.layer is convolutions[0] for call in calls) > 1
        raise Misfit("There is one convolution" + (", called twice." if twice else "."),
                     "The two need weights of their own: make two nn.Conv2d." if twice else
                     "F(x) is made of two 3×3 convolutions.")
    if len(large) == len(convolutions) == 3:
        raise Misfit("The projection has a kernel of 3×3, or there are three convolutions in a "
                     "row." if needed else "There are three 3×3 convolutions.",
                     "The projection only mixes channels: kernel_size=1, padding=0. F(x) has two "
                     "3×3 convolutions." if needed else "F(x) has two.")
    if len(large) != 2 or len(small) != needed or len(convolutions) != 2 + needed:
        listed = ", ".join(f"{names[id(layer)]} {'×'.join(map(str, kernel))}"
                           for layer, kernel in zip(convolutions, kernels))
        raise Misfit(f"The convolutions are {listed}.", "There should be two 3×3 convolutions"
                     + (" and a 1×1 on the skip." if needed else ", and nothing on the skip."))
    roles = {"conv1": large[0], "conv2": large[1]}
    return {**roles, "projection": small[0]} if needed else roles


def _when_to_project(setting):
    in_channels, out_channels, stride = setting
    if stride == 1:
        why = f"F(x) has {out_channels} channels and x has {in_channels}, though the stride is 1"
    elif in_channels == out_channels:
        why = "the stride makes F(x) smaller than x, though the channels are as many"
    else:
        why = "F(x) is smaller than x and has other channels"
    return (f"Here {why}: a 1×1 convolution with the same stride, and a norm behind it, go on the "
            "skip. Zeros in place of new channels (the paper's option A), cropping or pooling are "
            "not what torchvision does.")


def _check_settings(roles, setting, names):
    in_channels, out_channels, stride = setting
    strides = {role: tuple(layer.stride) for role, layer in roles.items()}
    if stride != 1 and strides["conv1"] == (1, 1) and strides["conv2"] == (stride, stride):
        raise Misfit("The stride stands in the second convolution.",
                     "torchvision's block strides in the first: the second works on small maps.")
    for role, layer in roles.items():
        s = stride if role != "conv2" else 1
        pad = 0 if role == "projection" else 1
        wanted = {
            "in_channels": out_channels if role == "conv2" else in_channels,
            "out_channels": out_channels, "stride": (s, s), "dilation": (1, 1),
            "padding": (pad, pad), "groups": 1, "padding_mode": "zeros",
        }
        kind = "" if role == "projection" else " convolution"
        who = f"{NAMES[role].capitalize()}{kind} ({names[id(layer)]})"
        for key, value in wanted.items():
            given = getattr(layer, key)
            given = tuple(given) if isinstance(given, list) else given
            if key == "padding" and isinstance(given, str):
                given = (pad, pad) if given == "same" or not pad else (0, 0)
            if given != value:
                raise Misfit(f"{who} has {key}={_short(given)}, expected is {_short(value)}.",
                             _setting_hint(role, key, given, strides))
        if layer.bias is not None:
            raise Misfit(f"{who} has a bias.", "The norm behind it takes the "
                         "mean away, and any bias with it: torchvision's have bias=False.")


def _setting_hint(role, key, given, strides):
    if key == "stride" and role == "conv1":
        return "Hand the stride on to the first convolution: stride=stride."
    if key == "stride" and role == "conv2":
        both = strides["conv1"] != (1, 1)
        return ("Only the first convolution strides: with both, F(x) gets half as large again."
                if both else "The second convolution keeps the size.")
    if key == "stride":
        return "x has to become as small as F(x): the projection needs the same stride."
    if key == "padding" and role != "projection":
        return "A 3×3 kernel keeps the size with padding=1."
    if key == "padding":
        return "A 1×1 kernel reaches no neighbours: nothing has to be padded."
    if key.endswith("channels"):
        return ("Use the names in_channels and out_channels: the first convolution and the "
                "projection go from the one to the other, the second stays at out_channels.")
    return f"Leave {key} out."


def _short(value):
    """(2, 2) as 2."""
    return value[0] if isinstance(value, tuple) and len(set(value)) == 1 else value


def _norms(block, roles, convolutions, calls, x, names):
    """The norm of each convolution: the one that gets its output, or else the next one."""
    from torch import nn

    other = [layer for layer in block.modules() if "Norm" in type(layer).__name__
             and not isinstance(layer, nn.BatchNorm2d) and not list(layer.children())]
    if other:
        raise Misfit(f"{type(other[0]).__name__} is another norm.", "Use nn.BatchNorm2d.")
    norms = _in_order(block, nn.BatchNorm2d, calls)
    for norm in norms:
        if sum(call.layer is norm for call in calls) > 1:
            raise Misfit(f"The norm {names[id(norm)]} is used more than once.",
                         "Each convolution needs a norm of its own, with its own weights and "
                         "running statistics.")
    role_of = {id(layer): role for role, layer in roles.items()}
    order = [role_of[id(layer)] for layer in convolutions]
    found = {}
    for role in order:
        outputs = [call.y for call in calls if call.layer is roles[role] and call.y is not None]
        found[role] = next((call.layer for call in calls if call.layer in norms
                            and any(call.x is y for y in outputs)), None)
    missing = [role for role in order if found[role] is None]
    spare = [norm for norm in norms if norm not in found.values()]
    before = [call.layer for call in calls if call.layer in spare and call.x is x]
    if missing and before:
        raise Misfit(f"The norm {names[id(before[0])]} comes before the first convolution.",
                     "Here each norm stands behind its convolution: convolution, norm, ReLU, "
                     "convolution, norm. (Norm first is the later block, arXiv:1603.05027.)")
    if len(missing) > len(spare):
        which = next((role for role in missing if _is_called(roles[role], calls)), missing[-1])
        if which == "projection" or (not spare and missing == ["projection"]):
            raise Misfit("The projection has no norm.", "torchvision's is a 1×1 convolution and a "
                         "norm: nn.Sequential(nn.Conv2d(…), nn.BatchNorm2d(out_channels)).")
        raise Misfit(f"A norm is missing: {len(norms)} for {len(convolutions)} convolutions, none "
                     f"behind {NAMES[which]}.",
                     "Each convolution has an nn.BatchNorm2d(out_channels) behind it.")
    if len(missing) < len(spare):
        raise Misfit(f"There are {len(norms)} norms for {len(convolutions)} convolutions.",
                     "One behind each convolution, and no other: "
                     f"{names[id(spare[-1])]} is too many.")
    return {**found, **dict(zip(missing, spare))}


def _is_called(layer, calls):
    return any(call.layer is layer for call in calls)


def _check_norms(norms, roles, names):
    for role, norm in norms.items():
        for key, value in {"num_features": roles[role].out_channels, "eps": 1e-5, "momentum": 0.1,
                           "affine": True, "track_running_stats": True}.items():
            if getattr(norm, key) != value:
                raise Misfit(f"The norm {names[id(norm)]} has {key}={getattr(norm, key)}, expected "
                             f"is {value}.", "It normalizes the maps that the convolution before "
                             "it makes." if key == "num_features" else f"Leave {key} out.")


def _check_rest(block, layers):
    """A Misfit if something else has weights."""
    known = {id(p) for layer in layers for p in layer.parameters()}
    more = [name for name, parameter in block.named_parameters() if id(parameter) not in known]
    if more:
        raise Misfit(f"The block has other weights, too: {', '.join(more)}.", "Only the "
                     "convolutions and their norms have weights in torchvision's block.")
