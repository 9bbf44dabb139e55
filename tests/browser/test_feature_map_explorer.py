"""FeatureMapExplorer on a page: PyTorch's values, pointing, keys, order, fields."""

import re

import numpy as np
import pytest
import torch
from matplotlib import colormaps
from torch import nn

from helpers import FeatureMapExplorer
from tests.browser.oracle import javascript  # noqa: F401 - a fixture
from tests.browser.widgets import Shown, mount

TILE = ".cnn-tile"
PIXELS = """canvas => {
    const { height, width } = canvas;
    return [height, width, [...canvas.getContext("2d").getImageData(0, 0, width, height).data]];
}"""


@pytest.fixture(autouse=True)
def clean_console(module_page):
    module_page.page.mouse.move(1, 1)
    yield
    assert module_page.console_errors == []


def images(count=2, size=(12, 14)):
    return np.random.default_rng(1).random((count, 3, *size)).astype(np.float32)


def network(channels=5):
    """Maps of 10×12 (signed, then not), 5×6, and 5×6 padded by one."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, channels, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(channels, 4, 3, padding=1)
    )


def show(module_page, widget=None, **settings):
    widget = widget or FeatureMapExplorer(network(), images(), **settings)
    mounted = mount(module_page, widget)
    return Shown(module_page.page, mounted.el), mounted, widget


def as_shown(mounted, widget):
    """The widget in Python with what the page has."""
    names = ("layer", "image", "channel", "cell")
    now = {name: mounted.get(name) for name in names}
    widget.set(**now | {"cell": tuple(now["cell"])})
    return widget


def point(shown, channel, cell, size, click=False):
    """Points at a cell of a small map, whose maps have this size."""
    number = shown.page.locator(f".cnn-tile-number:text-is('{channel}')")
    tile = shown.root.locator(TILE, has=number)
    box = tile.locator(".cnn-map").bounding_box()
    x = box["x"] + box["width"] * (cell[1] + 0.5) / size[1]
    y = box["y"] + box["height"] * (cell[0] + 0.5) / size[0]
    shown.page.mouse.move(x, y)
    if click:
        shown.page.mouse.click(x, y)
    shown.settle(3)


def says(shown):
    return shown.root.locator(".cnn-cell-says > *").all_text_contents()


def number_of(text):
    return float(re.match(r"−?[\d.]+(e−?\d+)?", text)[0].replace("−", "-"))


def tile_pixels(shown, n):
    """The colours of a small map, (height, width, 3)."""
    height, width, data = shown.root.locator(f"{TILE} .cnn-map canvas").nth(n).evaluate(
        PIXELS
    )
    return np.reshape(data, (height, width, 4))[..., :3]


def order_of(shown):
    return list(map(int, shown.root.locator(f"{TILE} .cnn-tile-number").all_text_contents()))


def box_on_image(shown, selector=".cnn-frame"):
    """((top, bottom), (left, right)) in pixels of the image of a box over it, to a hundredth."""
    holder = shown.root.locator(".cnn-around .cnn-picture")
    height, width = holder.locator("canvas").evaluate("c => [c.height, c.width]")
    top, left, tall, wide = holder.locator(selector).first.evaluate(
        "f => ['top', 'left', 'height', 'width'].map(name => parseFloat(f.style[name]) / 100)"
    )
    ends = [(top * height, (top + tall) * height - 1), (left * width, (left + wide) * width - 1)]
    return tuple(tuple(round(end, 2) for end in pair) for pair in ends)


# -- values ----------------------------------------------------------------------------------------


def test_the_page_reads_pytorchs_values(module_page):
    shown, mounted, widget = show(module_page)
    rng = np.random.default_rng(0)
    for layer in widget.layers:
        for image in (0, 1):
            widget.set(layer=layer, image=image)
            channels, height, width = widget.maps.shape
            for _ in range(4):
                cell = [int(rng.integers(height)), int(rng.integers(width))]
                channel = int(rng.integers(channels))
                mounted.set(layer=layer, image=image, channel=channel, cell=cell)
                shown.settle(3)
                value, rank, _field = says(shown)
                now = as_shown(mounted, widget)
                assert value.endswith(f" at [{cell[0]}, {cell[1]}]")
                assert number_of(value) == pytest.approx(now.value, abs=6e-4)
                assert rank.startswith(f"rank {now.ranking.index(channel) + 1} of {channels}")


def test_every_value_of_every_map_arrives(javascript):
    widget = FeatureMapExplorer(network(), images())
    cases = []
    for n, layer in enumerate(widget.layers):
        packed = {name: list(bytes(widget._maps[str(n)][name])) for name in ("steps", "ranges")}
        cases.append({**packed, "shape": widget._layers[n]["shape"]})
    planes = javascript(
        "unpack from feature_map_explorer/maps",
        "[0, 1].map((i) => {"
        "const read = (b) => new DataView(new Uint8Array([0, 0, 0, ...b]).buffer, 3);"
        "const maps = unpack({ steps: read(c.steps), ranges: read(c.ranges) }, c.shape).image(i);"
        "return Array.from({ length: maps.channels }, (_, k) => [...maps.plane(k)]); })",
        cases,
    )
    for layer, images_of_layer in zip(widget.layers, planes):
        for image, got in enumerate(images_of_layer):
            widget.set(layer=layer, image=image)
            span = np.ptp(widget.maps, (1, 2)).max()
            assert np.abs(np.reshape(got, widget.maps.shape) - widget.maps).max() <= 1e-4 * span


def test_signed_maps_are_centred_on_zero_and_others_begin_there(module_page):
    shown, mounted, widget = show(module_page, layer="0")
    most = np.abs(widget.maps).max()
    signed = colormaps["RdBu_r"](0.5 + widget.maps[3] / (2 * most))[..., :3]
    assert np.abs(tile_pixels(shown, 3) - 255 * signed).max() <= 12  # eleven colours, mixed
    mounted.set(layer="1")
    shown.settle(3)
    widget.layer = "1"
    positive = colormaps["viridis"](widget.maps[3] / widget.maps.max())[..., :3]
    assert np.abs(tile_pixels(shown, 3) - 255 * positive).max() <= 20  # nine colours, mixed
    weak = int(widget.maps.max((1, 2)).argmin())
    mounted.set(same_scale=False)
    shown.settle(3)
    own = colormaps["viridis"](widget.maps[weak] / widget.maps[weak].max())[..., :3]
    assert np.abs(tile_pixels(shown, weak) - 255 * own).max() <= 20


# -- gestures --------------------------------------------------------------------------------------


def test_pointing_previews_and_sends_nothing_and_a_click_stays(module_page):
    shown, mounted, widget = show(module_page)
    began = says(shown)
    mounted.clear_log()
    point(shown, 3, (2, 7), (10, 12))
    assert says(shown)[0].endswith(" at [2, 7]")
    assert number_of(says(shown)[0]) == pytest.approx(float(widget.maps[3, 2, 7]), abs=6e-4)
    assert box_on_image(shown) == ((2, 4), (7, 9))
    shown.page.mouse.move(1, 1)
    shown.settle(3)
    assert says(shown) == began and mounted.log() == []
    point(shown, 3, (2, 7), (10, 12), click=True)
    shown.page.mouse.move(1, 1)
    shown.settle(3)
    assert (mounted.get("channel"), mounted.get("cell"), mounted.saves()) == (3, [2, 7], 1)
    assert says(shown)[0].endswith(" at [2, 7]")


def test_the_large_map_can_be_pointed_at_and_dragged(module_page):
    shown, mounted, widget = show(module_page, channel=2)
    box = shown.canvas("output").bounding_box()
    mounted.clear_log()
    for n, (row, column) in enumerate([(0, 0), (4, 5), (9, 11)]):
        x = box["x"] + box["width"] * (column + 0.5) / 12
        shown.page.mouse.move(x, box["y"] + box["height"] * (row + 0.5) / 10)
        shown.settle(3)
        assert says(shown)[0].endswith(f" at [{row}, {column}]")
        if n == 0:
            shown.page.mouse.down()
    assert mounted.saves() == 0
    shown.page.mouse.up()
    shown.settle(3)
    assert (mounted.get("channel"), mounted.get("cell"), mounted.saves()) == (2, [9, 11], 1)


def test_the_keyboard_alone_reaches_cells_maps_layers_and_images(module_page):
    shown, mounted, widget = show(module_page, channel=1, cell=(4, 4))
    shown.root.locator(".cnn-maps").focus()
    mounted.clear_log()
    shown.press("ArrowDown", "ArrowRight", "PageDown")
    assert (mounted.get("channel"), mounted.get("cell"), mounted.saves()) == (2, [5, 5], 3)
    shown.press("PageUp", "PageUp", "PageUp")
    assert mounted.get("channel") == 0  # the first
    shown.press("m")
    assert as_shown(mounted, widget).value == widget.map.max()
    shown.press("n", "n", "n", "n")  # no layer after the fourth
    assert mounted.get("layer") == "3"
    assert as_shown(mounted, widget).value == widget.maps.max()
    shown.press("p", "i")
    assert (mounted.get("layer"), mounted.get("image")) == ("2", 1)
    assert as_shown(mounted, widget).value == widget.map.max()
    shown.press("i")
    assert mounted.get("image") == 0
    shown.press("r")
    assert [mounted.get(name) for name in ("layer", "channel", "cell")] == ["0", 1, [4, 4]]


def test_menus_choose_layer_image_and_order(module_page):
    shown, mounted, widget = show(module_page, names=["first", "second"])
    texts = shown.menu("layer").locator("option").all_text_contents()
    assert texts == [
        "0 Conv2d · 5×10×12 · sees 3×3", "1 ReLU · 5×10×12 · sees 3×3",
        "2 MaxPool2d · 5×5×6 · sees 4×4", "3 Conv2d · 4×5×6 · sees 8×8",
    ]  # fmt: skip
    shown.choose("layer", texts[2])
    shown.choose("image", "second")
    assert (mounted.get("layer"), mounted.get("image")) == ("2", 1)
    as_shown(mounted, widget)
    for order in ("maximum", "mean"):
        shown.choose("order", f"strongest first ({order})")
        widget.order = order
        assert order_of(shown) == widget.ranking
    assert order_of(shown) != list(range(5))
    shown.choose("order", "as numbered")
    assert order_of(shown) == list(range(5))


# -- fields ----------------------------------------------------------------------------------------


def test_the_box_is_the_field_clipped_and_dashed_where_it_reaches_beyond(module_page):
    shown, mounted, widget = show(module_page, layer="3", cell=(0, 2))
    assert box_on_image(shown) == ((0, 5), (2, 9)) == as_shown(mounted, widget).field
    assert box_on_image(shown, ".cnn-beyond") == ((-2, 5), (2, 9))
    assert says(shown)[2] == "It sees rows 0–5, columns 2–9; the rest is padding."
    rng = np.random.default_rng(3)
    for layer in widget.layers:
        widget.layer = layer
        height, width = widget.maps.shape[1:]
        for _ in range(3):
            mounted.set(layer=layer, cell=[int(rng.integers(height)), int(rng.integers(width))])
            shown.settle(3)
            assert box_on_image(shown) == as_shown(mounted, widget).field
    mounted.set(layer="0", cell=[9, 11])
    shown.settle(3)
    assert shown.root.locator(".cnn-beyond").is_hidden()


def patch_pixels(shown):
    height, width, data = shown.root.locator(".cnn-patch canvas").evaluate(
        PIXELS
    )
    return np.reshape(data, (height, width, 4))


def test_the_patch_is_what_the_cell_sees_and_padding_is_empty(module_page):
    shown, mounted, widget = show(module_page, layer="3", cell=(0, 2))
    patch = patch_pixels(shown)
    assert patch.shape == (8, 8, 4)
    assert (patch[:2, :, 3] == 0).all() and (patch[2:, :, 3] == 255).all()
    assert np.abs(patch[2:, :, :3] - 255 * np.moveaxis(widget.patch, 0, 2)).max() <= 1


def test_a_field_goes_around_the_edge_of_circular_padding(module_page):
    model = nn.Conv2d(1, 2, 3, padding=1, padding_mode="circular")
    x = np.linspace(0, 1, 30).reshape(5, 6)
    shown, mounted, widget = show(module_page, FeatureMapExplorer(model, x, cell=(0, 5)))
    assert np.abs(patch_pixels(shown)[..., 0] - 255 * widget.patch[0]).max() <= 1
    assert (patch_pixels(shown)[..., 3] == 255).all()
    assert shown.root.locator(".cnn-around .cnn-frame:visible").count() == 4
    assert says(shown)[2] == "It sees rows −1 to 1, columns 4–6, around the edge."


def test_where_everything_is_seen_words_say_so(module_page):
    model = nn.Sequential(nn.Conv2d(3, 5, 3), nn.AdaptiveAvgPool2d(1))
    shown, *_ = show(module_page, FeatureMapExplorer(model, images(1), layer="1"))
    assert says(shown)[2] == "It sees the whole image, wherever the cell is."
    assert box_on_image(shown) == ((0, 11), (0, 13))
    last = shown.menu("layer").locator("option").last
    assert last.text_content() == "1 AdaptiveAvgPool2d · 5×1×1 · sees all"
