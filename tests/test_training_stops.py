"""How a training ends: by patience, by after_epoch, by an interrupt, by an error; what stays."""

import signal

import numpy as np
import pytest
import torch
from torch import nn

from helpers.training import fit
from tests.random_settings import one_thread  # noqa: F401 (a fixture)

X = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
Y = np.arange(20) % 2


class Falling(nn.Module):
    """Its prediction is one weight, which every step of SGD lowers by the learning rate.

    With one batch an epoch and a rate of 1 the weight is exactly −n after epoch n (16 examples: a
    power of two); a buffer counts the training batches, as batch norm does.
    """

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(()))
        self.register_buffer("batches", torch.tensor(0))

    def forward(self, x):
        if self.training:
            self.batches += 1
        return self.weight.expand(len(x))


def falling(validation_losses, patience, reached=lambda here: None, **options):
    """Train for the validation losses of a list, one per epoch; `reached` is told where it is."""
    model = Falling()

    def loss(prediction, y):
        reached("loss" if torch.is_grad_enabled() else "validation")
        if torch.is_grad_enabled():
            return prediction.mean()
        return torch.tensor(float(validation_losses[round(-prediction[0].item()) - 1]))

    history = fit(
        model, X[:16], Y[:16], loss=loss, epochs=len(validation_losses), learning_rate=1,
        optimizer=torch.optim.SGD, validation=(X, Y), patience=patience, progress=False, **options,
    )  # fmt: skip
    return model, history


@pytest.mark.parametrize(
    ("losses", "patience", "ran", "best", "early"),
    [
        ([5, 4, 3, 3.5, 3.25, 3.125, 1], 3, 6, 3, True),  # the 1 comes too late
        ([5, 4, 3, 3.5, 3.25, 2, 9, 9], 3, 8, 6, False),  # a lower one begins the count anew
        ([5, 4, 3, 2, 1], 1, 5, 5, False),
        ([5, 6, 1], 1, 2, 1, True),
        ([5, 5, 5, 1], 2, 3, 1, True),  # as low is not lower
        ([5, 1, 7, 8], 2, 4, 2, False),  # patience ends with the last epoch
    ],
)
def test_patience_stops_after_so_many_epochs_without_a_lower_validation_loss(
    losses, patience, ran, best, early
):
    model, history = falling(losses, patience)
    assert len(history) == ran and history.validation_loss == losses[:ran]
    assert (history.best_epoch, history.kept_epoch) == (best, best)
    assert history.stopped_early == early and not history.interrupted
    assert model.weight.item() == -best and model.batches.item() == best
    assert f"weights of epoch {best} kept" in repr(history)
    assert ("stopped early" in repr(history)) == early


def test_without_patience_the_last_weights_stay():
    model, history = falling([5, 1, 7, 8], None)
    assert (history.best_epoch, history.kept_epoch, len(history)) == (2, None, 4)
    assert model.weight.item() == -4 and "kept" not in repr(history)


def test_the_best_weights_are_those_that_after_epoch_saw_with_the_buffers_of_batch_norm():
    saved = {}

    def save(epoch, model):
        saved[epoch] = {name: value.clone() for name, value in model.state_dict().items()}

    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2))
    rng = np.random.default_rng(1)
    unlearnable = rng.normal(size=(20, 3)).astype(np.float32), rng.integers(0, 2, 20)
    history = fit(
        model, X, Y, epochs=50, batch_size=10, learning_rate=0.05, validation=unlearnable,
        patience=4, after_epoch=save, progress=False,
    )  # fmt: skip
    assert history.stopped_early and len(saved) == len(history) == history.best_epoch + 4
    best = saved[history.best_epoch]
    assert {name: value.tolist() for name, value in model.state_dict().items()} == {
        name: value.tolist() for name, value in best.items()
    }
    assert best["1.num_batches_tracked"] == 2 * history.best_epoch


def test_patience_without_validation_data_is_refused():
    with pytest.raises(ValueError, match=r"patience=3 .* no validation data. Give validation="):
        fit(nn.Linear(3, 2), X, Y, patience=3, progress=False)
    with pytest.raises(ValueError, match="patience must be at least 1 epoch, but it is 0"):
        fit(nn.Linear(3, 2), X, Y, patience=0, validation=(X, Y), progress=False)


# -- after_epoch ---------------------------------------------------------------------------------


def test_after_epoch_sees_each_epoch_with_gradients_and_a_model_that_predicts():
    seen = []

    def look(epoch, model):
        seen.append((epoch, model.training, model.weight.grad.abs().sum().item() > 0))
        model.train()  # whatever it does to the mode

    model = nn.Linear(3, 2)
    fit(model, X, Y, epochs=3, after_epoch=look, progress=False)
    assert seen == [(1, False, True), (2, False, True), (3, False, True)]
    assert not model.training


@pytest.mark.parametrize("yes", [True, np.True_], ids=["True", "NumPy's True"])
def test_after_epoch_stops_the_training_by_returning_true(yes):
    history = fit(
        nn.Linear(3, 2), X, Y, epochs=9, progress=False,
        after_epoch=lambda epoch, model: yes if epoch == 2 else None,
    )  # fmt: skip
    assert len(history) == 2 and history.stopped_early and "stopped early" in repr(history)


@pytest.mark.parametrize("other", [None, [1], "yes", 1, False, torch.ones(3)])
def test_whatever_else_after_epoch_returns_goes_on(other):
    history = fit(
        nn.Linear(3, 2), X, Y, epochs=2, after_epoch=lambda epoch, model: other, progress=False
    )
    assert len(history) == 2 and not history.stopped_early


def test_stopping_after_the_last_epoch_is_not_early():
    history = fit(
        nn.Linear(3, 2), X, Y, epochs=1, after_epoch=lambda epoch, model: True, progress=False
    )
    assert not history.stopped_early


# -- modes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("validation", [None, (X, Y)])
def test_after_fit_the_model_is_ready_to_predict(validation):
    model = nn.Sequential(nn.Linear(3, 2), nn.Dropout(0.5))
    fit(model, X, Y, epochs=1, validation=validation, progress=False)
    assert [module.training for module in model.modules()] == [False] * 3


def test_a_second_fit_trains_in_training_mode_again():
    model = nn.Sequential(nn.Dropout(0.5), nn.Linear(3, 2))
    fit(model, X, Y, epochs=1, progress=False)
    modes = []
    model.register_forward_pre_hook(lambda module, x: modes.append(module.training))
    fit(model, X, Y, epochs=1, progress=False)
    assert modes == [True]


# -- interrupts ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "finished", "steps", "batches"),
    [("transform", 3, 3, 3), ("loss", 3, 3, 4), ("validation", 3, 4, 4), ("after_epoch", 4, 4, 4)],
)
@pytest.mark.parametrize("patience", [None, 5])
def test_an_interrupt_in_epoch_4_keeps_what_there_is(moment, finished, steps, batches, patience):
    calls = []

    def reached(here):
        calls.append(here)
        if here == moment and calls.count(here) == 4:
            signal.raise_signal(signal.SIGINT)

    def transform(x):
        reached("transform")
        return x

    losses = [5, 2, 3, 4, 5, 6]
    model, history = falling(
        losses, patience, transform=transform, reached=reached,
        after_epoch=lambda epoch, model: reached("after_epoch"),
    )  # fmt: skip
    assert history.interrupted and "interrupted" in repr(history) and not history.stopped_early
    assert len(history) == finished and history.validation_loss == losses[:finished]
    assert model.weight.item() == (-2 if patience else -steps)
    assert model.batches.item() == (2 if patience else batches)
    assert not model.training and torch.is_grad_enabled()


def test_an_interrupt_in_the_first_epoch_leaves_the_model_and_an_empty_history():
    model = nn.Linear(3, 2)
    before = model.weight.clone()

    def loss(prediction, y):
        raise KeyboardInterrupt

    history = fit(model, X, Y, loss=loss, validation=(X, Y), patience=2, progress=False)
    assert len(history) == 0 and history.interrupted and history.kept_epoch is None
    assert torch.equal(model.weight, before)
    assert history._repr_html_() == "<p>History: 0 epochs, interrupted</p>"


def test_after_an_interrupt_the_random_numbers_outside_are_as_before():
    model = nn.Linear(3, 2)
    torch.manual_seed(1)
    expected = torch.rand(2)
    torch.manual_seed(1)

    def stop(epoch, model):
        torch.rand(1)
        raise KeyboardInterrupt

    fit(model, X, Y, after_epoch=stop, progress=False)
    assert torch.equal(torch.rand(2), expected)


# -- errors --------------------------------------------------------------------------------------


def test_a_loss_that_is_not_a_number_leaves_the_weights_from_before_that_step():
    model, calls, weights = nn.Linear(3, 2), [], []

    def loss(scores, y):
        calls.append(1)
        weights.append(model.weight.detach().clone())
        return nn.functional.cross_entropy(scores, y) * (torch.nan if len(calls) == 5 else 1)

    with pytest.raises(FloatingPointError, match="in epoch 3 the loss became nan"):
        fit(model, X, Y, loss=loss, batch_size=10, progress=False)
    assert torch.equal(model.weight, weights[4]) and not torch.equal(model.weight, weights[3])
    assert not model.training


def test_a_validation_loss_that_is_not_a_number_stops_too():
    with pytest.raises(FloatingPointError, match="in epoch 2 the validation loss became inf"):
        falling([1, np.inf, 1], None)


def test_an_error_inside_of_the_training_is_passed_on_and_the_model_is_back_home():
    model = nn.Linear(3, 2)

    def broken(epoch, model):
        raise RuntimeError("of the learner's own")

    with pytest.raises(RuntimeError, match="of the learner's own"):
        fit(model, X, Y, after_epoch=broken, progress=False)
    assert model.weight.device.type == "cpu" and not model.training


# -- devices -------------------------------------------------------------------------------------


class Moved(Exception):
    pass


@pytest.mark.parametrize(
    ("asked", "cuda", "mps", "chosen"),
    [
        (None, True, True, "cuda"),
        (None, False, True, "mps"),
        (None, False, False, "cpu"),
        ("cpu:0", True, True, "cpu:0"),
    ],
)
def test_the_device_is_chosen_by_itself_and_the_model_returns_home(
    monkeypatch, asked, cuda, mps, chosen
):
    model, moves = nn.Linear(3, 2), []
    real = model.to

    def to(device):
        moves.append(str(device))
        if len(moves) == 1:  # such a device need not be there
            raise Moved
        return real(device)

    monkeypatch.setattr(model, "to", to)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    with pytest.raises(Moved):
        fit(model, X, Y, device=asked, progress=False)
    assert moves == [chosen, "cpu"]
