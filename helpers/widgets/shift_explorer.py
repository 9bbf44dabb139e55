"""ShiftExplorer: does it matter whether a picture is moved before the layers or the maps after them?"""

from functools import cache

import numpy as np
import traitlets

from helpers import data, operations
from helpers.kernels import KERNELS
from helpers.widgets.base import Array, Offset, SettingError, is_int
from helpers.widgets.layer_stack import LAYERS, forward, refusal, stack_code, torch_stack, total_stride
from helpers.widgets.pictures import PictureWidget, entry, own_pixels, pixels_of, vorticity

_GALLERY = ("handwritten digit", "photo", "weather: vorticity")
_SMALLEST, _LARGEST = (8, 8), (64, 128)
# How many layers, and what the curve runs over: pixels to each side, degrees to each side, factors from and to.
LIMITS = {"layers": 6, "shift": 16, "angle": 180, "factor": (0.5, 2)}
# Looks like nothing in particular, as the kernel of an untrained network.
_RANDOM = ((0.13, -0.62, 0.91), (-1.2, 0.34, 0.55), (0.72, 0.08, -0.77))
_STACK = ("image", "layers", "kernel", "padding_mode")


class _Layers(traitlets.TraitType):
    """One to six words of LAYERS, as a tuple; one word may stand alone. Raises SettingError for anything else."""

    def validate(self, obj, value):
        where = f"{type(obj).__name__}.{self.name}"
        words = (value,) if isinstance(value, str) else value
        if not isinstance(words, (list, tuple)) or not 1 <= len(words) <= LIMITS["layers"]:
            raise SettingError(
                f"{where}: expected a list of one to six words, such as ['conv', 'max_pool']; got {value!r}."
            )
        for word in words:
            if not isinstance(word, str) or word not in LAYERS:
                raise SettingError(f"{where}: there is no layer {word!r}. There is {', '.join(map(repr, LAYERS))}.")
        return tuple(words)


class ShiftExplorer(PictureWidget):
    """A picture x, a transform g and a stack of layers f: f(g(x)) beside g(f(x)), and how far apart they are.

    image: "handwritten digit" (32×32), "photo" (64×64), "weather: vorticity" (32×64), or your own array (H, W),
        8×8 to 64×128 pixels, which then has a name, too: "your image", "your image 2" and so on; eight are kept.
    transform: "shift", "rotate" or "scale".
    shift: (rows down, columns right), whole pixels from −16 to 16.
    angle: degrees counter-clockwise, −180 to 180. factor: 0.5 to 2; at 2 everything is twice as large.
    wrap: what a shift moves out on one side enters on the other; else zeros enter.
    layers: a list of one to six words, or one word: "conv", "strided_conv" (stride 2), "relu", "max_pool", "avg_pool",
        "subsample" (every second pixel), "blur_pool" (blurred, then every second pixel), "max_blur_pool",
        "global_avg_pool". Pools are 2×2 with stride 2; max_blur_pool takes the maximum of 2×2 at every pixel and then
        blurs and subsamples.
    kernel: (kh, kw), odd, up to 5×5, of all convolutions; helpers.kernels.KERNELS has the classic ones by name.
    padding_mode: "zeros", "circular", "reflect" or "replicate", for convolutions and blurs, which keep the size.
    after: the layer, from 1, after which the maps are compared; None for the last one.

    On maps whose pixels lie s input pixels apart, g shifts by 1/s of the pixels, between two cells by linear
    interpolation; on the one number of a global average it does nothing. (Blurred pooling: Zhang, arXiv:1904.11486.)
    A setting that is refused raises `ValueError` and leaves the widget as it was.
    """

    script = "shift_explorer.js"
    styles = ("js/shift_explorer/style.css",)
    resets = (*_STACK, "transform", "shift", "angle", "factor", "wrap", "after")
    own_sizes = _SMALLEST, _LARGEST
    own_channels = ((),)

    image = traitlets.TraitType("handwritten digit").tag(sync=True)
    transform = traitlets.Enum(["shift", "rotate", "scale"], "shift").tag(sync=True)
    shift = Offset((0, 5), most=LIMITS["shift"])
    angle = traitlets.Float(30).tag(sync=True)
    factor = traitlets.Float(1.25).tag(sync=True)
    wrap = traitlets.Bool(True).tag(sync=True)
    layers = _Layers(("conv",)).tag(sync=True)
    kernel = Array(KERNELS["Sobel x: vertical edges"], ndim=(2,))
    padding_mode = traitlets.Enum(["zeros", "circular", "reflect", "replicate"], "circular").tag(sync=True)
    after = traitlets.Any(None).tag(sync=True)
    _kernels = traitlets.Dict({**KERNELS, "random": _RANDOM}).tag(sync=True)

    def __init__(self, image="handwritten digit", **settings):
        super().__init__({name: _from_gallery(name) for name in _GALLERY}, image, **settings)

    # ---- what the learner sees ------------------------------------------------------------------------------

    @property
    def input(self):
        """The picture x, (H, W)."""
        return pixels_of(self.images[self.image])

    @property
    def transformed(self):
        """g(x): the picture moved, turned or enlarged."""
        return self._moved(self.input, 1)

    @property
    def maps(self):
        """f(x) after every layer, a list of (H, W)."""
        return self._forward(self.input, len(self.layers))

    @property
    def output(self):
        """f(g(x)): the layers up to `after`, on the picture that was transformed."""
        return self._forward(self.transformed, self._depth())[-1]

    @property
    def transformed_output(self):
        """g(f(x)): the map after layer `after`, transformed."""
        depth = self._depth()
        return self._moved(self.maps[depth - 1], total_stride(self.layers[:depth]))

    @property
    def difference(self):
        """f(g(x)) − g(f(x))."""
        return self.output - self.transformed_output

    @property
    def error(self):
        """‖f(g(x)) − g(f(x))‖ / ‖g(f(x))‖: 0 where f is equivariant. 0 if both are 0, ∞ if only the second is."""
        return operations.relative_error(self.output, self.transformed_output)

    @property
    def layer(self):
        """f as a `torch.nn.Sequential` in float64, all layers: blurs are convolutions with fixed weights."""
        return torch_stack(self.layers, self.kernel, self.padding_mode)

    @property
    def code(self):
        """The lines of PyTorch that make the layers, weights aside."""
        return stack_code(self.layers, self.kernel, self.padding_mode)

    def sentence(self):
        """Picture, layers, transform and the error in one sentence."""
        size = "×".join(map(str, self.input.shape))
        by = {"shift": f"{self.shift}", "rotate": f"{self.angle:g}°", "scale": f"{self.factor:g}"}[self.transform]
        how = {"shift": "shifted", "rotate": "rotated", "scale": "scaled"}[self.transform]
        layers = ", ".join(self.layers[: self._depth()])
        return f"ShiftExplorer: {self.image} ({size}) {how} by {by}, through {layers}; relative error {self.error:.3g}."

    def _depth(self):
        return len(self.layers) if self.after is None else self.after

    def _forward(self, x, depth):
        return forward(x, self.layers[:depth], self.kernel, self.padding_mode)

    def _moved(self, x, stride):
        """g on a map whose pixels lie `stride` pixels of the input apart; None: on the one number of an average."""
        if stride is None:
            return x
        if self.transform == "rotate":
            return operations.rotate_image(x, self.angle)
        if self.transform == "scale":
            return operations.scale_image(x, self.factor)
        return operations.shift_image(x, [by / stride for by in self.shift], self.wrap)

    # ---- validation -----------------------------------------------------------------------------------------

    @traitlets.validate("image")
    def _check_image(self, proposal):
        """A name stays one; an array joins the participant's own first."""
        image = proposal["value"]
        if isinstance(image, str):
            self._named(image, "an array (H, W)")
        else:
            picture = entry(_read(image))
            self._fits(shape=picture["shape"])
            image = self._keep(picture)
        return self._fits("image", image)

    @traitlets.validate("layers")
    def _check_layers(self, proposal):
        return self._fits("layers", proposal["value"])

    @traitlets.validate("kernel")
    def _check_kernel(self, proposal):
        kernel = proposal["value"]
        if any(k % 2 == 0 or k > 5 for k in kernel.shape):
            raise SettingError(
                "ShiftExplorer.kernel: odd sizes up to 5×5, so that it has a middle; "
                f"got {kernel.shape[0]}×{kernel.shape[1]}."
            )
        return self._fits("kernel", kernel)

    @traitlets.validate("padding_mode")
    def _check_padding_mode(self, proposal):
        return self._fits("padding_mode", proposal["value"])

    def _fits(self, name="image", value=None, shape=None):
        """The value, if all layers can have it together with the rest."""
        now = {other: getattr(self, other) for other in _STACK} | ({} if value is None else {name: value})
        picture = self.images.get(now["image"]) if isinstance(now["image"], str) else None
        if shape is None and picture is None:  # both change in the same step; the image's own check follows
            return value
        size = tuple(shape or picture["shape"])
        if found := refusal(size, now["layers"], now["kernel"].shape, now["padding_mode"]):
            number, why = found
            raise SettingError(
                f"ShiftExplorer keeps its {name}. Layer {number} of {list(now['layers'])}: {why}. "
                f"Use a larger image, fewer layers before it, or padding_mode='zeros'."
            )
        return value

    @traitlets.validate("angle", "factor")
    def _check_number(self, proposal):
        name, value = proposal["trait"].name, proposal["value"]
        low, high = LIMITS["factor"] if name == "factor" else (-LIMITS["angle"], LIMITS["angle"])
        unit = "" if name == "factor" else " degrees"
        if not low <= value <= high:
            text = f"ShiftExplorer.{name}: from {low:g} to {high:g}{unit}, got {value:g}."
            raise SettingError(text.replace("-", "−"))
        return value

    @traitlets.validate("after")
    def _check_after(self, proposal):
        after, count = proposal["value"], len(self.layers)
        if after is None or is_int(after) and 1 <= after <= count:
            return after if after is None else int(after)
        raise SettingError(
            f"ShiftExplorer.after: expected None for the last layer, or its number from 1 to {count}; got {after!r}."
        )

    @traitlets.observe("layers")
    def _stay_inside(self, _change):
        if self.after is not None and self.after > len(self.layers):
            self.after = None


@cache
def _from_gallery(name):
    if name == "photo":
        blocks = (data.load_photo() @ data.LUMA).reshape(64, 4, 64, 4)
        return entry(blocks.mean(axis=(1, 3)))
    if name == "handwritten digit":
        return entry(np.pad(_twice_as_large(data.load_digits().images[0]), 8))
    return vorticity()


def _twice_as_large(image):
    """Every pixel becomes four, bilinearly."""
    for axis in (0, 1):
        count = image.shape[axis]
        at = (np.arange(2 * count) + 0.5) / 2 - 0.5
        image = np.apply_along_axis(lambda line: np.interp(at, np.arange(count), line), axis, image)
    return image


def _read(image):
    """One's own array (H, W) as numbers that the page can have."""
    pixels = own_pixels(image, "ShiftExplorer.image", "an array (H, W) of numbers")
    if pixels.ndim != 2:
        hint = " Of a colour picture take image.mean(axis=-1)." if pixels.ndim == 3 else ""
        raise SettingError(f"ShiftExplorer.image: expected an array (H, W), got shape {pixels.shape}.{hint}")
    if not all(low <= size <= high for low, size, high in zip(_SMALLEST, pixels.shape, _LARGEST)):
        raise SettingError(
            f"ShiftExplorer.image: from 8×8 to 64×128 pixels, got {pixels.shape[0]}×{pixels.shape[1]}. "
            "Take every n-th pixel, image[::n, ::n], or a part of it."
        )
    if not np.isfinite(pixels).all():
        raise SettingError("ShiftExplorer.image: it has values that are not finite. numpy.nan_to_num replaces them.")
    return pixels
