"""Weights from torch's cache, or from their address without ever hanging or leaving half a file."""

import hashlib
import os
import threading
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlparse
from urllib.request import Request, urlopen
from uuid import uuid4

import torch

PIECE = 1 << 16


class Unavailable(Exception):
    """Why there are no weights, as a sentence."""


def fetch(url, patience, longest, starts):
    """The state dict at a URL whose file name ends with its SHA-256, kept in torch's cache.

    patience: seconds to wait for each answer; longest: for the whole. starts() is called before a
    file is loaded that the cache doesn't have. Raises Unavailable.
    """
    name = os.path.basename(urlparse(url).path)
    path = Path(torch.hub.get_dir(), "checkpoints", name)
    promised = torch.hub.HASH_REGEX.search(name)
    promised = promised.group(1) if promised else ""
    if not (path.is_file() and _sha256(path).startswith(promised)):
        starts()
        _Download(url, path, promised, patience, longest).wait()
        if not path.is_file():  # torch.hub would load it once more, without limits
            raise Unavailable(f"nothing came from {urlparse(url).hostname}.")
    return torch.hub.load_state_dict_from_url(
        url, map_location="cpu", progress=False, weights_only=True
    )


def _sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Download:
    """One file, loaded in a thread: looking up a host's name can hang, and nothing ends that.

    Such a thread is left behind; when its answer comes at last, it ends without a trace.
    """

    def __init__(self, url, path, promised, patience, longest):
        self.url, self.path, self.promised = url, path, promised
        self.patience, self.longest = patience, longest
        self.given_up = threading.Event()
        self.fault = ""
        self.thread = threading.Thread(target=self._run, daemon=True)

    def wait(self):
        """Returns when the file is there; else raises Unavailable."""
        self.heard = start = time.monotonic()
        self.thread.start()
        try:
            while self.thread.is_alive() and not self.fault:
                self.thread.join(0.05)
                now = time.monotonic()
                if now - self.heard > self.patience + 0.5:  # half a second later than the socket
                    self.fault = self._no_answer()
                elif now - start > self.longest:
                    self.fault = (
                        f"the file did not arrive within {self.longest:g} seconds. With "
                        f"longest={10 * self.longest:g} it has more time."
                    )
        finally:  # an interrupt, too, ends the thread at its next byte
            self.given_up.set()
        if self.fault:
            raise Unavailable(self.fault)

    def _no_answer(self):
        return f"no answer came within {self.patience:g} seconds."

    def _run(self):
        try:
            self._load()
        except HTTPError as error:
            self.fault = f"the server answered {error.code} ({error.reason})."
        except Exception as error:  # whatever ends the thread, the one who waits must hear of it
            reason = getattr(error, "reason", error)  # what lies behind a URLError
            why = str(reason) or type(error).__name__
            late = isinstance(reason, TimeoutError)
            self.fault = self._no_answer() if late else f"the weights cannot be loaded ({why})."

    def _load(self):
        request = Request(self.url, headers={"User-Agent": "torch.hub"})
        with urlopen(request, timeout=self.patience) as answer:
            if "html" in answer.headers.get("Content-Type", ""):
                raise OSError("a web page came instead: the network may want you to log in")
            if self.given_up.is_set():
                return
            self.path.parent.mkdir(parents=True, exist_ok=True)
            part = self.path.with_name(f"{self.path.name}.{uuid4().hex}.partial")
            try:
                with open(part, "xb") as file:
                    if not self._copy(answer, file):
                        return
                if not _sha256(part).startswith(self.promised):
                    raise OSError("what came is not the file that torchvision promises")
                os.replace(part, self.path)
            finally:
                part.unlink(missing_ok=True)

    def _copy(self, answer, file):
        """True when all has come; it stops when nobody waits any more."""
        while piece := answer.read1(PIECE):
            if self.given_up.is_set():
                return False
            file.write(piece)
            self.heard = time.monotonic()
        return True
