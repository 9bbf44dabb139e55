"""The experiments of the lessons.

Lesson 1: shuffled pixels, a learned kernel, convolution by FFT. Lesson 3: shifted digits, kernels
that depend on the latitude. Lesson 4: how far signals travel, and forecasts that see more or less.
Lesson 5: what depth costs and skips repair, gradients, batch normalization, missing blocks.
Lesson 6: vortices found on maps, forecasts for the whole globe, and where its seam shows.
"""

from helpers.experiments.blocks import accuracy_without_blocks, without_block
from helpers.experiments.depths import compare_depths
from helpers.experiments.forecasts import ForecastCNN, compare_on_forecasts, forecast_pairs
from helpers.experiments.fourier import fft_conv2d, time_direct_and_fft
from helpers.experiments.globe import (
    error_by_longitude,
    globe_pairs,
    learn_forecast,
    learn_forecast_with_memory,
    roll_error,
    roll_out,
    seam_factor,
)
from helpers.experiments.gradients import gradient_norms
from helpers.experiments.latitude_kernels import geostrophic_kernel, learn_latitude_kernels
from helpers.experiments.learned_kernel import (
    condition_number,
    learn_kernel,
    random_image,
)
from helpers.experiments.normalization import accuracy_in_batches, compare_learning_rates
from helpers.experiments.permuted_pixels import (
    compare_on_permuted_pixels,
    permute_pixels,
)
from helpers.experiments.segmentation import segment_vortices, vortex_maps
from helpers.experiments.shifted_digits import (
    compare_on_shifted_digits,
    on_canvas,
    random_shift,
)
from helpers.experiments.signals import signal_distances
from helpers.experiments.vortices import okubo_weiss, stream_function, vortices, wind
from helpers.experiments.weather_maps import area_weights, weather_states, weighted_rmse

__all__ = [
    "ForecastCNN",
    "accuracy_in_batches",
    "accuracy_without_blocks",
    "area_weights",
    "compare_depths",
    "compare_learning_rates",
    "compare_on_forecasts",
    "compare_on_permuted_pixels",
    "compare_on_shifted_digits",
    "condition_number",
    "error_by_longitude",
    "fft_conv2d",
    "forecast_pairs",
    "geostrophic_kernel",
    "globe_pairs",
    "gradient_norms",
    "learn_forecast",
    "learn_forecast_with_memory",
    "learn_kernel",
    "learn_latitude_kernels",
    "okubo_weiss",
    "on_canvas",
    "permute_pixels",
    "random_image",
    "random_shift",
    "roll_error",
    "roll_out",
    "seam_factor",
    "segment_vortices",
    "signal_distances",
    "stream_function",
    "time_direct_and_fft",
    "vortex_maps",
    "vortices",
    "weather_states",
    "weighted_rmse",
    "wind",
    "without_block",
]
