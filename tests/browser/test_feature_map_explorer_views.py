"""FeatureMapExplorer on a page: kernels, pages, views, room, and that pointing is quick."""

import numpy as np
import pytest
from matplotlib import colormaps
from torch import nn

from helpers import FeatureMapExplorer, LayerTable, LeNet, ReceptiveFieldExplorer
from tests.browser.test_feature_map_explorer import clean_console  # noqa: F401 - a fixture
from tests.browser.test_feature_map_explorer import images, network, order_of, says, show
from tests.browser.widgets import Shown, mount


def test_kernels_stand_beside_the_maps_of_layers_that_have_some_to_draw(module_page):
    x = np.random.default_rng(0).random((32, 32))
    shown, mounted, widget = show(module_page, FeatureMapExplorer(LeNet(), x))
    kernels = shown.root.locator(".cnn-filter:visible")
    assert kernels.count() == 0
    shown.root.get_by_role("checkbox", name="kernels").check()
    shown.settle(3)
    assert (mounted.get("filters"), kernels.count()) == (True, 6)
    data = kernels.nth(4).evaluate("c => [...c.getContext('2d').getImageData(0, 0, 5, 5).data]")
    all_weights = LeNet()[0].weight.detach().numpy()
    most = np.abs(all_weights).max()
    expected = colormaps["RdBu_r"](0.5 + all_weights[4, 0] / (2 * most))[..., :3]
    assert np.abs(np.reshape(data, (5, 5, 4))[..., :3] - 255 * expected).max() <= 12
    shown.press("n", "n", "n")
    assert mounted.get("layer") == "3" and kernels.count() == 0
    assert shown.text("help").startswith("Layer 3 has no kernels that can be drawn")


def test_many_maps_come_in_pages_of_64(module_page):
    widget = FeatureMapExplorer(network(150), images(1), channel=10)
    shown, mounted, _ = show(module_page, widget)
    assert order_of(shown) == list(range(64))
    shown.button("The maps after these")
    assert order_of(shown) == list(range(64, 128)) and mounted.get("channel") == 64
    shown.press("PageUp")
    assert order_of(shown) == list(range(64)) and mounted.get("channel") == 63
    mounted.set(channel=149)
    shown.settle(3)
    assert order_of(shown) == list(range(128, 150))
    assert "150 maps of 10×12, page 3 of 3" in shown.root.locator(".cnn-pages").text_content()
    shown.root.get_by_role("button", name="The maps after these").focus()
    shown.press("Enter")  # there are none, and the keys stay here
    assert mounted.get("channel") == 149
    shown.press("n")
    assert mounted.get("layer") == "1"


def test_large_pages_have_24_maps_and_every_one_is_inside(module_page):
    module_page.page.set_viewport_size({"width": 1000, "height": 720})
    widget = FeatureMapExplorer(network(64), images(1), channel=30, filters=True, large=True)
    shown, mounted, _ = show(module_page, widget)
    assert order_of(shown) == list(range(24, 48))
    shown.button("The maps after these")
    assert order_of(shown) == list(range(48, 64)) and mounted.get("channel") == 48
    assert shown.root.locator(".cnn-filter").first.bounding_box()["height"] >= 24
    for large, count in [(True, 16), (False, 64)]:
        mounted.set(large=large)
        shown.settle(4)
        right = shown.root.locator(".cnn-all-maps").evaluate("r => r.getBoundingClientRect().right")
        ends = shown.root.locator(".cnn-tile").evaluate_all(
            "all => all.map(tile => tile.getBoundingClientRect().right)"
        )
        assert len(ends) == count and max(ends) <= right
        box = shown.root.locator(".cnn-map").first.bounding_box()  # of 10×12 cells
        assert box["width"] / box["height"] == pytest.approx(1.2, rel=0.02)


def test_a_layer_with_one_page_does_not_take_the_keys_from_a_button(module_page):
    shown, mounted, _ = show(module_page, FeatureMapExplorer(network(70), images(1)))
    button = shown.root.get_by_role("button", name="The maps after these")
    button.focus()
    shown.press("n", "n", "n")
    assert mounted.get("layer") == "3"
    assert button.evaluate("b => b.getRootNode().activeElement === b")
    shown.root.locator(".cnn-maps").focus()
    shown.settle(3)
    assert button.is_hidden()


def test_two_views_agree_and_two_widgets_leave_each_other_alone(module_page):
    shown, mounted, _ = show(module_page)
    twin = Shown(module_page.page, mounted.view())
    other, second, _ = show(module_page, channel=0, cell=(1, 1))
    before = says(other)
    shown.root.locator(".cnn-maps").focus()
    shown.press("n", "ArrowLeft", "f")
    twin.settle(3)
    assert says(twin) == says(shown)
    assert says(other) == before and second.get("layer") == "0"


PLACES = """root => [...root.querySelectorAll("*")].map((node) => {
    const { x, y, width, height } = node.getBoundingClientRect();
    return [node.className, x, y, width, height, getComputedStyle(node).cursor].join(" ");
})"""


@pytest.mark.parametrize("other", [ReceptiveFieldExplorer, LayerTable])
def test_another_widget_on_the_page_moves_nothing(module_page, other):
    """Each widget brings a sheet of its own and the shared one once more, after all others."""
    shown, *_ = show(module_page, filters=True)
    before = shown.root.evaluate(PLACES)
    mount(module_page, other())
    shown.settle(4)
    assert shown.root.evaluate(PLACES) == before and len(before) > 50


def test_layers_that_were_left_out_are_mentioned(module_page, monkeypatch):
    # of 5880 bytes
    monkeypatch.setattr("helpers.widgets.feature_map_layers._UNASKED", 4000)
    shown, _, widget = show(module_page)
    assert widget.left_out == ["1"]
    assert shown.text("help").endswith(" Left out for size: 1 layer, see .left_out.")


# -- room ------------------------------------------------------------------------------------------

DARK = """:root { --jp-layout-color0: #111; --jp-layout-color1: #212121;
    --jp-layout-color2: #424242; --jp-ui-font-color0: #fff; --jp-ui-font-color1: #ddd }
    body { background: #111 }"""
STATES = [
    {},
    dict(layer="3", cell=(0, 0)),
    dict(layer="3", cell=(4, 5), filters=True),
    dict(filters=True, order="mean", image=1),
]


@pytest.mark.parametrize("dark", [False, True])
def test_every_state_fits_and_every_text_can_be_read(module_page, dark):
    if dark:
        module_page.page.add_style_tag(content=DARK)
    shown, mounted, widget = show(module_page, names=["a digit", "another digit"])
    for width, large in [(1100, True), (1100, False), (760, True), (560, False)]:
        module_page.page.set_viewport_size({"width": width, "height": 900})
        for state in STATES:
            began = {name: getattr(widget, name) for name in widget.resets}
            mounted.set(**began | state, large=large)
            shown.settle(4)
            box = shown.root.bounding_box()
            assert width < 1100 or box["height"] <= 565, (state, large)
            assert shown.overlaps() == [], (state, width)
            assert shown.root.evaluate("r => r.scrollWidth - r.clientWidth") == 0, (state, width)
            assert [t for t in shown.contrasts() if t["ratio"] < 4.5] == []


def test_nothing_jumps_while_the_pointer_moves(module_page):
    shown, mounted, widget = show(module_page, layer="3", large=True)
    module_page.page.set_viewport_size({"width": 1100, "height": 720})
    shown.settle(4)

    def places():
        parts = shown.root.locator(".cnn-maps, .cnn-help, .cnn-title, select, button:visible")
        return [parts.nth(n).bounding_box() for n in range(parts.count())]

    start = places()
    for cell in [(0, 0), (2, 3), (4, 5), (0, 5)]:
        mounted.set(cell=list(cell), channel=cell[0] % 4)
        shown.settle(3)
        now = places()
        assert [(b["x"], b["y"]) for b in now] == [(b["x"], b["y"]) for b in start], cell


# -- speed -----------------------------------------------------------------------------------------

STRIDE = """async () => {
    const maps = document.querySelector(".cnn-maps");
    const tiles = [...maps.querySelectorAll(".cnn-map")];
    const times = [];
    for (let n = 0; n < 120; n++) {
        const tile = tiles[(7 * n) % tiles.length];
        const box = tile.getBoundingClientRect();
        const [x, y] = [box.x + (n % 11) / 11 * box.width, box.y + (n % 7) / 7 * box.height];
        const place = { clientX: x, clientY: y, bubbles: true, pointerId: 1 };
        const event = new PointerEvent("pointermove", place);
        await new Promise(requestAnimationFrame);
        const start = performance.now();
        tile.querySelector("canvas").dispatchEvent(event);
        await Promise.resolve();
        times.push(performance.now() - start);
    }
    return times.sort((a, b) => a - b);
}"""


def test_pointing_paints_no_small_map_again(module_page):
    """What makes it fluid: of 64 maps of 112×112 none is painted while the pointer moves."""
    model = nn.Conv2d(3, 64, 7, stride=2, padding=3)
    shown, mounted, _ = show(module_page, FeatureMapExplorer(model, images(1, (224, 224))))
    module_page.evaluate("""() => {
        window.__sizes = [];
        const put = CanvasRenderingContext2D.prototype.putImageData;
        CanvasRenderingContext2D.prototype.putImageData = function (...all) {
            window.__sizes.push(!!this.canvas.closest(".cnn-maps"));
            return put.apply(this, all);
        };
    }""")
    mounted.clear_log()
    module_page.evaluate(STRIDE)
    painted = module_page.evaluate("window.__sizes")
    assert len(painted) > 100 and not any(painted)
    assert mounted.log() == []
