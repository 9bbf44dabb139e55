"""The residual block in JavaScript equals PyTorch: shapes, costs and code, values and gradients, norms over many blocks."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from helpers import ResidualExplorer, summarize
from helpers.widgets import residual_torch
from helpers.widgets.residual_cases import SIGNAL_BIASES, SIGNAL_WEIGHTS
from helpers.widgets.residual_parts import weights_of
from tests.browser.oracle import javascript  # noqa: F401 (a fixture)
from tests.random_blocks import draw_block, draw_signal
from tests.random_settings import one_thread  # noqa: F401 (a fixture)


def test_shapes_costs_and_code_of_random_blocks_are_pythons_and_summarizes(javascript):
    rng = np.random.default_rng(0)
    cases = [draw_block(rng) for _ in range(150)]
    script = "{ ...readBlock(c), code: blockCode(c) }"
    for case, answer in zip(cases, javascript("readBlock, blockCode from residual_explorer/parts", script, cases)):
        explorer = ResidualExplorer(**case)
        table = summarize(explorer.to_torch(), (case["in_channels"], *case["input_size"]))
        assert (answer["parameters"], answer["multiplications"]) == (table.parameters, table.multiplications)
        shapes = [[part["name"], part["shape"]] for part in answer["parts"]]
        assert shapes == [[name, list(shape)] for name, shape in explorer.shapes.items() if name != "x"]
        assert answer["code"] == explorer.code
        explorer.close()


def test_the_other_blocks_weights_are_counted_as_pytorch_has_them(javascript):
    rng = np.random.default_rng(1)
    cases = [draw_block(rng) for _ in range(40)]
    script = "['basic', 'bottleneck'].map((block) => mainCosts(c, block)?.weights ?? null)"
    for case, answer in zip(cases, javascript("mainCosts from residual_explorer/parts", script, cases)):
        for block, weights in zip(("basic", "bottleneck"), answer):
            if case["out_channels"] % 4 and block == "bottleneck":
                assert weights is None is weights_of(block, case["in_channels"], case["out_channels"])
                continue
            explorer = ResidualExplorer(**case | {"block": block, "skip": "none"})
            assert weights == sum(p.numel() for p in explorer.to_torch().parameters() if p.ndim == 4)
            explorer.close()


def planes(found):
    return {name: np.array(plane) for name, plane in found.items()}


def test_values_and_gradients_of_random_signals_are_autograds(javascript):
    rng = np.random.default_rng(2)
    drawn = [draw_signal(rng) for _ in range(300)]
    cases = [
        {"settings": settings, "x": x.tolist(), "cell": cell, "weights": SIGNAL_WEIGHTS, "biases": SIGNAL_BIASES}
        for settings, x, cell in drawn
    ]
    script = """(() => {
        const signal = runSignal(c.settings, c.x, c.weights, c.biases);
        return { values: signal.values, gradients: runBack(signal, c.cell), last: signal.last };
    })()"""
    answers = javascript("runSignal, runBack from residual_explorer/state", script, cases)
    for (settings, x, cell), answer in zip(drawn, answers):
        explorer = ResidualExplorer(**settings, input=x)
        values, gradients = planes(answer["values"]), planes(answer["gradients"])
        tensor = torch.tensor(x)[None, None].requires_grad_()
        y = explorer.layer(tensor)
        assert np.allclose(values[answer["last"]], y[0, 0].detach().numpy(), atol=1e-9)
        (y.sum() if cell is None else y[0, 0, cell[0], cell[1]]).backward()
        assert np.allclose(gradients["x"], tensor.grad[0, 0].numpy(), atol=1e-8), settings
        explorer.set(pinned=cell)
        expected = explorer.gradients
        for name, gradient in gradients.items():
            assert np.allclose(gradient, expected[name], atol=1e-8), (name, settings)
        for name, value in explorer.values.items():
            assert np.allclose(values[name], value, atol=1e-9), (name, settings)
        assert set(gradients) | {"skip"} == set(expected)
        explorer.close()


def test_random_convolutions_and_their_gradients_are_pytorchs(javascript):
    rng = np.random.default_rng(3)
    cases = []
    for _ in range(200):
        channels, out, k = int(rng.integers(1, 4)), int(rng.integers(1, 4)), int(rng.choice([1, 3]))
        h, w = (int(n) for n in rng.integers(1, 7, 2))
        cases.append({
            "c": channels, "h": h, "w": w, "out": out, "k": k, "stride": int(rng.integers(1, 3)), "bias": 0.5,
            "x": rng.normal(size=channels * h * w).tolist(), "weight": rng.normal(size=out * channels * k * k).tolist(),
        })  # fmt: skip
    script = """(() => {
        const layer = paddedConv(c);
        const x = tensor(c.c, c.h, c.w, Float64Array.from(c.x));
        const y = layer.forward(x);
        const dy = { ...y, data: y.data.map((_, n) => (n % 5) - 2) };
        return [y, layer.backward(dy, x)].map(({ data }) => [...data]);
    })()"""
    for case, (y, dx) in zip(cases, javascript("paddedConv, tensor from residual_explorer/engine", script, cases)):
        x = torch.tensor(case["x"]).double().reshape(1, case["c"], case["h"], case["w"]).requires_grad_()
        weight = torch.tensor(case["weight"]).double().reshape(case["out"], case["c"], case["k"], case["k"])
        bias = torch.full((case["out"],), 0.5).double()
        expected = F.conv2d(x, weight, bias, case["stride"], case["k"] // 2)
        expected.backward((torch.arange(expected.numel()) % 5 - 2.0).double().reshape(expected.shape))
        assert np.allclose(y, expected.detach().flatten(), atol=1e-6)
        assert np.allclose(dx, x.grad.flatten(), atol=1e-6)


def test_circular_convolutions_and_their_gradients_are_pytorchs(javascript):
    rng = np.random.default_rng(4)
    cases = []
    for _ in range(60):
        i, o, k = int(rng.integers(1, 7)), int(rng.integers(1, 7)), int(rng.choice([1, 3]))
        numbers = {"x": rng.normal(size=i * 16).tolist(), "dy": rng.normal(size=o * 16).tolist()}
        cases.append({"i": i, "o": o, "k": k, "weight": rng.normal(size=i * o * k * k).tolist(), **numbers})
    script = """(() => {
        const layer = circularConv(c, () => 0.5);
        return [layer.forward({ data: c.x }), layer.backward({ data: c.dy })].map(({ data }) => [...data]);
    })()"""
    for case, (y, dx) in zip(cases, javascript("circularConv from residual_explorer/circular", script, cases)):
        k = case["k"]
        conv = nn.Conv2d(case["i"], case["o"], k, padding=k // 2, padding_mode="circular", bias=False).double()
        conv.weight.data.copy_(0.5 * torch.tensor(case["weight"]).reshape(conv.weight.shape))
        x = torch.tensor(case["x"], dtype=torch.float64).reshape(1, -1, 4, 4).requires_grad_()
        expected = conv(x)
        expected.backward(torch.tensor(case["dy"], dtype=torch.float64).reshape(expected.shape))
        assert np.allclose(y, expected.detach().flatten(), atol=1e-6)
        assert np.allclose(dx, x.grad.flatten(), atol=1e-6)


def test_the_curves_of_random_depths_are_pytorchs(javascript):
    rng = np.random.default_rng(5)
    cases = []
    for _ in range(14):
        settings = draw_block(rng) | {"norm": bool(rng.integers(2))}
        how = [int(rng.integers(1, 9)), float(rng.choice([0.4, 1.0, 1.7])), int(rng.integers(0, 2**32))]
        cases.append({"settings": settings, "how": how})
    script = "createDepth(50).run(c.settings, ...c.how)"
    for case, answer in zip(cases, javascript("createDepth from residual_explorer/depth", script, cases)):
        names = ("block", "skip", "norm", "activation", "order")
        expected = residual_torch.norms({name: case["settings"][name] for name in names}, *case["how"])
        for kind, curves in expected.items():
            for label, curve in curves.items():
                assert np.allclose(answer[kind][label], curve, rtol=1e-6, atol=1e-12), (case, kind, label)
