"""The benchmarks' reading of Chromium's traces, on widgets that draw at once, late, or never."""

from tests.benchmarks.gestures import trace_moves

WIDGET = """export default { render({ el }) {
    const box = document.createElement("div");
    box.style.cssText = "width: 300px; height: 300px; background: silver";
    const work = () => {
        const end = performance.now() + 3;
        while (performance.now() < end);
        box.style.background = box.style.background === "silver" ? "gold" : "silver";
    };
    box.addEventListener("pointermove", () => { WHEN; });
    el.append(box);
} }"""
POINTS = [(50 + 10 * i, 100) for i in range(12)]


def moves(browser, module_page, when):
    module_page.mount(WIDGET.replace("WHEN", when))
    return trace_moves(browser, module_page.page, POINTS)


def test_a_widget_that_draws_at_once_is_seen_to_do_so(browser, module_page):
    seen = moves(browser, module_page, "work()")
    assert len(seen) == len(POINTS) - 1
    assert all(move.painted for move in seen)
    assert not any(move.late for move in seen)
    assert all(move.script > 1 for move in seen)


def test_a_widget_that_draws_frames_later_is_noticed(browser, module_page):
    later = "requestAnimationFrame(() => { box.style.opacity = 0.5; work(); setTimeout(work, 25) })"
    seen = moves(browser, module_page, later)
    assert any(move.late for move in seen)


def test_a_widget_that_never_draws_is_noticed(browser, module_page):
    seen = moves(browser, module_page, "")
    assert not any(move.painted for move in seen)
