"""ShiftExplorer from Python: what commutes by hand is exact; pictures, refusals, the page."""

import re

import numpy as np
import pytest
import torch
from ipywidgets.widgets import widget as registry
from torch import nn

from helpers.data import load_digits
from helpers.kernels import KERNELS
from helpers.widgets import ShiftExplorer
from helpers.widgets.shift_explorer import LIMITS
from tests.random_settings import PADDING_MODES as MODES  # noqa: F401 (for the page's tests)
from tests.random_settings import one_thread  # noqa: F401 (a fixture)
from tests.test_widgets import nothing_stays, refused  # noqa: F401 (the first is a fixture)

NETWORK = ["conv", "relu", "max_pool", "conv", "relu", "max_pool"]

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


def test_arrays_of_ones_own_are_shown_and_keep_names_of_their_own():
    rng = np.random.default_rng(4)
    for pixels in (rng.normal(size=(8, 128)), torch.rand(64, 20), np.eye(9, dtype=int)):
        explorer = ShiftExplorer(pixels)
        assert explorer.image == "your image"
        np.testing.assert_allclose(explorer.input, np.asarray(pixels), rtol=1e-6)
    explorer.image = np.full((10, 10), 255, np.uint8)
    assert explorer.image == "your image 2" and (explorer.input == 1).all()
    explorer.image = "photo"
    explorer.image = "your image"
    assert np.array_equal(explorer.input, np.eye(9))
    explorer.image = np.ones((10, 10))  # is there already
    assert explorer.image == "your image 2"
    assert list(explorer.images)[3:] == ["your image", "your image 2"]


def test_reset_brings_back_the_picture_that_the_cell_was_given():
    first, second = np.eye(8), np.ones((9, 9))
    explorer = ShiftExplorer(first)
    explorer.set(image=second, layers=["max_pool"])
    explorer.set_state(explorer._initial)
    assert np.array_equal(explorer.input, first) and explorer.layers == ("conv",)


def test_of_many_own_pictures_eight_are_kept_the_first_and_the_one_on_show_among_them():
    explorer = ShiftExplorer(np.zeros((8, 8)))
    for number in range(1, 21):
        explorer.image = np.full((8, 8), number)
        assert (explorer.input == number).all()
    assert len(explorer._own) == 8
    explorer.set_state(explorer._initial)
    assert (explorer.input == 0).all()


def test_pictures_that_cannot_be_shown_or_are_on_show_are_kept_out_and_in():
    explorer = ShiftExplorer(np.eye(9))
    own = explorer._own["your image"]
    colours = own | {"shape": [3, 9, 3]}
    for wrong in (
        {}, {"your image": {}}, {"your image": 3}, {"your image": own | {"shape": [9, 8]}},
        {"your image": own, "photo": own}, {"your image": own, "colours": colours},
        {"your image": {name: own[name] for name in ("shape", "data")}},
    ):  # fmt: skip
        with pytest.raises(ValueError, match="not a picture that can be shown|must stay"):
            explorer.set_state({"_own": wrong})
        assert list(explorer._own) == ["your image"]
    assert np.array_equal(explorer.input, np.eye(9))


def test_a_layer_alone_needs_no_list():
    explorer = ShiftExplorer("photo", layers="max_pool")
    assert explorer.layers == ("max_pool",) and explorer.maps[0].shape == (32, 32)
    explorer.set(image="photo", layers="conv", after=np.int64(1))
    assert (explorer.layers, type(explorer.after)) == (("conv",), int)


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
    (dict(layers=3), "such as ['conv', 'max_pool']; got 3."),
    (dict(layers=["foo"], image="photo"), "there is no layer 'foo'."),
    (dict(layers=["conv"], shift=(0, 17), after=2), "from −16 to 16"),
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


def test_the_limits_are_as_documented_and_are_the_last_that_is_taken():
    assert LIMITS == {"layers": 6, "shift": 16, "angle": 180, "factor": (0.5, 2)}
    explorer = ShiftExplorer(layers=["relu"] * 6, shift=(16, -16), angle=-180, factor=0.5)
    explorer.set(angle=180, factor=2)
    beyond = {"layers": ["relu"] * 7, "shift": (-17, 0), "angle": 180.5, "factor": 2.1}
    for settings in ({name: value} for name, value in beyond.items()):
        assert refused(explorer, **settings)


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
    assert (explorer.shift, explorer.layers, explorer.after) == ((0, 5), ("conv",), None)


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
