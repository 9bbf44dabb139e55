"""Verdicts on exercises: `check.<name>(answer)` says right, wrong (with the case) or not tried yet.

A lesson adds its checkers in a module of its own and its names here.
"""

from .answers import Mistake, check_function, check_number
from .diagonal_kernel import edge_kernel
from .lesson_1 import (
    my_conv1d_backward,
    my_conv2d,
    my_convolve2d,
    predicted_output,
    rgb_layer_parameters,
    shared_weights,
)
from .verdict import Verdict

__all__ = [
    "Mistake",
    "Verdict",
    "check_function",
    "check_number",
    "edge_kernel",
    "my_conv1d_backward",
    "my_conv2d",
    "my_convolve2d",
    "predicted_output",
    "rgb_layer_parameters",
    "shared_weights",
]
