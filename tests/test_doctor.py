"""The doctor: well machines, and every failure with its repair."""

import importlib.metadata
import io
import json
import re
import sys
from pathlib import Path

import pytest

from helpers import doctor


@pytest.fixture(autouse=True)
def data_files(monkeypatch):
    """Data files that are well; the loaders have tests of their own."""
    from helpers import data

    files = [("digits.npz", True, "as shipped"), ("photo.png", True, "as shipped")]
    monkeypatch.setattr(data, "check_files", lambda: files)
    return files


def failures(findings):
    return [finding for finding in findings if not finding.ok]


def line_of(report, what):
    return next(line for line in repr(report).splitlines() if what in line)


def test_a_machine_that_runs_these_tests_is_ready():
    report = doctor.check_machine()
    assert report.ready, repr(report)
    assert doctor.main() == 0


def test_the_report_names_every_part():
    text = repr(doctor.check_machine())
    for part in ["Python", "jupyterlab", "torch works", "CPU", "Jupyter kernel", "anywidget",
                 "jupyterlab-manager", "digits.npz", "Disk"]:
        assert part in text or part == "CPU" and "GPU" in text
    assert text.endswith("This machine is ready for the course.")


@pytest.mark.parametrize("version, ok", [((3, 10, 4), False), ((3, 11, 0), True),
                                         ((3, 13, 9), True), ((3, 14, 0), False)])
def test_python_is_3_11_to_3_13(monkeypatch, version, ok):
    monkeypatch.setattr(doctor.sys, "version_info", version)
    (finding,) = doctor._python()
    assert finding.ok is ok
    assert "Use Python 3.11, 3.12 or 3.13" in finding.repair


def test_a_missing_package_is_told_with_its_repair(monkeypatch):
    monkeypatch.setattr(doctor, "required_packages", lambda: {"no-such-package": "1.2"})
    (finding,) = failures(doctor.check_machine())
    assert finding.found == "missing, needs 1.2"
    assert finding.repair == 'uv sync, or pip install "no-such-package>=1.2"'


def test_an_old_package_is_told_with_its_repair(monkeypatch):
    monkeypatch.setattr(doctor, "required_packages", lambda: {"numpy": "99.1", "pillow": "1"})
    (finding,) = doctor._packages()
    assert "is too old, needs 99.1" in finding.found
    assert finding.repair == 'uv sync, or pip install "numpy>=99.1"'


@pytest.mark.parametrize("version, least, enough", [
    ("2.15.0", "2.4", True), ("2.4", "2.4.0", True), ("2.10", "2.9", True), ("2.9", "2.10", False),
    ("2.3.9", "2.4", False), ("2.4.1+cpu", "2.4", True), ("8.0.9rc12", "8.1", False),
    ("8.1rc1", "8.2", False), ("1.0", "", True)])
def test_versions_are_compared_as_numbers(version, least, enough):
    assert doctor._at_least(version, least) is enough


def test_the_requirements_are_those_of_pyproject():
    text = (Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8")
    block = text.split("dependencies = [")[1].split("]")[0]
    assert doctor.required_packages() == dict(re.findall(r'"([\w-]+)>=([\d.]+)"', block))


def test_without_pyproject_the_installed_course_is_asked(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "HOME", tmp_path)
    listed = ["numpy>=1.26", 'xarray>=2024; extra == "weather"', "tqdm>=4.66"]
    monkeypatch.setattr(importlib.metadata, "requires", lambda name: listed)
    assert doctor.required_packages() == {"numpy": "1.26", "tqdm": "4.66"}


def test_a_torch_that_does_not_load_is_told_with_its_repair(monkeypatch):
    monkeypatch.setitem(sys.modules, "torchvision", None)  # makes the import fail
    (finding,) = doctor._torch()
    assert not finding.ok and "torchvision" in finding.found
    assert "--torch-backend=cpu" in finding.repair


def test_a_torch_that_computes_wrongly_is_told(monkeypatch):
    import torch

    monkeypatch.setattr(torch.nn.functional, "conv2d", lambda x, w: x)
    (finding,) = doctor._torch()
    assert not finding.ok and "wrong convolution" in finding.found


def spec_with(monkeypatch, tmp_path, argv):
    from jupyter_client import kernelspec

    folder = tmp_path / "kernels" / "python3"
    folder.mkdir(parents=True)
    spec = {"argv": argv, "display_name": "Python 3", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(spec))
    found = kernelspec.KernelSpec.from_resource_dir(str(folder))
    monkeypatch.setattr(kernelspec.KernelSpecManager, "get_kernel_spec", lambda self, name: found)


def test_a_missing_kernel_is_told_with_its_repair(monkeypatch):
    from jupyter_client import kernelspec

    def missing(self, name):
        raise kernelspec.NoSuchKernel(name)

    monkeypatch.setattr(kernelspec.KernelSpecManager, "get_kernel_spec", missing)
    (finding,) = doctor._kernel()
    assert not finding.ok and "missing" in finding.found
    assert finding.repair == f"{sys.executable} -m ipykernel install --sys-prefix --name python3"


@pytest.mark.parametrize("program, own", [("python", True), (sys.executable, True),
                                          ("/opt/other/bin/python3", False), ("bash", False)])
def test_the_kernel_must_be_of_this_python(monkeypatch, tmp_path, program, own):
    spec_with(monkeypatch, tmp_path, [program, "-m", "ipykernel_launcher"])
    (finding,) = doctor._kernel()
    assert finding.ok is own
    assert own or "which is not this Python" in finding.found and "ipykernel" in finding.repair


def front_end(monkeypatch, folder, **versions):
    import jupyter_core.paths

    for name, version in versions.items():
        place = folder / {"manager": "@jupyter-widgets/jupyterlab-manager"}.get(name, name)
        place.mkdir(parents=True)
        (place / "package.json").write_text(json.dumps({"version": version}))
    monkeypatch.setattr(jupyter_core.paths, "jupyter_path", lambda *parts: [str(folder)])


def test_a_missing_front_end_is_told_with_its_repair(monkeypatch, tmp_path):
    front_end(monkeypatch, tmp_path)
    first, second = doctor._widget_front_end()
    assert not first.ok and "--force-reinstall anywidget" in first.repair
    assert not second.ok and "--force-reinstall jupyterlab_widgets" in second.repair
    assert "not found" in first.found and "not found" in second.found


def test_a_front_end_of_another_version_is_told(monkeypatch, tmp_path):
    front_end(monkeypatch, tmp_path, anywidget="0.0.1", manager="5.0.0")
    first, second = doctor._widget_front_end()
    assert not first.ok and "0.0.1" in first.found
    assert importlib.metadata.version("anywidget") in first.found and "reload" in first.repair
    assert second.ok


def test_each_bad_data_file_is_told_with_its_own_repair(data_files):
    data_files[1] = ("photo.png", False, "data/photo.png is missing. `git checkout` brings it back")
    (finding,) = failures(doctor.check_machine())
    assert finding.what == "Data photo.png" and finding.found == "data/photo.png is missing"
    assert finding.repair == "`git checkout` brings it back"


def test_little_memory_and_a_full_disk_are_told(monkeypatch):
    monkeypatch.setattr(doctor, "_free_memory", lambda: 0.3)
    full = type("Usage", (), {"free": 1e8})
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda folder: full)
    memory, disk = doctor._memory_and_disk()
    assert not memory.ok and memory.found.startswith("0.3 GB") and "Close" in memory.repair
    assert not disk.ok and disk.found.startswith("0.1 GB") and "Delete" in disk.repair


def test_a_system_that_does_not_tell_its_memory_is_no_failure(monkeypatch):
    monkeypatch.setattr(doctor, "_free_memory", lambda: None)
    assert [finding.what for finding in doctor._memory_and_disk()] == ["Disk"]


def test_the_doctor_never_raises(monkeypatch, data_files):
    def _data_files():
        raise RuntimeError("broken\nin two lines")

    monkeypatch.setattr(doctor, "CHECKS", [doctor._python, _data_files])
    good, bad = doctor.check_machine()
    assert good.ok and not bad.ok
    assert (bad.what, bad.found) == ("Data files", "RuntimeError: broken")
    assert bad.repair.startswith("Install the course again")
    assert doctor.main() == 1


def test_a_failure_is_one_line_with_sign_word_and_repair():
    report = doctor.Report([doctor.Finding("torch", False, "missing", "pip install torch")])
    assert repr(report).splitlines()[0] == "✗ FAIL  torch  missing  → pip install torch"
    assert "1 of 1 checks failed" in repr(report)


def test_the_table_says_the_same_escaped():
    finding = doctor.Finding("a<b", False, "x<y", "pip install 'a>=1'")
    page = doctor.Report([finding])._repr_html_()
    assert "✗ FAIL" in page and "a&lt;b" in page and "x&lt;y" in page and "<b>Repair:</b>" in page
    assert " id=" not in page
    assert "background:var(--jp-layout-color1" in page and "color:var(--jp-content-font" in page
    well = doctor.Report([doctor.Finding("a", True, "1", "unneeded")])._repr_html_()
    assert "✓ ok" in well and "unneeded" not in well


@pytest.mark.parametrize("encoding, expected", [("utf-8", "✓ → é"), ("latin-1", "+ -> é"),
                                                ("ascii", "+ -> ?"), (None, "+ -> ?"),
                                                ("no-such-encoding", "+ -> ?")])
def test_the_report_can_be_printed_in_every_encoding(encoding, expected):
    assert doctor.printable("✓ → é", encoding) == expected


def test_main_prints_on_a_console_without_unicode(monkeypatch):
    console = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", console)
    doctor.main()
    console.flush()
    assert b"+ ok    Python" in console.buffer.getvalue()
