"""Several settings in one step, one of them illegal: every widget stays as it was, and says so."""

import itertools

import numpy as np
import pytest
from ipywidgets.widgets.widget import _remove_buffers

from torch import nn

from helpers import widgets
from helpers.widgets.base import SettingError
from tests.random_settings import one_thread  # noqa: F401 (a fixture)
from tests.test_accuracy_map import measured
from tests.test_effective_field_explorer import PAIR, X
from tests.test_feature_map_explorer import images, network
from tests.test_widgets import nothing_stays  # noqa: F401 (a fixture)

CELL = {"grid": "output", "channel": 0, "cell": [1, 1]}
LOST = {"grid": "output", "channel": 0, "cell": [40, 1]}
FLAG = [True, False], ["perhaps"]
ROLLED = np.stack([np.arange(48.0).reshape(3, 4, 4)] * 3)
PLACE = [(0, 0), (1, 1)], [(40, 0), -1, "first", None]
MODE = ["circular", "reflect"], ["mirror", ["zeros"], np.ones(2)]

# Two settings of which one may make legal what the other could not have by itself.
HELPS = {
    "ArchitectureDiagram": [{"layer", "selected"}, {"name", "selected"}, {"layer", "name"}],
    "ArithmeticExplorer": [
        {"dilation", "input_size"}, {"dilation", "kernel_size"}, {"dilation", "padding"},
        {"dilation", "transposed"}, {"input_size", "kernel_size"}, {"kernel_size", "padding"},
        {"kernel_size", "transposed"}, {"transposed", "view"},
    ],
    "ChannelExplorer": [{"pinned", "separable"}],
    "ConvolutionExplorer": [
        {"dilation", "input"}, {"dilation", "kernel"}, {"dilation", "padding"},
        {"input", "kernel"}, {"input", "padding"}, {"kernel", "padding"},
    ],
    "FeatureMapExplorer": [{"cell", "layer"}, {"channel", "layer"}],
    "LearnedKernel": [{"kernels", "target"}],
    "PoolingExplorer": [
        {"ceil_mode", "input"}, {"ceil_mode", "kernel_size"}, {"input", "padding"},
        {"kernel_size", "padding"},
    ],
    "ReceptiveFieldExplorer": [{"image", "layers"}, {"image", "unit"}, {"layer", "layers"}],
    "ResidualExplorer": [{"blocks", "position"}, {"pinned", "stride"}, {"skip", "stride"}],
    "ShiftExplorer": [{"after", "layers"}, {"image", "layers"}],
    "UNetExplorer": [{"depth", "pixel"}, {"input_size", "pixel"}, {"padding", "padding_mode"}, {"padding", "pixel"}],
}  # fmt: skip


def ones(*shape):
    return np.ones(shape).tolist()


def two_networks():
    """Both with a stage 1, a head, and a convolution "0"."""
    def network(*more):
        return nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), *more, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))

    return {"one": network(nn.ReLU(), nn.MaxPool2d(2)), "other": network()}


def changed(name, change):
    value = measured()[name]
    return {network: change(array) for network, array in value.items()}


# Widget → (settings to begin with, {setting: (legal values, illegal values)}).
SETTINGS = {
    "AccuracyMap": (measured(), {
        "accuracy": ([changed("accuracy", lambda a: a / 2)],
                     [0.5, {}, changed("accuracy", lambda a: a * 2)]),
        "images": ([np.ones((3, 4, 4))], [ones(2, 4, 4), "digits", None]),
        "labels": ([[1, 2, 3]], [[1, 2], [1, 2, 10], ["a"]]),
        "scores": ([measured()["scores"]], [1, changed("scores", lambda p: p[:1])]),
        "digit": ([1, 2], [3, -1, True, "7", None]),
        "shift": ([(1, 1)], [(0, 2), 1, (True, 0), None, "up"]),
    }),
    "ArchitectureDiagram": ({"model": two_networks(), "input_size": (3, 32, 32), "selected": "stage 1"}, {
        "name": (["other"], ["none", 0, None]),
        "input_size": ([64, (40, 30), (3, 9, 9)], [0, (1, 32, 32), "32", None, 5000]),
        "selected": (["0", "head", None], ["layer9", 3]),
        "layer": (["2", None], ["4", 7]),
    }),
    "ArithmeticExplorer": ({}, {
        "input_size": ([7, (4, 6)], [0, 13, "5", None]),
        "kernel_size": ([2, (1, 3)], [0, 7, 8]),
        "stride": ([2, (1, 2)], [0, 5, None]),
        "padding": ([1, (2, 0)], [-1, 7, "same"]),
        "dilation": ([2], [3, 0]),
        "output_padding": ([0], [1, -1]),
        "padding_mode": MODE,
        "transposed": FLAG,
        "values": (["ones"], ["twos"]),
        "view": (["matrix"], ["stretch", "wiring"]),
        "position": PLACE,
        "pinned": ([{"grid": "input", "cell": [4, 4]}],
                   [{"grid": "output", "cell": [9, 9]}, {}, 3]),
        "building": FLAG, "apart": FLAG, "hide": FLAG,
        "wanted": ([3, None], [0, 33, "all"]),
        "fixed": ([["stride"]], [["size"], 3]),
    }),
    "ChannelExplorer": ({}, {
        "in_channels": ([4, 16], [0, 17, "8"]),
        "out_channels": ([4], [0, 17, None]),
        "groups": ([2, 8], [3, 0]),
        "kernel_size": ([(1, 3)], [8, 0]),
        "output_size": ([7], [257, 0]),
        "separable": FLAG,
        "pinned": ([{"output": 3}], [{"output": 8}, {"middle": 1}, {}, 3]),
    }),
    "ConvolutionExplorer": ({}, {
        "input": ([ones(7, 7)], [ones(2, 2), ones(3, 5, 5), [[1], [1, 2]], None]),
        "kernel": ([ones(2, 2)], [ones(7, 7), ones(1, 2, 3, 3), "Sobel"]),
        "bias": ([1], [[1, 2], float("inf")]),
        "stride": ([2], [0, None]),
        "padding": ([1, (2, 0)], [17, -1]),
        "dilation": ([2], [3, 0]),
        "padding_mode": MODE,
        "operation": (["convolution"], ["correlation"]),
        "view": (["matrix"], ["list"]),
        "position": PLACE,
        "filter": ([0], [1, -1, None]),
        "pinned": ([CELL], [LOST, {}, 3]),
    }),
    "EffectiveFieldExplorer": ({"models": PAIR, "x": X}, {
        "layer": (["0"], ["2", 0, None]),
        "logarithmic": FLAG,
        "side": ([1, 21], [2, 23, -1, "5", None]),
    }),
    "FeatureMapExplorer": ({"model": network(), "images": images(), "layer": "3"}, {
        "layer": (["0", "4"], ["1", 0, None]),
        "image": ([1], [2, -1, True, "first"]),
        "channel": ([3], [5, -1, None]),
        "cell": ([(2, 1), (4, 5)], [(5, 0), -1, "first", None]),
        "order": (["mean"], ["name"]),
        "same_scale": FLAG, "filters": FLAG,
    }),
    "ForecastExplorer": ({"forecasts": {"one": ROLLED[:2], "two": ROLLED[1:]}, "truth": ROLLED[0], "shifts": [0, 2]}, {
        "network": (["two", "persistence"], ["three", None]),
        "lead": ([0, 1], [3, -1, True, "last"]),
        "shift": ([2, 0, 6], [1, "east", None, True, 0.5]),
        "view_from": (["globe"], ["space", None, 1]),
        "position": ([(3, 3), (0, 0)], [(4, 0), (0, 4), -1, (True, 0), "centre", None]),
        "pinned": FLAG,
    }),
    "ImageFilter": ({"image": "handwritten digit"}, {
        "image": ([np.eye(9), "weather: height"], ["cat", None, np.eye(3)]),
        "kernel": ([ones(2, 2)], [ones(8, 8), 1]),
        "grey": FLAG,
        "padding_mode": MODE,
        "shown": (["signed"], ["none"]),
        "compare": FLAG,
        "split": ([0.25], [2, None]),
        "position": ([(3, 3), (99, 0)], [-1, "first"]),
    }),
    "LandscapeExplorer": ({"landscapes": {"one": np.ones((5, 7)), "two": np.full((5, 7), 3)}}, {
        "view": (["contours", "cut"], ["map", None, 1]),
        "logarithmic": FLAG,
        "ceiling": ([2, 1.5, None], [1, 0, float("inf"), "none", True]),
        "camera": ([(0, 90), [-120.5, 5]], [(0, 91), (0,), (float("nan"), 30), 30, None]),
        "position": ([(4, 6), (0, 0)], [(5, 0), (0, 7), -1, (True, 0), "centre", None]),
        "pinned": FLAG,
        "along": (["direction 2"], ["direction 3", 1]),
    }),
    "LayerTable": ({}, {
        "layers": ([[{"type": "ReLU"}], []], [[{"type": "Conv"}], 3, [{"type": "Conv2d"}]]),
        "input_size": ([(3, 8, 8)], [(3, 8), 0, None]),
        "position": ([1, 11], [12, -1, "first"]),
    }),
    "LearnedKernel": (dict(kernels=ones(3, 2, 2), losses=[3, 2, 1], target=ones(2, 2), step=1), {
        "kernels": ([ones(3, 2, 2)], [ones(1, 2, 2), ones(3, 3, 3), None]),
        "losses": ([[1, 1, 1]], [[1], [-1, 1, 1]]),
        "target": ([[[1, 2], [3, 4]]], [ones(3, 3), "Sobel"]),
        "image": ([ones(9, 9)], [ones(257, 3), 1]),
        "step": ([2], [3, -1, "last"]),
    }),
    "PoolingExplorer": ({"input": np.ones((2, 8, 8)), "channel": 1}, {
        "input": ([ones(5, 5), ones(2, 7, 7)], [ones(13, 2), ones(1, 1), "digit"]),
        "pooling": (["median", "average"], ["sum", ["max"], np.ones(2)]),
        "kernel_size": ([3, (2, 4)], [9, 13, 0]),
        "stride": ([1, None], [13, 0]),
        "padding": ([1], [3, -1]),
        "ceil_mode": FLAG, "count_include_pad": FLAG, "wrap": FLAG,
        "shift": ([(-1, 1)], [(0, 2), 1, (0.5, 0), "up", None]),
        "entering": ([2], [float("nan"), "one"]),
        "position": PLACE,
        "channel": ([0], [2, True, None]),
        "pinned": ([CELL, CELL | {"cell": [3, 3]}], [LOST, {}, 3]),
    }),
    "ReceptiveFieldExplorer": ({"layer": 0}, {
        "layers": ([[{"type": "pool", "kernel_size": 2}], [{"type": "conv", "kernel_size": 3}] * 3],
                   [[{"type": "pool", "kernel_size": 40}], [{"type": "ReLU"}], [], 3, None]),
        "image": (["photo", np.eye(9)], ["cat", None, np.eye(7)]),
        "input_size": ([(32, 32)], [7, 513, 64, "8", None]),
        "layer": ([1, None], [2, -1, True, "last"]),
        "unit": ([(31, 0), None], [(32, 0), (0, -1), 3, "middle"]),
        "axis": (["height"], ["depth"]),
    }),
    "ResidualExplorer": ({"stride": 2, "skip": "projection", "part": "conv2"}, {
        "block": (["bottleneck"], ["wide", None]),
        "skip": (["none"], ["identity", "sum"]),
        "norm": FLAG, "activation": FLAG,
        "order": (["pre-activation"], ["reversed"]),
        "in_channels": ([32], [0, 5000, "64", True]),
        "out_channels": ([128], [0, None]),
        "stride": ([1], [0, 3, 2.0]),
        "input_size": ([7, (28, 14)], [0, 2000, "all"]),
        "view": (["signal", "depth"], ["table"]),
        "part": (["add", "downsample.0", None], ["conv4", 1]),
        "input": ([ones(3, 6)], [ones(2, 3), ones(7, 3), ones(1, 4, 4), "x"]),
        "pinned": ([(0, 1), None], [(2, 0), -1, "first"]),
        "step": ([19, None], [60, -1, True]),
        "blocks": ([50], [0, 51, None]),
        "scale": ([0.1, 2], [0.0, 2.1, "small"]),
        "seed": ([7], [-1, 2**32, None]),
        "position": ([20, 3], [21, -1, None]),
    }),
    "ShiftExplorer": ({"layers": ["conv", "relu"], "after": 2}, {
        "image": (["photo", np.eye(9)], ["cat", None, np.eye(7)]),
        "layers": (["max_pool", ["conv"] * 6, ["max_pool"] * 4],
                   [["foo"], 3, [], "c", [["conv"]], ["conv"] * 7, ["max_pool"] * 6, None]),
        "kernel": ([ones(5, 5)], [ones(2, 2), ones(7, 7), 1]),
        "padding_mode": MODE,
        "transform": (["rotate"], ["turn"]),
        "shift": ([(0, -16)], [(0, 17), 3, None]),
        "angle": ([90], [181, float("nan"), "right"]),
        "factor": ([2], [0, None]),
        "wrap": FLAG,
        "after": ([1, None], [3, 0, True, "last"]),
    }),
    "UNetExplorer": ({"depth": 2, "width": 8, "padding": "same", "input_size": 16, "selected": "skip.1"}, {
        "in_channels": ([3], [0, 65, "1", True, None]),
        "out_channels": ([1], [0, 65, 2.0]),
        "depth": ([1, 5], [0, 6, None]),
        "width": ([64], [0, 65, "wide"]),
        "skip": FLAG, "norm": FLAG,
        "padding": (["valid"], ["full", None]),
        "padding_mode": (["reflect", ("replicate", "circular")], ["mirror", ("zeros",) * 3, 3]),
        "up": (["resize"], ["stamp", 1]),
        "input_size": ([17, (32, 64)], [0, 2049, (8, 8, 8), "16", None]),
        "selected": (["bottom", None], ["encoder.9", 3]),
        "pixel": ([(0, 15), None], [(0, 16), -1, "middle"]),
    }),
}  # fmt: skip


def state(widget):
    return widget.get_state([name for name in widget.keys if name != "_gallery"])


class Watched:
    """A widget of this kind, and what it sends to the page."""

    def __init__(self, kind):
        begin, traits = SETTINGS[kind]
        self.widget, self.traits = getattr(widgets, kind)(**begin), {**traits, "large": FLAG}
        self.sent = []
        self.widget.comm.send = lambda data, **_rest: self.sent.append(data)
        self.before = self.state()

    def state(self):
        return self.widget.get_state([name for name in self.widget.keys if name != "_gallery"])

    def refuses(self, settings, how="set"):
        """Whether the widget refuses them; if so, all is as before, and the page has heard so."""
        self.sent.clear()
        try:
            if how == "set":
                self.widget.set(**settings)
            else:
                self.widget.set_state({name: as_json(value) for name, value in settings.items()})
        except SettingError as error:
            assert str(error) and self.state() == self.before, (settings, error)
            told = [data["state"] for data in self.sent if data["method"] == "update"]
            stands, *_buffers = _remove_buffers({name: self.before[name] for name in settings})
            assert told == ([] if how == "set" else [stands]), settings
            return True
        assert repr(self.widget)
        return False


def as_json(value):
    if isinstance(value, dict):
        return {name: as_json(part) for name, part in value.items()}
    return value.tolist() if isinstance(value, np.ndarray) else value


def test_every_setting_of_every_widget_is_here():
    assert set(SETTINGS) == set(widgets.__all__)
    for kind in SETTINGS:
        watched = Watched(kind)
        public = {name for name in watched.widget.keys if name[0] != "_"}
        assert public == set(watched.traits) | {"layout", "tabbable", "tooltip"}, kind


@pytest.mark.parametrize("kind", SETTINGS)
def test_each_legal_value_is_taken_by_itself_and_no_illegal_one(kind):
    watched = Watched(kind)
    for name, (legal, illegal) in watched.traits.items():
        for value in illegal:
            assert watched.refuses({name: value}), (name, value)
        for value in legal:
            assert not Watched(kind).refuses({name: value}), (name, value)


@pytest.mark.parametrize("how", ["set", "set_state"])
@pytest.mark.parametrize("kind", SETTINGS)
def test_of_two_settings_with_an_illegal_one_neither_is_changed(kind, how):
    watched = Watched(kind)
    for first, second in itertools.permutations(watched.traits, 2):
        (legal, illegal), (others, wrong) = watched.traits[first], watched.traits[second]
        pairs = [*itertools.product(illegal, [*others, *wrong]), *itertools.product(legal, wrong)]
        for one, other in pairs:
            if not watched.refuses({first: one, second: other}, how):
                assert {first, second} in HELPS.get(kind, []), (first, one, second, other)
                watched.widget.close()
                watched = Watched(kind)
