"""The loss on a square, on a line, and between two models."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import nn

from helpers.landscapes.directions import check_module, filter_direction
from helpers.landscapes.landscape import Landscape, LossCut
from helpers.landscapes.moving import measuring
from helpers.training.progress import progress_bar


def loss_surface(
    model,
    x,
    y=None,
    *,
    steps=25,
    reach=1.0,
    loss=nn.functional.cross_entropy,
    seed=0,
    statistics="stored",
    batch_size=256,
    progress=True,
):
    """The loss of `model` on a square around its weights θ, in two random directions.

    Returns a `Landscape`: losses[i, j] is the mean loss over (x, y) at θ + axis[j]·d1 + axis[i]·d2,
    with `steps` places from −reach to reach along each direction (odd: the middle one is θ). The
    directions are filter-normalized, so that a step of 1 changes each filter by as much as it has:
    d1 is `filter_direction(model, 2 * seed)`, d2 the one of 2 * seed + 1. Among thousands of
    weights they are nearly at right angles. Two directions of thousands are a look through a
    keyhole: compare several seeds before believing what you see.

    x (N, …) and y (N, …): arrays or tensors; or x alone: a Dataset, or batches (x, y) such as a
    DataLoader. loss(prediction, target) -> one number, the mean over a batch.

    The model predicts: no dropout, and batch norm divides by its stored statistics, which belong to
    θ and stay, as in the authors' code. statistics="batch": by those of each batch of the examples,
    anew at each place, as in training. In deep networks that is another surface: away from θ the
    stored ones no longer fit, and the loss explodes.

    It takes steps² predictions of all examples: for ResidualNet(56), 256 digits and 25 steps 20 s
    on one core. A loss that explodes is kept as inf. An interrupt (■) ends the measuring, not the
    cell: it goes from the centre outwards, so that a smaller square is kept; the rest is nan.
    The model, its mode and torch's random numbers are as before, whatever happens. Raises
    ValueError for data that don't fit together, a model without filters, and illegal settings.
    """
    _check("loss_surface", steps, reach)
    directions = [_filters(model, 2 * seed + n) for n in range(2)]
    axis = np.linspace(-reach, reach, steps)
    middle = steps // 2
    cells = sorted(np.ndindex(steps, steps), key=lambda cell: _distance(cell, middle))

    def place(home, cell):
        i, j = cell
        return _moved(home, directions, (axis[j], axis[i]))

    how = {"loss": loss, "statistics": statistics, "batch_size": batch_size}
    shape = (steps, steps)
    losses, stopped = _measure("loss_surface", model, x, y, shape, cells, place, progress, **how)
    return Landscape(losses, axis, losses[middle, middle], stopped)


def loss_cut(
    model,
    x,
    y=None,
    *,
    direction=None,
    steps=51,
    reach=1.0,
    loss=nn.functional.cross_entropy,
    seed=0,
    statistics="stored",
    batch_size=256,
    progress=True,
):
    """The loss of `model` on a line through its weights θ: at θ + axis·direction; a `LossCut`.

    direction: {name: tensor} for some of the model's parameters, by default
    `filter_direction(model, seed)`. The rest is as in `loss_surface`: with the seed 2·s, this is the
    row through the centre of the surface with the seed s.
    """
    _check("loss_cut", steps, reach)
    given = direction is not None
    direction = _fitting(direction, model) if given else _filters(model, seed)
    axis = np.linspace(-reach, reach, steps)
    middle = steps // 2
    cells = sorted(np.ndindex(steps), key=lambda cell: _distance(cell, middle))

    def place(home, cell):
        return _moved(home, [direction], [axis[cell[0]]])

    how = {"loss": loss, "statistics": statistics, "batch_size": batch_size}
    losses, stopped = _measure("loss_cut", model, x, y, (steps,), cells, place, progress, **how)
    return LossCut(losses, axis, losses[middle], stopped)


def loss_between(
    model_a,
    model_b,
    x,
    y=None,
    *,
    steps=25,
    loss=nn.functional.cross_entropy,
    statistics="stored",
    batch_size=256,
    progress=True,
):
    """The loss on the straight line from one model's weights to another's; a `LossCut`.

    losses[k] is the mean loss over (x, y) at (1 − axis[k])·θa + axis[k]·θb, with `steps` places
    from 0 to 1; batch norm's stored statistics go along the same way. (Goodfellow, Vinyals and Saxe
    2015, arXiv:1412.6544.) The rest is as in `loss_surface`. Raises ValueError for models whose
    parameters and buffers don't have the same names and shapes.
    """
    if not isinstance(steps, (int, np.integer)) or steps < 2:
        raise ValueError(
            f"loss_between: steps must be a whole number of at least 2, but it is {steps!r}. Use 25."
        )
    ends = _same_shapes(model_a, model_b)
    axis = np.linspace(0, 1, steps)

    def place(home, cell):
        t = axis[cell[0]]
        return {name: home[name] * (1 - t) + end * t for name, end in ends.items()}

    how = {"loss": loss, "statistics": statistics, "batch_size": batch_size}
    cells = list(np.ndindex(steps))
    losses, stopped = _measure("loss_between", model_a, x, y, (steps,), cells, place, progress, **how)
    return LossCut(losses, axis, losses[0], stopped)


def _measure(caller, model, x, y, shape, cells, place, progress, **how):
    """The losses in an array of this shape, cell by cell; and whether it was interrupted."""
    losses = np.full(shape, np.nan)
    try:
        with (
            measuring(model, x, y, caller=caller, **how) as meter,
            progress_bar(len(cells), "place", progress) as bar,
        ):
            for cell in cells:
                losses[cell] = meter.at(place(meter.tensors, cell))
                bar.update()
    except KeyboardInterrupt:
        return losses, True
    return losses, False


def _filters(model, seed):
    """A filter-normalized direction without its zeros, which need no moving."""
    return {name: part for name, part in filter_direction(model, seed).items() if part.any()}


def _moved(home, directions, steps):
    """The tensors at θ + Σ step·direction; θ itself, not a sum, where all steps are 0."""
    moved = {}
    for name in directions[0]:
        moved[name] = home[name]
        for direction, step in zip(directions, steps):
            if step:
                moved[name] = torch.add(moved[name], direction[name], alpha=float(step))
    return moved


def _distance(cell, middle):
    """Of rings around the middle, the number; within a ring, nearest to it first."""
    away = [abs(at - middle) for at in cell]
    return max(away), sum(away)


def _check(caller, steps, reach):
    if not isinstance(steps, (int, np.integer)) or steps < 3 or steps % 2 == 0:
        raise ValueError(
            f"{caller}: steps must be an odd number of at least 3, so that the model's own weights "
            f"are in the middle, but it is {steps!r}. Use 25."
        )
    if not 0 < reach < np.inf:
        raise ValueError(
            f"{caller}: reach must be above 0, but it is {reach!r}. Use 1: as far as each filter "
            f"is long."
        )


def _fitting(direction, model):
    """The direction on the model's device, if each of its tensors has a parameter of its shape."""
    check_module(model, "loss_cut")
    known = dict(model.named_parameters())
    if not isinstance(direction, Mapping) or not direction:
        raise ValueError(
            f"loss_cut: direction must be a dict name → tensor such as filter_direction(model) "
            f"gives, but it is a {type(direction).__name__}."
        )
    for name, part in direction.items():
        wanted = tuple(known[name].shape) if name in known else "no such parameter"
        if wanted != tuple(np.shape(part)):
            raise ValueError(
                f"loss_cut: direction[{name!r}] has the shape {tuple(np.shape(part))}, but the "
                f"model has {wanted}. Use filter_direction of this model, or names and shapes of "
                f"its named_parameters()."
            )
    parts = {name: torch.as_tensor(part).detach() for name, part in direction.items()}
    return {name: part.to(known[name]) for name, part in parts.items()}


def _same_shapes(model_a, model_b):
    """The parameters and the buffers of floats of model_b."""
    models = (model_a, model_b)
    for model in models:
        check_module(model, "loss_between")
    sides = [{**dict(model.named_parameters()), **dict(model.named_buffers())} for model in models]
    shapes = [{name: tuple(tensor.shape) for name, tensor in side.items()} for side in sides]
    if shapes[0] != shapes[1]:
        names = [*shapes[0], *shapes[1]]
        name = next(name for name in names if shapes[0].get(name) != shapes[1].get(name))
        forms = [side.get(name, "missing") for side in shapes]
        raise ValueError(
            f"loss_between: a line needs two models of the same shape, but {name} is {forms[0]} in "
            f"the first and {forms[1]} in the second. Make both with the same arguments, from two "
            f"seeds."
        )
    return {
        name: tensor.detach().to(sides[0][name])
        for name, tensor in sides[1].items()
        if tensor.is_floating_point()
    }
