"""ShiftExplorer from Python: maps are PyTorch's; what commutes by hand does so exactly."""

import re

import numpy as np
import pytest
import torch
from ipywidgets.widgets import widget as registry
from torch import nn

from helpers.data import load_digits
from helpers.kernels import KERNELS
from helpers.widgets import ShiftExplorer
from helpers.widgets.layer_stack import LAYERS
from tests.test_widgets import nothing_stays, refused  # noqa: F401 (the first is a fixture)

MODES = ["zeros", "circular", "reflect", "replicate"]
NETWORK = ["conv", "relu", "max_pool", "conv", "relu", "max_pool"]


def random_setting(rng):
    """A stack that every 16×24 image can go through."""
    count = int(rng.integers(1, 7))
    sizes = [1, 3, 5]
    return {
        "layers": [str(word) for word in rng.choice(list(LAYERS)[:-1], count)],
        "kernel": rng.normal(size=(rng.choice(sizes), rng.choice(sizes))),
        "padding_mode": str(rng.choice(MODES)),
        "shift": tuple(rng.integers(-16, 17, 2).tolist()),
        "wrap": bool(rng.random() < 0.5),
    }


def torch_maps(layer, x):
    """What each module of a Sequential gives."""
    x = torch.from_numpy(x.copy())[None, None]
    maps = []
    for module in layer:
        x = module(x)
        maps.append(x[0, 0].numpy())
    return maps


def test_the_maps_are_those_of_the_layer_in_pytorch():
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    explorer = ShiftExplorer(rng.normal(size=(16, 24)))
    done = 0
    while done < 60:
        setting = random_setting(rng)
        try:
            explorer.set(**setting)
        except ValueError:
            continue
        done += 1
        layer = explorer.layer
        maps = torch_maps(layer, explorer.input)
        np.testing.assert_allclose(explorer.maps[-1], maps[-1], rtol=1e-10, atol=1e-12)
        assert len(explorer.maps) == len(setting["layers"])
        assert repr(eval(explorer.code, {"nn": nn})) == repr(layer)
        moved = torch_maps(layer, explorer.transformed)[-1]
        np.testing.assert_allclose(explorer.output, moved, rtol=1e-10, atol=1e-12)


def test_a_global_average_ends_in_one_number_that_g_leaves_alone():
    explorer = ShiftExplorer(layers=["conv", "relu", "global_avg_pool"], shift=(1, 2))
    mean = torch_maps(explorer.layer, explorer.input)[-1]
    np.testing.assert_allclose(explorer.transformed_output, mean, rtol=1e-12)
    assert explorer.output.shape == (1, 1) and explorer.error < 1e-12  # only the order of the sum


# -- commuting, by hand --------------------------------------------------------------------------


def test_a_circular_convolution_commutes_exactly_with_every_shift_that_wraps():
    rng = np.random.default_rng(1)
    explorer = ShiftExplorer(rng.normal(size=(9, 11)), kernel=rng.normal(size=(5, 3)))
    for _ in range(40):
        explorer.shift = rng.integers(-16, 17, 2)
        assert (explorer.difference == 0).all() and explorer.error == 0
        rolled = np.roll(explorer.maps[0], explorer.shift, axis=(0, 1))
        assert np.array_equal(explorer.output, rolled)


def test_zero_padding_errs_only_in_the_columns_at_the_border():
    x = np.random.default_rng(2).normal(size=(10, 12))
    kernel = [[1, 2, 3]] * 3
    explorer = ShiftExplorer(x, padding_mode="zeros", kernel=kernel, shift=(0, 1))
    wrong = np.abs(explorer.difference) > 0
    # the first two columns and the last: what stood at the other border does so no more
    assert np.array_equal(np.flatnonzero(wrong.any(axis=0)), [0, 1, 11])
    assert 0 < explorer.error < 1


@pytest.mark.parametrize("layers, stride", [
    (["strided_conv"], 2), (["conv", "subsample"], 2), (["max_pool"], 2), (["avg_pool"], 2),
    (["blur_pool"], 2), (["max_blur_pool"], 2), (NETWORK, 4),
])  # fmt: skip
def test_with_a_stride_the_error_is_zero_at_its_multiples_and_only_there(layers, stride):
    x = np.random.default_rng(3).normal(size=(16, 16))
    explorer = ShiftExplorer(x, layers=layers)
    zeros = []
    for right in range(-8, 9):
        explorer.shift = (0, right)
        if explorer.error == 0:
            zeros.append(right)
    assert zeros == list(range(-8, 9, stride))


def test_a_fraction_of_a_cell_is_interpolated_between_its_neighbours():
    x = np.arange(64.0).reshape(8, 8) ** 2
    explorer = ShiftExplorer(x, layers=["subsample"], shift=(0, 1))
    y = x[::2, ::2]
    np.testing.assert_allclose(explorer.transformed_output, (y + np.roll(y, 1, axis=1)) / 2)
    assert np.array_equal(explorer.transformed, np.roll(x, 1, axis=1))


def test_a_blur_makes_pooling_err_less():
    sharp, blurred = (
        ShiftExplorer("photo", layers=["conv", "relu", word], shift=(0, 1)).error
        for word in ("max_pool", "max_blur_pool")
    )
    assert blurred < 0.6 * sharp


def test_quarter_turns_commute_with_a_kernel_that_looks_the_same_and_not_with_sobel():
    explorer = ShiftExplorer(transform="rotate", angle=90, kernel=KERNELS["Gaussian blur"])
    assert explorer.error < 1e-15
    assert np.array_equal(explorer.transformed, np.rot90(explorer.input))
    explorer.kernel = KERNELS["Sobel x: vertical edges"]
    assert explorer.error > 0.5
    explorer.angle = 180  # turned by 180° Sobel is its own negative
    assert explorer.error == pytest.approx(2)


def test_a_factor_of_one_changes_nothing_and_others_do():
    explorer = ShiftExplorer("photo", transform="scale", factor=1, padding_mode="replicate")
    assert explorer.error == 0 and np.array_equal(explorer.transformed, explorer.input)
    explorer.factor = 2
    assert explorer.error > 0.1


def test_the_error_of_nothing_is_zero_and_beside_nothing_infinite():
    explorer = ShiftExplorer(np.zeros((8, 8)), kernel=[[0.0]])
    assert explorer.error == 0
    corner = np.zeros((8, 8))
    corner[0, 1] = 1
    explorer.set(image=corner, kernel=[[1.0]], layers=["subsample"], shift=(0, 1))
    assert explorer.error == float("inf")  # x has nothing in even columns, g(x) has


# -- pictures ------------------------------------------------------------------------------------


def test_the_gallery_has_its_sizes_and_after_chooses_the_map():
    sizes = {"handwritten digit": (32, 32), "photo": (64, 64), "weather: vorticity": (32, 64)}
    explorer = ShiftExplorer(layers=NETWORK, after=3)
    for name, size in sizes.items():
        explorer.image = name
        assert explorer.input.shape == size
        assert explorer.output.shape == (size[0] // 2, size[1] // 2)
    small = torch.from_numpy(load_digits().images[:1])
    digit = nn.functional.interpolate(small[None], scale_factor=2, mode="bilinear")[0, 0]
    np.testing.assert_allclose(ShiftExplorer().input, np.pad(digit, 8), atol=1e-6)
    explorer.layers = ["conv"]
    assert explorer.after is None  # layer 3 is gone


def test_an_array_of_ones_own_is_shown_and_can_be_exchanged():
    rng = np.random.default_rng(4)
    for pixels in (rng.normal(size=(8, 128)), torch.rand(64, 20), np.eye(9, dtype=int)):
        explorer = ShiftExplorer(pixels)
        assert explorer.image == "your image"
        np.testing.assert_allclose(explorer.input, np.asarray(pixels), rtol=1e-6)
    explorer.image = np.full((10, 10), 255, np.uint8)
    assert (explorer.input == 1).all()
    explorer.image = "photo"
    explorer.image = "your image"
    assert explorer.input.shape == (10, 10)


# -- refusals ------------------------------------------------------------------------------------

REFUSALS = [
    (dict(image="cat"), "there is no picture 'cat'. There is 'handwritten digit', 'photo', "),
    (dict(image=np.zeros((7, 9))), "from 8×8 to 64×128 pixels, got 7×9. Take every n-th pixel"),
    (dict(image=np.zeros((9, 9, 3))), "expected an array (H, W), got shape (9, 9, 3). Of a "
     "colour picture take image.mean(axis=-1)."),
    (dict(image=np.full((9, 9), np.nan)), "numpy.nan_to_num replaces them."),
    (dict(image=None), "ShiftExplorer.image: expected an array (H, W), got shape ()."),
    (dict(image=[["a"]]), "ShiftExplorer.image: expected an array (H, W) of numbers, got"),
    (dict(layers=[]), "expected a list of one to six words, such as ['conv', 'max_pool']; got []."),
    (dict(layers=["conv"] * 7), "one to six words"),
    (dict(layers=["Conv2d"]), "there is no layer 'Conv2d'. There is 'conv', 'strided_conv', "),
    (dict(kernel=np.ones((2, 3))), "odd sizes up to 5×5, so that it has a middle; got 2×3."),
    (dict(kernel=np.ones((7, 7))), "got 7×7."),
    (dict(shift=(0, 17)), "whole numbers from −16 to 16, such as (0, 1); got (0, 17)."),
    (dict(shift=(0, 0.5)), "got (0, 0.5)."),
    (dict(shift=3), "(rows down, columns right)"),
    (dict(angle=270), "ShiftExplorer.angle: from −180 to 180 degrees, got 270."),
    (dict(factor=0), "ShiftExplorer.factor: from 0.5 to 2, got 0."),
    (dict(after=2), "expected None for the last layer, or its number from 1 to 1; got 2."),
    (dict(after=True), "got True."),
    (dict(layers=["global_avg_pool", "max_pool"]), "Layer 2 of ['global_avg_pool', 'max_pool']: "
     "2×2 pixels do not fit into 1×1."),
    (dict(layers=["global_avg_pool", "conv"], padding_mode="reflect"), "reflect padding of 1 needs "
     "at least 2 pixels, the height is 1. Use a larger image, fewer layers before it, or "
     "padding_mode='zeros'."),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "text"), REFUSALS)
def test_a_refusal_teaches_and_changes_nothing(settings, text):
    assert text in refused(ShiftExplorer(), **settings)
    with pytest.raises(ValueError, match=re.escape(text)):
        ShiftExplorer(**settings)


def test_the_widget_refuses_the_stacks_that_pytorch_refuses_and_no_others():
    torch.set_num_threads(1)
    rng = np.random.default_rng(5)
    explorer = ShiftExplorer(np.ones((9, 11)))
    pools = ["max_pool", "avg_pool", "strided_conv", "blur_pool", "conv"]
    refusals = 0
    for _ in range(300):
        setting = random_setting(rng) | {"kernel": np.ones((5, 5))}
        setting["layers"] = [str(word) for word in rng.choice(pools, rng.integers(2, 7))]
        layer = stack(**setting)
        try:
            explorer.set(**setting)
        except ValueError:
            refusals += 1
            with pytest.raises(RuntimeError):
                layer(torch.ones(1, 1, 9, 11))
        else:
            assert layer(torch.ones(1, 1, 9, 11))[0, 0].shape == explorer.maps[-1].shape
    assert 30 < refusals < 270


def stack(layers, padding_mode, **_):
    """The same layers, written once more."""

    def conv(k, stride):
        return nn.Conv2d(1, 1, k, stride=stride, padding=k // 2, padding_mode=padding_mode)

    modules = {
        "max_pool": lambda: nn.MaxPool2d(2),
        "avg_pool": lambda: nn.AvgPool2d(2),
        "strided_conv": lambda: conv(5, 2),
        "blur_pool": lambda: conv(3, 2),
        "conv": lambda: conv(5, 1),
    }
    return nn.Sequential(*(modules[word]() for word in layers))


# -- the page ------------------------------------------------------------------------------------


def test_what_the_page_sends_is_checked_as_well():
    explorer = ShiftExplorer("photo")
    explorer.set_state({"shift": [1, -2], "layers": ["conv", "relu"], "after": 1})
    assert (explorer.shift, explorer.layers, explorer.after) == ((1, -2), ("conv", "relu"), 1)
    with pytest.raises(ValueError):
        explorer.set_state({"shift": [1, 99]})
    with pytest.raises(ValueError):
        explorer.set_state({"_own": {"photo": {}}})
    explorer.set_state(explorer._initial)
    assert (explorer.shift, explorer.layers, explorer.after) == ((3, 5), ("conv",), None)


def test_repr_and_saved_output_are_a_sentence():
    explorer = ShiftExplorer(layers=["conv", "max_pool"], shift=(0, 2))
    sentence = (
        "ShiftExplorer: handwritten digit (32×32) shifted by (0, 2), through conv, max_pool; "
        "relative error 0."
    )
    assert repr(explorer) == sentence
    bundle = explorer._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    assert sentence in data["text/plain"]


def test_closed_widgets_leave_nothing_behind():
    registered = len(registry._instances)
    for _ in range(50):
        ShiftExplorer().close()
        with pytest.raises(ValueError):
            ShiftExplorer(image="cat")
    assert len(registry._instances) == registered
