"""Which convolutions make one size into another?"""

from itertools import product

from .arguments import whole
from .table import html_table, text_table

NAMES = "kernel_size", "stride", "padding", "dilation"
RANGES = {
    "kernel_size": range(1, 8),
    "stride": range(1, 5),
    "padding": range(5),
    "dilation": range(1, 5),
}
DEFAULTS = {"stride": 1, "padding": 0, "dilation": 1}
SHOWN = 20


class Settings(list):
    """Settings of nn.Conv2d, each a dict, the simplest first. Printed and shown as a table."""

    def __init__(self, settings, caption):
        super().__init__(settings)
        self.caption = caption

    def _rows(self):
        for setting in self[:SHOWN]:
            yield [str(setting[name]) for name in NAMES]
        if len(self) > SHOWN:
            yield [f"… and {len(self) - SHOWN} more", "", "", ""]

    def __repr__(self):
        if not self:
            return self.caption
        return "\n".join([self.caption, *text_table(NAMES, list(self._rows()), numbers=4)])

    def _repr_html_(self):
        if self:
            return html_table(self.caption, NAMES, list(self._rows()), numbers=4)


def settings_for(size, output_size, kernel_size=None, stride=None, padding=None, dilation=None):
    """All settings of a convolution that make `size` pixels into `output_size`, along one axis.

    A setting that is given is held. One that is None is free: kernel_size 1 to 7, stride 1 to 4,
    padding 0 to 4, dilation 1 to 4. What changes nothing is left out: a free stride other than 1
    where there is one output only, a free dilation other than 1 where the kernel is one pixel.
    Returns a list of dicts for nn.Conv2d: fewest settings other than PyTorch's first, then small
    numbers. If there are none it is empty, and says which output sizes come nearest.
    Raises ValueError if a number is out of range.
    """
    given = dict(kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation)
    size, wanted = _one_axis("size", size), _one_axis("output_size", output_size)
    held = {name: _one_axis(name, value) for name, value in given.items() if value is not None}
    found, sizes = [], set()
    for k, s, p, d in product(*([held[n]] if n in held else RANGES[n] for n in NAMES)):
        room = size + 2 * p - d * (k - 1) - 1
        if room < 0:
            continue
        result = room // s + 1
        sizes.add(result)
        idle_stride = result == 1 and s > 1 and "stride" not in held
        idle_dilation = k == 1 and d > 1 and "dilation" not in held
        if result == wanted and not idle_stride and not idle_dilation:
            found.append(dict(zip(NAMES, (k, s, p, d))))
    found.sort(key=_simplicity)
    return Settings(found, _caption(size, wanted, held, len(found), sizes))


def _one_axis(name, value):
    if isinstance(value, (tuple, list)) and value:
        raise ValueError(
            f"settings_for: {name} is {value!r}, but the settings are those of one axis. "
            f"Use {name}={value[0]!r}."
        )
    return whole("settings_for", name, value)


def _simplicity(setting):
    changed = sum(setting[name] != value for name, value in DEFAULTS.items())
    return changed, setting["dilation"], setting["stride"], setting["padding"]


def _caption(size, wanted, held, count, sizes):
    under = "".join(f", {name}={value}" for name, value in held.items())
    if count:
        return f"{size} → {wanted} pixels{under}: {count} setting{'s' * (count > 1)}"
    text = f"{size} → {wanted} pixels{under}: no setting"
    near = [max((n for n in sizes if n < wanted), default=None)]
    near += [min((n for n in sizes if n > wanted), default=None)]
    near = [str(n) for n in near if n is not None]
    if not near:
        return f"{text}. The kernel is larger than the padded input, whatever is free."
    return f"{text}. Nearest output size: {' or '.join(near)}."
