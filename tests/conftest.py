"""For all tests: in CI a browser test that does not run is a failure."""

import os
from pathlib import Path

import pytest

BROWSER_TESTS = Path(__file__).parent / "browser"


def _refuse_skip(report, path):
    in_ci = os.environ.get("CI", "").lower() in ("1", "true")
    expected = hasattr(report, "wasxfail")
    if in_ci and report.skipped and not expected and BROWSER_TESTS in Path(path).parents:
        reason = report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"CI=true, and this browser test did not run. {reason}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    return _refuse_skip((yield), item.path)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    return _refuse_skip((yield), collector.path)
