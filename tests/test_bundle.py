"""join_modules: one module that behaves like a file with its imports; what it can't join it refuses."""

import re
from pathlib import Path

import pytest

import helpers.widgets
from helpers import ChannelExplorer, ConvolutionExplorer, LayerTable
from helpers.widgets.bundle import join_modules


@pytest.fixture
def join(tmp_path):
    """`join(main="…", part="…")` writes main.js and part.js and joins them."""

    def write_and_join(**sources):
        for name, source in sources.items():
            (tmp_path / f"{name}.js").write_text(source, encoding="utf-8")
        return join_modules(tmp_path / "main.js")

    return write_and_join


IMPORT = 'import { a } from "./part.js";\n'


def test_nothing_is_left_to_import(join):
    joined = join(main=IMPORT + "export default { render: a };", part="export function a() {}")
    assert not re.search(r"^\s*import\b", joined, re.MULTILINE)
    assert re.findall(r"^export.*$", joined, re.MULTILINE) == ["export default { render: a };"]


def test_a_file_without_imports_stays_as_it_is(join):
    source = "const x = `import { a } from nowhere`;\nexport default { x };\n"
    assert join(main=source) == f"// main.js\n{source}"


def test_every_file_keeps_its_own_scope(join):
    joined = join(main=IMPORT + "const b = 1;", part="const b = 2;\nexport const a = b;")
    inner, outer = joined.split("// main.js")
    assert "const b = 2;" in inner and inner.strip().endswith("})();")
    assert "const b = 1;" in outer and outer.count("const b") == 1


def test_a_name_can_be_changed_on_import(join):
    for renamed in ("a as here", "a  as\n  here"):
        joined = join(main=f'import {{ {renamed}, }} from "./part.js";', part="export const a = 1;")
        assert "const { a: here } = " in joined


def test_a_shared_file_is_joined_once(join):
    part = 'import { s } from "./shared.js";\nexport const {0} = s;'
    joined = join(
        main=IMPORT + 'import { c } from "./other.js";\nimport { s } from "./shared.js";',
        part=part.replace("{0}", "a"),
        other=part.replace("{0}", "c"),
        shared="export const s = [];",
    )
    assert joined.count("const s = [];") == 1
    assert joined.index("const s = [];") < joined.index("const a = s") < joined.index("const c = s")


def test_a_folder_is_followed_from_the_file_that_names_it(tmp_path):
    (tmp_path / "js").mkdir()
    (tmp_path / "main.js").write_text('import { a } from "./js/part.js";', "utf-8")
    (tmp_path / "js" / "part.js").write_text('import { b } from "../beside.js";\nexport const a = b;', "utf-8")
    (tmp_path / "beside.js").write_text("export const b = 1;", "utf-8")
    assert "const b = 1;" in join_modules(tmp_path / "main.js")


def test_all_kinds_of_exports_can_be_imported(join):
    joined = join(
        main='import { a, b, c, d, $e } from "./part.js";',
        part="export function a() {}\nexport async function b() {}\nexport function* c() {}\n"
        "export class d {}\nexport const $e = 1;",
    )
    assert "return { a, b, c, d, $e };" in joined
    assert "export" not in joined


def test_a_circle_is_refused_with_its_way_round(join):
    circle = dict(
        main='import { a } from "./a.js";', a='import { b } from "./b.js";\nexport const a = b;',
        b='import { a } from "./a.js";\nexport const b = a;',
    )  # fmt: skip
    with pytest.raises(ValueError) as refusal:
        join(**circle)
    assert str(refusal.value) == (
        "join_modules: a.js → b.js → a.js import each other; move what they share to a third file."
    )
    with pytest.raises(ValueError, match="main.js → main.js import each other"):
        join(main='import { a } from "./main.js";\nexport const a = 1;')


def test_a_missing_file_is_refused_with_who_wanted_it(join, tmp_path):
    with pytest.raises(ValueError) as refusal:
        join(main=IMPORT)
    assert str(refusal.value) == f"join_modules: main.js imports part.js, but {tmp_path / 'part.js'} does not exist."


@pytest.mark.parametrize(
    ("part", "offered"),
    [("export const b = 1;\nexport class c {}", "b, c"), ("const a = 1;", "nothing")],
)
def test_a_name_that_is_not_exported_is_refused(join, part, offered):
    with pytest.raises(ValueError) as refusal:
        join(main=IMPORT, part=part)
    assert str(refusal.value) == f"join_modules: main.js imports 'a' from part.js, which exports only {offered}."


@pytest.mark.parametrize(
    "statement",
    [
        'import a from "./part.js";',
        'import * as a from "./part.js";',
        'import "./part.js";',
        "import { a } from './part.js';",
        'import { a } from "three";',
        '  import { a } from "./part.js";',
        'import { a } from "./part.js"',
        'import { a } from "./part.js"; import { a as b } from "./part.js";',
    ],
)
def test_other_imports_are_refused(join, statement):
    with pytest.raises(ValueError) as refusal:
        join(main=f"{statement}\n", part="export const a = 1;")
    assert str(refusal.value) == (
        f"join_modules: main.js has {statement.split('; ')[-1].strip()!r}; "
        'only `import { a, b as c } from "./file.js";` on a line of its own is understood.'
    )


@pytest.mark.parametrize(
    "statement",
    [
        "export { a };",
        "export default a;",
        "export let a = 1;",  # importers would not see it change
        'export * from "./part.js";',
        "  export const b = 1;",
    ],
)
def test_other_exports_are_refused(join, statement):
    with pytest.raises(ValueError) as refusal:
        join(main=IMPORT, part=f"const c = 1;\n{statement}\nexport const a = 1;")
    assert str(refusal.value) == (
        f"join_modules: part.js has {statement.strip()!r}; "
        "only `export function|const|class` is understood outside of a widget's own file."
    )


@pytest.mark.parametrize("statement", ['export { a } from "./part.js";', 'export * from "./part.js";'])
def test_a_widget_cannot_pass_on_what_another_file_exports(join, statement):
    with pytest.raises(ValueError, match="import the names, then export them"):
        join(main=statement, part="export const a = 1;")


def test_the_stylesheets_of_a_widget_follow_the_one_that_all_share():
    folder = Path(helpers.widgets.__file__).parent / "js"
    shared, table, channels = (
        (folder / name).read_text("utf-8") for name in ("course.css", "layer_table/style.css", "channel_explorer/style.css")
    )
    assert min(map(len, (shared, table, channels))) > 100
    assert str(ConvolutionExplorer._css) == shared
    assert str(LayerTable._css) == shared + table
    assert str(ChannelExplorer._css) == shared + channels
