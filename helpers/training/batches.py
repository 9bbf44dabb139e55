"""Mini-batches (x, y) of torch tensors, made of whatever holds the examples."""

from collections.abc import Iterable, Iterator

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset


class Examples:
    """Tensors x (N, …) and y (N, …) in mini-batches; `shuffle`: in a new order each time."""

    def __init__(self, x, y, batch_size, shuffle):
        self.x, self.y = x, y
        self.batch_size, self.shuffle = batch_size, shuffle

    @property
    def numbers(self):
        """How many numbers the inputs of one batch are."""
        return min(len(self.x), self.batch_size) * self.x[0].numel()

    def __iter__(self):
        if not self.shuffle:  # in slices, which copy nothing
            yield from zip(self.x.split(self.batch_size), self.y.split(self.batch_size))
            return
        for part in torch.randperm(len(self.x)).split(self.batch_size):
            yield self.x[part], self.y[part]


def batches_of(x, y, batch_size, shuffle=False, caller="fit", what=""):
    """What can be iterated over again and again for pairs (x, y): x and y as they are given.

    x, y: arrays or tensors; or x alone: a Dataset, or an iterable of batches such as a DataLoader.
    `what` says in an error whose data they are. Raises ValueError for anything else.
    """
    if batch_size < 1:
        raise ValueError(
            f"{caller}: batch_size must be at least 1, but it is {batch_size}. Use 50."
        )
    if y is not None:
        if isinstance(x, (Dataset, DataLoader)):
            raise ValueError(
                f"{caller}: {what}a {type(x).__name__} brings its targets along, but y was given "
                f"as well. Leave y out."
            )
        return Examples(*_as_tensors(x, y, caller, what), batch_size, shuffle)
    if isinstance(x, Dataset):
        shuffle = shuffle and not isinstance(x, IterableDataset)
        return DataLoader(x, batch_size=batch_size, shuffle=shuffle)
    if hasattr(x, "shape"):
        raise ValueError(
            f"{caller}: {what}x of shape {tuple(x.shape)} has no targets y. "
            f"Give both x and y, or batches (x, y) such as a DataLoader."
        )
    if not isinstance(x, Iterable) or isinstance(x, Iterator):
        fault = "can be gone through only once" if isinstance(x, Iterator) else "holds no batches"
        raise ValueError(
            f"{caller}: {what}a {type(x).__name__} {fault}. Give arrays x and y, a Dataset, or "
            f"something that yields batches (x, y) each time anew: a DataLoader or a list."
        )
    return x


def as_batch(batch, dtype, caller="fit"):
    """One batch (x, y) as tensors: x in `dtype`; y in `dtype` too, or int64 if y are integers."""
    if not isinstance(batch, (tuple, list)) or len(batch) != 2:
        raise ValueError(
            f"{caller}: a batch must be a pair (x, y), but this one is {_describe(batch)}. "
            f"For arrays x and y pass both: fit(model, x, y), validation=(x, y)."
        )
    x, y = (_as_tensor(part, f"a batch's {name}", caller) for part, name in zip(batch, "xy"))
    if x.ndim == 0 or y.ndim == 0 or len(x) != len(y):
        raise ValueError(
            f"{caller}: a batch's x and y must have equally many examples, but their shapes are "
            f"{tuple(x.shape)} and {tuple(y.shape)}. A DataLoader makes batches of examples."
        )
    return x.to(dtype), y.to(dtype if y.is_floating_point() else torch.long)


def not_finite(values):
    """How many of a tensor's values are nan or infinite."""
    return int((~torch.isfinite(values)).sum()) if values.is_floating_point() else 0


def _as_tensors(x, y, caller, what):
    x, y = _as_tensor(x, f"{what}x", caller), _as_tensor(y, f"{what}y", caller)
    counts = [len(values) if values.ndim else 0 for values in (x, y)]
    if counts[0] != counts[1] or 0 in counts:
        raise ValueError(
            f"{caller}: {what}x and y must have equally many examples, at least one, but they have "
            f"{counts[0]} and {counts[1]}. Take them from the same set, for example train.images "
            f"and train.labels."
        )
    for name, values in (("x", x), ("y", y)):
        if count := not_finite(values):
            raise ValueError(
                f"{caller}: {what}{name} holds {count} values that are nan or infinite. Replace "
                f"them first, for example by np.nan_to_num({name})."
            )
    return x, y


def _as_tensor(values, name, caller):
    """A tensor of real numbers that shares the memory of an array or tensor."""
    try:
        # a list of arrays goes through NumPy, which is much faster
        tensor = torch.as_tensor(np.asarray(values) if isinstance(values, list) else values)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(
            f"{caller}: {name} must be numbers in an array or a tensor, but it is "
            f"{_describe(values)}. Pictures: np.stack them, all in one size; names of classes: "
            f"number them from 0."
        ) from error
    if tensor.is_complex():
        raise ValueError(
            f"{caller}: {name} must be real numbers, but it is {_describe(values)}. Take the real "
            f"part, or stack real and imaginary part as two channels."
        )
    return tensor


def _describe(values):
    shape = getattr(values, "shape", None)
    kind = getattr(values, "dtype", None)
    of = f" of {kind} and shape {tuple(shape)}" if shape is not None and kind is not None else ""
    length = f" of length {len(values)}" if not of and hasattr(values, "__len__") else ""
    return f"a {type(values).__name__}{of}{length}"
