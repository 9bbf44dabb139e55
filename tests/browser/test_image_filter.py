"""ImageFilter in a real JupyterLab: pictures, kernels, colours, and one's own files."""

import numpy as np
import pytest
import torch
from matplotlib import colormaps
from PIL import Image
from torch.nn import functional as F

from helpers import ImageFilter
from helpers.kernels import KERNELS
from tests.browser.widgets import lab, shown  # noqa: F401 - fixtures

GALLERY = ("photo", "handwritten digit", "weather: vorticity", "weather: height")


@pytest.fixture(scope="module")
def notebook(lab):
    return lab.open_notebook(
        ["import numpy as np\nfrom helpers import ImageFilter\nf = ImageFilter()\nf"]
    )


def torch_filter(x, kernel, mode="replicate"):
    """PyTorch's result for x (H, W), as large as x."""
    kernel = torch.tensor(np.asarray(kernel, dtype=float))
    x = torch.tensor(np.asarray(x, dtype=float))[None, None]
    (kh, kw) = kernel.shape
    x = F.pad(x, ((kw - 1) // 2, kw // 2, (kh - 1) // 2, kh // 2), mode=mode)
    return F.conv2d(x, kernel[None, None])[0, 0].numpy()


def expected_colors(y, field, total):
    """The colours of a result, by matplotlib: diverging around zero, viridis, or grey."""
    low, high = y.min(), y.max()
    if low < -1e-9 and (field or abs(total) < 0.5):
        most = max(-low, high)
        return colormaps["RdBu_r"]((y / most + 1) / 2)[..., :3] * 255
    if field:
        return colormaps["viridis"]((y - low) / (high - low))[..., :3] * 255
    step = (
        max(1, high) - min(0, low)
    ) / 511  # there are 512 colours; beyond black and white others
    grey = np.where((y < step * (low < 0)) | (y > 1 - step * (high > 1)), np.nan, 255 * y)
    return np.stack([grey] * 3, axis=-1)


def assert_shows(shown, y, field, total, role="output"):
    pixels = shown.pixels(role)
    expected = expected_colors(y, field, total)
    assert pixels.shape == expected.shape
    known = ~np.isnan(expected)
    assert known.any()
    assert np.abs(pixels - expected)[known].max() <= 20  # both maps are drawn through a few colours
    if not known.all():  # below 0 is blue, above 1 orange
        (r, b) = pixels[..., 0], pixels[..., 2]
        assert (b > r)[y < -0.05].all() and (r > b)[y > 1.05].all()


@pytest.mark.parametrize("name", GALLERY)
def test_every_preset_on_every_picture_is_pytorchs(notebook, shown, name):
    shown.choose("image", name)
    x = ImageFilter(name).input
    for kernel_name, kernel in KERNELS.items():
        shown.choose("kernel", kernel_name)
        y = torch_filter(x, kernel)
        assert_shows(shown, y, name.startswith("weather"), np.sum(kernel))
    notebook.wait_value("[f.image, f.kernel]", [name, [[-1, -2, -1], [0, 0, 0], [1, 2, 1]]])
    rows = notebook.value("f.output[::5, ::3]")
    np.testing.assert_allclose(rows, y[::5, ::3], atol=1e-9 * np.abs(y).max() + 1e-12)


def test_negative_is_blue_positive_red_and_zero_white(notebook, shown):
    notebook.execute(
        "field = np.zeros((8, 8)); field[1, 1] = -3; field[2, 5] = 3\n"
        "f.image = field; f.kernel = [[1.0]]"
    )
    shown.settle()
    pixels = shown.pixels("output")
    (r, g, b) = pixels[1][1]
    assert b > 80 > r
    (r, g, b) = pixels[2][5]
    assert r > 80 > b
    assert min(pixels[4][4]) > 240
    notebook.execute("f.shown = 'picture'")
    shown.settle()
    assert shown.menu("show as").input_value() == "picture"


def test_dragging_a_number_of_the_kernel_filters_in_the_next_frame(lab, notebook, shown):
    x, y = shown.center("kernel", (1, 1))
    lab.page.mouse.move(x, y)
    lab.page.mouse.down()
    shown.watch_node(shown.canvas("output"))
    lab.reset_messages()
    for n in range(1, 5):
        lab.page.mouse.move(x, y - 6 * n)
        shown.settle()  # else the second frame of one move may be the first of the next
    moves = shown.moves()
    assert len({move["frames"][0] for move in moves}) == 4  # a new picture in each first frame …
    assert all(len(set(move["frames"])) == 1 for move in moves)  # … and none in the second
    assert lab.messages() == []
    lab.page.mouse.up()
    assert lab.messages() == ["shell:comm_msg"]
    notebook.wait_value("f.kernel[1, 1]", 0.4)
    kernel = [[-1, 0, 1], [-2, 0.4, 2], [-1, 0, 1]]
    result = torch_filter(ImageFilter().input, kernel)
    assert_shows(shown, result, False, np.sum(kernel))


def test_a_number_can_be_typed_and_nonsense_keeps_the_old_one(notebook, shown):
    shown.edit("kernel", (0, 1), "-1/2")
    notebook.wait_value("f.kernel[0, 1]", -0.5)
    assert shown.menu("kernel").locator("option:checked").inner_text() == "your own"
    shown.edit("kernel", (0, 1), "abc")
    assert shown.text("help") == "“abc” is not a number; the cell keeps −0.5."
    shown.click("kernel", (2, 2))
    shown.press("4", "Enter")
    notebook.wait_value("f.kernel[2, 2]", 4)
    y = torch_filter(ImageFilter().input, [[-1, -0.5, 1], [-2, 0, 2], [-1, 0, 4]])
    assert_shows(shown, y, False, 2.5)


def test_pointing_writes_out_the_patch_and_sends_nothing(lab, notebook, shown):
    box = shown.canvas("input").bounding_box()
    output = shown.canvas("output").bounding_box()
    lab.reset_messages()
    shown.watch_node(shown.root.locator(".cnn-sum"))
    x = ImageFilter().input
    for row, column in ((40, 60), (200, 128), (0, 0)):
        lab.page.mouse.move(
            box["x"] + (column + 0.5) / 256 * box["width"],
            box["y"] + (row + 0.5) / 256 * box["height"],
        )
        shown.settle()
        result = torch_filter(x, KERNELS["Sobel x: vertical edges"])[row, column]
        said = shown.page.evaluate("window.__look.moves().at(-1).frames[0]")
        assert said.startswith(f"output [{row},{column}] = ")
        assert float(said.split(" = ")[-1].replace("−", "-")) == pytest.approx(result, abs=0.0051)
        patch = np.pad(x, 1, mode="edge")[row : row + 3, column : column + 3]
        np.testing.assert_allclose(shown.values("input"), patch, atol=0.0051)
        assert shown.canvas("output").bounding_box() == output  # no title pushes it about
    assert lab.messages() == []
    lab.page.mouse.down()
    lab.page.mouse.up()
    assert lab.messages() == ["shell:comm_msg"]
    notebook.wait_value("f.position", [0, 0])
    shown.press("ArrowDown", "Shift+ArrowRight")
    notebook.wait_value("f.position", [1, 10])


def test_the_divider_compares_before_and_after(lab, notebook, shown):
    result = shown.pixels("output")
    shown.root.get_by_label("compare").check()
    shown.settle()
    box = shown.canvas("output").bounding_box()
    across = lambda share: box["x"] + share * box["width"]  # noqa: E731
    lab.page.mouse.move(across(0.5), box["y"] + 50)
    lab.page.mouse.down()
    lab.reset_messages()
    for share in (0.4, 0.2, 0.25):
        lab.page.mouse.move(across(share), box["y"] + 50)
    shown.settle()
    assert lab.messages() == []
    lab.page.mouse.up()
    before, now = shown.pixels("input"), shown.pixels("output")
    style = shown.root.locator("[data-role=output] .cnn-divider").get_attribute("style")
    share = float(style.split("left: ")[1].split("%")[0])
    assert share == pytest.approx(25, abs=1)
    at = round(2.56 * share)
    assert (now[:, : at - 1] == before[:, : at - 1]).all()
    assert (now[:, at + 1 :] == result[:, at + 1 :]).all()
    notebook.wait_value("f.compare", True)


def test_colours_come_back_when_grey_is_off(notebook, shown):
    shown.root.get_by_label("grey").uncheck()
    notebook.wait_value("f.input.shape", [3, 256, 256])
    shown.choose("kernel", "identity")
    pixels = shown.pixels("output") / 255
    color = np.moveaxis(ImageFilter(grey=False).input, 0, 2)
    np.testing.assert_allclose(pixels, color, atol=0.006)
    notebook.wait_value("f.output.shape", [3, 256, 256])
    assert (
        "green = " in shown.text("sum") and "groups=3" in shown.root.locator("code").text_content()
    )


# -- one's own file ------------------------------------------------------------------------------


def choose_file(shown, path):
    with shown.page.expect_file_chooser() as chooser:
        shown.root.get_by_role("button", name="Choose an image file of your own").click()
    chooser.value.set_files(path)


def said(shown, text):
    shown.root.locator(".cnn-help", has_text=text).wait_for()
    shown.settle()
    return shown.text("help")


def test_an_uploaded_picture_is_shown_filtered_and_reaches_python(notebook, shown, tmp_path):
    pixels = np.random.default_rng(1).integers(0, 256, (40, 64, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "mine.png")
    choose_file(shown, tmp_path / "mine.png")
    notebook.wait_value("f.image", "mine.png")
    shown.root.get_by_label("grey").uncheck()
    notebook.wait_value("f.input.shape", [3, 40, 64])
    np.testing.assert_allclose(
        notebook.value("f.input"), np.moveaxis(pixels, 2, 0) / 255, atol=1e-6
    )
    assert (shown.pixels("input") == pixels).all()
    assert shown.menu("image").input_value() == "mine.png"


def test_a_huge_picture_is_scaled_down_and_said_so(notebook, shown, tmp_path):
    Image.new("RGB", (1200, 800), (10, 200, 30)).save(tmp_path / "huge.png")
    choose_file(shown, tmp_path / "huge.png")
    assert said(shown, "huge.png: scaled down from 800×1200 to 171×256.")
    notebook.wait_value("f.input.shape", [171, 256])


def test_transparent_parts_lie_on_white(notebook, shown, tmp_path):
    picture = np.zeros((20, 20, 4), dtype=np.uint8)
    picture[:, 10:, 3] = 255
    Image.fromarray(picture).save(tmp_path / "clear.png")
    choose_file(shown, tmp_path / "clear.png")
    assert said(shown, "clear.png: transparent parts laid on white.")
    notebook.wait_value("np.round(f.input[0, [0, 19]], 6)", [1, 0])


def test_a_file_that_is_no_image_changes_nothing(lab, notebook, shown, tmp_path):
    (tmp_path / "notes.png").write_text("not a picture")
    before = shown.pixels("output")
    lab.reset_messages()
    choose_file(shown, tmp_path / "notes.png")
    assert said(shown, "“notes.png” is not an image that this browser can read.")
    assert (shown.pixels("output") == before).all()
    assert lab.messages() == []
    assert notebook.value("[f.image, list(f.images)]") == ["photo", list(GALLERY)]


def test_a_picture_that_python_cannot_show_is_a_value_error(notebook, shown):
    before = shown.pixels("output")
    for value in ("'no such picture'", "np.zeros((3, 3))", "np.full((9, 9), np.nan)"):
        code = f"try:\n f.image = {value}\nexcept ValueError as error:\n print('refused:', error)"
        assert notebook.execute(code).startswith("refused: ImageFilter.image: ")
    assert notebook.value("f.image") == "photo"
    assert (shown.pixels("output") == before).all()
