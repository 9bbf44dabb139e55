"""Exercise of lesson 5: write the basic block, equal to torchvision's under the same weights."""

import copy
import inspect

from .answers import _line_of, is_stub
from .block_mistakes import named_mistake
from .block_parts import Misfit, parts_of, trial
from .verdict import RIGHT, WRONG, Verdict, listing, not_tried

NAME = "MyBlock"
# (in_channels, out_channels, stride): the skip as it is, and three reasons for a projection.
SETTINGS = [(4, 4, 1), (3, 5, 1), (4, 6, 2), (4, 4, 2)]


def basic_block(block_class):
    """Verdict on a class MyBlock(in_channels, out_channels, stride=1): ResNet's basic block.

    With its weights torchvision.models.resnet.BasicBlock must give the same bits in both modes:
    outputs, gradients of x, and running statistics. Names and order of the layers are free.
    (He et al. 2015, arXiv:1512.03385.)
    """
    import torch

    verdict = _not_a_class(block_class)
    if verdict is not None:  # a verdict of wrong is false
        return verdict
    lines = []
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        for seed, setting in enumerate(SETTINGS):
            torch.manual_seed(seed)
            call = _called(setting)
            try:
                block = _made(block_class, setting)
                lines.append(_compare(block, setting, call))
            except NotImplementedError:
                return not_tried(NAME)
            except Misfit as misfit:
                case = f"{call}\n{misfit.case}".rstrip()
                return Verdict(WRONG, misfit.message, case, misfit.hint)
    return Verdict(RIGHT, "The same bits as torchvision's BasicBlock with the same weights, in "
                   "evaluation and training mode: outputs, gradients, running statistics.",
                   "\n".join(lines))


def _not_a_class(answer):
    """A verdict on what is no class with a forward to be tried, else None."""
    from torch import nn
    from torchvision.models.resnet import BasicBlock, Bottleneck

    def wrong(message, hint):
        return Verdict(WRONG, message, hint=hint)

    if answer is None or answer is ... or inspect.isroutine(answer) and is_stub(answer):
        return not_tried(NAME)
    if isinstance(answer, nn.Module):
        return wrong(f"This is a block, made by {type(answer).__name__}(…). The class itself is "
                     "asked for.", f"Write check.basic_block({type(answer).__name__}), without "
                     "brackets behind the name.")
    if not isinstance(answer, type):
        return Verdict(WRONG, f"A class is asked for, and this is of type {type(answer).__name__}.",
                       listing(answer=answer), f"class {NAME}(nn.Module): with __init__ and "
                       "forward.")
    if not issubclass(answer, nn.Module):
        return wrong(f"{answer.__name__} is no nn.Module.", f"Begin with class {NAME}(nn.Module):")
    if issubclass(answer, (BasicBlock, Bottleneck)):
        return wrong("This is torchvision's own block.", "Yours is going to be compared with it: "
                     "write its __init__ and its forward yourself.")
    if answer.forward is nn.Module.forward:
        return wrong(f"{answer.__name__} has no forward.", "Is it spelt forward, and does its def "
                     "stand as far to the right as that of __init__?")
    if is_stub(answer.forward):
        return not_tried(f"{NAME}, its __init__ and its forward")
    if answer.__init__ is nn.Module.__init__:
        return wrong(f"{answer.__name__} has no __init__.", "Is it spelt with two underscores on "
                     "either side?")
    for function, arguments, form in [
            (answer.__init__, (4, 4), "def __init__(self, in_channels, out_channels, stride=1):"),
            (answer.__init__, (4, 6, 2), "def __init__(self, in_channels, out_channels, stride=1):"),
            (answer.forward, (4,), "def forward(self, x):")]:
        try:
            inspect.signature(function).bind(None, *arguments)
        except TypeError:
            return wrong(f"{function.__name__} takes {inspect.signature(function)}.",
                         f"Write {form}")
        except ValueError:  # no signature to be had
            pass
    return None


def _called(setting):
    in_channels, out_channels, stride = setting
    return f"{NAME}({in_channels}, {out_channels}{'' if stride == 1 else f', stride={stride}'})"


def _made(block_class, setting):
    """The participant's block, or a Misfit."""
    from torch import nn
    from torchvision.models.resnet import BasicBlock, Bottleneck

    *channels, stride = setting
    try:
        block = block_class(*channels) if stride == 1 else block_class(*setting)
    except NotImplementedError:
        raise
    except (Exception, SystemExit) as error:
        raise _stopped(error, block_class.__init__, "__init__") from error
    if "_modules" not in vars(block):
        raise Misfit("super().__init__() has not been called.", _SUPER)
    if any(isinstance(part, (BasicBlock, Bottleneck)) for part in block.modules()):
        raise Misfit("There is a block of torchvision's in it.", "Yours is going to be compared "
                      "with it: put it together from nn.Conv2d and nn.BatchNorm2d.")
    lost = [value.__name__ for value in vars(block).values()
            if isinstance(value, type) and issubclass(value, nn.Module)]
    if lost:
        raise Misfit(f"nn.{lost[0]} is set to self as a class, not as a layer.",
                      f"Write nn.{lost[0]}(…), with brackets.")
    return block


_SUPER = "The first line of __init__ is super().__init__(): without it nn.Module cannot keep layers."
_ERRORS = [
    (("before Module.__init__()",), _SUPER),
    (("modified by an inplace operation", "leaf Variable"), "An in-place operation (+=, "
     "inplace=True, relu_) has overwritten x, or a value that the gradient still needs. On the "
     "output of a norm += is fine; x itself is to stay as it came."),
    (("does not require grad",), "No gradient comes back: leave no_grad, detach and .data out."),
    (("object has no attribute",), "What forward uses has to be made in __init__, with self. before "
     "its name."),
    (("is not defined",), "Layers and numbers that forward uses are kept in __init__: "
     "self.conv1 = …"),
    (("must match the size", "must match the existing size"), "Follow the shapes of F(x) and of "
     "the skip: they can only be added if they agree. Is the projection used?"),
    (("not callable",), "Is a number or a tuple in the place of a layer?"),
]


def _stopped(error, function, where):
    """The Misfit for an exception, with the participant's line."""
    text = (str(error).splitlines() or [""])[0]
    message = f"{where} stops with {type(error).__name__}: {text}{_line_of(error, function)}"
    known = [hint for words, hint in _ERRORS if any(word in str(error) for word in words)]
    if isinstance(error, RecursionError):
        known = [f"{where} calls itself without end."]
    return Misfit(message.rstrip(".") + ".", known[0] if known else
                   "Read Python's message, and follow the shapes from layer to layer.")


def _compare(block, setting, call):
    """A line on the block that equals torchvision's; else a Misfit is raised."""
    import torch

    x = torch.randn(2, setting[0], 7, 6)
    try:
        block.train()
        calls, y, error = trial(block, x.clone())
    except Exception as stop:
        raise _stopped(stop, type(block).forward, "The block") from stop
    arrived = calls[0].x if calls else None
    if isinstance(error, NotImplementedError):
        raise error
    if error is not None and not isinstance(error, (RuntimeError, ValueError)):
        raise _stopped(error, type(block).forward, "forward") from error
    parts = parts_of(block, calls, setting, arrived)
    if error is not None:
        raise _stopped(error, type(block).forward, "forward") from error
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
        raise Misfit(f"forward makes {y.dtype} of torch.float32.", "Leave the numbers as they come.")


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
            norm.weight.uniform_(0.5, 2)
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
    before = copy.deepcopy(theirs)
    given = x.clone()
    with torch.no_grad():
        try:
            y = block(given)
        except (Exception, SystemExit) as error:
            raise _stopped(error, type(block).forward, f"In {mode} mode forward") from error
        wanted = theirs(x.clone())
    _check_form(y)
    if y.shape != wanted.shape:
        raise Misfit(f"The output has the shape {tuple(y.shape)}, expected is "
                      f"{tuple(wanted.shape)}.", named_mistake(before, x, y) or
                      "Two 3×3 convolutions, the first with the stride; then the addition.", case)
    if not torch.equal(y, wanted):
        raise _difference(block, before, x, y, wanted, training, case)
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
        raise _stopped(error, type(block).forward, "With gradients the block") from error
    if x.grad is None or not torch.equal(x.grad, theirs_x.grad):
        raise Misfit("The output is right, but the gradient of x is another one.", "Skip and "
                      "branch both carry gradient: is there a detach, .data or no_grad?", case)


def _difference(block, before, x, y, wanted, training, case):
    """The Misfit for another output."""
    import torch

    index = tuple((y != wanted).nonzero()[0].tolist())
    error = (y - wanted).abs().max().item()
    case += "\n" + listing(**{f"expected y{list(index)}": wanted[index].item(),
                              f"your y{list(index)}": y[index].item(),
                              "largest difference": error})
    if torch.allclose(y, wanted, rtol=1e-4, atol=1e-5):
        return Misfit("The output is nearly right: it differs by rounding.", "The same operations "
                       "in the same order give the same bits: nn.Conv2d, nn.BatchNorm2d, ReLU and "
                       "one addition.", case + f" ({error:.1g})")
    hint = named_mistake(before, x, y)
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
    return Misfit("The output is another one.", hint, case)
