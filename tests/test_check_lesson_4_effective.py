"""The checker of lesson 4 that asks for the effective receptive field."""

import numpy as np
import pytest
import torch
from torch import nn

from helpers import check
from helpers.check import field_effective
from helpers.check.verdict import NOT_TRIED, RIGHT, WRONG
from tests.random_settings import one_thread  # noqa: F401 (a fixture)


def middle(y):
    return y[:, :, y.shape[2] // 2, y.shape[3] // 2]


def gradient(model, x, pick=middle):
    x = x.detach().clone().requires_grad_()
    pick(model(x)).sum().backward()
    return x.grad


def field(model, x):
    return gradient(model, x).abs().mean((0, 1))


def as_numpy(model, x):
    return gradient(model, x).abs().sum(dim=(0, 1)).numpy()


def with_autograd(model, x):
    x = x.clone().requires_grad_(True)
    y = model(x)
    h, w = y.shape[-2:]
    return torch.autograd.grad(y[..., h // 2, w // 2].mean(), x)[0].abs().mean(1).mean(0)


def with_seed(model, x):
    """The gradient goes in at the middle unit, as Luo et al. put it."""
    x = x.clone().requires_grad_()
    y = model(x)
    seed = torch.zeros_like(y)
    seed[:, :, y.shape[2] // 2, y.shape[3] // 2] = 1
    y.backward(seed)
    grad = x.grad.abs().mean((0, 1))
    return (grad / grad.max()).tolist()


def on_x_itself(model, x):
    x.requires_grad_(True)
    x.grad = None
    middle(model(x)).sum().backward()
    return x.grad.abs().mean((0, 1))


@pytest.mark.parametrize("answer", [field, as_numpy, with_autograd, with_seed, on_x_itself,
                                    lambda m, x: field(m, x).double() * 1e6])
def test_every_right_effective_field_is_right(answer):
    verdict = check.my_effective_field(answer)
    assert verdict.status == RIGHT and "3 networks" in verdict.message


@pytest.mark.parametrize("what, model, x", field_effective._cases(), 
                         ids=lambda value: value if isinstance(value, str) else "")
def test_the_expected_fields_are_finite_differences(what, model, x):
    """Each pixel is moved by itself; the sum of the middle unit moves with it."""
    model, x, step = model.double(), x.double(), 1e-6
    differences = torch.zeros_like(x)
    with torch.no_grad():
        for index in np.ndindex(*x.shape):
            moved = x.clone()
            moved[index] += step
            differences[index] = (middle(model(moved)) - middle(model(x))).sum() / step
    expected = differences.abs().mean((0, 1))
    assert torch.allclose(field_effective.field(model, x), expected, atol=1e-6)


def test_the_networks_and_their_order_are_the_same_each_time():
    state = torch.random.get_rng_state()
    (_, first, x), (_, again, z) = field_effective._cases()[0], field_effective._cases()[0]
    assert torch.equal(x, z) and torch.equal(first[0].weight, again[0].weight)
    assert torch.equal(torch.random.get_rng_state(), state)


def stub(model, x):
    ...


def unfinished(model, x):
    raise NotImplementedError


@pytest.mark.parametrize("answer", [None, ..., stub, unfinished, lambda model, x: ...])
def test_an_untouched_effective_field_is_not_tried_yet(answer):
    assert check.my_effective_field(answer).status == NOT_TRIED


@pytest.mark.parametrize("nonsense", [
    5, "f", [], object(), nn.Conv2d(1, 1, 3), lambda: 1, lambda x: x, lambda m, x: "text",
    lambda m, x: print(end=""), lambda m, x: 1 / 0, lambda m, x: m, lambda m, x: np.nan,
    lambda m, x: [], lambda m, x: [[1, 2], [3]], lambda m, x: torch.full(x.shape[2:], torch.nan)])
def test_nonsense_for_an_effective_field_is_wrong(nonsense):
    verdict = check.my_effective_field(nonsense)
    assert verdict.status == WRONG and verdict.message and verdict.hint


def accumulated(model, x):
    x.requires_grad_()
    middle(model(x)).sum().backward()
    return x.grad.abs().mean((0, 1))


def without_requires_grad(model, x):
    middle(model(x)).sum().backward()
    return x.grad.abs().mean((0, 1))


def not_summed(model, x):
    x = x.clone().requires_grad_()
    middle(model(x)).backward()
    return x.grad.abs().mean((0, 1))


def of_the_weights(model, x):
    middle(model(x)).sum().backward()
    return next(model.parameters()).grad.abs()


def without_grad(model, x):
    with torch.no_grad():
        return field(model, x)


def writes_into_x(model, x):
    answer = field(model, x)
    x.zero_()
    return answer


def reduced(reduce):
    return lambda model, x: reduce(gradient(model, x))


def picked(pick):
    return lambda model, x: gradient(model, x, pick).abs().mean((0, 1))


MISTAKES = {
    "all units": (picked(lambda y: y), "Take the middle unit alone"),
    "corner": (picked(lambda y: y[:, :, 0, 0]), "in the corner"),
    "last corner": (picked(lambda y: y[:, :, -1, -1]), "last corner"),
    "input's middle": (lambda m, x: gradient(
        m, x, lambda y: y[:, :, min(x.shape[2] // 2, y.shape[2] - 1),
                          min(x.shape[3] // 2, y.shape[3] - 1)]).abs().mean((0, 1)),
        "in the last corner"),
    "input's middle, outside": (lambda m, x: gradient(
        m, x, lambda y: y[:, :, x.shape[2] // 2, x.shape[3] // 2]).abs().mean((0, 1)),
        "The middle is that of the output"),
    "exchanged": (picked(lambda y: y[:, :, y.shape[3] // 2, y.shape[2] // 2]), "exchanged"),
    "one output channel": (picked(lambda y: y[:, 0, y.shape[2] // 2, y.shape[3] // 2]),
                           "All channels of the output"),
    "one image of the output": (picked(lambda y: y[0, :, y.shape[2] // 2, y.shape[3] // 2]),
                                "All images"),
    "signed": (reduced(lambda g: g.mean((0, 1))), "signs left"),
    "signed sum": (reduced(lambda g: g.sum((0, 1))), "signs left"),
    "abs late": (reduced(lambda g: g.mean((0, 1)).abs()), "cancel"),
    "abs between": (reduced(lambda g: g.mean(0).abs().mean(0)), "cancel"),
    "positive": (reduced(lambda g: g.clamp(min=0).mean((0, 1))), "Negative gradients count"),
    "squares": (reduced(lambda g: (g**2).mean((0, 1))), "the mean of the squares"),
    "norm": (reduced(lambda g: g.norm(dim=(0, 1))), "the root of the mean of the squares"),
    "largest": (reduced(lambda g: g.abs().amax((0, 1))), "yours is the largest."),
    "first image": (reduced(lambda g: g[0].abs().mean(0)), "All images"),
    "first channel": (reduced(lambda g: g[:, 0].abs().mean(0)), "All channels of x"),
    "first of both": (reduced(lambda g: g[0, 0].abs()), "images and channels"),
    "seen": (reduced(lambda g: (g.abs().sum((0, 1)) > 0).float()), "theoretical field"),
    "times x": (lambda m, x: (x * gradient(m, x)).abs().mean((0, 1)), "without x as a factor"),
    "x itself": (lambda m, x: x.abs().mean((0, 1)), "x itself"),
    "zeros": (lambda m, x: torch.zeros(x.shape[2:]), "only zeros"),
    "one number": (reduced(lambda g: g.abs().mean()), "One number came"),
    "all axes": (reduced(lambda g: g.abs()), "first two axes"),
    "channels kept": (reduced(lambda g: g.abs().mean(0)), "first two axes"),
    "images kept": (reduced(lambda g: g.abs().mean(1)), "first two axes"),
    "pixels averaged": (reduced(lambda g: g.abs().mean((2, 3))), "averaged over the pixels"),
    "transposed": (lambda m, x: field(m, x).T, "Rows and columns are exchanged"),
    "output": (lambda m, x: m(x).abs().mean((0, 1)), "as large as the output"),
    "whole output": (lambda m, x: m(x), "as large as the output"),
    "weights": (of_the_weights, "the gradient of the weights"),
    "accumulated": (accumulated, "keeps the gradients of an earlier call"),
    "no requires_grad": (without_requires_grad, "does not ask for a gradient"),
    "no_grad": (without_grad, "does not ask for a gradient"),
    "not summed": (not_summed, "starts from one number"),
    "x changed": (writes_into_x, "instead of x"),
    "unknown": (lambda m, x: field(m, x).flip(0), "average the absolute gradient"),
}


@pytest.mark.parametrize("answer, words", MISTAKES.values(), ids=list(MISTAKES))
def test_a_usual_mistake_in_the_effective_field_gets_its_own_hint(answer, words):
    verdict = check.my_effective_field(answer)
    assert verdict.status == WRONG and words in verdict.hint
    assert verdict.case.startswith("model = conv 3×3") and "x of shape (" in verdict.case
    assert len(verdict.case.splitlines()) < 30


def test_both_fields_are_shown_as_shares():
    verdict = check.my_effective_field(lambda m, x: 100 * picked(lambda y: y[:, :, 0, 0])(m, x))
    assert "both divided by their sums" in verdict.case
    assert "expected field" in verdict.case and "your field" in verdict.case


def test_the_line_that_fails_is_shown_for_the_effective_field():
    verdict = check.my_effective_field(not_summed)
    assert "middle(model(x)).backward()" in verdict.message
