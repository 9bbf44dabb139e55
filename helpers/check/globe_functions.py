"""Exercises of lesson 6 on the globe and in time: errors, padding, a rollout, a memory."""

from dataclasses import dataclass

import numpy as np

from .answers import Mistake, check_function


def my_rmse(function):
    """Verdict on f(error, latitude): root mean square of error (H, W), weighted with cos(latitude in degrees)."""
    random = np.random.default_rng(8)
    cases = [(np.array([[0.0, 1, -1], [2, -3, 2]]), np.array([60.0, 0]))]  # √((2/2 + 17) / 4.5) = 2
    for rows, columns in [(4, 8), (6, 3), (8, 16)]:
        latitude = 90 - 180 / rows * (np.arange(rows) + 0.5)
        cases.append((random.normal(0, 3, (rows, columns)).round(2), latitude))

    def my_rmse(error, latitude):
        weights = np.cos(np.deg2rad(latitude))[:, None] * np.ones_like(error)
        return np.sqrt((weights * error**2).sum() / weights.sum())

    def cosine(latitude):
        return np.cos(np.deg2rad(latitude))[:, None]

    mistakes = [
        Mistake(lambda e, p: np.sqrt((e**2).mean()), "Nothing is weighted: a cell near the pole counts as much as one "
                "at the equator, which is far larger."),
        Mistake(lambda e, p: np.sqrt((cosine(p) * e**2).mean()), "Divide by the mean of the weights, not by the number "
                "of cells: an error of 1 everywhere must give 1."),
        Mistake(lambda e, p: np.sqrt((cosine(p) * e**2).sum() / cosine(p).sum()),
                "The weights stand once for each row, but there are W cells in it: divide by the sum over all cells."),
        Mistake(lambda e, p: np.sqrt(abs((np.cos(p)[:, None] * e**2).mean() / np.cos(p).mean())),
                "np.cos wants radians: np.deg2rad(latitude)."),
        Mistake(lambda e, p: (cosine(p) * e**2).mean() / cosine(p).mean(), "The root is missing: that is the mean "
                "square."),
        Mistake(lambda e, p: (cosine(p) * abs(e)).mean() / cosine(p).mean(), "That is the mean of the absolute error; "
                "here errors are squared, and the root comes last."),
        Mistake(lambda e, p: np.sqrt(((cosine(p) * e) ** 2).mean() / cosine(p).mean()),
                "The weight is squared with the error: weigh error**2, not error."),
        Mistake(None, "latitude has one value for each row: [:, None] makes it a column, which meets all columns of "
                "error.", errors=("broadcast", "must match the size")),
    ]  # fmt: skip
    return check_function(
        function, my_rmse, cases, mistakes=mistakes, outputs=("RMSE",), name="my_rmse",
        like="helpers.weighted_rmse",
        hint="w = np.cos(np.deg2rad(latitude))[:, None]; the weighted mean of error**2 is "
             "(w * error**2).mean() / w.mean().",
    )  # fmt: skip


def my_globe_padding(function):
    """Verdict on f(x): (H, W) → (H + 2, W + 2), columns circular, first and last row repeated."""
    random = np.random.default_rng(9)
    cases = [(np.arange(1.0, 13).reshape(3, 4),)]
    cases += [(random.integers(-9, 10, shape).astype(float),) for shape in [(3, 4), (4, 2), (1, 5), (5, 3)]]

    def pad(x, rows, columns):
        how = {"zeros": "constant", "circular": "wrap", "edge": "edge", "second": "reflect"}
        x = np.pad(x, ((1, 1), (0, 0)), mode=how[rows])
        return np.pad(x, ((0, 0), (1, 1)), mode=how[columns])

    def my_globe_padding(x):
        return pad(x, "edge", "circular")

    mistakes = [
        Mistake(lambda x: pad(x, "circular", "edge"), "Rows and columns are exchanged: rows are latitudes, and the "
                "north pole is no neighbour of the south pole."),
        Mistake(lambda x: pad(x, "circular", "circular"),
                "The rows are circular, too: beyond the north pole would lie the "
                "south pole. Repeat the first and the last row."),
        Mistake(lambda x: pad(x, "edge", "edge"),
                "The columns are repeated: beyond the last longitude lies the first."),
        Mistake(lambda x: pad(x, "zeros", "circular"),
                "The columns are right; beyond the poles you put zeros: repeat the first and the last row."),
        Mistake(lambda x: pad(x, "edge", "zeros"), "The rows are right; left and right you put zeros: beyond the last "
                "longitude lies the first."),
        Mistake(lambda x: pad(x, "second", "circular"), "Beyond the pole stands the second row: \"reflect\" leaves "
                "the edge itself out. Repeat the first and the last row."),
        Mistake(lambda x: pad(x, "zeros", "zeros"), "That is padding with zeros on all sides: a wall across the map."),
        Mistake(lambda x: np.pad(x, ((0, 0), (1, 1)), mode="wrap"), "Rows are missing: one above the first, one below "
                "the last."),
        Mistake(lambda x: np.pad(x, ((1, 1), (0, 0)), mode="edge"), "Columns are missing: one on either side."),
    ]  # fmt: skip
    return check_function(
        function, my_globe_padding, cases, mistakes=mistakes, name="my_globe_padding",
        hint="np.pad(x, ((1, 1), (0, 0)), mode=\"edge\") repeats the rows; mode=\"wrap\" with the other axis "
             "closes the circle.",
    )  # fmt: skip


@dataclass(frozen=True)
class _Step:
    """A step that a case can show: its text, and what it does."""

    text: str
    function: object

    def __call__(self, state):
        return self.function(state)

    def __repr__(self):
        return f"lambda state: {self.text}"


def my_rollout(function):
    """Verdict on f(step, state, steps): [state, step(state), step(step(state)), …], steps + 1 of them, stacked.

    step takes a state and returns the next one.
    """
    halved = _Step("state / 2", lambda state: state / 2)
    turned = _Step("1 - 2 * state", lambda state: 1 - 2 * state)  # for tensors, too
    cases = [
        (halved, np.array([8.0, 16]), 3), (turned, np.array([1.0, 2, 5]), 4),
        (turned, np.array([[1.0, 0], [3, 2]]), 2), (halved, np.array([[4.0]]), 0),
        (turned, np.array([3.0, 1]), 1),
    ]  # fmt: skip

    def my_rollout(step, state, steps):
        states = [state]
        for _ in range(steps):
            states.append(step(states[-1]))
        return np.stack(states)

    def same_start(step, state, steps):
        return np.stack([state] + [step(state)] * steps)

    mistakes = [
        Mistake(same_start, "Every step begins at the start again: feed the last forecast back, step(states[-1])."),
        Mistake(lambda f, s, n: my_rollout(f, s, n)[1:], "The start is missing: it comes first.", exact=True),
        Mistake(lambda f, s, n: my_rollout(f, s, n)[-1], "That is one state alone: keep all of them."),
        Mistake(lambda f, s, n: my_rollout(f, s, n + 1), "One state too many: the start and `steps` forecasts."),
        Mistake(lambda f, s, n: my_rollout(f, s, n - 1), "One state is missing: the start and `steps` forecasts."),
        Mistake(lambda f, s, n: np.concatenate([s[None], my_rollout(f, s, n)[:-1]]),
                "The start stands twice: first the step, then the append."),
        Mistake(lambda f, s, n: np.stack([s] * (n + 1)), "Nothing moves: that is persistence. Call step."),
        Mistake(None, "Is there a state in the list before the first step?",
                errors=("list index", "at least one array")),
    ]  # fmt: skip
    return check_function(
        function, my_rollout, cases, mistakes=mistakes, outputs=("states",), name="my_rollout",
        hint="states = [state]; then steps times states.append(step(states[-1])); np.stack(states) at the end.",
    )  # fmt: skip


def my_memory(function):
    """Verdict on f(i, f, g, o, c): the next (h, c) of a ConvLSTM, c′ = f·c + i·g, h′ = o·tanh(c′)."""
    random = np.random.default_rng(10)
    gates = [np.array([[1.0, 0], [0.5, 1]]), np.array([[0.0, 1], [0.5, 1]]), np.array([[2.0, 2], [-1, 0.5]]) / 2,
             np.array([[1.0, 1], [0.5, 0]]), np.array([[3.0, -1], [2, 1]])]  # fmt: skip
    cases = [tuple(gates)]
    for shape in [(2, 3), (1, 4), (3, 2, 2)]:
        i, f, o = random.random((3, *shape)).round(2)
        cases.append((i, f, random.uniform(-1, 1, shape).round(2), o, random.normal(0, 2, shape).round(2)))

    def my_memory(i, f, g, o, c):
        new = f * c + i * g
        return o * np.tanh(new), new

    mistakes = [
        Mistake(lambda i, f, g, o, c: (o * np.tanh(c), f * c + i * g),
                "h says what the new memory holds, not the old one."),
        Mistake(lambda i, f, g, o, c: (o * (f * c + i * g), f * c + i * g),
                "The memory is the right one; what is said of it goes through tanh first."),
        Mistake(lambda i, f, g, o, c: (o * np.tanh(i * c + f * g), i * c + f * g),
                "Input and forget gate are exchanged: f keeps the memory, i lets the new in."),
        Mistake(lambda i, f, g, o, c: my_memory(i, f, g, o, c)[::-1],
                "The right two, in the other order: h first, then c."),
        Mistake(lambda i, f, g, o, c: (o * np.tanh(c + i * g), c + i * g), "Nothing is forgotten: the old memory is "
                "multiplied by f."),
        Mistake(lambda i, f, g, o, c: (o * np.tanh(f * c + g), f * c + g),
                "Everything new is written: g is multiplied by i."),
        Mistake(lambda i, f, g, o, c: (np.tanh(f * c + i * g), f * c + i * g),
                "The output gate is missing: h is multiplied by o."),
        Mistake(lambda i, f, g, o, c: (o * np.tanh(f * c + i * np.tanh(g)), f * c + i * np.tanh(g)),
                "g has gone through tanh already."),
        Mistake(lambda i, f, g, o, c: (o * np.tanh((1 - f) * c + i * g), (1 - f) * c + i * g),
                "The forget gate says how much stays: 1 keeps all."),
    ]  # fmt: skip
    return check_function(
        function, my_memory, cases, mistakes=mistakes, outputs=("h", "c"), name="my_memory",
        hint="c becomes f * c + i * g, cell by cell; h is o * np.tanh(c) of the new c.",
    )  # fmt: skip
