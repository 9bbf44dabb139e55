"""The benchmarks' reading of Chromium's traces: of one written by hand, and of widgets that draw at once, late, or never."""

from tests.benchmarks.gestures import Move, moves_in, trace_moves

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


def event(name, ts, dur=0, tdur=None, tid=7, kind=None):
    """A complete event of a trace; times in µs, tdur the thread's own."""
    own = {"tdur": dur if tdur is None else tdur}
    return {"name": name, "ph": "X", "pid": 1, "tid": tid, "ts": ts, "dur": dur, "args": {"data": {"type": kind}}} | own


def test_a_trace_is_read_move_by_move():
    trace = [
        event("EventDispatch", 0, dur=9000, tdur=3000, kind="pointermove"),  # waited for a core meanwhile
        event("FunctionCall", 100, dur=2500),  # inside of the dispatch: not counted again
        event("FunctionCall", 200, dur=5000, tid=8),  # another thread
        event("FireAnimationFrame", 10_000, dur=500),
        event("Layout", 10_600, dur=400),  # no script
        event("Paint", 11_000),
        event("Commit", 12_000),
        event("EventDispatch", 50_000, dur=1000, kind="pointermove"),
        event("Commit", 60_000),
        event("Paint", 70_000),  # only after the first frame
        event("EventDispatch", 100_000, dur=250, kind="pointermove"),
        event("Commit", 110_000),
    ]
    assert moves_in(trace) == [
        Move(script=3.5, painted=True, late=False),
        Move(script=1.0, painted=False, late=True),
        Move(script=0.25, painted=False, late=False),
    ]


def test_a_widget_that_draws_at_once_is_seen_to_do_so(browser, module_page):
    seen = moves(browser, module_page, "work()")
    assert len(seen) == len(POINTS) - 1
    assert all(move.painted for move in seen)
    assert not any(move.late for move in seen)
    assert all(move.script > 0 for move in seen)


def test_a_widget_that_draws_frames_later_is_noticed(browser, module_page):
    later = "requestAnimationFrame(() => { box.style.opacity = 0.5; work(); setTimeout(work, 25) })"
    seen = moves(browser, module_page, later)
    assert any(move.late for move in seen)


def test_a_widget_that_never_draws_is_noticed(browser, module_page):
    seen = moves(browser, module_page, "")
    assert not any(move.painted for move in seen)
