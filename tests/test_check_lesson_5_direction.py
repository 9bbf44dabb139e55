"""The checker of lesson 5 that asks for a direction rescaled filter by filter."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from helpers import check
from helpers.check import filter_direction
from helpers.check.verdict import NOT_TRIED, RIGHT, WRONG


def stub(weight, noise):
    """To be written."""
    ...


def unfinished(weight, noise):
    raise NotImplementedError


@pytest.mark.parametrize("answer", [None, ..., stub, unfinished, lambda weight, noise: ...])
def test_an_untouched_direction_is_not_tried_yet(answer):
    assert check.my_direction(answer).status == NOT_TRIED


@pytest.mark.parametrize("nonsense", [
    5, "f", (1, 1, 0), [], object(), lambda: 1, lambda x: x, lambda *a: "text", nn.Conv2d(1, 1, 3),
    lambda *a: print(end=""), lambda *a: [], lambda *a: 1 / 0, lambda *a: {}, lambda *a: (1, 2),
    lambda *a: np.nan, lambda *a: a, lambda *a: torch.zeros(0), lambda *a: a[0] > 0,
    lambda *a: torch.full_like(a[0], torch.nan), lambda *a: exit(), nn.Conv2d])
def test_nonsense_for_a_direction_is_wrong(nonsense):
    verdict = check.my_direction(nonsense)
    assert verdict.status == WRONG and verdict.message and verdict.hint


def direction(weight, noise):
    size = [(v**2).sum((1, 2, 3), keepdim=True).sqrt() for v in (weight, noise)]
    return noise * size[0] / size[1]


def in_a_loop(weight, noise):
    filters = [d / d.norm() * w.norm() for w, d in zip(weight, noise)]
    return torch.stack(filters)


def as_in_the_paper(weights, directions):
    """Li et al.'s own code, on a copy."""
    directions = directions.clone()
    for d, w in zip(directions, weights):
        d.mul_(w.norm() / (d.norm() + 1e-10))
    return directions


def flattened(weight, noise):
    rows = noise.flatten(1)
    return (F.normalize(rows) * weight.flatten(1).norm(dim=1, keepdim=True)).view_as(weight)


def einstein(weight, noise):
    factor = (weight.square().mean((1, 2, 3)) / noise.square().mean((1, 2, 3))).sqrt()
    return torch.einsum("oihw,o->oihw", noise, factor)


def numpy_direction(weight, noise):
    weight, noise = weight.numpy(), noise.numpy()
    sizes = [np.sqrt((v**2).sum(axis=(1, 2, 3))) for v in (weight, noise)]
    return noise * (sizes[0] / sizes[1])[:, None, None, None]


@pytest.mark.parametrize("answer", [direction, in_a_loop, as_in_the_paper, flattened, einstein,
                                    numpy_direction])
def test_every_right_direction_is_right(answer):
    assert check.my_direction(answer).status == RIGHT


@pytest.mark.parametrize("weight, noise", filter_direction._cases())
def test_the_expected_direction_has_the_norms_of_the_weight(weight, noise):
    found = filter_direction._filter_by_filter(weight, noise)
    sizes = [torch.linalg.norm(v.flatten(1).double(), dim=1) for v in (found, weight, noise)]
    assert torch.allclose(sizes[0], sizes[1]) and found.isfinite().all()
    along = (found * noise).flatten(1).sum(1)  # the cosine with the noise is 1
    assert torch.allclose(along, sizes[0] * sizes[2])


def by(dims, p=2):
    def answer(weight, noise):
        sizes = [torch.linalg.vector_norm(v, p, dims, keepdim=True) for v in (weight, noise)]
        return noise * sizes[0] / sizes[1]
    return answer


def sizes_of(weight, noise):
    return by_norm(weight), by_norm(noise)


def by_norm(values):
    return torch.linalg.vector_norm(values, dim=(1, 2, 3), keepdim=True)


def in_place_noise(weight, noise):
    for d, w in zip(noise, weight):
        d.mul_(w.norm() / d.norm())
    return noise


def in_place_weight(weight, noise):
    found = direction(weight, noise)
    weight += found
    return found


def first_filter(weight, noise):
    for w, d in zip(weight, noise):
        return d / d.norm() * w.norm()


def nan_for_zeros(weight, noise):
    w, d = sizes_of(weight, noise)
    return noise / (d * w / w) * w


DIRECTIONS = {
    "layer": (by((0, 1, 2, 3)), "The whole layer is rescaled"),
    "layer, norm()": (lambda w, n: n * w.norm() / n.norm(), "The whole layer is rescaled"),
    "kernel": (by((2, 3)), "Each kernel is rescaled by itself"),
    "input channel": (by((0, 2, 3)), "for each input channel"),
    "over input channels": (by((1,)), "over the input channels alone"),
    "over filters": (by((0,)), "over the filters"),
    "rows": (by((3,)), "each row of a kernel"),
    "unit": (lambda w, n: n / by_norm(n), "multiply by it"),
    "unit layer": (lambda w, n: n / n.norm(), "as a whole"),
    "not divided": (lambda w, n: n * by_norm(w), "divide by it first"),
    "squared": (lambda w, n: n * by_norm(w) / by_norm(n)**2, "the square of the norm"),
    "both squared": (lambda w, n: n * by_norm(w)**2 / by_norm(n)**2, "the root is missing"),
    "upside down": (lambda w, n: n * by_norm(n) / by_norm(w), "upside down"),
    "weight rescaled": (lambda w, n: w * by_norm(n) / by_norm(w), "rescaled the weight"),
    "weight added": (lambda w, n: w + direction(w, n), "without the weight"),
    "times the weight": (lambda w, n: n * w, "number by number"),
    "times its values": (lambda w, n: n / by_norm(n) * w.abs(), "number by number"),
    "negative": (lambda w, n: -direction(w, n), "The sign"),
    "signs lost": (lambda w, n: direction(w, n).abs(), "signs of the noise"),
    "factors": (lambda w, n: by_norm(w) / by_norm(n), "Those are the factors"),
    "a row of factors": (lambda w, n: (by_norm(w) / by_norm(n)).flatten(), "Those are the factors"),
    "sum of absolutes": (by((1, 2, 3), 1), "sum of the absolute values"),
    "largest": (by((1, 2, 3), torch.inf), "largest absolute value"),
    "std": (lambda w, n: n * w.std((1, 2, 3), keepdim=True) / n.std((1, 2, 3), keepdim=True),
            "takes the mean away"),
    "noise": (lambda w, n: n, "as it came"), "weight": (lambda w, n: w, "That is the weight"),
    "flat": (lambda w, n: direction(w, n).flatten(1), "keeps the shape"),
    "first filter": (first_filter, "after the loop"),
    "no keepdim": (lambda w, n: n * by_norm(w).flatten() / by_norm(n).flatten(), "keepdim=True"),
    "matrix norm": (lambda w, n: n * w.norm(dim=(1, 2, 3), keepdim=True), "vector_norm"),
    "list": (lambda w, n: torch.tensor([d / d.norm() * v.norm() for v, d in zip(w, n)]),
             "torch.stack"),
    "noise in place": (in_place_noise, "instead of noise"),
    "weight in place": (in_place_weight, "instead of weight"),
    "nan": (nan_for_zeros, "times the norm of weight[o]"),
    "unknown": (lambda w, n: direction(w, n) * 2, "times the norm of weight[o]"),
}


@pytest.mark.parametrize("answer, words", DIRECTIONS.values(), ids=list(DIRECTIONS))
def test_a_usual_mistake_in_a_direction_gets_its_own_hint(answer, words):
    verdict = check.my_direction(answer)
    assert verdict.status == WRONG and words in verdict.hint and "weight" in verdict.case
