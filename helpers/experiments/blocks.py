"""What is left of a trained network if one of its blocks is taken out."""

import copy

from torch import nn

from helpers.models import BasicBlock
from helpers.training import accuracy


def without_block(model, name):
    """A copy of the model in which one block computes nothing: x stays x.

    name: a `BasicBlock`, such as "layer1.0". In a residual network its skip stays; where that is a
    projection, the projection and its ReLU do. In a plain network nothing is left in its place, so
    a block that changes the shape cannot go. Nothing is trained again. (Veit, Wilber and Belongie
    2016, arXiv:1605.06431, section 4.1.) Raises ValueError for unknown blocks, and for those.
    """
    blocks = {n: part for n, part in model.named_modules() if isinstance(part, BasicBlock)}
    if name not in blocks:
        raise ValueError(
            f"without_block: {type(model).__name__} has no block {name!r}. It has: "
            f"{', '.join(blocks) or 'none, since only a BasicBlock of helpers counts'}."
        )
    block = blocks[name]
    if not _can_go(block):
        conv = block.conv1
        raise ValueError(
            f"without_block: {name!r} makes {conv.out_channels} channels of {conv.in_channels} with "
            f"stride {conv.stride[0]}, and no skip does it in its place. Take out another one."
        )
    if block.downsample is None:
        instead = nn.Identity()  # relu(0 + x) = x, for x comes from a ReLU
    else:
        instead = nn.Sequential(copy.deepcopy(block.downsample), nn.ReLU())
    model = copy.deepcopy(model)
    parent, _, last = name.rpartition(".")
    setattr(model.get_submodule(parent), last, instead.train(model.training))
    return model


def accuracy_without_blocks(model, x, y):
    """The accuracy (0..1) without each block that can go, one at a time: a dict name -> accuracy.

    x (N, …), y (N,): the images and their classes. See `without_block`.
    """
    blocks = {n: part for n, part in model.named_modules() if isinstance(part, BasicBlock)}
    if not blocks:
        without_block(model, "")  # says what is missing
    return {
        name: accuracy(without_block(model, name), x, y)
        for name, block in blocks.items()
        if _can_go(block)
    }


def _can_go(block):
    conv = block.conv1
    return block.skip or (conv.in_channels, conv.stride) == (conv.out_channels, (1, 1))
