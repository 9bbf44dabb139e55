"""The record of a training, which prints and draws itself."""

import html
import sys
from dataclasses import dataclass, field


@dataclass(repr=False)
class History:
    """What `fit` saw: lists with one number per finished epoch.

    `loss` is the mean over the examples while they were trained on. `validation_loss` and
    `validation_accuracy` (0..1; for integer targets only) stay empty without validation data.
    `interrupted`: ended by ■; `stopped_early`: by `patience` or `after_epoch`, before all epochs;
    `kept_epoch`: with `patience`, the epoch whose weights the model has (the best), else None.
    """

    loss: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    validation_accuracy: list[float] = field(default_factory=list)
    interrupted: bool = False
    stopped_early: bool = False
    kept_epoch: int | None = None
    _drawn_in = None  # the number of the cell under which the growing curve stands

    def __len__(self):
        return len(self.loss)

    def record(self, loss, validation_loss=None, validation_accuracy=None):
        """Add the numbers of one more epoch."""
        self.loss.append(loss)
        if validation_loss is not None:
            self.validation_loss.append(validation_loss)
        if validation_accuracy is not None:
            self.validation_accuracy.append(validation_accuracy)

    @property
    def best_epoch(self):
        """The first epoch (counted from 1) with the lowest validation loss, or None."""
        losses = self.validation_loss
        return losses.index(min(losses)) + 1 if losses else None

    def latest(self):
        """The last epoch's numbers, by name."""
        named = {
            "loss": self.loss,
            "validation loss": self.validation_loss,
            "validation accuracy": self.validation_accuracy,
        }
        return {name: values[-1] for name, values in named.items() if values}

    def plot(self):
        """A figure of the losses, and of the accuracy if there is one, against the epoch.

        Raises ValueError if no epoch was finished.
        """
        from helpers.training.curve import draw  # loads matplotlib

        return draw(self)

    def __repr__(self):
        numbers = "".join(f", {name} {value:.3g}" for name, value in self.latest().items())
        notes = {
            "stopped early": self.stopped_early,
            "interrupted": self.interrupted,
            f"weights of epoch {self.kept_epoch} kept": self.kept_epoch,
        }
        notes = "".join(f", {note}" for note, holds in notes.items() if holds)
        return f"History: {len(self)} epoch{'s' * (len(self) != 1)}{numbers}{notes}"

    def _repr_html_(self):
        """The picture and the sentence; in the cell that trained, the picture stands there already."""
        picture = self.plot()._repr_html_() if len(self) and not stands_above(self) else ""
        return f"{picture}<p>{html.escape(repr(self))}</p>"


def stands_above(history):
    """Whether the curve that has grown with it stands in this very cell.

    A cell run once more has another number, and so has the next cell.
    """
    shell = notebook_shell()
    here = shell.execution_count if shell else None
    return history._drawn_in is not None and history._drawn_in == here


def notebook_shell():
    """IPython's shell if this process is a notebook's kernel, else None. Imports nothing."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell if hasattr(shell, "kernel") else None
