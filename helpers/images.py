"""The participant's own picture as an array: `load_image`.

Pillow is imported when a picture is first read.
"""

import difflib
import io
import re
import warnings
from pathlib import Path

import numpy as np

LUMA = np.array([0.299, 0.587, 0.114])  # of red, green, blue: ITU-R BT.601, as Pillow's "L"

_NOT_PICTURES = {  # what to do with files that people take for pictures
    ".heic": "Export it as JPEG or PNG",
    ".heif": "Export it as JPEG or PNG",
    ".svg": "It is a drawing, not pixels: export it as PNG",
    ".pdf": "It is a document: export the page as PNG",
    ".npy": "Read it with numpy.load and give load_image the array",
    ".npz": "Read it with numpy.load and give load_image the array",
    ".nc": "It is a field: read it with load_field",
    ".grib": "It is a field: read it with load_field",
}


def load_image(path_or_array, max_side=256, grey=False, say=print):
    """A picture of your own as float64 in 0..1: (H, W, 3) in colour, (H, W) if it is grey.

    Parameters
    ----------
    path_or_array
        The name of a file (str or Path), its content (bytes, or a file opened in binary mode), a
        Pillow image, or an array (H, W), (H, W, 1), (H, W, 3) or (H, W, 4; the last is opacity) of
        bool, of whole numbers (0..255; uint16: 0..65535) or of floats in 0..1.
    max_side
        A larger picture is scaled down until its longer side has this many pixels.
    grey
        Makes colours grey: 0.299 red + 0.587 green + 0.114 blue (ITU-R BT.601).
    say
        Called with one sentence for each thing that was changed: a picture scaled down, the first
        of several frames taken, transparency laid on white, 16 bits scaled to 0..1.

    A photo that a camera marked as turned is turned upright. Raises FileNotFoundError where there
    is no such file, TypeError for what can't be a picture, and ValueError for one that can't be
    read, is too large to be read safely, or has values out of range.
    """
    if isinstance(max_side, bool) or not isinstance(max_side, (int, np.integer)) or max_side < 1:
        raise ValueError(
            f"load_image: max_side={max_side!r} is not a number of pixels. Use a whole number of "
            "at least 1, for example 256."
        )
    if isinstance(path_or_array, np.ndarray):
        name, pixels, size = "the array", path_or_array, path_or_array.shape[:2]
    else:
        name, pixels, size = _decode(path_or_array, max_side, say)
    image = _in_range(name, pixels, say)
    if image.ndim == 3 and image.shape[2] == 4:
        image = _on_white(name, image, say)
    image = _shrink(image, size, max_side)
    if image.shape[:2] != tuple(size):
        say(
            f"load_image: {name} has {size[0]}×{size[1]} pixels (height × width); "
            f"scaled down to {image.shape[0]}×{image.shape[1]}."
        )
    return image @ LUMA if grey and image.ndim == 3 else image


def _decode(source, max_side, say):
    """Its name for messages, its pixels (many: roughly shrunk), its true (height, width)."""
    from PIL import Image

    given = isinstance(source, Image.Image)
    name, file = ("the picture", None) if given else _open(source)
    limit = Image.MAX_IMAGE_PIXELS or 2**31
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # judged below
            with source.copy() if given else Image.open(file) as picture:
                size = picture.height, picture.width
                # Only a JPEG can be shrunk while it is read, before it fills the memory.
                picture.draft(None, (4 * max_side, 4 * max_side))
                if picture.width * picture.height > limit:
                    raise Image.DecompressionBombError(f"{picture.width * picture.height} pixels")
                return name, *_pixels(name, picture, size, max_side, say)
    except Image.DecompressionBombError as error:
        count = int(re.search(r"\d+", str(error)).group())
        raise ValueError(
            f"load_image: {name} has {count:,} pixels, more than the {limit:,} that are read "
            "safely. Scale it down in a picture editor first."
        ) from error
    except Image.UnidentifiedImageError as error:
        repair = _NOT_PICTURES.get(Path(name).suffix.lower(), "Use a PNG or JPEG file")
        raise ValueError(
            f"load_image: {name} is not a picture that can be read. {repair}."
        ) from error
    except Exception as error:  # every decoder of Pillow has its own
        raise ValueError(
            f"load_image: {name} can't be read; it seems cut off or damaged ({error}). "
            "Copy or download it again, or save it anew as PNG."
        ) from error


def _open(source):
    """The name to use in messages, and something that Pillow can open."""
    if isinstance(source, (bytes, bytearray, memoryview)) or hasattr(source, "read"):
        content = source.read() if hasattr(source, "read") else bytes(source)
        if not isinstance(content, bytes):
            raise TypeError('load_image: the file gives text. Open it as bytes: open(…, "rb").')
        if not content:
            raise ValueError("load_image: the file is empty (0 bytes). Copy or download it again.")
        name = getattr(source, "name", None)
        return Path(name).name if isinstance(name, str) else "the picture", io.BytesIO(content)
    if not isinstance(source, (str, Path)):
        raise TypeError(
            f"load_image: a {type(source).__name__} is not a picture. Give it the name of a file, "
            "a NumPy array, a Pillow image or the bytes of a file."
        )
    if re.match(r"(https?|ftp|data):", str(source)):
        raise ValueError(
            f"load_image: {str(source)[:60]!r} is an address, and load_image stays off the "
            "network. Download the picture first, beside the notebook, and give its file name."
        )
    path = Path(source).expanduser()
    if path.is_dir():
        pictures = sorted(p.name for p in path.iterdir() if p.suffix.lower() in (".png", ".jpg"))
        example = f" Name a file in it, for example {pictures[0]!r}." if pictures else ""
        raise ValueError(f"load_image: {str(source)!r} is a folder, not a picture.{example}")
    if not path.exists():
        raise FileNotFoundError(f"load_image: {_missing(path)}")
    if path.stat().st_size == 0:
        raise ValueError(f"load_image: {path.name} is empty (0 bytes). Copy or download it again.")
    return path.name, path


def _missing(path):
    """Why there is no such file, with the names that look like it."""
    folder = path.absolute().parent
    if not folder.is_dir():
        return f"there is no folder {str(folder)!r}, so no {path.name!r} in it. Check the path."
    there = {p.name.lower(): p.name for p in folder.iterdir() if p.is_file()}
    close = difflib.get_close_matches(path.name.lower(), there, n=3, cutoff=0.6)
    # the right name with another ending is what people get wrong most
    close += [n for n in there if Path(n).stem == path.stem.lower() and n not in close]
    names = " or ".join(repr(there[n]) for n in close[:3])
    repair = f"Did you mean {names}?" if names else "Put the picture there, or give its whole path."
    return f"there is no file {path.name!r} in {str(folder)!r}. {repair}"


def _pixels(name, picture, size, max_side, say):
    """The pixels of an open Pillow image, upright, and its true (height, width), also upright."""
    from PIL import ImageOps

    if getattr(picture, "is_animated", False) and picture.format != "MPO":  # MPO: a phone's photo
        say(f"load_image: {name} holds {picture.n_frames} frames; the first is used.")
        picture.seek(0)
    picture.load()
    if picture.getexif().get(0x0112, 1) >= 5:  # EXIF orientation: a quarter turn
        size = size[::-1]
    sixteen_bits = picture.mode.startswith("I;16") or (picture.mode, picture.format) == ("I", "PNG")
    picture = ImageOps.exif_transpose(picture)
    if sixteen_bits:
        picture = picture.convert("I")
    elif picture.has_transparency_data:
        picture = picture.convert("RGBA")
    elif picture.mode not in ("L", "RGB", "I", "F"):
        picture = picture.convert("L" if picture.mode == "1" else "RGB")
    pixels = np.asarray(picture.reduce(max(1, max(size) // (4 * max_side))))
    return (pixels.astype(np.uint16) if sixteen_bits else pixels), size


def _in_range(name, pixels, say):
    """Any accepted array -> float64 in 0..1, (H, W), (H, W, 3) or (H, W, 4)."""
    shape = pixels.shape
    if pixels.ndim == 3 and shape[2] == 1:
        pixels = pixels[:, :, 0]
    if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and shape[2] not in (3, 4)):
        hint = "Pick one picture or channel"
        if pixels.ndim == 3 and shape[0] in (1, 3, 4):
            hint = "The channels stand first, as in PyTorch: use x.transpose(1, 2, 0)"
        raise ValueError(
            f"load_image: an array of shape {shape} is not one picture; that is (H, W), (H, W, 1), "
            f"(H, W, 3) or (H, W, 4). {hint}."
        )
    if pixels.size == 0:
        raise ValueError(f"load_image: an array of shape {shape} has no pixels.")
    if pixels.dtype.kind == "f":
        return _floats(name, pixels)
    if pixels.dtype.kind not in "bui":
        raise ValueError(
            f"load_image: {name} holds {pixels.dtype}, not numbers for brightness. "
            "Use uint8, uint16, bool or floats in 0..1."
        )
    if pixels.dtype == np.uint16:
        say(f"load_image: {name} has 16 bits per value; 0..65535 was scaled to 0..1.")
        return pixels / 65535
    top = 1 if pixels.dtype == bool else 255
    if pixels.min() < 0 or pixels.max() > top:
        raise ValueError(
            f"load_image: {name} holds whole numbers from {pixels.min()} to {pixels.max()}; "
            "0..255 was expected. Use floats in 0..1: (x - x.min()) / (x.max() - x.min())."
        )
    return pixels / top


def _floats(name, pixels):
    bad = np.count_nonzero(~np.isfinite(pixels))
    if bad:
        raise ValueError(
            f"load_image: {name} holds NaN or infinity in {bad} of {pixels.size} values. "
            "Fill them first, for example with numpy.nan_to_num(x)."
        )
    low, high = float(pixels.min()), float(pixels.max())
    if low < -1e-6 or high > 1 + 1e-6:
        bytes_like = low >= 0 and 2 < high <= 255
        repair = "x / 255" if bytes_like else "(x - x.min()) / (x.max() - x.min())"
        raise ValueError(
            f"load_image: {name} holds floats from {low:g} to {high:g}; 0..1 was expected. "
            f"Use {repair}."
        )
    return np.clip(pixels.astype(np.float64), 0, 1)


def _on_white(name, image, say):
    colour, alpha = image[:, :, :3], image[:, :, 3:]
    if alpha.min() == 1:
        return colour
    say(f"load_image: {name} is transparent in places; it was laid on white.")
    return colour * alpha + (1 - alpha)


def _shrink(image, size, max_side):
    """Scale down to `max_side`: every new pixel is the mean of the area that it covers."""
    from PIL import Image

    scale = max_side / max(size)
    if scale >= 1:
        return image
    height, width = (max(1, round(side * scale)) for side in size)
    channels = np.atleast_3d(image).astype(np.float32)
    small = [
        Image.fromarray(channels[:, :, c]).resize((width, height), Image.Resampling.BOX)
        for c in range(channels.shape[2])
    ]
    small = np.stack(small, axis=-1).reshape(height, width, *image.shape[2:])
    return np.clip(small.astype(np.float64), 0, 1)
