"""Pictures made for a map: towards a known maximum, smooth, repeatable; the model stays itself."""

import numpy as np
import pytest
import torch
from torch import nn

from helpers.features import visualize_feature
from helpers.models import DigitCNN

from .random_settings import one_thread  # noqa: F401 (a fixture)


def one_filter(kernel, bias=0.0):
    """A convolution with one kernel and a ReLU."""
    kernel = torch.as_tensor(kernel, dtype=torch.float32)
    kernel = kernel[None] if kernel.ndim == 2 else kernel
    model = nn.Sequential(nn.Conv2d(len(kernel), 1, kernel.shape[1:]), nn.ReLU())
    model[0].weight.data[:] = kernel
    model[0].bias.data[:] = bias
    return model


EDGE = [[1, 1, -1, -1]] * 4


def test_the_picture_for_a_cell_is_bright_where_its_weights_are_positive():
    made = visualize_feature(one_filter(EDGE), "0", 0, (1, 16, 16), cell=(6, 6), jitter=0)
    field = made.image[6:10, 6:10]
    assert field[:, :2].min() > 0.9 and field[:, 2:].max() < 0.1
    assert 7 < made.after <= 8  # eight pixels of 1 are the most
    assert abs(made.before) < 1 and made.cell == (6, 6)


def test_the_value_is_that_of_the_picture():
    model = one_filter(EDGE, bias=0.5)
    made = visualize_feature(model, "1", 0, (1, 12, 12), steps=9, cell="middle")
    x = torch.tensor(made.image, dtype=torch.float32)[None, None]
    assert made.cell == (4, 4)  # of 9×9
    assert model(x)[0, 0, 4, 4].item() == pytest.approx(made.after, rel=1e-5)
    made = visualize_feature(model, "1", 0, (1, 12, 12), steps=9)
    x = torch.tensor(made.image, dtype=torch.float32)[None, None]
    assert model(x).mean().item() == pytest.approx(made.after, rel=1e-5)
    assert made.cell is None and len(made.values) == 9 and made.after > made.before


def test_a_relu_that_is_silent_at_first_wakes_up():
    model = one_filter(EDGE, bias=-4.0)
    made = visualize_feature(model, "1", 0, (1, 16, 16), cell=(6, 6), jitter=0)
    assert made.before == 0 and 3 < made.after <= 4


def test_an_in_place_relu_changes_nothing():
    model, other = one_filter(EDGE, bias=-1.0), one_filter(EDGE, bias=-1.0)
    other[1].inplace = True
    pictures = [visualize_feature(m, "1", 0, (1, 8, 8), steps=20).image for m in (model, other)]
    np.testing.assert_array_equal(*pictures)


class Dense(nn.Module):
    """A layer of a DenseNet, which gets a list of maps; its ReLU is given its input by name."""

    def __init__(self):
        super().__init__()
        self.convolution, self.relu = nn.Conv2d(2, 3, 3), nn.ReLU(inplace=True)

    def forward(self, maps):
        return self.relu(input=self.convolution(torch.cat(maps, 1)))


class OfDense(nn.Module):
    def __init__(self):
        super().__init__()
        self.dense = Dense()

    def forward(self, x):
        return self.dense([x, 1 - x])


@pytest.mark.parametrize("layer", ["dense", "dense.convolution", "dense.relu"])
def test_layers_may_get_lists_and_their_input_by_name(layer):
    torch.manual_seed(0)
    model = OfDense()
    model.dense.convolution.bias.data += 1
    made = visualize_feature(model, layer, 1, (1, 8, 8), steps=20)
    assert made.after > made.before > 0


def roughness(image):
    """Of the squared differences from the mean, how much is between neighbours."""
    return (np.diff(image, axis=0) ** 2).mean() / image.var()


def test_smooth_pictures_are_smoother_and_excite_less():
    # A kernel of noise: the best picture for it is noise, which smooth ones do not follow.
    kernel = np.random.default_rng(0).normal(size=(9, 9))
    made = {
        smooth: visualize_feature(
            one_filter(kernel), "0", 0, (1, 24, 24), cell="middle", smooth=smooth, steps=40
        )
        for smooth in (0, 1.5)
    }
    assert roughness(made[1.5].image) < 0.5 * roughness(made[0].image)
    assert made[1.5].after < made[0].after


def test_jitter_ends_what_depends_on_a_single_pixel():
    stripes = [[1, -1] * 4] * 8  # moved by a pixel they are their negative
    settings = {"cell": "middle", "smooth": 0, "steps": 60}
    still = visualize_feature(one_filter(stripes), "0", 0, (1, 16, 16), jitter=0, **settings)
    moved = visualize_feature(one_filter(stripes), "0", 0, (1, 16, 16), jitter=2, **settings)
    assert still.after > 25 and moved.after < 0.7 * still.after


def test_colours_and_normalization():
    kernel = np.zeros((3, 3, 3))
    kernel[0], kernel[2] = 1, -1  # red, not blue
    seen = []

    def normalize(x):
        seen.append((x.min().item(), x.max().item()))
        return (x - 0.5) / 0.25

    made = visualize_feature(
        one_filter(kernel), "0", 0, (3, 12, 12), cell="middle", jitter=0, normalize=normalize
    )
    assert made.image.shape == (12, 12, 3)
    red, _, blue = made.image[5:8, 5:8].reshape(-1, 3).T  # what the cell (5, 5) of 10×10 sees
    assert red.min() > 0.9 and blue.max() < 0.1
    assert 0 <= min(low for low, _ in seen) and max(high for _, high in seen) <= 1
    assert made.after > 9  # 9 is the most without normalization, 36 with it


def test_the_same_seed_gives_the_same_picture():
    model = DigitCNN()
    pictures = [
        visualize_feature(model, "4", 3, (1, 32, 32), steps=5, seed=s).image for s in (0, 0, 1)
    ]
    np.testing.assert_array_equal(pictures[0], pictures[1])
    assert (pictures[0] != pictures[2]).any()
    assert pictures[0].shape == (32, 32) and 0 <= pictures[0].min() <= pictures[0].max() <= 1


def test_the_model_is_left_as_it_was():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout(), nn.ReLU()).train()
    model[0].bias.requires_grad_(False)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    chance = torch.random.get_rng_state()
    with torch.no_grad():
        visualize_feature(model, "3", 0, (1, 8, 8), steps=3)
    assert torch.equal(torch.random.get_rng_state(), chance)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(p.grad is None for p in model.parameters())
    assert [p.requires_grad for p in model.parameters()] == [True, False, True, True]
    assert all(module.training for module in model.modules())
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())


def test_a_layer_of_another_dtype_and_a_second_call_work():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.relu = nn.Conv2d(1, 2, 3), nn.ReLU()
            nn.init.ones_(self.conv.weight)

        def forward(self, x):
            return self.relu(self.relu(self.conv(x)) - 0.1)

    made = visualize_feature(Twice().double(), "relu (2)", 1, (1, 8, 8), steps=30)
    assert made.after > made.before and 'map 1 of layer "relu (2)"' in repr(made)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"layer": "19"}, "DigitCNN has no layer '19'"),
        ({"layer": "19"}, "It has: '0', '1', '2'"),
        ({"channel": 16}, "layer '4' has 16 maps, but channel is 16. Use 0 to 15."),
        ({"cell": (10, 0)}, r"'4' have 10×10 cells, but cell is \(10, 0\). Use cell=\"middle\""),
        ({"layer": "8"}, r"the output of '8' has the shape \(1, 32\), no maps"),
        ({"input_size": (32, 32)}, r"\(C, H, W\) with 1 channel or 3, but is \(32, 32\)"),
        ({"input_size": (2, 32, 32)}, r"with 1 channel or 3, but is \(2, 32, 32\)"),
        ({"input_size": (3, 32, 32)}, r"DigitCNN fails on images of shape \(1, 3, 32, 32\)"),
        ({"steps": 0}, "steps must be at least 1, but is 0. Use steps=128."),
    ],
)
def test_errors_teach(arguments, text):
    arguments = {"layer": "4", "channel": 0, "input_size": (1, 32, 32), **arguments}
    with pytest.raises(ValueError, match=f"^visualize_feature: .*{text}"):
        visualize_feature(DigitCNN(), **arguments)


def test_a_map_without_a_gradient_is_told():
    model = nn.Sequential(*one_filter(EDGE, bias=-100.0), nn.MaxPool2d(2))
    with pytest.raises(ValueError, match="map 0 of layer '2': it is silent, .* the convolution"):
        visualize_feature(model, "2", 0, (1, 16, 16))
