"""The experiments of lesson 1: shuffled pixels, a learned kernel, convolution by FFT."""

from helpers.experiments.fourier import fft_conv2d, time_direct_and_fft
from helpers.experiments.learned_kernel import (
    condition_number,
    learn_kernel,
    random_image,
)
from helpers.experiments.permuted_pixels import (
    compare_on_permuted_pixels,
    permute_pixels,
)

__all__ = [
    "compare_on_permuted_pixels",
    "condition_number",
    "fft_conv2d",
    "learn_kernel",
    "permute_pixels",
    "random_image",
    "time_direct_and_fft",
]
