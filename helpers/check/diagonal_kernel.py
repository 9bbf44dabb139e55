"""Exercise 5 of lesson 1: a kernel that finds diagonal borders, judged by what it does."""

import numpy as np

from helpers.operations import conv2d

from .verdict import RIGHT, WRONG, Verdict, listing, not_tried, show, to_numbers


def edge_kernel(kernel):
    """Verdict on a kernel that answers where the image gets brighter towards the lower right.

    It is judged by what it does (as a cross-correlation), not by its numbers. Its sides are 1, 3 or
    5. Three things are asked of it:

    - On constant images its output is 0.
    - On images whose brightness depends on column − row alone, its output is 0: these change only
      towards the upper right or the lower left, across borders that run from the upper left to the
      lower right. It is tried on a step, dark where column − row < 1, which meets the window at
      every place. (So the kernel's numbers sum to 0 along each of its diagonals column − row.)
    - On a step that depends on row + column alone, bright towards the lower right, its output is
      never negative and somewhere clearly positive: at least a fifth of Σ |kernel|. The border runs
      from the lower left to the upper right.
    """
    if kernel is None or kernel is ...:
        return not_tried("the kernel")
    try:
        k = to_numbers(kernel)
    except TypeError as error:
        return Verdict(WRONG, f"A kernel is a matrix of numbers, but this is {error}.",
                       hint="Write rows in brackets: kernel = [[0, 0, 0], [0, 1, 0], [0, 0, 0]].")
    if k.ndim != 2 or any(side not in (1, 3, 5) for side in k.shape):
        return Verdict(WRONG, f"The kernel has the shape {k.shape}.",
                       hint="Two axes, each of 1, 3 or 5 numbers, for example 3×3.")
    case = listing(kernel=k)
    if not np.isfinite(k).all():
        return Verdict(WRONG, "The kernel holds NaN or infinity.", case)
    if not k.any():
        return Verdict(WRONG, "A kernel of zeros answers 0 to everything.", case,
                       "What has to be added, what subtracted, to compare lower right and upper "
                       "left?")
    failure = _failure(k)
    if failure is None:
        return Verdict(RIGHT, "It is positive where the image gets brighter towards the lower "
                       "right, and 0 on constant images and on the borders of the other diagonal.")
    message, image, hint = failure
    case = listing(kernel=k, image=image, output=conv2d(image, k))
    return Verdict(WRONG, message, case, _hint_for_a_known_kernel(k) or hint)


def _hint_for_a_known_kernel(k):
    if _failure(-k) is None:
        return "The sign is reversed: plus belongs to the lower right, minus to the upper left."
    if _failure(k[:, ::-1]) is None or _failure(k[::-1]) is None:
        return "It finds the borders of the other diagonal: mirror it."
    little = 1e-6 * abs(k).sum()
    flat = [abs(k.sum(axis)).max() <= little for axis in (0, 1)]
    if flat[0] != flat[1]:
        found = "horizontal" if flat[0] else "vertical"
        return (f"It finds {found} borders, and answers to the other diagonal as well. Which two "
                "corners have to be compared?")
    return None


def _failure(k):
    """None for a kernel that does what it should; else what it does wrong, the image, a hint."""
    side = max(k.shape)
    size = 2 * side - 1  # so that the border meets the window at every place
    row, column = np.indices((size, size))
    constant = np.ones((size, size))
    lower_right = (row + column >= size - 1).astype(float)
    upper_right = (column - row >= 1).astype(float)
    weight = abs(k).sum()
    if abs(conv2d(constant, k)).max() > 1e-6 * weight:
        return ("On a constant image the output is not 0.", constant,
                f"The kernel's numbers have to sum to 0; their sum is {show(k.sum())}.")
    if abs(conv2d(upper_right, k)).max() > 1e-6 * weight:
        return ("The kernel answers to the other diagonal, too.", upper_right,
                "Along that border plus and minus have to cancel: from the upper left to the lower "
                "right, each diagonal of the kernel has to sum to 0.")
    answer = conv2d(lower_right, k) / weight
    if abs(answer).max() < 1e-6:
        return ("The kernel does not answer to a diagonal border.", lower_right,
                "The lower right has to be compared with the upper left: plus on one side, minus "
                "on the other.")
    if answer.min() < -1e-6:
        return ("On a border that is brighter towards the lower right, the output is negative.",
                lower_right, "Only plus towards the lower right, only minus towards the upper "
                "left: then all outputs have one sign.")
    if answer.max() < 0.2:
        return ("The answer to a diagonal border is weak.", lower_right,
                "Most of the kernel's numbers cancel each other on their own side.")
    return None
