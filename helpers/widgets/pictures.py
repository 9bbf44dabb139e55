"""Pictures as they travel to the page: {shape, data: float32 bytes, field, units}; js/images.js reads them."""

from functools import cache

import numpy as np

from helpers import data
from helpers.widgets.base import SettingError

_MOST_OWN = 8  # all of them travel to the page with each new one


def entry(pixels, field=None, units=""):
    """A picture or field (H, W) or (H, W, 3); a field, unless said, if a value lies outside of 0 to 1."""
    if field is None:
        field = pixels.ndim == 2 and bool(pixels.min() < 0 or pixels.max() > 1)
    shape, pixels = list(pixels.shape), np.array(pixels, np.float32, order="C")
    return {"shape": shape, "data": memoryview(pixels).cast("B"), "field": field, "units": units}


def pixels_of(picture):
    """The pixels of an entry in float64, just as the page has them."""
    return np.frombuffer(picture["data"], np.float32).reshape(picture["shape"]).astype(float)


@cache
def vorticity():
    """One map of the weather's vorticity, 32×64."""
    return entry(data.load_weather("test").snapshot("vorticity") * 1e5, field=True, units="10⁻⁵ s⁻¹")


def with_own(own, picture, name="your image", keep=()):
    """(the participant's pictures and this one, its name): "your image", "your image 2" and so on.

    A picture that is there already keeps its name. Beyond eight the oldest goes whose name is not in `keep`.
    """
    title, number = name, 1
    while title in own and own[title] != picture:
        number += 1
        title = f"{name} {number}"
    own = {**own, title: picture}
    spare = [old for old in own if old not in (title, *keep)]
    if len(own) > _MOST_OWN and spare:
        del own[spare[0]]
    return own, title


def check_own(widget, own, least, most, channels=((), (3,))):
    """Raise SettingError unless all are pictures from `least` to `most` (height, width), and the one on show stays."""
    kind = type(widget).__name__
    for name, picture in own.items():
        if name in widget._gallery or not _is_entry(picture, least, most, channels):
            raise SettingError(f"{kind}: {name!r} is not a picture that can be shown, or has a name of the gallery.")
    if isinstance(widget.image, str) and widget.image not in {**widget._gallery, **own}:
        raise SettingError(f"{kind}: {widget.image!r} is on show and must stay. To show another one: widget.image = …")


def _is_entry(picture, least, most, channels):
    try:
        height, width, *rest = picture["shape"]
        return (
            set(picture) == {"shape", "data", "field", "units"}
            and tuple(rest) in channels
            and all(low <= size <= high for low, size, high in zip(least, (height, width), most))
            and memoryview(picture["data"]).nbytes == 4 * np.prod(picture["shape"])
        )
    except (TypeError, KeyError, ValueError):
        return False
