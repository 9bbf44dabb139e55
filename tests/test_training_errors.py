"""What `fit` and `accuracy` refuse, and the repair that they name."""

import numpy as np
import pytest
from torch import nn

from helpers.training import accuracy, fit
from tests.random_settings import one_thread  # noqa: F401 (a fixture)
from tests.test_training_data import BATCHES, Squares, X, Y, network

REFUSED = {
    "no targets": ((X,), r"fit: x of shape \(30, 1, 4, 4\) has no targets y\. Give both"),
    "targets twice": ((Squares(), Y), "a Squares brings its targets along.* Leave y out"),
    "words": ((X, np.array(["a"] * 30)), "y must be numbers .* a ndarray of <U1 and shape"),
    "sizes that differ": (([np.zeros((2, 2)), np.zeros((3, 2))], [0, 1]), "Pictures: np.stack"),
    "complex": ((X * 1j, Y), "x must be real numbers.* complex64 .* two channels"),
    "one number": ((5.0, 3), "equally many examples, at least one, but they have 0 and 0"),
    "a hole in y": ((X, np.where(Y, 1.0, np.nan)), "y holds 10 values that are nan"),
    "a generator": ((iter(BATCHES),), "can be gone through only once. .* DataLoader or a list"),
    "a number": ((7,), "a int holds no batches"),
    "no batch": (([],), "the data hold no example"),
    "not pairs": (([X[:4], X[4:8]],), "must be a pair .* ndarray of float32 and shape"),
    "unequal pair": (([(X[:4], Y[:3])],), r"shapes are \(4, 1, 4, 4\) and \(3,\)"),
}


@pytest.mark.parametrize(("data", "message"), REFUSED.values(), ids=list(REFUSED))
def test_data_of_the_wrong_kind_are_refused_with_a_repair(data, message):
    with pytest.raises(ValueError, match=f"^fit: .*{message.removeprefix('fit: ')}"):
        fit(network(), *data, epochs=1, progress=False)


def test_no_epoch_at_all_is_refused():
    with pytest.raises(ValueError, match="fit: epochs must be at least 1, but it is 0. Use 30"):
        fit(network(), X, Y, epochs=0, progress=False)


def test_validation_data_of_the_wrong_kind_are_refused():
    with pytest.raises(ValueError, match="two arrays .* a tuple of 3. Batches go into a list"):
        fit(network(), X, Y, validation=(X, Y, X), progress=False)
    with pytest.raises(ValueError, match="the validation's x of shape .* has no targets y"):
        fit(network(), X, Y, validation=X, progress=False)
    with pytest.raises(ValueError, match="the validation's data hold no example"):
        fit(network(), X, Y, epochs=1, validation=[], progress=False)


def test_classes_that_the_model_has_no_score_for_are_named():
    with pytest.raises(ValueError, match="from 1 to 3, .* the classes 0 to 2. Count classes"):
        fit(network(), X, Y + 1, epochs=1, progress=False)


def test_an_index_error_of_the_loss_itself_passes():
    def loss(scores, y):
        return [scores][1]

    with pytest.raises(IndexError, match="list index out of range"):
        fit(network(), X, Y, loss=loss, epochs=1, progress=False)


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (lambda s, y: nn.functional.cross_entropy(s, y, reduction="none"), r"shape \(30,\)"),
        (lambda s, y: 1.0, "it returned a float"),
        (lambda s, y: s.detach().mean(), "does not depend on the model's weights"),
    ],
)
def test_a_loss_that_cannot_be_learned_from_is_refused(loss, message):
    with pytest.raises(ValueError, match=message):
        fit(network(), X, Y, loss=loss, epochs=1, progress=False)


def test_a_transform_must_keep_the_number_of_examples():
    with pytest.raises(ValueError, match=r"for shape \(30, 1, 4, 4\) it returned shape \(1, 1, 4"):
        fit(network(), X, Y, transform=lambda x: x[:1], epochs=1, progress=False)
    with pytest.raises(ValueError, match="it returned a NoneType"):
        fit(network(), X, Y, transform=lambda x: None, epochs=1, progress=False)


def test_a_batch_with_a_hole_is_told_from_steps_that_are_too_large():
    x = X.copy()
    x[3, 0, 0, 0] = np.inf
    with pytest.raises(FloatingPointError, match="The batch itself holds 1 values that are nan"):
        fit(network(), [(x, Y)], epochs=1, progress=False)


def test_accuracy_refuses_scores_that_do_not_belong_to_the_classes():
    with pytest.raises(ValueError, match=r"scores of shape \(30, 3\) and y of torch.float32"):
        accuracy(network(), X, Y.astype(float))
    with pytest.raises(ValueError, match="accuracy: the data hold no example"):
        accuracy(network(), [])
