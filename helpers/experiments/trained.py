"""What an experiment trains and shows while it grows: a network, its history, and what it is worth."""

import numpy as np
import torch

from helpers.training import GrowingCurve, fit, one_cycle, one_thread
from helpers.training.history import stands_above
from helpers.training.measure import evaluating


class Trained:
    """A `model` and its `history`, with what else was measured after each epoch.

    A subclass is a dataclass with the two, with `plot(epochs=None)`, and with a length: the epochs
    that were measured.
    """

    _drawn_in = None  # the number of the cell under which the growing picture stands

    @property
    def interrupted(self):
        """Whether ■ ended the training."""
        return self.history.interrupted

    @property
    def epochs(self):
        """How many epochs were measured, in words."""
        if not len(self):
            return "not one epoch finished"
        note = ", interrupted" if self.interrupted else ""
        return f"{len(self)} epoch{'s' * (len(self) != 1)}{note}"

    def _repr_html_(self):
        """The picture and the sentence; in the cell that trained, the picture stands there already."""
        picture = "" if stands_above(self) or not len(self) else self.plot()._repr_html_()
        return f"{picture}<p>{self!r}</p>"


def learn(result, x, y, loss, measure, *, epochs, batch_size, learning_rate, seed, progress, where):
    """Train `result.model` on x and y; its picture grows, and measure() follows each epoch.

    Adam, on one core of the CPU; the rate rises to `learning_rate` and falls to 0 (`one_cycle`). An
    interrupt keeps what is there; before the first epoch it is raised, in the name of `where`.
    """
    steps = epochs * -(-len(x) // batch_size)
    with GrowingCurve(result, epochs, progress, draw=type(result).plot) as curve:

        def after_epoch(*_):
            measure()
            curve.update()

        fit(
            result.model, x, y, loss=loss, epochs=epochs, batch_size=batch_size,
            learning_rate=learning_rate,
            optimizer=lambda weights, lr: one_cycle(torch.optim.Adam(weights, lr), lr, steps),
            after_epoch=after_epoch, history=result.history, seed=seed, device="cpu", cores=1,
            progress=False,
        )  # fmt: skip
    if not len(result):
        raise KeyboardInterrupt(
            f"{where}: stopped before one epoch was finished, so there is no result. Run the cell "
            f"again."
        )
    return result


def scores(model, x, batch_size=64):
    """What the model says of x (N, …), in eval mode and batch by batch: an array (N, …)."""
    batches = np.split(x, range(batch_size, len(x), batch_size))
    with evaluating(model), one_thread():
        parts = [model(torch.as_tensor(batch)) for batch in batches]
    return torch.cat(parts).numpy()
