"""Without Chromium browser tests skip on a laptop, and fail in CI."""

import os
import subprocess
import sys

ANY_BROWSER_TEST = "tests/browser/test_harness.py::test_two_views_of_one_mounted_widget_agree"


def run(what, folder, **environment):
    """Runs pytest as if no browser were installed: nothing is on the PATH."""
    kept = {k: v for k, v in os.environ.items() if k not in ("CI", "CHROMIUM", "PYTEST_ADDOPTS")}
    command = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", what]
    return subprocess.run(
        command, env=kept | {"PATH": str(folder)} | environment, capture_output=True, text=True
    )


def test_without_chromium_a_browser_test_skips_and_says_how_to_get_it(tmp_path):
    done = run(ANY_BROWSER_TEST, tmp_path)
    assert done.returncode == 0, done.stdout
    assert "1 skipped" in done.stdout
    assert "apt-get install chromium" in done.stdout


def test_without_chromium_a_browser_test_fails_in_ci(tmp_path):
    done = run(ANY_BROWSER_TEST, tmp_path, CI="true")
    assert done.returncode == 1, done.stdout
    assert "CI=true, and this test did not run" in done.stdout
    assert "apt-get install chromium" in done.stdout
