"""The fit loop."""

import numpy as np
import torch
from torch import nn

from helpers.models import seeded
from helpers.training.batches import Examples, batches_of
from helpers.training.epoch import measure, train
from helpers.training.history import History
from helpers.training.progress import GrowingCurve, progress_bar, threads, uninterrupted


def fit(
    model,
    x,
    y=None,
    *,
    loss=nn.functional.cross_entropy,
    epochs=30,
    batch_size=50,
    learning_rate=0.01,
    optimizer=torch.optim.Adam,
    validation=None,
    patience=None,
    transform=None,
    after_epoch=None,
    seed=0,
    device=None,
    cores=None,
    progress=True,
    history=None,
):
    """Train `model` in place with mini-batches of (x, y); returns a `History`.

    x (N, …) and y (N, …): arrays or tensors. Integer y are class numbers (N,) or class maps
    (N, H, W), other y are floats of any shape. In place of x and y: a Dataset, or an iterable of
    batches (x, y) such as a DataLoader, which then has the say over batch_size and order. Inputs
    get the dtype of the model's weights, one batch at a time.

    loss(prediction, target) -> one number, the mean over the batch. optimizer(parameters, lr=…) ->
    a torch optimizer. transform(x) -> x changes the inputs of each training batch, for example
    `lambda x: x.roll(int(torch.randint(3, ())), dims=-1)`. seed: fixes the order of the examples
    and whatever else draws from torch's random numbers (dropout, transform).

    validation: (x, y), a Dataset or batches; measured after each epoch, batch by batch, as the mean
    over the examples. patience: stop after so many epochs in a row without a lower validation loss;
    in any case the weights and buffers of the best epoch are put back at the end.
    after_epoch(epoch, model) is called after each epoch, counted from 1, with the model in eval
    mode and the gradients of the last step; it stops the training by returning True. Neither
    validation nor after_epoch changes the random numbers of the training.

    device: by default where the model is if that is no CPU, else a CUDA GPU, else MPS, else the
    CPU. At the end the model returns to where it was, and is in eval mode: ready to predict.
    progress: a bar, and in a notebook a curve that grows; False shows nothing. history: an empty
    `History` to write into, for those who want to watch it.

    An interrupt (■ in JupyterLab) ends the training, not the cell: model and history stay as they
    are, with patience the model of the best epoch. Raises FloatingPointError as soon as the loss is
    not a finite number (the weights are those from before that step), and ValueError for data that
    don't fit together, class numbers that the model has no score for, and settings below 1. What
    PyTorch itself refuses, such as inputs of another size, it says in its own words.

    cores: how many of them the CPU uses; by default one for arrays in batches of fewer than 65,536
    numbers, where a second one gains little and waits whenever the machine is busy; else all.

    It takes 1.01 to 1.04 times as long as a bare PyTorch loop (SmallCNN on the digits, one thread).
    """
    training = batches_of(x, y, batch_size, shuffle=True)
    if validation is not None:
        pair = validation if isinstance(validation, tuple) else (validation, None)
        if len(pair) != 2:
            raise ValueError(
                f"fit: validation must be two arrays (x, y), but it is a tuple of {len(pair)}. "
                f"Batches go into a list or a DataLoader."
            )
        validation = batches_of(*pair, batch_size, what="the validation's ")
    _check(model, epochs, patience, validation)
    home = next(model.parameters()).device
    history, best = History() if history is None else history, None
    try:
        model.to(device or _best_device(home))
        with uninterrupted():  # the first optimizer of a process loads parts of PyTorch
            updates = optimizer(model.parameters(), lr=learning_rate)
        with (
            seeded(seed),
            threads(cores or _enough_cores(training)),
            GrowingCurve(history, epochs, progress) as curve,
            progress_bar(epochs, "epoch", progress) as bar,
        ):
            for epoch in range(1, epochs + 1):
                value = train(model, training, loss, updates, transform, epoch)
                if validation is None:
                    history.record(value)
                else:
                    history.record(value, *measure(model, validation, loss, updates, epoch))
                if patience and history.best_epoch == epoch:
                    best = epoch, _copies(model)
                bar.set_postfix(_short(history.latest()), refresh=False)
                bar.update()
                curve.update()
                stop = after_epoch and _ask(after_epoch, epoch, model)
                if stop or patience and epoch - history.best_epoch >= patience:
                    history.stopped_early = epoch < epochs
                    break
    except KeyboardInterrupt:
        history.interrupted = True
    finally:
        model.to(home).eval()
    if best:
        history.kept_epoch, copies = best
        _put_back(model, copies)
    return history


def _check(model, epochs, patience, validation):
    if not any(p.requires_grad for p in model.parameters()):
        raise ValueError("fit: the model has no parameters to train. Give it a layer with weights.")
    if epochs < 1:
        raise ValueError(f"fit: epochs must be at least 1, but it is {epochs}. Use 30.")
    if patience is None:
        return
    if validation is None:
        raise ValueError(
            f"fit: patience={patience} waits for a lower validation loss, but there are no "
            f"validation data. Give validation=(x, y), or leave patience out."
        )
    if patience < 1:
        raise ValueError(f"fit: patience must be at least 1 epoch, but it is {patience}. Use 5.")


def _enough_cores(batches):
    """1 for small batches, None for all cores."""
    small = isinstance(batches, Examples) and batches.numbers < 2**16
    return 1 if small else None


def _short(latest):
    """The numbers beside the bar, under names that leave room for it."""
    names = {"loss": "loss", "validation loss": "val", "validation accuracy": "acc"}
    return {names[name]: value for name, value in latest.items()}


def _best_device(home):
    if home.type != "cpu":
        return home
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _ask(after_epoch, epoch, model):
    """Whether after_epoch wants to stop; what it draws at random is not missed in the training."""
    model.eval()
    with torch.random.fork_rng(devices=[]):
        answer = after_epoch(epoch, model)
    return isinstance(answer, (bool, np.bool_)) and bool(answer)  # a list is not True


def _tensors(model):
    return [*model.parameters(), *model.buffers()]


def _copies(model):
    return [tensor.detach().clone() for tensor in _tensors(model)]


@torch.no_grad()
def _put_back(model, copies):
    for tensor, copy in zip(_tensors(model), copies, strict=True):
        tensor.copy_(copy)
