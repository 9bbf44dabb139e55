"""For all tests: in CI a test that does not run is a failure."""

import os

import pytest


def _refuse_skip(report):
    in_ci = os.environ.get("CI", "").lower() in ("1", "true")
    expected = hasattr(report, "wasxfail")
    if in_ci and report.skipped and not expected:
        reason = report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"CI=true, and this test did not run. {reason}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    return _refuse_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    return _refuse_skip((yield))
