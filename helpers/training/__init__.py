"""One fit loop for every lesson, the history that it returns, and the accuracy of a model."""

from helpers.training.fit import fit
from helpers.training.history import History
from helpers.training.measure import accuracy
from helpers.training.progress import GrowingCurve, one_thread, progress_bar
from helpers.training.schedules import one_cycle

__all__ = [
    "GrowingCurve",
    "History",
    "accuracy",
    "fit",
    "one_cycle",
    "one_thread",
    "progress_bar",
]
