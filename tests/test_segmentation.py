"""Vortices found by U-Nets: what they are given, how their masks are judged, and that skips help."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from helpers import dice, iou, load_weather, segment_vortices, vortex_maps, vortices
from helpers.data import Weather
from helpers.experiments.segmentation import Segmentation
from helpers.models import UNet
from helpers.training import GrowingCurve
from helpers.training import history as history_module
from tests.globes import few_runs
from tests.random_settings import one_thread  # noqa: F401 (a fixture)


@pytest.fixture(scope="module")
def test_runs():
    return load_weather("test")


@pytest.fixture(scope="module")
def few():
    """Two runs of twelve times."""
    return few_runs(12)


# -- what the lesson claims ------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2])
def test_a_unet_with_skips_finds_vortices_better_than_one_without(test_runs, seed):
    """The notebook runs seed 0."""
    how = dict(seed=seed, progress=False)
    train = load_weather("train")
    found, without = (segment_vortices(train, test_runs, skip=skip, **how) for skip in (True, False))
    assert found.iou[-1] >= without.iou[-1] + 0.15 and found.dice[-1] > 0.8
    assert found.iou[-1] == max(found.iou) > 0.68


# -- IoU and Dice ----------------------------------------------------------------------------------


def test_iou_and_dice_of_a_pair_counted_by_hand():
    prediction = np.array([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0]])
    truth = np.array([[0, 1, 1, 0], [0, 1, 1, 0], [0, 1, 1, 0]])
    assert iou(prediction, truth) == 2 / 8 and dice(prediction, truth) == 2 * 2 / (4 + 6)
    assert iou(prediction > 0, truth > 0) == iou(prediction.astype(float), truth) == iou(truth, prediction) == 0.25
    assert iou(truth, truth) == dice(truth, truth) == 1
    assert iou(truth, 1 - truth) == dice(truth, 0 * truth) == 0
    assert type(iou(truth, truth)) is type(dice(truth, truth)) is float


@pytest.mark.parametrize("share", [0.05, 0.4, 0.9])
def test_iou_and_dice_are_those_of_sets_and_follow_from_each_other(share):
    prediction, truth = np.random.default_rng(3).random((2, 3, 20, 30)) < share
    one, other = (set(map(tuple, np.argwhere(mask))) for mask in (prediction, truth))
    assert iou(prediction, truth) == len(one & other) / len(one | other)
    assert dice(prediction, truth) == 2 * len(one & other) / (len(one) + len(other))
    overlap = len(one & other) / len(one | other)
    assert dice(prediction, truth) == pytest.approx(2 * overlap / (1 + overlap), rel=1e-12)


@pytest.mark.parametrize("measure", [iou, dice])
def test_what_is_no_pair_of_masks_is_refused(measure):
    name, mask = measure.__name__, np.eye(3)
    with pytest.raises(ValueError, match=rf"{name}: the masks have shapes \(3, 3\) and \(1, 3, 3\). Use the same."):
        measure(mask, mask[None])
    with pytest.raises(ValueError, match=rf"{name}: a mask holds .* here is -0.5. Compare scores with 0 first"):
        measure(np.where(mask, 1, -0.5), mask)
    with pytest.raises(ValueError, match="here is 2"):
        measure(mask, 2 * mask)
    with pytest.raises(ValueError, match=f"{name}: neither mask has a single cell, and 0/0 is no number."):
        measure(0 * mask, mask < 0)


# -- what a network gets ---------------------------------------------------------------------------


def test_a_network_gets_height_and_latitude_and_is_asked_for_the_vortices(test_runs):
    x, y = vortex_maps(test_runs)
    assert x.shape == (6 * 11, 2, 32, 64) and y.shape == (6 * 11, 1, 32, 64)
    assert x.dtype == y.dtype == np.float32 and set(np.unique(y)) == {0, 1}
    n, run, time = 4 * 11 + 3, 4, 6  # the fifth run at its seventh time
    np.testing.assert_allclose(x[n, 0], (test_runs.height[run, time] - 9700) / 600, atol=1e-5)
    for column in (0, 63):
        np.testing.assert_allclose(x[n, 1, :, column], np.sin(np.deg2rad(test_runs.latitude)), atol=1e-6)
    assert np.array_equal(y[n, 0] == 1, vortices(test_runs.vorticity, test_runs.latitude)[run, time])


def test_times_can_be_left_out(test_runs):
    every, all_of_them = (vortex_maps(test_runs, every=n) for n in (5, 1))
    assert len(every[0]) == 6 * 5 and len(all_of_them[0]) == 6 * 21
    for some, whole in zip(every, all_of_them):
        assert np.array_equal(some[5 + 2], whole[21 + 10])


@pytest.mark.parametrize("every", [0, -2, 1.5, True, "2", None])
def test_an_every_that_is_no_count_is_refused(few, every):
    with pytest.raises(ValueError, match=f"vortex_maps: every={every!r}. Use a whole number from 1 on, such as 2."):
        vortex_maps(few, every)


# -- a training ------------------------------------------------------------------------------------

SMALL = dict(depth=2, width=4, epochs=2, progress=False)


@pytest.fixture(scope="module")
def tiny(few):
    return segment_vortices(few, few, **SMALL)


def test_the_overlap_is_that_of_the_masks_which_the_network_draws(tiny, few):
    x, y = vortex_maps(few)
    assert not tiny.model.training
    with torch.no_grad():
        found = tiny.model(torch.tensor(x)).numpy() > 0
    both, either = (found & (y > 0)).sum(), (found | (y > 0)).sum()
    assert tiny.iou[1] == pytest.approx(both / either) and 0 < tiny.iou[1] < 1
    assert tiny.dice[1] == pytest.approx(2 * both / (found.sum() + y.sum()))
    assert len(tiny) == len(tiny.iou) == len(tiny.dice) == len(tiny.masks) == len(tiny.history.loss) == 2
    height, truth = tiny.example
    (time,) = [n for n in range(12) if np.array_equal(few.height[0, n], height)]
    assert np.array_equal(tiny.masks[1], found[time // 2, 0]) and time % 2 == 0
    assert np.array_equal(truth, vortices(few.vorticity, few.latitude)[0, time])


def test_the_loss_is_the_cross_entropy_of_each_cell(few):
    """One batch, so that the loss of the first epoch is that of the untrained network."""
    single = Weather(few.height[:1], few.vorticity[:1], few.latitude, few.longitude, few.hours)
    result = segment_vortices(single, few, depth=1, width=4, epochs=1, progress=False)
    model = UNet(2, 1, 1, 4, norm=True, padding_mode=("replicate", "circular"), seed=0)
    x, y = vortex_maps(single)
    with torch.no_grad():
        chance = 1 / (1 + np.exp(-np.float64(model(torch.tensor(x)).numpy())))  # in training mode, as it was made
    wanted = -np.where(y > 0, np.log(chance), np.log(1 - chance)).mean()
    assert result.history.loss == [pytest.approx(wanted, rel=1e-4)]


def test_a_seed_fixes_the_training_and_skips_are_all_that_differs(tiny, few):
    again, plain = segment_vortices(few, few, **SMALL), segment_vortices(few, few, skip=False, **SMALL)
    assert again.history.loss == tiny.history.loss and again.iou == tiny.iou
    other = segment_vortices(few, few, seed=1, **SMALL)
    assert other.history.loss != tiny.history.loss
    assert tiny.model.skip and not plain.model.skip
    assert tiny.model.padding_mode == plain.model.padding_mode == ("replicate", "circular")
    assert np.array_equal(plain.example[1], tiny.example[1])


def test_a_segmentation_in_words_and_as_a_picture(tiny, monkeypatch):
    assert repr(tiny) == (
        f"Segmentation: U-Net with skips, 2 epochs: IoU {tiny.iou[1]:.3f}, Dice {tiny.dice[1]:.3f} on new runs"
    )
    empty = Segmentation(UNet(2, 1, 1, 4, skip=False), tiny.example)
    assert repr(empty) == "Segmentation: U-Net without skips, not one epoch finished"
    assert "<img" not in empty._repr_html_() and "not one epoch" in empty._repr_html_()
    shell = SimpleNamespace(execution_count=7)
    monkeypatch.setattr(history_module, "notebook_shell", lambda: shell)
    monkeypatch.setattr(tiny, "_drawn_in", 7, raising=False)
    assert "<img" not in tiny._repr_html_() and "IoU" in tiny._repr_html_()
    shell.execution_count = 8
    assert "<img" in tiny._repr_html_()


# -- interrupts ------------------------------------------------------------------------------------


def interrupt_after(epochs, monkeypatch):
    """■ is pressed when so many epochs are done."""
    done = []

    def update(self):
        if isinstance(self.history, Segmentation):
            done.append(1)
            if len(done) == epochs:
                raise KeyboardInterrupt

    monkeypatch.setattr(GrowingCurve, "update", update)


def test_an_interrupt_keeps_what_is_trained(few, monkeypatch):
    interrupt_after(2, monkeypatch)
    result = segment_vortices(few, few, **(SMALL | {"epochs": 5}))
    assert len(result) == len(result.iou) == 2 and result.interrupted and not result.model.training
    assert "2 epochs, interrupted: IoU" in repr(result)
    assert result.plot().axes[0].get_xlim() == (1, 2)


def test_an_interrupt_while_an_epoch_is_measured_leaves_the_picture_of_the_one_before(few, monkeypatch):
    calls, whole = [], iou

    def stopped(*masks):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return whole(*masks)

    monkeypatch.setattr("helpers.experiments.segmentation.dice", stopped)
    result = segment_vortices(few, few, **(SMALL | {"epochs": 5}))
    assert len(result) == len(result.iou) == len(result.dice) == len(result.masks) == 2 and result.interrupted
    assert result.plot().alt.startswith("After epoch 2: ")


def test_an_interrupt_before_the_first_epoch_says_that_there_is_no_result(few, monkeypatch):
    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("helpers.experiments.segmentation.scores", stopped)
    with pytest.raises(KeyboardInterrupt, match="segment_vortices: .* no result. Run the cell again"):
        segment_vortices(few, few, **SMALL)
