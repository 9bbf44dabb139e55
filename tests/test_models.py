"""The networks of the lessons, against counts worked out by hand."""

import pytest
import torch

from helpers import LeNet, count_parameters, summarize

# By hand: (weights + biases), and products = outputs · numbers in a window
PARAMETERS = [6 * 25 + 6, 16 * 6 * 25 + 16, 400 * 120 + 120, 120 * 84 + 84, 84 * 10 + 10]
PRODUCTS = [6 * 28 * 28 * 25, 16 * 10 * 10 * 6 * 25, 400 * 120, 120 * 84, 84 * 10]


def test_lenet_has_61706_parameters():
    assert sum(PARAMETERS) == 61_706
    assert count_parameters(LeNet()) == 61_706
    learning = [module for module in LeNet() if list(module.parameters())]
    assert [count_parameters(module) for module in learning] == PARAMETERS


def test_lenet_costs_416520_multiplications():
    assert sum(PRODUCTS) == 416_520
    summary = summarize(LeNet(), (1, 32, 32))
    assert [row.multiplications for row in summary if row.multiplications] == PRODUCTS
    assert (summary.parameters, summary.multiplications) == (61_706, 416_520)


def test_lenet_makes_ten_scores_of_32_by_32_pixels():
    shapes = []
    x = torch.zeros(2, 1, 32, 32)
    for layer in LeNet():
        x = layer(x)
        shapes.append(tuple(x.shape[1:]))
    assert shapes == [
        *[(6, 28, 28)] * 2, (6, 14, 14), *[(16, 10, 10)] * 2, (16, 5, 5),
        (400,), *[(120,)] * 2, *[(84,)] * 2, (10,),
    ]  # fmt: skip
    with pytest.raises(RuntimeError):
        LeNet()(torch.zeros(1, 1, 28, 28))


def test_the_weights_of_lenet_follow_from_its_seed_and_leave_torchs_random_numbers_alone():
    state = torch.random.get_rng_state()
    first, again, other = LeNet(seed=1), LeNet(seed=1), LeNet(seed=2)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.equal(first[0].weight, again[0].weight)
    assert not torch.equal(first[0].weight, other[0].weight)
