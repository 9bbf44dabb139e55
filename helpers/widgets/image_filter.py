"""ImageFilter: a photo, a weather field or one's own image through one kernel, live."""

import os
from pathlib import Path

import numpy as np
import traitlets

from helpers import data, operations
from helpers.kernels import KERNELS
from helpers.widgets.base import Array, CourseWidget, SettingError, Size, pair

_LARGEST = 512  # pixels a side: what a browser filters while one drags
_SMALLEST = 8  # a 7×7 kernel mirrors up to three pixels beyond the border
_GALLERY = ("photo", "handwritten digit", "weather: vorticity", "weather: height")


class ImageFilter(CourseWidget):
    """One kernel over a whole image: every channel by itself, the output as large as the input.

    image: the name of a picture of the gallery ("photo", "handwritten digit", "weather: vorticity",
        "weather: height"), or your own: a path, or an array (H, W) or (H, W, 3). A 2-D array of floats is
        taken as a field with values of any size; anything else goes through `helpers.load_image`.
    kernel: (kh, kw), up to 7 × 7; helpers.kernels.KERNELS has the classic ones by name.
    grey: one channel instead of red, green and blue.
    padding_mode: "zeros", "reflect", "replicate" or "circular".
    shown: "signed" (zero in the middle of the colours), "picture", or "auto", which takes what fits.
    compare: input and output in one frame, with a divider to drag.
    position: (row, column) of the pixel whose patch is written out.
    """

    script = "image_filter.js"
    resets = ("kernel", "image", "grey", "padding_mode", "shown", "compare", "position")

    image = traitlets.TraitType("photo").tag(sync=True)  # not Any, which takes None unseen
    images = traitlets.Dict().tag(sync=True)  # name → {shape, data: float32 bytes, field, units}
    kernel = Array(KERNELS["Sobel x: vertical edges"], ndim=(2,))
    grey = traitlets.Bool(True).tag(sync=True)
    padding_mode = traitlets.Enum(["zeros", "reflect", "replicate", "circular"], "replicate").tag(sync=True)
    shown = traitlets.Enum(["auto", "signed", "picture"], "auto").tag(sync=True)
    compare = traitlets.Bool(False).tag(sync=True)
    position = Size((128, 128), least=0)
    _kernels = traitlets.Dict(dict(KERNELS)).tag(sync=True)

    def __init__(self, image="photo", **settings):
        for name in settings:
            self._known(name)
        super().__init__(images={name: _from_gallery(name) for name in _GALLERY})
        try:
            self.image = image  # now that there are images for it to name
            with self.hold_trait_notifications():
                for name, value in {"position": tuple(v // 2 for v in self.input.shape[-2:]), **settings}.items():
                    setattr(self, name, value)
        except SettingError:
            self.close()
            raise
        self._remember()

    @property
    def input(self):
        """What the kernel sees: (H, W), or (3, H, W) for red, green and blue."""
        entry = self.images[self.image]
        pixels = np.frombuffer(entry["data"], np.float32).reshape(entry["shape"]).astype(float)
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
        import torch

        channels = 1 if self.input.ndim == 2 else 3
        layer = torch.nn.Conv2d(
            channels, channels, self.kernel.shape, padding="same", groups=channels, bias=False,
            padding_mode=self.padding_mode, dtype=torch.float64,
        )  # fmt: skip
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(self.kernel.copy()))
        return layer

    @property
    def code(self):
        """The line of PyTorch that makes the layer."""
        channels = 1 if self.input.ndim == 2 else 3
        height, width = self.kernel.shape
        arguments = [f"{channels}, {channels}", f"kernel_size={height if height == width else (height, width)}", 'padding="same"']
        if channels > 1:
            arguments.append(f"groups={channels}")
        arguments.append("bias=False")
        if self.padding_mode != "zeros":
            arguments.append(f'padding_mode="{self.padding_mode}"')
        return f"nn.Conv2d({', '.join(arguments)})"

    def sentence(self):
        size = "×".join(map(str, self.input.shape))
        return f"ImageFilter: {self.image} ({size}) through a {self.kernel.shape[0]}×{self.kernel.shape[1]} kernel."

    @traitlets.validate("image")
    def _check_image(self, proposal):
        """A name of the gallery stays one; any other picture joins the gallery first."""
        image = proposal["value"]
        if isinstance(image, str) and image in self.images:
            return image
        if isinstance(image, str) and Path(image).suffix == "" and not os.path.exists(image):
            raise SettingError(
                f"ImageFilter.image: there is no picture {image!r}. There is {', '.join(map(repr, self.images))}; "
                "or give the path of a file, or an array."
            )
        name = Path(image).name if isinstance(image, (str, Path)) else "your image"
        self.images = {**self.images, name: _entry(_read(image))}
        return name

    @traitlets.validate("kernel")
    def _check_kernel(self, proposal):
        kernel = proposal["value"]
        if max(kernel.shape) > 7:
            raise SettingError(f"ImageFilter.kernel: at most 7×7, got {kernel.shape[0]}×{kernel.shape[1]}. See helpers.filter_image.")
        return kernel

    @traitlets.validate("position")
    def _check_position(self, proposal):
        """Points beside the picture mean its nearest pixel: pictures differ in size."""
        return tuple(min(at, size - 1) for at, size in zip(pair(proposal["value"]), self.input.shape[-2:]))

    @traitlets.validate("images")
    def _check_images(self, proposal):
        if self.image not in proposal["value"]:
            raise SettingError(f"ImageFilter.images: {self.image!r} is on show and must stay. To show another one: widget.image = …")
        return proposal["value"]

    @traitlets.observe("image", "images")
    def _stay_inside(self, _change):
        self.position = self.position


def _from_gallery(name):
    if name == "photo":
        return _entry(data.load_photo())
    if name == "handwritten digit":
        return _entry(data.load_digits().images[0])
    field = name.removeprefix("weather: ")
    weather = data.load_weather("test")
    if field == "vorticity":
        return _entry(weather.snapshot("vorticity") * 1e5, field=True, units="10⁻⁵ s⁻¹")
    return _entry(weather.snapshot("height"), field=True, units="m")


def _read(image):
    """(pixels, whether they are a field) of what the participant gave."""
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


def _entry(pixels, field=None, units=""):
    if min(pixels.shape[:2]) < _SMALLEST:
        raise SettingError(f"ImageFilter.image: at least {_SMALLEST}×{_SMALLEST} pixels, got {pixels.shape[0]}×{pixels.shape[1]}.")
    if field is None:
        field = pixels.ndim == 2 and bool(pixels.min() < 0 or pixels.max() > 1)
    shape, pixels = list(pixels.shape), np.array(pixels, np.float32, order="C")
    return {"shape": shape, "data": memoryview(pixels).cast("B"), "field": field, "units": units}
