"""The lessons as participants open them: run from top to bottom, twice, in JupyterLab."""

import json
from pathlib import Path

import pytest

LESSONS = sorted((Path(__file__).parents[2] / "notebooks").glob("0*.ipynb"))
# What the notebook's model holds: cells that are out of sight have no nodes.
OUTPUTS = """id => [...jupyterapp.shell.widgets("main")].find(w => w.id === id).content.model.sharedModel
    .toJSON().cells.map(cell => (cell.outputs ?? []).map(output => output.output_type + " " + Object.keys(output.data ?? {})))"""


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_runs_twice_from_top_to_bottom(lab, path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    solutions = [n for n, cell in enumerate(cells) if "solution" in cell["metadata"].get("tags", [])]
    widgets = 0
    notebook = lab.open_notebook(path)
    for _ in range(2):
        notebook.run_all(seconds=300)
        outputs = lab.page.evaluate(OUTPUTS, notebook.id)
        assert [n for n, kinds in enumerate(outputs) if any(kind.startswith("error") for kind in kinds)] == []
        assert [n for n in solutions if outputs[n]] == []  # an answer in sight would spoil the exercise
        shown = [n for n, kinds in enumerate(outputs) if any("widget-view" in kind for kind in kinds)]
        for n in shown:
            notebook.show(n)
            notebook.output(n).locator(".cnn-widget :is(.cnn-panel, .cnn-table, canvas, svg):visible").first.wait_for()
        widgets += len(shown)
    assert widgets >= 2
    assert lab.console_errors == []
