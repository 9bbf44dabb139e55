"""Vortices found on maps of the height, by U-Nets with and without skips."""

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn

from helpers.experiments.vortices import vortices
from helpers.experiments.weather_maps import METRES, MIDDLE, sine_of_latitude
from helpers.models import UNet
from helpers.training import GrowingCurve, History, dice, fit, iou, one_cycle, one_thread
from helpers.training.history import stands_above
from helpers.training.measure import evaluating

BATCH = 16


def vortex_maps(weather, every=2):
    """What a network gets and what it is asked for: x (N, 2, H, W) and y (N, 1, H, W), float32.

    weather: `Weather`. The channels of x are the height (less 9700 m, in units of 600 m) and the
    sine of the latitude; y is 1 where a vortex is (`vortices`, from the vorticity, which x does not
    hold) and 0 elsewhere. every: of the stored times; neighbours are alike. Raises ValueError if it is
    not a whole number from 1 on.
    """
    if isinstance(every, bool) or not isinstance(every, int) or every < 1:
        raise ValueError(f"vortex_maps: every={every!r}. Use a whole number from 1 on, such as 2.")
    height = (weather.height[:, ::every] - MIDDLE) / METRES
    x = np.stack(np.broadcast_arrays(height, sine_of_latitude(weather)), axis=2)
    y = vortices(weather.vorticity, weather.latitude)[:, ::every, None]
    return tuple(np.float32(part.reshape(-1, *part.shape[2:])) for part in (x, y))


@dataclass(eq=False, repr=False)
class Segmentation:
    """A U-Net that finds vortices, and how it came to it.

    model: the `UNet`; history: its `History`. iou, dice: on the maps of `test`, all cells together, after
    each epoch. masks: what it drew for the example after each epoch, a list of (H, W) bool. example:
    (height in m, truth), (H, W) each.
    """

    model: UNet
    example: tuple
    history: History = field(default_factory=History)
    iou: list = field(default_factory=list)
    dice: list = field(default_factory=list)
    masks: list = field(default_factory=list)
    _drawn_in = None  # the number of the cell under which the growing picture stands

    def __len__(self):
        return len(self.masks)

    @property
    def interrupted(self):
        """Whether ■ ended the training."""
        return self.history.interrupted

    def plot(self, epochs=None):
        """The loss and the IoU against the epoch, and what the network draws by now."""
        from helpers.plots import show_segmentation  # loads matplotlib

        done = len(self)  # ■ may have come before the last epoch was measured
        return show_segmentation(self.history.loss[:done], self.iou[:done], *self.example, self.masks[-1], epochs)

    def __repr__(self):
        skips = "with" if self.model.skip else "without"
        if not len(self):
            return f"Segmentation: U-Net {skips} skips, not one epoch finished"
        note = ", interrupted" if self.interrupted else ""
        return (
            f"Segmentation: U-Net {skips} skips, {len(self)} epoch{'s' * (len(self) != 1)}{note}: IoU "
            f"{self.iou[-1]:.3f}, Dice {self.dice[-1]:.3f} on new runs"
        )

    def _repr_html_(self):
        picture = "" if stands_above(self) or not len(self) else self.plot()._repr_html_()
        return f"{picture}<p>{self!r}</p>"


def segment_vortices(
    train, test, skip=True, depth=3, width=8, epochs=6, learning_rate=0.01, seed=0, progress=True
):
    """Train a U-Net to find the vortices on maps of the height: `Segmentation`.

    train, test: `Weather`; every second stored time is used (`vortex_maps`). The loss is the binary
    cross-entropy of each cell's score, the mean over cells and maps. Adam on mini-batches of 16; the
    rate rises to `learning_rate` and falls to 0. Batch normalization; beyond the edges longitude is
    circular, and the first and last latitude are repeated. skip=False: the same network without
    concatenation. The picture grows while it runs; an interrupt keeps what is trained.
    """
    x, y = vortex_maps(train)
    new, truth = vortex_maps(test)
    how = {"padding_mode": ("replicate", "circular"), "norm": True}
    model = UNet(x.shape[1], 1, depth, width, skip=skip, **how, seed=seed)
    middle = len(test.hours) // 4  # of the times that are used, in the first run
    result = Segmentation(model, (test.height[0, 2 * middle], truth[middle, 0] > 0))
    steps = epochs * -(-len(x) // BATCH)
    with GrowingCurve(result, epochs, progress, draw=Segmentation.plot) as curve:

        def after_epoch(_, model):
            found = scores(model, new) > 0
            overlap = iou(found, truth), dice(found, truth)
            result.iou.append(overlap[0])
            result.dice.append(overlap[1])
            result.masks.append(found[middle, 0])
            curve.update()

        fit(
            model, x, y, loss=nn.functional.binary_cross_entropy_with_logits, epochs=epochs,
            batch_size=BATCH, learning_rate=learning_rate,
            optimizer=lambda weights, lr: one_cycle(torch.optim.Adam(weights, lr), lr, steps),
            after_epoch=after_epoch, history=result.history, seed=seed, device="cpu", cores=1,
            progress=False,
        )  # fmt: skip
    if not len(result):
        raise KeyboardInterrupt(
            "segment_vortices: stopped before one epoch was finished, so there is no result. Run the "
            "cell again."
        )
    return result


def scores(model, x, batch_size=64):
    """What the model says of x (N, C, H, W), in eval mode and batch by batch: an array (N, …)."""
    batches = np.split(x, range(batch_size, len(x), batch_size))
    with evaluating(model), one_thread():
        parts = [model(torch.as_tensor(batch)) for batch in batches]
    return torch.cat(parts).numpy()
