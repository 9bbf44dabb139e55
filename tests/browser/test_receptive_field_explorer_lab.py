"""ReceptiveFieldExplorer in a real JupyterLab: what Python sees, and room on a projector."""

import pytest

from tests.browser.widgets import lab, shown  # noqa: F401 - fixtures

SHOW = "from helpers import ReceptiveFieldExplorer\nw = ReceptiveFieldExplorer.case('ResNet-50')\nw"


@pytest.fixture(scope="module")
def notebook(lab):
    return lab.open_notebook([SHOW])


def test_what_the_cell_made_is_in_view_and_cannot_be_taken_back(lab, notebook, shown):
    table = shown.root.locator(".cnn-scroll").bounding_box()
    row = shown.root.locator("tbody[data-row='49']").bounding_box()
    assert table["y"] < row["y"]
    assert row["y"] + row["height"] <= table["y"] + table["height"] + 1
    shown.button("Take back (Ctrl+Z)")
    shown.root.get_by_text("Nothing to take back.", exact=True).first.wait_for()
    assert shown.menu("network").input_value() == "ResNet-50"


def test_python_and_page_follow_each_other(lab, notebook, shown):
    shown.choose("network", "ResNet-50")
    notebook.wait_value("[w.size, w.stride, w.input_size]", [427, 32, [256, 256]])
    notebook.execute("w.set(layers=w.layers[:2], layer=None, unit=None)")
    shown.root.get_by_text("unit (32, 32) sees").first.wait_for()
    shown.root.locator(".cnn-rf-section").focus()
    shown.press("ArrowDown")
    notebook.wait_value("[w.unit, w.interval()]", [[33, 32], [[127, 137], [123, 133]]])


def test_large_fits_a_projector_and_texts_stand_out(lab, notebook, shown):
    assert [t for t in shown.contrasts() if t["ratio"] < 4.5] == []
    notebook.execute("w.large = True")
    for name in ("two 3×3", "causal", "ResNet-50", "small U-Net"):
        shown.choose("network", name)
        shown.settle(5)
        assert shown.root.bounding_box()["height"] <= 565, name
        assert shown.overlaps() == []


def test_it_fits_a_narrow_window(lab, notebook, shown):
    for width in (1024, 900, 700):
        lab.page.set_viewport_size({"width": width, "height": 900})
        for name in ("two 3×3", "causal", "ResNet-50", "U-Net"):
            shown.choose("network", name)
            shown.settle(5)
            spill = shown.root.evaluate("root => root.scrollWidth - root.clientWidth")
            assert spill == 0, (width, name)
            assert shown.overlaps() == [], (width, name)
    lab.page.set_viewport_size({"width": 1280, "height": 720})
