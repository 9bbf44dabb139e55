"""Where there is no number, receptive_field says why, and where a model fails, what to do."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from helpers import receptive_field

torchvision = pytest.importorskip("torchvision")


class Net(nn.Module):
    """A forward pass written down, between two layers."""

    def __init__(self, forward):
        super().__init__()
        self.function = forward
        self.a, self.b = nn.Conv2d(1, 1, 3, padding=1), nn.Conv2d(1, 1, 3, padding=1, stride=2)

    def forward(self, x):
        return self.function(self, x)


def attention(net, x):
    tokens = net.a(x).flatten(2).transpose(1, 2)
    return F.scaled_dot_product_attention(tokens, tokens, tokens)


def depends_on_data(net, x):
    x = net.a(x)
    return net.a(x) if x.sum().item() > 0 else x


def writes(net, x):
    y = torch.zeros_like(x)
    y[:, :, 1:] = net.a(x)[:, :, 1:]
    return y + 1


@pytest.mark.parametrize(
    ("forward", "says"),
    [
        (attention, "multiplies two tensors that both come from the input, as attention does"),
        (depends_on_data, "a number that it has computed from the input decides what it does"),
        (writes, "it writes into a part of a tensor"),
        (lambda net, x: torch.fft.rfft2(net.a(x)).abs(), "through fft_r2c is not known"),
        (lambda net, x: net.a(x).roll(1, 2), "turned over its border"),
        (lambda net, x: torch.cat([net.a(x), x], 2) + 0, "one after the other along an axis"),
        (lambda net, x: x + x.transpose(2, 3), "do not correspond"),
        (lambda net, x: F.conv2d(x, net.a(x)), "its kernel itself depends on the input"),
        (lambda net, x: net.a(x)[:, :, torch.tensor([3, 1])], "picks places by a list"),
        (
            lambda net, x: F.interpolate(x, size=4, mode="bilinear", antialias=True),
            "through interpolate is not known",
        ),
    ],
)
def test_what_cannot_be_followed_is_a_problem_and_no_guess(forward, says):
    table = receptive_field(Net(forward), (1, 8, 8))
    row = table[-1]
    assert says in row.problem and '"Net"' in row.problem
    assert (row.size, row.sizes, row.stride, row.padding, row.everything) == (None,) * 4 + (False,)
    assert "not known" in repr(table) and row.problem in repr(table)
    with pytest.raises(ValueError, match="is not known"):
        row.interval((0, 0))


def test_a_problem_stays_with_the_rows_behind_it_and_only_with_those():
    def forward(net, x):
        y = net.a(x.roll(1, 2))
        return net.a(x), y

    table = receptive_field(Net(forward), (1, 8, 8))
    assert [bool(row.problem) for row in table] == [True, True, False]


def test_branches_of_different_strides_drift_apart():
    table = receptive_field(Net(lambda net, x: net.a(x)[:, :, :4, :4] + net.b(x)), (1, 8, 8))
    row = table["add"]
    assert row.problem == (
        'The branches "a" (stride 1) and "b" (stride 2) drift apart along the height, '
        "so that their joint field has no fixed size."
    )
    assert row.size is None
    assert row.interval((3, 3)) == ((2, 7), (2, 7))  # 2 … 4 by a, 5 … 7 by b
    with pytest.raises(ValueError, match="drift apart"):
        row.interval((3, 3), clipped=False)


def test_a_compiled_model_is_refused_with_a_reason():
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = torch.jit.trace(nn.Conv2d(1, 1, 3), torch.zeros(1, 1, 9, 9))
    with pytest.raises(ValueError, match="^receptive_field: .* cannot be followed: "):
        receptive_field(model, (1, 9, 9))


@pytest.mark.parametrize("name", ["vit_b_16", "swin_t"])
def test_transformers_have_a_sentence_and_no_number(name):
    with torch.device("meta"):
        model = getattr(torchvision.models, name)()
    row = receptive_field(model, (3, 224, 224))[-1]
    assert row.size is None and "attention" in row.problem


def test_recurrent_layers_have_no_number():
    row = receptive_field(nn.LSTM(8, 4, batch_first=True), (9, 8))[-1]
    assert "recurrent" in row.problem


# -- errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "shape", "message"),
    [
        (nn.Conv2d, (1, 9, 9), r"model must be a PyTorch model, but is <class .*\. Use Conv2d\(\)"),
        (3, (1, 9, 9), r"model must be a PyTorch model, but is 3\. Use nn\.Sequential"),
        (nn.LazyConv2d(1, 3), (1, 9, 9), r"LazyConv2d does not know its size yet\. Call the model"),
        (nn.Conv2d(1, 1, 3), (9,), r"but is \(9,\)\. Use \(C, H, W\), or \(C, L\) for a sequence"),
        (nn.Conv2d(1, 1, 3), (1, 0, 9), r"input_size must be at least 1, but is 0\."),
        (nn.Conv2d(1, 1, 3), (1, 9.0, 9), r"input_size must be a whole number, but is 9\.0\."),
        (
            nn.Sequential(nn.Conv2d(3, 8, 3), nn.Conv2d(4, 8, 3)),
            (3, 9, 9),
            r'Sequential fails in "1", Conv2d\(4, 8, .*\(1, 8, 7, 7\).* Use in_channels=8\.',
        ),
        (
            nn.Sequential(nn.BatchNorm2d(4)),
            (3, 9, 9),
            r'Sequential fails in "0", BatchNorm2d\(4\).* Use num_features=3\.',
        ),
    ],
)
def test_errors_name_the_layer_and_the_repair(model, shape, message):
    with pytest.raises(ValueError, match=f"^receptive_field: .*{message}"):
        receptive_field(model, shape)
