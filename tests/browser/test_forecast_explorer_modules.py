"""The arithmetic of ForecastExplorer in a browser, against NumPy and the widget's own in Python."""

import numpy as np

from tests.browser.oracle import javascript  # noqa: F401 (a fixture)
from tests.test_forecast_explorer import H, SHIFTS, TIMES, W, explorer
from tests.test_widgets import nothing_stays  # noqa: F401 (a fixture)


def test_errors_are_those_of_numpy(javascript):
    rng = np.random.default_rng(0)
    cases, wanted = [], []
    for _ in range(200):
        height, width = (int(n) for n in rng.integers(2, 12, size=2))
        forecast, truth = rng.normal(size=(2, height, width)) * 10.0 ** rng.integers(-6, 6)
        latitude = np.sort(rng.uniform(-90, 90, height))[::-1]
        cases.append({"f": forecast.ravel().tolist(), "t": truth.ravel().tolist(),
                      "l": latitude.tolist(), "w": width})  # fmt: skip
        squares, w = (forecast - truth) ** 2, np.cos(np.radians(latitude))
        rows = w[:, None] * squares
        wanted.append([rows.sum(), np.sqrt(rows.sum() / (width * w.sum())),
                       np.sqrt(rows.sum(0) / w.sum()), np.sqrt(squares.mean(1))])  # fmt: skip
    measured = "(({ sum, root, longitude, latitude }) => [sum, root, [...longitude], [...latitude]])"
    found = javascript(
        "measure, weightsOf from forecast_explorer/rollouts",
        f"{measured}(measure(c.f, c.t, weightsOf(c.l), c.w))", cases,
    )  # fmt: skip
    for ours, theirs in zip(found, wanted):
        for one, other in zip(ours, theirs):
            assert np.allclose(one, other, rtol=1e-12, atol=0)


READ = """(() => {
    const packed = { ...c.packed };
    for (const part of ["data", "least", "step"]) packed[part] = new DataView(Uint8Array.from(packed[part]).buffer);
    return unpack(packed);
})()"""


def test_the_page_reads_the_same_numbers_as_python_to_the_last_bit(javascript):
    shown = explorer()
    packed = dict(shown.get_state()["_packed"])
    for part in ("data", "least", "step"):
        packed[part] = list(bytes(packed[part]))
    settings = [(name, shift, lead) for name in ("zeros", "circular", "persistence")
                for shift in SHIFTS for lead in range(TIMES)]  # fmt: skip
    cases = [{"packed": packed, "name": n, "shift": s, "lead": t} for n, s, t in settings]
    found = javascript(
        "unpack from forecast_explorer/rollouts",
        f"(({{ ...d }}) => [[...d.forecast(c.name, c.shift, c.lead)], d.errors(c.name, c.shift).lead])({READ})",
        cases,
    )
    for (name, shift, lead), (values, roots) in zip(settings, found):
        shown.set(network=name, shift=shift, lead=lead, view_from="network")
        assert (np.roll(np.reshape(values, (H, W)), shift, axis=1) == shown.forecast).all()
        assert np.allclose(roots, shown.rmse_by_lead[name], rtol=1e-12, atol=0)


def test_a_roll_goes_to_the_nearest_shift_around_the_globe(javascript):
    rng = np.random.default_rng(1)
    cases = []
    for _ in range(200):
        width = int(rng.integers(4, 65))
        shifts = rng.choice(width, size=rng.integers(1, width), replace=False) - width // 2
        cases.append({"cells": int(rng.integers(-200, 200)), "shifts": shifts.tolist(), "width": width})
    found = javascript(
        "nearestShift from forecast_explorer/rollouts", "nearestShift(c.cells, c.shifts, c.width)", cases
    )
    for case, shift in zip(cases, found):
        angles = 2 * np.pi * (np.array(case["shifts"]) - case["cells"]) / case["width"]
        best = np.cos(angles).max()
        assert np.cos(2 * np.pi * (shift - case["cells"]) / case["width"]) > best - 1e-9
        assert shift in case["shifts"]


def test_degrees_and_numbers_are_written_as_people_do(javascript):
    cases = [0, 360, 180, -90, 2.8125, 357.1875, 540]
    assert javascript("longitudeText from forecast_explorer/text", "longitudeText(c)", cases) == [
        "0°", "0°", "180°", "90° W", "2.8° E", "2.8° W", "180°"]  # fmt: skip
    cases = [0, 0.0213456, -1.12345, 1120.4, 5.3e6, 3e-5, -2.14e-5, 99999]
    assert javascript("short from forecast_explorer/text", "short(c)", cases) == [
        "0", "0.0213", "−1.12", "1120", "5.3e6", "3e−5", "−2.1e−5", "100000"]  # fmt: skip
    cases = [0, 4, -4, 32, 40, 64]
    assert javascript("rolledText from forecast_explorer/text", "rolledText(c, 64)", cases) == [
        "0°", "22.5° east", "22.5° west", "180°", "135° west", "0°"]  # fmt: skip
