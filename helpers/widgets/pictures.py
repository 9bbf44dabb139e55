"""Pictures as they travel to the page: {shape, data: float32 bytes, field, units}; js/images.js reads them."""

from functools import cache

import numpy as np
import traitlets

from helpers import data
from helpers.widgets.base import CourseWidget, SettingError

_MOST_OWN = 8  # all of them travel to the page with each new one


class PictureWidget(CourseWidget):
    """A widget that shows one picture: one of the gallery, which has a name, or the participant's own, which gets one.

    A subclass says how large one's own may be, and in `own_channels` what may follow (height, width) in their shape;
    hands its gallery {name: entry} to this constructor; and reads what `image` is given:

        class Example(PictureWidget):
            own_sizes = (8, 8), (64, 128)  # the least and the most (height, width)
            image = traitlets.TraitType("photo").tag(sync=True)  # not Any, which takes None unseen

            def __init__(self, image="photo", **settings):
                super().__init__({"photo": entry(data.load_photo())}, image, **settings)

            @traitlets.validate("image")
            def _check_image(self, proposal):
                image = proposal["value"]
                if isinstance(image, str):
                    return self._named(image, "an array (H, W)")
                return self._keep(entry(_read(image)))  # _read: an array of legal size, or a SettingError

    On the page js/images.js finds the pictures in `_gallery` and `_own`.
    """

    own_sizes = None
    own_channels = ((), (3,))

    # Apart, as the gallery never changes and need not travel again.
    _gallery = traitlets.Dict().tag(sync=True)
    _own = traitlets.Dict().tag(sync=True)

    def __init__(self, gallery, image, **settings):
        for name in settings:
            self._known(name)
        self._gallery = gallery
        self.set(image=image, **settings)  # now that there are pictures for it to name
        self.set(**{name: value for name, value in self._suited().items() if name not in settings})
        super().__init__()  # the page hears of the widget as the cell made it

    @property
    def images(self):
        """All pictures that `image` can name: the gallery's and the participant's own."""
        return {**self._gallery, **self._own}

    def _suited(self):
        """Settings that suit the first picture, for those that the cell leaves out."""
        return {}

    def _named(self, name, repair):
        """The name, if there is such a picture; the `repair` says what else may be given."""
        if name in self.images:
            return name
        raise SettingError(
            f"{type(self).__name__}.image: there is no picture {name!r}. "
            f"There is {', '.join(map(repr, self.images))}; or give {repair}."
        )

    def _keep(self, picture, name="your image"):
        """Add a picture to the participant's own; returns its name. The first one and the one on show stay."""
        needed = [shown for shown in (self._initial.get("image"), self.image) if isinstance(shown, str)]
        self._own, name = with_own(self._own, picture, name, keep=needed)
        return name

    @traitlets.validate("_own")
    def _check_own(self, proposal):
        """Pictures that the page sends were read there."""
        check_own(self, proposal["value"], *self.own_sizes, self.own_channels)
        return proposal["value"]


def entry(pixels, field=None, units=""):
    """A picture or field (H, W) or (H, W, 3); a field, unless said, if a value lies outside of 0 to 1."""
    if field is None:
        field = pixels.ndim == 2 and bool(pixels.min() < 0 or pixels.max() > 1)
    shape, pixels = list(pixels.shape), np.array(pixels, np.float32, order="C")
    return {"shape": shape, "data": memoryview(pixels).cast("B"), "field": field, "units": units}


def pixels_of(picture):
    """The pixels of an entry in float64, just as the page has them."""
    return np.frombuffer(picture["data"], np.float32).reshape(picture["shape"]).astype(float)


def own_pixels(image, where, wanted):
    """One's own array or tensor as floats, uint8 as 0 to 1. Raises SettingError for what has no numbers."""
    if hasattr(image, "detach"):
        image = image.detach().cpu().numpy()
    try:
        image = np.asarray(image)
        return image / 255 if image.dtype == np.uint8 else image.astype(np.float32)
    except (TypeError, ValueError):
        raise SettingError(f"{where}: expected {wanted}, got {type(image).__name__}.") from None


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
