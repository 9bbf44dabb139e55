"""Exercises of lesson 6 to be written as functions: the skip of a U-Net, and how masks overlap."""

import numpy as np

from .answers import Mistake, check_function


def my_skip(function):
    """Verdict on f(beside, x): the middle of `beside`, concatenated before x along the channels.

    beside (N, C, H, W) from the encoder, x (N, D, h, w) from below, h ≤ H, w ≤ W, the differences even. The
    result is (N, C + D, h, w).
    """
    import torch

    generator = torch.Generator().manual_seed(6)
    shapes = [((1, 1, 4, 4), (1, 1, 2, 2)), ((1, 2, 8, 6), (1, 3, 4, 4)), ((2, 1, 5, 9), (2, 2, 3, 3)),
              ((1, 2, 4, 6), (1, 2, 4, 6)), ((2, 3, 10, 10), (2, 1, 2, 8))]  # fmt: skip
    cases = [tuple(torch.randint(-9, 10, shape, generator=generator).float() for shape in pair)
             for pair in shapes]  # fmt: skip

    def crop(beside, x, corner=None):
        top, left = corner or [(a - b) // 2 for a, b in zip(beside.shape[-2:], x.shape[-2:])]
        return beside[..., top : top + x.shape[-2], left : left + x.shape[-1]]

    def my_skip(beside, x):
        return torch.cat([crop(beside, x), x], dim=1)

    def last_corner(beside, x):
        return beside[..., beside.shape[-2] - x.shape[-2] :, beside.shape[-1] - x.shape[-1] :]

    def one_offset(beside, x):
        top = (beside.shape[-2] - x.shape[-2]) // 2
        return torch.cat([crop(beside, x, (top, top)), x], dim=1)

    middle = ("That is a corner of the encoder's map. Its middle lies over the map from below: take as much off at "
              "the top as at the bottom.")  # fmt: skip
    mistakes = [
        Mistake(lambda beside, x: torch.cat([x, crop(beside, x)], 1), "The right maps, in the other order: "
                "the encoder's come first."),
        Mistake(lambda beside, x: torch.cat([crop(beside, x, (0, 0)), x], 1), middle),
        Mistake(lambda beside, x: torch.cat([last_corner(beside, x), x], 1), middle),
        Mistake(one_offset, "The width loses another number than the height: top and left differ.", exact=True),
        Mistake(lambda beside, x: crop(beside, x) + x, "That is the skip of a ResNet, a sum. Here both "
                "are kept, side by side: torch.cat.", exact=True),
        Mistake(lambda beside, x: torch.cat([crop(beside, x), x], 2), "Along dim=2 one map lies above the other. "
                "Channels are dim=1."),
        Mistake(lambda beside, x: torch.cat([crop(beside, x), x], 3), "Along dim=3 one map lies beside the other. "
                "Channels are dim=1."),
        Mistake(lambda beside, x: torch.cat([crop(beside, x), x], 0), "Along dim=0 they become two examples. "
                "Channels are dim=1."),
        Mistake(lambda beside, x: crop(beside, x), "The encoder's map is cut rightly; the map from below is missing: "
                "torch.cat([…, x], dim=1).", exact=True),
        Mistake(lambda beside, x: x, "That is the map from below alone: the network without skips.", exact=True),
        Mistake(None, "A slice is empty here: cut the last two axes, beside[..., …], and say where each ends, "
                "top:top + h; d:-d is empty where d is 0.",
                errors=("Expected size 0", "but got size 0")),
        Mistake(None, "Cut `beside` to the height and width of x: each of them loses its own number of "
                "pixels.",
                errors=("Sizes of tensors must match", "must match the size", "Expected size")),
    ]  # fmt: skip
    return check_function(
        function, my_skip, cases, mistakes=mistakes, name="my_skip",
        hint="top = (H − h) // 2, left = (W − w) // 2; beside[..., top:top + h, left:left + w]; "
             "then torch.cat along dim=1.",
    )  # fmt: skip


def my_iou(function):
    """Verdict on f(prediction, truth): intersection over union of two masks (H, W) of bool."""
    random = np.random.default_rng(7)
    first = np.zeros((2, 4, 5), bool)
    first[0, 1:3, 0:3] = first[1, 1:4, 1:4] = True  # 6 and 9 cells, 4 of them together: 4 / 11
    cases = [tuple(first)]
    cases += [tuple(random.random((2, *shape)) < share) for shape, share in
              [((6, 8), 0.5), ((5, 5), 0.3), ((4, 9), 0.7)]]  # fmt: skip
    one = np.eye(4, dtype=bool)
    cases += [(one, one), (one, ~one), (one, np.zeros((4, 4), bool))]

    def my_iou(prediction, truth):
        return np.float64((prediction & truth).sum() / (prediction | truth).sum())

    def ratio(above, below):
        def function(a, b):
            both, either = (a & b).sum(), (a | b).sum()
            counts = {"both": both, "either": either, "a": a.sum(), "b": b.sum(), "all": a.size,
                      "same": (a == b).sum(), "sum": a.sum() + b.sum(), "twice": 2 * both}  # fmt: skip
            return np.float64(counts[above] / counts[below]) if counts[below] else np.float64(0)
        return function

    mistakes = [
        Mistake(ratio("same", "all"), "That is the accuracy: it counts the cells where both say no, too. Where "
                "vortices are rare, saying no everywhere would already be good."),
        Mistake(ratio("twice", "sum"), "That is Dice, twice the intersection over the sum of the areas."),
        Mistake(ratio("both", "a"), "That is the precision: the share of what is predicted that is true."),
        Mistake(ratio("both", "b"), "That is the recall: the share of the truth that is found."),
        Mistake(ratio("both", "sum"), "The cells that both have stand twice in the sum of the areas: the union "
                "counts them once."),
        Mistake(ratio("both", "all"), "Divide by the cells of the union, not by all cells."),
        Mistake(ratio("either", "both"), "Upside down: intersection over union."),
        Mistake(lambda a, b: np.float64((a & b).sum()), "That is the intersection; divide by the union."),
        Mistake(lambda a, b: np.float64(1), "The same stands above and below the line: & belongs above, | below."),
        Mistake(None, "`and` and `or` compare whole arrays: & and | go cell by cell.",
                errors=("truth value", "Boolean value")),
    ]  # fmt: skip
    return check_function(
        function, my_iou, cases, mistakes=mistakes, outputs=("IoU",), name="my_iou", like="helpers.iou",
        hint="(prediction & truth).sum() counts the cells that both have, with | those that either has.",
    )  # fmt: skip
