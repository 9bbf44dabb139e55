"""One fit loop for every lesson, the history that it returns, and the accuracy of a model."""

from helpers.training.fit import fit
from helpers.training.history import History
from helpers.training.measure import accuracy
from helpers.training.progress import one_thread, progress_bar

__all__ = ["History", "accuracy", "fit", "one_thread", "progress_bar"]
