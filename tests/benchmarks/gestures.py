"""How long a gesture keeps the page busy, from Chromium's own trace of its main thread.

Every pointer move is a real one, 50 ms after the one before, so that whatever it causes (handlers,
animation frames, timers) falls between it and the next. Times are the main thread's own: what other
processes take of a busy machine meanwhile is not counted.
"""

import json
import time
from dataclasses import dataclass

SCRIPT = {"EventDispatch", "FireAnimationFrame", "FunctionCall", "TimerFire", "RunMicrotasks"}
CATEGORIES = ["devtools.timeline", "v8.execute", "disabled-by-default-devtools.timeline"]
PAUSE = 0.05  # seconds between moves: three frames
LATE = 0.1  # seconds; what is painted later still is no part of the gesture (widgets announce their
# state to screen readers when the pointer has rested for 0.15 s)


@dataclass
class Move:
    """A pointer move: its `script` in ms, JupyterLab's included; `late`: painted on afterwards."""

    script: float
    painted: bool
    late: bool


def box_of(locator):
    """(x, y, width, height) on the page, once it is there."""
    locator.wait_for()
    box = locator.bounding_box()
    return box["x"], box["y"], box["width"], box["height"]


def within(box, places):
    """Places on the page for (across, down) as shares of a box."""
    x, y, width, height = box
    return [(x + width * across, y + height * down) for across, down in places]


def trace_moves(browser, page, points):
    """Moves the pointer from the first point through the others; one Move for each of those."""
    page.mouse.move(*points[0])
    browser.start_tracing(page=page, categories=CATEGORIES)
    for point in points[1:]:
        page.mouse.move(*point)
        time.sleep(PAUSE)
    return moves_in(json.loads(browser.stop_tracing())["traceEvents"])


def moves_in(events):
    """One Move for each pointermove among the events of a trace (times in µs)."""
    starts = [e for e in events if is_pointermove(e)]
    if not starts:
        raise RuntimeError("the page saw no pointer move")
    thread = (starts[0]["pid"], starts[0]["tid"])
    mine = [e for e in events if e["ph"] == "X" and (e["pid"], e["tid"]) == thread]
    begin = sorted(e["ts"] for e in starts)
    ends = [*begin[1:], begin[-1] + 1e6 * PAUSE]
    return [move([e for e in mine if a <= e["ts"] < b]) for a, b in zip(begin, ends)]


def is_pointermove(event):
    return event["name"] == "EventDispatch" and event["args"]["data"]["type"] == "pointermove"


def move(events):
    script = outermost(e for e in events if e["name"] in SCRIPT)
    commits = sorted(e["ts"] for e in events if e["name"] == "Commit")
    # A frame alone proves nothing: Chromium makes one for every move, and JupyterLab's timers cause
    # others without a change in the picture. What counts is paint, before the first frame or later.
    paints = [e["ts"] for e in events if e["name"] == "Paint"]
    painted = any(time <= commits[0] for time in paints if commits)
    first = min((e["ts"] for e in events), default=0)
    late = any(commits[0] < time < first + 1e6 * LATE for time in paints if commits)
    return Move(sum(map(cost, script)), painted, late)


def cost(event):
    """Milliseconds of the thread's own time."""
    return event.get("tdur", event.get("dur", 0)) / 1000


def outermost(events):
    """The events that lie in no other one."""
    kept, end = [], 0
    for event in sorted(events, key=lambda e: (e["ts"], -e.get("dur", 0))):
        if event["ts"] >= end:
            kept.append(event)
            end = event["ts"] + event.get("dur", 0)
    return kept


def centres(locator):
    """The middle of each element that the locator finds, in the order of the page."""
    boxes = [item.bounding_box() for item in locator.all()]
    return [(b["x"] + b["width"] / 2, b["y"] + b["height"] / 2) for b in boxes]


# Resolves with the ms from the next key press to the first change below `area`; of an image, to its
# being decoded.
PRESS = """(area) => {
    window.__press = new Promise((resolve) => {
        let start = null;
        const pressed = (event) => { start = event.timeStamp };
        document.addEventListener("keydown", pressed, { capture: true, once: true });
        const before = new Set([...area.querySelectorAll("img")].map((img) => img.src));
        const observer = new MutationObserver(async () => {
            const image = area.querySelector("img");
            if (start === null || (before.size && (!image || before.has(image.src)))) return;
            observer.disconnect();
            await image?.decode();
            resolve(performance.now() - start);
        });
        const all = { childList: true, attributes: true, characterData: true, subtree: true };
        observer.observe(area, all);
    });
}"""


def press_to_picture(page, area, keys):
    """Milliseconds from each key press to the new picture in `area` (a locator)."""
    times = []
    for key in keys:
        area.evaluate(PRESS)
        page.keyboard.press(key)
        times.append(page.evaluate("window.__press"))
        time.sleep(PAUSE)
    return times
