"""Pictures of the lessons: each function returns a figure that shows itself with its alt text."""

from .bars import show_bars
from .curves import show_curves
from .figure import COLOURS, Figure
from .grids import count_free, show_kernels, show_matrices, show_matrix, show_numbers
from .histories import show_histories, show_training
from .imagenet import show_imagenet_history
from .images import show_field, show_filters, show_images
from .landscapes import show_cuts, show_landscapes
from .patches import show_patches
from .segmentation import show_masks, show_segmentation

__all__ = [
    "COLOURS",
    "Figure",
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
    "show_segmentation",
    "show_training",
]
