"""What `fit` trains on: it does what a loop written by hand does, for every kind of data."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

from helpers.models import seeded
from helpers.training import accuracy, fit
from tests.random_settings import one_thread  # noqa: F401 (a fixture)

X = np.random.default_rng(0).normal(size=(30, 1, 4, 4)).astype(np.float32)
Y = np.arange(30) % 3


def network(outputs=3):
    """With dropout and batch norm, so that random numbers and buffers matter."""
    with seeded(0):
        return nn.Sequential(
            nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.3),
            nn.Flatten(), nn.Linear(64, outputs),
        )  # fmt: skip


def bare_loop(model, batches, epochs, loss=nn.functional.cross_entropy, transform=lambda x: x):
    """Training as the PyTorch tutorial writes it; `batches()` gives those of one epoch."""
    updates = torch.optim.Adam(model.parameters(), lr=0.01)
    with seeded(0):
        for _ in range(epochs):
            for x, y in batches():
                updates.zero_grad()
                loss(model(transform(x)), y).backward()
                updates.step()
    return model


def shuffled(x, y, size):
    order = torch.randperm(len(x))
    return [(x[part], y[part]) for part in order.split(size)]


def assert_equal_states(model, other):
    ours, theirs = model.state_dict(), other.state_dict()
    assert ours.keys() == theirs.keys()
    for name in ours:
        assert torch.equal(ours[name], theirs[name]), name


@pytest.mark.parametrize("validation", [None, (X[:7], Y[:7])], ids=["alone", "validated"])
def test_fit_does_what_a_bare_loop_does(validation):
    ours = network()
    fit(ours, X, Y, epochs=3, batch_size=8, validation=validation, progress=False)
    x, y = torch.from_numpy(X), torch.from_numpy(Y)
    assert_equal_states(ours, bare_loop(network(), lambda: shuffled(x, y, 8), 3))


def test_neither_validation_nor_what_is_done_after_an_epoch_changes_the_training():
    ours = network()
    loader = DataLoader(TensorDataset(torch.from_numpy(X), torch.from_numpy(Y)), shuffle=True)
    fit(
        ours, X, Y, epochs=3, batch_size=8, validation=loader, progress=False,
        after_epoch=lambda epoch, model: torch.rand(5),
    )  # fmt: skip
    x, y = torch.from_numpy(X), torch.from_numpy(Y)
    assert_equal_states(ours, bare_loop(network(), lambda: shuffled(x, y, 8), 3))


def test_the_transform_is_for_training_batches_alone_and_follows_the_seed():
    x, y = torch.from_numpy(X), torch.from_numpy(Y)

    def noisy(x):
        return x + torch.randn(x.shape)

    ours, plain = network(), network()
    history = fit(
        ours, X, Y, epochs=2, batch_size=8, transform=noisy, validation=(X, Y), progress=False
    )
    bare = bare_loop(network(), lambda: shuffled(x, y, 8), 2, transform=noisy)
    assert_equal_states(ours, bare)
    bare.eval()
    expected = nn.functional.cross_entropy(bare(x), y).item()
    assert history.validation_loss[-1] == pytest.approx(expected, rel=1e-5)
    fit(plain, X, Y, epochs=2, batch_size=8, progress=False)
    assert not torch.equal(ours[0].weight, plain[0].weight)


def test_the_random_numbers_outside_stay_as_they_were():
    torch.manual_seed(3)
    expected = torch.rand(2)
    data = TensorDataset(torch.from_numpy(X), torch.from_numpy(Y))
    torch.manual_seed(3)
    fit(network(), DataLoader(data, shuffle=True), epochs=1, validation=data, progress=False)
    accuracy(network(), DataLoader(data))
    fit(network(), data, epochs=1, transform=lambda x: x + torch.rand(1), progress=False)
    assert torch.equal(torch.rand(2), expected)


# -- kinds of data -------------------------------------------------------------------------------


class Squares(Dataset):
    """Examples made one by one."""

    def __len__(self):
        return len(X)

    def __getitem__(self, i):
        return X[i], int(Y[i])


class Stream(IterableDataset):
    def __iter__(self):
        return iter(zip(X, Y))


BATCHES = [(torch.from_numpy(X[i : i + 8]), torch.from_numpy(Y[i : i + 8])) for i in (0, 8, 16, 24)]


TENSORS = TensorDataset(torch.from_numpy(X), torch.from_numpy(Y))
ARRAYS = [(X[i : i + 8].astype(float), Y[i : i + 8].astype(np.uint8)) for i in (0, 8, 16, 24)]
IN_ORDER = {  # data for fit, and the batches for the loop by hand
    "DataLoader": [DataLoader(TENSORS, batch_size=8)] * 2,
    "list of tensors": [BATCHES, BATCHES],
    "list of arrays of other kinds": [ARRAYS, BATCHES],
    "IterableDataset": [Stream(), DataLoader(Stream(), batch_size=8)],
}


@pytest.mark.parametrize(("data", "batches"), IN_ORDER.values(), ids=list(IN_ORDER))
def test_batches_are_taken_in_the_order_in_which_they_come(data, batches):
    ours = network()
    history = fit(ours, data, epochs=2, batch_size=8, validation=data, progress=False)
    bare = bare_loop(network(), lambda: batches, 2)
    assert_equal_states(ours, bare)
    bare.eval()
    scores, y = bare(torch.from_numpy(X)), torch.from_numpy(Y)
    expected = nn.functional.cross_entropy(scores, y).item()
    assert history.validation_loss[-1] == pytest.approx(expected, rel=1e-5)
    assert history.validation_accuracy[-1] == (scores.argmax(1) == y).double().mean().item()
    assert accuracy(ours, data) == accuracy(ours, X, Y) == history.validation_accuracy[-1]


def test_the_examples_of_a_dataset_are_shuffled_by_the_seed():
    seen = {}

    def orders(seed):
        batches = seen[seed] = []
        watch = lambda x: batches.append(x[:, 0, 0, 0].tolist()) or x  # noqa: E731
        options = {"transform": watch, "progress": False}
        fit(network(), Squares(), epochs=2, batch_size=8, seed=seed, **options)
        return batches

    first, other = orders(1), orders(2)
    assert first == orders(1) != other
    epochs = [sum(first[:4], []), sum(first[4:], [])]
    assert sorted(epochs[0]) == sorted(epochs[1]) == sorted(X[:, 0, 0, 0].tolist())
    assert epochs[0] != epochs[1] and [len(part) for part in first[:4]] == [8, 8, 8, 6]


def test_class_maps_have_a_class_for_each_pixel():
    images = np.random.default_rng(1).random((6, 1, 5, 5))
    maps = (images[:, 0] > 0.5).astype(np.uint8)
    model = nn.Conv2d(1, 2, 1)
    history = fit(
        model, images, maps, epochs=60, batch_size=3, learning_rate=0.3,
        validation=(images, maps), progress=False,
    )  # fmt: skip
    scores = model(torch.tensor(images).float())
    chosen = scores.argmax(1).numpy()
    assert history.validation_accuracy[-1] == pytest.approx((chosen == maps).mean())
    assert accuracy(model, images, maps) == history.validation_accuracy[-1] > 0.9
    wrong = 1 - chosen
    wrong[0, 0, 0] = chosen[0, 0, 0]
    assert accuracy(model, images, wrong) == pytest.approx(1 / wrong.size)


def test_a_forecast_of_images_has_a_loss_and_no_accuracy():
    x = np.random.default_rng(2).normal(size=(20, 1, 4, 6))
    y = np.roll(x, 1, axis=-1)  # one step to the east
    model = nn.Conv2d(1, 1, (1, 3), padding=(0, 1), padding_mode="circular", bias=False)
    history = fit(
        model, x, y, loss=nn.functional.mse_loss, epochs=40, batch_size=5, learning_rate=0.05,
        validation=(x, y), progress=False,
    )  # fmt: skip
    torch.testing.assert_close(model.weight.flatten(), torch.tensor([1.0, 0, 0]), atol=0.02, rtol=0)
    assert history.validation_accuracy == [] and history.validation_loss[-1] < 1e-3


def test_one_score_for_two_classes_is_no_accuracy():
    x, y = X.reshape(30, -1), (Y > 0).astype(int)
    history = fit(
        nn.Linear(16, 1), x, y, epochs=1, validation=(x, y), progress=False,
        loss=lambda s, t: nn.functional.binary_cross_entropy_with_logits(s[:, 0], t.float()),
    )  # fmt: skip
    assert history.validation_accuracy == [] and len(history.validation_loss) == 1


def test_the_validation_loss_is_the_mean_over_examples_of_unequal_batches():
    batches = [(X[:25], Y[:25]), (X[25:], Y[25:])]
    model = network()
    history = fit(model, X, Y, epochs=1, validation=batches, progress=False)
    model.eval()
    expected = nn.functional.cross_entropy(model(torch.from_numpy(X)), torch.from_numpy(Y)).item()
    assert history.validation_loss == [pytest.approx(expected, rel=1e-5)]


def test_no_batch_of_the_validation_is_larger_than_batch_size():
    sizes = set()

    class Watching(nn.Flatten):
        def forward(self, x):
            sizes.add((self.training, len(x)))
            assert torch.is_grad_enabled() == self.training
            return super().forward(x)

    model = nn.Sequential(Watching(), nn.Linear(16, 3))
    fit(model, X[:20], Y[:20], epochs=1, batch_size=8, validation=(X, Y), progress=False)
    assert sizes == {(True, 8), (True, 4), (False, 8), (False, 6)}


def test_a_model_of_doubles_is_trained_in_doubles():
    model = network().double()
    fit(model, X, Y, epochs=1, validation=(X, Y), progress=False)
    assert model[0].weight.dtype == torch.float64


def test_big_data_are_not_copied_as_a_whole(monkeypatch):
    x = np.zeros((30, 1, 4, 4), np.uint8)
    x[:] = 255 * (X > 0)
    largest = []
    real = torch.Tensor.to

    def watched(tensor, *args, **kwargs):
        largest.append(len(tensor) if tensor.ndim else 0)
        return real(tensor, *args, **kwargs)

    monkeypatch.setattr(torch.Tensor, "to", watched)
    fit(network(), x, Y, epochs=1, batch_size=8, validation=(x, Y), progress=False)
    assert 0 < max(largest) <= 8


def test_accuracy_leaves_each_module_in_its_mode():
    model = network()
    model[1].eval()  # a frozen batch norm
    modes = [module.training for module in model.modules()]
    accuracy(model, X, Y)
    assert [module.training for module in model.modules()] == modes
    assert modes.count(False) == 1
