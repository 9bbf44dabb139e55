"""A kernel learned from an image and its filtered version."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from helpers.models import seeded
from helpers.training import one_thread


def random_image(size=64, seed=0):
    """(size, size) independent normal numbers: no pixel tells anything about its neighbours."""
    return np.random.default_rng(seed).standard_normal((size, size))


def condition_number(x, kernel_size=3):
    """How unequally the image x (H, W) teaches the weights of a kernel: 1 is the best.

    The ratio of the largest to the smallest eigenvalue of PᵀP, the rows of P being the windows of
    x. Gradient descent needs a number of steps proportional to it (Goodfellow, Bengio and
    Courville, *Deep Learning*, section 4.3).
    """
    windows = np.lib.stride_tricks.sliding_window_view(np.asarray(x, float), (kernel_size,) * 2)
    windows = windows.reshape(-1, kernel_size**2)
    eigenvalues = np.linalg.eigvalsh(windows.T @ windows)
    return float(eigenvalues[-1] / eigenvalues[0])


@dataclass(frozen=True, eq=False, repr=False)
class KernelHistory:
    """`kernels` (steps + 1, kh, kw) from the random start on, and `losses` (steps + 1,) of them."""

    kernels: np.ndarray
    losses: np.ndarray
    target: np.ndarray

    @property
    def errors(self):
        """The largest |kernel − target| before the first step and after each: (steps + 1,)."""
        return np.abs(self.kernels - self.target).max(axis=(1, 2))

    def __len__(self):
        return len(self.losses) - 1

    def __repr__(self):
        start, end = self.errors[[0, -1]]
        return f"KernelHistory: {len(self)} steps, largest error {start:.2g} → {end:.2g}"


def learn_kernel(x, target, steps=100, learning_rate=0.05, optimizer=torch.optim.SGD, seed=0):
    """Find a kernel again from one image x (H, W) and its filtered version, by gradient descent.

    The target (kh, kw) only makes the output; the layer starts at random (`seed`) and sees x and
    the output. Returns a `KernelHistory`. Raises FloatingPointError if the steps grow instead of
    shrinking: gradient descent needs a learning rate below 1 / λ, λ being the largest eigenvalue
    of PᵀP / (number of windows), P as in `condition_number`.
    """
    x, target = torch.as_tensor(x).float(), torch.as_tensor(target).float()
    if x.ndim != 2 or target.ndim != 2:
        raise ValueError(
            f"learn_kernel: x must be one grey image (H, W) and target one kernel (kh, kw), but "
            f"their shapes are {tuple(x.shape)} and {tuple(target.shape)}. Take one channel."
        )
    x = x[None, None]  # (N, C, H, W)
    y = nn.functional.conv2d(x, target[None, None])
    with seeded(seed):
        layer = nn.Conv2d(1, 1, tuple(target.shape), bias=False)
    descent = optimizer(layer.parameters(), lr=learning_rate)
    kernels, losses = [], []
    with one_thread():
        for step in range(steps + 1):
            loss = nn.functional.mse_loss(layer(x), y)
            if not torch.isfinite(loss):
                raise FloatingPointError(
                    f"learn_kernel: after {step} steps the loss is {loss.item()}, since the steps "
                    f"are too large. Use a learning_rate below {learning_rate:g}, for example "
                    f"{learning_rate / 10:g}."
                )
            kernels.append(layer.weight.detach()[0, 0].numpy().copy())
            losses.append(loss.item())
            descent.zero_grad()
            loss.backward()
            descent.step()
    return KernelHistory(np.array(kernels), np.array(losses), target.numpy())
