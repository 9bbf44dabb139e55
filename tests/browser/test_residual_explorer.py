"""ResidualExplorer on the page: switches in the diagram, limits that explain themselves, gradients under the pointer, play."""

import numpy as np
import pytest

from helpers.widgets import ResidualExplorer
from helpers.widgets.residual_cases import RESIDUAL_CASES
from tests.browser.widgets import show


@pytest.fixture(autouse=True)
def clean_console(module_page):
    yield
    assert module_page.console_errors == []


def box(shown, name):
    return shown.root.locator(".cnn-res-box", has_text=name).first


def boxes(shown, there="true"):
    rows = shown.root.locator(f".cnn-res-row[data-there={there}] .cnn-res-box:visible b")
    return rows.all_text_contents()


def code(shown):
    return shown.root.locator("code").text_content()


def cells(shown, title):
    """The numbers under a title of the signal view."""
    panel = shown.root.locator(".cnn-res-flow .cnn-panel").filter(
        has=shown.page.locator(f".cnn-title:text-is('{title}')")
    )
    texts = panel.locator(".cnn-cell text").all_text_contents()
    return [float(text.replace("−", "-")) for text in texts]


def cell_of(shown, title, n):
    panel = shown.root.locator(".cnn-res-flow .cnn-panel").filter(
        has=shown.page.locator(f".cnn-title:text-is('{title}')")
    )
    rect = panel.locator(".cnn-cell rect").nth(n).bounding_box()
    return rect["x"] + rect["width"] / 2, rect["y"] + rect["height"] / 2


# -- the diagram -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RESIDUAL_CASES)
def test_every_case_is_one_press_away_and_is_pythons(module_page, name):
    explorer = ResidualExplorer.case(name)
    other = "no activation" if name == "bottleneck 256" else "bottleneck 256"
    shown, mounted = show(module_page, ResidualExplorer.case(other))
    shown.root.locator(f".cnn-res-cases button[title='{name}']").click()
    shown.settle()
    assert code(shown) == explorer.code and mounted.saves() == 1
    total = shown.root.locator(".cnn-res-row[data-kind=total] [data-column]").all_text_contents()
    assert total == ["total", f"{explorer.parameters:,}", f"{explorer.multiplications:,}"]
    shapes = shown.root.locator(".cnn-res-row[data-there=true] [data-column=shape]").all_text_contents()
    assert shapes[:-1] == [str(shape) for shape in explorer.shapes.values()]
    pressed = shown.root.locator(".cnn-res-cases [aria-pressed=true]")
    assert pressed.get_attribute("title") == name and pressed.count() == 1
    explorer.close()


def test_norms_and_relus_are_switched_in_the_diagram_and_beside_it(module_page):
    shown, mounted = show(module_page, ResidualExplorer())
    assert boxes(shown) == ["x", "conv1", "bn1", "relu1", "conv2", "bn2", "⊕", "relu2"]
    shown.root.locator(".cnn-res-row", has_text="bn2").locator(".cnn-res-off").click()
    shown.settle()
    assert mounted.get("norm") is False and not shown.root.get_by_label("norm", exact=True).is_checked()
    assert boxes(shown, "false") == ["+ bn1", "+ bn2"]
    box(shown, "bn1").click()
    shown.settle()
    assert mounted.get("norm") is True and boxes(shown, "false") == []
    shown.root.get_by_label("ReLU", exact=True).uncheck()
    shown.settle()
    assert boxes(shown, "false") == ["+ relu1", "+ relu2"] and mounted.get("activation") is False
    box(shown, "relu2").focus()
    shown.press("Enter")
    assert mounted.get("activation") is True and mounted.saves() == 4


def test_a_click_on_the_skip_goes_through_its_kinds(module_page):
    shown, mounted = show(module_page, ResidualExplorer())
    seen = []
    for _ in range(3):
        shown.root.locator(".cnn-res-kind").click()
        shown.settle()
        seen.append((mounted.get("skip"), shown.menu("skip").input_value()))
    assert seen == [(kind, kind) for kind in ("projection", "none", "identity")]
    shown.choose("skip", "none")
    assert boxes(shown, "false") == ["+ ⊕"]
    box(shown, "⊕").click()
    shown.settle()
    assert mounted.get("skip") == "identity"


def test_an_identity_gives_way_to_a_projection_and_comes_back(module_page):
    shown, mounted = show(module_page, ResidualExplorer())
    shown.slide("stride", "ArrowRight")
    assert (mounted.get("stride"), mounted.get("skip")) == (2, "projection")
    text = "No identity: stride 2 makes x and F(x) differ in shape. Project x, or use stride 1."
    assert shown.text("help") == text
    shown.slide("out_channels", "ArrowRight")
    assert shown.text("help") == (
        "No identity: stride 2 and 64 ≠ 128 channels make x and F(x) differ in shape. Project x, or use stride 1 and "
        "equal channels."
    )
    shown.choose("skip", "identity")
    assert mounted.get("skip") == "projection" == shown.menu("skip").input_value()
    assert shown.root.locator(".cnn-help[data-kind=warning]").text_content().startswith("No identity")
    shown.slide("stride", "ArrowLeft")
    shown.slide("out_channels", "ArrowLeft")
    assert mounted.get("skip") == "projection"  # chosen: it stays


def test_the_identity_comes_back_with_the_equal_shapes(module_page):
    shown, mounted = show(module_page, ResidualExplorer())
    shown.slide("in_channels", "ArrowLeft", "ArrowRight")
    assert (mounted.get("in_channels"), mounted.get("skip")) == (64, "identity")
    assert shown.text("help").startswith("Click a part")


def test_a_bottleneck_needs_channels_that_four_divides(module_page):
    shown, mounted = show(module_page, ResidualExplorer(in_channels=6, out_channels=6))
    shown.choose("block", "bottleneck")
    assert mounted.get("block") == "basic" == shown.menu("block").input_value()
    assert "6 is no multiple of 4" in shown.text("help")
    mounted.set(in_channels=8, out_channels=8)
    shown.choose("block", "bottleneck")
    shown.slide("out_channels", "Home")
    assert (mounted.get("out_channels"), mounted.get("skip")) == (4, "projection")


def test_a_part_says_its_formula_and_its_call(module_page):
    shown, mounted = show(module_page, ResidualExplorer.case("projection, 64→128, stride 2"))
    box(shown, "conv1").click()
    shown.settle()
    assert shown.text("sum") == (
        "conv1: size ⌊(56 + 2·1 − 3) / 2⌋ + 1 = 28 · weights 3·3·64·128 = 73,728 · 73,728 · 28·28 = 57,802,752 "
        "multiplications"
    )
    assert code(shown) == "nn.Conv2d(64, 128, kernel_size=3, stride=2, padding=1, bias=False)"
    shown.press("ArrowDown")
    assert mounted.get("part") == "bn1" and code(shown) == "nn.BatchNorm2d(128)"
    assert shown.page.evaluate("document.activeElement.textContent").startswith("bn1")
    shown.press("End", "Escape")
    assert mounted.get("part") is None
    assert shown.text("sum") == (
        "Weights of F, 64→128: basic 221,184, bottleneck 15,360: 14.4 times fewer (multiplications: 10.3 times)."
    )


# -- the signal ------------------------------------------------------------------------------------


def test_values_and_gradients_are_written_in_the_cells(module_page):
    explorer = ResidualExplorer(view="signal", norm=False)
    values, gradients = explorer.values, explorer.gradients
    shown, _ = show(module_page, explorer)
    for title, name in {"x": "x", "conv1": "conv1", "relu1": "relu1", "conv2": "conv2", "⊕": "add", "y": "relu2"}.items():
        assert cells(shown, title) == values[name].flatten().tolist(), title
    titles = {"∂ x": "x", "via F": "F", "via skip": "skip", "∂ conv1": "conv1", "∂ ⊕": "add", "∂ y": "relu2"}
    for title, name in titles.items():
        assert cells(shown, title) == gradients[name].flatten().tolist(), title
    assert shown.text("sum") == "Gradient of y[1, 1]: ∂x[1, 1] = via F 1 + via the skip 1 = 2"


def test_a_part_of_the_signal_is_chosen_with_the_keyboard(module_page):
    shown, mounted = show(module_page, ResidualExplorer(view="signal"))
    head = shown.root.get_by_role("button", name="conv2: its formula and call")
    head.focus()
    shown.press("Enter")
    assert head.get_attribute("aria-current") == "true" and code(shown).startswith("nn.Conv2d(64, 64")


def test_pointing_at_an_output_shows_its_gradient_and_a_click_keeps_it(module_page):
    shown, mounted = show(module_page, ResidualExplorer(view="signal", norm=False))
    shown.page.mouse.move(*cell_of(shown, "y", 6))
    shown.settle()
    assert cells(shown, "∂ y") == [float(n == 6) for n in range(16)]
    assert cells(shown, "∂ ⊕") == [0] * 16  # y[1, 2] is 0: its gate is closed
    assert mounted.saves() == 0 and mounted.get("pinned") == [1, 1]
    shown.page.mouse.click(*cell_of(shown, "y", 0))
    shown.page.mouse.move(2, 2)
    shown.settle()
    assert mounted.get("pinned") == [0, 0] and mounted.saves() == 1
    shown.press("ArrowDown", "ArrowRight", "ArrowRight", "ArrowUp", "ArrowUp")
    assert mounted.get("pinned") == [0, 2]
    shown.press("Escape")
    assert mounted.get("pinned") is None
    assert cells(shown, "∂ y") == [1] * 16


def test_every_number_says_how_it_is_made(module_page):
    shown, _ = show(module_page, ResidualExplorer(view="signal", norm=False))

    def said(title, n):
        shown.page.mouse.move(*cell_of(shown, title, n))
        shown.settle()
        return shown.text("sum")

    assert said("conv1", 5) == "conv1[1, 1] = (−1)·1 + 1·3 = 2"
    assert said("conv2", 5) == "conv2[1, 1] = 1·0 + 1·2 + (−1)·1 + bias (−1) = 0"
    assert said("relu1", 1) == "relu1[0, 1] = max(0, −1) = 0: the gate is closed"
    assert said("⊕", 5) == "⊕[1, 1] = F(x) + skip = 0 + 3 = 3"
    assert said("∂ conv1", 5) == "∂conv1[1, 1] = ∂relu1 1 · 1 = 1 (2 > 0: open)"
    assert said("∂ conv1", 1) == "∂conv1[0, 1] = ∂relu1 1 · 0 = 0 (−1 ≤ 0: the gate is closed)"
    assert said("∂ conv2", 5) == "∂conv2[1, 1] = a copy of ∂⊕ = 1"
    assert said("via skip", 5) == "∂x via the skip [1, 1] = a copy of ∂⊕ = 1"
    assert said("via F", 4) == "∂x via F [1, 0] = 1·0 + (−1)·1 = −1"
    assert said("∂ x", 5) == "∂x[1, 1] = via F 1 + via the skip 1 = 2"


def test_a_number_of_x_is_typed_over(module_page):
    shown, mounted = show(module_page, ResidualExplorer(view="signal"))
    shown.page.mouse.dblclick(*cell_of(shown, "x", 5))
    shown.root.locator(".cnn-typing").fill("-4")
    shown.press("Enter")
    assert mounted.get("input")[1] == [1, -4, 1, 0] and mounted.saves() == 1


def test_play_walks_forward_and_back_and_reset_stops_it(module_page):
    shown, mounted = show(module_page, ResidualExplorer(view="signal", norm=False))
    assert shown.root.locator("[data-reached=false]").count() == 0
    shown.button("One step forward")
    assert mounted.get("step") == 0 and shown.root.locator(".cnn-panel[data-reached=true]").count() == 1
    shown.slide("speed", "End")
    shown.root.focus()
    shown.press("Space")
    now = shown.root.locator("[data-now=true] .cnn-title")
    shown.page.wait_for_function("() => document.querySelector('[data-now=true] .cnn-title').textContent === '∂ ⊕'")
    shown.press("r")
    shown.settle(30)
    assert mounted.get("step") is None and now.count() == 0
    assert shown.root.get_by_text("▶ play").is_visible()


# -- the depth -------------------------------------------------------------------------------------


def curve(shown, chart, line):
    path = shown.root.locator(".cnn-res-chart").nth(chart).locator(f"path[data-line='{line}']").get_attribute("d")
    return [float(point.split()[1]) for point in path[1:].split("L")]


def test_the_curves_are_pythons_on_a_logarithmic_axis(module_page):
    explorer = ResidualExplorer(view="depth", blocks=12, scale=0.7, norm=False, seed=2)
    norms = explorer.norms
    shown, _ = show(module_page, explorer)
    heights = {(kind, label): curve(shown, i, j) for i, kind in enumerate(norms) for j, label in enumerate(norms[kind])}
    x = np.concatenate([np.log10(norms[kind][label]) for kind, label in heights])
    y = np.concatenate(list(heights.values()))
    slope, offset = np.polyfit(x, y, 1)
    assert slope < -5 and np.abs(slope * x + offset - y).max() < 0.1


def test_sliders_change_the_curves_at_once_and_send_once(module_page):
    shown, mounted = show(module_page, ResidualExplorer(view="depth"))
    before = curve(shown, 1, 1)
    shown.slide("blocks", "ArrowRight", "ArrowRight")
    assert mounted.get("blocks") == 22 and len(curve(shown, 1, 1)) == 23
    assert "Signal after 22 blocks" in shown.text("sum")
    mounted.set(norm=False)
    shown.settle()
    shown.slide("scale", "Home")
    assert mounted.get("scale") == 0.1 and curve(shown, 1, 1) != before
    assert "Gradient at x: with skip ×" in shown.text("sum") and "(vanishes)" in shown.text("sum")


def test_pointing_at_a_block_writes_its_numbers_and_arrows_step(module_page):
    explorer = ResidualExplorer(view="depth", blocks=10)
    norms = explorer.norms
    shown, mounted = show(module_page, explorer)
    chart = shown.root.locator(".cnn-res-chart").first.bounding_box()
    end = chart["x"] + chart["width"] * 0.975
    shown.page.mouse.move(end, chart["y"] + 50)
    shown.settle()
    last = [f"{round(norms['signal'][label][10], 1 if n == 0 else 3):g}" for n, label in enumerate(norms["signal"])]
    assert shown.text("formula") == (
        f"after block 10: signal {last[0]} with skip, {last[1]} without skip; gradient 1 with skip, 1 without skip "
        "(it begins here)"
    )
    assert mounted.saves() == 0
    shown.page.mouse.click(end, chart["y"] + 50)
    shown.page.mouse.move(2, 2)
    shown.press("ArrowLeft", "ArrowLeft")
    assert mounted.get("position") == 8 and shown.text("formula").startswith("after block 8")
