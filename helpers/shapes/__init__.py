"""Sizes, parameters and multiply–adds of layers, by formula; `summarize` counts a whole model.

Every formula takes whole numbers, or one number per axis: `(height, width)`, and for 1-D and
3-D layers tuples of one or three. As soon as one argument is a tuple the answer is a tuple.

They accept what a PyTorch layer accepts when it is built *and* called, and refuse the rest with a
`ValueError`: `nn.Conv2d(1, 1, 3, stride=0)`, say, can be built but not called, and is refused
here. Like PyTorch they take NumPy integers, and refuse `3.0` and `True` where a number is due.
Where PyTorch forgets its own rules they keep them: it takes `True` as nn.Conv2d's kernel_size and
in `(1, True)`, checks less if the batch is empty, and lets some outputs of size 0 pass in float32.

Source: Dumoulin and Visin, *A guide to convolution arithmetic*, arXiv:1603.07285.
"""

from .arguments import channels, per_axis, whole
from .counts import conv_multiplications, conv_parameters
from .output_sizes import (
    conv_axes,
    conv_output_size,
    conv_transpose_axes,
    conv_transpose_output_size,
    pool_axes,
    pool_output_size,
)
from .padding import named_padding, same_padding
from .settings import settings_for
from .summary import summarize
from .unet import unet_sizes

__all__ = [
    "conv_output_size",
    "conv_transpose_output_size",
    "pool_output_size",
    "named_padding",
    "same_padding",
    "conv_parameters",
    "conv_multiplications",
    "settings_for",
    "summarize",
    "unet_sizes",
]
