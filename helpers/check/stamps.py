"""Exercise of lesson 2: a transposed convolution by stamps, and the usual mistakes in it."""

import numpy as np

from helpers.operations import conv2d

from .answers import Mistake, check_function


def my_conv_transpose2d(function):
    """Verdict on f(x, kernel, stride): the transposed convolution of two 2-D arrays, no padding."""
    return check_function(
        function, reference, cases(), mistakes=MISTAKES, name="my_conv_transpose2d",
        hint="For every input x[i, j]: add x[i, j] * kernel to the output, from row i * stride and "
             "column j * stride on. x and kernel need not be square.",
        like="torch.nn.functional.conv_transpose2d",
    )


def reference(x, kernel, stride):
    """torch.nn.functional.conv_transpose2d of two 2-D arrays, as an array."""
    import torch

    x, kernel = (torch.from_numpy(v.copy())[None, None] for v in (x, kernel))
    return torch.nn.functional.conv_transpose2d(x, kernel, stride=stride)[0, 0].numpy()


def cases():
    """Small whole numbers first; then strides below, at and above the kernel's size."""
    random = np.random.default_rng(2)
    x = [[1.0, 2, -1, 0], [3, 0, 2, 1], [0, -2, 1, 4]]
    first = (np.array(x), np.array([[1.0, 2, 0], [-1, 3, 1], [0, 1, -2]]))
    shapes = [((3, 4), (3, 3), 1), ((4, 2), (2, 3), 2), ((2, 3), (4, 1), 3), ((3, 3), (2, 2), 3),
              ((1, 1), (3, 2), 2), ((5, 4), (1, 1), 2)]
    return [(*first, 2)] + [
        (random.integers(-9, 10, x) / 2 + 0.25, random.integers(-5, 6, k) + 0.5, stride)
        for x, k, stride in shapes
    ]


def _stamped(x, kernel, stride, stamp="+", size=None):
    """All stamps on an output of some size; a stamp that does not fit is cut off."""
    y = np.zeros(size or [(n - 1) * stride + k for n, k in zip(x.shape, kernel.shape)])
    for (i, j), value in np.ndenumerate(x):
        window = y[i * stride :, j * stride :][: kernel.shape[0], : kernel.shape[1]]
        piece = value * kernel[: window.shape[0], : window.shape[1]]
        window[...] = piece if stamp == "=" else window + piece
    return y


def _mean(x, kernel, stride):
    return reference(x, kernel, stride) / np.maximum(
        reference(np.ones_like(x), np.ones_like(kernel), stride), 1)


def _next_to_each_other(x, kernel, stride):
    """The right size, but all stamps one pixel apart."""
    y, narrow = np.zeros_like(reference(x, kernel, stride)), reference(x, kernel, 1)
    y[: narrow.shape[0], : narrow.shape[1]] = narrow
    return y


def _with_a_square(function):
    def guarded(x, kernel, stride):
        if kernel.shape[0] != kernel.shape[1]:
            raise ValueError("not a square kernel")
        return function(x, kernel, stride)
    return guarded


def _of_size(rule):
    """An output of another size; its shape alone tells the mistake."""
    def shape(x, kernel, stride):
        return np.zeros([max(rule(n, k, stride), 0) for n, k in zip(x.shape, kernel.shape)])
    return shape


def _whole_numbers(x, kernel, stride):
    y = np.zeros(reference(x, kernel, stride).shape)
    for (i, j), value in np.ndenumerate(x):
        window = y[i * stride :, j * stride :][: kernel.shape[0], : kernel.shape[1]]
        window[...] = np.trunc(window + value * kernel)
    return y


_NO_STRIDE = "The stride is not used: neighbouring inputs stamp `stride` pixels apart."
_SIZE = ("The output ends where the last stamp ends: it begins at (H − 1)·stride and is as large "
         "as the kernel.")
_FLIPPED = ("Your kernel is flipped. A stamp is the kernel as it stands; only the view by windows "
            "on a stretched input needs the flip.")
_WHOLE = ("Your y holds whole numbers only, so what stands behind the decimal point is cut off: "
          "np.zeros((…, …)) without dtype=int.")

MISTAKES = [
    Mistake(lambda x, kernel, stride: reference(x, kernel, 1), _NO_STRIDE),
    Mistake(_next_to_each_other, _NO_STRIDE),
    Mistake(lambda x, kernel, stride: conv2d(x, kernel, stride=stride),
            "That is the convolution, which makes the input smaller. Here every input becomes a "
            "whole kernel."),
    Mistake(lambda x, kernel, stride: conv2d(x, kernel, stride=1),
            "That is the convolution, which makes the input smaller. Here every input becomes a "
            "whole kernel."),
    Mistake(_of_size(lambda n, k, s: n * s), _SIZE),
    Mistake(_of_size(lambda n, k, s: n * s + k), _SIZE),
    Mistake(_of_size(lambda n, k, s: n * s + k - 1), _SIZE),
    Mistake(_of_size(lambda n, k, s: (n - 1) * s + k - 1), _SIZE),
    Mistake(_of_size(lambda n, k, s: (n - 1) * s), _SIZE),
    Mistake(_of_size(lambda n, k, s: (n - 1) * s + 1), _SIZE),
    Mistake(_of_size(lambda n, k, s: (n - 1) * s + k + s - 1), _SIZE),
    Mistake(_of_size(lambda n, k, s: n + k - 1), _NO_STRIDE),
    Mistake(_of_size(lambda n, k, s: (n - 1) * s - k + 2),
            "You slide over the stretched input; k − 1 zeros around it are missing."),
    Mistake(_of_size(lambda n, k, s: n), "Every input becomes a whole kernel: the output is larger "
            "than the input."),
    Mistake(lambda x, kernel, stride: np.zeros(reference(x, kernel, stride).shape[::-1]),
            "Rows and columns of the output are exchanged, or one side is used for both."),
    Mistake(None, _SIZE, errors=("broadcast", "must match the size", "out of bounds",
                                 "out of range")),
    Mistake(lambda x, kernel, stride: _stamped(x, kernel, stride, "="),
            "Where stamps overlap, the later one has replaced the earlier one: they add up."),
    Mistake(lambda x, kernel, stride: reference(x, kernel[::-1, ::-1], stride), _FLIPPED),
    Mistake(_with_a_square(lambda x, kernel, stride: reference(x, kernel.T, stride)),
            "Your stamps are transposed: rows and columns of the kernel are exchanged."),
    Mistake(lambda x, kernel, stride: reference(x, kernel[::-1], stride),
            "Your stamps stand upside down."),
    Mistake(lambda x, kernel, stride: reference(x, kernel[:, ::-1], stride),
            "Your stamps are mirrored, left for right."),
    Mistake(_mean, "Where stamps overlap you take the mean: they add up."),
    Mistake(lambda x, kernel, stride: reference(np.ones_like(x), kernel, stride),
            "All stamps are equally strong: multiply each by its input."),
    Mistake(lambda x, kernel, stride: reference(x, np.ones_like(kernel), stride),
            "The kernel is not used: the stamp is x[i, j] * kernel."),
    Mistake(_whole_numbers, _WHOLE),
    Mistake(lambda x, kernel, stride: np.trunc(reference(x, kernel, stride)), _WHOLE),
    Mistake(lambda x, kernel, stride: np.zeros_like(reference(x, kernel, stride)),
            "The output has the right shape, but nothing has been written into it."),
]
