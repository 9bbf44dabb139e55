"""`receptive_field` on the classifiers of torchvision and on U-Nets, against measured gradients.

All models are made on the meta device; the oracle does not need their weights.
"""

import itertools
import math
import re
import warnings

import pytest
import torch
import torchvision
from torch import nn
from torch.nn import functional as F
from torchvision.models.regnet import BlockParams

from helpers.receptive_field import receptive_field
from tests.gradient_fields import gradient_fields, hull
from tests.random_fields import DrawNetwork
from tests.random_settings import PYTORCH_WARNS, one_thread  # noqa: F401 - a fixture

pytestmark = PYTORCH_WARNS

ALL = torchvision.models.list_models(module=torchvision.models)
ATTENTION = [name for name in ALL if re.match("maxvit|swin|vit", name)]
CONVOLUTIONAL = [name for name in ALL if name not in ATTENTION]
# One of every kind, measured at many layers; the others repeat its layers.
FINE = [
    "alexnet", "convnext_tiny", "densenet121", "efficientnet_b0", "efficientnet_v2_s", "googlenet",
    "inception_v3", "mnasnet0_5", "mobilenet_v2", "mobilenet_v3_small", "regnet_x_400mf",
    "regnet_y_400mf", "resnet18", "resnet50", "shufflenet_v2_x0_5", "squeezenet1_0",
    "squeezenet1_1", "vgg11", "vgg16",
]  # fmt: skip
# A squeeze-and-excitation gate sees the whole image, and so does all that follows.
GATED = "efficientnet", "mobilenet_v3", "regnet_y"


@pytest.fixture(scope="module")
def zoo():
    """Makes a model on the meta device."""
    from_init_params = BlockParams.from_init_params

    def on_the_cpu(*args, **kwargs):  # RegNet's builder computes its widths with tensors
        with torch.device("cpu"):
            return from_init_params(*args, **kwargs)

    def make(name):
        settings = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
        with warnings.catch_warnings(), torch.device("meta"):
            warnings.simplefilter("ignore")
            return torchvision.models.get_model(name, weights=None, **settings).eval()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BlockParams, "from_init_params", on_the_cpu)
        yield make


def maps_in(model, input_size):
    """Names of the convolutions and of the stages in the order of their calls, without gates."""
    names = {"convolutions": [], "stages": []}
    handles = []
    for name, module in model.named_modules():
        kind = "convolutions" if isinstance(module, nn.Conv2d) else "stages"
        if kind == "convolutions" or 0 < name.count(".") + 1 <= 2 and list(module.children()):
            def called(module, args, y, name=name, kind=kind):
                if isinstance(y, torch.Tensor) and y.ndim == 4 and y.shape[2] > 1:
                    names[kind].append(name)
            handles.append(module.register_forward_hook(called))
    model(torch.zeros(1, *input_size, device="meta"))
    for handle in handles:
        handle.remove()
    return names


def row_of(table, name):
    """The layer's row, or the last one of a stage."""
    rows = [row for row in table if re.match(rf"{re.escape(name)}($|[.:])", row.name)]
    return rows[-1]


def top(padding):
    while isinstance(padding, tuple):
        padding = padding[0]
    return padding


# -- the oracle itself -----------------------------------------------------------------------------


def test_the_oracle_finds_fields_known_by_hand():
    def ends(*layers, size=20, units=lambda sizes: [(u,) for u in range(sizes[0])]):
        fields = gradient_fields(nn.Sequential(*layers), (1, size), units)[""][1]
        return [field and field[0] for field in fields]

    assert ends(nn.Conv1d(1, 2, 3), nn.Conv1d(2, 1, 3), size=7) == [(0, 4), (1, 5), (2, 6)]
    assert ends(nn.Conv1d(1, 1, 3, 2, 1, dilation=2), size=6) == [(1, 3), (1, 5)]
    pool = nn.MaxPool1d(3, 2, 1, ceil_mode=True)
    assert ends(pool, size=6) == [(0, 1), (1, 3), (3, 5), (5, 5)]
    assert ends(nn.MaxPool1d(2, dilation=3), size=8) == [(0, 3), (2, 5), (4, 7)]
    assert ends(nn.ConvTranspose1d(1, 1, 1, 2), size=2) == [(0, 0), None, (1, 1)]
    assert ends(nn.Conv1d(1, 1, 1, padding=1), size=2) == [None, (0, 0), (1, 1), None]
    assert ends(nn.Conv1d(1, 1, 3, padding=1), nn.GroupNorm(1, 1), size=5) == [(0, 4)] * 5


def every_unit(sizes):
    return list(itertools.product(*map(range, sizes)))


def sees_by_nan(model, input_size):
    """{unit: interval} without gradients: put a NaN into one pixel and see where it comes out."""
    pixels = math.prod(input_size[1:])
    x = torch.rand(pixels, *input_size, dtype=torch.float64)
    marks = torch.eye(pixels, dtype=torch.bool).view(pixels, 1, *input_size[1:])
    y = model(x.masked_fill(marks, math.nan)).isnan().any(1)
    seen = y.flatten(1).T.view(-1, *input_size[1:])  # (unit, pixels of the input)
    return [hull(mask) for mask in seen]


def test_the_oracle_agrees_with_a_nan_that_travels_through_the_network():
    """With its own random weights and maxima, of which the oracle uses nothing."""
    kinds = "conv conv pool transposed adaptive pad mixed join".split()
    for seed in range(60):
        model, size = DrawNetwork(seed).network(3, (9, 10), 16, kinds)
        _, measured = gradient_fields(model, size, every_unit)[""]
        assert measured == sees_by_nan(model, size), model


# -- the zoo ---------------------------------------------------------------------------------------


def test_the_fine_ones_are_of_every_family():
    def families(names):
        return {torchvision.models.get_model_builder(name).__module__ for name in names}

    assert families(FINE) == families(CONVOLUTIONAL)
    assert len(CONVOLUTIONAL) >= 68 and len(CONVOLUTIONAL) + len(ATTENTION) == len(ALL)


def corners_and_centre(sizes):
    height, width = sizes
    return [(0, 0), (height // 2, width // 2), (height - 1, width - 1), (0, width - 1)]


@pytest.mark.parametrize("name", FINE)
def test_units_of_many_layers_see_what_their_gradients_say(name, zoo):
    model = zoo(name)
    size = (3, 299, 299) if name == "inception_v3" else (3, 224, 224)
    names = maps_in(model, size)
    convolutions = names["convolutions"]
    some = {*convolutions[:3], *convolutions[:: 1 + len(convolutions) // 9], convolutions[-1]}
    table = receptive_field(model, size)
    for layer, (shape, fields) in gradient_fields(
        model, size, corners_and_centre, sorted(some | set(names["stages"]))
    ).items():
        row = row_of(table, layer)
        assert tuple(row.output_shape)[-3:] == shape, layer
        assert row.problem == "" and not row.notes, layer
        found = [row.interval(unit) for unit in corners_and_centre(shape[1:])]
        assert found == fields, layer


@pytest.mark.parametrize("name", CONVOLUTIONAL)
def test_size_stride_and_padding_of_the_last_convolution_are_the_measured_ones(name, zoo):
    """On an input so tall that two units in the middle see no border."""
    model, width = zoo(name), 80
    for height in (512, 1024, 2048, 4096):
        size = (3, height, width)
        last = maps_in(model, size)["convolutions"][-1]

        def middle(sizes):
            return [(sizes[0] // 2, sizes[1] // 2), (sizes[0] // 2 + 1, sizes[1] // 2)]

        shape, (upper, lower) = gradient_fields(model, size, middle, [last])[last]
        if name.startswith(GATED) or upper[0][0] > 0 and lower[0][1] < height - 1:
            break
    row = receptive_field(model, size)[last]
    if name.startswith(GATED):
        assert upper == lower == ((0, height - 1), (0, width - 1))
        assert row.everything and row.size == math.inf
        return
    (first, end), (first_below, end_below) = upper[0], lower[0]
    stride = first_below - first
    assert 0 < first and end_below < height - 1 and end_below - end == stride
    assert (row.size, row.stride) == (end - first + 1, stride)
    assert top(row.padding) == stride * (shape[1] // 2) - first
    assert [row.interval(unit) for unit in middle(shape[1:])] == [upper, lower]
    assert row.sizes == (row.size, row.size) and row.period == 1 and not row.everything


@pytest.mark.parametrize("name", [n for n in FINE if not n.startswith("squeezenet")])
def test_the_classes_see_everything(name, zoo):
    size = (3, 299, 299) if name == "inception_v3" else (3, 224, 224)
    row = receptive_field(zoo(name), size)[-1]
    assert row.everything and row.size == math.inf and row.problem == ""


@pytest.mark.parametrize("name", ATTENTION)
def test_attention_gets_a_sentence_and_no_number(name, zoo):
    table = receptive_field(zoo(name), (3, 224, 224))
    row = table[-1]
    assert row.size is None and row.stride is None
    first = next(row for row in table if row.problem)
    assert row.problem == first.problem and row.problem.endswith(".")
    assert "attention" in row.problem or "VisionTransformer" in row.problem
    assert table[0].problem == "" and table[0].size in (3, 4, 14, 16, 32)  # the patches, or a stem


# -- U-Nets ----------------------------------------------------------------------------------------


class SmallUNet(nn.Module):
    """Ronneberger et al. 2015, with two channels: depth 4, its 3×3 layers in pairs."""

    def __init__(self, padding, depth=4):
        super().__init__()
        def double(channels):
            return nn.Sequential(nn.Conv2d(channels, 2, 3, padding=padding), nn.ReLU(),
                                 nn.Conv2d(2, 2, 3, padding=padding), nn.ReLU())  # fmt: skip
        self.down = nn.ModuleList([double(1), *(double(2) for _ in range(depth))])
        self.up = nn.ModuleList([nn.ConvTranspose2d(2, 2, 2, 2) for _ in range(depth)])
        self.after = nn.ModuleList([double(4) for _ in range(depth)])

    def forward(self, x):
        kept = []
        for layer in self.down[:-1]:
            kept.append(layer(x))
            x = F.max_pool2d(kept[-1], 2)
        x = self.down[-1](x)
        for up, after, skip in zip(self.up, self.after, reversed(kept)):
            x = up(x)
            border = (skip.shape[2] - x.shape[2]) // 2, (skip.shape[3] - x.shape[3]) // 2
            skip = skip[:, :, border[0] :, border[1] :][:, :, : x.shape[2], : x.shape[3]]
            x = after(torch.cat([skip, x], 1))
        return x


@pytest.mark.parametrize(("padding", "size"), [(0, 572), (1, 512)])
def test_the_original_u_net_sees_188_or_204_pixels_with_period_16(padding, size):
    model = SmallUNet(padding)
    size = (1, size, size)
    shape, _ = gradient_fields(model, size, lambda sizes: [(0, 0)])[""]
    units = [(shape[1] // 2 + n, shape[2] // 2) for n in range(48)]
    _, measured = gradient_fields(model, size, lambda sizes: units)[""]
    heights = [last - first + 1 for (first, last), _ in measured]
    assert set(heights) == {188, 204} and heights[:16] == heights[16:32] == heights[32:]
    assert all(heights[period:] != heights[:-period] for period in range(1, 16))
    row = receptive_field(model, size)[-1]
    assert [row.interval(unit) for unit in units] == measured
    assert (row.size, row.sizes, row.period) == (204, (188, 204), 16)
    assert row.stride == 1 and not row.everything and row.problem == ""
