"""Gradients layer by layer, missing blocks, learning rates with and without batch norm."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from helpers import load_digits
from helpers.experiments import (
    accuracy_in_batches,
    accuracy_without_blocks,
    compare_learning_rates,
    gradient_norms,
    without_block,
)
from helpers.models import ResidualNet
from tests.random_settings import one_thread  # noqa: F401 (a fixture)

X = torch.from_numpy(np.random.default_rng(0).random((20, 1, 8, 8), dtype=np.float32))
Y = torch.arange(20) % 10


# -- gradients -----------------------------------------------------------------------------------


def test_the_norms_are_those_of_a_backward_pass_in_training_mode():
    model = ResidualNet(8)
    norms = gradient_norms(model, X.numpy(), Y.numpy())
    model.train()
    F.cross_entropy(model(X), Y).backward()
    weights = {n: m.weight for n, m in model.named_modules() if isinstance(m, (nn.Conv2d, nn.Linear))}
    assert list(norms) == list(weights) and len(norms) == 10
    for name, weight in weights.items():
        assert norms[name] == pytest.approx(weight.grad.norm().item(), rel=1e-5)


def test_gradients_by_hand():
    """y = w·x, loss (y − 0)²: the gradient is 2·w·x²."""
    model = nn.Linear(1, 1, bias=False)
    model.weight.data[:] = 3
    norms = gradient_norms(model, [[2.0]], [[0.0]], loss=F.mse_loss)
    assert norms == {"": pytest.approx(24)}


def test_the_model_stays_as_it_was():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout(), nn.Flatten(),
                          nn.Linear(72, 10)).eval()  # fmt: skip
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = torch.random.get_rng_state()
    gradient_norms(model, X, Y)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not model.training and all(p.grad is None for p in model.parameters())


def test_a_layer_that_is_not_trained_has_a_gradient_too():
    model, frozen = ResidualNet(8), ResidualNet(8)
    frozen.requires_grad_(False)
    assert gradient_norms(frozen, X, Y) == gradient_norms(model, X, Y)
    assert not any(p.requires_grad for p in frozen.parameters())


def test_labels_of_any_whole_kind_are_classes_and_wrong_ones_are_refused():
    model, labels = ResidualNet(8), Y.numpy()
    assert gradient_norms(model, X, labels.astype(np.int32)) == gradient_norms(model, X, labels)
    with pytest.raises(ValueError, match="gradient_norms: the class numbers run from 5 to 14"):
        gradient_norms(model, X, labels + 5)
    with pytest.raises(ValueError, match="gradient_norms: a batch's x and y must have equally many"):
        gradient_norms(model, X, labels[:3])


def test_a_model_without_layers_has_no_gradients():
    with pytest.raises(ValueError, match="ReLU has neither a convolution nor a dense layer"):
        gradient_norms(nn.ReLU(), X, Y)


# -- blocks --------------------------------------------------------------------------------------


def run_without(model, name, x):
    """The same by hand: the modules one after another."""
    x = model.relu(model.bn1(model.conv1(x)))
    for block_name, block in model.blocks.items():
        if block_name != name:
            x = block(x)
        elif block.downsample is not None:
            x = block.downsample(x).relu()
    return model.fc(x.mean((2, 3)))


@pytest.mark.parametrize("skip", [True, False])
def test_a_block_is_left_out_and_its_skip_stays(skip):
    model = ResidualNet(14, skip).eval()
    for name, block in model.blocks.items():
        if skip or name.endswith(".1") or name == "layer1.0":
            torch.testing.assert_close(without_block(model, name)(X), run_without(model, name, X))
    assert len(model.blocks) == 6  # of the original none is missing


def test_a_residual_block_whose_branch_is_silent_is_not_missed():
    model = ResidualNet(14).eval()
    nn.init.zeros_(model.layer2[1].bn2.weight)
    assert torch.equal(without_block(model, "layer2.1")(X), model(X))


def test_a_plain_block_that_changes_the_shape_cannot_go():
    plain = ResidualNet(14, skip=False)
    with pytest.raises(ValueError, match="'layer2.0' makes 16 channels of 8 with stride 2, and no"):
        without_block(plain, "layer2.0")
    names = ["layer1.0", "layer1.1", "layer2.1", "layer3.1"]
    assert list(accuracy_without_blocks(plain, X, Y)) == names
    assert list(accuracy_without_blocks(ResidualNet(14), X, Y)) == list(plain.blocks)


def test_unknown_blocks_are_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="no block 'layer4.0'. It has: layer1.0, layer2.0, layer3"):
        without_block(ResidualNet(8), "layer4.0")
    with pytest.raises(ValueError, match="only a BasicBlock of helpers counts"):
        accuracy_without_blocks(nn.Sequential(nn.Flatten(), nn.Linear(64, 10)), X, Y)


# -- learning rates ------------------------------------------------------------------------------


def test_batch_norm_bears_learning_rates_that_nothing_else_does():
    losses = compare_learning_rates(load_digits().train, rates=(0.01, 0.1, 0.3), progress=False)
    with_norm, without = losses["with batch norm"], losses["without"]
    assert with_norm.shape == without.shape == (3,)
    assert with_norm[1:].max() < 0.5 < 1 < np.nanmin(without)


def test_a_loss_that_is_no_longer_finite_is_nan():
    digits = load_digits().train
    losses = compare_learning_rates(digits, rates=(1e6,), epochs=1, progress=False)
    assert np.isnan(losses["without"]).all()


# -- the two modes -------------------------------------------------------------------------------


def brightness(norm):
    """Class 1 for a value above a half, after a normalization of one channel."""
    scores = nn.Linear(1, 2)
    scores.weight.data[:] = torch.tensor([[-1.0], [1.0]])
    scores.bias.data[:] = torch.tensor([0.5, -0.5])
    return nn.Sequential(norm, nn.Flatten(), scores)


def test_in_training_mode_a_batch_of_one_class_loses_what_tells_it_from_others():
    x = torch.cat([torch.rand(50, 1, 1, 1) * 0.4, 0.6 + torch.rand(50, 1, 1, 1) * 0.4])
    y = np.repeat([0, 1], 50)
    norm = nn.BatchNorm2d(1, eps=1e-12)
    norm.running_mean[:], norm.running_var[:] = x.mean(), x.var()
    norm.bias.data[:] = 0.5
    model = brightness(norm).eval()
    for by_class in (True, False):
        assert accuracy_in_batches(model, x, y, training=False, by_class=by_class) == 1
    assert accuracy_in_batches(model, x.numpy(), y, training=True) > 0.9
    halves = accuracy_in_batches(model, x.numpy(), y, training=True, by_class=True)
    assert 0.3 < halves < 0.7  # each batch is cut in the middle
    assert norm.num_batches_tracked == 0 and not model.training
