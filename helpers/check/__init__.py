"""Verdicts on exercises: `check.<name>(answer)` says right, wrong (with the case) or not tried yet.

A lesson adds its checkers in a module of its own and its names here.
"""

from .answers import Mistake, check_function, check_number
from .average_layer import average_as_convolution
from .batch_normalization import my_batch_norm
from .block_basic import basic_block
from .block_identity import starts_as_identity
from .diagonal_kernel import edge_kernel
from .equivariance import my_equivariance_error
from .field_causal import my_causal_conv1d
from .field_effective import my_effective_field
from .field_of_dilations import no_holes, sees_31
from .field_recurrence import my_receptive_field
from .filter_direction import my_direction
from .globe_functions import my_globe_padding, my_memory, my_rmse, my_rollout
from .layer_answers import even_upsampling, halving_layer, separable_layer
from .lesson_1 import (
    my_conv1d_backward,
    my_conv2d,
    my_convolve2d,
    predicted_output,
    rgb_layer_parameters,
    shared_weights,
)
from .lesson_2 import (
    dilated_padding,
    inception_count,
    layer_cost,
    lenet_parameters,
    output_sizes,
)
from .lesson_3 import detector_shift, exact_shifts, pooled_map, properties
from .lesson_4 import (
    field_changes,
    nothing_new,
    original_resnet50,
    three_layers,
    wind_cells,
)
from .lesson_5 import block_weights, chain_gain, my_depth, needs_projection
from .lesson_6 import smallest_input, unet_output
from .network_of_any_size import any_size
from .network_repair import repair_network
from .pooling_functions import my_blur_pool, my_max_pool2d
from .size_formulas import my_output_padding, my_output_size, my_same_padding
from .stamps import my_conv_transpose2d
from .unet_functions import my_iou, my_skip
from .verdict import Verdict

__all__ = [
    "Mistake",
    "Verdict",
    "any_size",
    "average_as_convolution",
    "basic_block",
    "block_weights",
    "chain_gain",
    "check_function",
    "check_number",
    "detector_shift",
    "dilated_padding",
    "edge_kernel",
    "even_upsampling",
    "exact_shifts",
    "field_changes",
    "halving_layer",
    "inception_count",
    "layer_cost",
    "lenet_parameters",
    "my_batch_norm",
    "my_blur_pool",
    "my_causal_conv1d",
    "my_conv1d_backward",
    "my_conv2d",
    "my_conv_transpose2d",
    "my_convolve2d",
    "my_depth",
    "my_direction",
    "my_effective_field",
    "my_equivariance_error",
    "my_globe_padding",
    "my_iou",
    "my_max_pool2d",
    "my_memory",
    "my_output_padding",
    "my_output_size",
    "my_receptive_field",
    "my_rmse",
    "my_rollout",
    "my_same_padding",
    "my_skip",
    "needs_projection",
    "no_holes",
    "nothing_new",
    "original_resnet50",
    "output_sizes",
    "pooled_map",
    "predicted_output",
    "properties",
    "repair_network",
    "rgb_layer_parameters",
    "sees_31",
    "separable_layer",
    "shared_weights",
    "smallest_input",
    "starts_as_identity",
    "three_layers",
    "unet_output",
    "wind_cells",
]
