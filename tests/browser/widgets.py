"""What the tests of the widgets share: one JupyterLab per file, and words for what is seen."""

import base64
import re
from pathlib import Path

import numpy as np
import pytest

from tests.browser.lab import Lab

CELL = 40  # user units of a grid's cells

LOOK = Path(__file__).with_name("widgets.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def lab(browser, lab_server):
    """One page of JupyterLab for all tests of a file that imports this fixture."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    page = Lab(context, lab_server)
    yield page
    page.close()
    context.close()


@pytest.fixture
def shown(lab, notebook):
    """The widget that cell 0 of the file's `notebook` makes, anew for each test; the console stays clean."""
    lab.page.mouse.move(5, 5)
    yield run(notebook, 0)
    errors, lab.console_errors = lab.console_errors, []
    assert errors == []


class Shown:
    """A widget on screen. `root` is its element's locator, cells are (row, column)."""

    def __init__(self, page, root):
        self.page, self.root = page, root.locator(".cnn-widget")
        self.root.wait_for()
        page.evaluate(LOOK)
        self.settle()

    def settle(self, frames=2):
        """Waits until everything that happened is drawn."""
        self.page.evaluate(
            "async n => { while (n--) await new Promise(requestAnimationFrame); }", frames
        )

    def grid(self, role, n=0):
        return self.root.locator(f".cnn-panel[data-role={role}] svg.cnn-grid").nth(n)

    def numbers(self, role, n=0):
        """What stands in a grid: {(row, column): text}."""
        cells = (
            self.grid(role, n)
            .locator(".cnn-cell")
            .evaluate_all(
                "cells => cells.map(c => [c.dataset.cell, c.querySelector('text').textContent])"
            )
        )
        return {tuple(map(int, cell.split(","))): text for cell, text in cells}

    def values(self, role, n=0):
        """The numbers of a grid as rows, its padding left out."""
        cells = (
            self.grid(role, n)
            .locator(".cnn-cell[data-padding=false]")
            .evaluate_all(
                "cells => cells.map(c => [c.dataset.cell, c.querySelector('text').textContent])"
            )
        )
        rows = {}
        for cell, text in cells:
            rows.setdefault(int(cell.split(",")[0]), []).append(float(text.replace("−", "-")))
        return list(rows.values())

    def center(self, role, cell, n=0):
        """The middle of a cell on the page."""
        row, column = cell
        rect = self.grid(role, n).locator(f'[data-cell="{row},{column}"] rect')
        box = rect.bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def marked(self, role, name, n=0):
        """The cells under a mark: "window", "here", "lit", "fed", "focus", …"""
        origin = next(iter(self.numbers(role, n)))
        path = self.grid(role, n).locator(f".cnn-marks [data-mark={name}]")
        return cells_of(path.get_attribute("d"), origin) if path.count() else set()

    def click(self, role, cell, n=0):
        self.page.mouse.click(*self.center(role, cell, n))
        self.settle()

    def hover(self, role, cell, n=0):
        self.page.mouse.move(*self.center(role, cell, n))
        self.settle()

    def drag(self, role, cells, n=0):
        """Presses on the first cell, moves over the others, lets go on the last."""
        points = [self.center(role, cell, n) for cell in cells]
        self.page.mouse.move(*points[0])
        self.page.mouse.down()
        for point in points[1:]:
            self.page.mouse.move(*point)
        self.settle()
        self.page.mouse.up()
        self.settle()

    def hold(self, start=(0, 0)):
        """Presses on the picture that can be dragged, so many pixels (down, right) from its middle.

        Returns the middle and the size of a pixel, both on the page.
        """
        canvas = self.root.locator("[data-grab] .cnn-picture canvas")
        box = canvas.bounding_box()
        pixel = box["width"] / canvas.evaluate("canvas => canvas.width")
        middle = np.array([box["x"] + box["width"] / 2, box["y"] + box["height"] / 2])
        self.page.mouse.move(*(middle + pixel * np.array(start[::-1])))
        self.page.mouse.down()
        return middle, pixel

    def drag_picture(self, *places, start=(0, 0)):
        """Holds the picture at `start`, moves to other places, yields each of them, and lets go."""
        middle, pixel = self.hold(start)
        for place in places:
            self.page.mouse.move(*(middle + pixel * np.array(place[::-1])))
            self.settle()
            yield place
        self.page.mouse.up()
        self.settle()

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)
        self.settle()

    def edit(self, role, cell, text, end="Enter", n=0):
        """Types over a number after a double click."""
        self.page.mouse.dblclick(*self.center(role, cell, n))
        self.root.locator(".cnn-typing").fill(text)
        self.press(end)

    def choose(self, label, option):
        self.menu(label).select_option(option)
        self.settle()

    def menu(self, label):
        return self.root.get_by_role("combobox", name=label, exact=True)

    def button(self, name):
        self.root.get_by_role("button", name=name, exact=True).click()
        self.settle()

    def slider(self, label):
        return self.root.locator(".cnn-slider", has_text=label).locator("input")

    def slide(self, label, *keys):
        """Presses keys on a slider."""
        self.slider(label).focus()
        self.press(*keys)

    def canvas(self, role, n=0):
        return self.root.locator(f".cnn-panel[data-role={role}] .cnn-picture canvas").nth(n)

    def pixels(self, role, n=0):
        """The colours of a picture, (height, width, 3)."""
        height, width, text = self.canvas(role, n).evaluate("""canvas => {
            const context = canvas.getContext("2d");
            const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
            let text = "";
            for (const value of data) text += String.fromCharCode(value);
            return [canvas.height, canvas.width, btoa(text)];
        }""")
        rgba = np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width, 4)
        return rgba[..., :3].astype(int)

    def contrasts(self):
        """Every visible text: {text, ratio, ink, paper}."""
        return self.root.evaluate("root => window.__look.contrasts(root)")

    def overlaps(self):
        """Titles and controls that lie over one another, in pairs."""
        return self.root.evaluate("root => window.__look.overlaps(root)")

    def text(self, name):
        """The widget's "sum", "formula", "help" or "live" text."""
        return self.root.locator(f".cnn-{name}").first.text_content()

    def watch(self, role, name, n=0):
        """Records, for each pointer move from now on, what a mark is in the next two frames."""
        self.watch_node(self.grid(role, n), f" [data-mark={name}]")

    def watch_node(self, locator, within=""):
        locator.evaluate("""node => {
            const watched = document.querySelectorAll("[data-watched]");
            for (const old of watched) delete old.dataset.watched;
            node.dataset.watched = "yes";
        }""")
        self.page.evaluate(
            "selector => window.__look.watch(selector)", f"[data-watched=yes]{within}"
        )

    def moves(self):
        self.settle()
        return self.page.evaluate("window.__look.moves()")


def cells_of(path, origin=(0, 0)):
    """The cells that a mark's path outlines (its squares, or its dots)."""
    starts = re.findall(r"M(-?[\d.]+) (-?[\d.]+)", path)
    return {
        (int(float(y) // CELL) + origin[0], int(float(x) // CELL) + origin[1]) for x, y in starts
    }


def run(notebook, i, variable="w"):
    """Runs cell i, which shows a widget; returns it."""
    notebook.run_cell(i)
    notebook.show(i)
    return Shown(notebook.page, notebook.output(i))


def mount(module_page, widget):
    """Mounts a widget made in the test's own process on a page without a kernel."""
    names = [
        name
        for name in widget.trait_names(sync=True)
        if not name.startswith(("_dom", "_model", "_view"))
    ]
    state = {name: value for name, value in widget.get_state(names).items() if _plain(value)}
    return module_page.mount(widget._esm, widget._css, state)


def show(module_page, widget):
    """Mounts a widget of the test's own process, which is closed; (Shown, Mounted)."""
    mounted = mount(module_page, widget)
    widget.close()
    return Shown(module_page.page, mounted.el), mounted


def _plain(value):
    return not (isinstance(value, str) and (len(value) > 500 or value.startswith("IPY_MODEL_")))
