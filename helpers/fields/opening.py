"""Opening a file with xarray: which engine it takes, and what is missing."""

import difflib
import re
from contextlib import nullcontext
from importlib import import_module
from pathlib import Path

_ENGINES = {  # what is in the file -> engines of xarray that read it, the one to install first
    "NetCDF-4": ("netcdf4", "h5netcdf"),
    "NetCDF-3": ("netcdf4", "scipy"),
    "Zarr": ("zarr",),
    "GRIB": ("cfgrib",),
}
_MODULES = {"netcdf4": "netCDF4"}
_STARTS = {b"\x89HDF": "NetCDF-4", b"CDF": "NetCDF-3", b"GRIB": "GRIB"}
_ENDINGS = (".nc", ".nc4", ".cdf", ".grib", ".grib2", ".grb", ".grb2", ".zarr")


def open_dataset(source):
    """A file, or what xarray has opened already, as (name, context that gives a Dataset)."""
    if hasattr(source, "data_vars"):
        return "the dataset", nullcontext(source)
    if hasattr(source, "to_dataset") and hasattr(source, "dims"):
        return "the array", nullcontext(source.to_dataset(name=source.name or "field"))
    path = _existing(source)
    kind = _kind(path)
    xarray = _module("xarray", kind, _ENGINES[kind][0])
    engine = _engine(kind)
    options = {"cfgrib": {"indexpath": ""}, "zarr": {"consolidated": False}}.get(engine)
    try:
        return path.name, xarray.open_dataset(path, engine=engine, backend_kwargs=options)
    except Exception as error:  # every engine has its own
        raise ValueError(
            f"load_field: {path.name} is {kind}, but {engine} can't read it "
            f"({type(error).__name__}: {error}). If it was cut off, copy or download it again; if "
            "xarray opens it with other settings, give load_field the opened dataset."
        ) from error


def _existing(source):
    if not isinstance(source, (str, Path)):
        raise TypeError(
            f"load_field: a {type(source).__name__} is not a field. Give it the name of a NetCDF, "
            "Zarr or GRIB file, or a Dataset or DataArray of xarray."
        )
    if re.match(r"[a-z0-9]+://", str(source)):
        raise ValueError(
            f"load_field: {str(source)[:60]!r} is an address, and load_field stays off the "
            "network. Open it with xarray, and give load_field the opened dataset."
        )
    path = Path(source).expanduser()
    if not path.exists():
        raise FileNotFoundError(f"load_field: {_missing(path)}")
    return path


def _missing(path):
    folder = path.absolute().parent
    if not folder.is_dir():
        return f"there is no folder {str(folder)!r}, so no {path.name!r} in it. Check the path."
    there = [p.name for p in folder.iterdir()]
    close = difflib.get_close_matches(path.name, there, n=3, cutoff=0.6)
    close = close or [name for name in there if name.lower().endswith(_ENDINGS)][:3]
    names = " or ".join(map(repr, close))
    repair = f"Did you mean {names}?" if names else "Put the file there, or give its whole path."
    return f"there is no file {path.name!r} in {str(folder)!r}. {repair}"


def _kind(path):
    """What a file holds, by its first bytes; its name says little (and may be wrong)."""
    if path.is_dir():
        if any((path / name).exists() for name in ("zarr.json", ".zgroup", ".zmetadata")):
            return "Zarr"
        files = sorted(p.name for p in path.iterdir() if p.name.lower().endswith(_ENDINGS))
        example = f" Name one in it, for example {files[0]!r}." if files else ""
        raise ValueError(f"load_field: {path.name!r} is a folder, not a Zarr store.{example}")
    with path.open("rb") as file:
        start = file.read(4)
    if start == b"PK\x03\x04":
        raise ValueError(
            f"load_field: {path.name} is a ZIP archive, whatever its name says; the Climate Data "
            "Store packs several files like this. Unpack it, and name the file that you want."
        )
    for signature, kind in _STARTS.items():
        if start.startswith(signature):
            return kind
    raise ValueError(
        f"load_field: {path.name} is neither NetCDF nor GRIB nor Zarr: it starts with {start!r}. "
        "A picture goes to load_image; of an .npy file numpy.load makes an array."
    )


def _engine(kind):
    """The first engine for this kind of file that is installed."""
    for engine in _ENGINES[kind]:
        try:
            import_module(_MODULES.get(engine, engine))
        except ImportError:
            continue
        return engine
    return _module(_ENGINES[kind][0], kind, _ENGINES[kind][0])


def _module(name, kind, engine):
    try:
        return import_module(_MODULES.get(name, name))
    except ImportError as error:
        raise ModuleNotFoundError(
            f"load_field: {kind} is read with the packages xarray and {engine}, and {error.name} "
            f"is not installed. `pip install xarray {engine}` brings them (with uv: `uv pip "
            "install`); then restart the kernel.",
            name=error.name,
        ) from error
