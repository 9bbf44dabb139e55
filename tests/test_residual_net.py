"""Plain and residual networks, against torchvision's block and counts by hand."""

import pytest
import torch
from torchvision.models import resnet

from helpers import ResidualNet, count_parameters, summarize
from helpers.models import BasicBlock


@pytest.mark.parametrize("sizes", [(4, 4, 1), (4, 4, 2), (4, 6, 1), (4, 8, 2)])
@pytest.mark.parametrize("training", [True, False])
def test_the_block_is_torchvisions_module_for_module(sizes, training):
    ours = BasicBlock(*sizes)
    in_channels, out_channels, stride = sizes
    downsample = None
    if in_channels != out_channels or stride != 1:
        conv = torch.nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
        downsample = torch.nn.Sequential(conv, torch.nn.BatchNorm2d(out_channels))
    theirs = resnet.BasicBlock(in_channels, out_channels, stride, downsample)
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(5, in_channels, 8, 8)
    ours.train(training), theirs.train(training)
    assert torch.equal(ours(x), theirs(x))
    assert all(map(torch.equal, ours.state_dict().values(), theirs.state_dict().values()))


def test_without_its_skip_a_block_is_two_convolutions():
    block = BasicBlock(3, 3, skip=False, norm=False)
    x = torch.randn(2, 3, 6, 6)
    assert torch.equal(block(x), block.conv2(block.conv1(x).relu()).relu())
    assert block.downsample is None and BasicBlock(3, 5, skip=False).downsample is None


# one convolution, 3 stages of n blocks, and a dense layer; norms have 2 numbers a channel
def parameters_by_hand(depth, skip):
    n = (depth - 2) // 6
    total = 9 * 8 + 2 * 8 + 32 * 10 + 10
    for before, width in ((8, 8), (8, 16), (16, 32)):
        convolutions = 9 * before * width + (2 * n - 1) * 9 * width * width
        total += convolutions + 2 * n * 2 * width
        total += (before * width + 2 * width) * (skip and before != width)
    return total


@pytest.mark.parametrize("depth", [8, 20, 44, 56])
@pytest.mark.parametrize("skip", [True, False])
def test_depth_shapes_and_parameters(depth, skip):
    network = ResidualNet(depth, skip)
    rows = summarize(network, (1, 8, 8))
    on_the_way = [r for r in rows if r.parameters and "downsample" not in r.name]
    weighted = [r for r in on_the_way if not r.layer.startswith("BatchNorm2d")]
    assert len(weighted) == depth == network.depth
    assert len(network.blocks) == (depth - 2) // 2
    assert count_parameters(network) == parameters_by_hand(depth, skip)
    outputs = {r.name: r.output_shape for r in rows}
    last = f".{(depth - 2) // 6 - 1}.conv2"
    assert [outputs[f"layer{n}{last}"][1:] for n in (1, 2, 3)] == [(8, 8, 8), (16, 4, 4), (32, 2, 2)]
    assert network(torch.zeros(3, 1, 8, 8)).shape == (3, 10)


def test_plain_and_residual_networks_start_from_the_same_weights():
    residual, plain = ResidualNet(20, seed=3).state_dict(), ResidualNet(20, False, seed=3)
    assert all(torch.equal(residual[name], value) for name, value in plain.state_dict().items())
    other = ResidualNet(20, seed=4).state_dict()
    assert not torch.equal(residual["conv1.weight"], other["conv1.weight"])


def test_its_weights_leave_torchs_random_numbers_alone():
    state = torch.random.get_rng_state()
    ResidualNet(8)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_the_first_convolution_starts_as_he_et_al_draw_it():
    weight = ResidualNet(8, channels=(512, 512, 512)).layer1[0].conv1.weight
    assert weight.std().item() == pytest.approx((2 / (9 * 512)) ** 0.5, rel=0.01)
    assert weight.mean().item() == pytest.approx(0, abs=1e-3)


def test_without_normalization_the_convolutions_have_a_bias_that_starts_at_zero():
    network = ResidualNet(8, norm=False)
    assert not any(isinstance(m, torch.nn.BatchNorm2d) for m in network.modules())
    convolutions = [m for m in network.modules() if isinstance(m, torch.nn.Conv2d)]
    assert len(convolutions) == 9 and all(not m.bias.any() for m in convolutions)


@pytest.mark.parametrize("channels", [(8, 16), (8, 16, 32, 64)])
def test_each_of_the_three_stages_has_a_width(channels):
    with pytest.raises(ValueError, match=f"are {len(channels)} widths, but there are 3 stages"):
        ResidualNet(20, channels=channels)


@pytest.mark.parametrize(("depth", "near"), [(0, 8), (2, 8), (9, 8), (18, 20), (34, 32)])
def test_another_depth_is_refused_with_the_next_one(depth, near):
    with pytest.raises(ValueError, match=rf"depth={depth} is not 6n \+ 2.*next to it is {near}\."):
        ResidualNet(depth)
