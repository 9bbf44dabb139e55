"""Pictures as they travel to the page: {shape, data: float32 bytes, field, units}; js/images.js reads them."""

import numpy as np


def entry(pixels, field=None, units=""):
    """A picture or field (H, W) or (H, W, 3); a field, unless said, if a value lies outside of 0 to 1."""
    if field is None:
        field = pixels.ndim == 2 and bool(pixels.min() < 0 or pixels.max() > 1)
    shape, pixels = list(pixels.shape), np.array(pixels, np.float32, order="C")
    return {"shape": shape, "data": memoryview(pixels).cast("B"), "field": field, "units": units}


def pixels_of(picture):
    """The pixels of an entry in float64, just as the page has them."""
    return np.frombuffer(picture["data"], np.float32).reshape(picture["shape"]).astype(float)
