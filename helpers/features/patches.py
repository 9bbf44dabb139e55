"""The patches of many images that excite a feature map most."""

from dataclasses import dataclass, field

import numpy as np
import torch

from helpers.features.maps import as_inputs, call_of, feature_maps, in_short, names_of

BATCH = 100  # images at a time, so that the maps of many don't fill the memory


@dataclass(frozen=True, eq=False, repr=False)
class ExcitingPatches:
    """The patches that excite one map most, the strongest first; `show_patches` shows them.

    `patches` (n, C, h, w), NaN where the receptive field reaches beyond the image; `values` (n,),
    of the cells that see them; `images` (n,), the numbers of their images; `cells` (n, 2), row and
    column in the map; `boxes` (n, 2, 2), first and last row and column of the image, unclipped.
    """

    layer: str
    channel: int
    of: int = field(metadata={"what": "how many images were given"})
    patches: np.ndarray
    values: np.ndarray
    images: np.ndarray
    cells: np.ndarray
    boxes: np.ndarray

    def __len__(self):
        return len(self.values)

    def __repr__(self):
        which = f'map {self.channel} of layer "{self.layer}"'
        if not len(self):
            return f"No patch: on the {self.of} images given {which} fires nowhere."
        height, width = self.patches.shape[2:]
        return (
            f"The {len(self)} patches of {height}×{width} pixels, each from another one of "
            f"{self.of} images, that excite {which} most: from {self.values[0]:.3g} down to "
            f"{self.values[-1]:.3g}"
        )


def exciting_patches(model, images, layer, channel, count=9, shown=None):
    """What of many images excites a feature map most: an `ExcitingPatches`.

    images: (N, C, H, W), as the network wants them. Of each image the cell of the map with the
    largest value counts, if that is above 0; the `count` largest are taken, and what their cells
    see, by `receptive_field`, is cut out of the image. Along an axis where a cell sees as much as
    the image has or more, the patch is the whole image. shown: images (N, C, H, W) of the same size
    to cut from in place of these, for example as they were before they were normalized.

    Only the strongest cell of each image counts, and the field is the theoretical one: what moves
    the cell may be a part of it. Raises ValueError for an unknown layer or channel, and where the
    receptive field is not known. (Zeiler and Fergus, *Visualizing and understanding convolutional
    networks*, 2014, arXiv:1311.2901, section 4.)
    """
    caller = "exciting_patches"
    x = as_inputs(model, images, caller)
    layer = one_layer(model, layer, caller)
    _check(count, shown, x, caller)
    best, cells, size = [], [], ()
    for batch in x.split(BATCH):
        maps = next(iter(feature_maps(model, batch, [layer]).values()))
        check_channel(channel, maps, layer, caller)
        values, places = maps[:, channel].flatten(1).max(1)
        size = tuple(maps.shape[2:])
        best.append(values)
        cells.append(places)
    best, cells = torch.cat(best).double().numpy(), torch.cat(cells).numpy()
    order = np.argsort(-best, kind="stable")[:count]
    order = order[best[order] > 0]
    cells = np.stack(np.unravel_index(cells[order], size), axis=1)
    pictures = x.cpu().double().numpy() if shown is None else _as_array(shown)
    boxes = _boxes(model, x.shape[1:], layer, cells, caller)
    patches = _cut_out(pictures[order], boxes)
    return ExcitingPatches(layer, channel, len(x), patches, best[order], order, cells, boxes)


def one_layer(model, layer, caller):
    """The name of a layer of the model, checked."""
    if not isinstance(layer, str):
        known = in_short(names_of(model, None, caller))
        raise ValueError(f"{caller}: layer is a name, but is {layer!r}. Use one of {known}.")
    return names_of(model, layer, caller)[0]


def check_channel(channel, maps, layer, caller):
    """An error if the maps (N, C, H, W) of a layer have no such channel."""
    count = maps.shape[1]
    if isinstance(channel, bool) or not isinstance(channel, (int, np.integer)):
        raise ValueError(f"{caller}: channel is a whole number, but is {channel!r}. Use channel=0.")
    if not 0 <= channel < count:
        raise ValueError(
            f"{caller}: layer {layer!r} has {count} maps, but channel is {channel}. "
            f"Use 0 to {count - 1}."
        )


def _check(count, shown, x, caller):
    if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 1:
        raise ValueError(
            f"{caller}: count must be a whole number from 1 on, but is {count!r}. Use count=9."
        )
    if shown is not None:
        there = tuple(np.shape(shown))
        if len(there) != 4 or (there[0], *there[2:]) != (x.shape[0], *x.shape[2:]):
            raise ValueError(
                f"{caller}: shown has the shape {there}, but must have as many images as "
                f"{tuple(x.shape)}, of the same height and width. Use the images before they were "
                f"normalized."
            )


def _as_array(images):
    images = images.detach().cpu() if isinstance(images, torch.Tensor) else images
    return np.asarray(images, dtype=float)


def _boxes(model, input_size, layer, cells, caller):
    """First and last row and column that each cell sees, (n, 2, 2); all of the image if more."""
    from helpers.receptive_field import receptive_field

    whole = [(0, size - 1) for size in input_size[1:]]
    field = row_of(receptive_field(model, tuple(input_size)), layer)
    if field.problem:
        raise ValueError(
            f"{caller}: what a cell of layer {layer!r} sees is not known: {field.problem}"
        )
    boxes = np.zeros((len(cells), 2, 2), dtype=int)
    for box, cell in zip(boxes, cells):
        seen = field.interval(tuple(map(int, cell)), clipped=False) or ((0, -1), (0, -1))
        for axis, ((low, high), (first, last)) in enumerate(zip(seen, whole)):
            box[axis] = (first, last) if high - low >= last - first else (low, high)
    return boxes


def row_of(table, layer):
    """The row of a layer's call in a table of receptive fields: of "relu" the first one, as in
    `feature_maps`; of a block its last row. Raises KeyError."""
    name, call = call_of(layer)
    rows = [row for row in table if row.name == (name or table.name)]
    return rows[call - 1] if len(rows) >= call else table[layer]  # of a block: its last row


def _cut_out(images, boxes):
    """The boxes of the images (n, C, H, W), all in the size of the largest; NaN beyond an image."""
    n, channels, *size = images.shape
    height, width = (boxes[:, :, 1] - boxes[:, :, 0] + 1).max(0, initial=0)
    patches = np.full((n, channels, height, width), np.nan)
    for patch, image, box in zip(patches, images, boxes):
        first, last = box.T
        low, high = np.maximum(first, 0), np.minimum(last + 1, size)
        to, end = low - first, high - first
        patch[:, to[0] : end[0], to[1] : end[1]] = image[:, low[0] : high[0], low[1] : high[1]]
    return patches
