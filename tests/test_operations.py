"""helpers.operations against numbers worked out by hand, and its refusals word by word."""

import inspect
import subprocess
import sys

import numpy as np
import pytest

from helpers.operations import (
    avg_pool2d,
    conv1d,
    conv1d_backward,
    conv2d,
    conv_matrix,
    conv_transpose2d,
    convolve2d,
    filter_image,
    max_pool2d,
    pad2d,
)

X = [[3, 3, 2, 1, 0], [0, 0, 1, 3, 1], [3, 1, 2, 2, 3], [2, 0, 0, 2, 2], [2, 0, 0, 0, 1]]
KERNEL = [[0, 1, 2], [2, 2, 0], [0, 1, 2]]


def test_the_example_of_the_course_gives_its_nine_numbers_exactly():
    y = conv2d(X, KERNEL)
    assert y.tolist() == [[12, 12, 17], [10, 17, 19], [9, 6, 14]]
    assert y.dtype == np.int64


def test_a_one_pixel_input_shows_the_flip():
    pixel, kernel = [[0, 0, 0], [0, 1, 0], [0, 0, 0]], [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    assert convolve2d(pixel, kernel, padding=1).tolist() == kernel
    assert conv2d(pixel, kernel, padding=1).tolist() == [[9, 8, 7], [6, 5, 4], [3, 2, 1]]


def test_the_flip_makes_convolution_commutative():
    a, b = [[1, 2], [3, 4]], [[0, 1], [5, 2]]
    by_hand = [[0, 1, 2], [5, 15, 8], [15, 26, 8]]
    assert convolve2d(a, b, padding=1).tolist() == by_hand
    assert convolve2d(b, a, padding=1).tolist() == by_hand


def test_one_filter_adds_its_channels_and_one_bias():
    x = [[[1, 2]], [[10, 20]], [[100, 200]]]  # three channels of 1×2
    weight = [[[[1]], [[2]], [[3]]], [[[1]], [[0]], [[0]]]]  # two filters
    assert conv2d(x, weight, [1000, -1]).tolist() == [[[1321, 1642]], [[0, 1]]]


def test_groups_keep_their_channels_apart():
    x = [[[1, 2]], [[10, 20]]]
    assert conv2d(x, [[[[3]]], [[[5]]]], groups=2).tolist() == [[[3, 6]], [[50, 100]]]


def test_small_integers_do_not_overflow_and_floats_become_float64():
    white = np.full((3, 3), 255, np.uint8)
    assert conv2d(white, np.ones((3, 3), np.uint8)).tolist() == [[2295]]
    assert conv2d(white.astype(np.float16), np.ones((3, 3))).dtype == np.float64


def test_x_and_weight_are_left_as_they_were():
    x, weight = np.ones((4, 4)), np.ones((3, 3))
    for operation in (conv2d, convolve2d, conv_transpose2d, filter_image):
        operation(x, weight)
    max_pool2d(x, 2), avg_pool2d(x, 2), pad2d(x, 1)[0].fill(7)
    assert (x == 1).all() and (weight == 1).all()


def test_the_loop_that_lessons_show_is_short():
    code = inspect.getsource(conv2d).split('"""')[2].strip().splitlines()
    assert len(code) <= 15
    assert sum(line.lstrip().startswith("for ") for line in code) == 2


def test_each_border_is_filled_its_own_way():
    row = [[1, 2, 3]]
    assert pad2d(row, (0, 2)).tolist() == [[0, 0, 1, 2, 3, 0, 0]]
    assert pad2d(row, (0, 2), "replicate").tolist() == [[1, 1, 1, 2, 3, 3, 3]]
    assert pad2d(row, (0, 2), "reflect").tolist() == [[3, 2, 1, 2, 3, 2, 1]]
    assert pad2d(row, (0, 2), "circular").tolist() == [[2, 3, 1, 2, 3, 1, 2]]
    assert pad2d(row, ((0, 1), (2, 0))).tolist() == [[0, 0, 1, 2, 3], [0, 0, 0, 0, 0]]
    assert pad2d([[[7]], [[8]]], 1)[1].tolist() == [[0, 0, 0], [0, 8, 0], [0, 0, 0]]


def test_same_padding_with_an_even_kernel_adds_the_odd_pixel_at_the_end():
    assert conv2d([[1, 2, 3]], [[10, 1]], padding="same").tolist() == [[12, 23, 30]]


def test_circular_padding_joins_the_ends_of_a_longitude_axis():
    assert conv2d([[1, 2, 4]], [[1, 0, 0]], padding=(0, 1), padding_mode="circular").tolist() == [
        [4, 1, 2]
    ]


def test_filter_image_filters_every_channel_and_keeps_the_size():
    x = np.arange(12).reshape(2, 2, 3)
    shift_right = [[0, 0, 0], [1, 0, 0], [0, 0, 0]]
    assert filter_image(x, shift_right).tolist() == [
        [[0, 0, 1], [0, 3, 4]],
        [[0, 6, 7], [0, 9, 10]],
    ]
    assert filter_image(x[0], shift_right, "circular").tolist() == [[2, 0, 1], [5, 3, 4]]


def test_the_matrix_of_a_4x4_input_and_a_3x3_kernel_has_36_entries():
    kernel = np.arange(1, 10).reshape(3, 3)
    matrix = conv_matrix(kernel, 4)
    assert matrix.shape == (4, 16) and np.count_nonzero(matrix) == 36
    assert matrix[0].tolist() == [1, 2, 3, 0, 4, 5, 6, 0, 7, 8, 9, 0, 0, 0, 0, 0]
    assert matrix[3].tolist() == [0, 0, 0, 0, 0, 1, 2, 3, 0, 4, 5, 6, 0, 7, 8, 9]


def test_four_equations_with_a_2x2_kernel_on_a_3x3_input():
    # P = α·A + β·B + γ·D + δ·E, and so on, for the input A…J and the kernel α β γ δ
    a, b, c, d = 2, 3, 5, 7
    assert conv_matrix([[a, b], [c, d]], (3, 3)).tolist() == [
        [a, b, 0, c, d, 0, 0, 0, 0],
        [0, a, b, 0, c, d, 0, 0, 0],
        [0, 0, 0, a, b, 0, c, d, 0],
        [0, 0, 0, 0, a, b, 0, c, d],
    ]


def test_the_matrix_leaves_out_what_lies_in_the_padding():
    assert conv_matrix([[1, 2, 3]], (1, 3), padding=(0, 1)).tolist() == [
        [2, 3, 0],
        [1, 2, 3],
        [0, 1, 2],
    ]


def test_a_transposed_convolution_stamps_its_kernel():
    y = conv_transpose2d([[1, 10]], [[1, 2, 3]], stride=2)
    assert y.tolist() == [[1, 2, 13, 20, 30]]
    assert conv_transpose2d([[1, 10]], [[1, 2, 3]], stride=2, padding=(0, 1)).tolist() == [
        [2, 13, 20]
    ]
    assert conv_transpose2d(
        [[1, 10]], [[1, 2, 3]], bias=5, stride=(1, 2), output_padding=(0, 1)
    ).tolist() == [[6, 7, 18, 25, 35, 5]]


def test_the_transposed_matrix_is_the_transposed_convolution():
    kernel = [[1, 2], [3, 4]]
    y = np.array([[1, 0], [0, 10]])
    by_hand = [[1, 2, 0], [3, 14, 20], [0, 30, 40]]
    assert (conv_matrix(kernel, 3).T @ y.ravel()).reshape(3, 3).tolist() == by_hand
    assert conv_transpose2d(y, kernel).tolist() == by_hand


def test_overlaps_make_a_checkerboard_unless_the_stride_divides_the_kernel():
    counts = conv_transpose2d([[1] * 6], [[1, 1, 1]], stride=(1, 2))
    assert counts.tolist() == [[1, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 1]]
    even = conv_transpose2d([[1] * 6], [[1, 1, 1, 1]], stride=(1, 2))
    assert even.tolist() == [[1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1]]


def test_pooling_by_hand():
    x = [[1, 2, 5, 6], [3, 4, 7, 8], [-1, -2, -5, -6], [-3, -4, -7, -8]]
    assert max_pool2d(x, 2).tolist() == [[4, 8], [-1, -5]]
    assert avg_pool2d(x, 2).tolist() == [[2.5, 6.5], [-2.5, -6.5]]
    assert max_pool2d(x, 3, stride=1).tolist() == [[7, 8], [7, 8]]


def test_the_border_never_wins_a_maximum():
    assert max_pool2d([[-3, -5]], (1, 2), stride=1, padding=(0, 1)).tolist() == [[-3, -3, -5]]
    assert max_pool2d([[-3.5]], 2, padding=1).tolist() == [[-3.5]]


def test_an_average_counts_the_padding_but_never_what_hangs_over_it():
    row = [[6, 6, 6]]
    padded = dict(kernel_size=(1, 2), padding=(0, 1))
    assert avg_pool2d(row, **padded).tolist() == [[3, 6]]
    assert avg_pool2d(row, **padded, count_include_pad=False).tolist() == [[6, 6]]
    assert avg_pool2d(row, (1, 2), ceil_mode=True).tolist() == [[6, 6]]


def test_a_sequence_forward_and_backward_by_hand():
    x, w, dy = [1, 2, 3, 4], [1, 0, -1], [1, 10]
    assert conv1d(x, w).tolist() == [-2, -2]
    dx, dw = conv1d_backward(x, w, dy)
    assert dx.tolist() == [1, 10, -1, -10]
    assert dw.tolist() == [21, 32, 43]


ZEROS = np.zeros
REFUSED = [
    (
        lambda: conv2d(ZEROS((2, 9)), ZEROS((3, 3))),
        "conv2d: along the height, a kernel of 3 covers 3 pixels, but the padded input has 2 "
        "(2 + 2·0). Use padding ≥ 1 or a smaller kernel.",
    ),
    (
        lambda: conv2d(ZEROS((3, 5, 5)), ZEROS((3, 3))),
        "conv2d: x of shape (3, 5, 5) and weight of shape (3, 3) do not go together. Use (H, W) "
        "with (kh, kw), or (C, H, W) or (N, C, H, W) with (out_channels, C, kh, kw).",
    ),
    (
        lambda: conv2d(ZEROS((3, 5, 5)), ZEROS((8, 4, 3, 3))),
        "conv2d: x of shape (3, 5, 5) has 3 channels, but a weight of shape (8, 4, 3, 3) with "
        "groups=1 is made for 4. Use 4 channels, or another weight.",
    ),
    (
        lambda: conv2d(ZEROS((4, 5, 5)), ZEROS((3, 2, 3, 3)), groups=2),
        "conv2d: in_channels=4 and out_channels=3 cannot both be divided into groups=2. "
        "Use groups=1, which divides both.",
    ),
    (
        lambda: conv2d(ZEROS((1, 5, 5)), ZEROS((8, 1, 3, 3)), bias=ZEROS(1)),
        "conv2d: bias of shape (1,) does not go with 8 output channels. "
        "Use one number per output channel: shape (8,).",
    ),
    (
        lambda: conv2d([[1, 2], [3]], [[1]]),
        "conv2d: x has rows of different lengths. Make all rows equally long.",
    ),
    (
        lambda: conv2d([["a"]], [[1]]),
        "conv2d: x holds values of type <U1. Use real numbers.",
    ),
    (
        lambda: conv2d(ZEROS((0, 5)), [[1]]),
        "conv2d: size must be at least 1, but is 0. An input needs at least one pixel.",
    ),
    (
        lambda: convolve2d(ZEROS((5, 5)), [1, 2]),
        "convolve2d: shape (2,) is not that of an image. "
        "Use (H, W), (C, H, W) or (N, C, H, W) with at least one pixel.",
    ),
    (
        lambda: conv_transpose2d(ZEROS((3, 5, 5)), ZEROS((2, 4, 3, 3))),
        "conv_transpose2d: x of shape (3, 5, 5) has 3 channels, but a weight of shape "
        "(2, 4, 3, 3) with groups=1 is made for 2. Use 2 channels, or another weight.",
    ),
    (
        lambda: pad2d(ZEROS((3, 4)), 3, "reflect"),
        "pad2d: 'reflect' padding of 3 along the height needs more pixels than the 3 that are "
        "there. Use padding ≤ 2 or padding_mode='replicate'.",
    ),
    (
        lambda: pad2d(ZEROS((3, 4)), (0, 5), "circular"),
        "pad2d: 'circular' padding of 5 along the width needs more pixels than the 4 that are "
        "there. Use padding ≤ 4 or padding_mode='replicate'.",
    ),
    (
        lambda: pad2d(ZEROS((3, 4)), 1, "mirror"),
        "pad2d: there is no padding_mode 'mirror'. "
        "Use one of 'zeros', 'reflect', 'replicate', 'circular'.",
    ),
    (
        lambda: pad2d(ZEROS((3, 4)), (1, 2, 3, 4)),
        "pad2d: padding (1, 2, 3, 4) does not give two sides for each of two axes. "
        "Use an int, (height, width) or ((top, bottom), (left, right)).",
    ),
    (
        lambda: max_pool2d(ZEROS((7, 7)), 3, padding=2),
        "max_pool2d: along the height, padding 2 is more than half of the kernel of 3. "
        "Use padding ≤ 1 or kernel_size ≥ 4.",
    ),
    (
        lambda: avg_pool2d(ZEROS((2, 0, 7, 7)), 2),
        "avg_pool2d: shape (2, 0, 7, 7) is not that of an image. "
        "Use (H, W), (C, H, W) or (N, C, H, W) with at least one pixel.",
    ),
    (
        lambda: avg_pool2d(ZEROS((7, 7)), 2, count_include_pad=1),
        "avg_pool2d: count_include_pad is 1. Use True or False.",
    ),
    (
        lambda: conv_matrix(ZEROS((2, 3, 3)), 4),
        "conv_matrix: kernel must have 2 axes, but its shape is (2, 3, 3). "
        "Use kernel[0] or kernel.reshape(…).",
    ),
    (
        lambda: conv1d([1, 2], [1, 2, 3]),
        "conv1d: a kernel w of 3 numbers does not fit into an x of 2. "
        "Use 1 to 2 numbers, or lengthen x with zeros.",
    ),
    (
        lambda: conv1d_backward([1, 2, 3], [1, 2], [1]),
        "conv1d_backward: dy has 1 numbers, but y has 2 (3 − 2 + 1). "
        "Use one number for each number of conv1d(x, w).",
    ),
]


@pytest.mark.parametrize("call, message", REFUSED, ids=[m.split(".")[0][:60] for _, m in REFUSED])
def test_a_refusal_names_the_values_the_rule_and_the_repair(call, message):
    with pytest.raises(ValueError) as caught:
        call()
    assert str(caught.value) == message


def test_the_operations_load_numpy_but_neither_torch_nor_matplotlib():
    code = (
        "import sys, helpers.operations\n"
        "print([m for m in ('numpy', 'torch', 'matplotlib', 'anywidget') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "['numpy']"
