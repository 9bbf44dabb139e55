"""What the groups measure on: one Chromium, one JupyterLab, both started when first asked for."""

import tempfile
from contextlib import ExitStack, contextmanager
from functools import cached_property

from tests.browser import server
from tests.browser.lab import Lab


class Stage:
    def __init__(self):
        self._stack = ExitStack()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return self._stack.__exit__(*error)

    @cached_property
    def browser(self):
        if not server.find_chromium():
            raise SystemExit(f"benchmarks: {server.NO_CHROMIUM}")
        return self._stack.enter_context(server.chromium())

    @cached_property
    def _server(self):
        folder = self._stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        return self._stack.enter_context(server.jupyterlab(f"{folder}/lab"))

    @contextmanager
    def lab(self):
        """A fresh page of JupyterLab, high enough for a whole widget."""
        context = self.browser.new_context(viewport={"width": 1280, "height": 1000})
        try:
            lab = Lab(context, self._server)
            yield lab
            lab.close()
        finally:
            context.close()
