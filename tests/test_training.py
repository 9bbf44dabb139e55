import io
from contextlib import redirect_stderr, redirect_stdout

import numpy as np
import pytest
import torch
from torch import nn

from helpers.models import SmallCNN, SmallMLP, count_parameters, seeded
from helpers.training import History, accuracy, fit


def two_clouds(n=80):
    """Two well separated clouds of points; the sign of the first coordinate is the class."""
    rng = np.random.default_rng(0)
    y = np.arange(n) % 2
    x = rng.normal(size=(n, 2))
    x[:, 0] = np.abs(x[:, 0]) * (2 * y - 1) + (2 * y - 1)
    return x, y


def weights(model):
    return torch.cat([p.detach().flatten() for p in model.parameters()])


def test_both_networks_have_the_same_number_of_parameters():
    assert count_parameters(SmallMLP()) == 64 * 86 + 86 + 86 * 10 + 10 == 6460
    assert count_parameters(SmallCNN()) == 16 * 9 + 16 + 34 * 16 * 9 + 34 + 34 * 4 * 10 + 10 == 6460


def test_frozen_parameters_are_not_counted():
    model = SmallMLP()
    model[1].weight.requires_grad_(False)
    assert count_parameters(model) == 6460 - 64 * 86


@pytest.mark.parametrize("network", [SmallMLP, SmallCNN])
def test_a_network_gives_ten_scores_for_each_digit(network):
    assert network()(torch.zeros(3, 1, 8, 8)).shape == (3, 10)


@pytest.mark.parametrize("network", [SmallMLP, SmallCNN])
def test_the_initial_weights_follow_from_the_seed_alone(network):
    torch.manual_seed(5)
    first = weights(network(seed=1))
    torch.manual_seed(6)
    assert torch.equal(first, weights(network(seed=1)))
    assert not torch.equal(first, weights(network(seed=2)))


def test_seeding_leaves_the_random_numbers_outside_as_they_were():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    with seeded(9):
        torch.rand(7)
    assert torch.equal(torch.rand(2), expected)


def test_fit_learns_two_separate_clouds():
    x, y = two_clouds()
    model = nn.Linear(2, 2)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    history = fit(model, x, y, epochs=20, validation=(x, y), progress=False)
    assert history.validation_accuracy[-1] == accuracy(model, x, y) == 1.0
    assert history.loss[-1] < history.loss[0] / 2
    assert len(history) == len(history.validation_loss) == 20


def test_fit_finds_the_line_that_least_squares_finds():
    x = np.linspace(-1, 1, 50)[:, None]
    model = nn.Linear(1, 1)
    history = fit(
        model, x, 3 * x - 2, loss=nn.functional.mse_loss, epochs=200, learning_rate=0.1,
        optimizer=torch.optim.SGD, validation=(x, 3 * x - 2), progress=False,
    )
    assert model.weight.item() == pytest.approx(3, abs=1e-3)
    assert model.bias.item() == pytest.approx(-2, abs=1e-3)
    assert history.validation_accuracy == []  # no classes, no accuracy


def test_the_validation_loss_is_the_loss_of_all_validation_data():
    x, y = two_clouds(30)
    model = nn.Linear(2, 2)
    history = fit(model, x, y, epochs=1, batch_size=7, validation=(x, y), progress=False)
    scores = model(torch.tensor(x).float())
    expected = nn.functional.cross_entropy(scores, torch.tensor(y)).item()
    assert history.validation_loss == [pytest.approx(expected, rel=1e-5)]


def test_the_same_seed_trains_the_same_network():
    x, y = two_clouds()

    def trained(seed):
        with seeded(0):
            model = nn.Sequential(nn.Linear(2, 8), nn.Dropout(0.5), nn.Linear(8, 2))
        history = fit(model, x, y, epochs=2, batch_size=10, seed=seed, progress=False)
        return history.loss, weights(model)

    loss, final = trained(1)
    torch.rand(3)  # other random numbers in between change nothing
    again, same = trained(1)
    other, _ = trained(2)
    assert loss == again and torch.equal(final, same) and loss != other


def test_validation_switches_dropout_off_and_training_switches_it_on_again():
    modes = []

    class Watching(nn.Linear):
        def forward(self, x):
            modes.append(self.training)
            return super().forward(x)

    x, y = two_clouds(20)
    fit(Watching(2, 2), x, y, epochs=2, batch_size=20, validation=(x, y), progress=False)
    assert modes == [True, False, True, False]


def test_an_interrupt_keeps_the_model_and_the_history():
    x, y = two_clouds(20)
    calls = []

    def loss(scores, target):
        calls.append(1)
        if len(calls) == 6:  # in the second of two mini-batches of epoch 3
            raise KeyboardInterrupt
        return nn.functional.cross_entropy(scores, target)

    model = nn.Linear(2, 2)
    before = weights(model).clone()
    history = fit(model, x, y, loss=loss, epochs=50, batch_size=10, progress=False)
    assert history.interrupted and len(history) == 2
    assert "2 epochs" in repr(history) and "interrupted" in repr(history)
    assert torch.isfinite(weights(model)).all() and not torch.equal(weights(model), before)


def test_a_loss_that_is_not_a_number_stops_with_its_epoch_and_a_repair():
    x = np.linspace(-1, 1, 20)[:, None]
    with pytest.raises(FloatingPointError, match=r"in epoch \d+ the loss became (inf|nan)") as e:
        fit(
            nn.Linear(1, 1), x, x, loss=nn.functional.mse_loss, epochs=200, learning_rate=100,
            optimizer=torch.optim.SGD, progress=False,
        )
    assert "learning_rate below 100" in str(e.value)


def test_data_that_do_not_fit_together_are_refused():
    x, y = two_clouds(20)
    with pytest.raises(ValueError, match="they have 20 and 19"):
        fit(nn.Linear(2, 2), x, y[:-1], progress=False)
    with pytest.raises(ValueError, match="validation's x and y .* 20 and 5"):
        fit(nn.Linear(2, 2), x, y, validation=(x, y[:5]), progress=False)
    with pytest.raises(ValueError, match="batch_size must be at least 1, but it is 0"):
        fit(nn.Linear(2, 2), x, y, batch_size=0, progress=False)
    x[3, 0] = np.nan
    with pytest.raises(ValueError, match="x holds 1 values that are nan or infinite"):
        fit(nn.Linear(2, 2), x, y, progress=False)


def test_accuracy_is_the_share_of_largest_scores_at_the_right_place():
    x = np.array([[2.0, 1, 0], [0, 3, 1], [0, 1, 5], [9, 1, 2]])
    assert accuracy(nn.Sequential(nn.Identity(), Plus()), x, [0, 1, 2, 2]) == 0.75


class Plus(nn.Module):
    """Adds a parameter of zero: the least that has a device."""

    def __init__(self):
        super().__init__()
        self.zero = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        return x + self.zero


def test_the_progress_bar_writes_the_loss_to_stdout_and_nothing_to_stderr():
    x, y = two_clouds(20)
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        fit(nn.Linear(2, 2), x, y, epochs=3)
    assert "3/3" in out.getvalue() and "loss=" in out.getvalue()
    assert err.getvalue() == ""


def test_a_history_prints_its_last_numbers():
    history = History([2.0, 0.12345], [], [0.5, 0.875])
    assert repr(history) == "History: 2 epochs, loss 0.123, validation accuracy 0.875"
    assert repr(History()) == "History: 0 epochs"
