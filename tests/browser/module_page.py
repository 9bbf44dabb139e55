"""A bare page for JavaScript modules, and for widgets without a kernel.

    def test_sizes(module_page):
        assert module_page.evaluate(
            "async () => (await import('/helpers/widgets/js/arithmetic.js')).outputSize(5, 3)") == 3

    def test_a_click_is_saved_once(module_page):
        widget = module_page.mount(esm, css, {"value": 1})
        widget.el.get_by_role("button").click()
        assert widget.saves() == 1
"""

import base64
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.browser.server import REPOSITORY

HERE = Path(__file__).parent
BLANK = b'<!doctype html><html lang="en"><meta charset="utf-8"><title>widgets</title><body></body>'


class _Handler(SimpleHTTPRequestHandler):
    """The widgets' files as they are, a blank page at `/`, and nothing else."""

    extensions_map = SimpleHTTPRequestHandler.extensions_map | {".js": "text/javascript"}

    def do_GET(self):
        if self.path == "/":
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(BLANK)))
            self.end_headers()
            self.wfile.write(BLANK)
        elif self.path == "/favicon.ico":
            self.send_response(204)
            self.end_headers()
        elif self.path.startswith("/helpers/widgets/") and ".." not in self.path:
            super().do_GET()
        else:
            self.send_error(404)

    def end_headers(self):
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, *_):
        pass


class FileServer:
    def __init__(self):
        handler = partial(_Handler, directory=REPOSITORY)
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)
        self._thread.start()

    def stop(self):
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


class ModulePage:
    """`page` is Playwright's page; `console_errors` what went wrong in it."""

    def __init__(self, context, url):
        self.console_errors = []
        self.page = context.new_page()
        self.page.add_init_script(path=HERE / "host.js")
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.console_errors.append(str(error)))
        self.page.goto(url)

    def _on_console(self, message):
        if message.type == "error":
            self.console_errors.append(message.text)

    def evaluate(self, script, argument=None):
        return self.page.evaluate(script, argument)

    def mount(self, esm, css="", state=None):
        """Mounts a widget: its joined module, its style, the values of its traits. One view."""
        state = {name: to_js(value) for name, value in (state or {}).items()}
        return Mounted(self.page, _host(self.page, "mount", esm, css, state))

    def timers(self):
        """How many timeouts and intervals are running."""
        return self.page.evaluate("window.__host.timers.size")

    def counts(self):
        """Living DOM nodes and listeners, after the garbage has been collected."""
        return counts(self.page)


class Mounted:
    """A mounted widget. `el` is the locator of its first view."""

    def __init__(self, page, id):
        self.page, self._id = page, id
        self.el = self.view()

    def view(self):
        """Opens one more view of the same model; returns its locator."""
        name = _host(self.page, "view", self._id)
        return self.page.locator(f"[data-view='{name}']")

    def get(self, name):
        value = _host(self.page, "get", self._id, name)
        return bytes(value["$bytes"]) if isinstance(value, dict) and "$bytes" in value else value

    def set(self, **values):
        """Sets traits as Python would: views are told, the log is not."""
        _host(self.page, "set", self._id, {name: to_js(v) for name, v in values.items()})

    def log(self):
        """The widget's own calls in order: `["set", name, value]` and `["save_changes"]`."""
        return _host(self.page, "log", self._id)

    def clear_log(self):
        _host(self.page, "clearLog", self._id)

    def saves(self):
        return self.log().count(["save_changes"])

    def listeners(self):
        """The events on which the widget listens to its model, one entry per listener."""
        return _host(self.page, "listeners", self._id)

    def destroy(self):
        """Runs the clean-ups, then removes the views and the style."""
        _host(self.page, "destroy", self._id)


def counts(page):
    """`{"nodes": …, "listeners": …}` that are alive in a page after garbage collection."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")
    devtools.send("HeapProfiler.enable")
    for _ in range(2):  # what finalizers let go is collected in the second round
        devtools.send("HeapProfiler.collectGarbage")
    metrics = {m["name"]: m["value"] for m in devtools.send("Performance.getMetrics")["metrics"]}
    devtools.detach()
    return {"nodes": int(metrics["Nodes"]), "listeners": int(metrics["JSEventListeners"])}


def _host(page, name, *arguments):
    return page.evaluate("([name, args]) => window.__host[name](...args)", [name, arguments])


def to_js(value):
    """A trait's value with its bytes as text; host.js makes them bytes again."""
    if isinstance(value, dict):
        return {name: to_js(inner) for name, inner in value.items()}
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"$base64": base64.b64encode(value).decode()}
    return value
