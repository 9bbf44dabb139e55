"""ChannelExplorer in a real JupyterLab: every gesture, and what Python sees of it."""

import pytest

from helpers.widgets import ChannelExplorer
from helpers.widgets.channel_explorer import _MOST
from tests.browser.widgets import lab, mount, run, shown  # noqa: F401 - fixtures

SHOW = "from helpers.widgets import ChannelExplorer\nw = ChannelExplorer()\nw"
PRESETS = ["standard", "1×1", "grouped (2)", "grouped (4)", "depthwise", "depthwise separable"]


@pytest.fixture(scope="module")
def notebook(lab):
    return lab.open_notebook([SHOW, "w"])


def node(shown, name):
    """The middle of a channel's node, on the page: "output 3"."""
    box = shown.root.locator(f"[data-channel='{name}'] rect").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def lit(shown, column):
    names = shown.root.locator(f"[data-channel^={column}]:has([data-lit=true])").evaluate_all(
        "nodes => nodes.map(n => Number(n.dataset.channel.split(' ')[1]))"
    )
    return sorted(names)


def test_pointing_lights_what_a_channel_sees_and_sends_nothing(lab, notebook, shown):
    notebook.execute("w.groups = 4")
    sees = notebook.value("w.sees(3)")
    lab.reset_messages()
    lab.page.mouse.move(*node(shown, "output 3"))
    shown.settle()
    assert lit(shown, "input") == sees == [2, 3]
    assert lit(shown, "output") == [3]
    assert shown.text("sum") == "output 3 sees inputs 2 and 3: 2 kernels of 3×3 = 18 weights"
    assert shown.root.locator(".cnn-square[data-lit=true]").count() == 2
    lab.page.mouse.move(*node(shown, "input 6"))
    shown.settle()
    assert (lit(shown, "input"), lit(shown, "output")) == ([6], [6, 7])
    lab.page.mouse.move(5, 5)
    shown.settle()
    assert lit(shown, "input") == lit(shown, "output") == []
    assert lab.messages() == []


def test_a_click_pins_once_and_escape_frees(lab, notebook, shown):
    lab.reset_messages()
    lab.page.mouse.click(*node(shown, "input 5"))
    lab.page.mouse.move(5, 5)
    shown.settle()
    assert lab.messages() == ["shell:comm_msg"]
    assert (lit(shown, "input"), lit(shown, "output")) == ([5], list(range(8)))
    notebook.wait_value("w.pinned", {"input": 5})
    shown.press("Escape")
    notebook.wait_value("w.pinned", None)
    assert lit(shown, "input") == []


def test_dragging_a_slider_sends_nothing_until_it_is_let_go(lab, notebook, shown):
    notebook.execute("w.groups = 8")
    box = shown.slider("in_channels").bounding_box()
    y = box["y"] + box["height"] / 2
    lab.reset_messages()
    lab.page.mouse.move(box["x"] + box["width"] * 0.47, y)
    lab.page.mouse.down()
    for share in (0.4, 0.3, 0.1, 0.3, 0.6, 0.02):
        lab.page.mouse.move(box["x"] + box["width"] * share, y)
        shown.settle()
    assert lab.messages() == []
    assert shown.root.locator("[data-channel^=input]").count() == 1
    lab.page.mouse.up()
    assert lab.messages() == ["shell:comm_msg"]
    notebook.wait_value("[w.in_channels, w.groups]", [1, 1])
    assert "in_channels sets the limit" in shown.text("help")


def test_channels_that_come_back_bring_the_groups_back(lab, notebook, shown):
    notebook.execute("w.groups = 4")
    shown.slider("in_channels").focus()
    lab.page.keyboard.down("ArrowLeft")
    notebook.wait_value("[w.in_channels, w.groups]", [7, 1])
    lab.page.keyboard.up("ArrowLeft")
    box = shown.slider("out_channels").bounding_box()
    shown.button("grouped (4)")
    notebook.wait_value("[w.in_channels, w.out_channels, w.groups]", [8, 8, 4])
    y = box["y"] + box["height"] / 2
    lab.page.mouse.move(box["x"] + box["width"] * 0.47, y)
    lab.page.mouse.down()
    lab.page.mouse.move(box["x"] + box["width"] * 0.3, y)
    lab.page.mouse.move(box["x"] + box["width"] * 0.47, y)
    lab.page.mouse.up()
    notebook.wait_value("[w.out_channels, w.groups]", [8, 4])


@pytest.mark.parametrize("chosen", ["standard", "w.groups = 1", "w.groups = 2"])
def test_groups_that_were_chosen_meanwhile_are_not_those_before_the_drag(
    lab, notebook, shown, chosen
):
    shown.button("depthwise")
    box = shown.slider("out_channels").bounding_box()
    y = box["y"] + box["height"] / 2
    lab.page.mouse.move(box["x"] + box["width"] * 0.47, y)
    lab.page.mouse.down()
    lab.page.mouse.move(box["x"] + box["width"] * 0.3, y)
    lab.page.mouse.move(box["x"] + box["width"] * 0.47, y)
    lab.page.mouse.up()
    notebook.wait_value("[w.out_channels, w.groups]", [8, 8])
    notebook.execute(chosen) if "=" in chosen else shown.button(chosen)
    shown.settle(4)
    shown.slide("out_channels", "End")
    notebook.wait_value("[w.out_channels, w.groups]", [16, 2 if "2" in chosen else 1])


def test_the_groups_slider_reaches_only_what_divides_both(lab, notebook, shown):
    notebook.execute("w.set(in_channels=12, out_channels=8)")
    shown.slider("groups").focus()
    reached = []
    for _ in range(4):
        reached.append(notebook.value("w.groups"))
        shown.press("ArrowRight")
    notebook.wait_value("w.groups", 4)
    assert shown.slider("groups").get_attribute("aria-valuetext") == "4"
    assert shown.text("help").endswith("it is 1, 2 or 4: 12 does not divide 8, nor 8 12")


def test_the_keyboard_alone_reaches_channels_and_kernels(lab, notebook, shown):
    shown.button("grouped (4)")
    wiring = shown.root.locator("svg.cnn-channels")
    wiring.focus()
    shown.press("ArrowDown", "ArrowDown", "ArrowDown", "ArrowRight")
    assert lit(shown, "output") == [2] and lit(shown, "input") == [2, 3]
    assert wiring.get_attribute("aria-label").endswith(
        "output 2 sees inputs 2 and 3: 2 kernels of 3×3 = 18 weights."
    )
    lab.reset_messages()
    shown.press("Enter")
    assert lab.messages() == ["shell:comm_msg"]
    notebook.wait_value("w.pinned", {"output": 2})
    shown.root.locator("svg.cnn-channel-matrix").first.focus()
    shown.press("ArrowDown", "ArrowDown", "ArrowRight")
    assert shown.text("sum") == "output 1 sees input 1 through one kernel of 3×3 = 9 weights"
    shown.press("ArrowRight")
    assert shown.text("sum") == "output 1 does not see input 2: there is no kernel between them"
    shown.press("Enter")
    notebook.wait_value("w.pinned", {"output": 1, "input": 2})
    live = shown.root.locator(".cnn-live", has_text="output 1 does not see input 2")
    live.wait_for(state="attached")


def test_python_moves_the_picture_and_two_views_agree(lab, notebook, shown):
    second = run(notebook, 1)
    notebook.execute("w.set(separable=True, in_channels=4, pinned={'middle': 1})")
    shown.settle(4)
    for view in (shown, second):
        assert lit(view, "input") == lit(view, "middle") == [1]
        assert lit(view, "output") == list(range(8))
        cells = view.root.locator("[data-row=together] td, [data-row=ratio] td")
        assert cells.all_text_contents() == ["", "68", "53,312", "", "1/4.2", "1/4.2"]
    assert [notebook.value("w.parameters"), notebook.value("w.multiplications")] == [68, 53312]
    second.button("depthwise")
    assert shown.text("sum") == second.text("sum")
    assert shown.root.locator("code").text_content() == notebook.value("w.code")
    shown.root.locator("svg.cnn-channels").focus()
    shown.press("r")
    notebook.wait_value("[w.in_channels, w.groups, w.separable, w.pinned]", [8, 1, False, None])


def test_the_page_writes_pythons_line_and_every_preset_is_legal(module_page):
    explorer = ChannelExplorer()
    widget = mount(module_page, explorer)
    lines = {}
    eight = {"in_channels": 8, "out_channels": 8, "groups": 1, "separable": False}
    six = {"in_channels": 6, "out_channels": 9}
    for settings in [{}, {"kernel_size": 4}, {"kernel_size": (3, 5)}, six]:
        explorer.set(**eight | settings)
        widget.set(**{name: getattr(explorer, name) for name in [*eight, "kernel_size"]})
        for name in PRESETS:
            widget.el.get_by_role("button", name=name, exact=True).click()
            pressed = widget.el.locator(".cnn-choice button[aria-pressed=true]").text_content()
            assert pressed == name
            explorer.set(**{name: widget.get(name) for name in [*eight, "kernel_size"]})
            lines[name] = widget.el.locator("code").text_content()
            assert lines[name] == explorer.code
    assert len(set(lines.values())) == 6
    explorer.close()
    assert module_page.console_errors == []


def test_the_sliders_reach_as_far_as_python_lets_them(module_page):
    explorer = ChannelExplorer()
    widget = mount(module_page, explorer)
    explorer.close()
    sliders = widget.el.locator("input[type=range]:not([aria-label=groups])")
    read = "all => Object.fromEntries(all.map(s => [s.ariaLabel, [s.min, s.max].map(Number)]))"
    assert sliders.evaluate_all(read) == {name: [1, most] for name, most in _MOST.items()}
