"""Pretrained weights: from the cache, from a server on this machine, and all ways to fail."""

import hashlib
import http.server
import io
import threading
import time

import numpy as np
import pytest
import torch
import torchvision

from helpers.features import download, load_pretrained
from helpers.features.download import Unavailable, fetch

NAME = "squeezenet1_1"  # the smallest of torchvision's files
WEIGHTS = torchvision.models.SqueezeNet1_1_Weights.DEFAULT


def as_bytes(state):
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getvalue()


def named(content):
    """A file name as torchvision gives them: with the first 8 digits of the SHA-256."""
    return f"net-{hashlib.sha256(content).hexdigest()[:8]}.pth"


TINY = as_bytes({"weight": torch.arange(3.0)})


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, "_hub_dir", None)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    return tmp_path / "hub" / "checkpoints"


@pytest.fixture
def serve(monkeypatch):
    """serve(answer) -> a server on this machine, and its address; answer(handler, over)."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    servers, over = [], threading.Event()

    def start(answer):
        class Handler(http.server.BaseHTTPRequestHandler):
            requests = 0

            def do_GET(self):
                Handler.requests += 1
                try:
                    answer(self, over)
                except OSError:
                    pass  # nobody listens any more

            def log_message(self, *args):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        server.handler = Handler
        return server, f"http://127.0.0.1:{server.server_port}"

    yield start
    over.set()
    for server in servers:
        server.shutdown()
        server.server_close()


def sending(content, kind="application/octet-stream", code=200, length=None, then=None):
    """An answer; `then` is done after the content, for example to stall."""

    def answer(handler, over):
        handler.send_response(code)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(length or len(content)))
        handler.end_headers()
        handler.wfile.write(content)
        if then:
            then(handler, over)

    return answer


def stall(handler, over):
    over.wait(20)


def trickle(handler, over):
    while not over.wait(0.05):
        handler.wfile.write(b"x")


def files(folder):
    return sorted(path.name for path in folder.glob("*")) if folder.exists() else []


def wait_until(true):
    end = time.monotonic() + 10
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    assert true()


def nothing():
    pass


def test_a_file_comes_from_the_server_once_and_then_from_the_cache(cache, serve):
    server, address = serve(sending(TINY))
    started = []
    for _ in range(2):
        state = fetch(f"{address}/{named(TINY)}", 5, 20, lambda: started.append(1))
        assert state["weight"].tolist() == [0, 1, 2]
    assert server.handler.requests == len(started) == 1
    assert files(cache) == [named(TINY)]


def test_a_damaged_file_in_the_cache_is_loaded_again(cache, serve):
    server, address = serve(sending(TINY))
    cache.mkdir(parents=True)
    (cache / named(TINY)).write_bytes(TINY[:-5])
    assert fetch(f"{address}/{named(TINY)}", 5, 20, nothing)["weight"].tolist() == [0, 1, 2]
    assert (cache / named(TINY)).read_bytes() == TINY


@pytest.mark.parametrize(
    ("answer", "settings", "reason"),
    [
        (sending(TINY[:-1] + b"?"), (5, 20), "is not the file that torchvision promises"),
        (sending(TINY[:100], length=len(TINY)), (5, 20), "is not the file that torchvision"),
        (sending(b"<html>", "text/html; charset=utf-8"), (5, 20), "may want you to log in"),
        (sending(b"<html>"), (5, 20), "is not the file that torchvision promises"),
        (sending(b"", code=404), (5, 20), r"the server answered 404 \(Not Found\)"),
        (stall, (0.3, 20), r"no answer came within 0\.3 seconds"),
        (sending(TINY[:99], length=999, then=stall), (0.3, 20), r"no answer came within 0\.3 sec"),
        (sending(TINY[:99], length=99999, then=trickle), (5, 0.4), r"not arrive within 0\.4 sec"),
    ],
    ids=["wrong hash", "cut off", "HTML", "HTML hidden", "404", "silent", "stalls", "trickles"],
)
def test_each_way_to_fail_is_told_and_leaves_no_file(cache, serve, answer, settings, reason):
    _, address = serve(answer)
    with pytest.raises(Unavailable, match=reason):
        fetch(f"{address}/{named(TINY)}", *settings, nothing)
    wait_until(lambda: files(cache) == [])


def test_a_refused_connection_is_told(cache, serve):
    server, address = serve(sending(TINY))
    server.shutdown()
    server.server_close()
    with pytest.raises(Unavailable, match="cannot be loaded .*[Rr]efused"):
        fetch(f"{address}/{named(TINY)}", 5, 20, nothing)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("fault", [UnicodeError("label too long"), AssertionError(), SystemExit()])
def test_no_other_error_of_the_thread_passes_for_success(cache, monkeypatch, fault):
    def fails(*args, **settings):
        raise fault

    def again(*args, **settings):
        raise AssertionError("torch.hub loads it once more")

    monkeypatch.setattr(download, "urlopen", fails)
    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", again)
    reason = str(fault) or "nothing came from|AssertionError"
    with pytest.raises(Unavailable, match=reason):
        fetch(f"https://example.org/{named(TINY)}", 5, 5, lambda: None)


def test_a_name_lookup_that_never_ends_does_not_hang_and_leaves_nothing(cache, serve, monkeypatch):
    _, address = serve(sending(TINY))
    answered, asked = threading.Event(), threading.Event()

    def slow(*args, **kwargs):
        answered.wait(20)
        asked.set()
        return usual(*args, **kwargs)

    usual = download.urlopen
    monkeypatch.setattr(download, "urlopen", slow)
    loading = download._Download(f"{address}/{named(TINY)}", cache / "net.pth", "", 0.2, 20)
    with pytest.raises(Unavailable, match="no answer came"):
        loading.wait()
    assert loading.thread.is_alive()
    answered.set()
    loading.thread.join(10)
    assert not loading.thread.is_alive() and asked.is_set() and files(cache) == []


@pytest.fixture
def stub(monkeypatch, cache, serve):
    """torchvision's weights of a small network, on a server here; all weights are 0.01."""
    state = torchvision.models.squeezenet1_1().state_dict()
    content = as_bytes({name: torch.full_like(value, 0.01) for name, value in state.items()})
    server, address = serve(sending(content))
    monkeypatch.setattr(WEIGHTS.value, "url", f"{address}/{named(content)}")
    return server


def test_the_trained_weights_are_in_the_model(stub):
    lines = []
    network = load_pretrained(NAME, say=lines.append)
    assert network.available and not network.reason and not network.model.training
    assert all((p == 0.01).all() for p in network.model.parameters())
    assert lines == ["Loading the weights of squeezenet1_1, 5 MB, once."]
    assert repr(network) == "squeezenet1_1 with the weights IMAGENET1K_V1, for 1000 classes"
    load_pretrained(NAME, say=lines.append)
    assert len(lines) == 1 and stub.handler.requests == 1


def test_without_them_the_model_has_random_weights_and_says_so(stub):
    stub.shutdown()
    stub.server_close()
    chance = torch.random.get_rng_state()
    one, other = (load_pretrained(NAME, say=lambda line: None) for _ in range(2))
    assert torch.equal(torch.random.get_rng_state(), chance)
    assert not one.available and not one.model.training
    assert "with RANDOM weights: the weights cannot be loaded" in repr(one)
    pairs = zip(one.model.parameters(), other.model.parameters())
    assert all(torch.equal(a, b) for a, b in pairs)


def test_images_become_what_torchvisions_own_preprocessing_makes_of_them(stub):
    network = load_pretrained(NAME, say=lambda line: None)
    image = np.random.default_rng(0).random((3, 300, 300), dtype=np.float32)
    # torchvision resizes to 256 and cuts 224 out of the middle; on a square of 256 it only cuts.
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    x = network.pixels(image)
    resized = torchvision.transforms.functional.resize(torch.tensor(image), [224, 224])
    torch.testing.assert_close(x[0], resized)
    torch.testing.assert_close(
        network.normalize(x)[0], (resized - mean[:, None, None]) / std[:, None, None]
    )
    whole = (255 * image).astype(np.uint8)
    torch.testing.assert_close(network.pixels(whole.transpose(1, 2, 0)), network.pixels(whole))
    assert network.pixels(np.zeros((4, 3, 40, 60))).shape == (4, 3, 224, 224)


def test_a_wide_image_is_cut_to_its_middle_square(stub):
    network = load_pretrained(NAME, say=lambda line: None)
    wide = np.zeros((3, 224, 424))
    wide[:, :, 100:324] = 1
    assert (network.pixels(wide) == 1).all()


def test_the_best_classes_have_names_and_probabilities(stub):
    network = load_pretrained(NAME, say=lambda line: None)
    with torch.no_grad():
        network.model.classifier[1].weight.zero_()
        network.model.classifier[1].bias[:] = 0
        network.model.classifier[1].bias[[1, 7]] = torch.tensor([2.0, 1.0])
    best = network.best(np.zeros((224, 224, 3)), 2)
    e = np.e
    assert list(best) == ["goldfish", "cock"]  # ImageNet's classes 1 and 7
    assert list(best.values()) == pytest.approx([e**2 / (e**2 + e + 998), e / (e**2 + e + 998)])


def test_errors_teach(stub):
    with pytest.raises(ValueError, match="no classifier 'resnet_18'. Did you mean 'resnet18'?"):
        load_pretrained("resnet_18")
    network = load_pretrained(NAME, say=lambda line: None)
    with pytest.raises(ValueError, match=r"\(8, 8\). Repeat a grey one: np.stack"):
        network.pixels(np.zeros((8, 8)))
