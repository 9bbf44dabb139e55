"""Is this machine ready for the course? `python -m helpers.doctor`, or `check_machine()` in a cell.

One line for each thing that the lessons need, with the repair for what fails. Nothing is changed.
"""

import html
import importlib.metadata
import json
import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent  # of the repository
KERNEL_NAME = "python3"
EXTENSIONS = {"anywidget": "anywidget", "@jupyter-widgets/jupyterlab-manager": "jupyterlab_widgets"}


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    what: str
    ok: bool
    found: str
    repair: str = ""


class Report(list):
    """Findings, printed as lines or shown as a table. `ready` when all are well."""

    @property
    def ready(self):
        return all(finding.ok for finding in self)

    @property
    def summary(self):
        failures = sum(not finding.ok for finding in self)
        if not failures:
            return "This machine is ready for the course."
        return f"{failures} of {len(self)} checks failed; the repair stands beside each."

    def __repr__(self):
        width = max((len(finding.what) for finding in self), default=0)
        lines = []
        for finding in self:
            mark = "✓ ok  " if finding.ok else "✗ FAIL"
            repair = "" if finding.ok else f"  → {finding.repair}"
            lines.append(f"{mark}  {finding.what:<{width}}  {finding.found}{repair}")
        return "\n".join([*lines, self.summary])

    def _repr_html_(self):
        cell = "padding:.25em .8em .25em 0;text-align:left;vertical-align:top"
        rows = []
        for finding in self:
            colour, mark = ("#00694c", "✓ ok") if finding.ok else ("#b3261e", "✗ FAIL")
            badge = (f'<b style="background:{colour};color:#fff;padding:.1em .6em;'
                     f'border-radius:1em;white-space:nowrap">{mark}</b>')
            text = html.escape(finding.found)
            if not finding.ok:
                text += f"<br><b>Repair:</b> {html.escape(finding.repair)}"
            rows.append(f'<tr><td style="{cell}">{badge}</td><th scope="row" style="{cell}">'
                        f'{html.escape(finding.what)}</th><td style="{cell}">{text}</td></tr>')
        # Both colours from the theme, so that the table can be read in light and dark.
        colours = ("background:var(--jp-layout-color1,#fff);"
                   "color:var(--jp-content-font-color0,#000)")
        return (f'<table style="{colours}"><caption>{html.escape(self.summary)}</caption>'
                f"<tbody>{''.join(rows)}</tbody></table>")


def check_machine():
    """A report on Python, packages, torch, JupyterLab, its kernel, widgets, data and memory.

    Never raises: a check that cannot be made is a failed one.
    """
    report = Report()
    for check in CHECKS:
        try:
            report += check()
        except Exception as error:  # the report goes on, whatever is broken
            what = check.__name__.strip("_").replace("_", " ").capitalize()
            found = f"{type(error).__name__}: {error}".splitlines()[0]
            report.append(Finding(what, False, found, INSTALL))
    return report


INSTALL = "Install the course again: uv sync, or pip install -e . in the folder of the course."


def _python():
    version = ".".join(map(str, sys.version_info[:3]))
    ok = (3, 11) <= sys.version_info[:2] <= (3, 13)
    repair = "Use Python 3.11, 3.12 or 3.13: uv python install 3.13, then uv sync."
    return [Finding("Python", ok, f"{version} at {sys.executable}", repair)]


def required_packages():
    """Name → smallest version, from pyproject.toml or, if there is none, the installed course."""
    import tomllib  # new in Python 3.11; the line about an older Python is to be reached

    project = HOME / "pyproject.toml"
    if project.exists():
        texts = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["dependencies"]
    else:
        texts = importlib.metadata.requires("cnn-course") or []
    needed = [text.split(";")[0] for text in texts if "extra" not in text]
    return {name.strip(): least.strip() for name, _, least in (t.partition(">=") for t in needed)}


def _at_least(version, least):
    """Compare the release numbers: 2.10 is later than 2.9, 2.4 is 2.4.0, 2.4.1+cpu is 2.4.1."""
    def numbers(text):
        parts = re.match(r"[\d.]*", text).group().split(".")
        return [int(part or 0) for part in (*parts, 0, 0, 0)[:4]]

    return numbers(version) >= numbers(least)


def _packages():
    findings = []
    for name, least in required_packages().items():
        repair = f'uv sync, or pip install "{name}>={least}"' if least else f"pip install {name}"
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            findings.append(Finding(name, False, f"missing, needs {least}", repair))
            continue
        found = version if _at_least(version, least) else f"{version} is too old, needs {least}"
        findings.append(Finding(name, _at_least(version, least), found, repair))
    if all(finding.ok for finding in findings):  # one line is enough when all is well
        names = ", ".join(f"{finding.what} {finding.found}" for finding in findings)
        return [Finding("Packages", True, names)]
    return [finding for finding in findings if not finding.ok]


def _torch():
    repair = ("Reinstall torch for this machine, without CUDA if it has no such GPU: "
              "uv pip install --reinstall --torch-backend=cpu torch torchvision")
    try:
        import torch
        import torchvision  # noqa: F401  an old one does not fit to a new torch and fails here

        y = torch.nn.functional.conv2d(torch.ones(1, 1, 3, 3), torch.ones(1, 1, 2, 2))
    except Exception as error:
        found = f"{type(error).__name__}: {error}".splitlines()[0]
        return [Finding("torch works", False, found, repair)]
    device = "CPU (enough for all lessons)"
    if torch.cuda.is_available():
        device = f"GPU {torch.cuda.get_device_name(0)}"
    elif getattr(torch.backends, "mps", None) and torch.backends.mps.is_available():
        device = "GPU (Apple)"
    right = y.tolist() == [[[[4.0, 4.0], [4.0, 4.0]]]]
    found = f"a convolution is right; {device}, {torch.get_num_threads()} threads"
    return [Finding("torch works", right, found if right else f"wrong convolution: {y}", repair)]


def _kernel():
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    repair = f"{sys.executable} -m ipykernel install --sys-prefix --name {KERNEL_NAME}"
    try:
        spec = KernelSpecManager().get_kernel_spec(KERNEL_NAME)
    except NoSuchKernel:
        return [Finding("Jupyter kernel", False, f"{KERNEL_NAME} is missing", repair)]
    program = spec.argv[0] if spec.argv else ""
    # A bare "python" is replaced by the Python that runs JupyterLab.
    own = program in ("python", "python3", f"python3.{sys.version_info.minor}")
    own = own or _folder(program) == _folder(sys.executable)
    found = f"{KERNEL_NAME} starts {program}"
    if not own:
        found += f", which is not this Python ({sys.executable})"
    return [Finding("Jupyter kernel", own, found, repair)]


def _folder(program):
    # Links are not followed: the Python of a virtual environment is often a link to another's.
    return os.path.normcase(os.path.dirname(os.path.abspath(program)))


def _widget_front_end():
    """The JavaScript half of the widgets, in the folders where JupyterLab looks for it."""
    from jupyter_core.paths import jupyter_path

    findings = []
    for extension, package in EXTENSIONS.items():
        what = f"Front end {extension.split('/')[-1]}"
        repair = f"pip install --force-reinstall {package}, then reload JupyterLab in the browser"
        places = [Path(p, extension, "package.json") for p in jupyter_path("labextensions")]
        found = [place for place in places if place.exists()]
        if not found:
            findings.append(Finding(what, False, "not found in Jupyter's folders", repair))
            continue
        version = json.loads(found[0].read_text(encoding="utf-8"))["version"]
        # anywidget numbers both halves alike; the manager has numbers of its own.
        wanted = importlib.metadata.version(package) if extension == package else version
        ok = version == wanted
        text = version if ok else f"{version} in {found[0].parent}, but the package is {wanted}"
        findings.append(Finding(what, ok, text, repair))
    return findings


def _data_files():
    from helpers.data import check_files

    files = list(check_files())
    findings = []
    for name, ok, message in files:
        if not ok:  # the message ends with its repair
            found, _, repair = message.partition(". ")
            repair = repair or "git checkout -- data"
            findings.append(Finding(f"Data {name}", False, found, repair))
    names = ", ".join(name for name, _, _ in files)
    return findings or [Finding("Data files", True, f"{names}: checksums agree")]


def _memory_and_disk():
    findings = []
    free = _free_memory()
    if free is not None:
        found = f"{free:.1f} GB free, 1 GB is enough"
        findings.append(Finding("Memory", free >= 1, found, "Close other programs and notebooks."))
    disk = shutil.disk_usage(Path.cwd()).free / 1e9
    found = f"{disk:.1f} GB free, 0.5 GB is enough"
    findings.append(Finding("Disk", disk >= 0.5, found, "Delete files that you don't need."))
    return findings


def _free_memory():
    """Free memory in GB, or None where the system does not tell it in a file (macOS, Windows)."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    sizes = [line.split()[1] for line in lines if line.startswith("MemAvailable")]
    return int(sizes[0]) / 1e6 if sizes else None


CHECKS = [_python, _packages, _torch, _kernel, _widget_front_end, _data_files, _memory_and_disk]


def printable(text, encoding):
    """The text with plain signs where the encoding, such as an old Windows console's, lacks ✓."""
    for sign, plain in {"✓": "+", "✗": "x", "→": "->"}.items():
        try:
            sign.encode(encoding or "ascii")
        except (UnicodeEncodeError, LookupError):
            text = text.replace(sign, plain)
    try:
        return text.encode(encoding or "ascii", "replace").decode(encoding or "ascii")
    except LookupError:
        return text.encode("ascii", "replace").decode("ascii")


def main():
    """Print the report; 0 when the machine is ready, else 1."""
    report = check_machine()
    print(printable(repr(report), sys.stdout.encoding))
    return 0 if report.ready else 1


if __name__ == "__main__":
    sys.exit(main())
