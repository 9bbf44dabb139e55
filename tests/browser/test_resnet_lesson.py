"""The widgets of lesson 5 as its cells make them: what the prose tells to do, and what one then sees."""

import re

import pytest

from tests.browser.lessons import Lesson, widget  # noqa: F401 - widget is a fixture
from tests.browser.widgets import lab  # noqa: F401 - lab is a fixture

source_with = Lesson("05_resnet").source_with
IMPORTS = "\n".join(map(source_with, ["import torch\n", "from helpers import Architecture"]))
# Two bowls in place of the trained networks' surfaces, which take half a minute.
SURFACES = """\
bowl = 0.02 + 40 * np.add.outer(np.linspace(-1, 1, 25)**2, np.linspace(-1, 1, 25)**2)
surfaces = {"residual, 20 layers": bowl, "plain, 20 layers": 4 * bowl}"""
SOURCES = [source_with(call) for call in ('(view="signal")', 'case("projection', "resnets = {", 'case("bottleneck')]
CELLS = [IMPORTS, SURFACES, SOURCES[0], SOURCES[1], source_with("blocks=30)"), SOURCES[3], SOURCES[2],
         source_with("LandscapeExplorer(surfaces")]  # fmt: skip
SIGNAL, PROJECTION, DEPTH, BOTTLENECK, DIAGRAM, LANDSCAPE = range(2, 8)


@pytest.fixture(scope="module")
def notebook(lab):
    notebook = lab.open_notebook(CELLS)
    notebook.run_cell(0)
    notebook.run_cell(1)
    return notebook


def says(shown, pattern):
    """The first match in what stands in the widget, without its live region."""
    text = shown.root.evaluate(
        "root => [...root.children].filter(n => !n.matches('.cnn-live')).map(n => n.innerText).join('\\n')"
    )
    return re.search(pattern, text)


def test_the_signal_walks_forward_and_the_skip_can_be_switched_off(widget):
    shown = widget(SIGNAL)
    assert says(shown, "via F .* via the skip")
    shown.root.locator("svg.cnn-grid[tabindex]").last.focus()
    shown.press("Space")
    shown.root.get_by_role("button", name="pause").wait_for()
    shown.press("Space")
    shown.choose("skip", "none")
    assert says(shown, "without a skip, all of it came through F")


def test_where_the_shape_changes_the_skip_is_a_projection(widget):
    shown = widget(PROJECTION)
    assert says(shown, "No identity: stride 2 and 64 ≠ 128 channels")
    assert says(shown, r"downsample\.0\s+1×1, /2")


def test_without_normalization_the_scale_decides(widget):
    shown = widget(DEPTH)
    assert says(shown, r"without ×\S+ \(explodes\)")
    shown.root.get_by_role("checkbox", name="norm").uncheck()
    shown.slider("scale").fill("0.7")
    shown.settle()
    assert says(shown, r"Gradient at x: with skip \S+ .*, without \S+ \(vanishes\)")


def test_basic_and_bottleneck_stand_one_press_apart(widget):
    shown = widget(BOTTLENECK)
    assert says(shown, "basic 1,179,648, bottleneck 69,632")
    assert says(shown, r"total\s+70,400\s+218,365,952")
    shown.root.get_by_role("combobox", name="block").select_option("basic")
    shown.settle()
    assert says(shown, r"total\s+1,180,672")


def test_the_deeper_networks_a_block_and_another_input_size(widget):
    shown = widget(DIAGRAM)
    assert says(shown, "18 layers with weights in a row")
    shown.choose("model", "ResNet-50")
    assert says(shown, "50 layers with weights in a row") and says(shown, "25,557,032 parameters")
    block = shown.root.locator(".cnn-arch-box").nth(2).bounding_box()
    shown.page.mouse.click(block["x"] + block["width"] / 2, block["y"] + block["height"] / 2)
    shown.settle()
    assert shown.root.locator("tbody td, tbody th").filter(has_text="layer1.0.conv1").first.is_visible()
    assert says(shown, "256×56×56")
    shown.slider("input size").fill("384")
    shown.settle()
    assert says(shown, "256×96×96") and says(shown, "25,557,032 parameters")


def test_the_surfaces_turn_together_and_the_ceiling_cuts_them_off(widget):
    shown = widget(LANDSCAPE)
    assert says(shown, "Cut off above a loss of 10")
    before = says(shown, r"turned by \S+°")[0]
    shown.root.locator("canvas").first.focus()
    shown.press("ArrowRight", "ArrowRight")
    assert says(shown, r"turned by \S+°")[0] != before
    shown.button("contours")
    assert shown.root.locator("canvas").locator("visible=true").count() >= 2
