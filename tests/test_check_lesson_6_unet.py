"""The checkers of lesson 6 on a U-Net: the skip, and how much two masks have in common."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torchvision.transforms.functional import center_crop

from helpers import check
from helpers.check.verdict import NOT_TRIED, RIGHT, WRONG
from tests.hints import hints_of

# --- the skip -------------------------------------------------------------------------------------


def cut(beside, x, top=None, left=None):
    H, W, h, w = *beside.shape[2:], *x.shape[2:]
    top, left = (H - h) // 2 if top is None else top, (W - w) // 2 if left is None else left
    return beside[:, :, top : top + h, left : left + w]


def joined(beside, x):
    return torch.cat([cut(beside, x), x], dim=1)


def by_torchvision(beside, x):
    return torch.cat((center_crop(beside, list(x.shape[-2:])), x), 1)


def by_negative_padding(beside, x):
    rows, columns = ((a - b) // 2 for a, b in zip(beside.shape[2:], x.shape[2:]))
    return torch.cat([F.pad(beside, (-columns, -columns, -rows, -rows)), x], 1)


def channel_by_channel(beside, x):
    y = torch.zeros(len(x), beside.shape[1] + x.shape[1], *x.shape[2:])
    for n, c, i, j in np.ndindex(*y.shape):
        if c < beside.shape[1]:
            y[n, c, i, j] = beside[n, c, i + (beside.shape[2] - x.shape[2]) // 2,
                                   j + (beside.shape[3] - x.shape[3]) // 2]
        else:
            y[n, c, i, j] = x[n, c - beside.shape[1], i, j]
    return y


def in_numpy(beside, x):
    return np.concatenate([cut(beside, x).numpy(), x.numpy()], axis=1)


@pytest.mark.parametrize("answer", [joined, by_torchvision, by_negative_padding, channel_by_channel, in_numpy,
                                    lambda beside, x: joined(beside, x).double(), lambda *a: joined(*a).tolist()])
def test_every_right_skip_is_right(answer):
    verdict = check.my_skip(answer)
    assert verdict.status == RIGHT and "all 5 cases" in verdict.message


def not_at_the_end(beside, x):
    d = (beside.shape[-1] - x.shape[-1]) // 2
    e = (beside.shape[-2] - x.shape[-2]) // 2
    return torch.cat([beside[:, :, e:-e, d:-d], x], dim=1)


def one_offset(beside, x):
    d = (beside.shape[2] - x.shape[2]) // 2
    return torch.cat([cut(beside, x, d, d), x], 1)


def with_a_bridge(beside, x):
    """As in networks that pad: x is brought to the size of the other."""
    return torch.cat([beside, F.interpolate(x, beside.shape[2:])], dim=1)


SKIP = {
    "other order": (lambda b, x: torch.cat([x, cut(b, x)], 1), "in the other order"),
    "first corner": (lambda b, x: torch.cat([cut(b, x, 0, 0), x], 1), "a corner of the encoder's map"),
    "last corner": (lambda b, x: torch.cat([b[:, :, -x.shape[2] :, -x.shape[3] :], x], 1), "a corner of the enc"),
    "one offset": (one_offset, "top and left differ"),
    "sum": (lambda b, x: cut(b, x) + x, "skip of a ResNet"),
    "dim 0": (lambda b, x: torch.cat([cut(b, x), x]), "two examples"),
    "dim 2": (lambda b, x: torch.cat([cut(b, x), x], 2), "lies above the other"),
    "dim 3": (lambda b, x: torch.cat([cut(b, x), x], dim=-1), "lies beside the other"),
    "encoder alone": (lambda b, x: cut(b, x), "the map from below is missing"),
    "below alone": (lambda b, x: x, "the network without skips"),
    "not cut": (lambda b, x: torch.cat([b, x], dim=1), "Cut `beside` to the height and width of x"),
    "sum, not cut": (lambda b, x: b + x, "Cut `beside` to the height and width of x"),
    "empty slice": (not_at_the_end, "is empty where d is 0"),
    "enlarged": (with_a_bridge, "top = (H − h) // 2"),
    "list of two": (lambda b, x: torch.cat(b, x), "top = (H − h) // 2"),
    "mean": (lambda b, x: (cut(b, x) + x) / 2, "top = (H − h) // 2"),
}


@pytest.mark.parametrize("answer, words", SKIP.values(), ids=list(SKIP))
def test_a_usual_mistake_in_the_skip_gets_its_own_hint(answer, words):
    verdict = check.my_skip(answer)
    assert verdict.status == WRONG and words in verdict.hint and "beside" in verdict.case


@pytest.mark.parametrize("answer", [
    lambda b, x: torch.cat([cut(b, x, (b.shape[3] - x.shape[3]) // 2), x], 1),  # the width's margin for both
    lambda b, x: torch.cat([b[:, :, 1:-1, 1:-1], x], 1),
    lambda b, x: torch.cat([cut(b[:1], x), x[:1]], 1)])
def test_a_skip_that_is_right_for_some_sizes_only_is_wrong(answer):
    assert check.my_skip(answer).status == WRONG


# --- intersection over union ----------------------------------------------------------------------


def by_counting(prediction, truth):
    both = either = 0
    for i, j in np.ndindex(*truth.shape):
        both += bool(prediction[i, j] and truth[i, j])
        either += bool(prediction[i, j] or truth[i, j])
    return both / either


def by_sets(prediction, truth):
    one, other = (set(map(tuple, np.argwhere(mask))) for mask in (prediction, truth))
    return len(one & other) / len(one | other)


def by_areas(prediction, truth):
    both = np.logical_and(prediction, truth).sum()
    return both / (prediction.sum() + truth.sum() - both)


def only_for_tensors(prediction, truth):
    p, t = prediction.float(), truth.float()
    return (p * t).sum() / torch.maximum(p, t).sum()


IOU = [by_counting, by_sets, by_areas, only_for_tensors, lambda p, t: (p * t).sum() / (p + t).sum(),
       lambda p, t: torch.as_tensor(p & t).sum() / torch.as_tensor(p | t).sum(),
       lambda p, t: np.float32((p & t).sum() / (p | t).sum())]


@pytest.mark.parametrize("answer", IOU)
def test_every_right_iou_is_right(answer):
    verdict = check.my_iou(answer)
    assert verdict.status == RIGHT and "all 7 cases, like helpers.iou" in verdict.message


OVERLAP = {
    "accuracy": (lambda p, t: (p == t).mean(), "That is the accuracy"),
    "dice": (lambda p, t: 2 * (p & t).sum() / (p.sum() + t.sum()), "That is Dice"),
    "precision": (lambda p, t: t[p].mean(), "That is the precision"),
    "recall": (lambda p, t: p[t].mean(), "That is the recall"),
    "areas": (lambda p, t: (p & t).sum() / (p.sum() + t.sum()), "the union counts them once"),
    "mean": (lambda p, t: (p & t).mean(), "not by all cells"),
    "upside down": (lambda p, t: (p | t).sum() / (p & t).sum(), "Upside down"),
    "intersection": (lambda p, t: (p & t).sum(), "divide by the union"),
    "twice the same": (lambda p, t: (p & t).sum() / (p & t).sum(), "The same stands above and below"),
    "and": (lambda p, t: (p and t).sum() / (p or t).sum(), "& and | go cell by cell"),
    "and, in torch": (lambda p, t: (p.bool() and t.bool()).sum() / (p | t).sum(), "& and | go cell by cell"),
    "xor": (lambda p, t: (p & t).sum() / (p ^ t).sum(), "counts the cells that both have"),
    "minus": (lambda p, t: (p & t).sum() / (p | t - p).sum(), "counts the cells that both have"),
}


@pytest.mark.parametrize("answer, words", OVERLAP.values(), ids=list(OVERLAP))
@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
def test_a_usual_mistake_in_the_iou_gets_its_own_hint(answer, words):
    verdict = check.my_iou(answer)
    assert verdict.status == WRONG and words in verdict.hint
    assert "prediction" in verdict.case and "truth" in verdict.case


def test_the_first_pair_of_masks_has_four_of_eleven_cells_in_common():
    seen = []
    check.my_iou(lambda p, t: seen.append((p, t)) or 0.0)
    assert check.my_iou(lambda p, t: 0.0).message == f"IoU is 0, expected is {4 / 11:.4f}."
    assert [(m.sum(), m.dtype) for m in seen[0]] == [(6, bool), (9, bool)]


def test_an_iou_with_something_added_against_division_by_zero_is_wrong():
    assert check.my_iou(lambda p, t: ((p & t).sum() + 1) / ((p | t).sum() + 1)).status == WRONG
    assert check.my_iou(lambda p, t: ((p & t).sum() + 0.01) / ((p | t).sum() + 0.01)).status == WRONG


# --- both -----------------------------------------------------------------------------------------


def skip_stub(beside, x):
    ...


def iou_stub(prediction, truth):
    """How much two masks have in common."""


def unfinished(*arguments):
    raise NotImplementedError


@pytest.mark.parametrize("checker", [check.my_skip, check.my_iou])
@pytest.mark.parametrize("answer", [None, ..., skip_stub, iou_stub, unfinished, lambda *a: ...])
def test_an_untouched_function_is_not_tried_yet(checker, answer):
    assert checker(answer).status == NOT_TRIED


@pytest.mark.parametrize("checker", [check.my_skip, check.my_iou])
@pytest.mark.parametrize("answer", [
    3, "y", np.ones((2, 2)), lambda: 1, lambda a, b, c: a, lambda *a: True, lambda *a: 1 / 0, lambda *a: print(*a),
    lambda *a: np.nan, lambda *a: "y", lambda *a: (1, 2), lambda *a: a[0], lambda *a: a[0] > 0, lambda *a: [a[1]]])
def test_nonsense_for_a_function_is_wrong(checker, answer):
    verdict = checker(answer)
    assert verdict.status == WRONG and verdict.message


@pytest.mark.parametrize("answer, words", [
    (lambda b, x: [b.mul_(2), joined(b / 2, x)][1], "beside"), (lambda b, x: [joined(b, x), x.zero_()][0], "x")])
def test_a_skip_that_changes_its_input_is_told(answer, words):
    assert f"has changed its input {words}" in check.my_skip(answer).message


def test_an_iou_that_changes_its_masks_is_told():
    def changes(prediction, truth):
        either = (prediction | truth).sum()
        prediction &= truth
        return prediction.sum() / either

    verdict = check.my_iou(changes)
    assert verdict.status == WRONG and "The result is right, but" in verdict.message
    assert "has changed its input prediction" in verdict.message


def test_the_line_that_fails_is_shown():
    def fails(beside, x):
        return beside.shape[7]

    verdict = check.my_skip(fails)
    assert "IndexError" in verdict.message and "return beside.shape[7]" in verdict.message and verdict.hint


@pytest.mark.parametrize("checker, module, table", [(check.my_skip, "unet_functions", SKIP),
                                                    (check.my_iou, "unet_functions", OVERLAP)])
@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
def test_every_hint_is_the_answer_to_a_mistake_that_somebody_may_write(checker, module, table, monkeypatch):
    given = {checker(answer).hint for answer, _ in table.values()}
    assert hints_of(checker, module, monkeypatch) <= given
