"""helpers.shapes against PyTorch on thousands of random settings, legal and illegal: sizes, parameters and refusals.

PyTorch runs on the CPU: its meta device would be no judge, as it accepts negative padding, for instance.
"""

import pytest
import torch
import torch.nn.functional as F

from helpers import shapes
from tests.random_settings import (
    DILATION,
    OUTPUT_PADDING,
    PADDING,
    PYTORCH_WARNS,
    STRIDE,
    Draw,
    compare,
    one_thread,  # noqa: F401 - a fixture
)

pytestmark = PYTORCH_WARNS


def mostly_tuple(draw, size):
    """The size as it is, or as an int where that says the same."""
    return size[0] if len(set(size)) == 1 and draw.random() < 0.5 else size


def as_tuple(size, axes):
    """An answer that is an int, or a tuple of one, holds for every axis."""
    size = size if isinstance(size, tuple) else (size,)
    return size * axes if len(size) == 1 else size


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_conv_output_size_is_pytorchs_shape(axes):
    conv = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}[axes]
    draw = Draw(axes)

    def cases():
        for _ in range(2000):
            size, kernel_size = draw.size(9, axes), draw.size(4, axes)
            size_given = mostly_tuple(draw, size)
            rest = dict(
                stride=draw.setting(**STRIDE, axes=axes),
                padding=draw.setting(**PADDING, axes=axes),
                dilation=draw.setting(**DILATION, axes=axes),
            )
            if draw.random() < 0.1:
                rest["padding"] = draw.choice(["same", "same", "valid", "full"])
                rest["stride"] = draw.choice([1, rest["stride"]])
            yield (
                (size, kernel_size, rest),
                lambda: as_tuple(shapes.conv_output_size(size_given, kernel_size, **rest), axes),
                lambda: tuple(
                    conv(torch.zeros(1, 1, *size), torch.zeros(1, 1, *kernel_size), **rest).shape
                )[2:],
            )

    compare(cases())


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_conv_transpose_output_size_is_pytorchs_shape(axes):
    conv = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}[axes]
    draw = Draw(10 + axes)

    def zeros(*size):
        # float64: in float32 and oneDNN, PyTorch lets a few outputs of size 0 pass.
        return torch.zeros(1, 1, *size, dtype=torch.float64)

    def cases():
        for _ in range(1000):
            size, kernel_size = draw.size(6, axes), draw.size(4, axes)
            size_given = mostly_tuple(draw, size)
            rest = dict(
                stride=draw.setting(**STRIDE, axes=axes),
                padding=draw.setting(**PADDING, axes=axes),
                output_padding=draw.setting(**OUTPUT_PADDING, axes=axes),
                dilation=draw.setting(**DILATION, axes=axes),
            )
            if draw.random() < 0.02:
                rest["padding"] = draw.choice(["same", "valid"])
            yield (
                (size, kernel_size, rest),
                lambda: as_tuple(
                    shapes.conv_transpose_output_size(size_given, kernel_size, **rest), axes
                ),
                lambda: tuple(conv(zeros(*size), zeros(*kernel_size), **rest).shape)[2:],
            )

    compare(cases())


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_pool_output_size_is_pytorchs_shape(axes):
    pool = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}[axes]
    draw = Draw(20 + axes)

    def cases():
        for _ in range(2000):
            size = draw.size(9, axes)
            size_given = mostly_tuple(draw, size)
            settings = dict(
                kernel_size=draw.setting((1, 2, 2, 3, 4), (0, -1, 2.0, True), axes),
                stride=draw.choice([None, draw.setting((1, 2, 3), (0, -1, 1.0), axes)]),
                padding=draw.setting((0, 0, 0, 1), (2, -1, True), axes),
                dilation=draw.setting((1, 1, 1, 2), (0, 1.0), axes),
                ceil_mode=draw.choice([True, False]),
            )
            yield (
                (size, settings),
                lambda: as_tuple(shapes.pool_output_size(size_given, **settings), axes),
                lambda: tuple(pool(torch.zeros(1, 1, *size), **settings).shape)[2:],
            )

    compare(cases())


def test_conv_parameters_is_what_a_layer_holds():
    draw = Draw(30)

    def cases():
        for _ in range(2000):
            axes = draw.choice([1, 2, 3])
            layer = {1: torch.nn.Conv1d, 2: torch.nn.Conv2d, 3: torch.nn.Conv3d}[axes]
            settings = dict(
                in_channels=draw.choice([1, 2, 3, 4, 6, -1]),
                out_channels=draw.choice([1, 2, 3, 4, 6]),
                kernel_size=tuple(draw.choice([1, 2, 3]) for _ in range(axes)),
                bias=draw.choice([True, False]),
                groups=draw.choice([1, 1, 2, 3, 0]),
            )
            if axes == 2 and draw.random() < 0.5:
                settings["kernel_size"] = settings["kernel_size"][0]
            yield (
                settings,
                lambda: shapes.conv_parameters(**settings),
                lambda: sum(p.numel() for p in layer(**settings, device="meta").parameters()),
            )

    compare(cases())
