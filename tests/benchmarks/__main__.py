"""Prints the table of budgets with what this machine measures.

uv run python -m tests.benchmarks [imports notebooks widgets …] [--write]
"""

import argparse
import os
import platform
import traceback
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks.stage import Stage
from tests.benchmarks.table import markdown

HERE = Path(__file__).parent
PACKAGES = ["jupyterlab", "ipykernel", "anywidget", "ipywidgets", "numpy", "torch", "matplotlib"]


def machine():
    """Versions and cores, nothing that names the machine."""
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, {versions}"


def main():
    groups = [path.stem.removeprefix("rows_") for path in sorted(HERE.glob("rows_*.py"))]
    parser = argparse.ArgumentParser(description="Measure the course against its budgets.")
    parser.add_argument("groups", nargs="*", help=f"some of: {', '.join(groups)} (default: all)")
    parser.add_argument("--write", action="store_true", help="also write RESULTS.md")
    options = parser.parse_args()
    if unknown := set(options.groups) - set(groups):
        parser.error(f"no group {', '.join(sorted(unknown))}; there are {', '.join(groups)}")

    rows, failed = [], []
    with Stage() as stage:
        for group in options.groups or groups:
            try:
                for row in import_module(f"tests.benchmarks.rows_{group}").rows(stage):
                    rows.append(row)
                    print(" · ".join(row.cells()).rstrip(" ·"), flush=True)
            except Exception:
                traceback.print_exc()
                failed.append(group)

    short = [row.what for row in rows if not row.ok]
    closing = f"{len(rows) - len(short)} of {len(rows)} budgets are kept."
    closing += "".join(f"\nShort: {what}." for what in short)
    closing += "".join(f"\nNot measured to its end: {group}." for group in failed)
    report = f"{markdown(rows)}\n\n{closing}\n\n{machine()}\n"
    print(f"\n{report}")
    if options.write:
        (HERE / "RESULTS.md").write_text(f"# Budgets, measured\n\n{report}", encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
