"""The course's widgets. A new one is a .py and a .js of the same name, and a line here.

Each is loaded when it is first used: together they would take a quarter of the time that a first
widget may take.
"""

from importlib import import_module

_MODULE_OF = {
    "AccuracyMap": "accuracy_map",
    "ArchitectureDiagram": "architecture_diagram",
    "ArithmeticExplorer": "arithmetic_explorer",
    "ChannelExplorer": "channel_explorer",
    "ConvolutionExplorer": "convolution_explorer",
    "EffectiveFieldExplorer": "effective_field_explorer",
    "FeatureMapExplorer": "feature_map_explorer",
    "ForecastExplorer": "forecast_explorer",
    "ImageFilter": "image_filter",
    "LandscapeExplorer": "landscape_explorer",
    "LayerTable": "layer_table",
    "LearnedKernel": "learned_kernel",
    "PoolingExplorer": "pooling_explorer",
    "ReceptiveFieldExplorer": "receptive_field_explorer",
    "ResidualExplorer": "residual_explorer",
    "ShiftExplorer": "shift_explorer",
    "UNetExplorer": "unet_explorer",
}

__all__ = [*_MODULE_OF]


def __getattr__(name):
    if name not in _MODULE_OF:
        raise AttributeError(f"helpers.widgets has no name {name!r}. It has: {', '.join(__all__)}.")
    globals()[name] = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    return globals()[name]


def __dir__():
    return sorted({*globals(), *__all__})
