"""helpers.operations against PyTorch on thousands of random settings, legal and illegal: values, shapes and refusals.

PyTorch runs on the CPU: its meta device would be no judge, as it accepts negative padding, for instance.
"""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from helpers import operations
from tests.random_settings import (
    DILATION,
    OUTPUT_PADDING,
    PADDING,
    PADDING_MODES,
    PYTORCH_WARNS,
    STRIDE,
    Draw,
    compare,
    one_thread,  # noqa: F401 - a fixture
)

pytestmark = PYTORCH_WARNS


def test_pad2d_is_pytorchs_pad():
    draw = Draw(40)

    def cases():
        for _ in range(2000):
            x = draw.numbers(2, *(draw.randint(1, 5) for _ in range(2)), whole=draw.random() < 0.3)
            mode = draw.choice(PADDING_MODES)
            top, bottom, left, right = (draw.choice([0, 1, 2, 3, 4, 5]) for _ in range(4))
            padding = (top, bottom), (left, right)
            if draw.random() < 0.3:
                bottom, right, padding = top, left, (top, left)
            yield (
                (x.shape, padding, mode),
                lambda: operations.pad2d(x, padding, mode),
                lambda: F.pad(
                    torch.tensor(x),
                    (left, right, top, bottom),
                    mode="constant" if mode == "zeros" else mode,
                ),
            )

    compare(cases())


def images(draw, channels, most):
    """x with or without a batch axis; whole numbers now and then."""
    batch = draw.choice([(), (1,), (2,)])
    return draw.numbers(*batch, channels, *draw.size(most), whole=draw.random() < 0.3)


def grouped_channels(draw):
    """groups, and channels that are now and then not made for them."""
    groups = draw.choice([1, 1, 2, 3])
    per_input, per_output = draw.choice([1, 2]), draw.choice([1, 2])
    wrong = draw.choice([1, 0, -1]) if draw.random() < 0.1 else 0
    return groups, groups * per_input, per_input, groups * per_output, per_output, wrong


@pytest.mark.parametrize("turned", [False, True], ids=["conv2d", "convolve2d"])
def test_convolution_with_every_border_is_pytorchs_layer(turned):
    draw = Draw(50 + turned)
    operation = operations.convolve2d if turned else operations.conv2d

    def layer(x, weight, bias, settings):
        out_channels, per_input, *kernel_size = weight.shape
        in_channels = per_input * settings["groups"]
        net = torch.nn.Conv2d(
            in_channels, out_channels, kernel_size, **settings, bias=False, device="meta"
        )
        weight = weight[..., ::-1, ::-1] if turned else weight
        net.weight = torch.nn.Parameter(torch.tensor(weight.copy()), requires_grad=False)
        y = net(torch.tensor(x))
        return y if bias is None else y + torch.tensor(bias)[:, None, None]

    def cases():
        for _ in range(1500 if turned else 4000):
            groups, channels, per_input, out, _, wrong = grouped_channels(draw)
            x = images(draw, max(1, channels + wrong), 6)
            whole = x.dtype == np.int64
            weight = draw.numbers(out, per_input, *draw.size(3), whole=whole)
            bias = draw.choice([None, draw.numbers(out, whole=whole)])
            settings = dict(
                stride=draw.setting(**STRIDE),
                padding=draw.setting((0, 0, 1, 2, 3), (1.0, True)),  # -1: see below
                dilation=draw.setting(**DILATION),
                padding_mode=draw.choice(PADDING_MODES),
                groups=groups,
            )
            for name in ("padding", "dilation"):
                # With real values in the border, a tuple of one makes a layer forget the width.
                if settings["padding_mode"] != "zeros" and isinstance(settings[name], tuple):
                    settings[name] = (settings[name] * 2)[:2]
            if draw.random() < 0.15:
                settings["padding"] = draw.choice(["same", "same", "valid", "full"])
                settings["stride"] = draw.choice([1, settings["stride"]])
            yield (
                (x.shape, weight.shape, settings),
                lambda: operation(x, weight, bias, **settings),
                lambda: layer(x, weight, bias, settings),
            )

    compare(cases())


def test_conv2d_agrees_on_biases_and_negative_padding():
    draw = Draw(60)

    def cases():
        for _ in range(1000):
            x = draw.numbers(2, 5, 6)
            weight = draw.numbers(3, 2, 2, 3)
            bias = draw.numbers(*draw.choice([(3,)] * 8 + [(2,), (1,), (3, 1), ()]))
            settings = dict(padding=draw.setting((-1, 0, 1, 2, 3)), stride=draw.setting((1, 2)))
            yield (
                (bias.shape, settings),
                lambda: operations.conv2d(x, weight, bias, **settings),
                lambda: F.conv2d(
                    torch.tensor(x), torch.tensor(weight), torch.tensor(bias), **settings
                ),
            )

    compare(cases())


def test_negative_padding_which_a_layer_crops_with_is_always_refused():
    layer = torch.nn.Conv2d(1, 1, 1, padding=-1, padding_mode="circular")
    assert layer(torch.zeros(1, 5, 5)).shape == (1, 3, 3)
    with pytest.raises(ValueError, match="padding must be at least 0, but is -1"):
        operations.conv2d(np.zeros((5, 5)), [[1]], padding=-1, padding_mode="circular")


def test_an_empty_batch_goes_through_as_in_pytorch_but_not_with_illegal_settings():
    x, weight = np.zeros((0, 2, 5, 6)), np.zeros((2, 2, 3, 3))
    x_torch, weight_torch = torch.tensor(x), torch.tensor(weight)
    for name in ("conv2d", "conv_transpose2d"):
        ours, theirs = getattr(operations, name), getattr(F, name)
        expected = tuple(theirs(x_torch, weight_torch, stride=2, padding=1).shape)
        assert ours(x, weight, stride=2, padding=1).shape == expected
    for name in ("max_pool2d", "avg_pool2d"):
        ours, theirs = getattr(operations, name), getattr(F, name)
        assert ours(x, 2).shape == tuple(theirs(x_torch, 2).shape)
    # PyTorch checks some settings only when there is something to compute.
    assert F.conv2d(x_torch, weight_torch, dilation=(1, 0)).shape[0] == 0
    with pytest.raises(ValueError, match="dilation must be at least 1, but is 0"):
        operations.conv2d(x, weight, dilation=(1, 0))


def test_conv_transpose2d_is_pytorchs():
    draw = Draw(70)

    def cases():
        for _ in range(3000):
            groups, channels, _, _, per_output, wrong = grouped_channels(draw)
            x = images(draw, max(1, channels + wrong), 4)
            whole = x.dtype == np.int64
            weight = draw.numbers(channels, per_output, *draw.size(3), whole=whole)
            bias = draw.choice([None, draw.numbers(groups * per_output, whole=whole)])
            settings = dict(
                stride=draw.setting(**STRIDE),
                padding=draw.setting((0, 0, 0, 1, 2), (-1, True)),
                output_padding=draw.setting(**OUTPUT_PADDING),
                groups=groups,
                dilation=draw.setting(**DILATION),
            )
            yield (
                (x.shape, weight.shape, settings),
                lambda: operations.conv_transpose2d(x, weight, bias, **settings),
                lambda: F.conv_transpose2d(
                    torch.tensor(x),
                    torch.tensor(weight),
                    None if bias is None else torch.tensor(bias),
                    **settings,
                ),
            )

    compare(cases())


def pool_settings(draw):
    return dict(
        kernel_size=draw.setting((1, 2, 2, 3, 4), (0, 2.0)),
        stride=draw.choice([None, draw.setting((1, 2, 3), (0, -1))]),
        padding=draw.setting((0, 0, 0, 1), (2, -1)),
        ceil_mode=draw.choice([True, False]),
    )


def test_max_pool2d_is_pytorchs():
    draw = Draw(80)

    def cases():
        for _ in range(2500):
            x = images(draw, draw.choice([1, 2]), 7)
            settings = pool_settings(draw) | dict(dilation=draw.setting((1, 1, 2, 3), (0,)))
            yield (
                (x.shape, settings),
                lambda: operations.max_pool2d(x, **settings),
                lambda: F.max_pool2d(torch.tensor(x), **settings),
            )

    compare(cases())


def test_avg_pool2d_is_pytorchs():
    draw = Draw(90)

    def cases():
        for _ in range(2500):
            x = images(draw, draw.choice([1, 2]), 7)
            settings = pool_settings(draw) | dict(count_include_pad=draw.choice([True, False]))
            yield (
                (x.shape, settings),
                lambda: operations.avg_pool2d(x, **settings),
                lambda: F.avg_pool2d(torch.tensor(x).double(), **settings),
            )

    compare(cases())


def test_conv1d_and_its_gradients_are_autograds():
    draw = Draw(100)
    for _ in range(500):
        x, w = draw.numbers(draw.randint(3, 9)), draw.numbers(draw.randint(1, 3))
        x_torch = torch.tensor(x[None, None], requires_grad=True)
        w_torch = torch.tensor(w[None, None], requires_grad=True)
        y = F.conv1d(x_torch, w_torch)
        dy = draw.numbers(y.shape[-1])
        y.backward(torch.tensor(dy[None, None]))
        assert np.allclose(operations.conv1d(x, w), y.detach()[0, 0], rtol=1e-12, atol=1e-12)
        dx, dw = operations.conv1d_backward(x, w, dy)
        assert np.allclose(dx, x_torch.grad[0, 0], rtol=1e-12, atol=1e-12)
        assert np.allclose(dw, w_torch.grad[0, 0], rtol=1e-12, atol=1e-12)


def test_conv_matrix_times_the_input_is_pytorchs_convolution():
    draw = Draw(110)

    def cases():
        for _ in range(1000):
            x, kernel = draw.numbers(*draw.size(6)), draw.numbers(*draw.size(3))
            settings = dict(
                stride=draw.setting(**STRIDE),
                padding=draw.choice(["same", draw.setting(**PADDING)]),
                dilation=draw.setting(**DILATION),
            )
            yield (
                (x.shape, kernel.shape, settings),
                lambda: operations.conv_matrix(kernel, x.shape, **settings) @ x.ravel(),
                lambda: F.conv2d(
                    torch.tensor(x[None]), torch.tensor(kernel[None, None]), **settings
                ).flatten(),
            )

    compare(cases())


@pytest.mark.parametrize("padding_mode", PADDING_MODES)
def test_filter_image_is_a_depthwise_layer_that_keeps_the_size(padding_mode):
    draw = Draw(120)
    for _ in range(100):
        x, kernel = draw.numbers(3, 8, 9), draw.numbers(*(draw.randint(1, 7) for _ in range(2)))
        layer = torch.nn.Conv2d(
            3, 3, kernel.shape, padding="same", padding_mode=padding_mode, groups=3, bias=False
        )
        layer.weight = torch.nn.Parameter(torch.tensor(np.stack([kernel[None]] * 3)))
        expected = layer(torch.tensor(x)).detach().numpy()
        assert np.allclose(
            operations.filter_image(x, kernel, padding_mode), expected, rtol=1e-12, atol=1e-12
        )
