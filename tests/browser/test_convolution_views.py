"""ConvolutionExplorer without a kernel: what lights up, the matrix, the wiring, and the bounds."""

import itertools
import re

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from helpers import ConvolutionExplorer
from tests.browser.widgets import Shown, mount

LAYERS = [
    {},
    {"stride": 2, "padding": 1, "padding_mode": "replicate"},
    {"dilation": 2, "padding": 2, "padding_mode": "circular"},
    {"stride": (2, 1), "padding": (1, 2), "padding_mode": "reflect"},
    {"padding": 1, "stride": 3},
]
NAMES = ("input", "kernel", "bias", "stride", "padding", "dilation", "padding_mode")
MOST = {"kernel_size": 7, "stride": 4, "padding": 4, "dilation": 4, "input size": 16}
RGB = {
    "input": np.arange(75.0).reshape(3, 5, 5) % 7,
    "kernel": np.arange(54.0).reshape(2, 3, 3, 3) + 1,
    "bias": [1.0, -2.0],
}


@pytest.fixture(autouse=True)
def clean_console(module_page):
    yield
    assert module_page.console_errors == []


def show(module_page, **settings):
    explorer = ConvolutionExplorer()
    explorer.set(**settings)
    mounted = mount(module_page, explorer)
    return Shown(module_page.page, mounted.el), mounted, Reads(explorer)


class Reads:
    """Which cell of the padded input each weight meets for each output, by PyTorch alone."""

    def __init__(self, explorer):
        layer = explorer.layer
        height, width = explorer.input.shape[-2:]
        self.padding = top, left = layer.padding
        self.kernel_size = layer.kernel_size
        wide = width + 2 * left
        numbers = torch.arange((height + 2 * top) * wide, dtype=torch.float64)
        padded = numbers.reshape(1, 1, -1, wide)
        real = torch.arange(1, height * width + 1, dtype=torch.float64).reshape(1, 1, height, width)
        mode = layer.padding_mode.replace("zeros", "constant")
        real = F.pad(real, (left, left, top, top), mode=mode)
        self.met = {}  # (weight, output) → (cell of the padded input, real cell or None)
        for i, j in itertools.product(*map(range, layer.kernel_size)):
            one = torch.zeros(1, 1, *layer.kernel_size, dtype=torch.float64)
            one[0, 0, i, j] = 1
            cells, reals = (
                F.conv2d(x, one, None, layer.stride, 0, layer.dilation)[0, 0]
                for x in (padded, real)
            )
            for output in itertools.product(*map(range, cells.shape)):
                n, source = int(cells[output]), int(reals[output]) - 1
                cell = n // wide - top, n % wide - left
                self.met[(i, j), output] = cell, divmod(source, width) if source >= 0 else None
        self.outputs = sorted({output for _, output in self.met})
        self.real = {
            (n // wide - top, n % wide - left): divmod(int(v) - 1, width) if v else None
            for n, v in enumerate(real.flatten())
        }


# -- both directions of dependency ---------------------------------------------------------------


@pytest.mark.parametrize("layer", LAYERS)
def test_an_output_lights_the_cells_that_it_reads(module_page, layer):
    shown, _, reads = show(module_page, **layer)
    for output in reads.outputs:
        shown.hover("output", output)
        window = {cell for (_, at), (cell, _) in reads.met.items() if at == output}
        assert shown.marked("input", "window") == window
        assert shown.text("sum").startswith(f"output [{output[0]}, {output[1]}] = ")


@pytest.mark.parametrize("layer", LAYERS)
def test_an_input_cell_lights_every_output_and_weight_that_it_feeds(module_page, layer):
    shown, _, reads = show(module_page, **layer)
    for cell, real in list(reads.real.items())[::2]:
        shown.hover("input", cell)
        feeds = [pair for pair, (_, source) in reads.met.items() if real and source == real]
        assert shown.marked("output", "fed") == {output for _, output in feeds}
        assert shown.marked("output", "dots") == {output for _, output in feeds}
        assert shown.marked("kernel", "fed") == {weight for weight, _ in feeds}
        assert shown.marked("input", "source") == ({real} if real and real != cell else set())
        said = (
            f"feeds {len({o for _, o in feeds})} of {len(reads.outputs)} outputs" if feeds else ""
        )
        assert said in shown.text("help")


@pytest.mark.parametrize("layer", LAYERS)
def test_a_weight_lights_every_input_that_it_meets(module_page, layer):
    shown, _, reads = show(module_page, **layer)
    for weight in itertools.product(*map(range, reads.kernel_size)):
        shown.hover("kernel", weight)
        met = [cell for (w, _), (cell, _) in reads.met.items() if w == weight]
        assert shown.marked("input", "met") == set(met)
        assert f"it meets {len(met)} input cells" in shown.text("help")


@pytest.mark.parametrize("role, cell", [("input", (1, 1)), ("kernel", (0, 2))])
@pytest.mark.parametrize("free", ["click", "Escape"])
def test_a_click_pins_a_second_one_and_escape_free(module_page, role, cell, free):
    shown, mounted, _ = show(module_page)
    shown.click(role, cell)
    assert mounted.get("pinned") == {"grid": role, "channel": 0, "cell": list(cell)}
    shown.page.mouse.move(5, 5)
    shown.settle()
    assert shown.marked(role, "focus") == {cell}
    shown.click(role, cell) if free == "click" else shown.press("Escape")
    assert mounted.get("pinned") is None
    assert mounted.saves() == 2
    shown.page.mouse.move(5, 5)
    shown.settle()
    assert shown.marked(role, "focus") == set()


def test_a_click_on_an_output_keeps_the_window_there_and_the_pin_where_it_is(module_page):
    shown, mounted, _ = show(module_page)
    shown.click("input", (2, 2))
    shown.click("output", (1, 2))
    shown.page.mouse.move(5, 5)
    shown.settle()
    assert mounted.get("position") == [1, 2]
    assert shown.marked("input", "window") == {(r, c) for r in (1, 2, 3) for c in (2, 3, 4)}
    assert shown.marked("input", "focus") == {(2, 2)}


# -- the matrix and the wiring -------------------------------------------------------------------


def jacobian(explorer, filter=0):
    """PyTorch's matrix of the convolution: (outputs, inputs)."""
    shape = explorer.input.shape if explorer.input.ndim == 3 else (1, *explorer.input.shape)
    weight = explorer.layer.weight.detach()[filter : filter + 1]
    settings = (None, explorer.layer.stride, explorer.layer.padding, explorer.layer.dilation)
    return torch.autograd.functional.jacobian(
        lambda x: F.conv2d(x.reshape(1, *shape), weight, *settings).flatten(),
        torch.zeros(int(np.prod(shape)), dtype=torch.float64),
    ).numpy()


@pytest.mark.parametrize(
    "layer", [{}, {"padding": 1, "stride": 2}, RGB], ids=["plain", "padded", "rgb"]
)
def test_equal_entries_of_the_matrix_have_equal_colours(module_page, layer):
    shown, mounted, _ = show(
        module_page, view="matrix", **{"kernel": np.arange(1.0, 10).reshape(3, 3), **layer}
    )
    explorer = ConvolutionExplorer()
    explorer.set(**{name: mounted.get(name) for name in NAMES})
    matrix = jacobian(explorer)
    paths = shown.root.locator(".cnn-entries").evaluate_all(
        "paths => paths.map(p => [getComputedStyle(p).fill, p.getAttribute('d')])"
    )
    drawn = np.zeros_like(matrix)
    for _, d in paths:
        at = [(int(y) // 20 - 2, int(x) // 20) for x, y in re.findall(r"M(\d+) (\d+)", d)]
        assert len({matrix[entry] for entry in at}) == 1  # one colour, one weight
        for entry in at:
            drawn[entry] = matrix[entry]
    assert (drawn == matrix).all()
    assert len({color for color, _ in paths}) == len(paths) == len(np.unique(matrix[matrix != 0]))
    title = shown.root.locator(".cnn-title", has_text="W is").text_content()
    assert (
        f"W is {matrix.shape[0]} × {matrix.shape[1]}, with {(matrix != 0).sum()} entries" in title
    )


def test_the_row_of_the_position_is_lit_in_the_matrix(module_page):
    shown, mounted, _ = show(module_page, view="matrix")
    row = shown.root.locator(".cnn-row")
    for n, position in enumerate(itertools.product(range(3), range(3))):
        mounted.set(position=position)
        shown.settle()
        assert int(row.get_attribute("y")) // 20 - 2 == n
    box = shown.root.locator(".cnn-matrix").bounding_box()
    x, y = box["x"] + 0.5 * box["width"], box["y"] + box["height"] * (2 + 4.5) / 11
    shown.page.mouse.move(x, y)  # the fifth row: output [1, 1]
    shown.settle()
    assert shown.marked("output", "here") == {(1, 1)}
    shown.page.mouse.click(x, y)
    assert mounted.get("position") == [1, 1]


@pytest.mark.parametrize(
    "layer", [{}, {"padding": 1, "stride": 2}, RGB], ids=["plain", "padded", "rgb"]
)
def test_the_wiring_has_a_line_per_connection_and_a_colour_per_weight(module_page, layer):
    shown, mounted, reads = show(module_page, view="wiring", **layer)
    channels = len(RGB["input"]) if layer is RGB else 1
    real = [weight for (weight, _), (_, source) in reads.met.items() if source]
    wires = shown.root.locator(".cnn-wires").evaluate_all(
        "paths => paths.map(p =>"
        " [getComputedStyle(p).stroke, p.getAttribute('d').split('M').length - 1])"
    )
    assert sum(lines for _, lines in wires) == channels * len(real)
    assert [lines for _, lines in wires] == channels * [real.count(w) for w in sorted(set(real))]
    assert len({color for color, _ in wires}) == channels * 9
    shown.hover("kernel", (1, 1))
    assert shown.root.locator(".cnn-lit-wires path").count() == real.count((1, 1))


# -- bounds --------------------------------------------------------------------------------------


def accepted(state):
    """PyTorch runs the layer, and Python's widget takes the state."""
    explorer = ConvolutionExplorer()
    explorer.set(**state)
    x = torch.from_numpy(explorer.input.copy())
    return explorer.layer(x[None] if x.ndim == 3 else x[None, None]).shape[-2:]


@pytest.mark.parametrize("seed", range(4))
def test_no_slider_reaches_an_illegal_setting_and_the_limit_says_why(module_page, seed):
    rng = np.random.default_rng(seed)
    mode = ["zeros", "reflect", "replicate", "circular"][seed]
    size = int(rng.integers(3, 9))
    shown, mounted, _ = show(module_page, input=rng.integers(0, 9, (size, size)), padding_mode=mode)
    bound = 0
    for _ in range(3):
        for label in rng.permutation(list(MOST)):
            for key in rng.permutation(["Home", "End"]):
                shown.slide(label, key)
                state = {name: mounted.get(name) for name in NAMES}
                output = accepted(state)
                assert list(output) == [len(shown.numbers("output")) // output[1], output[1]]
                least, most, value = shown.slider(label).evaluate("b => [+b.min, +b.max, +b.value]")
                floor = 0 if label == "padding" else 1
                if (key == "End" and most < MOST[label]) or (key == "Home" and least > floor):
                    bound += 1
                    assert re.search(r"(ends|begins) at \d+: ", shown.text("help")), (
                        label,
                        key,
                        state,
                    )
                assert value == (most if key == "End" else least)
    assert bound > 3


@pytest.mark.parametrize(
    "label, key, sentence",
    [
        (
            "dilation",
            "End",
            "dilation ends at 2: with more holes"
            " the kernel would cover more than the 5 padded pixels.",
        ),
        (
            "kernel_size",
            "End",
            "kernel_size ends at 5: with dilation 1"
            " a larger kernel would cover more than the 5 padded pixels.",
        ),
        (
            "input size",
            "Home",
            "the input begins at 3: in a smaller one the kernel or its padding would not fit.",
        ),
    ],
)
def test_the_setting_that_binds_is_named(module_page, label, key, sentence):
    shown, _, _ = show(module_page)
    shown.slide(label, key)
    assert shown.text("help") == sentence


def test_a_padding_mode_that_does_not_fit_is_refused_with_its_reason(module_page):
    shown, mounted, _ = show(module_page, input=np.eye(4), kernel=np.ones((3, 3)), padding=4)
    shown.choose("padding_mode", "reflect")
    assert mounted.get("padding_mode") == "zeros"
    assert shown.menu("padding_mode").input_value() == "zeros"
    assert shown.text("help").startswith(
        "padding_mode stays zeros: reflect padding of 4 needs at least 5 pixels"
    )


def test_padding_cannot_be_typed_over(module_page):
    shown, mounted, _ = show(module_page, padding=1)
    shown.page.mouse.dblclick(*shown.center("input", (-1, 0)))
    assert shown.root.locator(".cnn-typing").count() == 0
    shown.page.mouse.dblclick(*shown.center("input", (0, 0)))
    assert shown.root.locator(".cnn-typing").count() == 1
