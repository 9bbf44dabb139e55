"""How long the notebooks take from top to bottom, one by one and together through nbval."""

import subprocess
import sys
import tempfile
import time

from tests.benchmarks.table import Row
from tests.browser.server import REPOSITORY

BUDGETS = {"05": 120, "06": 150}  # seconds; 90 for all others
ALL = 8 * 60


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
        yield Row(f"{path.name}, all cells", [seconds], BUDGETS.get(path.name[:2], 90), "s")
    if notebooks:
        names = [path.name for path in notebooks]
        flags = ["-q", "--nbval-lax", "--nbval-current-env", "-p", "no:cacheprovider"]
        yield Row("all notebooks through nbval", [run("pytest", *flags, *names)], ALL, "s")
