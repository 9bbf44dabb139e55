"""AccuracyMap from Python: what the networks say at a shift, how arrays travel, and what is refused."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from helpers.widgets import AccuracyMap
from tests.test_widgets import nothing_stays, refused  # noqa: F401 (the first is a fixture)


def measured():
    """Two networks, shifts up to 1, three digits: a 7, an 8 and a 0.

    The MLP is right in the middle only (elsewhere it says 1); the CNN takes the 0 for a 9 at (1, 1).
    """
    labels = np.array([7, 8, 0])
    images = np.zeros((3, 5, 6))
    images[0, 2, 2], images[1, 1:4, 2], images[2, 2, 3:] = 1, 0.5, 0.25
    mlp, cnn = np.zeros((2, 3, 3, 3, 10))
    for d, label in enumerate(labels):
        mlp[..., d, [label, 1]] = 0.25, 0.75
        mlp[1, 1, d, [label, 1]] = 1, 0
        mlp[2, 1, d, [label, 1]] = 0.375, 0.625  # one down is not one to the right
        cnn[..., d, label], cnn[..., d, 3] = 0.875, 0.125
    cnn[2, 2, 2, [0, 3, 9]] = 0.25, 0.125, 0.625
    shares = np.array([[0.1, 0.2, 0.3], [0.4, 0.95, 0.6], [0.7, 0.8, 0.997]])
    return dict(
        accuracy={"MLP": shares, "CNN": np.full((3, 3), 0.5)}, images=images, labels=labels, scores={"MLP": mlp, "CNN": cnn}
    )


def as_lists(value):
    return {k: as_lists(v) for k, v in value.items()} if isinstance(value, dict) else value.tolist()


def nine_by_nine(count):
    """As the lesson has it: shifts up to 4, 40 digits on 16×16 pixels, `count` networks."""
    names = ["MLP", "CNN", "CNN, max pooling", "CNN, global average", "MLP, augmented", "CNN, augmented"][:count]
    steps = np.linspace(0, 1, 81).reshape(9, 9)
    scores = np.tile([0.998, 0.002] + [0] * 8, (9, 9, 40, 1))
    return dict(
        accuracy={name: steps for name in names}, images=np.tile(np.eye(16), (40, 1, 1)),
        labels=np.arange(40) % 10, scores={name: scores for name in names},
    )  # fmt: skip


def test_the_digit_is_shifted_and_each_network_says_what_it_said_there():
    shown = AccuracyMap(**measured(), digit=2, shift=(1, 1))
    assert shown.label == 0
    assert shown.input.tolist() == [[0] * 6, [0] * 6, [0] * 6, [0, 0, 0, 0, 0.25, 0.25], [0] * 6]
    assert shown.predictions == {"MLP": 1, "CNN": 9}
    assert {name: p.tolist() for name, p in shown.probabilities.items()} == {
        "MLP": [0.25, 0.75, 0, 0, 0, 0, 0, 0, 0, 0],
        "CNN": [0.25, 0, 0, 0.125, 0, 0, 0, 0, 0, 0.625],
    }
    shown.set(digit=0, shift=[-1, 0])
    assert shown.shift == (-1, 0) and shown.label == 7
    assert np.argwhere(shown.input).tolist() == [[1, 2]]
    assert repr(shown) == (
        "AccuracyMap: the digit 7, shifted by (-1, 0): MLP says 1 and is right for 20% of all digits there; "
        "CNN says 7 and is right for 50% of all digits there."
    )
    shown.shift = (0, 0)
    assert shown.predictions == {"MLP": 7, "CNN": 7}


def test_rows_are_shifts_down_and_columns_shifts_to_the_right():
    shown = AccuracyMap(**measured(), shift=np.array([1, -1]).tolist())
    assert "right for 70%" in repr(shown)
    shown.shift = (1, 0)
    assert shown.probabilities["MLP"][[1, 7]].tolist() == [0.625, 0.375]
    shown.shift = tuple(np.argwhere(shown.accuracy["MLP"] == shown.accuracy["MLP"].max())[0] - 1)
    assert shown.shift == (1, 1) and all(type(by) is int for by in shown.shift)


def test_what_leaves_the_canvas_is_lost():
    data = measured()
    data["images"][0, 2:, 4] = 1
    shown = AccuracyMap(**data, shift=(1, -1))
    assert np.argwhere(shown.input).tolist() == [[3, 1], [3, 3], [4, 3]]


def test_a_result_is_any_object_with_the_four_parts_and_tensors_are_fine():
    data = measured()
    tensors = data | {"images": torch.tensor(data["images"]), "labels": torch.tensor(data["labels"])}
    shown = AccuracyMap(SimpleNamespace(**tensors, seeds=3), digit=1)
    assert shown.label == 8 and list(shown.accuracy) == ["MLP", "CNN"]
    assert np.array_equal(shown.images, data["images"])
    del tensors["scores"]
    with pytest.raises(ValueError, match="a result has accuracy, images, labels, scores; SimpleNamespace lacks scores."):
        AccuracyMap(SimpleNamespace(**tensors))
    with pytest.raises(ValueError, match="give a result, or accuracy, images, labels, scores by name; scores missing."):
        AccuracyMap(**tensors)


def test_arrays_travel_as_float32_in_their_order_and_python_reads_the_same_numbers():
    data = measured()
    data["accuracy"] = {"10": data["accuracy"]["MLP"], "9": data["accuracy"]["CNN"]}  # a page would sort such names
    data["scores"] = dict(zip(("10", "9"), data["scores"].values()))
    shown = AccuracyMap(**data)
    state = shown.get_state()
    assert state["accuracy"]["names"] == ["10", "9"] and state["scores"]["shape"] == [2, 3, 3, 3, 10]
    sent = {name: np.frombuffer(state[name]["data"], np.float32).reshape(state[name]["shape"]) for name in data}
    assert sent["accuracy"][0, 2, 2] == np.float32(0.997) == shown.accuracy["10"][2, 2] != 0.997
    assert sent["scores"][1, 2, 2, 2, 9] == 0.625 and sent["labels"].tolist() == [7, 8, 0]
    assert np.array_equal(sent["images"], data["images"])
    with pytest.raises(ValueError, match="read-only"):
        shown.images[0] = 0


def test_reset_brings_back_digit_and_shift_and_what_the_page_sends_is_checked():
    shown = AccuracyMap(**measured(), digit=2, shift=(1, 0))
    shown.set_state({"digit": 0, "shift": [0, -1]})
    assert (shown.digit, shown.shift) == (0, (0, -1))
    shown.set_state(shown._initial)
    assert (shown.digit, shown.shift) == (2, (1, 0))
    with pytest.raises(ValueError):
        shown.set_state({"digit": 0, "shift": [0, 2]})
    assert (shown.digit, shown.shift) == (2, (1, 0))


def start(**settings):
    shown = AccuracyMap(**settings)
    return shown.digit, shown.shift


def test_it_begins_with_the_first_digit_that_the_first_network_loses_one_pixel_to_the_right():
    assert start(**measured()) == (0, (0, 1))
    data = measured()
    mlp = data["scores"]["MLP"]
    mlp[1, 1, 0] = mlp[0, 0, 0]  # the 7 is misread in the middle already
    assert start(**data) == (1, (0, 1))
    mlp[1, 2, 1] = mlp[1, 1, 1]  # the 8 is read one pixel to the right, though not one down or to the left
    shown = AccuracyMap(SimpleNamespace(**data), large=True)
    assert (shown.digit, shown.shift) == (2, (0, 1))
    shown.set_state({"digit": 0, "shift": [1, 1]})
    shown.set_state(shown._initial)
    assert (shown.digit, shown.shift) == (2, (0, 1))


def test_it_begins_in_the_middle_where_no_digit_is_lost_or_a_digit_or_shift_is_given():
    data = measured()
    cnn_first = {name: {net: data[name][net] for net in ("CNN", "MLP")} for name in ("accuracy", "scores")}
    assert start(**data | cnn_first) == (0, (0, 0))  # the CNN reads all of them there
    assert start(**smaller()) == (0, (0, 0))
    assert start(**data, digit=2) == (2, (0, 0))
    assert start(**data, digit=0) == (0, (0, 0))
    assert start(**data, shift=(-1, 1)) == (0, (-1, 1))
    assert start(**data, shift=(0, 0)) == (0, (0, 0))


def smaller():
    """The first digit of `measured`, at no shift."""
    data = measured()
    middle = {name: scores[1:2, 1:2, :1] for name, scores in data["scores"].items()}
    accuracy = {name: shares[1:2, 1:2] for name, shares in data["accuracy"].items()}
    return dict(accuracy=accuracy, images=data["images"][:1], labels=data["labels"][:1], scores=middle)


def test_a_smaller_result_brings_digit_and_shift_inside_also_those_of_reset():
    shown = AccuracyMap(**measured(), digit=2, shift=(1, -1))
    shown.digit = 1
    shown.set(**smaller())
    assert (shown.digit, shown.shift) == (0, (0, 0))
    assert shown.predictions == {"MLP": 7, "CNN": 7} and "the digit 7" in repr(shown)
    shown.set(**measured())
    shown.set_state(shown._initial)
    assert (shown.digit, shown.shift) == (0, (0, 0))
    with pytest.raises(ValueError, match="from 0 to 0, got 2."):
        shown.set(**smaller(), digit=2)
    with pytest.raises(ValueError, match="from −0 to 0"):
        shown.set(**smaller(), shift=(0, 1))
    assert shown.images.shape == (3, 5, 6)


def changed(name, change):
    value = measured()[name]
    return {name: change(value)}


def with_one(position, number):
    def change(networks):
        networks["CNN"][position] = number
        return networks

    return change


REFUSALS = [
    (dict(digit=3), "AccuracyMap.digit: 3 digits are counted from 0 to 2, got 3."),
    (dict(digit=True), "AccuracyMap.digit: expected an int of at least 0, got True."),
    (dict(digit=-1), "should not be less than 0"),
    (dict(shift=(0, 2)), "AccuracyMap.shift: expected (rows down, columns right), whole numbers from −1 to 1, such as (0, 1); got (0, 2)."),
    (dict(shift=(0.5, 0)), "whole numbers, such as (0, 1); got (0.5, 0)."),
    (dict(shift=(True, 0)), "whole numbers, such as (0, 1); got (True, 0)."),
    (dict(shift=1), "whole numbers, such as (0, 1); got 1."),
    (dict(images=np.ones((3, 5, 6)) * 1j), "AccuracyMap.images: expected numbers in 3 dimensions (D, H, W), got ndarray"),
    (dict(images=np.full((3, 5, 6), 1e300)), "AccuracyMap.images: every number must be finite, got inf."),
    (dict(shift="up"), "whole numbers, such as (0, 1); got 'up'."),
    (dict(accuracy=0.5), "AccuracyMap.accuracy: expected a dict from 1 to 6 networks' names to arrays (S, S), got float."),
    (dict(accuracy={}), "expected a dict from 1 to 6 networks' names to arrays (S, S), got 0 names."),
    (dict(accuracy={str(n): np.ones((3, 3)) for n in range(7)}), "got 7 names."),
    (changed("accuracy", lambda a: {"CNN": a["CNN"], "MLP": a["MLP"]}),
     "must name the same networks in the same order; got ['CNN', 'MLP'] and ['MLP', 'CNN']."),
    (changed("accuracy", lambda a: a | {"CNN": np.ones((5, 5))}), "shapes must agree; got {'MLP': (3, 3), 'CNN': (5, 5)}."),
    (changed("accuracy", lambda a: {name: np.ones(3) for name in a}), "AccuracyMap.accuracy['MLP']: expected 2 dimensions (S, S) with at least one number, got shape (3,)."),
    (changed("accuracy", lambda a: {name: np.ones((4, 4)) for name in a}),
     "AccuracyMap.accuracy: shifts go from −r to r both ways, so (2r + 1, 2r + 1) are expected; got (4, 4)."),
    (changed("accuracy", with_one((0, 0), 95)),
     "AccuracyMap.accuracy['CNN']: shares lie between 0 and 1, got 95. Percent / 100 is a share."),
    (changed("accuracy", with_one((0, 0), np.nan)), "AccuracyMap.accuracy['CNN']: every number must be finite, got nan."),
    (dict(images=np.ones((3, 33, 5))), "at most 40 digits of 32×32 pixels travel to the page, got (3, 33, 5)."),
    (dict(images=np.ones((41, 5, 5))), "images[:40], labels[:40] and scores[:, :, :40]."),
    (dict(images=np.ones((5, 6))), "AccuracyMap.images: expected 3 dimensions (D, H, W) with at least one number, got shape (5, 6)."),
    (dict(images="digits"), "AccuracyMap.images: expected numbers in 3 dimensions (D, H, W), got str 'digits'. "),
    (dict(labels=[7, 8]), "AccuracyMap.labels: 3 images need as many labels, got 2."),
    (dict(labels=[7, 8, 10]), "AccuracyMap.labels: digits from 0 to 9, got 10."),
    (changed("scores", lambda s: {name: p[:, :, :2] for name, p in s.items()}),
     "AccuracyMap.scores: 3×3 shifts, 3 images and ten classes make (S, S, D, 10) = (3, 3, 3, 10), got (3, 3, 2, 10)."),
    (changed("scores", with_one((0, 0, 0, 7), 2)),
     "AccuracyMap.scores['CNN']: ten probabilities are not negative and sum to 1; got a smallest of 0 and sums from 1 to 2.12. "
     "torch.softmax(logits, dim=-1) makes them."),
    (changed("scores", with_one((0, 0, 0, slice(0, 2)), [-0.5, 0.5])), "got a smallest of -0.5 and sums from 1 to 1."),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "text"), REFUSALS, ids=[text[-40:] for _, text in REFUSALS])
def test_what_does_not_belong_together_is_refused(settings, text):
    assert text in refused(AccuracyMap(**measured(), digit=1, shift=(0, 1)), **settings)
    with pytest.raises(ValueError):
        AccuracyMap(**measured() | settings)
