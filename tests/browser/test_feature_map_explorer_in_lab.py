"""FeatureMapExplorer in a real JupyterLab: what is sent; Python has what the page shows."""

import pytest

from tests.browser.test_feature_map_explorer import number_of, point, says
from tests.browser.widgets import lab, run, shown  # noqa: F401 - some are fixtures

SHOW = """\
import torch
from helpers import FeatureMapExplorer, SmallCNN, load_digits
digits = load_digits().images[:3][:, None]
w = FeatureMapExplorer(SmallCNN(), digits, names=["first", "second", "third"])
w"""


@pytest.fixture(scope="module")
def notebook(lab):
    return lab.open_notebook([SHOW, "w"])


def test_moving_sends_nothing_and_a_click_one_message(lab, notebook, shown):
    lab.reset_messages()
    for cell in [(1, 1), (4, 6), (7, 0)]:
        point(shown, 5, cell, (8, 8))
    assert lab.messages() == []
    point(shown, 5, (3, 2), (8, 8), click=True)
    assert lab.messages() == ["shell:comm_msg"]
    notebook.wait_value("[w.channel, w.cell]", [5, [3, 2]])
    assert number_of(says(shown)[0]) == pytest.approx(notebook.value("w.value"), abs=6e-4)


def test_keys_menus_and_python_move_both(lab, notebook, shown):
    shown = run(notebook, 1)
    shown.root.locator(".cnn-maps").focus()
    lab.reset_messages()
    shown.press("n", "n")
    assert lab.messages() == ["shell:comm_msg"] * 2
    notebook.wait_value("[w.layer, w.value == w.maps.max()]", ["2", True])
    shown.choose("image", "third")
    notebook.wait_value("w.image", 2)
    notebook.execute("w.set(layer='3', channel=4, cell=(1, 2), order='maximum')")
    shown.settle(4)
    assert says(shown)[0].endswith("at [1, 2]")
    chosen = shown.menu("layer").locator("option:checked").text_content()
    assert chosen.startswith("3 Conv2d · 34×4×4")
    ranking = notebook.value("w.ranking")
    numbers = shown.root.locator(".cnn-tile-number").all_text_contents()
    assert [int(text) for text in numbers] == ranking
    shown.root.locator(".cnn-live", has_text="Layer 3, map 4").wait_for(state="attached")


def test_pictures_have_names_and_texts_can_be_read(lab, notebook, shown):
    assert shown.root.locator("canvas:not([aria-hidden]), svg:not([aria-hidden])").evaluate_all(
        "all => all.filter(i => i.getClientRects().length)"
        ".every(i => i.getAttribute('role') === 'img' && i.ariaLabel)"
    )
    for theme in ("Light", "Dark"):
        lab.set_theme(f"JupyterLab {theme}")
        shown.settle(4)
        assert [text for text in shown.contrasts() if text["ratio"] < 4.5] == []
        lab.screenshot(f"feature_map_explorer_{theme.lower()}", shown.root)
    lab.set_theme("JupyterLab Light")
