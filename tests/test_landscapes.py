"""Loss surfaces, cuts and lines between models: against sums by hand; and the model as it was."""

import numpy as np
import pytest
import torch
from torch import nn

from helpers import filter_direction, loss_between, loss_cut, loss_surface
from helpers.landscapes import Landscape, LossCut
from helpers.models import ResidualNet
from tests.random_settings import one_thread  # noqa: F401 (a fixture)

QUIET = {"progress": False}


def linear(seed=0, **options):
    torch.manual_seed(seed)
    return nn.Linear(3, 2, dtype=torch.float64, **options)


def half_square(prediction, y):
    return ((prediction - y) ** 2).sum() / 2 / len(y)


# With these inputs the loss of a linear layer is ‖W − T‖² / 6: the square of a distance.
EYE, TARGET = np.eye(3), np.arange(6.0).reshape(3, 2)


def squares(model, axis, *directions):
    """‖W + Σ step·direction − T‖² / 6 at every place, in NumPy."""
    weight = model.weight.detach().numpy()
    parts = [direction["weight"].numpy() for direction in directions]
    return np.array([
        [((weight + a * parts[0] + b * parts[-1] - TARGET.T) ** 2).sum() / 6 for a in axis]
        for b in axis
    ])  # fmt: skip


def test_the_surface_of_a_linear_model_is_the_quadratic_that_it_must_be():
    model = linear(bias=False)
    found = loss_surface(model, EYE, TARGET, steps=5, reach=2, loss=half_square, seed=3, **QUIET)
    assert found.axis.tolist() == [-2, -1, 0, 1, 2]
    directions = [filter_direction(model, seed) for seed in (6, 7)]
    np.testing.assert_allclose(found.losses, squares(model, found.axis, *directions), rtol=1e-12)
    assert found.loss == found.losses[2, 2] and not found.interrupted


def test_a_cut_is_the_row_through_the_centre_of_the_surface():
    model = linear(bias=False)
    surface = loss_surface(model, EYE, TARGET, steps=7, loss=half_square, seed=2, **QUIET)
    cut = loss_cut(model, EYE, TARGET, steps=7, loss=half_square, seed=4, **QUIET)
    np.testing.assert_allclose(cut.losses, surface.losses[3], rtol=1e-12)
    assert (cut.axis == surface.axis).all() and cut.loss == surface.loss


def test_a_cut_goes_along_any_direction_that_is_given():
    model = linear()
    steepest = {"bias": torch.tensor([1.0, 0.0])}
    cut = loss_cut(model, EYE, TARGET, direction=steepest, steps=3, loss=half_square, **QUIET)
    bias = torch.tensor([1.0, 0.0], dtype=torch.float64)
    with torch.no_grad():
        prediction = model(torch.eye(3, dtype=torch.float64))
        wanted = [half_square(prediction + t * bias, torch.tensor(TARGET)) for t in (-1, 0, 1)]
    np.testing.assert_allclose(cut.losses, wanted, rtol=1e-12)


def digits(count=40):
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(count, 1, 8, 8, generator=generator)
    return x, torch.arange(count) % 10


def network(**options):
    """A small residual network whose batch norm has seen some digits."""
    model = ResidualNet(8, channels=(2, 3, 4), **options)
    model.train()
    for _ in range(3):
        model(digits()[0])
    return model.eval()


def test_the_centre_is_the_models_own_loss():
    model, (x, y) = network(), digits()
    with torch.no_grad():
        own = nn.functional.cross_entropy(model(x), y).item()
    assert loss_surface(model, x, y, steps=3, **QUIET).loss == pytest.approx(own, rel=1e-6)
    assert loss_cut(model, x, y, steps=3, **QUIET).loss == pytest.approx(own, rel=1e-6)
    line = loss_between(model, network(seed=1), x, y, steps=3, **QUIET)
    assert line.loss == pytest.approx(own, rel=1e-6)


def test_with_batch_statistics_batch_norm_takes_those_of_the_examples():
    model, (x, y) = network(), digits()
    found = loss_surface(model, x, y, steps=3, statistics="batch", **QUIET)
    model.train()
    with torch.no_grad():
        own = nn.functional.cross_entropy(model(x), y).item()
    assert found.loss == pytest.approx(own, rel=1e-6)


def test_places_are_those_of_the_moved_weights():
    model, (x, y) = network(), digits()
    found = loss_surface(model, x, y, steps=3, reach=0.5, seed=5, **QUIET)
    first, second = (filter_direction(model, seed) for seed in (10, 11))
    with torch.no_grad():
        for name, weight in model.named_parameters():  # to the right and down: [0, 2]
            weight += 0.5 * first[name] - 0.5 * second[name]
        moved = nn.functional.cross_entropy(model(x), y).item()
    assert found.losses[0, 2] == pytest.approx(moved, rel=1e-4)


def test_examples_count_alike_in_batches_of_any_size():
    model, (x, y) = network(), digits(23)
    whole = loss_surface(model, x, y, steps=3, **QUIET).losses
    for size in (10, 1):
        found = loss_surface(model, x, y, steps=3, batch_size=size, **QUIET)
        np.testing.assert_allclose(found.losses, whole, rtol=1e-4)
    loader = torch.utils.data.DataLoader(list(zip(x, y)), batch_size=7, shuffle=True)
    np.testing.assert_allclose(loss_surface(model, loader, steps=3, **QUIET).losses, whole, rtol=1e-4)


@pytest.mark.parametrize("dtype", [np.uint8, np.float64, np.int64])
def test_inputs_of_any_dtype_and_losses_of_any_kind(dtype):
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 2))
    x, y = np.arange(24).reshape(6, 1, 2, 2).astype(dtype), np.float64(np.ones((6, 2)))
    found = loss_surface(model, x, y, steps=3, loss=nn.functional.mse_loss, **QUIET)
    with torch.no_grad():
        wanted = nn.functional.mse_loss(model(torch.tensor(x).float()), torch.ones(6, 2)).item()
    assert found.loss == pytest.approx(wanted, rel=1e-5)


def test_the_same_seed_gives_the_same_surface_and_another_one_another():
    model, (x, y) = network(), digits()
    how = {"steps": 3, **QUIET}
    one, again, other = (loss_surface(model, x, y, seed=seed, **how).losses for seed in (0, 0, 1))
    assert (one == again).all() and not np.allclose(one, other)


def test_dropout_is_off_and_other_random_numbers_are_the_same_at_each_place():
    class Noisy(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(1, 2))

        def forward(self, x):
            return x + torch.randn(x.shape) + 0 * self.weight.sum()

    x = np.zeros((5, 2))
    found = loss_cut(Noisy(), x, x, steps=5, loss=nn.functional.mse_loss, **QUIET)
    assert len(set(found.losses)) == 1


def test_a_loss_that_explodes_is_inf_and_the_rest_is_kept():
    def loss(prediction, y):
        value = prediction.mean()
        return value / 0 if value > 1 else value * np.nan if value < 0 else value

    model = nn.Linear(1, 1, bias=False)
    nn.init.ones_(model.weight)
    ones = np.ones((2, 1))
    found = loss_cut(model, ones, ones, steps=5, reach=4, loss=loss, **QUIET)
    # predictions 1 ± 4, 1 ± 2, 1
    assert sorted(np.isinf(found.losses).tolist()) == [False, True, True, True, True]
    assert not np.isnan(found.losses).any() and found.loss == 1
    assert "4 beyond all numbers" in repr(found)


# -- between two models --------------------------------------------------------------------------


def test_between_two_models_weights_and_statistics_go_straight_from_one_to_the_other():
    one, two, (x, y) = network(seed=0), network(seed=1), digits()
    with torch.no_grad():
        for buffer in two.buffers():
            buffer.mul_(2)
    found = loss_between(one, two, x, y, steps=3, **QUIET)
    assert found.axis.tolist() == [0, 0.5, 1]
    halfway = network(seed=0)
    with torch.no_grad():
        ends = [nn.functional.cross_entropy(model(x), y).item() for model in (one, two)]
        state = {
            name: (a + two.state_dict()[name]) / 2 if a.is_floating_point() else a
            for name, a in one.state_dict().items()
        }
        halfway.load_state_dict(state)
        middle = nn.functional.cross_entropy(halfway(x), y).item()
    np.testing.assert_allclose(found.losses, [ends[0], middle, ends[1]], rtol=1e-4)


def test_a_line_leads_to_a_model_of_another_precision():
    rounded = linear(seed=1).float()
    same = linear()
    same.load_state_dict(rounded.state_dict())  # the same numbers, in double precision
    lines = [loss_between(linear(), two, EYE, TARGET, steps=3, **QUIET) for two in (rounded, same)]
    assert lines[0].losses.tolist() == lines[1].losses.tolist()
    assert rounded.weight.dtype == torch.float32
    there = loss_between(rounded, linear(), EYE, TARGET, steps=3, **QUIET)
    np.testing.assert_allclose(there.losses[0], lines[1].losses[-1], rtol=1e-6)


def test_between_models_of_other_shapes_there_is_no_line():
    text = r"weight is \(2, 3\) in the first and \(2, 4\) in the second"
    with pytest.raises(ValueError, match=text):
        loss_between(linear(), nn.Linear(4, 2), EYE, TARGET, **QUIET)
    with pytest.raises(ValueError, match="bias is missing in the first"):
        loss_between(linear(bias=False), linear(), EYE, TARGET, **QUIET)


@pytest.mark.parametrize("steps", [1, 2.5, "25"])
def test_a_line_has_a_whole_number_of_places(steps):
    with pytest.raises(ValueError, match="steps must be a whole number of at least 2"):
        loss_between(linear(), linear(), EYE, TARGET, steps=steps, **QUIET)


def test_what_is_no_network_is_refused_by_its_type():
    weights = linear().state_dict()
    with pytest.raises(ValueError, match="loss_between: model must be .* of type OrderedDict"):
        loss_between(linear(), weights, EYE, TARGET, **QUIET)
    with pytest.raises(ValueError, match="loss_cut: model must be .* of type OrderedDict"):
        loss_cut(weights, EYE, TARGET, direction=weights, **QUIET)


# -- what it says --------------------------------------------------------------------------------


def test_a_landscape_says_what_it_holds_and_cannot_be_changed():
    losses = np.array([[1.0, 2, np.inf], [0.5, 0.25, 3], [np.nan, 4, 5]])
    found = Landscape(losses, [-1, 0, 1], 0.25, True)
    assert repr(found) == (
        "Landscape: 3×3 losses from 0.25 to 5, 0.25 at the model's own weights, 1 beyond all "
        "numbers, interrupted: 8 of 9 computed"
    )
    assert found.done == 8 and found.share_below(2) == 3 / 8
    with pytest.raises(ValueError, match="read-only"):
        found.losses[0, 0] = 7
    with pytest.raises(AttributeError):
        found.loss = 7


def test_a_bowl_has_one_minimum_and_bends_up_everywhere():
    axis = np.linspace(-1, 1, 9)
    x, y = np.meshgrid(axis, axis)
    bowl = Landscape(3 * x**2 + x * y + y**2, axis, 0.0)
    assert (bowl.minima, bowl.nonconvexity) == (1, 0)
    trough = Landscape(x**2 + 0 * y, axis, 0.0)  # its second eigenvalue is 0, up to rounding
    assert trough.nonconvexity == 0
    for saddle in (x**2 - y**2, x * y, 10 - x**2 - y**2):
        found = Landscape(saddle, axis, 0.0)
        assert (found.minima, found.nonconvexity) == (0, 1)


@pytest.mark.filterwarnings("error")
def test_minima_and_bends_are_counted_where_losses_are_known():
    axis = np.linspace(-1, 1, 17)
    x, y = np.meshgrid(axis, axis)
    wells = np.minimum((x - 0.5) ** 2, (x + 0.5) ** 2) + y**2  # two bowls, and a ridge between
    found = Landscape(wells, axis, wells[8, 8])
    # the ridge at x = 0: in one column of the 15 inner ones neighbours lie lower on both sides
    assert found.minima == 2 and found.nonconvexity == pytest.approx(1 / 15)
    losses = np.where(x > 0.2, np.nan, wells)
    losses[0] = np.inf
    half = Landscape(losses, axis, wells[8, 8])
    # columns up to 9 are finite, so that bends are known from 1 to 8; the ridge is number 8
    assert half.minima == 1 and half.nonconvexity == pytest.approx(1 / 8)
    walled = Landscape(np.where(x > 0.2, np.inf, wells), axis, wells[8, 8])
    assert walled.minima == 2  # at the foot of the wall, too


def test_a_landscape_and_a_cut_show_themselves_as_pictures_with_a_sentence():
    axis = np.linspace(-1, 1, 5)
    surface = Landscape(1 + np.add.outer(axis**2, axis**2), axis, 1.0)
    cut = LossCut(1 + axis**2, axis, 1.0)
    for found in (surface, cut):
        html = found._repr_html_()
        assert html.startswith("<img alt=") and "1 at the model&#x27;s own weights" in html
    nothing = LossCut(np.full(5, np.nan), axis, np.nan, True)
    assert nothing._repr_html_() == "<p>LossCut: 5 losses, interrupted: 0 of 5 computed</p>"
