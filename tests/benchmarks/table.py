"""A row of the table of budgets, and the table as text."""

import statistics
from dataclasses import dataclass


def percentile(samples, percent):
    """The nearest-rank percentile: a value that was measured, never one in between."""
    ordered = sorted(samples)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


@dataclass
class Row:
    """`what` was measured, its `samples`, and the `budget` that one of their statistics keeps.

    statistic: "p95" or "median". at_least: the budget is a floor, as for “25 times faster”.
    """

    what: str
    samples: list
    budget: float
    unit: str = "ms"
    statistic: str = "p95"
    at_least: bool = False

    @property
    def median(self):
        return statistics.median(self.samples)

    @property
    def p95(self):
        return percentile(self.samples, 95)

    @property
    def measured(self):
        return self.median if self.statistic == "median" else self.p95

    @property
    def ok(self):
        return self.measured >= self.budget if self.at_least else self.measured <= self.budget

    def cells(self):
        sign = "≥" if self.at_least else "≤"
        share = f"{self.measured / self.budget:.2f}" if self.budget else "–"
        return [
            self.what,
            number(self.median, self.unit),
            number(self.p95, self.unit),
            str(len(self.samples)),
            f"{self.statistic} {sign} {number(self.budget, self.unit)}",
            share,
            "ok" if self.ok else "short",
        ]


def number(value, unit):
    digits = 0 if value == int(value) else 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:.{digits}f}{unit if unit in ('', '×') else ' ' + unit}"


HEADER = ["what", "median", "p95", "runs", "budget", "of budget", ""]


def markdown(rows):
    """The table in Markdown, its columns aligned so that a terminal shows it as well."""
    table = [HEADER, *(row.cells() for row in rows)]
    widths = [max(len(line[i]) for line in table) for i in range(len(HEADER))]
    lines = ["| " + " | ".join(c.ljust(w) for c, w in zip(line, widths)) + " |" for line in table]
    lines.insert(1, "|" + "|".join("-" * (w + 2) for w in widths) + "|")
    return "\n".join(lines)
