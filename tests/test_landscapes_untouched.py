"""Whatever happens to a loss surface, the model and torch are afterwards as they were before."""

import copy
import signal

import numpy as np
import pytest
import torch
from torch import nn

from helpers import loss_between, loss_cut, loss_surface
from helpers.training import fit
from tests.random_settings import one_thread  # noqa: F401 (a fixture)
from tests.test_landscapes import QUIET, digits, network

HOW = {
    "surface": lambda model, x, y, **more: loss_surface(model, x, y, steps=3, **more, **QUIET),
    "batch": lambda model, x, y, **more: loss_surface(
        model, x, y, steps=3, statistics="batch", **more, **QUIET
    ),
    "cut": lambda model, x, y, **more: loss_cut(model, x, y, steps=5, **more, **QUIET),
    "between": lambda model, x, y, **more: loss_between(
        model, network(seed=9), x, y, steps=4, **more, **QUIET
    ),
}


class Before:
    """A model in mixed modes, with gradients; `check` compares it with now, to the bit."""

    def __init__(self):
        self.model = network()
        self.model.train()
        self.model.layer2.eval()
        x, y = digits()
        nn.functional.cross_entropy(self.model(x), y).backward()
        self.modes = [module.training for module in self.model.modules()]
        self.tensors = [*self.model.parameters(), *self.model.buffers()]
        self.copies = copy.deepcopy(self.tensors)
        self.places = [tensor.data_ptr() for tensor in self.tensors]
        self.versions = [p._version for p in self.model.parameters()]
        self.gradients = [p.grad.clone() for p in self.model.parameters()]
        self.random, self.threads = torch.get_rng_state(), torch.get_num_threads()

    def check(self):
        now = [*self.model.parameters(), *self.model.buffers()]
        assert all(a is b for a, b in zip(now, self.tensors, strict=True))
        assert all(torch.equal(a, b) for a, b in zip(now, self.copies, strict=True))
        assert [tensor.data_ptr() for tensor in now] == self.places
        # so that a backward pass through a graph of before still works
        assert [p._version for p in self.model.parameters()] == self.versions
        assert [module.training for module in self.model.modules()] == self.modes
        assert all(torch.equal(p.grad, g) for p, g in zip(self.model.parameters(), self.gradients))
        assert all(p.requires_grad for p in self.model.parameters())
        assert torch.equal(torch.get_rng_state(), self.random)
        assert torch.get_num_threads() == self.threads and torch.is_grad_enabled()


@pytest.mark.parametrize("how", HOW)
def test_after_measuring_all_is_as_before(how):
    before = Before()
    HOW[how](before.model, *digits())
    before.check()


def stopped(after, act):
    """A cross-entropy that acts when it has been called so many times."""
    calls = []

    def loss(prediction, y):
        calls.append(1)
        if len(calls) > after:
            act()
        return nn.functional.cross_entropy(prediction, y)

    return loss


@pytest.mark.parametrize("how", HOW)
def test_an_interrupt_keeps_what_is_done_and_the_model(how):
    before = Before()
    loss = stopped(2, lambda: signal.raise_signal(signal.SIGINT))
    found = HOW[how](before.model, *digits(), loss=loss)
    before.check()
    assert found.interrupted and found.done == 2
    assert np.isfinite(found.loss) and "interrupted: 2 of" in repr(found)
    whole = HOW[how](before.model, *digits())
    done = ~np.isnan(found.losses)
    assert not whole.interrupted and (whole.losses[done] == found.losses[done]).all()


def test_an_interrupted_surface_is_a_smaller_square():
    loss = stopped(9, lambda: signal.raise_signal(signal.SIGINT))
    found = loss_surface(network(), *digits(), steps=7, loss=loss, **QUIET)
    assert not np.isnan(found.losses[2:5, 2:5]).any() and found.done == 9


@pytest.mark.parametrize("how", HOW)
def test_an_error_passes_through_and_leaves_the_model(how):
    before = Before()

    def fail():
        raise ZeroDivisionError("a fault of the loss")

    with pytest.raises(ZeroDivisionError, match="a fault of the loss"):
        HOW[how](before.model, *digits(), loss=stopped(2, fail))
    before.check()


def test_an_interrupt_before_the_first_place_leaves_a_surface_of_nothing():
    loss = stopped(0, lambda: signal.raise_signal(signal.SIGINT))
    found = loss_surface(network(), *digits(), steps=3, loss=loss, **QUIET)
    assert found.interrupted and found.done == 0 and np.isnan(found.loss)
    with pytest.raises(ValueError, match="no finite loss is known"):
        found.plot()


def test_the_training_goes_on_as_if_nobody_had_looked():
    x, y = digits()
    looked, not_looked = network(), network()

    def look_around(_epoch, model):
        loss_surface(model, x, y, steps=3, **QUIET)

    look = {"after_epoch": look_around}
    for model, more in ((looked, look), (not_looked, {})):
        fit(model, x, y, epochs=3, progress=False, **more)
    for one, other in zip(looked.parameters(), not_looked.parameters()):
        assert torch.equal(one, other)


# -- errors that teach ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"steps": 24}, "loss_surface: steps must be an odd number of at least 3, .* but it is 24"),
        ({"steps": 1}, "Use 25"),
        ({"steps": 5.0}, "but it is 5.0"),
        ({"reach": 0}, "reach must be above 0, but it is 0"),
        ({"reach": float("nan")}, "reach must be above 0, but it is nan"),
        ({"statistics": "running"}, "statistics='running' is unknown. Use \"stored\""),
        ({"batch_size": 0}, "loss_surface: batch_size must be at least 1"),
        ({"loss": lambda prediction, y: prediction}, "loss_surface: loss.* must return a tensor"),
    ],
)
def test_other_settings_are_refused(settings, text):
    before = Before()
    with pytest.raises(ValueError, match=text):
        loss_surface(before.model, *digits(), **{"steps": 3, **settings}, **QUIET)
    before.check()


def test_data_that_do_not_fit_are_refused():
    x, y = digits()
    with pytest.raises(ValueError, match="loss_surface: x and y must have equally many examples"):
        loss_surface(network(), x, y[:3], **QUIET)
    with pytest.raises(ValueError, match="loss_cut: the class numbers run from 0 to 19"):
        loss_cut(network(), x, torch.arange(40) % 20, **QUIET)
    with pytest.raises(ValueError, match="loss_between: the data hold no example"):
        loss_between(network(), network(), [], **QUIET)


@pytest.mark.parametrize(
    ("direction", "text"),
    [
        ({"weight": torch.ones(3, 2)}, r"direction\['weight'\] has the shape \(3, 2\), .* \(2, 3\)"),
        ({"kernel": torch.ones(2)}, "no such parameter"),
        (torch.ones(2, 3), "direction must be a dict"),
    ],
)
def test_a_direction_of_another_shape_is_refused(direction, text):
    model = nn.Linear(3, 2)
    with pytest.raises(ValueError, match=text):
        loss_cut(model, np.eye(3), np.arange(3) % 2, direction=direction, **QUIET)
