"""UNetExplorer on the page: the picture follows, sizes that stop and their cures, fields under the pointer, maps."""

import re

import numpy as np
import pytest
import torch

from helpers.models import UNet
from helpers.widgets import UNetExplorer
from helpers.widgets.unet_parts import UNET_CASES
from tests.browser.widgets import show


@pytest.fixture(autouse=True)
def clean_console(module_page):
    yield
    assert module_page.console_errors == []


def rects(shown, ghost="false"):
    boxes = shown.root.locator(f".cnn-unet-picture rect[data-ghost={ghost}]")
    return boxes.evaluate_all("all => all.map((r) => r.dataset.name)")


def box(shown, name):
    """(x, y, width, height) of a map's box on the page."""
    found = shown.root.locator(f'.cnn-unet-picture rect[data-name="{name}"]').bounding_box()
    return np.array([found[key] for key in ("x", "y", "width", "height")])


def middle(shown, name):
    x, y, width, height = box(shown, name)
    return x + width / 2, y + height / 2


def labels(shown, kind):
    return shown.root.locator(f".cnn-unet-picture text[data-kind={kind}]").all_text_contents()


def arrows(shown, kind):
    """How many arrows of a kind are drawn."""
    return (shown.root.locator(f".cnn-unet-picture [data-arrow={kind}]").get_attribute("d") or "").count("Z")


def code(shown):
    return shown.root.locator("code").text_content()


def output(shown, pixel, size):
    """The middle of a pixel of the output on the page."""
    found = shown.root.locator("[data-role=output] .cnn-unet-marks").bounding_box()
    return [found[k] + found[side] * (at + 0.5) / of for k, side, at, of in zip("xy", ("width", "height"), pixel[::-1], size[::-1])]


def marked(shown, kind, size, role="input"):
    """((top, bottom), (left, right)) in pixels of a mark's boxes."""
    whole = shown.root.locator(f"[data-role={role}] .cnn-unet-marks div[data-kind={kind}]")
    styles = whole.evaluate_all("all => all.map(({ style: s }) => [s.top, s.height, s.left, s.width].map(parseFloat))")
    found = []
    for top, tall, left, wide in styles:
        ends = [(a * n / 100, (a + b) * n / 100 - 1) for a, b, n in ((top, tall, size[0]), (left, wide, size[1]))]
        found.append(tuple(tuple(round(end) for end in pair) for pair in ends))
    return found


# -- the picture -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", UNET_CASES)
def test_every_case_is_one_press_away_and_is_pythons(module_page, name):
    explorer = UNetExplorer.case(name)
    shown, mounted = show(module_page, UNetExplorer(depth=1, width=2, input_size=40))
    shown.root.locator(f'.cnn-unet-cases button[title="{name}"]').click()
    shown.settle()
    assert code(shown) == explorer.code and mounted.saves() == 1
    total = shown.root.locator(".cnn-unet-total").text_content()
    assert f"{explorer.parameters:,} parameters" in total
    if explorer.multiplications:
        assert f"{explorer.multiplications:,} multiplications" in total
    pressed = shown.root.locator(".cnn-unet-cases [aria-pressed=true]")
    assert pressed.count() == 1 and pressed.get_attribute("title") == name
    explorer.close()


def test_the_original_is_drawn_as_in_the_paper(module_page):
    shown, _ = show(module_page, UNetExplorer())
    sizes = labels(shown, "size")
    assert {"572", "568", "280", "136", "64", "28", "52", "100", "196", "388"} <= set(sizes)
    assert labels(shown, "crop") == ["crop 2·88", "crop 2·40", "crop 2·16", "crop 2·4"]
    assert [arrows(shown, kind) for kind in ("conv", "pool", "up", "skip", "output")] == [18, 4, 4, 4, 1]
    assert shown.text("formula") == "sizes 568 ↓ 280 ↓ 136 ↓ 64 ↓ 28 ↑ 52 ↑ 100 ↑ 196 ↑ 388"
    assert len(rects(shown)) == 1 + 3 * 4 + 2 + 4 * 4 + 1


def test_boxes_are_to_scale(module_page):
    """Heights go with the root of the size, widths with that of the channels."""
    shown, _ = show(module_page, UNetExplorer(depth=3, width=16, input_size=64, padding="same", out_channels=16, in_channels=16))
    for level in (0, 1):
        a, b = box(shown, f"encoder.{level}"), box(shown, f"encoder.{level + 1}")
        assert abs(a[3] / b[3] - 2**0.5) < 0.08 and abs(b[2] / a[2] - 2**0.5) < 0.12
        assert b[1] > a[1] + a[3]
    up, below = middle(shown, "up.0"), middle(shown, "bottom")
    assert abs(up[0] - below[0]) < 1 and up[1] < below[1]


def test_without_skips_arrows_vanish_and_the_decoder_gets_half_the_channels(module_page):
    shown, mounted = show(module_page, UNetExplorer(selected="decoder.0.first"))
    assert "nn.Conv2d(1024, 512, kernel_size=3)" in code(shown)
    shown.root.focus()
    shown.press("s")
    assert mounted.get("skip") is False and mounted.saves() == 1
    assert "nn.Conv2d(512, 512, kernel_size=3)" in code(shown)
    assert arrows(shown, "skip") == 0 and not [name for name in rects(shown) if name.startswith("skip")]
    assert shown.root.locator("[data-arrow=skip]").last.text_content() == "no skips"


def test_keys_switch_padding_and_the_way_up(module_page):
    shown, mounted = show(module_page, UNetExplorer())
    shown.root.focus()
    shown.press("u")
    assert mounted.get("up") == "resize" and "unet" in shown.root.get_attribute("class")
    assert shown.root.locator(".cnn-unet-stop:visible").count() == 0 or "nothing" not in shown.text("sum")
    shown.press("v")
    assert mounted.get("padding") == "same" and not labels(shown, "crop")
    shown.press("v")
    assert mounted.get("padding") == "valid" and mounted.get("padding_mode") == "zeros"


def test_a_map_says_its_layers_costs_and_how_its_size_comes_about(module_page):
    shown, mounted = show(module_page, UNetExplorer())
    shown.page.mouse.move(*middle(shown, "encoder.1.first"))
    shown.settle()
    first = 9 * 64 * 128 + 128
    assert shown.text("sum") == f"encoder.1.first: 128×282×282, 3×3 convolution and ReLU; each place sees 10×10; {first:,} parameters"
    assert shown.text("formula") == f"size 284 − 2 = 282 · weights 3·3·64·128 + 128 = {first:,} · 3·3·64·128 · 282·282 = {9 * 64 * 128 * 282**2:,}"
    assert code(shown) == "nn.Sequential(nn.Conv2d(64, 128, kernel_size=3), nn.ReLU())" and mounted.log() == []
    shown.page.mouse.click(*middle(shown, "skip.3"))
    shown.page.mouse.move(2, 2)
    shown.settle()
    assert mounted.get("selected") == "skip.3" and mounted.saves() == 1
    assert shown.text("sum").startswith("skip.3: 64×392×392, encoder.0 without 88 pixels at each edge; each place sees 5×5")
    assert shown.text("formula") == "size 568 − 2·88 = 392 · channels 64 + 64 = 128"
    shown.page.mouse.click(*middle(shown, "up.0"))
    shown.page.mouse.move(2, 2)
    assert shown.text("formula").startswith("size 2·28 = 56 · weights 2·2·1024·512 + 512 = 2,097,664 · 2·2·1024·512 · 28·28 = ")


def test_arrows_walk_over_the_maps_and_between_the_levels(module_page):
    shown, mounted = show(module_page, UNetExplorer(depth=2, padding="same", input_size=64, width=4))
    shown.root.locator(".cnn-unet-picture").focus()
    walked = []
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowDown", "End", "ArrowDown", "ArrowLeft", "Home", "Enter", "Enter", "Escape"):
        shown.press(key)
        walked.append(mounted.get("selected"))
    assert walked == ["input", "encoder.0.first", "encoder.1.first", "bottom.first", "output", "decoder.0", "decoder.0.first",
                      "input", None, "input", None]  # fmt: skip


# -- sizes that stop -------------------------------------------------------------------------------


def test_a_size_that_does_not_divide_stops_the_picture_and_both_cures_work(module_page):
    for press, size in (("pad to 736×1440", [736, 1440]), ("crop to 720×1440", [720, 1440])):
        shown, mounted = show(module_page, UNetExplorer.case("721×1440: does not divide"))
        assert rects(shown) == ["input", "encoder.0.first", "encoder.0"]
        assert labels(shown, "stop") == ["✕ 721×1440"]
        assert shown.root.locator("[data-stop]").get_attribute("data-name") == "encoder.0"
        text = shown.root.locator(".cnn-unet-stop:visible span").text_content()
        assert text == "Height 721 is odd at level 0: 2×2 windows leave a row over."
        shown.button(press)
        assert mounted.get("input_size") == size and mounted.saves() == 1
        assert rects(shown, "true") == [] and not shown.root.locator(".cnn-unet-stop:visible").count()
        mounted.destroy()


def test_an_odd_size_deep_down_is_marked_there(module_page):
    shown, _ = show(module_page, UNetExplorer(input_size=570))
    assert shown.root.locator("[data-stop]").get_attribute("data-name") == "encoder.1"
    text = shown.root.locator(".cnn-unet-stop:visible span").text_content()
    assert text == "Size 570 is 279 at level 1, which is odd: 2×2 windows leave a row over."
    buttons = shown.root.locator(".cnn-unet-stop:visible button").all_text_contents()
    assert buttons == ["pad to 572×572", "crop to 556×556"]


def test_where_no_smaller_size_fits_there_is_no_crop(module_page):
    shown, _ = show(module_page, UNetExplorer(input_size=60))
    assert labels(shown, "stop") == ["✕ 2"]
    assert "nothing is left at level" in shown.root.locator(".cnn-unet-stop:visible span").text_content()
    assert shown.root.locator(".cnn-unet-stop:visible button:visible").all_text_contents() == ["pad to 188×188"]


def test_the_input_is_dragged_and_sent_once(module_page):
    shown, mounted = show(module_page, UNetExplorer(padding="same", depth=2, input_size=64, pixel=(63, 0), width=2))
    shown.slide("input height", "ArrowLeft")
    assert mounted.get("input_size") == 63 and mounted.saves() == 1
    assert rects(shown, "true") and mounted.get("pixel") == [63, 0]  # kept for when there is an output again
    shown.slide("input height", "ArrowLeft", "ArrowLeft", "ArrowLeft")
    assert mounted.get("input_size") == 60 and mounted.get("pixel") == [59, 0]
    shown.root.get_by_label("square", exact=True).uncheck()
    shown.slide("input width", "ArrowRight")
    assert mounted.get("input_size") == [60, 61]


# -- what a pixel sees -----------------------------------------------------------------------------


def test_pointing_at_the_output_draws_its_field_and_a_click_keeps_it(module_page):
    explorer = UNetExplorer(pixel=(100, 200))
    shown, mounted = show(module_page, UNetExplorer())
    size = (572, 572)
    for pixel in ((0, 0), (100, 200), (387, 386)):
        shown.page.mouse.move(*output(shown, pixel, (388, 388)))
        shown.settle()
        words = shown.text("sum")
        here = tuple(map(int, re.search(r"\((\d+), (\d+)\)", words).groups()))
        assert max(abs(a - b) for a, b in zip(here, pixel)) <= 3  # the picture has fewer pixels than the output
        explorer.pixel = here
        (top, bottom), (left, right) = explorer.field
        assert marked(shown, "field", size) == [((top, bottom), (left, right))]
        assert f"sees {bottom - top + 1}×{right - left + 1}: rows {top} to {bottom}, columns {left} to {right}" in words
        assert "topmost skip alone 9×9" in words and len(marked(shown, "skip", size)) == 1
    assert mounted.saves() == 0 and mounted.get("pixel") is None
    shown.page.mouse.click(*output(shown, (100, 200), (388, 388)))
    shown.page.mouse.move(2, 2)
    shown.settle()
    assert mounted.saves() == 1 and len(mounted.get("pixel")) == 2
    before = mounted.get("pixel")
    shown.press("ArrowUp", "ArrowRight")
    assert mounted.get("pixel") == [before[0] - 1, before[1] + 1]
    shown.press("Escape")
    assert mounted.get("pixel") is None and marked(shown, "field", size) == []
    explorer.close()


def test_a_field_goes_around_a_circular_axis_and_none_comes_over_a_skip_without_skips(module_page):
    how = {"padding": "same", "depth": 1, "width": 2, "padding_mode": ("zeros", "circular"), "input_size": (32, 64)}
    explorer = UNetExplorer(**how, skip=False, pixel=(0, 0))
    (top, bottom), (left, right) = explorer.field
    shown, _ = show(module_page, explorer)
    assert left < 0 <= right
    assert sorted(marked(shown, "field", (32, 64))) == [((top, bottom), (0, right)), ((top, bottom), (64 + left, 63))]
    assert marked(shown, "skip", (32, 64)) == [] and "no skips" in shown.text("sum")


# -- maps of a trained network ---------------------------------------------------------------------


def painted(shown, selector):
    return shown.root.locator(selector).evaluate_all(
        "all => all.map((c) => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data].filter((_, n) => n % 4 < 3))"
    )


def test_a_click_on_a_box_shows_its_maps(module_page):
    model = UNet(1, 1, 2, 8)
    explorer = UNetExplorer(model, torch.randn(1, 16, 32, generator=torch.Generator().manual_seed(0)))
    maps = explorer.maps
    shown, mounted = show(module_page, explorer)
    title = shown.root.locator(".cnn-unet-maps .cnn-title")
    assert title.text_content().startswith("output: 1 map")
    shown.page.mouse.click(*middle(shown, "bottom"))
    shown.settle()
    assert title.text_content() == "bottom: 16 of 32 maps, viridis from 0, one scale"
    tiles = painted(shown, ".cnn-unet-tiles canvas")
    assert len(tiles) == 16 and len(tiles[0]) == 3 * maps["bottom"][0].size
    brightness = [np.array(tile).reshape(-1, 3).sum(1) for tile in tiles]
    for tile, values in zip(brightness, maps["bottom"][:16]):
        order = np.argsort(values.ravel())  # viridis grows brighter
        assert (np.diff(tile[order]) >= -3).all()
    assert len(painted(shown, ".cnn-unet-holder canvas")) == 2


def test_another_setting_hides_the_maps_with_the_reason_and_a_press_brings_them_back(module_page):
    shown, mounted = show(module_page, UNetExplorer(UNet(1, 1, 2, 4), torch.randn(1, 16, 16)))
    shown.root.get_by_label("skips", exact=True).uncheck()
    shown.settle()
    assert not shown.root.locator(".cnn-unet-maps").is_visible()
    assert "The maps are hidden" in shown.root.locator(".cnn-unet-stop:visible").text_content()
    shown.button("back to them")
    assert mounted.get("skip") is True and shown.root.locator(".cnn-unet-maps").is_visible()
    assert not shown.root.locator(".cnn-unet-stop:visible").count()
