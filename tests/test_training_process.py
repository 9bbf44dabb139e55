"""A training and its process: interrupts that wait for imports, and the cores that it takes."""

import os
import signal

import pytest
import torch
from torch import nn

from helpers.training import fit
from helpers.training.progress import uninterrupted


def test_an_interrupt_waits_until_an_import_is_done():
    steps = []
    with pytest.raises(KeyboardInterrupt), uninterrupted():
        os.kill(os.getpid(), signal.SIGINT)
        steps.append("the import goes on")
    assert steps == ["the import goes on"]
    with pytest.raises(KeyboardInterrupt):  # and afterwards ■ works as before
        os.kill(os.getpid(), signal.SIGINT)


def test_an_interrupt_while_the_optimizer_is_made_ends_the_training_only():
    def slow(parameters, lr):
        os.kill(os.getpid(), signal.SIGINT)
        made.append(torch.optim.SGD(parameters, lr))
        return made[0]

    made = []
    history = fit(nn.Linear(2, 1), torch.ones(4, 2), torch.ones(4, 1), optimizer=slow,
                  loss=nn.functional.mse_loss, progress=False)  # fmt: skip
    assert made and history.interrupted and len(history) == 0


@pytest.mark.parametrize(
    ("size", "cores", "expected"), [(8, None, 1), (48, None, 2), (8, 2, 2), (48, 1, 1)]
)
def test_small_batches_are_trained_on_one_core(size, cores, expected):
    seen = []
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        fit(
            nn.Sequential(nn.Flatten(), nn.Linear(size * size, 2)), torch.ones(50, size, size),
            torch.zeros(50, dtype=int), epochs=1, cores=cores, progress=False,
            after_epoch=lambda *_: seen.append(torch.get_num_threads()),
        )  # fmt: skip
        assert seen == [expected] and torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
