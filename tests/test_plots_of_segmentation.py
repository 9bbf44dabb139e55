"""Masks over the truth, and the pictures that grow while a U-Net is trained."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from helpers import show_masks
from helpers.plots import show_segmentation, show_training
from helpers.plots.segmentation import ALARM, HIT

TRUTH = np.zeros((4, 6), bool)
TRUTH[1:3, 2:4] = True  # 4 cells
MASK = np.zeros((4, 6), bool)
MASK[1, 2:6] = True  # 2 of them, and 2 beyond
FIELD = np.arange(24.0).reshape(4, 6)


def colours(axes):
    """What stands in each cell of the last picture: "hit", "alarm" or nothing."""
    image = axes.images[-1]
    names = {HIT.lower(): "hit", ALARM.lower(): "alarm"}
    codes = image.get_array()
    empty = np.ma.getmaskarray(codes) | ~np.isfinite(np.ma.filled(codes, np.nan))
    return [["" if empty[cell] else names[to_hex(image.to_rgba(codes)[cell][:3])] for cell in row]
            for row in [[(r, c) for c in range(codes.shape[1])] for r in range(codes.shape[0])]]  # fmt: skip


def pieces(axes):
    """The pieces of the outline, each as the pair of its ends."""
    (line,) = axes.lines
    points = np.column_stack(line.get_data())
    ends = points[np.isfinite(points).all(1)].reshape(-1, 2, 2)
    return {tuple(sorted(map(tuple, piece.tolist()))) for piece in ends}


SQUARE = {((1.5, y - 0.5), (1.5, y + 0.5)) for y in (1, 2)} | {((3.5, y - 0.5), (3.5, y + 0.5)) for y in (1, 2)}
SQUARE |= {((x - 0.5, 0.5), (x + 0.5, 0.5)) for x in (2, 3)} | {((x - 0.5, 2.5), (x + 0.5, 2.5)) for x in (2, 3)}


def test_what_is_found_and_what_is_a_false_alarm_have_colours_and_the_truth_an_outline():
    (axes,) = show_masks({"U-Net": MASK}, TRUTH).axes
    nothing = [""] * 6
    assert colours(axes) == [nothing, ["", "", "hit", "hit", "alarm", "alarm"], nothing, nothing]
    assert pieces(axes) == SQUARE
    assert axes.get_title(loc="left") == "U-Net" and len(axes.images) == 1


def test_masks_in_words():
    figure = show_masks({"with skips": MASK, "without": ~TRUTH}, TRUTH)
    assert figure.alt == (
        "Masks over the outline of the truth. with skips: 2 of 4 cells found, 2 false alarms; "
        "without: 0 of 4 cells found, 20 false alarms."
    )
    assert show_masks({"a": MASK}, TRUTH, alt="Mine.").alt == "Mine."


def test_masks_may_be_numbers_and_lie_over_a_field():
    (axes,) = show_masks({"a": MASK.astype(int)}, TRUTH.astype(float), FIELD).axes
    field, _ = axes.images
    assert np.array_equal(field.get_array(), FIELD)
    assert colours(axes)[1] == ["", "", "hit", "hit", "alarm", "alarm"]
    low, high = axes.get_ylim()
    assert low > high  # the first row, which is the north, on top


@pytest.mark.parametrize("count, columns, rows", [(1, 2, 1), (2, 2, 1), (3, 2, 2), (3, 3, 1), (4, 1, 4)])
def test_maps_stand_in_columns(count, columns, rows):
    figure = show_masks({str(n): MASK for n in range(count)}, TRUTH, columns=columns)
    boxes = [axes.get_position() for axes in figure.axes]
    assert len(boxes) == count and len({round(box.y0, 3) for box in boxes}) == rows
    assert len({round(box.x0, 3) for box in boxes}) == min(columns, count)
    assert all(0 <= box.x0 < box.x1 <= 1 and 0 <= box.y0 < box.y1 <= 1 for box in boxes)


@pytest.mark.parametrize("truth", [np.zeros((4, 6)), np.ones((4, 6))])
def test_a_truth_without_an_edge_has_no_outline(truth):
    (axes,) = show_masks({"a": MASK}, truth).axes
    assert not axes.lines


def test_masks_of_another_shape_and_no_masks_are_refused():
    with pytest.raises(ValueError, match=r"truth has shape \(4, 6\), the masks \{'b': \(4, 5\)\}"):
        show_masks({"a": MASK, "b": MASK[:, 1:]}, TRUTH)
    with pytest.raises(ValueError, match=r"truth has shape \(4, 6\), the masks are none."):
        show_masks({}, TRUTH)
    with pytest.raises(ValueError, match=r"show_masks: a grid has two axes .*, but the shape given is \(1, 4, 6\)"):
        show_masks({"a": MASK}, TRUTH[None])


def test_a_segmentation_shows_loss_overlap_and_the_mask_by_now():
    figure = show_segmentation([0.5, 0.25], [0.125, 0.4], FIELD, TRUTH, MASK, epochs=6)
    losses, overlaps, drawn = figure.axes
    assert list(losses.lines[0].get_ydata()) == [0.5, 0.25] and losses.get_ylabel() == "loss"
    assert list(overlaps.lines[0].get_ydata()) == [0.125, 0.4] and "IoU" in overlaps.get_ylabel()
    assert losses.get_xlim() == overlaps.get_xlim() == (1, 6) and overlaps.get_ylim() == (0, 1)
    assert colours(drawn)[1] == ["", "", "hit", "hit", "alarm", "alarm"] and pieces(drawn) == SQUARE
    assert drawn.get_title(loc="left") == "after epoch 2; outlined: the truth"
    assert figure.alt == (
        "After epoch 2: loss 0.25, IoU 0.4; on the map 2 of 4 cells found, 2 false alarms."
    )


def test_without_a_number_of_epochs_the_axes_reach_to_the_last():
    losses, *_ = show_segmentation([3, 2, 1], [0.1, 0.2, 0.3], FIELD, TRUTH, MASK).axes
    assert losses.get_xlim() == (1, 3)


def test_trainings_have_a_panel_for_each_curve_and_a_dashed_line_for_the_whole():
    figure = show_training({"loss": [2.0, 0.5], "error": [0.75, 0.625]}, 5, whole={"error": 1})
    losses, errors = figure.axes
    assert [list(line.get_ydata()) for line in losses.lines] == [[2.0, 0.5]]
    curve, whole = errors.lines
    assert list(curve.get_ydata()) == [0.75, 0.625]
    assert set(whole.get_ydata()) == {1} and whole.get_linestyle() == "--"
    assert losses.get_xlim() == errors.get_xlim() == (1, 5)
    assert losses.get_ylim()[0] == errors.get_ylim()[0] == 0 and errors.get_ylim()[1] >= 1
    assert figure.alt == "Over 2 epochs: loss from 2 to 0.5, error from 0.75 to 0.625."


def test_one_epoch_is_no_plural_and_no_line_needs_a_second():
    figure = show_training({"loss": [2.0]})
    assert figure.alt == "Over 1 epoch: loss from 2 to 2."
    assert figure.axes[0].get_xlim() == (1, 2) and figure.axes[0].lines[0].get_marker() == "o"


@pytest.mark.parametrize("curves", [{}, {"loss": [1.0], "error": []}])
def test_a_training_without_an_epoch_is_refused(curves):
    with pytest.raises(ValueError, match="show_training: no epoch was finished, so there is nothing to draw."):
        show_training(curves)
