"""LearnedKernel from Python: a run that belongs together, and what is refused."""

import numpy as np
import pytest

from helpers.widgets import LearnedKernel
from tests.test_widgets import nothing_stays, refused  # noqa: F401 (the first is a fixture)

RUN = dict(kernels=np.arange(20.0).reshape(5, 2, 2), losses=[5, 4, 3, 2, 0], target=np.ones((2, 2)), image=np.ones((9, 7)))


def test_a_run_shows_the_kernel_of_its_step():
    run = LearnedKernel(**RUN, step=3)
    assert run.kernel.tolist() == [[12, 13], [14, 15]]
    assert repr(run) == "LearnedKernel: step 3 of 4, loss 2."
    run.step = 4
    assert run.kernel.tolist() == [[16, 17], [18, 19]]


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (dict(step=5), "LearnedKernel: steps go from 0 to 4, got 5."),
        (dict(step=-1), "should not be less than 0"),
        (dict(losses=[1, 2]), "LearnedKernel: 5 kernels need as many losses, got 2."),
        (dict(losses=[1, 2, 3, 4, -5]), "LearnedKernel: losses stand on a logarithmic axis and can't be negative, got -5."),
        (dict(losses=[1, 2, 3, 4, np.nan]), "LearnedKernel.losses: every number must be finite, got nan."),
        (dict(target=np.ones((3, 3))), "LearnedKernel: kernels (5, 2, 2) must be (steps, kh, kw) with (kh, kw) of the target, (3, 3)."),
        (dict(kernels=np.ones((2, 2))), "LearnedKernel.kernels: expected 3 dimensions with at least one number, got shape (2, 2)."),
        (dict(kernels=np.ones((4, 2, 2))), "4 kernels need as many losses, got 5."),
        (dict(image=np.ones((257, 9))), "LearnedKernel: an image of at most 256×256, got (257, 9)."),
        (dict(image=np.ones((9, 9, 3))), "LearnedKernel.image: expected 2 dimensions"),
    ],
)  # fmt: skip
def test_a_run_that_does_not_belong_together_is_refused(settings, text):
    assert text in refused(LearnedKernel(**RUN, step=2), **settings)
    with pytest.raises(ValueError):
        LearnedKernel(**RUN | settings)
