"""The course's widgets. A new one is a .py and a .js of the same name, and a line here."""

from helpers.widgets.accuracy_map import AccuracyMap
from helpers.widgets.arithmetic_explorer import ArithmeticExplorer
from helpers.widgets.channel_explorer import ChannelExplorer
from helpers.widgets.convolution_explorer import ConvolutionExplorer
from helpers.widgets.effective_field_explorer import EffectiveFieldExplorer
from helpers.widgets.feature_map_explorer import FeatureMapExplorer
from helpers.widgets.image_filter import ImageFilter
from helpers.widgets.layer_table import LayerTable
from helpers.widgets.learned_kernel import LearnedKernel
from helpers.widgets.pooling_explorer import PoolingExplorer
from helpers.widgets.receptive_field_explorer import ReceptiveFieldExplorer
from helpers.widgets.shift_explorer import ShiftExplorer

__all__ = [
    "AccuracyMap",
    "ArithmeticExplorer",
    "ChannelExplorer",
    "ConvolutionExplorer",
    "EffectiveFieldExplorer",
    "FeatureMapExplorer",
    "ImageFilter",
    "LayerTable",
    "LearnedKernel",
    "PoolingExplorer",
    "ReceptiveFieldExplorer",
    "ShiftExplorer",
]
