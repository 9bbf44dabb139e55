"""ReceptiveFieldExplorer on the page: pointing, dragging, keys, and editing the stack."""

import re

import pytest

from helpers.widgets.field_cases import FIELD_CASES
from helpers.widgets.receptive_field_explorer import ReceptiveFieldExplorer
from tests.browser.widgets import Shown, mount

CONV = {"type": "conv", "kernel_size": 3, "padding": 1}
POOL = {"type": "pool", "kernel_size": 2}


@pytest.fixture(autouse=True)
def clean_console(module_page):
    yield
    assert module_page.console_errors == []


class Fields(Shown):
    """The widget on screen; `mounted` is its model, `widget` made it."""

    def __init__(self, module_page, widget):
        self.widget, self.mounted = widget, mount(module_page, widget)
        super().__init__(module_page.page, self.mounted.el)
        widget.close()

    def get(self, name):
        return self.mounted.get(name)

    def place(self, level, unit, size):
        """The middle of a unit of the section on the page; level 0 is the input."""
        bars = re.findall(r"M(\S+) (\S+?)h(\S+?)v(\S+?)h", self.path("section", "maps"))
        x, y, width, height = map(float, bars[level])
        svg = self.root.locator(".cnn-rf-section")
        box, view = svg.bounding_box(), svg.get_attribute("viewBox").split()
        scale = box["width"] / float(view[2])
        across = x + (unit + 0.5) * width / size
        return box["x"] + scale * across, box["y"] + scale * (y + height / 2)

    def path(self, part, name):
        return self.root.locator(f".cnn-rf-{part} .cnn-rf-{name}").get_attribute("d")

    def framed(self):
        """((top, bottom), (left, right)) of the solid frame on the picture."""
        return frame(self.path("map", "seen"))

    def row(self, n):
        return self.root.locator(f"tbody[data-row='{n}']")

    def results(self, n):
        """Map, field, stride, padding and mark of a row."""
        return self.row(n).locator("td").all_text_contents()[-5:]

    def law(self):
        """The recurrences of size, stride and padding with their numbers."""
        return self.root.locator(".cnn-rf-law > span").all_text_contents()

    def number(self, label, text, end="Tab"):
        box = self.root.get_by_role("spinbutton", name=label, exact=True)
        box.fill(text)
        self.settle()
        self.press(end)
        return box


def frame(path):
    left, top, right, bottom = map(float, re.match(r"M(\S+) (\S+?)H(\S+?)V(\S+?)H", path).groups())
    return (int(top + 0.5), int(bottom - 0.5)), (int(left + 0.5), int(right - 0.5))


@pytest.fixture
def show(module_page):
    def show(*args, **settings):
        return Fields(module_page, ReceptiveFieldExplorer(*args, **settings))

    return show


# -- the unit ------------------------------------------------------------------------------------


def test_a_click_on_a_unit_of_any_layer_shows_what_it_sees(show):
    shown = show()
    assert shown.framed() == ((14, 18), (14, 18))
    shown.page.mouse.click(*shown.place(1, 20, 32))
    shown.page.mouse.move(2, 2)
    shown.settle()
    assert (shown.get("layer"), shown.get("unit")) == (0, [16, 20])
    assert shown.framed() == ((15, 17), (19, 21))
    assert shown.mounted.saves() == 1
    assert "unit (16, 20) sees rows 15 … 17, columns 19 … 21." in shown.text("formula")


def test_pointing_shows_a_field_and_leaves_the_state_alone(show):
    shown = show()
    shown.page.mouse.move(*shown.place(1, 3, 32))
    shown.settle()
    assert shown.framed() == ((15, 17), (2, 4))
    assert (shown.get("layer"), shown.get("unit"), shown.mounted.log()) == (1, [16, 16], [])
    shown.page.mouse.move(2, 2)
    shown.settle()
    assert shown.framed() == ((14, 18), (14, 18))


def test_at_the_border_the_field_is_clipped_and_dashed_in_the_padding(show):
    shown = show()
    assert shown.path("section", "beyond") == shown.path("map", "beyond") == ""
    shown.page.mouse.move(*shown.place(2, 16, 32))
    shown.page.mouse.down()
    shown.page.mouse.move(*shown.place(2, 5, 32))
    shown.page.mouse.move(*shown.place(2, 0, 32))
    shown.page.mouse.up()
    shown.settle()
    assert shown.get("unit") == [16, 0]
    assert shown.mounted.saves() == 1
    assert shown.framed() == ((14, 18), (0, 2))
    assert frame(shown.path("map", "beyond")) == ((14, 18), (-2, 2))
    assert shown.path("section", "beyond").count("M") == 2  # in the layer below and in the input
    assert "columns 0 … 2 (clipped from −2 … 2)" in shown.text("formula")


def test_dragging_on_the_picture_moves_the_unit(show):
    shown = show([CONV, POOL], image="weather: vorticity")
    box = shown.root.locator(".cnn-rf-map canvas").bounding_box()
    at = lambda row, column: (  # noqa: E731
        box["x"] + box["width"] * (column + 0.5) / 64, box["y"] + box["height"] * (row + 0.5) / 32
    )  # fmt: skip
    shown.page.mouse.move(*at(4, 4))
    shown.page.mouse.down()
    shown.page.mouse.move(*at(20, 41))
    shown.page.mouse.up()
    shown.settle()
    assert shown.get("unit") == [10, 20]
    assert shown.framed() == ((19, 22), (39, 42))
    assert shown.mounted.saves() == 1


def test_keys_move_the_unit_and_choose_the_layer(show):
    shown = show([CONV, POOL, CONV])
    shown.root.locator(".cnn-rf-section").focus()
    shown.press("ArrowRight", "ArrowUp", "Shift+ArrowLeft")
    assert (shown.get("layer"), shown.get("unit")) == (2, [7, 1])
    shown.press("PageDown", "PageDown")
    assert (shown.get("layer"), shown.get("unit")) == (0, [15, 3])  # the nearest at every step
    shown.press("End")
    assert shown.get("unit") == [15, 31]
    shown.press("PageUp", "r")
    assert (shown.get("layer"), shown.get("unit")) == (2, [8, 8])
    shown.press("l")
    assert shown.get("large") is True


def test_play_slides_the_unit_to_the_end(show):
    shown = show([POOL], input_size=8, unit=(2, 2))
    shown.button("Play or pause (Space)")
    shown.root.get_by_text("▶ play", exact=True).wait_for()
    assert shown.get("unit") == [2, 3]


def test_the_section_can_run_along_the_height(show):
    shown = show(unit=(3, 20))
    shown.button("height")
    shown.page.mouse.click(*shown.place(2, 30, 32))
    shown.settle()
    assert shown.get("unit") == [30, 20]


@pytest.mark.parametrize("name", FIELD_CASES)
def test_every_network_is_shown_with_its_field(show, name):
    widget = ReceptiveFieldExplorer.case(name)
    shown = show(**FIELD_CASES[name])
    assert shown.menu("network").input_value() == name
    assert shown.framed() == widget.interval()
    n = len(widget.layers) - 1
    low, high = widget.sizes
    assert shown.results(n)[1] == (str(high) if low == high else f"{low} – {high}")
    assert shown.row(n).locator("tr").get_attribute("aria-current") == "true"
    widget.close()


# -- the stack -----------------------------------------------------------------------------------


def test_a_number_that_is_typed_changes_all_fields_after_it(show):
    shown = show([CONV, CONV])
    shown.number("kernel_size of layer 0", "5")
    assert shown.get("layers")[0] == {"type": "conv", "kernel_size": 5, "padding": 1}
    assert [shown.results(n)[:4] for n in (0, 1)] == [
        ["30×30", "5", "1", "1"], ["30×30", "7", "1", "2"],
    ]  # fmt: skip
    shown.number("stride of layer 0", "2")
    assert shown.results(1)[:4] == ["15×15", "9", "2", "3"]
    said = "field size r = 1 + (5 − 1)·1·1 = 5stride j = 1·2 = 2padding P = 0 + 1·1 = 1"
    assert shown.text("formula").startswith(said)
    shown.press("Control+z", "Control+z")
    assert shown.results(1)[:2] == ["32×32", "5"]


def test_the_recurrence_has_its_numbers_put_in(show):
    shown = show([CONV | {"stride": 2}, CONV])
    assert shown.law() == [
        "field size r = 3 + (3 − 1)·1·2 = 7", "stride j = 2·1 = 2", "padding P = 1 + 1·2 = 3",
    ]  # fmt: skip
    assert shown.root.locator(".cnn-rf-law b").all_text_contents() == ["7", "2", "3"]


def test_without_a_recurrence_it_says_what_the_size_spans(show):
    shown = show(**FIELD_CASES["small U-Net"])
    said = "from the first to the last pixel of all units that it reads: r = 44"
    assert shown.law()[0] == said


def test_what_does_not_fit_is_refused_and_what_stands_is_shown(show):
    shown = show([CONV, CONV])
    box = shown.number("kernel_size of layer 1", "40")
    said = "Not possible: layer 1 (conv) does not fit: a kernel of 40"
    assert shown.text("help").startswith(said)
    assert box.input_value() == "3"
    assert shown.get("layers") == [CONV, CONV]


def test_a_skip_that_no_longer_fits_is_let_go_and_comes_back(show):
    shown = show([CONV, CONV | {"skip": -1}], image="photo")
    assert shown.text("rf-remark").startswith("+ the input: the skip sees less, inside.")
    shown.number("padding of layer 0", "0")
    assert "skip" not in shown.get("layers")[1]
    assert "1 skip no longer fits" in shown.text("help")
    shown.press("Control+z")
    assert shown.get("layers")[1]["skip"] == -1


def test_skips_are_chosen_among_maps_of_the_same_size(show):
    shown = show([CONV, POOL, CONV])
    skip = shown.root.get_by_role("combobox", name="skip into layer 2", exact=True)
    assert skip.locator("option").all_text_contents() == ["–", "+ 1"]
    skip.select_option("1")
    shown.settle()
    assert shown.get("layers")[2] == CONV | {"skip": 1}


def test_layers_are_added_moved_and_removed_with_the_skips_that_point_at_them(show):
    shown = show([CONV, CONV, CONV | {"skip": 1}], layer=0)
    shown.button("Add it after the chosen layer")
    assert [layer.get("skip") for layer in shown.get("layers")] == [None, None, None, 2]
    assert shown.get("layer") == 1
    shown.button("Move the layer down (Alt+↓)")
    assert [layer.get("skip") for layer in shown.get("layers")] == [None, None, None, 1]
    shown.button("Remove the layer (Delete)")
    assert [layer.get("skip") for layer in shown.get("layers")] == [None, None, 1]
    shown.row(1).locator("th").click()
    shown.press("Delete")
    assert shown.get("layers") == [CONV, CONV]  # what the skip pointed at is gone
    shown.press("Delete", "Delete")
    assert shown.get("layers") == [CONV]
    assert shown.text("help") == "One layer stays."


def test_another_type_keeps_what_it_can(show):
    shown = show([CONV | {"dilation": 2}, CONV])
    shown.root.get_by_role("combobox", name="type of layer 0", exact=True).select_option("pool")
    shown.settle()
    pool = {"type": "pool", "kernel_size": 3, "stride": 1, "padding": 1, "dilation": 2}
    assert shown.get("layers")[0] == pool
    shown.root.get_by_role("combobox", name="type of layer 0", exact=True).select_option("upsample")
    shown.settle()
    assert shown.get("layers")[0] == {"type": "upsample", "scale_factor": 2}
    assert shown.results(0)[:3] == ["64×64", "1", "1/2"]


def test_layers_that_see_nothing_new_are_marked_in_words(show):
    shown = show([CONV | {"kernel_size": 7, "padding": 3}, CONV, CONV], input_size=8)
    # fields of 7, 9 and 11 pixels; unit 4 of the second layer sees 0 … 8
    assert [shown.results(n)[4] for n in range(3)] == ["", "", "⊘ nothing new"]
    assert "It sees nothing new" in shown.text("rf-remark")
    shown.slide("input_size", "ArrowRight", "ArrowRight")
    assert shown.get("input_size") == [10, 10]
    assert shown.results(2)[4] == ""


def test_half_of_vgg16s_convolutions_see_nothing_new_on_small_pictures(show):
    shown = show(FIELD_CASES["VGG16"]["layers"], input_size=32)
    types = [layer["type"] for layer in shown.get("layers")]
    marked = [n for n in range(18) if shown.results(n)[4]]
    assert [n for n in marked if types[n] == "conv"] == [10, 11, 12, 14, 15, 16]
    assert len(marked) == 9  # with three poolings, of which pool3 reads conv3_3: −6 … 33


def test_what_a_wider_stride_leaves_is_watched_at_the_same_place(show):
    shown = show([CONV, CONV], image="photo", unit=(60, 200))
    shown.number("stride of layer 0", "2")
    assert shown.get("unit") == [30, 100]
    shown.number("stride of layer 1", "4")
    assert shown.get("unit") in ([7, 25], [8, 25])
    shown.press("Control+z", "Control+z")
    assert shown.get("unit") == [60, 200]  # and not what rounding has made of it


def test_a_network_of_the_menu_brings_its_picture(show):
    shown = show()
    shown.choose("network", "AlexNet")
    assert (shown.get("image"), shown.get("input_size")) == ("photo", [256, 256])
    assert (shown.get("layer"), shown.get("unit")) == (7, [3, 3])
    shown.number("kernel_size of layer 2", "3")
    assert shown.menu("network").input_value() == ""
    assert shown.menu("network").locator("option:checked").text_content() == "your own"


def test_a_field_that_depends_on_the_place_says_so(show):
    shown = show(**FIELD_CASES["U-Net"])
    said = "Its size depends on the place: 188 to 204, repeating every 16 units."
    assert said in shown.text("rf-remark")
