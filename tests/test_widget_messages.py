"""What Python tells the page, and how widgets begin."""

import numpy as np
import pytest

from helpers import KERNELS, ConvolutionExplorer


class Messages:
    """A comm that writes down what is sent to the page."""

    comm_id = "test"

    def __init__(self):
        self.sent = []

    def send(self, data=None, **_rest):
        self.sent.append(data["state"])

    def on_msg(self, _callback):
        pass

    def close(self):
        pass


def test_set_is_one_message_however_many_settings_it_has():
    explorer = ConvolutionExplorer()
    explorer.comm = comm = Messages()
    explorer.set(input=np.ones((3, 4, 4)), kernel=np.ones((2, 3, 3, 3)), bias=[1, 2])
    assert [set(state) & {"input", "kernel", "bias"} for state in comm.sent] == [{"input", "kernel", "bias"}]


def test_after_a_refusal_the_page_is_told_what_stands():
    explorer = ConvolutionExplorer()
    explorer.comm = comm = Messages()
    with pytest.raises(ValueError, match="a kernel of 6"):
        explorer.set_state({"kernel": np.ones((6, 6)).tolist(), "stride": 2})
    assert comm.sent[-1]["kernel"] == [[0, 1, 2], [2, 2, 0], [0, 1, 2]]
    assert comm.sent[-1]["stride"] == explorer.stride == 1


@pytest.mark.parametrize(("value", "large"), [("1", True), ("0", False), ("", False)])
def test_an_instructor_makes_all_widgets_large_from_the_start(monkeypatch, value, large):
    monkeypatch.setenv("COURSE_LARGE", value)
    assert ConvolutionExplorer().large is large
    assert ConvolutionExplorer(large=False).large is False


def test_the_classic_kernels_cannot_be_changed_for_everybody():
    with pytest.raises(TypeError):
        KERNELS["box blur"][0][0] = 5
    with pytest.raises(TypeError):
        KERNELS["mine"] = [[1]]
