"""What a model is worth on data that it is not trained on: mean loss and accuracy."""

from contextlib import contextmanager

import torch

from helpers.training.batches import as_batch, batches_of


def accuracy(model, x, y=None):
    """The share (0..1) of the examples whose largest score is at their class.

    x (N, …) with classes y (N,), or class maps y (N, H, W) to scores (N, classes, H, W): then the
    share of pixels. Or x alone: a Dataset, or batches (x, y). The model is left as it is. Raises
    ValueError if scores and classes don't belong together.
    """
    right = total = 0
    dtype, device = kind_of(model)
    with evaluating(model):
        for batch in batches_of(x, y, batch_size=500, caller="accuracy"):
            inputs, classes = as_batch(batch, dtype, "accuracy")
            scores, classes = model(inputs.to(device)), classes.to(device)
            if not has_classes(scores, classes):
                raise ValueError(
                    f"accuracy: scores of shape {tuple(scores.shape)} and y of {classes.dtype} and "
                    f"shape {tuple(classes.shape)} don't belong together. Scores (N, classes, …) "
                    f"go with integers (N, …)."
                )
            right, total = right + count_right(scores, classes), total + classes.numel()
    if not total:
        raise ValueError("accuracy: the data hold no example. Give at least one batch.")
    return right / total


def kind_of(model):
    """The dtype and the device of the model's weights, which the inputs must share."""
    weight = next(model.parameters(), torch.zeros(()))
    return weight.dtype, weight.device


def has_classes(scores, y):
    """Whether scores (N, classes, …) choose one of at least two classes for each integer of y."""
    return (
        isinstance(scores, torch.Tensor)
        and not y.is_floating_point()
        and scores.ndim == y.ndim + 1
        and scores.shape[1] > 1
        and (len(scores), *scores.shape[2:]) == tuple(y.shape)
    )


def count_right(scores, y):
    """How many of the integers y stand where the largest score is."""
    return (scores.argmax(1) == y).sum().item()


@contextmanager
def evaluating(model):
    """In this block the model predicts: no dropout, batch norm's stored statistics, no gradients.

    After it, each of its modules is in the mode in which it was, and torch's random numbers (a
    DataLoader draws some) are as before.
    """
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            yield
    finally:
        for module, mode in modes:
            module.training = mode
