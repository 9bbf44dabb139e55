"""The checker of the basic block against random blocks: right exactly if torchvision agrees."""

import random

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torchvision.models.resnet import BasicBlock

from helpers import check
from helpers.check.verdict import RIGHT, WRONG
from tests.random_settings import one_thread  # noqa: F401 (a fixture)
from tests.residual_blocks import Plain

# The first of each kind is right; so may be others, now and then.
CHOICES = {
    "first": [lambda self, x: x, lambda self, x: x.clone(), lambda self, x: F.relu(x),
              lambda self, x: x.relu_(), lambda self, x: x.detach()],
    "middle": [F.relu, torch.relu_, lambda x: x.clamp(min=0), lambda x: x, F.leaky_relu, F.relu6,
               F.gelu, lambda x: F.relu(x).detach(), lambda x: F.dropout(F.relu(x), 0.3)],
    "norm": [lambda self, x: self.bn2(x), lambda self, x: self.bn1(x), lambda self, x: x,
             lambda self, x: self.bn2(F.relu(x)), lambda self, x: F.relu(self.bn2(x)),
             lambda self, x: self.bn2(self.bn2(x)), lambda self, x: self.bn2(x.clone())],
    "skip": [lambda self, x, out: self.downsample(x), lambda self, x, out: out,
             lambda self, x, out: x, lambda self, x, out: F.relu(self.downsample(x)),
             lambda self, x, out: self.downsample(x.detach()),
             lambda self, x, out: self.downsample(x) * 1, lambda self, x, out: 0],
    "add": [lambda f, s: f + s, lambda f, s: s + f, lambda f, s: f.add_(s), lambda f, s: f - s,
            lambda f, s: f + 2 * s, lambda f, s: f, lambda f, s: torch.stack([f, s]).sum(0),
            lambda f, s: torch.cat([f, s], 1), lambda f, s: F.relu(f) + s],
    "last": [F.relu, torch.relu_, lambda y: y, lambda y: y.clamp(0, 6), lambda y: y * (y > 0),
             lambda y: F.relu(F.relu(y)), F.leaky_relu, lambda y: None, torch.abs],
}


def random_block(draw):
    """A block with one or two of its parts chosen anew, and what they are."""
    chosen = dict.fromkeys(CHOICES, 0)
    for part in draw.sample(list(CHOICES), draw.choice([1, 1, 2])):
        chosen[part] = draw.randrange(len(CHOICES[part]))
    parts = {part: choices[chosen[part]] for part, choices in CHOICES.items()}

    def forward(self, x):
        out = self.conv2(parts["middle"](self.bn1(self.conv1(parts["first"](self, x)))))
        out = parts["norm"](self, out)
        return parts["last"](parts["add"](out, parts["skip"](self, x, out)))

    return type("MyBlock", (Plain,), {"forward": forward}), chosen


def equals_torchvision(block_class):
    """Outputs, inputs, gradients and statistics, with the weights taken over by name."""
    for setting in [(3, 3, 1), (2, 3, 1), (2, 4, 2)]:
        projection = nn.Sequential(nn.Conv2d(*setting[:2], 1, setting[2], bias=False),
                                   nn.BatchNorm2d(setting[1])) if setting != (3, 3, 1) else None
        mine, theirs = block_class(*setting), BasicBlock(*setting, projection)
        state = {name: torch.rand(value.shape) + 0.5 if value.ndim < 2 and value.ndim else value
                 for name, value in theirs.state_dict().items()}
        for block in (mine, theirs):
            block.load_state_dict(state)
        for training in (True, False):
            results = []
            for block in (mine, theirs):
                x = 5 * torch.randn(4, setting[0], 8, 8, generator=torch.Generator().manual_seed(1))
                leaf = x.clone().requires_grad_()
                try:
                    y = block.train(training)(leaf * 1)
                    y.backward(torch.ones(4, setting[1], *([8 // setting[2]] * 2)))
                    given = x.clone()
                    block(given)
                except (RuntimeError, AttributeError):
                    return False
                results.append([y, leaf.grad, given, *block.state_dict().values()])
            if not all(map(torch.equal, *results)):
                return False
    return True


@pytest.mark.parametrize("seed", range(4))
def test_a_block_is_right_exactly_if_torchvisions_is_the_same(seed):
    draw, statuses = random.Random(seed), []
    for _ in range(15):
        block, chosen = random_block(draw)
        torch.manual_seed(seed)
        expected = RIGHT if equals_torchvision(block) else WRONG
        verdict = check.basic_block(block)
        assert verdict.status == expected, chosen
        assert verdict.status == RIGHT or verdict.hint
        statuses.append(expected)
    assert {RIGHT, WRONG} <= set(statuses)
