"""The package behind the course: `from helpers import …` in every notebook.

Names are loaded when they are first used, so that `import helpers` costs next to nothing
and a first widget need not wait for torch (seconds) or matplotlib (one second).
"""

from importlib import import_module

# module -> the names that it lends to `helpers`. A new lesson or widget adds its names here.
_PUBLIC = {
    "shapes": [
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
    ],
    "operations": [
        "pad2d",
        "conv2d",
        "convolve2d",
        "filter_image",
        "conv_transpose2d",
        "max_pool2d",
        "avg_pool2d",
        "pool2d",
        "shift_image",
        "rotate_image",
        "scale_image",
        "equivariance_error",
        "conv_matrix",
        "conv1d",
        "conv1d_backward",
    ],
    "kernels": ["KERNELS"],
    "data": ["load_digits", "load_photo", "load_weather", "load_image"],
    "fields": ["load_field"],
    "models": [
        "BlurPool2d",
        "CanvasCNN",
        "CanvasMLP",
        "ConvLSTM",
        "ConvLSTMCell",
        "DigitCNN",
        "LeNet",
        "ResidualNet",
        "SmallMLP",
        "SmallCNN",
        "UNet",
        "count_parameters",
    ],
    # The module has a function's name, and can be called like it: helpers/receptive_field says how.
    "receptive_field": ["effective_receptive_field"],
    "features": [
        "class_selectivity",
        "exciting_patches",
        "feature_maps",
        "load_pretrained",
        "visualize_feature",
    ],
    "training": ["fit", "accuracy", "dice", "iou"],
    "landscapes": ["filter_direction", "loss_between", "loss_cut", "loss_surface"],
    "experiments": [
        "permute_pixels",
        "compare_on_permuted_pixels",
        "random_image",
        "condition_number",
        "learn_kernel",
        "fft_conv2d",
        "time_direct_and_fft",
        "compare_on_shifted_digits",
        "on_canvas",
        "learn_latitude_kernels",
        "geostrophic_kernel",
        "ForecastCNN",
        "compare_on_forecasts",
        "forecast_pairs",
        "signal_distances",
        "compare_depths",
        "gradient_norms",
        "compare_learning_rates",
        "accuracy_in_batches",
        "without_block",
        "accuracy_without_blocks",
        "error_by_longitude",
        "globe_pairs",
        "learn_forecast",
        "learn_forecast_with_memory",
        "roll_error",
        "roll_out",
        "seam_factor",
        "segment_vortices",
        "vortex_maps",
        "okubo_weiss",
        "stream_function",
        "vortices",
        "wind",
        "area_weights",
        "weather_states",
        "weighted_rmse",
    ],
    "plots": [
        "count_free",
        "show_bars",
        "show_curves",
        "show_cuts",
        "show_field",
        "show_filters",
        "show_histories",
        "show_imagenet_history",
        "show_images",
        "show_kernels",
        "show_landscapes",
        "show_masks",
        "show_matrices",
        "show_matrix",
        "show_numbers",
        "show_patches",
    ],
    "widgets": [
        "AccuracyMap",
        "ArchitectureDiagram",
        "ArithmeticExplorer",
        "ChannelExplorer",
        "ConvolutionExplorer",
        "EffectiveFieldExplorer",
        "FeatureMapExplorer",
        "ForecastExplorer",
        "ImageFilter",
        "LandscapeExplorer",
        "LayerTable",
        "LearnedKernel",
        "PoolingExplorer",
        "ReceptiveFieldExplorer",
        "ResidualExplorer",
        "ShiftExplorer",
        "UNetExplorer",
    ],
}
_MODULE_OF = {name: module for module, names in _PUBLIC.items() for name in names}
_MODULES = [*_PUBLIC, "images", "check", "doctor"]

__all__ = [*_MODULE_OF, *_MODULES]


def __getattr__(name):
    if name in _MODULE_OF:
        value = getattr(import_module(f"helpers.{_MODULE_OF[name]}"), name)
    elif name in _MODULES:
        value = import_module(f"helpers.{name}")
    else:
        raise AttributeError(f"helpers has no name {name!r}. It has: {', '.join(__all__)}.")
    globals()[name] = value
    return value


def __dir__():
    return sorted(__all__)
