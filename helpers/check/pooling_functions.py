"""Exercises of lesson 3 to be written as loops: max pooling, and a blur before subsampling."""

import numpy as np

from helpers.kernels import KERNELS
from helpers.operations import avg_pool2d, conv2d, max_pool2d

from .answers import Mistake, check_function

_WHOLE = ("Your y holds whole numbers only, so what stands behind the decimal point is cut off: "
          "np.zeros((…, …)) without dtype=int.")
_EMPTY = "The output has the right shape, but nothing has been written into it."


def my_max_pool2d(function):
    """Verdict on f(x, kernel_size, stride): max pooling of a 2-D array, without padding."""
    return check_function(
        function, _max_pool, _max_pool_cases(), mistakes=_max_pool_mistakes(),
        name="my_max_pool2d", like="helpers.max_pool2d",
        hint="y[i, j] is the largest number of the window of kernel_size × kernel_size that begins "
             "at row i * stride, column j * stride, for all windows that lie inside of x.",
    )


def _max_pool(x, kernel_size, stride):
    """max_pool2d with the exercise's three parameters."""
    return max_pool2d(x, kernel_size, stride)


def _max_pool_cases():
    """First a map in which each usual mistake shows: two windows hold no positive number."""
    random = np.random.default_rng(4)
    x = [[1, 3, -1, -2, -4, 2, 0, 5, 1], [0, 2, -3, -1, -5, 1, 4, -2, 3],
         [4, -1, -2, -6, -3, 0, 1, 2, -1], [-2, 6, 1, -4, -1, -3, 2, 0, 7],
         [3, 0, -5, -2, -6, 4, -1, 3, 1], [8, 1, 2, 9, 0, -1, 5, 2, 6]]
    settings = [((4, 4), 2, 2), ((7, 5), 2, 1), ((5, 8), 2, 3), ((6, 7), 3, 3), ((5, 5), 5, 2),
                ((3, 4), 1, 1)]
    cases = [(random.integers(-30, 31, shape) / 4, k, s) for shape, k, s in settings]
    dark = -1e6 - 1000.0 * random.integers(0, 100, (4, 6))  # no start is low enough, except −∞
    return [(np.array(x, float), 3, 2), *cases, (dark, 2, 2)]


def _max_pool_mistakes():
    def pooled(reduce):
        """The right windows, another function."""
        def function(x, k, s):
            windows = np.lib.stride_tricks.sliding_window_view(x, (k, k))[::s, ::s]
            return reduce(windows, axis=(-2, -1))
        return function

    def of_shape(rule):
        """An output of another size; its shape alone tells the mistake."""
        return lambda x, k, s: np.zeros([max(rule(n, k, s), 0) for n in x.shape])

    def square(axis):
        def function(x, k, s):
            if x.shape[0] == x.shape[1]:
                raise ValueError("the input is square")
            return np.zeros([max_pool2d(x, k, s).shape[axis]] * 2)
        return function

    def side_by_side(x, k, s):
        """The right size, but the windows one pixel apart."""
        height, width = max_pool2d(x, k, s).shape
        return max_pool2d(x, k, 1)[:height, :width]

    def other_window(x, k, s):
        height, width = max_pool2d(x, k, s).shape
        return max_pool2d(x, s, s)[:height, :width]

    stride = ("Your windows lie kernel_size apart. They should lie `stride` apart, which may be "
              "less (then they overlap) or more.")
    beyond = ("Your last windows leave the input. A window that only partly fits is left out: "
              "there are (H − kernel_size) // stride + 1 rows.")
    inside = "y[i, j] belongs to the window that begins at row i * stride, column j * stride."
    start = ("Your maximum starts from {}, but all numbers of a window may be smaller: start from "
             "−∞, or with the window's first number.")
    return [
        Mistake(of_shape(lambda n, k, s: (n - k) // k + 1), stride),
        Mistake(of_shape(lambda n, k, s: n - k + 1), "The stride is not used: the window moves by "
                "`stride` pixels each time."),
        Mistake(of_shape(lambda n, k, s: -(-(n - k) // s) + 1), beyond),
        Mistake(of_shape(lambda n, k, s: n // s), beyond),
        Mistake(of_shape(lambda n, k, s: -(-n // s)), beyond),
        Mistake(of_shape(lambda n, k, s: (n - k) // s), "One window too few along each axis: the "
                "+ 1 is the window's first position."),
        Mistake(lambda x, k, s: max_pool2d(x, k, s).T, "Rows and columns are exchanged: " + inside),
        *(Mistake(square(axis), "The output need not be square: count its rows with x.shape[0] "
                  "and its columns with x.shape[1].") for axis in (0, 1)),
        Mistake(lambda x, k, s: np.zeros(()), "One number came, the largest of all: each window "
                "gives one."),
        Mistake(lambda x, k, s: np.zeros(x.shape), "The output is as large as the input: each "
                "window gives one number only."),
        Mistake(lambda x, k, s: np.zeros((k, k)), "That is one window: take the largest of its "
                "numbers, then go on to the next one."),
        Mistake(None, "max(window) compares whole rows: window.max() gives one number.",
                errors=("truth value", "Boolean value")),
        Mistake(None, "Each window gives one number: take the maximum over rows and columns.",
                errors=("setting an array element", "converted to Python scalar", "expand(")),
        Mistake(None, beyond, errors=("out of bounds", "out of range", "zero-size", "numel() == 0",
                                      "empty")),
        Mistake(None, "The output has (H − kernel_size) // stride + 1 rows, and as many columns "
                "with W in place of H.", errors=("broadcast", "must match the size")),
        Mistake(lambda x, k, s: np.maximum(max_pool2d(x, k, s), 0), start.format("0")),
        *(Mistake(lambda x, k, s, low=low: np.maximum(max_pool2d(x, k, s), low),
                  start.format("a fixed number"))
          for low in (-1, -10, -99, -100, -255, -999, -1000, -9999, -10_000, -99_999, -100_000)),
        Mistake(pooled(np.mean), "That is the mean of each window: average pooling."),
        Mistake(pooled(np.sum), "That is the sum of each window."),
        Mistake(pooled(np.min), "That is the smallest number of each window."),
        Mistake(lambda x, k, s: max_pool2d(abs(x), k, s), "Signs are lost: of −6 and 2 the larger one "
                "is 2."),
        Mistake(lambda x, k, s: max_pool2d(x, 1, s)[: (x.shape[0] - k) // s + 1,
                                               : (x.shape[1] - k) // s + 1],
                "That is one pixel of each window, its first: look at all of them."),
        Mistake(side_by_side, "Your windows lie one pixel apart, they should lie `stride` apart. "
                + inside),
        Mistake(other_window, "Your windows are as large as the stride: they are kernel_size × "
                "kernel_size, and lie `stride` apart."),
        Mistake(lambda x, k, s: np.trunc(max_pool2d(x, k, s)), _WHOLE),
        Mistake(lambda x, k, s: np.zeros_like(max_pool2d(x, k, s)), _EMPTY),
    ]


BLUR = np.array(KERNELS["Gaussian blur"])


def my_blur_pool(function):
    """Verdict on f(x): a 2-D array with even sides, blurred by (1, 2, 1), every second pixel.

    Circular padding, pixels 0, 2, 4, … are kept. (Zhang 2019, Making convolutional networks
    shift-invariant again, arXiv:1904.11486, section 3.)
    """
    random = np.random.default_rng(5)
    first = [[4, 0, 8, 2, 6, 1], [1, 5, 3, 7, 0, 2], [2, 9, 0, 4, 8, 3], [7, 1, 6, 0, 5, 2]]
    cases = [(np.array(first, float),)] + [
        (random.integers(-20, 21, shape) / 2 + 0.25,) for shape in [(6, 4), (2, 8), (2, 2), (8, 8)]
    ]

    def reference(x):
        return _blurred(x)[::2, ::2]

    return check_function(
        function, reference, cases, mistakes=_blur_mistakes(), name="my_blur_pool",
        hint="Pad by one pixel on each side (np.pad with mode=\"wrap\"), convolve with the outer "
             "product of (1, 2, 1) / 4 with itself, and keep rows and columns 0, 2, 4, …",
    )


def _blurred(x, kernel=BLUR, mode="wrap"):
    reach = [(n // 2, n // 2) for n in kernel.shape]
    return conv2d(np.pad(x, reach, mode=mode), kernel)


def _blur_mistakes():
    row = np.array([[1, 2, 1]]) / 4
    normal = ("The kernel has to sum to 1, so that a constant image stays as it is; the outer "
              "product of (1, 2, 1) with itself sums to {}.")
    both = "Both axes are to be blurred: the kernel is the outer product, 3×3."
    start = "The pixels kept are 0, 2, 4, … along both axes: [::2, ::2]."
    keep = "Keep every second row and every second column, after the blur."
    wrap = ("The border is another one: with circular padding the last column stands beside the "
            "first, the last row beside the first.")
    return [
        Mistake(lambda x: _blurred(x), keep),
        Mistake(lambda x: _blurred(x)[::2], keep),
        Mistake(lambda x: _blurred(x)[:, ::2], keep),
        Mistake(lambda x: conv2d(x, BLUR)[::2, ::2], "Nothing is padded, so the border is lost: "
                "pad by one pixel on each side first."),
        Mistake(lambda x: conv2d(x, BLUR), "Nothing is padded, and every pixel is kept: pad by one "
                "pixel on each side, blur, then keep every second."),
        Mistake(lambda x: np.pad(_blurred(x)[::2, ::2], ((0, 1), (0, 1))), "Pad by one pixel on "
                "each side: a kernel of 3 needs no more."),
        Mistake(None, "Is x padded by one pixel on each side? Row i of the output then begins at "
                "row 2 * i of the padded input.",
                errors=("out of bounds", "out of range", "broadcast", "must match the size")),
        Mistake(lambda x: 16 * _blurred(x)[::2, ::2],
                normal.format("16: divide each (1, 2, 1) by its own sum")),
        Mistake(lambda x: 4 * _blurred(x)[::2, ::2],
                normal.format("more than the 4 by which you divide, as there are two of them")),
        Mistake(lambda x: 16 / 9 * _blurred(x)[::2, ::2],
                "Divide by the sum of the weights, not by how many there are."),
        Mistake(lambda x: _blurred(x[::2, ::2]), "You subsample first: what is left out then can "
                "no longer be blurred. First the blur."),
        Mistake(lambda x: x[::2, ::2], "Nothing is blurred: these are every second of the pixels "
                "themselves."),
        *(Mistake(lambda x, i=i, j=j: _blurred(x)[i::2, j::2], start)
          for i, j in ((1, 1), (0, 1), (1, 0))),
        *(Mistake(lambda x, mode=mode: _blurred(x, mode=mode)[::2, ::2], wrap)
          for mode in ("constant", "edge", "reflect", "symmetric")),
        Mistake(lambda x: _blurred(x, row)[::2, ::2], both),
        Mistake(lambda x: _blurred(x, row.T)[::2, ::2], both),
        Mistake(lambda x: _blurred(x, np.ones((3, 3)) / 9)[::2, ::2],
                "That is the mean of nine pixels; here the middle counts more: (1, 2, 1)."),
        Mistake(lambda x: avg_pool2d(x, 2), "That is average pooling of 2×2; the blur covers 3×3."),
        Mistake(lambda x: max_pool2d(x, 2), "That is max pooling; a blur is a convolution."),
        Mistake(lambda x: np.trunc(_blurred(x)[::2, ::2]), _WHOLE),
        Mistake(lambda x: np.zeros_like(x[::2, ::2]), _EMPTY),
        Mistake(lambda x: _blurred(x)[::2, ::2].T, "Rows and columns are exchanged."),
    ]
