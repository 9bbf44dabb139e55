"""Vortices found on maps of the height, by U-Nets with and without skips."""

from dataclasses import dataclass, field

import numpy as np
from torch import nn

from helpers.experiments.trained import Trained, learn, scores
from helpers.experiments.vortices import vortices
from helpers.experiments.weather_maps import METRES, MIDDLE, sine_of_latitude
from helpers.models import UNet
from helpers.training import History, dice, iou

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
class Segmentation(Trained):
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

    def __len__(self):
        return len(self.masks)

    def plot(self, epochs=None):
        """The loss and the IoU against the epoch, and what the network draws by now."""
        from helpers.plots import show_segmentation  # loads matplotlib

        done = len(self)  # ■ may have come before the last epoch was measured
        losses, overlaps = self.history.loss[:done], self.iou[:done]
        return show_segmentation(losses, overlaps, *self.example, self.masks[-1], epochs)

    def __repr__(self):
        start = f"Segmentation: U-Net {'with' if self.model.skip else 'without'} skips, {self.epochs}"
        if not len(self):
            return start
        return f"{start}: IoU {self.iou[-1]:.3f}, Dice {self.dice[-1]:.3f} on new runs"


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

    def measure():
        found = scores(model, new) > 0
        overlap = iou(found, truth), dice(found, truth)
        result.iou.append(overlap[0])
        result.dice.append(overlap[1])
        result.masks.append(found[middle, 0])

    loss = nn.functional.binary_cross_entropy_with_logits
    return learn(
        result, x, y, loss, measure, epochs=epochs, batch_size=BATCH, learning_rate=learning_rate,
        seed=seed, progress=progress, where="segment_vortices",
    )  # fmt: skip
