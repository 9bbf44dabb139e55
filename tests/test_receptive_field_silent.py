"""What the table says of mixed channels, split views and copies is never smaller than the truth."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from helpers import receptive_field


class Net(nn.Module):
    """A forward pass written down, between layers that see 3 and 5 pixels."""

    def __init__(self, forward, channels=2):
        super().__init__()
        self.function = forward
        self.a = nn.Conv2d(channels, channels, 3, padding=1)
        self.b = nn.Conv2d(channels, channels, 5, padding=2)

    def forward(self, x):
        return self.function(self, x)


def measured(model, shape, unit):
    """First and last pixel with a gradient, of random numbers."""
    with torch.random.fork_rng():
        torch.manual_seed(1)
        model, x = model.double(), torch.randn(1, *shape, dtype=torch.float64)
    model(x.requires_grad_())[(0, slice(None), *unit)].pow(3).sum().backward()
    places = x.grad[0].ne(0).any(0).nonzero()
    return tuple(zip(places.amin(0).tolist(), places.amax(0).tolist()))


def both(net, x):
    return torch.cat([net.a(x), net.b(x)], 1)


def last(net, x):
    """The same with the channels last."""
    return torch.cat([f(x).permute(0, 2, 3, 1) for f in (net.a, net.b)], 3)


def split(x):
    """(N, C, H/2, 2, W/2, 2)"""
    n, c, h, w = x.shape
    return x.reshape(n, c, h // 2, 2, w // 2, 2)


def whole(x):
    return x.flatten(4, 5).flatten(2, 3)


CHANNELS = {
    "softmax": lambda net, x: both(net, x).softmax(1)[:, :1],
    "log_softmax": lambda net, x: both(net, x).log_softmax(1).chunk(2, 1)[0],
    "sort": lambda net, x: both(net, x).sort(1)[0][:, :2],
    "logcumsumexp": lambda net, x: torch.cat([net.b(x), net.a(x)], 1).logcumsumexp(1)[:, -1:],
    "layer_norm": lambda net, x: F.layer_norm(last(net, x), (4,))[..., :1].permute(0, 3, 1, 2),
    "stack": lambda net, x: torch.stack([net.a(x), net.b(x)]).softmax(0)[0],
    "flip": lambda net, x: both(net, x).flip(1)[:, :1],
    "roll": lambda net, x: both(net, x).roll(2, 1)[:, :2],
    "shuffle": lambda net, x: F.channel_shuffle(both(net, x), 2)[:, :2],
}


@pytest.mark.parametrize("how", CHANNELS)
def test_channels_that_were_mixed_see_what_all_of_them_saw(how):
    model = Net(CHANNELS[how])
    row = receptive_field(model, (2, 12, 12))[-1]
    assert row.size == 5
    assert row.interval((6, 6)) == ((4, 8), (4, 8))
    if how != "sort":  # whose gradients show the winner only
        assert measured(model, (2, 12, 12), (6, 6)) == ((4, 8), (4, 8))


def test_channels_that_were_not_mixed_keep_their_fields():
    model = Net(lambda net, x: both(net, x).relu()[:, :2])
    assert receptive_field(model, (2, 12, 12))[-1].size == 3


VIEWS = {
    "softmax": lambda net, x: net.a(whole(split(x).softmax(3).softmax(5))),
    "sort": lambda net, x: net.a(whole(split(x).sort(3)[0].sort(5)[0])),
    "flip": lambda net, x: net.a(whole(split(x).flip(3).flip(5))),
    "layer_norm": lambda net, x: net.a(whole(
        F.layer_norm(split(x).transpose(3, 4), (2, 2)).transpose(3, 4))),
    "pixels": lambda net, x: net.a(F.pixel_shuffle(F.pixel_unshuffle(x, 2).softmax(1), 2)),
}  # fmt: skip


@pytest.mark.parametrize("how", VIEWS)
def test_pixels_that_were_mixed_in_a_view_see_what_all_of_them_saw(how):
    model = Net(VIEWS[how])
    row = receptive_field(model, (2, 12, 12))[-1]
    assert row.size == 4
    for unit in ((5, 5), (6, 5)):
        for (lo, hi), (first, final) in zip(row.interval(unit), measured(model, (2, 12, 12), unit)):
            assert lo <= first and final <= hi


@pytest.mark.parametrize(
    ("forward", "says"),
    [
        (lambda net, x: F.conv2d(x, net.a.weight, x.mean((0, 2, 3))), "bias itself depends on"),
        (lambda net, x: F.batch_norm(x, x.mean((0, 2, 3)), torch.ones(2)), "running_mean itself"),
        (lambda net, x: F.group_norm(x, 1, x.mean((0, 2, 3))), "weight itself depends on"),
        (lambda net, x: F.layer_norm(x, (8,), x.mean((0, 1, 2))), "weight itself depends on"),
        (lambda net, x: x.as_strided(x.shape, (128, 64, 1, 8)), "the memory of a map"),
        (lambda net, x: net.a(x)[:, :, 1:].as_strided((1, 2, 7, 8), (128, 64, 8, 1), 0), "memory"),
    ],
)
def test_weights_made_from_the_input_and_turned_memory_are_refused(forward, says):
    row = receptive_field(Net(forward), (2, 8, 8))[-1]
    assert row.size is None and says in row.problem


def test_a_slope_made_from_the_input_counts():
    model = Net(lambda net, x: F.prelu(net.a(x), x.mean((0, 2, 3))))
    assert receptive_field(model, (2, 8, 8))[-1].everything


def test_as_strided_that_changes_nothing_is_followed():
    row = receptive_field(Net(lambda net, x: x.as_strided(x.shape, x.stride())), (2, 8, 8))
    assert not any(r.problem for r in row)


def test_a_copied_row_is_broadcast():
    def forward(net, x):
        y = torch.zeros_like(x)
        y.copy_(x[:, :, :1])
        return net.a(y)

    row = receptive_field(Net(forward), (2, 8, 8))[-1]
    assert row.interval((5, 4)) == measured(Net(forward), (2, 8, 8), (5, 4)) == ((0, 0), (3, 5))


def test_writing_into_some_channels_changes_what_they_see():
    def forward(net, x):
        y = torch.cat([net.a(x), net.b(x)], 1)
        y[:, :2] = net.b(x)
        return net.a(y[:, :2])

    row = receptive_field(Net(forward), (2, 12, 12))[-1]
    assert row.size == 7
    assert row.interval((6, 6)) == measured(Net(forward), (2, 12, 12), (6, 6)) == ((3, 9), (3, 9))


@pytest.mark.parametrize(
    "leave",
    [
        lambda y: torch.from_numpy(y.detach().numpy()),
        lambda y: torch.tensor(y.tolist()),
        lambda y: torch.as_tensor(__import__("numpy").asarray(y.detach())),
        lambda y: torch.from_dlpack(y.detach()),
    ],
    ids=["numpy", "tolist", "asarray", "dlpack"],
)
def test_numbers_that_leave_pytorch_are_a_problem_from_there_on(leave):
    table = receptive_field(Net(lambda net, x: net.b(leave(net.a(x)))), (2, 8, 8))
    assert table[0].size == 3 and table["b"].size is None
    assert "a number that it has computed from the input" in table["b"].problem
    assert receptive_field(Net(lambda net, x: leave(net.a(x))), (2, 8, 8))[-1].size is None


def test_a_comparison_of_whole_tensors_decides_too():
    def forward(net, x):
        return net.a(x) if torch.equal(x, x + 1) else net.b(x)

    assert "decides what it does next" in receptive_field(Net(forward), (2, 8, 8))["b"].problem


@pytest.mark.parametrize(
    "draw",
    [
        lambda p: torch.bernoulli(p),
        lambda p: torch.normal(p, 1.0),
        lambda p: torch.zeros_like(p).bernoulli_(p),
        lambda p: torch.zeros_like(p).fill_(p.mean()),
    ],
)
def test_random_numbers_and_constants_made_of_the_input_see_it(draw):
    row = receptive_field(Net(lambda net, x: net.a(draw(net.a(x).sigmoid()))), (2, 8, 8))[-1]
    assert row.name == "a" and (row.size == 5 or row.everything)


def test_random_numbers_of_a_shape_see_nothing():
    def forward(net, x):
        return net.a(x + torch.randn_like(x) + torch.zeros_like(x).normal_())

    assert receptive_field(Net(forward), (2, 8, 8))[-1].size == 3


def test_a_layer_inside_vmap_has_a_row_without_a_number():
    def forward(net, x):
        return torch.vmap(net.a)(x[None])[0]

    row = receptive_field(Net(forward), (2, 8, 8))["a"]
    assert row.size is None and "vmap" in row.problem


def test_a_turned_map_has_no_number_until_it_is_turned_back():
    def forward(net, x):
        y = net.a(x[:, :, 1:].transpose(2, 3))
        return net.a(y.transpose(2, 3))

    table = receptive_field(Net(forward), (2, 8, 8))
    assert [row.name for row in table] == ["slice", "transpose", "a", "transpose", "a"]
    assert [row.size for row in table] == [1, None, None, 3, 5]
    assert "turned" in table[1].problem and "turned" in table[2].problem
    with pytest.raises(ValueError, match="turned"):
        table[2].interval((7, 0))


def test_channels_last_is_not_turned():
    row = receptive_field(Net(lambda net, x: net.a(x).permute(0, 2, 3, 1) + 0), (2, 8, 8))[-1]
    assert row.problem == ""


def test_a_function_that_changes_the_size_of_the_map_has_a_row():
    model = Net(lambda net, x: F.pixel_shuffle(net.a(x), 2), 4)
    row = receptive_field(model, (4, 8, 8))[-1]
    assert (row.name, row.output_shape) == ("pixel_shuffle", (1, 1, 16, 16))
    assert row.interval((4, 5)) == ((1, 3), (1, 3))
