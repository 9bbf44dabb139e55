"""The experiments of the lessons.

Lesson 1: shuffled pixels, a learned kernel, convolution by FFT. Lesson 3: shifted digits, kernels
that depend on the latitude.
"""

from helpers.experiments.fourier import fft_conv2d, time_direct_and_fft
from helpers.experiments.latitude_kernels import geostrophic_kernel, learn_latitude_kernels
from helpers.experiments.learned_kernel import (
    condition_number,
    learn_kernel,
    random_image,
)
from helpers.experiments.permuted_pixels import (
    compare_on_permuted_pixels,
    permute_pixels,
)
from helpers.experiments.shifted_digits import (
    compare_on_shifted_digits,
    on_canvas,
    random_shift,
)

__all__ = [
    "compare_on_permuted_pixels",
    "compare_on_shifted_digits",
    "condition_number",
    "fft_conv2d",
    "geostrophic_kernel",
    "learn_kernel",
    "learn_latitude_kernels",
    "on_canvas",
    "permute_pixels",
    "random_image",
    "random_shift",
    "time_direct_and_fft",
]
