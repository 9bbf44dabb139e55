"""How much a feature map tells of the class of an image."""

import numpy as np

from helpers.features.maps import feature_maps


def class_selectivity(model, x, y, layers=None):
    """How much each map tells of the class: a dict layer name -> (C,) array of shares, 0 to 1.

    For each image a map is reduced to one number, its mean. The share of that number's variance
    over the images that lies between the classes and not within them is the correlation ratio η²:
    1 if the class alone decides how strongly a map fires, 0 if all classes excite it alike on
    average. "input" has it for the channels of x themselves. A map that is the same on all images
    has NaN: it is silent. With few images chance alone gives (classes − 1) / (images − 1).

    x (N, C, H, W), classes y (N,); layers as in `feature_maps`. Raises ValueError if x and y differ
    in number, or if there are fewer than two classes. (Fisher, *Statistical methods for research
    workers*, 1925, chapter VIII.)
    """
    y = np.asarray(y)
    if y.shape != (len(x),) or len(np.unique(y)) < 2:
        raise ValueError(
            f"class_selectivity: y must have a class for each of the {len(x)} images, of at least "
            f"two classes, but it has the shape {y.shape} and {len(np.unique(y))} classes. Take x "
            f"and y from the same set."
        )
    maps = feature_maps(model, x, layers)
    means = {"input": np.mean(np.asarray(x, dtype=float), axis=(2, 3))}
    means |= {name: values.double().mean((2, 3)).numpy() for name, values in maps.items()}
    return {name: _shares(values, y) for name, values in means.items()}


def _shares(values, y):
    """η² of each column of (N, C) over the classes (N,)."""
    centre = values.mean(0)
    total = ((values - centre) ** 2).sum(0)
    between = sum(
        (y == k).sum() * (values[y == k].mean(0) - centre) ** 2 for k in np.unique(y)
    )
    silent = total <= 1e-12 * np.maximum(1, centre**2) * len(values)
    return np.where(silent, np.nan, between / np.where(silent, 1, total))
