"""The experiments on depth: what the lesson claims, on several seeds; and how they behave."""

from importlib import import_module
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from helpers import accuracy, load_digits, loss_surface
from helpers.experiments import accuracy_without_blocks, compare_depths, gradient_norms
from helpers.experiments.depths import KINDS, DepthComparison
from helpers.models import ResidualNet
from helpers.training import GrowingCurve, fit
from helpers.training import history as history_module
from tests.random_settings import one_thread  # noqa: F401 (a fixture)

DIGITS = load_digits()
X, Y = DIGITS.test.images[:, None], DIGITS.test.labels


def part(count):
    """The first digits of the training set, as few as a test of the plumbing needs."""
    return SimpleNamespace(images=DIGITS.train.images[:count], labels=DIGITS.train.labels[:count])


# -- what the lesson claims ----------------------------------------------------------------------


@pytest.fixture(scope="module", params=[1, 2])
def compared(request):
    """The notebook runs seed 0."""
    depths = (8, 20, 44)
    return compare_depths(
        DIGITS.train, DIGITS.validation, depths, seed=request.param, progress=False
    )


def test_plain_networks_train_worse_the_deeper_they_are_and_skips_repair_it(compared):
    plain, residual = ([compared.loss(d, skip) for d in (8, 20, 44)] for skip in (False, True))
    assert plain[0] < plain[1] / 2 and plain[1] < plain[2] / 4
    assert plain[2] > 1 > 0.3 > max(residual)
    assert residual[1] < plain[1] / 2 and residual[2] < plain[2] / 5


def test_a_residual_network_can_do_without_most_of_its_blocks_and_a_plain_one_without_none(compared):
    plain, residual = compared.models[20, False], compared.models[44, True]
    assert accuracy(plain, X, Y) > 0.9 and accuracy(residual, X, Y) > 0.9
    without = {m: np.array([*accuracy_without_blocks(m, X, Y).values()]) for m in (plain, residual)}
    assert without[plain].max() < 0.5 < 0.85 < np.median(without[residual])


@pytest.mark.parametrize("statistics", ["stored", "batch"])
@pytest.mark.parametrize("square", [0, 1])
def test_with_skips_the_loss_surface_bends_down_in_fewer_places(compared, square, statistics):
    some, how = (DIGITS.train.images[:256, None], DIGITS.train.labels[:256]), {"progress": False}
    residual, plain = (
        loss_surface(compared.models[20, skip], *some, steps=9, seed=square, statistics=statistics, **how)
        for skip in (True, False)
    )
    assert residual.nonconvexity < plain.nonconvexity - 0.03


def gradients(seed, skip, norm):
    """Of the convolutions on the way, first to last, in an untrained network of 44 layers."""
    network = ResidualNet(44, skip, norm, seed=seed)
    norms = gradient_norms(network, DIGITS.train.images[:256, None], DIGITS.train.labels[:256])
    return np.array([g for n, g in norms.items() if "conv" in n])


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_where_the_gradient_vanishes_explodes_and_survives(seed):
    assert gradients(seed, skip=False, norm=False).max() < 1e-4
    plain, residual = gradients(seed, False, True), gradients(seed, True, True)
    assert plain[0] > 50 * plain[-1] and residual[0] < 30 * residual[-1]
    assert plain[0] / plain[-1] > 5 * residual[0] / residual[-1]


# -- the comparison ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tiny():
    return compare_depths(part(128), part(40), depths=(8, 14), epochs=2, progress=False)


def test_a_comparison_holds_a_history_and_a_model_for_each_network(tiny):
    keys = {(8, False), (8, True), (14, False), (14, True)}
    assert set(tiny.histories) == keys == set(tiny.models) and len(tiny) == 8
    for (depth, skip), model in tiny.models.items():
        assert model.depth == depth and not model.training
        assert {block.skip for block in model.blocks.values()} == {skip}
        assert tiny.loss(depth, skip) == tiny.histories[depth, skip].loss[1]


def test_the_gradients_are_those_at_the_start_and_after_each_epoch(tiny):
    x, y = part(128).images[:, None], part(128).labels
    for key, norms in tiny.gradients.items():
        assert [len(each) for each in norms] == 3 * [key[0] - 1]  # all layers but the dense one
        for measured, model in ((norms[0], ResidualNet(*key)), (norms[-1], tiny.models[key])):
            names = gradient_norms(model, x, y)
            by_name = [names[n] for n in names if n.endswith(("conv1", "conv2"))]
            assert by_name == pytest.approx(measured, rel=1e-4)


def test_all_networks_are_trained_with_the_same_settings(tiny):
    """By hand: SGD with momentum, a rate from 0.004 up to 0.1 and down, two batches of 64."""
    model = ResidualNet(8, False)

    def sgd(parameters, lr):
        optimizer = torch.optim.SGD(parameters, lr, momentum=0.9)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, 5, cycle_momentum=False)
        optimizer.register_step_post_hook(lambda *_: schedule.step())
        return optimizer

    x, y = part(128).images[:, None], part(128).labels
    history = fit(model, x, y, optimizer=sgd, epochs=2, batch_size=64, cores=1, progress=False)
    assert history.loss == tiny.histories[8, False].loss


def test_the_table_and_the_caption(tiny):
    lines = repr(tiny).splitlines()
    assert lines[0].split() == "network depth training loss validation loss validation accuracy".split()
    assert [line.split()[:2] for line in lines[1:5]] == [
        ["plain", "8"], ["plain", "14"], ["residual", "8"], ["residual", "14"]
    ]  # fmt: skip
    assert f"{tiny.loss(14, True):.3f}" in lines[4] and lines[5].startswith("After 2 epochs")
    assert tiny._repr_html_().count("<tr>") == 5


def test_the_curves_are_shown_again_in_another_cell_than_their_own(tiny, monkeypatch):
    shell = SimpleNamespace(execution_count=7)
    monkeypatch.setattr(history_module, "notebook_shell", lambda: shell)
    monkeypatch.setattr(tiny, "_drawn_in", 7, raising=False)
    assert "<img" not in tiny._repr_html_() and "<table" in tiny._repr_html_()
    shell.execution_count = 8
    assert "<img" in tiny._repr_html_() and "<table" in tiny._repr_html_()


def test_the_picture_has_a_colour_for_each_depth_and_dashes_for_each_kind(tiny):
    losses, accuracies = tiny.plot(epochs=6).axes
    assert losses.get_xlim() == accuracies.get_xlim() == (1, 6)
    drawn = {line.get_label(): line for line in losses.lines}
    assert set(drawn) == {"plain 8", "residual 8", "plain 14", "residual 14"}
    for (depth, skip), history in tiny.histories.items():
        line = drawn[f"{KINDS[skip]} {depth}"]
        assert list(line.get_ydata()) == history.loss
        assert line.get_linestyle() == {True: "-", False: "--"}[skip]
    assert drawn["plain 8"].get_color() == drawn["residual 8"].get_color()
    assert drawn["plain 8"].get_color() != drawn["plain 14"].get_color()


def interrupt_after(epochs, monkeypatch):
    """■ is pressed when so many epochs are done."""
    done = []

    def update(self):
        if isinstance(self.history, DepthComparison):  # and not that of a single training
            done.append(1)
        if len(done) == epochs:
            raise KeyboardInterrupt

    monkeypatch.setattr(GrowingCurve, "update", update)


def test_an_interrupt_keeps_what_is_trained(monkeypatch):
    interrupt_after(3, monkeypatch)
    result = compare_depths(part(128), part(40), depths=(8, 14), epochs=2, progress=False)
    assert {key: len(history) for key, history in result.histories.items()} == {
        (8, False): 2, (8, True): 1
    }  # fmt: skip
    assert result.interrupted and result.histories[8, True].interrupted
    assert repr(result).splitlines()[-1] == (
        "After 2 epochs; training loss: the mean of the last one. "
        "Interrupted, residual 8 after 1 epoch"
    )
    assert len(result.plot().axes[0].lines) == 2


def test_an_interrupt_while_the_last_picture_is_drawn_loses_nothing(monkeypatch):
    def drawn(self, *_):
        if isinstance(self.history, DepthComparison):
            raise KeyboardInterrupt

    monkeypatch.setattr(GrowingCurve, "__exit__", drawn)
    result = compare_depths(part(64), part(10), depths=(8,), epochs=1, progress=False)
    assert len(result) == 2 and not result.interrupted and "Interrupted" not in repr(result)


def test_an_interrupt_before_the_first_epoch_says_that_there_is_no_result(monkeypatch):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(import_module("helpers.training.fit"), "train", stopped)
    with pytest.raises(KeyboardInterrupt, match="no result. Run the cell again"):
        compare_depths(part(64), part(10), depths=(8,), epochs=1, progress=False)


def test_wrong_depths_are_refused_before_anything_is_trained():
    with pytest.raises(ValueError, match="depth=10 is not 6n"):
        compare_depths(part(64), part(10), depths=(8, 10), progress=False)
    for depths in ((), (8, 14, 20, 26, 32, 38)):
        with pytest.raises(ValueError, match=f"1 to 5 depths .* {len(depths)} were given"):
            compare_depths(part(64), part(10), depths=depths, progress=False)
    with pytest.raises(ValueError, match="epochs must be at least 1, but it is 0"):
        compare_depths(part(64), part(10), depths=(8,), epochs=0, progress=False)
