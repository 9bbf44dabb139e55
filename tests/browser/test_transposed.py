"""Transposed convolution in JavaScript equals PyTorch, run in a browser.

Settings are drawn here, legal and illegal, every axis by itself; PyTorch and the page each compute.
"""

import re

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from tests.browser.oracle import (
    accepts_transposed,
    conv_transpose,
    draw_transposed,
    javascript,  # noqa: F401 (a fixture)
    legal_transposed,
    stamped,
)
from tests.random_settings import one_thread  # noqa: F401 (a fixture)

PLAIN = {
    "size": [3, 3], "kernel_size": [3, 3], "stride": [1, 1],
    "padding": [0, 0], "dilation": [1, 1], "output_padding": [0, 0],
}  # fmt: skip


def assert_close(actual, expected, layer):
    np.testing.assert_allclose(actual, expected, rtol=1e-9, atol=1e-9, err_msg=str(layer))


@pytest.mark.parametrize("seed", range(3))
def test_values_shapes_and_refusals_are_pytorchs(javascript, seed):
    rng = np.random.default_rng(seed)
    cases, expected = [], []
    for _ in range(2500):
        layer = draw_transposed(rng)
        in_channels, out_channels = rng.integers(1, 4, 2).tolist()
        x = torch.from_numpy(rng.normal(size=(in_channels, *layer["size"])))
        kernels = rng.normal(size=(in_channels, out_channels, *layer["kernel_size"]))
        weight = torch.from_numpy(kernels)
        bias = torch.from_numpy(rng.normal(size=out_channels))
        try:
            expected.append(conv_transpose(layer, x, weight, bias))
        except RuntimeError:
            expected.append(None)
        cases.append(dict(layer=layer, x=x.tolist(), weight=weight.tolist(), bias=bias.tolist()))
    answers = javascript(
        "transposedRefusal, transposedShape, convTranspose2d from transposed",
        """transposedRefusal(c.layer) ? { refused: transposedRefusal(c.layer) } : {
            refused: null,
            shape: transposedShape(c.layer),
            y: convTranspose2d(c.x, c.weight, c.bias, c.layer),
        }""",
        cases,
    )
    for case, answer, y in zip(cases, answers, expected):
        layer = case["layer"]
        assert (answer["refused"] is None) == (y is not None), (layer, answer["refused"])
        if y is not None:
            assert answer["shape"] == list(y.shape[1:]), layer
            assert_close(answer["y"], y, layer)
    refused = expected.count(None) / len(expected)
    assert 0.1 < refused < 0.6


def test_the_size_of_one_axis_has_pytorchs_order_and_defaults(javascript):
    cases = [[5, 3], [3, 3, 2], [3, 3, 2, 1], [3, 3, 2, 1, 1], [4, 3, 2, 1, 0, 3], [1, 1, 1, 2]]
    sizes = javascript(
        "convTransposeOutputSize from transposed", "convTransposeOutputSize(...c)", cases
    )
    for arguments, size in zip(cases[:-1], sizes):
        i, k, s, p, o, d = arguments + [1, 0, 0, 1][len(arguments) - 2 :]
        x, weight = torch.zeros(1, 1, i), torch.zeros(1, 1, k)
        y = F.conv_transpose1d(x, weight, None, s, p, o, dilation=d)
        assert size == y.shape[2]
    assert sizes[-1] == -3


def test_a_refusal_gives_the_numbers(javascript):
    cases = [
        PLAIN | dict(output_padding=[1, 0]),
        PLAIN | dict(stride=[1, 2], dilation=[1, 3], output_padding=[0, 3]),
        PLAIN | dict(size=[3, 1], padding=[0, 2]),
        PLAIN | dict(size=[1, 3], padding=[3, 0], stride=[2, 2], output_padding=[1, 0]),
        PLAIN,
    ]
    assert javascript("transposedRefusal from transposed", "transposedRefusal(c)", cases) == [
        "along the height, output_padding 1 is not smaller than the stride (1) or the dilation (1)",
        "along the width, output_padding 3 is not smaller than the stride (2) or the dilation (3)",
        "an input of 1 is stamped onto 3 pixels, padding 2 cuts off 4: no width is left",
        "an input of 1 is stamped onto 4 pixels, padding 3 cuts off 6: no height is left",
        None,
    ]


def test_what_stamps_what_is_what_pytorch_adds_up(javascript):
    rng = np.random.default_rng(10)
    layers = legal_transposed(rng, 1500)
    maps = [stamped(layer) for layer in layers]
    cases = [
        {
            "layer": layer,
            "at": [int(rng.integers(n)) for n in map_.shape[1:]],
            "cell": [int(rng.integers(n)) for n in layer["size"]],
        }
        for layer, map_ in zip(layers, maps)
    ]
    answers = javascript(
        "stampsOn, stampedBy from transposed",
        "{ on: stampsOn(c.at, c.layer), by: stampedBy(c.cell, c.layer) }",
        cases,
    )
    several = cut_off = untouched = 0
    for case, map_, answer in zip(cases, maps, answers):
        layer, (row, col) = case["layer"], case["at"]
        (_, kw), (_, width), (top, left) = layer["kernel_size"], layer["size"], layer["padding"]

        here = map_[:, row, col]
        expected = sorted((int(pixel), n) for n, pixel in enumerate(here) if pixel)
        found = [
            (r * width + c + 1, i * kw + j)
            for (i, j), (r, c) in ((stamp["weight"], stamp["source"]) for stamp in answer["on"])
        ]
        assert found == expected, layer
        several += len(found) > 1
        untouched += not found

        # without padding PyTorch keeps the whole stamp; with it, what is left of it
        pixel = case["cell"][0] * width + case["cell"][1] + 1
        full = np.argwhere(stamped(layer | {"padding": [0, 0]}) == pixel)
        whole = [(n, r - top, c - left) for n, r, c in full.tolist()]
        left_over = [tuple(place) for place in np.argwhere(map_ == pixel).tolist()]
        taps = [i * kw + j for i, j in (stamp["weight"] for stamp in answer["by"])]
        told = [(tap, *stamp["output"]) for tap, stamp in zip(taps, answer["by"])]
        kept = [stamp["kept"] for stamp in answer["by"]]
        assert told == whole, layer
        assert [place for place, stays in zip(told, kept) if stays] == left_over, layer
        cut_off += len(left_over) < len(whole)
    assert min(several, cut_off, untouched) > 100


def test_the_flipped_kernel_on_the_stretched_input_gives_the_same(javascript):
    rng = np.random.default_rng(11)
    layers = legal_transposed(rng, 1500)
    answers = javascript(
        "stretched from transposed",
        """(() => {
            const { size: [height, width], source } = stretched(c);
            const cells = [];
            for (let r = 0; r < height; r++)
                for (let k = 0; k < width; k++) cells.push(source([r, k]));
            const outside = [[-1, 0], [0, -1], [height, 0], [0, width]].map(source);
            return { size: [height, width], cells, outside };
        })()""",
        layers,
    )
    cropped = 0
    for layer, answer in zip(layers, answers):
        x = torch.from_numpy(rng.normal(size=(2, *layer["size"])))
        weight = torch.from_numpy(rng.normal(size=(2, 3, *layer["kernel_size"])))
        values = [[plane[tuple(cell)] if cell else 0.0 for cell in answer["cells"]] for plane in x]
        stretched = torch.tensor(values, dtype=torch.float64).reshape(2, *answer["size"])
        flipped = weight.flip(2, 3).transpose(0, 1)
        y = F.conv2d(stretched[None], flipped, dilation=layer["dilation"])[0]
        assert_close(y, conv_transpose(layer, x, weight), layer)
        assert answer["outside"] == [None] * 4
        cropped += len([cell for cell in answer["cells"] if cell]) < x[0].numel()
    assert cropped > 50


def test_the_stretched_input_of_a_small_layer(javascript):
    layer = PLAIN | dict(size=[1, 2], kernel_size=[1, 2], stride=[3, 3], output_padding=[0, 1])
    script = "[stretched(c).size, [0, 1, 2, 3, 4, 5, 6].map((n) => stretched(c).source([0, n]))]"
    [(size, cells)] = javascript("stretched from transposed", script, [layer])
    assert size == [1, 7]
    assert cells == [None, [0, 0], None, None, [0, 1], None, None]


MOST = {
    "kernel_size": 7, "stride": 4, "padding": 4,
    "dilation": 4, "output_padding": 3, "size": 16,
}  # fmt: skip


def test_bounds_are_where_pytorch_begins_to_refuse(javascript):
    rng = np.random.default_rng(20)
    cases = legal_transposed(rng, 1000)
    told = {}
    answers = javascript("transposedBounds from transposed", "transposedBounds(c)", cases)
    for layer, limits in zip(cases, answers):
        assert set(limits) == set(MOST)
        for name, bound in limits.items():
            low, high = bound["min"], bound["max"]
            least = 0 if "padding" in name else 1
            values = range(least, MOST[name] + 1)
            legal = [v for v in values if accepts_transposed(layer | {name: [v, v]})]
            assert legal == list(range(low, high + 1)), (layer, name, bound)
            # an end that comes from the other settings has a reason, with its number
            for why, end, free in (("why", high, MOST[name]), ("whyMin", low, least)):
                assert (bound[why] is None) == (end == free), (layer, name, bound)
                if bound[why]:
                    told[name, why] = told.get((name, why), 0) + 1
                    what = "the input" if name == "size" else name
                    assert re.match(rf"{what} (ends|begins) at {end}: ", bound[why])
    ends = [("padding", "why"), ("output_padding", "why")]
    begins = [(name, "whyMin") for name in MOST if name != "padding"]
    assert set(told) == {*ends, *begins}
    assert min(told.values()) > 20, told


def test_a_bound_says_which_rule_binds(javascript):
    thin = PLAIN | dict(size=[1, 3], padding=[1, 0], stride=[2, 2], output_padding=[1, 1])
    deep = PLAIN | dict(size=[2, 2], padding=[2, 2], stride=[2, 2], output_padding=[1, 1])
    holes = PLAIN | dict(stride=[1, 4], dilation=[2, 1], output_padding=[1, 0])
    tight = thin | dict(size=[1, 1], kernel_size=[2, 2], padding=[1, 1])
    wide = PLAIN | dict(size=[1, 1], padding=[2, 2], dilation=[2, 2])
    close = PLAIN | dict(size=[2, 2], kernel_size=[1, 1], padding=[1, 1], stride=[3, 3])
    two, four = (f"the {2 * p} pixels that padding {p} cuts off" for p in (1, 2))
    rule = "must be smaller than the"
    cases = [
        (thin, "stride", f"begins at 2: output_padding 1 {rule} stride or the dilation (1)"),
        (thin, "padding", "ends at 1: the input is stamped onto 4 pixels, one must be left"),
        (thin, "output_padding", f"ends at 1: it {rule} stride (2) or the dilation (1)"),
        (deep, "kernel_size", f"begins at 2: a smaller kernel would only stamp {four}"),
        (deep, "size", f"begins at 2: a smaller one would only be stamped onto {four}"),
        (holes, "dilation", f"begins at 2: output_padding 1 {rule} dilation or the stride (1)"),
        (tight, "output_padding", f"begins at 1: with less, nothing is left beside {two}"),
        (wide, "dilation", f"begins at 2: with smaller holes the kernel would only stamp {four}"),
        (close, "stride", f"begins at 2: closer stamps would only reach {two}"),
    ]
    script = "(({ why, whyMin }) => [why, whyMin])(transposedBounds(c[0])[c[1]])"
    answers = javascript("transposedBounds from transposed", script, cases)
    for (_, name, sentence), answer in zip(cases, answers):
        what = "the input" if name == "size" else name
        assert f"{what} {sentence}" in answer


def test_most_caps_what_is_offered(javascript):
    script = "transposedBounds(c, { stride: 2, size: 9, padding: 1 })"
    [limits] = javascript("transposedBounds from transposed", script, [PLAIN])
    assert {name: bound["max"] for name, bound in limits.items()} == {
        "kernel_size": 7, "stride": 2, "padding": 1, "dilation": 4, "output_padding": 0, "size": 9,
    }  # fmt: skip
    assert limits["padding"]["why"] is None
