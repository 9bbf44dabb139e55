"""Fixtures of the browser tests: `lab` (a page of JupyterLab) and `module_page` (a bare page)."""

import pytest

from tests.browser import server
from tests.browser.lab import Lab
from tests.browser.module_page import FileServer, ModulePage

# All of them end with this folder's last test: Playwright leaves an event loop running, which
# the notebooks, run later in the same process, must not find there.


@pytest.fixture(scope="package")
def browser():
    if not server.find_chromium():
        pytest.skip(server.NO_CHROMIUM)
    with server.chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def lab_server(browser, tmp_path_factory):
    with server.jupyterlab(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture(scope="package")
def file_server(browser):
    files = FileServer()
    yield files
    files.stop()


@pytest.fixture
def context(browser):
    """A fresh profile per test, in a window as wide as a projector's."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    yield context
    context.close()


@pytest.fixture
def lab(context, lab_server):
    """A fresh page of JupyterLab; its kernels end with the test."""
    page = Lab(context, lab_server)
    yield page
    page.close()


@pytest.fixture
def module_page(context, file_server):
    """A blank page that can import the course's JavaScript and mount widgets without a kernel."""
    return ModulePage(context, file_server.url)
