"""The page's pooling against PyTorch: values, winners, readers, bounds; texts against Python."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from helpers.widgets import PoolingExplorer
from tests.browser.oracle import javascript  # noqa: F401 (a fixture)
from tests.random_settings import one_thread  # noqa: F401 (a fixture)

POOLINGS = ("max", "average", "min", "median", "L2")
MOST = {"kernel_size": 12, "stride": 12, "padding": 6, "size": 12}
MODEL = "{ get: (name) => c[name] }"


def draw(rng):
    """A legal layer as pooling.js wants it."""
    while True:
        pooling = str(rng.choice(POOLINGS))
        kernel_size = rng.integers(1, 6, 2).tolist()
        pads = pooling not in ("median", "L2") and rng.random() < 0.6
        layer = {
            "size": rng.integers(1, 8, 2).tolist(),
            "kernel_size": kernel_size,
            "stride": kernel_size if rng.random() < 0.3 else rng.integers(1, 6, 2).tolist(),
            "padding": [int(rng.integers(0, k // 2 + 1)) if pads else 0 for k in kernel_size],
            "ceil_mode": bool(rng.random() < 0.5),
            "pooling": pooling,
            "count_include_pad": bool(rng.random() < 0.5),
        }
        if accepts(layer):
            return layer


def accepts(layer):
    settings = {name: layer[name] for name in ("kernel_size", "stride", "padding", "ceil_mode")}
    try:
        nn.MaxPool2d(**settings)(torch.zeros(1, 1, *layer["size"]))
    except RuntimeError:
        return False
    return layer["pooling"] not in ("median", "L2") or layer["padding"] == [0, 0]


def plane(rng, size):
    """Numbers with many ties, or none."""
    x = rng.integers(-2, 3, size) if rng.random() < 0.6 else rng.normal(size=size).round(3)
    return x.astype(float)


def shape_of(layer):
    """(H', W') by PyTorch."""
    settings = (layer[name] for name in ("kernel_size", "stride", "padding"))
    return F.max_pool2d(torch.zeros(1, *layer["size"]), *settings, 1, layer["ceil_mode"]).shape[1:]


def windows(x, layer):
    """Every window without padding, (H', W', kh·kw); what hangs over the end is NaN."""
    (kh, kw), (sh, sw) = layer["kernel_size"], layer["stride"]
    x = F.pad(x, (0, 12, 0, 12), value=torch.nan)  # more than enough
    rows, cols = shape_of(layer)
    return x.unfold(0, kh, sh).unfold(1, kw, sw).flatten(2)[:rows, :cols]


def pooled(x, layer):
    """(values, indices of the winners or None) by PyTorch; no median layer, but a quantile."""
    k, s, p, c = (layer[name] for name in ("kernel_size", "stride", "padding", "ceil_mode"))
    x = torch.from_numpy(x)
    match layer["pooling"]:
        case "max":
            values, indices = F.max_pool2d(x[None], k, s, p, 1, c, return_indices=True)
            return values[0], indices[0]
        case "min":
            values, indices = F.max_pool2d(-x[None], k, s, p, 1, c, return_indices=True)
            return -values[0], indices[0]
        case "average":
            return F.avg_pool2d(x[None], k, s, p, c, layer["count_include_pad"])[0], None
        case "L2":
            return nn.LPPool2d(2, k, s, c)(x[None])[0], None
        case "median":
            return windows(x, layer).nanquantile(0.5, -1), None


@pytest.mark.parametrize("seed", range(2))
def test_values_and_winners_are_pytorchs(javascript, seed):
    rng = np.random.default_rng(seed)
    layers = [draw(rng) for _ in range(3000)]
    cases = [{"layer": layer, "x": plane(rng, layer["size"]).tolist()} for layer in layers]
    answers = javascript(
        "pool2d, poolShape, winners from pooling",
        """(() => {
            const y = pool2d(c.x, c.layer);
            const best = y.map((row, r) => row.map((_, q) => winners(c.x, [r, q], c.layer)));
            return { y, shape: poolShape(c.layer), winners: best };
        })()""",
        cases,
    )
    seen = {name: 0 for name in POOLINGS}
    for case, answer in zip(cases, answers):
        layer, x = case["layer"], np.array(case["x"])
        values, indices = pooled(x, layer)
        assert answer["shape"] == list(values.shape), layer
        assert np.allclose(answer["y"], values.numpy(), rtol=1e-12, atol=1e-12), layer
        found = answer["winners"]
        if indices is not None:
            width = layer["size"][1]
            assert [[[divmod(int(n), width)] for n in row] for row in indices] == [
                [[tuple(cell) for cell in cells] for cells in row] for row in found
            ], layer
        elif layer["pooling"] == "median":
            check_middle(found, windows(torch.from_numpy(x), layer), x)
        else:
            assert all(cells == [] for row in found for cells in row)
        seen[layer["pooling"]] += 1
    assert min(seen.values()) > 300


def check_middle(found, windows, x):
    for r, row in enumerate(found):
        for c, cells in enumerate(row):
            values = sorted(v for v in windows[r, c].tolist() if v == v)
            middle = sorted({(len(values) - 1) // 2, len(values) // 2})
            assert sorted(x[tuple(cell)] for cell in cells) == [values[n] for n in middle]
            assert len({tuple(cell) for cell in cells}) == len(middle)


def test_a_pixel_is_read_where_an_average_of_it_alone_is_not_zero(javascript):
    rng = np.random.default_rng(3)
    cases = []
    for _ in range(400):
        layer = draw(rng)
        cases.append({"layer": layer, "cell": [int(rng.integers(n)) for n in layer["size"]]})
    answers = javascript("outputsReading from pooling", "outputsReading(c.cell, c.layer)", cases)
    for case, answer in zip(cases, answers):
        layer = case["layer"]
        x = torch.zeros(1, *layer["size"], dtype=torch.float64)
        x[0, *case["cell"]] = 1
        settings = (layer[name] for name in ("kernel_size", "stride", "padding", "ceil_mode"))
        assert answer == F.avg_pool2d(x, *settings)[0].nonzero().tolist(), case
    assert sum(answer == [] for answer in answers) > 10


def test_bounds_reach_exactly_as_far_as_pytorch(javascript):
    rng = np.random.default_rng(4)
    layers = []
    while len(layers) < 800:
        layer = draw(rng)
        for name in ("kernel_size", "stride", "padding"):
            layer[name] = [layer[name][1]] * 2
        layer["size"] = [layer["size"][1] + 1] * 2
        if accepts(layer):
            layers.append(layer)
    answers = javascript("poolBounds from pooling", f"poolBounds(c, {MOST})", layers)
    told = 0
    for layer, limits in zip(layers, answers):
        for name, most in MOST.items():
            least = {"padding": 0, "size": 2}.get(name, 1)
            legal = [v for v in range(least, most + 1) if accepts(layer | {name: [v, v]})]
            limit = limits[name]
            assert [limit["min"], limit["max"]] == [legal[0], legal[-1]], (layer, name)
            assert legal == list(range(legal[0], legal[-1] + 1))
            assert (limit["why"] is not None) == (legal[-1] < most), (layer, name, limit)
            assert (limit["whyMin"] is not None) == (legal[0] > least), (layer, name, limit)
            told += legal[-1] < most
    assert told > 500


def test_bounds_say_why(javascript):
    plain = {
        "size": [5, 5], "kernel_size": [3, 3], "stride": [2, 2], "padding": [1, 1],
        "ceil_mode": False, "pooling": "max",
    }  # fmt: skip
    row = plain | {"size": [1, 4], "kernel_size": [1, 3], "stride": [1, 1], "padding": [0, 1]}
    cases = [plain, row, plain | {"pooling": "median", "padding": [0, 0]}]
    answers = javascript("poolBounds from pooling", f"poolBounds(c, {MOST})", cases)
    assert answers[0] == {
        "kernel_size": {
            "min": 2, "max": 7,
            "why": "kernel_size ends at 7: a kernel of 8 covers 8 pixels, the padded height has 7",
            "whyMin": "kernel_size begins at 2: along the height, "
                      "padding 1 is more than half of the kernel of 1",
        },
        "stride": {"min": 1, "max": 12, "why": None, "whyMin": None},
        "padding": {
            "min": 0, "max": 1, "whyMin": None,
            "why": "padding ends at 1: along the height, "
                   "padding 2 is more than half of the kernel of 3",
        },
        "size": {"min": 2, "max": 12, "why": None, "whyMin": None},
    }  # fmt: skip
    assert [answers[1][name]["max"] for name in MOST] == [6, 12, 1, 12]
    assert answers[2]["padding"] == {
        "min": 0, "max": 0, "whyMin": None,
        "why": "padding stays 0: PyTorch has none for median pooling",
    }  # fmt: skip


# -- the explorer's state and texts ----------------------------------------------------------------


def traits(rng):
    layer = draw(rng)
    channels = int(rng.integers(1, 4))
    x = np.stack([plane(rng, layer["size"]) for _ in range(channels)])
    size = {name: layer[name] for name in ("kernel_size", "stride", "padding")}
    if rng.random() < 0.3 and accepts(layer | {"stride": layer["kernel_size"]}):
        size["stride"] = None
    if layer["pooling"] != "average":
        layer["count_include_pad"] = True
    size = {name: v[0] if v and v[0] == v[1] else v for name, v in size.items()}
    return size | {
        "input": (x[0] if channels == 1 else x).tolist(),
        "shift": rng.integers(-1, 2, 2).tolist(),
        "wrap": bool(rng.random() < 0.5),
        "entering": float(rng.integers(-2, 3)),
        **{name: layer[name] for name in ("pooling", "ceil_mode", "count_include_pad")},
    }


def test_the_page_and_python_have_the_same_numbers_and_the_same_line(javascript):
    rng = np.random.default_rng(5)
    cases = [traits(rng) for _ in range(500)]
    states = javascript(
        "readState from pooling_explorer/state",
        f"""(() => {{
            const {{ output, shifted_input, shifted_output, changed }} = readState({MODEL});
            const sizes = [changed.shifted_input.size, changed.shifted_output.size];
            return {{ output, shifted_input, shifted_output, sizes }};
        }})()""",
        cases,
    )
    layers = []
    explorer = PoolingExplorer()
    for case, state in zip(cases, states):
        explorer.set(**case)
        for name in ("output", "shifted_input", "shifted_output"):
            ours = getattr(explorer, name)
            ours = ours if explorer.input.ndim == 3 else ours[None]
            assert np.allclose(state[name], ours, rtol=1e-12, atol=1e-12), (name, case)
        shares = [n / x.size for n, x in zip(state["sizes"], (explorer.input, explorer.output))]
        assert explorer.changed == pytest.approx(shares), case
        kernel = np.broadcast_to(case["kernel_size"], 2).tolist()
        stride = kernel if case["stride"] is None else np.broadcast_to(case["stride"], 2).tolist()
        padding = np.broadcast_to(case["padding"], 2).tolist()
        size = list(explorer.input.shape[-2:])
        names = ("pooling", "ceil_mode", "count_include_pad")
        sizes = {"size": size, "kernel_size": kernel, "stride": stride, "padding": padding}
        layers.append(sizes | {name: case[name] for name in names})
    lines = javascript("code from pooling_explorer/text", "code(c)", layers)
    for case, line in zip(cases, lines):
        explorer.set(**case)
        assert explorer.code == line
    explorer.close()
    assert len(set(lines)) > 200


def test_formulas_are_written_out(javascript):
    plain = {
        "size": [2, 2], "kernel_size": [2, 2], "stride": [2, 2], "padding": [0, 0],
        "ceil_mode": False, "count_include_pad": True, "pooling": "max",
    }  # fmt: skip
    x = [[3, 7], [1, -2]]
    padded = plain | {"padding": [1, 1], "pooling": "average"}
    hanging = {"size": [1, 1], "ceil_mode": True, "pooling": "L2"}
    large = plain | {"size": [4, 4], "kernel_size": [4, 4]}
    cases = [
        *[{"x": x, "layer": plain | {"pooling": name}} for name in POOLINGS],
        {"x": x, "layer": padded},
        {"x": x, "layer": padded | {"count_include_pad": False}},
        {"x": [[3]], "layer": plain | hanging},
        {"x": np.arange(16).reshape(4, 4).tolist(), "layer": large},
        {"x": np.arange(16).reshape(4, 4).tolist(), "layer": large | {"pooling": "average"}},
    ]
    written = javascript(
        "written from pooling_explorer/text", "written(c.x, [0, 0], c.layer)", cases
    )
    assert written == [
        "max(3, 7, 1, −2)", "(3 + 7 + 1 + (−2)) / 4", "min(3, 7, 1, −2)", "median(3, 7, 1, −2)",
        "√(3² + 7² + 1² + (−2)²)", "(0 + 0 + 0 + 3) / 4", "(3) / 1", "√((3²) · 4/1)",
        "max(0, 1, 2, 3, 4, 5, … 16 values)", "sum 120 / 16",
    ]  # fmt: skip


def test_the_line_of_sizes_ends_with_pytorchs_size(javascript):
    rng = np.random.default_rng(6)
    layers = [draw(rng) for _ in range(600)]
    answers = javascript("sizeLines from pooling_explorer/text", "sizeLines(c)", layers)
    late = 0
    for layer, lines in zip(layers, answers):
        shape = shape_of(layer)
        got = {line.split(" = ")[0]: int(line.split(" = ")[-1]) for line in lines}
        expected = {"height": shape[0], "width": shape[1], "output size": shape[0]}
        assert got.items() <= expected.items() and got, (layer, lines)
        assert "output size" not in got or shape[0] == shape[1]
        late += any("would start after" in line for line in lines)
    assert late > 20
