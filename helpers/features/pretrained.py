"""A network of torchvision with the weights that others have trained, if they can be had."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from helpers.features.download import Unavailable, fetch


@dataclass(frozen=True, eq=False, repr=False)
class PretrainedNetwork:
    """A network of torchvision: `model`, in evaluation mode, with trained weights if `available`.

    Without them `model` has random weights, so that every cell runs, and `reason` says why. `name`
    and `weights` are torchvision's words, `classes` are the names of its scores, `mean` and `std`
    those of the colours (red, green, blue) that it was trained on.
    """

    name: str
    weights: str
    model: nn.Module
    available: bool
    reason: str
    classes: list
    mean: tuple
    std: tuple
    size: int

    def __repr__(self):
        if self.available:
            return f"{self.name} with the weights {self.weights}, for {len(self.classes)} classes"
        return (
            f"{self.name} with RANDOM weights: {self.reason} What it shows is not learned. "
            f"The lesson goes on with its own network; run this cell again when you are online."
        )

    def pixels(self, images):
        """Images in 0..1, as a tensor (N, 3, size, size), cut to a square and made that large.

        images: (H, W, 3) or (3, H, W), or several of one size; floats in 0..1 or uint8.
        """
        x = torch.as_tensor(np.ascontiguousarray(images))
        x = x / 255 if x.dtype == torch.uint8 else x.float()
        x = x[None] if x.ndim == 3 else x
        x = x.movedim(-1, 1) if x.ndim == 4 and x.shape[-1] == 3 and x.shape[1] != 3 else x
        if x.ndim != 4 or x.shape[1] != 3:
            raise ValueError(
                f"{self.name} takes colour images (H, W, 3) or (3, H, W), but the shape given is "
                f"{tuple(np.shape(images))}. Repeat a grey one: np.stack([grey] * 3)."
            )
        side = min(x.shape[2:])
        top, left = ((n - side) // 2 for n in x.shape[2:])
        x = x[..., top : top + side, left : left + side]
        size = (self.size, self.size)
        x = nn.functional.interpolate(x, size, mode="bilinear", antialias=True)
        return x.clamp(0, 1)

    def normalize(self, x):
        """Pixels (N, 3, H, W) in 0..1 as the network wants them: less the mean, over the spread."""
        mean, std = (torch.tensor(v).to(x)[:, None, None] for v in (self.mean, self.std))
        return (x - mean) / std

    def best(self, image, count=3):
        """The most probable classes for one image: a dict name -> probability."""
        with torch.no_grad():
            scores = self.model(self.normalize(self.pixels(image)))[0].softmax(0)
        top = scores.topk(count)
        return {self.classes[i]: p for i, p in zip(top.indices.tolist(), top.values.tolist())}


def load_pretrained(name="resnet18", patience=5, longest=60, say=print):
    """A classifier of torchvision with its newest trained weights: a `PretrainedNetwork`.

    The weights come from torch's cache; if they are not there, torchvision's address is asked for
    them, and they are kept in that cache. It waits at most `patience` seconds for each answer, and
    `longest` seconds for the whole file. Without the weights, be it that the machine is offline or
    that a log-in page comes in their place, nothing is raised: `.available` is False, the model has
    random weights, and the text of the network says so. A file that is not what torchvision
    promises, by its SHA-256, is never used nor kept.

    say: prints a line before it loads a file. Raises ValueError for a name that torchvision does
    not have.
    """
    import torchvision

    names = torchvision.models.list_models(module=torchvision.models)
    if name not in names:
        import difflib

        near = difflib.get_close_matches(str(name).lower(), names, 1, 0) or ["resnet18"]
        raise ValueError(
            f"load_pretrained: torchvision has no classifier {name!r}. Did you mean {near[0]!r}?"
        )
    weights = torchvision.models.get_model_weights(name).DEFAULT
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = torchvision.models.get_model(name, weights=None, **_settings(name)).eval()
    megabytes = weights.meta["_file_size"]
    reason = ""
    try:
        state = fetch(weights.url, patience, longest, lambda: say(
            f"Loading the weights of {name}, {megabytes:.0f} MB, once."
        ))  # fmt: skip
        model.load_state_dict(state)
    except Unavailable as error:
        reason = str(error)
    change = weights.transforms()
    return PretrainedNetwork(
        name, weights.name, model, not reason, reason, list(weights.meta["categories"]),
        tuple(change.mean), tuple(change.std), change.crop_size[0],
    )  # fmt: skip


def _settings(name):
    """GoogLeNet and Inception come with side exits, weights for them, and other colours."""
    exits = {"aux_logits": True, "init_weights": False, "transform_input": True}
    return exits if name in ("googlenet", "inception_v3") else {}
