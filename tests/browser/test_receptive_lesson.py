"""The widgets of lesson 4 as its cells make them: what the prose tells to do, and what one then sees."""

import re

import pytest

from tests.browser.lessons import Lesson
from tests.browser.test_feature_map_explorer import point, says
from tests.browser.test_receptive_field_explorer import Fields as OnPage
from tests.browser.widgets import Shown, lab  # noqa: F401 - lab is a fixture

source_with = Lesson("04_receptive_fields").source_with
IMPORTS = "\n".join(map(source_with, ["import torch\n", "from helpers import EffectiveField"]))
RESNET = "resnet18 = models.resnet18()"
# One pass over the digits: what cells see does not depend on how long the network is trained.
TRAINING = re.sub(r"epochs=\d+", "epochs=1", source_with("network = DigitCNN()"))
# what begins the call of a widget → its cell's place in the test's notebook
CALLS = ["ReceptiveFieldExplorer()", 'case("four 3×3")', 'case("3×3 and pooling")',
         'case("dilated 1-2-4-8")', 'case("causal")', 'case("ResNet-50")',
         'EffectiveFieldExplorer({"ResNet-18', "FeatureMapExplorer(network"]  # fmt: skip
CELLS = [IMPORTS, RESNET, TRAINING, *map(source_with, CALLS)]


class Fields(OnPage):
    """ReceptiveFieldExplorer in the lesson's notebook."""

    def __init__(self, shown):
        Shown.__init__(self, shown.page, shown.root.locator(".."))

    def sizes(self):
        """The field of each layer, as the table has it."""
        return self.root.locator("tbody .cnn-rf-size").all_text_contents()


@pytest.fixture(scope="module")
def notebook(lab):
    notebook = lab.open_notebook(CELLS)
    notebook.run_cell(0)
    return notebook


@pytest.fixture
def widget(lab, notebook):
    """Runs the lesson's cell with this call; the console stays clean."""

    def widget(call):
        place = len(CELLS) - len(CALLS) + CALLS.index(call)
        notebook.run_cell(place)
        notebook.show(place)
        shown = Shown(lab.page, notebook.output(place))
        return Fields(shown) if "Receptive" in CELLS[place] else shown

    lab.page.mouse.move(5, 5)
    yield widget
    errors, lab.console_errors = lab.console_errors, []
    assert errors == []


def test_a_unit_is_clicked_dragged_to_the_border_and_gets_one_more_layer(widget):
    shown = widget("ReceptiveFieldExplorer()")
    shown.page.mouse.click(*shown.place(1, 20, 32))
    shown.settle()
    assert shown.framed() == ((15, 17), (19, 21))  # the cone of a unit of the first layer
    shown.page.mouse.move(*shown.place(2, 20, 32))
    shown.page.mouse.down()
    for unit in (9, 4, 0):
        shown.page.mouse.move(*shown.place(2, unit, 32))
    shown.page.mouse.up()
    shown.settle()
    assert shown.framed()[1] == (0, 2) and shown.path("section", "beyond")  # cut off
    shown.button("Add it after the chosen layer")
    assert shown.sizes() == ["3", "5", "7"]


def test_exercise_1_can_be_set_up_in_the_widget_above_it(widget):
    shown = widget("ReceptiveFieldExplorer()")
    shown.number("stride of layer 1", "2")
    shown.button("Add it after the chosen layer")
    assert shown.sizes() == ["3", "5", "9"]


def test_the_named_stacks_have_the_widths_that_the_prose_says(widget):
    assert widget('case("four 3×3")').sizes() == ["3", "5", "7", "9"]
    assert widget('case("dilated 1-2-4-8")').sizes() == ["3", "7", "15", "31"]
    resnet = widget('case("ResNet-50")')
    assert resnet.sizes()[-1] == "427" and resnet.row(49).is_visible()


def test_a_stride_widens_the_fields_behind_its_layer_and_not_its_own(widget):
    shown = widget('case("3×3 and pooling")')
    before = [int(size) for size in shown.sizes()]
    shown.number("stride of layer 0", "2")
    after = [int(size) for size in shown.sizes()]
    assert after[0] == before[0] == 3 and all(a > b for a, b in zip(after[1:], before[1:]))
    shown.number("padding of layer 2", "0")  # that moves them, and that is all
    assert [int(size) for size in shown.sizes()] == after


def test_all_fields_of_the_causal_stack_end_at_the_present(widget):
    shown = widget('case("causal")')
    for level, size in enumerate([2, 4, 8, 16], 1):
        shown.page.mouse.click(*shown.place(level, 20, 32))
        shown.settle()
        assert shown.framed()[1] == (21 - size, 20)


def test_a_square_much_smaller_than_the_theory_holds_95_percent(notebook, widget):
    notebook.run_cell(1)
    shown = widget('EffectiveFieldExplorer({"ResNet-18')
    assert shown.root.locator(".cnn-sizes").first.text_content() == "theory 211×211"
    holds = shown.root.locator(".cnn-holds")
    name = "The smallest square that holds 95 % of the first field"
    shown.root.get_by_role("button", name=name).click()
    shown.settle()
    side = int(re.match(r"the (\d+)×\1 square holds 9\d %", holds.text_content())[1])
    assert side < 180
    for square, enough in ((side, True), (side - 2, False)):
        shown.slider("square").fill(str(square))
        shown.settle()
        share = re.fullmatch(rf"the {square}×{square} square holds (\d+) %", holds.text_content())
        assert int(share[1]) >= 95 if enough else int(share[1]) <= 95


def test_pointing_at_a_cell_shows_what_it_sees_and_how_far(notebook, widget):
    notebook.run_cell(2, seconds=100)
    shown = widget("FeatureMapExplorer(network")
    for layer, size, cell, sees in (
        ("1", 28, (10, 12), "It sees rows 10–14, columns 12–16."),
        ("4", 10, (5, 2), "It sees rows 10–23, columns 4–17."),
        ("7", 1, (0, 0), "It sees rows 0–31, columns 0–31."),  # the whole picture
    ):
        options = shown.menu("layer").locator("option").all_text_contents()
        shown.choose("layer", next(text for text in options if text.startswith(f"{layer} ")))
        point(shown, 2, cell, (size, size))
        assert says(shown)[2] == sees
        assert shown.root.locator(".cnn-around .cnn-frame").first.is_visible()
