"""Convolution, transposed convolution and pooling as loops that read like their definitions;
shifts, turns and enlargements of images, and how far a function is from moving with them.

Lists, NumPy arrays and CPU tensors are taken; integers are computed exactly as int64, floats as
float64. x is (H, W), (C, H, W) or (N, C, H, W), and the answer has as many axes. Settings are as
in PyTorch, an int or (height, width), and what PyTorch refuses raises a `ValueError`. Differences:
(H, W) alone is an image, averages of integers are floats, and padding is never negative.
"""

from helpers.operations.convolution import (
    conv2d,
    conv_matrix,
    conv_transpose2d,
    convolve2d,
    filter_image,
    pad2d,
    reach,
)
from helpers.operations.pooling import avg_pool2d, max_pool2d
from helpers.operations.sequences import conv1d, conv1d_backward
from helpers.operations.transforms import (
    equivariance_error,
    relative_error,
    rotate_image,
    scale_image,
    shift_image,
)
from helpers.operations.windows import pool2d

__all__ = [
    "avg_pool2d",
    "conv1d",
    "conv1d_backward",
    "conv2d",
    "conv_matrix",
    "conv_transpose2d",
    "convolve2d",
    "equivariance_error",
    "filter_image",
    "max_pool2d",
    "pad2d",
    "pool2d",
    "reach",
    "relative_error",
    "rotate_image",
    "scale_image",
    "shift_image",
]
