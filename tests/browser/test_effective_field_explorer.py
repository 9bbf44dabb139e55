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
    """The middle of a pixel on the page: columns 1 to 9 of 11 are shown, two more than the box on each side."""
    box = shown.canvas("input", n).bounding_box()
    return box["x"] + (cell[1] - 0.5) * box["width"] / 9, box["y"] + (cell[0] + 0.5) * box["height"] / 9


def test_pictures_shares_and_sizes_are_pythons(notebook, shown):
    reads(shown, "the 5×5 square holds 100 %", "the 5×5 square holds 100 %")
    sizes = ["theory 5×5", "centre on the unit", "σ 0.9 px across, 0.9 px down"]  # (2·4 + 8·1) / 19 is 0.92²
    assert shown.root.locator(".cnn-sizes").all_text_contents() == [*sizes, *sizes[:2], "σ 0.0 px across, 0.0 px down"]
    bright = shown.pixels("input").sum(-1) > shown.pixels("input")[0, 0].sum()
    assert np.argwhere(bright).min(0).tolist() == [2, 2] and np.argwhere(bright).max(0).tolist() == [6, 6]
    assert (shown.pixels("input", 1)[4, 4] == [253, 231, 37]).all()  # the largest is the end of viridis
    label = shown.canvas("input").get_attribute("aria-label")
    assert label == (
        "before: effective field of layer 1, 9×11 pixels; the 5×5 square holds 100 %; theory 5×5; centre on the unit; "
        "σ 0.9 px across, 0.9 px down."
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
    assert [round(float(v[:-1]), 1) for v in frame] == [33.3, 33.3, 33.3]  # rows 3 to 5 of 9, 3 of 9 columns
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


def test_a_button_finds_the_square_that_holds_95_percent_of_the_first_field(notebook, shown):
    assert "95 %" not in " ".join(shown.root.locator(".cnn-fields").all_text_contents())
    shown.root.locator(".cnn-help").click()
    shown.press("ArrowLeft")
    reads(shown, "the 3×3 square holds 80 %")
    shown.root.get_by_role("button", name="The smallest square that holds 95 % of the first field").click()
    reads(shown, "the 5×5 square holds 100 %")
    notebook.wait_value("w.side", 5)


def test_the_whole_input_is_shown_on_demand(notebook, shown):
    assert shown.pixels("input").shape[:2] == (9, 9)
    shown.root.get_by_label("whole input").check()
    shown.root.locator(".cnn-profile[viewBox='0 0 11 100']").first.wait_for()
    assert shown.pixels("input").shape[:2] == (9, 11)
    shown.press("w")
    shown.root.locator(".cnn-profile[viewBox='1 0 9 100']").first.wait_for()
    shown.press("w", "r")
    shown.root.locator(".cnn-profile[viewBox='1 0 9 100']").first.wait_for()


def test_a_change_in_python_is_drawn(notebook, shown):
    notebook.value("w.set(layer='0', side=1) or 0")
    reads(shown, "the 1×1 square holds 11 %", "the 1×1 square holds 100 %")


def test_a_logarithmic_scale_brings_out_what_is_small(notebook, shown):
    def level():
        """Corner of the box against its middle."""
        pixels = shown.pixels("input").sum(-1) - shown.pixels("input")[0, 0].sum()
        return pixels[2, 2] / pixels[4, 4]

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
        "((p) => [p.deviation[1], p.gaussian])(profileOf({ ...c, data: Float64Array.from(c.data) }))", [case],
    )  # fmt: skip
    assert deviation == pytest.approx(3, rel=1e-3)
    places, values = np.transpose(bell)
    np.testing.assert_allclose(values, np.exp(-((places - 18) ** 2) / 18), atol=2e-3)


def test_the_view_is_the_box_and_a_quarter_more_on_each_side(javascript):
    box = [[[-1, 11], [26, 38]], [[2, 8], [30, 34]]]  # the larger one decides
    cases = [box, box[1:], [[[4, 6], [31, 33]]], [box[0], None], [[[0, 9], [-80, 90]]]]
    views = javascript(
        "viewOf from effective_field_explorer/fields",
        "((v) => [v.top, v.height, v.left, v.width])(viewOf(c.map((box) => ({ box, height: 10, width: 64 }))))", cases,
    )  # fmt: skip
    assert views == [[0, 10, 22, 21], [0, 10, 28, 9], [2, 7, 29, 7], [0, 10, 0, 64], [0, 10, 0, 64]]


def test_the_centre_and_the_width_are_said_in_words(javascript):
    centres = [[-0.2, -1.5], [0, 0.31], [0.04, -0.04], [2, 0]]
    said = javascript("centreText from effective_field_explorer/text", "centreText(c)", centres)
    ways = ["1.5 px left, 0.2 px up", "0.3 px right", "on the unit", "2.0 px down"]
    assert said == [f"centre {way}" for way in ways]
    cases = [[[[0, 3], [1, 3]], True], [None, False]]
    said = javascript("theoryText from effective_field_explorer/text", "theoryText(...c)", cases)
    assert said == ["theory 4×3, goes around the edge", "theory not known"]


def test_the_moments_are_those_of_the_whole_field(javascript):
    field = random_field(3)[0]
    case = {"data": field.ravel().tolist(), "height": 9, "width": 12}
    ((mean, deviation, values),) = javascript(
        "profileOf from effective_field_explorer/fields",
        "((p) => [p.mean, p.deviation, p.values])(profileOf({ ...c, data: Float64Array.from(c.data) }))", [case],
    )  # fmt: skip
    places = np.indices((9, 12)).reshape(2, -1)
    np.testing.assert_allclose(mean, np.average(places, axis=1, weights=field.ravel()))
    np.testing.assert_allclose(deviation, np.sqrt(np.diag(np.cov(places, aweights=field.ravel(), ddof=0))))
    np.testing.assert_allclose(values, field.sum(0))


def leaning():
    """Of a 3×3 kernel only two pixels of the left column count: 1 for the middle one, 1 for the upper one."""
    model = boxes(1)
    model[0].weight.data[:] = torch.tensor([[1.0, 0, 0], [1, 0, 0], [0, 0, 0]])
    return model


def test_cross_and_dot_lie_on_the_unit_and_the_centre_of_gravity(module_page):
    mounted = mount(module_page, EffectiveFieldExplorer(leaning(), X))
    mounted.el.get_by_text("centre 1.0 px left, 0.5 px up", exact=True).wait_for()
    mounted.el.get_by_text("σ 0.0 px across, 0.5 px down", exact=True).wait_for()

    def place(node):
        box = mounted.el.locator(node).bounding_box()
        return np.array([box["y"] + box["height"] / 2, box["x"] + box["width"] / 2])

    canvas = mounted.el.locator(".cnn-picture canvas").bounding_box()
    assert canvas["width"] == pytest.approx(canvas["height"], abs=1)  # rows 1 to 7 and columns 2 to 8
    pixel = canvas["width"] / 7
    np.testing.assert_allclose(place("[data-kind=unit]") - [canvas["y"], canvas["x"]], [3.5 * pixel] * 2, atol=1.5)
    np.testing.assert_allclose(place("[data-kind=gravity]") - place("[data-kind=unit]"), [-pixel / 2, -pixel], atol=1.5)
    profile = mounted.el.locator(".cnn-profile").bounding_box()
    assert [profile["x"], profile["width"]] == pytest.approx([canvas["x"], canvas["width"]], abs=1)
    band = mounted.el.locator(".cnn-square-of").bounding_box()  # columns 4 to 6
    assert [band["x"] - canvas["x"], band["width"]] == pytest.approx([2 * pixel, 3 * pixel], abs=2)


@pytest.mark.parametrize("large", [True, False])
def test_nothing_moves_while_the_square_grows(module_page, large):
    models = {"before training": boxes(3), "after training": boxes(3), "trained for longer": boxes(3)}
    module_page.page.set_viewport_size({"width": 1000, "height": 900})
    mounted = mount(module_page, EffectiveFieldExplorer(models, torch.ones(1, 1, 128, 128), large=large))
    places = set()
    for side in (1, 7, 99, 101, 255):
        mounted.el.get_by_role("slider", name="square").fill(str(side))
        mounted.el.get_by_text(f"the {side}×{side} square holds", exact=False).first.wait_for()
        boxes_now = [mounted.el.locator(".cnn-picture canvas").nth(n).bounding_box() for n in range(3)]
        boxes_now += [mounted.el.get_by_label("logarithmic").bounding_box(), mounted.el.bounding_box()]
        places.add(tuple(v for box in boxes_now for v in box.values()))
    assert len(places) == 1


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
