"""What widgets leave behind: nothing, however often a cell runs; and how they outlive a kernel."""

from pathlib import Path

import numpy as np
import pytest

from helpers import AccuracyMap, ArchitectureDiagram, ArithmeticExplorer, ChannelExplorer, ConvolutionExplorer
from helpers import EffectiveFieldExplorer, ForecastExplorer, ImageFilter, LandscapeExplorer, LayerTable, LearnedKernel
from helpers import PoolingExplorer, ReceptiveFieldExplorer, ResidualExplorer, ShiftExplorer, UNetExplorer
from helpers.models import UNet
from tests.architectures import SmallUNet
from tests.browser.module_page import to_js
from tests.browser.widgets import Shown, mount
from tests.test_accuracy_map import measured
from tests.test_effective_field_explorer import PAIR, X
from tests.test_feature_map_explorer import explorer as maps_of

FOLDER = Path(__file__).parents[2] / "helpers" / "widgets"
CELLS = ["from helpers import ConvolutionExplorer", "e = ConvolutionExplorer()\ne"]
AGAIN = """async ([id, times]) => {
    while (times--) {
        await window.__lab.runCell(id, 1, 60);
        await new Promise(requestAnimationFrame);
    }
}"""


def test_a_cell_run_two_hundred_times_leaves_no_trace(lab):
    notebook = lab.open_notebook(CELLS)
    notebook.run_cell(0)

    def again(times):
        lab.page.evaluate(AGAIN, [notebook.id, times])
        Shown(lab.page, notebook.output(1)).settle(5)
        return lab.counts()

    before = again(20)
    after = again(200)
    # Each run of an empty anywidget leaves 2 nodes and 3 listeners in JupyterLab; a view of
    # this one has some 400 nodes and 80 listeners.
    assert after["nodes"] < before["nodes"] + 200 * 4
    assert after["listeners"] < before["listeners"] + 200 * 6
    assert lab.console_errors == []


MOUNT_MANY = """async ([esm, css, state, times]) => {
    const host = window.__host;
    for (let n = 0; n < times; n++) {
        const id = await host.mount(esm, css, state);
        await host.view(id);
        await host.view(id);
        await new Promise(requestAnimationFrame);
        await host.destroy(id);
        if (host.listeners(id).length) throw new Error("listens still: " + host.listeners(id));
    }
}"""


def module_and_state(widget):
    """What a page without a kernel needs."""
    names = [n for n in widget.trait_names(sync=True) if n in widget.resets or n in EXTRA]
    return widget._esm, widget._css, to_js(widget.get_state(names))


EXTRA = ("large", "_initial", "_kernels", "_cases", "_gallery", "_own", "kernels", "losses", "target", "image",
         "accuracy", "images", "labels", "scores", "_layers", "_maps", "_images", "_names", "_left_out",
         "_packed", "_graphs", "_weights", "_biases", "_taken")  # fmt: skip
MAKERS = {
    "ConvolutionExplorer": lambda: ConvolutionExplorer(view="wiring"),
    "ArithmeticExplorer": lambda: ArithmeticExplorer(wanted=4),
    "ArithmeticExplorer, counts": lambda: ArithmeticExplorer.case("checkerboard"),
    "ArithmeticExplorer, matrix": lambda: ArithmeticExplorer(view="matrix"),
    "ChannelExplorer": lambda: ChannelExplorer(),
    "LayerTable": lambda: LayerTable(),
    "LearnedKernel": lambda: LearnedKernel(kernels=np.ones((5, 3, 3)), losses=np.ones(5)),
    "PoolingExplorer": lambda: PoolingExplorer(),
    "ShiftExplorer": lambda: ShiftExplorer(layers=["conv", "relu", "max_pool"]),
    "AccuracyMap": lambda: AccuracyMap(**measured()),
    "ReceptiveFieldExplorer": lambda: ReceptiveFieldExplorer.case("causal"),
    "ResidualExplorer": lambda: ResidualExplorer(),
    "ResidualExplorer, signal": lambda: ResidualExplorer.case("bottleneck 256→512, stride 2", view="signal"),
    "ResidualExplorer, depth": lambda: ResidualExplorer(view="depth"),
    "ArchitectureDiagram": lambda: ArchitectureDiagram(SmallUNet(), (1, 32, 32)),
    "FeatureMapExplorer": lambda: maps_of(filters=True),
    "EffectiveFieldExplorer": lambda: EffectiveFieldExplorer(PAIR, X),
    "ForecastExplorer": lambda: ForecastExplorer({"net": np.ones((3, 8, 16))}, np.ones((3, 8, 16))),
    "UNetExplorer": lambda: UNetExplorer(pixel=(9, 9), selected="bottom"),
    "UNetExplorer, maps": lambda: UNetExplorer(UNet(1, 1, 2, 4), np.eye(16)),
    "LandscapeExplorer": lambda: LandscapeExplorer({"one": np.ones((5, 5)), "two": np.eye(5) + 1}),
    "LandscapeExplorer, cut": lambda: LandscapeExplorer(np.eye(5) + 1, view="cut"),
}


@pytest.mark.parametrize("name", MAKERS)
def test_three_hundred_views_come_and_go_without_a_trace(module_page, name):
    parts = module_and_state(MAKERS[name]())
    module_page.evaluate(MOUNT_MANY, [*parts, 10])
    before = module_page.counts()
    module_page.evaluate(MOUNT_MANY, [*parts, 150])  # two views each
    after = module_page.counts()
    assert (
        after["nodes"] <= before["nodes"] + 2 * 150 + 20
    )  # the host keeps each style and its text
    assert after["listeners"] <= before["listeners"] + 5
    assert module_page.timers() == 0


LAYOUT = """root => [...root.querySelectorAll("*")].map((node) => {
    const [box, style] = [node.getBoundingClientRect(), getComputedStyle(node)];
    const name = `${node.tagName}.${node.getAttribute("class")}`;
    return [name, Math.round(box.width), Math.round(box.height), style.color, style.borderStyle];
})"""


def own_style(widget):
    return "".join((FOLDER / name).read_text(encoding="utf-8") for name in widget.styles)


@pytest.mark.parametrize("name", MAKERS)
def test_a_widget_looks_the_same_beside_all_others(module_page, name):
    """The stylesheets of all widgets in a notebook hold for the whole page."""
    widgets = {other: make() for other, make in MAKERS.items()}
    mounted = mount(module_page, widgets[name])
    shown = Shown(module_page.page, mounted.el)
    shown.settle(5)
    alone = shown.root.evaluate(LAYOUT)
    others = [w for w in widgets.values() if w.script != widgets[name].script]
    module_page.page.add_style_tag(content="\n".join(map(own_style, others)))
    for widget in widgets.values():
        widget.close()
    shown.settle(5)
    beside = shown.root.evaluate(LAYOUT)
    assert [pair for pair in zip(alone, beside, strict=True) if pair[0] != pair[1]] == []


def test_an_image_filter_leaves_no_trace(module_page):
    before = None
    for n in range(12):
        widget = mount(module_page, ImageFilter("handwritten digit"))
        Shown(module_page.page, widget.el)
        widget.destroy()
        assert widget.listeners() == []
        before = before or module_page.counts()
    after = module_page.counts()
    assert after["nodes"] < before["nodes"] + 50 and after["listeners"] <= before["listeners"]


def test_a_view_that_forgets_to_clean_up_would_be_noticed(module_page):
    esm, css, state = module_and_state(ConvolutionExplorer())
    leaky = esm.replace("for (const undo of closing) undo();", "")
    assert leaky != esm
    careless = MOUNT_MANY.replace("if (host.listeners(id).length)", "if (false)")
    before = module_page.counts()
    module_page.evaluate(careless, [leaky, css, state, 10])
    assert module_page.counts()["nodes"] > before["nodes"] + 2000


# -- the life of a notebook ----------------------------------------------------------------------


def test_a_widget_outlives_its_kernel_and_its_notebook_can_be_reopened(lab):
    notebook = lab.open_notebook(CELLS)
    notebook.run_all()
    shown = Shown(lab.page, notebook.output(1))
    notebook.restart()
    shown.drag("output", [(0, 0), (1, 1), (1, 2)])
    assert shown.marked("output", "here") == {(1, 2)}
    notebook = notebook.reopen()
    notebook.run_all()
    shown = Shown(lab.page, notebook.output(1))
    shown.drag("output", [(0, 0), (1, 1)])
    notebook.wait_value("e.position", [1, 1])
    # JupyterLab says so of the saved output, until the cell has run again.
    assert [e for e in lab.console_errors if "widget model not found" not in e] == []
