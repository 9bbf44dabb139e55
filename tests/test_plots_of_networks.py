"""Curves of several trainings, bars, and the chart of the ImageNet challenge."""

import pytest

from helpers import show_bars, show_histories, show_imagenet_history
from helpers.plots.imagenet import HUMAN, IMAGENET
from helpers.training import History

LONG = History([2.0, 0.2, 0.02], [1.0, 0.5, 0.25], [0.5, 0.8, 0.9])
SHORT = History([3.0], [2.0], [0.25])


def test_several_histories_share_their_panels():
    losses, accuracies = show_histories({"long": LONG, "short": SHORT}).axes
    assert [list(line.get_ydata()) for line in losses.lines] == [LONG.loss, SHORT.loss]
    assert [list(line.get_ydata()) for line in accuracies.lines] == [[0.5, 0.8, 0.9], [0.25]]
    assert losses.get_yscale() == "log" and losses.get_xlim() == (1, 3)
    assert [text.get_text() for text in accuracies.get_legend().get_texts()] == ["long", "short"]


def test_without_validation_there_is_one_panel():
    (axes,) = show_histories({"a": History([1.0, 0.0])}, epochs=9).axes
    assert axes.get_yscale() == "linear" and axes.get_xlim() == (1, 9)


def test_histories_in_words():
    assert show_histories({"long": LONG, "short": SHORT}).alt == (
        "Training loss over up to 3 epochs: long from 2 to 0.02, short from 3 to 3."
        " Validation accuracy at the end: long 0.9, short 0.25."
    )


def test_histories_that_cannot_be_drawn_are_refused():
    with pytest.raises(ValueError, match="no epoch was finished"):
        show_histories({"long": LONG, "empty": History()})
    with pytest.raises(ValueError, match="no style for 8; by default 8 curves .* for all 9"):
        show_histories({str(n): SHORT for n in range(9)})
    with pytest.raises(ValueError, match="no style for a; by default"):
        show_histories({"a": SHORT}, styles={"b": ("black", "-")})


def heights(axes):
    return [bar.get_height() for bar in axes.patches]


def test_bars_have_panels_lines_and_a_level_of_chance():
    panels = {"plain": {"a": 0.1, "b": 0.3}, "residual": {"a": 0.8, "b": 0.7, "c": 0.9}}
    figure = show_bars(panels, {"plain": 0.95, "residual": 0.9}, 0.1, ylabel="accuracy")
    plain, residual = figure.axes
    assert heights(plain) == [0.1, 0.3] and heights(residual) == [0.8, 0.7, 0.9]
    assert [tick.get_text() for tick in residual.get_xticklabels()] == ["a", "b", "c"]
    assert [line.get_ydata()[0] for line in plain.lines] == [0.95, 0.1]
    assert plain.get_ylim() == residual.get_ylim() == (0, 1)
    assert figure.alt == (
        "accuracy. plain: 2 bars from 0.1 to 0.3, the whole 0.95; residual: 3 bars from 0.7 to 0.9,"
        " the whole 0.9. Guessing: 0.1."
    )


def test_bars_need_something_to_draw():
    with pytest.raises(ValueError, match="nothing to draw"):
        show_bars({"plain": {}})


def test_the_challenge_in_numbers_as_published():
    """Russakovsky et al. 2015 (2012–2014), He et al. 2015; depths as the papers count them."""
    published = {"AlexNet": (8, 16.4), "Clarifai": (8, 11.7), "VGG": (19, 7.3),
                 "GoogLeNet": (22, 6.7), "ResNet": (152, 3.57)}  # fmt: skip
    assert {e.name: (e.depth, e.error) for e in IMAGENET} == published and HUMAN == 5.1
    figure = show_imagenet_history()
    depths, errors = figure.axes
    assert heights(depths) == [8, 8, 19, 22, 152]
    assert heights(errors) == [16.4, 11.7, 7.3, 6.7, 3.57]
    assert "ResNet (2015): 152 layers, 3.57 %" in figure.alt
