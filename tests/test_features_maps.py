"""Feature maps: the numbers that PyTorch's layers give, and a model that is left as it was."""

import numpy as np
import pytest
import torch
from torch import nn

from helpers.features import feature_maps
from helpers.models import LeNet, SmallCNN, SmallMLP

from .random_settings import one_thread  # noqa: F401 (a fixture)

DIGITS = torch.rand(3, 1, 8, 8, generator=torch.Generator().manual_seed(0))


class Twice(nn.Module):
    """A block that calls its ReLU twice and changes a convolution's output in place."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3, padding=1)
        self.norm = nn.BatchNorm2d(2)
        self.relu = nn.ReLU(inplace=True)
        self.spare = nn.Conv2d(2, 2, 1)

    def forward(self, x):
        return self.relu(-self.relu(self.norm(self.conv(x))))


def test_the_maps_are_what_the_layers_of_a_sequential_give_one_after_the_other():
    model = SmallCNN()
    maps, x = feature_maps(model, DIGITS), DIGITS
    assert list(maps) == ["0", "1", "2", "3", "4", "5"]
    for name, values in maps.items():
        x = model[int(name)](x)
        torch.testing.assert_close(values, x.detach())


def test_an_in_place_relu_does_not_change_the_maps_before_it():
    model = nn.Sequential(nn.Conv2d(1, 1, 1), nn.ReLU(inplace=True))
    nn.init.constant_(model[0].weight, 2)
    nn.init.constant_(model[0].bias, -1)
    maps = feature_maps(model, [[[[0.0, 1.0]]]])
    assert maps["0"].tolist() == [[[[-1, 1]]]]
    assert maps["1"].tolist() == [[[[0, 1]]]]


def test_a_layer_that_is_called_again_is_there_again():
    model = Twice()
    maps = feature_maps(model, DIGITS)
    assert list(maps) == ["conv", "norm", "relu", "relu (2)"]
    assert (maps["relu"] >= 0).all() and maps["relu"].any()
    assert not maps["relu (2)"].any()  # ReLU of what is negative
    assert list(feature_maps(model, DIGITS, ["relu"])) == ["relu", "relu (2)"]
    assert list(feature_maps(model, DIGITS, "relu (2)")) == ["relu (2)"]


def test_modules_with_children_can_be_named():
    model = nn.Sequential(nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU()), nn.MaxPool2d(2))
    maps = feature_maps(model, DIGITS, ["0", "0.0"])
    assert list(maps) == ["0.0", "0"]  # in the order in which they are done
    assert torch.equal(maps["0"], maps["0.0"].relu())


def test_one_image_arrays_and_other_dtypes_are_taken():
    model = SmallCNN().double()
    maps = feature_maps(model, DIGITS[0].numpy())
    assert maps["0"].shape == (1, 16, 8, 8) and maps["0"].dtype == torch.float64
    whole = feature_maps(model, np.ones((2, 1, 8, 8), dtype=np.uint8))
    assert whole["5"].shape == (2, 34, 2, 2)


def test_the_model_is_left_as_it_was():
    model = Twice().train()
    model.relu.eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    chance = torch.random.get_rng_state()
    maps = feature_maps(model, DIGITS)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert torch.equal(torch.random.get_rng_state(), chance)
    assert model.training and model.norm.training and not model.relu.training
    assert not any(module._forward_hooks for module in model.modules())
    assert not any(values.requires_grad for values in maps.values())
    assert all(p.grad is None and p.requires_grad for p in model.parameters())


def test_batch_norm_and_dropout_predict():
    model = nn.Sequential(nn.BatchNorm2d(1), nn.Dropout(0.9)).train()
    model[0].running_mean.fill_(0.25)
    expected = (DIGITS - 0.25) / (1 + 1e-5) ** 0.5  # the stored statistics, with batch norm's eps
    torch.testing.assert_close(feature_maps(model, DIGITS)["1"], expected)


def test_hooks_are_gone_after_an_error_too():
    model = SmallCNN()
    with pytest.raises(ValueError, match=r"fails on images of shape \(1, 3, 8, 8\): .*which layer"):
        feature_maps(model, torch.rand(3, 8, 8))
    assert not any(module._forward_hooks for module in model.modules())


@pytest.mark.parametrize(
    ("model", "x", "layers", "text"),
    [
        (SmallMLP(), DIGITS, None, "no layer of SmallMLP has an output"),
        (LeNet(), torch.zeros(1, 32, 32), ["conv1"], "LeNet has no layer 'conv1'. It has: '0', "),
        (SmallCNN(), DIGITS, ["7"], r"the output of '7' has the shape \(3, 10\), no maps"),
        (Twice(), DIGITS, ["spare"], "the output of 'spare' is no tensor, or the layer was not"),
        (Twice(), DIGITS, ["relu (3)"], r"the output of 'relu \(3\)' is no tensor, or"),
        (SmallCNN(), DIGITS[0, 0], None, r"shape given is \(8, 8\). A grey image gets its channel"),
        (SmallCNN, DIGITS, None, r"must be a PyTorch model, but is .*\. Use SmallCNN\(\)"),
    ],
)
def test_errors_teach(model, x, layers, text):
    with pytest.raises(ValueError, match=f"^feature_maps: .*{text}"):
        feature_maps(model, x, layers)
