"""Which convolutions, or transposed ones, make one size into another?"""

from functools import partial
from itertools import product

from .arguments import whole
from .output_sizes import conv_output_size, conv_transpose_output_size
from .table import html_table, text_table

RANGES = {
    "kernel_size": range(1, 8),
    "stride": range(1, 5),
    "padding": range(7),
    "dilation": range(1, 5),
    "output_padding": range(4),
}
DEFAULTS = {"stride": 1, "padding": 0, "dilation": 1, "output_padding": 0}
SHOWN = 20


class Settings(list):
    """Settings of a layer, each a dict, the simplest first. Printed and shown as a table."""

    def __init__(self, settings, caption):
        super().__init__(settings)
        self.caption = caption

    def _rows(self):
        for setting in self[:SHOWN]:
            yield [str(value) for value in setting.values()]
        if len(self) > SHOWN:
            yield [f"… and {len(self) - SHOWN} more", *[""] * (len(self[0]) - 1)]

    def _table(self, make):
        return make(list(self[0]), list(self._rows()), numbers=len(self[0]))

    def __repr__(self):
        if not self:
            return self.caption
        return "\n".join([self.caption, *self._table(text_table)])

    def _repr_html_(self):
        if self:
            return self._table(partial(html_table, self.caption))


def settings_for(
    size, output_size, kernel_size=None, stride=None, padding=None, dilation=None,
    output_padding=None, transposed=False,
):
    """All settings of a convolution that make `size` pixels into `output_size`, along one axis.

    A setting that is given is held. One that is None is free: kernel_size 1 to 7, stride 1 to 4,
    padding 0 to 6, dilation 1 to 4, and, for a transposed convolution, output_padding 0 to 3. What
    changes nothing is left out: a free stride other than 1 where there is one window or stamp only,
    a free dilation other than 1 where the kernel is one pixel.
    Returns a list of dicts for nn.Conv2d or nn.ConvTranspose2d: fewest settings other than
    PyTorch's first, then small numbers. If there are none it is empty, and says which output sizes
    come nearest.
    Raises ValueError if a number is out of range, and for an output_padding without `transposed`.
    """
    given = dict(kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation)
    if transposed:
        given["output_padding"] = output_padding
    elif output_padding is not None:
        raise ValueError(
            "settings_for: only a transposed convolution has an output_padding. "
            "Leave it out, or use transposed=True."
        )
    function = conv_transpose_output_size if transposed else conv_output_size
    size, wanted = _one_axis("size", size), _one_axis("output_size", output_size)
    held = {name: _one_axis(name, value) for name, value in given.items() if value is not None}
    found, sizes = [], set()
    for values in product(*([held[n]] if n in held else RANGES[n] for n in given)):
        setting = dict(zip(given, values))
        try:
            result = function(size, **setting)
        except ValueError:
            continue  # no layer has these settings
        sizes.add(result)
        if result == wanted and not _idle(setting, held, size if transposed else result):
            found.append(setting)
    found.sort(key=_simplicity)
    return Settings(found, _caption(size, wanted, held, len(found), sizes, transposed))


def _idle(setting, held, places):
    """Does a free setting change nothing? Between the `places` of the kernel lie the strides."""
    stride = places == 1 and setting["stride"] > 1 and "stride" not in held
    one_pixel = setting["kernel_size"] == 1
    return stride or (one_pixel and setting["dilation"] > 1 and "dilation" not in held)


def _one_axis(name, value):
    if isinstance(value, (tuple, list)) and value:
        raise ValueError(
            f"settings_for: {name} is {value!r}, but the settings are those of one axis. "
            f"Use {name}={value[0]!r}."
        )
    return whole("settings_for", name, value)


def _simplicity(setting):
    more = [setting.get(name, value) - value for name, value in DEFAULTS.items()]
    stride, padding, dilation, output_padding = more
    return sum(map(bool, more)), output_padding, dilation, stride, padding


def _caption(size, wanted, held, count, sizes, transposed):
    under = "".join(f", {name}={value}" for name, value in held.items())
    if count:
        return f"{size} → {wanted} pixels{under}: {count} setting{'s' * (count > 1)}"
    text = f"{size} → {wanted} pixels{under}: no setting"
    near = [max((n for n in sizes if n < wanted), default=None)]
    near += [min((n for n in sizes if n > wanted), default=None)]
    near = [str(n) for n in near if n is not None]
    if not near and transposed:
        return f"{text}. No layer has what is held, whatever is free: nothing is left of its output."
    if not near:
        return f"{text}. The kernel is larger than the padded input, whatever is free."
    return f"{text}. Nearest output size: {' or '.join(near)}."
