"""ResidualExplorer in Python: the block is torchvision's, counts are PyTorch's, gradients autograd's; refusals teach."""

import re

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torchvision.models.resnet import BasicBlock, Bottleneck

from helpers import ResidualExplorer, summarize
from helpers.widgets import residual_torch
from helpers.widgets.residual_cases import RESIDUAL_CASES, SIGNAL
from helpers.widgets.residual_parts import SETTINGS
from tests.random_blocks import draw_block, draw_signal
from tests.random_settings import one_thread  # noqa: F401 (a fixture)

# -- the real block --------------------------------------------------------------------------------


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("kind", ["basic", "bottleneck"])
@pytest.mark.parametrize("channels", [(16, 16), (8, 16)])
def test_the_block_is_torchvisions_with_the_same_weights(kind, channels, stride):
    fits = stride == 1 and channels[0] == channels[1]
    explorer = ResidualExplorer(
        block=kind, skip="identity" if fits else "projection", stride=stride, in_channels=channels[0],
        out_channels=channels[1],
    )  # fmt: skip
    names = {"nn": nn, "BasicBlock": BasicBlock, "Bottleneck": Bottleneck}
    torch.manual_seed(stride)
    theirs = eval(explorer.code, names)
    ours = explorer.to_torch()
    assert [*ours.state_dict()] == [*theirs.state_dict()]
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(3, channels[0], 9, 8)
    for mode in (True, False):
        assert torch.equal(ours.train(mode)(x), theirs.train(mode)(x))


def test_random_blocks_have_the_shapes_and_costs_that_summarize_finds():
    rng = np.random.default_rng(0)
    for _ in range(60):
        settings = draw_block(rng)
        explorer = ResidualExplorer(**settings)
        model = explorer.to_torch()
        table = summarize(model, (settings["in_channels"], *settings["input_size"]))
        assert (table.parameters, table.multiplications) == (explorer.parameters, explorer.multiplications)
        shapes = [shape for name, shape in explorer.shapes.items() if name not in ("x", "add")]
        assert sorted(row.output_shape[1:] for row in table) == sorted(shapes)
        y = model(torch.zeros(2, settings["in_channels"], *settings["input_size"]))
        assert [*explorer.shapes.values()][-1] == y.shape[1:]
        explorer.close()


def test_the_layers_of_the_code_compute_what_the_block_computes():
    rng = np.random.default_rng(1)
    seen = 0
    while seen < 25:
        explorer = ResidualExplorer(**draw_block(rng))
        if "\n" in explorer.code:
            seen += 1
            x = torch.randn(2, explorer.in_channels, *explorer.input_size)
            names = {"nn": nn, "torch": torch, "x": x}
            *layers, result = explorer.code.split("\n")
            exec("\n".join(layers), names)
            model = explorer.to_torch()
            made = [names["branch"], *([names["downsample"]] if "downsample" in names else [])]
            copied = [p for part in made for p in part.parameters()]
            assert sum(p.numel() for p in copied) == explorer.parameters
            for ours, theirs in zip(model.parameters(), _in_our_order(model, *made), strict=True):
                ours.data.copy_(theirs.data)
            exec(result, names)
            assert torch.allclose(model(x), names["y"], atol=1e-5)
        explorer.close()


def _in_our_order(model, main, downsample=None):
    """The parameters of branch and of downsample, as the model lists its own."""
    layers = [layer for layer in main if not isinstance(layer, nn.ReLU)]
    names = [name for name, kind, lane, _ in model.parts if lane == "main" and kind in ("conv", "norm")]
    found = {name: list(layer.parameters()) for name, layer in zip(names, layers, strict=True)}
    found["downsample"] = list(downsample.parameters()) if downsample else []
    return [p for name, _ in model.named_children() for p in found.get(name, [])]


def test_the_numbers_of_the_paper():
    basic = ResidualExplorer(in_channels=256, out_channels=256)
    bottleneck = ResidualExplorer.case("bottleneck 256")
    weights = [sum(p.numel() for p in e.to_torch().parameters() if p.ndim == 4) for e in (basic, bottleneck)]
    assert weights == [1_179_648, 69_632]
    assert (basic.parameters, bottleneck.parameters) == (1_179_648 + 4 * 256, 69_632 + 4 * 64 + 2 * 256)
    assert bottleneck.multiplications == 69_632 * 56**2


# -- the signal ------------------------------------------------------------------------------------


def test_the_signal_can_be_checked_by_hand():
    explorer = ResidualExplorer(norm=False)
    values, gradients = explorer.values, explorer.gradients
    assert values["x"].tolist() == SIGNAL == explorer.input.tolist()
    x = np.array(SIGNAL)
    assert np.array_equal(values["conv1"], x - np.pad(x, ((0, 0), (1, 0)))[:, :-1])  # less the left neighbour
    assert values["conv2"][1, 1] == 0 + 2 - 1 - 1  # relu1 above, here, minus below; the bias
    assert values["add"][1, 1] == 0 + 3 and values["relu2"][0, 1] == max(0, -3 + 1)
    assert gradients["relu2"].sum() == 1 == gradients["conv2"][1, 1]
    assert np.array_equal(gradients["add"], gradients["conv2"])  # two equal copies
    assert [gradients["relu1"][r, 1] for r in range(4)] == [1, 1, -1, 0]
    assert [gradients["conv1"][r, 1] for r in range(4)] == [0, 1, -1, 0]  # the gate above is closed
    assert gradients["skip"].tolist() == gradients["add"].tolist()
    assert explorer.gradient[1].tolist() == [-1, 1 + 1, 0, 0]


def test_values_and_gradients_are_those_of_the_layer():
    rng = np.random.default_rng(2)
    for _ in range(60):
        settings, x, cell = draw_signal(rng)
        explorer = ResidualExplorer(**settings, input=x, pinned=cell)
        tensor = torch.tensor(x)[None, None].requires_grad_()
        y = explorer.layer(tensor)
        assert torch.equal(y[0, 0], torch.tensor(explorer.output))
        (y.sum() if cell is None else y[0, 0, cell[0], cell[1]]).backward()
        assert np.allclose(explorer.gradient, tensor.grad[0, 0].numpy(), atol=1e-12)
        parts = explorer.gradients
        assert np.allclose(parts["x"], parts["F"] + parts["skip"], atol=1e-12)
        if settings["skip"] == "none":
            assert not parts["skip"].any()
        explorer.close()


def test_the_norm_uses_the_statistics_of_the_signal_itself():
    values = ResidualExplorer().values
    v = values["conv1"]
    assert np.allclose(values["bn1"], (v - v.mean()) / np.sqrt(v.var() + 1e-5))


# -- many blocks -----------------------------------------------------------------------------------


def mulberry32(seed):
    """The generator as its author wrote it, in whole numbers."""
    mask = 2**32 - 1
    while True:
        seed = (seed + 0x6D2B79F5) & mask
        t = ((seed ^ seed >> 15) * (seed | 1)) & mask
        t = ((t + ((t ^ t >> 7) * (t | 61) & mask)) & mask) ^ t
        yield (t ^ t >> 14) / 2**32


@pytest.mark.parametrize("seed", [0, 7, 2**32 - 1])
def test_the_normal_numbers_are_mulberry32_and_box_mullers(seed):
    uniform = mulberry32(seed)
    expected = [
        np.sqrt(-2 * np.log(1 - next(uniform))) * np.cos(2 * np.pi * next(uniform)) for _ in range(50)
    ]
    assert np.allclose(residual_torch.normals(seed, 50), expected, rtol=1e-12)
    many = residual_torch.normals(seed, 40_000)
    assert abs(many.mean()) < 0.02 and abs(many.std() - 1) < 0.02


@pytest.mark.parametrize("skip", ["with skip", "without skip"])
def test_the_norms_are_those_of_a_plain_loop(skip):
    """Basic blocks of 4 channels on 4×4, written out with functions."""
    numbers = torch.tensor(residual_torch.normals(3, 128 + 4 * (2 * 144 + 16)))
    x, g = (v / v.square().mean().sqrt() for v in numbers[:128].reshape(2, 1, 4, 4, 4))
    x.requires_grad_()
    values = [x]
    for n in range(4):
        block = numbers[128 + 304 * n : 128 + 304 * (n + 1)]
        y = values[-1]
        for m in range(2):
            weight = block[144 * m : 144 * (m + 1)].reshape(4, 4, 3, 3) * 1.3 * (2 / 36) ** 0.5
            y = F.batch_norm(F.conv2d(F.pad(y, (1, 1, 1, 1), mode="circular"), weight), None, None, training=True)
            y = y.relu() if m == 0 else y
        values.append((y + values[-1] if skip == "with skip" else y).relu())
    gradients = torch.autograd.grad(values[-1], values, g)
    found = ResidualExplorer(blocks=4, scale=1.3, seed=3).norms
    for kind, expected in (("signal", values), ("gradient", gradients)):
        assert np.allclose(found[kind][skip], [float(t.detach().square().mean().sqrt()) for t in expected])


def test_what_the_depth_view_is_for():
    """Small weights: the plain signal and gradient vanish. Norms: the plain gradient explodes, with skips far less."""
    for seed in (0, 1):
        plain = ResidualExplorer(norm=False, scale=0.7, seed=seed).norms
        for kind, end in (("signal", -1), ("gradient", 0)):
            assert plain[kind]["without skip"][end] < 1e-4
            assert 1 < plain[kind]["with skip"][end] < 100
        normed = ResidualExplorer(seed=seed, blocks=30).norms["gradient"]
        assert normed["without skip"][0] > 100 * normed["with skip"][0] > 1000
        wild = ResidualExplorer(norm=False, seed=seed, blocks=30).norms["signal"]
        assert wild["with skip"][-1] > 100 and wild["without skip"][-1] < 1  # skips alone do not tame it


# -- refusals ----------------------------------------------------------------------------------------

REFUSALS = [
    ({"stride": 2}, "keeps its stride. stride=2: x has shape (64, 56, 56), F(x) has (64, 28, 28), and an identity adds "
     "equal shapes. Use skip='projection', or stride=1 and equal channels; both in one step: "
     "widget.set(stride=2, skip='projection')."),
    ({"out_channels": 128}, "in_channels=64 but out_channels=128: x has shape (64, 56, 56), F(x) has (128, 56, 56)"),
    ({"stride": 3}, "ResidualExplorer.stride: a residual block has stride 1 or 2, got 3."),
    ({"in_channels": 0}, "ResidualExplorer.in_channels: expected 1 to 4096, got 0."),
    ({"input_size": 2000}, "ResidualExplorer.input_size: at most 1024, got 2000."),
    ({"block": "bottleneck", "in_channels": 6, "out_channels": 6}, "out_channels=6 is no multiple of 4. Use "
     "out_channels=8."),
    ({"part": "conv3"}, "ResidualExplorer.part: this block has no 'conv3'. It has: x, conv1, bn1, relu1, conv2, bn2, "
     "add, relu2; or None."),
    ({"pinned": (4, 0)}, "expected None or (row, column) of the signal's output, which is 4×4; got (4, 0)."),
    ({"input": np.ones((2, 4))}, "expected 3 to 6 rows and columns, small enough to be written out; got shape (2, 4)."),
    ({"step": 16}, "ResidualExplorer.step: expected None or 0 to 15, got 16."),
    ({"blocks": 51}, "ResidualExplorer.blocks: expected 1 to 50, got 51."),
    ({"position": 21}, "ResidualExplorer.position: expected 0 to 20, got 21."),
    ({"scale": 0.05}, "ResidualExplorer.scale: expected 0.1 to 2, got 0.05."),
    ({"seed": 2**32}, "ResidualExplorer.seed: expected an int below 2**32"),
    ({"skip": "sum"}, "skip"),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "text"), REFUSALS)
def test_a_refusal_teaches_and_changes_nothing(settings, text):
    explorer = ResidualExplorer()
    names = [name for name in ResidualExplorer.resets if name != "input"]
    before = [getattr(explorer, name) for name in names]
    with pytest.raises(ValueError, match=re.escape(text)):
        explorer.set(**settings)
    assert [getattr(explorer, name) for name in names] == before
    with pytest.raises(ValueError, match=re.escape(text)):
        ResidualExplorer(**settings)


def test_an_identity_is_refused_where_shapes_differ():
    explorer = ResidualExplorer.case("projection, 64→128, stride 2")
    with pytest.raises(ValueError, match="keeps its skip. stride=2 and in_channels=64 but out_channels=128"):
        explorer.skip = "identity"
    explorer.set(stride=1, out_channels=64, skip="identity")
    assert explorer.code == "BasicBlock(64, 64)"


def test_what_is_lost_with_another_block_is_let_go():
    explorer = ResidualExplorer(part="bn2", pinned=(3, 3), step=15, position=20)
    explorer.set(norm=False, stride=2, skip="projection", blocks=5)
    assert (explorer.part, explorer.pinned, explorer.step, explorer.position) == (None, (1, 1), None, 5)


@pytest.mark.parametrize("name", RESIDUAL_CASES)
def test_every_case_can_be_made_and_chosen(name):
    explorer = ResidualExplorer.case(name, view="signal")
    other = ResidualExplorer.case("bottleneck 256→512, stride 2")
    other.set(**RESIDUAL_CASES[name])
    assert [getattr(explorer, s) for s in SETTINGS] == [getattr(other, s) for s in SETTINGS]
    assert explorer.code == other.code and explorer.view == "signal"
    assert explorer.output.shape == ((2, 2) if "stride 2" in name else (4, 4))


def test_an_unknown_case_names_those_that_there_are():
    with pytest.raises(ValueError, match="no case 'ResNet'. There are: 'identity, 64 channels', 'proj"):
        ResidualExplorer.case("ResNet")


def test_repr_is_a_sentence():
    assert repr(ResidualExplorer()) == (
        "ResidualExplorer: a basic block with the skip identity, (64, 56, 56) → (64, 56, 56); "
        "73,984 parameters, 231,211,008 multiplications."
    )
    text = repr(ResidualExplorer(skip="none", norm=False, activation=False))
    assert "a basic block without a skip, no norm and no ReLU, (64" in text
