"""One epoch of training, and one of measuring."""

import math

import torch

from helpers.training.batches import as_batch, not_finite
from helpers.training.measure import count_right, evaluating, has_classes, kind_of


def train(model, batches, loss, updates, transform, epoch):
    """One epoch; returns the mean loss over its examples."""
    dtype, device = kind_of(model)
    model.train()
    total, count = 0.0, 0
    for batch in batches:
        x, y = as_batch(batch, dtype)
        if transform:
            x = _transformed(transform, x)
        x, y = x.to(device), y.to(device)
        value = loss_of(model(x), y, loss)
        if not value.requires_grad:
            raise ValueError(
                "fit: the loss does not depend on the model's weights, so nothing can be learned. "
                "Compute it with torch from the prediction, without .detach(), .item() or argmax."
            )
        number = value.item()
        if not math.isfinite(number):
            raise FloatingPointError(_not_finite("loss", number, epoch, x, y, updates))
        updates.zero_grad()
        value.backward()
        updates.step()
        total += number * len(x)
        count += len(x)
    return total / _some(count)


def measure(model, batches, loss, updates, epoch):
    """The mean loss over the examples, and the accuracy, or None if the targets are no classes."""
    dtype, device = kind_of(model)
    total, count, right, classes = 0.0, 0, 0, 0
    with evaluating(model):
        for batch in batches:
            x, y = (part.to(device) for part in as_batch(batch, dtype))
            scores = model(x)
            number = loss_of(scores, y, loss).item()
            if not math.isfinite(number):
                what = "validation loss"
                raise FloatingPointError(_not_finite(what, number, epoch, x, y, updates))
            total += number * len(x)
            count += len(x)
            if has_classes(scores, y):
                right += count_right(scores, y)
                classes += y.numel()
    return total / _some(count, "the validation's data hold"), right / classes if classes else None


def _transformed(transform, x):
    changed = transform(x)
    if not isinstance(changed, torch.Tensor) or len(changed) != len(x):
        raise ValueError(
            f"fit: transform must return a tensor with as many examples as it was given, but for "
            f"{_form(x)} it returned {_form(changed)}. Change the inputs, not their number."
        )
    return changed


def loss_of(prediction, y, loss, caller="fit"):
    """loss(prediction, y), a tensor with one number; errors that teach for one that is none."""
    try:
        value = loss(prediction, y)
    except IndexError as error:  # PyTorch says: Target 10 is out of bounds.
        if y.is_floating_point() or not isinstance(prediction, torch.Tensor):
            raise
        lowest, highest, classes = int(y.min()), int(y.max()), prediction.shape[1]
        if 0 <= lowest and highest < classes:
            raise
        raise ValueError(
            f"{caller}: the class numbers run from {lowest} to {highest}, but the model gives "
            f"scores for the classes 0 to {classes - 1}. Count classes from 0, and give the last "
            f"layer one output per class."
        ) from error
    if not isinstance(value, torch.Tensor) or value.numel() != 1:
        raise ValueError(
            f"{caller}: loss(prediction, target) must return a tensor with one number, but it "
            f"returned {_form(value)}. Take the mean over the batch."
        )
    return value


def _form(value):
    """What was returned where a tensor of another form was expected: "shape (2, 3)", "a list"."""
    shape = getattr(value, "shape", None)
    return f"a {type(value).__name__}" if shape is None else f"shape {tuple(shape)}"


def _not_finite(name, number, epoch, x, y, updates):
    start = f"fit: in epoch {epoch} the {name} became {number}. "
    if count := not_finite(x) + not_finite(y):
        return f"{start}The batch itself holds {count} values that are nan or infinite: mend them."
    rate = updates.param_groups[0]["lr"]
    return (
        f"{start}Steps that are too large do that: make a new model and use a learning_rate "
        f"below {rate:g}, for example a tenth of it."
    )


def _some(count, whose="the data hold"):
    if not count:
        raise ValueError(f"fit: {whose} no example. Give at least one batch (x, y).")
    return count
