"""The checker of the transposed convolution by stamps: right answers and usual mistakes."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from helpers import check
from helpers.check.verdict import NOT_TRIED, RIGHT, WRONG
from helpers.operations import conv2d, conv_transpose2d


def stamped(x, kernel, stride, add=True):
    kh, kw = kernel.shape
    y = np.zeros(((x.shape[0] - 1) * stride + kh, (x.shape[1] - 1) * stride + kw))
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            a, b = i * stride, j * stride
            if add:
                y[a : a + kh, b : b + kw] += x[i, j] * kernel
            else:
                y[a : a + kh, b : b + kw] = x[i, j] * kernel
    return y


def pixel_by_pixel(x, kernel, stride):
    y = np.zeros([(n - 1) * stride + k for n, k in zip(x.shape, kernel.shape)])
    for i, j in np.ndindex(*x.shape):
        for a, b in np.ndindex(*kernel.shape):
            y[i * stride + a, j * stride + b] += x[i, j] * kernel[a, b]
    return y


def stretched(x, kernel, stride, flip=True, around=True):
    """The other view: a flipped kernel slides over the input with zeros between its pixels."""
    wide = np.zeros([(n - 1) * stride + 1 for n in x.shape])
    wide[::stride, ::stride] = x
    wide = np.pad(wide, [(k - 1, k - 1) for k in kernel.shape]) if around else wide
    return conv2d(wide, kernel[::-1, ::-1] if flip else kernel)


def in_torch(x, kernel, stride):
    x, kernel = torch.as_tensor(x), torch.as_tensor(kernel)
    return F.conv_transpose2d(x[None, None], kernel[None, None], stride=stride)[0, 0]


def only_for_tensors(x, kernel, stride):
    y = torch.zeros((x.size(0) - 1) * stride + kernel.size(0),
                    (x.size(1) - 1) * stride + kernel.size(1), dtype=x.dtype)
    for i in range(x.size(0)):
        for j in range(x.size(1)):
            y[i * stride :, j * stride :][: kernel.size(0), : kernel.size(1)] += x[i, j] * kernel
    return y


@pytest.mark.parametrize(
    "answer",
    [stamped, pixel_by_pixel, stretched, in_torch, only_for_tensors,
     lambda x, kernel, stride: conv_transpose2d(x, kernel, stride=stride),
     lambda x, kernel, stride=1: stamped(x, kernel, stride).tolist(),
     lambda *arguments: stamped(*arguments).astype(np.float32)],
)
def test_every_right_transposed_convolution_is_right(answer):
    verdict = check.my_conv_transpose2d(answer)
    assert verdict.status == RIGHT and "torch.nn.functional.conv_transpose2d" in verdict.message


def test_it_is_compared_with_pytorch(monkeypatch):
    plain = F.conv_transpose2d
    monkeypatch.setattr(F, "conv_transpose2d", lambda x, w, stride: plain(x, w, stride=stride) + 1)
    assert check.my_conv_transpose2d(stamped).status == WRONG


def of_size(rule):
    """All stamps that fit, on an output of another size."""
    def answer(x, kernel, stride):
        right = stamped(x, kernel, stride)
        y = np.zeros([rule(n, k, stride) for n, k in zip(x.shape, kernel.shape)])
        h, w = np.minimum(y.shape, right.shape)
        y[:h, :w] = right[:h, :w]
        return y
    return answer


def too_small(x, kernel, stride):
    y, (kh, kw) = np.zeros([n * stride for n in x.shape]), kernel.shape
    for i, j in np.ndindex(*x.shape):
        y[i * stride : i * stride + kh, j * stride : j * stride + kw] += x[i, j] * kernel
    return y


def side_by_side(x, kernel, stride):
    y, (kh, kw) = np.zeros(stamped(x, kernel, stride).shape), kernel.shape
    for i, j in np.ndindex(*x.shape):
        y[i : i + kh, j : j + kw] += x[i, j] * kernel
    return y


def mean(x, kernel, stride):
    counts = stamped(np.ones_like(x), np.ones_like(kernel), stride)
    return stamped(x, kernel, stride) / np.maximum(counts, 1)


def in_whole_numbers(x, kernel, stride):
    y, (kh, kw) = np.zeros(stamped(x, kernel, stride).shape, int), kernel.shape
    for i, j in np.ndindex(*x.shape):
        window = y[i * stride : i * stride + kh, j * stride : j * stride + kw]
        window[...] = window + x[i, j] * kernel
    return y


def only_square(x, kernel, stride):
    return stamped(x, kernel, stride) if x.shape[0] == x.shape[1] else stamped(x, kernel, stride).T


MISTAKES = {
    "overwritten": (lambda *a: stamped(*a, add=False), "they add up"),
    "flipped": (lambda x, k, s: stamped(x, k[::-1, ::-1], s), "is flipped"),
    "stretched, not flipped": (lambda *a: stretched(*a, flip=False), "is flipped"),
    "stretched, no zeros around": (lambda *a: stretched(*a, around=False), "zeros around it"),
    "transposed": (lambda x, k, s: stamped(x, k.T, s), "transposed"),
    "upside down": (lambda x, k, s: stamped(x, k[::-1], s), "upside down"),
    "mirrored": (lambda x, k, s: stamped(x, k[:, ::-1], s), "mirrored"),
    "no stride": (lambda x, k, s: stamped(x, k, 1), "stride is not used"),
    "no stride, right size": (side_by_side, "stride is not used"),
    "convolution": (lambda x, k, s: conv2d(x, k, stride=s), "That is the convolution"),
    "convolution, stride 1": (lambda x, k, s: conv2d(x, k), "That is the convolution"),
    "H·s": (of_size(lambda n, k, s: n * s), "last stamp ends"),
    "H·s, an error": (too_small, "last stamp ends"),
    "H·s + k": (of_size(lambda n, k, s: n * s + k), "last stamp ends"),
    "one short": (of_size(lambda n, k, s: (n - 1) * s + k - 1), "last stamp ends"),
    "as the input": (of_size(lambda n, k, s: n), "larger than the input"),
    "exchanged": (lambda *a: stamped(*a).T, "exchanged"),
    "mean": (mean, "mean"),
    "no x": (lambda x, k, s: stamped(np.ones_like(x), k, s), "multiply each by its input"),
    "no kernel": (lambda x, k, s: stamped(x, np.ones_like(k), s), "kernel is not used"),
    "whole numbers": (in_whole_numbers, "without dtype=int"),
    "cut off at the end": (lambda *a: stamped(*a).astype(int), "without dtype=int"),
    "nothing": (lambda *a: 0 * stamped(*a), "nothing has been written"),
    "one row": (lambda x, k, s: stamped(x, k, s)[:1], "For every input"),
    "unknown": (lambda *a: stamped(*a) + 1, "For every input"),
}


@pytest.mark.parametrize("answer, words", MISTAKES.values(), ids=list(MISTAKES))
def test_a_usual_mistake_in_the_stamps_gets_its_own_hint(answer, words):
    verdict = check.my_conv_transpose2d(answer)
    assert verdict.status == WRONG and words in verdict.hint
    assert verdict.case.startswith("x  ") and "stride" in verdict.case


@pytest.mark.parametrize("answer", [None, ..., lambda x, kernel, stride: ...])
def test_an_untouched_transposed_convolution_is_not_tried_yet(answer):
    def my_conv_transpose2d(x, kernel, stride):
        ...

    assert check.my_conv_transpose2d(answer).status == NOT_TRIED
    assert check.my_conv_transpose2d(my_conv_transpose2d).status == NOT_TRIED


@pytest.mark.parametrize("answer", [3, "y", lambda x: x, lambda x, kernel: x, stamped(
    np.eye(2), np.eye(2), 1), lambda *a: True, lambda *a: 1 / 0, lambda *a: np.nan * stamped(*a),
    lambda *a: stamped(*a)[None], lambda *a: print(*a), only_square])
def test_nonsense_for_a_transposed_convolution_is_wrong(answer):
    assert check.my_conv_transpose2d(answer).status == WRONG
