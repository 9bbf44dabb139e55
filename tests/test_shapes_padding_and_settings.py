"""TensorFlow's "same" padding, and the settings that hit an output size."""

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from helpers import pad2d, same_padding, settings_for
from helpers.shapes import conv_output_size, conv_transpose_output_size
from tests.random_settings import PYTORCH_WARNS, one_thread  # noqa: F401 - a fixture

pytestmark = PYTORCH_WARNS

# size, kernel_size, stride, dilation -> before, after. Worked out by hand; TensorFlow 2.21 pads so.
SAME = [
    ((5, 3, 1, 1), (1, 1)),
    ((5, 4, 1, 1), (1, 2)),
    ((5, 3, 2, 1), (1, 1)),
    ((6, 3, 2, 1), (0, 1)),  # what nn.Conv2d(…, stride=2, padding=1) would do the other way round
    ((28, 5, 2, 1), (1, 2)),
    ((224, 7, 2, 1), (2, 3)),
    ((13, 6, 5, 1), (1, 2)),
    ((7, 3, 1, 2), (2, 2)),
    ((9, 2, 4, 1), (0, 1)),  # the third window reads pixels 9 and 10
    ((4, 1, 3, 1), (0, 0)),  # never less than none
    ((2, 1, 2, 3), (0, 0)),
    ((8, 3, 3, 2), (1, 2)),
]


@pytest.mark.parametrize("setting, pad", SAME)
def test_same_padding_is_tensorflows(setting, pad):
    assert same_padding(*setting) == pad


def test_same_padding_is_the_least_that_gives_the_size_over_the_stride_rounded_up():
    ranges = range(1, 12), range(1, 6), range(1, 5), range(1, 4)
    for size, kernel_size, stride, dilation in itertools.product(*ranges):
        before, after = same_padding(size, kernel_size, stride, dilation)
        assert after - before in (0, 1)

        def windows(padded):
            return len(range(0, padded - dilation * (kernel_size - 1), stride))

        outputs = int(np.ceil(size / stride))
        assert windows(size + before + after) == outputs
        assert before == after == 0 or windows(size + before + after - 1) < outputs


def test_at_stride_1_same_padding_is_pytorchs():
    x = torch.arange(1.0, 8).reshape(1, 1, 7)
    for kernel_size, dilation in itertools.product(range(1, 7), range(1, 4)):
        weight = torch.arange(1.0, kernel_size + 1).reshape(1, 1, -1)
        padded = F.pad(x, same_padding(7, kernel_size, dilation=dilation))
        assert torch.equal(
            F.conv1d(padded, weight, dilation=dilation),
            F.conv1d(x, weight, padding="same", dilation=dilation),
        )


def test_same_padding_of_a_tuple_goes_into_pad2d():
    pad = same_padding((6, 5), (3, 4), stride=2)
    assert pad == ((0, 1), (1, 2))
    assert same_padding(6, (3, 4), stride=2) == ((0, 1), (1, 1))
    padded = pad2d(np.ones((6, 5)), pad)
    assert padded.shape == (7, 8)
    assert padded[0].sum() == 5 and padded[-1].sum() == 0


def test_same_padding_refuses_what_no_layer_has():
    with pytest.raises(ValueError) as caught:
        same_padding(6, 3, stride=0)
    assert str(caught.value) == (
        "same_padding: stride must be at least 1, but is 0. Use stride=1 to visit every position."
    )


# -- settings ------------------------------------------------------------------------------------


def test_the_simplest_settings_come_first():
    assert settings_for(28, 14)[:3] == [
        {"kernel_size": 1, "stride": 2, "padding": 0, "dilation": 1},
        {"kernel_size": 2, "stride": 2, "padding": 0, "dilation": 1},
        {"kernel_size": 3, "stride": 2, "padding": 1, "dilation": 1},
    ]
    assert settings_for(7, 5)[0] == dict(kernel_size=3, stride=1, padding=0, dilation=1)


def test_a_dilated_5x5_kernel_keeps_the_size_with_padding_4():
    assert settings_for(9, 9, kernel_size=5, stride=1, dilation=2) == [
        {"kernel_size": 5, "stride": 1, "padding": 4, "dilation": 2}
    ]


RANGES = {
    "kernel_size": range(1, 8),
    "stride": range(1, 5),
    "padding": range(7),
    "dilation": range(1, 5),
    "output_padding": range(4),
}


def in_pytorch(size, output_size, held, transposed):
    """All settings that PyTorch gives this size; those left out whose free part changes nothing."""
    names = [*RANGES] if transposed else [*RANGES][:-1]
    ranges = [[held[name]] if name in held else RANGES[name] for name in names]
    expected = set()
    for setting in itertools.product(*ranges):
        k, s, p, d, *more = setting
        if k == 1 and d > 1 and "dilation" not in held:
            continue  # there is nothing to dilate
        if (size if transposed else output_size) == 1 and s > 1 and "stride" not in held:
            continue  # there is nowhere to step
        # float64: in float32, PyTorch lets a few transposed outputs of size 0 pass
        x, kernel = (torch.zeros(1, 1, n, dtype=torch.float64) for n in (size, k))
        try:
            if transposed:
                y = F.conv_transpose1d(x, kernel, None, s, p, *more, dilation=d)
            else:
                y = F.conv1d(x, kernel, None, s, p, d)
        except RuntimeError:
            continue
        if y.shape[-1] == output_size:
            expected.add(setting)
    return expected


@pytest.mark.parametrize(
    "size, output_size, held",
    [
        (7, 3, {}),
        (12, 12, {}),
        (1, 3, {}),
        (6, 1, {}),
        (6, 1, {"stride": 3}),
        (9, 5, {"kernel_size": 1, "dilation": 2}),
        (32, 7, {"kernel_size": 11}),
        (20, 6, {"padding": 2, "dilation": 3}),
    ],
)
def test_the_settings_are_all_those_that_pytorch_gives_this_size(size, output_size, held):
    found = settings_for(size, output_size, **held)
    assert_found(found, in_pytorch(size, output_size, held, transposed=False))


@pytest.mark.parametrize(
    "size, output_size, held",
    [
        (3, 6, {}),
        (4, 13, {}),
        (1, 5, {}),
        (1, 5, {"stride": 3}),
        (5, 5, {"kernel_size": 1, "dilation": 2}),
        (7, 14, {"kernel_size": 4, "output_padding": 0}),
        (7, 14, {"stride": 2, "output_padding": 1}),
        (6, 40, {"stride": 7}),
    ],
)
def test_the_transposed_settings_are_all_those_that_pytorch_gives_this_size(
    size, output_size, held
):
    found = settings_for(size, output_size, **held, transposed=True)
    assert_found(found, in_pytorch(size, output_size, held, transposed=True))


def assert_found(found, expected):
    assert expected
    assert {tuple(setting.values()) for setting in found} == expected
    assert len(found) == len(expected)
    plain = dict(stride=1, padding=0, dilation=1, output_padding=0)
    changed = [sum(s[name] != plain[name] for name in s if name in plain) for s in found]
    assert changed == sorted(changed)


def test_every_setting_can_be_given_to_the_size_formula():
    assert {conv_output_size(28, **setting) for setting in settings_for(28, 14)} == {14}
    found = settings_for(14, 28, transposed=True)
    assert {conv_transpose_output_size(14, **setting) for setting in found} == {28}


def test_a_small_output_padding_comes_before_a_large_one():
    twice = settings_for(14, 28, kernel_size=3, stride=2, transposed=True)
    last = [(s["padding"], s["dilation"], s["output_padding"]) for s in twice]
    assert last == [(1, 1, 1), (2, 2, 1), (3, 3, 1), (4, 4, 1), (5, 4, 3)]


def test_settings_are_printed_as_a_table():
    assert repr(settings_for(7, 7, kernel_size=5)) == (
        "7 → 7 pixels, kernel_size=5: 4 settings\n"
        "kernel_size  stride  padding  dilation\n"
        "          5       1        2         1\n"
        "          5       2        5         1\n"
        "          5       1        4         2\n"
        "          5       1        6         3"
    )
    html = settings_for(7, 7, kernel_size=5)._repr_html_()
    assert html.count("<tr>") == 5
    assert "7 → 7 pixels, kernel_size=5: 4 settings</caption>" in html


def test_transposed_settings_are_printed_with_their_output_padding():
    assert repr(settings_for(5, 9, kernel_size=3, stride=2, dilation=1, transposed=True)) == (
        "5 → 9 pixels, kernel_size=3, stride=2, dilation=1: 1 setting\n"
        "kernel_size  stride  padding  dilation  output_padding\n"
        "          3       2        1         1               0"
    )


def test_a_long_table_says_how_many_settings_it_leaves_out():
    settings = settings_for(9, 4)
    *_, last = repr(settings).splitlines()
    assert last == f"… and {len(settings) - 20} more"
    assert len(repr(settings).splitlines()) == 1 + 1 + 20 + 1


@pytest.mark.parametrize(
    "arguments, text",
    [
        (
            dict(size=5, output_size=12, stride=2),
            "5 → 12 pixels, stride=2: no setting. Nearest output size: 9.",
        ),
        (
            dict(size=5, output_size=2, kernel_size=3, stride=4, dilation=1, transposed=True),
            "5 → 2 pixels, kernel_size=3, stride=4, dilation=1: no setting. "
            "Nearest output size: 7.",
        ),
        (
            dict(size=6, output_size=5, kernel_size=1, padding=0),
            "6 → 5 pixels, kernel_size=1, padding=0: no setting. Nearest output size: 3 or 6.",
        ),
        (
            dict(size=3, output_size=3, kernel_size=16),
            "3 → 3 pixels, kernel_size=16: no setting. "
            "The kernel is larger than the padded input, whatever is free.",
        ),
    ],
)
def test_where_no_setting_fits_the_list_is_empty_and_says_what_is_near(arguments, text):
    settings = settings_for(**arguments)
    assert settings == []
    assert repr(settings) == text
    assert settings._repr_html_() is None  # JupyterLab shows the text then


@pytest.mark.parametrize(
    "arguments, message",
    [
        (
            dict(size=28, output_size=0),
            "settings_for: output_size must be at least 1, but is 0. "
            "An output has at least one pixel.",
        ),
        (
            dict(size=28, output_size=14, stride=2.0),
            "settings_for: stride must be a whole number, but is 2.0. Use stride=2.",
        ),
        (
            dict(size=(28, 28), output_size=14),
            "settings_for: size is (28, 28), but the settings are those of one axis. Use size=28.",
        ),
        (
            dict(size=14, output_size=28, output_padding=1),
            "settings_for: only a transposed convolution has an output_padding. "
            "Leave it out, or use transposed=True.",
        ),
        (
            dict(size=14, output_size=28, output_padding=-1, transposed=True),
            "settings_for: output_padding must be at least 0, but is -1. Use output_padding=0.",
        ),
    ],
)
def test_settings_for_refuses_what_is_no_size(arguments, message):
    with pytest.raises(ValueError) as caught:
        settings_for(**arguments)
    assert str(caught.value) == message
