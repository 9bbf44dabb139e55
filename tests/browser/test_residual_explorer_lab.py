"""ResidualExplorer in a real JupyterLab: what Python sees of gestures, and that pointing sends nothing."""

import pytest

from tests.browser.widgets import lab, shown  # noqa: F401 - fixtures

SHOW = "from helpers import ResidualExplorer\nw = ResidualExplorer()\nw"


@pytest.fixture(scope="module")
def notebook(lab):
    return lab.open_notebook([SHOW, "w"])


def points(shown, selector, count=12):
    """Places in a picture, from its upper left to its lower right."""
    box = shown.root.locator(selector).last.bounding_box()
    steps = [(n + 0.5) / count for n in range(count)]
    return [(box["x"] + box["width"] * s, box["y"] + box["height"] * s) for s in steps]


def test_python_sees_the_block_that_was_made_on_the_page(lab, notebook, shown):
    shown.root.locator("button[title='bottleneck 256→512, stride 2']").click()
    notebook.wait_value("[w.block, w.skip, w.out_channels]", ["bottleneck", "projection", 512])
    shown.slide("input size", "ArrowRight")
    notebook.wait_value("[w.input_size, w.shapes['relu3']]", [64, [512, 32, 32]])
    notebook.wait_value("w.parameters", sum([256 * 128, 9 * 128**2, 128 * 512, 256 * 512, 2 * (128 * 2 + 512 * 2)]))
    shown.choose("skip", "none")
    notebook.wait_value("w.code.split(chr(10))[-1]", "y = branch(x)")


def test_pointing_sends_nothing_in_any_view(lab, notebook, shown):
    for view, selector in [("block", ".cnn-res-body"), ("signal", ".cnn-panel[data-kind=value]:not([data-role=input])"),
                           ("depth", ".cnn-res-chart")]:  # fmt: skip
        shown.button(view)
        notebook.wait_value("w.view", view)
        lab.reset_messages()
        for point in points(shown, selector):
            lab.page.mouse.move(*point)
        shown.settle()
        assert lab.messages() == [], view


def test_a_drag_over_the_outputs_sends_once_and_python_has_the_same_gradient(lab, notebook, shown):
    notebook.execute("w.set(view='signal', norm=False)")
    shown.settle(4)
    lab.reset_messages()
    y = shown.root.locator(".cnn-panel", has_text="y").locator("svg.cnn-grid[tabindex]").bounding_box()
    at = [(y["x"] + y["width"] * (c + 0.5) / 4, y["y"] + y["height"] * (r + 0.5) / 4) for r, c in ((0, 0), (1, 1), (2, 1))]
    lab.page.mouse.move(*at[0])
    lab.page.mouse.down()
    for place in at[1:]:
        lab.page.mouse.move(*place)
    shown.settle()
    assert lab.messages() == []
    lab.page.mouse.up()
    notebook.wait_value("w.pinned", [2, 1])
    assert lab.messages().count("shell:comm_msg") == 1
    notebook.wait_value("w.gradient[2].tolist()", [-1, 2, 0, 0])


def test_two_views_move_together(lab, notebook, shown):
    notebook.run_cell(1)
    notebook.execute("w.set(view='depth', blocks=7)")
    shown.settle(4)
    charts = [notebook.output(n).locator(".cnn-res-chart").last for n in (0, 1)]
    for chart in charts:
        chart.wait_for()
    labels = [chart.get_attribute("aria-label") for chart in charts]
    assert labels[0] == labels[1] and "after block 7" in labels[0]
