"""Several widgets' style sheets on one page: what one of them draws leaves the others alone."""

import re
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import helpers.widgets
from helpers.widgets.base import CourseWidget

FOLDER = Path(helpers.widgets.__file__).parent

# Classes that two widgets have: those of marks in the shared grid, with kinds of their own.
SHARED = {"cnn-marks", "cnn-ties"}


def all_widgets():
    for module in iter_modules([str(FOLDER)]):
        import_module(f"helpers.widgets.{module.name}")
    return [widget for widget in below(CourseWidget) if widget.__dict__.get("script")]


def below(kind):
    return {each for child in kind.__subclasses__() for each in (child, *below(child))}


def selectors(css):
    for rule in re.findall(r"([^{}]+)\{", re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)):
        yield from re.split(r",(?![^(]*\))", rule)


def leaks(sheets, scripts):
    """(sheet, classes, widget): rules all of whose classes another widget's nodes have as well.

    sheets: name → its text and the widgets that have it; scripts: widget → its JavaScript.
    """
    found = set()
    for widget, script in scripts.items():
        has = set(re.findall(r"cnn-[\w-]+", script)) | {"cnn-widget"}
        for sheet, (css, owners) in sheets.items():
            for selector in selectors(css):
                needs = set(re.findall(r"\.(cnn-[\w-]+)", selector))
                if widget not in owners and needs <= has:
                    found.add((sheet, " ".join(sorted(needs - {"cnn-widget"})), widget))
    return found


def test_no_widget_styles_another_ones_nodes():
    widgets = all_widgets()
    sheets = {
        sheet: (
            (FOLDER / sheet).read_text("utf-8"),
            {widget.__name__ for widget in widgets if sheet in widget.styles},
        )
        for widget in widgets
        for sheet in widget.styles
    }
    assert len(widgets) >= 12 and len(sheets) >= 8
    found = leaks(sheets, {widget.__name__: str(widget._esm) for widget in widgets})
    assert {leak for leak in found if leak[1] not in SHARED} == set()


def test_a_rule_that_reaches_another_widget_is_found():
    css = "/* .cnn-b {} */ .cnn-widget .cnn-a, .cnn-a .cnn-b { width: 3em }"
    sheets = {"one.css": (css, {"One"})}
    scripts = {"One": '"cnn-a cnn-b"', "Two": 'class: "cnn-a"', "Three": '"cnn-a-part"'}
    assert leaks(sheets, scripts) == {("one.css", "cnn-a", "Two")}
