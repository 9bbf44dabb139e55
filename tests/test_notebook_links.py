"""Links between the lessons: to a file that is there, and to a heading that it has."""

import json
import re
from pathlib import Path

import pytest

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
PAGES = sorted([*NOTEBOOKS.glob("*.ipynb"), *NOTEBOOKS.glob("*.md")])
LESSONS = sorted(NOTEBOOKS.glob("0*.ipynb"))
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


def text_of(path):
    """The Markdown of a page or notebook, without what stands in fenced blocks."""
    text = path.read_text("utf-8")
    if path.suffix == ".ipynb":
        cells = [c for c in json.loads(text)["cells"] if c["cell_type"] == "markdown"]
        text = "\n\n".join("".join(cell["source"]) for cell in cells)
    return re.sub(r"^[ ]*(```|~~~).*?^[ ]*\1", "", text, flags=re.DOTALL | re.MULTILINE)


def anchors(path):
    """What JupyterLab calls the headings of a page: their text, with hyphens for spaces."""
    headings = re.findall(r"^#{1,6} +(.*?) *$", text_of(path), re.MULTILINE)
    return [heading.replace("`", "").replace("*", "").replace(" ", "-") for heading in headings]


def links(path):
    """The links of a page to other files of the course, as (file, anchor or "")."""
    found = LINK.findall(text_of(path))
    return [tuple(link.partition("#")[::2]) for link in found if "://" not in link]


def broken(found, folder=NOTEBOOKS):
    """The links that lead nowhere, or to a heading that the page has twice."""
    for name, anchor in found:
        path = folder / name
        if not path.is_file():
            yield f"{name} is not there"
        elif not anchor.isascii():
            yield f"{anchor} has letters with which JupyterLab finds no heading"
        elif anchor and anchors(path).count(anchor) != 1:
            yield f"{name} has {anchors(path).count(anchor)} headings {anchor}, not one"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_link_leads_to_a_file_and_a_heading(path):
    assert list(broken(links(path))) == []


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_links_the_ones_around_it_and_the_glossary(path):
    text, number = text_of(path), int(path.name[:2])
    assert "(glossary.md)" in text
    assert number == 1 or f"({number - 1:02}_" in text.split("\n## ")[0]
    following = re.search(r"\*\*Next:\*\*.*", text)
    assert f"({number + 1:02}_" in following[0] if following else path == LESSONS[-1]


def test_a_lesson_that_is_spoken_of_is_linked():
    for path in LESSONS:
        text = text_of(path)
        spoken_of = set(re.findall(r"\b[Ll]essons? (?:(?:\d) and )?(\d)\b", text)) - {path.name[1]}
        linked = {name[1] for name, _ in links(path)}
        assert spoken_of <= linked, path.name


def test_the_readme_s_links_lead_somewhere():
    readme = NOTEBOOKS.parent / "README.md"
    assert list(broken(links(readme), NOTEBOOKS.parent)) == []


def test_a_link_that_leads_nowhere_is_noticed(tmp_path):
    (tmp_path / "a.md").write_text(
        "# A page\n## It's *here*\n```\n# not here\n```\n## Twice\n## Twice\n"
        "[a](a.md#It's-here) [b](b.md) [c](a.md#not-here) ![picture](x.png) [d](a.md#Twice)"
        " [web](https://example.org/x) [×](a.md#×)",
        "utf-8",
    )
    assert list(broken(links(tmp_path / "a.md"), tmp_path)) == [
        "b.md is not there",
        "a.md has 0 headings not-here, not one",
        "a.md has 2 headings Twice, not one",
        "× has letters with which JupyterLab finds no heading",
    ]
