"""UNetExplorer in a real JupyterLab: what Python sees of gestures, and that pointing sends nothing."""

import pytest

from tests.browser.widgets import lab, shown  # noqa: F401 - fixtures

SHOW = "from helpers import UNetExplorer\nw = UNetExplorer()\nw"


@pytest.fixture(scope="module")
def notebook(lab):
    return lab.open_notebook([SHOW, "w"])


def over(shown, selector, count=12):
    """Places in a picture, from its upper left to its lower right."""
    box = shown.root.locator(selector).bounding_box()
    steps = [(n + 0.5) / count for n in range(count)]
    return [(box["x"] + box["width"] * s, box["y"] + box["height"] * s) for s in steps]


def test_python_sees_what_was_set_on_the_page(lab, notebook, shown):
    shown.root.locator("button[title*='721×1440']").click()
    notebook.wait_value("[w.input_size, w.cures['pad'], w.output_size]", [[721, 1440], [736, 1440], None])
    shown.button("pad to 736×1440")
    notebook.wait_value("[w.input_size, w.output_size, w.problem]", [[736, 1440], [736, 1440], None])
    shown.slide("depth", "ArrowLeft")
    notebook.wait_value("[w.depth, w.code]", [3, "UNet(in_channels=1, out_channels=1, depth=3, width=64)"])


def test_pointing_sends_nothing_and_a_drag_over_the_output_once(lab, notebook, shown):
    lab.reset_messages()
    for selector in (".cnn-unet-picture", "[data-role=output] .cnn-unet-holder"):
        for point in over(shown, selector):
            lab.page.mouse.move(*point)
    shown.settle()
    assert lab.messages() == []
    points = over(shown, "[data-role=output] .cnn-unet-holder")
    lab.page.mouse.move(*points[2])
    lab.page.mouse.down()
    for point in points[3:8]:
        lab.page.mouse.move(*point)
    shown.settle()
    assert lab.messages() == []
    lab.page.mouse.up()
    shown.settle(10)
    assert lab.messages().count("shell:comm_msg") == 1
    notebook.wait_value("w.pixel is not None and w.field is not None", True)


def test_two_views_move_together_and_python_moves_both(lab, notebook, shown):
    notebook.run_cell(1)
    notebook.execute("w.set(selected='encoder.2', skip=False)")
    shown.settle(4)
    pictures = [notebook.output(n).locator(".cnn-unet-picture") for n in (0, 1)]
    names = [picture.get_attribute("aria-label") for picture in pictures]
    assert names[0] == names[1] and "without skips" in names[0] and "Chosen: encoder.2" in names[0]
