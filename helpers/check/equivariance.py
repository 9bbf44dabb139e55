"""Exercise of lesson 3: measure how far a function is from being equivariant."""

import dataclasses
import functools

import numpy as np

from helpers.operations import avg_pool2d, conv2d

from .answers import Mistake, check_function
from .verdict import RIGHT, WRONG, Verdict

KERNEL = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]])
_SMALL = [[3, 0, 1, 5, 2, 2], [1, 4, 0, 2, 6, 1], [0, 2, 5, 1, 3, 1], [2, 1, 1, 4, 0, 7]]

# What f and g do, in words, and how; g keeps the shape of what f makes.
CASES = [
    ("x[::2, ::2], every second pixel", lambda x: x[::2, ::2],
     "a circular shift to the right by one pixel", lambda x: np.roll(x, 1, axis=1), _SMALL),
    ("a convolution with zero padding", lambda x: conv2d(x, KERNEL, padding=1),
     "a circular shift down by one pixel", lambda x: np.roll(x, 1, axis=0), _SMALL),
    ("a convolution with circular padding", lambda x: conv2d(np.pad(x, 1, mode="wrap"), KERNEL),
     "a circular shift by (2, 1) pixels", lambda x: np.roll(x, (2, 1), axis=(0, 1)), _SMALL),
    ("a convolution with circular padding", lambda x: conv2d(np.pad(x, 1, mode="wrap"), KERNEL),
     "a rotation by 90°", lambda x: np.rot90(x).copy(), np.array(_SMALL)[:, :4]),
    ("x + 1", lambda x: x + 1, "2 * x, twice as bright", lambda x: 2 * x, _SMALL),
    ("average pooling, 2×2", lambda x: avg_pool2d(x, 2),
     "a mirror, left for right", lambda x: x[:, ::-1].copy(), _SMALL),
]


def my_equivariance_error(function):
    """Verdict on f(f, g, x) -> ‖f(g(x)) − g(f(x))‖, the Frobenius norm, not divided by anything."""
    name = "my_equivariance_error"
    verdict = check_function(function, reference, [], name=name)
    if not verdict:  # untouched, no function, or another signature
        return verdict
    for what_f, f, what_g, g, x in CASES:
        f, g = _for_tensors_too(f), _for_tensors_too(g)
        verdict = check_function(
            _with(function, f, g), _with(reference, f, g),
            [(np.array(x, float),)], name=name, outputs=("error",),
            mistakes=[dataclasses.replace(m, function=m.function and _with(m.function, f, g))
                      for m in MISTAKES],
            hint="Apply g, then f; apply f, then g; take the difference, and the root of the sum "
                 "of its squares (np.linalg.norm).",
        )
        if verdict.status == WRONG:
            return dataclasses.replace(
                verdict, case=f"f = {what_f}\ng = {what_g}\n{verdict.case}")
        if not verdict:
            return verdict
    return Verdict(RIGHT, f"{name} gives the expected error in all {len(CASES)} cases; it is 0 "
                   "for the convolution with circular padding under a shift, and for average "
                   "pooling under a mirror.")


def reference(f, g, x):
    """The norm of the difference."""
    return np.linalg.norm(f(g(x)) - g(f(x)))


def _for_tensors_too(function):
    """The same function; of a tensor it makes a tensor."""
    def either(x):
        if isinstance(x, np.ndarray):
            return function(x)
        if not hasattr(x, "new_tensor"):
            raise TypeError(f"f and g act on an image, not on a {type(x).__name__}")
        return x.new_tensor(np.ascontiguousarray(function(x.numpy())))
    return either


def _with(function, f, g):
    """The function of x alone, for check_function compares arguments as numbers."""
    bound = functools.partial(function, f, g)
    bound.__code__ = getattr(function, "__code__", None)  # for the line that fails
    return bound


def _norm_of(difference):
    return lambda f, g, x: np.linalg.norm(difference(f, g, x))


def _of_difference(reduce):
    return lambda f, g, x: reduce(f(g(x)) - g(f(x)))


_NUMBER = ("That is the difference, an array. One number is asked for: the root of the sum of its "
           "squares.")
_NORM = "The norm is the root of the sum of the squares; yours is {}."
_SIGNS = ("The differences are summed with their signs, so that they cancel: take the root of the "
          "sum of their squares.")
MISTAKES = [
    Mistake(_of_difference(lambda d: d), _NUMBER),
    Mistake(_of_difference(abs), _NUMBER),
    Mistake(None, "Write f(g(x)) and g(f(x)): the inner function acts first, on x.",
            errors=("not callable", "act on an image", "positional argument",
                    "unsupported operand")),
    Mistake(lambda f, g, x: reference(f, g, x) ** 2, _NORM.format("its square")),
    Mistake(_norm_of(lambda f, g, x: f(g(x)) - f(x)),
            "You compare with f(x): that asks for invariance. Equivariance compares with g(f(x))."),
    Mistake(_norm_of(lambda f, g, x: g(f(x)) - f(x)),
            "You compare g(f(x)) with f(x): where is f(g(x))?"),
    Mistake(None, "The two ways end in different shapes: each takes f once and g once, in another "
            "order.", errors=("broadcast", "must match the size")),
    Mistake(_norm_of(lambda f, g, x: f(g(x))), "That is the norm of f(g(x)) alone: take g(f(x)) "
            "away first."),
    Mistake(_norm_of(lambda f, g, x: g(f(x))), "That is the norm of g(f(x)) alone: take it away "
            "from f(g(x)) first."),
    Mistake(lambda f, g, x: reference(f, g, x) / np.linalg.norm(g(f(x))),
            "You divide by the norm of g(f(x)): here the error itself is asked for."),
    Mistake(lambda f, g, x: reference(f, g, x) / np.linalg.norm(f(g(x))),
            "You divide by the norm of f(g(x)): here the error itself is asked for."),
    Mistake(lambda f, g, x: reference(f, g, x) / np.linalg.norm(x),
            "You divide by the norm of x: here the error itself is asked for."),
    Mistake(lambda f, g, x: np.linalg.norm(f(g(x))) - np.linalg.norm(g(f(x))),
            "You compare the two norms. First the difference, then its norm."),
    Mistake(lambda f, g, x: abs(np.linalg.norm(f(g(x))) - np.linalg.norm(g(f(x)))),
            "You compare the two norms. First the difference, then its norm."),
    Mistake(_of_difference(lambda d: abs(d).max()), _NORM.format("the largest difference")),
    Mistake(_of_difference(lambda d: abs(d).sum()), _NORM.format("the sum without the squares")),
    Mistake(_of_difference(lambda d: abs(d).mean()), _NORM.format("the mean without the squares")),
    Mistake(_of_difference(lambda d: (d**2).mean()), _NORM.format("the mean of the squares")),
    Mistake(_of_difference(lambda d: (d**2).mean() ** 0.5),
            _NORM.format("the root of their mean")),
    Mistake(_of_difference(lambda d: np.linalg.norm(d, 2)),
            "np.linalg.norm(…, 2) is another norm for matrices (the largest singular value): leave "
            "out the 2."),
    Mistake(_of_difference(np.sum), _SIGNS),
    Mistake(_of_difference(lambda d: -d.sum()), _SIGNS),
    Mistake(_of_difference(lambda d: abs(d.sum())), _SIGNS),
    Mistake(_of_difference(np.mean), _SIGNS),
    Mistake(_of_difference(lambda d: abs(d.mean())), _SIGNS),
    Mistake(lambda f, g, x: 0, "It is 0 here, and should not be: do both ways differ in their "
            "order, first g or first f?"),
]
