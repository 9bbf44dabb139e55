"""Effective receptive fields, against closed forms, autograd and hand-written numbers."""

import warnings

import numpy as np
import pytest
import torch
from torch import nn

from helpers.receptive_field.effective import (
    effective_receptive_field,
    effective_size,
    share_within,
)


def boxes(layers, channels=1, **settings):
    """A stack of 3×3 kernels of ones, without bias or activation."""
    widths = [1, *[channels] * (layers - 1), 1]
    convolutions = [
        nn.Conv2d(i, o, 3, padding=1, bias=False, **settings) for i, o in zip(widths, widths[1:])
    ]
    for convolution in convolutions:
        nn.init.ones_(convolution.weight)
    return nn.Sequential(*convolutions)


def paths(layers):
    """How many paths of `layers` steps by −1, 0 or +1 end at each place."""
    row = np.ones(1)
    for _ in range(layers):
        row = np.convolve(row, np.ones(3))
    return row


@pytest.mark.parametrize("layers", [1, 2, 5])
def test_a_stack_of_boxes_has_the_squared_numbers_of_paths(layers):
    field = effective_receptive_field(boxes(layers), torch.rand(3, 1, 15, 17))
    wanted = np.zeros((15, 17))
    wanted[7 - layers : 8 + layers, 8 - layers : 9 + layers] = np.outer(*[paths(layers) ** 2] * 2)
    np.testing.assert_allclose(field, wanted / wanted.sum(), rtol=1e-5)


def test_with_random_weights_a_share_is_the_number_of_paths():
    torch.manual_seed(0)
    layers = [nn.Conv2d(100, 100, 3, bias=False), nn.Conv2d(100, 100, 3, bias=False)]
    for layer in layers:
        nn.init.normal_(layer.weight)
    field = effective_receptive_field(nn.Sequential(*layers), torch.rand(1, 100, 5, 5), draws=100)
    wanted = np.outer([1, 2, 3, 2, 1], [1, 2, 3, 2, 1]) / 81
    np.testing.assert_allclose(field, wanted, rtol=0.1)


def test_a_known_kernel_gives_its_squared_weights():
    model = nn.Conv2d(1, 1, 3, bias=True)
    model.weight.data[:] = torch.tensor([[1.0, -2, 0], [0, 3, 0], [0, 0, 1]])
    field = effective_receptive_field(model, np.ones((1, 1, 3, 3)))
    np.testing.assert_allclose(field * 15, [[1, 4, 0], [0, 9, 0], [0, 0, 1]], rtol=1e-6)
    assert field.dtype == np.float64


def test_channels_do_not_cancel():
    model = nn.Conv2d(2, 2, (1, 3), bias=False)
    weight = torch.tensor([[1.0, 0, 2], [-1, 0, 0]])
    model.weight.data[:] = torch.stack([weight, -weight])[:, :, None]
    field = effective_receptive_field(model, torch.rand(1, 2, 1, 3))
    np.testing.assert_allclose(field, [[4 / 12, 0, 8 / 12]], rtol=1e-6)


def test_inputs_count_by_the_mean_of_their_squares():
    """A ReLU lets the left pixel of the first input pass, and the right one of the second."""
    model = nn.Sequential(nn.ReLU(), nn.Conv2d(1, 1, (1, 2), bias=False))
    model[1].weight.data[:] = torch.tensor([1.0, 3.0])
    x = torch.tensor([[1.0, -1], [-1, 1]]).reshape(2, 1, 1, 2)
    np.testing.assert_allclose(effective_receptive_field(model, x), [[0.1, 0.9]], rtol=1e-6)
    np.testing.assert_allclose(effective_receptive_field(model, x[:1]), [[1, 0]])


def test_many_inputs_in_several_batches_count_as_in_one(monkeypatch):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(2, 4, 3), nn.ReLU(), nn.Conv2d(4, 3, 3))
    x = torch.randn(7, 2, 9, 9)
    whole = effective_receptive_field(model, x)
    monkeypatch.setattr("helpers.receptive_field.effective.AT_ONCE", 2 * 81 * 2)
    np.testing.assert_allclose(effective_receptive_field(model, x), whole, rtol=1e-4)


def test_random_signs_come_near_the_exact_sum():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 64, 3), nn.ReLU(), nn.Conv2d(64, 64, 3))
    x = torch.randn(4, 3, 5, 5)
    exact, drawn = (effective_receptive_field(model, x, draws=n) for n in (64, 32))
    assert np.abs(drawn - exact).sum() < 0.1
    np.testing.assert_array_equal(drawn, effective_receptive_field(model, x, draws=32))


def test_it_is_zero_outside_of_the_theoretical_field():
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1, dilation=1),
        nn.Tanh(),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 4, 3, padding=1),
        nn.Tanh(),
    )
    field = effective_receptive_field(model, torch.randn(200, 1, 24, 24), unit=(6, 5))
    seen = np.zeros((24, 24), bool)
    seen[9:17, 7:15] = True  # units 5..7 of the pooled map, pixels 10..15, and one more each side
    assert (field[seen] > 0).all() and not field[~seen].any()
    assert field.sum() == pytest.approx(1)


def test_any_layer_can_be_asked_by_name_before_a_relu_in_place():
    torch.manual_seed(0)
    model = nn.Sequential()
    model.add_module("first", nn.Conv2d(1, 2, 3))
    model.add_module("relu", nn.ReLU(inplace=True))
    model.add_module("last", nn.Conv2d(2, 1, 3))
    model.add_module("head", nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1, 4)))
    model.first.bias.data[:] = torch.tensor([-100.0, 100.0])  # the ReLU silences the first map
    x = torch.randn(2, 1, 9, 9)
    squared = model.first.weight.detach().double().square()[:, 0]
    before = effective_receptive_field(model, x, "first", unit=(0, 0))[:3, :3]
    np.testing.assert_allclose(before, (squared.sum(0) / squared.sum()), rtol=1e-5)
    after = effective_receptive_field(model, x, "relu", unit=(0, 0))[:3, :3]
    np.testing.assert_allclose(after, squared[1] / squared[1].sum(), rtol=1e-5)
    by_default = effective_receptive_field(model, x)
    np.testing.assert_array_equal(by_default, effective_receptive_field(model, x, "last", (2, 2)))


def test_a_container_is_a_layer_too_and_the_models_own_output_is_the_last():
    class Residual(nn.Module):
        def __init__(self):
            super().__init__()
            self.branch = nn.Sequential(nn.Conv2d(1, 1, 3, padding=1, bias=False))
            nn.init.ones_(self.branch[0].weight)

        def forward(self, x):
            return x + self.branch(x)

    field = effective_receptive_field(Residual(), torch.rand(1, 1, 5, 5))
    np.testing.assert_allclose(12 * field[1:4, 1:4], [[1, 1, 1], [1, 4, 1], [1, 1, 1]], rtol=1e-6)
    branch = effective_receptive_field(Residual(), torch.rand(1, 1, 5, 5), "branch")
    np.testing.assert_allclose(9 * branch[1:4, 1:4], np.ones((3, 3)), rtol=1e-6)


def test_sequences_have_a_field_along_their_length():
    model = nn.Conv1d(1, 1, 2, dilation=3, bias=False)
    model.weight.data[:] = torch.tensor([1.0, 2.0])
    field = effective_receptive_field(model, torch.rand(1, 1, 8), unit=1)
    np.testing.assert_allclose(field, [0, 0.2, 0, 0, 0.8, 0, 0, 0], rtol=1e-6)


def test_the_model_stays_as_it_is():
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout(), nn.ReLU(inplace=True),
        nn.Conv2d(2, 1, 3),
    )  # fmt: skip
    model[2].eval()
    model[0].weight.requires_grad_(False)
    model[4].weight.grad = torch.ones_like(model[4].weight)
    x = torch.randn(3, 1, 9, 9)
    state = {name: value.clone() for name, value in model.state_dict().items()}
    given, random = x.clone(), torch.random.get_rng_state()
    modes = [module.training for module in model.modules()]
    effective_receptive_field(model, x)
    with pytest.raises(RuntimeError):  # in the middle of the model, whose hooks must go, too
        effective_receptive_field(model, torch.zeros(1, 5, 9, 9))
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    assert modes == [module.training for module in model.modules()]
    assert [p.requires_grad for p in model.parameters()] == [False, *[True] * 5]
    assert torch.equal(model[4].weight.grad, torch.ones_like(model[4].weight))
    assert model[0].bias.grad is None and torch.equal(x, given) and not x.requires_grad
    assert torch.equal(torch.random.get_rng_state(), random)
    assert not any(module._forward_hooks for module in model.modules())


@pytest.mark.parametrize("surrounding", [torch.no_grad, torch.inference_mode])
def test_frozen_weights_and_a_surrounding_without_gradients_do_not_matter(surrounding):
    model = boxes(1).requires_grad_(False)
    with surrounding():
        field = effective_receptive_field(model, torch.ones(1, 1, 3, 3))
    np.testing.assert_allclose(field, np.full((3, 3), 1 / 9), rtol=1e-6)


def test_models_in_double_precision_and_integer_inputs_are_fine():
    field = effective_receptive_field(boxes(1).double(), np.arange(9).reshape(1, 1, 3, 3))
    np.testing.assert_allclose(field, np.full((3, 3), 1 / 9), rtol=1e-12)


class Vector(nn.Module):
    def forward(self, x):
        return nn.functional.relu(x).mean((2, 3))


class Detached(nn.Module):
    def forward(self, x):
        return x.detach() * 2


X = torch.ones(1, 1, 5, 5)


@pytest.mark.parametrize(
    ("model", "x", "settings", "text"),
    [
        (nn.Conv2d, X, {}, r"must be a PyTorch model, but is .* Use Conv2d\(\)"),
        (len, X, {}, r"Use nn.Sequential\(…\)."),
        (boxes(2), X[0, 0], {}, r"shape is \(5, 5\). A grey image \(H, W\): x\[None, None\]"),
        (boxes(2), torch.ones(0, 1, 5, 5), {}, r"at least one, but its shape is \(0, 1, 5, 5\)"),
        (boxes(2), X, {"layer": "2"}, r"no layer '2'. The last ones are '0', '1'"),
        (boxes(2), X, {"unit": (5, 0)},
         r"the model has units \(5, 5\), counted from 0; unit=\(5, 0\) .* one is \(2, 2\)"),
        (boxes(2), X, {"unit": 3}, r"unit=3 is none of them"),
        (boxes(2), X, {"unit": (-1, 0)}, r"unit=\(-1, 0\) is none of them"),
        (boxes(2), X, {"unit": (1.5, 0)}, r"unit=\(1.5, 0\) is none of them"),
        (boxes(2), X, {"draws": 0}, r"draws=0. Use at least 1"),
        (Vector(), X, {"layer": ""}, r"shape \(1, 1\), without a place for each"),
        (Vector(), X, {}, r"is not called, or gives no tensor|without a place"),
        (Detached(), X, {}, r"does not depend on x through differentiable"),
        (nn.ReLU(), -X, {}, r"all its gradients are 0, as behind a ReLU"),
        (nn.Softplus(), X * torch.nan, {}, r"is not finite. Are x or the weig"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_the_repair(model, x, settings, text):
    with pytest.raises(ValueError, match=text), warnings.catch_warnings():
        warnings.simplefilter("error")
        effective_receptive_field(model, x, **settings)


def test_shares_and_sizes_of_a_field_that_is_known():
    field = np.zeros((9, 9))
    field[4, 4], field[3:6, 3:6] = 0.6, np.where(np.eye(3) == 1, [[0.1, 0, 0.1]], 0)
    field[4, 4], field[0, 4], field[8, 4] = 0.6, 0.1, 0.1
    assert share_within(field, 1) == pytest.approx(0.6)
    assert share_within(field, 3) == pytest.approx(0.8)
    assert share_within(field, 7) == pytest.approx(0.8)
    assert share_within(field, 101) == pytest.approx(1)
    sizes = [effective_size(field, share) for share in (0.5, 0.6, 0.7, 0.8, 0.81, 0.95, 1)]
    assert sizes == [1, 1, 3, 3, 9, 9, 9]


def test_the_centre_is_the_centre_of_mass_or_the_one_that_is_given():
    field = np.zeros((6, 8))
    field[1, 5] = 1.0
    assert share_within(field, 1) == 1 and effective_size(field) == 1
    assert share_within(field, 3, centre=(3, 5)) == 0 and effective_size(field, centre=(3, 5)) == 5
    assert effective_size(field[1], centre=2) == 7


@pytest.mark.parametrize("side", [0, 2, -1, 2.5])
def test_a_square_needs_a_pixel_in_its_middle(side):
    with pytest.raises(ValueError, match="has no pixel in its middle. Use 1, 3, 5"):
        share_within(np.ones((3, 3)), side)


@pytest.mark.parametrize("share", [0, -0.1, 95])
def test_a_share_lies_between_0_and_1(share):
    with pytest.raises(ValueError, match=f"share={share} is none. Use one from 0 to 1"):
        effective_size(np.ones((3, 3)), share)
