"""Convolution through the Fourier transform, and how long it takes."""

from dataclasses import dataclass
from time import perf_counter

import numpy as np
import torch
from torch import nn

from helpers.models import seeded
from helpers.training import one_thread


def fft_conv2d(x, weight):
    """What conv2d computes (stride 1, no padding), through the Fourier transform.

    x (H, W) with weight (kh, kw) gives (H−kh+1, W−kw+1); x (C, H, W) with weight (O, C, kh, kw)
    gives (O, H−kh+1, W−kw+1). Arrays or tensors; returns a tensor. Shifting and multiplying in
    space is multiplying in frequency; the complex conjugate makes it a cross-correlation.
    """
    x, weight = torch.as_tensor(x), torch.as_tensor(weight)
    x, weight = (t.to(torch.promote_types(x.dtype, weight.dtype)) for t in (x, weight))
    size, (kh, kw) = x.shape[-2:], weight.shape[-2:]
    if x.ndim + (x.ndim == 3) != weight.ndim or x.ndim == 3 and len(x) != weight.shape[1]:
        raise ValueError(
            f"fft_conv2d: x of shape {tuple(x.shape)} and weight of shape {tuple(weight.shape)} "
            f"don't fit. Use (H, W) with (kh, kw), or (C, H, W) with (O, C, kh, kw)."
        )
    if kh > size[0] or kw > size[1]:
        raise ValueError(
            f"fft_conv2d: a kernel of {kh}×{kw} is larger than the input of {size[0]}×{size[1]}. "
            f"Use a smaller kernel or pad the input."
        )
    y = torch.fft.rfft2(x) * torch.fft.rfft2(weight, s=size).conj()
    if x.ndim == 3:
        y = y.sum(1)  # over the input channels
    # the FFT takes the image for periodic: only windows that don't wrap around are kept
    return torch.fft.irfft2(y, s=size)[..., : size[0] - kh + 1, : size[1] - kw + 1]


@dataclass(frozen=True, eq=False, repr=False)
class ConvolutionTimes:
    """Seconds for each kernel size: `direct` and `fft` are arrays as long as `kernel_sizes`."""

    kernel_sizes: tuple
    direct: np.ndarray
    fft: np.ndarray
    image_size: int
    channels: int

    @property
    def crossover(self):
        """The smallest measured kernel size from which on the FFT is faster, or None."""
        slower = np.flatnonzero(self.fft >= self.direct)
        first = slower[-1] + 1 if len(slower) else 0
        return self.kernel_sizes[first] if first < len(self.kernel_sizes) else None

    def __repr__(self):
        channels = f", {self.channels} to {self.channels} channels" if self.channels > 1 else ""
        lines = [f"{self.image_size}×{self.image_size} pixels{channels}; milliseconds"]
        lines += [f"{'kernel':<9}{'direct':>10}{'FFT':>10}"]
        for k, direct, fft in zip(self.kernel_sizes, self.direct, self.fft, strict=True):
            lines.append(f"{f'{k}×{k}':<9}{1000 * direct:>10.2f}{1000 * fft:>10.2f}")
        return "\n".join([*lines, self._verdict()])

    def _verdict(self):
        k = self.crossover
        if k is not None:
            return f"the FFT is faster from {k}×{k} on (of the sizes measured)"
        ever = (self.fft < self.direct).any()
        return f"the FFT {'does not stay' if ever else 'is never'} faster within the sizes measured"


def time_direct_and_fft(kernel_sizes=(3, 7, 15, 31, 63), image_size=256, channels=1, repeats=5):
    """Measure both ways to convolve a random image, in float32 on one thread.

    direct: torch.nn.functional.conv2d; fft: `fft_conv2d`. `channels` in and out. Each time is the
    shortest of `repeats`: whatever else the machine does can only make a run longer.

    With many channels the direct way stays ahead longer: its code is made to work on many channels
    at once, while the FFT has to transform channels² kernels, each in the size of the image. With
    one channel the FFT of 64×64 pixels is faster from about 7×7 on, with 16 channels not even at
    15×15.
    """
    with one_thread(), seeded(0):
        x = torch.randn(channels, image_size, image_size)
        weights = [torch.randn(channels, channels, k, k) for k in kernel_sizes]
        direct = [_shortest(lambda w=w: nn.functional.conv2d(x[None], w), repeats) for w in weights]
        fft = [_shortest(lambda w=w: fft_conv2d(x, w), repeats) for w in weights]
    return ConvolutionTimes(
        tuple(kernel_sizes), np.array(direct), np.array(fft), image_size, channels
    )


def _shortest(run, repeats):
    run()  # the first run makes plans and takes memory
    times = []
    for _ in range(repeats):
        start = perf_counter()
        run()
        times.append(perf_counter() - start)
    return min(times)
