"""The cases for a 2-D convolution f(x, kernel), and the usual mistakes with their hints."""

import functools

import numpy as np

from helpers.operations import conv2d

from .answers import Mistake


def cases():
    """Small whole numbers first, then shapes of every kind: wide, tall, even, one pixel.

    In the first case all sizes differ that a mistake might give: each is known by its shape.
    """
    random = np.random.default_rng(1)
    x = [[1.0, 2, 0, 3, 1], [0, 3, 1, -2, 4], [4, 1, 5, 0, 2], [2, -1, 3, 1, 0]]
    first = (np.array(x), np.array([[1.0, 2, 0], [-1, 3, 1], [0, 1, -2]]))
    shapes = [((6, 4), (3, 3)), ((7, 4), (2, 3)), ((5, 8), (4, 1)), ((3, 3), (1, 1)),
              ((6, 6), (6, 6)), ((5, 7), (3, 5))]
    return [first] + [
        (random.integers(-9, 10, x) / 2 + 0.25, random.integers(-5, 6, k) + 0.5) for x, k in shapes
    ]


def _full(x, kernel):
    """Correlation with the kernel reaching over every border."""
    kh, kw = kernel.shape
    return conv2d(np.pad(x, ((kh - 1, kh - 1), (kw - 1, kw - 1))), kernel)


def _last_left_out(x, kernel):
    return conv2d(x, kernel)[:-1, :-1]


def _last_product(x, kernel):
    """What y[i, j] = … gives inside of four loops, instead of y[i, j] += …"""
    (height, width), (kh, kw) = conv2d(x, kernel).shape, kernel.shape
    return x[kh - 1 : kh - 1 + height, kw - 1 : kw - 1 + width] * kernel[-1, -1]


SHAPES = [
    Mistake(lambda x, kernel: np.zeros(x.shape),
            "The output is smaller than the input: the window has only x.shape − kernel.shape + 1 "
            "positions along each axis."),
    Mistake(_last_left_out,
            "One position too few along each axis: from 0 to H − kh there are H − kh + 1."),
    Mistake(lambda x, kernel: np.zeros([n + 1 for n in conv2d(x, kernel).shape]),
            "Too many positions: the last window begins at row H − kh, column W − kw."),
    Mistake(_full, "The window must stay inside of the input; nothing is padded here."),
    Mistake(lambda x, kernel: np.zeros((x.shape[0], x.shape[1], *kernel.shape)),
            "Each position gives one number: sum the products."),
    Mistake(lambda x, kernel: np.zeros((*conv2d(x, kernel).shape, *kernel.shape)),
            "Each position gives one number: sum the products."),
    Mistake(lambda x, kernel: np.zeros(kernel.shape),
            "One window gives one number: sum its products, then go on to the next position."),
    Mistake(lambda x, kernel: np.zeros(()),
            "One number came, the sum over everything: the output has one for each position."),
    Mistake(lambda x, kernel: conv2d(x, kernel).T,
            "Rows and columns are exchanged: y[i, j] belongs to the window at row i, column j."),
]
ERRORS = [
    Mistake(None, "Each position gives one number: sum the products.",
            errors=("setting an array element", "converted to Python scalar", "expand(")),
    Mistake(None, "The window leaves the input, or is not as large as the kernel: rows i to i + kh "
            "with i from 0 to H − kh, columns j to j + kw with j from 0 to W − kw.",
            errors=("out of bounds", "out of range", "broadcast", "must match the size")),
]
VALUES = [
    Mistake(lambda x, kernel: conv2d(x, kernel) / kernel.size,
            "Each output is the mean of the products: take their sum."),
    Mistake(_last_product,
            "Only the last product of each window is kept: add them up, with += or with sum()."),
    Mistake(lambda x, kernel: conv2d(x, np.ones_like(kernel)),
            "The window is summed without the kernel: multiply by the kernel's numbers first."),
    Mistake(lambda x, kernel: conv2d(abs(x), abs(kernel)),
            "Signs are lost: negative numbers take part as they are."),
    Mistake(lambda x, kernel: np.maximum(conv2d(x, kernel), 0),
            "Negative results are cut off: keep them."),
    Mistake(lambda x, kernel: np.zeros_like(conv2d(x, kernel)),
            "The output has the right shape, but nothing has been written into it."),
]


def for_square_kernels(function):
    """The mistake exists for square kernels only."""
    @functools.wraps(function)
    def guarded(x, kernel):
        if kernel.shape[0] != kernel.shape[1]:
            raise ValueError("not a square kernel")
        return function(x, kernel)
    return guarded
