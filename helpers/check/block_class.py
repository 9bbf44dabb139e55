"""From the participant's class to a block, and from an exception to a hint."""

import inspect

from .answers import line_of, is_stub
from .block_parts import Misfit
from .verdict import WRONG, Verdict, listing, not_tried

NAME = "MyBlock"


def not_a_class(answer):
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
    init = "def __init__(self, in_channels, out_channels, stride=1):"
    for function, arguments, form in [(answer.__init__, (4, 4), init),
                                      (answer.__init__, (4, 6, 2), init),
                                      (answer.forward, (4,), "def forward(self, x):")]:
        try:
            inspect.signature(function).bind(None, *arguments)
        except TypeError:
            return wrong(f"{function.__name__} takes {inspect.signature(function)}.",
                         f"Write {form}")
        except ValueError:  # no signature to be had
            pass
    return None


def made(block_class, setting):
    """The participant's block, or a Misfit."""
    from torch import nn
    from torchvision.models.resnet import BasicBlock, Bottleneck

    *channels, stride = setting
    try:
        block = block_class(*channels) if stride == 1 else block_class(*setting)
    except NotImplementedError:
        raise
    except (Exception, SystemExit) as error:
        raise stopped(error, block_class.__init__, "__init__") from error
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


def stopped(error, function, where):
    """The Misfit for an exception, with the participant's line."""
    text = (str(error).splitlines() or [""])[0]
    message = f"{where} stops with {type(error).__name__}: {text}{line_of(error, function)}"
    known = [hint for words, hint in _ERRORS if any(word in str(error) for word in words)]
    if isinstance(error, RecursionError):
        known = [f"{where} calls itself without end."]
    return Misfit(message.rstrip(".") + ".", known[0] if known else
                  "Read Python's message, and follow the shapes from layer to layer.")


_SUPER = "The first line of __init__ is super().__init__(): without it nothing can be kept in self."
_ERRORS = [
    (("before Module.__init__()",), _SUPER),
    (("modified by an inplace operation", "leaf Variable"), "An in-place operation (+=, "
     "inplace=True, relu_) has overwritten x, or a value that the gradient still needs. On the "
     "output of a norm += is fine; x itself is to stay as it came."),
    (("does not require grad",), "No gradient comes back: leave no_grad, detach and .data out."),
    (("object has no attribute",), "What forward uses has to be made in __init__, with self. in "
     "front of its name."),
    (("is not defined",), "Layers and numbers that forward uses are kept in __init__: "
     "self.conv1 = …"),
    (("must match the size", "must match the existing size"), "Follow the shapes of F(x) and of "
     "the skip: they can only be added if they agree. Is the projection used?"),
    (("padding='same'",), "With a stride \"same\" is not defined: a 3×3 kernel wants padding=1."),
    (("not callable",), "Is a number or a tuple in the place of a layer?"),
]
