"""FeatureMapExplorer from Python: maps are PyTorch's, what fits travels, what it refuses."""

import re

import numpy as np
import pytest
import torch
from torch import nn

from helpers.models import CanvasCNN, SmallCNN, SmallMLP
from helpers.widgets import FeatureMapExplorer
from tests.random_settings import one_thread  # noqa: F401 (a fixture)
from tests.test_widgets import nothing_stays, refused  # noqa: F401 (the first is a fixture)


def network():
    """3×12×14 -> 5×10×12 -> 5×5×6 -> 4×5×6; a bias keeps every map from being all zero."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), nn.ReLU(inplace=True), nn.MaxPool2d(2),
        nn.Conv2d(5, 4, 3, padding=1), nn.Dropout(), nn.Flatten(), nn.Linear(120, 3),
    )  # fmt: skip


def images(count=2):
    return np.random.default_rng(1).random((count, 3, 12, 14)).astype(np.float32)


def explorer(**settings):
    return FeatureMapExplorer(network(), images(), **settings)


def outputs(model, x):
    """Every layer's output, layer after layer, copied before the next one can change it."""
    x, found = torch.tensor(x), []
    with torch.no_grad():
        for layer in model.eval():
            x = layer(x)
            found.append(x.clone().numpy())
    return found


def test_maps_are_those_of_each_layer_before_the_next_one_changes_them():
    shown = explorer()
    assert shown.layers == ["0", "2", "3", "4"]  # no normalization, dropout, Flatten, Linear
    expected = outputs(network(), images())
    for layer in shown.layers:
        for image in (0, 1):
            shown.set(layer=layer, image=image)
            assert np.abs(shown.maps - expected[int(layer)][image]).max() < 1e-6
    shown.set(channel=2, cell=(4, 1))
    assert shown.map.shape == (5, 6)
    assert shown.value == pytest.approx(expected[4][1, 2, 4, 1], abs=1e-6)
    assert np.array_equal(shown.input, images()[1])


def test_the_page_reads_every_value_within_a_ten_thousandth_of_its_maps_range():
    shown = explorer()
    for n, layer in enumerate(shown.layers):
        shown.layer = layer
        steps = np.frombuffer(shown._maps[str(n)]["steps"], np.uint16)
        ranges = np.frombuffer(shown._maps[str(n)]["ranges"], float).reshape(2, -1, 2)
        steps = steps.reshape(2, *shown.maps.shape)[0] / 65535
        low, high = ranges[0, :, 0, None, None], ranges[0, :, 1, None, None]
        assert (np.abs(low + steps * (high - low) - shown.maps) <= 1e-5 * (high - low)).all()


def test_layers_can_be_named_and_parts_and_normalization_too():
    model = nn.Sequential(network()[:3], nn.Conv2d(5, 2, 1))
    shown = FeatureMapExplorer(model, images(), ["0.1", "0", "1"])
    assert shown.layers == ["0.1", "0", "1"]
    row, column = shown.cell
    three_by_three = (row, row + 2), (column, column + 2)
    assert [shown.field for shown.layer in shown.layers] == [three_by_three] * 3
    assert FeatureMapExplorer(model, images()).layers == ["0.0", "0.2", "1"]


def test_it_begins_at_the_largest_value_of_the_first_layer():
    shown = explorer()
    assert (shown.layer, shown.image) == ("0", 0)
    assert shown.value == shown.maps.max()
    second = explorer(layer="4", image=1, channel=1)
    assert second.value == second.map.max() and second.channel == 1
    assert explorer(cell=(3, 2)).cell == (3, 2)


def test_channels_are_ranked_by_maximum_or_mean():
    model = nn.Conv2d(1, 3, 1, bias=False)
    model.weight.data = torch.tensor([1.0, -1, 2]).reshape(3, 1, 1, 1)
    shown = FeatureMapExplorer(model, [[0.0, 3.0], [-4.0, -5.0]])
    assert shown.ranking == [2, 1, 0]  # maxima 3, 5, 6
    shown.order = "mean"  # −1.5, 1.5, −3
    assert shown.ranking == [1, 0, 2]


def test_the_receptive_field_and_the_patch_inside_of_it():
    # 3×3, pool 2, 3×3 padded by 1: size 8, step 2, padding 2
    shown = explorer(layer="4", cell=(0, 2))
    assert shown.field == ((0, 5), (2, 9))
    assert np.array_equal(shown.patch, images()[0][:, 0:6, 2:10])
    shown.set(layer="0", cell=(9, 11))
    assert shown.field == ((9, 11), (11, 13))


def test_behind_circular_padding_the_patch_goes_around_the_edge():
    model = nn.Conv2d(1, 1, 3, padding=1, padding_mode="circular")
    x = np.arange(30.0).reshape(5, 6)
    shown = FeatureMapExplorer(model, x, cell=(0, 5))
    rolled = np.roll(x, (1, -4), (0, 1))[:3, :3]
    assert shown.patch.tolist() == [rolled.tolist()]


def test_a_cell_that_sees_only_padding_sees_nothing():
    shown = FeatureMapExplorer(nn.Conv2d(1, 2, 1, padding=2), np.ones((5, 6)), cell=(1, 4))
    assert shown.field is None and shown.patch is None
    shown.cell = (2, 4)
    assert shown.field == ((0, 0), (2, 2))
    rows = [ends[0] for ends in shown._layers[0]["rows"]]
    assert rows == [None, None, *([n, n] for n in range(5)), None, None]


class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.part = nn.Sequential(nn.Conv2d(1, 1, 3, padding=1), nn.ReLU())

    def forward(self, x):
        return self.part(self.part(x))


def test_a_layer_that_is_called_again_has_the_field_of_its_second_call():
    shown = FeatureMapExplorer(Twice(), np.ones((9, 9)), cell=(4, 4))
    assert shown.layers == ["part.0", "part.1", "part.0 (2)", "part.1 (2)"]
    assert shown.field == ((3, 5), (3, 5))
    shown.layer = "part.0 (2)"
    assert shown.field == ((2, 6), (2, 6))


def test_everything_is_the_whole_image():
    shown = FeatureMapExplorer(CanvasCNN(), np.random.default_rng(0).random((16, 16)))
    shown.layer = shown.layers[-1]
    assert shown.map.shape == (1, 1)
    assert shown.field == ((0, 15), (0, 15))
    assert "it sees the whole image" in shown.sentence()


class Attending(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Conv2d(1, 2, 1), nn.Conv2d(2, 2, 1)

    def forward(self, x):
        y = self.first(x).flatten(2)
        return self.last((y @ (y.mT @ y).softmax(-1)).reshape(len(x), 2, *x.shape[2:]))


def test_where_no_field_is_known_it_says_so():
    shown = FeatureMapExplorer(Attending(), np.random.default_rng(0).random((6, 5)), layer="last")
    assert shown.field is None and shown.patch is None
    assert "its receptive field is not known" in shown.sentence()
    assert shown._layers[1]["why"] and shown._layers[1]["rows"] is None
    shown.layer = "first"
    assert shown.field == tuple((at, at) for at in shown.cell)


class Buffered(nn.Conv2d):
    room = 2

    def forward(self, x):
        self.room -= 1
        if self.room < 0:
            raise RuntimeError("the buffer is full")
        return super().forward(x)


def test_a_network_that_cannot_be_followed_has_maps_without_fields():
    shown = FeatureMapExplorer(Buffered(1, 2, 3), np.eye(6))
    assert shown.map.shape == (4, 4) and shown.field is None
    about = shown._layers[0]
    assert about["why"].startswith("Its receptive field is not known. ") and about["size"] == "?"
    assert "the buffer is full" in about["why"]


def test_kernels_are_those_of_layers_with_one_or_three_input_channels():
    model = network()
    shown = FeatureMapExplorer(model, images(), channel=3)
    assert np.array_equal(shown.kernel, model[0].weight[3].detach())
    shown.layer = "4"
    assert shown.kernel is None
    grey = SmallCNN()
    digit = FeatureMapExplorer(grey, np.eye(8), channel=3)
    assert np.array_equal(digit.kernel, grey[0].weight[3, 0].detach())
    depthwise = nn.Conv2d(4, 8, 3, groups=4)
    assert FeatureMapExplorer(depthwise, np.ones((4, 5, 5))).kernel.shape == (3, 3)


# -- images --------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [
    images(1)[0], np.moveaxis(images(1)[0], 0, 2), torch.tensor(images(1)), [images(1)[0]],
])  # fmt: skip
def test_images_come_in_several_forms(given):
    shown = FeatureMapExplorer(network(), given)
    assert np.array_equal(shown.input, images(1)[0])


def pixels(shown, n=0):
    entry = shown._images[str(n)]
    return np.frombuffer(entry["data"], np.float32).reshape(entry["shape"])


def test_normalized_images_are_shown_as_they_were():
    x = images()
    shown = FeatureMapExplorer(network(), (x - 0.5) / 0.2, shown=x, names=["a", "b"])
    assert np.array_equal(pixels(shown, 1), np.moveaxis(x[1], 0, 2))
    assert "FeatureMapExplorer: a, layer 0" in shown.sentence()
    stretched = pixels(FeatureMapExplorer(network(), (x - 0.5) / 0.2))
    assert (stretched.min(), stretched.max()) == (0, 1)


def test_the_model_and_the_random_numbers_stay_as_they_were():
    model = network().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    FeatureMapExplorer(model, images())
    assert torch.equal(torch.rand(2), expected)
    assert all(module.training for module in model.modules())
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


# -- what fits -------------------------------------------------------------------------------------


def many(count, size):
    layers = [nn.Conv2d(1 if n == 0 else 4, 4, 1) for n in range(count)]
    return nn.Sequential(*layers), np.ones(size)


def test_beyond_12_mb_evenly_spaced_layers_stay_and_the_others_are_named():
    model, x = many(9, (600, 500))  # 2.4 MB each
    shown = FeatureMapExplorer(model, x)
    assert shown.layers == ["0", "2", "4", "6", "8"]
    assert shown.left_out == ["1", "3", "5", "7"]
    assert "Left out for size: 1, 3, 5, 7." in shown.sentence()
    text = "'1' was left out for its size; name it: layers=[…]"
    with pytest.raises(ValueError, match=re.escape(text)):
        shown.layer = "1"
    assert FeatureMapExplorer(model, x, layers=["1", "3"]).left_out == []


def test_what_can_never_fit_is_refused():
    model, x = many(1, (2000, 2000))
    with pytest.raises(ValueError, match="every layer has more than 12 MB of maps of one image"):
        FeatureMapExplorer(model, x)
    with pytest.raises(ValueError, match="have 67 MB, and at most 64 MB travel to the page"):
        FeatureMapExplorer(nn.Conv2d(1, 8, 1), np.ones((2000, 2100)), layers=[""])


# -- refusals --------------------------------------------------------------------------------------

REFUSED = [
    (dict(layer="1"), "FeatureMapExplorer.layer: '1' is not shown. There is '0', '2', '3', '4'."),
    (dict(image=2), "FeatureMapExplorer.image: the 2 images are counted from 0 to 1, got 2."),
    (dict(channel=5), "channel: the 5 maps of 0 are counted from 0 to 4, got 5."),
    (dict(channel=-1), "channel: the 5 maps of 0 are counted from 0 to 4, got -1."),
    (dict(image=-2), "FeatureMapExplorer.image: the 2 images are counted from 0 to 1, got -2."),
    (dict(layer="4", channel=4), "the 4 maps of 4 are counted from 0 to 3, got 4."),
    (dict(cell=(10, 0)),
     "the maps of 0 are 10×12, so rows end at 9 and columns at 11; got (10, 0)."),
    (dict(order="size"), "order"),
    (dict(channel=True), "FeatureMapExplorer.channel: expected an int of at least 0, got True."),
]


@pytest.mark.parametrize(("settings", "text"), REFUSED)
def test_a_refusal_teaches_and_changes_nothing(settings, text):
    assert text in refused(explorer(), **settings)
    with pytest.raises(ValueError, match=re.escape(text)):
        explorer(**settings)


CANNOT = [
    (SmallMLP, np.ones((8, 8)), {}, "no layer of SmallMLP has an output (N, C, H, W)"),
    (network, np.ones((5, 12, 14)), {}, "Several grey images are (N, 1, H, W): images[:, None]."),
    (network, np.ones((13, 3, 12, 14)), {}, "images: at most 12 images, got 13."),
    (network, np.ones(5), {}, "images: expected (H, W), (C, H, W) or (N, C, H, W) with at least"),
    (network, np.full((3, 12, 14), np.nan), {}, "images: every number must be finite, got nan."),
    (network, [np.ones((3, 4, 4)), np.ones((3, 5, 5))], {}, "images must be of one shape"),
    (network, images(), dict(names=["a"]), "names: 2 images need as many names, got 1."),
    (network, images(), dict(shown=np.ones((2, 3, 9, 9))), "shown: each image needs one picture"),
    (network, images(), dict(layers=["conv1"]), "has no layer 'conv1'"),
    (lambda: nn.Conv2d, images(), {}, "model must be a PyTorch model"),
    (network, images(), dict(chanel=3), "has no setting 'chanel'. It has: cell, channel"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "x", "settings", "text"), CANNOT)
def test_what_cannot_be_shown_is_said(make, x, settings, text):
    with pytest.raises((ValueError, TypeError), match=re.escape(text)):
        FeatureMapExplorer(make(), x, **settings)


def test_maps_that_are_not_finite_are_refused():
    model = network()
    model[4].weight.data[0] = torch.nan
    with pytest.raises(ValueError, match="the maps of 4 have values that are not finite. Has the"):
        FeatureMapExplorer(model, images())


def test_channel_and_cell_stay_inside_a_smaller_layer():
    shown = explorer(channel=4, cell=(9, 11))
    shown.layer = "4"
    assert (shown.channel, shown.cell) == (3, (4, 5))
    shown.set(layer="0", channel=1, cell=(8, 8))
    assert (shown.channel, shown.cell) == (1, (8, 8))


def test_what_the_page_sends_is_checked_as_well():
    shown = explorer()
    shown.set_state({"layer": "4", "channel": 3, "cell": [4, 5]})
    assert (shown.layer, shown.channel, shown.cell) == ("4", 3, (4, 5))
    with pytest.raises(ValueError):
        shown.set_state({"channel": 4})
    shown.set_state(shown._initial)
    assert shown.layer == "0" and shown.value == shown.maps.max()
