"""ReceptiveFieldExplorer from Python: fields, refusals, nn.Sequential in and out."""

import random
from fractions import Fraction

import numpy as np
import pytest
import torch
from ipywidgets import Widget
from torch import nn

from helpers.widgets.field_cases import FIELD_CASES
from helpers.widgets.receptive_field_explorer import ReceptiveFieldExplorer
from tests.random_settings import one_thread  # noqa: F401 (a fixture)
from tests.random_stacks import draw_stack, seen

CONV = {"type": "conv", "kernel_size": 3, "padding": 1}
POOL = {"type": "pool", "kernel_size": 2}


@pytest.fixture
def make():
    made = []

    def make(*args, **settings):
        made.append(ReceptiveFieldExplorer(*args, **settings))
        return made[-1]

    yield make
    for widget in made:
        widget.close()


# -- fields --------------------------------------------------------------------------------------


def test_two_layers_of_three_see_five(make):
    w = make()
    assert (w.layer, w.unit, w.size, w.stride, w.padding, w.period) == (1, (16, 16), 5, 1, 2, 1)
    assert w.interval() == w.interval(clipped=False) == ((14, 18), (14, 18))
    assert w.fields == [(3, 1, 1), (5, 1, 2)]
    assert repr(w) == (
        "ReceptiveFieldExplorer: 2 layers on 32×32; a unit of layer 1 (conv) sees 5 pixels "
        "along each axis, its stride is 1."
    )


def test_the_border_clips_the_field_and_not_its_size(make):
    w = make(unit=(0, 31))
    assert w.interval() == ((0, 2), (29, 31))
    assert w.interval(clipped=False) == ((-2, 2), (29, 33))
    assert w.size == 5


# Published numbers: Araujo et al. 2019 for AlexNet, VGG16 and ResNets; WaveNet for causal.
@pytest.mark.parametrize(
    ("name", "sizes", "stride", "padding", "period"),
    [
        ("two 3×3", (5, 5), 1, 2, 1),
        ("four 3×3", (9, 9), 1, 4, 1),
        ("one 9×9", (9, 9), 1, 4, 1),
        ("dilated 1-2-4-8", (31, 31), 1, 15, 1),
        ("causal", (16, 16), 1, (15, 0), 1),
        ("AlexNet", (195, 195), 32, 66, 1),
        ("VGG16", (212, 212), 32, 90, 1),
        ("ResNet-18", (435, 435), 32, 217, 1),
        ("ResNet-50", (427, 427), 32, 213, 1),
        ("U-Net", (188, 204), 1, 94, 16),
    ],
)
def test_known_networks_have_their_known_fields(name, sizes, stride, padding, period):
    w = ReceptiveFieldExplorer.case(name)
    assert (w.sizes, w.stride, w.padding, w.period) == (sizes, stride, padding, period)
    assert w.size == sizes[1]
    w.close()


def test_gridding_leaves_holes(make):
    w = ReceptiveFieldExplorer.case("dilated 2-2-2", unit=(16, 32))
    assert w.pixels[1] == [26, 28, 30, 32, 34, 36, 38]
    assert w.interval()[1] == (26, 38)
    w.close()


def test_behind_upsampling_the_stride_is_a_fraction(make):
    w = make([{"type": "upsample", "scale_factor": 2}], input_size=8)
    assert (w.size, w.stride, w.period, w.maps) == (1, Fraction(1, 2), 2, [(16, 16)])
    assert w.interval() == ((4, 4), (4, 4))


def test_random_stacks_see_what_gradients_say(make):
    rng, w, compared = random.Random(5), make(), 0
    while compared < 200:
        layers, size = draw_stack(rng, depth=4)
        try:
            sizes, unit, pixels = seen(layers, size, rng.randrange)
        except RuntimeError:
            continue
        settings = dict(
            layers=layers, image="none", input_size=size, layer=None, unit=(unit, unit)
        )
        try:
            w.set(**settings)
        except ValueError as error:
            assert "drift apart" in str(error) or "no unit sees" in str(error)
            continue
        assert w.maps == [(n, n) for n in sizes[1:]]
        assert w.pixels == (pixels, pixels)
        assert w.interval() == ((((pixels[0], pixels[-1])) if pixels else None),) * 2
        compared += 1


# -- PyTorch -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FIELD_CASES)
def test_the_module_has_the_maps_and_the_code_makes_it(name):
    w = ReceptiveFieldExplorer.case(name)
    size = tuple(w.input_size)
    net = w.to_torch()
    x = torch.rand(1, 1, *size)
    assert tuple(net(x).shape[2:]) == w.maps[-1]
    if w.code.startswith("nn.Sequential"):
        made = eval(w.code)
        assert tuple(made(x).shape[2:]) == w.maps[-1]
    else:
        names = {"nn": nn, "x0": x}
        exec(w.code, names)
        assert tuple(names[f"x{len(w.layers)}"].shape[2:]) == w.maps[-1]
    w.close()


def test_skips_add_in_the_module(make):
    w = make([CONV, CONV | {"skip": 0}], input_size=8)
    net = w.to_torch()
    with torch.no_grad():
        first = net.layers[0](x := torch.rand(1, 1, 8, 8))
        assert torch.equal(net(x), net.layers[1](first) + first)


def test_a_sequential_comes_and_goes():
    net = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding="same", dilation=2), nn.BatchNorm2d(8), nn.ReLU(),
        nn.Sequential(nn.MaxPool2d(3, 2, 1), nn.ConvTranspose2d(8, 4, 2, 2), nn.Dropout(0.1)),
        nn.AvgPool2d(2), nn.Upsample(scale_factor=2),
        nn.ZeroPad2d((2, 0, 2, 0)), nn.Conv2d(4, 4, 3),
    )  # fmt: skip
    w = ReceptiveFieldExplorer.from_torch(net, 32)
    assert w.layers == [
        {"type": "conv", "kernel_size": 3, "padding": 2, "dilation": 2, "name": "0"},
        {"type": "pool", "kernel_size": 3, "stride": 2, "padding": 1, "name": "3.0"},
        {"type": "transposed_conv", "kernel_size": 2, "stride": 2, "name": "3.1"},
        {"type": "pool", "kernel_size": 2, "name": "4"},
        {"type": "upsample", "scale_factor": 2, "name": "5"},
        {"type": "conv", "kernel_size": 3, "padding": [2, 0], "name": "7"},
    ]
    assert tuple(net(torch.zeros(2, 3, 32, 32)).shape[2:]) == w.maps[-1]
    w.close()


@pytest.mark.parametrize(
    ("net", "why"),
    [
        (nn.Conv2d(1, 1, 3), "reads an nn.Sequential, got Conv2d"),
        (nn.Sequential(nn.Flatten()), "layer 0, Flatten: the explorer has no such layer"),
        (nn.Sequential(nn.Sequential(nn.Conv2d(1, 1, (3, 5)))),
         "layer 0.0, Conv2d: its kernel_size differs"),
        (nn.Sequential(nn.Conv2d(1, 1, 3, padding=1, padding_mode="reflect")),
         "only padding with zeros"),
        (nn.Sequential(nn.MaxPool2d(3, ceil_mode=True)), "ceil_mode and output_padding"),
        (nn.Sequential(nn.Upsample(scale_factor=2, mode="bilinear")), "only nearest upsampling"),
        (nn.Sequential(nn.ReLU()), "no layer of the nn.Sequential looks beyond one pixel"),
    ],
)  # fmt: skip
def test_what_cannot_be_shown_is_named_and_where_to_go_instead(net, why):
    with pytest.raises(ValueError) as refusal:
        ReceptiveFieldExplorer.from_torch(net)
    assert why in str(refusal.value)
    assert "helpers.receptive_field.receptive_field(model, input_size)" in str(refusal.value)


TORCHVISION = {
    "AlexNet": "alexnet", "VGG16": "vgg16", "ResNet-18": "resnet18", "ResNet-50": "resnet50",
}  # fmt: skip


@pytest.mark.parametrize(("name", "model"), TORCHVISION.items())
def test_presets_are_torchvisions(name, model):
    import torchvision

    net = getattr(torchvision.models, model)(weights=None)
    modules = dict(net.named_modules())
    w = ReceptiveFieldExplorer.case(name)
    for layer, (kernel, stride, padding) in zip(w.layers, map(_sizes, w.layers)):
        module = modules[layer["name"]]
        kind = {"conv": nn.Conv2d, "pool": nn.MaxPool2d}[layer["type"]]
        assert isinstance(module, kind)
        theirs = (module.kernel_size, module.stride, module.padding)
        assert [v[0] if isinstance(v, tuple) else v for v in theirs] == [kernel, stride, padding]
    ours = {layer["name"] for layer in w.layers}
    left_out = {
        n
        for n, m in modules.items()
        if isinstance(m, (nn.Conv2d, nn.MaxPool2d)) and n not in ours
    }
    # 1×1 projections see less than what is beside them
    assert all(".downsample.0" in n for n in left_out)
    identities = sum(
        len(stage) - 1 + (stage[0].downsample is None)
        for stage in (getattr(net, f"layer{n}", None) for n in range(1, 5))
        if stage is not None
    )
    assert sum("skip" in layer for layer in w.layers) == identities
    w.close()


def _sizes(layer):
    stride = layer.get("stride", layer["kernel_size"] if layer["type"] == "pool" else 1)
    return layer["kernel_size"], stride, layer.get("padding", 0)


@pytest.mark.parametrize(("name", "model"), TORCHVISION.items())
def test_presets_have_the_fields_that_the_analysis_of_torchvisions_networks_finds(name, model):
    analysis = pytest.importorskip("helpers.receptive_field")
    import torchvision

    net = getattr(torchvision.models, model)(weights=None)
    table = analysis.receptive_field(net, (3, 256, 256))
    w = ReceptiveFieldExplorer.case(name)
    for layer, (size, stride, _) in zip(w.layers, w.fields):
        row = table[layer["name"]]
        # an addition is a row of its own there, and sees no more than the main branch
        assert (row.size, row.stride) == (size, stride)
    w.close()


# -- the page ------------------------------------------------------------------------------------


def test_the_page_hears_first_of_what_the_cell_made(monkeypatch):
    """Else the page would take the way there from the class's defaults for a step to take back."""
    opened, plain = [], Widget.open
    monkeypatch.setattr(Widget, "open", lambda w: (opened.append(w.get_state()), plain(w)))
    w = ReceptiveFieldExplorer.case("3×3 and pooling")
    (state,) = [state for state in opened if "layers" in state]
    assert state["layers"] == FIELD_CASES["3×3 and pooling"]["layers"]
    assert state["image"] == "weather: vorticity"
    assert (state["layer"], state["unit"], state["input_size"]) == (4, (4, 8), (32, 64))
    assert w._initial["layer"] == 4
    w.close()


# -- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"layers": []}, "expected a list of 1 to 64 layers"),
        ({"layers": [CONV] * 65}, "got 65 of them"),
        ({"layers": nn.Sequential(nn.ReLU())}, "got Sequential. For an nn.Sequential there is"),
        ({"layers": ["conv"]}, r"layers\[0\]: expected a dict such as"),
        ({"layers": [{"type": "relu"}]}, "there is no layer 'relu' here. There are: conv, pool"),
        ({"layers": [{"type": "conv"}]}, "conv needs kernel_size, as in"),
        ({"layers": [CONV | {"bias": True}]}, "conv has no 'bias'. It has: kernel_size, stride"),
        ({"layers": [CONV | {"kernel_size": (3, 5)}]}, r"is an int from 1 to 63, got \(3, 5\)"),
        ({"layers": [POOL | {"padding": [1, 0]}]}, r"pool's padding is an int from 0 to 128"),
        ({"layers": [CONV | {"skip": 0}]}, r"an earlier layer, here -1 \(the input\); got 0"),
        ({"layers": [CONV | {"name": ""}]}, "name is a text of 1 to 40 characters"),
        ({"layers": [CONV | {"kernel_size": 40}]}, "does not fit. .* Use padding ≥ 4 or a smaller"),
        ({"layers": [CONV, POOL | {"name": "down", "skip": 0}]},
         r"down makes a map of 16×16, but its skip, layer 0 \(conv\), has 32×32"),
        ({"layers": [POOL, CONV | {"padding": 9, "skip": -1}]}, "the branches drift apart"),
        ({"layers": [{"type": "upsample", "scale_factor": 8}] * 3}, "at most 2048×2048 are shown"),
        ({"input_size": 600}, "at most 512"),
        ({"layer": 2}, "expected None for the last layer, or its index from 0 to 1; got 2"),
        ({"unit": (32, 0)}, r"\(row, column\) in a map of 32×32; got \(32, 0\)"),
        ({"image": "cat"}, "there is no picture 'cat'"),
        ({"image": np.zeros((4, 4))}, "from 8×8 to 512×512 pixels, got 4×4"),
        ({"image": np.zeros((9, 9, 2))}, r"expected an array \(H, W\) or \(H, W, 3\)"),
        ({"axis": "depth"}, "axis"),
        ({"colour": 1}, "no setting 'colour'"),
    ],
)  # fmt: skip
def test_a_refusal_says_what_is_wrong_and_what_to_do(settings, why):
    error = TypeError if "colour" in settings else ValueError
    with pytest.raises(error, match=why):
        ReceptiveFieldExplorer(**settings)


def test_a_refused_step_changes_nothing(make):
    w = make()
    with pytest.raises(ValueError):
        w.set(layers=[CONV], unit=(99, 0))
    with pytest.raises(ValueError, match="image='none'"):
        w.input_size = 64
    with pytest.raises(ValueError, match="there is no 'VGG'. There is 'two 3×3'"):
        w.case("VGG")
    assert (len(w.layers), w.unit, w.input_size) == (2, (16, 16), (32, 32))


# -- settings together ---------------------------------------------------------------------------


def test_the_input_is_as_large_as_its_picture(make):
    w = make(image="photo")
    assert (w.input_size, w.unit) == ((256, 256), (128, 128))
    w.image = np.zeros((10, 20))
    assert (w.image, w.input_size, w.unit) == ("your image", (10, 20), (9, 19))
    w.set(image="none", input_size=(8, 300))
    assert (w.input_size, w.unit) == ((8, 300), (7, 19))


def test_layer_and_unit_stay_inside(make):
    w = make([CONV, POOL, CONV], image="photo", unit=(100, 120))
    w.layers = [CONV, POOL | {"kernel_size": 8}]
    assert (w.layer, w.unit) == (1, (31, 31))
    w.set(layers=[CONV], layer=None, unit=None)
    assert (w.layer, w.unit) == (0, (128, 128))
