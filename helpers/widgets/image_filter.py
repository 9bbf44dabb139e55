"""ImageFilter: a photo, a weather field or one's own image through one kernel, live."""

import os
from pathlib import Path

import numpy as np
import traitlets

from helpers import data, operations
from helpers.kernels import KERNELS
from helpers.widgets.base import Array, SettingError, Size, pair
from helpers.widgets.pictures import PictureWidget, entry, pixels_of, vorticity
from helpers.widgets.torch_code import same_code, same_layer

_LARGEST = 512  # pixels a side: what a browser filters while one drags
_SMALLEST = 8  # a 7×7 kernel mirrors up to three pixels beyond the border
_GALLERY = ("photo", "handwritten digit", "weather: vorticity", "weather: height")


class ImageFilter(PictureWidget):
    """One kernel over a whole image: every channel by itself, the output as large as the input.

    image: the name of a picture of the gallery ("photo", "handwritten digit", "weather: vorticity",
        "weather: height"), or your own: a path, or an array (H, W) or (H, W, 3). A 2-D array of floats is
        taken as a field with values of any size; anything else goes through `helpers.load_image`.
    kernel: (kh, kw), up to 7 × 7; helpers.kernels.KERNELS has the classic ones by name.
    grey: one channel instead of red, green and blue.
    padding_mode: "zeros", "reflect", "replicate" or "circular".
    shown: "signed" (zero in the middle of the colours), "picture", or "auto", which takes what fits.
    compare: input and output in one frame; split: where they meet, from 0 to 1.
    position: (row, column) of the pixel whose patch is written out.
    """

    script = "image_filter.js"
    resets = ("kernel", "image", "grey", "padding_mode", "shown", "compare", "split", "position")
    own_sizes = (_SMALLEST, _SMALLEST), (_LARGEST, _LARGEST)

    image = traitlets.TraitType("photo").tag(sync=True)  # not Any, which takes None unseen
    kernel = Array(KERNELS["Sobel x: vertical edges"], ndim=(2,))
    grey = traitlets.Bool(True).tag(sync=True)
    padding_mode = traitlets.Enum(["zeros", "reflect", "replicate", "circular"], "replicate").tag(sync=True)
    shown = traitlets.Enum(["auto", "signed", "picture"], "auto").tag(sync=True)
    compare = traitlets.Bool(False).tag(sync=True)
    split = traitlets.Float(0.5, min=0, max=1).tag(sync=True)
    position = Size((128, 128), least=0)
    _kernels = traitlets.Dict(dict(KERNELS)).tag(sync=True)

    def __init__(self, image="photo", **settings):
        super().__init__({name: _from_gallery(name) for name in _GALLERY}, image, **settings)

    def _suited(self):
        return {"position": tuple(v // 2 for v in self.input.shape[-2:])}

    @property
    def input(self):
        """What the kernel sees: (H, W), or (3, H, W) for red, green and blue."""
        pixels = pixels_of(self.images[self.image])
        if pixels.ndim == 2:
            return pixels
        return pixels @ data.LUMA if self.grey else np.moveaxis(pixels, 2, 0)

    @property
    def output(self):
        """The filtered image, as large as `input`."""
        return operations.filter_image(self.input, self.kernel, self.padding_mode)

    @property
    def layer(self):
        """The equivalent `torch.nn.Conv2d` in float64: padding "same", one copy of the kernel per channel."""
        return same_layer(self.kernel, self._channels(), self.padding_mode)

    @property
    def code(self):
        """The line of PyTorch that makes the layer."""
        return same_code(self.kernel, self._channels(), self.padding_mode)

    def _channels(self):
        return 1 if self.input.ndim == 2 else 3

    def sentence(self):
        """Image and kernel in one sentence."""
        size = "×".join(map(str, self.input.shape))
        return f"ImageFilter: {self.image} ({size}) through a {self.kernel.shape[0]}×{self.kernel.shape[1]} kernel."

    @traitlets.validate("image")
    def _check_image(self, proposal):
        """A name stays one; any other picture joins the participant's own first."""
        image = proposal["value"]
        if isinstance(image, str) and (image in self._gallery or image in self._own and not _is_file(image)):
            return image
        if isinstance(image, str) and not Path(image).suffix and not _is_file(image):
            return self._named(image, "the path of a file, or an array")
        name = Path(image).name if isinstance(image, (str, os.PathLike)) else "your image"
        if name in self._gallery:
            name = f"{name} (yours)"
        pixels = _read(image)
        if min(pixels.shape[:2]) < _SMALLEST:
            size = f"{pixels.shape[0]}×{pixels.shape[1]}"
            raise SettingError(f"ImageFilter.image: at least {_SMALLEST}×{_SMALLEST} pixels, got {size}.")
        return self._keep(entry(pixels), name)

    @traitlets.validate("kernel")
    def _check_kernel(self, proposal):
        kernel = proposal["value"]
        if max(kernel.shape) > 7:
            raise SettingError(f"ImageFilter.kernel: at most 7×7, got {kernel.shape[0]}×{kernel.shape[1]}. See helpers.filter_image.")
        return kernel

    @traitlets.validate("position")
    def _check_position(self, proposal):
        """Points beside the picture mean its nearest pixel: pictures differ in size."""
        return self._nearest(proposal["value"])

    @traitlets.observe("image", "_own")
    def _stay_inside(self, _change):
        self.position = self._nearest(self.position)

    def _nearest(self, position):
        picture = self.images.get(self.image) if isinstance(self.image, str) else None
        if picture is None:  # the picture is being changed in the same step; _stay_inside follows
            return pair(position)
        return tuple(min(at, size - 1) for at, size in zip(pair(position), picture["shape"]))


def _from_gallery(name):
    if name == "photo":
        return entry(data.load_photo())
    if name == "handwritten digit":
        return entry(data.load_digits().images[0])
    field = name.removeprefix("weather: ")
    weather = data.load_weather("test")
    if field == "vorticity":
        return vorticity()
    return entry(weather.snapshot("height"), field=True, units="m")


def _is_file(name):
    try:
        return Path(name).is_file()
    except (OSError, ValueError):  # longer than any name can be, or with a null character
        return False


def _read(image):
    """What the participant gave, as pixels or as a field of float32."""
    if hasattr(image, "detach"):
        image = image.detach().cpu().numpy()
    if isinstance(image, np.ndarray) and image.ndim == 2 and image.dtype.kind == "f":
        with np.errstate(over="ignore"):
            image = image.astype(np.float32)  # as the page will have it
        if not np.isfinite(image).all():
            raise SettingError("ImageFilter.image: the field has values that are not finite. numpy.nan_to_num replaces them.")
        if max(image.shape) > _LARGEST:
            raise SettingError(f"ImageFilter.image: a field of {image.shape} is larger than {_LARGEST}. Take every n-th cell, field[::n, ::n].")
        return image
    try:
        return data.load_image(image)
    except (ValueError, OSError, TypeError) as error:
        raise SettingError(f"ImageFilter.image: {error}") from None
