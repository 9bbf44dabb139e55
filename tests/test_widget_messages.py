"""What Python tells the page, and how widgets begin."""

import numpy as np
import pytest

from helpers import KERNELS, AccuracyMap, ArchitectureDiagram, ConvolutionExplorer, EffectiveFieldExplorer
from helpers import ForecastExplorer, LandscapeExplorer, PoolingExplorer, ReceptiveFieldExplorer, ShiftExplorer
from helpers.widgets.field_cases import FIELD_CASES
from tests.architectures import SmallUNet
from tests.test_accuracy_map import measured
from tests.test_effective_field_explorer import PAIR, X
from tests.test_feature_map_explorer import explorer as feature_maps


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


def sent_by(widget, **settings):
    """The names that one call of `set` sends."""
    widget.comm = comm = Messages()
    widget.set(**settings)
    (state,) = comm.sent
    return set(state)


def diagram():
    return ArchitectureDiagram(SmallUNet(), (1, 32, 32))


def effective_fields():
    return EffectiveFieldExplorer(PAIR, X)


def landscapes():
    return LandscapeExplorer({"one": np.ones((5, 5)), "two": np.full((5, 5), 3)})


def forecasts():
    return ForecastExplorer({"one": np.ones((3, 4, 8))}, np.ones((3, 4, 8)))


def test_what_is_large_and_stays_does_not_travel_again():
    own = np.eye(8)
    assert sent_by(ShiftExplorer(), shift=(1, 2)) == {"shift"}
    assert sent_by(ShiftExplorer(), image=own, layers=["max_pool"]) == {"image", "_own", "layers"}
    assert sent_by(AccuracyMap(**measured()), digit=2, shift=(1, 1)) == {"digit", "shift"}
    stack = FIELD_CASES["ResNet-50"]["layers"]
    follows = {"layers", "image", "input_size", "unit"}  # the input is as large as its picture
    assert sent_by(ReceptiveFieldExplorer(), layers=stack, image="photo", unit=(0, 0)) == follows
    assert sent_by(ReceptiveFieldExplorer(), image=own, unit=(1, 2)) == follows - {"layers"} | {"_own"}
    assert sent_by(feature_maps(), layer="4", channel=3, cell=(0, 0)) == {"layer", "channel", "cell"}
    assert sent_by(effective_fields(), layer="0", side=3) == {"layer", "side"}
    assert sent_by(diagram(), input_size=64, selected="dec2") == {"input_size", "selected", "layer"}
    moved = {"position": (1, 2), "pinned": True, "camera": (0, 45)}
    assert sent_by(landscapes(), **moved) == set(moved)
    moved = {"lead": 1, "network": "persistence", "position": (1, 2), "pinned": True, "view_from": "globe"}
    assert sent_by(forecasts(), **moved) == set(moved)


def test_a_case_of_pooling_is_one_message():
    explorer = PoolingExplorer()
    changes = {"input": np.ones((3, 9, 9)), "kernel_size": 3, "padding": 1, "pooling": "average"}
    assert sent_by(explorer, **changes) == set(changes)


def accuracy_map():
    return AccuracyMap(**measured(), digit=0, shift=(0, 0))


REFUSED = [
    (PoolingExplorer, {"kernel_size": 9}, {"kernel_size": 2}),
    (PoolingExplorer, {"pooling": "median", "padding": 1}, {"pooling": "max", "padding": 0}),
    (ShiftExplorer, {"layers": ["conv", "max"]}, {"layers": ("conv",)}),
    (ShiftExplorer, {"shift": [0, 17]}, {"shift": (0, 5)}),
    (accuracy_map, {"digit": 3}, {"digit": 0}),
    (accuracy_map, {"shift": [0, 2]}, {"shift": (0, 0)}),
    (ReceptiveFieldExplorer, {"unit": [0, 32]}, {"unit": (16, 16)}),
    (ReceptiveFieldExplorer, {"layer": 5, "axis": "height"}, {"layer": 1, "axis": "width"}),
    (feature_maps, {"layer": "9", "filters": True}, {"layer": "0", "filters": False}),
    (effective_fields, {"side": 4}, {"side": 5}),
    (diagram, {"input_size": [3, 64, 64], "selected": "dec1"}, {"input_size": (1, 32, 32), "selected": "down1.0"}),
    (landscapes, {"position": [5, 0], "ceiling": 2}, {"position": (2, 2), "ceiling": None}),
    (forecasts, {"shift": 1, "lead": 1}, {"shift": 0, "lead": 2}),
    (landscapes, {"camera": [0, 0]}, {"camera": (-37, 28)}),
]


@pytest.mark.parametrize(
    ("make", "wrong", "stands"), REFUSED, ids=lambda value: "+".join(value) if isinstance(value, dict) else ""
)
def test_after_any_refusal_the_page_is_told_what_stands(make, wrong, stands):
    widget = make()
    widget.comm = comm = Messages()
    with pytest.raises(ValueError):
        widget.set_state(wrong)
    told = {name: tuple(v) if isinstance(v, list) else v for name, v in comm.sent[-1].items()}
    assert {name: told[name] for name in stands} == stands
    assert {name: getattr(widget, name) for name in stands} == stands


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
