"""Plain and residual networks of growing depth: what depth costs, and what the skips repair."""

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import torch

from helpers.experiments.gradients import gradient_norms
from helpers.models import ResidualNet
from helpers.shapes.table import html_table, text_table
from helpers.training import GrowingCurve, History, fit, one_cycle, progress_bar
from helpers.training.history import stands_above

KINDS = {False: "plain", True: "residual"}
COLOURS = ["#0068A3", "#007A59", "#B34E00", "#A3427D", "#1f1f1f"]  # one for each depth
DASHES = {False: "--", True: "-"}
_HEAD = "network", "depth", "training loss", "validation loss", "validation accuracy"
BATCH = 64
GRADIENT = 128  # examples for the norms of gradients


@dataclass(eq=False, repr=False)
class DepthComparison:
    """Plain and residual networks trained alike; (depth, skip) is the key of each.

    histories: key → `History`; models: key → the trained `ResidualNet`. gradients: key → a list of
    `gradient_norms` on 128 training digits, at the start and after each epoch, as arrays of the
    convolutions from the first to the last; projections left out. `interrupted`: ended by ■, so
    that epochs or networks are missing. Shown as curves and a table.
    """

    histories: dict
    models: dict
    gradients: dict
    interrupted: bool = False
    _drawn_in = None  # the number of the cell under which the growing curves stand

    def __len__(self):
        """How many epochs all networks have been trained for, together."""
        return sum(map(len, self.histories.values()))

    def loss(self, depth, skip):
        """The mean training loss of the last epoch."""
        return self.histories[depth, skip].loss[-1]

    def rows(self):
        """One row of texts for each network, plain ones first."""
        for (depth, skip), history in sorted(self.histories.items(), key=lambda e: e[0][::-1]):
            if not len(history):  # interrupted in its first epoch
                continue
            losses = history.loss[-1], history.validation_loss[-1]
            accuracy = f"{history.validation_accuracy[-1]:.3f}"
            yield KINDS[skip], str(depth), *(f"{loss:.3f}" for loss in losses), accuracy

    @property
    def caption(self):
        """What the table shows."""
        epochs = max(map(len, self.histories.values()))
        text = f"After {_epochs(epochs)}; training loss: the mean of the last one"
        fewer = [f", {KINDS[skip]} {depth} after {_epochs(len(history))}"
                 for (depth, skip), history in self.histories.items() if 0 < len(history) < epochs]
        return f"{text}. Interrupted{''.join(fewer)}" if self.interrupted else text

    def plot(self, epochs=None):
        """The curves of all networks that have finished an epoch: a colour for each depth."""
        from helpers.plots import show_histories  # loads matplotlib

        depths = sorted({depth for depth, _ in self.models})
        styles, begun = {}, {}
        for (depth, skip), history in self.histories.items():
            name = f"{KINDS[skip]} {depth}"
            styles[name] = COLOURS[depths.index(depth)], DASHES[skip]
            if len(history):
                begun[name] = history
        return show_histories(begun, epochs, styles)

    def __repr__(self):
        return "\n".join([*text_table(_HEAD, [*self.rows()], numbers=4), self.caption])

    def _repr_html_(self):
        """The curves and the table; in the cell that trained, the curves stand there already."""
        picture = "" if stands_above(self) else self.plot()._repr_html_()
        return picture + html_table(self.caption, _HEAD, self.rows(), numbers=4)


def _epochs(count):
    return f"{count} epoch{'s' * (count != 1)}"


def compare_depths(
    train, validation, depths=(8, 20, 44), epochs=6, learning_rate=0.1, seed=0, progress=True
):
    """Train a plain and a residual network of each depth on digits: `DepthComparison`.

    train, validation: parts of `load_digits()`. All networks (`ResidualNet`) get the same: the same
    seed for weights and order, batches of 64, SGD with momentum 0.9, a learning rate that rises
    to `learning_rate` and falls to 0 (`one_cycle`), batch normalization. The curves grow while it
    runs.

    Why these settings: momentum and learning rate are the paper's (He et al. 2015, section 4.2),
    nothing was tuned for one side. With a third or twice the rate, with Adam at 0.003 and 0.01, with
    other seeds and in twice the time the order is the same: the plain network of 44 layers ends
    above 1 in training loss, the residual one below 0.7, and nearly always below 0.3. In 24 epochs
    the plain one reaches 0.5, and the residual one 0.001.

    An interrupt keeps what is trained. Raises ValueError for depths that are not 6n + 2, and for
    none or more than five of them.
    """
    if not 1 <= len(depths) <= len(COLOURS):
        raise ValueError(
            f"compare_depths: 1 to {len(COLOURS)} depths can be told apart, {len(depths)} were given. "
            f"Use for example depths=(8, 20, 44)."
        )
    keys = [(depth, skip) for depth in depths for skip in KINDS]
    networks = {key: ResidualNet(*key, seed=seed) for key in keys}  # refuses a wrong depth at once
    x, y = train.images[:, None], train.labels
    steps = epochs * -(-len(x) // BATCH)

    def sgd(parameters, lr):
        optimizer = torch.optim.SGD(parameters, lr, momentum=0.9)
        return one_cycle(optimizer, lr, steps, cycle_momentum=False)

    result = DepthComparison({}, {}, {})
    batch = x[:GRADIENT], y[:GRADIENT]
    with (
        suppress(KeyboardInterrupt),  # between two trainings, or while the last picture is drawn
        GrowingCurve(result, epochs, progress, draw=DepthComparison.plot) as curve,
        progress_bar(len(networks) * epochs, "epoch", progress) as bar,
    ):

        def after_epoch(_, model):
            norms.append(_convolutions(gradient_norms(model, *batch)))
            bar.update()
            curve.update()

        for key, model in networks.items():
            result.models[key], result.histories[key] = model, History()
            norms = result.gradients[key] = [_convolutions(gradient_norms(model, *batch))]
            fit(
                model, x, y, validation=(validation.images[:, None], validation.labels),
                optimizer=sgd, epochs=epochs, batch_size=BATCH, learning_rate=learning_rate,
                after_epoch=after_epoch, history=result.histories[key], seed=seed, device="cpu",
                cores=1, progress=False,
            )  # fmt: skip
            if result.histories[key].interrupted:
                break
    if not len(result):
        raise KeyboardInterrupt(
            "compare_depths: stopped before one epoch was finished, so there is no result. Run the "
            "cell again."
        )
    result.interrupted = len(result) < len(networks) * epochs
    return result


def _convolutions(norms):
    """Those on the way from input to output, in an array."""
    return np.array([norm for name, norm in norms.items() if "conv" in name])
