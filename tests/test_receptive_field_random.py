"""`receptive_field` on a few hundred random networks, against the fields that gradients measure."""

import itertools
from fractions import Fraction

import pytest
from torch import nn

from helpers.receptive_field import receptive_field
from tests.gradient_fields import gradient_fields
from tests.random_fields import DrawNetwork, Join
from tests.random_settings import PYTORCH_WARNS, one_thread  # noqa: F401 - a fixture

pytestmark = PYTORCH_WARNS

LAWFUL = "conv conv conv pool pool transposed pad pointwise mixed join join".split()
KINDS = [*LAWFUL, "upsample", "resize", "adaptive"]
SIZES = {1: (30,), 2: (13, 16), 3: (6, 8, 7)}
MOST = {1: 60, 2: 22, 3: 9}


def every_unit(sizes):
    return list(itertools.product(*map(range, sizes)))


def intervals_of(row, units):
    """As the oracle writes them: a pair per axis also in 1-D, None for a unit that sees nothing."""
    found = [row.interval(unit if len(unit) > 1 else unit[0]) for unit in units]
    found = [(ends,) if ends and not isinstance(ends[0], tuple) else ends for ends in found]
    return [None if ends is None or None in ends else tuple(map(tuple, ends)) for ends in found]


def whole(size):
    """With the number of examples, where the axes alone could be those of (N, C, H, W)."""
    return size if len(size) < 4 else (1, *size)


def along_each_axis(sizes):
    """For every index along every axis all units there at once: what any of them sees."""
    return [
        (*[slice(None)] * axis, index, *[slice(None)] * (len(sizes) - axis - 1))
        for axis, size in enumerate(sizes) for index in range(size)
    ]  # fmt: skip


def product_of(fields, sizes):
    """{unit: its interval along each axis}, from the fields of all units along each axis."""
    fields = iter(fields)
    ends = [[field and field[axis] for field in itertools.islice(fields, size)]
            for axis, size in enumerate(sizes)]  # fmt: skip
    found = {unit: tuple(e[i] for e, i in zip(ends, unit)) for unit in every_unit(sizes)}
    return {unit: None if None in field else field for unit, field in found.items()}


def described(model, input_size, row):
    return f"{model}\n{input_size}\n{row}"


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("seed", range(4))
def test_every_unit_of_a_random_network_sees_what_its_gradients_say(seed, axes):
    """Fields are told axis by axis. Where one of two branches reads nothing but padding along one
    axis only, the other axis tells what the unit's neighbours see, too.
    """
    units = exact = 0
    for number in range(30):
        draw = DrawNetwork(1000 * seed + number, axes)
        model, size = draw.network(draw.randint(1, 4), SIZES[axes], MOST[axes], KINDS)
        shape, measured = gradient_fields(model, size, every_unit)[""]
        _, along_axes = gradient_fields(model, size, along_each_axis)[""]
        row = receptive_field(model, whole(size))[-1]
        about = described(model, size, row)
        assert tuple(row.output_shape)[-len(shape) :] == shape, about
        assert row.problem == "", about
        found = intervals_of(row, every_unit(shape[1:]))
        assert found == list(product_of(along_axes, shape[1:]).values()), about
        if not any(isinstance(layer, Join) for layer in model):
            assert found == measured, about
        units += len(found)
        exact += sum(a == b for a, b in zip(found, measured))
    assert exact > 0.9 * units


@pytest.mark.parametrize("axes", [1, 2])
def test_a_field_is_never_too_small_whatever_becomes_of_the_channels(axes):
    moved_ones = exact = 0
    for seed in range(60):
        draw = DrawNetwork(seed, axes)
        kinds = ["rearranged", "rearranged", "conv", "pool", "pointwise"]
        model, size = draw.network(draw.randint(1, 3), (16, 15)[:axes], 30, kinds)
        shape, measured = gradient_fields(model, size, every_unit)[""]
        row = receptive_field(model, whole(size))[-1]
        if "turned over its border" in row.problem:  # a map of one block
            continue
        assert row.problem == "", described(model, size, row)
        for found, seen in zip(intervals_of(row, every_unit(shape[1:])), measured):
            for (low, high), (first, last) in zip(found or (), seen or ()):
                assert low <= first and last <= high, described(model, size, row)
            assert found or not seen, described(model, size, row)
            moved_ones += "Rearranged" in str(model)
            exact += found == seen
    assert exact > 0.5 * moved_ones > 0


def pixels_seen(seen):
    """The indices along each axis, as sets."""
    axes = range(seen.ndim)
    return [set(seen.nonzero()[:, axis].tolist()) for axis in axes]


@pytest.mark.parametrize("axes", [1, 2])
def test_a_field_that_circular_padding_wraps_is_unrolled(axes):
    wrapped = 0
    for seed in range(60):
        draw = DrawNetwork(seed, axes, ["circular"])
        kinds = ["conv", "conv", "pointwise", "join" if seed % 2 else "pointwise"]
        model, size = draw.network(draw.randint(1, 3), (24, 27)[:axes], 40, kinds)
        shape, measured = gradient_fields(model, size, along_each_axis, of=pixels_seen)[""]
        row = receptive_field(model, whole(size))[-1]
        about = described(model, size, row)
        assert row.problem == "", about
        measured = iter(measured)
        for axis, (count, pixel_count) in enumerate(zip(shape[1:], size[1:])):
            before, behind = (0,) * axis, (0,) * (axes - axis - 1)
            units = [(*before, index, *behind) for index in range(count)]
            for field, seen in zip(intervals_of(row, units), measured):
                first, last = field[axis]
                around = {pixel % pixel_count for pixel in range(first, last + 1)}
                assert seen[axis] <= around, about
                if last - first + 1 < pixel_count:
                    assert {first % pixel_count, last % pixel_count} <= seen[axis], about
                wrapped += first < 0 or last >= pixel_count
    assert wrapped > 50


TALL = {1: (360,), 2: (160, 9), 3: (90, 5, 4)}
NETWORKS = {1: 60, 2: 40, 3: 20}
ROWS = 36


def middle(rows):
    return range(max(0, rows // 2 - ROWS // 2), min(rows, rows // 2 + ROWS // 2))


def middle_rows(sizes):
    """All units of a row at once: their fields begin and end where a single one does."""
    return [(row, *[slice(None)] * (len(sizes) - 1)) for row in middle(sizes[0])]


def inner_rows(measured, rows, size):
    """{row: (first, last) or None} without the rows that the borders may have changed."""
    ends = {row: field and field[0] for row, field in zip(middle(rows), measured)}
    margin = max((last - first + 1 for first, last in filter(None, ends.values())), default=size)
    inner = [
        row for row, seen in ends.items()
        if seen and seen[0] >= margin and seen[1] < size - margin
    ]  # fmt: skip
    return {row: ends[row] for row in range(inner[0], inner[-1] + 1)} if inner else {}


def moved(seen, by):
    return seen and (seen[0] + by, seen[1] + by)


def period_of(inner):
    """(period, advance) of the measured law, the smallest that at least two periods show."""
    rows = list(inner)
    for period in range(1, len(rows) // 2 + 1):
        later = [row for row in rows if row + period in inner]
        for advance in {
            inner[row + period][0] - inner[row][0]
            for row in later if inner[row] and inner[row + period]
        }:  # fmt: skip
            if all(inner[row + period] == moved(inner[row], advance) for row in later):
                return period, advance
    return None


def along(value):
    """The first axis of a value that is one for all axes or one per axis."""
    return value[0] if isinstance(value, tuple) else value


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("kinds", [LAWFUL, ["transposed", "conv", "pool", "upsample"]])
def test_far_from_the_borders_the_law_holds(axes, kinds):
    compared, repeating = 0, 0
    for seed in range(NETWORKS[axes]):
        draw = DrawNetwork(seed, axes)
        model, size = draw.network(draw.randint(1, 4), TALL[axes], 2 * TALL[axes][0], kinds)
        shape, measured = gradient_fields(model, size, middle_rows)[""]
        inner = inner_rows(measured, shape[1], size[1])
        found = period_of(inner)
        if not found:  # a field about as large as the input, or no period to be seen
            continue
        period, advance = found
        compared += 1
        repeating += period > 1
        row = receptive_field(model, whole(size))[-1]
        about = described(model, size, row)
        assert row.problem == "" and not row.everything, about
        assert {unit: row.axes[0](unit) for unit in inner} == inner, about
        heights = [seen[1] - seen[0] + 1 if seen else 0 for seen in inner.values()]
        assert tuple(map(along, row.sizes)) == (min(heights), max(heights)), about
        assert along(row.size) == max(heights), about
        assert along(row.stride) == Fraction(advance, period), about
        assert along(row.period) <= period, about
        assert heights[along(row.period) :] == heights[: -along(row.period)], about
        firsts = [unit for unit in inner if inner[unit] and unit % period == 0]
        if firsts:  # the unit that a whole number of periods leads back to unit 0
            begins = inner[firsts[0]][0] - firsts[0] // period * advance
            assert along(along(row.padding)) == -begins, about
    assert compared > NETWORKS[axes] / 2 and repeating > 0


# -- branches that do not line up ------------------------------------------------------------------


class TwoPaths(nn.Module):
    def __init__(self, left, right, how):
        super().__init__()
        self.left, self.right, self.how = left, right, how

    def forward(self, x):
        return Join(self.left, self.right, self.how)(x)


def conv(kernel_size, **settings):
    return nn.Conv2d(2, 2, kernel_size, **settings)


ALIGNED = {
    "a residual block": (lambda: conv(3, padding=1), lambda: nn.Identity()),
    "a projection": (lambda: conv(3, stride=2, padding=1), lambda: conv(1, stride=2)),
    "different sizes": (lambda: conv(5, padding=2), lambda: conv(3, padding=1)),
    "different dilations": (
        lambda: conv(3, padding=2, dilation=2), lambda: conv(3, padding=4, dilation=4)),
    "down and up": (
        lambda: nn.Sequential(nn.AvgPool2d(2), nn.ConvTranspose2d(2, 2, 2, 2)),
        lambda: nn.Identity()),
}  # fmt: skip
MISALIGNED = {
    "padding left out": (
        lambda: nn.Sequential(conv(3), nn.ZeroPad2d((0, 2, 0, 2))), lambda: conv(3, padding=1)),
    "a strided pool that begins elsewhere": (
        lambda: conv(3, stride=2, padding=1), lambda: nn.Sequential(conv(1), nn.MaxPool2d(2))),
    "an even kernel": (lambda: nn.Sequential(nn.ZeroPad2d((1, 2, 1, 2)), conv(4)),
                       lambda: conv(1)),
}  # fmt: skip
DRIFTING = {
    "strides 2 and 1": (lambda: conv(3, stride=2, padding=1), lambda: conv(3, padding=1)),
    "a pool too many": (
        lambda: nn.Sequential(conv(3, stride=2), nn.MaxPool2d(2)), lambda: conv(3, stride=2)),
}  # fmt: skip


def joined(cases, name, how):
    """The last row of two paths joined, and both layers' names."""
    left, right = (make() for make in cases[name])
    table = receptive_field(TwoPaths(left, right, how).double(), (2, 24, 24))
    return table, table[-1]


@pytest.mark.parametrize("how", ["add", "cat"])
@pytest.mark.parametrize("name", ALIGNED)
def test_branches_that_line_up_need_no_note(name, how):
    _, row = joined(ALIGNED, name, how)
    assert not row.notes and not row.problem


@pytest.mark.parametrize("how", ["add", "cat"])
@pytest.mark.parametrize("name", MISALIGNED)
def test_a_note_names_both_branches_that_do_not_line_up(name, how):
    table, row = joined(MISALIGNED, name, how)
    assert row.problem == "" and row.size is not None
    assert any("left" in note and "right" in note for note in row.notes)


@pytest.mark.parametrize("how", ["add", "cat"])
@pytest.mark.parametrize("name", DRIFTING)
def test_branches_of_different_strides_get_both_names_and_no_number(name, how):
    table, row = joined(DRIFTING, name, how)
    said = " ".join([row.problem, *row.notes])
    assert row.size is None and row.stride is None
    assert "left" in said and ("right" in said or "crop" in said)  # the right one is cut, too


# -- the comparison is sharp -----------------------------------------------------------------------


def test_a_wrong_table_is_noticed():
    model, size = nn.Sequential(nn.Conv1d(1, 1, 3), nn.MaxPool1d(2)).double(), (1, 20)
    _, measured = gradient_fields(model, size, every_unit)[""]
    wrong = nn.Sequential(nn.Conv1d(1, 1, 3, padding=1), nn.MaxPool1d(2)).double()
    row = receptive_field(wrong, whole(size))[-1]
    assert intervals_of(row, every_unit((len(measured),))) != measured
