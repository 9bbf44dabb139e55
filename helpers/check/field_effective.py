"""Exercise of lesson 4: the effective receptive field of a network, by gradients."""

import dataclasses
import functools

import numpy as np

from .answers import Mistake, check_function
from .verdict import RIGHT, Verdict, to_numbers

NAME = "my_effective_field"


def my_effective_field(function):
    """Verdict on f(model, x) -> (H, W): how strongly the middle unit depends on each pixel.

    x (N, C, H, W), y = model(x) (N, O, h, w). The gradient of y[:, :, h // 2, w // 2].sum() with
    respect to x, its absolute value averaged over images and channels of x; any positive factor
    is free. (After Luo et al. 2016, arXiv:1701.04128.)
    """
    verdict = check_function(function, field, [], name=NAME)
    if not verdict:  # untouched, no function, or another signature
        return verdict
    import torch

    cases = _cases()
    for index, (what, model, x) in enumerate(cases):
        repeated = index == len(cases) - 1
        # Once more with the x of another call: what x.grad still holds must not be added.
        with torch.enable_grad():
            verdict = check_function(
                _of_x(_second if repeated else _first, function, model),
                _of_x(_first, field, model), [(x,)], name=NAME, outputs=("field",), hint=HINT,
                mistakes=[dataclasses.replace(m, function=m.function and _of_x(
                    _first, m.function, model)) for m in (AGAIN if repeated else MISTAKES)])
        if not verdict:
            case = f"model = {what}\nx of shape {tuple(x.shape)}"
            found = verdict.case.find("expected field")
            if found >= 0 and "has the shape" not in verdict.message:
                case += "\nboth divided by their sums:\n" + verdict.case[found:]
            return dataclasses.replace(verdict, case=case)
    return Verdict(RIGHT, f"{NAME} gives the expected field for {len(cases)} networks; a factor is "
                   "free.")


def _cases():
    """(words, model, x): sizes in which height, width, input and output cannot be mistaken."""
    import torch
    from torch import nn

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        two = nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.Conv2d(3, 2, 3))
        strided = nn.Sequential(nn.Conv2d(1, 2, 3, stride=2, padding=1), nn.ReLU(),
                                nn.Conv2d(2, 4, 3, padding=1))
        wide = nn.Conv2d(3, 2, 3, padding=2, dilation=2)
        return [
            ("conv 3×3, ReLU, conv 3×3", two, torch.randn(2, 2, 9, 7)),
            ("conv 3×3 with stride 2, ReLU, conv 3×3", strided, torch.randn(3, 1, 9, 13)),
            ("conv 3×3 with dilation 2, after a call with the same x", wide,
             torch.randn(1, 3, 5, 7)),
        ]


def _of_x(way, function, model):
    """A function of x alone, for check_function compares arguments as numbers."""
    bound = functools.partial(way, function, model)
    bound.__code__ = getattr(function, "__code__", None)  # for the line that fails
    return bound


def _first(function, model, x):
    return _divided(function(model, x))


def _second(function, model, x):
    function(_edges(model), x)
    return _divided(function(model, x))


def _edges(model):
    """Another network for the same x: a wide one, the weights all alike."""
    import torch
    from torch import nn

    first = nn.Conv2d(model.in_channels, 1, 5, padding=2)
    with torch.no_grad():
        first.weight.fill_(1.0)
    return first


def _divided(values):
    """Divided by the sum of the absolute values, so that a factor is free."""
    try:
        values = to_numbers(values)
    except TypeError:  # nothing, or no numbers: check_function says so
        return values
    total = np.abs(values).sum()
    return values / total if np.isfinite(total) and total > 0 else values


def field(model, x):
    """The absolute gradient of the middle unit, averaged over images and channels."""
    return _gradient(model, x).abs().mean((0, 1))


def _middle(y):
    return y[:, :, y.shape[2] // 2, y.shape[3] // 2]


def _gradient(model, x, pick=_middle):
    """The gradient of the sum of what `pick` takes of the output."""
    import torch

    x = x.detach().clone().requires_grad_()
    return torch.autograd.grad(pick(model(x)).sum(), x)[0]


def _other(pick):
    """The field of something else than the middle unit."""
    return lambda model, x: _gradient(model, x, pick).abs().mean((0, 1))


def _reduced(reduce):
    """Something else of the right gradient."""
    return lambda model, x: reduce(_gradient(model, x))


def _input_middle(model, x):
    row, column = x.shape[2] // 2, x.shape[3] // 2
    return _gradient(model, x, lambda y: y[:, :, row, column]).abs().mean((0, 1))


def _of_weights(model, x):
    """As large as the first layer's weights."""
    return np.zeros(next(model.parameters()).shape)


def _accumulated(model, x):
    return (_gradient(_edges(model), x) + _gradient(model, x)).abs().mean((0, 1))


HINT = ("Let x require a gradient, take the unit in the middle of y = model(x), summed over images "
        "and channels, go backward; average the absolute gradient of x over its first two axes.")
_SIGNS = ("Positive and negative gradients cancel: take the absolute value first, then the mean "
          "over images and channels.")
_AXES = "One map is asked for: average over the images and the channels of x, its first two axes."
_PLACE = "The middle is that of the output: y[:, :, y.shape[2] // 2, y.shape[3] // 2]."
_ABS = "The mean of the absolute values is asked for; yours is {}."
_ALL = "All {} of {} count, not the first alone."
MISTAKES = [
    Mistake(_other(lambda y: y), "That is the gradient of all units together: each pixel then gets "
            "what all that see it say. Take the middle unit alone."),
    Mistake(_other(lambda y: y[:, :, 0, 0]), "That is the unit in the corner. " + _PLACE),
    Mistake(_other(lambda y: y[:, :, -1, -1]), "That is the unit in the last corner. " + _PLACE),
    Mistake(_input_middle, "That is the place of the input's middle. " + _PLACE),
    Mistake(_other(lambda y: y[:, :, y.shape[3] // 2, y.shape[2] // 2]),
            "Height and width are exchanged. " + _PLACE),
    Mistake(_other(lambda y: y[:, 0, y.shape[2] // 2, y.shape[3] // 2]),
            _ALL.format("channels", "the output")),
    Mistake(_reduced(lambda g: g.mean((0, 1))), "There are signs left. " + _SIGNS),
    Mistake(_reduced(lambda g: -g.mean((0, 1))), "There are signs left. " + _SIGNS),
    Mistake(_reduced(lambda g: g.mean((0, 1)).abs()), _SIGNS),
    Mistake(_reduced(lambda g: g.mean(0).abs().mean(0)), _SIGNS),
    Mistake(_reduced(lambda g: g.mean(1).abs().mean(0)), _SIGNS),
    Mistake(_reduced(lambda g: g.relu().mean((0, 1))), "Negative gradients count, too: take their "
            "absolute value."),
    Mistake(_reduced(lambda g: (g**2).mean((0, 1))), _ABS.format("the mean of the squares")),
    Mistake(_reduced(lambda g: (g**2).mean((0, 1)) ** 0.5),
            _ABS.format("the root of the mean of the squares")),
    Mistake(_reduced(lambda g: g.abs().amax((0, 1))), _ABS.format("the largest")),
    Mistake(_reduced(lambda g: g.abs().amax(1).mean(0)),
            _ABS.format("the largest of the channels")),
    Mistake(_reduced(lambda g: g[0].abs().mean(0)), _ALL.format("images", "the batch")),
    Mistake(_reduced(lambda g: g[:, 0].abs().mean(0)), _ALL.format("channels", "x")),
    Mistake(_reduced(lambda g: g[0, 0].abs()), _ALL.format("images and channels", "x")),
    Mistake(_reduced(lambda g: (g != 0).any(0).any(0).float()), "That says which pixels are seen, "
            "the theoretical field: how strongly is asked for."),
    Mistake(lambda model, x: (x * _gradient(model, x)).abs().mean((0, 1)), "The gradient alone is "
            "asked for, without x as a factor."),
    Mistake(lambda model, x: x.abs().mean((0, 1)), "That is x itself. Its gradient stands in "
            "x.grad after backward()."),
    Mistake(lambda model, x: x.mean((0, 1)), "That is x itself. Its gradient stands in x.grad "
            "after backward()."),
    Mistake(lambda model, x: np.zeros(x.shape[2:]), "Nothing came back: only zeros."),
    Mistake(lambda model, x: np.zeros(()), "One number came; a map as large as x is asked for."),
    Mistake(lambda model, x: np.zeros(x.shape), _AXES),
    Mistake(lambda model, x: np.zeros(x.shape[1:]), _AXES),
    Mistake(lambda model, x: np.zeros((x.shape[0], *x.shape[2:])), _AXES),
    Mistake(lambda model, x: np.zeros(x.shape[:2]), "You have averaged over the pixels: average "
            "over the first two axes, dim=(0, 1)."),
    Mistake(lambda model, x: np.zeros(x.shape[2:][::-1]), "Rows and columns are exchanged."),
    Mistake(lambda model, x: np.zeros(model(x).shape[2:]), "It is as large as the output. Asked "
            "for is a number for each pixel of x."),
    Mistake(lambda model, x: np.zeros(model(x).shape), "It is as large as the output. Asked for is "
            "a number for each pixel of x."),
    Mistake(_of_weights, "That is the gradient of the weights: ask for that of x."),
    Mistake(None, "x does not ask for a gradient: x = x.detach().clone().requires_grad_() before "
            "it goes through the model.",
            errors=("does not require grad", "'NoneType' object", "NoneType", "set to True")),
    Mistake(None, "backward starts from one number: sum the middle unit over images and channels.",
            errors=("implicitly created only for scalar",)),
    Mistake(None, _PLACE, errors=("out of bounds", "out of range")),
    Mistake(None, "Go backward once, after one model(x) of each call.",
            errors=("backward through the graph a second time",)),
    Mistake(None, "Nothing may be written into x while it requires a gradient: work on a copy.",
            errors=("leaf Variable", "in-place")),
]
AGAIN = [
    Mistake(_accumulated, "x.grad keeps the gradients of an earlier call and adds to them: work on "
            "a copy, x.detach().clone().requires_grad_(), or use torch.autograd.grad."),
    *MISTAKES,
]
