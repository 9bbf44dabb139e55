"""What data/ ships, and the participant's own pictures.

`load_digits`, `load_photo` and `load_weather` read files of this repository (data/README.md says
where they come from); `load_image`, from helpers/images.py, reads a picture of one's own, and
`load_field`, from helpers/fields, a field. Nothing here needs the network.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helpers.images import LUMA, load_image

__all__ = ["check_files", "load_digits", "load_image", "load_photo", "load_weather"]

_ROOT = Path(__file__).resolve().parent.parent
_FILES = {  # file in data/ -> its maker
    "digits.npz": "make_digits.py",
    "photo.png": "make_photo.py",
    "weather_height.npz": "make_weather.py",
    "weather_vorticity.npz": "make_weather.py",
}

def _folder():
    """data/ beside helpers/ (in a clone), or else in or above the working folder."""
    places = [_ROOT, Path.cwd(), *Path.cwd().parents]
    return next((p / "data" for p in places if _is_ours(p / "data/README.md")), _ROOT / "data")


def _is_ours(readme):
    """Many folders hold a data/README.md; the course's one names its files."""
    return readme.is_file() and "digits.npz" in readme.read_text(encoding="utf-8", errors="replace")


def _repair(name):
    return (
        f"At the top of the repository, `git checkout -- data/{name}` brings it back "
        f"(or make it anew: `uv run data/{_FILES[name]}`)."
    )


def _read(name, caller, reader):
    path = _folder() / name
    if not path.is_file():
        raise FileNotFoundError(
            f"{caller}: data/{name} is missing; looked for it in {path.parent}. {_repair(name)}"
        )
    try:
        return reader(path)
    except Exception as error:  # zip, zlib, NumPy and Pillow each have their own
        raise ValueError(
            f"{caller}: data/{name} is damaged ({type(error).__name__}: {error}). {_repair(name)}"
        ) from error


def _read_npz(name, caller, keys):
    def reader(path):
        with np.load(path, allow_pickle=False) as file:
            return {key: file[key] for key in keys}

    return _read(name, caller, reader)


def check_files():
    """Compare the files of data/ with the SHA-256 sums in data/README.md.

    Returns a list of (file name, ok, message), one for each file; the message of a file that is
    not as it should be ends with the repair.
    """
    readme = _folder() / "README.md"
    text = readme.read_text(encoding="utf-8") if readme.is_file() else ""
    sums = {name: sha for sha, name in re.findall(r"^([0-9a-f]{64})  (\S+)$", text, re.MULTILINE)}
    return [(name, *_check_file(readme.parent / name, sums.get(name))) for name in _FILES]


def _check_file(path, expected):
    if not path.is_file():
        return False, f"data/{path.name} is missing. {_repair(path.name)}"
    if expected is None:
        return False, (
            f"data/README.md has no checksum of {path.name}. "
            "At the top of the repository, `git checkout -- data/README.md` brings it back."
        )
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != expected:
        return False, f"data/{path.name} is not as the course ships it. {_repair(path.name)}"
    return True, f"data/{path.name}, {len(content) / 1e6:.2f} MB, is as shipped"


@dataclass(frozen=True, eq=False, repr=False)
class DigitSet:
    """Some digits: `images` (N, 8, 8), float32 in 0..1, and `labels` (N,), int64 in 0..9."""

    images: np.ndarray
    labels: np.ndarray

    def __len__(self):
        return len(self.labels)

    def __repr__(self):
        return f"{len(self)} digits of 8×8 pixels"


@dataclass(frozen=True, eq=False, repr=False)
class Digits(DigitSet):
    """All digits, and the same ones in three parts: `train`, `validation` and `test`."""

    train: DigitSet
    validation: DigitSet
    test: DigitSet

    def __repr__(self):
        parts = len(self.train), len(self.validation), len(self.test)
        return "{} of 8×8 pixels: {} to train, {} to validate, {} to test".format(
            f"{len(self)} digits", *parts
        )


def load_digits():
    """The 1797 handwritten digits of UCI's *Optical Recognition of Handwritten Digits*.

    Returns an object with `.images` (1797, 8, 8), float32 in 0..1 (ink is 1), and `.labels`
    (1797,), int64; `.train`, `.validation` and `.test` have the same two, for 1199, 299 and 299
    of the digits. The split is always the same, and every digit has its share in each part. All
    parts come from the same 13 writers, so a test says little about a stranger's hand.
    """
    data = _read_npz("digits.npz", "load_digits", ["images", "labels"])
    images, labels = np.float32(data["images"]) / 16, data["labels"].astype(np.int64)
    shuffled = np.random.default_rng(0).permutation(len(labels))
    dealt = shuffled[np.argsort(labels[shuffled], kind="stable")]  # digit by digit, like cards
    part = np.empty(len(labels), dtype=int)
    part[dealt] = np.arange(len(labels)) % 6  # of six, one to validate, one to test
    test, validation, train = (part == 5), (part == 4), (part < 4)
    parts = [DigitSet(images[chosen], labels[chosen]) for chosen in (train, validation, test)]
    return Digits(images, labels, *parts)


def load_photo(grey=False):
    """NASA's portrait of the astronaut Eileen Collins: (256, 256, 3), float64 in 0..1.

    With `grey=True` (256, 256): 0.299 red + 0.587 green + 0.114 blue (ITU-R BT.601).
    """

    def reader(path):
        from PIL import Image

        with Image.open(path) as file:
            return np.asarray(file.convert("RGB")) / 255

    photo = _read("photo.png", "load_photo", reader)
    return photo @ LUMA if grey else photo


@dataclass(frozen=True, eq=False, repr=False)
class Weather:
    """Runs of a simulated planet's weather.

    `height` (m) and `vorticity` (1/s, positive counter-clockwise): float32 of shape
    (runs, times, latitudes, longitudes). `latitude` (degrees, from north to south) and
    `longitude` (degrees east) are the centres of the cells, `hours` the time since the start.
    """

    height: np.ndarray
    vorticity: np.ndarray
    latitude: np.ndarray
    longitude: np.ndarray
    hours: np.ndarray

    def snapshot(self, field="vorticity", run=0, hour=144):
        """One field at one time: (32, 64), north on top. `field`: "height" or "vorticity"."""
        runs, hours = len(self.height), self.hours.tolist()
        if field not in ("height", "vorticity"):
            raise ValueError(f'snapshot: there is no field {field!r}. Use "height" or "vorticity".')
        if not -runs <= run < runs:
            raise ValueError(f"snapshot: there is no run {run}. Use run=0 to run={runs - 1}.")
        if hour not in hours:
            nearest = min(hours, key=lambda h: abs(h - hour))
            raise ValueError(
                f"snapshot: hour {hour} is not stored, only {hours[0]} to {hours[-1]} in steps of "
                f"{hours[1] - hours[0]}. Use hour={nearest}."
            )
        return getattr(self, field)[run, hours.index(hour)]

    def __repr__(self):
        runs, times, rows, columns = self.height.shape
        return (
            f"Weather: {runs} runs, {times} times (hour {self.hours[0]} to {self.hours[-1]}), "
            f"{rows}×{columns} cells; height in m, vorticity in 1/s"
        )


def load_weather(split="train"):
    """Days 4 to 9 of a simulated planet whose jets break up into vortices, as `Weather`.

    `split`: "train" (36 runs), "validation" (6) or "test" (6); no run is in two of them. Every
    run holds 21 times, six hours apart, of 32×64 cells of 5.625°. One field at once:
    `load_weather().snapshot()`. Source: the unstable jet of Galewsky, Scott and Polvani (2004),
    Tellus A 56, 429–440, one in each hemisphere, solved by data/make_weather.py.
    """
    splits = ["train", "validation", "test"]
    if split not in splits:
        raise ValueError(f"load_weather: there is no split {split!r}. Use one of {splits}.")
    fields, keys = {}, [split, "offset", "scale", "latitude", "longitude", "hours"]
    for field in ("height", "vorticity"):
        data = _read_npz(f"weather_{field}.npz", "load_weather", keys)
        stored = data[split].astype(np.float32)
        fields[field] = np.float32(data["offset"]) + np.float32(data["scale"]) * stored
    return Weather(**fields, **{key: data[key] for key in keys[3:]})
