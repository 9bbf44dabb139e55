"""The exercises of lesson 2 that ask for a formula of sizes, as a function."""

from math import ceil

from .answers import Mistake
from .several_answers import check_formula


def my_output_size(function):
    """Verdict on f(size, kernel_size, stride, padding, dilation): a convolution's output size."""
    cases = [(5, 3, 1, 0, 1), (5, 3, 1, 1, 1), (32, 5, 1, 0, 1), (224, 7, 2, 3, 1), (6, 3, 2, 1, 1),
             (7, 3, 1, 0, 2), (10, 3, 3, 0, 1), (12, 3, 4, 2, 1), (28, 5, 1, 6, 3),
             (33, 4, 3, 2, 2), (41, 4, 5, 3, 4), (9, 9, 2, 0, 1), (4, 1, 2, 0, 1)]

    def reference(size, kernel_size, stride, padding, dilation):
        """What PyTorch makes of such an input; the meta device computes its shape alone."""
        import torch

        x, kernel = (torch.empty(1, 1, n, device="meta") for n in (size, kernel_size))
        return torch.nn.functional.conv1d(
            x, kernel, stride=stride, padding=padding, dilation=dilation
        ).shape[-1]

    def room(i, k, p, d):
        return i + 2 * p - d * (k - 1) - 1

    no_dilation = "The dilation is not used: with holes, the kernel covers more than k pixels."
    span = ("How many pixels does the dilated kernel cover? Draw k = 3 with d = 2: three weights, "
            "and the holes lie only between them.")
    mistakes = [
        Mistake(lambda i, k, s, p, d: room(i, k, p, d) // s,
                "The + 1 is missing: it is the window's first position."),
        Mistake(lambda i, k, s, p, d: room(i, k, p, d) / s + 1,
                "A size is a whole number: what does a window do that would only partly fit?"),
        Mistake(lambda i, k, s, p, d: room(i, k, p, d) / s,
                "The + 1 is missing (the window's first position), and a size is a whole number."),
        Mistake(lambda i, k, s, p, d: ceil(room(i, k, p, d) / s) + 1,
                "You round up, but a window that only partly fits is left out."),
        Mistake(lambda i, k, s, p, d: round(room(i, k, p, d) / s) + 1,
                "You round to the nearest, but a window that only partly fits is always left out."),
        Mistake(lambda i, k, s, p, d: round(room(i, k, p, d) / s + 1),
                "You round to the nearest, but a window that only partly fits is always left out."),
        Mistake(lambda i, k, s, p, d: (i + p - d * (k - 1) - 1) // s + 1,
                "The padding is counted once, but it stands on both sides."),
        Mistake(lambda i, k, s, p, d: (i - d * (k - 1) - 1) // s + 1, "The padding is not used."),
        Mistake(lambda i, k, s, p, d: room(i, k, -p, d) // s + 1,
                "The padding is subtracted, but it makes the input larger."),
        Mistake(lambda i, k, s, p, d: (i + 2 * p - k) // s + 1, no_dilation),
        Mistake(lambda i, k, s, p, d: (i + 2 * p - (k - 1)) // s + 1, no_dilation),
        Mistake(lambda i, k, s, p, d: (i + 2 * p - d * k) // s + 1, span),
        Mistake(lambda i, k, s, p, d: (i + 2 * p - d * k - 1) // s + 1, span),
        Mistake(lambda i, k, s, p, d: (i + 2 * p - (k + d - 1)) // s + 1, span),
        Mistake(lambda i, k, s, p, d: (room(i, k, p, d) + 1) // s + 1,
                "The − 1 in the brackets is missing: the kernel covers one pixel more than its "
                "first and last weight lie apart."),
        Mistake(lambda i, k, s, p, d: (room(i, k, p, d) + 1) // s,
                "The + 1 stands within the division: divide first, then add the first position."),
        Mistake(lambda i, k, s, p, d: room(i, k, p, d) + 1,
                "The stride is not used: the window moves by more than one pixel."),
        Mistake(lambda i, k, s, p, d: i + 2 * p - d * (k - 1) - 1 // s + 1,
                "// binds tighter than + and −: put brackets around all that is to be divided."),
        Mistake(lambda i, k, s, p, d: i + 2 * p - d * (k - 1) - 1 / s + 1,
                "/ binds tighter than + and −: put brackets around all that is to be divided; and "
                "a size is a whole number."),
        Mistake(lambda i, k, s, p, d: i // s + (2 * p - d * (k - 1) - 1) // s + 1,
                "You divide the parts and round each: add up first, then divide once."),
        Mistake(lambda i, k, s, p, d: i // s, "The stride alone does not tell: kernel and padding "
                "take part."),
        Mistake(lambda i, k, s, p, d: (i + 2 * s - d * (k - 1) - 1) // max(p, 1) + 1,
                "Stride and padding are exchanged: the stride comes first."),
    ]
    return check_formula(
        function, reference, cases, mistakes=mistakes, name="my_output_size", outputs=("size",),
        hint="How long is the padded input, how many pixels does the dilated kernel cover, and "
             "how many whole steps of the stride fit into the rest?",
        like="torch.nn.functional.conv1d",
    )


def my_same_padding(function):
    """Verdict on f(size, kernel_size, stride) -> (before, after): "same" as TensorFlow means it.

    The output has ceil(size / stride) pixels; of an odd number of zeros the last stands at the end.
    """
    cases = [(5, 3, 1), (5, 4, 1), (6, 3, 2), (7, 3, 2), (224, 7, 2), (10, 4, 3), (11, 5, 3),
             (8, 2, 2), (7, 2, 2), (7, 1, 2), (9, 2, 5), (13, 6, 4), (15, 6, 4)]

    def total(i, k, s):
        return max((ceil(i / s) - 1) * s + k - i, 0)

    def reference(size, kernel_size, stride):
        zeros = total(size, kernel_size, stride)
        return zeros // 2, zeros - zeros // 2

    def halves(zeros):
        return zeros // 2, zeros - zeros // 2

    stride_1 = ("k − 1 zeros are right for stride 1. With a larger stride the output has "
                "ceil(size / stride) pixels: how far does its last window reach?")
    half = ("Half of the kernel on either side is right for odd kernels and stride 1. Else the "
            "output has ceil(size / stride) pixels: how far does its last window reach?")
    odd = "An odd number of zeros cannot stand equally on both sides: one more at the end."
    clip = ("Fewer than no zeros are none: where the stride is larger than the kernel, the windows "
            "may leave pixels out.")
    mistakes = [
        Mistake(lambda i, k, s: halves(total(i, k, s))[::-1],
                "The odd zero stands in front; TensorFlow puts it at the end."),
        Mistake(lambda i, k, s: halves(k - 1), stride_1),
        Mistake(lambda i, k, s: halves(k - 1)[::-1], stride_1),
        Mistake(lambda i, k, s: (k // 2, k // 2), half),
        Mistake(lambda i, k, s: ((k - 1) // 2, (k - 1) // 2), half),
        Mistake(lambda i, k, s: halves((ceil(i / s) - 1) * s + k - i), clip),
        Mistake(lambda i, k, s: halves(k - s if i % s == 0 else k - i % s), clip),
        Mistake(lambda i, k, s: (total(i, k, s) / 2,) * 2,
                "Half a zero does not exist: of an odd number one more stands at the end."),
        Mistake(lambda i, k, s: (total(i, k, s) // 2,) * 2, odd),
        Mistake(lambda i, k, s: ((total(i, k, s) + 1) // 2,) * 2, odd),
        Mistake(lambda i, k, s: (total(i, k, s),) * 2,
                "Those are all zeros, on either side: share them out."),
        Mistake(lambda i, k, s: (0, total(i, k, s)),
                "All zeros stand at the end: share them out between both sides."),
        Mistake(lambda i, k, s: (total(i, k, s), 0),
                "All zeros stand in front: share them out between both sides."),
        Mistake(lambda i, k, s: halves(max((i // s - 1) * s + k - i, 0)),
                "The output has ceil(size / stride) pixels; size // stride rounds down."),
        Mistake(lambda i, k, s: halves(max(k - s, 0)),
                "k − s is right where the stride divides the size. And elsewhere?"),
        Mistake(lambda i, k, s: halves(max(ceil(i / s) * s + k - i, 0)),
                "Of n windows the last begins at (n − 1)·stride."),
        Mistake(lambda i, k, s: halves((i - 1) * s + k - i),
                "That makes the output as large as the input; with a stride it has "
                "ceil(size / stride) pixels."),
    ]
    return check_formula(
        function, reference, cases, mistakes=mistakes, name="my_same_padding",
        outputs=("before", "after"),
        hint="The output has ceil(size / stride) pixels. Up to which pixel does its last window "
             "reach, and how many are missing there?",
    )


def my_output_padding(function):
    """Verdict on f(size, kernel_size, stride, padding): what brings the transposed size back."""
    cases = [(5, 3, 2, 1), (6, 3, 2, 1), (28, 5, 1, 2), (224, 7, 2, 3), (227, 11, 4, 0),
             (226, 11, 4, 0), (32, 5, 3, 1), (33, 5, 3, 1), (34, 5, 3, 1), (10, 2, 4, 0),
             (13, 4, 5, 2), (20, 3, 8, 2), (17, 3, 8, 1)]

    def reference(size, kernel_size, stride, padding):
        import torch

        functional = torch.nn.functional
        x, kernel = (torch.empty(1, 1, n, device="meta") for n in (size, kernel_size))
        y = functional.conv1d(x, kernel, stride=stride, padding=padding)
        back = functional.conv_transpose1d(y, kernel, stride=stride, padding=padding)
        return size - back.shape[-1]

    def rest(i, k, s, p):
        return (i + 2 * p - k) % s

    def convolved(i, k, s, p):
        return (i + 2 * p - k) // s + 1

    fixed = ("The same number for every size cannot be right: stride 2 makes one output size of "
             "two input sizes, and output_padding has to choose between them.")
    mistakes = [
        Mistake(lambda i, k, s, p: 0, fixed),
        Mistake(lambda i, k, s, p: 1, fixed),
        Mistake(lambda i, k, s, p: s - 1,
                "That is the largest one allowed, not always the right one: " + fixed[0].lower()
                + fixed[1:]),
        Mistake(lambda i, k, s, p: i % s,
                "The division whose remainder you want does not begin with the size alone: kernel and "
                "padding take part."),
        Mistake(lambda i, k, s, p: (i - k) % s, "The padding is not used."),
        Mistake(lambda i, k, s, p: (i + p - k) % s,
                "The padding is counted once, but it stands on both sides."),
        Mistake(lambda i, k, s, p: (i - 2 * p - k) % s,
                "The padding is subtracted, but it makes the input larger."),
        Mistake(lambda i, k, s, p: (i + 2 * p) % s, "The kernel is not used."),
        Mistake(lambda i, k, s, p: (i + 2 * p - k - 1) % s,
                "Off by one: of the padded size the whole kernel is taken away, and no more."),
        Mistake(lambda i, k, s, p: (i + 2 * p - k + 1) % s,
                "Off by one: of the padded size the whole kernel is taken away, and no less."),
        Mistake(lambda i, k, s, p: (i + 2 * p - k) // s,
                "That counts the steps. Which pixels are left over after the last one?"),
        Mistake(lambda i, k, s, p: (i + 2 * p - k) / s % 1,
                "That is the fraction that the floor cuts off. How many pixels is it?"),
        Mistake(convolved, "That is the size after the convolution. Compute the transposed size "
                "from it, and compare that with the one to come back to."),
        Mistake(lambda i, k, s, p: i - rest(i, k, s, p),
                "That is the size that comes back without output_padding. How much is missing?"),
        Mistake(lambda i, k, s, p: -rest(i, k, s, p), "The difference is the other way round."),
        Mistake(lambda i, k, s, p: (s - rest(i, k, s, p)) % s,
                "These are the pixels missing for one more step. Asked for are those left over."),
        Mistake(lambda i, k, s, p: s - rest(i, k, s, p),
                "These are the pixels missing for one more step. Asked for are those left over."),
        Mistake(lambda i, k, s, p: i - convolved(i, k, s, p) * s,
                "Your transposed size is the output size times the stride: it also depends on "
                "kernel and padding."),
    ]
    return check_formula(
        function, reference, cases, mistakes=mistakes, name="my_output_padding",
        outputs=("output_padding",),
        hint="Compute the size after the convolution, from it the size after the transposed one, "
             "and what is missing to come back; or: which remainder has the floor cut off?",
        like="torch.nn.functional.conv_transpose1d",
    )
