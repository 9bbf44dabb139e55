"""ArithmeticExplorer without a kernel: windows, stamps, ties, matrices and counts are where PyTorch has them."""

import itertools
import re

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from tests.browser.test_arithmetic_views import clean_console, said, show  # noqa: F401 (a fixture)
from tests.browser.widgets import cells_of


# -- what lights up ------------------------------------------------------------------------------


def padded(explorer):
    """{cell of the padded input: the real cell it copies, or None}, by PyTorch."""
    height, width = explorer.input.shape
    top, left = np.broadcast_to(explorer.padding, 2).tolist()
    real = torch.arange(1.0, height * width + 1).reshape(1, 1, height, width)
    whole = F.pad(real, (left, left, top, top), mode=explorer.padding_mode.replace("zeros", "constant"))[0, 0].int()
    return {
        (r - top, c - left): divmod(int(v) - 1, width) if (v := whole[r, c]) else None
        for r, c in itertools.product(*map(range, whole.shape))
    }


def tied(shown):
    """The pairs of cells that a line is drawn between: {(from, to)}."""
    path = shown.root.locator(".cnn-panel[data-role=input] .cnn-ties").first.get_attribute("d")
    origin = next(iter(shown.numbers("input")))
    ends = re.findall(r"M(-?[\d.]+) (-?[\d.]+)L(-?[\d.]+) (-?[\d.]+)", path or "")
    cell = lambda x, y: (int(float(y) // 40) + origin[0], int(float(x) // 40) + origin[1])  # noqa: E731
    return {(cell(*end[:2]), cell(*end[2:])) for end in ends}


@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
def test_a_cell_is_tied_to_its_copies_and_a_copy_to_its_pixel(module_page, mode):
    shown, mounted, explorer = show(module_page, input_size=4, kernel_size=3, padding=2, padding_mode=mode, stride=2)
    sources = padded(explorer)
    for cell, source in list(sources.items())[::5]:
        shown.hover("input", cell)
        copies = {c for c, real in sources.items() if real and real == source and c != real}
        assert tied(shown) == {(c, source) for c in copies}, cell
        assert shown.marked("input", "copies") == ((copies | {source}) - {cell} if source else set())
        assert shown.marked("input", "focus") == {cell}
    shown.page.mouse.move(5, 5)
    shown.settle()
    assert tied(shown) == set()  # eight at once would cover the numbers
    shown.hover("output", (0, 1))
    window = {(r, c) for r in range(-2, 1) for c in range(3)}
    assert tied(shown) == {(c, sources[c]) for c in window if sources[c] not in (None, c)}
    assert mounted.saves() == 0


SLIDES = [{}, dict(stride=(2, 1), padding=(1, 2), padding_mode="circular"), dict(input_size=7, dilation=2), dict(input_size=6, stride=2, padding=1)]


@pytest.mark.parametrize("layer", SLIDES)
def test_the_window_is_where_pytorch_reads_and_what_is_never_read_is_crossed(module_page, layer):
    shown, mounted, explorer = show(module_page, **layer)
    (top, left), (height, width) = np.broadcast_to(explorer.padding, 2).tolist(), explorer.input.shape
    x = torch.zeros(1, 1, height + 2 * top, width + 2 * left, dtype=torch.float64, requires_grad=True)
    kernel = torch.ones(1, 1, *np.broadcast_to(explorer.kernel_size, 2).tolist(), dtype=torch.float64)
    conv = lambda x: F.conv2d(x, kernel, None, explorer.stride, 0, explorer.dilation)[0, 0]  # noqa: E731
    reads = torch.autograd.functional.jacobian(conv, x)[:, :, 0, 0]
    cells = lambda mask: {(r - top, c - left) for r, c in mask.nonzero().tolist()}  # noqa: E731
    assert shown.marked("input", "never") == cells(reads.sum((0, 1)) == 0)
    for output in itertools.product(*map(range, explorer.output_size)):
        shown.hover("output", output)
        assert shown.marked("input", "window") == cells(reads[output])
        assert shown.text("sum").endswith(f" = {explorer.output[output]:g}")
    assert mounted.saves() == 0


@pytest.mark.parametrize("case", ["strides, transposed", "odd, transposed", "dilation, transposed", "checkerboard"])
def test_a_stamp_lies_where_pytorch_adds(module_page, case):
    shown, mounted, explorer = show(module_page, case, view="stamp")
    shape, (top, left) = explorer.input.shape, np.broadcast_to(explorer.padding, 2).tolist()
    kept = max(0, explorer.output_padding - explorer.padding)  # what it keeps beyond the stamps
    full = dict(stride=explorer.stride, output_padding=kept, dilation=explorer.dilation)
    kernel = torch.tensor(explorer.kernel)[None, None]
    for row, col in list(itertools.product(*map(range, shape)))[::3]:
        shown.hover("input", (row, col))
        one = torch.zeros(1, 1, *shape, dtype=torch.float64)
        one[0, 0, row, col] = 1
        stamp = F.conv_transpose2d(one, kernel, **full)[0, 0].nonzero()
        assert shown.marked("output", "window") == {(r - top, c - left) for r, c in stamp.tolist()}
    values = F.conv_transpose2d(torch.tensor(explorer.input)[None, None], kernel, **full)[0, 0]
    drawn = shown.numbers("output")
    assert {cell: float(text) for cell, text in drawn.items() if text} == {
        (r - top, c - left): values[r, c].item() for r, c in itertools.product(*map(range, values.shape)) if drawn[r - top, c - left]
    }  # fmt: skip
    assert explorer.output.tolist() == shown.values("output")


def test_so_far_shows_only_the_stamps_up_to_the_present_one(module_page):
    shown, mounted, explorer = show(module_page, "strides, transposed", position=(0, 1))
    shown.root.get_by_label("so far").click()
    shown.page.mouse.move(5, 5)
    shown.settle()
    first = torch.tensor([[1.0, 2], [0, 0]], dtype=torch.float64)
    kernel = torch.tensor(explorer.kernel)
    assert shown.values("output") == F.conv_transpose2d(first[None, None], kernel[None, None], stride=2)[0, 0].tolist()
    for _ in range(2):
        shown.button("One step forward")
    assert shown.values("output") == explorer.output.tolist()


@pytest.mark.parametrize("case", ["strides, transposed", "odd, transposed", "full, transposed", "dilation, transposed"])
def test_the_stretched_input_slides_to_the_same_output(module_page, case):
    shown, _, explorer = show(module_page, case, view="stretch")
    wide = np.array([[0 if not text else float(text) for text in row] for row in _rows(shown.numbers("input"))])
    flipped = explorer.kernel[::-1, ::-1].copy()
    y = F.conv2d(torch.tensor(wide)[None, None], torch.tensor(flipped)[None, None], dilation=explorer.dilation)
    assert y[0, 0].tolist() == explorer.output.tolist() == shown.values("output")
    assert shown.numbers("kernel")[0, 0] == f"{explorer.kernel[-1, -1]:g}"


def test_in_the_stretched_input_a_drag_takes_the_window_and_the_kernel_lights_what_it_meets(module_page):
    shown, mounted, _ = show(module_page, "strides, transposed", view="stretch")  # 2×2, stretched to 7×7
    shown.drag("input", [(1, 1), (3, 3), (3, 4)])
    assert mounted.get("position") == [2, 3] and mounted.saves() == 1
    shown.page.mouse.move(5, 5)
    shown.settle()
    assert shown.marked("input", "window") == {(r, c) for r in (2, 3, 4) for c in (3, 4, 5)}
    shown.hover("kernel", (0, 1))  # in the flipped kernel: weight [2, 1]
    assert shown.marked("kernel", "focus") == {(0, 1)}
    assert shown.marked("input", "met") == {(r, c) for r in range(5) for c in range(1, 6)}
    assert said(shown).startswith("Weight [2, 1] is shared: all 4 inputs")
    shown.hover("input", (4, 2))  # input [1, 0], which stamps through all weights
    assert shown.marked("input", "focus") == {(4, 2)}
    assert shown.marked("output", "fed") == {(r, c) for r in (2, 3, 4) for c in (0, 1, 2)}


def _rows(numbers):
    rows = {}
    for (row, _), text in numbers.items():
        rows.setdefault(row, []).append(text)
    return list(rows.values())


# -- matrices and counts -------------------------------------------------------------------------


@pytest.mark.parametrize("case", ["no padding", "odd", "strides, transposed", "odd, transposed"])
def test_both_matrices_are_pytorchs_and_transposes_of_one_another(module_page, case):
    shown, _, explorer = show(module_page, case, view="matrix")
    layer, shape = explorer.layer, explorer.input.shape
    matrix = torch.autograd.functional.jacobian(
        lambda x: layer(x.reshape(1, 1, *shape)).flatten(), torch.zeros(int(np.prod(shape)), dtype=torch.float64)
    ).numpy()
    entries = shown.root.locator(".cnn-matrix:visible").evaluate_all(
        "all => all.map(m => [...m.querySelectorAll('.cnn-entries')].map(p => p.getAttribute('d')).join(''))"
    )
    assert len(entries) == 2
    here, back = ({(int(y) // 20 - 2, int(x) // 20) for x, y in re.findall(r"M(\d+) (\d+)", d)} for d in entries)
    assert here == set(zip(*matrix.nonzero()))
    assert back == {(c, r) for r, c in here}
    name = "Cᵀ" if explorer.transposed else "C"
    title = shown.root.locator(".cnn-matrices .cnn-title:visible").first.text_content()
    assert f"y = {name}·x: {name} is {matrix.shape[0]} × {matrix.shape[1]}, with {len(here)} entries" in title


COUNTS = 2  # the third picture of its role: after the grid of the other views, and the strip of one axis


def test_the_counts_are_drawn(module_page):
    shown, _, explorer = show(module_page, "checkerboard")
    assert shown.values("output", COUNTS) == explorer.output.tolist()
    assert "1 1 2 1 2 1 2 1 2 1 2 1 1" in shown.root.locator(".cnn-counts .cnn-title").first.text_content()
    shown, *_ = show(module_page, "odd", view="counts")
    counted = torch.ones(1, 1, 8, 8, requires_grad=True)
    F.conv2d(counted, torch.ones(1, 1, 3, 3), stride=2).sum().backward()
    assert shown.values("input", COUNTS) == counted.grad[0, 0, 1:-1, 1:-1].tolist()


def test_marks_of_the_dilation_and_the_rulers(module_page):
    shown, *_ = show(module_page, "odd")
    path = lambda name: shown.grid("input").locator(f"[data-mark={name}]").get_attribute("d")  # noqa: E731
    assert len(re.findall("M", path("starts"))) == 2 * 3 and len(re.findall("M", path("skipped"))) == 2 * 3
    shown, *_ = show(module_page, "dilation")
    holes = {(r, c) for r in range(5) for c in range(5)} - {(r, c) for r in (0, 2, 4) for c in (0, 2, 4)}
    assert cells_of(shown.grid("input").locator("[data-mark=holes]").get_attribute("d")) == holes
