"""Digits on a canvas, and networks whose answers to shifted ones are known beforehand."""

import dataclasses

import numpy as np
import pytest
import torch
from torch import nn

from helpers.data import load_digits
from helpers.experiments import compare_on_shifted_digits, on_canvas, random_shift
from helpers.experiments.shifted_digits import NETWORKS
from helpers.models import BlurPool2d, CanvasCNN, count_parameters, seeded


@pytest.fixture(scope="module")
def digits():
    return load_digits()


def test_a_canvas_holds_the_digit_in_its_middle_and_nothing_else():
    image = np.arange(1, 65, dtype=np.float32).reshape(1, 8, 8)
    canvas = on_canvas(image)
    assert canvas.shape == (1, 1, 16, 16) and canvas.dtype == np.float32
    np.testing.assert_array_equal(canvas[0, 0, 4:12, 4:12], image[0])
    assert canvas.sum() == image.sum()


def test_a_positive_shift_is_down_and_right():
    moved = on_canvas(np.ones((1, 8, 8)), (3, -4))[0, 0]
    assert np.flatnonzero(moved.any(1)).tolist() == list(range(7, 15))
    assert np.flatnonzero(moved.any(0)).tolist() == list(range(0, 8))


@pytest.mark.parametrize("shift", [(0, 5), (1.5, 0), 3, (1, 2, 3), (None, 0)])
def test_a_digit_may_not_leave_its_canvas(shift):
    with pytest.raises(ValueError, match=r"Use \(down, right\), each from −4 to 4."):
        on_canvas(np.ones((1, 8, 8)), shift)


@pytest.mark.parametrize("shape", [(8, 8), (1, 8, 10), (2, 1, 8, 8)])
def test_a_canvas_takes_digits_of_8_by_8(shape):
    with pytest.raises(ValueError, match=r"images must be \(N, 8, 8\), but their shape is"):
        on_canvas(np.ones(shape))


def test_a_random_shift_rolls_every_image_by_its_own_few_pixels():
    x = torch.rand(200, 2, 16, 12)
    with seeded(1):
        moved = random_shift(x, most=2)
    seen = set()
    for before, after in zip(x, moved):
        fits = [
            (r, c) for r in range(-2, 3) for c in range(-2, 3)
            if torch.equal(torch.roll(before, (r, c), (1, 2)), after)
        ]  # fmt: skip
        assert len(fits) == 1
        seen.add(fits[0])
    assert len(seen) == 25
    with seeded(1):
        assert torch.equal(random_shift(x, most=2), moved)


@pytest.mark.parametrize(("kernel_size", "row"), [(3, [1, 2, 1]), (5, [1, 4, 6, 4, 1])])
@pytest.mark.parametrize("size", [(16, 16), (7, 9)])
def test_a_blur_pool_blurs_and_keeps_every_second_pixel(size, kernel_size, row):
    x = torch.rand(2, 3, *size)
    padded = nn.functional.pad(x, [kernel_size // 2] * 4)
    h, w = size
    taps = [(n, weight / sum(row)) for n, weight in enumerate(row)]
    wanted = sum(a * b * padded[..., i : i + h, j : j + w] for i, a in taps for j, b in taps)
    layer = BlurPool2d(3, kernel_size)
    torch.testing.assert_close(layer(x), wanted[..., ::2, ::2])
    assert count_parameters(layer) == 0


def test_a_blur_needs_a_middle():
    with pytest.raises(ValueError, match="kernel_size is 4. Use 3, 5 or 7."):
        BlurPool2d(3, kernel_size=4)


@pytest.mark.parametrize("settings", [dict(head="gloabl"), dict(pooling="avg")])
def test_an_unknown_pooling_or_head_is_refused(settings):
    with pytest.raises(ValueError, match='Use None, "max" or "blurred" for pooling'):
        CanvasCNN(**settings)


def test_the_networks_have_the_parameters_that_their_docstrings_say():
    counts = {name: count_parameters(make(seed=0)) for name, make in NETWORKS.items()}
    assert counts == {
        "MLP": 256 * 40 + 40 + 40 * 10 + 10,
        "CNN": 80 + (8 * 9 * 16 + 16) + (16 * 9 * 4 + 4) + (4 * 256 * 10 + 10),
        "CNN, max pooling": 80 + (8 * 9 * 16 + 16) + (16 * 9 * 24 + 24) + (24 * 16 * 10 + 10),
        "max pooling, global": 4978,
        "blurred pooling, global": 4978,
        "no pooling, global": 4978,
    }
    assert counts["MLP"] == 10_690 and counts["CNN, max pooling"] == 8_578


@pytest.mark.parametrize(("pooling", "step"), [(None, 1), ("max", 4), ("blurred", 4)])
def test_a_global_head_is_invariant_to_shifts_by_the_total_stride(pooling, step, digits):
    model = CanvasCNN(pooling).double()
    x = torch.from_numpy(on_canvas(digits.test.images[:20])).double()
    here, there, between = (
        model(torch.roll(x, (n, -n), (2, 3))) for n in (0, step, max(1, step // 2))
    )
    torch.testing.assert_close(here, there, rtol=0, atol=1e-12)
    difference = (here - between).abs().max()
    assert difference < 1e-12 if step == 1 else difference > 1e-4


def test_a_flattening_network_is_not_invariant(digits):
    model = CanvasCNN("max", "flatten")
    x = torch.from_numpy(on_canvas(digits.test.images[:20]))
    assert (model(x) - model(torch.roll(x, 4, 3))).abs().max() > 1e-3


def test_a_global_head_takes_any_size():
    assert CanvasCNN()(torch.rand(1, 1, 9, 31)).shape == (1, 10)


def test_the_same_seed_gives_the_same_weights():
    first, again, other = (CanvasCNN("blurred", seed=s)[0].weight for s in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other)


class Always(nn.Module):
    """Answers `digit`, or only where the pixel at `cell` is bright, else 0; it learns nothing."""

    def __init__(self, digit, cell=None):
        super().__init__()
        self.digit, self.cell = digit, cell
        self.weight = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        seen = torch.ones(len(x)) if self.cell is None else x[:, 0, *self.cell]
        says = self.digit * (seen > 0)
        return 9 * nn.functional.one_hot(says, 10) + 0 * self.weight


def compare(digits, seeds=1, augment=False, **models):
    makers = {name: lambda seed, model=model: model for name, model in models.items()}
    return compare_on_shifted_digits(
        digits, makers, seeds=seeds, epochs=1, augment=augment, progress=False
    )


def test_accuracies_and_consistencies_of_networks_whose_answers_are_known(digits):
    corner = (0, 0)  # bright only if a digit's corner pixel is, shifted by four up and left
    result = compare(digits, seeds=2, three=Always(3), corner=Always(1, corner))
    labels = digits.test.labels
    np.testing.assert_allclose(result.accuracies["three"], np.full((2, 9, 9), (labels == 3).mean()))
    np.testing.assert_array_equal(result.consistencies["three"], [1, 1])
    lit = digits.test.images[:, 0, 0] > 0
    corner = result.accuracies["corner"][0]
    assert corner[0, 0] == pytest.approx(np.where(lit, labels == 1, labels == 0).mean())
    assert np.allclose(corner.ravel()[1:], (labels == 0).mean())
    # of 72 + 72 pairs of neighbours only the two at that corner can differ
    assert result.consistencies["corner"][0] == pytest.approx(1 - 2 * lit.mean() / 144)
    assert result.mean("three") == pytest.approx((labels == 3).mean())


def test_the_result_shows_two_test_digits_of_each_kind_and_what_the_networks_say(digits):
    result = compare(digits, three=Always(3))
    assert result.labels.tolist() == [n // 2 for n in range(20)]
    assert result.images.shape == (20, 16, 16) and (result.images.reshape(20, -1).max(1) > 0).all()
    assert result.scores["three"].shape == (9, 9, 20, 10)
    sure = np.exp(9) / (np.exp(9) + 9)
    np.testing.assert_allclose(result.scores["three"][..., 3], sure, rtol=1e-5)
    threes = f"{100 * (digits.test.labels == 3).mean():.1f}"
    assert repr(result).splitlines()[1].split() == ["three", "1", threes, threes, threes, "100.0"]
    assert "Test accuracy in %, mean over 1 seed." in result._repr_html_()


def test_two_results_become_one(digits):
    one, two = compare(digits, zero=Always(0)), compare(digits, one=Always(1))
    assert list((one | two).accuracy) == ["zero", "one"] == list((one | two).scores)
    with pytest.raises(TypeError):
        one | {}


def test_results_of_other_digits_or_seeds_stay_apart(digits):
    one, twice = compare(digits, zero=Always(0)), compare(digits, seeds=2, one=Always(1))
    with pytest.raises(ValueError, match="results of 1 and 2 seeds, or of other test digits"):
        one | twice
    other = dataclasses.replace(one, images=one.images + 1)
    with pytest.raises(ValueError, match="don't go together"):
        one | other


@pytest.mark.parametrize("networks", [["cnn"], "cnn", []])
def test_networks_that_are_not_there_are_refused(digits, networks):
    with pytest.raises(ValueError, match="Choose from 'MLP', 'CNN', "):
        compare_on_shifted_digits(digits, networks)


def test_no_seed_is_refused(digits):
    with pytest.raises(ValueError, match="seeds must be at least 1, got 0"):
        compare_on_shifted_digits(digits, "MLP", seeds=0)


def test_augmentation_shifts_the_training_digits_only(digits):
    seen = []

    class Spy(Always):
        def forward(self, x):
            if self.training:
                seen.append(x.clone())
            return super().forward(x)

    compare(digits, augment=True, spy=Spy(3))
    borders = torch.cat(seen)[:, 0, :, [0, 1, 14, 15]]
    assert len(borders) == len(digits.train) and (borders > 0).any()
    seen.clear()
    compare(digits, spy=Spy(3))
    assert not (torch.cat(seen)[:, 0, :, [0, 1, 14, 15]] > 0).any()


def test_an_interrupt_keeps_the_seeds_that_are_done(digits):
    class Impatient(Always):
        calls = 0

        def forward(self, x):
            Impatient.calls += self.training
            if Impatient.calls > len(digits.train) / 50 + 1:
                raise KeyboardInterrupt
            return super().forward(x)

    result = compare(digits, seeds=3, model=Impatient(3))
    assert result.accuracies["model"].shape == (1, 9, 9)
