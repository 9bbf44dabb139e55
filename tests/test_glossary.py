"""The glossary: sorted, every word once, explained in a sentence or two, and linked."""

import re
from pathlib import Path

import pytest

from tests.test_notebook_links import NOTEBOOKS, anchors, broken, links

GLOSSARY = NOTEBOOKS / "glossary.md"
ENTRY = re.compile(r"- \*\*(?P<term>.+?)\*\*: (?P<text>.+) \((?P<links>\[.+\))\)")
LINK = re.compile(r"\[lesson (\d)(?:, \*(.+?)\*)?\]\((\d\d)_\w+\.ipynb(?:#([^)]*))?\)")
SIXTH = (  # words of lesson 6, which a glossary must have
    "ConvLSTM, Decoder, Dice, Encoder, Gate, IoU, Lead time, Persistence, Resize-then-convolve, "
    "RMSE weighted by cos(latitude), Rollout, Seam, Segmentation, Skip by concatenation, U-Net, "
    "Up-convolution, Vorticity"
).split(", ")


def entries(text):
    """(term, what it says, links) of each line of the list."""
    lines = [line for line in text.splitlines() if line.startswith("- ")]
    return [(m["term"], m["text"], m["links"]) for m in map(ENTRY.fullmatch, lines)]


def complaints(text):
    """What is wrong with a glossary."""
    lines = [line for line in text.splitlines() if line.startswith("- ")]
    yield from (f"not an entry: {line[:40]}" for line in lines if not ENTRY.fullmatch(line))
    found = entries("\n".join(line for line in lines if ENTRY.fullmatch(line)))
    order = [term.replace("`", "").casefold() for term, _, _ in found]
    yield from (f"out of order: {b}" for a, b in zip(order, order[1:]) if a >= b)
    for term, said, linked in found:
        if said[-1] != "." or len(re.findall(r"[.:](?= [A-Z]|$)", said)) > 4 or len(said) > 330:
            yield f"not a sentence or two: {term}"
        pieces = LINK.findall(linked)
        if len(pieces) != len(linked.split("; ")):
            yield f"links of another form: {term}"
        for lesson, section, number, anchor in pieces:
            if int(lesson) != int(number):
                yield f"says lesson {lesson}, links to {number}: {term}"
            heading = re.sub(r"^\d+\.-", "", anchor)
            expected = section.replace("`", "").replace(" ", "-")
            # JupyterLab does not find a heading with other letters: it looks for "%C3%97", not "×".
            if heading != (expected if section.isascii() else ""):
                yield f"says {section!r}, links to {anchor}: {term}"


TEXT = GLOSSARY.read_text("utf-8")


def test_the_glossary_is_in_order_and_complete():
    assert list(complaints(TEXT)) == []
    terms = {term for term, _, _ in entries(TEXT)}
    assert len(terms) > 80 and set(SIXTH) <= terms


def test_every_link_of_the_glossary_leads_to_its_heading():
    assert list(broken(links(GLOSSARY))) == []
    linked = {name for name, anchor in links(GLOSSARY) if anchor}
    assert linked == {path.name for path in NOTEBOOKS.glob("0*.ipynb")}


def test_every_link_names_its_section():
    assert re.findall(r"\[lesson \d\]", TEXT) == []


def test_a_word_stands_in_the_section_that_it_is_linked_to():
    """Not for each word, since a section may call it a little differently; but for most."""
    from tests.test_notebook_links import text_of

    absent, checked = [], 0
    for term, _, linked in entries(TEXT):
        for lesson, _, number, anchor in LINK.findall(linked):
            if anchor:
                checked += 1
                path = next(NOTEBOOKS.glob(f"{number}_*.ipynb"))
                if term.strip("`").casefold()[:6] not in section(text_of(path), anchor).casefold():
                    absent.append(term)
    assert len(absent) < checked / 6, absent


def section(text, anchor):
    """From a heading to the next one of its level or above."""
    start = next(
        m for m in re.finditer(r"^(#+) +(.*?) *$", text, re.MULTILINE)
        if m[2].replace("`", "").replace("*", "").replace(" ", "-") == anchor
    )
    rest = text[start.start() + len(start[1]) :]
    return re.split(rf"^#{{1,{len(start[1])}}} ", rest, flags=re.MULTILINE)[0]


GOOD = "- **A**: It is. ([lesson 1, *B c*](01_x.ipynb#2.-B-c))"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (GOOD, None),
        ("- **A** without a link.", "not an entry"),
        (GOOD.replace("A", "B") + "\n" + GOOD, "out of order"),
        (GOOD + "\n" + GOOD, "out of order"),
        (GOOD.replace("It is.", "It is"), "not a sentence"),
        (GOOD.replace("lesson 1", "lesson 2"), "says lesson 2"),
        (GOOD.replace("*B c*", "*C*"), "says 'C'"),
        (GOOD.replace("B", "×"), "says '× c'"),
        (GOOD.replace("*B c*", "*× c*").replace("#2.-B-c", ""), None),
        (GOOD.replace("ipynb", "md"), "links of another form"),
    ],
)
def test_a_glossary_that_is_wrong_is_noticed(text, complaint):
    found = list(complaints(text))
    assert (found == []) if complaint is None else (found and found[0].startswith(complaint))


def test_a_file_beside_the_lessons_is_found():
    assert "Glossary" in anchors(Path(GLOSSARY))
