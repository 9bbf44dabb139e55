"""The layers in JavaScript equal PyTorch: shapes, costs and refusals; repairs make them legal."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from helpers.widgets.layer_table import _LENET, _MOST, LayerTable
from helpers.widgets.layers import _COUNTS, _SIZES, KINDS, MODES, MOST, NEEDED
from tests.browser.oracle import javascript  # noqa: F401 (a fixture)
from tests.browser.widgets import mount
from tests.random_networks import draw_layer, draw_network, run
from tests.random_settings import one_thread  # noqa: F401 (a fixture)


def networks(seed, count):
    rng = np.random.default_rng(seed)
    return [dict(zip(("layers", "input"), draw_network(rng))) for _ in range(count)]


@pytest.mark.parametrize("seed", range(3))
def test_shapes_costs_and_refusals_of_random_networks_are_pytorchs(javascript, seed):
    cases = networks(seed, 1300)
    answers = javascript("network from layer_table/layers", "network(c.layers, c.input)", cases)
    refused = 0
    for case, answer in zip(cases, answers):
        shapes, parameters, multiplications = run(case["layers"], case["input"])
        fits = len(shapes)
        rows = answer["rows"]
        assert answer["problem"] == (None if fits == len(rows) else fits), case
        assert [row["shape"] for row in rows[:fits]] == shapes, case
        assert [row["parameters"] for row in rows[:fits]] == parameters, case
        assert [row["multiplications"] for row in rows[:fits]] == multiplications, case
        if fits == len(rows):
            assert answer["output"] == (shapes[-1] if shapes else case["input"])
            assert answer["parameters"] == sum(parameters)
            assert answer["multiplications"] == sum(multiplications)
        else:
            refused += 1
            assert rows[fits]["fault"]["text"]
            assert all(row == {"waits": fits} for row in rows[fits + 1 :])
            assert answer["output"] is answer["parameters"] is answer["multiplications"] is None
    assert 300 < refused < 1200


def test_multiplications_are_half_of_what_pytorchs_flop_counter_counts(javascript):
    layers = [
        {"type": "Conv2d", "in_channels": 4, "out_channels": 6, "kernel_size": [3, 2], "stride": 2, "padding": 1, "groups": 2},
        {"type": "ConvTranspose2d", "in_channels": 6, "out_channels": 9, "kernel_size": 3, "stride": 2, "padding": 1, "groups": 3},
        {"type": "Flatten"},
        {"type": "Linear", "in_features": 9 * 7 * 9, "out_features": 10},
    ]  # fmt: skip
    convs = nn.Conv2d(4, 6, (3, 2), 2, 1, groups=2), nn.ConvTranspose2d(6, 9, 3, 2, 1, groups=3)
    module = nn.Sequential(*convs, nn.Flatten(), nn.Linear(567, 10))
    with FlopCounterMode(display=False) as counter:
        module(torch.zeros(1, 4, 7, 8))
    case = {"layers": layers, "input": [4, 7, 8]}
    script = "2 * network(c.layers, c.input).multiplications"
    assert javascript("network from layer_table/layers", script, [case]) == [counter.get_total_flops()]


def test_every_repair_makes_the_layer_legal_in_pytorch_and_all_of_them_the_network(javascript):
    cases = networks(7, 1500)
    once = "repairs(c.layers, c.input).map((repair) => repair.layers)"
    to_the_end = """(() => {
        let layers = c.layers, steps = 0;
        for (let next; (next = repairs(layers, c.input)[0]); steps++) layers = next.layers;
        return { layers, steps };
    })()"""
    offered = javascript("repairs from layer_table/repairs", once, cases)
    mended = javascript("repairs from layer_table/repairs", to_the_end, cases)
    kinds = 0
    for case, repairs, end in zip(cases, offered, mended):
        broken = len(case["layers"]) - len(run(case["layers"], case["input"])[0])
        assert bool(repairs) == (broken > 0)
        for layers in repairs:
            kinds += 1
            assert len(layers) - len(run(layers, case["input"])[0]) < broken, (case, layers)
        assert len(run(end["layers"], case["input"])[0]) == len(end["layers"])
        assert end["steps"] <= len(case["layers"])
    assert kinds > 600


CONV = {"type": "Conv2d", "in_channels": 1, "out_channels": 2, "kernel_size": 5}
FAULTS = [
    ([CONV], [3, 8, 8], "Conv2d expects 1 channels, but gets 3", ["in_channels=3"]),
    ([CONV], [1, 4, 9], "a kernel of 5 with dilation 1 covers 5 pixels, the padded height has 4", ["padding=1", "kernel_size=4"]),
    ([CONV], [3, 4, 9], "Conv2d expects 1 channels, but gets 3", ["in_channels=3, padding=1", "in_channels=3, kernel_size=4"]),
    ([CONV | {"kernel_size": [5, 3]}], [1, 4, 9], "a kernel of 5 with dilation 1 covers 5 pixels, the padded height has 4",
     ["padding=1", "kernel_size=(4, 3)"]),
    ([CONV | {"in_channels": 6, "out_channels": 4, "groups": 3}], [6, 9, 9],
     "groups=3 must divide in_channels=6 and out_channels=4", ["groups=2"]),
    ([{"type": "Flatten"}, {"type": "Linear", "in_features": 256, "out_features": 9}], [16, 5, 5],
     "Linear expects 256 features, but gets 400 = 16·5·5", ["in_features=400"]),
    ([{"type": "Linear", "in_features": 400, "out_features": 9}], [16, 5, 5],
     "Flatten is missing: Linear acts on the last axis only, expects 400 there, but (16, 5, 5) has 5", ["insert Flatten"]),
    ([{"type": "Linear", "in_features": 256, "out_features": 9}], [16, 5, 5],
     "Flatten is missing: Linear acts on the last axis only, expects 256 there, but (16, 5, 5) has 5",
     ["insert Flatten, in_features=400"]),
    ([{"type": "Flatten"}, CONV], [1, 8, 8], "Conv2d needs (channels, height, width), but gets 64 features: Flatten comes too early",
     ["Flatten below it"]),
    ([{"type": "Flatten"}, {"type": "Linear", "in_features": 64, "out_features": 9}, CONV], [1, 8, 8],
     "Conv2d needs (channels, height, width), but gets 9 features: Flatten comes too early", ["remove Conv2d"]),
    ([{"type": "Flatten"}, {"type": "MaxPool2d", "kernel_size": 2, "padding": 2}], [1, 8, 8],
     "MaxPool2d needs (channels, height, width), but gets 64 features: Flatten comes too early", ["Flatten below it, padding=1"]),
    ([{"type": "BatchNorm2d", "num_features": 32}], [16, 5, 5], "BatchNorm2d expects 32 channels, but gets 16", ["num_features=16"]),
    ([{"type": "MaxPool2d", "kernel_size": 3, "padding": 2}], [1, 9, 9],
     "along the height, padding 2 is more than half of the kernel of 3", ["padding=1"]),
    ([{"type": "AvgPool2d", "kernel_size": 6}], [1, 4, 4], "a kernel of 6 covers 6 pixels, the padded height has 4",
     ["padding=1", "kernel_size=4"]),
    ([CONV | {"type": "ConvTranspose2d", "output_padding": 1}], [1, 3, 3],
     "along the height, output_padding 1 is not smaller than the stride (1) or the dilation (1)", ["output_padding=0"]),
    ([CONV | {"type": "ConvTranspose2d", "kernel_size": 3, "padding": 2}], [1, 2, 2],
     "an input of 2 is stamped onto 4 pixels, padding 2 cuts off 4: no height is left", ["padding=1"]),
]  # fmt: skip


def test_each_fault_is_told_in_numbers_with_its_nearest_repairs(javascript):
    cases = [{"layers": layers, "input": size} for layers, size, *_ in FAULTS]
    fault = "network(c.layers, c.input).rows.at(-1).fault.text"
    texts = javascript("network from layer_table/layers", fault, cases)
    repairs = "repairs(c.layers, c.input).map((r) => r.text)"
    offered = javascript("repairs from layer_table/repairs", repairs, cases)
    assert texts == [text for *_, text, _ in FAULTS]
    assert offered == [repairs for *_, repairs in FAULTS]


def test_presets_have_the_numbers_of_their_papers(javascript):
    seen = javascript(
        "NETWORKS from layer_table/presets",
        "Object.entries(NETWORKS).map(([name, { layers, input_size }]) => ({ name, layers, input: input_size }))",
        [0],
    )[0]
    found = javascript("network from layer_table/layers", "network(c.layers, c.input)", seen)
    answers = {case["name"]: answer for case, answer in zip(seen, found)}
    lenet = answers["LeNet"]
    shapes = [row["shape"] for row in lenet["rows"]]
    assert shapes == [
        *[[6, 28, 28]] * 2, [6, 14, 14], *[[16, 10, 10]] * 2, [16, 5, 5],
        [400], *[[120]] * 2, *[[84]] * 2, [10],
    ]  # fmt: skip
    assert (lenet["parameters"], lenet["multiplications"]) == (61_706, 416_520)
    assert answers["Inception: 5×5 directly"]["multiplications"] == 120_422_400
    assert answers["Inception: 1×1, then 5×5"]["multiplications"] == 12_443_648
    coder = answers["encoder and decoder"]
    assert [row["shape"][1] for row in coder["rows"]] == [14, 14, 7, 7, 13, 13, 25, 25]
    broken = [name for name, answer in answers.items() if answer["problem"] is not None]
    assert broken == ["a network that does not fit"]


def test_python_and_the_page_know_the_same_layers(javascript):
    known = {
        kind: {name: None if usual is NEEDED else usual for name, usual in settings.items()}
        for kind, settings in KINDS.items()
    }
    kinds = javascript("KINDS from layer_table/layers", "KINDS", [0])[0]
    assert kinds == known
    assert [list(names) for names in kinds.values()] == [list(names) for names in known.values()]
    assert javascript("NETWORKS from layer_table/presets", "NETWORKS.LeNet.layers", [0]) == [_LENET]
    assert javascript("MODES, MOST from layer_table/layers", "[MODES, MOST]", [0]) == [[list(MODES), _MOST]]
    numbers = sorted(_SIZES | _COUNTS)
    ranges = javascript("limits from layer_table/layers", "Object.values(limits(c))", [*numbers, "p"])
    most = [MOST["size" if name in _SIZES else "count"] for name in numbers]
    least = [0 if name in ("padding", "output_padding") else 1 for name in numbers]
    assert ranges == [*map(list, zip(least, most, [1] * len(numbers))), [0, 1, 0.1]]


def test_the_boxes_of_the_page_have_the_limits_of_python(module_page):
    table = LayerTable([{"type": "Upsample", "scale_factor": 2}, {"type": "ReLU"}], (1, 2, 2))
    widget = mount(module_page, table)
    table.close()
    boxes = widget.el.get_by_role("spinbutton")
    limits = "boxes => boxes.map(({ min, max }) => [min, max].map(Number))"
    sizes = [1, _MOST["size"]]
    assert boxes.evaluate_all(limits) == [[1, _MOST["channels"]], sizes, sizes, [1, MOST["size"]]]
    modes = widget.el.get_by_role("combobox", name="mode of row 0").locator("option")
    assert modes.all_text_contents() == list(MODES)
    add = widget.el.get_by_role("button", name="Add it below the row in focus")
    for _ in range(_MOST["layers"]):
        add.click()
    assert len(widget.get("layers")) == _MOST["layers"]
    add.click()
    refusal = f"at most {_MOST['layers']} layers"
    widget.el.locator(".cnn-help", has_text=refusal).wait_for()  # drawn in the next frame
    assert len(widget.get("layers")) == _MOST["layers"]


def test_the_network_that_does_not_fit_has_four_different_faults(javascript):
    presets = javascript("NETWORKS from layer_table/presets", "NETWORKS", [0])[0]
    walk = """(() => {
        let { layers, input_size } = c;
        const texts = [];
        for (let next; (next = repairs(layers, input_size)[0]); layers = next.layers) texts.push(next.text);
        return texts;
    })()"""
    broken = presets["a network that does not fit"]
    texts = ["in_channels=3", "num_features=16", "padding=1", "insert Flatten, in_features=64"]
    assert javascript("repairs from layer_table/repairs", walk, [broken]) == [texts]


def test_a_new_layer_fits_where_it_is_put(javascript):
    rng = np.random.default_rng(3)
    shapes = [[int(rng.integers(1, 9)), *rng.integers(1, 12, 2).tolist()] for _ in range(200)]
    made = javascript(
        "fitting from layer_table/repairs",
        """["Conv2d", "ConvTranspose2d", "MaxPool2d", "AvgPool2d", "AdaptiveAvgPool2d", "Upsample", "BatchNorm2d",
            "Dropout", "ReLU", "GELU", "Tanh", "Sigmoid", "Flatten"].map((type) => fitting(type, c))""",
        shapes,
    )
    for shape, layers in zip(shapes, made):
        for layer in layers:
            assert len(run([layer], shape)[0]) == 1, (layer, shape)


def test_another_type_keeps_what_both_have_and_fits(javascript):
    rng = np.random.default_rng(4)
    cases = [
        {"layer": draw_layer(rng, [4, 9, 9]), "type": type}
        for _ in range(100)
        for type in ("Conv2d", "MaxPool2d", "Linear")
    ]
    made = javascript("retyped from layer_table/repairs", "retyped(c.layer, c.type, [4, 9, 9])", cases)
    for case, layer in zip(cases, made):
        assert layer["type"] == case["type"]
        for name in ("kernel_size", "stride", "padding", "out_channels", "bias"):
            if name in layer and name in case["layer"]:
                assert layer[name] == case["layer"][name]
        assert layer.get("in_channels", 4) == 4


def test_the_code_is_the_layer_in_pytorch(javascript):
    rng = np.random.default_rng(5)
    layers = [draw_layer(rng, [4, 9, 9]) for _ in range(800)]
    codes = javascript("layerCode from layer_table/layers", "layerCode(c)", layers)
    compared = 0
    for layer, code in zip(layers, codes):
        given = {name: tuple(v) if isinstance(v, list) else v for name, v in layer.items()}
        kind = given.pop("type")
        try:
            expected = getattr(nn, kind)(**given)
        except ValueError:  # groups that do not divide the channels
            continue
        compared += 1
        made = eval(code)
        for name in ("kernel_size", "stride", "padding"):
            if hasattr(expected, name):
                assert pair(getattr(made, name)) == pair(getattr(expected, name)), code
        names = (
            "output_padding", "dilation", "groups", "ceil_mode", "p", "mode",
            "in_features", "num_features", "output_size",
        )  # fmt: skip
        for name in names:
            assert pair(getattr(made, name, None)) == pair(getattr(expected, name, None)), code
        assert [p.shape for p in made.parameters()] == [p.shape for p in expected.parameters()]
    assert compared > 600


def pair(value):
    return tuple(value) if isinstance(value, (tuple, list)) else (value, value)
