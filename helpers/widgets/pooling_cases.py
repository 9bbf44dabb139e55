"""The named cases of PoolingExplorer: an input, and what is set with it."""

import numpy as np

# Dumoulin and Visin, A guide to convolution arithmetic, arXiv:1603.07285, figures 1.5 and 1.6.
_WORKED = [[3, 3, 2, 1, 0], [0, 0, 1, 3, 1], [3, 1, 2, 2, 3], [2, 0, 0, 2, 2], [2, 0, 0, 0, 1]]
# The first of the UCI handwritten digits: a zero in 17 shades.
_DIGIT = [
    [0, 0, 5, 13, 9, 1, 0, 0], [0, 0, 13, 15, 10, 15, 5, 0], [0, 3, 15, 2, 0, 11, 8, 0], [0, 4, 12, 0, 0, 8, 8, 0],
    [0, 5, 8, 0, 0, 9, 8, 0], [0, 4, 11, 0, 1, 12, 7, 0], [0, 2, 14, 5, 10, 12, 0, 0], [0, 0, 6, 13, 10, 0, 0, 0],
]  # fmt: skip
_RGB = [
    [[2, 2, 2, 0, 0], [2, 2, 2, 0, 0], [2, 2, 2, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]],
    [[0, 0, 1, 1, 1], [0, 0, 1, 1, 1], [0, 0, 1, 1, 1], [0, 0, 1, 1, 1], [0, 0, 1, 1, 1]],
    [[0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 3, 3, 3, 0], [0, 3, 3, 3, 0], [0, 3, 3, 3, 0]],
]
_ROW, _COLUMN = np.indices((6, 6))


def _case(x, kernel_size=2, stride=None, padding=0, wrap=False, entering=0.0, **more):
    sizes = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "ceil_mode": False}
    return {"input": np.array(x, float).tolist(), **sizes, "wrap": wrap, "entering": entering, **more}


# A case without a `pooling` or a `shift` keeps the one on show, so that an input can be seen through each of them.
POOLING_CASES = {
    "worked example": _case(_WORKED),
    "3×3 with stride 1": _case(_WORKED, 3, 1),
    # Goodfellow, Bengio, Courville, Deep Learning, figure 9.8: the maximum of three neighbours behind a detector.
    "detector": _case([[0.1, 1, 0.2, 0.1]], (1, 3), 1, (0, 1), entering=0.3, pooling="max", shift=(0, 1)),
    "handwritten digit": _case(_DIGIT),
    "checkerboard": _case((_ROW + _COLUMN) % 2, wrap=True, pooling="average"),
    "every second pixel": _case((_ROW + _COLUMN) % 2, 1, 2, wrap=True, pooling="max"),
    "one pixel": _case((_ROW == 3) & (_COLUMN == 3)),
    "ramp": _case(_COLUMN),
    "RGB channels": _case(_RGB),
}
