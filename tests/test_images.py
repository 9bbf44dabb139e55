"""load_image: every kind of picture, every refusal, every note."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from helpers.data import load_image

SMALL = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3) * 3


@pytest.fixture
def notes():
    return []


@pytest.fixture
def load(notes):
    return lambda source, **options: load_image(source, say=notes.append, **options)


def saved(path, picture, **options):
    picture = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    picture.save(path, **options)
    return path


def refused(source, kind=ValueError, **options):
    with pytest.raises(kind) as error:
        load_image(source, say=lambda note: None, **options)
    assert type(error.value) is kind
    return str(error.value)



def test_a_file_can_be_named_opened_or_given_as_bytes_or_pillow_image(tmp_path, load, notes):
    path = saved(tmp_path / "mine.png", SMALL)
    sources = [path, str(path), path.read_bytes(), memoryview(path.read_bytes()), Image.open(path)]
    for source in sources:
        image = load(source)
        assert image.dtype == np.float64
        assert np.array_equal(image, SMALL / 255)
    with open(path, "rb") as file:
        assert np.array_equal(load(file), SMALL / 255)
    assert notes == []


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (SMALL, SMALL / 255),
        (SMALL[:, :, 0], SMALL[:, :, 0] / 255),
        (SMALL[:, :, :1], SMALL[:, :, 0] / 255),
        (SMALL.astype(np.int64), SMALL / 255),
        (SMALL.astype(np.float32) / 255, (SMALL.astype(np.float32) / 255).astype(float)),
        (SMALL > 100, (SMALL > 100) * 1.0),
    ],
    ids=["uint8", "2-D", "one channel", "int64", "float32", "bool"],
)
def test_arrays_become_floats_in_0_to_1(array, expected, load, notes):
    before = array.copy()
    image = load(array)
    assert image.dtype == np.float64 and np.array_equal(image, expected)
    assert notes == [] and np.array_equal(array, before)


def test_the_result_can_be_written_to_without_changing_what_was_given():
    given = SMALL / 255
    image = load_image(given)
    image[:] = 0.5
    assert np.array_equal(given, SMALL / 255)


def test_grey_weighs_red_green_and_blue(tmp_path, load):
    red_green_blue = np.eye(3)[None]
    assert load(red_green_blue, grey=True)[0] == pytest.approx([0.299, 0.587, 0.114])
    assert load(SMALL[:, :, 0], grey=True).shape == (4, 6)
    assert load(saved(tmp_path / "grey.png", SMALL[:, :, 0])).shape == (4, 6)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "CMYK", "YCbCr", "LAB", "HSV"])
def test_every_mode_of_pillow_is_read(mode, load):
    red = Image.new("RGB", (3, 2), (255, 0, 0)).convert("L" if mode == "LAB" else mode)
    image = load(red.convert(mode) if mode != "LAB" else Image.new("LAB", (3, 2)))
    assert image.shape == ((2, 3) if mode in "1L" else (2, 3, 3))
    if mode in ("P", "RGB", "CMYK", "YCbCr", "HSV"):
        assert image[0, 0] == pytest.approx([1, 0, 0], abs=0.01)


def test_a_cmyk_jpeg_is_read_in_the_right_colours(tmp_path, load):
    path = saved(tmp_path / "print.jpg", Image.new("CMYK", (40, 40), (0, 255, 255, 0)))
    assert load(path)[20, 20] == pytest.approx([1, 0, 0], abs=0.03)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photo_is_turned_upright(orientation, tmp_path, load, notes):
    upright = np.zeros((40, 20), np.uint8)
    upright[:10, :10] = 255  # white at the top left
    stored = {  # how a camera held that way would have stored it
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.T,
        6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].T,
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(tmp_path / "phone.png", np.ascontiguousarray(stored), exif=exif)
    assert np.array_equal(load(path), upright / 255)
    load(path, max_side=10)
    assert notes == [
        "load_image: phone.png has 40×20 pixels (height × width); scaled down to 10×5."
    ]



def test_notes_are_printed_unless_another_way_is_named(capsys):
    load_image(np.zeros((600, 300, 3)))
    assert capsys.readouterr().out == (
        "load_image: the array has 600×300 pixels (height × width); scaled down to 256×128.\n"
    )


def test_a_scaled_pixel_is_the_mean_of_what_it_covers(load):
    fine = np.random.default_rng(1).random((64, 32, 3))
    means = fine.reshape(16, 4, 8, 4, 3).mean((1, 3))
    assert load(fine, max_side=16) == pytest.approx(means, abs=1e-6)


@pytest.mark.parametrize("ending", ["jpg", "png", "webp"])
def test_a_large_file_keeps_its_proportions_and_brightness(ending, tmp_path, load, notes):
    ramp = np.tile(np.linspace(0, 255, 3000).astype(np.uint8), (2000, 1))
    path = saved(tmp_path / f"large.{ending}", np.stack([ramp] * 3, -1))
    image = load(path)
    assert image.shape == (171, 256, 3)
    assert image[80, :, 1] == pytest.approx((np.arange(256) + 0.5) / 256, abs=0.02)
    assert notes == [
        f"load_image: large.{ending} has 2000×3000 pixels (height × width); scaled down to 171×256."
    ]


def test_a_long_thin_picture_keeps_one_pixel(load):
    assert load(np.ones((1, 5000)), max_side=100).shape == (1, 100)


def test_of_an_animation_the_first_frame_is_used(tmp_path, load, notes):
    frames = [Image.new("RGB", (5, 5), colour) for colour in ("red", "green", "blue")]
    path = saved(tmp_path / "film.gif", frames[0], save_all=True, append_images=frames[1:])
    assert load(path)[0, 0] == pytest.approx([1, 0, 0])
    assert notes == ["load_image: film.gif holds 3 frames; the first is used."]


def test_a_transparent_picture_is_laid_on_white(tmp_path, load, notes):
    pixels = np.zeros((2, 3, 4), np.uint8)
    pixels[0, :, 0], pixels[0, :, 3] = 255, 51  # red, a fifth opaque; the rest is clear
    expected = np.ones((2, 3, 3))
    expected[0] = 1, 0.8, 0.8
    assert load(saved(tmp_path / "logo.png", pixels)) == pytest.approx(expected)
    assert load(pixels / 255) == pytest.approx(expected)
    assert notes == [
        "load_image: logo.png is transparent in places; it was laid on white.",
        "load_image: the array is transparent in places; it was laid on white.",
    ]


def test_an_opaque_fourth_channel_and_transparent_palettes_are_understood(tmp_path, load, notes):
    opaque = np.dstack([SMALL, np.full((4, 6), 255, np.uint8)])
    assert np.array_equal(load(opaque), SMALL / 255) and notes == []
    palette = Image.new("P", (2, 2), 0)
    palette.putpalette([255, 0, 0])
    path = saved(tmp_path / "palette.png", palette, transparency=0)
    assert np.array_equal(load(path), np.ones((2, 2, 3))) and len(notes) == 1


@pytest.mark.parametrize("ending", ["png", "tif"])
def test_16_bits_are_scaled_to_0_to_1(ending, tmp_path, load, notes):
    deep = np.array([[0, 255], [32768, 65535]], np.uint16)
    path = saved(tmp_path / f"deep.{ending}", deep)
    assert load(path) == pytest.approx(deep / 65535)
    assert load(deep) == pytest.approx(deep / 65535)
    assert notes[0] == (
        f"load_image: deep.{ending} has 16 bits per value; 0..65535 was scaled to 0..1."
    )
    large = saved(tmp_path / f"large.{ending}", np.full((900, 600), 40_000, np.uint16))
    assert load(large, max_side=30) == pytest.approx(np.full((30, 20), 40_000 / 65535))


def test_a_float_tiff_is_held_to_the_rule_for_floats(tmp_path, load):
    path = saved(tmp_path / "float.tif", np.full((2, 2), 0.25, np.float32))
    assert np.array_equal(load(path), np.full((2, 2), 0.25))
    path = saved(tmp_path / "kelvin.tif", np.array([[250, 300.5]], np.float32))
    assert "kelvin.tif holds floats from 250 to 300.5; 0..1 was expected." in refused(path)



def test_a_missing_file_is_refused_with_the_names_that_look_like_it(tmp_path):
    saved(tmp_path / "my_cat.jpeg", SMALL)
    (tmp_path / "notes.txt").write_text("x")
    for wrong in ("my_cat.jpg", "My_Cat.JPEG", "mycat.jpeg", "my_cat"):
        assert refused(tmp_path / wrong, FileNotFoundError) == (
            f"load_image: there is no file {wrong!r} in {str(tmp_path)!r}. "
            "Did you mean 'my_cat.jpeg'?"
        )
    message = refused(tmp_path / "elephant.png", FileNotFoundError)
    assert message.endswith("Put the picture there, or give its whole path.")
    message = refused(tmp_path / "nowhere" / "cat.png", FileNotFoundError)
    assert "there is no folder" in message and message.endswith("Check the path.")


def test_a_folder_is_refused_with_a_picture_in_it(tmp_path):
    assert refused(tmp_path) == f"load_image: {str(tmp_path)!r} is a folder, not a picture."
    saved(tmp_path / "cat.png", SMALL)
    assert refused(tmp_path).endswith(" Name a file in it, for example 'cat.png'.")


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "empty.png").touch()
    expected = "is empty (0 bytes). Copy or download it again."
    assert refused(tmp_path / "empty.png") == f"load_image: empty.png {expected}"
    assert refused(b"") == f"load_image: the file {expected}"


@pytest.mark.parametrize(
    ("name", "repair"),
    [
        ("text.png", "Use a PNG or JPEG file."),
        ("IMG_1.HEIC", "Export it as JPEG or PNG."),
        ("drawing.svg", "It is a drawing, not pixels: export it as PNG."),
        ("field.npy", "Read it with numpy.load and give load_image the array."),
    ],
)
def test_what_is_not_a_picture_is_refused(name, repair, tmp_path):
    (tmp_path / name).write_bytes(b"this is no picture at all")
    assert refused(tmp_path / name) == (
        f"load_image: {name} is not a picture that can be read. {repair}"
    )


@pytest.mark.parametrize("ending", ["jpg", "png", "gif", "webp"])
def test_a_cut_off_file_is_refused(ending, tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (100, 100, 3)).astype(np.uint8)
    content = saved(tmp_path / f"whole.{ending}", noise).read_bytes()
    path = tmp_path / f"half.{ending}"
    path.write_bytes(content[: len(content) // 2])
    message = refused(path)
    assert f"load_image: half.{ending} can't be read; it seems cut off or damaged" in message
    assert message.endswith("Copy or download it again, or save it anew as PNG.")


def test_an_address_is_refused_without_touching_the_network(monkeypatch):
    monkeypatch.setattr("socket.socket", None)
    assert refused("https://example.org/cat.jpg") == (
        "load_image: 'https://example.org/cat.jpg' is an address, and load_image stays off the "
        "network. Download the picture first, beside the notebook, and give its file name."
    )


def bomb(width, height):
    """A PNG of a few bytes that claims to be huge."""

    def chunk(kind, content):
        check = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize(("width", "height"), [(10_000, 10_000), (60_000, 60_000)])
def test_a_decompression_bomb_is_refused_before_it_is_decoded(width, height, recwarn):
    assert refused(bomb(width, height)) == (
        f"load_image: the picture has {width * height:,} pixels, more than the 89,478,485 that are "
        "read safely. Scale it down in a picture editor first."
    )
    assert not recwarn.list


def test_a_jpeg_beyond_the_safe_size_is_shrunk_while_it_is_read(tmp_path, load, notes, recwarn):
    path = saved(tmp_path / "huge.jpg", Image.new("L", (10_000, 9_000), 128))
    assert load(path) == pytest.approx(np.full((230, 256), 128 / 255), abs=0.01)
    assert len(notes) == 1 and "9000×10000" in notes[0]
    assert not recwarn.list


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros(5), "an array of shape (5,) is not one picture; that is (H, W)"),
        (np.zeros((2, 5, 5, 3)), "an array of shape (2, 5, 5, 3) is not one picture"),
        (np.zeros((5, 5, 2)), "Pick one picture or channel."),
        (np.zeros((3, 5, 5)), "The channels stand first, as in PyTorch: use x.transpose(1, 2, 0)."),
        (np.zeros((0, 5)), "an array of shape (0, 5) has no pixels."),
        (np.array([[0.5, np.nan], [np.inf, 0]]), "holds NaN or infinity in 2 of 4 values. Fill"),
        (np.array([[0.0, 200.0]]), "holds floats from 0 to 200; 0..1 was expected. Use x / 255."),
        (np.array([[-1.0, 1.0]]), "Use (x - x.min()) / (x.max() - x.min())."),
        (np.array([[0, 256]]), "holds whole numbers from 0 to 256; 0..255 was expected."),
        (np.array([[-1, 3]], np.int8), "holds whole numbers from -1 to 3; 0..255 was expected."),
        (np.array([["a"]]), "holds <U1, not numbers for brightness. Use uint8, uint16, bool or"),
        (np.array([[1j]]), "holds complex128, not numbers for brightness."),
    ],
)
def test_arrays_that_are_not_pictures_are_refused(array, words):
    message = refused(array)
    assert message.startswith("load_image: ") and words in message


def test_other_things_are_refused_by_name():
    assert refused(None, TypeError).startswith("load_image: a NoneType is not a picture. Give it")
    assert refused(3.5, TypeError).startswith("load_image: a float is not a picture. Give it")
    assert "Open it as bytes" in refused(io.StringIO("text"), TypeError)


@pytest.mark.parametrize("max_side", [0, -1, 2.5, "256", True])
def test_an_impossible_max_side_is_refused(max_side):
    assert refused(SMALL, max_side=max_side) == (
        f"load_image: max_side={max_side!r} is not a number of pixels. Use a whole number of at "
        "least 1, for example 256."
    )
