"""The style of the notebooks: prose first, short code, headings in order, no outputs, no plumbing.

Each rule is a function from a notebook (the parsed .ipynb) to its complaints. `good_notebook`
breaks none of them, and each rule is shown a notebook that breaks it.
"""

import ast
import copy
import json
import re
import statistics
import symtable
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("*.ipynb"))
SLIDE_TYPES = {"slide", "subslide", "fragment", "skip", "notes", "-"}
MAY_IMPORT = {"helpers", "numpy", "torch", "torchvision"}
PLUMBING = {
    "pyplot": r"\bpyplot\b|\bplt\.",
    "subplots": r"\bsubplots?\b|\badd_subplot\b",
    "a path": r"\bpathlib\b|\bPath\(|\bos\.path\b|\bsys\.path\b|\bopen\(|[\"']\.{1,2}/",
    "a seed": r"\bmanual_seed\b|\brandom\.seed\b|\bdefault_rng\b|\bRandomState\b",
    "a download": r"\burllib\b|\brequests\b|\burlretrieve\b|https?://",
    "a magic or shell command": r"^\s*[%!]",
}


def source(cell):
    return "".join(cell["source"])


def cells(notebook, kind):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == kind]


def lines(cell):
    return len([line for line in source(cell).splitlines() if line.strip()])


def tags(cell):
    return cell["metadata"].get("tags", [])


def headings(notebook):
    """The levels of all headings, in order; what stands in a fenced block is no heading."""
    text = "\n\n".join(source(cell) for cell in cells(notebook, "markdown"))
    text = re.sub(r"^(```|~~~).*?^\1", "", text, flags=re.DOTALL | re.MULTILINE)
    return [len(marks) for marks in re.findall(r"^(#{1,6})\s+\S", text, re.MULTILINE)]


def names(cell):
    """The notebook's names that a cell binds, and those that it reads, in functions as well."""
    tables = [symtable.symtable(source(cell), "cell", "exec")]
    for table in tables:
        tables.extend(table.get_children())
    found = [symbol for table in tables for symbol in table.get_symbols() if symbol.is_global()]
    bound = {symbol.get_name() for symbol in found if symbol.is_assigned() or symbol.is_imported()}
    return bound, {symbol.get_name() for symbol in found if symbol.is_referenced()}


# -- rules ---------------------------------------------------------------------------------------


def starts_with_its_title(notebook):
    first = notebook["cells"][0]
    if first["cell_type"] != "markdown" or not source(first).startswith("# "):
        yield "the first cell is not text that starts with the title"


def one_title_and_headings_in_order(notebook):
    levels = headings(notebook)
    if levels.count(1) != 1:
        yield f"{levels.count(1)} headings of level 1, not one"
    for above, below in zip(levels, levels[1:]):
        if below > above + 1:
            yield f"a heading of level {below} follows one of level {above}"


def short_code(notebook):
    lengths = [lines(cell) for cell in cells(notebook, "code")]
    if statistics.median(lengths) > 3:
        yield f"the median code cell has {statistics.median(lengths)} lines, more than 3"
    if (long := sum(n > 10 for n in lengths)) > len(lengths) / 10:
        yield f"{long} of {len(lengths)} code cells have over 10 lines, more than one in ten"
    if max(lengths) > 20:
        yield f"a code cell has {max(lengths)} lines, more than 20"


def no_code_without_text_before_it(notebook):
    kinds = [cell["cell_type"] for cell in notebook["cells"]]
    if kinds.count("markdown") < kinds.count("code") / 2:
        yield f"{kinds.count('markdown')} cells of text for {kinds.count('code')} of code"


def committed_without_outputs(notebook):
    for cell in cells(notebook, "code"):
        if cell["outputs"] or cell["execution_count"] is not None:
            yield f"an output or a count is saved: {source(cell)[:40]!r}"
    if "widgets" in notebook["metadata"]:
        yield "the state of widgets is saved"


def every_cell_has_a_slide_type(notebook):
    for cell in notebook["cells"]:
        kind = cell["metadata"].get("slideshow", {}).get("slide_type")
        if kind not in SLIDE_TYPES:
            yield f"slide_type is {kind!r}: {source(cell)[:40]!r}"


def solutions_are_tagged_and_collapsed(notebook):
    for cell in cells(notebook, "code"):
        hidden = cell["metadata"].get("jupyter", {}).get("source_hidden", False)
        if hidden != ("solution" in tags(cell)):
            yield f"tagged {tags(cell)}, but collapsed: {hidden}: {source(cell)[:40]!r}"


def every_exercise_has_its_solution(notebook):
    code = cells(notebook, "code")
    stubs = [cell for cell in code if "check." in source(cell) and "solution" not in tags(cell)]
    solutions = [cell for cell in code if "solution" in tags(cell)]
    if len(stubs) != len(solutions):
        yield f"{len(stubs)} exercises (cells with `check.`), but {len(solutions)} solutions"


def runs_without_its_solutions(notebook):
    from_solutions, from_others = set(), set()
    for cell in cells(notebook, "code"):
        bound, read = names(cell)
        if "solution" in tags(cell):
            from_solutions |= bound
            continue
        from_others |= bound
        for name in sorted(read & from_solutions - from_others):
            yield f"reads {name}, which only a solution binds: {source(cell)[:40]!r}"


def imports_only_what_the_course_allows(notebook):
    for cell in cells(notebook, "code"):
        for node in ast.walk(ast.parse(source(cell))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                if name.split(".")[0] not in MAY_IMPORT:
                    yield f"imports {name}"


def no_plumbing(notebook):
    for cell in cells(notebook, "code"):
        for what, pattern in PLUMBING.items():
            if re.search(pattern, source(cell), re.MULTILINE):
                yield f"{what} in the code: {source(cell)[:40]!r}"


RULES = [
    starts_with_its_title,
    one_title_and_headings_in_order,
    short_code,
    no_code_without_text_before_it,
    committed_without_outputs,
    every_cell_has_a_slide_type,
    solutions_are_tagged_and_collapsed,
    every_exercise_has_its_solution,
    runs_without_its_solutions,
    imports_only_what_the_course_allows,
    no_plumbing,
]
each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)


@each_rule
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_notebook_keeps_the_rule(path, rule):
    assert list(rule(json.loads(path.read_text("utf-8")))) == []


# -- the rules themselves ------------------------------------------------------------------------


def text(words):
    slides = {"slideshow": {"slide_type": "slide"}}
    return {"cell_type": "markdown", "metadata": slides, "source": words.splitlines(True)}


def code(words, **metadata):
    cell = text(words)
    cell["metadata"] = cell["metadata"] | metadata
    return cell | {"cell_type": "code", "outputs": [], "execution_count": None}


SOLUTION = "def mine(x):\n    return x\ntotal, e = 1, 2\ncheck.mine(mine)"


def good_notebook():
    return {
        "metadata": {},
        "cells": [
            text("# A lesson\nYou will …\n\n```\n# not a heading\n```"),
            code("from helpers import conv2d\nimport numpy as np\nimport torch.nn.functional as F"),
            text("## A part"),
            code("conv2d(np.eye(3), np.eye(2))"),
            text("### Exercise"),
            code("def mine(x):\n    ...\ncheck.mine(mine)"),
            code(SOLUTION, tags=["solution"], jupyter={"source_hidden": True}),
            text("## Summary"),
            code("def other(x):\n    total = x\n    return total, mine(x), sum(e for e in x)"),
        ],
    }


@each_rule
def test_a_good_notebook_keeps_the_rule(rule):
    assert list(rule(good_notebook())) == []


def lines_of_code(count):
    return code("\n".join(["x = 1"] * count))


BAD = [
    (starts_with_its_title, lambda nb: nb["cells"].insert(0, code("1"))),
    (starts_with_its_title, lambda nb: nb["cells"].insert(0, text("Welcome"))),
    (one_title_and_headings_in_order, lambda nb: nb["cells"].append(text("# Another title"))),
    (one_title_and_headings_in_order, lambda nb: nb["cells"].append(text("#### Too deep"))),
    (short_code, lambda nb: nb["cells"].extend([lines_of_code(4)] * 5)),
    (short_code, lambda nb: nb["cells"].append(lines_of_code(11))),
    (short_code, lambda nb: nb["cells"].extend([lines_of_code(1)] * 20 + [lines_of_code(21)])),
    (no_code_without_text_before_it, lambda nb: nb["cells"].extend([code("1")] * 9)),
    (committed_without_outputs, lambda nb: nb["cells"][1]["outputs"].append({})),
    (committed_without_outputs, lambda nb: nb["cells"][1].update(execution_count=1)),
    (committed_without_outputs, lambda nb: nb["metadata"].update(widgets={})),
    (every_cell_has_a_slide_type, lambda nb: nb["cells"][2]["metadata"].clear()),
    (every_cell_has_a_slide_type, lambda nb: nb["cells"][2].update(metadata={"slideshow": {}})),
    (solutions_are_tagged_and_collapsed, lambda nb: nb["cells"][6]["metadata"].pop("jupyter")),
    (solutions_are_tagged_and_collapsed, lambda nb: nb["cells"][6]["metadata"].pop("tags")),
    (every_exercise_has_its_solution, lambda nb: nb["cells"].pop(6)),
    (runs_without_its_solutions, lambda nb: nb["cells"].append(code("print(total)"))),
    (runs_without_its_solutions, lambda nb: nb["cells"].append(code("lambda x: x + total"))),
    (runs_without_its_solutions, lambda nb: nb["cells"].extend([code("e"), code("e = 3")])),
    (imports_only_what_the_course_allows, lambda nb: nb["cells"].append(code("import scipy"))),
    (imports_only_what_the_course_allows, lambda nb: nb["cells"].append(code("from os import *"))),
    (no_plumbing, lambda nb: nb["cells"].append(code("fig, ax = subplots(1, 2)"))),
    (no_plumbing, lambda nb: nb["cells"].append(code("load_image('../data/me.png')"))),
    (no_plumbing, lambda nb: nb["cells"].append(code("torch.manual_seed(0)"))),
    (no_plumbing, lambda nb: nb["cells"].append(code("x = 1\n%matplotlib inline"))),
    (no_plumbing, lambda nb: nb["cells"].append(code("plt.show()"))),
    (no_plumbing, lambda nb: nb["cells"].append(code("load('https://example.org')"))),
]


@pytest.mark.parametrize(("rule", "spoil"), BAD, ids=[rule.__name__ for rule, _ in BAD])
def test_a_notebook_that_breaks_the_rule_is_noticed(rule, spoil):
    notebook = copy.deepcopy(good_notebook())
    spoil(notebook)
    assert list(rule(notebook)) != []


def test_every_rule_is_shown_a_notebook_that_breaks_it():
    assert {rule for rule, _ in BAD} == set(RULES)
