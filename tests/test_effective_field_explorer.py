"""EffectiveFieldExplorer from Python: its fields, boxes and shares, what travels, and what is refused."""

import numpy as np
import pytest
import torch
from torch import nn

from helpers.widgets import EffectiveFieldExplorer
from tests.test_widgets import nothing_stays, refused  # noqa: F401 (the first is a fixture)


def boxes(layers):
    """3×3 kernels of ones, one after the other."""
    model = nn.Sequential(*[nn.Conv2d(1, 1, 3, padding=1, bias=False) for _ in range(layers)])
    for layer in model:
        nn.init.ones_(layer.weight)
    return model


def point():
    """Two 3×3 kernels of which only the middles count."""
    model = boxes(2)
    for layer in model:
        layer.weight.data[..., [0, 0, 1, 1, 2, 2], [0, 2, 0, 2, 0, 1]] = 0
        layer.weight.data[:] *= torch.tensor([[0.0, 0, 0], [0, 1, 0], [0, 0, 0]])
    return model


X = torch.ones(2, 1, 9, 11)
PAIR = {"before": boxes(2), "after": point()}
PATHS = np.outer([1, 4, 9, 4, 1], [1, 4, 9, 4, 1]) / 19**2  # squared numbers of paths


def test_it_begins_with_the_last_layer_and_a_square_as_large_as_the_theoretical_field():
    shown = EffectiveFieldExplorer(PAIR, X)
    assert (shown.layer, shown.side, shown.logarithmic) == ("1", 5, False)
    np.testing.assert_allclose(shown.fields["before"][2:7, 3:8], PATHS, rtol=1e-5)
    assert shown.fields["after"][4, 5] == 1
    assert shown.boxes == {"before": ((2, 6), (3, 7)), "after": ((2, 6), (3, 7))}
    assert shown.share(3) == pytest.approx({"before": (17 / 19) ** 2, "after": 1})
    assert shown.share() == pytest.approx({"before": 1, "after": 1})
    shown.set(layer="0", side=1)
    assert shown.share() == pytest.approx({"before": 1 / 9, "after": 1})
    assert shown.boxes["after"] == ((3, 5), (4, 6))
    assert shown.sentence() == (
        "EffectiveFieldExplorer: layer 0, a square of 1×1 pixels holds 11% before, 100% after."
    )


def test_boxes_may_reach_beyond_the_input_and_may_be_unknown():
    assert EffectiveFieldExplorer(boxes(6), X).boxes == {"Sequential": ((-2, 10), (-1, 11))}

    class Gate(nn.Module):
        def forward(self, x):
            return x * torch.softmax(x.flatten(2) @ x.flatten(2).mT, -1).mean()

    shown = EffectiveFieldExplorer(nn.Sequential(boxes(1), Gate()), X, layers=["1"])
    assert shown.boxes == {"Sequential": None}
    shown.share()  # around the centre of mass
    assert shown.side == 11  # the input is 9×11


def test_the_square_does_not_give_away_how_much_less_is_enough():
    assert EffectiveFieldExplorer({"after": point()}, X).side == 5  # one pixel would do
    assert EffectiveFieldExplorer(boxes(5), X).side == 11
    assert EffectiveFieldExplorer(boxes(6), X).side == 11  # 13, larger than the input
    assert EffectiveFieldExplorer(nn.Sequential(nn.Conv2d(1, 1, (4, 2))), X).side == 5


def test_a_box_that_wraps_goes_around_the_edge():
    around = nn.Sequential(nn.Conv2d(1, 1, (3, 7), padding=(1, 3), padding_mode="circular"))
    for size, goes in ((9, False), (5, True)):
        shown = EffectiveFieldExplorer(around, torch.ones(1, 1, 9, size))
        assert shown.get_state()["_packed"]["around"] == [[goes]]
    assert EffectiveFieldExplorer(boxes(6), X).get_state()["_packed"]["around"] == [[False] * 6]


def test_fields_travel_once_as_float32_model_by_model_and_layer_by_layer():
    shown = EffectiveFieldExplorer(PAIR, X)
    sent = shown.get_state()["_packed"]
    assert (sent["names"], sent["layers"], sent["size"]) == (["before", "after"], ["0", "1"], [9, 11])
    assert sent["centres"] == [[(4, 5)] * 2] * 2 and sent["boxes"][0][1] == ((2, 6), (3, 7))
    fields = np.frombuffer(sent["data"], np.float32).reshape(2, 2, 9, 11)
    np.testing.assert_allclose(fields[0, 1, 2:7, 3:8], PATHS, rtol=1e-5)
    np.testing.assert_allclose(fields[0, 0, 3:6, 4:7], np.full((3, 3), 1 / 9), rtol=1e-5)


def test_reset_brings_back_layer_scale_and_square():
    shown = EffectiveFieldExplorer(PAIR, X, layer="0", logarithmic=True)
    assert shown.side == 3
    shown.set_state({"layer": "1", "logarithmic": False, "side": 7})
    assert (shown.layer, shown.logarithmic, shown.side) == ("1", False, 7)
    shown.set_state(shown._initial)
    assert (shown.layer, shown.logarithmic, shown.side) == ("0", True, 3)


def test_of_many_convolutions_twelve_are_chosen_the_first_and_the_last_among_them():
    layers = EffectiveFieldExplorer(boxes(30), torch.ones(1, 1, 5, 5))._packed["layers"]
    assert len(layers) == 12 and (layers[0], layers[-1]) == ("0", "29")


def test_settings_that_are_not_there_are_refused():
    shown = EffectiveFieldExplorer(PAIR, X)
    assert "there is no '2'. Use one of ['0', '1']." in refused(shown, layer="2")
    for side in (0, 4, -1, 23):
        assert f"an odd number from 1 to 21, got {side}." in refused(shown, side=side)


@pytest.mark.parametrize(
    ("models", "x", "layers", "text"),
    [
        ({}, X, None, "a dict of 1 to 3 models by name.*got 0 of them"),
        ({str(n): boxes(1) for n in range(4)}, X, None, "got 4 of them"),
        ([boxes(1)], X, None, "got a list"),
        ({"a": boxes(2), "b": boxes(1)}, X, ["1"], "layer '1' is not in every model"),
        (boxes(1), X, [], "0 layers were found or given. Give the names of 1 to 12"),
        (nn.ReLU(), X, None, "0 layers were found or given"),
        ({"a": "no model"}, X, ["1"], "layer '1' is not in every model"),
        (nn.Conv1d(1, 1, 3), torch.ones(1, 1, 9), [""], r"x must be images \(N, C, H, W\)"),
        (boxes(1), X[0, 0], None, r"its shape is \(9, 11\). A grey image"),
        (boxes(1), torch.zeros(1, 1, 2048, 2049), None, "4,196,352 numbers for the page, more than"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_the_repair(models, x, layers, text):
    with pytest.raises(ValueError, match=text):
        EffectiveFieldExplorer(models, x, layers)
