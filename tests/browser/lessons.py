"""The cells of a lesson, for tests that run a few of them in a notebook of their own."""

import json
from pathlib import Path

import pytest

from tests.browser.widgets import Shown

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


class Lesson:
    """A notebook by its file's name, without .ipynb."""

    def __init__(self, name):
        cells = json.loads((NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
        self.sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]

    def source_with(self, text):
        """The first cell of code that holds a text."""
        found = next((source for source in self.sources if text in source), None)
        assert found, f"no cell of the lesson has {text}"
        return found


@pytest.fixture
def widget(lab, notebook):
    """Runs one of the cells of the module's notebook; the console stays clean."""

    def widget(place):
        notebook.run_cell(place)
        notebook.show(place)
        return Shown(lab.page, notebook.output(place))

    lab.page.mouse.move(5, 5)
    yield widget
    errors, lab.console_errors = lab.console_errors, []
    assert errors == []
