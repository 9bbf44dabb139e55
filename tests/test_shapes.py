"""helpers.shapes against numbers worked out by hand, and its refusals word by word."""

import subprocess
import sys

import numpy as np
import pytest

from helpers.shapes import (
    conv_multiplications,
    conv_output_size,
    conv_parameters,
    conv_transpose_output_size,
    named_padding,
    pool_output_size,
)

# i, k, p, s, d → o: the named cases of Dumoulin and Visin, worked out in their figures
NAMED_CASES = {
    "no padding": (4, 3, 0, 1, 1, 2),
    "arbitrary padding": (5, 4, 2, 1, 1, 6),
    "half padding": (5, 3, 1, 1, 1, 5),
    "full padding": (5, 3, 2, 1, 1, 7),
    "no padding, strides": (5, 3, 0, 2, 1, 2),
    "padding, strides": (5, 3, 1, 2, 1, 3),
    "padding, strides, odd": (6, 3, 1, 2, 1, 3),
    "dilation": (7, 3, 0, 1, 2, 3),
}


@pytest.mark.parametrize("i, k, p, s, d, o", NAMED_CASES.values(), ids=NAMED_CASES.keys())
def test_the_named_cases_have_the_sizes_of_the_guide(i, k, p, s, d, o):
    assert conv_output_size(i, k, stride=s, padding=p, dilation=d) == o


def test_same_padding_by_name_keeps_the_size():
    assert conv_output_size(5, 3, padding="same") == 5
    assert conv_output_size(5, 4, padding="same") == 5
    assert conv_output_size((5, 1), (3, 6), padding="same", dilation=2) == (5, 1)
    assert conv_output_size(5, 3, stride=2, padding="valid") == 2


def test_the_answer_is_an_int_for_ints_and_a_tuple_as_soon_as_one_argument_is():
    assert conv_output_size(7, 3) == 5
    assert conv_output_size((7, 9), 3) == (5, 7)
    assert conv_output_size(7, (3, 5)) == (5, 3)
    assert conv_output_size(7, 3, stride=(1, 2)) == (5, 3)
    assert conv_output_size((7,), 3) == (5,)
    assert conv_output_size((7, 8, 9), 3, padding=(0, 1, 2)) == (5, 8, 11)
    assert conv_output_size([7, 9], 3) == (5, 7)
    assert conv_output_size((7, 9), 3, stride=(2,)) == (3, 4)
    assert pool_output_size(7, (2, 3)) == (3, 2)
    assert conv_transpose_output_size((3, 4), 3, stride=2) == (7, 9)
    assert named_padding("same", (3, 5)) == (1, 2)


def test_numpys_integers_count_as_whole_numbers():
    size = conv_output_size(np.int64(7), np.uint8(3))
    assert size == 5 and type(size) is int


def test_a_transposed_convolution_undoes_the_size_of_a_convolution():
    assert conv_transpose_output_size(2, 3) == 4
    assert conv_transpose_output_size(3, 3, stride=2, padding=1) == 5
    assert conv_transpose_output_size(3, 3, dilation=2) == 7


def test_5_and_6_pixels_both_become_3_and_output_padding_chooses():
    assert conv_output_size(5, 3, stride=2, padding=1) == 3
    assert conv_output_size(6, 3, stride=2, padding=1) == 3
    assert conv_transpose_output_size(3, 3, stride=2, padding=1, output_padding=0) == 5
    assert conv_transpose_output_size(3, 3, stride=2, padding=1, output_padding=1) == 6


def test_pooling_steps_by_its_own_size_unless_told_otherwise():
    assert pool_output_size(28, 2) == 14
    assert pool_output_size(7, 3, stride=2) == 3
    assert pool_output_size(112, 3, stride=2, padding=1) == 56


def test_ceil_mode_adds_a_window_only_if_it_starts_inside_the_input():
    assert pool_output_size(5, 2) == 2
    assert pool_output_size(5, 2, ceil_mode=True) == 3
    # A third window would start at 6 of 1 + 5: in the padding after the input.
    assert pool_output_size(5, 2, stride=3, padding=1, ceil_mode=True) == 2
    # With nothing but its first pixels inside, a single window may hang over.
    assert pool_output_size(3, 4, ceil_mode=True) == 1


def test_named_padding_is_none_half_or_the_full_kernel():
    assert [named_padding(name, 5) for name in ("valid", "same", "full")] == [0, 2, 4]
    assert [named_padding(name, 3, dilation=2) for name in ("valid", "half", "full")] == [0, 2, 4]
    assert named_padding("same", 4, dilation=2) == 3
    assert named_padding("full", (2, 3), dilation=(1, 3)) == (1, 6)


def test_conv2d_16_33_3_has_4785_parameters():
    assert conv_parameters(16, 33, 3) == 33 * 16 * 9 + 33 == 4785
    assert conv_parameters(16, 33, 3, bias=False) == 4752
    assert conv_parameters(3, 8, (3, 5)) == 8 * 3 * 15 + 8
    assert conv_parameters(1, 1, (3,)) == 4
    assert conv_parameters(32, 32, 3, groups=32) == 32 * 9 + 32


def test_inceptions_1x1_layer_saves_nine_tenths_of_the_multiplications():
    assert conv_multiplications(192, 32, 5, 28) == 120_422_400
    reduce, then = conv_multiplications(192, 16, 1, 28), conv_multiplications(16, 32, 5, 28)
    assert (reduce, then, reduce + then) == (2_408_448, 10_035_200, 12_443_648)


def test_multiplications_of_uneven_and_grouped_layers():
    assert conv_multiplications(3, 8, (3, 5), (10, 20)) == 8 * 200 * 3 * 15
    assert conv_multiplications(3, 8, (3,), (10,)) == 8 * 10 * 3 * 3
    assert conv_multiplications(32, 32, 3, 14, groups=32) == 32 * 196 * 9


REFUSED = [
    (
        lambda: conv_output_size(5, 5, padding=1, dilation=2),
        "conv_output_size: a kernel of 5 with dilation 2 covers 9 pixels, but the padded input has "
        "7 (5 + 2·1). Use padding ≥ 2, dilation 1 or a smaller kernel.",
    ),
    (
        lambda: conv_output_size((9, 3), 5),
        "conv_output_size: along the width, a kernel of 5 covers 5 pixels, but the padded input "
        "has 3 (3 + 2·0). Use padding ≥ 1 or a smaller kernel.",
    ),
    (
        lambda: conv_output_size(8, 3, dilation=4),
        "conv_output_size: a kernel of 3 with dilation 4 covers 9 pixels, but the padded input has "
        "8 (8 + 2·0). Use padding ≥ 1, dilation ≤ 3 or a smaller kernel.",
    ),
    (
        lambda: conv_output_size(7, 3, stride=0),
        "conv_output_size: stride must be at least 1, but is 0. "
        "Use stride=1 to visit every position.",
    ),
    (
        lambda: conv_output_size(7, 3, padding=-1),
        "conv_output_size: padding must be at least 0, but is -1. "
        "Use padding=0, and slice the input to make it smaller.",
    ),
    (
        lambda: conv_output_size(7, 3, dilation=0),
        "conv_output_size: dilation must be at least 1, but is 0. "
        "Use dilation=1 for a kernel without holes.",
    ),
    (
        lambda: conv_output_size(0, 1, padding=1),
        "conv_output_size: size must be at least 1, but is 0. An input needs at least one pixel.",
    ),
    (
        lambda: conv_output_size(7, 3, stride=2.0),
        "conv_output_size: stride must be a whole number, but is 2.0. Use stride=2.",
    ),
    (
        lambda: conv_output_size(7, 3, padding=True),
        "conv_output_size: padding must be a whole number, but is True. Use padding=1.",
    ),
    (
        lambda: conv_output_size(float("nan"), 3),
        "conv_output_size: size must be a whole number, but is nan. Use size=1.",
    ),
    (
        lambda: conv_output_size(7, 3, stride=2, padding="same"),
        "conv_output_size: padding='same' cannot keep the size with a stride of 2. "
        "Use stride=1, or give the padding as a number.",
    ),
    (
        lambda: conv_output_size(7, 3, padding="full"),
        "conv_output_size: there is no padding 'full' here. "
        "Use 'same', 'valid', a number, or what named_padding gives for a kernel size.",
    ),
    (
        lambda: conv_output_size((7, 7), (3, 3, 3)),
        "conv_output_size: size (7, 7) and kernel_size (3, 3, 3) differ in their number of axes. "
        "Use one number per axis, or an int for all of them.",
    ),
    (
        lambda: conv_output_size((1, 3, 7, 7), 3),
        "conv_output_size: size has one number per axis, at most 3, but is (1, 3, 7, 7). "
        "Use an int or (height, width).",
    ),
    (
        lambda: conv_transpose_output_size(3, 3, stride=2, output_padding=2),
        "conv_transpose_output_size: output_padding 2 is not smaller than the stride (2) or the "
        "dilation (1). Use output_padding ≤ 1 or a larger stride.",
    ),
    (
        lambda: conv_transpose_output_size(2, 3, padding=2),
        "conv_transpose_output_size: an input of 2 is stamped onto 4 pixels, and padding 2 cuts "
        "off 4: nothing is left. Use padding ≤ 1 or a larger input.",
    ),
    (
        lambda: conv_transpose_output_size(3, 3, padding="valid"),
        "conv_transpose_output_size: there is no padding 'valid' here. "
        "Use a number, or what named_padding gives for a kernel size.",
    ),
    (
        lambda: pool_output_size(7, 3, padding=2),
        "pool_output_size: padding 2 is more than half of the kernel of 3. "
        "Use padding ≤ 1 or kernel_size ≥ 4.",
    ),
    (
        lambda: pool_output_size(2, 5),
        "pool_output_size: a kernel of 5 covers 5 pixels, but the padded input has 2 (2 + 2·0). "
        "Use padding ≥ 2 or a smaller kernel.",
    ),
    (
        lambda: pool_output_size(1, 4),  # padding 2 would do, 1 would not
        "pool_output_size: a kernel of 4 covers 4 pixels, but the padded input has 1 (1 + 2·0). "
        "Use padding ≥ 2 or a smaller kernel.",
    ),
    (
        lambda: pool_output_size(3, 2, dilation=5),  # no padding that pooling allows would do
        "pool_output_size: a kernel of 2 with dilation 5 covers 6 pixels, but the padded input has "
        "3 (3 + 2·0). Use dilation ≤ 2 or a smaller kernel.",
    ),
    (
        lambda: pool_output_size(7, 3, ceil_mode=1),
        "pool_output_size: ceil_mode is 1. Use True or False.",
    ),
    (
        lambda: named_padding("same", (3, 4)),
        "named_padding: along the width, 'same' with a kernel of 4 needs 3 more pixels, 1 before "
        "and 2 after: no padding per side does that. "
        "Use a kernel of 5, or give the layer padding='same'.",
    ),
    (
        lambda: named_padding("mirror", 3),
        "named_padding: there is no padding named 'mirror'. Use 'valid', 'same' or 'full'.",
    ),
    (
        lambda: conv_parameters(8, 12, 3, groups=3),
        "conv_parameters: in_channels=8 and out_channels=12 cannot both be divided into groups=3. "
        "Use groups=2, which divides both.",
    ),
    (
        lambda: conv_multiplications(8, 12, 3, 0),
        "conv_multiplications: output_size must be at least 1, but is 0. "
        "An output has at least one pixel.",
    ),
]


@pytest.mark.parametrize("call, message", REFUSED, ids=[m.split(".")[0][:60] for _, m in REFUSED])
def test_a_refusal_names_the_values_the_rule_and_the_repair(call, message):
    with pytest.raises(ValueError) as caught:
        call()
    assert str(caught.value) == message


def test_the_repairs_that_the_messages_name_are_accepted():
    assert conv_output_size(5, 5, padding=2, dilation=2) == 1
    assert conv_output_size(5, 5, padding=1, dilation=1) == 3
    assert conv_output_size(8, 3, dilation=3) == 2
    assert conv_transpose_output_size(2, 3, padding=1) == 2
    assert pool_output_size(7, 4, padding=2) == 2
    assert pool_output_size(1, 4, padding=2) == 1
    assert pool_output_size(3, 2, dilation=2) == 1
    assert conv_parameters(8, 12, 3, groups=2) == 12 * 4 * 9 + 12


def test_the_formulas_load_nothing_but_the_standard_library():
    code = (
        "import sys, helpers.shapes\n"
        "print([m for m in ('numpy', 'torch', 'matplotlib', 'anywidget') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
