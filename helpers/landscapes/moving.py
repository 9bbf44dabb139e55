"""The loss of a model while its weights are elsewhere, and the model back as it was."""

import math
from contextlib import contextmanager

import torch
from torch.nn.modules.batchnorm import _NormBase

from helpers.training.batches import as_batch, batches_of
from helpers.training.epoch import loss_of
from helpers.training.measure import evaluating, kind_of
from helpers.training.progress import threads, uninterrupted

SMALL = 2**16  # numbers in a batch; for fewer a second thread only waits


class Meter:
    """The mean loss over fixed examples. `at(move)` measures it where `move` puts the tensors.

    `tensors` are the model's parameters and buffers by name, as they are at home.
    """

    def __init__(self, model, batches, loss, caller):
        self.model, self.batches, self.loss, self.caller = model, batches, loss, caller
        self.living = {**dict(model.named_parameters()), **dict(model.named_buffers())}
        self.tensors = {name: tensor.data for name, tensor in self.living.items()}
        self.random = torch.get_rng_state()

    def at(self, moved):
        """The loss with some tensors replaced: {name: tensor}. inf if it is not a finite number."""
        for name, tensor in moved.items():
            self.living[name].data = tensor
        torch.set_rng_state(self.random)  # what draws at random draws the same everywhere
        total, count = 0.0, 0
        for x, y in self.batches:
            total += loss_of(self.model(x), y, self.loss, self.caller).item() * len(x)
            count += len(x)
        return total / count if math.isfinite(total) else math.inf

    def home(self):
        """Put every tensor back: the same memory, not a copy."""
        for name, tensor in self.tensors.items():
            self.living[name].data = tensor


@contextmanager
def measuring(model, x, y, *, loss, batch_size, statistics, caller):
    """A `Meter` of the model, which is afterwards as it was: weights, buffers, modes.

    So are torch's random numbers. Tensors are swapped, not written into: nothing needs a copy back,
    and a graph of before that leads through them can still be differentiated.
    """
    if statistics not in ("stored", "batch"):
        raise ValueError(
            f"{caller}: statistics={statistics!r} is unknown. Use \"stored\" (batch norm as it "
            f"predicts) or \"batch\" (with the mean and variance of these examples)."
        )
    dtype, device = kind_of(model)
    batches = [
        [part.to(device) for part in as_batch(batch, dtype, caller)]
        for batch in batches_of(x, y, batch_size, caller=caller)
    ]
    if not sum(len(inputs) for inputs, _ in batches):
        raise ValueError(f"{caller}: the data hold no example. Give at least one.")
    small = max(inputs.numel() for inputs, _ in batches) < SMALL
    with evaluating(model), threads(1 if small else None):
        meter = Meter(model, batches, loss, caller)
        try:
            if statistics == "batch":
                _normalize_by_batch(model)
            yield meter
        finally:
            with uninterrupted():
                meter.home()


def _normalize_by_batch(model):
    """Batch norm uses each batch's own statistics, and records them in copies of its buffers."""
    for module in model.modules():
        if isinstance(module, _NormBase):
            module.train()
            for buffer in module.buffers(recurse=False):
                buffer.data = buffer.data.clone()
