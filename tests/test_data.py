"""The files that data/ ships: what they hold, whether it is plausible, and what happens without."""

import hashlib
import re
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from helpers import data

FOLDER = Path(__file__).resolve().parent.parent / "data"
NAMES = ["digits.npz", "photo.png", "weather_height.npz", "weather_vorticity.npz"]
SPLITS = {"train": 36, "validation": 6, "test": 6}


@pytest.fixture(scope="module")
def weather():
    return {split: data.load_weather(split) for split in SPLITS}


@pytest.fixture(scope="module")
def all_runs(weather):
    """Height and vorticity of all 48 runs."""
    return (
        np.concatenate([w.height for w in weather.values()]),
        np.concatenate([w.vorticity for w in weather.values()]),
    )


@pytest.fixture
def other_folder(tmp_path, monkeypatch):
    """A repository in which data/ has a README and nothing else."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "README.md").write_bytes((FOLDER / "README.md").read_bytes())
    monkeypatch.setattr(data, "_ROOT", tmp_path)
    return folder


# --- files ------------------------------------------------------------------------------------


def test_every_file_is_small_and_stands_in_the_readme():
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    for name in NAMES:
        content = (FOLDER / name).read_bytes()
        assert len(content) < 3e6
        assert f"{hashlib.sha256(content).hexdigest()}  {name}" in readme
        assert f"| `{name}` " in readme
    assert sum(p.stat().st_size for p in FOLDER.iterdir() if p.is_file()) < 10e6


def test_check_files_finds_the_shipped_files_right():
    result = data.check_files()
    assert [name for name, _, _ in result] == NAMES
    assert all(ok for _, ok, _ in result), result
    assert result[0][2] == "data/digits.npz, 0.12 MB, is as shipped"


def test_check_files_names_a_missing_and_a_changed_file_with_the_repair(other_folder):
    content = bytearray((FOLDER / "digits.npz").read_bytes())
    content[5000] ^= 1
    (other_folder / "digits.npz").write_bytes(content)
    digits, photo = data.check_files()[:2]
    assert digits == (
        "digits.npz",
        False,
        "data/digits.npz is not as the course ships it. At the top of the repository, "
        "`git checkout -- data/digits.npz` brings it back (or make it anew: "
        "`uv run data/make_digits.py`).",
    )
    assert photo[1] is False and photo[2].startswith("data/photo.png is missing. At the top")


def test_check_files_without_the_readme_says_that_there_are_no_checksums(tmp_path, monkeypatch):
    monkeypatch.setattr(data, "_folder", lambda: tmp_path)
    (tmp_path / "digits.npz").write_bytes(b"x")
    _, ok, message = data.check_files()[0]
    assert not ok
    assert "no checksum of digits.npz" in message and "git checkout -- data/README.md" in message


@pytest.mark.parametrize(
    ("load", "name", "maker"),
    [
        (data.load_digits, "digits.npz", "make_digits.py"),
        (data.load_photo, "photo.png", "make_photo.py"),
        (data.load_weather, "weather_height.npz", "make_weather.py"),
    ],
)
def test_a_missing_and_a_damaged_file_are_refused_with_the_repair(load, name, maker, other_folder):
    with pytest.raises(FileNotFoundError) as missing:
        load()
    assert f"{load.__name__}: data/{name} is missing; looked for it in" in str(missing.value)
    content = (FOLDER / name).read_bytes()
    (other_folder / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError) as damaged:
        load()
    assert f"{load.__name__}: data/{name} is damaged (" in str(damaged.value)
    for error in (missing, damaged):
        assert f"`git checkout -- data/{name}`" in str(error.value)
        assert f"`uv run data/{maker}`" in str(error.value)


def test_data_is_found_from_the_notebooks_folder_when_helpers_is_installed(tmp_path, monkeypatch):
    monkeypatch.setattr(data, "_ROOT", tmp_path)
    monkeypatch.chdir(FOLDER.parent / "notebooks")
    assert len(data.load_digits()) == 1797


def test_makers_exist_and_pin_every_dependency():
    for maker in set(data._FILES.values()):
        header = re.search(r"# dependencies = \[(.*)\]", (FOLDER / maker).read_text("utf-8"))[1]
        assert all(re.fullmatch(r'"[a-z-]+==[\d.]+"', d) for d in header.split(", ")), header


def test_importing_data_loads_neither_pillow_nor_torch():
    code = "import sys, helpers.data; print({'PIL', 'torch', 'matplotlib'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=FOLDER.parent)
    assert run.stdout.strip() == b"set()", run.stderr


# --- digits and photo -------------------------------------------------------------------------


def test_digits_are_1797_of_8x8_in_0_to_1():
    digits = data.load_digits()
    assert digits.images.shape == (1797, 8, 8) and digits.images.dtype == np.float32
    assert digits.labels.shape == (1797,) and digits.labels.dtype == np.int64
    assert digits.images.min() == 0 and digits.images.max() == 1
    assert digits.labels[:12].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]
    # counted by the data set's authors: Alpaydin and Kaynak, optdigits.names, testing part
    assert np.bincount(digits.labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    zero = [0, 0, 5, 13, 9, 1, 0, 0]  # the first row of the first digit, as UCI prints it
    assert (digits.images[0, 0] * 16).tolist() == zero


def test_the_split_of_the_digits_is_fixed_disjoint_and_balanced():
    digits, again = data.load_digits(), data.load_digits()
    parts = [digits.train, digits.validation, digits.test]
    assert [len(p) for p in parts] == [1199, 299, 299]
    as_bytes = [{image.tobytes() for image in p.images} for p in parts]
    assert all(not a & b for a, b in combinations(as_bytes, 2))  # no digit occurs twice
    for part, other in zip(parts, [again.train, again.validation, again.test]):
        assert np.array_equal(part.images, other.images)
        assert np.array_equal(part.labels, other.labels)
        assert np.ptp(np.bincount(part.labels)) <= 6  # of 30 to 120 of each
    known = {image.tobytes(): label for image, label in zip(digits.images, digits.labels)}
    assert all(known[i.tobytes()] == k for p in parts for i, k in zip(p.images, p.labels))
    assert repr(digits) == (
        "1797 digits of 8×8 pixels: 1199 to train, 299 to validate, 299 to test"
    )


def test_the_photo_is_256x256_in_0_to_1_and_grey_on_request():
    photo, grey = data.load_photo(), data.load_photo(grey=True)
    assert photo.shape == (256, 256, 3) and photo.dtype == np.float64
    assert grey.shape == (256, 256) and grey.dtype == np.float64
    assert photo.min() == 0 and photo.max() == 1
    red, green, blue = photo[150, 90]
    assert red > 0.8 and blue < 0.3  # the space suit is orange
    assert grey[150, 90] == pytest.approx(0.299 * red + 0.587 * green + 0.114 * blue)


def test_the_photo_has_edges_in_every_direction():
    dy, dx = np.gradient(data.load_photo(grey=True))
    strong = np.hypot(dx, dy) > 0.1
    angle = np.degrees(np.arctan2(dy, dx))[strong] % 180
    assert np.histogram(angle, bins=6, range=(0, 180))[0].min() > 300


# --- weather ----------------------------------------------------------------------------------

LATITUDE = np.linspace(87.1875, -87.1875, 32)
EDGES = np.radians(np.linspace(90, -90, 33))
AREA = -np.diff(np.sin(EDGES))[:, None] / 2 / 64  # of each cell, as a part of the sphere
GRAVITY, RADIUS, OMEGA = 9.80616, 6.37122e6, 7.292e-5
CORIOLIS = 2 * OMEGA * np.sin(np.radians(LATITUDE))[:, None]


def test_weather_has_48_runs_in_three_splits(weather):
    for split, runs in SPLITS.items():
        w = weather[split]
        assert w.height.shape == w.vorticity.shape == (runs, 21, 32, 64)
        assert w.height.dtype == w.vorticity.dtype == np.float32
        assert np.isfinite(w.height).all() and np.isfinite(w.vorticity).all()
        assert np.array_equal(w.hours, np.arange(96, 217, 6))
        assert np.allclose(w.latitude, LATITUDE)
        assert np.allclose(w.longitude, np.linspace(2.8125, 357.1875, 64))
    assert repr(weather["test"]) == (
        "Weather: 6 runs, 21 times (hour 96 to 216), 32×64 cells; height in m, vorticity in 1/s"
    )
    with np.load(FOLDER / "weather_height.npz") as file:
        assert file["train"].dtype == np.float16


def test_no_run_stands_in_two_splits_and_all_runs_differ(all_runs):
    waves = all_runs[1][:, 8] - all_runs[1][:, 8].mean(-1, keepdims=True)  # hour 144
    for hemisphere in (waves[:, :16], waves[:, 16:]):
        flat = hemisphere.reshape(48, -1)
        alike = np.corrcoef(flat) - np.eye(48)
        assert np.abs(alike).max() < 0.9


def test_jets_differ_between_runs_and_hemispheres(all_runs):
    jets = np.abs(all_runs[1][:, 0].mean(-1))  # zonal mean of the vorticity at hour 96
    strongest = np.stack([jets[:, :16].max(1), jets[:, 16:].max(1)])
    assert strongest.std() > 0.05 * strongest.mean()
    assert np.corrcoef(*strongest)[0, 1] < 0.5


def test_mass_is_conserved_and_the_mean_height_is_10_km(all_runs):
    mean = (all_runs[0].astype(float) * AREA).sum((-2, -1))
    assert np.abs(mean - 10_000).max() < 0.5  # rounded to 1 m in every cell


def test_the_total_vorticity_is_zero(all_runs):
    assert np.abs((all_runs[1].astype(float) * AREA).sum((-2, -1))).max() < 2e-8


def test_heights_and_vorticities_are_those_of_a_strong_jet(all_runs):
    height, vorticity = all_runs
    assert 7500 < height.min() < 8800 and 10_200 < height.max() < 11_000
    assert 0.9e-4 < vorticity.max() < 2e-4 and -2e-4 < vorticity.min() < -0.9e-4


def test_both_hemispheres_have_a_westerly_jet_in_every_run(all_runs):
    profile = all_runs[0][:, 0].astype(float).mean(-1, keepdims=True)  # hour 96, zonal mean
    slope = np.gradient(profile, RADIUS * np.radians(LATITUDE), axis=1)
    wind = (-GRAVITY / CORIOLIS * slope)[:, :, 0]  # geostrophic, eastward
    for rows in (slice(3, 12), slice(20, 29)):  # 70 to 25 degrees
        peak = wind[:, rows].max(1)
        assert peak.min() > 35 and peak.max() < 130


def test_vorticity_turns_round_the_lows_as_geostrophic_balance_demands(all_runs):
    # the vorticity of the geostrophic wind, g/f ∇²h: wrong if rows, columns or signs were swapped
    height, vorticity = (a[:, 8].astype(float) for a in all_runs)
    waves = height - height.mean(-1, keepdims=True)
    cosine = np.cos(np.radians(LATITUDE))[:, None]
    step = np.radians(5.625) * RADIUS
    east = (np.roll(waves, -1, -1) - 2 * waves + np.roll(waves, 1, -1)) / (step * cosine) ** 2
    north = np.gradient(np.gradient(waves, -step, axis=1) * cosine, -step, axis=1) / cosine
    expected = GRAVITY / CORIOLIS * (east + north)
    eddies = vorticity - vorticity.mean(-1, keepdims=True)
    for rows in (slice(4, 12), slice(20, 28)):
        assert np.corrcoef(expected[:, rows].ravel(), eddies[:, rows].ravel())[0, 1] > 0.7


def test_the_jets_roll_up_into_vortices_in_both_hemispheres(all_runs):
    eddies = all_runs[1] - all_runs[1].mean(-1, keepdims=True)
    strength = np.sqrt((eddies**2).mean(-1))  # run, time, latitude
    for rows in (slice(0, 16), slice(16, 32)):
        stirred = (strength[:, :, rows] > 1e-5).sum(-1)  # latitudes that the vortices reach
        assert (stirred[:, -1] >= 7).all() and (stirred[:, -1] - stirred[:, 0] >= 3).all()
        assert (strength[:, :, rows].max((1, 2)) > 4e-5).all()  # every run, at its liveliest


def test_six_hours_change_the_weather_but_do_not_make_it_another(all_runs):
    eddies = all_runs[1] - all_runs[1].mean(-1, keepdims=True)
    before, after = eddies[:, 8].ravel(), eddies[:, 9].ravel()
    assert 0.1 < np.corrcoef(before, after)[0, 1] < 0.9


def test_snapshot_gives_one_field():
    w = data.load_weather("test")
    assert np.array_equal(w.snapshot(), w.vorticity[0, 8])
    assert np.array_equal(w.snapshot("height", run=2, hour=96), w.height[2, 0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"field": "wind"}, 'snapshot: there is no field \'wind\'. Use "height" or "vorticity".'),
        ({"run": 6}, "snapshot: there is no run 6. Use run=0 to run=5."),
        (
            {"hour": 100},
            "snapshot: hour 100 is not stored, only 96 to 216 in steps of 6. Use hour=102.",
        ),
    ],
)
def test_a_snapshot_that_is_not_there_is_refused(arguments, message):
    with pytest.raises(ValueError) as error:
        data.load_weather("test").snapshot(**arguments)
    assert str(error.value) == message


def test_an_unknown_split_is_refused():
    with pytest.raises(ValueError) as error:
        data.load_weather("valid")
    assert str(error.value) == (
        "load_weather: there is no split 'valid'. Use one of ['train', 'validation', 'test']."
    )
