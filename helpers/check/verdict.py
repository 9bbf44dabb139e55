"""The verdict that all exercises share, and how answers are read and shown."""

import html
from dataclasses import dataclass

import numpy as np

RIGHT, WRONG, NOT_TRIED = "right", "wrong", "not tried yet"
_SYMBOLS = {RIGHT: "✓", WRONG: "✗", NOT_TRIED: "○"}
_COLOURS = {RIGHT: "#00694c", WRONG: "#b3261e", NOT_TRIED: "#5a5f66"}  # white on them: ≥ 6


@dataclass(frozen=True)
class Verdict:
    """What a checker says: a status, a sentence, the case that failed, a hint. True if right."""

    status: str
    message: str
    case: str = ""
    hint: str = ""

    def __bool__(self):
        return self.status == RIGHT

    def __repr__(self):
        lines = [f"{_SYMBOLS[self.status]} {self.status}: {self.message}"]
        lines += [f"    {line}" for line in self.case.splitlines()]
        return "\n".join(lines + ([f"  Hint: {self.hint}"] if self.hint else []))

    def _repr_html_(self):
        colour = _COLOURS[self.status]
        badge = (
            f'<b style="background:{colour};color:#fff;padding:.15em .6em;border-radius:1em;'
            f'margin-right:.6em;white-space:nowrap">{_SYMBOLS[self.status]} {self.status}</b>'
        )
        case = (
            '<pre style="margin:.5em 0 0;padding:.5em .7em;border-radius:4px;overflow:auto;'
            "background:var(--jp-layout-color2,#eee);color:var(--jp-content-font-color0,#000)"
            f'">{html.escape(self.case)}</pre>'
        )
        hint = f'<div style="margin-top:.5em"><b>Hint:</b> {html.escape(self.hint)}</div>'
        return (
            f'<div style="border-left:.35em solid {colour};padding:.6em .9em;line-height:1.5;'
            "background:var(--jp-layout-color1,#fff);color:var(--jp-content-font-color0,#000)"
            f'">{badge}{html.escape(self.message)}{case if self.case else ""}'
            f"{hint if self.hint else ''}</div>"
        )


def not_tried(what="the exercise"):
    return Verdict(NOT_TRIED, f"Fill in {what}, then run the cell again.")


def to_numbers(value):
    """A float array of a number, an array, nested lists or a torch tensor; else TypeError."""
    if isinstance(value, (list, tuple)):
        parts = [to_numbers(part) for part in value]
        if len({part.shape for part in parts}) > 1:
            raise TypeError("a list whose rows differ in length")
        return np.array(parts, dtype=float)
    kind = type(value).__name__
    if hasattr(value, "detach") and hasattr(value, "cpu"):
        value = value.detach().cpu().numpy()
    if not isinstance(value, (int, float, np.number, np.ndarray)) or isinstance(value, bool):
        raise TypeError("text" if isinstance(value, str) else f"something of type {kind}")
    value = np.ma.filled(value, np.nan) if np.ma.isMaskedArray(value) else np.asarray(value)
    if value.dtype.kind not in "iuf":
        raise TypeError(f"an array of {value.dtype}")
    return value.astype(float)


def show(value):
    """A value as it stands in a case: short, on several lines for a matrix."""
    if isinstance(value, np.ndarray) and value.dtype == bool:
        value = value.astype(int)
    try:
        value = np.round(to_numbers(value), 4) + 0.0  # no −0
    except TypeError:
        text = repr(value)
        return text if len(text) <= 200 else text[:197] + "…"

    def written(v):
        return f"{v:.0f}" if v == np.round(v) and abs(v) < 1e15 else f"{v:.6g}"

    if value.shape == () and np.isfinite(value) and value == np.round(value) and abs(value) >= 1e5:
        return f"{value:,.0f}"  # a count: 22,353,408
    style = dict(separator=", ", threshold=80, formatter={"float_kind": written})
    return np.array2string(value, **style)


def listing(**values):
    """The lines `name = value` of a case, with the further lines of a matrix indented."""
    width = max(map(len, values))
    indent = "\n" + " " * (width + 3)
    return "\n".join(
        f"{name:<{width}} = {show(value).replace(chr(10), indent)}"
        for name, value in values.items()
    )
