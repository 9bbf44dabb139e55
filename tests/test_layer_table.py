"""LayerTable from Python: shapes, costs and refusals are PyTorch's; nn.Sequential in and out."""

import numpy as np
import pytest
import torch
from torch import nn

from helpers.widgets.layer_table import LayerTable
from helpers.widgets.torch_code import conv_transpose2d_code
from tests.random_networks import draw_network, run
from tests.random_settings import one_thread  # noqa: F401 (a fixture)

CONV = {"type": "Conv2d", "in_channels": 1, "out_channels": 2, "kernel_size": 3}


@pytest.fixture
def table():
    table = LayerTable()
    yield table
    table.close()


# -- LeNet, with the numbers of the lecture ------------------------------------------------------


def test_lenet_has_its_well_known_numbers(table):
    assert table.shapes == [
        (6, 28, 28), (6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 10, 10), (16, 5, 5),
        (400,), (120,), (120,), (84,), (84,), (10,),
    ]  # fmt: skip
    assert (table.parameters, table.multiplications, table.problem) == (61_706, 416_520, None)
    said = "LayerTable: 12 layers on 1×32×32 → 10, 61,706 parameters, 416,520 multiplications."
    assert repr(table) == said
    table.layers = table.layers[:1]
    assert repr(table).startswith("LayerTable: 1 layer on 1×32×32 → 6×28×28, 156 parameters")


def test_lenet_runs_in_pytorch(table):
    net = table.to_torch()
    assert net(torch.zeros(3, 1, 32, 32)).shape == (3, 10)
    assert sum(p.numel() for p in net.parameters()) == 61_706
    assert table.code.splitlines()[:4] == [
        "nn.Sequential(", "    nn.Conv2d(1, 6, kernel_size=5),", "    nn.Tanh(),", "    nn.AvgPool2d(kernel_size=2),",
    ]  # fmt: skip
    assert repr(eval(table.code)) == repr(net)


def test_the_inception_bottleneck_saves_nine_tenths():
    direct = CONV | {"in_channels": 192, "out_channels": 32, "kernel_size": 5, "padding": 2}
    narrow = direct | {"out_channels": 16, "kernel_size": 1, "padding": 0}
    assert LayerTable([direct], (192, 28, 28)).multiplications == 120_422_400
    two = LayerTable([narrow, direct | {"in_channels": 16}], (192, 28, 28))
    assert two.multiplications == 12_443_648


# -- random networks against PyTorch -------------------------------------------------------------


def test_random_networks_are_pytorchs_and_survive_the_way_there_and_back(table):
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(1000):
        layers, input_size = draw_network(rng)
        shapes, parameters, multiplications = run(layers, input_size)
        table.set(layers=layers, input_size=tuple(input_size))
        n = len(shapes)
        assert table.shapes == [*map(tuple, shapes)] + [None] * (len(layers) - n)
        if n < len(layers):
            refused += 1
            assert table.problem.startswith(f"Layer {n}, nn.{layers[n]['type']}(")
            assert table.parameters is table.multiplications is None
            with pytest.raises(ValueError) as refusal:
                table.to_torch()
            assert str(refusal.value) == table.problem
            continue
        assert table.problem is None
        assert (table.parameters, table.multiplications) == (sum(parameters), sum(multiplications))
        net = table.to_torch().eval()
        assert net(torch.zeros(2, *input_size)).shape[1:] == table.shapes[-1]
        for again in (
            LayerTable.from_torch(net, table.input_size),
            LayerTable.from_torch(eval(table.code), table.input_size),
        ):
            assert (again.code, again.shapes) == (table.code, table.shapes)
            again.close()
    assert 200 < refused < 800


# -- misfits -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layers", "size", "problem"),
    [
        ([CONV], (3, 8, 8), "Layer 0, nn.Conv2d(1, 2, kernel_size=3): Conv2d expects 1 channels, but gets 3. Use in_channels=3."),
        ([CONV | {"kernel_size": 5}], (1, 4, 9), "along the height, a kernel of 5 covers 5 pixels, but the padded input has 4 "
         "(4 + 2·0). Use padding ≥ 1 or a smaller kernel."),
        ([{"type": "Flatten"}, {"type": "ReLU"}, {"type": "Linear", "in_features": 256, "out_features": 9}], (16, 5, 5),
         "Layer 2, nn.Linear(256, 9): Linear expects 256 features, but gets 400 = 16·5·5. Use in_features=400."),
        ([{"type": "Linear", "in_features": 400, "out_features": 9}], (16, 5, 5),
         "Linear acts on the last axis only and expects 400 there, but (16, 5, 5) has 5. Put Flatten before it."),
        ([{"type": "Linear", "in_features": 256, "out_features": 9}], (16, 5, 5), "Put Flatten before it and use in_features=400."),
        ([{"type": "Flatten"}, CONV], (1, 4, 4), "Conv2d needs (channels, height, width), but gets 16 features. Put Flatten below it."),
        ([{"type": "BatchNorm2d", "num_features": 2}], (1, 4, 4), "BatchNorm2d expects 2 channels, but gets 1. Use num_features=1."),
        ([CONV | {"groups": 2}], (1, 4, 4), "cannot both be divided into groups=2. Use groups=1, which divides both."),
        ([CONV | {"type": "ConvTranspose2d", "output_padding": 1}], (1, 4, 4), "Use output_padding ≤ 0 or a larger stride."),
        ([{"type": "MaxPool2d", "kernel_size": 2, "padding": 2}], (1, 4, 4), "Use padding ≤ 1 or kernel_size ≥ 4."),
        ([{"type": "Flatten"}, {"type": "MaxPool2d", "kernel_size": 2, "padding": 2}], (1, 4, 4), "Put Flatten below it."),
    ],
)  # fmt: skip
def test_the_first_misfit_is_told_in_numbers_with_its_repair(table, layers, size, problem):
    table.set(layers=[*layers, {"type": "ReLU"}], input_size=size)
    assert table.problem.endswith(problem)
    assert table.shapes[len(layers) - 1 :] == [None, None]
    start = f"LayerTable: {len(layers) + 1} layers on {'×'.join(map(str, size))}."
    assert repr(table) == f"{start} {table.problem}"


def test_linear_acts_on_the_last_axis_as_in_pytorch(table):
    linear = {"type": "Linear", "in_features": 5, "out_features": 9}
    table.set(layers=[linear], input_size=(16, 4, 5))
    assert (table.shapes, table.multiplications) == ([(16, 4, 9)], 16 * 4 * 5 * 9)


# -- refusals ------------------------------------------------------------------------------------

REFUSALS = [
    (dict(layers="LeNet"), "LayerTable.layers: expected a list of at most 64 dicts, got str."),
    (dict(layers=nn.Sequential()), "For an nn.Sequential there is LayerTable.from_torch."),
    (dict(layers=[{"type": "ReLU"}] * 65), "expected a list of at most 64 dicts, got 65 layers."),
    (dict(layers=["ReLU"]), "LayerTable.layers[0]: expected a dict such as {'type': 'ReLU'}, got 'ReLU'."),
    (dict(layers=[CONV, {"type": "Conv3d"}]), "LayerTable.layers[1]: there is no layer 'Conv3d' here. There are: Conv2d, ConvTr"),
    (dict(layers=[{"type": ["x"]}]), "LayerTable.layers[0]: there is no layer ['x'] here."),
    (dict(layers=[CONV | {"strides": 2}]), "Conv2d has no 'strides'. It has: in_channels, out_channels, kernel_size, stride, pad"),
    (dict(layers=[{"type": "ReLU", "p": 1}]), "ReLU has no 'p'. It has: no settings."),
    (dict(layers=[{"type": "Linear", "in_features": 3}]), "Linear needs out_features, as in {'type': 'Linear', 'in_features': 1,"),
    (dict(layers=[CONV | {"kernel_size": 0}]), "Conv2d's kernel_size is an int, or (height, width), from 1 to 1024, got 0."),
    (dict(layers=[CONV | {"stride": (1, 2, 3)}]), "Conv2d's stride is an int, or (height, width), from 1 to 1024, got (1, 2, 3)."),
    (dict(layers=[CONV | {"padding": -1}]), "Conv2d's padding is an int, or (height, width), from 0 to 1024, got -1."),
    (dict(layers=[CONV | {"padding": "same"}]), "got 'same'."),
    (dict(layers=[CONV | {"out_channels": True}]), "Conv2d's out_channels is an int from 1 to 100000000, got True."),
    (dict(layers=[CONV | {"out_channels": (1, 2)}]), "Conv2d's out_channels is an int from 1 to 100000000, got (1, 2)."),
    (dict(layers=[CONV | {"bias": 1}]), "Conv2d's bias is True or False, got 1."),
    (dict(layers=[{"type": "Dropout", "p": 2}]), "Dropout's p is a probability from 0 to 1, got 2."),
    (dict(layers=[{"type": "Dropout", "p": "0.5"}]), "Dropout's p is a probability from 0 to 1, got '0.5'."),
    (dict(layers=[{"type": "Dropout", "p": True}]), "Dropout's p is a probability from 0 to 1, got True."),
    (dict(layers=[{"type": "Upsample", "scale_factor": 2, "mode": "cubic"}]), "mode is 'nearest' or 'bilinear', got 'cubic'."),
    (dict(input_size=(1, 32)), "LayerTable.input_size: expected (channels, height, width), each an int of at least 1, the "
     "channels at most 1000000 and the sizes at most 4096, got (1, 32)."),
    (dict(input_size=(10**7, 32, 32)), "the channels at most 1000000 and the sizes at most 4096, got (10000000, 32, 32)."),
    (dict(input_size=(1, 0, 3)), "got (1, 0, 3)."),
    (dict(input_size=(1, 4097, 3)), "got (1, 4097, 3)."),
    (dict(input_size=(True, 3, 3)), "got (True, 3, 3)."),
    (dict(input_size=(1.0, 3, 3)), "got (1.0, 3, 3)."),
    (dict(input_size=32), "got 32."),
    (dict(position=12), "LayerTable.position: expected a row of 12 layers, 0 to 11; got 12."),
    (dict(layers=[], position=1), "LayerTable.position: expected 0, as there are no layers; got 1."),
    (dict(position=-1), "should not be less than 0"),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "text"), REFUSALS)
def test_a_refusal_teaches_and_changes_nothing(table, settings, text):
    before = (table.layers, table.input_size, table.position)
    with pytest.raises(ValueError) as refusal:
        table.set(**settings)
    assert text in str(refusal.value)
    assert (table.layers, table.input_size, table.position) == before
    with pytest.raises(ValueError):
        LayerTable(**settings)


# -- nn.Sequential -------------------------------------------------------------------------------


def test_nested_sequentials_are_read_in_a_row(table):
    conv = nn.Conv2d(3, 8, (3, 1), padding="same", bias=False)
    block = nn.Sequential(conv, nn.BatchNorm2d(8), nn.ReLU(inplace=True))
    net = nn.Sequential(block, nn.MaxPool2d(3, 2, 1, ceil_mode=True), nn.Sequential(nn.AdaptiveAvgPool2d((2, 1)), nn.Flatten()),
                        nn.Dropout(0.25), nn.Linear(16, 4))  # fmt: skip
    table.set(layers=[], input_size=(3, 9, 9))
    table.load(net)
    assert table.layers == [
        {"type": "Conv2d", "in_channels": 3, "out_channels": 8, "kernel_size": (3, 1), "padding": (1, 0), "bias": False},
        {"type": "BatchNorm2d", "num_features": 8},
        {"type": "ReLU"},
        {"type": "MaxPool2d", "kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True},
        {"type": "AdaptiveAvgPool2d", "output_size": (2, 1)},
        {"type": "Flatten"},
        {"type": "Dropout", "p": 0.25},
        {"type": "Linear", "in_features": 16, "out_features": 4},
    ]  # fmt: skip
    assert table.shapes[-1] == tuple(net.eval()(torch.zeros(1, 3, 9, 9)).shape[1:])
    assert table.parameters == sum(p.numel() for p in net.parameters())


@pytest.mark.parametrize(
    ("net", "text"),
    [
        (nn.ReLU(), "LayerTable reads an nn.Sequential, got ReLU. Wrap it: nn.Sequential(layer)."),
        (nn.Sequential(nn.ReLU(), nn.LSTM(1, 2)), "LayerTable cannot show layer 1, LSTM. It shows: Conv2d, ConvTranspose2d,"),
        (nn.Sequential(nn.ReLU(), nn.Sequential(nn.ReLU(), nn.Softmax(1))), "LayerTable cannot show layer 1.1, Softmax."),
        (nn.Sequential(nn.Conv2d(1, 1, 3, padding_mode="reflect")),
         "LayerTable cannot show layer 0, Conv2d: its padding_mode is 'reflect', and the table knows only 'zeros'."),
        (nn.Sequential(nn.MaxPool2d(2, dilation=2)), "MaxPool2d: its dilation is 2, and the table knows only 1."),
        (nn.Sequential(nn.AvgPool2d(2, count_include_pad=False)), "its count_include_pad is False, and the table knows only True."),
        (nn.Sequential(nn.BatchNorm2d(2, affine=False)), "its affine is False, and the table knows only True."),
        (nn.Sequential(nn.Flatten(2)), "its start_dim is 2, and the table knows only 1."),
        (nn.Sequential(nn.Conv2d(1, 1, 4, padding="same")), 'Conv2d: padding="same" is uneven for a kernel of (4, 4).'),
        (nn.Sequential(nn.Upsample(scale_factor=1.5)), "Upsample's scale_factor is an int, or (height, width), from 1 to 1024, got 1.5."),
        (nn.Sequential(nn.Upsample(size=7)), "got None."),
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_shown_is_named(table, net, text):
    before = table.layers
    with pytest.raises(ValueError) as refusal:
        table.load(net)
    assert text in str(refusal.value) and table.layers == before
    with pytest.raises(ValueError):
        LayerTable.from_torch(net)


# -- the widget ----------------------------------------------------------------------------------


def test_fewer_layers_keep_the_position_inside(table):
    table.position = 11
    table.layers = table.layers[:4]
    assert table.position == 3
    table.set(layers=table.layers[:2], position=1)
    assert table.position == 1
    table.layers = []
    assert (table.position, table.shapes, table.parameters) == (0, [], 0)
    assert table.code == "nn.Sequential()"


def test_what_the_page_sends_is_checked_as_well(table):
    sent = {"layers": [CONV | {"kernel_size": [3, 1]}], "input_size": [1, 9, 9], "position": 0}
    table.set_state(sent)
    assert table.layers[0]["kernel_size"] == (3, 1) and table.input_size == (1, 9, 9)
    with pytest.raises(ValueError):
        table.set_state({"layers": [{"type": "Conv2d"}]})
    assert table.shapes == [(2, 7, 9)]
    table.set_state(table._initial)
    assert table.shapes[-1] == (10,)


def test_numbers_of_numpy_become_plain_ones(table):
    table.input_size = np.array([1, 9, 8])
    table.layers = [{"type": "Dropout", "p": p} for p in (np.float64(0.25), np.float32(0.5), 1)]
    numbers = [*table.input_size, *(layer["p"] for layer in table.layers)]
    assert numbers == [1, 9, 8, 0.25, 0.5, 1]
    assert [type(v) for v in numbers] == [int, int, int, float, float, int]
    assert table.code.count("nn.Dropout(p=1)") == 1  # as the page writes it


def test_a_change_inside_of_the_list_does_not_change_what_reset_brings_back(table):
    table.layers.append({"type": "ReLU"})
    table.layers[0]["out_channels"] = 99
    assert len(table._initial["layers"]) == 12
    assert table._initial["layers"][0]["out_channels"] == 6


def test_one_table_does_not_change_another(table):
    table.layers[0]["out_channels"] = 99
    assert LayerTable().layers[0]["out_channels"] == 6


def test_the_code_of_a_transposed_convolution_leaves_defaults_out():
    assert conv_transpose2d_code(3, 4, (3, 3)) == "nn.ConvTranspose2d(3, 4, kernel_size=3)"
    assert conv_transpose2d_code(4, 2, (3, 1), (2, 2), (1, 0), (1, 1), (1, 2), False, 2) == (
        "nn.ConvTranspose2d(4, 2, kernel_size=(3, 1), stride=2, padding=(1, 0), output_padding=1, dilation=(1, 2), "
        "groups=2, bias=False)"
    )
