"""The table and the reading of traces, on numbers and events written by hand."""

from tests.benchmarks.gestures import moves_in
from tests.benchmarks.table import Row, markdown, percentile


def event(name, start, length=0, own=None, thread=1, **data):
    args = {"data": data} if data else {}
    times = {"ts": 1000 * start, "dur": 1000 * length, "tdur": 1000 * (own or length)}
    return {"name": name, "ph": "X", "pid": 1, "tid": thread, "args": args} | times


def pointermove(start, length, own=None):
    return event("EventDispatch", start, length, own, type="pointermove")


def test_a_percentile_is_a_measured_value():
    assert percentile([5, 1, 4, 2, 3], 50) == 3
    assert percentile([5, 1, 4, 2, 3], 95) == 5
    assert percentile(range(1, 101), 95) == 95
    assert percentile([7], 95) == 7


def test_a_budget_is_kept_or_short():
    assert Row("a", [1, 2, 3], 3).ok
    assert not Row("a", [1, 2, 4], 3).ok
    assert Row("a", [1, 2, 9], 2, statistic="median").ok
    assert Row("a", [25], 25, "×", at_least=True).ok
    assert not Row("a", [24], 25, "×", at_least=True).ok


def test_the_table_says_what_is_short():
    lines = markdown([Row("quick", [1], 2), Row("slow", [3], 2), Row("none", [0], 0, "")])
    header, rule, quick, slow, none = lines.splitlines()
    assert set(rule) == {"|", "-"}
    assert quick.split()[-2] == "ok"
    assert slow.split()[-2] == "short"
    assert none.split()[-2] == "ok"


def test_nested_script_counts_once_and_only_the_own_time_of_its_thread():
    events = [
        pointermove(0, 5, own=3),
        event("FunctionCall", 1, 2),
        event("FireAnimationFrame", 10, 4, own=4),
        event("Paint", 14),
        event("Commit", 15),
        event("FireAnimationFrame", 12, 9, thread=2),
        pointermove(50, 1),
        event("Paint", 59),
        event("Commit", 60),
    ]
    first, second = moves_in(events)
    assert (first.script, first.painted, first.late) == (7, True, False)
    assert (second.script, second.painted, second.late) == (1, True, False)


def test_a_picture_painted_again_after_the_next_frame_is_late():
    drawn = [pointermove(0, 1), event("Paint", 9), event("Commit", 10)]
    (move,) = moves_in([*drawn, event("TimerFire", 30, 1), event("Paint", 39), event("Commit", 40)])
    assert move.late
    (move,) = moves_in([*drawn, event("TimerFire", 30, 1), event("Commit", 40)])
    assert not move.late


def test_a_move_without_paint_before_its_first_frame_is_not_painted():
    for events in ([], [event("Commit", 10)], [event("Commit", 10), event("Paint", 12)]):
        (move,) = moves_in([pointermove(0, 1), *events])
        assert not move.painted
