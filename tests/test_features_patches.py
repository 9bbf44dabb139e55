"""The patches that excite a map, against some found by hand; how much a map tells of the class."""

import numpy as np
import pytest
import torch
from torch import nn

from helpers import accuracy, fit, load_digits, plots
from helpers.features import class_selectivity, exciting_patches
from helpers.models import DigitCNN, SmallCNN

from .random_settings import one_thread  # noqa: F401 (a fixture)


def edges(padding=0, stride=1):
    """Two maps: bright to the left of dark, and the other way round, over 3×3 pixels."""
    model = nn.Sequential(nn.Conv2d(1, 2, 3, stride, padding, bias=False), nn.ReLU())
    kernel = torch.tensor([1.0, 0.0, -1.0]).expand(3, 3)
    model[0].weight.data[:] = torch.stack([kernel, -kernel])[:, None]
    return model


def bars():
    """Four images of 6×8 pixels with an upright bar each, in column 0, 2, 5 and nowhere."""
    x = torch.zeros(4, 1, 6, 8)
    x[0, 0, :, 0] = 0.5
    x[1, 0, :, 2] = 1.0
    x[2, 0, :, 5] = 0.25
    return x


def test_the_strongest_cell_of_each_image_counts_and_the_largest_come_first():
    found = exciting_patches(edges(), bars(), "1", 0, count=2)
    assert found.values.tolist() == [3, 1.5] and found.images.tolist() == [1, 0]
    assert found.cells.tolist() == [[0, 2], [0, 0]]  # the first of equal ones
    assert found.boxes.tolist() == [[[0, 2], [2, 4]], [[0, 2], [0, 2]]]
    expected = [[[[1, 0, 0]] * 3], [[[0.5, 0, 0]] * 3]]
    assert found.patches.tolist() == expected
    assert len(found) == 2 and "2 patches of 3×3 pixels" in repr(found)
    assert 'map 0 of layer "1" most: from 3 down to 1.5' in repr(found)


def test_images_that_do_not_excite_the_map_give_no_patch():
    found = exciting_patches(edges(), bars(), "1", 1)  # dark to the left: not in column 0
    assert found.images.tolist() == [1, 2]
    assert found.cells.tolist() == [[0, 0], [0, 3]]


def test_a_silent_map_has_no_patches_and_says_so():
    found = exciting_patches(edges(), 0 * bars(), "1", 1)
    assert len(found) == 0 and found.patches.shape[0] == 0
    assert repr(found) == 'No patch: on the 4 images given map 1 of layer "1" fires nowhere.'
    assert "fires nowhere" in plots.show_patches({"map 1": found}).alt


def test_what_lies_beyond_the_image_is_nan():
    found = exciting_patches(edges(padding=1), bars()[:1], "1", 1, count=1)
    assert len(found) == 0  # nothing is to the left of column 0 but zeros … and the bar itself:
    found = exciting_patches(edges(padding=1), bars()[:1].flip(3), "1", 1, count=1)
    # the bar in column 7 excites the cell (1, 6) by the columns 5, 6, 7; no border there
    assert found.cells.tolist() == [[1, 6]] and not np.isnan(found.patches).any()
    flat = torch.ones(1, 1, 6, 8)
    found = exciting_patches(edges(padding=1), flat, "1", 0, count=1)  # bright, then nothing
    assert found.cells.tolist() == [[1, 7]]
    assert found.boxes.tolist() == [[[0, 2], [6, 8]]]
    nan = np.isnan(found.patches[0, 0])
    assert nan.tolist() == [[False, False, True]] * 3
    assert (found.patches[0, 0][~nan] == 1).all()


def test_strides_and_pooling_are_followed():
    model = nn.Sequential(*edges(stride=2), nn.MaxPool2d((1, 2)))
    x = torch.zeros(1, 1, 7, 11)
    x[..., 4:, 6] = 1
    found = exciting_patches(model, x, "2", 0)
    # columns 6–8 are cell 3 of the convolution, in the pool's cell 1, which sees 4–6 and 6–8
    assert found.cells.tolist() == [[2, 1]]
    assert found.boxes.tolist() == [[[4, 6], [4, 8]]]
    assert found.patches[0, 0].tolist() == [[0, 0, 1, 0, 0]] * 3


def test_where_a_cell_sees_more_than_the_image_the_patch_is_the_image():
    model = nn.Sequential(nn.Conv2d(1, 1, (9, 3), padding=(4, 1), bias=False), nn.ReLU())
    nn.init.ones_(model[0].weight)
    found = exciting_patches(model, bars(), "1", 0)
    assert found.patches.shape == (3, 1, 6, 3)
    assert found.boxes[:, 0].tolist() == [[0, 5]] * 3


def test_each_call_of_a_layer_has_its_own_field():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.relu = nn.Conv2d(1, 1, 3, padding=1), nn.ReLU()
            nn.init.ones_(self.conv.weight)

        def forward(self, x):
            return self.relu(self.conv(self.relu(self.conv(x))))

    sizes = [
        exciting_patches(Twice(), bars(), layer, 0).patches.shape[2:]
        for layer in ("relu", "relu (2)", "conv (2)")
    ]
    assert sizes == [(3, 3), (5, 5), (5, 5)]


def test_where_the_field_is_not_known_it_says_so():
    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.relu = nn.ReLU()

        def forward(self, x):
            scores = (x.flatten(2).mT @ x.flatten(2)).softmax(-1)
            return self.relu((x.flatten(2) @ scores).view_as(x))

    with pytest.raises(ValueError, match="^exciting_patches: what a cell of layer 'relu' sees is"):
        exciting_patches(Attention(), bars(), "relu", 0)


def test_patches_can_be_cut_from_other_images():
    shown = np.random.default_rng(0).random((4, 3, 6, 8))
    found = exciting_patches(edges(), bars(), "1", 0, count=1, shown=shown)
    np.testing.assert_array_equal(found.patches[0], shown[1, :, 0:3, 2:5])


def test_many_images_give_what_they_give_together():
    x = torch.rand(230, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    found = exciting_patches(edges(), x, "0", 1, count=7)
    maps = edges()[0](x)[:, 1].detach()
    highest, order = maps.flatten(1).max(1).values.sort(descending=True)
    assert found.images.tolist() == order[:7].tolist()
    np.testing.assert_allclose(found.values, highest[:7])
    for image, (row, column), patch in zip(found.images, found.cells, found.patches):
        assert maps[image, row, column] == maps[image].max()
        expected = x[image, :, row : row + 3, column : column + 3]
        np.testing.assert_array_equal(patch, expected.numpy())


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"layer": "5"}, "Sequential has no layer '5'. It has: '0', '1'."),
        ({"layer": 1}, "layer is a name, but is 1. Use one of '0', '1'."),
        ({"channel": 2}, "layer '1' has 2 maps, but channel is 2. Use 0 to 1."),
        ({"channel": -1}, "channel is -1. Use 0 to 1."),
        ({"channel": 1.0}, "channel is a whole number, but is 1.0. Use channel=0."),
        ({"count": 0}, "count must be a whole number from 1 on, but is 0. Use count=9."),
        ({"shown": np.zeros((3, 1, 6, 8))}, r"shown has the shape \(3, 1, 6, 8\), but must have"),
    ],
)
def test_errors_of_exciting_patches_teach(arguments, text):
    arguments = {"layer": "1", "channel": 0, **arguments}
    with pytest.raises(ValueError, match=f"^exciting_patches: .*{text}"):
        exciting_patches(edges(), bars(), **arguments)


# -- show_patches --------------------------------------------------------------------------------


def test_a_row_for_each_map_and_a_picture_for_each_patch():
    found = exciting_patches(edges(padding=1), bars(), "1", 0)
    figure = plots.show_patches({"one": found, "other": exciting_patches(edges(), bars(), "1", 1)})
    assert len(figure.axes) == 3 + 2
    assert [axes.get_xlabel() for axes in figure.axes] == ["3.00", "1.50", "0.75", "3.00", "0.75"]
    assert figure.alt == (
        "one: 3 patches of 3×3 pixels, values from 3 down to 0.75. "
        "other: 2 patches of 3×3 pixels, values from 3 down to 0.75."
    )


def test_grey_patches_have_one_scale_and_what_lies_beyond_is_see_through():
    found = exciting_patches(edges(padding=1), torch.full((1, 1, 6, 8), 0.5), "1", 0)
    (axes,) = plots.show_patches(found).axes
    colours = axes.images[0].get_array()
    np.testing.assert_allclose(colours[:, :2, :3], 0.5, atol=0.01)  # grey of 0 to 1, not white
    assert (colours[:, 2, 3] == 0).all() and (colours[:, :2, 3] == 1).all()
    assert axes.patch.get_hatch()


def test_colour_patches_keep_their_colours_and_other_channels_are_refused():
    shown = np.zeros((4, 3, 6, 8))
    shown[:, 0] = 1
    found = exciting_patches(edges(), bars(), "1", 0, shown=shown)
    colours = plots.show_patches(found).axes[0].images[0].get_array()
    assert (colours == [1, 0, 0, 1]).all()
    two = exciting_patches(edges(), bars(), "1", 0, shown=np.zeros((4, 2, 6, 8)))
    with pytest.raises(ValueError, match="1 channel or 3, these have 2. .* shown="):
        plots.show_patches(two)
    with pytest.raises(ValueError, match="nothing to show"):
        plots.show_patches({})


# -- class_selectivity ---------------------------------------------------------------------------


def test_a_map_that_follows_the_class_has_1_and_one_that_does_not_has_0():
    x = torch.zeros(4, 3, 2, 2)
    x[:, 0] = torch.tensor([1.0, 1, 5, 5])[:, None, None]  # the class alone
    x[:, 1] = torch.tensor([1.0, 2, 1, 2])[:, None, None]  # the same for both classes
    x[:, 2] = torch.tensor([0.0, 2, 4, 6])[:, None, None]  # 16 of 20 between the classes
    found = class_selectivity(nn.Sequential(nn.Identity()), x, [7, 7, 9, 9])
    assert list(found) == ["input", "0"]
    np.testing.assert_allclose(found["0"], [1, 0, 0.8])
    np.testing.assert_allclose(found["input"], [1, 0, 0.8])


def test_a_silent_map_has_nan():
    x = torch.tensor([1.0, 2, 3])[:, None, None, None]
    model = nn.Sequential(nn.Conv2d(1, 2, 1), nn.ReLU())
    model[0].weight.data[:] = torch.tensor([1.0, -1.0])[:, None, None, None]
    model[0].bias.data[:] = 0
    shares = class_selectivity(model, x, [0, 0, 1])["1"]
    # (1, 2 | 3): the means are 1.5 and 3, of all 2: (2 · 0.25 + 1) / 2
    assert shares[0] == pytest.approx(0.75) and np.isnan(shares[1])


@pytest.mark.parametrize("y", [[0, 1], [1, 1, 1]])
def test_class_selectivity_needs_a_class_for_each_image(y):
    with pytest.raises(ValueError, match="y must have a class for each of the 3 images"):
        class_selectivity(SmallCNN(), torch.rand(3, 1, 8, 8), y)


# -- the network ---------------------------------------------------------------------------------


def test_the_digit_network_has_the_sizes_that_it_names():
    model = DigitCNN()
    counts = [sum(p.numel() for p in layer.parameters()) for layer in model]
    assert [n for n in counts if n] == [208, 3216, 12832, 330]
    assert sum(counts) == 16586
    assert model(torch.zeros(2, 1, 32, 32)).shape == (2, 10)
    assert nn.Sequential(*[*model][:7])(torch.zeros(2, 1, 32, 32)).shape == (2, 32, 1, 1)
    again, other = DigitCNN(), DigitCNN(seed=1)
    assert torch.equal(model[0].weight, again[0].weight)
    assert not torch.equal(model[0].weight, other[0].weight)


def test_after_training_the_maps_tell_more_of_the_digit_from_layer_to_layer():
    digits = load_digits()
    x, test = (
        nn.functional.interpolate(torch.tensor(part.images)[:, None], (32, 32), mode="bilinear")
        for part in (digits.train, digits.test)
    )
    model = DigitCNN()
    before = class_selectivity(model, test, digits.test.labels)
    fit(model, x, digits.train.labels, epochs=10, learning_rate=0.003, progress=False)
    after = class_selectivity(model, test, digits.test.labels)
    shares = [np.nanmean(after[layer]) for layer in ("input", "1", "4", "7")]
    # with ten seeds 0.06, 0.14 to 0.35, 0.47 to 0.53, 0.68 to 0.73
    assert (np.diff(shares) > 0.08).all()
    assert shares[3] > np.nanmean(before["7"]) + 0.2  # the depth alone does not do it
    assert accuracy(model, test, digits.test.labels) > 0.93
