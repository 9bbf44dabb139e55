"""The rules of the house: who imports whom, what `import helpers` costs, what no file may hold."""

import ast
import inspect
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HELPERS = ROOT / "helpers"
MODULES = sorted(HELPERS.rglob("*.py"))

# What each part of helpers may import of the others. Nothing may import check or doctor.
MAY_IMPORT = {
    "shapes": set(),
    "operations": {"shapes"},
    "receptive_field": {"shapes", "operations"},
    "models": {"shapes", "operations", "receptive_field"},
    # A history draws itself, so plots stand below training and may not import it.
    "training": {"shapes", "operations", "receptive_field", "models", "plots"},
    # And so do landscapes.
    "landscapes": {"shapes", "operations", "receptive_field", "models", "training", "plots"},
    "images": {"shapes", "operations"},
    "fields": {"shapes", "operations"},
    "data": {"shapes", "operations", "images"},
    "kernels": {"shapes", "operations"},
    "features": {"shapes", "operations", "images", "data", "receptive_field"},
    # The explorer of a U-Net makes the network that it draws.
    "widgets": {
        "shapes", "operations", "images", "data", "kernels", "receptive_field", "features", "models",
    },
}
MAY_IMPORT["plots"] = set(MAY_IMPORT) - {"widgets", "training", "landscapes"}
MAY_IMPORT["experiments"] = set(MAY_IMPORT) - {"widgets"}
MAY_IMPORT["check"] = set(MAY_IMPORT) | {"helpers"}
MAY_IMPORT["doctor"] = set(MAY_IMPORT) | {"helpers"}


def part_of(path):
    """`shapes` for helpers/shapes.py, `widgets` for all that lies in helpers/widgets/."""
    return path.relative_to(HELPERS).with_suffix("").parts[0]


def imported_parts(source, path):
    """The parts of helpers that a module imports anywhere in it, relative imports included."""
    package = ["helpers", *path.relative_to(HELPERS).parent.parts]
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *filter(None, [node.module])])
            names |= {f"{module}.{alias.name}" for alias in node.names}
    parts = set()
    for name in names:
        match name.split("."):
            case ["helpers", part, *_] if part in MAY_IMPORT:
                parts.add(part)
            case ["helpers", *_]:  # a public name through the package itself
                parts.add("helpers")
    return parts


def forbidden_imports(source, path):
    part = part_of(path)
    return imported_parts(source, path) - MAY_IMPORT[part] - {part}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(HELPERS)))
def test_imports_go_down_only(path):
    if path == HELPERS / "__init__.py":
        assert imported_parts(path.read_text("utf-8"), path) == set()
        return
    assert part_of(path) in MAY_IMPORT, f"say in {Path(__file__).name} what {path.name} may import"
    assert not forbidden_imports(path.read_text("utf-8"), path)


@pytest.mark.parametrize(
    ("file", "line", "forbidden"),
    [
        ("shapes.py", "from helpers.operations import pad2d", {"operations"}),
        ("operations.py", "from . import training", {"training"}),
        ("plots/figures.py", "from ..widgets.base import Widget", {"widgets"}),
        ("plots/curves.py", "from ..training import History", {"training"}),
        ("widgets/base.py", "import helpers.plots", {"plots"}),
        ("widgets/base.py", "def f():\n    from helpers import check", {"check"}),
        ("widgets/base.py", "from helpers import conv2d", {"helpers"}),
        ("widgets/base.py", "from ..shapes import pool_output_size", set()),
        ("widgets/base.py", "from .bundle import bundle", set()),
        ("check/answers.py", "from helpers import plots, training", set()),
    ],
)
def test_an_import_that_goes_up_is_noticed(file, line, forbidden):
    assert forbidden_imports(line, HELPERS / file) == forbidden


def loaded_by(statement):
    code = f"import sys; {statement}; print(*sorted({{m.split('.')[0] for m in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("statement", "not_loaded"),
    [
        ("import helpers", {"torch", "matplotlib", "anywidget", "numpy", "IPython"}),
        ("import helpers.shapes", {"torch", "matplotlib", "anywidget", "numpy"}),
        ("import helpers.operations", {"torch", "matplotlib", "anywidget"}),
        ("import helpers.widgets", {"torch", "matplotlib"}),
        ("import helpers.training", {"matplotlib", "anywidget", "IPython"}),
        ("import helpers.receptive_field", {"matplotlib", "anywidget", "IPython"}),
        ("import helpers.fields", {"torch", "matplotlib", "anywidget", "xarray", "pandas"}),
        ("import helpers.features", {"matplotlib", "anywidget", "IPython"}),
        ("import helpers.landscapes", {"matplotlib", "anywidget", "IPython"}),
    ],
)
def test_an_import_loads_only_what_it_needs(statement, not_loaded):
    assert not loaded_by(statement) & not_loaded


def test_every_public_name_has_a_docstring():
    import helpers

    public = {name: getattr(helpers, name) for name in helpers.__all__ if exists(helpers, name)}
    del public["KERNELS"]  # data; its module says what it is
    assert public
    # `__doc__` and not inspect.getdoc, which takes a base class's for the class's own
    assert [name for name, item in public.items() if not item.__doc__] == []
    parts = [
        f"{name}.{part}"
        for name, item in public.items()
        if inspect.isclass(item)
        for part, member in vars(item).items()
        if part[0] != "_" and (inspect.isfunction(member) or isinstance(member, property))
        if not member.__doc__
    ]
    assert parts == []


def exists(package, name):
    """A module that a later lesson brings may be missing; one that is there must load."""
    try:
        getattr(package, name)
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("helpers."):
            raise
        return False
    return True


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(HELPERS)))
def test_pyplot_is_used_nowhere_in_helpers(path):
    source = path.read_text("utf-8")
    assert not re.search(r"^\s*(import|from)\s+matplotlib.*\bpyplot\b", source, re.MULTILINE)


# -- files ---------------------------------------------------------------------------------------


def tracked_files():
    """The repository's files as git knows them, new ones included, ignored ones left out."""
    trusted = ["git", "-c", f"safe.directory={ROOT}"]  # a container's user may not own the clone
    command = [*trusted, "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        names = [name for name in done.stdout.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):  # a ZIP file, or no git: look at what is ours
        ours = ["*.*", ".ci/*", *(f"{folder}/**/*" for folder in OUR_FOLDERS)]
        names = [path for pattern in ours for path in ROOT.glob(pattern) if keeps(path)]
    return [ROOT / name for name in names if (ROOT / name).is_file()]


OUR_FOLDERS = ("helpers", "notebooks", "tests", "data")


def keeps(path):
    return not {"__pycache__", ".ipynb_checkpoints", "screenshots"} & set(path.parts)


TEXT = {".py", ".js", ".css", ".md", ".toml", ".yml", ".json", ".ipynb", ".html", ".svg", ""}
# Hosts of package registries, and folders of somebody's machine; spelled so as not to find itself.
HOSTS = ["pypi" + ".org", "python" + "hosted.org", "anaconda" + ".org", "npmjs" + ".org"]
HOSTS += ["jsdelivr" + ".net", "unpkg" + ".com", "download.pytorch" + ".org", "esm" + ".sh"]
FOLDERS = ["/" + name + "/" for name in ("work", "tmp", "root", "home", "Users")]
FOLDERS_AT_THE_ROOT = [rf"(?<![\w.}}/-]){folder}" for folder in FOLDERS]
FORBIDDEN = re.compile("|".join([*map(re.escape, HOSTS), *FOLDERS_AT_THE_ROOT]))


def test_no_file_names_a_registry_or_a_folder_of_a_machine():
    found = []
    for path in tracked_files():
        if path.suffix in TEXT and path.name != "uv.lock":
            for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
                if match := FORBIDDEN.search(line):
                    found.append(f"{path.relative_to(ROOT)}:{number}: {match.group()}")
    assert found == []


@pytest.mark.parametrize(
    "line",
    [f"https://{HOSTS[0]}/simple", f"open('{FOLDERS[0]}data')", f"see {FOLDERS[3]}someone/x"],
)
def test_a_registry_or_a_folder_is_noticed(line):
    assert FORBIDDEN.search(line)
    assert not FORBIDDEN.search("https://example.org" + FOLDERS[0])
    assert not FORBIDDEN.search("helpers/widgets" + FOLDERS[0])


def test_the_lock_file_is_not_tracked():
    assert "uv.lock" not in [path.name for path in tracked_files()]


def test_no_file_is_so_long_that_it_should_be_two():
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines())
        for path in tracked_files()
        if path.suffix in {".py", ".js", ".css"}
    }
    assert {name: lines for name, lines in lengths.items() if lines > 330} == {}
    assert "utils.py" not in {Path(name).name for name in lengths}


# -- dependencies --------------------------------------------------------------------------------

CONDA_NAMES = {"torch": "pytorch-cpu"}


def split_requirement(text):
    """`"torch>=2.4"` as `("torch", ">=2.4")`."""
    name, bounds = re.fullmatch(r"([\w.-]+)\s*(.*)", text.strip()).groups()
    return name, bounds.replace(" ", "")


def conda_requirements(text):
    """The `- name>=bound` lines of an environment.yml, its pip section included."""
    lines = [line.split("#")[0].strip() for line in text.split("dependencies:")[1].splitlines()]
    items = [line.removeprefix("- ") for line in lines if line.startswith("- ")]
    return dict(split_requirement(item) for item in items if item not in ("pip", "pip:", "-e ."))


def test_conda_gets_the_dependencies_of_pyproject():
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = {"python": pyproject["project"]["requires-python"]}
    listed = pyproject["project"]["dependencies"] + pyproject["dependency-groups"]["dev"]
    for name, bounds in map(split_requirement, listed):
        wanted[CONDA_NAMES.get(name, name)] = bounds
    assert conda_requirements((ROOT / "environment.yml").read_text("utf-8")) == wanted


def test_the_ci_script_can_be_executed():
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
