"""How rows are found, units are checked, and shapes are read; the model's weights stay."""

import inspect

import pytest
import torch
from torch import nn

import helpers
from helpers import receptive_field
from helpers.shapes import summarize


class Writes(nn.Module):
    """A forward pass that changes its own weights, and needs numbers."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 1, 3)
        nn.init.constant_(self.conv.weight, 5.0)

    def forward(self, x):
        self.conv.weight.data.clamp_(-1, 1)
        if float(self.conv.weight.sum()) < 0:
            return x
        return self.conv(x)


@pytest.mark.parametrize("run", [receptive_field, summarize])
def test_a_forward_that_writes_into_weights_writes_into_those_of_a_copy(run):
    model = Writes()
    run(model, (1, 9, 9))
    assert (model.conv.weight == 5).all()


def test_shared_weights_stay_shared_in_the_copy():
    model = nn.Sequential(nn.Linear(9, 9), nn.Linear(9, 9))
    model[1].weight = model[0].weight
    copied = helpers.shapes.copies.detached_copy(model)
    assert copied[1].weight is copied[0].weight is not model[0].weight
    assert torch.equal(copied[0].weight, model[0].weight)


def test_the_callable_module_shows_its_arguments():
    assert str(inspect.signature(receptive_field)) == "(model, input_size)"
    assert "What the units of every layer" in type(receptive_field).__call__.__doc__
    assert receptive_field(model=nn.Conv2d(1, 1, 3), input_size=(1, 9, 9))[-1].size == 3


class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.relu, self.block = nn.ReLU(), nn.Sequential(nn.Conv2d(1, 1, 3), nn.ReLU())
        self.conv = nn.Conv2d(1, 1, 5)

    def forward(self, x):
        return self.relu(self.conv(self.relu(self.block(x))))


def test_the_row_of_a_call_a_layer_and_a_block():
    table = receptive_field(Twice(), (1, 16, 16))
    assert [table.row(f"relu ({i})").size for i in (1, 2)] == [3, 7]
    assert table.row("relu") is table["relu"] is table["relu (2)"] is table[-1]
    assert table.row("block").name == "block.1" and table["block.0"].size == 3
    for name in ("relu (3)", "rely", "relu (0)"):
        with pytest.raises(KeyError, match=r"Twice has no layer '.*Use 'relu'"):
            table.row(name)


@pytest.mark.parametrize("unit", [(1.5, 0), (True, 0), ("a", 0), (None, 0)])
@pytest.mark.parametrize("layer", [nn.Conv2d(1, 1, 3), nn.AdaptiveAvgPool2d(1)])
def test_units_are_whole_numbers(unit, layer):
    row = receptive_field(layer, (1, 9, 9))[-1]
    with pytest.raises(ValueError, match=r"^interval: unit must be whole .*Use \(0, 0\)\.$"):
        row.interval(unit)


def test_units_that_see_everything_are_counted_too():
    row = receptive_field(nn.GroupNorm(1, 1), (1, 4, 5))[-1]
    assert row.interval((3, 4)) == ((0, 3), (0, 4))
    for unit in ((4, 0), (0, 5), (-1, 0)):
        with pytest.raises(ValueError, match="^interval: 'GroupNorm' has "):
            row.interval(unit)


class OwnConv(nn.Conv3d):
    """Its class has a name without a number."""


class OwnSequence(nn.Conv1d):
    """A convolution whose name says 2d."""


OwnSequence.__name__ = "Conv2dLike"


@pytest.mark.parametrize(
    ("layer", "size", "shape"),
    [
        (nn.Conv3d(2, 1, 3), (2, 9, 9, 9), (1, 2, 9, 9, 9)),
        (OwnConv(2, 1, 3), (2, 9, 9, 9), (1, 2, 9, 9, 9)),
        (nn.Conv3d(2, 1, 3), (1, 2, 9, 9, 9), (1, 2, 9, 9, 9)),
        (nn.Conv2d(2, 1, 3), (4, 2, 9, 9), (4, 2, 9, 9)),
        (nn.Conv2d(2, 1, 3), (2, 9, 9), (1, 2, 9, 9)),
        (OwnSequence(2, 1, 3), (4, 2, 9), (4, 2, 9)),
        (OwnSequence(2, 1, 3), (2, 9), (1, 2, 9)),
        (nn.ReLU(), (2, 9, 9), (1, 2, 9, 9)),
        (nn.ReLU(), (2, 2, 9, 9), (2, 2, 9, 9)),
    ],
)
def test_the_layers_say_whether_the_batch_is_left_out(layer, size, shape):
    table = receptive_field(layer, size)
    assert table.input_shape == shape and len(table[-1].axes) == len(shape) - 2


def test_the_other_reading_is_tried_where_the_first_one_fails():
    class Late(nn.Module):
        def __init__(self):
            super().__init__()
            self.late, self.early = nn.Conv1d(4, 1, 3), nn.Conv2d(2, 4, 1)

        def forward(self, x):
            assert x.dim() == 4
            return self.late(self.early(x).flatten(2))

    assert receptive_field(Late(), (2, 9, 9)).input_shape == (1, 2, 9, 9)
