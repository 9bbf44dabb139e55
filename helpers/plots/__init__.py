"""Pictures of the lessons: each function returns a figure that shows itself with its alt text."""

from .bars import show_bars
from .curves import show_curves
from .figure import COLOURS, Figure
from .grids import count_free, show_kernels, show_matrices, show_matrix, show_numbers
from .histories import show_histories
from .imagenet import show_imagenet_history
from .images import show_field, show_filters, show_images
from .landscapes import show_cuts, show_landscapes
from .patches import show_patches

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
    "show_matrices",
    "show_matrix",
    "show_numbers",
    "show_patches",
]
