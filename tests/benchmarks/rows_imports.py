"""What `import helpers` costs, as a whole process, against what any widget has to import."""

import subprocess
import sys
import time

from tests.benchmarks.table import Row

RUNS = 9
BASE = "import numpy, anywidget"
MEASURED = {
    "import helpers": "import helpers",
    "from helpers import ConvolutionExplorer": "from helpers import ConvolutionExplorer",
}


def process_time(statement):
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - start


def rows(stage):
    for statement in (BASE, *MEASURED.values()):
        process_time(statement)  # the first one writes the byte code and fills the disk's cache
    times = {statement: [] for statement in (BASE, *MEASURED.values())}
    for _ in range(RUNS):
        for statement, measured in times.items():
            measured.append(process_time(statement))
    for what, statement in MEASURED.items():
        yield Row(f"{what}, whole process", times[statement], 0.5, "s", "median")
        ratios = [a / b for a, b in zip(times[statement], times[BASE])]
        yield Row(f"{what}, against {BASE}", ratios, 2, "×", "median")
