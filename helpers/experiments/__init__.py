"""The experiments of the lessons.

Lesson 1: shuffled pixels, a learned kernel, convolution by FFT. Lesson 3: shifted digits, kernels
that depend on the latitude. Lesson 4: how far signals travel, and forecasts that see more or less.
"""

from helpers.experiments.forecasts import ForecastCNN, compare_on_forecasts, forecast_pairs
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
from helpers.experiments.signals import signal_distances

__all__ = [
    "ForecastCNN",
    "compare_on_forecasts",
    "compare_on_permuted_pixels",
    "compare_on_shifted_digits",
    "condition_number",
    "fft_conv2d",
    "forecast_pairs",
    "geostrophic_kernel",
    "learn_kernel",
    "learn_latitude_kernels",
    "on_canvas",
    "permute_pixels",
    "random_image",
    "random_shift",
    "signal_distances",
    "time_direct_and_fft",
]
