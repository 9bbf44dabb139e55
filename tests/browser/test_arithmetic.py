"""The widgets' arithmetic in JavaScript equals PyTorch: over 10,000 random settings, run in a browser.

Settings are drawn here, legal and illegal, every axis by itself; PyTorch and the page each compute,
and the numbers are compared to 1e-9. They travel as JSON, which keeps every float exactly.
"""

import itertools
import re

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from tests.browser.oracle import (
    MODES,
    accepts,
    draw_layer,
    javascript,  # noqa: F401 (a fixture)
    legal_layers,
    reads,
    torch_layer,
)
from tests.random_settings import one_thread  # noqa: F401 (a fixture)

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning")


def close(actual, expected):
    expected = np.asarray(expected)
    actual = np.asarray(actual, dtype=float)
    return actual.shape == expected.shape and np.allclose(actual, expected, rtol=1e-9, atol=1e-9)


# -- arithmetic.js -------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_values_shapes_and_refusals_are_pytorchs(javascript, seed):
    rng = np.random.default_rng(seed)
    cases, expected = [], []
    for _ in range(2100):
        layer = draw_layer(rng)
        in_channels, out_channels = rng.integers(1, 4, 2).tolist()
        x = torch.from_numpy(rng.normal(size=(in_channels, *layer["size"])))
        conv = torch_layer(layer, in_channels, out_channels, bias=True)
        conv.weight.copy_(torch.from_numpy(rng.normal(size=conv.weight.shape)))
        conv.bias.copy_(torch.from_numpy(rng.integers(-2, 3, out_channels) / 2))
        try:
            y = conv(x[None])[0]
            at = [int(rng.integers(n)) for n in y.shape[1:]]
            flipped = torch_layer(layer, in_channels, out_channels, bias=True)
            flipped.weight.copy_(conv.weight.flip(-1, -2))
            flipped.bias.copy_(conv.bias)
            expected.append((y, flipped(x[None])[0], at))
        except RuntimeError:
            expected.append(None)
            at = [0, 0]
        arrays = {"x": x, "weight": conv.weight, "bias": conv.bias}
        cases.append({name: a.tolist() for name, a in arrays.items()} | {"layer": layer, "at": at})
    answers = javascript(
        "refusal, outputShape, conv2d, flip, products from arithmetic",
        """refusal(c.layer) ? { refused: refusal(c.layer) } : {
            refused: null,
            shape: outputShape(c.layer),
            y: conv2d(c.x, c.weight, c.bias, c.layer),
            flipped: conv2d(c.x, c.weight.map((filter) => filter.map(flip)), c.bias, c.layer),
            sums: c.weight.map((filter, o) => c.bias[o] + filter.flatMap((kernel, m) =>
                products(c.x[m], kernel, c.at, c.layer)).reduce((sum, t) => sum + t.product, 0)),
        }""",
        cases,
    )
    for case, answer, want in zip(cases, answers, expected):
        assert (answer["refused"] is None) == (want is not None), (case["layer"], answer["refused"])
        if want:
            y, flipped, (row, col) = want
            assert answer["shape"] == list(y.shape[1:]), case["layer"]
            assert close(answer["y"], y), case["layer"]
            assert close(answer["flipped"], flipped), case["layer"]
            assert close(answer["sums"], y[:, row, col]), case["layer"]
    refused = expected.count(None) / len(expected)
    assert 0.1 < refused < 0.6


def test_a_refusal_gives_the_numbers(javascript):
    layer = dict(size=[5, 9], kernel_size=[3, 3], padding=[0, 0], dilation=[3, 1], padding_mode="zeros")
    cases = [layer, layer | dict(padding=[1, 9], padding_mode="reflect"), layer | dict(padding=[6, 1], padding_mode="circular")]
    assert javascript("refusal from arithmetic", "refusal(c)", cases) == [
        "a kernel of 3 with dilation 3 covers 7 pixels, the padded height has 5",
        "reflect padding of 9 needs at least 10 pixels, the width is 9",
        "circular padding of 6 needs at least 6 pixels, the height is 5",
    ]


def padded_places(layer):
    """As `reads`, but the place in the padded input, counted row by row from 0."""
    size = [n + 2 * p for n, p in zip(layer["size"], layer["padding"])]
    return reads(layer | {"size": size, "padding": [0, 0], "padding_mode": "zeros"}) - 1


def test_what_feeds_what_is_what_pytorch_reads(javascript):
    rng = np.random.default_rng(10)
    layers = legal_layers(rng, 1500)
    maps = [reads(layer) for layer in layers]
    cases = [
        {
            "layer": layer,
            "at": [int(rng.integers(n)) for n in map_.shape[1:]],
            "cell": [int(rng.integers(n)) for n in layer["size"]],
            "weight": [int(rng.integers(n)) for n in layer["kernel_size"]],
        }
        for layer, map_ in zip(layers, maps)
    ]
    answers = javascript(
        "taps, outputsFedBy, cellsMetBy from arithmetic",
        "{ taps: taps(c.at, c.layer), fed: outputsFedBy(c.cell, c.layer), met: cellsMetBy(c.weight, c.layer) }",
        cases,
    )
    fed_by_several = 0
    for case, map_, answer in zip(cases, maps, answers):
        layer = case["layer"]
        (kh, kw), (_, width), (top, left) = layer["kernel_size"], layer["size"], layer["padding"]
        cells = padded_places(layer)

        def told(tap):
            """A tap of the page as (weight, place in the padded input, pixel)."""
            (i, j), (row, col), source = tap["weight"], tap["cell"], tap["source"]
            place = (row + top) * (width + 2 * left) + col + left
            return i * kw + j, place, source[0] * width + source[1] + 1 if source else 0

        row, col = case["at"]
        expected = [(n, cells[n, row, col], map_[n, row, col]) for n in range(kh * kw)]
        assert [told(tap) for tap in answer["taps"]] == expected, layer

        pixel = case["cell"][0] * width + case["cell"][1] + 1
        fed = {(r, c, n) for n, r, c in np.argwhere(map_ == pixel).tolist()}
        found = [(*t["output"], t["weight"][0] * kw + t["weight"][1]) for t in answer["fed"]]
        assert set(found) == fed and len(found) == len(fed), layer
        fed_by_several += len(fed) > 1

        n = case["weight"][0] * kw + case["weight"][1]
        expected = [((r, c), (n, cells[n, r, c], map_[n, r, c])) for r, c in np.ndindex(map_.shape[1:])]
        assert [(tuple(t["output"]), told(t)) for t in answer["met"]] == expected, layer
    assert fed_by_several > 500


def test_a_padding_zero_feeds_nothing(javascript):
    layer = dict(size=[3, 3], kernel_size=[3, 3], stride=[1, 1], padding=[1, 1], dilation=[1, 1], padding_mode="zeros")
    assert javascript("outputsFedBy from arithmetic", "outputsFedBy(null, c)", [layer]) == [[]]


def test_bounds_are_where_pytorch_begins_to_refuse(javascript):
    rng = np.random.default_rng(20)
    cases = legal_layers(rng, 1500)
    most = {"kernel_size": 7, "stride": 4, "padding": 4, "dilation": 4, "size": 16}
    told = {"why": 0, "whyMin": 0}
    for layer, limits in zip(cases, javascript("bounds from arithmetic", "bounds(c)", cases)):
        assert set(limits) == set(most)
        for name, bound in limits.items():
            low, high = bound["min"], bound["max"]
            least = 0 if name == "padding" else 1
            legal = [v for v in range(least, most[name] + 1) if accepts(layer | {name: [v, v]})]
            assert legal == list(range(low, high + 1)), (layer, name, bound)
            # the end that comes from the other settings has a reason, with the number in it; the others have none
            for why, end, free in (("why", high, most[name]), ("whyMin", low, least)):
                assert (bound.get(why) is None) == (end == free), (layer, name, bound)
                if bound.get(why):
                    told[why] += 1
                    assert re.search(rf"(ends|begins) at {end}:", bound[why])
    assert min(told.values()) > 200


# -- images.js -----------------------------------------------------------------------------------


def test_a_filtered_plane_is_pytorchs_same_padding(javascript):
    rng = np.random.default_rng(30)
    cases, expected = [], []
    for kh, kw, mode in itertools.product(range(1, 8), range(1, 8), MODES):
        for _ in range(4):
            height, width = rng.integers(4, 12, 2).tolist()
            conv = nn.Conv2d(1, 1, (kh, kw), padding="same", padding_mode=mode, bias=False, dtype=torch.float64)
            conv.requires_grad_(False)
            kernel = rng.normal(size=(kh, kw)) * (rng.random((kh, kw)) < rng.choice([0, 0.5, 1]))
            conv.weight.copy_(torch.from_numpy(kernel))
            x = torch.from_numpy(rng.normal(size=(1, 1, height, width)))
            sides = conv._reversed_padding_repeated_twice
            border = F.pad(x, sides, mode="constant" if mode == "zeros" else mode)
            expected.append((border[0, 0], conv(x)[0, 0].ravel()))
            cases.append(dict(height=height, width=width, data=x.ravel().tolist(), kernel=kernel.tolist(), mode=mode))
    answers = javascript(
        "padded, correlatePlane from images",
        """(() => {
            const border = padded(c, [c.kernel.length, c.kernel[0].length], c.mode);
            const used = new Float64Array(c.height * c.width).fill(7);
            const [y, again] = [undefined, used].map((out) => correlatePlane(border, c.kernel, c.height, c.width, out));
            return { border: [...border.data], size: [border.height, border.width], y: [...y], again: [...again], kept: again === used };
        })()""",
        cases,
    )
    for case, answer, (border, y) in zip(cases, answers, expected):
        assert answer["size"] == list(border.shape)
        assert close(answer["border"], border.ravel())
        assert close(answer["y"], y), case
        assert answer["again"] == answer["y"] and answer["kept"]


def test_grey_is_what_pillow_calls_luma(javascript):
    from PIL import Image

    bytes_ = np.random.default_rng(31).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    planes = [dict(height=16, width=16, data=(bytes_[..., m] / 255).ravel().tolist()) for m in range(3)]
    [grey] = javascript("greyPlane from images", "greyPlane(c)", [planes])
    luma = np.asarray(Image.fromarray(bytes_).convert("L")).ravel()
    assert (grey["height"], grey["width"]) == (16, 16)
    assert np.abs(255 * np.array(grey["data"]) - luma).max() < 0.51


def test_bytes_are_read_wherever_they_begin(javascript):
    rng = np.random.default_rng(32)
    cases, expected = [], []
    for shape, offset in itertools.product([(3, 5), (3, 5, 1), (4, 2, 3)], [0, 1, 3, 4, 6]):
        pixels = rng.normal(size=shape).astype(np.float32)
        content = [9] * offset + list(pixels.tobytes()) + [9] * 5
        cases.append({"shape": shape, "bytes": content, "offset": offset, "length": pixels.nbytes})
        channels = np.moveaxis(np.atleast_3d(pixels), 2, 0).astype(float)
        expected.append(2 * [[[*shape[:2], plane.ravel().tolist()] for plane in channels]])
    script = """(() => {
        const { buffer } = Uint8Array.from(c.bytes);
        const read = (data) => planesOf({ shape: c.shape, data }).map((p) => [p.height, p.width, [...p.data]]);
        const [view, whole] = [new DataView(buffer, c.offset, c.length), buffer.slice(c.offset, c.offset + c.length)];
        return [read(view), read(whole)];
    })()"""
    assert javascript("planesOf from images", script, cases) == expected


SIGNED_SUM, MEAN_SUM = 0, 1


def test_the_scale_fits_the_values(javascript):
    examples = [
        ([0, 1], ("auto", False, MEAN_SUM), ("picture", 0, 1)),
        ([0.2, 0.4], ("auto", False, MEAN_SUM), ("picture", 0, 1)),
        ([-0.2, 1.3], ("auto", False, MEAN_SUM), ("picture", -0.2, 1.3)),
        ([-3, 2], ("auto", False, SIGNED_SUM), ("signed", -3, 3)),
        ([-3, 2], ("picture", False, SIGNED_SUM), ("picture", -3, 2)),
        ([0, 2], ("signed", False, MEAN_SUM), ("signed", -2, 2)),
        ([0, 0], ("signed", False, MEAN_SUM), ("signed", -1e-12, 1e-12)),
        ([-2, 5], ("auto", True, MEAN_SUM), ("signed", -5, 5)),
        ([3, 9], ("auto", True, MEAN_SUM), ("field", 3, 9)),
        ([-1e-15, 0], ("auto", False, SIGNED_SUM), ("picture", -1e-15, 1)),
    ]
    script = "Object.values(chooseScale(c[0], { shown: c[1][0], field: c[1][1], sum: c[1][2] }))"
    scales = javascript("chooseScale from images", script, examples)
    assert scales == [list(scale) for *_, scale in examples]
