"""One fit loop for every lesson, the history that it returns, and what a model is worth."""

from helpers.training.fit import fit
from helpers.training.history import History
from helpers.training.measure import accuracy
from helpers.training.overlap import dice, iou
from helpers.training.progress import GrowingCurve, one_thread, progress_bar
from helpers.training.schedules import one_cycle

__all__ = [
    "GrowingCurve",
    "History",
    "accuracy",
    "dice",
    "fit",
    "iou",
    "one_cycle",
    "one_thread",
    "progress_bar",
]
