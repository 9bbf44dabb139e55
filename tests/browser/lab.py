"""One page of a real JupyterLab in Chromium, and a notebook in it, in the words of a test.

    def test_a_cell_runs(lab):
        notebook = lab.open_notebook(["6 * 7"])
        notebook.run_all()
        assert notebook.output(0).inner_text().strip() == "42"

Every wait is for a condition; `seconds` is only the time after which it is given up.
"""

import itertools
import json
import shutil
import threading
import time
from pathlib import Path

from tests.browser.module_page import counts

HERE = Path(__file__).parent
SCREENSHOTS = HERE / "screenshots"
SECONDS = 60  # far more than anything takes, as a busy CI machine may be ten times slower

# What a blank JupyterLab itself reports on the console; a test must not fail on it.
NOISE = ()


class Lab:
    """A tab with JupyterLab. `page` is Playwright's page, `server` the server behind it."""

    _numbers = itertools.count(1)

    def __init__(self, context, server):
        self.server = server
        self.console_errors = []
        # The kernel of the first notebook starts while the page loads: a second less per test.
        self._next = self._name()
        self._kernel = threading.Thread(target=server.start_kernel, args=[self._next])
        self._kernel.start()
        self.page = context.new_page()
        self.page.set_default_timeout(1000 * SECONDS)
        self.page.add_init_script(path=HERE / "lab.js")
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.console_errors.append(str(error)))
        self.page.goto(f"{server.url}/lab/workspaces/test-{next(self._numbers)}")
        self.page.wait_for_function("window.jupyterapp")
        self.hide_sidebars()

    def _name(self):
        return f"test-{next(self._numbers)}.ipynb"

    def close(self):
        """Closes the page and ends the kernels."""
        self.page.close()
        self._kernel.join()
        self.server.end_kernels()

    def _on_console(self, message):
        if message.type == "error" and not any(noise in message.text for noise in NOISE):
            self.console_errors.append(f"{message.text} ({message.location.get('url', '')})")

    def call(self, name, *arguments):
        """Calls a function of lab.js."""
        script = "([name, args]) => window.__lab[name](...args)"
        return self.page.evaluate(script, [name, arguments])

    def command(self, command, arguments=None, seconds=SECONDS):
        """Runs one of JupyterLab's commands to its end, e.g. `notebook:run-all-cells`."""
        self.page.evaluate(
            "async ([id, args, s]) => { await window.__lab.command(id, args, s) }",
            [command, arguments or {}, seconds],
        )

    def hide_sidebars(self):
        self.page.evaluate(
            """async () => {
                await jupyterapp.restored;
                jupyterapp.shell.collapseLeft();
                jupyterapp.shell.collapseRight();
            }"""
        )

    def open_notebook(self, cells):
        """Opens a notebook and waits for its kernel.

        `cells`: a list of Python sources, or the path of an .ipynb, of which a copy is opened.
        """
        name, self._next = self._next, self._name()
        self._kernel.join()
        if isinstance(cells, (str, Path)):
            shutil.copyfile(cells, self.server.root / name)
        else:
            write_notebook(self.server.root / name, cells)
        return Notebook(self, name)

    def set_theme(self, name):
        """`"JupyterLab Light"`, `"JupyterLab Dark"` or `"JupyterLab Dark High Contrast"`."""
        self.command("apputils:change-theme", {"theme": name})
        light = json.dumps("Light" in name).lower()
        self.page.wait_for_function(f"document.body.dataset.jpThemeLight === '{light}'")
        self.page.wait_for_function(
            "name => document.body.dataset.jpThemeName === name", arg=name
        )

    def messages(self):
        """The messages sent to kernels since the last reset, as `"shell:comm_msg"` and the like."""
        return self.page.evaluate("window.__lab.sent")

    def messages_sent(self):
        return len(self.messages())

    def reset_messages(self):
        self.page.evaluate("window.__lab.sent.length = 0")

    def counts(self):
        """Living DOM nodes and listeners of the whole page, after garbage collection."""
        return counts(self.page)

    def frames(self, count=2):
        """Waits until the page has drawn `count` more frames."""
        self.page.evaluate(
            """async count => {
                while (count--) await new Promise(requestAnimationFrame);
            }""",
            count,
        )

    def screenshot(self, name, locator=None):
        """Saves what is seen as tests/browser/screenshots/<name>.png; returns the path."""
        SCREENSHOTS.mkdir(exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        (locator or self.page).screenshot(path=path)
        return path


class Notebook:
    """A notebook in the lab. Cells are counted from 0, cells with text included."""

    def __init__(self, lab, path):
        self.lab, self.page, self.path = lab, lab.page, path
        self.id = lab.call("open", path, SECONDS)
        self.root = self.page.locator(f"[id='{self.id}']")

    # -- running -------------------------------------------------------------------------------

    def run_all(self, seconds=SECONDS):
        """Runs all cells; returns when the kernel is idle again."""
        self.lab.call("runAll", self.id, seconds)

    def run_cell(self, i, seconds=SECONDS):
        """Runs one cell; returns when it has run."""
        self.lab.call("runCell", self.id, i, seconds)

    def start_cell(self, i):
        """Starts one cell; returns as soon as the kernel is busy with it."""
        self.lab.call("startCell", self.id, i, 10 * SECONDS)

    def wait_idle(self, seconds=SECONDS):
        """Waits for the end of a started cell."""
        self.lab.call("idle", self.id, seconds)

    def interrupt(self):
        self.lab.call("interrupt", self.id)

    def restart(self):
        """Restarts the kernel; outputs stay, as in JupyterLab."""
        self.lab.call("restart", self.id, SECONDS)

    # -- Python --------------------------------------------------------------------------------

    def execute(self, code, seconds=SECONDS):
        """Runs Python in the kernel, outside any cell; returns what it printed and its result."""
        said = self.lab.call("execute", self.id, code, seconds)
        if said["error"]:
            raise RuntimeError(f"the kernel says:\n{said['error']}")
        return said["text"] + (said["result"] or "")

    def value(self, expression):
        """The value of a Python expression in the kernel: numbers, text, lists, dicts, arrays."""
        code = (
            "import json as _json\n"
            f"print(_json.dumps({expression}, default=lambda v: getattr(v, 'tolist', v.__str__)()))"
        )
        return json.loads(self.execute(code))

    def wait_value(self, expression, expected, seconds=20):
        """Waits until a Python expression has the expected value; AssertionError if it never does.

        For what the browser sends: JupyterLab hands it to a second thread of the kernel, so that
        it can arrive after code that was sent later.
        """
        end = time.monotonic() + seconds
        while (value := self.value(expression)) != expected:
            if time.monotonic() > end:
                raise AssertionError(f"{expression} is {value!r}, not {expected!r}")
            self.page.wait_for_timeout(20)

    # -- looking -------------------------------------------------------------------------------

    def cell(self, i):
        return self.root.locator(f".jp-Cell[data-windowed-list-index='{i}']")

    def output(self, i):
        """The locator of a cell's output area."""
        return self.cell(i).locator(".jp-Cell-outputArea")

    def show(self, i):
        """Scrolls to a cell; returns its locator."""
        self.lab.call("scrollTo", self.id, i)
        self.cell(i).scroll_into_view_if_needed()
        return self.cell(i)

    def state(self):
        """`mode` ("command" or "edit"), `active` cell, `sources` and `types` of all cells."""
        return self.lab.call("state", self.id)

    # -- files ---------------------------------------------------------------------------------

    def save(self):
        self.lab.call("save", self.id, SECONDS)

    def close(self):
        """Closes the tab; the kernel lives on, as in JupyterLab."""
        self.lab.call("close", self.id)

    def reopen(self):
        """Saves, closes, reloads the page with a new kernel, and opens the file again."""
        self.save()
        self.close()
        self.lab.server.end_kernels()
        self.page.goto(self.page.url)
        self.page.wait_for_function("window.jupyterapp")
        return Notebook(self.lab, self.path)


def write_notebook(path, cells):
    """Writes code cells as an .ipynb that names the kernel, so that JupyterLab asks nothing."""
    notebook = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)"}},
        "cells": [
            {
                "id": f"cell-{i}",
                "cell_type": "code",
                "metadata": {},
                "execution_count": None,
                "outputs": [],
                "source": source,
            }
            for i, source in enumerate(cells)
        ],
    }
    Path(path).write_text(json.dumps(notebook), encoding="utf-8")
