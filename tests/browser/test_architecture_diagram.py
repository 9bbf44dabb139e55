"""ArchitectureDiagram in a browser: what is drawn, how sizes follow the slider, what clicks and keys select."""

import re
from math import sqrt

import pytest
import torch
import torchvision
from torch import nn

from helpers.models import LeNet
from helpers.shapes import summarize
from helpers.widgets import ArchitectureDiagram
from tests.architectures import Reshaped, SmallUNet
from tests.browser.widgets import Shown, mount


def made(name):
    with torch.device("meta"):
        return torchvision.models.get_model(name, weights=None)


class Diagram(Shown):
    """A diagram on a page without a kernel. Blocks and stages are named as in the picture."""

    def __init__(self, module_page, widget):
        self.mounted = mount(module_page, widget)
        self.stages = [(stage.name, [block.name for block in stage.blocks]) for stage in widget.stages]
        self.blocks = [name for _, names in self.stages for name in names]
        widget.close()
        super().__init__(module_page.page, self.mounted.el)

    def get(self, name):
        return self.mounted.get(name)

    def box(self, block):
        """Of a block that is drawn as a rectangle: {x, y, width, height, state, here}."""
        node = self.root.locator(".cnn-arch-box").nth(self.blocks.index(block))
        return node.evaluate("""node => ({
            ...Object.fromEntries(["x", "y", "width", "height"].map((n) => [n, Number(node.getAttribute(n))])),
            state: node.dataset.state, here: node.dataset.here === "true", kind: node.dataset.kind })""")

    def click_block(self, block):
        box = self.root.locator(".cnn-arch-box").nth(self.blocks.index(block)).bounding_box()
        self.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        self.settle()

    def click_stage(self, stage):
        name = self.root.locator(".cnn-arch-name", has_text=re.compile(f"^{stage}$")).bounding_box()
        self.page.mouse.click(name["x"] + name["width"] / 2, name["y"] + name["height"] / 2)
        self.settle()

    def shapes(self):
        """What stands under the stages."""
        return dict(zip([name for name, _ in self.stages], self.root.locator(".cnn-arch-shape").locator("visible=true")
                        .locator("xpath=self::*[local-name()='text']").all_text_contents()))  # fmt: skip

    def rows(self):
        """The table as lists of texts, those in sight."""
        return self.root.locator(".cnn-table tbody tr").evaluate_all(
            "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
        )

    def size(self, value):
        """Moves the slider as a hand does; the gesture goes on."""
        self.root.locator(".cnn-slider input").evaluate("""(box, value) => {
            box.value = value;
            box.dispatchEvent(new Event("input", { bubbles: true }));
        }""", value)  # fmt: skip
        self.settle()

    def arcs(self, kind):
        path = self.root.locator(f".cnn-arch-{kind}").get_attribute("d") or ""
        return path.count("V") // 2


@pytest.fixture(autouse=True)
def clean_console(module_page):
    module_page.page.set_viewport_size({"width": 1280, "height": 900})
    yield
    assert module_page.console_errors == []


def resnet(module_page, name="resnet18", **settings):
    return Diagram(module_page, ArchitectureDiagram(made(name), **settings))


def test_a_resnet_has_a_box_for_every_block_and_an_arc_for_every_skip(module_page):
    shown = resnet(module_page, "resnet50")
    assert [name for name, _ in shown.stages] == shown.root.locator(".cnn-arch-name").all_text_contents()
    assert len(shown.blocks) == shown.root.locator(".cnn-arch-box").count() == 20
    assert (shown.arcs("projection"), shown.arcs("identity"), shown.arcs("branches")) == (4, 12, 0)
    assert shown.shapes()["layer3"] == "1024×14×14"
    assert "identity skip" in shown.text("arch-legend") and "projection" in shown.text("arch-legend")
    assert "50 layers with weights in a row" in shown.text("arch-totals")


def test_boxes_are_to_scale(module_page):
    shown = resnet(module_page)
    first, last = shown.box("layer1.0"), shown.box("layer4.1")
    assert first["height"] / last["height"] == pytest.approx(sqrt(56 / 7), rel=0.02)
    assert last["width"] / first["width"] == pytest.approx(sqrt(512 / 64), rel=0.02)
    assert "height of a box ∝ √(height of its map), width ∝ √channels" in shown.text("arch-legend")


def test_sizes_follow_the_slider_at_once_and_python_hears_of_it_when_it_is_let_go(module_page):
    shown, model = resnet(module_page), made("resnet18")
    before = shown.box("layer1.0")["height"]
    shown.mounted.clear_log()
    for side in (160, 97, 320):
        shown.size(side)
        table = summarize(model, (3, side, side))
        by_name = {row.name: "×".join(map(str, row.output_shape[1:])) for row in table}
        assert shown.shapes()["layer2"] == by_name["layer2.1.bn2"]
        assert shown.rows()[0][2] == by_name["layer1.0.conv1"]
        assert f"{table.multiplications:,} multiplications" in shown.text("arch-totals")
        assert shown.mounted.saves() == 0 and shown.get("input_size") == [3, side, side]
    assert shown.box("layer1.0")["height"] > before
    shown.root.locator(".cnn-slider input").evaluate("box => box.dispatchEvent(new Event('change', { bubbles: true }))")
    assert shown.mounted.saves() == 1


def test_python_may_set_sizes_that_are_not_square(module_page):
    shown = resnet(module_page)
    shown.mounted.set(input_size=[3, 100, 60])
    shown.settle()
    assert shown.shapes()["layer4"] == "512×4×2"
    assert shown.root.locator(".cnn-slider output").text_content() == "100×60"
    formula = shown.text("formula")
    assert "height = ⌊(25 + 2·1" in formula and "width = ⌊(15 + 2·1" in formula


def test_a_click_on_a_block_shows_its_layers_and_one_on_a_stage_all_of_them(module_page):
    shown = resnet(module_page)
    shown.click_block("layer2.0")
    assert (shown.get("selected"), shown.get("layer")) == ("layer2.0", "layer2.0.conv1")
    assert shown.box("layer2.0")["here"]
    rows = shown.rows()
    assert [row[0] for row in rows] == [
        "layer2.0.conv1", "layer2.0.bn1", "layer2.0.relu", "layer2.0.conv2", "layer2.0.bn2",
        "layer2.0.downsample.0", "layer2.0.downsample.1", "layer2.0: add", "layer2.0.relu (2)",
    ]  # fmt: skip
    # 64·128·3·3 weights at 28·28 places; 7 + 2·2 = 11 behind the pool, then five times (3 − 1)·4 more
    assert rows[0][1:] == ["Conv2d(64, 128, kernel_size=3, stride=2, padding=1, bias=False)", "128×28×28", "73,728",
                           "57,802,752", "51", "8"]  # fmt: skip
    shown.click_stage("layer2")
    assert shown.get("selected") == "layer2" and len(shown.rows()) == 16
    assert "layer2: 2 blocks, output 128×28×28" in shown.text("sum")


def test_a_layers_line_has_formula_numbers_result_and_call(module_page):
    shown = resnet(module_page)
    shown.click_block("layer2.0")
    assert shown.text("formula").split("\n") == [
        "output size = ⌊(56 + 2·1 − 1·(3 − 1) − 1) / 2⌋ + 1 = ⌊55 / 2⌋ + 1 = 27 + 1 = 28",
        "parameters = 128·(64·3·3) = 73,728; multiplications = 128·28·28·(64·3·3) = 57,802,752",
        "receptive field r = 43 + (3 − 1)·1·4 = 51; stride j = 4·2 = 8",
    ]
    code = shown.root.locator(".cnn-code code").text_content()
    assert code == "nn.Conv2d(64, 128, kernel_size=3, stride=2, padding=1, bias=False)"
    assert eval(code, {"nn": nn}).weight.shape == (128, 64, 3, 3)
    shown.root.locator(".cnn-table tbody tr").nth(7).click()
    shown.settle()
    assert shown.get("layer") == "layer2.0: add"
    assert shown.text("formula").startswith("place by place: 128×28×28 + 128×28×28 → 128×28×28")


def test_arrow_keys_go_from_block_to_block_and_through_the_layers(module_page):
    shown = resnet(module_page)
    shown.root.locator(".cnn-arch").focus()
    shown.press("ArrowRight", "ArrowRight")
    assert shown.get("selected") == "layer2.0"
    shown.press("ArrowDown", "ArrowDown")
    assert shown.get("layer") == "layer2.0.relu"
    shown.press("Escape")
    assert shown.get("selected") == "layer2"
    shown.press("ArrowRight")
    assert shown.get("selected") == "layer3"
    shown.press("Enter")
    assert shown.get("selected") == "layer3.0"
    shown.press("End")
    assert shown.get("selected") == "fc"
    shown.press("r")
    assert (shown.get("selected"), shown.get("layer")) == ("layer1.0", "layer1.0.conv1")


def test_pointing_at_a_block_says_what_it_is_and_sends_nothing(module_page):
    shown = resnet(module_page)
    shown.mounted.clear_log()
    box = shown.root.locator(".cnn-arch-box").nth(shown.blocks.index("layer4.0")).bounding_box()
    shown.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    shown.settle()
    assert shown.text("sum").startswith("layer4.0: BasicBlock with projection skip, output 512×7×7, 3,673,088 parameters")
    shown.page.mouse.move(2, 2)
    shown.settle()
    assert shown.text("sum").startswith("layer1.0: ")
    assert shown.mounted.log() == []


def test_an_input_that_does_not_fit_keeps_the_picture_and_names_the_layer_and_the_repair(module_page):
    shown = Diagram(module_page, ArchitectureDiagram(LeNet(), (1, 32, 32)))
    shown.size(40)
    assert shown.text("sum") == (
        "7 does not fit: Linear expects 400 features, but gets 784 = 16·7·7. Repair: an input of 35×35 fits, "
        "or use in_features=784, or nn.AdaptiveAvgPool2d before Flatten, for any size."
    )
    assert [shown.box(name)["state"] for name in shown.blocks] == ["fits"] * 4 + ["fault", "waits", "waits"]
    assert LeNet()(torch.zeros(1, 1, 35, 35)).shape == (1, 10)
    assert shown.shapes()["head"] == "–" and "✗ does not fit" in shown.text("arch-totals")
    shown.size(4)
    assert shown.text("sum").startswith("0 does not fit: a kernel of 5 with dilation 1 covers 5 pixels, the padded height has 4")
    assert "an input of 32×32 fits" in shown.text("sum")
    shown.size(32)
    assert shown.text("sum").startswith("0: Conv2d, output 6×28×28")


def test_branches_that_do_not_match_are_told_with_their_sizes(module_page):
    shown = Diagram(module_page, ArchitectureDiagram(SmallUNet(), (1, 64, 64)))
    assert shown.root.locator(".cnn-arch-outer").get_attribute("d").count("V") == 4  # two skips
    assert "⊞ concatenation" in shown.text("arch-legend")
    shown.size(62)
    assert shown.text("sum") == (
        "cat does not fit: the branches have 16×31×31 and 16×30×30: only the channels may differ. "
        "Repair: an input of 64×64 fits."
    )


def test_where_no_rule_follows_the_sizes_the_slider_is_off_and_the_reason_is_said(module_page):
    shown = Diagram(module_page, ArchitectureDiagram(Reshaped(), (1, 8, 8)))
    assert shown.root.locator(".cnn-slider input").is_disabled()
    assert shown.text("help") == (
        'The input size stays 8×8: "view": what view makes of other sizes is not known here.'
    )
    assert shown.shapes() == {"stage 1": "2×8×8"}


def test_models_are_switched_with_the_input_and_the_selection_kept(module_page):
    models = {"ResNet-18": made("resnet18"), "ResNet-50": made("resnet50")}
    shown = Diagram(module_page, ArchitectureDiagram(models))
    shown.size(160)
    shown.click_stage("layer3")
    shown.choose("model", "ResNet-50")
    assert (shown.get("name"), shown.get("selected"), shown.get("input_size")) == ("ResNet-50", "layer3", [3, 160, 160])
    assert shown.root.locator(".cnn-arch-box").count() == 20
    assert "50 layers with weights in a row" in shown.text("arch-totals")
    assert len(shown.rows()) == 62  # 12 of the block with a projection, 10 of five others


def test_two_views_agree_and_rows_out_of_sight_are_written_when_they_come(module_page):
    shown = resnet(module_page, "resnet152", selected="layer3")
    assert len(shown.rows()) == 362
    assert shown.rows()[300][2] == ""
    shown.size(256)
    shown.root.locator(".cnn-arch-scroll").evaluate("box => { box.scrollTop = box.scrollHeight; }")
    shown.settle(4)
    assert shown.rows()[-1][:3] == ["layer3.35.relu (3)", "ReLU()", "1024×16×16"]
    second = Shown(shown.page, shown.mounted.view())
    assert second.text("arch-totals") == shown.text("arch-totals")
