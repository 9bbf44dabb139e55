"""What kernels make of an image: numbers, colours, and that nothing is cut off in silence."""

from pathlib import Path

import numpy as np
import pytest
import torch

import helpers
from helpers import plots
from helpers.plots import figure as ground
from helpers.plots.images import ABOVE, BELOW

from .test_plots import DIGIT, KERNELS, PHOTO, SOBEL


def results(figure):
    """The pictures that the kernels made, as matplotlib's images."""
    pictures = [image for axes in figure.axes for image in axes.images]
    shape = np.array(pictures[0].get_array().shape)
    return [p for p in pictures[1:] if (p.get_array().shape[:2] >= shape - 4).all()]


def colour_of(drawn, value):
    return np.round(255 * np.array(drawn.cmap(drawn.norm(value))[:3]))


def test_a_kernel_that_sums_to_one_makes_a_picture_with_colours_outside_of_0_to_1():
    image = np.zeros((9, 9))
    image[4, 4] = 1
    (drawn,) = results(plots.show_filters(image, {"sharpen": KERNELS["sharpen"]}))
    assert (drawn.norm.vmin, drawn.norm.vmax) == (-1, 5)
    # By hand, after the widgets' tableFor("picture"); 512 colours lie 6 / 511 apart.
    expected = {0.0: (0, 0, 0), 0.5: (128,) * 3, 1.0: (255,) * 3, -0.25: (20, 45, 148),
                -0.5: (40, 90, 255), -1.0: (40, 90, 255), 1.25: (255, 180, 110),
                1.5: (255, 120, 0), 5.0: (255, 120, 0)}
    for value, colour in expected.items():
        step = 6 if 0 < value < 1 or value in (-0.25, 1.25) else 3
        assert abs(colour_of(drawn, value) - colour).max() <= step, value


def test_the_colours_outside_of_a_picture_are_those_of_the_widgets():
    script = Path(helpers.__file__).parent / "widgets" / "js" / "colors.js"
    for name, colour in {"BELOW": BELOW, "ABOVE": ABOVE}.items():
        assert f"export const {name} = {list(colour)};" in script.read_text("utf-8")


def test_a_picture_that_stays_within_0_to_1_is_grey_from_0_to_1():
    image = 0.5 + 0.1 * np.sin(np.arange(400.0)).reshape(20, 20)
    figure = plots.show_filters(image, {"blur": KERNELS["blur"], "identity": [[1]]})
    for drawn in [figure.axes[0].images[0], *results(figure)]:
        assert drawn.get_clim() == (0, 1)
        assert (colour_of(drawn, 0) == 0).all() and (colour_of(drawn, 1) == 255).all()
    assert "grey from 0 to 1, blue below 0 and orange above 1" in figure.alt


def test_rounding_does_not_colour_black_and_white():
    image = np.repeat([[0.0, 1.0]], 8, axis=1).T @ np.ones((1, 9))
    (drawn,) = results(plots.show_filters(image, {"blur": np.full((3, 3), 1 / 9 + 1e-14)}))
    assert len({*colour_of(drawn, drawn.get_array().max())}) == 1


def test_a_field_is_filtered_on_its_own_scale():
    figure = plots.show_filters(300 + DIGIT, {"blur": KERNELS["blur"]})
    (blurred,) = results(figure)
    assert blurred.get_clim() == (blurred.get_array().min(), blurred.get_array().max())
    low, high = results(plots.show_filters(DIGIT - 8, {"blur": KERNELS["blur"]}))[0].get_clim()
    assert low == -high < 0


def test_what_lies_beyond_a_colour_bar_is_said_beside_it():
    grey = PHOTO[..., 0] / 255
    figure = plots.show_filters(grey, {"Sobel": SOBEL})
    (drawn,) = results(figure)
    values = abs(drawn.get_array())
    assert 0 < (values > drawn.get_clim()[1]).mean() < 0.011
    bars = [axes for axes in figure.axes if axes.get_xlabel() == "1 % lie beyond"]
    assert len(bars) == 1 and drawn.colorbar.extend == "both"
    assert "strongest 1 %" in figure.alt
    figure = plots.show_filters(grey[:20, :20], {"Sobel": SOBEL})  # too few to leave any out
    (drawn,) = results(figure)
    assert drawn.get_clim()[1] == abs(drawn.get_array()).max()
    assert drawn.colorbar.extend == "neither" and "1 %" not in figure.alt
    assert not [axes for axes in figure.axes if axes.get_xlabel()]


def test_a_filter_s_picture_is_the_correlation_of_pytorch():
    grey = PHOTO[..., 0] / 255
    figure = plots.show_filters(grey, {"Sobel": SOBEL})
    (drawn,) = results(figure)
    shown = drawn.get_array()
    x, kernel = torch.tensor(grey)[None, None], torch.tensor(SOBEL)[None, None]
    assert np.allclose(shown, torch.nn.functional.conv2d(x, kernel)[0, 0])


def test_negative_results_of_filters_stay_visible():
    image = np.zeros((9, 9))
    image[4, 4] = 1
    figure = plots.show_filters(image, {"sharpen": KERNELS["sharpen"], "Sobel": SOBEL})
    sharpen, sobel = results(figure)
    for drawn in (sharpen, sobel):
        low, high = drawn.get_clim()
        assert low <= drawn.get_array().min() and high >= drawn.get_array().max()
        red, _, blue, _ = drawn.cmap(drawn.norm(drawn.get_array().min()))
        assert blue > red + 0.2  # negative is blue, not black
    assert sharpen.cmap(sharpen.norm(0))[:3] == pytest.approx((0, 0, 0), abs=0.02)


@pytest.mark.parametrize("values", [DIGIT, DIGIT - 8.0, -1.0 - DIGIT, 1e6 * (DIGIT - 3.0)])
@pytest.mark.parametrize("signed", [None, True, False])
def test_no_other_picture_cuts_values_off(values, signed):
    values[0, 0] = 999  # one glaring pixel
    figures = [plots.show_images(values), plots.show_images(values, 2 * values, same_scale=True),
               plots.show_field(values, signed=signed)]
    for figure in figures:
        for axes in figure.axes:
            for drawn in [*axes.images, *axes.collections]:
                if drawn.get_array() is not None and drawn.get_array().size == 64:
                    low, high = drawn.get_clim()
                    assert low <= drawn.get_array().min() <= drawn.get_array().max() <= high
    _, norm = ground.colour_scale(values, "input", signed)  # cells
    assert norm.vmin <= values.min() and values.max() <= norm.vmax
