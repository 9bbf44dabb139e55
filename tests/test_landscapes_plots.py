"""Pictures of landscapes and cuts: one scale, the centre, what is beyond, and what is missing."""

import numpy as np
import pytest

from helpers import show_cuts, show_landscapes
from helpers.landscapes import Landscape, LossCut

AXIS = np.linspace(-1, 1, 9)
BOWL = 0.03 + np.add.outer(2 * AXIS**2, AXIS**2)
STEEP = 1000 * BOWL


def landscape(losses):
    return Landscape(losses, AXIS, losses[4, 4])


def levels_of(figure):
    """The colour bar's numbers as they are read."""
    figure.png()
    return [text.get_text() for text in figure.axes[-1].get_yticklabels()]


def test_landscapes_stand_side_by_side_on_one_scale():
    figure = show_landscapes({"with skips": landscape(BOWL), "without": landscape(STEEP)})
    assert [axes.get_title(loc="left") for axes in figure.axes[:2]] == ["with skips", "without"]
    assert levels_of(figure) == ["0.03", "0.1", "0.3", "1", "3", "10", "30", "100", "300",
                                 "1000", "3000", "10000"]  # fmt: skip
    one, two = (axes.collections[0] for axes in figure.axes[:2])
    assert (one.levels == two.levels).all() and one.norm is two.norm
    assert figure.alt == (
        "with skips: 9×9 losses from 0.03 to 3.03, 0.03 at the centre. "
        "without: 9×9 losses from 30 to 3.03e+03, 30 at the centre."
    )


def test_a_row_of_the_losses_is_a_height_of_the_picture():
    tilted = np.broadcast_to(np.arange(9.0)[:, None], (9, 9)) + 1  # grows along direction 2
    figure = show_landscapes({"": tilted})
    segments = figure.axes[0].collections[1].allsegs[1]  # the line at the second level
    points = np.concatenate(segments)
    assert np.ptp(points[:, 0]) == 2 and np.ptp(points[:, 1]) < 1e-9


def test_few_decades_have_levels_at_1_2_5_and_negative_losses_even_ones():
    assert levels_of(show_landscapes(landscape(BOWL)))[:4] == ["0.02", "0.05", "0.1", "0.2"]
    even = show_landscapes(landscape(BOWL - 1)).axes[0].collections[0].levels
    np.testing.assert_allclose(np.diff(even), even[1] - even[0])


def test_what_lies_above_the_top_is_beyond_the_scale():
    levels = show_landscapes(landscape(STEEP), top=200).axes[0].collections[0].levels
    assert levels[-1] == 200
    with pytest.raises(ValueError, match="top=5 is not above the lowest loss, 30"):
        show_landscapes(landscape(STEEP), top=5)


def test_holes_are_said_and_drawn():
    losses = BOWL.copy()
    losses[0, :2], losses[8] = np.inf, np.nan
    figure = show_landscapes({"net": landscape(losses)})
    assert figure.alt.endswith("0.03 at the centre, 2 beyond all numbers, 9 not computed.")
    assert len(figure.axes[0].patches) == 1 and len(figure.png()) > 10_000
    assert len(show_landscapes(landscape(BOWL)).axes[0].patches) == 0


def test_the_same_loss_everywhere_can_be_drawn():
    assert len(show_landscapes(np.ones((3, 3))).png()) > 1000
    assert len(show_landscapes(np.zeros((3, 3))).png()) > 1000


@pytest.mark.parametrize(
    ("landscapes", "text"),
    [
        ({}, "1 to 3 landscapes fit side by side, 0 were given"),
        (dict.fromkeys("abcd", BOWL), "4 were given"),
        ({"a": BOWL[0]}, r"'a' has the shape \(9,\), but a surface is \(H, W\)"),
        ({"a": Landscape(BOWL[:, :3], AXIS, 1)}, "'a' has 9×3 losses, but its axis has 9 places"),
        ({"a": np.full((3, 3), np.nan)}, "no finite loss is known"),
    ],
)
def test_other_landscapes_are_refused(landscapes, text):
    with pytest.raises(ValueError, match=text):
        show_landscapes(landscapes)


def test_cuts_share_their_axes_and_end_where_the_loss_explodes():
    exploding = np.where(AXIS > 0.6, np.inf, STEEP[4])
    cuts = {"with": LossCut(BOWL[4], AXIS, 0.03), "without": LossCut(exploding, AXIS, 30)}
    figure = show_cuts(cuts, xlabel="direction 1")
    axes = figure.axes[0]
    one, two = axes.get_lines()
    assert (one.get_ydata() == BOWL[4]).all() and np.isnan(two.get_ydata()[-2:]).all()
    assert one.get_linestyle() != two.get_linestyle()
    assert axes.get_yscale() == "log" and axes.get_xlabel() == "direction 1"
    assert figure.alt.startswith("with along a line from −1 to 1: from 0.03 to 1.03. without")
    assert show_cuts({"": LossCut(BOWL[4] - 1, AXIS, 0)}).axes[0].get_yscale() == "linear"
    with pytest.raises(ValueError, match="no finite loss is known"):
        show_cuts({"": LossCut(np.full(9, np.inf), AXIS, np.inf)})
    with pytest.raises(ValueError, match="0 were given"):
        show_cuts({})
