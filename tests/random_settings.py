"""Random settings, legal and illegal, and the comparison of our answer with PyTorch's."""

import random

import numpy as np
import pytest
import torch

PYTORCH_WARNS = [
    pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning"),
    pytest.mark.filterwarnings("ignore:Initializing zero-element tensors:UserWarning"),
]
REFUSALS = (RuntimeError, ValueError, TypeError, NotImplementedError, IndexError)
PADDING_MODES = ["zeros", "reflect", "replicate", "circular"]


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


class Draw(random.Random):
    """Random settings, now and then illegal."""

    def setting(self, usual, odd=(), axes=2):
        """An int, or one per axis (rarely one for all axes, in a tuple)."""

        def one():
            return self.choice(odd if odd and self.random() < 0.02 else usual)

        kind = self.random()
        if kind < 0.45:
            return one()
        values = tuple(one() for _ in range(1 if kind < 0.5 else axes))
        # PyTorch looks for bools in the first place of a tuple only; we refuse them everywhere.
        return tuple(int(v) if isinstance(v, bool) else v for v in values)

    def size(self, most, axes=2):
        return tuple(0 if self.random() < 0.01 else self.randint(1, most) for _ in range(axes))

    def numbers(self, *shape, whole=False):
        rng = np.random.default_rng(self.getrandbits(32))
        return rng.integers(-9, 10, shape) if whole else rng.normal(size=shape)


STRIDE = dict(usual=(1, 1, 2, 3), odd=(0, -1, 2.0, True, None, "2"))
DILATION = dict(usual=(1, 1, 2, 3), odd=(0, -1, 1.0, False))
PADDING = dict(usual=(0, 0, 1, 2, 3), odd=(-1, 1.0, True))
OUTPUT_PADDING = dict(usual=(0, 0, 1), odd=(2, -1, 1.0))


def compare(cases):
    """Both sides refuse or both agree, case by case; and the cases hold enough of either kind."""
    refused = 0
    total = 0
    for settings, ours, theirs in cases:
        total += 1
        try:
            expected = theirs()
        except REFUSALS as reason:
            refused += 1
            with pytest.raises(ValueError):
                pytest.fail(f"accepted {ours()}: {settings}; PyTorch: {reason}", pytrace=False)
            continue
        try:
            actual = ours()
        except ValueError as reason:
            pytest.fail(f"refused {settings}: {reason}")
        if isinstance(expected, torch.Tensor):
            expected = expected.numpy()
            assert actual.shape == expected.shape, settings
            if expected.dtype == np.int64:
                assert actual.dtype == np.int64, settings
                assert np.array_equal(actual, expected), settings
            else:
                assert np.allclose(actual, expected, rtol=1e-12, atol=1e-12), settings
        else:
            assert actual == expected, settings
    assert 0.03 * total < refused < 0.7 * total
