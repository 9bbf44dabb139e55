"""The parts that every widget is made of, one by one: a list of choices, and what plays by itself."""

import pytest

# -- dom.js --------------------------------------------------------------------------------------

SELECT = """async (options) => {
    const { select } = await import("/helpers/widgets/js/dom.js");
    window.chosen = [];
    const control = select((node, type, handler) => node.addEventListener(type, handler), {
        label: "case", options, change: (value) => window.chosen.push(value),
    });
    document.body.replaceChildren(control.root);
    window.control = control;
}"""
# [value, text, the group that it stands in]
OPTIONS = """() => [...document.querySelectorAll("option")].map(
    (option) => [option.value, option.text, option.closest("optgroup")?.label ?? null])"""


def test_a_list_may_have_groups_beside_single_choices(module_page):
    groups = {"": "your own", "convolution": {"odd": "odd", "full": "full"}, "transposed": {"odd, t": "odd"}}
    module_page.evaluate(SELECT, groups)
    assert module_page.evaluate(OPTIONS) == [
        ["", "your own", None],
        ["odd", "odd", "convolution"], ["full", "full", "convolution"],
        ["odd, t", "odd", "transposed"],
    ]  # fmt: skip
    menu = module_page.page.get_by_role("combobox", name="case")
    menu.select_option("odd, t")
    assert module_page.evaluate("window.chosen") == ["odd, t"]
    module_page.evaluate("window.control.show('full')")
    assert menu.input_value() == "full"
    module_page.evaluate("window.control.show('')")
    assert menu.input_value() == "" and module_page.evaluate("window.chosen") == ["odd, t"]
    module_page.evaluate("window.control.fill({ box: 'box', more: { sobel: 'Sobel' } })")
    assert module_page.evaluate(OPTIONS) == [["box", "box", None], ["sobel", "Sobel", "more"]]
    assert module_page.console_errors == []


def test_a_list_without_groups_has_none(module_page):
    module_page.evaluate(SELECT, {"zeros": "zeros", "reflect": "reflect"})
    assert module_page.evaluate(OPTIONS) == [["zeros", "zeros", None], ["reflect", "reflect", None]]


# -- player.js -----------------------------------------------------------------------------------

# A player of 2 steps per second at a clock that the test turns: a frame every 100 ms, from 1000 on.
PLAYER = """async (first) => {
    const { createPlayer } = await import("/helpers/widgets/js/player.js");
    let now = 1000;
    let frames = new Map();
    let id = 0;
    window.requestAnimationFrame = (task) => { frames.set(++id, task); return id; };
    window.cancelAnimationFrame = (frame) => frames.delete(frame);
    performance.now = () => now;
    const log = [];
    const resets = [];
    const player = createPlayer({
        on: (node, type, handler) => node.addEventListener(type, handler),
        onClose() {}, onReset: (stop) => resets.push(stop), speed: 2,
        step(by) { log.push([now, by]); return log.length < 9; },
        begin: first === null ? undefined : () => { log.push([now, "begin"]); return first; },
        rested: () => log.push([now, "rested"]),
    });
    document.body.replaceChildren(player.root);
    window.player = {
        toggle: player.toggle,
        reset: () => resets.forEach((stop) => stop()),
        run(until) {
            for (; now < until; now += 100) {
                const due = frames;
                frames = new Map();
                for (const task of due.values()) task(now);
            }
        },
        seen: () => ({ log, playing: player.playing, waiting: frames.size }),
    };
}"""


def play(page, *calls):
    """What happened in a player after these calls."""
    for call in calls:
        page.evaluate(f"window.player.{call}")
    return page.evaluate("window.player.seen()")


@pytest.mark.parametrize(
    "first, told",
    [(None, []), (False, [[1000, "begin"]]), (True, [[1000, "begin"]])],
    ids=["without a beginning", "nothing to be seen first", "a first state"],
)
def test_what_playing_begins_with_stands_for_one_step(module_page, first, told):
    module_page.evaluate(PLAYER, first)
    seen = play(module_page, "toggle()", "run(2200)")
    steps = [1500, 2000] if first else [1000, 1500, 2000]
    assert seen == {"log": told + [[at, 1] for at in steps], "playing": True, "waiting": 1}
    assert module_page.page.get_by_text("❚❚ pause").is_visible()


def test_a_player_asks_for_its_beginning_whenever_it_starts(module_page):
    module_page.evaluate(PLAYER, True)
    seen = play(module_page, "toggle()", "run(1600)", "toggle()", "run(3000)", "toggle()", "run(3600)")
    assert seen["log"] == [
        [1000, "begin"], [1500, 1], [1600, "rested"], [3000, "begin"], [3500, 1],
    ]  # fmt: skip


def test_a_reset_stops_a_player_and_rests_it_once(module_page):
    module_page.evaluate(PLAYER, None)
    stopped = play(module_page, "toggle()", "run(1700)", "reset()")
    assert stopped == {"log": [[1000, 1], [1500, 1], [1700, "rested"]], "playing": False, "waiting": 0}
    assert module_page.page.get_by_text("▶ play").is_visible()
    assert play(module_page, "reset()", "run(9000)") == stopped


def test_a_player_stops_where_its_steps_end(module_page):
    module_page.evaluate(PLAYER, None)
    seen = play(module_page, "toggle()", "run(9000)")
    steps = list(range(1000, 5001, 500))
    assert seen == {"log": [[at, 1] for at in steps] + [[steps[-1], "rested"]], "playing": False, "waiting": 0}
