"""`summarize` by hand: rows, tables, what it leaves alone, and what it says when a model fails."""

import copy
import re

import pytest
import torch
import torchvision
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from helpers import LeNet, summarize
from tests.random_settings import one_thread  # noqa: F401 - a fixture


def small():
    convolution = nn.Conv2d(3, 4, kernel_size=3, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(36, 2))


COLUMNS = "{:<7}{:<41}{:<14}{:<12}{:>12}{:>17}"
TABLE = [
    ("name", "layer", "input", "output", "parameters", "multiplications"),
    ("0", "Conv2d(3, 4, kernel_size=3, bias=False)", "(1, 3, 5, 5)", "(1, 4, 3, 3)", "108", "972"),
    ("1", "BatchNorm2d(4)", "(1, 4, 3, 3)", "(1, 4, 3, 3)", "8", "–"),
    ("2", "Flatten()", "(1, 4, 3, 3)", "(1, 36)", "–", "–"),
    ("3", "Linear(36, 2)", "(1, 36)", "(1, 2)", "74", "72"),
    ("total", "", "", "", "190", "1,044"),
]
TITLE = "Sequential on an input of shape (1, 3, 5, 5)"


def test_a_summary_is_printed_as_a_table():
    title, *lines = repr(summarize(small(), (3, 5, 5))).splitlines()
    assert title == TITLE
    assert lines == [COLUMNS.format(*row) for row in TABLE]


def test_a_summary_is_shown_as_a_table_with_the_same_texts():
    shown = summarize(small(), (3, 5, 5))._repr_html_()
    assert f">{TITLE}</caption>" in shown
    rows = re.findall(r"<tr>(.*?)</tr>", shown)
    cells = [re.findall(r"<t[dh] [^>]*>(.*?)</t[dh]>", row) for row in rows]
    assert cells == [list(row) for row in TABLE]
    right = re.findall(r"<td [^>]*text-align:right[^>]*>(.*?)</td>", shown)
    assert right == ["108", "972", "8", "–", "–", "–", "74", "72"]


def test_texts_of_a_model_cannot_break_the_page():
    class Named(nn.Identity):
        def extra_repr(self):
            return "<b>&"

    assert "Named(&lt;b&gt;&amp;)" in summarize(Named(), (3, 5, 5))._repr_html_()


def test_rows_can_be_read_counted_and_taken():
    summary = summarize(small(), (3, 5, 5))
    assert len(summary) == 4
    assert [row.name for row in summary] == ["0", "1", "2", "3"]
    name, layer, x, y, parameters, multiplications = summary[0]
    assert (name, x, y) == ("0", (1, 3, 5, 5), (1, 4, 3, 3))
    assert summary.rows[-1].parameters == 36 * 2 + 2
    assert (summary.parameters, summary.multiplications) == (190, 1044)


def test_a_whole_shape_counts_the_multiplications_of_its_batch():
    one, three = summarize(small(), (3, 5, 5)), summarize(small(), (3, 3, 5, 5))
    assert three.input_shape == (3, 3, 5, 5) and three[0].output_shape == (3, 4, 3, 3)
    assert three.multiplications == 3 * one.multiplications == 3 * 1044
    assert three.parameters == one.parameters


LAYERS = [
    (nn.Conv2d(4, 6, 3, groups=2), (1, 4, 5, 5), 6 * 9 * 2 * 9),
    (nn.Conv1d(3, 5, 4, stride=2), (3, 10), 5 * 4 * 3 * 4),
    (nn.Conv3d(1, 2, 3, padding=1), (1, 1, 4, 4, 4), 2 * 64 * 27),
    (nn.Conv2d(3, 8, (3, 5), padding="same"), (1, 3, 6, 7), 8 * 42 * 3 * 15),
    (nn.ConvTranspose2d(3, 4, 3, stride=2), (1, 3, 5, 5), 25 * 3 * 4 * 9),
    (nn.ConvTranspose2d(4, 6, 4, stride=2, padding=1, groups=2), (2, 4, 3, 3), 2 * 4 * 9 * 3 * 16),
    (nn.Linear(7, 5), (2, 7), 2 * 7 * 5),
    (nn.Linear(7, 5, bias=False), (2, 3, 4, 7), 24 * 7 * 5),
]


@pytest.mark.parametrize("layer, shape, products", LAYERS, ids=[str(case[0]) for case in LAYERS])
def test_multiplications_by_hand_and_by_pytorchs_counter(layer, shape, products):
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        layer(torch.zeros(shape))
    assert summarize(nn.Sequential(layer), shape).multiplications == products
    assert counter.get_total_flops() == 2 * products


@pytest.mark.parametrize(
    "layer, text",
    [
        (nn.Conv2d(1, 6, 5), "Conv2d(1, 6, kernel_size=5)"),
        (nn.Conv2d(1, 6, (3, 5), stride=2), "Conv2d(1, 6, kernel_size=(3, 5), stride=2)"),
        (nn.Conv2d(1, 1, 3, dilation=(2, 2)), "Conv2d(1, 1, kernel_size=3, dilation=2)"),
        (
            nn.ConvTranspose2d(1, 1, 3, stride=2, output_padding=1),
            "ConvTranspose2d(1, 1, kernel_size=3, stride=2, output_padding=1)",
        ),
        (nn.MaxPool2d(2), "MaxPool2d(kernel_size=2)"),
        (nn.MaxPool2d(3, stride=2, padding=1), "MaxPool2d(kernel_size=3, stride=2, padding=1)"),
        (nn.MaxPool2d(2, stride=1), "MaxPool2d(kernel_size=2, stride=1)"),
        (nn.AvgPool2d((1, 2)), "AvgPool2d(kernel_size=(1, 2))"),
        (nn.AdaptiveAvgPool2d((1, 1)), "AdaptiveAvgPool2d(output_size=1)"),
        (nn.Dropout(), "Dropout()"),
        (nn.Dropout(0.2), "Dropout(p=0.2)"),
        (nn.BatchNorm2d(1), "BatchNorm2d(1)"),
        (nn.ReLU(inplace=True), "ReLU()"),
        (nn.Upsample(scale_factor=2), "Upsample(scale_factor=2.0)"),
    ],
    ids=str,
)
def test_a_layer_is_called_in_short_without_pytorchs_defaults(layer, text):
    assert summarize(layer, (1, 8, 8))[0].layer == text


class Tricky(nn.Module):
    """One layer called twice, one never; a token of its own; tuples, dicts and keywords."""

    def __init__(self):
        super().__init__()
        self.token = nn.Parameter(torch.zeros(1, 1, 4))
        self.step = nn.Linear(4, 4)
        self.lstm = nn.LSTM(4, 3, batch_first=True)
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)
        self.for_training = nn.Linear(4, 9)

    def forward(self, x):
        x = x.flatten(2).transpose(1, 2)  # (N, C, H, W) -> (N, H·W, C)
        x = torch.cat([self.token.expand(len(x), -1, -1), x], dim=1)
        x = self.step(self.step(x))
        x, _ = self.attention(query=x, key=x, value=x)
        return {"states": self.lstm(x), "name": "tricky"}


def test_all_parameters_are_in_a_row_and_in_one_only():
    model = Tricky()
    summary = summarize(model, (4, 2, 3))
    lstm = 4 * 3 * (4 + 3) + 2 * 4 * 3
    assert [(*row[:1], *row[2:]) for row in summary] == [
        ("token", (), (1, 1, 4), 4, 0),
        ("step", (1, 7, 4), (1, 7, 4), 20, 7 * 16),
        ("step", (1, 7, 4), (1, 7, 4), 0, 7 * 16),
        ("attention", (1, 7, 4), (1, 7, 4), 4 * 20, 0),
        ("lstm", (1, 7, 4), (1, 7, 3), lstm, 0),
        ("for_training", (), (), 45, 0),
    ]
    assert summary.parameters == sum(p.numel() for p in model.parameters())
    assert "for_training  Linear(4, 9)  " in repr(summary)


def test_tied_weights_and_parametrized_layers_are_counted_once():
    first, second = nn.Linear(4, 4), nn.Linear(4, 4)
    second.weight = first.weight
    assert [row.parameters for row in summarize(nn.Sequential(first, second), (2, 4))] == [20, 4]
    normed = nn.utils.parametrizations.weight_norm(nn.Conv2d(2, 3, 3))
    (row,) = summarize(nn.Sequential(normed), (2, 5, 5))
    assert (row.parameters, row.multiplications) == (3 * 2 * 9 + 3 + 3, 3 * 9 * 18)


def test_a_segmentation_network_that_returns_a_dict_is_summarized():
    with torch.device("meta"):
        model = torchvision.models.segmentation.lraspp_mobilenet_v3_large(
            weights=None, weights_backbone=None
        )
    summary = summarize(model, (3, 64, 64))
    assert summary.parameters == sum(p.numel() for p in model.parameters())
    assert summary[-1].name == "classifier.high_classifier"
    assert summary[-1].output_shape == (1, 21, 8, 8)


def test_a_vision_transformers_token_and_positions_have_rows_of_their_own():
    with torch.device("meta"):
        model = torchvision.models.vit_b_16()
    own = [row[:5] for row in summarize(model, (3, 224, 224)) if row.layer == "Parameter"]
    assert own == [
        ("class_token", "Parameter", (), (1, 1, 768), 768),
        ("encoder.pos_embedding", "Parameter", (), (1, 197, 768), 197 * 768),
    ]


def test_the_model_stays_as_it_was():
    model = nn.Sequential(small(), nn.Dropout(), nn.Linear(2, 2)).double()
    model[0][1].eval()
    model[2].weight.requires_grad_(False)
    model(torch.ones(2, 3, 5, 5, dtype=torch.float64)).sum().backward()
    seen = []
    model.register_forward_hook(lambda *_: seen.append("forward"))
    model[2].register_forward_pre_hook(lambda *_: seen.append("before"))
    kept = [model, *model.modules()]

    def state():
        return (
            [id(module) for module in model.modules()],
            [module.training for module in model.modules()],
            [len(module._forward_hooks) + len(module._forward_pre_hooks) for module in kept],
            [(id(p), p.requires_grad, p.device, p.dtype, id(p.grad)) for p in model.parameters()],
            [(id(b), b._version) for b in model.buffers()],
            [p._version for p in model.parameters()],
            [(name, value.tolist()) for name, value in model.state_dict().items()],
            torch.random.get_rng_state().tolist(),
        )

    before = copy.deepcopy(state())
    assert summarize(model, (3, 5, 5)).parameters == 190 + 6
    assert state() == before
    assert seen == []


def test_a_model_that_failed_stays_as_it_was_too():
    model = small()
    with pytest.raises(ValueError):
        summarize(model, (3, 9, 9))
    assert model.training
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())
    assert torch.equal(model[1].running_mean, torch.zeros(4))


def test_a_model_that_draws_random_numbers_leaves_the_next_ones_as_they_were():
    class Noise(nn.Module):
        def forward(self, x):
            return x + torch.rand(3)

    state = torch.random.get_rng_state()
    summarize(Noise(), (1, 3, 3))
    assert torch.equal(torch.random.get_rng_state(), state)


class Witness(nn.Module):
    """Notes how it is called, in itself and in `seen`."""

    def __init__(self):
        super().__init__()
        self.register_buffer("calls", torch.zeros(()))
        self.whole = nn.Parameter(torch.ones(2, dtype=torch.int64), requires_grad=False)
        self.seen = set()

    def __deepcopy__(self, memo):
        twin = copy.copy(self)
        twin.__dict__ = {k: copy.deepcopy(v, memo) for k, v in vars(self).items() if k != "seen"}
        twin.__dict__["seen"] = self.seen
        return twin

    def forward(self, x):
        self.calls += 1
        self.seen.add((self.training, torch.is_grad_enabled()))
        return x


def test_the_model_runs_in_evaluation_mode_without_gradients_and_its_buffers_do_not_notice():
    model = Witness()
    assert summarize(model, (1, 2, 2)).parameters == 2
    assert model.seen == {(False, False)}
    assert model.calls == 0
    vectors = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(4))  # refuses one vector in training
    assert summarize(vectors, (1, 2, 2))[-1].output_shape == (1, 4)


def test_a_shared_layer_has_the_first_of_its_names():
    shared = nn.Linear(4, 4)
    model = nn.Sequential(nn.Sequential(shared), nn.Sequential(shared))
    rows = [(row.name, row.parameters) for row in summarize(model, (1, 4))]
    assert rows == [("0.0", 20), ("0.0", 0)]
