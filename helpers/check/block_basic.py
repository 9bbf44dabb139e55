"""Exercise of lesson 5: write the basic block, equal to torchvision's under the same weights."""

from .block_class import NAME, made, not_a_class, stopped
from .block_mistakes import named_mistake
from .block_parts import Misfit, parts_of, trial
from .verdict import RIGHT, WRONG, Verdict, listing, not_tried

# (in_channels, out_channels, stride): the skip as it is, and three reasons for a projection.
SETTINGS = [(4, 4, 1), (3, 5, 1), (4, 6, 2), (4, 4, 2)]


def basic_block(block_class):
    """Verdict on a class MyBlock(in_channels, out_channels, stride=1): ResNet's basic block.

    With its weights torchvision.models.resnet.BasicBlock must give the same bits in both modes:
    outputs, gradients of x, and running statistics. Names and order of the layers are free.
    (He et al. 2015, arXiv:1512.03385.)
    """
    import torch

    from helpers.training import one_thread

    verdict = not_a_class(block_class)
    if verdict is not None:  # a verdict of wrong is false
        return verdict
    lines = []
    with torch.random.fork_rng(devices=[]), torch.enable_grad(), one_thread():
        for seed, setting in enumerate(SETTINGS):
            torch.manual_seed(seed)
            call = _called(setting)
            try:
                block = made(block_class, setting)
                lines.append(_compare(block, setting, call))
            except NotImplementedError:
                return not_tried(NAME)
            except Misfit as misfit:
                case = f"{call}\n{misfit.case}".rstrip()
                return Verdict(WRONG, misfit.message, case, misfit.hint)
    return Verdict(RIGHT, "The same bits as torchvision's BasicBlock with the same weights, in "
                   "evaluation and training mode: outputs, gradients, running statistics.",
                   "\n".join(lines))


def _called(setting):
    in_channels, out_channels, stride = setting
    return f"{NAME}({in_channels}, {out_channels}{'' if stride == 1 else f', stride={stride}'})"


def _compare(block, setting, call):
    """A line on the block that equals torchvision's; else a Misfit is raised."""
    import torch

    x = torch.randn(2, setting[0], 7, 6)
    try:
        block.train()
        calls, y, error = trial(block, x)
    except Exception as stop:
        raise stopped(stop, type(block).forward, "The block") from stop
    if isinstance(error, NotImplementedError):
        raise error
    if error is not None and not isinstance(error, (RuntimeError, ValueError)):
        raise stopped(error, type(block).forward, "forward") from error
    parts = parts_of(block, calls, setting, x)
    if error is not None:
        raise stopped(error, type(block).forward, "forward") from error
    _check_form(y)
    theirs = _torchvision(block, parts, setting)
    for training in (False, True):
        block.train(training)
        theirs.train(training)
        if block.training != training:
            raise Misfit("The block does not change between training and evaluation mode.",
                          "Leave train() and eval() as nn.Module has them.")
        for n in (2, 3):
            _compare_once(block, theirs, torch.randn(n, setting[0], 7, 6), training)
    for role, norm in _norms_of(theirs):
        mine = parts[role][1]
        for name in ("running_mean", "running_var", "num_batches_tracked"):
            if not torch.equal(getattr(mine, name), getattr(norm, name)):
                raise Misfit(f"{name} of the norm behind {role} is another one after training.",
                              "In training mode each norm sees each batch once. Is something "
                              "computed twice, or with a layer in another mode?")
    count = sum(parameter.numel() for parameter in block.parameters())
    return f"{call}: {count:,} parameters, {'identity' if len(parts) == 2 else 'projection'}"


def _check_form(y):
    import torch

    if y is None:
        raise Misfit("forward returns nothing.", "Does it end with return?")
    if y is ...:
        raise NotImplementedError
    if not isinstance(y, torch.Tensor):
        raise Misfit(f"forward returns a {type(y).__name__}.", "Return one tensor, relu(F(x) + x).")
    if y.dtype != torch.float32:
        raise Misfit(f"forward makes {y.dtype} of torch.float32.",
                     "Leave the numbers as they come.")


def _torchvision(block, parts, setting):
    """torchvision's block; both get the same random weights and statistics."""
    import torch
    from torch import nn
    from torchvision.models.resnet import BasicBlock

    projection = None
    if "projection" in parts:
        projection = nn.Sequential(nn.Conv2d(*setting[:2], 1, setting[2], bias=False),
                                   nn.BatchNorm2d(setting[1]))
    theirs = BasicBlock(*setting, projection)
    layers = {"conv1": (theirs.conv1, theirs.bn1), "conv2": (theirs.conv2, theirs.bn2),
              "projection": projection}
    with torch.no_grad():
        for role, (mine, my_norm) in parts.items():
            layer, norm = layers[role]
            norm.weight.uniform_(1, 4)  # so that ReLU6 would show
            norm.bias.normal_()
            norm.running_mean.normal_()
            norm.running_var.uniform_(0.5, 2)
            try:
                mine.load_state_dict(layer.state_dict())
                my_norm.load_state_dict(norm.state_dict())
            except (RuntimeError, AttributeError) as error:
                raise Misfit(f"The weights of {role} cannot be set: {str(error).splitlines()[0]}",
                             "Use nn.Conv2d and nn.BatchNorm2d as they are.") from error
    return theirs


def _norms_of(theirs):
    norms = [("conv1", theirs.bn1), ("conv2", theirs.bn2)]
    return norms if theirs.downsample is None else [*norms, ("projection", theirs.downsample[1])]


def _compare_once(block, theirs, x, training):
    """A Misfit unless output, input and the gradient of the input agree bit by bit."""
    import torch

    mode = "training" if training else "evaluation"
    case = f"{mode} mode, x of shape {tuple(x.shape)}"
    given = x.clone()
    with torch.no_grad():
        try:
            y = block(given)
        except (Exception, SystemExit) as error:
            raise stopped(error, type(block).forward, f"In {mode} mode forward") from error
        wanted = theirs(x.clone())
    _check_form(y)
    if y.shape != wanted.shape:
        raise Misfit(f"The output has the shape {tuple(y.shape)}, expected is "
                      f"{tuple(wanted.shape)}.", named_mistake(theirs, x, y) or
                      "Two 3×3 convolutions, the first with the stride; then the addition.", case)
    if not torch.equal(y, wanted):
        raise _difference(block, theirs, x, y, wanted, training, case)
    if not torch.equal(given, x):
        raise Misfit("The output is right, but the block has changed its input x.",
                      "x += … and in-place ReLUs write into x, which others may still need: "
                      "out += x writes into out.", case)
    theirs_x, x = x.clone().requires_grad_(), x.clone().requires_grad_()
    direction = torch.randn(wanted.shape)
    theirs(theirs_x).backward(direction)
    try:
        block(x).backward(direction)
    except (Exception, SystemExit) as error:
        raise stopped(error, type(block).forward, "With gradients the block") from error
    if x.grad is None or not torch.equal(x.grad, theirs_x.grad):
        raise Misfit("The output is right, but the gradient of x is another one.", "Skip and "
                      "branch both carry gradient: is there a detach, .data or no_grad?", case)


def _difference(block, theirs, x, y, wanted, training, case):
    """The Misfit for another output."""
    import torch

    index = tuple((y != wanted).nonzero()[0].tolist())
    error = (y - wanted).abs().max().item()
    where = f"y{list(index)}"
    case += "\n" + listing(**{f"expected {where}": wanted[index].item(),
                              f"your {where}": y[index].item()})
    case += f"\nlargest difference {error:.2g}"
    if torch.allclose(y, wanted, rtol=1e-4, atol=1e-5):
        return Misfit("The output is nearly right: it differs by rounding.", "The same operations "
                       "in the same order give the same bits: nn.Conv2d, nn.BatchNorm2d, ReLU and "
                       "one addition.", case)
    hint = named_mistake(theirs, x, y)
    if not hint and training:
        hint = ("In evaluation mode it is right. What acts in another way in training mode: "
                "dropout, or a norm that is called in another way?")
    if not hint:
        own = {"Conv2d", "BatchNorm2d", "ReLU", "Identity", "Sequential", "ModuleList",
               "ModuleDict", type(block).__name__}
        others = sorted({type(part).__name__ for part in block.modules()} - own)
        hint = "y = relu(F(x) + x) with F: convolution, norm, ReLU, convolution, norm."
        if others:
            hint += f" There is no {' and no '.join(others)} in it."
    return Misfit("The output is not that of torchvision's block.", hint, case)
