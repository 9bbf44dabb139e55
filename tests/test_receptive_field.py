"""receptive_field: numbers by hand and from papers, the table, and what it leaves alone."""

import copy
import math
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import helpers
from helpers import receptive_field

torchvision = pytest.importorskip("torchvision")


def conv(kernel_size=3, channels=1, **settings):
    return nn.Conv2d(channels, channels, kernel_size, **settings)


def network(name):
    settings = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    with torch.device("meta"):
        return getattr(torchvision.models, name)(**settings)


class UNet(nn.Module):
    """Ronneberger et al. 2015, with two channels: four levels, two 3×3 layers on each."""

    def __init__(self, padding):
        super().__init__()

        def block(channels):
            layers = nn.Conv2d(channels, 2, 3, padding=padding), nn.Conv2d(2, 2, 3, padding=padding)
            return nn.Sequential(*layers)

        self.down = nn.ModuleList([block(1), *(block(2) for _ in range(4))])
        self.up = nn.ModuleList([nn.ConvTranspose2d(2, 2, 2, stride=2) for _ in range(4)])
        self.out = nn.ModuleList([block(4) for _ in range(4)])

    def forward(self, x):
        skips = []
        for down in self.down[:4]:
            skips.append(down(x))
            x = F.max_pool2d(skips[-1], 2)
        x = self.down[4](x)
        for up, out in zip(self.up, self.out):
            x, skip = up(x), skips.pop()
            edge = (skip.shape[2] - x.shape[2]) // 2
            skip = skip[:, :, edge : edge + x.shape[2], edge : edge + x.shape[3]]
            x = out(torch.cat([skip, x], 1))
        return x


# -- known numbers -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "layer", "size", "stride"),
    [  # AlexNet, VGG16, Inception: Araujo et al. 2019; the ResNets by the recurrence
        ("alexnet", "features", 195, 32),
        ("vgg16", "features", 212, 32),
        ("resnet18", "layer4", 435, 32),
        ("resnet50", "layer4", 427, 32),
        ("inception_v3", "Mixed_7c", 1311, 32),
    ],
)
def test_networks_have_the_published_fields(name, layer, size, stride):
    side = 299 if name == "inception_v3" else 224
    row = receptive_field(network(name), (3, side, side))[layer]
    assert (row.size, row.stride, row.problem) == (size, stride, "")


@pytest.mark.parametrize(("padding", "side"), [(0, 572), (1, 256)])
def test_the_field_of_a_u_net_depends_on_the_position(padding, side):
    last = receptive_field(UNet(padding), (1, side, side))[-1]
    assert last.sizes == (188, 204)
    assert (last.size, last.period, last.stride) == (204, 16, 1)
    assert last.padding == (0 if padding == 0 else 94)
    assert "188–204, period 16" in repr(last)


def test_dilated_layers_see_twice_as_far_each():
    layers = [nn.Conv1d(1, 1, 3, dilation=d, padding=d) for d in (1, 2, 4, 8)]
    table = receptive_field(nn.Sequential(*layers), (1, 64))
    assert [row.size for row in table] == [3, 7, 15, 31]
    assert [row.stride for row in table] == [1] * 4
    assert [row.padding for row in table] == [1, 3, 7, 15]
    assert table[-1].interval(20) == (5, 35)


def test_the_recurrences_hold_layer_by_layer():
    model = nn.Sequential(conv(3, padding=1), nn.MaxPool2d(2), conv(3, stride=2, padding=1), conv())
    table = receptive_field(model, (1, 32, 32))
    assert [row.size for row in table] == [3, 4, 8, 16]
    assert [row.stride for row in table] == [1, 2, 4, 4]
    assert [row.padding for row in table] == [1, 1, 3, 3]


def test_axes_may_differ():
    model = nn.Sequential(conv((3, 5), stride=(1, 2), padding=(0, 1)), conv((1, 3)))
    row = receptive_field(model, (1, 20, 30))[-1]
    assert (row.size, row.stride, row.padding) == ((3, 9), (1, 2), (0, 1))
    assert row.interval((4, 0)) == ((4, 6), (0, 7))
    assert row.interval((4, 0), clipped=False) == ((4, 6), (-1, 7))


def test_padding_on_one_side_is_a_pair():
    causal = nn.Sequential(nn.ConstantPad1d((2, 0), 0.0), nn.Conv1d(1, 1, 3))
    row = receptive_field(causal, (1, 10))[-1]
    assert (row.size, row.padding) == (3, (2, 0))
    assert [row.interval(i) for i in (0, 1, 9)] == [(0, 0), (0, 1), (7, 9)]
    row = receptive_field(nn.Sequential(nn.ZeroPad2d((0, 1, 2, 0)), conv()), (1, 9, 9))[-1]
    assert row.padding == ((2, 0), (0, 1))


def test_pixels_that_a_stride_drops_do_not_change_the_padding():
    row = receptive_field(conv(3, stride=2, padding=1), (1, 8, 8))[-1]
    assert row.padding == 1
    assert row.interval((3, 3)) == ((5, 7), (5, 7))


def test_a_global_pool_sees_everything_and_a_large_kernel_does_not():
    head = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1, 2)
    table = receptive_field(nn.Sequential(conv(3, padding=1), *head), (1, 8, 8))
    assert [row.everything for row in table] == [False, True, True, True]
    assert (table[-1].size, table[-1].stride, table[-1].interval((0, 0))) == (
        math.inf, None, ((0, 7), (0, 7)),
    )  # fmt: skip
    large = receptive_field(conv(31, padding=15), (1, 8, 8))[-1]
    assert (large.size, large.everything) == (31, False)
    assert large.interval((4, 4)) == ((0, 7), (0, 7))


def test_squeeze_and_excitation_sees_everything_from_its_gate_on():
    table = receptive_field(network("mobilenet_v3_small"), (3, 224, 224))
    names = [row.name for row in table]
    first = names.index("features.1.block.1.avgpool")
    assert not any(row.everything for row in list(table)[:first])
    assert table["features.1.block.1: mul"].everything and table["features.12"].everything


def test_normalizing_over_space_sees_everything_but_over_channels_does_not():
    assert receptive_field(nn.GroupNorm(1, 2), (2, 5, 5))[-1].everything
    assert receptive_field(nn.InstanceNorm2d(2), (2, 5, 5))[-1].everything
    assert receptive_field(nn.LayerNorm(5), (2, 4, 5))[-1].size == (1, math.inf)
    assert receptive_field(nn.BatchNorm2d(2), (2, 5, 5))[-1].size == 1
    assert receptive_field(nn.Softmax2d(), (2, 5, 5))[-1].size == 1


def test_functions_between_layers_have_rows():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(2, 1, 5, 5))
            self.a, self.b = nn.Conv2d(2, 2, 3, padding=1), nn.Conv2d(2, 2, 1)

        def forward(self, x):
            x = F.relu(F.conv2d(x, self.weight, padding=2))
            x = F.relu(self.a(x) + self.b(x))
            return F.interpolate(x, scale_factor=2).mean((2, 3))

    table = receptive_field(Net(), (1, 8, 8))
    assert [row.name for row in table] == ["conv", "a", "b", "add", "interpolate", "mean"]
    assert [row.size for row in table] == [5, 7, 5, 7, 7, math.inf]
    assert table["add"].layer == "add(a, b)"
    assert not any(row.notes for row in table)


# -- the table -----------------------------------------------------------------------------------


def test_rows_are_found_by_number_name_and_block():
    table = receptive_field(network("resnet18"), (3, 64, 64))
    assert table[0].name == table["conv1"].name == "conv1"
    assert table["layer1"].name == "layer1.1.relu"
    assert table["layer1.0.conv2"].size == 27  # 7, then 3, 3 and 3 wide in steps of 2, 4 and 4
    with pytest.raises(KeyError, match=r"no layer 'layer5'\. Use 'layer"):
        table["layer5"]


def test_the_table_can_be_read():
    lines = repr(receptive_field(nn.Sequential(conv(3, padding=1), nn.Flatten(), nn.Linear(16, 2)),
                                 (1, 4, 4))).splitlines()  # fmt: skip
    assert lines[0] == "Receptive fields of Sequential on an input of shape (1, 1, 4, 4)"
    assert lines[1].split() == ["name", "layer", "output", "size", "stride", "padding"]
    assert lines[2].split()[-3:] == ["3", "1", "1"]
    assert lines[4].split()[-3:] == ["everything", "–", "–"]
    assert receptive_field(conv(), (1, 9, 9))._repr_html_().count("<tr>") == 2


def test_branches_that_do_not_line_up_are_named():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.left, self.right = conv(3), conv(5)

        def forward(self, x):
            y, z = self.left(x), self.right(x)
            return y[:, :, : z.shape[2], : z.shape[3]] + z

    table = receptive_field(Net(), (1, 16, 16))
    assert [row.name for row in table] == ["left", "right", "slice", "add"]
    assert table["add"].size == 5
    (note,) = table["add"].notes
    assert note == (
        'the branches "left" and "right" do not line up: '
        "the centres of their fields lie 1 pixel apart along the height and the width"
    )
    assert "do not line up" in repr(table) and "do not line up" in table._repr_html_()


# -- what it leaves alone ------------------------------------------------------------------------


def test_the_model_stays_as_it_is():
    model = nn.Sequential(conv(3), nn.BatchNorm2d(1), nn.Dropout(0.5)).train()
    calls = []
    model[0].register_forward_hook(lambda *_: calls.append(1))
    before, random = copy.deepcopy(model.state_dict()), torch.get_rng_state()
    receptive_field(model, (1, 9, 9))
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())
    assert model.training and model[1].training and not calls
    assert len(model[0]._forward_hooks) == 1 and not model._forward_pre_hooks
    assert model[0].weight.device.type == "cpu" and model[0].weight.requires_grad
    assert torch.equal(torch.get_rng_state(), random)


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_any_dtype_will_do(kind):
    assert receptive_field(conv().to(kind), (1, 9, 9))[-1].size == 3


@pytest.mark.parametrize(
    ("shape", "names"),
    [((1, 9, 9), ["height", "width"]), ((4, 1, 9, 9), ["height", "width"])],
)
def test_the_batch_may_be_left_out(shape, names):
    row = receptive_field(conv(), shape)[-1]
    assert [axis.name for axis in row.axes] == names and row.size == 3


def test_sequences_and_volumes_work_alike():
    for shape in ((1, 9), (1, 1, 9)):
        row = receptive_field(nn.Conv1d(1, 1, 3), shape)[-1]
        assert (row.size, row.interval(2), row.axes[0].name) == (3, (2, 4), "length")
    row = receptive_field(nn.Conv3d(1, 1, (1, 3, 5)), (1, 1, 9, 9, 9))[-1]
    assert (row.size, [axis.name for axis in row.axes]) == ((1, 3, 5), ["depth", "height", "width"])


@pytest.mark.parametrize(
    "first",
    [
        "import helpers.receptive_field",
        "from helpers.receptive_field import receptive_field",
        "pass",
    ],
)
def test_the_name_is_a_function_whatever_was_imported_first(first):
    code = f"""
import helpers, torch
{first}
from helpers import receptive_field as call
from helpers.receptive_field import receptive_field as function
model = torch.nn.Conv2d(1, 1, 3)
for f in (call, function, helpers.receptive_field, helpers.receptive_field.receptive_field):
    assert f(model, input_size=(1, 9, 9))[0].size == 3
"""
    root = Path(helpers.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root)
    assert done.returncode == 0, done.stderr
