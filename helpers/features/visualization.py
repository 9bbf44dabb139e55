"""A picture that excites a feature map: gradient ascent on the pixels."""

from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from helpers.features.maps import as_inputs, call_of, evaluating, recording, run
from helpers.features.patches import check_channel, one_layer

SMALL = 16_384  # numbers in a picture


@dataclass(frozen=True, eq=False, repr=False)
class Visualization:
    """A picture made for a map: `image` (H, W), or (H, W, 3) in colour, in 0..1.

    `before` and `after`: how strongly the map, or the cell, fires for the first and the last
    picture; `values` (steps,): on the way, for the pictures as they were moved.
    """

    layer: str
    channel: int
    cell: tuple | None
    image: np.ndarray
    before: float
    after: float
    values: np.ndarray

    def __repr__(self):
        where = f'map {self.channel} of layer "{self.layer}"'
        where = f"the mean of {where}" if self.cell is None else f"cell {self.cell} of {where}"
        height, width = self.image.shape[:2]
        return (
            f"A picture of {height}×{width} pixels for {where}: from {self.before:.3g} for noise "
            f"to {self.after:.3g} after {len(self.values)} steps"
        )


def visualize_feature(
    model, layer, channel, input_size, *, cell=None, smooth=1.5, jitter=None, steps=128,
    learning_rate=0.05, normalize=None, seed=0,
):  # fmt: skip
    """A picture that excites a feature map, found by gradient ascent: a `Visualization`.

    input_size: (C, H, W), with 1 channel or 3. It starts as faint noise on grey; each step changes
    the pixels so that the map fires more strongly: its mean, or with `cell`, (row, column) or
    "middle", that cell alone. A sigmoid keeps the pixels between 0 and 1. Without more, a network
    is excited best by noise that no image has. Two things rule that out:

    smooth: the steps change the picture's Fourier coefficients, and each counts the less the higher
    its frequency f, as 1 / f^smooth: coarse shapes grow faster than fine ones. 0: all alike.
    jitter: before each step the picture is moved at random by up to so many pixels, so that nothing
    counts that depends on a single pixel's place; by default a 16th of the height; 0: not at all.

    normalize: what the network wants done with pixels in 0..1, `network.normalize` of a pretrained
    one. The same seed gives the same picture. The model is left as it was. A ReLU that is chosen as
    the layer passes the gradient while it is silent; where nothing passes it ValueError says so,
    and for unknown layers, channels and cells. (Olah, Mordvintsev and Schubert, *Feature
    visualization*, Distill 2017, doi:10.23915/distill.00007, section "The enemy of feature
    visualization".)
    """
    caller = "visualize_feature"
    size = _checked_size(input_size, steps, caller)
    like = as_inputs(model, torch.zeros(size), caller)  # the model's dtype and device
    layer = one_layer(model, layer, caller)
    draw = torch.Generator().manual_seed(seed)
    parameters, picture = _waves(size, smooth, draw, like)
    jitter = round(size[1] / 16) if jitter is None else jitter
    normalize = normalize or (lambda x: x)
    optimizer, values = torch.optim.Adam([parameters], lr=learning_rate), []
    with evaluating(model), _frozen(model), _few_threads(size), torch.enable_grad():
        objective = _Objective(model, layer, channel, cell, caller)
        before = objective(normalize(picture())).item()
        for _ in range(steps):
            shift = torch.randint(-jitter, jitter + 1, (2,), generator=draw).tolist()
            value = objective(normalize(picture().roll(shift, dims=(2, 3))))
            optimizer.zero_grad()
            (-value).backward()
            if not parameters.grad.any():
                raise ValueError(_silent(caller, layer, channel))
            optimizer.step()
            values.append(value.item())
        image = picture().detach()
        after = objective(normalize(image)).item()
    image = image[0].permute(1, 2, 0).cpu().double().numpy()
    image = image[..., 0] if size[0] == 1 else image
    return Visualization(layer, channel, objective.cell, image, before, after, np.array(values))


class _Objective:
    """x -> how strongly the map, or its cell, fires, as a tensor with a gradient."""

    def __init__(self, model, layer, channel, cell, caller):
        self.model, self.layer, self.channel, self.cell = model, layer, channel, cell
        self.caller = caller
        self.module = model.get_submodule(call_of(layer)[0])

    def __call__(self, x):
        inputs = []
        rectifies = isinstance(self.module, nn.ReLU)

        def keep(_, args, named):
            if rectifies:
                inputs.append((args[0] if args else named["input"]) + 0)  # it may work in place

        hook = self.module.register_forward_pre_hook(keep, with_kwargs=True)
        try:
            with recording(self.model, [self.layer], lambda output: output + 0) as outputs:
                run(self.model, x, self.caller)
        finally:
            hook.remove()
        if not outputs:
            raise ValueError(f"{self.caller}: the layer {self.layer!r} was not called.")
        name, maps = next(iter(outputs.items()))
        if maps.ndim != 4:
            raise ValueError(
                f"{self.caller}: the output of {self.layer!r} has the shape {tuple(maps.shape)}, "
                f"no maps (1, C, H, W). Choose a layer before it."
            )
        check_channel(self.channel, maps, self.layer, self.caller)
        if rectifies:  # its value, but its input's gradient
            x = inputs[call_of(name)[1] - 1]
            maps = x + (maps - x).detach()
        chosen = maps[0, self.channel]
        if self.cell is None:
            return chosen.mean()
        self.cell = self._checked(self.cell, chosen.shape)
        return chosen[self.cell]

    def _checked(self, cell, size):
        if cell == "middle":
            return size[0] // 2, size[1] // 2
        row, column = cell
        if not (0 <= row < size[0] and 0 <= column < size[1]):
            raise ValueError(
                f"{self.caller}: the maps of {self.layer!r} have {size[0]}×{size[1]} cells, but "
                f"cell is {cell}. Use cell=\"middle\", or rows and columns counted from 0."
            )
        return row, column


def _waves(size, smooth, draw, like):
    """Fourier coefficients over their frequency to the power `smooth`, and the picture of them."""
    channels, height, width = size
    rows = torch.fft.fftfreq(height, 1 / height)[:, None]
    columns = torch.fft.rfftfreq(width, 1 / width)
    cycles = (rows**2 + columns**2).sqrt().clamp(min=1)  # per picture; its mean counts as one
    scale = cycles**-smooth
    scale = (scale / scale.square().mean().sqrt()).to(like)  # the same contrast for all `smooth`
    start = torch.randn(1, channels, *cycles.shape, 2, generator=draw)
    parameters = (0.01 * start).to(like).requires_grad_()

    def picture():
        waves = torch.view_as_complex(parameters) * scale
        return torch.fft.irfft2(waves, s=(height, width), norm="ortho").sigmoid()

    return parameters, picture


@contextmanager
def _few_threads(size):
    """In this block one core computes if the picture is small: a second one would mostly wait."""
    before = torch.get_num_threads()
    if size[0] * size[1] * size[2] < SMALL:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def _frozen(model):
    """In this block the weights get no gradients."""
    learned = [p for p in model.parameters() if p.requires_grad]
    for p in learned:
        p.requires_grad_(False)
    try:
        yield
    finally:
        for p in learned:
            p.requires_grad_(True)


def _checked_size(input_size, steps, caller):
    size = tuple(input_size)
    if len(size) != 3 or size[0] not in (1, 3) or min(size) < 1:
        raise ValueError(
            f"{caller}: input_size is (C, H, W) with 1 channel or 3, but is {input_size!r}. "
            f"Use (1, 32, 32) for a grey picture."
        )
    if steps < 1:
        raise ValueError(f"{caller}: steps must be at least 1, but is {steps}. Use steps=128.")
    return size


def _silent(caller, layer, channel):
    return (
        f"{caller}: no pixel changes map {channel} of layer {layer!r}: it is silent, and there is "
        f"no gradient to follow. Choose the convolution before its ReLU, another seed or channel."
    )
