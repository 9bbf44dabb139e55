"""Exercise of lesson 5: batch normalization, in training and in evaluation mode."""

import copy
import dataclasses
import functools
import inspect

import numpy as np

from .answers import Mistake, check_function, same
from .verdict import NOT_TRIED, RIGHT, WRONG, Verdict, listing, to_numbers

NAME = "my_batch_norm"
MOMENTUM = 0.1  # of nn.BatchNorm2d


def my_batch_norm(function):
    """Verdict on f(x, weight, bias, running_mean, running_var, training, eps=1e-5) -> y.

    x (N, C, H, W), the others (C,). In training each channel is normalized by its mean and its
    biased variance over N, H and W, else by the running ones; then times weight, plus bias. Right
    is what agrees with F.batch_norm within 1e-4 of each number. The running statistics are to
    stay; who updates them exactly as nn.BatchNorm2d is told so. (Ioffe and Szegedy 2015,
    arXiv:1502.03167.)
    """
    verdict = check_function(function, _reference, [], name=NAME)
    if not verdict:  # untouched, no function, or another signature
        return verdict
    complaint = _without_eps(function)
    if complaint is not None:
        return complaint
    updated = False
    for what, arguments, settings in _cases():
        kept = []
        verdict = check_function(
            _on_copies(function, settings, kept), _bound(_reference, settings), [arguments],
            name=NAME, mistakes=[dataclasses.replace(m, function=m.function and _bound(
                m.function, settings)) for m in _mistakes()],
            hint="(x − mean) / sqrt(var + eps) · weight + bias, with one number for each channel: "
                 "mean and var over N, H and W in training, the running ones else.")
        if verdict.status == NOT_TRIED:
            return verdict
        if verdict:
            changed, verdict = _changed_statistics(arguments, settings[0], kept)
            updated = updated or changed
        if not verdict:
            eps = "" if len(settings) == 1 else f", eps = {settings[1]}"
            case = f"training = {settings[0]}{eps}   ({what})\n"
            case += _in_short(arguments) if arguments[0].numel() > 12 else verdict.case
            hint = _in_all_cases(function) or verdict.hint
            return dataclasses.replace(verdict, case=case, hint=hint)
    also = (" It updates the running statistics as nn.BatchNorm2d does, too, which was not asked "
            "for, and is right." if updated else "")
    return Verdict(RIGHT, f"{NAME} agrees with F.batch_norm in {len(_cases())} cases, in both "
                   f"modes (each number within 0.01 %: both are in float32).{also}")


def _in_short(arguments):
    """Instead of all the numbers of x: its shape, and its statistics."""
    x, *others = arguments
    return f"x of shape {tuple(x.shape)}\n" + listing(**{
        "mean over N, H, W": x.mean((0, 2, 3)), "biased variance": x.var((0, 2, 3), correction=0),
        **dict(zip(("weight", "bias", "running_mean", "running_var"), others))})


def _in_all_cases(function):
    """The hint on the first mistake that agrees in every case, or "": one alone may not tell."""
    answers = [_answer(function, case) for case in _cases()]
    for mistake in _mistakes():
        if mistake.function and all(
                answer.size and same(answer, _answer(mistake.function, case))
                for answer, case in zip(answers, _cases())):
            return mistake.hint
    return ""


def _answer(function, case):
    """What a function makes of copies, as an array; an empty one if it stops."""
    _, arguments, settings = case
    try:
        return to_numbers(function(*copy.deepcopy(arguments), *settings))
    except (Exception, SystemExit):
        return np.zeros(0)


def _without_eps(function):
    """A verdict on a function that cannot be called without eps, else None."""
    try:
        signature = inspect.signature(function)
        signature.bind(*range(6))
    except TypeError:
        return Verdict(WRONG, f"{NAME} is called without eps, too, but yours takes {signature}.",
                       hint="Give eps its default: eps=1e-5.")
    except ValueError:  # a function written in C
        pass
    return None


def _cases():
    """(words, (x, weight, bias, running_mean, running_var), (training,) or (training, eps))."""
    import torch

    generator = torch.Generator().manual_seed(7)

    def drawn(*shape):
        x = torch.randn(shape, generator=generator)
        channels = torch.arange(1.0, shape[1] + 1).view(-1, 1, 1)
        return x * channels + 2 * channels

    def settings(channels):
        weight, bias, mean, var = torch.rand(4, channels, generator=generator)
        return 1 + weight, bias - 2, 3 * mean, 1 + 3 * var

    small = torch.tensor([[[[1.0, 2, 3]], [[0, 2, 0]]], [[[3, 7, 2]], [[7, 1, 5]]]])
    two = tuple(torch.tensor(values) for values in ([2.0, 3], [1.0, -1], [1.0, 2], [4.0, 0.25]))
    constant = drawn(3, 2, 2, 4)
    constant[:, 1] = 5
    return [
        ("two images, two channels", (small, *two), (True,)),
        ("two images, two channels", (small, *two), (False,)),
        ("five images", (drawn(5, 3, 2, 4), *settings(3)), (True, 0.5)),
        ("five images", (drawn(5, 3, 2, 4), *settings(3)), (False, 0.5)),
        ("one image", (drawn(1, 4, 3, 2), *settings(4)), (True,)),
        ("as many columns as channels", (drawn(2, 3, 2, 3), *settings(3)), (True, 1e-3)),
        ("hardly any variance", (1e-2 * drawn(4, 2, 3, 5), *settings(2)), (True,)),
        ("one channel is constant", (constant, *settings(2)), (True,)),
    ]


def _reference(x, weight, bias, running_mean, running_var, training, eps=1e-5):
    """The formula in double precision."""
    x, weight, bias, mean, var = (v.double() for v in (x, weight, bias, running_mean, running_var))
    if training:
        mean = x.mean((0, 2, 3))
        var = ((x - _maps(mean)) ** 2).mean((0, 2, 3))
    return (x - _maps(mean)) / (_maps(var) + eps).sqrt() * _maps(weight) + _maps(bias)


def _maps(values):
    """(C,) → (C, 1, 1), one number for each map."""
    return values.view(-1, 1, 1)


def _bound(function, settings):
    """The function of the tensors alone, for check_function compares arguments as numbers."""
    return lambda x, weight, bias, running_mean, running_var: function(
        x, weight, bias, running_mean, running_var, *settings)


def _on_copies(function, settings, kept):
    """The same of the participant's function; what becomes of the statistics goes to `kept`."""
    bound = functools.partial(_with_copies, function, settings, kept)
    bound.__code__ = getattr(function, "__code__", None)  # for the line that fails
    return bound


def _with_copies(function, settings, kept, x, weight, bias, running_mean, running_var):
    kept[:] = running_mean.clone(), running_var.clone()
    return function(x, weight, bias, *kept, *settings)


def _changed_statistics(arguments, training, kept):
    """(changed?, verdict): right if they are as they were, or as PyTorch makes them in training."""
    import torch
    import torch.nn.functional as F

    x, weight, bias, mean, var = arguments
    if torch.equal(kept[0], mean) and torch.equal(kept[1], var):
        return False, Verdict(RIGHT, "")
    updated = mean.clone(), var.clone()
    F.batch_norm(x, *updated, weight, bias, training, MOMENTUM)
    if training and all(map(torch.allclose, kept, updated)):
        return True, Verdict(RIGHT, "")
    hint = ("Read running_mean and running_var without writing into them (+=, *=, copy_ and [:] = "
            "write).")
    if training:
        hint += " nn.BatchNorm2d makes something else of them."
    return True, Verdict(WRONG, f"y is right, but {NAME} has changed the running statistics.",
                         "", hint)


def _statistics(dims, correction=0):
    """Batch statistics over other axes, in training."""
    def rule(x, running_mean, running_var, training):
        if not training:
            return _maps(running_mean), _maps(running_var)
        return (x.mean(dims, keepdim=True), x.var(dims, correction=correction, keepdim=True))
    return rule


def _batch(x, running_mean, running_var, training):
    return _statistics((0, 2, 3))(x, running_mean, running_var, training)


def _variant(statistics=_batch, scale=lambda var, eps: (var + eps) ** 0.5,
             affine=lambda z, weight, bias: z * _maps(weight) + _maps(bias)):
    """The formula with one of its parts replaced."""
    def function(x, weight, bias, running_mean, running_var, training, eps=1e-5):
        mean, var = statistics(x, running_mean, running_var, training)
        return affine((x - mean) / scale(var, eps), weight, bias)
    return function


def _mistakes():
    axes = "One mean and one variance for each channel, over N, H and W: dim=(0, 2, 3). "
    exchanged = "Weight and bias are exchanged: times weight, plus bias."
    over = {
        (2, 3): "Yours are taken over each map of each image by itself (that is instance "
                "normalization).",
        (1, 2, 3): "Yours are taken over each image with all its channels (that is layer "
                   "normalization).",
        (0, 1, 2, 3): "Yours are taken over all channels together.",
        (0,): "Yours are taken for each pixel, over the images alone.",
        (0, 1): "Yours are taken for each pixel, over images and channels.",
        (1,): "Yours are taken for each pixel, over the channels.",
        (0, 3): "Yours leave the rows out.", (0, 2): "Yours leave the columns out.",
    }
    return [
        *(Mistake(_variant(_statistics(dims)), axes + hint) for dims, hint in over.items()),
        *(Mistake(_variant(_statistics(dims, 1)), axes + hint + " And x.var() divides by n − 1: "
                  "correction=0.") for dims, hint in over.items()),
        Mistake(_variant(_statistics((0, 2, 3), 1)), "The variance is the unbiased one: x.var() "
                "divides by n − 1. Batch normalization divides by n: correction=0 (or "
                "unbiased=False)."),
        Mistake(_variant(lambda x, mean, var, training: (_maps(mean), _maps(var))),
                "The running statistics are used in training, too: there the batch's own count."),
        Mistake(_variant(lambda x, mean, var, training: _batch(x, mean, var, True)),
                "The batch's own statistics are used in evaluation, too: there running_mean and "
                "running_var count, so that an image gets the same result in every batch."),
        Mistake(_variant(lambda x, mean, var, training: _batch(x, mean, var, not training)),
                "The modes are exchanged: the batch's own statistics in training, the running "
                "ones else."),
        Mistake(_variant(lambda x, mean, var, training: (
            _batch(x, mean, var, training)[0], _maps(var))), "The mean is that of the batch, but "
                "the variance the running one: in training both are the batch's."),
        Mistake(_variant(lambda x, mean, var, training: (
            _maps(mean), _batch(x, mean, var, training)[1])), "The variance is that of the batch, "
                "but the mean the running one: in training both are the batch's."),
        Mistake(_variant(scale=lambda var, eps: var + eps), "You divide by a variance (running_var "
                "is one): divide by its root, the standard deviation."),
        Mistake(_variant(scale=lambda var, eps: var), "You divide by the variance, without eps: "
                "divide by the root of var + eps."),
        Mistake(_variant(scale=lambda var, eps: var**0.5 + eps), "eps stands outside of the root: "
                "sqrt(var + eps)."),
        Mistake(_variant(scale=lambda var, eps: var**0.5), "eps is not used: sqrt(var + eps), so "
                "that a constant channel does not divide by zero."),
        Mistake(_variant(scale=lambda var, eps: (var + 1e-5) ** 0.5), "eps is always 1e-5: use "
                "the argument."),
        Mistake(_variant(scale=lambda var, eps: (var**0.5 + eps) ** 0.5), "The root is taken "
                "twice: running_var is a variance, and so is var."),
        Mistake(_variant(scale=lambda var, eps: 1), "Nothing is divided by the "
                "deviation, sqrt(var + eps)."),
        Mistake(lambda x, w, b, m, v, training, eps=1e-5: x / (_batch(x, m, v, training)[1]
                + eps) ** 0.5 * _maps(w) + _maps(b), "The mean is not taken away."),
        Mistake(_variant(affine=lambda z, w, b: z), "weight and bias are not used: times weight, "
                "plus bias, in both modes."),
        Mistake(_variant(affine=lambda z, w, b: z * _maps(w)), "The bias is not used."),
        Mistake(_variant(affine=lambda z, w, b: z + _maps(b)), "The weight is not used."),
        Mistake(_variant(affine=lambda z, w, b: (z + _maps(b)) * _maps(w)), "The bias is added "
                "last, after the weight."),
        Mistake(_variant(affine=lambda z, w, b: z * _maps(b) + _maps(w)), exchanged),
        Mistake(_variant(affine=lambda z, w, b: z * w + b), _VIEW),
        Mistake(_variant(affine=lambda z, w, b: z * _maps(w) + b), _VIEW),
        Mistake(lambda x, w, b, m, v, training, eps=1e-5: x, "That is x itself."),
        Mistake(None, _VIEW, errors=("must match the size", "size of tensor", "broadcast")),
        Mistake(None, "Nothing may be written into x or the parameters: make new tensors.",
                errors=("in-place", "leaf Variable")),
    ]


_VIEW = ("weight, bias and the statistics have one number for each channel, and PyTorch lines them "
         "up with the last axis, the columns: .view(-1, 1, 1) first, or keepdim=True.")
