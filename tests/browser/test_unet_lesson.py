"""The widgets of lesson 6 as its cells make them: what the prose tells to do, and what one then sees."""

import pytest

from tests.browser.lessons import Lesson, widget  # noqa: F401 - widget is a fixture
from tests.browser.widgets import lab  # noqa: F401 - lab is a fixture

source_with = Lesson("06_unet").source_with
# Untrained networks in place of the trained ones, which take half a minute each.
NETWORKS = """\
new = load_weather("test")
from helpers.experiments.globe import Forecaster
zeros, circular = (Forecaster(UNet(3, 2, 2, 2, padding_mode=("replicate", mode))) for mode in ("zeros", "circular"))"""
CELLS = [source_with("import torch\n"), source_with("from helpers import Arch"), NETWORKS,
         source_with("case(\"the original"), source_with("case(\"721"), source_with("ForecastExplorer(rollouts")]  # fmt: skip
ORIGINAL, ERA5, FORECASTS = 3, 4, 5


@pytest.fixture(scope="module")
def notebook(lab):
    notebook = lab.open_notebook(CELLS)
    for place in range(3):
        notebook.run_cell(place)
    return notebook


def test_the_original_has_the_papers_sizes_and_its_skips_can_be_switched_off(widget):
    shown = widget(ORIGINAL)
    text = shown.root.inner_text()
    assert "31,030,658" in text and "388" in text
    shown.root.get_by_label("skips").uncheck()
    # the decoder's first convolution at each level then has half as many input channels
    without = 31_030_658 - sum(9 * width * width for width in (64, 128, 256, 512))
    shown.root.get_by_text(f"{without:,} parameters").first.wait_for()


def test_the_globes_721_rows_are_marked_and_padding_cures_them(widget):
    shown = widget(ERA5)
    shown.root.get_by_text("721 is odd").first.wait_for()
    shown.root.get_by_role("button", name="pad to 736×1440").click()
    shown.root.get_by_text("1×736×1440 → 1×736×1440").first.wait_for()


def test_a_rolled_globe_moves_the_forecast_with_zeros_and_not_with_circular_padding(lab, notebook, widget):
    shown = widget(FORECASTS)
    shown.root.locator("canvas").first.wait_for()
    assert "12 h" in shown.root.inner_text()
    notebook.execute("shown = Out[max(Out)]")
    same = {}
    for network in ("zeros", "circular"):
        notebook.execute(f"shown.network, shown.shift = {network!r}, 0; still = shown.rmse; shown.shift = 32")
        same[network] = notebook.value("bool(np.isclose(shown.rmse, still, rtol=1e-9))")
    assert same == {"zeros": False, "circular": True}
