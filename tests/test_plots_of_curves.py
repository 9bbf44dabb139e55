"""Curves: their ticks, bands, steps, and where they cross."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from helpers import plots


def tick_texts(figure):
    FigureCanvasAgg(figure).draw()
    axis = figure.axes[0].xaxis
    inside = [t for t in axis.get_major_ticks() if t.get_loc() <= max(figure.axes[0].get_xlim())]
    return [tick.label1.get_text() for tick in inside], len(axis.get_minor_ticks())


def test_a_few_points_on_a_logarithmic_axis_are_its_ticks():
    x = [3, 7, 15, 31, 63]
    figure = plots.show_curves({"a": x}, x, log="xy")
    assert tick_texts(figure) == (["3", "7", "15", "31", "63"], 0)


@pytest.mark.parametrize("x", [np.arange(1, 30), [1, 100, 101, 1000]])
def test_many_or_crowded_points_on_a_logarithmic_axis_get_round_ticks(x):
    labels, _ = tick_texts(plots.show_curves({"a": x}, x, log="x"))
    assert {"2", "5", "10"} <= set(labels) and "101" not in labels


def test_whole_numbers_have_whole_ticks():
    axes = plots.show_curves({"share": [0.1, 0.3, 0.4, 0.7]}).axes[0]
    assert set(axes.get_xticks()) >= {0, 1, 2, 3} and all(t == round(t) for t in axes.get_xticks())
    halves = plots.show_curves({"share": [0.1, 0.3, 0.4]}, x=[0, 0.5, 1]).axes[0].get_xticks()
    assert any(t != round(t) for t in halves)


def test_steps_jump_between_two_points_and_curves_do_not():
    jump, slope = (plots.show_curves({"y": [1, 1, 5]}, steps=steps).axes[0].lines[0].get_path()
                   for steps in (True, False))
    assert [jump.vertices[jump.vertices[:, 1] == y, 0].tolist() for y in (1, 5)] == [
        [0, 0.5, 0.5, 1.5], [1.5, 2]]
    assert slope.vertices.tolist() == [[0, 1], [1, 1], [2, 5]]


def test_the_crossover_is_marked_where_the_curves_meet():
    x = np.array([1, 10, 100])
    figure = plots.show_curves({"a": x**2, "b": x * 20}, x=x, log="xy", crossover=True)
    assert "a and b cross at 20." in figure.alt  # x² = 20 x, straight lines on log axes
    assert "equal at 20" in [text.get_text() for text in figure.axes[0].texts]
    figure = plots.show_curves({"a": [1, 2], "b": [3, 4]}, crossover=True)
    assert "a and b do not cross" in figure.alt


def test_several_runs_give_their_mean_and_a_band():
    axes = plots.show_curves({"loss": [[1, 3], [3, 5]]}).axes[0]
    assert axes.lines[0].get_ydata().tolist() == [2, 4]
    vertices = axes.collections[0].get_paths()[0].vertices
    assert vertices[:, 1].min() == 1 and vertices[:, 1].max() == 5
