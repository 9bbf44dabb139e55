"""The pictures: what they show, their alt text, and what they refuse."""

import base64
import io
import re
import subprocess
import sys

import numpy as np
import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from PIL import Image

from helpers import plots
from helpers.plots import figure as ground

DIGIT = np.random.default_rng(0).integers(0, 17, (8, 8))
PHOTO = np.random.default_rng(1).integers(0, 256, (60, 80, 3)).astype(np.uint8)
SOBEL = np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
KERNELS = {"identity": [[0, 0, 0], [0, 1, 0], [0, 0, 0]], "blur": np.ones((3, 3)) / 9,
           "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]], "Sobel": SOBEL}
TOEPLITZ = np.diag([2.0] * 4) + np.diag([-1.0] * 3, 1)

FIGURES = {
    "numbers": lambda: plots.show_numbers(DIGIT, "A digit"),
    "16×16 numbers": lambda: plots.show_numbers(np.random.default_rng(2).normal(size=(16, 16))),
    "window": lambda: plots.show_numbers(DIGIT, window=(1, 2, 3, 3)),
    "not finite": lambda: plots.show_numbers([[np.nan, 1], [-np.inf, 2]]),
    "constant": lambda: plots.show_numbers(np.zeros((2, 2))),
    "photo": lambda: plots.show_images(PHOTO),
    "several": lambda: plots.show_images({"p": PHOTO, "g": PHOTO[..., 0], "s": SOBEL}, units="m"),
    "five": lambda: plots.show_images(*[DIGIT - 3] * 5, same_scale=True),
    "field": lambda: plots.show_field(np.random.default_rng(3).normal(size=(32, 64)), units="1/s"),
    "region": lambda: plots.show_field(SOBEL + 9, [60, 50, 40], [0, 10, 20], "m", "Height"),
    "matrix": lambda: plots.show_matrix(TOEPLITZ, equal_colours=True),
    "matrices": lambda: plots.show_matrices({"dense": DIGIT - 8.5, "shared": TOEPLITZ}),
    "wide matrix": lambda: plots.show_matrix(np.eye(64)),
    "kernels": lambda: plots.show_kernels(np.random.default_rng(4).normal(size=(2, 3, 5, 5))),
    "filters": lambda: plots.show_filters(PHOTO, KERNELS),
    "filtered field": lambda: plots.show_filters(
        np.random.default_rng(6).normal(size=(32, 64)) * 20, KERNELS),
    "white cells": lambda: plots.show_numbers(DIGIT, "A digit", colours=False),
    "few points": lambda: plots.show_curves({"a": [1, 2, 9, 8]}, [3, 7, 15, 31], log="xy"),
    "curves": lambda: plots.show_curves({"a": [3, 2, 1], "b": [1, 2, 4]}, crossover=True, log="y"),
    "bands": lambda: plots.show_curves({"runs": np.random.default_rng(5).random((4, 9))}),
}


def pictured(figure):
    """The PNG inside of the HTML, and the width that the page gives to it."""
    page = figure._repr_html_()
    data = re.search(r'src="data:image/png;base64,([^"]+)"', page).group(1)
    image = Image.open(io.BytesIO(base64.b64decode(data)))
    return image, int(re.search(r'width="(\d+)"', page).group(1))


def texts(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def cells(axes):
    return axes.images[0].get_array()[..., :3]


@pytest.mark.parametrize("make", FIGURES.values(), ids=list(FIGURES))
def test_every_figure_is_a_sharp_image_with_alt_text_that_fits_the_page(make):
    figure = make()
    image, width = pictured(figure)
    assert image.width // 2 == width <= 920
    assert image.height // 2 <= 720
    assert image.convert("RGB").getpixel((1, 1)) == (255, 255, 255)  # white paper in the dark theme
    assert len(image.convert("RGB").getcolors(2**24)) > 3
    assert repr(figure) == figure.alt and len(figure.alt) > 20 and "0x" not in repr(figure)
    assert 'style="max-width:100%' in figure._repr_html_()


@pytest.mark.parametrize("make", FIGURES.values(), ids=list(FIGURES))
def test_no_two_texts_overlap(make):
    figure = make()
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    drawn = list(figure.texts)
    for axes in figure.axes:
        drawn += [*axes.texts, axes._left_title, axes.xaxis.label, axes.yaxis.label]
        for axis, limits in [(axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())]:
            # Matplotlib keeps ticks outside of the limits, and never draws them.
            ticks = [t for t in axis.get_major_ticks() if min(limits) <= t.get_loc() <= max(limits)]
            drawn += [label for tick in ticks for label in (tick.label1, tick.label2)]
    boxes = [t for t in drawn if t.get_visible() and t.get_text()]
    assert boxes or not figure.axes[0].get_title("left")
    places = [(t.get_text(), t.get_window_extent(renderer)) for t in boxes]
    for n, (text, place) in enumerate(places):
        for other, there in places[:n]:
            wide = min(place.x1, there.x1) - max(place.x0, there.x0)
            tall = min(place.y1, there.y1) - max(place.y0, there.y0)
            assert wide <= 1 or tall <= 2, f"{text!r} lies over {other!r}"


def test_the_alt_text_is_escaped():
    figure = plots.show_numbers(DIGIT, alt='a "b" <c>')
    assert 'alt="a &quot;b&quot; &lt;c&gt;"' in figure._repr_html_()
    assert repr(figure) == 'a "b" <c>'


def test_the_alt_text_of_a_small_grid_holds_its_numbers():
    figure = plots.show_numbers([[1, -2], [0.5, 4]], "The kernel", role="kernel")
    assert figure.alt == "The kernel: a grid of 2×2 numbers, 1 −2; 0.5 4."


def test_every_number_is_written_into_its_cell():
    figure = plots.show_numbers(DIGIT)
    assert texts(figure) == [str(value) for value in DIGIT.ravel()]


def test_tensors_and_lists_are_taken():
    tensor = torch.tensor([[1.0, 2.0]], requires_grad=True)
    assert texts(plots.show_numbers(tensor)) == texts(plots.show_numbers([[1, 2]])) == ["1", "2"]


def test_signed_values_are_centred_on_zero_and_never_clamped():
    axes = plots.show_numbers([[-1, 0, 4]]).axes[0]
    negative, zero, positive = cells(axes)[0]
    assert zero.min() > 0.95 and np.ptp(zero) < 0.02  # white
    assert negative[2] > negative[0] and positive[0] > positive[2]  # blue, red
    assert to_hex(positive) == "#67001f"  # the end of RdBu_r: the largest magnitude
    assert abs(negative - zero).max() < abs(positive - zero).max()


@pytest.mark.parametrize("role, colour", [("input", "#0072b2"), ("kernel", "#e69f00"),
                                          ("output", "#009e73")])
def test_each_role_has_its_colour(role, colour):
    axes = plots.show_numbers([[0, 1], [2, 3]], role=role).axes[0]
    assert {to_hex(spine.get_edgecolor()) for spine in axes.spines.values()} == {colour}
    assert cells(axes)[0, 0].min() == 1  # zero is white
    strongest = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    assert np.allclose(cells(axes)[1, 1], 1 - 0.75 * (1 - strongest), atol=0.01)


def contrast(a, b):
    def luminance(rgb):
        return sum(w * (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4)
                   for w, c in zip((0.2126, 0.7152, 0.0722), rgb))

    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def test_numbers_can_be_read_on_every_colour():
    axes = plots.show_numbers(np.linspace(-1, 1, 256).reshape(16, 16)).axes[0]
    for text, colour in zip(axes.texts, cells(axes).reshape(-1, 3)):
        ink = (0, 0, 0) if text.get_color() == "black" else (1, 1, 1)
        assert contrast(ink, colour) >= 4.5


def test_coloured_words_can_be_read_on_white():
    from helpers.plots.curves import LINES

    for colour in [*ground.TEXT_COLOURS.values(), *(colour for colour, _ in LINES)]:
        rgb = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        assert contrast(rgb, (1, 1, 1)) >= 4.5


@pytest.mark.parametrize("value, text", [
    (3.0, "3"), (-2, "−2"), (0.0625, "0.06"), (-0.0, "0"), (1 / 3, "0.33"), (12.345, "12.35"),
    (123.45, "123.5"), (150000, "1.5e5"), (0.00012, "1.2e−4"), (np.nan, "nan"), (2.5, "2.5"),
    (100, "100"), (1000, "1000")])
def test_numbers_are_short(value, text):
    assert ground.number(value) == text


def test_a_learned_kernel_shows_nought_and_not_1e_minus_7():
    assert texts(plots.show_kernels([[[2.0, 1.2e-7], [-1e-4, 1.0]]])) == ["2", "0", "0", "1"]


def test_the_window_is_outlined_where_it_lies():
    figure = plots.show_numbers(DIGIT, window=(1, 2, 3, 4))
    (patch,) = figure.axes[0].patches
    assert (patch.get_xy(), patch.get_width(), patch.get_height()) == ((1.5, 0.5), 4, 3)
    assert "window of 3×4 at row 1, column 2" in figure.alt


def test_a_matrix_leaves_zeros_blank():
    axes = plots.show_matrix(TOEPLITZ).axes[0]
    assert texts(plots.show_matrix(TOEPLITZ)).count("0") == 0
    assert (cells(axes)[TOEPLITZ == 0] == 1).all()
    assert (cells(axes)[TOEPLITZ != 0] != 1).any(axis=-1).all()


def test_equal_entries_have_equal_colours_and_others_do_not():
    W = np.array([[1.0, 2, 3, 0], [0, 1, 2, 3]])
    colours = cells(plots.show_matrix(W, equal_colours=True).axes[0])
    for value in (1, 2, 3):
        assert len(np.unique(colours[W == value], axis=0)) == 1
    assert len(np.unique(colours[W != 0], axis=0)) == 3


def test_matrices_tell_their_free_parameters():
    figure = plots.show_matrices({"dense": DIGIT * 100 + np.arange(64).reshape(8, 8) + 1,
                                  "shared": TOEPLITZ})
    assert [axes.get_xlabel() for axes in figure.axes] == ["64 parameters", "2 parameters"]
    assert plots.count_free(np.zeros((3, 3))) == 0
    assert "shared: 4×4, 7 non-zero, 2 free parameters" in figure.alt


def test_rows_are_outputs_and_columns_are_inputs():
    axes = plots.show_matrix(np.ones((2, 3))).axes[0]
    assert [t.get_text() for t in axes.get_xticklabels()] == ["$x_{0}$", "$x_{1}$", "$x_{2}$"]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["$y_{0}$", "$y_{1}$"]


def test_a_photo_is_shown_as_it_is_channels_first_or_last():
    first = plots.show_images(np.moveaxis(PHOTO, -1, 0)).axes[0].images[0].get_array()
    last = plots.show_images(PHOTO / 255).axes[0].images[0].get_array()
    assert np.allclose(first, last) and np.allclose(last, PHOTO / 255)


def test_only_a_signed_image_gets_a_colour_bar_with_units():
    assert len(plots.show_images(PHOTO[..., 0]).axes) == 1
    figure = plots.show_images(SOBEL, units="m/s")
    assert figure.axes[1].get_ylabel() == "m/s"
    assert figure.axes[0].images[0].get_clim() == (-2, 2)


def test_images_on_one_scale_share_their_limits():
    figure = plots.show_images(SOBEL, 5 * SOBEL, same_scale=True)
    assert {axes.images[0].get_clim() for axes in figure.axes if axes.images} == {(-10, 10)}


def test_a_field_has_degrees_north_on_top_and_units():
    field = np.zeros((4, 8))
    field[0] = 7.0
    for latitude in ([80, 30, -30, -80], None):
        axes, bar = plots.show_field(field, latitude, units="m²/s²").axes
        row = axes.collections[0].get_array()[0]
        assert (row == 7).all() and axes.get_ylim()[0] < axes.get_ylim()[1]
        assert bar.get_ylabel() == "m²/s²"
    axes.figure.savefig(io.BytesIO())
    assert "60°N" in [t.get_text() for t in axes.get_yticklabels()]
    assert [t.get_text() for t in axes.get_xticklabels()] == [
        "0°", "60°E", "120°E", "180°", "120°W", "60°W"][: len(axes.get_xticks())]


def test_without_colours_every_cell_is_white_and_has_its_number():
    figure = plots.show_numbers(DIGIT - 8, "64 numbers", colours=False, window=(1, 2, 3, 3))
    assert (cells(figure.axes[0]) == 1).all()
    assert {text.get_color() for text in figure.axes[0].texts} == {"black"}
    assert texts(figure) == [str(value).replace("-", "−") for value in (DIGIT - 8).ravel()]
    assert figure.alt == plots.show_numbers(DIGIT - 8, "64 numbers", window=(1, 2, 3, 3)).alt


@pytest.mark.parametrize("call, words", [
    (lambda: plots.show_numbers(np.zeros((3, 8, 8))), r"two axes .* \(3, 8, 8\).*x\[0, 0\]"),
    (lambda: plots.show_numbers(np.zeros((128, 200))), r"128×200 .* 16×16.*x\[:16, :16\]"),
    (lambda: plots.show_numbers(DIGIT, role="weight"), "role='weight'.*input, kernel or output"),
    (lambda: plots.show_numbers(DIGIT, window=(6, 0, 3, 3)), r"leaves the grid.*row can be 0 to 5"),
    (lambda: plots.show_images(), "no image"),
    (lambda: plots.show_filters(DIGIT[:2], {"k": SOBEL}), "'k' of 3×3 is larger .* 2×8.*smaller"),
    (lambda: plots.show_images(np.zeros((2, 3, 8, 8))), r"\(2, 3, 8, 8\).*x\[0\]"),
    (lambda: plots.show_images(PHOTO.astype(float)), "floats from 0 to 1.*Divide by 255"),
    (lambda: plots.show_images(PHOTO / 255 - 0.5), "from −0.5 to 0.5.*one by one"),
    (lambda: plots.show_field(DIGIT, np.arange(4), np.arange(8)), r"8 rows.*4 latitudes.*field\.T"),
    (lambda: plots.show_matrices({}), "1 to 4 matrices, 0 were given"),
    (lambda: plots.show_matrix(np.zeros(5)), "two axes"),
    (lambda: plots.show_kernels(np.zeros((65, 3, 3))), r"65 kernels.*weight\[:8\]"),
    (lambda: plots.show_curves({"a": [1, 0]}, log="y"), "'a' has values ≤ 0"),
    (lambda: plots.show_curves({"a": [1, 2]}, log="x"), "x has values ≤ 0"),
    (lambda: plots.show_curves({"a": [1, 2]}, x=[1]), "has the shape .*but x has 1 points"),
    (lambda: plots.show_curves({"a": [1, 2]}, crossover=True), "two curves, 1 were given"),
    (lambda: plots.show_curves({"a": [1, 2]}, log="z"), "log='z' is unknown"),
])
def test_a_refusal_names_the_values_and_the_repair(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_no_pyplot_no_torch():
    code = ("import sys, helpers.plots as p; p.show_numbers([[1, 2]])._repr_html_();"
            "print([m for m in ('matplotlib.pyplot', 'torch') if m in sys.modules])")
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_the_style_of_the_participant_does_not_leak_in_or_out():
    import matplotlib

    with matplotlib.rc_context({"text.color": "white", "font.size": 30}):
        figure = plots.show_numbers([[1, 2]], "title")
        assert figure.axes[0]._left_title.get_color() == ground.INK
        figure._repr_html_()
        assert matplotlib.rcParams["font.size"] == 30
