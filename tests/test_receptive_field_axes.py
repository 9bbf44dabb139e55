"""The axes of a table: laws that repeat, padding that mirrors, windows of different sizes."""

from fractions import Fraction

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from helpers import receptive_field


class Do(nn.Module):
    """A function as a layer."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


def last(*layers, shape=(1, 12)):
    return receptive_field(nn.Sequential(*layers), shape)[-1]


def intervals(row, **how):
    return [row.interval(i, **how) for i in range(row.axes[0].size)]


def test_a_transposed_convolution_halves_the_stride_and_may_leave_holes():
    row = last(nn.ConvTranspose1d(1, 1, 2, stride=2))
    assert (row.stride, row.period, row.size) == (Fraction(1, 2), 2, 1)
    assert intervals(row)[:4] == [(0, 0), (0, 0), (1, 1), (1, 1)]
    holes = last(nn.ConvTranspose1d(1, 1, 1, stride=2))
    assert intervals(holes)[:3] == [(0, 0), None, (1, 1)]
    assert holes.sizes == (0, 1)


def test_the_law_of_an_axis_repeats():
    row = last(nn.ConvTranspose1d(1, 1, 3, stride=2, padding=1, output_padding=1))
    (axis,) = row.axes
    assert (axis.ends, axis.advance, axis.period) == (((0, 0), (0, 1)), 1, 2)
    assert [axis(i) for i in (-2, -1, 0, 1, 2, 3)] == [
        (-1, -1), (-1, 0), (0, 0), (0, 1), (1, 1), (1, 2),
    ]  # fmt: skip
    assert (axis.input_size, axis.size) == (12, 24)


@pytest.mark.parametrize(
    ("mode", "align_corners", "first"),
    [
        ("nearest", None, [(0, 0), (0, 0), (1, 1), (1, 1)]),
        ("linear", False, [(0, 0), (0, 1), (0, 1), (1, 2)]),
    ],
)
def test_upsampling_reads_what_its_weights_are_not_zero_for(mode, align_corners, first):
    row = last(nn.Upsample(scale_factor=2, mode=mode, align_corners=align_corners))
    assert intervals(row)[:4] == first


def test_aligned_corners_read_one_pixel_where_the_grids_meet():
    row = last(nn.Upsample(size=7, mode="linear", align_corners=True), shape=(1, 4))
    assert intervals(row) == [(0, 0), (0, 1), (1, 1), (1, 2), (2, 2), (2, 3), (3, 3)]
    assert row.stride == Fraction(1, 2)


def test_adaptive_pooling_has_windows_of_its_own():
    assert intervals(last(nn.AdaptiveAvgPool1d(12))) == [(i, i) for i in range(12)]
    assert intervals(last(nn.AdaptiveAvgPool1d(4))) == [(0, 2), (3, 5), (6, 8), (9, 11)]
    row = last(nn.AdaptiveAvgPool1d(5))
    assert intervals(row) == [(0, 2), (2, 4), (4, 7), (7, 9), (9, 11)]  # 12/5 = 2.4 wide
    assert (row.sizes, row.period, row.stride) == ((3, 4), 5, Fraction(12, 5))


# The first unit reads −2 and 1: reflected that is 2 and 1, replicated 0 and 1.
@pytest.mark.parametrize(
    ("mode", "seen"), [("zeros", (1, 1)), ("reflect", (1, 2)), ("replicate", (0, 1))]
)
def test_padding_shows_what_it_is_filled_with(mode, seen):
    row = last(nn.Conv1d(1, 1, 2, dilation=3, padding=2, padding_mode=mode))
    assert row.interval(0) == seen
    assert row.interval(0, clipped=False) == (-2, 1)


def test_circular_padding_is_unrolled():
    row = last(*[nn.Conv1d(1, 1, 3, padding=1, padding_mode="circular") for _ in range(2)])
    assert (row.size, row.padding, row.axes[0].wraps) == (5, 2, True)
    assert [row.interval(i) for i in (0, 5, 11)] == [(-2, 2), (3, 7), (9, 13)]
    wide = last(nn.Conv1d(1, 1, 13, padding=6, padding_mode="circular"))
    assert wide.interval(0) == (0, 11)
    odd = [nn.Conv1d(1, 1, 3, stride=2), nn.CircularPad1d(1)]  # five units of two pixels, not 12
    assert "circular padding joins the ends of 5 units" in last(*odd).notes[0]


def test_a_unit_that_reads_only_padding_sees_nothing():
    row = last(nn.Conv1d(1, 1, 1, padding=2), shape=(1, 3))
    assert intervals(row) == [None, None, (0, 0), (1, 1), (2, 2), None, None]
    assert intervals(row, clipped=False)[0] == (-2, -2)


def test_windows_over_the_end_are_cut_off():
    row = last(nn.MaxPool1d(3, stride=2, ceil_mode=True), shape=(1, 6))
    assert intervals(row) == [(0, 2), (2, 4), (4, 5)]
    assert row.padding == 0


def test_slices_move_the_fields():
    row = last(Do(lambda x: x[:, :, 2::3]))
    assert intervals(row) == [(2, 2), (5, 5), (8, 8), (11, 11)]
    assert last(nn.ConstantPad1d(-2, 0.0)).interval(0) == (2, 2)


def test_channels_can_be_rearranged_and_space_moved_into_them():
    two = (4, 8, 8)
    assert last(nn.ChannelShuffle(2), shape=two).size == 1
    assert last(nn.PixelUnshuffle(2), shape=two).interval((1, 3)) == ((2, 3), (6, 7))
    assert last(nn.PixelShuffle(2), shape=two).interval((1, 3)) == ((0, 0), (1, 1))
    assert last(nn.PixelUnshuffle(2), nn.PixelShuffle(2), shape=two).size == 1
    permuted = Do(lambda x: F.linear(x.permute(0, 2, 3, 1), torch.ones(4, 4)).permute(0, 3, 1, 2))
    assert last(permuted, shape=two).size == 1
    assert last(Do(lambda x: x.repeat_interleave(3, 2)), shape=two).interval((5, 5))[0] == (1, 1)


def test_a_flattened_map_comes_back_by_a_view():
    there_and_back = Do(lambda x: (x.flatten(2) * 2).view(x.shape))
    row = last(nn.Conv2d(1, 1, 3), there_and_back, shape=(1, 8, 8))
    assert (row.size, row.interval((5, 0))) == (3, ((5, 7), (0, 2)))
    assert last(nn.Flatten(2), nn.Linear(64, 3), shape=(1, 8, 8)).everything


def test_a_slice_of_channels_sees_what_its_branch_sees():
    class Net(nn.Module):
        def __init__(self, kept):
            super().__init__()
            self.conv, self.kept = nn.Conv2d(2, 4, 5, padding=2), kept

        def forward(self, x):
            return F.relu(torch.cat([self.conv(x), x], 1))[:, self.kept] + 0

    for kept, size in ((slice(4, 6), 1), (slice(0, 4), 5), (slice(3, 5), 5), (slice(0, 6, 5), 5)):
        assert receptive_field(Net(kept), (2, 9, 9))[-1].size == size


def test_units_outside_of_the_map_are_refused():
    row = last(nn.Conv1d(1, 1, 3))
    message = r"'0' has 10 units along the length, but unit is 10\. Use 0 to 9\.$"
    with pytest.raises(ValueError, match=message):
        row.interval(10)
    with pytest.raises(ValueError, match=r"one index per axis of the input, 1, but is \(1, 2\)"):
        row.interval((1, 2))
