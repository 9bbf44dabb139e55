"""Checkers of lesson 1: What is a convolution?"""

import numpy as np

from helpers.operations import conv1d, conv1d_backward, conv2d, convolve2d

from .answers import Mistake, check_function, check_number
from .convolution_mistakes import ERRORS, SHAPES, VALUES, cases, for_square_kernels
from .verdict import RIGHT, WRONG, Verdict, listing, not_tried, show, to_numbers

# The input of the lesson's example, and a kernel that its widget does not show.
X = [[3, 3, 2, 1, 0], [0, 0, 1, 3, 1], [3, 1, 2, 2, 3], [2, 0, 0, 2, 2], [2, 0, 0, 0, 1]]
KERNEL = [[1, 0, -1], [2, 0, -2], [1, 0, -1]]


def in_torch(x, kernel):
    """torch.nn.functional.conv2d of two 2-D arrays, as an array."""
    import torch

    x, kernel = (torch.from_numpy(v.copy())[None, None] for v in (x, kernel))
    return torch.nn.functional.conv2d(x, kernel)[0, 0].numpy()


def my_conv2d(function):
    """Verdict on f(x, kernel): the valid cross-correlation of two 2-D arrays, by loops."""
    flips = [
        Mistake(convolve2d, "Your kernel is flipped: that is the convolution of mathematics. Here "
                "kernel[0, 0] meets the window's top left number."),
        Mistake(lambda x, kernel: conv2d(x, kernel[::-1]), "Your kernel stands upside down."),
        Mistake(lambda x, kernel: conv2d(x, kernel[:, ::-1]),
                "Your kernel is mirrored, left for right."),
        Mistake(for_square_kernels(lambda x, kernel: conv2d(x, kernel.T)),
                "Rows and columns of the kernel are exchanged: x[i + a, j + b] meets "
                "kernel[a, b]."),
    ]

    def reference(x, kernel):
        return in_torch(x, kernel)

    hint = ("y[i, j] is the sum of x[i : i + kh, j : j + kw] * kernel, for every position at "
            "which the window lies inside of x; x and kernel need not be square.")
    return check_function(function, reference, cases(), name="my_conv2d", hint=hint,
                          mistakes=SHAPES + flips + VALUES + ERRORS,
                          like="torch.nn.functional.conv2d")


def my_convolve2d(function):
    """Verdict on f(x, kernel): the valid convolution of mathematics, with the flipped kernel."""
    flips = [
        Mistake(conv2d, "Nothing is flipped yet: this is the cross-correlation."),
        Mistake(lambda x, kernel: conv2d(x, kernel[::-1]),
                "Only the rows are flipped; the columns have to be flipped, too."),
        Mistake(lambda x, kernel: conv2d(x, kernel[:, ::-1]),
                "Only the columns are flipped; the rows have to be flipped, too."),
        Mistake(for_square_kernels(lambda x, kernel: conv2d(x, kernel.T)),
                "Your kernel is transposed (its diagonal stays in place). To flip is to turn it by "
                "180°: kernel[::-1, ::-1]."),
        Mistake(for_square_kernels(lambda x, kernel: conv2d(x, kernel[::-1, ::-1].T)),
                "Your kernel is flipped and transposed. Flipping both axes is enough."),
        Mistake(for_square_kernels(lambda x, kernel: conv2d(x, np.rot90(kernel))),
                "Your kernel is turned by 90°; to flip both axes is to turn it by 180°."),
        Mistake(lambda x, kernel: convolve2d(x, kernel)[::-1, ::-1],
                "The input is flipped (or the result): flip the kernel only."),
    ]

    def reference(x, kernel):
        return in_torch(x, kernel[::-1, ::-1])

    return check_function(function, reference, cases(), name="my_convolve2d",
                          hint="Flip the kernel along both axes, then slide it as before.",
                          mistakes=SHAPES + flips + VALUES + ERRORS,
                          like="torch.nn.functional.conv2d with the kernel flipped")


def predicted_output(value):
    """Verdict on the output at row 2, column 1 (counted from 0): the lesson's input, a new kernel.

    The kernel is [[1, 0, -1], [2, 0, -2], [1, 0, -1]], not the one of the widget above.
    """
    x, kernel = np.array(X), np.array(KERNEL)
    question = ("the output at row 2, column 1 (counted from 0), for\n"
                + listing(x=x, kernel=kernel))
    hint = ("The window covers rows 2 to 4 and columns 1 to 3 of x. Multiply it by the kernel, "
            "number by number, and add up the nine products.")
    given = _array_or_none(value)
    if given is not None and given.size == 9:
        if np.array_equal(given, conv2d(x, kernel)):
            return Verdict(WRONG, "This is the whole output; one of its numbers is asked for.",
                           question, "Rows and columns are counted from 0, the row comes first.")
        if np.array_equal(given.ravel(), (x[2:5, 1:4] * kernel).ravel()):
            return Verdict(WRONG, "These are the nine products, and the output is one number.",
                           question, "Add up the nine products.")
        return Verdict(WRONG, "The output is one number, and these are nine.", question, hint)
    mistakes = {
        6: "This is what the kernel of the widget gives. Here the kernel is another one.",
        5: "Is your kernel flipped, or are plus and minus exchanged? kernel[0, 0] is 1 and meets "
           "the window's top left number.",
        7: "Check three things: the minus signs stay, the kernel's rows stay rows, and the window "
           "begins at row 2, column 1 of x.",
        1: "This counts the positive products only. The negative ones are subtracted.",
        -6: "Either a product is missing, or this is the right neighbour, y[2, 2]: the window "
            "begins at column 1 of x.",
        -3: "The middle row of the kernel counts twice.",
        -7: "This is the output above it, y[1, 1]. Move the window one row down.",
        3: "This is y[1, 0]: rows and columns are counted from 0.",
        -4: "This is y[1, 2]: the first index is the row, the second the column.",
        -5 / 9: "Do not take the mean: the output is the sum of the nine products.",
        0: "This is y[0, 0], or the sum of the kernel. The window begins at row 2, column 1 of x.",
    }
    return check_number(
        value, -5, name="the predicted output", mistakes=mistakes, question=question, hint=hint,
        because="The window's first row gives 1·1 + 2·0 − 2·1 = −1, its second −2·2 = −4.",
    )


def _array_or_none(value):
    try:
        return to_numbers(value)
    except TypeError:
        return None


def rgb_layer_parameters(value):
    """Verdict on the number of parameters of nn.Conv2d(3, 16, kernel_size=5)."""
    mistakes = {
        1200: "The biases are missing: each filter has one.",
        1248: "There is one bias per filter, not one for each of its three kernels.",
        1201: "There is one bias per filter, not one for the layer.",
        1203: "There is one bias per output map, not per input channel.",
        416: "Each filter holds one kernel per input channel: three.",
        400: "Each filter holds one kernel per input channel: three; and each filter has a bias.",
        76: "That is one filter; the layer has 16.",
        75: "That is one filter without its bias; the layer has 16.",
        256: "A kernel of 5 is 5×5: 25 numbers.",
        240: "A kernel of 5 is 5×5: 25 numbers; and each filter has a bias.",
        91: "16 filters have 16 times as many weights as one.",
    }
    return check_number(value, 1216, name="the number of parameters", mistakes=mistakes,
                        question="the parameters of nn.Conv2d(3, 16, kernel_size=5)",
                        hint="16 filters; each has one 5×5 kernel per input channel, and a bias.",
                        because="16·3·5·5 = 1200 weights and 16 biases.")


def my_conv1d_backward(function):
    """Verdict on f(x, w, dy) -> (dx, dw), the backward pass of the valid 1-D cross-correlation."""
    random = np.random.default_rng(3)
    first = (np.array([1.0, 2, 0, 3]), np.array([2.0, 1, -1]), np.array([1.0, 4]))
    cases = [first] + [
        (random.normal(size=n), random.normal(size=k), random.normal(size=n - k + 1))
        for n, k in [(7, 3), (6, 2), (9, 5), (4, 1), (5, 5)]
    ]

    def reference(x, w, dy):
        return conv1d_backward(x, w, dy)

    def right(x, w, dy):
        return reference(x, w, dy)

    def overwritten(x, w, dy):
        """dx without +=: each window overwrites what the one before has left."""
        dx = np.zeros_like(x)
        for i, gradient in enumerate(dy):
            dx[i : i + len(w)] = gradient * w
        return dx, None

    def only_dx(f):
        return lambda x, w, dy: (f(x, w, dy), None)

    def only_dw(f):
        return lambda x, w, dy: (None, f(x, w, dy))

    def padded(dy, w):
        return np.pad(dy, len(w) - 1)

    adds_up = "Each of several outputs adds its share: use += where windows overlap."
    mistakes = [
        Mistake(lambda x, w, dy: right(x, w, dy)[::-1], "The order is (dx, dw)."),
        Mistake(overwritten, adds_up),
        Mistake(only_dw(lambda x, w, dy: dy[-1] * x[len(x) - len(w):]), adds_up),
        Mistake(only_dx(lambda x, w, dy: conv1d(padded(dy, w), w)),
                "w has to be flipped here: x[i + k] was multiplied by w[k], so dx[i + k] gets "
                "dy[i] * w[k]."),
        Mistake(only_dx(lambda x, w, dy: np.zeros(abs(len(dy) - len(w)) + 1)),
                "dx is as long as x: scatter each dy[i] over the window that it came from."),
        Mistake(only_dx(lambda x, w, dy: np.zeros(len(dy))),
                "dx is as long as x: scatter each dy[i] over the window that it came from."),
        Mistake(only_dw(lambda x, w, dy: right(x, w, dy)[1][::-1]),
                "Your dw is back to front: dw[k] collects dy[i] * x[i + k]."),
        Mistake(only_dw(lambda x, w, dy: right(x, w, dy)[1] / len(dy)),
                "Your dw is a mean: the loss is the sum, so add up, don't average."),
        Mistake(only_dx(lambda x, w, dy: right(x, w, dy)[0] / len(w)),
                "Your dx is a mean: add up, don't average."),
        Mistake(only_dx(lambda x, w, dy: right(x, w, dy)[0] / len(dy)),
                "Your dx is a mean: add up, don't average."),
        Mistake(only_dw(lambda x, w, dy: conv1d(x, w)),
                "That is the forward pass: dw correlates x with dy."),
        Mistake(lambda x, w, dy: right(x, w, np.ones_like(dy)),
                "dy is not used: multiply by the gradient that comes from above."),
    ]
    return check_function(
        function, reference, cases, mistakes=mistakes, outputs=("dx", "dw"),
        name="my_conv1d_backward",
        hint="y[i] = Σ w[k] * x[i + k]. So for every i and k: dw[k] += dy[i] * x[i + k], and "
             "dx[i + k] += dy[i] * w[k].",
    )


def shared_weights(answer):
    """Verdict on (dense, local, shared): the free parameters of three layers from 100 to 100.

    Dense; each output tied to its neighbours (kernel_size 3, zeros beyond the borders) with
    weights of its own; the same three weights everywhere. No biases.
    """
    question = "(dense, local, shared) for 100 inputs, 100 outputs and kernel_size=3, no biases"
    if answer is None or answer is ...:
        return not_tried("the three numbers")
    if isinstance(answer, (tuple, list)) and any(part is None or part is ... for part in answer):
        return not_tried("all three numbers")
    try:
        shape = to_numbers(answer).shape
    except TypeError as error:
        return Verdict(WRONG, f"The answer should be three numbers, but it is {error}.", question)
    if shape != (3,):
        return Verdict(WRONG, f"The answer should be three numbers, but its shape is {shape}.",
                       question, "Write answer = (dense, local, shared).")
    parts = {
        "dense": (10000, {
            10100: "Count the weights only, without biases.",
            100: "Each of the 100 outputs has a weight for each of the 100 inputs.",
            200: "Each output is tied to each input: multiply, don't add.",
        }, "Each of the 100 outputs has a weight for each of the 100 inputs."),
        "local": (298, {
            300: "Nearly: the first and the last output have only two neighbours inside.",
            294: "The first and the last output have weights, too: two each.",
            296: "Two outputs lack one weight each, not two.",
            299: "Both ends lack a weight.",
            398: "Count the weights only, without biases.",
            3: "They are not shared yet: each output has weights of its own.",
        }, "Three weights for each output, fewer where the border cuts the window."),
        "shared": (3, {
            4: "Count the weights only, without a bias.",
            100: "The same weights serve every output.",
            300: "The same three weights serve every output.",
            298: "The same three weights serve every output.",
            9: "The sequence has one axis: a kernel of 3 has three weights.",
            1: "Three positions of the kernel, each with a weight of its own.",
        }, "However many outputs there are, all use the same kernel."),
    }
    for (name, (expected, mistakes, hint)), value in zip(parts.items(), to_numbers(answer)):
        verdict = check_number(value, expected, name=name, mistakes=mistakes, hint=hint,
                               question=question)
        if not verdict:
            return Verdict(verdict.status, f"{name}: it is not {show(value)}.", question,
                           verdict.hint)
    return Verdict(RIGHT, "100·100 dense, 3·100 − 2 local, 3 shared.")
