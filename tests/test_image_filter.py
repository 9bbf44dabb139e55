"""ImageFilter from Python: every picture that one may give it, and its output against PyTorch."""

import numpy as np
import pytest
import torch
from ipywidgets.widgets import widget as registry
from PIL import Image

from helpers.kernels import KERNELS
from helpers.widgets import ImageFilter
from tests.test_widgets import nothing_stays, refused  # noqa: F401 (the first is a fixture)

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning")

GALLERY = ["photo", "handwritten digit", "weather: vorticity", "weather: height"]


@pytest.fixture
def save(tmp_path):
    """`save("name.png", array)` writes a picture with Pillow and gives its path."""

    def write(name, pixels):
        path = tmp_path / name
        Image.fromarray(np.asarray(pixels, np.uint8)).save(path)
        return path

    return write


def pixels(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("name", GALLERY)
@pytest.mark.parametrize("grey", [True, False])
def test_output_is_what_the_layer_makes_of_the_input(name, grey):
    rng = np.random.default_rng(len(name))
    widget = ImageFilter(name, grey=grey)
    kernels = [*KERNELS.values(), *(rng.normal(size=rng.integers(1, 8, 2)) for _ in range(6))]
    for number, kernel in enumerate(kernels):
        widget.kernel = kernel
        widget.padding_mode = ["zeros", "reflect", "replicate", "circular"][number % 4]
        x = torch.from_numpy(widget.input).reshape(-1, *widget.input.shape[-2:])
        assert len(x) == (3 if name == "photo" and not grey else 1)
        layer = widget.layer
        assert np.array_equal(layer.weight.detach()[-1, 0], kernel)
        with torch.no_grad():
            expected = layer(x[None])[0].reshape(widget.input.shape)
        np.testing.assert_allclose(widget.output, expected, rtol=1e-9, atol=1e-9 * np.abs(widget.input).max())
        assert repr(eval(widget.code, {"nn": torch.nn})) == repr(layer)


def test_the_gallery_has_its_units_and_sizes():
    widget = ImageFilter()
    assert list(widget.images) == GALLERY
    assert [entry["field"] for entry in widget.images.values()] == [False, False, True, True]
    assert widget.images["weather: height"]["units"] == "m"
    assert [ImageFilter(name).input.shape[-2:] for name in GALLERY[:2]] == [(256, 256), (8, 8)]


def test_grey_weighs_the_colours_as_pillow_does(save):
    path = save("colours.png", pixels(20, 30, 3))
    widget = ImageFilter(path)
    luma = np.asarray(Image.open(path).convert("L"))
    assert np.abs(255 * widget.input - luma).max() < 0.51
    widget.grey = False
    assert np.allclose(255 * widget.input, np.moveaxis(pixels(20, 30, 3), 2, 0), atol=1e-4)


def test_a_file_of_ones_own_joins_the_gallery(save):
    widget = ImageFilter()
    widget.image = str(save("mine.png", pixels(12, 40)))
    assert widget.image == "mine.png" and list(widget.images) == [*GALLERY, "mine.png"]
    assert widget.input.shape == (12, 40) and widget.position == (11, 39)
    assert repr(widget) == "ImageFilter: mine.png (12×40) through a 3×3 kernel."
    widget.image = "photo"
    widget.image = "mine.png"
    assert widget.input.shape == (12, 40)


def test_a_file_without_an_ending_is_found(save, monkeypatch):
    path = save("mine.png", pixels(12, 40))
    path = path.rename(path.with_suffix(""))
    monkeypatch.chdir(path.parent)
    assert ImageFilter("mine").input.shape == (12, 40)


def test_transparent_parts_lie_on_white(save, capsys):
    rgba = np.zeros((10, 10, 4), np.uint8)
    rgba[:5, :, 3] = 255
    widget = ImageFilter(save("clear.png", rgba))
    assert np.all(widget.input[:5] == 0) and np.allclose(widget.input[5:], 1)
    assert "laid on white" in capsys.readouterr().out


def test_a_huge_picture_is_scaled_down_and_says_so(save, capsys):
    widget = ImageFilter(save("huge.png", np.full((3000, 1500), 51)))
    assert widget.input.shape == (256, 128) and np.allclose(widget.input, 0.2)
    assert "3000×1500" in capsys.readouterr().out


def test_a_picture_in_memory_is_called_your_image():
    tensor = torch.rand(9, 20, 3, requires_grad=True)
    widget = ImageFilter(tensor, grey=False)
    assert widget.image == "your image" and widget.position == (4, 10)
    assert np.allclose(widget.input, tensor.detach().permute(2, 0, 1))
    widget.image = np.ones((8, 8))  # the same name, another picture
    assert widget.position == (4, 7) and widget.input.shape == (8, 8)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_in_two_dimensions_are_a_field_of_any_size_of_values(dtype):
    field = (np.arange(160).reshape(10, 16) * 100 - 500).astype(dtype)
    widget = ImageFilter(field)
    assert np.array_equal(widget.input, field) and widget.images["your image"]["field"]
    shown = widget.input
    field[:] = 0
    assert np.array_equal(widget.input, shown)  # a copy: what the page shows stays what Python has


def test_values_between_0_and_1_are_a_picture():
    assert not ImageFilter(np.full((9, 9), 0.5)).images["your image"]["field"]


REFUSALS = [
    (dict(image="fotto"), "ImageFilter.image: there is no picture 'fotto'. There is 'photo', 'handwritten digit', "
     "'weather: vorticity', 'weather: height'; or give the path of a file, or an array."),
    (dict(image="fotto.png"), "ImageFilter.image: load_image: there is no file 'fotto.png' in "),
    (dict(image="x" * 5000 + ".png"), "ImageFilter.image: "),
    (dict(image="x" * 5000), "ImageFilter.image: there is no picture"),
    (dict(image="https://example.org/cat.png"), "stays off the network"),
    (dict(image=5), "a int is not a picture"),
    (dict(image=None), "a NoneType is not a picture"),
    (dict(image=[[1.0] * 9] * 9), "a list is not a picture"),
    (dict(image=np.ones((7, 9))), "ImageFilter.image: at least 8×8 pixels, got 7×9."),
    (dict(image=np.ones((9, 9, 2))), "ImageFilter.image: load_image: an array of shape (9, 9, 2) is not one picture"),
    (dict(image=np.ones((3, 9, 9))), "The channels stand first, as in PyTorch: use x.transpose(1, 2, 0)."),
    (dict(image=np.full((9, 9), np.nan)), "ImageFilter.image: the field has values that are not finite. numpy.nan_to_num replaces them."),
    (dict(image=np.full((9, 9), 1e39)), "not finite"),
    (dict(image=np.full((9, 9, 3), np.nan)), "holds NaN or infinity in 243 of 243 values."),
    (dict(image=np.zeros((513, 20))), "ImageFilter.image: a field of (513, 20) is larger than 512. Take every n-th cell, field[::n, ::n]."),
    (dict(image=np.full((9, 9, 3), 200.0)), "Use x / 255."),
    (dict(_own={"photo": {}}), "ImageFilter: 'photo' is not a picture that can be shown, or has a name of the gallery."),
    (dict(_own={"x": {"shape": [9, 9], "data": b"12", "field": False, "units": ""}}), "ImageFilter: 'x' is not a picture"),
    (dict(kernel=np.ones((3, 8))), "ImageFilter.kernel: at most 7×7, got 3×8. See helpers.filter_image."),
    (dict(kernel=[1, 2, 3]), "ImageFilter.kernel: expected 2 dimensions with at least one number, got shape (3,)."),
    (dict(kernel=np.ones((1, 3, 3))), "got shape (1, 3, 3)"),
    (dict(position=(-1, 2)), "ImageFilter.position: expected an int of at least 0, or (height, width); got (-1, 2)."),
    (dict(position="middle"), "got 'middle'."),
    (dict(padding_mode="same"), "['zeros', 'reflect', 'replicate', 'circular']"),
    (dict(shown="field"), "['auto', 'signed', 'picture']"),
    (dict(grey="yes"), "grey"),
    (dict(compare="no"), "compare"),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "text"), REFUSALS, ids=lambda value: "" if isinstance(value, str) else "+".join(value))
def test_a_refusal_teaches_and_changes_nothing(settings, text):
    assert text in refused(ImageFilter(), **settings)
    if "_own" not in settings:
        before = set(registry._instances)
        with pytest.raises(ValueError):
            ImageFilter(**settings)
        assert set(registry._instances) == before  # no half-made widget stays


def test_files_that_are_no_pictures_are_refused(tmp_path, save):
    (tmp_path / "words.png").write_text("not a picture")
    (tmp_path / "empty.png").write_bytes(b"")
    whole = save("whole.png", pixels(50, 50, 3)).read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    widget = ImageFilter()
    assert "words.png is not a picture that can be read" in refused(widget, image=tmp_path / "words.png")
    assert "empty.png is empty" in refused(widget, image=tmp_path / "empty.png")
    assert "cut off or damaged" in refused(widget, image=tmp_path / "cut.png")
    assert "is a folder" in refused(widget, image=tmp_path)
    assert "at least 8×8 pixels, got 1×1" in refused(widget, image=save("tiny.png", pixels(1, 1, 3)))


def test_a_position_beside_the_picture_is_its_nearest_pixel():
    widget = ImageFilter(position=(300, 7))
    assert widget.position == (255, 7)
    widget.image = "handwritten digit"
    assert widget.position == (7, 7)


def test_an_image_that_the_page_opened_is_seen_by_python():
    widget = ImageFilter()
    content = np.linspace(0, 1, 9 * 8 * 3, dtype=np.float32)
    entry = {"shape": [9, 8, 3], "data": memoryview(content.tobytes()), "field": False, "units": ""}
    widget.set_state({"_own": {"cat.png": entry}, "image": "cat.png", "position": [4, 4], "grey": False})
    assert np.allclose(widget.input, np.moveaxis(content.reshape(9, 8, 3), 2, 0))
    assert widget.position == (4, 4)
