"""ShiftExplorer's pure modules: both ways around the square are Python's, sentences are true."""

import itertools
import math

import numpy as np
import pytest

from helpers.widgets import ShiftExplorer
from helpers.widgets.layer_stack import LAYERS
from tests.browser.oracle import javascript  # noqa: F401 - a fixture
from tests.test_shift_explorer import MODES, NETWORK

PLANE = """(() => {
    const plane = (rows) =>
        ({ data: Float64Array.from(rows.flat()), height: rows.length, width: rows[0].length });
"""
COMMUTE = PLANE + """
    const { gx, fgx, gfx, error, exact } = commute(plane(c.input), plane(c.fx), c, c);
    const [x, y, z] = [gx, fgx, gfx].map((found) => [...found.data]);
    return { gx: x, fgx: y, gfx: z, error: String(error), exact };
})()"""


def random_explorers(count):
    rng = np.random.default_rng(0)
    sizes = [1, 3, 5]
    found = []
    while len(found) < count:
        try:
            explorer = ShiftExplorer(rng.normal(size=rng.integers(8, 20, 2)))
            explorer.set(
                layers=[str(word) for word in rng.choice(list(LAYERS), rng.integers(1, 7))],
                kernel=rng.normal(size=(rng.choice(sizes), rng.choice(sizes))),
                padding_mode=str(rng.choice(MODES)),
                transform=str(rng.choice(["shift", "shift", "rotate", "scale"])),
                shift=rng.integers(-16, 17, 2),
                angle=int(rng.choice([-180, -90, 0, 33, 90, 121])),
                factor=float(rng.choice([0.5, 0.8, 1, 1.3, 2])),
                wrap=bool(rng.random() < 0.5),
            )
        except ValueError:
            continue
        found.append(explorer)
    return found


def case(explorer):
    names = ("transform", "shift", "angle", "factor", "wrap", "layers", "padding_mode")
    case = {name: getattr(explorer, name) for name in names}
    arrays = {"input": explorer.input, "fx": explorer.maps[-1], "kernel": explorer.kernel}
    return case | {name: array.tolist() for name, array in arrays.items()}


def test_both_ways_around_the_square_are_pythons(javascript):
    explorers = random_explorers(250)
    cases = [case(explorer) for explorer in explorers]
    answers = javascript("commute from shift_explorer/commute", COMMUTE, cases)
    for explorer, answer in zip(explorers, answers):
        for name, expected in [
            ("gx", explorer.transformed),
            ("fgx", explorer.output),
            ("gfx", explorer.transformed_output),
        ]:
            most = np.abs(expected).max()
            np.testing.assert_allclose(answer[name], expected.ravel(), rtol=1e-9, atol=1e-11 * most)
        if answer["exact"]:  # Python may sum in another order, but not in two orders
            assert explorer.error < 1e-15
        assert float(answer["error"]) == pytest.approx(explorer.error, rel=1e-6, abs=1e-12)
    seen = {(e.transform, a["exact"]) for e, a in zip(explorers, answers)}
    assert seen == set(itertools.product(["shift", "rotate", "scale"], [True, False]))


def test_the_relative_error_by_hand(javascript):
    cases = [
        ([3, 4], [3, 4]), ([0, 0], [0, 0]), ([-0.0, 1], [0.0, 1]),  # equal
        ([1 + 2**-52, 0], [1, 0]), ([3, 9], [0, 5]), ([1, 0], [0, 0]),
    ]  # fmt: skip
    ask = "(({ error, exact }) => [String(error), exact])(relativeError(...c))"
    answers = javascript("relativeError from shift_explorer/commute", ask, cases)
    assert answers[:3] == [["0", True]] * 3
    assert [exact for _, exact in answers[3:]] == [False] * 3
    assert [float(error) for error, _ in answers[3:]] == [2**-52, 1, math.inf]


SWEEP = PLANE + """
    const sweep = createSweep(plane(c.input), plane(c.fx), c, c);
    let calls = 0;
    while (!sweep.more(0, () => 1)) calls++;
    return { points: sweep.points, calls };
})()"""


@pytest.mark.parametrize("layers", [["conv"], ["conv", "max_pool"], NETWORK])
def test_the_curve_is_the_error_at_every_shift_of_the_row(javascript, layers):
    explorer = ShiftExplorer("photo", layers=layers, shift=(4, 0))
    [answer] = javascript("createSweep from shift_explorer/commute", SWEEP, [case(explorer)])
    points = answer["points"]
    assert [p["at"] for p in points] == list(range(-16, 17))
    assert answer["calls"] == 32  # one point at a time, as no time was given
    stride = {1: 1, 2: 2, 6: 4}[len(layers)]
    assert [p["at"] for p in points if p["exact"]] == list(range(-16, 17, stride))
    for at in (-16, -7, 0, 3):
        explorer.shift = (4, at)
        assert points[at + 16]["error"] == pytest.approx(explorer.error, rel=1e-9, abs=1e-15)


def test_angles_and_factors_have_curves_of_their_own(javascript):
    cases = [case(ShiftExplorer(transform=t)) for t in ("rotate", "scale")]
    angles, factors = javascript("createSweep from shift_explorer/commute", SWEEP, cases)
    assert [p["at"] for p in angles["points"]] == list(range(-180, 181, 5))
    assert [p["at"] for p in factors["points"] if p["exact"]] == [1]
    assert factors["points"][0]["at"] == 0.5 and factors["points"][-1]["at"] == 2
    explorer = ShiftExplorer(transform="rotate", angle=-90)
    assert angles["points"][18]["error"] == pytest.approx(explorer.error)


# -- sentences -----------------------------------------------------------------------------------


def test_only_equal_values_are_called_exactly_zero(javascript):
    texts = {
        3e-16: "3.0e−16: rounding only",
        0.0123: "1.23 %",
        0.5: "50 %",
        1.25: "125 %",
        math.pi / 1e6: "3.1e−4 %",
    }
    ask = "errorText({ error: c, exact: c === 0 })"
    answers = javascript("errorText from shift_explorer/text", ask, [0, *texts])
    assert answers == ["exactly 0", *texts.values()]


ZEROS = """zerosText(
    c.points.map((exact, n) => ({ at: n - 16, exact })),
    { transform: "shift", shift: [c.down, 0] },
)"""


def test_the_zeros_of_a_row_are_told_as_short_as_they_can_be(javascript):
    rows = {
        "In this row it is exactly 0 at every shift.": range(-16, 17),
        "In this row it is exactly 0 nowhere.": [],
        "In this row it is exactly 0 at multiples of 2.": range(-16, 17, 2),
        "In this row it is exactly 0 at multiples of 4.": range(-16, 17, 4),
        "In this row it is exactly 0 at 0 only.": [0],
        "In this row it is exactly 0 from −3 to 5.": range(-3, 6),
        "In this row it is exactly 0 at 3 shifts of 33.": [-2, 0, 5],
        "In this row it is exactly 0 at 2 shifts of 33.": [-7, -5],
    }
    columns = range(-16, 17)
    cases = [{"down": 0, "points": [at in zeros for at in columns]} for zeros in rows.values()]
    assert javascript("zerosText from shift_explorer/text", ZEROS, cases) == list(rows)
    cases = [{"down": -3, "points": [False] * 33}]
    assert javascript("zerosText from shift_explorer/text", ZEROS, cases) == [
        "In this row (3 up) it is exactly 0 nowhere."
    ]


def test_what_g_does_to_the_map_is_told_where_it_is_another_thing(javascript):
    cell = "One cell of the map is 2 pixels wide"
    cases = [
        (["shift", [2, 3], 1], ""),
        (["shift", [4, -8], 2], f"{cell}: g moves it by 2 down and 4 left."),
        (["shift", [0, 3], 2], f"{cell}: g moves it by 1.5 right, interpolated between two cells."),
        (["shift", [0, 0], 2], f"{cell}: g moves it by nothing."),
        (["rotate", [0, 3], 1], ""),
        (["scale", [0, 3], 2], f"{cell}; there g is about the middle of the map."),
    ]
    given, expected = zip(*cases)
    ask = "mapText({ transform: c[0], shift: c[1] }, c[2])"
    told = javascript("mapText from shift_explorer/text", ask, given)
    assert told == list(expected)
