"""ChannelExplorer from Python: layer, counts and channels are PyTorch's; what it refuses."""

import gc
import re

import numpy as np
import pytest
import torch
from ipywidgets.widgets import widget as registry
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from helpers.widgets import ChannelExplorer
from tests.test_widgets import nothing_stays  # noqa: F401 (a fixture)

pytestmark = [
    pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning"),
    pytest.mark.filterwarnings("ignore:`torch.distributed.reduce_op`:FutureWarning"),
]


def multiplications(layer, x):
    """PyTorch's own count: it counts a multiplication and an addition as two."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        y = layer(x)
    return y, counter.get_total_flops() // 2


def random_setting(rng):
    in_channels, out_channels = rng.integers(1, 17, 2).tolist()
    separable = bool(rng.random() < 0.4)
    common = np.gcd(in_channels, out_channels)
    legal = [g for g in range(1, 17) if common % g == 0]
    kernel_size = rng.integers(1, 8, 2).tolist()
    return {
        "in_channels": in_channels,
        "out_channels": out_channels,
        "groups": 1 if separable else int(rng.choice(legal)),
        "kernel_size": tuple(kernel_size) if rng.random() < 0.5 else kernel_size[0],
        "output_size": (int(rng.integers(1, 9)), int(rng.integers(1, 9))),
        "separable": separable,
    }


def test_layer_code_and_counts_are_pytorchs():
    rng = np.random.default_rng(0)
    explorer = ChannelExplorer()
    for _ in range(150):
        setting = random_setting(rng)
        explorer.set(**setting)
        layer = explorer.layer
        assert repr(eval(explorer.code)) == repr(layer)
        assert explorer.parameters == sum(p.numel() for p in layer.parameters())
        x = torch.zeros(1, setting["in_channels"], *setting["output_size"])
        y, expected = multiplications(layer, x)
        assert y.shape == (1, setting["out_channels"], *setting["output_size"])
        assert explorer.multiplications == expected, setting


def test_sees_is_where_the_gradient_of_a_real_layer_is_not_zero():
    explorer = ChannelExplorer()
    checked = 0
    for in_channels in range(1, 17):
        for out_channels in range(1, 17):
            for groups in range(1, 17):
                if in_channels % groups or out_channels % groups:
                    continue
                explorer.set(in_channels=in_channels, out_channels=out_channels, groups=groups)
                conv = nn.Conv2d(in_channels, out_channels, 1, groups=groups, bias=False)
                nn.init.ones_(conv.weight)
                images = torch.eye(in_channels).reshape(in_channels, in_channels, 1, 1)
                reaches = conv(images)[:, :, 0, 0].detach()  # input channel, output channel
                for o in range(out_channels):
                    assert explorer.sees(o) == reaches[:, o].nonzero().flatten().tolist()
                checked += 1
    assert checked == 390  # the sum of ⌊16/g⌋² over the groups g


def test_a_separable_layer_sees_every_input():
    explorer = ChannelExplorer(separable=True, in_channels=3)
    layer = explorer.layer
    for parameter in layer.parameters():
        nn.init.ones_(parameter)
    x = torch.ones(1, 3, 5, 5, requires_grad=True)
    layer(x)[0, 7, 2, 2].backward()
    assert explorer.sees(7) == x.grad[0].sum((1, 2)).nonzero().flatten().tolist() == [0, 1, 2]


def test_the_numbers_of_the_lesson():
    explorer = ChannelExplorer()
    assert (explorer.parameters, explorer.multiplications) == (576, 576 * 784)
    explorer.groups = 8
    assert explorer.code == "nn.Conv2d(8, 8, kernel_size=3, padding=1, groups=8, bias=False)"
    assert (explorer.parameters, explorer.sees(3)) == (72, [3])
    explorer.set(separable=True, groups=1)
    assert explorer.parameters == 72 + 64
    assert explorer.code == (
        "nn.Sequential(nn.Conv2d(8, 8, kernel_size=3, padding=1, groups=8, bias=False), "
        "nn.Conv2d(8, 8, kernel_size=1, bias=False))"
    )
    explorer.kernel_size = 4
    assert 'kernel_size=4, padding="same"' in explorer.code


# -- refusals ------------------------------------------------------------------------------------

REFUSALS = [
    (dict(groups=3), "ChannelExplorer keeps its groups. conv_parameters: in_channels=8 and "
     "out_channels=8 cannot both be divided into groups=3. Use groups=2, which divides both."),
    (dict(groups=0), "groups"),
    (dict(in_channels=17), "ChannelExplorer draws in_channels from 1 to 16, got 17."),
    (dict(out_channels=0), "ChannelExplorer draws out_channels from 1 to 16, got 0."),
    (dict(kernel_size=8), "ChannelExplorer draws kernel_size from 1 to 7, got 8."),
    (dict(kernel_size=(3, 9)), "from 1 to 7, got (3, 9)."),
    (dict(kernel_size=0), "kernel_size: expected an int of at least 1"),
    (dict(output_size=257), "ChannelExplorer draws output_size from 1 to 256, got 257."),
    (dict(separable=True, groups=2), "separable=True has groups of its own (in_channels in its "
     "first layer, 1 in its second), got groups=2. Use groups=1, both in one step: "
     "widget.set(separable=True, groups=1)."),
    (dict(pinned={"output": 8}), "ChannelExplorer.pinned: expected None or channels that are "
     "there, such as {'output': 3}, {'input': 2} or {'output': 3, 'input': 2} for a kernel; "
     "got {'output': 8}."),
    (dict(pinned={"middle": 0}), "got {'middle': 0}."),
    (dict(pinned={}), "got {}."),
    (dict(pinned={"output": True}), "got {'output': True}."),
    (dict(separable=True, pinned={"output": 1, "input": 1}), "for a kernel"),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "text"), REFUSALS)
def test_a_refusal_teaches_and_changes_nothing(settings, text):
    explorer = ChannelExplorer()
    names = [*ChannelExplorer.resets, "large"]
    before = [getattr(explorer, name) for name in names]
    told = []
    explorer.observe(told.append, names=names)
    with pytest.raises(ValueError, match=re.escape(text)):
        explorer.set(**settings)
    assert [getattr(explorer, name) for name in names] == before and told == []
    with pytest.raises(ValueError):
        ChannelExplorer(**settings)


@pytest.mark.parametrize("channel", [8, -1, 1.0, None, True])
def test_sees_names_the_outputs_that_there_are(channel):
    with pytest.raises(ValueError, match=r"there are 8 output channels, 0 to 7; got "):
        ChannelExplorer().sees(channel)


def test_channels_and_groups_can_change_in_one_step():
    explorer = ChannelExplorer(groups=8, pinned={"output": 7})
    with pytest.raises(ValueError, match="ChannelExplorer keeps its in_channels"):
        explorer.in_channels = 6
    explorer.set(in_channels=6, out_channels=6, groups=3)
    assert explorer.sees(5) == [4, 5]
    assert explorer.pinned is None  # output 7 is gone


def test_what_the_page_sends_is_checked_as_well():
    explorer = ChannelExplorer()
    explorer.set_state({"groups": 4, "kernel_size": 5, "pinned": {"output": 2, "input": 3}})
    assert (explorer.groups, explorer.pinned) == (4, {"output": 2, "input": 3})
    with pytest.raises(ValueError):
        explorer.set_state({"groups": 5})
    explorer.set_state(explorer._initial)
    assert (explorer.groups, explorer.kernel_size, explorer.pinned) == (1, 3, None)


def test_repr_and_saved_output_are_a_sentence():
    explorer = ChannelExplorer(groups=2)
    sentence = (
        "ChannelExplorer: nn.Conv2d(8, 8, kernel_size=3, padding=1, groups=2, bias=False), "
        "288 weights, 225,792 multiplications."
    )
    assert repr(explorer) == sentence
    bundle = explorer._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    text = f"[{sentence} Open the notebook in JupyterLab and run this cell to use it.]"
    assert data["text/plain"] == text


def test_closed_widgets_leave_nothing_behind():
    def alive():
        gc.collect()
        return sum(isinstance(thing, ChannelExplorer) for thing in gc.get_objects())

    registered, living = len(registry._instances), alive()
    for _ in range(200):
        ChannelExplorer().close()
    assert (len(registry._instances), alive()) == (registered, living)
