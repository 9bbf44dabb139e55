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


def _one_side_for_both(axis):
    """The shape that comes of k = kernel.shape[axis], used for both sides of a 2×3 kernel."""
    def shape(x, kernel):
        if kernel.shape != (2, 3):
            raise ValueError("another kernel")
        k = kernel.shape[axis]
        return np.zeros((x.shape[0] - k + 1, x.shape[1] - k + 1))
    return shape


def _square_output(x, kernel):
    height, width = conv2d(x, kernel).shape
    if height == width:
        raise ValueError("the output is square")
    return np.zeros((height, height))


def _matrix_products(x, kernel):
    """The sum of window @ kernel, which exists for square kernels only."""
    if kernel.shape[0] != kernel.shape[1]:
        raise ValueError("not a square kernel")
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel.shape)
    return (windows @ kernel).sum(axis=(-2, -1))


def _whole_numbers(x, kernel):
    """What is left of the sums in an array of whole numbers."""
    return np.trunc(conv2d(x, kernel))


def _whole_numbers_in_steps(x, kernel):
    """The same with +=, which cuts off after each product."""
    y = np.zeros(conv2d(x, kernel).shape)
    for a, b in np.ndindex(*kernel.shape):
        products = x[a : a + y.shape[0], b : b + y.shape[1]] * kernel[a, b]
        y = np.trunc(y + products)
    return y


def _only(rows, columns):
    """The output with zeros outside of its first rows and columns."""
    def filled(x, kernel):
        y = np.zeros_like(conv2d(x, kernel))
        y[:rows, :columns] = conv2d(x, kernel)[:rows, :columns]
        return y
    return filled


def _last_product(x, kernel):
    """What y[i, j] = … gives inside of four loops, instead of y[i, j] += …"""
    (height, width), (kh, kw) = conv2d(x, kernel).shape, kernel.shape
    return x[kh - 1 : kh - 1 + height, kw - 1 : kw - 1 + width] * kernel[-1, -1]


_BOTH_SIDES = "This kernel is 2×3: take both sides, kh, kw = kernel.shape."
_WHOLE = ("Your y holds whole numbers only, so what stands behind the decimal point is cut off: "
          "np.zeros((…, …)) without dtype=int.")
_FIRST_ROW = ("Only the first row is there: does your return stand inside of the outer loop? Move "
              "it to the left, under the outer for.")
_FIRST_NUMBER = ("Only y[0, 0] is there: does your return stand inside of the inner loop? Move it "
                 "to the left, under the outer for.")
SHAPES = [
    *(Mistake(_one_side_for_both(axis), _BOTH_SIDES,
              errors=("broadcast", "out of bounds", "out of range", "must match the size"))
      for axis in (0, 1)),
    Mistake(_square_output,
            "The output need not be square: count its rows with x.shape[0] and its columns with "
            "x.shape[1]."),
    Mistake(lambda x, kernel: conv2d(x, kernel)[:1], _FIRST_ROW),
    Mistake(lambda x, kernel: conv2d(x, kernel)[:1, :1], _FIRST_NUMBER),
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
    Mistake(_matrix_products,
            "@ and np.dot are products of matrices, rows times columns. Here each number meets the "
            "one that it lies on: window * kernel."),
    Mistake(_whole_numbers, _WHOLE),
    Mistake(_whole_numbers_in_steps, _WHOLE),
    Mistake(_only(1, None), _FIRST_ROW),
    Mistake(_only(1, 1), _FIRST_NUMBER),
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
