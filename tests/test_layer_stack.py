"""ShiftExplorer's stacks of layers: maps, layer and code are PyTorch's, and so are refusals."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from helpers.widgets import ShiftExplorer
from helpers.widgets.layer_stack import LAYERS
from tests.random_settings import PADDING_MODES, one_thread  # noqa: F401 (the second is a fixture)
from tests.test_widgets import nothing_stays  # noqa: F401 (a fixture)


def random_setting(rng):
    """A stack that every 16×24 image can go through."""
    count = int(rng.integers(1, 7))
    sizes = [1, 3, 5]
    return {
        "layers": [str(word) for word in rng.choice(list(LAYERS)[:-1], count)],
        "kernel": rng.normal(size=(rng.choice(sizes), rng.choice(sizes))),
        "padding_mode": str(rng.choice(PADDING_MODES)),
        "shift": tuple(rng.integers(-16, 17, 2).tolist()),
        "wrap": bool(rng.random() < 0.5),
    }


def torch_maps(layer, x):
    """What each module of a Sequential gives."""
    x = torch.from_numpy(x.copy())[None, None]
    maps = []
    for module in layer:
        x = module(x)
        maps.append(x[0, 0].numpy())
    return maps


def by_torch(x, layers, kernel, padding_mode):
    """The maps after each layer, from torch's functions alone."""
    x, maps = torch.from_numpy(x.copy())[None, None], []
    kernel = torch.as_tensor(kernel, dtype=torch.float64)
    blur = torch.tensor([[1, 2, 1], [2, 4, 2], [1, 2, 1]], dtype=torch.float64) / 16

    def conv(x, weight, stride):
        down, right = (k // 2 for k in weight.shape)
        mode = "constant" if padding_mode == "zeros" else padding_mode
        x = F.pad(x, (right, right, down, down), mode)
        return F.conv2d(x, weight[None, None], stride=stride)

    def dense_max(x):
        if padding_mode == "zeros":  # what is not there is never the largest
            return F.max_pool2d(F.pad(x, (0, 1, 0, 1), value=-np.inf), 2, stride=1)
        return F.max_pool2d(F.pad(x, (0, 1, 0, 1), padding_mode), 2, stride=1)

    functions = {
        "conv": lambda x: conv(x, kernel, 1),
        "strided_conv": lambda x: conv(x, kernel, 2),
        "relu": F.relu,
        "max_pool": lambda x: F.max_pool2d(x, 2),
        "avg_pool": lambda x: F.avg_pool2d(x, 2),
        "subsample": lambda x: x[..., ::2, ::2],
        "blur_pool": lambda x: conv(x, blur, 2),
        "max_blur_pool": lambda x: conv(dense_max(x), blur, 2),
        "global_avg_pool": lambda x: x.mean((2, 3), keepdim=True),
    }
    for word in layers:
        x = functions[word](x)
        maps.append(x[0, 0].numpy())
    return maps


def test_the_maps_and_the_layer_are_pytorchs():
    rng = np.random.default_rng(0)
    explorer = ShiftExplorer(rng.normal(size=(16, 24)))
    seen = set()
    for _ in range(120):
        setting = random_setting(rng)
        try:
            explorer.set(**setting)
        except ValueError:
            continue
        stack = setting["layers"], setting["kernel"], setting["padding_mode"]
        maps = by_torch(explorer.input, *stack)
        assert len(explorer.maps) == len(maps)
        for ours, theirs in zip(explorer.maps, maps):
            np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12)
        moved = by_torch(explorer.transformed, *stack)[-1]
        np.testing.assert_allclose(explorer.output, moved, rtol=1e-10, atol=1e-12)
        layer = explorer.layer
        last = torch_maps(layer, explorer.input)[-1]
        np.testing.assert_allclose(last, maps[-1], rtol=1e-10, atol=1e-12)
        assert repr(eval(explorer.code, {"nn": nn})) == repr(layer)
        seen |= {(word, setting["padding_mode"]) for word in setting["layers"]}
    assert len(seen) == 8 * len(PADDING_MODES)  # every layer but the global average, in every mode


def test_a_global_average_ends_in_one_number_that_g_leaves_alone():
    explorer = ShiftExplorer(layers=["conv", "relu", "global_avg_pool"], shift=(1, 2))
    mean = torch_maps(explorer.layer, explorer.input)[-1]
    np.testing.assert_allclose(explorer.transformed_output, mean, rtol=1e-12)
    assert explorer.output.shape == (1, 1) and explorer.error < 1e-12  # only the order of the sum


def test_the_widget_refuses_the_stacks_that_pytorch_refuses_and_no_others():
    rng = np.random.default_rng(5)
    x = np.ones((9, 11))
    explorer = ShiftExplorer(x)
    refusals = 0
    for _ in range(300):
        setting = random_setting(rng) | {"kernel": np.ones((5, 5))}
        setting["layers"] = [str(word) for word in rng.choice(list(LAYERS), rng.integers(2, 7))]
        stack = setting["layers"], setting["kernel"], setting["padding_mode"]
        try:
            explorer.set(**setting)
        except ValueError:
            refusals += 1
            with pytest.raises(RuntimeError):
                by_torch(x, *stack)
        else:
            assert by_torch(x, *stack)[-1].shape == explorer.maps[-1].shape
    assert 30 < refusals < 270
