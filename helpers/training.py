"""One fit loop for every lesson."""

import sys
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import nn
from tqdm import tqdm

from helpers.models import seeded

__all__ = ["History", "accuracy", "fit", "one_thread", "progress_bar"]


@dataclass(repr=False)
class History:
    """What `fit` saw: lists with one number per finished epoch.

    `loss` is the mean over the mini-batches while they were trained on. `validation_loss` and
    `validation_accuracy` (0..1; for integer targets only) stay empty without validation data.
    """

    loss: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    validation_accuracy: list[float] = field(default_factory=list)
    interrupted: bool = False

    def __len__(self):
        return len(self.loss)

    def latest(self):
        """The last epoch's numbers, by name."""
        named = {
            "loss": self.loss,
            "validation loss": self.validation_loss,
            "validation accuracy": self.validation_accuracy,
        }
        return {name: values[-1] for name, values in named.items() if values}

    def __repr__(self):
        numbers = "".join(f", {name} {value:.3g}" for name, value in self.latest().items())
        stopped = ", interrupted" if self.interrupted else ""
        return f"History: {len(self)} epoch{'s' * (len(self) != 1)}{numbers}{stopped}"


def fit(
    model,
    x,
    y,
    *,
    loss=nn.functional.cross_entropy,
    epochs=30,
    batch_size=50,
    learning_rate=0.01,
    optimizer=torch.optim.Adam,
    validation=None,
    seed=0,
    device=None,
    progress=True,
):
    """Train `model` in place with mini-batches of (x, y); returns a `History`.

    x (N, …) and y (N, …): arrays or tensors; integer y are taken as class numbers.
    loss(prediction, target) -> one number. optimizer(parameters, lr=…) -> a torch optimizer.
    validation: (x, y), measured after each epoch. seed: fixes the order of the examples (and
    dropout). device: by default a CUDA GPU if there is one; the model returns to where it was.

    An interrupt (■ in JupyterLab) ends the training, not the cell: model and history stay as they
    are. Raises FloatingPointError as soon as the loss is not a finite number, and ValueError if x
    and y don't fit together.
    """
    x, y = _as_tensors(x, y, "x and y")
    if validation is not None:
        validation = _as_tensors(*validation, "the validation's x and y")
    if batch_size < 1:
        raise ValueError(f"fit: batch_size must be at least 1, but it is {batch_size}. Use 50.")
    if not any(p.requires_grad for p in model.parameters()):
        raise ValueError("fit: the model has no parameters to train. Give it a layer with weights.")
    home = next(model.parameters()).device
    model.to(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    updates = optimizer(model.parameters(), lr=learning_rate)
    history = History()
    try:
        with seeded(seed), progress_bar(epochs, "epoch", progress) as bar:
            for epoch in range(1, epochs + 1):
                history.loss.append(_one_epoch(model, x, y, loss, updates, batch_size, epoch))
                if validation is not None:
                    _validate(model, *validation, loss, batch_size, history)
                bar.set_postfix({k: f"{v:.3g}" for k, v in history.latest().items()}, refresh=False)
                bar.update()
    except KeyboardInterrupt:
        history.interrupted = True
    finally:
        model.to(home)
    return history


def progress_bar(total, unit, shown=True):
    """A bar of plain text on stdout: needs no ipywidgets, and is not red in a notebook."""
    return tqdm(total=total, unit=unit, disable=not shown, file=sys.stdout, ncols=100)


@contextmanager
def one_thread():
    """Small arrays gain nothing from a second thread, and wait for it when the machine is busy."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _one_epoch(model, x, y, loss, updates, batch_size, epoch):
    device = next(model.parameters()).device
    model.train()
    total = 0.0
    for batch in torch.randperm(len(x)).split(batch_size):
        value = loss(model(x[batch].to(device)), y[batch].to(device))
        if not torch.isfinite(value):
            raise FloatingPointError(
                f"fit: in epoch {epoch} the loss became {value.item()}. Steps that are too large "
                f"do that: make a new model and use a learning_rate below "
                f"{updates.param_groups[0]['lr']:g}, for example a tenth of it."
            )
        updates.zero_grad()
        value.backward()
        updates.step()
        total += value.item() * len(batch)
    return total / len(x)


def _validate(model, x, y, loss, batch_size, history):
    scores = _predict(model, x, batch_size)
    history.validation_loss.append(loss(scores, y).item())
    if not y.is_floating_point():
        history.validation_accuracy.append((scores.argmax(1) == y).double().mean().item())


@torch.no_grad()
def _predict(model, x, batch_size=500):
    device = next(model.parameters()).device
    model.eval()
    return torch.cat([model(part.to(device)).cpu() for part in x.split(batch_size)])


def accuracy(model, x, y):
    """The share (0..1) of the examples x (N, …) whose largest score is at the class y (N,)."""
    x, y = _as_tensors(x, y, "x and y", "accuracy")
    return (_predict(model, x).argmax(1) == y).double().mean().item()


def _as_tensors(x, y, names, caller="fit"):
    x, y = torch.as_tensor(x).float(), torch.as_tensor(y)
    y = y.float() if y.is_floating_point() else y.long()
    if len(x) != len(y) or len(x) == 0:
        raise ValueError(
            f"{caller}: {names} must have equally many examples, at least one, but they have "
            f"{len(x)} and {len(y)}. Take them from the same set, for example train.images and "
            f"train.labels."
        )
    if not torch.isfinite(x).all():
        raise ValueError(
            f"{caller}: {names}: x holds {int((~torch.isfinite(x)).sum())} values that are nan or "
            f"infinite. Replace them first, for example by np.nan_to_num(x)."
        )
    return x, y
