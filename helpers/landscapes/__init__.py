"""The loss of a model around its trained weights: surfaces and cuts along random directions.

In filter-normalized directions, which make networks comparable: Li, Xu, Taylor, Studer and
Goldstein, *Visualizing the loss landscape of neural nets*, 2018, arXiv:1712.09913, section 4.
"""

from helpers.landscapes.directions import filter_direction
from helpers.landscapes.landscape import Landscape, LossCut
from helpers.landscapes.surface import loss_between, loss_cut, loss_surface

__all__ = [
    "Landscape",
    "LossCut",
    "filter_direction",
    "loss_between",
    "loss_cut",
    "loss_surface",
]
