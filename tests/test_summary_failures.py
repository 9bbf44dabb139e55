"""What `summarize` says of a model that fails, word by word."""

import pytest
import torch
from torch import nn

from helpers import LeNet, summarize
from tests.random_settings import one_thread  # noqa: F401 - a fixture


class Doubling(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)

    def forward(self, x):
        return x + self.conv(x)


class StdConv(nn.Conv2d):
    pass


class Halving(nn.MaxPool2d):
    pass


class Upsampling(nn.ConvTranspose2d):
    def __init__(self, channels):
        super().__init__(channels, channels, 4, 2, 1)


FAILURES = [
    (
        LeNet(), (1, 28, 28),
        'summarize: LeNet fails in "7", Linear(400, 120), on an input of shape (1, 256): '
        "{}. Use in_features=256.",
    ),
    (
        LeNet(), (3, 32, 32),
        'summarize: LeNet fails in "0", Conv2d(1, 6, kernel_size=5), on an input of shape '
        "(1, 3, 32, 32): {}. Use in_channels=3.",
    ),
    (
        nn.Sequential(nn.Identity(), nn.Conv2d(4, 4, 3, groups=2)), (3, 8, 8),
        'summarize: Sequential fails in "1", Conv2d(4, 4, kernel_size=3, groups=2), on an input of '
        "shape (1, 3, 8, 8): {}. Use in_channels=3 and groups that divide it.",
    ),
    (
        LeNet(), (1, 4, 4),
        'summarize: LeNet fails in "0", Conv2d(1, 6, kernel_size=5), on an input of shape '
        "(1, 1, 4, 4): {}. Use padding ≥ 1 or a smaller kernel.",
    ),
    (
        nn.Sequential(nn.Conv2d(1, 1, 3, dilation=3)), (1, 5, 5),
        'summarize: Sequential fails in "0", Conv2d(1, 1, kernel_size=3, dilation=3), on an input '
        "of shape (1, 1, 5, 5): {}. Use padding ≥ 1, dilation ≤ 2 or a smaller kernel.",
    ),
    (
        nn.Sequential(nn.MaxPool2d(3)), (1, 2, 4),
        'summarize: Sequential fails in "0", MaxPool2d(kernel_size=3), on an input of shape '
        "(1, 1, 2, 4): {}. Use padding ≥ 1 or a smaller kernel.",
    ),
    (
        nn.Sequential(StdConv(1, 6, 5)), (3, 8, 8),
        'summarize: Sequential fails in "0", StdConv(1, 6, kernel_size=5), on an input of shape '
        "(1, 3, 8, 8): {}. Use in_channels=3.",
    ),
    (
        nn.Sequential(StdConv(1, 6, 5)), (1, 8, 4),
        'summarize: Sequential fails in "0", StdConv(1, 6, kernel_size=5), on an input of shape '
        "(1, 1, 8, 4): {}. Use padding ≥ 1 or a smaller kernel.",
    ),
    (
        nn.Sequential(Halving(2)), (1, 1, 4),
        'summarize: Sequential fails in "0", Halving(kernel_size=2), on an input of shape '
        "(1, 1, 1, 4): {}. Use padding ≥ 1 or a smaller kernel.",
    ),
    (
        nn.Sequential(Upsampling(8)), (3, 2, 2),
        'summarize: Sequential fails in "0", Upsampling(8, 8, kernel_size=4, stride=2, padding=1), '
        "on an input of shape (1, 3, 2, 2): {}. Use in_channels=3.",
    ),
    (
        nn.Sequential(nn.AvgPool1d(4)), (2, 1, 3),
        'summarize: Sequential fails in "0", AvgPool1d(kernel_size=4), on an input of shape '
        "(1, 2, 1, 3): {}. Give it an input of shape (N, C, L) or (C, L).",
    ),
    (
        nn.Sequential(nn.ConvTranspose2d(1, 1, 3, padding=3)), (1, 2, 2),
        'summarize: Sequential fails in "0", ConvTranspose2d(1, 1, kernel_size=3, padding=3), on '
        "an input of shape (1, 1, 2, 2): {}. Use padding ≤ 1 or a larger input.",
    ),
    (
        nn.Sequential(nn.Conv2d(1, 5, 3), nn.BatchNorm2d(6)), (1, 5, 5),
        'summarize: Sequential fails in "1", BatchNorm2d(6), on an input of shape (1, 5, 3, 3): '
        "{}. Use num_features=5.",
    ),
    (
        nn.Sequential(nn.Conv2d(1, 2, 3), nn.Linear(18, 4)), (1, 5, 5),
        'summarize: Sequential fails in "1", Linear(18, 4), on an input of shape (1, 2, 3, 3): '
        "{}. Put nn.Flatten() before it.",
    ),
    (
        nn.Sequential(nn.Conv2d(1, 2, 3), nn.Linear(20, 4)), (1, 5, 5),
        'summarize: Sequential fails in "1", Linear(20, 4), on an input of shape (1, 2, 3, 3): '
        "{}. Put nn.Flatten() before it and use in_features=18.",
    ),
    (
        nn.Sequential(nn.Linear(5, 2)), (2, 4),
        'summarize: Sequential fails in "0", Linear(5, 2), on an input of shape (2, 4): {}. '
        "Use in_features=4.",
    ),
    (
        nn.Sequential(nn.Identity(), Doubling()), (1, 5, 5),
        'summarize: Sequential fails in "1", Doubling(), on an input of shape (1, 1, 5, 5): {}.',
    ),
    (
        Doubling(), (1, 5, 5),
        "summarize: Doubling fails in its forward on an input of shape (1, 1, 5, 5): {}.",
    ),
]  # fmt: skip


@pytest.mark.parametrize("model, size, message", FAILURES, ids=[m[2][:70] for m in FAILURES])
def test_a_failure_names_the_layer_its_input_pytorchs_reason_and_the_repair(model, size, message):
    shape = (1, *size) if len(size) == 3 else size
    with pytest.raises(Exception) as theirs:
        model.eval()(torch.zeros(shape))
    with pytest.raises(ValueError) as ours:
        summarize(model, size)
    assert str(ours.value) == message.format(str(theirs.value).rstrip("."))


@pytest.mark.parametrize(
    "arguments, message",
    [
        (
            (LeNet, (1, 32, 32)),
            f"summarize: model must be a PyTorch model, but is {LeNet!r}. Use LeNet().",
        ),
        (
            (LeNet(), (1, 32, 0)),
            "summarize: input_size must be at least 1, but is 0. "
            "Use (C, H, W), with at least one pixel.",
        ),
        (
            (nn.Sequential(nn.Flatten(), nn.LazyLinear(3)), (1, 4, 4)),
            "summarize: LazyLinear does not know its size yet. "
            "Call the model once before, on an input of that size.",
        ),
    ],
    ids=["a class", "no pixel", "a lazy layer"],
)
def test_what_cannot_be_summarized_is_refused(arguments, message):
    with pytest.raises(ValueError) as caught:
        summarize(*arguments)
    assert str(caught.value) == message
