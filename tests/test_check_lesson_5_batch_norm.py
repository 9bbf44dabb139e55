"""The checker of lesson 5 that asks for batch normalization."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from helpers import check
from helpers.check import batch_normalization
from helpers.check.verdict import NOT_TRIED, RIGHT, WRONG

def stub(x, weight, bias, running_mean, running_var, training, eps=1e-5):
    """To be written."""
    ...


def unfinished(*arguments):
    raise NotImplementedError


@pytest.mark.parametrize("answer", [None, ..., stub, unfinished, lambda *arguments: ...])
def test_an_untouched_batch_norm_is_not_tried_yet(answer):
    assert check.my_batch_norm(answer).status == NOT_TRIED


@pytest.mark.parametrize("nonsense", [
    5, "f", (1, 1, 0), [], object(), lambda: 1, lambda x: x, lambda *a: "text", nn.BatchNorm2d(3),
    lambda *a: print(end=""), lambda *a: [], lambda *a: 1 / 0, lambda *a: {}, lambda *a: (1, 2),
    lambda *a: np.nan, lambda *a: a, lambda *a: torch.zeros(0), lambda *a: a[0] > 0,
    lambda *a: torch.full_like(a[0], torch.nan), lambda *a: exit(), nn.BatchNorm2d])
def test_nonsense_for_a_batch_norm_is_wrong(nonsense):
    verdict = check.my_batch_norm(nonsense)
    assert verdict.status == WRONG and verdict.message and verdict.hint


def maps(values):
    return values.view(1, -1, 1, 1)


def norm(x, weight, bias, running_mean, running_var, training, eps=1e-5, *, dims=(0, 2, 3),
         correction=0, root=lambda var, eps: (var + eps).sqrt(), stored=None):
    """The right function, with parts that may be replaced."""
    if training if stored is None else not stored(training):
        var, mean = torch.var_mean(x, dims, correction=correction, keepdim=True)
    else:
        mean, var = maps(running_mean), maps(running_var)
    return (x - mean) / root(var, eps) * maps(weight) + maps(bias)


def channel_by_channel(x, weight, bias, running_mean, running_var, training, eps=1e-5):
    y = torch.empty_like(x)
    for c in range(x.shape[1]):
        mean = x[:, c].mean() if training else running_mean[c]
        var = ((x[:, c] - mean) ** 2).mean() if training else running_var[c]
        y[:, c] = weight[c] * (x[:, c] - mean) / torch.sqrt(var + eps) + bias[c]
    return y


def folded(x, w, b, m, v, train, epsilon=1e-5):
    """As a scale and a shift, with the channels last."""
    if train:
        m, v = x.mean(axis=(0, 2, 3)), x.permute(1, 0, 2, 3).flatten(1).var(1, unbiased=False)
    scale = w * (v + epsilon) ** -0.5
    return (x.movedim(1, -1) * scale + (b - m * scale)).movedim(-1, 1)


def in_numpy(x, weight, bias, running_mean, running_var, training, eps=1e-5):
    x = x.numpy()
    mean = x.mean((0, 2, 3)) if training else running_mean.numpy()
    var = x.var((0, 2, 3)) if training else running_var.numpy()
    z = (x - mean[:, None, None]) / np.sqrt(var + eps)[:, None, None]
    return z * weight.numpy()[:, None, None] + bias.numpy()[:, None, None]


def of_pytorch(x, weight, bias, running_mean, running_var, training, eps=1e-5):
    return F.batch_norm(x, running_mean.clone(), running_var.clone(), weight, bias, training, 0.1,
                        eps)


def updating(x, weight, bias, running_mean, running_var, training, eps=1e-5):
    return F.batch_norm(x, running_mean, running_var, weight, bias, training, 0.1, eps)


def updating_itself(x, weight, bias, running_mean, running_var, training, eps=1e-5):
    if training:
        running_mean *= 0.9
        running_mean += 0.1 * x.mean((0, 2, 3))
        running_var.mul_(0.9).add_(0.1 * x.var((0, 2, 3)))
    return of_pytorch(x, weight, bias, running_mean, running_var, training, eps)


@pytest.mark.parametrize("answer", [norm, channel_by_channel, folded, in_numpy, of_pytorch])
def test_every_right_batch_norm_is_right(answer):
    verdict = check.my_batch_norm(answer)
    assert verdict.status == RIGHT and "updates" not in verdict.message


@pytest.mark.parametrize("answer", [updating, updating_itself])
def test_who_updates_the_running_statistics_rightly_is_told_so(answer):
    verdict = check.my_batch_norm(answer)
    assert verdict.status == RIGHT and "It updates the running statistics" in verdict.message


@pytest.mark.parametrize("case", batch_normalization._cases(), ids=lambda case: case[0])
def test_the_expected_normalized_maps_are_those_of_pytorch(case):
    _, (x, weight, bias, mean, var), settings = case
    training, eps = (*settings, 1e-5)[:2]
    expected = F.batch_norm(x, mean.clone(), var.clone(), weight, bias, training, 0.1, eps)
    y = batch_normalization._reference(x, weight, bias, mean, var, *settings)
    assert torch.allclose(y.float(), expected, rtol=1e-4, atol=1e-5)


def with_momentum(momentum, unbiased=True, always=False):
    def answer(x, weight, bias, running_mean, running_var, training, eps=1e-5):
        y = norm(x, weight, bias, running_mean, running_var, training, eps)
        if training or always:
            running_mean.lerp_(x.mean((0, 2, 3)), momentum)
            running_var.lerp_(x.var((0, 2, 3), unbiased=unbiased), momentum)
        return y
    return answer


def with_part(**part):
    return lambda x, weight, bias, running_mean, running_var, training, eps=1e-5: norm(
        x, weight, bias, running_mean, running_var, training, eps, **part)


def with_affine(affine):
    """Other ways with weight and bias."""
    def answer(x, weight, bias, running_mean, running_var, training, eps=1e-5):
        z = norm(x, torch.ones_like(weight), torch.zeros_like(bias), running_mean, running_var,
                 training, eps)
        return affine(z, weight, bias)
    return answer


def std_stored(x, weight, bias, running_mean, running_var, training, eps=1e-5):
    mean = x.mean((0, 2, 3)) if training else running_mean
    std = x.var((0, 2, 3), unbiased=False).add(eps).sqrt() if training else running_var
    return (x - maps(mean)) / maps(std) * maps(weight) + maps(bias)


def std_as_variance(x, weight, bias, running_mean, running_var, training, eps=1e-5):
    var = x.std((0, 2, 3), unbiased=False) if training else running_var
    mean = x.mean((0, 2, 3)) if training else running_mean
    return (x - maps(mean)) / (maps(var) + eps).sqrt() * maps(weight) + maps(bias)


def not_centred(x, weight, bias, running_mean, running_var, training, eps=1e-5):
    var = x.var((0, 2, 3), unbiased=False) if training else running_var
    return x / (maps(var) + eps).sqrt() * maps(weight) + maps(bias)


def in_place(x, weight, bias, running_mean, running_var, training, eps=1e-5):
    x.copy_(norm(x, weight, bias, running_mean, running_var, training, eps))
    return x


def not_shaped(x, weight, bias, running_mean, running_var, training, eps=1e-5):
    mean = x.mean((0, 2, 3)) if training else running_mean
    return (x - mean) * weight + bias


NORMS = {
    "instance": (with_part(dims=(2, 3)), "instance normalization"),
    "instance, unbiased": (with_part(dims=(2, 3), correction=1), "instance normalization"),
    "layer": (with_part(dims=(1, 2, 3)), "layer normalization"),
    "all channels": (with_part(dims=(0, 1, 2, 3)), "over all channels together"),
    "pixel": (with_part(dims=(0,)), "for each pixel, over the images alone"),
    "pixel and channels": (with_part(dims=(0, 1)), "over images and channels"),
    "channels": (with_part(dims=(1,)), "for each pixel, over the channels"),
    "columns alone": (with_part(dims=(0, 3)), "leave the rows out"),
    "rows alone": (with_part(dims=(0, 2)), "leave the columns out"),
    "unbiased": (with_part(correction=1), "unbiased=False"),
    "always stored": (with_part(stored=lambda training: True), "used in training, too"),
    "never stored": (with_part(stored=lambda training: False), "used in evaluation, too"),
    "exchanged modes": (with_part(stored=lambda training: training), "modes are exchanged"),
    "eps outside": (with_part(root=lambda var, eps: var.sqrt() + eps), "outside of the root"),
    "no eps": (with_part(root=lambda var, eps: var.sqrt()), "eps is not used"),
    "fixed eps": (with_part(root=lambda var, eps: (var + 1e-5).sqrt()), "always 1e-5"),
    "variance": (with_part(root=lambda var, eps: var + eps), "divide by its root"),
    "no division": (with_part(root=lambda var, eps: 1), "Nothing is divided"),
    "std stored": (std_stored, "running_var is one"),
    "std as variance": (std_as_variance, "The root is taken twice"),
    "not centred": (not_centred, "The mean is not taken away"),
    "no weight, no bias": (with_affine(lambda z, w, b: z), "weight and bias are not used"),
    "no bias": (with_affine(lambda z, w, b: z * maps(w)), "The bias is not used"),
    "no weight": (with_affine(lambda z, w, b: z + maps(b)), "The weight is not used"),
    "bias first": (with_affine(lambda z, w, b: (z + maps(b)) * maps(w)), "added last"),
    "exchanged": (with_affine(lambda z, w, b: z * maps(b) + maps(w)), "are exchanged"),
    "not shaped": (with_affine(lambda z, w, b: z * w + b), ".view(-1, 1, 1)"),
    "statistics not shaped": (not_shaped, ".view(-1, 1, 1)"),
    "identity": (lambda x, w, b, m, v, training, eps=1e-5: x, "That is x itself"),
    "in place": (in_place, "Write into a new array instead of x"),
    "no default": (lambda x, w, b, m, v, training, eps: norm(x, w, b, m, v, training, eps),
                   "eps=1e-5"),
    "no eps argument": (lambda x, w, b, m, v, training: x, "running_var, training, eps"),
    "other momentum": (with_momentum(0.9), "makes something else of them"),
    "biased update": (with_momentum(0.1, unbiased=False), "makes something else of them"),
    "update in evaluation": (with_momentum(0.1, always=True), "without writing into them"),
    "unknown": (lambda *a: norm(*a) + 1, "one number for each channel"),
}


@pytest.mark.parametrize("answer, words", NORMS.values(), ids=list(NORMS))
def test_a_usual_mistake_in_batch_norm_gets_its_own_hint(answer, words):
    verdict = check.my_batch_norm(answer)
    assert verdict.status == WRONG and words in verdict.hint
    assert "training = " in verdict.case or "eps" in words
