"""Receptive fields of whole networks: seconds, and against measuring the same rows by gradients."""

import time
import warnings

import torch
import torchvision

from helpers.receptive_field import receptive_field
from helpers.training import one_thread
from tests.benchmarks.table import Row
from tests.gradient_fields import hull

NETWORKS = ["resnet50", "densenet121", "efficientnet_b0", "mobilenet_v3_small", "inception_v3"]
SLOWEST = "efficientnet_v2_l"  # of torchvision's convolutional classifiers
RUNS = 3


def made(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # GoogLeNet and Inception: weights initialized slowly
        model = torchvision.models.get_model(name, weights=None).eval()
    return model, (3, 299, 299) if name == "inception_v3" else (3, 224, 224)


def seconds(function):
    """Of the processor, one thread: other programs do not count."""
    start = time.process_time()
    function()
    return time.process_time() - start


def by_gradients(model, input_size, names):
    """A row's field the plain way: one backward pass from the unit in the centre of its map."""
    modules, maps = dict(model.named_modules()), []
    handles = [
        modules[name].register_forward_hook(lambda module, args, y: maps.append(y))
        for name in names
    ]
    x = torch.ones(1, *input_size, requires_grad=True)
    model(x)
    for handle in handles:
        handle.remove()
    for y in maps:
        centre = tuple(size // 2 for size in y.shape[2:])
        (gradient,) = torch.autograd.grad(y[(0, slice(None), *centre)].sum(), x, retain_graph=True)
        hull(gradient[0].ne(0).any(0))


def fields():
    for name in [*NETWORKS, SLOWEST]:
        model, size = made(name)
        ours = [seconds(lambda: receptive_field(model, size)) for _ in range(RUNS)]
        yield Row(f"receptive fields of {name}, all rows", ours, 1, "s")
        if name == SLOWEST:
            continue
        modules = dict(model.named_modules())
        names = [row.name for row in receptive_field(model, size) if row.name in modules]
        theirs = seconds(lambda: by_gradients(model, size, names))
        ratio = theirs / sorted(ours)[RUNS // 2]
        what = f"receptive fields of {name}, measured by gradients against ours"
        yield Row(what, [ratio], 50, "×", at_least=True)


def rows(stage):
    with one_thread():
        yield from fields()
