"""The arithmetic of LandscapeExplorer in a browser, against contourpy and NumPy."""

import contourpy
import numpy as np

from tests.browser.oracle import javascript  # noqa: F401 (a fixture)


def listed(values):
    """JSON has neither nan nor infinity: null stands for nan, "inf" for infinity."""
    return [None if np.isnan(v) else "inf" if np.isinf(v) else float(v) for v in np.ravel(values)]


READ = "(values) => values.map((v) => (v === null ? NaN : v === 'inf' ? Infinity : v))"


def pieces_of(flat):
    """Pieces of a line without direction and order, rounded: {((row, column), (row, column)), …}."""
    ends = np.round(np.reshape(flat, (-1, 2, 2)), 6) + 0.0
    return {tuple(sorted(map(tuple, piece))) for piece in ends.tolist() if piece[0] != piece[1]}


def test_contours_are_those_of_matplotlib(javascript):
    rng = np.random.default_rng(0)
    cases, wanted = [], []
    for n in range(300):
        height, width = rng.integers(2, 9, size=2)
        values = rng.normal(size=(height, width))
        if n % 3 == 0:  # holes
            values[rng.random(values.shape) < 0.15] = np.nan
        level = float(rng.normal() / 2)
        cases.append({"z": listed(values), "h": int(height), "w": int(width), "level": level})
        generator = contourpy.contour_generator(
            z=np.ma.masked_invalid(values), name="serial", corner_mask=False
        )
        lines = generator.lines(level)  # (x, y) of every point
        pieces = [np.hstack([line[:-1, ::-1], line[1:, ::-1]]) for line in lines]
        wanted.append(pieces_of(np.concatenate(pieces) if pieces else []))
    found = javascript(
        "contour from landscape_explorer/contours", f"contour(({READ})(c.z), c.h, c.w, c.level)", cases
    )
    assert sum(map(len, wanted)) > 2000
    for case, ours, theirs in zip(cases, found, wanted):
        assert pieces_of(ours) == theirs, case


def test_heights_are_shares_of_the_scale_and_lead_back(javascript):
    rng = np.random.default_rng(1)
    cases = []
    for n in range(100):
        losses = np.exp(rng.normal(size=6) * 3)
        if n % 4 == 0:
            losses[1], losses[2] = np.inf, np.nan
        finite = losses[np.isfinite(losses)]
        ceiling = None if n % 2 else float(finite.min() + rng.random() * np.ptp(finite) + 1e-3)
        cases.append({
            "losses": listed(losses), "log": bool(n % 3), "ceiling": ceiling,
            "lowest": float(finite.min()), "highest": float(finite.max()),
        })  # fmt: skip
    found = javascript(
        "scaleOf from landscape_explorer/surfaces",
        f"""((s) => ({READ})(c.losses).map((v) => [s.height(v), s.loss(s.height(v))]))
            (scaleOf(c, c.ceiling, c.log))""",
        cases,
    )
    for case, heights in zip(cases, found):
        on = np.log10 if case["log"] else (lambda v: v)
        top = case["highest"] if case["ceiling"] is None else case["ceiling"]
        for loss, (height, back) in zip(case["losses"], heights):
            if loss in (None, "inf"):
                assert height is None  # nan
                continue
            wanted = (on(loss) - on(case["lowest"])) / (on(top) - on(case["lowest"]))
            np.testing.assert_allclose([height, back], [wanted, loss], rtol=1e-9, atol=1e-12)


def test_the_camera_sees_what_two_rotations_say(javascript):
    rng = np.random.default_rng(2)
    cases = [
        {"camera": [float(rng.uniform(-180, 180)), float(rng.uniform(5, 90))],
         "p": rng.uniform(-1, 1, 3).tolist(), "size": [int(rng.integers(200, 900)), 300]}
        for _ in range(300)
    ]  # fmt: skip
    found = javascript(
        "projection from landscape_explorer/surfaces",
        "((s) => [s.at(...c.p), s.size])(projection(c.camera, ...c.size, [40, 20]))",
        cases,
    )
    for case, (at, size) in zip(cases, found):
        a, e = np.radians(case["camera"])
        around = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
        tilt = np.array([[1, 0, 0], [0, np.cos(e), -np.sin(e)], [0, np.sin(e), np.cos(e)]])
        across, _, up = tilt @ around @ (np.array(case["p"]) - [0, 0, 0.65])
        wide, high = case["size"]
        np.testing.assert_allclose(at, [wide / 2 + size * across, high / 2 - size * up], rtol=1e-9)


def test_the_whole_room_stays_on_the_canvas(javascript):
    rng = np.random.default_rng(3)
    cases = [
        {"camera": [float(rng.uniform(-180, 180)), float(rng.uniform(5, 90))], "size": size}
        for size in ([300, 300], [700, 250], [200, 500])
        for _ in range(60)
    ]
    found = javascript(
        "projection from landscape_explorer/surfaces",
        """((s) => [-1, 1].flatMap((x) => [-1, 1].flatMap((y) => [0, 1.3].map((z) => s.at(x, y, z)))))
            (projection(c.camera, ...c.size, [40, 20]))""",
        cases,
    )
    for case, corners in zip(cases, found):
        free = np.minimum(corners, np.array(case["size"]) - corners).min(axis=0)
        assert (free >= [40 - 1e-9, 20 - 1e-9]).all(), case


def test_a_face_ends_at_the_ceiling(javascript):
    rng = np.random.default_rng(4)
    square = [[0, 0], [1, 0], [1, 1], [0, 1]]
    cases = [[[*at, float(z)] for at, z in zip(square, rng.uniform(0, 2, 4))] for _ in range(100)]
    found = javascript("below from landscape_explorer/surfaces", "below(c, 1)", cases)
    for corners, kept in zip(cases, found):
        low = [corner for corner in corners if corner[2] <= 1]
        assert [point for point in kept if point[2] < 1] == [c for c in low if c[2] < 1]
        crossings = [point for point in kept if point[2] == 1]
        changes = sum((a[2] <= 1) != (b[2] <= 1) for a, b in zip(corners, corners[1:] + corners[:1]))
        assert len(crossings) == changes
        for x, y, _ in crossings:  # on the edge, where its height is 1
            on = [
                (a, b) for a, b in zip(corners, corners[1:] + corners[:1])
                if abs((b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])) < 1e-12
            ]  # fmt: skip
            heights = [a[2] + (abs(x - a[0]) + abs(y - a[1])) * (b[2] - a[2]) for a, b in on]
            assert any(abs(height - 1) < 1e-9 for height in heights)


def test_cuts_run_through_the_place(javascript):
    losses = np.arange(12.0).reshape(3, 4)
    data = {"rows": [-1, 0, 1], "columns": [-3, -1, 1, 3], "width": 4}
    cases = [[r, c, along] for r in range(3) for c in range(4) for along in (1, 2)]
    found = javascript(
        "cutOf from landscape_explorer/cuts",
        f"cutOf({data}, {losses.ravel().tolist()}, [c[0], c[1]], `direction ${{c[2]}}`)",
        cases,
    )
    for (r, c, along), cut in zip(cases, found):
        row, column = list(zip(data["columns"], losses[r])), list(zip(data["rows"], losses[:, c]))
        assert [tuple(point) for point in cut] == (row if along == 1 else column)


def test_a_curve_is_broken_at_holes_and_cut_at_the_ceiling(javascript):
    cases = [
        [[0, 0.5], [1, 1.5], [2, 0.5]],
        [[0, 0.5], [1, None], [2, 0.25], [3, 2.25]],
        [[0, 3], [1, 2]],
        [[0, 1], [1, 0], [2, 1]],
        [[0, None], [1, 0.5], [2, None]],
    ]
    found = javascript(
        "piecesBelow from landscape_explorer/cuts",
        "piecesBelow(c.map(([x, y]) => [x, y === null ? NaN : y]), 1)",
        cases,
    )
    assert found == [
        [[[0, 0.5], [0.5, 1]], [[1.5, 1], [2, 0.5]]],
        [[[0, 0.5]], [[2, 0.25], [2.375, 1]]],
        [],
        [[[0, 1], [1, 0], [2, 1]]],
        [[[1, 0.5]]],
    ]


def test_levels_are_round_few_and_inside(javascript):
    rng = np.random.default_rng(5)
    cases = []
    for n in range(200):
        low = float(np.exp(rng.normal() * 4))
        high = low * float(1.01 + np.exp(rng.normal() * 6))
        cases.append({"lowest": low, "top": high, "logarithmic": bool(n % 2)})
    found = javascript("levelsOf from landscape_explorer/contours", "levelsOf(c, 9)", cases)
    for case, levels in zip(cases, found):
        assert 1 <= len(levels) <= 10 and sorted(levels) == levels
        assert case["lowest"] * (1 - 1e-6) <= levels[0] and levels[-1] <= case["top"] * (1 + 1e-6)
        if case["logarithmic"] and case["top"] > 10 * case["lowest"]:
            digits = {float(f"{level:.6e}"[:8]) for level in levels}
            assert digits <= {1, 2, 3, 5}, case


def test_numbers_and_shares_are_short(javascript):
    cases = [0.0213456, 1.12345, 1120.4, 5.3e6, 0, -0.5, 0.000922, 3e-7, "inf", None, 99999.9]
    found = javascript("short from landscape_explorer/text", f"short(({READ})([c])[0])", cases)
    assert found == ["0.0213", "1.12", "1120", "5.3e6", "0", "−0.5", "0.000922", "3e−7",
                     "beyond all numbers", "not computed", "100000"]  # fmt: skip
    found = javascript(
        "percent from landscape_explorer/text", "percent(c[0], 625)", [[0], [1], [300], [624], [625]]
    )
    assert found == ["0 %", "<1 %", "48 %", ">99 %", "100 %"]


def test_the_camera_goes_around_and_stays_above_the_ground(javascript):
    cases = [[[170, 30], [20, 0]], [[-170, 30], [-20, 0]], [[0, 30], [0, -90]], [[0, 30], [725, 90]]]
    found = javascript("turned from landscape_explorer/surfaces", "turned(...c)", cases)
    assert found == [[-170, 30], [170, 30], [0, 5], [5, 90]]
