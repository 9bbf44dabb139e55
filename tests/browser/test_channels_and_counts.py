"""channels.js and the panel of counts: their arithmetic equals PyTorch's, run in a browser."""

import itertools

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from tests.browser.oracle import javascript  # noqa: F401 - a fixture
from tests.random_settings import one_thread  # noqa: F401 (a fixture)

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning")

LEGAL = [
    (i, o, g)
    for i, o, g in itertools.product(range(1, 17), repeat=3)
    if i % g == 0 and o % g == 0
]  # fmt: skip


def stage(in_channels, out_channels, groups, kernel_size=(1, 1)):
    names = ("in_channels", "out_channels", "groups", "kernel_size")
    return dict(zip(names, (in_channels, out_channels, groups, kernel_size)))


def ones(*settings, **more):
    """A Conv2d whose weights are all 1."""
    conv = nn.Conv2d(*settings, **more, bias=False).requires_grad_(False)
    nn.init.ones_(conv.weight)
    return conv


# -- channels.js ---------------------------------------------------------------------------------


def test_connections_are_those_of_a_real_layer_for_every_legal_setting(javascript):
    cases, expected = [], []
    for i, o, g in LEGAL:
        conv = ones(i, o, 1, groups=g)
        reaches = conv(torch.eye(i)[..., None, None])[..., 0, 0]  # input, output
        cases.append(stage(i, o, g))
        expected.append({
            "sources": [reaches[:, n].nonzero().flatten().tolist() for n in range(o)],
            "users": [reaches[m].nonzero().flatten().tolist() for m in range(i)],
            "pairs": (reaches.T > 0).tolist(),
            "shape": list(conv.weight.shape),
            "weights": conv.weight.numel(),
        })  # fmt: skip
    answers = javascript(
        "sources, users, connected, weightShape, weights from channel_explorer/channels",
        """((I, O) => ({
            sources: O.map((o) => sources(o, c)), users: I.map((m) => users(m, c)),
            pairs: O.map((o) => I.map((m) => connected(o, m, c))),
            shape: weightShape(c), weights: weights(c),
        }))([...Array(c.in_channels).keys()], [...Array(c.out_channels).keys()])""",
        cases,
    )
    assert len(cases) == 390
    assert answers == expected


def test_legal_groups_are_those_that_pytorch_builds(javascript):
    pairs = itertools.product(range(1, 17), repeat=2)
    cases = [dict(in_channels=i, out_channels=o) for i, o in pairs]
    answers = javascript("legalGroups from channel_explorer/channels", "legalGroups(c)", cases)
    for case, legal in zip(cases, answers):
        built = []
        for groups in range(1, 17):
            try:
                nn.Conv2d(**case, kernel_size=1, groups=groups)
                built.append(groups)
            except ValueError:
                pass
        assert legal == built, case


def test_weights_multiplications_shapes_and_code_are_pytorchs(javascript):
    rng = np.random.default_rng(1)
    cases, expected = [], []
    for _ in range(120):
        i, o, g = LEGAL[rng.integers(len(LEGAL))]
        separable = bool(rng.random() < 0.5)
        kernel_size, size = rng.integers(1, 8, 2).tolist(), rng.integers(1, 9, 2).tolist()
        layer = stage(i, o, 1 if separable else g, kernel_size)
        cases.append(layer | dict(output_size=size, separable=separable))
        convs = [ones(i, o, kernel_size, padding="same", groups=g)]
        if separable:
            convs = [ones(i, i, kernel_size, padding="same", groups=i), ones(i, o, 1)]
        counts = []
        x = torch.zeros(1, i, *size)
        for conv in convs:
            with FlopCounterMode(display=False) as counter:
                x = conv(x)
            counts.append(counter.get_total_flops() // 2)
        shapes = [list(conv.weight.shape) for conv in convs]
        expected.append([shapes, [conv.weight.numel() for conv in convs], counts])
    answers = javascript(
        "stages, weightShape, weights, multiplications from channel_explorer/channels",
        """[stages(c).map(weightShape), stages(c).map(weights),
            stages(c).map((s) => multiplications(s, c.output_size))]""",
        cases,
    )
    assert answers == expected


def test_a_channel_lights_all_that_a_gradient_reaches(javascript):
    """Back to the inputs and on to the outputs, through both layers of a separable one."""
    cases, expected = [], []
    plain, separable = [(8, 8, 4), (6, 9, 3)], [(3, 5, 1), (4, 2, 1)]
    for i, o, g in plain + separable:
        in_two = (i, o, g) in separable
        two = [ones(i, i, 1, groups=i), ones(i, o, 1)]
        layer = nn.Sequential(*two) if in_two else ones(i, o, 1, groups=g)
        reaches = layer(torch.eye(i)[..., None, None])[..., 0, 0]  # input, output
        settings = stage(i, o, g) | dict(separable=in_two)
        for n in range(i):
            cases.append(settings | {"target": {"input": n}})
            expected.append([[n], reaches[n].nonzero().flatten().tolist()])
        for n in range(o):
            cases.append(settings | {"target": {"output": n}})
            expected.append([reaches[:, n].nonzero().flatten().tolist(), [n]])
    answers = javascript(
        "lit, stages from channel_explorer/channels",
        """((found) => ["input", "output"].map((n) => [...found[n]].sort((a, b) => a - b)))(
            lit(c.target, stages(c)))""",
        cases,
    )
    assert answers == expected


def test_sentences_say_the_numbers(javascript):
    plain = stage(8, 8, 4, [3, 3]) | {"separable": False}
    separable = stage(8, 16, 1, [3, 3]) | {"separable": True}
    dots = plain | {"groups": 8, "kernel_size": [1, 1]}
    texts = [
        (plain, {"output": 3}, "output 3 sees inputs 2 and 3: 2 kernels of 3×3 = 18 weights"),
        (plain, {"input": 2}, "input 2 is used by outputs 2 and 3: 2 kernels of 3×3 = 18 weights"),
        (plain, {"output": 3, "input": 2},
         "output 3 sees input 2 through one kernel of 3×3 = 9 weights"),
        (plain, {"output": 3, "input": 5},
         "output 3 does not see input 5: there is no kernel between them"),
        (plain | {"groups": 1}, {"output": 0},
         "output 0 sees all 8 inputs: 8 kernels of 3×3 = 72 weights"),
        (dots, {"output": 7}, "output 7 sees input 7: 1 kernel of 1×1 = 1 weight"),
        (separable, {"output": 9}, "output 9 sees all 8 middle maps: 8 kernels of 1×1 = 8 weights; "
         "through them all 8 inputs"),
        (separable, {"middle": 2}, "middle map 2 sees input 2: 1 kernel of 3×3 = 9 weights; "
         "is used by all 16 outputs: 16 kernels of 1×1 = 16 weights"),
    ]  # fmt: skip
    cases = [text[:2] for text in texts]
    lists = javascript("stages from channel_explorer/channels", "stages(c[0])", cases)
    targets = [[target, found] for (_, target), found in zip(cases, lists)]
    answers = javascript("told from channel_explorer/text", "told(...c)", targets)
    assert answers == [text for *_, text in texts]
    rules = javascript(
        "groupLimit from channel_explorer/text",
        "groupLimit({ in_channels: c[0], out_channels: c[1] })",
        [[8, 16], [12, 4], [8, 12], [7, 8]],
    )
    assert [rule.split("so it is ")[1] for rule in rules] == [
        "1, 2, 4 or 8: in_channels sets the limit, with one input per group",
        "1, 2 or 4: out_channels sets the limit, with one output per group",
        "1, 2 or 4: 8 does not divide 12, nor 12 8",
        "1: 7 does not divide 8, nor 8 7",
    ]
    assert javascript("savings from channel_explorer/text", "savings(c)", [separable, plain]) == [
        "separable / standard = 1/out_channels + 1/(kh·kw) = 1/16 + 1/9 = 0.174 = 1/5.8",
        "weights = out_channels·(in_channels/groups)·kh·kw = 8·(8/4)·3·3 = 144, "
        "1/4 of the standard layer",
    ]
    pairs = [[72, 576], [1, 1], [136, 576], [20, 8], [95, 100]]
    ratios = ["1/8", "1", "1/4.2", "2.5", "1/1.05"]
    assert javascript("ratio from channel_explorer/text", "ratio(...c)", pairs) == ratios


# -- the panel of counts -------------------------------------------------------------------------

COUNTS = """async ([transposed, layer]) => {
    const { createCounts } = await import("/helpers/widgets/js/arithmetic_explorer/counts.js");
    window.seen = [];
    const on = (node, type, handler) => node.addEventListener(type, handler);
    const note = (cell) => window.seen.push(cell);
    const { root, update } = createCounts({ on, hover: note, press: note });
    document.body.replaceChildren(root);
    update({ transposed, layer, at: [0, 0], focus: null, width: 60, height: 34 });
    const grid = root.querySelector(`.cnn-panel > [data-role=${transposed ? "output" : "input"}]`);
    const strip = [...root.querySelectorAll(".cnn-strip .cnn-cell")];
    const numbers = (cells) => [...cells].map((c) => Number(c.querySelector("text").textContent));
    return {
        strip: numbers(strip),
        outside: strip.map((cell) => cell.dataset.padding === "true"),
        bars: root.querySelectorAll(".cnn-stamp").length,
        above: strip.map((cell) => {
            const { x, width } = cell.querySelector("rect").getBBox();
            const bars = [...root.querySelectorAll(".cnn-stamp rect")].map((r) => r.getBBox().x);
            return bars.filter((bar) => bar > x && bar < x + width).length;
        }),
        grid: numbers(grid.querySelectorAll(".cnn-cell")),
        text: root.querySelector(".cnn-verdict").textContent,
    };
}"""


def layer_of(size, kernel_size, stride=1, padding=0, dilation=1, output_padding=0):
    names = ("size", "kernel_size", "stride", "padding", "dilation", "output_padding")
    values = (size, kernel_size, stride, padding, dilation, output_padding)
    return {n: list(v) if isinstance(v, tuple) else [v, v] for n, v in zip(names, values)}


LAYERS = [
    (True, layer_of(6, 3, 2)),
    (True, layer_of((3, 5), (4, 2), 2, 1)),
    (True, layer_of(3, 3, 3, 1, 2, 2)),
    (True, layer_of((3, 4), (4, 5), 3, 2, 1, (2, 1))),
    (False, layer_of(5, 3)),
    (False, layer_of((7, 9), (3, 2), (2, 3), 1)),
    (False, layer_of(7, 3, 1, 2, 2)),
]


def counted(transposed, size, kernel_size, stride, padding, dilation, output_padding):
    """How often PyTorch reads each pixel of the padded input, or stamps on all, kept or cut off."""
    kernel = torch.ones(1, 1, *kernel_size)
    if transposed:
        conv = {1: F.conv_transpose1d, 2: F.conv_transpose2d}[len(size)]
        x = torch.ones(1, 1, *size)
        more = [max(0, o - p) for o, p in zip(output_padding, padding)]
        return conv(x, kernel, None, stride, 0, more, 1, dilation)[0, 0]
    conv = {1: F.conv1d, 2: F.conv2d}[len(size)]
    padded = [n + 2 * p for n, p in zip(size, padding)]
    x = torch.zeros(1, 1, *padded, requires_grad=True)
    conv(x, kernel, None, stride, 0, dilation).sum().backward()
    return x.grad[0, 0]


@pytest.mark.parametrize(("transposed", "layer"), LAYERS)
def test_counts_are_those_of_pytorch(module_page, transposed, layer):
    seen = module_page.evaluate(COUNTS, [transposed, layer])
    assert seen["grid"] == counted(transposed, **layer).flatten().tolist()
    width = {name: value[1:] for name, value in layer.items()}
    assert seen["strip"] == counted(transposed, **width).tolist()
    assert seen["above"] == seen["strip"]
    [before], [more] = width["padding"], width["output_padding"]
    after = max(0, before - more)  # output_padding keeps what would be cut off
    inside = len(seen["strip"]) - before - after
    assert seen["outside"] == [True] * before + [False] * inside + [True] * after
    assert module_page.console_errors == []


def test_the_checkerboard_of_the_syllabus_and_its_cure(module_page):
    seen = module_page.evaluate(COUNTS, [True, layer_of(6, 3, 2)])
    assert seen["strip"] == [1, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 1] and seen["bars"] == 6
    assert seen["text"] == "uneven: the kernel of 3 is not divisible by the stride of 2"
    texts = {
        (4, 2, 1): "even inside: every pixel gets 4 = (4/2)·(4/2) stamps",
        (2, 2, 1): "even inside: every pixel gets 1 = (2/2)·(2/2) stamp",
        (4, 2, 2): "uneven: the dilation of 2 and the stride of 2 share a divisor",
        (3, (2, 1), 1): "uneven along the height: "
                        "the kernel of 3 is not divisible by the stride of 2",
    }
    for (kernel_size, stride, dilation), text in texts.items():
        layer = layer_of(6, kernel_size, stride, 0, dilation)
        assert module_page.evaluate(COUNTS, [True, layer])["text"] == text
    seen = module_page.evaluate(COUNTS, [False, layer_of(5, 3)])
    assert seen["text"] == "the corner pixel is read once, the middle one 9 times"
    seen = module_page.evaluate(COUNTS, [False, layer_of(6, 3, (1, 2))])
    assert seen["text"].endswith("never read: 1 column")


def test_pointing_at_the_counts_gives_cells_and_none_where_the_padding_cut(module_page):
    def cell(at):
        return module_page.page.locator(f".cnn-counts .cnn-grid:not(.cnn-strip) [data-cell='{at}']")

    module_page.evaluate(COUNTS, [True, layer_of(4, 4, 2, 1)])
    cell("0,3").hover(force=True)
    cell("-1,3").hover(force=True)
    cell("2,5").click(force=True)
    assert module_page.evaluate("window.seen") == [[0, 3], None, [2, 5], [2, 5]]
    module_page.evaluate(COUNTS, [False, layer_of(4, 3, 1, 1)])
    cell("-1,3").hover(force=True)
    assert module_page.evaluate("window.seen.at(-1)") == [-1, 3]  # the border counts as input


def test_arrow_keys_walk_over_the_counts_and_stay_on_them(module_page):
    module_page.evaluate(COUNTS, [True, layer_of(3, 2, 1, 1)])  # the output is 2×2
    module_page.page.locator(".cnn-counts [data-role=output] svg.cnn-grid[tabindex]").focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowUp", "ArrowUp", "Enter"):
        module_page.page.keyboard.press(key)
    seen = [[1, 0], [1, 0], [1, 1], [0, 1], [0, 1], [0, 1]]
    assert module_page.evaluate("window.seen") == seen
