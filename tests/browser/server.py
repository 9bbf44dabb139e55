"""What the browser tests stand on: Chromium and a JupyterLab server of their own."""

import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
NO_CHROMIUM = (
    "no Chromium found: install it (Debian, Ubuntu: `apt-get install chromium`) "
    "or set CHROMIUM to the path of a Chromium or Chrome"
)
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium():
    """The path of the machine's Chromium or Chrome; None if there is none."""
    names = [os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"]
    return next((found for name in names if name and (found := shutil.which(name))), None)


@contextmanager
def chromium():
    """A headless Chromium under Playwright, which never looks for a browser of its own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_ARGS)
        try:
            yield browser
        finally:
            browser.close()


def _end_with_parent():
    """Runs in the new process: Linux ends it when pytest is gone, be it killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


class Server:
    """A JupyterLab on a free port, with its own settings, whose notebooks live in `root`."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.root = self.folder / "notebooks"
        self.root.mkdir(parents=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.log = self.folder / "server.log"
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--expose-app-in-browser"]
        options = {
            "ServerApp.ip": "127.0.0.1",
            "ServerApp.port": port,
            "ServerApp.port_retries": 0,
            "ServerApp.root_dir": self.root,
            "ServerApp.allow_root": True,
            "IdentityProvider.token": "",
            "ServerApp.password": "",
            "ServerApp.disable_check_xsrf": True,  # so that `request` may delete
            "LabApp.extension_manager": "readonly",
        }
        command += [f"--{name}={value}" for name, value in options.items()]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                env=self._environment(),
                cwd=self.root,
                stdout=log,
                stderr=log,
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,
            )

    def _environment(self):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("JUPYTER")}
        for name in (
            "JUPYTER_CONFIG_DIR",
            "JUPYTER_DATA_DIR",
            "JUPYTER_RUNTIME_DIR",
            "JUPYTERLAB_SETTINGS_DIR",
            "JUPYTERLAB_WORKSPACES_DIR",
            "IPYTHONDIR",
        ):
            environment[name] = str(self.folder / name.lower())
        paths = [str(REPOSITORY), os.environ.get("PYTHONPATH")]
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
        environment["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
        return environment

    def request(self, path, method="GET", content=None):
        data = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(f"{self.url}/api/{path}", method=method, data=data)
        with urllib.request.urlopen(request, timeout=10) as answer:
            body = answer.read()
        return json.loads(body) if body else None

    def wait(self, seconds=60):
        """Returns when the server answers; RuntimeError with its log if it does not."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            try:
                return self.request("status")
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise RuntimeError(f"JupyterLab did not start:\n{self.log.read_text()}")

    def start_kernel(self, notebook):
        """Starts the kernel of a notebook that is opened later; JupyterLab finds it by its path."""
        content = {"path": notebook, "name": notebook, "type": "notebook"}
        self.request("sessions", "POST", content | {"kernel": {"name": "python3"}})

    def end_kernels(self):
        for session in self.request("sessions"):
            self.request(f"sessions/{session['id']}", "DELETE")

    def stop(self):
        """Ends the server, and with it the kernels: each watches its parent and follows it."""
        if self.process.poll() is None:
            try:
                self.end_kernels()
            except OSError:
                pass  # the server is what is broken; end it all the same
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def jupyterlab(folder):
    server = Server(folder)
    try:
        server.wait()
        yield server
    finally:
        server.stop()
