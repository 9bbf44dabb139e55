"""EffectiveFieldExplorer in a real JupyterLab: the square is dragged, and what it holds is read below each picture."""

import numpy as np
import pytest
import torch

from helpers import EffectiveFieldExplorer
from helpers.receptive_field.effective import effective_size, share_within
from tests.browser.oracle import javascript  # noqa: F401 - a fixture
from tests.browser.widgets import lab, mount, run, shown  # noqa: F401 - some are fixtures
from tests.test_effective_field_explorer import PAIR, X, boxes

SHOW = """\
import torch
from torch import nn
from helpers import EffectiveFieldExplorer
def boxes(layers):
    model = nn.Sequential(*[nn.Conv2d(1, 1, 3, padding=1, bias=False) for _ in range(layers)])
    for layer in model:
        nn.init.ones_(layer.weight)
    return model
point = boxes(2)
for layer in point:
    layer.weight.data[:] *= torch.tensor([[0.0, 0, 0], [0, 1, 0], [0, 0, 0]])
w = EffectiveFieldExplorer({"before": boxes(2), "after": point}, torch.ones(1, 1, 9, 11))
w"""


@pytest.fixture(scope="module")
def notebook(lab):
    return lab.open_notebook([SHOW, "w"])


def holds(shown):
    return shown.root.locator(".cnn-holds").all_text_contents()


def reads(shown, *texts):
    """Waits until the lines below the pictures say so."""
    lines = shown.root.locator(".cnn-holds")
    for n, text in enumerate(texts):
        lines.nth(n).get_by_text(text, exact=True).wait_for()


def at(shown, cell, n=0):
    """The middle of a pixel on the page."""
    box = shown.canvas("input", n).bounding_box()
    return box["x"] + (cell[1] + 0.5) * box["width"] / 11, box["y"] + (cell[0] + 0.5) * box["height"] / 9


def test_pictures_shares_and_sizes_are_pythons(notebook, shown):
    reads(shown, "the 5×5 square holds 100 %", "the 5×5 square holds 100 %")
    sizes = shown.root.locator(".cnn-sizes").all_text_contents()
    assert [s for s in sizes if "theory" in s] == ["95 % in 5×5, theory 5×5", "95 % in 1×1, theory 5×5"]
    bright = shown.pixels("input").sum(-1) > shown.pixels("input")[0, 0].sum()
    assert np.argwhere(bright).min(0).tolist() == [2, 3] and np.argwhere(bright).max(0).tolist() == [6, 7]
    assert (shown.pixels("input", 1)[4, 5] == [253, 231, 37]).all()  # the largest is the end of viridis
    label = shown.canvas("input").get_attribute("aria-label")
    assert label == (
        "before: effective field of layer 1, 9×11 pixels; the 5×5 square holds 100 %; 95 % in 5×5, theory 5×5."
    )


def test_the_square_follows_a_drag_and_python_hears_of_its_end(notebook, shown):
    shown.page.mouse.move(*at(shown, (4, 5)))
    shown.page.mouse.down()
    reads(shown, "the 1×1 square holds 22 %", "the 1×1 square holds 100 %")  # (9 / 19)²
    shown.page.mouse.move(*at(shown, (4, 6)))
    reads(shown, "the 3×3 square holds 80 %")  # (17 / 19)²
    notebook.wait_value("w.side", 5)
    shown.page.mouse.up()
    notebook.wait_value("w.side", 3)
    frame = shown.root.locator(".cnn-frame").first.evaluate("f => [f.style.top, f.style.height, f.style.width]")
    assert [round(float(v[:-1]), 1) for v in frame] == [33.3, 33.3, 27.3]  # rows 3 to 5 of 9, 3 of 11 columns
    theory = shown.root.locator(".cnn-theory").first.evaluate("t => [t.style.top, t.style.height]")
    assert [round(float(v[:-1]), 1) for v in theory] == [22.2, 55.6]


def test_the_keys_do_what_the_controls_do(notebook, shown):
    shown.root.locator(".cnn-help").click()
    shown.press("ArrowLeft")
    reads(shown, "the 3×3 square holds 80 %")
    notebook.wait_value("w.side", 3)
    shown.press("ArrowDown", "ArrowDown", "ArrowDown")
    notebook.wait_value("w.side", 1)
    shown.press("n")
    reads(shown, "the 1×1 square holds 11 %")
    notebook.wait_value("w.layer", "0")
    shown.press("s")
    notebook.wait_value("w.logarithmic", True)
    shown.press("r")
    notebook.wait_value("[w.layer, w.side, w.logarithmic]", ["1", 5, False])
    shown.slide("square", "ArrowLeft")
    notebook.wait_value("w.side", 3)
    shown.choose("layer", "0")
    reads(shown, "the 3×3 square holds 100 %")
    notebook.wait_value("w.layer", "0")


def test_a_change_in_python_is_drawn(notebook, shown):
    notebook.value("w.set(layer='0', side=1) or 0")
    reads(shown, "the 1×1 square holds 11 %", "the 1×1 square holds 100 %")


def test_a_logarithmic_scale_brings_out_what_is_small(notebook, shown):
    def level():
        """Corner of the box against its middle."""
        pixels = shown.pixels("input").sum(-1) - shown.pixels("input")[0, 0].sum()
        return pixels[2, 3] / pixels[4, 5]

    linear = level()
    shown.root.get_by_label("logarithmic").check()
    notebook.wait_value("w.logarithmic", True)
    shown.root.get_by_text("a millionth").wait_for()
    assert linear < 0.1 < 0.5 < level()  # 1/81 of the largest; log₁₀ of it is −1.9 of 6 decades


def random_field(seed):
    rng = np.random.default_rng(seed)
    field = rng.random((9, 12)) ** 4
    return np.float32(field / field.sum()).astype(float), rng.integers(0, [9, 12]).tolist()


def test_shares_and_sizes_in_the_page_are_those_of_python(javascript):
    cases = []
    for seed in range(30):
        field, centre = random_field(seed)
        cases.append({"data": field.ravel().tolist(), "height": 9, "width": 12, "centre": centre})
    build = "{ ...c, data: Float64Array.from(c.data) }"
    shares = javascript("sharesOf from effective_field_explorer/fields", f"[...sharesOf({build})].slice(0, 9)", cases)
    sides = javascript(
        "sharesOf, sideHolding from effective_field_explorer/fields",
        f"[0.3, 0.5, 0.95].map((share) => sideHolding(sharesOf({build}), share))", cases,
    )  # fmt: skip
    for case, found, side in zip(cases, shares, sides):
        field = np.reshape(case["data"], (9, 12))
        wanted = [share_within(field, 2 * m + 1, case["centre"]) for m in range(9)]
        np.testing.assert_allclose(found, wanted, rtol=1e-6)
        assert side == [effective_size(field, share, case["centre"]) for share in (0.3, 0.5, 0.95)]


def test_the_bell_has_the_sum_mean_and_variance_of_the_profile(javascript):
    at = np.arange(41)
    row = np.exp(-((at - 18) ** 2) / (2 * 3.0**2))
    case = {"data": [*np.zeros(41), *row, *np.zeros(41)], "height": 3, "width": 41, "centre": [1, 20]}
    ((deviation, bell),) = javascript(
        "profileOf from effective_field_explorer/fields",
        "((p) => [p.deviation, p.gaussian])(profileOf({ ...c, data: Float64Array.from(c.data) }))", [case],
    )  # fmt: skip
    assert deviation == pytest.approx(3, rel=1e-3)
    places, values = np.transpose(bell)
    np.testing.assert_allclose(values, np.exp(-((places - 18) ** 2) / 18), atol=2e-3)


@pytest.mark.parametrize(
    ("count", "large", "size", "most"),
    [(2, True, 32, 565), (3, True, 32, 565), (2, False, 32, 700), (1, False, 32, 700)],
)
def test_it_fits_the_screen_and_nothing_overlaps(module_page, count, large, size, most):
    names = ["before training", "after training", "trained for longer"][:count]
    models = {name: boxes(3) for name in names}
    widget = EffectiveFieldExplorer(models, torch.ones(1, 1, size, size), large=large)
    module_page.page.set_viewport_size({"width": 1180, "height": 720})
    mounted = mount(module_page, widget)
    mounted.el.locator(".cnn-holds").first.get_by_text("square holds").wait_for()
    box = mounted.el.locator(".cnn-widget").bounding_box()
    assert box["height"] <= most
    canvases = mounted.el.locator(".cnn-picture canvas")
    assert canvases.count() == count
    assert all(canvases.nth(n).bounding_box()["height"] > 120 for n in range(count))
    assert module_page.console_errors == []


def test_two_copies_have_settings_of_their_own(module_page):
    one, two = (mount(module_page, EffectiveFieldExplorer(PAIR, X)) for _ in range(2))
    one.el.get_by_label("logarithmic").check()
    one.el.get_by_text("a millionth").wait_for()
    assert not two.el.get_by_label("logarithmic").is_checked()
