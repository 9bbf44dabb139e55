"""The widgets from Python: what they refuse and how, and that their arrays and layers are PyTorch's."""

import gc
import re

import numpy as np
import pytest
import torch
from ipywidgets.widgets import widget as registry
from torch import nn
from torch.nn import functional as F

from helpers.widgets import ArchitectureDiagram, ConvolutionExplorer, EffectiveFieldExplorer, FeatureMapExplorer
from helpers.widgets import ImageFilter
from helpers.widgets import LearnedKernel, PoolingExplorer, ReceptiveFieldExplorer, ShiftExplorer

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning")

RGB = dict(input=np.arange(75.0).reshape(3, 5, 5), kernel=np.arange(54.0).reshape(2, 3, 3, 3))
LAYERS = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.Conv2d(2, 1, 3, padding=1))
MAPS = dict(model=LAYERS, images=np.eye(8))
FIELDS = dict(models=LAYERS, x=torch.ones(1, 1, 8, 8))
# widget: (how often it is made and closed, what it cannot be made without)
ALL = {
    ConvolutionExplorer: (1000, {}), LearnedKernel: (100, {}), ImageFilter: (20, {}), PoolingExplorer: (100, {}),
    ShiftExplorer: (100, {}), ReceptiveFieldExplorer: (100, {}), FeatureMapExplorer: (20, MAPS),
    EffectiveFieldExplorer: (20, FIELDS), ArchitectureDiagram: (20, dict(model=LAYERS, input_size=(1, 8, 8))),
}  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_stays():
    """Every test's widgets are closed, and with them all that ipywidgets keeps."""
    before = set(registry._instances)
    yield
    for name in set(registry._instances) - before:
        if name in registry._instances:
            registry._instances[name].close()
    assert set(registry._instances) == before


def snapshot(widget):
    return {name: np.copy(value) if isinstance(value := getattr(widget, name), np.ndarray) else value
            for name in widget.trait_names(sync=True) if name[0] != "_"}  # fmt: skip


def same(a, b):
    return a.keys() == b.keys() and all(
        np.array_equal(a[name], b[name]) if isinstance(a[name], np.ndarray) else a[name] == b[name] for name in a
    )


def refused(widget, **settings):
    """The text with which these settings are refused; the widget must be as it was, and tell nobody."""
    before, told = snapshot(widget), []
    widget.observe(told.append, names=[*before])
    with pytest.raises(ValueError) as refusal:
        if len(settings) > 1:
            widget.set(**settings)
        else:
            setattr(widget, *settings.copy().popitem())
    assert same(snapshot(widget), before) and told == []
    widget.unobserve(told.append, names=[*before])
    return str(refusal.value)


# -- ConvolutionExplorer against PyTorch ---------------------------------------------------------


def random_settings(rng):
    channels, filters = rng.integers(1, 5, 2).tolist()
    size, kernel_size = rng.integers(2, 9, 2).tolist(), rng.integers(1, 5, 2).tolist()
    pairs = {"stride": (1, 4), "padding": (0, 4), "dilation": (1, 3)}
    settings = {name: tuple(rng.integers(*ends, 2).tolist()) for name, ends in pairs.items()}
    if rng.random() < 0.3:
        settings = {name: value[0] for name, value in settings.items()}
    single = rng.random() < 0.3
    kernel_shape = tuple(kernel_size) if single else (filters, channels, *kernel_size)
    x_shape = tuple(size) if single or channels == 1 and rng.random() < 0.5 else (channels, *size)
    several = not single and filters > 1 and rng.random() < 0.5
    return settings | {
        "input": rng.normal(size=x_shape),
        "kernel": rng.normal(size=kernel_shape),
        "bias": rng.integers(-1, 2, filters).tolist() if several else int(rng.integers(-1, 2)),
        "padding_mode": str(rng.choice(["zeros", "reflect", "replicate", "circular"])),
        "operation": str(rng.choice(["cross-correlation", "convolution"])),
    }


def test_output_layer_and_code_are_pytorchs():
    rng = np.random.default_rng(0)
    explorer = ConvolutionExplorer()
    accepted = 0
    for _ in range(1000):
        settings = random_settings(rng)
        x = torch.from_numpy(settings["input"])
        weight = torch.from_numpy(settings["kernel"])
        x, weight = x.reshape(-1, *x.shape[-2:]), weight.reshape(-1, x.shape[0] if x.ndim == 3 else 1, *weight.shape[-2:])
        applied = weight.flip(-1, -2) if settings["operation"] == "convolution" else weight
        bias = torch.as_tensor(settings["bias"], dtype=torch.float64).expand(len(weight))
        conv = nn.Conv2d(
            len(x), len(weight), weight.shape[-2:], settings["stride"], settings["padding"], settings["dilation"],
            padding_mode=settings["padding_mode"], dtype=torch.float64,
        ).requires_grad_(False)  # fmt: skip
        conv.weight.copy_(applied)
        conv.bias.copy_(bias)
        try:
            expected = conv(x[None])[0]
        except RuntimeError:
            assert refused(explorer, **settings)
            continue
        accepted += 1
        explorer.set(**settings)
        assert np.array_equal(explorer.input, settings["input"])
        assert np.array_equal(explorer.kernel, settings["kernel"])
        if settings["kernel"].ndim == 2:
            assert explorer.output.shape == expected.shape[1:]
        np.testing.assert_allclose(explorer.output.reshape(expected.shape), expected, rtol=1e-9, atol=1e-9)
        layer = explorer.layer
        with torch.no_grad():
            torch.testing.assert_close(layer(x[None])[0], expected, rtol=1e-9, atol=1e-9)
        assert repr(eval(explorer.code)) == repr(layer)
        assert (layer.bias is not None) == bool(bias.any())
    assert 300 < accepted < 950


def test_a_convolution_of_one_pixel_gives_back_the_kernel():
    pixel = np.zeros((5, 5))
    pixel[2, 2] = 1
    explorer = ConvolutionExplorer(input=pixel, kernel=np.arange(9).reshape(3, 3), operation="convolution")
    assert explorer.output.tolist() == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    assert explorer.layer.weight.flatten().tolist() == [8, 7, 6, 5, 4, 3, 2, 1, 0]
    explorer.operation = "cross-correlation"
    assert explorer.output.tolist() == [[8, 7, 6], [5, 4, 3], [2, 1, 0]]


def test_the_worked_example_gives_the_numbers_of_the_paper():
    assert ConvolutionExplorer().output.tolist() == [[12, 12, 17], [10, 17, 19], [9, 6, 14]]


def test_rgb_with_several_filters_adds_up_the_channels():
    explorer = ConvolutionExplorer(**RGB, bias=[10, -10])
    expected = F.conv2d(*(torch.from_numpy(RGB[name]) for name in ("input", "kernel")), torch.tensor([10.0, -10], dtype=torch.float64))
    assert np.array_equal(explorer.output, expected)
    assert explorer.code == "nn.Conv2d(3, 2, kernel_size=3)"


def test_tensors_lists_and_arrays_are_accepted_and_copied():
    mine = np.ones((4, 4))
    tensor = torch.full((2, 2), 3.0, requires_grad=True)
    explorer = ConvolutionExplorer(input=mine, kernel=tensor)
    mine[:] = 7
    assert explorer.output.tolist() == [[12] * 3] * 3
    explorer.kernel = [[1, 0], [0, np.float32(1)]]
    assert explorer.output.tolist() == [[2] * 3] * 3
    explorer.set(stride=np.int64(2), position=np.int64(1))
    assert (explorer.stride, explorer.position) == (2, (1, 1))
    assert type(explorer.stride) is int


@pytest.mark.parametrize("name", ["input", "kernel", "bias"])
def test_arrays_can_only_be_changed_as_a_whole(name):
    explorer = ConvolutionExplorer()
    with pytest.raises(ValueError, match="read-only"):
        getattr(explorer, name)[...] = 5


# -- refusals ------------------------------------------------------------------------------------

REFUSALS = [
    (dict(kernel=np.ones((7, 7))), "ConvolutionExplorer keeps its kernel. conv_output_size: along the height, a kernel of 7 covers "
     "7 pixels, but the padded input has 5 (5 + 2·0). Use padding ≥ 1 or a smaller kernel."),
    (dict(dilation=(1, 3)), "ConvolutionExplorer keeps its dilation. conv_output_size: along the width, a kernel of 3 with dilation 3 "
     "covers 7 pixels, but the padded input has 5 (5 + 2·0). Use padding ≥ 1, dilation ≤ 2 or a smaller kernel."),
    (dict(padding=5, padding_mode="reflect"), "'reflect' padding of 5 along the height needs more pixels than the 5 that are there. "
     "Use padding ≤ 4 or padding_mode='replicate'."),
    (dict(stride=0), "ConvolutionExplorer.stride: expected an int of at least 1, or (height, width); got 0."),
    (dict(stride=1.5), "got 1.5."),
    (dict(stride=True), "got True."),
    (dict(stride=(1, 2, 3)), "got (1, 2, 3)."),
    (dict(padding=-1), "ConvolutionExplorer.padding: expected an int of at least 0, or (height, width); got -1."),
    (dict(padding="same"), "got 'same'."),
    (dict(padding=17), "ConvolutionExplorer draws at most 16 padding, got 17."),
    (dict(padding_mode="mirror"), "['zeros', 'reflect', 'replicate', 'circular']"),
    (dict(operation="correlation"), "['cross-correlation', 'convolution']"),
    (dict(view="list"), "['slide', 'matrix', 'wiring']"),
    (dict(large="very"), "large"),
    (dict(filter=-1), "should not be less than 0"),
    (dict(filter=1), "ConvolutionExplorer.filter: there are 1 filters, 0 to 0; got 1."),
    (dict(position=(0, 3)), "ConvolutionExplorer.position: the output is 3×3, so rows end at 2 and columns at 2; got (0, 3)."),
    (dict(position=(2, 2), stride=2), "the output is 2×2"),
    (dict(input=[[1, 2], [3]]), "ConvolutionExplorer.input: expected numbers in 2 or 3 dimensions, got list '[[1, 2], [3]]'. "
     "Rows must have equal lengths."),
    (dict(input="image"), "got str 'image'"),
    (dict(input=np.ones((5, 5)) * 1j), "expected numbers"),
    (dict(input=np.ones((5, 0))), "ConvolutionExplorer.input: expected 2 or 3 dimensions with at least one number, got shape (5, 0)."),
    (dict(kernel=np.ones(3)), "ConvolutionExplorer.kernel: expected 2 or 4 dimensions with at least one number, got shape (3,)."),
    (dict(input=[[1, np.nan]]), "ConvolutionExplorer.input: every number must be finite, got nan."),
    (dict(bias=np.inf), "every number must be finite, got inf."),
    (dict(bias=[1, 2]), "1 filters need one bias each (or one number), got 2."),
    (dict(input=np.ones((3, 5, 5))), "ConvolutionExplorer: an input with 3 channels needs kernels (O, 3, kh, kw), got kernel (3, 3). "
     "Change both in one step: widget.set(input=…, kernel=…)."),
    (dict(input=np.ones((17, 5))), "ConvolutionExplorer draws at most 16 rows or columns, got 17. "
     "For pictures there is ImageFilter; for numbers helpers.conv2d."),
    (dict(input=np.ones((5, 9, 9)), kernel=np.ones((1, 5, 3, 3))), "at most 4 channels, got 5"),
    (dict(kernel=np.ones((5, 1, 3, 3))), "at most 4 filters, got 5"),
    (dict(input=np.ones((9, 9)), kernel=np.ones((1, 8))), "at most 7 kernel, got 8"),
    (dict(pinned={"grid": "input"}), "ConvolutionExplorer.pinned: expected None or a cell that is there, such as {'grid': 'input', 'channel': 0, "
     "'cell': [2, 1]}; got {'grid': 'input'}."),
    (dict(stride=2, padding=1, view="matrix", kernel="none"), "got str 'none'"),
    (dict(view="matrix", operation="convolution", input=np.ones((2, 2))), "covers 3 pixels, but the padded input has 2"),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "text"), REFUSALS, ids=lambda value: "" if isinstance(value, str) else "+".join(value))
def test_a_refusal_teaches_and_changes_nothing(settings, text):
    assert text in refused(ConvolutionExplorer(), **settings)
    before = set(registry._instances)
    with pytest.raises(ValueError) as refusal:
        ConvolutionExplorer(**settings)
    assert len(settings) > 1 or text in str(refusal.value)
    assert set(registry._instances) == before


@pytest.mark.parametrize("kind", ALL)
def test_a_setting_that_does_not_exist_is_named_beside_those_that_do(kind):
    with pytest.raises(TypeError, match=rf"{kind.__name__} has no setting 'strides'\. It has: .*large.*\."):
        kind(**ALL[kind][1], strides=2)
    widget = kind(**ALL[kind][1])
    with pytest.raises(AttributeError, match="has no setting 'strides'. It has: "):
        widget.strides = 2
    assert not hasattr(widget, "strides")


def test_set_refuses_unknown_names_before_it_changes_anything():
    explorer = ConvolutionExplorer()
    for wrong in ("strides", "output", "layer"):
        with pytest.raises(TypeError, match=f"ConvolutionExplorer has no setting '{wrong}'"):
            explorer.set(stride=2, **{wrong: 1})
    assert explorer.stride == 1


def test_set_changes_several_at_once_and_tells_each_once():
    explorer = ConvolutionExplorer()
    told = []
    explorer.observe(lambda change: told.append(change["name"]), names=["input", "kernel", "bias", "filter"])
    explorer.set(**RGB, bias=[1, 2], filter=1, position=(2, 2))
    assert sorted(told) == ["bias", "filter", "input", "kernel"]
    assert explorer.output.shape == (2, 3, 3)


def test_position_and_filter_follow_an_output_that_shrinks():
    explorer = ConvolutionExplorer(**RGB, position=(2, 1), filter=1)
    explorer.stride = (2, 3)
    assert explorer.position == (1, 0)
    explorer.kernel = RGB["kernel"][:1]
    assert explorer.filter == 0
    explorer.stride = 1
    assert explorer.position == (1, 0)


def test_reset_has_what_the_cell_made():
    explorer = ConvolutionExplorer(stride=2, position=(1, 1))
    explorer.set(stride=1, kernel=np.ones((2, 2)))
    assert explorer._initial["stride"] == 2 and explorer._initial["position"] == (1, 1)
    assert explorer._initial["kernel"] == [[0, 1, 2], [2, 2, 0], [0, 1, 2]]
    explorer.set_state(explorer._initial)  # as the page sends it
    assert (explorer.stride, explorer.position, explorer.kernel.shape) == (2, (1, 1), (3, 3))


def test_what_the_page_sends_is_checked_as_well():
    explorer = ConvolutionExplorer()
    explorer.set_state({"kernel": [[1, 2]], "stride": [1, 2], "pinned": {"grid": "input", "channel": 0, "cell": [1, 2]}})
    assert explorer.kernel.tolist() == [[1, 2]] and explorer.stride == (1, 2)
    with pytest.raises(ValueError):
        explorer.set_state({"view": "matrix", "kernel": np.ones((7, 7)).tolist()})
    assert explorer.view == "slide" and explorer.kernel.tolist() == [[1, 2]]


# -- how they look where nothing can draw them ---------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "settings", "sentence"),
    [
        (ConvolutionExplorer, {}, "ConvolutionExplorer: 5×5 input, 3×3 kernel, cross-correlation, output 3×3; "
         "nn.Conv2d(1, 1, kernel_size=3, bias=False)."),
        (ConvolutionExplorer, RGB | dict(operation="convolution"), "ConvolutionExplorer: 3×5×5 input, 3×3 kernel, convolution, "
         "output 3×3; nn.Conv2d(3, 2, kernel_size=3, bias=False)."),
        (ImageFilter, {}, "ImageFilter: photo (256×256) through a 3×3 kernel."),
        (LearnedKernel, {}, "LearnedKernel: step 0 of 0, loss 1."),
        (PoolingExplorer, {}, "PoolingExplorer: max pooling, 5×5 → 2×2; nn.MaxPool2d(kernel_size=2). "
         "A shift by (0, 1) changes 17 of 25 values before and 0 of 4 after it."),
        (ShiftExplorer, {}, "ShiftExplorer: handwritten digit (32×32) shifted by (0, 5), through conv; relative error 0."),
        (ReceptiveFieldExplorer, {}, "ReceptiveFieldExplorer: 2 layers on 32×32; a unit of layer 1 (conv) sees 5 pixels along "
         "each axis, its stride is 1."),
        (EffectiveFieldExplorer, FIELDS | dict(side=15), "EffectiveFieldExplorer: layer 1, a square of 15×15 pixels holds "
         "100% Sequential."),
    ],
)  # fmt: skip
def test_repr_and_saved_output_are_a_sentence(kind, settings, sentence):
    widget = kind(**settings)
    assert repr(widget) == sentence
    bundle = widget._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    assert data["text/plain"] == f"[{sentence} Open the notebook in JupyterLab and run this cell to use it.]"
    assert "application/vnd.jupyter.widget-view+json" in data
    assert not re.search("0x[0-9a-f]{6}", repr(widget))


@pytest.mark.filterwarnings("ignore:`torch.distributed.reduce_op`:FutureWarning")
@pytest.mark.parametrize("kind", ALL)
def test_closed_widgets_leave_nothing_behind(kind):
    count, needed = ALL[kind]

    def alive():
        gc.collect()
        return sum(isinstance(thing, kind) for thing in gc.get_objects())

    registered, living, classes = len(registry._instances), alive(), len(kind.__subclasses__())
    for _ in range(count):
        kind(**needed).close()
    assert len(registry._instances) == registered
    assert alive() == living
    # each instance has had a class of its own
    assert len(kind.__subclasses__()) <= classes + 1
