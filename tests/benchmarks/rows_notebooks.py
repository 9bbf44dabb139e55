"""How long the notebooks take from top to bottom, one by one and together through nbval."""

import json
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

from tests.benchmarks.table import Row
from tests.browser.server import REPOSITORY

BUDGETS = {"05": 120, "06": 150}  # seconds; 90 for all others
ALL = 8 * 60
LONGEST_CELL = 30


def longest_cell(path):
    """Seconds of the slowest cell of an executed notebook."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    times = [cell["metadata"]["execution"] for cell in cells if "execution" in cell["metadata"]]
    spans = [(time["iopub.execute_input"], time["shell.execute_reply"]) for time in times]
    read = datetime.fromisoformat
    return max((read(end) - read(start)).total_seconds() for start, end in spans)


def run(*arguments):
    """Seconds of a Python command in the notebooks' folder; its output if it fails."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=REPOSITORY / "notebooks",
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"{arguments} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return time.perf_counter() - start


def rows(stage):
    notebooks = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))
    for path in notebooks:
        with tempfile.TemporaryDirectory() as folder:
            to = ["--to", "notebook", "--execute", "--output-dir", folder]
            seconds = run("nbconvert", "--log-level", "ERROR", *to, path.name)
            longest = longest_cell(Path(folder) / path.name)
        yield Row(f"{path.name}, all cells", [seconds], BUDGETS.get(path.name[:2], 90), "s")
        yield Row(f"{path.name}, its longest cell (training)", [longest], LONGEST_CELL, "s")
    if notebooks:
        names = [path.name for path in notebooks]
        flags = ["-q", "--nbval-lax", "--nbval-current-env", "-p", "no:cacheprovider"]
        yield Row("all notebooks through nbval", [run("pytest", *flags, *names)], ALL, "s")
