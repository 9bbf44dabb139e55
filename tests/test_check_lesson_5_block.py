"""The checker of lesson 5 that asks for the basic block: what it computes."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torchvision.models.resnet import BasicBlock, Bottleneck

from helpers import check
from helpers.check.verdict import NOT_TRIED, RIGHT, WRONG
from tests import residual_blocks
from tests.random_settings import one_thread  # noqa: F401 (a fixture)
from tests.residual_blocks import Plain, with_forward


@pytest.mark.parametrize("block", residual_blocks.RIGHT)
def test_every_right_block_is_right(block):
    verdict = check.basic_block(block)
    assert verdict.status == RIGHT and "MyBlock(4, 6, stride=2): 600 parameters" in verdict.case


@pytest.mark.parametrize("block", residual_blocks.RIGHT)
@pytest.mark.parametrize("setting", [(3, 3, 1), (3, 4, 1), (2, 4, 2), (3, 3, 2)])
def test_the_right_blocks_have_the_parameters_of_torchvision(block, setting):
    """And the same numbers, if all weights are one and all biases zero."""
    projection = nn.Sequential(nn.Conv2d(*setting[:2], 1, setting[2], bias=False),
                               nn.BatchNorm2d(setting[1])) if setting != (3, 3, 1) else None
    mine, theirs = block(*setting), BasicBlock(*setting, projection)
    x = torch.randn(2, setting[0], 6, 5)
    mine(x)  # lazy layers
    for parameter in [*mine.parameters(), *theirs.parameters()]:
        nn.init.constant_(parameter, 1 if parameter.ndim == 4 else 0.5)
    count = sum(parameter.numel() for parameter in theirs.parameters())
    assert sum(parameter.numel() for parameter in mine.parameters()) == count
    assert torch.equal(mine(x), theirs(x))


def test_the_check_leaves_random_numbers_threads_and_gradient_mode_as_they_were():
    state, threads = torch.random.get_rng_state(), torch.get_num_threads()
    with torch.no_grad():
        assert check.basic_block(Plain).status == RIGHT
        assert not torch.is_grad_enabled()
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.get_num_threads() == threads
    assert not torch.nn.modules.module._global_forward_hooks


# --- untouched and nonsense -----------------------------------------------------------------------


class Stub(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        ...

    def forward(self, x):
        ...


class Unfinished(Plain):
    def forward(self, x):
        raise NotImplementedError


def function(x):
    ...


@pytest.mark.parametrize("answer", [
    None, ..., Stub, Unfinished, function, lambda: ..., with_forward(lambda self, x: ...),
    with_forward(lambda self, x: None),
    type("Half", (Stub,), {"__init__": Plain.__init__, "bias": False, "shortcut": Plain.shortcut})])
def test_an_untouched_block_is_not_tried_yet(answer):
    assert check.basic_block(answer).status == NOT_TRIED


class NoModule:
    def __init__(self, in_channels, out_channels, stride=1):
        pass

    def forward(self, x):
        return x


class NoSuper(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3)

    def forward(self, x):
        return self.conv1(x)


class NothingKept(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        self.stride = stride

    def forward(self, x):
        return x


class OtherNames(nn.Module):
    def _init_(self, in_channels, out_channels, stride=1):
        super().__init__()

    def forward(self, x):
        return x


class NoForward(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()

    def forwards(self, x):
        return x


class NoStride(Plain):
    def __init__(self, in_channels, out_channels):
        super().__init__(in_channels, out_channels)


class StrideNeeded(Plain):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__(in_channels, out_channels, stride)


class Wrapped(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.block = BasicBlock(in_channels, out_channels, stride)

    def forward(self, x):
        return self.block(x)


class ClassKept(Plain):
    def __init__(self, *setting):
        super().__init__(*setting)
        self.relu = nn.ReLU

    def forward(self, x):
        return self.relu(self.branch(x) + self.downsample(x))


class Exits(Plain):
    def __init__(self, in_channels, out_channels, stride=1):
        raise SystemExit("enough")


@pytest.mark.parametrize("answer, message, hint", [
    (Plain(4, 4), "This is a block", "without brackets"),
    (nn.Conv2d(4, 4, 3), "This is a block", "without brackets"),
    (BasicBlock, "torchvision's own", "yourself"), (Bottleneck, "torchvision's own", "yourself"),
    (type("MyBlock", (BasicBlock,), {}), "torchvision's own", "yourself"),
    (Wrapped, "a block of torchvision's in it", "nn.Conv2d"),
    (NoModule, "no nn.Module", "class MyBlock(nn.Module)"),
    (NoSuper, "cannot assign module before", "super().__init__()"),
    (NothingKept, "has not been called", "super().__init__()"),
    (OtherNames, "has no __init__", "two underscores"), (NoForward, "no forward", "to the right"),
    (NoStride, "__init__ takes (self, in_channels, out_channels)", "stride=1"),
    (StrideNeeded, "__init__ takes", "stride=1"),
    (with_forward(lambda self: self), "takes (self)", "def forward(self, x)"),
    (ClassKept, "nn.ReLU is set to self as a class", "with brackets"),
    (Exits, "__init__ stops with SystemExit: enough", "Python's message"),
    (with_forward(lambda self, x: self.conv3(x)), "no attribute 'conv3', in “", "in __init__"),
    (with_forward(lambda self, x: F.relu(conv1(x))), "'conv1' is not defined", "self.conv1"),
    (with_forward(lambda self, x: self.forward(x)), "RecursionError", "without end"),
    (with_forward(lambda self, x: 1 / 0), "ZeroDivisionError", "message"),
    (with_forward(lambda self, x: print(Plain.forward(self, x).shape)), "returns nothing",
     "return"),
    (with_forward(lambda self, x: (Plain.forward(self, x), x)), "returns a tuple", "one tensor"),
    (with_forward(lambda self, x: Plain.forward(self, x).detach().numpy()), "ndarray",
     "one tensor"),
    (with_forward(lambda self, x: Plain.forward(self, x).double()), "float64", "as they come"),
    (with_forward(lambda self, x: exit()), "SystemExit", "message"),
])
def test_what_is_no_block_at_all_gets_its_own_hint(answer, message, hint):
    verdict = check.basic_block(answer)
    assert verdict.status == WRONG and message in verdict.message and hint in verdict.hint


@pytest.mark.parametrize("nonsense", [
    5, "MyBlock", [], {}, object(), torch.zeros(3), np.zeros(3), len, int, lambda x: x, (Plain,),
    nn.Module, nn.Sequential, nn.Conv2d, nn.ReLU, nn.Identity, nn.Linear, nn.BatchNorm2d, type,
    lambda i, o, s=1: Plain(i, o, s), nn.Module(), dict, Exception])
def test_nonsense_for_a_block_is_wrong(nonsense):
    verdict = check.basic_block(nonsense)
    assert verdict.status == WRONG and verdict.message and verdict.hint


# --- other numbers --------------------------------------------------------------------------------


def overwritten(self, x):
    x = F.relu(self.bn1(self.conv1(x)))
    return F.relu(self.bn2(self.conv2(x)) + x)


def overwritten_twice(self, x):
    x = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
    identity = x
    return F.relu(x + identity)


def early_copy(self, x):
    out = self.bn1(self.conv1(x))
    identity = out
    return F.relu(self.bn2(self.conv2(F.relu(out))) + identity)


def relu_destroys(self, x):
    identity = x
    out = F.relu(x, inplace=True)
    return F.relu(self.branch(out) + self.downsample(identity))


def x_changed(self, x):
    out = self.branch(x)
    x = self.downsample(x)
    x += out
    return F.relu(x)


def only_in_training(self, x):
    y = Plain.forward(self, x)
    return y if self.training else y + 1


def only_in_evaluation(self, x):
    y = Plain.forward(self, x)
    return F.dropout(y, 0.5, training=self.training)


def of_both(change):
    """relu(F(x) + skip), with another rule for F(x) and the skip."""
    return with_forward(lambda self, x: change(self.branch(x), self.downsample(x)))


def of(change):
    return with_forward(lambda self, x: change(self, x))


def plain(half):
    """The rest of the block behind another first half."""
    return lambda self, x: F.relu(self.bn2(self.conv2(half(self, x))) + self.downsample(x))


DIFFERENT = {
    "no last ReLU": (of_both(lambda f, s: f + s), "ReLU after the addition is missing"),
    "ReLU before the addition": (of_both(lambda f, s: F.relu(f) + s), "before the addition"),
    "the same, turned round": (of_both(lambda f, s: s + F.relu(f)), "before the addition"),
    "two ReLUs": (of_both(lambda f, s: F.relu(F.relu(f) + s)), "a ReLU too many"),
    "nothing added": (of_both(lambda f, s: F.relu(f)), "x is not added"),
    "F alone": (of_both(lambda f, s: f), "And the last ReLU is missing"),
    "skip alone": (of_both(lambda f, s: F.relu(s)), "F(x) is missing"),
    "multiplied": (of_both(lambda f, s: F.relu(f * s)), "multiplied"),
    "subtracted": (of_both(lambda f, s: F.relu(f - s)), "x is taken away"),
    "turned round": (of_both(lambda f, s: F.relu(s - f)), "F(x) is taken away"),
    "twice": (of_both(lambda f, s: F.relu(f + s + s)), "added twice"),
    "mean": (of_both(lambda f, s: F.relu((f + s) / 2)), "the mean"),
    "concatenated": (of_both(lambda f, s: F.relu(torch.cat([f, s], 1))), "concatenated"),
    "skip through a ReLU": (of_both(lambda f, s: F.relu(f + F.relu(s))), "a ReLU of its own"),
    "no first ReLU": (of(plain(lambda self, x: self.bn1(self.conv1(x)))),
                      "two convolutions in a row are one"),
    "ReLU before the norm": (of(plain(lambda self, x: self.bn1(F.relu(self.conv1(x))))),
                             "before the norm of the first convolution"),
    "ReLU before the second norm": (
        of(lambda self, x: F.relu(self.bn2(F.relu(self.conv2(self.half(x)))) + self.downsample(x))),
        "before the norm of the second convolution"),
    "no ReLU at all": (of(lambda self, x: self.bn2(self.conv2(self.bn1(self.conv1(x))))
                          + self.downsample(x)), "Both ReLUs are missing"),
    "x overwritten": (with_forward(overwritten), "has x been overwritten"),
    "F(x) + F(x)": (with_forward(overwritten_twice), "has x been overwritten"),
    "identity taken late": (with_forward(early_copy), "has x been overwritten"),
    "in-place ReLU on x": (with_forward(relu_destroys), "an in-place ReLU"),
    "F begins with a ReLU": (of(lambda self, x: F.relu(self.branch(F.relu(x))
                                                       + self.downsample(x))),
                             "begins with a ReLU"),
    "norm after the addition": (of(lambda self, x: F.relu(self.bn2(
        self.conv2(self.half(x)) + self.downsample(x)))), "second norm stands after the addition"),
    "added in the middle": (of(lambda self, x: F.relu(self.bn2(self.conv2(
        self.half(x) + self.downsample(x))))), "in the middle"),
    "norm 2 not called": (of(lambda self, x: F.relu(self.conv2(self.half(x)) + self.downsample(x))),
                          "norm of the second convolution is not used"),
    "norm 1 not called": (of(plain(lambda self, x: F.relu(self.conv1(x)))),
                          "norm of the first convolution is not used"),
    "leaky": (of_both(lambda f, s: F.leaky_relu(f + s)), "y = relu(F(x) + x) with F"),
    "ReLU6": (of_both(lambda f, s: F.relu6(f + s)), "y = relu(F(x) + x) with F"),
    "first ReLU6": (of(plain(lambda self, x: F.relu6(self.bn1(self.conv1(x))))), "with F"),
    "wrong in evaluation": (with_forward(only_in_training), "y = relu(F(x) + x) with F"),
    "wrong in training": (with_forward(only_in_evaluation), "In evaluation mode it is right"),
    "x changed": (with_forward(x_changed), "write into x"),
    "skip without gradient": (of(lambda self, x: F.relu(self.branch(x)
                                                        + self.downsample(x.detach()))), "detach"),
    "branch without gradient": (of_both(lambda f, s: F.relu(f.detach() + s)), "detach"),
    "no gradient": (with_forward(torch.no_grad()(Plain.forward)), "no_grad"),
    "F twice": (of(lambda self, x: (self.branch.__func__(self, x), Plain.forward(self, x))[1]),
                "a norm of its own"),
    "projection not called": (of(lambda self, x: F.relu(self.branch(x) + x)),
                              "Is the projection used?"),
    "rounded": (of_both(lambda f, s: F.relu(3 * f + 3 * s) / 3), "the same bits"),
}


@pytest.mark.parametrize("answer, words", DIFFERENT.values(), ids=list(DIFFERENT))
def test_a_usual_mistake_in_the_block_gets_its_own_hint(answer, words):
    verdict = check.basic_block(answer)
    assert verdict.status == WRONG and words in verdict.hint and "MyBlock(" in verdict.case


def test_the_case_shows_the_mode_and_both_numbers():
    case = check.basic_block(with_forward(only_in_evaluation)).case
    assert "training mode, x of shape (2, 4, 7, 6)" in case and "expected y[0, " in case
