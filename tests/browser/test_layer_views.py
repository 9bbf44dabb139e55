"""LayerTable in a real JupyterLab: what is seen, Python and other views, themes, room, the end."""

import pytest

from tests.browser.test_layer_table import SHOW, costs, focus_row, number, shapes
from tests.browser.test_widget_rules import nameless
from tests.browser.widgets import lab, run, shown  # noqa: F401 - fixtures

NETWORKS = [
    "LeNet", "Inception: 5×5 directly", "Inception: 1×1, then 5×5", "VGG block", "depthwise separable",
    "encoder and decoder", "a network that does not fit",
]  # fmt: skip


@pytest.fixture(scope="module")
def notebook(lab):
    return lab.open_notebook([SHOW, "w"])

KEYS = ["ArrowUp", "ArrowDown", "Alt+ArrowDown", "Control+z", "Delete", "Escape"]


# -- what is seen --------------------------------------------------------------------------------


def test_lenet_stands_there_with_its_numbers(shown):
    assert shapes(shown) == [
        "6×28×28", "6×28×28", "6×14×14", "16×10×10", "16×10×10", "16×5×5",
        "400", "120", "120", "84", "84", "10",
    ]  # fmt: skip
    assert costs(shown, 3) == ["2,416", "240,000"]
    sums = shown.root.locator("tfoot td:not(.cnn-track)").all_text_contents()
    assert sums == ["the whole network", "10", "61,706", "416,520"]
    assert shown.text("formula") == (
        "output size = ⌊(32 + 2·0 − 1·(5 − 1) − 1) / 1⌋ + 1 = ⌊27 / 1⌋ + 1 = 27 + 1 = 28\n"
        "parameters = 6·(1·5·5 + 1) = 156; multiplications = 6·28·28·(1·5·5) = 117,600"
    )


def test_bars_are_as_long_as_the_shares(shown):
    bars = shown.root.locator("tbody[data-row] .cnn-share[data-role=product] i")
    widths = bars.evaluate_all(
        "bars => bars.map(b => b.getBoundingClientRect().width / b.parentElement.getBoundingClientRect().width)"
    )
    assert widths[3] == pytest.approx(240_000 / 416_520, abs=0.02)
    assert widths[1] == 0


FORMULAS = {
    ("encoder and decoder", 4): "output size = (7−1)·2 − 2·1 + 1·(3−1) + 0 + 1 = 12 − 2 + 2 + 0 + 1 = 13",
    ("LeNet", 2): "output size = ⌊(28 + 2·0 − 1·(2 − 1) − 1) / 2⌋ + 1 = ⌊26 / 2⌋ + 1 = 13 + 1 = 14",
    ("LeNet", 6): "features = 16·5·5 = 400",
    ("LeNet", 7): "parameters = 120·(400 + 1) = 48,120; multiplications = 400·120 = 48,000",
    ("depthwise separable", 0): "multiplications = 32·112·112·(32/32·3·3) = 3,612,672",
    ("depthwise separable", 1): "parameters = 2·32 = 64",
    ("a network that does not fit", 9): "waits for row 0, which does not fit",
}


@pytest.mark.parametrize(("network", "row"), FORMULAS)
def test_the_row_in_focus_shows_its_formula(shown, network, row):
    shown.choose("network", network)
    focus_row(shown, row)
    assert FORMULAS[network, row] in shown.text("formula")


def test_the_code_of_a_row_and_of_the_whole_network(lab, notebook, shown):
    focus_row(shown, 7)
    assert shown.root.locator("code").text_content() == "nn.Linear(400, 120)"
    shown.button("The code of the whole network")
    assert shown.root.locator("code").text_content() == notebook.value("w.code")


# -- Python and other views ----------------------------------------------------------------------


def test_python_moves_the_table(lab, notebook, shown):
    net = "nn.Conv2d(1, 4, 5, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(9, 2)"
    notebook.execute(f"w.load(nn.Sequential({net}))")
    shown.settle(4)
    assert shapes(shown) == ["4×14×14", "4×14×14", "784", "✗ does not fit"]
    notebook.execute("w.set(input_size=(1, 8, 8), position=3)")
    shown.settle(4)
    assert shapes(shown)[2:] == ["16", "✗ does not fit"]
    assert shown.text("formula") == "Linear expects 9 features, but gets 16 = 4·2·2"
    shown.root.locator("tbody[data-row='3'] .cnn-shape").click()
    shown.press("r")
    notebook.wait_value("w.parameters", 61_706)


def test_two_views_agree(lab, notebook, shown):
    second = run(notebook, 1)
    number(shown, "out_channels of row 0").fill("9")
    shown.settle()
    assert shapes(second) == shapes(shown)
    assert shapes(second)[0] == "9×28×28"
    second.button("→ in_channels=9")
    assert shapes(shown)[-1] == "10"


# -- eyes, ears and room -------------------------------------------------------------------------


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_every_text_stands_out_and_every_control_has_a_name(lab, notebook, shown, theme):
    lab.set_theme(theme)
    weak, unnamed = [], []
    for network in NETWORKS:
        shown.choose("network", network)
        shown.button("more settings of row 0") if network != "depthwise separable" else None
        weak += [(network, text) for text in shown.contrasts() if text["ratio"] < 4.5]
        unnamed += nameless(lab.page, shown)
    lab.set_theme("JupyterLab Light")
    assert weak == [] and unnamed == []


def test_no_key_jumps_into_the_notebook(lab, notebook, shown):
    before = notebook.state()
    for selector in ("tr[tabindex='0']", "input[type=number]", "tbody select"):
        shown.root.locator(selector).first.focus()
        for key in [*"abddjkz", *KEYS]:
            lab.page.keyboard.press(key)
            assert {**notebook.state(), "active": 0} == {**before, "active": 0}, key


@pytest.mark.parametrize("network", NETWORKS)
def test_a_network_fits_the_window_in_large(lab, notebook, shown, network):
    shown.choose("network", network)
    notebook.execute("w.large = True")
    shown.settle(4)
    box = shown.root.locator(".cnn-scroll")
    assert box.evaluate("box => box.scrollWidth - box.clientWidth") <= 1
    assert shown.root.bounding_box()["height"] <= 620
    assert shown.overlaps() == []
