"""What UNetExplorer knows of a U-Net without torch: its maps by name, costs, cures for a size that does not fit, code."""

from helpers.shapes import conv_multiplications, conv_parameters, unet_sizes
from helpers.widgets.base import pair

SETTINGS = (
    "in_channels", "out_channels", "depth", "width", "skip", "padding", "padding_mode", "up", "norm", "input_size",
)  # fmt: skip
_DEFAULTS = {"skip": True, "padding": "same", "padding_mode": "zeros", "up": "conv", "norm": False}


def _case(in_channels, out_channels, depth, width, input_size, **more):
    sizes = {"in_channels": in_channels, "out_channels": out_channels, "depth": depth, "width": width}
    return {**sizes, **_DEFAULTS, "input_size": input_size, **more}


UNET_CASES = {
    # Ronneberger, Fischer and Brox 2015, figure 1
    "the original: 572 → 388": _case(1, 2, 4, 64, 572, padding="valid"),
    "the lesson's: 32×64": _case(2, 1, 3, 8, (32, 64), norm=True),
    "721×1440: does not divide": _case(1, 1, 4, 64, (721, 1440)),  # ERA5's grid of a quarter of a degree
}


def map_names(depth, skip, **_others):
    """The maps in the order of the calls: "encoder.0" is what the module `encoder[0]` makes, ".first" half way in it."""
    down = [name for n in range(depth) for name in (f"encoder.{n}.first", f"encoder.{n}", f"pool.{n}")]
    sides = [["skip.{}"] * skip + ["up.{}", "decoder.{}.first", "decoder.{}"]] * depth
    rising = [name.format(n) for n, names in enumerate(sides) for name in names]
    return ["input", *down, "bottom.first", "bottom", *rising, "output"]


def layer_sizes(depth, padding, up, input_size, **_others):
    """unet_sizes of these settings. Raises ValueError for a size that does not fit."""
    size = pair(input_size)
    return unet_sizes(size[0] if size[0] == size[1] else size, depth, padding, up)


def problem(**settings):
    """Why the size does not fit, and what would; None if it does."""
    try:
        layer_sizes(**settings)
    except ValueError as error:
        return str(error).removeprefix("unet_sizes: ")
    return None


def cures(depth, padding, up, input_size, **_others):
    """{"pad": (height, width), "crop": (height, width)}: the nearest sizes that fit; a crop only where there is one."""

    def fits(size):
        return problem(depth=depth, padding=padding, up=up, input_size=size) is None

    size = pair(input_size)
    padded = [next(n for n in range(side, side + 500 * 2**depth) if fits(n)) for side in size]
    cropped = [next((n for n in range(side, 0, -1) if fits(n)), None) for side in size]
    found = {"pad": tuple(padded)}
    return found if None in cropped else found | {"crop": tuple(cropped)}


def convolutions(in_channels, out_channels, depth, width, skip, padding, up, norm, input_size, **_others):
    """(in_channels, out_channels, kernel_size, bias, normalized, (height, width)) of every layer, in order.

    The size is where it multiplies: of a transposed convolution its input, else its output; None if it does not fit.
    """
    lost = 2 * (padding == "valid")
    if problem(depth=depth, padding=padding, up=up, input_size=input_size):
        sizes = [None] * (2 * depth + 1)
    else:
        sizes = [pair(size) for size in layer_sizes(depth, padding, up, input_size)]

    def larger(size, factor=1, by=0):
        return size and tuple(factor * side + by for side in size)

    def twice(sources, channels, size):
        yield sources, channels, 3, not norm, norm, larger(size, by=lost)
        yield channels, channels, 3, not norm, norm, size

    widths = [width * 2**level for level in range(depth + 1)]
    for sources, channels, size in zip([in_channels, *widths], widths, sizes):
        yield from twice(sources, channels, size)
    for channels, below, size in zip(widths[-2::-1], sizes[depth:], sizes[depth + 1 :]):
        if up == "resize":
            yield 2 * channels, channels, 3, True, False, larger(below, 2, -lost)
        else:
            yield 2 * channels, channels, 2, True, False, below
        yield from twice((2 if skip else 1) * channels, channels, size)
    yield width, out_channels, 1, True, False, sizes[-1]


def parameters(**settings):
    """How many numbers the network learns."""
    return sum(
        conv_parameters(a, b, k, bias) + 2 * b * norm for a, b, k, bias, norm, _ in convolutions(**settings)
    )


def multiplications(**settings):
    """Products of weights and values for one input, as `helpers.summarize` counts them; None if it does not fit."""
    if problem(**settings):
        return None
    return sum(conv_multiplications(a, b, (k, k), size) for a, b, k, *_, size in convolutions(**settings))


def unet_code(**settings):
    """The call that makes the network, without defaults."""
    words = [f"{name}={settings[name]}" for name in ("in_channels", "out_channels", "depth", "width")]
    for name, default in _DEFAULTS.items():
        value = settings[name]
        if name == "padding_mode" and not isinstance(value, str):
            value = tuple(value) if value[0] != value[1] else value[0]
        if value != default:
            text = str(value).replace("'", '"') if isinstance(value, tuple) else value
            words.append(f'{name}="{text}"' if isinstance(text, str) and text[0] != "(" else f"{name}={text}")
    return f"UNet({', '.join(words)})"
