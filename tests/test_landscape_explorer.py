"""LandscapeExplorer in Python: what it takes, what it says, what it refuses."""

import numpy as np
import pytest
import torch

from helpers import LandscapeExplorer
from helpers.landscapes import Landscape
from tests.test_widgets import nothing_stays  # noqa: F401 (a fixture)

AXIS = np.linspace(-2, 2, 5)
BOWL = 1 + np.add.outer(AXIS**2, 2 * AXIS**2)  # rows: direction 2


def surface(losses=BOWL, axis=AXIS):
    return Landscape(losses, axis, losses[2, 2])


def test_it_begins_in_the_centre_with_everything_in_sight():
    explorer = LandscapeExplorer({"with skips": surface(), "without": surface(2 * BOWL)})
    assert explorer.position == (2, 2) and explorer.steps_there == (0, 0)
    assert explorer.losses_there == {"with skips": 1, "without": 2}
    assert (explorer.view, explorer.logarithmic, explorer.ceiling) == ("surface", True, None)
    assert not explorer.pinned


def test_a_row_is_a_step_along_direction_2_and_a_column_along_direction_1():
    explorer = LandscapeExplorer(surface(), position=(1, 4))
    assert explorer.steps_there == (2, -1)
    assert explorer.losses_there == {"loss": 1 + 1 + 2 * 4}
    assert repr(explorer) == (
        "LandscapeExplorer: at 2 along direction 1 and -1 along direction 2: loss 10."
    )


def test_arrays_lists_and_tensors_lie_on_the_square_from_minus_one_to_one():
    for losses in (BOWL, BOWL.tolist(), torch.tensor(BOWL, requires_grad=True)):
        explorer = LandscapeExplorer(losses, position=(0, 4))
        assert explorer.steps_there == (1, -1) and explorer.losses_there == {"loss": 13}
    wide = LandscapeExplorer(np.ones((3, 5)), position=(2, 4))
    assert wide.steps_there == (1, 1)


def test_what_is_no_number_travels_as_it_is():
    losses = np.where(BOWL > 12, np.inf, BOWL)
    losses[0, 0], losses[4, 4] = np.nan, 1e300  # too large for float32
    explorer = LandscapeExplorer(surface(losses), position=(0, 0))
    assert np.isnan(explorer.losses_there["loss"])
    sent = np.frombuffer(explorer.get_state()["_packed"]["data"], np.float32).reshape(5, 5)
    assert np.isnan(sent[0, 0]) and np.isinf(sent[[0, 4, 4], [4, 0, 4]]).all()
    assert (sent[1:4, 1:4] == BOWL[1:4, 1:4]).all()
    assert explorer.losses["loss"][4, 4] == 1e300


def test_what_the_page_cannot_tell_from_zero_or_infinity_counts_as_such():
    """The page has float32: a tiny loss is 0 there, and has no logarithm; a huge one has exploded."""
    explorer = LandscapeExplorer(np.where(BOWL == 1, 1e-60, BOWL))
    assert not explorer.logarithmic
    with pytest.raises(ValueError, match="no finite loss is known"):
        LandscapeExplorer(1e40 * BOWL)


def test_losses_that_are_not_positive_are_not_logarithmic():
    explorer = LandscapeExplorer(BOWL - 1)
    assert not explorer.logarithmic
    with pytest.raises(ValueError, match="the lowest loss is 0, and only positive numbers have"):
        explorer.logarithmic = True
    with pytest.raises(ValueError, match="Use logarithmic=False"):
        LandscapeExplorer(BOWL - 2, logarithmic=True)


def test_a_ceiling_lies_above_the_lowest_loss():
    explorer = LandscapeExplorer(BOWL, ceiling=4)
    assert explorer.ceiling == 4.0
    with pytest.raises(ValueError, match="expected None or a loss above the lowest one, 1; got 1"):
        explorer.ceiling = 1
    assert explorer.ceiling == 4.0


def test_the_camera_is_two_angles():
    explorer = LandscapeExplorer(BOWL, camera=np.array([10, 90]))
    assert explorer.camera == (10.0, 90.0)
    wrong = [(0, 4), (361, 30), (0, 30, 1), "front", (0, float("nan")), (True, 30), None, np.array(3)]
    for camera in wrong:
        with pytest.raises(ValueError, match=r"expected \(azimuth, elevation\) in degrees"):
            explorer.camera = camera
    assert explorer.camera == (10.0, 90.0)


def test_the_place_lies_inside():
    explorer = LandscapeExplorer(BOWL)
    with pytest.raises(ValueError, match="5×5 places, so rows end at 4 and columns at 4"):
        explorer.position = (5, 0)
    for place in [(0.5, 0), (-1, 0), (1, 1, 1), None, "centre"]:
        with pytest.raises(ValueError, match="LandscapeExplorer.position: expected an int of at least 0"):
            explorer.position = place
    assert explorer.position == (2, 2)


@pytest.mark.parametrize(
    ("landscapes", "text"),
    [
        ({}, "1 to 3 landscapes fit side by side, got 0"),
        (dict.fromkeys("abcd", BOWL), "got 4"),
        ({"a": np.ones(5)}, r"'a' has the shape \(5,\)"),
        ({"a": np.ones((102, 5))}, r"leave some out, such as losses\[::2, ::2\]"),
        ({"a": "high"}, "'a' must be a Landscape or an array .* got a str"),
        ({"a": np.full((3, 3), np.inf)}, "no finite loss is known"),
        ({"a": surface(), "b": BOWL}, "'b' has 5×5 losses up to 1, but 'a' has 5×5 losses up to 2"),
        ({"a": BOWL, "b": BOWL[:3]}, "'b' has 3×5 losses .* same steps and reach"),
        ({"a": surface(BOWL[:, :3])}, "'a' has 5×3 losses, but its axis has 5 places"),
        ({"a": surface(axis=AXIS[::-1])}, "the axis of 'a' must grow .* got .2.0, 1.0, 0.0"),
        ({"a": surface(axis=np.full(5, np.nan))}, r"such as np.linspace\(-1, 1, 5\); got .nan"),
    ],
)
def test_other_landscapes_are_refused(landscapes, text):
    with pytest.raises(ValueError, match=text):
        LandscapeExplorer(landscapes)
