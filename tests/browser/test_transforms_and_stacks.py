"""transforms.js equals Python, layer_stack.js equals PyTorch; what commutes commutes exactly."""

import json

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from helpers.operations import rotate_image, scale_image, shift_image
from tests.browser.oracle import MODES, javascript  # noqa: F401 - a fixture
from tests.random_settings import REFUSALS, one_thread  # noqa: F401 - a fixture

MAPS = "planes.map(({ data, height, width }) => ({ data: [...data], height, width }))"
STRIDES = {
    "conv": 1, "strided_conv": 2, "relu": 1, "max_pool": 2, "avg_pool": 2, "subsample": 2,
    "blur_pool": 2, "max_blur_pool": 2,
}  # fmt: skip


def plane(x):
    return dict(zip(("height", "width"), x.shape), data=x.ravel().tolist())


def array(answer):
    return np.array(answer["data"]).reshape(answer["height"], answer["width"])


# -- transforms.js -------------------------------------------------------------------------------


def transforms(rng, count):
    """(expression, settings, Python's answer) for random planes; whole and special values often."""
    for _ in range(count):
        x = rng.normal(size=rng.integers(1, 12, 2))
        kind = rng.integers(3)
        if kind == 0:
            by = rng.integers(-15, 16, 2) + rng.choice([0, 0, rng.random()], 2)
            wrap = bool(rng.integers(2))
            yield x, {"by": by.tolist(), "wrap": wrap}, shift_image(x, by, wrap)
        elif kind == 1:
            degrees = rng.choice([rng.uniform(-800, 800), 90 * rng.integers(-9, 9)])
            yield x, {"degrees": float(degrees)}, rotate_image(x, degrees)
        else:
            factor = rng.choice([2 ** rng.uniform(-4, 4), 1, 2, 0.5, 3])
            yield x, {"factor": float(factor)}, scale_image(x, factor)


def test_transforms_equal_those_of_python(javascript):
    cases, expected = [], []
    for x, settings, y in transforms(np.random.default_rng(1), 3000):
        cases.append(dict(plane(x), **settings))
        expected.append(y)
    answers = javascript(
        "shifted, rotated, scaled from transforms",
        """(({ data, height, width }) => ({ data: [...data], height, width }))(
            "by" in c ? shifted(c, c.by, c.wrap)
            : "degrees" in c ? rotated(c, c.degrees) : scaled(c, c.factor))""",
        cases,
    )
    for case, answer, y in zip(cases, answers, expected):
        assert (answer["height"], answer["width"]) == y.shape
        if "by" in case:
            assert np.array_equal(array(answer), y), case
        assert np.allclose(array(answer), y, atol=1e-12), case


def test_a_transform_leaves_its_plane_as_it_is(javascript):
    x = np.arange(20.0).reshape(4, 5)
    calls = ["shifted(c, [1, 2])", "shifted(c, [0.5, 0.5])", "rotated(c, 20)", "scaled(c, 2)"]
    [kept] = javascript(
        "shifted, rotated, scaled from transforms",
        f"(() => {{ {'; '.join(calls)}; return [...c.data]; }})()",
        [plane(x)],
    )
    assert kept == x.ravel().tolist()


# -- layer_stack.js ------------------------------------------------------------------------------


def torch_layer(word, kernel, mode):
    """The same layer, as PyTorch's modules have it."""
    blur = torch.tensor([1.0, 2, 1], dtype=torch.double)
    return {
        "conv": lambda: conv(kernel, 1, mode),
        "strided_conv": lambda: conv(kernel, 2, mode),
        "relu": nn.ReLU,
        "max_pool": lambda: nn.MaxPool2d(2),
        "avg_pool": lambda: nn.AvgPool2d(2),
        "subsample": lambda: nn.MaxPool2d(1, stride=2),
        "blur_pool": lambda: conv(torch.outer(blur, blur) / 16, 2, mode),
        "max_blur_pool": lambda: nn.Sequential(
            DenseMax(mode), conv(torch.outer(blur, blur) / 16, 2, mode)
        ),
        "global_avg_pool": lambda: nn.AdaptiveAvgPool2d(1),
    }[word]()


def conv(kernel, stride, mode):
    padding = [size // 2 for size in kernel.shape]
    layer = nn.Conv2d(
        1, 1, kernel.shape, stride, padding, bias=False, padding_mode=mode, dtype=torch.double
    )
    layer.weight = nn.Parameter(kernel[None, None], requires_grad=False)
    return layer


class DenseMax(nn.Module):
    """The largest of 2×2 pixels, stride 1; zeros in the border never win."""

    def __init__(self, mode):
        super().__init__()
        self.pad = dict(mode=mode) if mode != "zeros" else dict(value=float("-inf"))

    def forward(self, x):
        return F.max_pool2d(F.pad(x, (0, 1, 0, 1), **self.pad), 2, stride=1)


def stacks(rng, count):
    """Random pictures and stacks, as the page wants them, with the kernel as a tensor."""
    words = [*STRIDES, "global_avg_pool"]
    for _ in range(count):
        x = rng.normal(size=rng.integers(1, 17, 2))
        kernel = rng.normal(size=rng.choice([1, 3, 3, 5, 7], 2)) * rng.choice([0, 1, 1], (1, 1))
        layers = rng.choice(words, rng.integers(1, 6), p=[*[0.98 / 8] * 8, 0.02]).tolist()
        yield x, layers, kernel, str(rng.choice(MODES))


def torch_planes(x, layers, kernel, mode):
    """PyTorch's map after each layer, or the number of the layer that it refuses."""
    y = torch.tensor(x)[None, None]
    planes = []
    for n, word in enumerate(layers, 1):
        try:
            y = torch_layer(word, torch.tensor(kernel), mode)(y)
        except REFUSALS:
            return n
        planes.append(y[0, 0].numpy())
    return planes


def test_every_stack_gives_pytorchs_maps_or_tells_which_layer_pytorch_refuses(javascript):
    cases, expected = [], []
    for x, layers, kernel, mode in stacks(np.random.default_rng(2), 2500):
        cases.append(dict(plane(x), layers=layers, kernel=kernel.tolist(), padding_mode=mode))
        expected.append(torch_planes(x, layers, kernel, mode))
    answers = javascript(
        "forward, stackRefusal from layer_stack",
        f"""(() => {{
            const why = stackRefusal(c, c.layers, c);
            if (why) return why;
            const planes = forward(c, c.layers, c);
            return {MAPS};
        }})()""",
        cases,
    )
    refused = 0
    for case, answer, planes in zip(cases, answers, expected):
        if isinstance(planes, int):
            assert isinstance(answer, str) and answer.startswith(f"layer {planes}, "), case
            refused += 1
            continue
        assert len(answer) == len(planes), (case, answer)
        for map_, y in zip(answer, planes):
            assert (map_["height"], map_["width"]) == y.shape, case
            assert np.allclose(array(map_), y, rtol=1e-12, atol=1e-12), case
    assert 0.1 * len(cases) < refused < 0.7 * len(cases)


def test_planes_that_are_written_over_hold_the_same_values(javascript):
    cases = []
    for x, layers, kernel, mode in stacks(np.random.default_rng(3), 200):
        if not isinstance(torch_planes(x, layers, kernel, mode), int):
            other = plane(np.random.default_rng(4).normal(size=x.shape))
            settings = dict(layers=layers, kernel=kernel.tolist(), padding_mode=mode)
            cases.append(dict(x=plane(x), other=other, **settings))
    answers = javascript(
        "forward from layer_stack",
        f"""(() => {{
            const fresh = forward(c.x, c.layers, c);
            const old = forward(c.other, c.layers, c);
            const again = forward(c.x, c.layers, c, old);
            const maps = (planes) => {MAPS};
            const [height, width] = [c.x.height, c.x.width + 4];
            const wider = {{ height, width, data: Array(height * width).fill(1) }};
            const third = forward(c.x, c.layers, c, forward(wider, c.layers, c));
            const kept = again.every((plane, n) => plane === old[n]);
            const all = {{ fresh: maps(fresh), again: maps(again), third: maps(third) }};
            return {{ ...all, kept, x: [...c.x.data] }};
        }})()""",
        cases,
    )
    for case, answer in zip(cases, answers):
        assert answer["again"] == answer["third"] == answer["fresh"] and answer["kept"]
        assert answer["x"] == case["x"]["data"]


def test_the_total_stride_is_the_product_until_a_global_average(javascript):
    rng = np.random.default_rng(5)
    cases = [list(rng.choice([*STRIDES], rng.integers(0, 7))) for _ in range(50)]
    cases += [["global_avg_pool"], ["conv", "max_pool", "global_avg_pool", "relu"]]
    answers = javascript("totalStride from layer_stack", "totalStride(c)", cases)
    assert answers[-2:] == [None, None]
    assert answers[:-2] == [int(np.prod([STRIDES[word] for word in c])) for c in cases[:-2]]


def test_every_layer_has_a_label_of_its_own_and_its_stride(javascript):
    [layers] = javascript("LAYERS from layer_stack", "LAYERS", [0])
    assert {word: layer["stride"] for word, layer in layers.items()} == {
        **STRIDES, "global_avg_pool": None,
    }  # fmt: skip
    assert len({layer["label"] for layer in layers.values()}) == len(layers)


@pytest.mark.parametrize(
    ("size", "layers", "kernel", "mode", "told"),
    [
        ((8, 8), ["relu", "conv"], (2, 3), "zeros",
         "layer 2, convolution: a kernel of 2×3 has no middle; use odd sizes"),
        ((4, 3), ["max_pool", "avg_pool"], (3, 3), "zeros",
         "layer 2, average pooling: 2×2 pixels do not fit into 2×1"),
        ((8, 8), ["subsample", "strided_conv", "conv"], (5, 5), "reflect",
         "layer 3, convolution: reflect padding of 2 needs at least 3 pixels, the height is 2"),
        ((1, 4), ["max_blur_pool"], (3, 3), "reflect",
         "layer 1, max pooling, blurred: reflect padding of 1 needs at least 2 pixels, "
         "the height is 1"),
    ],
)  # fmt: skip
def test_a_refusal_names_the_layer_and_the_rule(javascript, size, layers, kernel, mode, told):
    case = dict(
        plane(np.zeros(size)), layers=layers, kernel=np.ones(kernel).tolist(), padding_mode=mode
    )
    [why] = javascript("stackRefusal from layer_stack", "stackRefusal(c, c.layers, c)", [case])
    assert why == told


# -- what commutes -------------------------------------------------------------------------------


@pytest.fixture
def errors_of(module_page):
    """The largest |f(g(x)) − g(f(x))| of each case: g shifts x by `by`, and the map by its share."""
    script = """async (text) => {
        const { shifted } = await import("/helpers/widgets/js/transforms.js");
        const { forward, totalStride } = await import("/helpers/widgets/js/layer_stack.js");
        return JSON.parse(text).map((c) => {
            const stride = totalStride(c.layers);
            const f = (x) => forward(x, c.layers, c).at(-1);
            const g = (y) => (stride ? shifted(y, c.by.map((n) => n / stride)) : y);
            const [left, right] = [f(shifted(c, c.by)), g(f(c))];
            return Math.max(...left.data.map((value, n) => Math.abs(value - right.data[n])));
        });
    }"""
    yield lambda cases: module_page.evaluate(script, json.dumps(cases))
    assert module_page.console_errors == []


def commuting(rng, mode, layers, by, size):
    kernel = rng.normal(size=rng.choice([1, 3, 5], 2))
    x = rng.normal(size=size)
    return dict(plane(x), layers=layers, by=by, kernel=kernel.tolist(), padding_mode=mode)


def test_with_circular_borders_shifts_by_the_total_stride_commute_exactly(errors_of):
    rng = np.random.default_rng(6)
    cases = []
    for _ in range(600):
        layers = rng.choice([*STRIDES], rng.integers(1, 5)).tolist()
        stride = int(np.prod([STRIDES[word] for word in layers]))
        size = stride * rng.integers(2, 5, 2)  # a kernel of 5 needs two pixels to go around
        by = (stride * rng.integers(-5, 6, 2)).tolist()
        cases.append(commuting(rng, "circular", layers, by, size))
    errors = errors_of(cases)
    assert errors == [0] * len(cases)


def test_other_shifts_and_other_borders_do_not_commute(errors_of):
    rng = np.random.default_rng(7)
    cases = [
        commuting(rng, "circular", [word, "conv"], [1, 0], (16, 16))
        for word in STRIDES
        if STRIDES[word] == 2
    ]
    cases += [
        commuting(rng, mode, ["conv", "blur_pool"], [4, 0], (16, 16))
        for mode in MODES
        if mode != "circular"
    ]
    errors = errors_of(cases)
    assert min(errors) > 1e-3


def test_a_global_average_forgets_every_shift_but_for_rounding(errors_of):
    rng = np.random.default_rng(8)
    layers = [["conv", "relu", "global_avg_pool"], ["blur_pool", "global_avg_pool", "relu"]]
    moves = [[1, 0], [5, -3]], [[2, 0], [6, -4]]  # the second stack has a stride of 2
    cases = [
        commuting(rng, "circular", stack, by, (16, 16))
        for stack, bys in zip(layers, moves)
        for by in bys
    ]
    assert max(errors_of(cases)) < 1e-14
    moved = commuting(rng, "circular", layers[1], [1, 0], (16, 16))
    assert min(errors_of([moved])) < 1e-14  # a blur loses nothing of the mean
    halved = commuting(rng, "circular", ["subsample", "global_avg_pool"], [1, 0], (16, 16))
    assert min(errors_of([halved])) > 1e-3
