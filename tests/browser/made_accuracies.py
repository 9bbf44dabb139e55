"""Made-up results for AccuracyMap, without any training: a cell's source, as a kernel has no tests to import."""

MADE_ACCURACIES = """\
import numpy as np
from helpers import AccuracyMap, load_digits

rng = np.random.default_rng(0)
names = ["MLP", "CNN, max pooling", "no pooling, global"]
shifts = np.arange(-4, 5)
far = np.hypot(*np.meshgrid(shifts, shifts))
accuracy = {name: np.clip(0.97 - slope * far, 0.08, 1) for name, slope in zip(names, (0.3, 0.12, 0))}
digits = load_digits()
labels = digits.labels[:20]
scores = rng.dirichlet(np.ones(10), (9, 9, 20))
likely = 0.9 * np.eye(10)[labels] + 0.1 * scores
made = {
    "accuracy": accuracy,
    "images": np.pad(digits.images[:20], ((0, 0), (4, 4), (4, 4))),
    "labels": labels,
    "scores": {name: np.where(rng.random((9, 9, 20, 1)) < share[..., None, None], likely, scores)
               for name, share in accuracy.items()},
}"""
