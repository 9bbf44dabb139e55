"""The arithmetic explorer's state, texts and legend, run in a browser: they equal Python's and PyTorch's."""

import itertools

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from helpers.widgets import ArithmeticExplorer
from helpers.widgets.arithmetic_cases import NAMED_CASES
from tests.browser.oracle import (
    accepts,
    accepts_transposed,
    conv_transpose,
    draw_layer,
    draw_transposed,
    javascript,  # noqa: F401 (a fixture)
    legal_layers,
    legal_transposed,
    torch_layer,
)
from tests.random_settings import one_thread  # noqa: F401 (a fixture)

SIZES = ("size", "kernel_size", "stride", "padding", "dilation", "output_padding")
MODEL = "{ get: (name) => c[name] }"


def traits(layer, transposed, values="numbers"):
    """The widget's traits for a layer: one number where both axes agree."""
    sizes = {name: layer.get(name, [0, 0]) for name in SIZES}
    sizes = {name: v[0] if v[0] == v[1] else v for name, v in sizes.items()}
    sizes["input_size"] = sizes.pop("size")
    mode = layer.get("padding_mode", "zeros")
    return sizes | {"padding_mode": mode, "transposed": transposed, "values": values}


def shown(rng, count, transposed):
    """Random legal layers whose outputs the widget draws."""
    layers = legal_transposed(rng, 2 * count) if transposed else legal_layers(rng, 2 * count)
    if not transposed:
        return [layer | {"output_padding": [0, 0]} for layer in layers[:count]]
    small = [
        layer for layer in layers
        if max(conv_transpose(layer, torch.zeros(1, *layer["size"]), torch.zeros(1, 1, *layer["kernel_size"])).shape) <= 32
    ]  # fmt: skip
    return [layer | {"padding_mode": "zeros"} for layer in small[:count]]


# -- the state -----------------------------------------------------------------------------------


def test_the_page_counts_the_same_pixels_and_weights_as_python(javascript):
    sizes = [(n, 13 - n) for n in range(1, 13)]
    kernels = list(itertools.product(range(1, 8), repeat=2))
    cases = [[size, kernels[n % 49], v] for v in ("numbers", "ones") for n, size in enumerate(sizes * 5)]
    answers = javascript("numbersFor from arithmetic_explorer/state", "numbersFor(...c)", cases)
    for (size, kernel_size, values), answer in zip(cases, answers):
        same = ArithmeticExplorer(input_size=size, kernel_size=kernel_size, padding=6, values=values)
        assert answer == {"input": same.input.tolist(), "kernel": same.kernel.tolist()}
        same.close()


@pytest.mark.parametrize("transposed", [False, True])
def test_the_state_on_the_page_is_pythons(javascript, transposed):
    layers = shown(np.random.default_rng(3), 300, transposed)
    cases = [traits(layer, transposed, ["numbers", "ones"][n % 2]) for n, layer in enumerate(layers)]
    answers = javascript("readState from arithmetic_explorer/state", f"readState({MODEL})", cases)
    explorer = ArithmeticExplorer()
    for case, layer, answer in zip(cases, layers, answers):
        explorer.set(**case)
        assert answer["layer"] == layer
        assert answer["output"] == explorer.output.tolist(), case
        assert tuple(answer["outputSize"]) == explorer.output.shape == explorer.output_size
        if transposed:  # the flipped kernel over the stretched input, in PyTorch
            wide = torch.zeros(answer["wide"]["size"], dtype=torch.float64)
            x = torch.tensor(explorer.input)
            flipped = torch.tensor(answer["flipped"], dtype=torch.float64)
            around = [d * (k - 1) - p for d, k, p in zip(*(layer[n] for n in ("dilation", "kernel_size", "padding")))]
            for r, c in itertools.product(*map(range, x.shape)):
                at = [around[a] + v * layer["stride"][a] for a, v in enumerate((r, c))]
                if all(0 <= v < n for v, n in zip(at, wide.shape)):
                    wide[tuple(at)] = x[r, c]
            y = F.conv2d(wide[None, None], flipped[None, None], dilation=layer["dilation"])[0, 0]
            assert y.tolist() == answer["output"], case
    explorer.close()


@pytest.mark.parametrize("transposed", [False, True])
def test_an_objection_is_raised_exactly_where_python_refuses(javascript, transposed):
    rng = np.random.default_rng(4)
    layers = [draw_transposed(rng) if transposed else draw_layer(rng) for _ in range(400)]
    if transposed:  # some that are legal, and too large
        layers += [layer | {"size": [12, 9], "stride": [4, 3], "padding": [0, 0], "output_padding": [0, 0]} for layer in layers[:40]]
    answers = javascript("objection from arithmetic_explorer/state", f"objection(c, {str(transposed).lower()})", layers)
    explorer = ArithmeticExplorer()
    ends = set()
    for layer, answer in zip(layers, answers):
        legal = accepts_transposed(layer) if transposed else accepts(layer)
        try:
            explorer.set(**traits(layer, transposed))
            assert answer is None and legal, layer
        except ValueError as refusal:
            assert answer, layer
            assert legal == ("draws outputs" in str(refusal)) == ("32 are drawn at most" in answer)
        ends.add((legal, answer is None))
    assert len(ends) == 2 + transposed
    explorer.close()


# -- turning around ------------------------------------------------------------------------------


@pytest.mark.parametrize("transposed", [False, True])
def test_turned_around_leads_back_and_is_missing_only_where_nothing_leads_back(javascript, transposed):
    layers = shown(np.random.default_rng(5), 400, transposed)
    states = [traits(layer, transposed) for layer in layers]
    answers = javascript("turnedAround, readState from arithmetic_explorer/state", f"turnedAround(readState({MODEL}))", states)
    missing = 0
    for layer, answer in zip(layers, answers):
        kind = "conv_transpose2d" if transposed else "conv2d"
        there = _size(kind, layer, layer["size"], layer["output_padding"])
        back_kind = "conv2d" if transposed else "conv_transpose2d"
        extras = [[0, 0]] if transposed else list(itertools.product(range(4), repeat=2))
        leads_back = max(there) <= 12 and [
            list(o) for o in extras if _size(back_kind, layer, there, o) == layer["size"]
        ]
        if not leads_back:
            missing += 1
            assert answer is None, layer
            continue
        assert answer["output_padding"] in leads_back and answer["size"] == there, layer
        same = ("kernel_size", "stride", "padding", "dilation")
        assert [answer[n] for n in same] == [layer[n] for n in same] and answer["padding_mode"] == "zeros"
    assert 10 < missing < 350


def _size(kind, layer, size, output_padding):
    """The output size with zeros around, in PyTorch; None where it refuses."""
    x = torch.zeros(1, 1, *size, dtype=torch.float64)
    weight = torch.zeros(1, 1, *layer["kernel_size"], dtype=torch.float64)
    more = {"output_padding": output_padding} if kind == "conv_transpose2d" else {}
    settings = {name: layer[name] for name in ("stride", "padding", "dilation")}
    try:
        return list(getattr(F, kind)(x, weight, **settings, **more).shape[2:])
    except RuntimeError:
        return None


# -- what depends on what ------------------------------------------------------------------------


@pytest.mark.parametrize("transposed", [False, True])
def test_an_input_feeds_what_pytorchs_gradient_says(javascript, transposed):
    layers = shown(np.random.default_rng(6), 60, transposed)
    states = [traits(layer, transposed) for layer in layers]
    each = "(s) => s.input.map((row, i) => row.map((_, j) => feeds(s, [i, j]).map((t) => t.output)))"
    answers = javascript("feeds, readState from arithmetic_explorer/state", f"({each})(readState({MODEL}))", states)
    for layer, answer in zip(layers, answers):
        x = torch.ones(1, *layer["size"], dtype=torch.float64, requires_grad=True)
        weight = torch.ones(1, 1, *layer["kernel_size"], dtype=torch.float64)
        if transposed:
            run = lambda x: conv_transpose(layer, x, weight)[0]  # noqa: E731
        else:
            conv = torch_layer(layer)
            conv.weight.copy_(weight)
            run = lambda x: conv(x)[0]  # noqa: E731
        matrix = torch.autograd.functional.jacobian(run, x).reshape(*run(x).shape, *layer["size"])
        for r, c in itertools.product(*map(range, layer["size"])):
            counted = {}
            for output in map(tuple, answer[r][c]):
                counted[output] = counted.get(output, 0) + 1
            expected = matrix[:, :, r, c]
            assert counted == {tuple(o): expected[tuple(o)].item() for o in expected.nonzero().tolist()}, layer


@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
def test_the_border_copies_the_cells_that_pytorchs_padding_copies(javascript, mode):
    rng = np.random.default_rng(7)
    layers = [layer for layer in legal_layers(rng, 400) if layer["padding_mode"] == mode][:40]
    each = "Array.from({ length: c.size[0] }, (_, i) => Array.from({ length: c.size[1] }, (_, j) => copiesOf([i, j], c)))"
    answers = javascript("copiesOf from arithmetic_explorer/state", each, layers)
    for layer, answer in zip(layers, answers):
        (height, width), (top, left) = layer["size"], layer["padding"]
        real = torch.arange(1.0, height * width + 1).reshape(1, 1, height, width)
        padded = F.pad(real, (left, left, top, top), mode=mode.replace("zeros", "constant"))[0, 0]
        for r, c in itertools.product(range(height), range(width)):
            places = (padded == real[0, 0, r, c]).nonzero() - torch.tensor([top, left])
            assert sorted(answer[r][c]) == [p for p in places.tolist() if p != [r, c]], (layer, r, c)
    assert len(layers) == 40


# -- sliders -------------------------------------------------------------------------------------


def test_drawable_ends_where_the_picture_does(javascript):
    names = SIZES[:5]
    layers = shown(np.random.default_rng(8), 120, True)
    most = {"size": 12, "kernel_size": 7, "stride": 4, "padding": 6, "dilation": 4}
    square = [{name: [v[0], v[0]] for name, v in layer.items() if name != "padding_mode"} for layer in layers]
    square = [layer | {"size": [2 * n for n in layer["size"]]} for layer in square]
    square = [layer for layer in square if accepts_transposed(layer) and _drawn(layer)]
    answers = javascript("limitsOf from arithmetic_explorer/controls", "limitsOf(c, true)", square)
    ends = 0
    for layer, answer in zip(square, answers):
        for name in names:
            legal = []
            for v in range(name != "padding", most[name] + 1):
                other = layer | {name: [v, v]}
                if accepts_transposed(other) and _drawn(other):
                    legal.append(v)
            limits = answer[name]
            assert [limits["min"], limits["max"]] == [min(legal), max(legal)], (name, layer)
            for end, why in (("max", "why"), ("min", "whyMin")):
                if "room for 32 pixels" in (limits[why] or ""):
                    ends += 1
                    verb = "ends" if end == "max" else "begins"
                    what = "the input" if name == "size" else name
                    assert limits[why] == f"{what} {verb} at {limits[end]}: the picture has room for 32 pixels"
    assert ends > 20 and len(square) > 50


def _drawn(layer):
    return max(_size("conv_transpose2d", layer, layer["size"], layer["output_padding"])) <= 32


# -- words ---------------------------------------------------------------------------------------


def with_states(javascript, cases):
    """The cases, each with what the page makes of it as its "state"."""
    states = javascript("readState from arithmetic_explorer/state", f"readState({MODEL})", cases)
    return [case | {"state": state} for case, state in zip(cases, states)]


def state(name, **more):
    """The traits of a named case, with other settings on top."""
    return NAMED_CASES[name] | more


SUMS = [
    # inputs count row by row, the kernel is 1 2 3; 3 1 2; 2 3 1
    (state("no padding"), "slide", [0, 1],
     "output [0, 1] = 2·1 + 3·2 + 4·3 + 6·3 + 7·1 + 8·2 + 10·2 + 11·3 + 12·1 = 126"),
    (state("half (same)"), "slide", [0, 0],
     "output [0, 0] = 0·1 + 0·2 + 0·3 + 0·3 + 1·1 + 2·2 + 0·2 + 6·3 + 7·1 = 30"),
    (state("arbitrary padding", values="ones", kernel_size=5), "slide", [2, 2], "output [2, 2] = the sum of 25 products = 25"),
    (state("strides, transposed"), "stretch", [2, 2], "output [2, 2] = 1·1 + 2·2 + 3·3 + 4·1 = 18"),
    (state("strides, transposed"), "stamp", [1, 0],
     "input [1, 0] = 3 stamps 3·kernel onto 9 places; where stamps overlap they add up"),
    (state("padding and strides, transposed"), "stamp", [0, 0],
     "input [0, 0] = 1 stamps 1·kernel onto 9 places; 5 places cut off; where stamps overlap they add up"),
    (state("odd, transposed", kernel_size=1, padding=0), "stretch", [1, 0], "output [1, 0] = nothing: no stamp reaches it = 0"),
]  # fmt: skip


def test_sums_are_written_out(javascript):
    cases = [dict(case, shown=view, at=at) for case, view, at, _ in SUMS]
    texts = javascript("sum from arithmetic_explorer/text", "sum({ ...c, view: c.shown, large: false }).join('')", with_states(javascript, cases))
    assert texts == [text for *_, text in SUMS]


FOCUSED = [
    (state("no padding"), "slide", "input", [0, 0], "Input [0, 0] feeds 1 of 4 outputs."),
    (state("odd"), "slide", "input", [5, 5], "Input [5, 5] feeds 1 of 9 outputs."),
    (state("odd"), "slide", "input", [6, 2], "This cell is padding: a zero that is not in the image."),
    (state("strides", input_size=6), "slide", "input", [5, 0], "Input [5, 0] feeds no output: no window reaches it."),
    (state("half (same)", padding_mode="replicate"), "slide", "input", [0, 0],
     "Input [0, 0], which the border copies 3 times, feeds 4 of 25 outputs."),
    (state("half (same)", padding_mode="circular"), "slide", "input", [-1, 2],
     "This padding copies input [4, 2], which feeds 9 of 25 outputs."),
    (state("half (same)"), "slide", "kernel", [0, 0],
     "Weight [0, 0] is shared: it meets 25 input cells, 9 of them zeros of the padding, one for each output."),
    (state("strides, transposed"), "stretch", "kernel", [1, 1], "Weight [1, 1] is shared: all 4 inputs stamp through it."),
    (state("strides, transposed"), "stamp", "output", [2, 2],
     "Output [2, 2] gets 4 stamps, from input [0, 0], [0, 1], [1, 0], [1, 1]."),
    (state("full, transposed"), "stamp", "output", [2, 2],
     "Output [2, 2] gets 9 stamps, from input [2, 2], [2, 3], [2, 4], [3, 2], …."),
    (state("odd, transposed"), "stamp", "output", [-1, 0], "This place is cut off by the padding."),
    (state("odd, transposed", kernel_size=1, padding=0), "stamp", "output", [1, 0],
     "Output [1, 0] gets no stamp: it stays 0."),
    (state("strides, transposed"), "stamp", "input", [0, 0], None),
    (state("no padding"), "counts", "input", [0, 0], None),
]  # fmt: skip


def test_what_is_pointed_at_is_said(javascript):
    cases = [dict(case, shown=view, focus=dict(grid=grid, cell=cell)) for case, view, grid, cell, _ in FOCUSED]
    texts = javascript("dependence from arithmetic_explorer/text", "dependence({ ...c, view: c.shown })", with_states(javascript, cases))
    assert texts == [text for *_, text in FOCUSED]


FORMULAS = [
    (state("odd"), ["size = ⌊(i + 2p − d·(k − 1) − 1) / s⌋ + 1 = ⌊(6 + 2·1 − 1·(3 − 1) − 1) / 2⌋ + 1 = ⌊5 / 2⌋ + 1 = 2 + 1 = 3"]),
    (state("odd, transposed"), ["size = (i−1)·s − 2p + d·(k−1) + output_padding + 1 = (3−1)·2 − 2·1 + 1·(3−1) + 1 + 1 = 4 − 2 + 2 + 1 + 1 = 6"]),
    (state("strides", input_size=[5, 4]), [
        "output size = ⌊(i + 2p − d·(k − 1) − 1) / s⌋ + 1",
        "height = ⌊(5 + 2·0 − 1·(3 − 1) − 1) / 2⌋ + 1 = ⌊2 / 2⌋ + 1 = 1 + 1 = 2",
        "width = ⌊(4 + 2·0 − 1·(3 − 1) − 1) / 2⌋ + 1 = ⌊1 / 2⌋ + 1 = 0 + 1 = 1",
    ]),
]  # fmt: skip


def test_the_formula_has_its_numbers_put_in(javascript):
    cases = with_states(javascript, [case for case, _ in FORMULAS])
    answers = javascript("formula from arithmetic_explorer/text", "formula(c.state)", cases)
    assert answers == [lines for _, lines in FORMULAS]


LEGENDS = [
    (state("no padding"), "slide", [["starts", "a window starts"]]),
    (state("odd"), "slide", [["padding", "padding: zeros"], ["starts", "a window starts"],
     ["skipped", "skipped by the stride: 3 rows and 3 columns"], ["cross", "never read: 1 row and 1 column"]]),
    (state("dilation", padding_mode="reflect", padding=1), "slide",
     [["padding", "padding: reflect copies, tied to their pixels"], ["starts", "a window starts"], ["hole", "hole of the dilation"]]),
    (state("strides", stride=[1, 2]), "slide", [["starts", "a window starts"], ["skipped", "skipped by the stride: 1 column"]]),
    (state("odd, transposed"), "stamp", [["padding", "cut off by padding 1"], ["starts", "a stamp starts"], ["added", "kept by output_padding"]]),
    (state("odd, transposed"), "stretch", [["padding", "zeros around: 1, output_padding more at the end"], ["hole", "zeros between: stride − 1 = 1"]]),
    (state("full, transposed", padding=[3, 2]), "stretch",
     [["cross", "more padding than dilation·(kernel − 1): the input itself is cut"]]),
    (state("odd"), "counts", []),
]  # fmt: skip


def test_the_legend_counts_its_marks(javascript):
    cases = [dict(case, shown=view) for case, view, _ in LEGENDS]
    answers = javascript("legendOf from arithmetic_explorer/legend", "legendOf(c.state, c.shown)", with_states(javascript, cases))
    assert answers == [entries for *_, entries in LEGENDS]
