"""What batch normalization buys, the learning rates that a network can bear, and what it costs, two modes."""

import copy
import math

import numpy as np
import torch

from helpers.models import ResidualNet
from helpers.training import fit, progress_bar
from helpers.training.batches import as_batch
from helpers.training.measure import kind_of

RATES = (0.01, 0.03, 0.1, 0.3)


def compare_learning_rates(
    train, rates=RATES, depth=8, skip=True, epochs=3, seed=0, progress=True
):
    """Training losses for several learning rates, with and without batch normalization.

    train: the training part of `load_digits()`. Each network (`ResidualNet` of this depth) is
    trained for a few epochs of SGD with momentum 0.9 in batches of 64, at a constant rate. Returns
    a dict, {"with batch norm": losses, "without": losses}, one mean loss of the last epoch for each
    rate, (rates,); nan where the loss was no longer finite. An interrupt ends the cell without a
    result: it takes seconds.
    """
    x, y = train.images[:, None], train.labels
    losses = {"with batch norm": [], "without": []}
    with progress_bar(2 * len(rates), "network", progress) as bar:
        for norm, values in zip((True, False), losses.values()):
            for rate in rates:
                model = ResidualNet(depth, skip, norm, seed=seed)
                values.append(_last_loss(model, x, y, rate, epochs, seed))
                bar.update()
    return {name: np.array(values) for name, values in losses.items()}


def _last_loss(model, x, y, rate, epochs, seed):
    try:
        history = fit(
            model, x, y, optimizer=lambda p, lr: torch.optim.SGD(p, lr, momentum=0.9),
            epochs=epochs, batch_size=64, learning_rate=rate, seed=seed, device="cpu", cores=1,
            progress=False,
        )  # fmt: skip
    except FloatingPointError:
        return math.nan
    if history.interrupted:
        raise KeyboardInterrupt
    return history.loss[-1]


def accuracy_in_batches(model, x, y, training, by_class=False):
    """The accuracy (0..1) on as many batches as there are classes, in training or evaluation mode.

    x (N, …), y (N,): images and their classes. by_class: each batch holds one class; else each
    holds its share of all. In training mode batch normalization takes the mean and variance of each
    batch. A copy of the model is run, so what it records is not kept.
    """
    model = copy.deepcopy(model).train(training)
    dtype, device = kind_of(model)
    x, y = (part.to(device) for part in as_batch((x, y), dtype, "accuracy_in_batches"))
    classes = y.unique()
    order = y.argsort(stable=True)
    batches = [order[n :: len(classes)] for n in range(len(classes))]
    if by_class:
        batches = [torch.where(y == c)[0] for c in classes]
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        right = [(model(x[batch]).argmax(1) == y[batch]).sum() for batch in batches]
    return float(sum(right) / len(y))
