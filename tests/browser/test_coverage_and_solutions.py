"""Coverage, pooling sizes and the search for settings equal PyTorch, run in a browser."""

import itertools
from functools import cache

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from helpers import settings_for
from tests.browser.oracle import (
    MODES,
    javascript,  # noqa: F401 (a fixture)
    legal_layers,
    legal_transposed,
)
from tests.random_settings import one_thread  # noqa: F401 (a fixture)

# -- coverage.js -----------------------------------------------------------------------------------


def test_windows_are_where_pytorch_reads(javascript):
    names = ["size", "kernel_size", "stride", "padding", "dilation"]
    layers = legal_layers(np.random.default_rng(1), 1000)
    cases = [[layer[name][0] for name in names] for layer in layers]
    skipping = missing = 0
    answers = javascript("windows from coverage", "windows(...c)", cases)
    for case, answer in zip(cases, answers):
        size, kernel_size, stride, padding, dilation = case
        positions = torch.arange(-padding, size + padding, dtype=torch.float64)
        first_tap = torch.eye(kernel_size, dtype=torch.float64)[:1, None]

        def starts(stride):
            return F.conv1d(positions[None], first_tap, None, stride, 0, dilation)[0].tolist()

        ones = torch.ones(1, 1, len(positions), 1, dtype=torch.float64, requires_grad=True)
        windows = F.unfold(ones, (kernel_size, 1), (dilation, 1), 0, (stride, 1))
        (counts,) = torch.autograd.grad(windows.sum(), ones)
        assert answer["starts"] == starts(stride), case
        assert answer["skipped"] == sorted(set(starts(1)) - set(starts(stride))), case
        assert answer["counts"] == counts.flatten().tolist(), case
        assert answer["never"] == positions[counts.flatten() == 0].tolist(), case
        skipping += bool(answer["skipped"])
        missing += bool(answer["never"])
    assert min(skipping, missing) > 200


def test_windows_of_the_named_cases(javascript):
    odd, strides = [6, 3, 2, 1, 1], [5, 3, 2, 0, 1]
    dilated, too_large = [7, 3, 1, 0, 2], [2, 5, 1, 1, 1]
    cases = [odd, strides, dilated, too_large]
    assert javascript("windows from coverage", "windows(...c)", cases) == [
        dict(starts=[-1, 1, 3], skipped=[0, 2, 4], counts=[1, 1, 2, 1, 2, 1, 1, 0], never=[6]),
        dict(starts=[0, 2], skipped=[1], counts=[1, 1, 2, 1, 1], never=[]),
        dict(starts=[0, 1, 2], skipped=[], counts=[1, 1, 2, 1, 2, 1, 1], never=[]),
        dict(starts=[], skipped=[], counts=[0, 0, 0, 0], never=[-1, 0, 1, 2]),
    ]


def test_stamps_are_where_pytorch_adds(javascript):
    names = ["size", "kernel_size", "stride", "padding", "output_padding", "dilation"]
    layers = legal_transposed(np.random.default_rng(2), 1000)
    cases = [[layer[name][0] for name in names] for layer in layers]
    overlapping = missing = cut_less = longer = 0
    answers = javascript("stamps from coverage", "stamps(...c)", cases)
    for case, answer in zip(cases, answers):
        size, kernel_size, stride, padding, output_padding, dilation = case

        def spread(x, kernel, padding, output_padding):
            settings = stride, padding, output_padding, 1, dilation
            x, kernel = x.double()[None], kernel.double()[None, None]
            return F.conv_transpose1d(x, kernel, None, *settings).flatten().tolist()

        ones = torch.ones(1, size), torch.ones(kernel_size)
        numbered = spread(torch.arange(1, size + 1)[None], torch.eye(kernel_size)[0], 0, 0)
        before, after = answer["cut"]
        assert answer["starts"] == [numbered.index(n) for n in range(1, size + 1)], case
        counts, stamped = answer["counts"], spread(*ones, 0, 0)
        kept = spread(*ones, padding, output_padding)
        assert counts[: len(stamped)] == stamped, case
        assert counts[before : len(counts) - after] == kept, case
        assert before == padding and len(counts) == max(len(stamped), before + len(kept)), case
        cut_less += 0 < output_padding <= padding
        longer += output_padding > padding
        overlapping += max(counts) > 1
        missing += min(stamped) == 0
    assert min(overlapping, missing) > 200 and min(cut_less, longer) > 100


def test_the_checkerboard_of_the_syllabus(javascript):
    cases = [6, 3, 2, 0, 0, 1], [3, 4, 2, 1, 0, 1]
    uneven, even = javascript("stamps from coverage", "stamps(...c)", cases)
    assert uneven["counts"] == [1, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 1]
    assert even == dict(starts=[0, 2, 4], counts=[1, 1, 2, 2, 2, 2, 1, 1], cut=[1, 1])


def test_output_padding_keeps_what_the_padding_would_cut_off_and_only_then_adds(javascript):
    cases = [[3, 4, 2, padding, output_padding, 1] for padding, output_padding in
             [(2, 0), (2, 1), (1, 1), (0, 1)]]  # fmt: skip
    stamped = [1, 1, 2, 2, 2, 2, 1, 1]
    assert javascript("stamps from coverage", "stamps(...c)", cases) == [
        dict(starts=[0, 2, 4], counts=stamped, cut=[2, 2]),
        dict(starts=[0, 2, 4], counts=stamped, cut=[2, 1]),
        dict(starts=[0, 2, 4], counts=stamped, cut=[1, 0]),
        dict(starts=[0, 2, 4], counts=[*stamped, 0], cut=[0, 0]),
    ]


# -- pooling.js ------------------------------------------------------------------------------------


def draw_pooling(rng):
    """A layer as pooling.js wants it; about a third of them are illegal."""
    return {
        "size": rng.integers(1, 10, 2).tolist(),
        "kernel_size": rng.integers(1, 5, 2).tolist(),
        "stride": rng.integers(1, 6, 2).tolist(),
        "padding": rng.choice([0, 0, 0, 1, 1, 2], 2).tolist(),
        "dilation": rng.choice([1, 1, 1, 2, 3], 2).tolist() if rng.random() < 0.5 else [1, 1],
        "ceil_mode": bool(rng.random() < 0.6),
    }


def pooled(kind, layer):
    """The [height, width] that a layer of PyTorch gives, or None where it refuses."""
    settings = {name: value for name, value in layer.items() if name != "size"}
    if kind is nn.AvgPool2d:
        assert settings.pop("dilation") == [1, 1]
    try:
        return list(kind(**settings)(torch.zeros(1, 1, *layer["size"])).shape[2:])
    except RuntimeError:
        return None


@pytest.mark.parametrize("seed", range(2))
def test_pooling_sizes_and_refusals_are_pytorchs(javascript, seed):
    rng = np.random.default_rng(seed)
    layers = [draw_pooling(rng) for _ in range(3000)]
    answers = javascript(
        "poolRefusal, poolShape, poolOutputSize from pooling",
        """{
            refused: poolRefusal(c), shape: poolShape(c),
            axes: [0, 1].map((axis) => {
                const { size, kernel_size, stride, padding, dilation } = c;
                const settings = [size, kernel_size, stride, padding, dilation].map((v) => v[axis]);
                return poolOutputSize(...settings, c.ceil_mode);
            }),
        }""",
        layers,
    )
    hanging = refused = 0
    for layer, answer in zip(layers, answers):
        kinds = [nn.MaxPool2d] + [nn.AvgPool2d] * (layer["dilation"] == [1, 1])
        for kind in kinds:
            expected = pooled(kind, layer)
            assert (answer["refused"] is None) == (expected is not None), (layer, answer["refused"])
            if expected:
                assert answer["shape"] == answer["axes"] == expected, layer
        refused += expected is None
        hanging += expected is not None and expected != pooled(kind, layer | {"ceil_mode": False})
    assert 0.1 < refused / len(layers) < 0.6
    assert hanging > 300


def test_a_pooling_layer_has_pytorchs_defaults(javascript):
    sizes = ([7, 8], [3, 2]), ([5, 9], [2, 2]), ([6, 6], [4, 2])
    cases = [dict(size=size, kernel_size=kernel_size) for size, kernel_size in sizes]
    answers = javascript(
        "poolRefusal, poolShape, poolOutputSize from pooling",
        "[poolRefusal(c), poolShape(c), poolOutputSize(c.size[0], c.kernel_size[0])]",
        cases,
    )
    for case, answer in zip(cases, answers):
        shape = list(nn.MaxPool2d(case["kernel_size"])(torch.zeros(1, 1, *case["size"])).shape[2:])
        assert answer == [None, shape, shape[0]]


def test_a_pooling_refusal_gives_the_numbers(javascript):
    plain = {
        "size": [5, 5], "kernel_size": [3, 3], "stride": [2, 2],
        "padding": [0, 0], "dilation": [1, 1], "ceil_mode": False,
    }  # fmt: skip
    cases = [
        plain | dict(padding=[1, 2]),
        plain | dict(size=[2, 9]),
        plain | dict(dilation=[1, 3], padding=[1, 0]),
        plain | dict(size=[9, 1], ceil_mode=True),
        plain | dict(size=[9, 2], ceil_mode=True, stride=[2, 1]),
        plain | dict(size=[9, 2], ceil_mode=True),
    ]
    assert javascript("poolRefusal from pooling", "poolRefusal(c)", cases) == [
        "along the width, padding 2 is more than half of the kernel of 3",
        "a kernel of 3 covers 3 pixels, the padded height has 2",
        "a kernel of 3 with dilation 3 covers 7 pixels, the padded width has 5",
        "a kernel of 3 covers 3 pixels, the padded width has 1, "
        "and with stride 2 at most 1 may hang over",
        "a kernel of 3 covers 3 pixels, the padded width has 2",
        None,
    ]


# -- solutions.js ----------------------------------------------------------------------------------

RANGES = {
    "kernel_size": range(1, 8), "stride": range(1, 5),
    "padding": range(7), "dilation": range(1, 5),
}  # fmt: skip


def size_of(output):
    try:
        return output().shape[2]
    except RuntimeError:
        return None


@cache
def every_output(size, transposed=False, mode="zeros"):
    """PyTorch's output sizes for all settings in the ranges; None where it refuses."""
    x = torch.zeros(1, 1, size, dtype=torch.float64)
    weights = {k: torch.zeros(1, 1, k, dtype=torch.float64) for k in RANGES["kernel_size"]}
    outputs = {}
    for k, s, p, d in itertools.product(*RANGES.values()):
        if transposed:
            for o in range(4):
                outputs[k, s, p, d, o] = size_of(
                    lambda: F.conv_transpose1d(x, weights[k], None, s, p, o, dilation=d)
                )
        elif mode == "zeros":
            outputs[k, s, p, d] = size_of(lambda: F.conv1d(x, weights[k], None, s, p, d))
        else:
            layer = nn.Conv1d(1, 1, k, s, p, d, padding_mode=mode, dtype=torch.float64)
            outputs[k, s, p, d] = size_of(lambda: layer(x))
    return outputs


def idle(settings, fixed, places):
    """A free setting that changes nothing: a stride between no two places, holes in one pixel."""
    kernel_size, stride, _, dilation, *_ = settings
    unused_stride = places == 1 and stride > 1 and "stride" not in fixed
    return unused_stride or (kernel_size == 1 and dilation > 1 and "dilation" not in fixed)


@pytest.mark.parametrize("transposed", [False, True])
def test_every_setting_that_gives_the_size_is_found_nearest_first(javascript, transposed):
    rng = np.random.default_rng(40 + transposed)
    names = [*RANGES, "output_padding"][: 5 if transposed else 4]
    cases, expected = [], []
    for _ in range(300):
        size = int(rng.choice([1, 2, 4, 7]))
        mode = "zeros" if transposed else str(rng.choice(MODES))
        outputs = every_output(size, transposed, mode)
        legal = [settings for settings, output in outputs.items() if output]
        now = legal[rng.integers(len(legal))]
        wanted = int(rng.integers(1, 13)) if rng.random() < 0.5 else outputs[now]
        start = legal[rng.integers(len(legal))]
        fixed = {n: v for n, v in zip(names, start) if rng.random() < 0.35}

        def distance(settings):
            changes = [abs(a - b) for a, b in zip(settings, now)]
            return np.count_nonzero(changes), sum(changes), settings

        fitting = (
            settings
            for settings in legal
            if outputs[settings] == wanted
            and fixed.items() <= set(zip(names, settings))
            and not idle(settings, fixed, size if transposed else wanted)
        )
        expected.append([dict(zip(names, settings)) for settings in sorted(fitting, key=distance)])
        question = dict(size=size, wanted=wanted, fixed=fixed, now=dict(zip(names, now)))
        if transposed:
            question["transposed"] = True
        if mode != "zeros":
            question["padding_mode"] = mode
        cases.append(question)
    answers = javascript("settingsFor from solutions", "settingsFor(c)", cases)
    for case, answer, want in zip(cases, answers, expected):
        assert answer == want, case
    sizes = [len(want) for want in expected]
    assert sizes.count(0) > 5 and sum(n > 10 for n in sizes) > 40


def test_the_settings_asked_for_stay_in_the_ranges_given(javascript):
    most = {"kernel_size": 3, "stride": 2, "padding": 1, "dilation": 1}
    cases = [
        [dict(size=5, wanted=5), most],
        [dict(size=3, wanted=6, transposed=True, fixed={"stride": 2, "padding": 1}), most],
        [dict(size=28, wanted=20, fixed={"kernel_size": 9, "stride": 1, "dilation": 1}), most],
        [dict(size=2, wanted=4, transposed=True, fixed={"output_padding": 3}), most],
        [dict(size=2, wanted=0, transposed=True), most],
    ]
    assert javascript("settingsFor from solutions", "settingsFor(...c)", cases) == [
        [
            dict(kernel_size=1, stride=1, padding=0, dilation=1),
            dict(kernel_size=3, stride=1, padding=1, dilation=1),
        ],
        [dict(kernel_size=3, stride=2, padding=1, dilation=1, output_padding=1)],
        [dict(kernel_size=9, stride=1, padding=0, dilation=1)],
        [],
        [],
    ]


def test_python_finds_the_settings_that_the_page_finds(javascript):
    rng = np.random.default_rng(42)
    most = {"kernel_size": 7, "stride": 4, "padding": 6, "dilation": 4, "output_padding": 3}
    least = {"kernel_size": 1, "stride": 1, "padding": 0, "dilation": 1, "output_padding": 0}
    cases, expected = [], []
    for transposed, _ in itertools.product([False, True], range(300)):
        size, wanted = (1 if rng.random() < 0.2 else int(rng.integers(2, 14)) for _ in "io")
        names = [*most][: 5 if transposed else 4]
        fixed = {n: int(rng.integers(least[n], most[n] + 1)) for n in names if rng.random() < 0.3}
        cases.append(dict(transposed=transposed, size=size, wanted=wanted, fixed=fixed))
        expected.append(settings_for(size, wanted, **fixed, transposed=transposed))

    def unordered(found):
        return sorted(tuple(settings.items()) for settings in found)

    answers = javascript("settingsFor from solutions", "settingsFor(c)", cases)
    for case, answer, want in zip(cases, answers, expected):
        assert unordered(answer) == unordered(want), case
    sizes = [len(want) for want in expected]
    assert 30 < sizes.count(0) < 300
