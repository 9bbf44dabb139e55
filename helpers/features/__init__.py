"""What a network has learned to see: maps, patches that excite them, pictures made for them."""

from helpers.features.maps import feature_maps
from helpers.features.patches import ExcitingPatches, exciting_patches
from helpers.features.pretrained import PretrainedNetwork, load_pretrained
from helpers.features.selectivity import class_selectivity
from helpers.features.visualization import Visualization, visualize_feature

__all__ = [
    "ExcitingPatches",
    "PretrainedNetwork",
    "Visualization",
    "class_selectivity",
    "exciting_patches",
    "feature_maps",
    "load_pretrained",
    "visualize_feature",
]
