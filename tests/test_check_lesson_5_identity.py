"""The checker of lesson 5 that asks for a block that starts as the identity."""

import copy

import numpy as np
import pytest
import torch
from torch import nn
from torchvision.models import resnet18
from torchvision.models.resnet import BasicBlock, Bottleneck

from helpers import check
from helpers.check.verdict import NOT_TRIED, RIGHT, WRONG
from tests.random_settings import one_thread  # noqa: F401 (a fixture)


def block_with(change, block=None):
    """A new block after `change`, a function that writes into its state."""
    torch.manual_seed(0)
    block = block or BasicBlock(16, 16)
    with torch.no_grad():
        change(block)
    return block


def zeroed(*names, value=0.0):
    """A change that fills these entries of the state: "bn2.weight"."""
    def change(block):
        for name in names:
            block.state_dict()[name].fill_(value)
    return change


def everything(block):
    zeroed(*block.state_dict())(block)


def frozen(block):
    nn.init.zeros_(block.bn2.weight)
    block.requires_grad_(False)


def without_norm(block):
    """The branch gives zeros and ends in an nn.Identity."""
    nn.init.zeros_(block.conv2.weight)
    block.bn2 = nn.Identity()


def trained(block):
    """A few passes first, so that the running statistics are no longer new."""
    for _ in range(3):
        block(torch.randn(4, 16, 5, 5) + 1)


# --- right ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("change, words", [
    (zeroed("bn2.weight"), "bn2.weight gets a gradient"),
    (lambda block: nn.init.zeros_(block.bn2.weight), "bn2.weight gets a gradient"),
    (lambda block: (trained(block), zeroed("bn2.weight")(block)), "bn2.weight gets a gradient"),
    (lambda block: (zeroed("bn2.weight")(block), block.eval()), "bn2.weight gets a gradient"),
    (zeroed("bn2.weight", "bn2.bias"), "bn2.weight gets a gradient"),
    (zeroed("conv2.weight"), "multiplies the first gradient by 316"),
    (without_norm, "It can learn: conv2.weight"),
])
def test_every_block_that_is_the_identity_is_right(change, words):
    verdict = check.starts_as_identity(block_with(change))
    assert verdict.status == RIGHT and words in verdict.message and "bn2" in verdict.case


@pytest.mark.parametrize("change", [
    zeroed("conv2.weight", "bn2.weight"), zeroed("conv1.weight"), zeroed("bn1.weight"),
    zeroed("bn1.weight", "bn2.weight"), everything, frozen,
])
def test_an_identity_that_cannot_learn_is_wrong(change):
    verdict = check.starts_as_identity(block_with(change))
    assert verdict.status == WRONG and "but the block cannot learn" in verdict.message
    assert "no weight of F gets a gradient" in verdict.hint and "bn2" in verdict.case


def test_the_blocks_of_a_network_with_zero_init_residual_are_right():
    model = resnet18(weights=None, zero_init_residual=True)
    assert check.starts_as_identity(model.layer1[0]).status == RIGHT
    assert check.starts_as_identity(model.layer4[1]).status == RIGHT
    assert check.starts_as_identity(model.layer2[0]).status == WRONG  # it has a projection
    assert check.starts_as_identity(resnet18(weights=None).layer1[0]).status == NOT_TRIED


def test_a_bottleneck_ends_in_its_third_norm():
    bottleneck = block_with(zeroed("bn3.weight"), Bottleneck(16, 4))
    assert "bn3.weight gets a gradient" in check.starts_as_identity(bottleneck).message
    second = block_with(zeroed("bn2.weight"), Bottleneck(16, 4))
    assert "cannot learn" in check.starts_as_identity(second).message
    halved = block_with(zeroed("bn3.weight", value=0.5), Bottleneck(16, 4))
    assert "bn3: x̂" in check.starts_as_identity(halved).hint


def moved_by_training(change):
    """The parameters that the first step of training changes, and those that 20 steps change."""
    block = block_with(change).train()
    x, wanted = torch.rand(8, 16, 6, 6), torch.rand(8, 16, 6, 6)
    optimizer, start = torch.optim.SGD(block.parameters(), 0.01), copy.deepcopy(block)
    moved = []
    for _ in range(20):
        optimizer.zero_grad()
        ((block(x) - wanted) ** 2).mean().backward()
        optimizer.step()
        moved.append({name for (name, now), before in zip(block.named_parameters(),
                                                          start.parameters())
                      if not torch.equal(now, before)})
    return moved[0], moved[-1]


def test_what_is_said_about_learning_is_what_training_does():
    everything = {name for name, _ in BasicBlock(16, 16).named_parameters()}
    assert moved_by_training(zeroed("bn2.weight")) == ({"bn2.weight", "bn2.bias"}, everything)
    first, last = moved_by_training(zeroed("conv2.weight"))
    assert first == {"conv2.weight", "bn2.bias"} and last == everything
    for dead in ("conv1.weight", "bn1.weight"):
        assert moved_by_training(zeroed(dead)) == ({"bn2.bias"}, {"bn2.bias"})
    assert 1 / torch.tensor(nn.BatchNorm2d(1).eps).sqrt() == pytest.approx(316, rel=1e-3)


def test_the_block_stays_as_it_was():
    for block in (block_with(zeroed("bn2.weight")), block_with(zeroed("bn1.bias", value=2.0))):
        block.eval()
        before = copy.deepcopy(block.state_dict())
        random, threads = torch.random.get_rng_state(), torch.get_num_threads()
        check.starts_as_identity(block)
        assert all(torch.equal(before[name], value) for name, value in block.state_dict().items())
        assert not block.training and all(p.grad is None for p in block.parameters())
        assert torch.equal(torch.random.get_rng_state(), random)
        assert torch.get_num_threads() == threads


# --- untouched and nonsense -----------------------------------------------------------------------


@pytest.mark.parametrize("answer", [
    None, ..., BasicBlock(16, 16), BasicBlock(4, 4).eval(), Bottleneck(16, 4), BasicBlock(2, 2)])
def test_an_untouched_block_for_the_identity_is_not_tried_yet(answer):
    assert check.starts_as_identity(answer).status == NOT_TRIED


class Broken(BasicBlock):
    def forward(self, x):
        raise KeyError


class Several(BasicBlock):
    def forward(self, x):
        return x, x


@pytest.mark.parametrize("nonsense", [
    5, "block", True, [], {}, object(), torch.zeros(3), np.zeros(3), len, lambda x: x, BasicBlock,
    nn.Module, nn.Identity(), nn.Sequential(), resnet18, nn.Conv2d(16, 16, 3), [BasicBlock(4, 4)],
    nn.Module(), block_with(zeroed("bn2.weight"), Broken(16, 16)),
    block_with(zeroed("bn2.weight"), Several(16, 16)), BasicBlock(16, 16).bn2.weight,
    BasicBlock(8, 16), BasicBlock(16, 16, stride=2)])
def test_nonsense_for_the_identity_is_wrong(nonsense):
    verdict = check.starts_as_identity(nonsense)
    assert verdict.status == WRONG and verdict.message and verdict.hint


@pytest.mark.parametrize("layer", [
    nn.Identity(), nn.GroupNorm(2, 16), nn.InstanceNorm2d(16), nn.ReLU(), nn.Conv2d(16, 16, 1),
    nn.BatchNorm2d(16, track_running_stats=False), nn.BatchNorm2d(16, affine=False),
    nn.BatchNorm2d(8), nn.LazyConv2d(16, 3, padding=1), nn.Sequential(nn.Conv2d(16, 16, 1)),
    nn.Module(), nn.BatchNorm2d(16, device="meta")], ids=repr)
def test_another_layer_in_the_block_never_stops_the_check(layer):
    for name in ("conv1", "bn1", "conv2", "bn2", "relu"):
        for change in ("bn1.weight", "conv2.weight", "bn2.weight"):
            block = block_with(zeroed(change), BasicBlock(16, 16))
            setattr(block, name, copy.deepcopy(layer))
            verdict = check.starts_as_identity(block)
            assert verdict.hint or verdict.status != WRONG, name


@pytest.mark.parametrize("change", [
    lambda block: block.double(), lambda block: block.half(), lambda block: block.to("meta"),
    lambda block: block.requires_grad_(False), lambda block: block.bfloat16()])
def test_a_block_of_another_type_is_judged_or_told(change):
    verdict = check.starts_as_identity(change(block_with(zeroed("bn2.weight"))))
    assert verdict.status == RIGHT or verdict.status == WRONG and verdict.hint


# --- usual mistakes -------------------------------------------------------------------------------


def projecting():
    return BasicBlock(16, 16, downsample=nn.Sequential(nn.Conv2d(16, 16, 1, bias=False),
                                                       nn.BatchNorm2d(16)))


def half_of_the_weights(block):
    block.bn2.weight[:8] = 0


def shifted_statistics(block):
    zeroed("conv2.weight")(block)
    zeroed("bn2.running_mean", value=1.0)(block)


def no_variance(block):
    zeroed("bn2.running_mean", "bn2.running_var", "bn1.running_mean", "bn1.running_var")(block)


def weight_and_bias(block):
    zeroed("bn2.weight")(block)
    zeroed("bn2.bias", value=0.5)(block)


def conv1_with_bias(block):
    zeroed("conv1.weight")(block)
    zeroed("bn1.bias", value=1.0)(block)


def small_weights(block):
    block.conv2.weight *= 1e-3


def without_weights(block):
    block.bn2 = nn.BatchNorm2d(16, affine=False)


def tiny(block):
    zeroed("bn2.weight", value=0.01)(block)


def nan(block):
    zeroed("conv2.weight", value=torch.nan)(block)


class Doubled(BasicBlock):
    def forward(self, x):
        return 2 * super().forward(x)


class HalfAMode(BasicBlock):
    def forward(self, x):
        return x if self.training else super().forward(x)


@pytest.mark.parametrize("block, message, hint", [
    (block_with(zeroed("bn2.weight"), projecting()), "not the identity",
     "The skip has a projection"),
    (block_with(half_of_the_weights), "not the identity", "8 of 16 weights of bn2 are zero"),
    (block_with(weight_and_bias), "not the identity", "bn2.bias is not"),
    (block_with(tiny), "not the identity", "small, but not zero"),
    (block_with(shifted_statistics), "in training mode, but not in evaluation", "running_mean"),
    (block_with(no_variance), "not the identity", "does not give 0"),
    (block_with(conv1_with_bias), "not the identity", "The last thing"),
    (block_with(small_weights), "not the identity", "divides by the standard deviation"),
    (block_with(without_weights), "not the identity", "no weight and no bias"),
    (block_with(nan), "not the identity", "NaN"),
    (block_with(zeroed("bn2.weight", value=2.0)), "not the identity", "The last thing that F does"),
    (block_with(zeroed("bn1.weight", value=3.0)), "not the identity", "relu(F(x) + x) = x"),
    (block_with(zeroed("bn1.bias", value=1.0)), "not the identity", "relu(F(x) + x) = x"),
    (block_with(zeroed("bn2.weight"), Doubled(16, 16)), "not the identity", "something else"),
    (block_with(zeroed("bn1.bias", value=1.0), HalfAMode(16, 16)), "but not in evaluation mode",
     "comes after both"),
])
def test_a_block_that_is_not_the_identity_gets_its_own_hint(block, message, hint):
    verdict = check.starts_as_identity(block)
    assert verdict.status == WRONG and message in verdict.message and hint in verdict.hint
