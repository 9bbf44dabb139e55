"""Dense and convolutional networks on digits whose pixels are shuffled."""

from dataclasses import dataclass

import numpy as np

from helpers.models import SmallCNN, SmallMLP, count_parameters
from helpers.training import accuracy, fit, one_thread, progress_bar

NETWORKS = {"MLP": SmallMLP, "CNN": SmallCNN}
# The best of 0.003, 0.01 and 0.03 for each network on the original pixels.
LEARNING_RATES = {"MLP": 0.03, "CNN": 0.01}
PIXELS = ("original", "permuted")


def permute_pixels(images, seed=0):
    """Shuffle the pixels of all images (…, H, W) in one and the same way, which `seed` fixes."""
    height, width = images.shape[-2:]
    order = np.random.default_rng(seed).permutation(height * width)
    return images.reshape(*images.shape[:-2], -1)[..., order].reshape(images.shape)


@dataclass(frozen=True, eq=False, repr=False)
class PermutedPixels:
    """Test accuracies (0..1), one for each seed: `result["CNN", "original"]` is a NumPy array.

    The networks are "MLP" and "CNN", the pixels "original" and "permuted". Printed as a table.
    """

    accuracies: dict
    parameters: dict
    examples: int

    def __getitem__(self, network_and_pixels):
        return self.accuracies[network_and_pixels]

    def mean(self, network, pixels):
        """The mean accuracy over the seeds, 0..1."""
        return float(self[network, pixels].mean())

    def drop(self, network):
        """How much accuracy the permutation costs, for each seed (same digits, same weights)."""
        return self[network, "original"] - self[network, "permuted"]

    def rows(self):
        """The table: a header and one row of texts for each network, accuracies in %."""
        yield "network", "parameters", *(f"{p} pixels" for p in PIXELS), "drop"
        for network in NETWORKS:
            columns = [self[network, p] for p in PIXELS] + [self.drop(network)]
            texts = [f"{100 * c.mean():.1f} ± {100 * c.std(ddof=len(c) > 1):.1f}" for c in columns]
            yield network, str(self.parameters[network]), *texts

    @property
    def caption(self):
        seeds = len(self["MLP", "original"])
        return (
            f"Test accuracy in %, mean ± standard deviation over {seeds} seed{'s' * (seeds != 1)}, "
            f"each with its own {self.examples} training digits, permutation and initial weights"
        )

    def __repr__(self):
        lines = ["{:<9}{:>12}{:>18}{:>18}{:>13}".format(*row) for row in self.rows()]
        return "\n".join([*lines, self.caption])

    def _repr_html_(self):
        head, *body = self.rows()
        head = "".join(f'<th scope="col">{name}</th>' for name in head)
        body = "".join(
            f'<tr><th scope="row">{name}</th>' + "".join(f"<td>{text}</td>" for text in texts)
            + "</tr>"
            for name, *texts in body
        )
        return (
            f"<table><caption>{self.caption}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )


def compare_on_permuted_pixels(images, labels, seeds=6, examples=500, epochs=30, progress=True):
    """Train an MLP and a CNN of equal size on digits, and on the same digits with shuffled pixels.

    images (N, 8, 8) in 0..1, labels (N,). Each seed draws `examples` training digits, one
    permutation and the initial weights; all other digits are the test. Both networks are trained
    alike, by Adam on mini-batches of 50, each with the learning rate of three that suits it best on
    the original pixels. An interrupt keeps the seeds that are done. Returns `PermutedPixels`.
    """
    images, labels = np.asarray(images), np.asarray(labels)
    if seeds < 1:
        raise ValueError(f"compare_on_permuted_pixels: seeds must be at least 1, got {seeds}.")
    if not 1 <= examples < len(images):
        raise ValueError(
            f"compare_on_permuted_pixels: {examples} training examples of {len(images)} images "
            f"leave nothing to test on or to learn from. Use 1 to {len(images) - 1}."
        )
    results = []
    with one_thread(), progress_bar(seeds, "seed", progress) as bar:
        try:
            for seed in range(seeds):
                results.append(_one_seed(images, labels, seed, examples, epochs))
                bar.update()
        except KeyboardInterrupt:  # the seeds that are done are a smaller experiment
            if not results:
                raise
    keys = [(network, pixels) for network in NETWORKS for pixels in PIXELS]
    return PermutedPixels(
        {key: np.array([result[key] for result in results]) for key in keys},
        {name: count_parameters(network()) for name, network in NETWORKS.items()},
        examples,
    )


def _one_seed(images, labels, seed, examples, epochs):
    order = np.random.default_rng(seed).permutation(len(images))
    train, test = order[:examples], order[examples:]
    result = {}
    for pixels in PIXELS:
        x = permute_pixels(images, seed) if pixels == "permuted" else images
        x = x.reshape(len(x), 1, *x.shape[-2:])  # one channel: (N, 1, 8, 8)
        for name, network in NETWORKS.items():
            model = network(seed=seed)
            history = fit(
                model, x[train], labels[train], epochs=epochs, seed=seed, progress=False,
                learning_rate=LEARNING_RATES[name],
            )  # fmt: skip
            if history.interrupted:
                raise KeyboardInterrupt
            result[name, pixels] = accuracy(model, x[test], labels[test])
    return result
