"""Networks that learn centred digits and are asked about shifted ones."""

from dataclasses import dataclass

import numpy as np
import torch

from helpers.models import CanvasCNN, CanvasMLP, count_parameters
from helpers.shapes.table import html_table, text_table
from helpers.training import fit, one_thread, progress_bar

CANVAS = 16  # pixels a side
DIGIT = 8
MOST = 4  # pixels: a digit moved further would leave the canvas
NETWORKS = {
    "MLP": CanvasMLP,
    "CNN": lambda seed: CanvasCNN(None, "flatten", channels=(8, 16, 4), seed=seed),
    "CNN, max pooling": lambda seed: CanvasCNN("max", "flatten", seed=seed),
    "max pooling, global": lambda seed: CanvasCNN("max", seed=seed),
    "blurred pooling, global": lambda seed: CanvasCNN("blurred", seed=seed),
    "no pooling, global": lambda seed: CanvasCNN(None, seed=seed),
}
SHOWN = 20  # test digits whose scores are kept
_HEAD = "network", "parameters", "centred", "one pixel off", "all 81 shifts", "same answer"


def on_canvas(images, shift=(0, 0)):
    """Digits (N, 8, 8) on black canvases: (N, 1, 16, 16), moved from the middle by `shift`.

    shift: (down, right) in whole pixels, −4 to 4 each. Raises ValueError for other shifts, which
    would move the digit off its canvas, and for images of another shape.
    """
    images = np.asarray(images, dtype=np.float32)
    if images.shape[1:] != (DIGIT, DIGIT):
        raise ValueError(
            f"on_canvas: images must be (N, 8, 8), but their shape is {images.shape}. "
            f"One digit alone: on_canvas(images[:1])."
        )
    legal = range(-MOST, MOST + 1)
    if np.shape(shift) != (2,) or any(by not in legal for by in shift):
        raise ValueError(
            f"on_canvas: shift={shift!r} moves the digit off its canvas, or is no pair of whole "
            f"numbers. Use (down, right), each from −{MOST} to {MOST}."
        )
    canvas = np.zeros((len(images), 1, CANVAS, CANVAS), np.float32)
    top, left = ((CANVAS - DIGIT) // 2 + int(by) for by in shift)
    canvas[:, 0, top : top + DIGIT, left : left + DIGIT] = images
    return canvas


def random_shift(x, most=MOST):
    """Each image of a batch (N, C, H, W), rolled at random by up to `most` pixels: augmentation."""
    n, _, height, width = x.shape
    down, right = torch.randint(-most, most + 1, (2, n, 1))
    rows = (torch.arange(height) - down) % height
    columns = (torch.arange(width) - right) % width
    examples = torch.arange(n)[:, None, None]
    return x[examples, :, rows[:, :, None], columns[:, None, :]].movedim(-1, 1)


@dataclass(frozen=True, eq=False, repr=False)
class ShiftedDigits:
    """What trained networks make of shifted test digits; names of networks are keys everywhere.

    accuracies: name → (seeds, 9, 9), shares 0..1; rows are shifts down, columns shifts right, from
    −4 to 4. consistencies: name → (seeds,), how often the answer stays the same, right or wrong,
    when a digit moves by one more pixel (Zhang 2019, section 4.2).
    models: name → the network of the first seed. images (D, 16, 16) and labels (D,): a few centred
    test digits; scores: name → (9, 9, D, 10), what these networks say of them, probabilities.
    """

    accuracies: dict
    consistencies: dict
    models: dict
    images: np.ndarray
    labels: np.ndarray
    scores: dict

    @property
    def seeds(self):
        """How many times each network was trained."""
        return len(next(iter(self.accuracies.values())))

    @property
    def accuracy(self):
        """name → (9, 9): the mean over the seeds."""
        return {name: values.mean(axis=0) for name, values in self.accuracies.items()}

    def centred(self, name):
        """Accuracy on digits where they were trained, for each seed."""
        return self.accuracies[name][:, MOST, MOST]

    def one_pixel_off(self, name):
        """Mean accuracy over the shifts by one pixel up, down, left and right, for each seed."""
        maps = self.accuracies[name]
        rows, columns = MOST + np.array([(-1, 0), (1, 0), (0, -1), (0, 1)]).T
        return maps[:, rows, columns].mean(axis=1)

    def mean(self, name):
        """Mean accuracy over all 81 shifts, for each seed."""
        return self.accuracies[name].mean(axis=(1, 2))

    def __or__(self, other):
        """Both results in one. Raises ValueError if test digits or the number of seeds differ."""
        if not isinstance(other, ShiftedDigits):
            return NotImplemented
        if self.seeds != other.seeds or not np.array_equal(self.images, other.images):
            raise ValueError(
                f"ShiftedDigits: results of {self.seeds} and {other.seeds} seeds, or of other test "
                f"digits, don't go together. Make both with the same digits and seeds."
            )
        parts = ("accuracies", "consistencies", "models", "scores")
        merged = {part: getattr(self, part) | getattr(other, part) for part in parts}
        return ShiftedDigits(**merged, images=self.images, labels=self.labels)

    def rows(self):
        """One row of texts for each network, shares in %."""
        for name, model in self.models.items():
            shares = (
                self.centred(name),
                self.one_pixel_off(name),
                self.mean(name),
                self.consistencies[name],
            )
            yield name, f"{count_parameters(model):,}", *(f"{100 * s.mean():.1f}" for s in shares)

    @property
    def caption(self):
        """What the table shows."""
        return (
            f"Test accuracy in %, mean over {self.seeds} seed{'s' * (self.seeds != 1)}. Same answer: how "
            "often one more pixel of shift leaves the answer as it is, right or wrong"
        )

    def __repr__(self):
        lines = text_table(_HEAD, self.rows(), numbers=len(_HEAD) - 1)
        return "\n".join([*lines, self.caption])

    def _repr_html_(self):
        return html_table(self.caption, _HEAD, self.rows(), numbers=len(_HEAD) - 1)


def compare_on_shifted_digits(
    digits, networks, seeds=3, epochs=15, learning_rate=0.005, augment=False, progress=True
):
    """Train networks on centred digits, and test them on every shift by up to four pixels.

    digits: what `load_digits` gives. networks: names out of `NETWORKS`, or a dict name → function
    of a seed that makes a model. seeds: how many times each is trained, with other weights and
    another order of the digits. epochs, learning_rate: of Adam on mini-batches of 50, the same for
    all. augment: each training digit is moved at random each time it is seen (`random_shift`).

    Returns `ShiftedDigits`. An interrupt keeps the seeds that are done. Raises ValueError for names
    that are not in `NETWORKS`, and for no seed.
    """
    if seeds < 1:
        raise ValueError(f"compare_on_shifted_digits: seeds must be at least 1, got {seeds}.")
    makers = networks if isinstance(networks, dict) else _named(networks)
    transform = random_shift if augment else None
    how = dict(epochs=epochs, learning_rate=learning_rate, transform=transform, progress=False)
    results = []
    with one_thread(), progress_bar(seeds * len(makers), "network", progress) as bar:
        try:
            for seed in range(seeds):
                results.append(_one_seed(digits, makers, seed, how, bar))
        except KeyboardInterrupt:
            if not results:
                raise KeyboardInterrupt(
                    "compare_on_shifted_digits: stopped before every network was trained once, so "
                    "there is no result. Run the cell again."
                ) from None
    shown = _two_of_each(digits.test.labels)
    models = {name: model for name, (model, _) in results[0].items()}
    answers = {name: np.stack([result[name][1] for result in results]) for name in makers}
    labels = digits.test.labels
    return ShiftedDigits(
        accuracies={name: (a.argmax(-1) == labels).mean(-1) for name, a in answers.items()},
        consistencies={name: _consistency(a.argmax(-1)) for name, a in answers.items()},
        models=models,
        images=on_canvas(digits.test.images[shown])[:, 0],
        labels=labels[shown],
        scores={name: a[0][:, :, shown] for name, a in answers.items()},
    )


def _named(names):
    names = [names] if isinstance(names, str) else list(names)
    unknown = [name for name in names if name not in NETWORKS]
    if unknown or not names:
        raise ValueError(
            f"compare_on_shifted_digits: networks={names!r} names none, or one that is not there. "
            f"Choose from {', '.join(map(repr, NETWORKS))}."
        )
    return {name: NETWORKS[name] for name in names}


def _one_seed(digits, makers, seed, how, bar):
    """name → (model, probabilities (9, 9, N, 10))."""
    result = {}
    for name, make in makers.items():
        model = make(seed=seed)
        history = fit(model, on_canvas(digits.train.images), digits.train.labels, seed=seed, **how)
        if history.interrupted:
            raise KeyboardInterrupt
        result[name] = model, probabilities_over_shifts(model, digits.test.images)
        bar.update()
    return result


@torch.no_grad()
def probabilities_over_shifts(model, images):
    """What a network says of digits (N, 8, 8) at every shift: (9, 9, N, 10), rows sum to 1."""
    model.eval()
    shifts = range(-MOST, MOST + 1)
    rows = [
        [model(torch.from_numpy(on_canvas(images, (r, c)))).softmax(1).numpy() for c in shifts]
        for r in shifts
    ]
    return np.array(rows)


def _consistency(answers):
    """The share of equal answers (seeds, 9, 9, N) at neighbouring shifts, for each seed."""
    down = answers[:, 1:] == answers[:, :-1]
    right = answers[:, :, 1:] == answers[:, :, :-1]
    return (down.mean(axis=(1, 2, 3)) + right.mean(axis=(1, 2, 3))) / 2


def _two_of_each(labels):
    """The indices of two examples of every digit, in order."""
    return np.concatenate([np.flatnonzero(labels == digit)[: SHOWN // 10] for digit in range(10)])
