"""How well a map of yes and no agrees with the true one: IoU and Dice."""

import numpy as np


def iou(prediction, truth):
    """Intersection over union of two masks of the same shape, 0..1.

    Cells that both have, over cells that either has (Jaccard 1901). Masks are arrays of bool, or of
    0 and 1. Raises ValueError for other values and for different shapes; and where neither mask has
    a cell, since 0/0 is no number.
    """
    prediction, truth = _masks("iou", prediction, truth)
    return float((prediction & truth).sum() / (prediction | truth).sum())


def dice(prediction, truth):
    """Twice the intersection over the sum of the areas, 0..1: 2·IoU / (1 + IoU).

    (Dice 1945; the F1 score of the cells.) Masks as for `iou`.
    """
    prediction, truth = _masks("dice", prediction, truth)
    return float(2 * (prediction & truth).sum() / (prediction.sum() + truth.sum()))


def _masks(where, *masks):
    arrays = [np.asarray(mask) for mask in masks]
    shapes = [array.shape for array in arrays]
    if shapes[0] != shapes[1]:
        raise ValueError(f"{where}: the masks have shapes {shapes[0]} and {shapes[1]}. Use the same.")
    for array in arrays:
        if array.dtype != bool and not np.isin(array, (0, 1)).all():
            raise ValueError(
                f"{where}: a mask holds True and False, or 1 and 0, but here is "
                f"{array[~np.isin(array, (0, 1))].flat[0]}. Compare scores with 0 first: scores > 0."
            )
    masks = [array.astype(bool) for array in arrays]
    if not any(mask.any() for mask in masks):
        raise ValueError(f"{where}: neither mask has a single cell, and 0/0 is no number.")
    return masks
