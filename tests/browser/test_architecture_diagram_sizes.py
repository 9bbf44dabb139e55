"""js/architecture_diagram/sizes.js and fields.js against PyTorch: shapes, costs and receptive fields at many sizes."""

import random
import warnings
from math import inf

import pytest
import torchvision
from torch import nn

from helpers.models import LeNet, UNet
from helpers.receptive_field import receptive_field
from helpers.widgets.architecture_reading import Reading
from tests.architectures import FlatResidual, SmallUNet, by_name, drawn, measured
from tests.browser.oracle import javascript  # noqa: F401 (a fixture)
from tests.random_settings import one_thread  # noqa: F401 (a fixture)

LARGE = [(3, 224, 224), (3, 160, 288), (3, 97, 131), (3, 384, 64), (3, 31, 40)]
TORCHVISION = ["resnet18", "resnet34", "resnet50", "vgg11_bn", "vgg16_bn", "alexnet", "densenet121", "googlenet",
               "squeezenet1_1", "mobilenet_v2"]  # fmt: skip
SMALL = {
    "LeNet": (LeNet, (1, 32, 32), [(1, 32, 32), (1, 33, 35), (1, 28, 28), (1, 9, 9)]),
    "flat residual": (FlatResidual, (2, 16, 16), [(2, 16, 16), (2, 17, 15), (2, 12, 20), (2, 1, 1)]),
    "U-Net": (SmallUNet, (1, 64, 64), [(1, 64, 64), (1, 60, 32), (1, 62, 64), (1, 65, 65), (1, 3, 3)]),
    "U-Net without padding": (
        lambda: SmallUNet(0, True), (1, 92, 92), [(1, 92, 92), (1, 108, 140), (1, 97, 99), (1, 60, 60), (1, 40, 92)],
    ),
    "U-Net that cuts": (
        lambda: SmallUNet(1, True, "upsample"), (1, 64, 64), [(1, 64, 64), (1, 65, 71), (1, 30, 47), (1, 7, 8), (1, 3, 9)],
    ),
    "UNet": (
        lambda: UNet(1, 2, 2, 3), (1, 64, 64), [(1, 64, 64), (1, 60, 32), (1, 62, 64), (1, 65, 64), (1, 4, 8)],
    ),
    "UNet without padding": (
        lambda: UNet(1, 2, 2, 3, padding="valid", norm=True), (1, 68, 68), [(1, 68, 68), (1, 44, 100), (1, 70, 68), (1, 69, 68)],
    ),
    "UNet with resizing, valid": (
        lambda: UNet(2, 1, 2, 3, padding="valid", up="resize"), (2, 100, 100), [(2, 100, 100), (2, 68, 104), (2, 66, 68)],
    ),
    "UNet on a globe": (
        lambda: UNet(1, 2, 2, 3, padding_mode=("replicate", "circular"), up="resize"), (1, 32, 64),
        [(1, 32, 64), (1, 20, 40), (1, 33, 64)],
    ),
    "dilated": (
        lambda: nn.Sequential(nn.Conv2d(1, 4, 3, dilation=2), nn.MaxPool2d(3, 2, 1, dilation=2, ceil_mode=True),
                              nn.Conv2d(4, 4, (2, 4), padding="same"), nn.PixelShuffle(2), nn.AdaptiveAvgPool2d((3, None))),
        (1, 40, 40), [(1, 40, 40), (1, 21, 38), (1, 8, 40)],
    ),
}  # fmt: skip
ASK = """(() => {
    const graph = openGraph(c.graph);
    const memory = new Map();
    return c.sizes.map((size) => {
        const sizes = sizesOf(graph, size);
        const field = fieldsOf(graph, sizes, memory);
        const rows = sizes.shapes.map((shape, n) => [graph.nodes[n].name, shape, graph.nodes[n].parameters, sizes.costs[n],
            field(n).map((one) => one && (one.size ? [one.size, one.stride] : one))]);
        const problem = sizes.problem && graph.nodes[sizes.problem.node].name;
        return { rows, problem, text: sizes.problem?.text, parameters: graph.parameters, cost: costOf(sizes) };
    });
})()"""


@pytest.fixture
def evaluated(javascript):  # noqa: F811
    """For each (model, first size, sizes): what the page makes of every size."""
    modules = "openGraph, sizesOf, costOf, fieldsOf from architecture_diagram/both"

    def ask(cases):
        sent = [{"graph": Reading(model, first).for_page(), "sizes": sizes} for model, first, sizes in cases]
        return javascript(modules, ASK, sent)

    return ask


@pytest.fixture(autouse=True)
def both(context):
    """One module that lends what sizes.js and fields.js export, which the `javascript` fixture can import."""
    names = ["sizes", "fields"]
    body = "".join(f'export * from "./{name}.js";' for name in names)
    context.route("**/architecture_diagram/both.js", lambda route: route.fulfill(
        body=body, content_type="text/javascript"))  # fmt: skip


def compare(model, sizes, answers):
    """How many of the sizes PyTorch takes; the page says the same of every layer, and refuses the others as it does."""
    taken = 0
    for size, answer in zip(sizes, answers, strict=True):
        summary, why = measured(model, size)
        if summary is None:
            assert answer["problem"] and answer["text"], (size, why)
            layer = answer["problem"].split(" (")[0]
            assert f'"{layer}"' in why or "fails in its forward" in why, (size, why)
            continue
        assert answer["problem"] is None, (size, answer["text"])
        assert answer["parameters"] == summary.parameters
        assert answer["cost"] == summary.multiplications
        ours = {name: (tuple(shape), parameters, cost) for name, shape, parameters, cost, _ in answer["rows"]}
        theirs = {name: row for name, row in by_name(summary).items() if name in ours}
        assert theirs and {name: ours[name] for name in theirs} == theirs, size
        compare_fields(receptive_field(model, size), answer["rows"])
        taken += 1
    return taken


def compare_fields(table, rows):
    """Each layer's field as the page has it and as helpers.receptive_field says; the page may say that it knows none."""
    again, known = {}, 0
    page = {name: field for name, *_, field in rows}
    for row in table:
        again[row.name] = again.get(row.name, 0) + 1
        name = row.name if again[row.name] == 1 else f"{row.name} ({again[row.name]})"
        if name not in page or row.problem:
            continue
        for axis, along in zip(row.axes, page[name]):
            if along is None:
                continue
            known += 1
            if axis.everything:
                assert along == "everything", (name, along)
            else:
                assert along != "everything", (name, axis.field_sizes)
                assert tuple(along[0]) == axis.field_sizes, name
                assert along[1][0] / along[1][1] == float(axis.stride), name
    assert known
    assert inf not in page.values()


@pytest.mark.parametrize("name", TORCHVISION)
def test_torchvisions_networks_have_pytorchs_sizes_and_costs(evaluated, name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # GoogLeNet: weights initialized slowly
        model = torchvision.models.get_model(name, weights=None).eval()
    (answers,) = evaluated([(model, LARGE[0], LARGE)])
    assert compare(model, LARGE, answers) >= 4


@pytest.mark.parametrize("name", SMALL)
def test_small_networks_have_pytorchs_sizes_and_costs(evaluated, name):
    make, first, sizes = SMALL[name]
    model = make().eval()
    (answers,) = evaluated([(model, first, sizes)])
    taken = compare(model, sizes, answers)
    assert 0 < taken and (taken < len(sizes) or name == "dilated")


def test_random_networks_with_branches_have_pytorchs_sizes_costs_and_fields(evaluated):
    cases = []
    for seed in range(120):
        model, first = drawn(seed)
        rng = random.Random(seed)
        sizes = [first, *((2, rng.randint(3, 50), rng.randint(3, 50)) for _ in range(3))]
        if not Reading(model, first).reason:
            cases.append((model, first, sizes))
    assert len(cases) > 110
    taken = 0
    for (model, _, sizes), answers in zip(cases, evaluated(cases)):
        taken += compare(model, sizes, answers)
    assert 4 * len(cases) > taken > 3 * len(cases)
