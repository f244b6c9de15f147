"""What goes in and what comes out: bands of a scene, layers of a product."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Resampling = Literal["nearest", "bilinear"]
Units = Literal[
    "linear",
    "dB",
    "degree",
    "1",
    "m",
    "class",
    "bits",
    "m3 m-3",
    "degC",
    "K",
    "m d-1",
    "%",
    "g cm-3",
]
Reader = Literal["raster", "netcdf", "zarr", "earth-engine"]
Signer = Literal[
    "planetary-computer", "copernicus-data-space", "earth-data-hub", "earthdata", "anonymous"
]
"""``copernicus-data-space``: ``s3://`` is that provider's own store, with keys of its own;
``earth-data-hub``: a token of the user, sent along; ``earthdata``: web addresses lead to NASA's
login, which wants the user's line in ``~/.netrc``; ``anonymous``: ``s3://`` and ``gs://`` are
public, and read without the user's credentials."""


@dataclass(frozen=True)
class Band:
    """What a catalogue's asset holds: physical value = stored value x scale + offset."""

    name: str
    """Canonical name: ``vv``, ``vh``, ``incidence``, ``red``, ``scl``, ``elevation`` ..."""
    href: str
    """Where the file is; absolute."""
    units: Units
    """Units after scale and offset."""
    scale: float = 1.0
    """Multiplies the stored value, once."""
    offset: float = 0.0
    """Added after ``scale``, once."""
    nodata: float | None = None
    """Stored value that means nothing was measured; what the file itself names, and NaN, do too."""
    other_nodata: float | None = None
    """Another such value, where the item declares one beside the definition's."""
    index: int = 1
    """Which band of the file, from 1."""
    resampling: Resampling = "bilinear"
    """How it goes onto another grid: classes are ``nearest``."""
    crs: str | None = None
    """What the item says of the file's coordinate system, ``EPSG:...``; None: nothing."""
    transform: tuple[float, float, float, float, float, float] | None = None
    """Where the pixels lie in ``crs``, as ``affine.Affine`` has it; None: the file says."""
    shape: tuple[int, int] | None = None
    """Rows and columns; None: the file says."""
    together: tuple[str, ...] = ()
    """Variables of the same pixels that will be read too, this one among them: one request may
    bring them all."""
    sign: Signer | None = None
    """How ``href`` is signed just before each open; None: as it is."""
    reader: Reader = "raster"
    """What reads ``href``."""
    variable: str | None = None
    """Which array of a NetCDF file or Zarr store, which band of an Earth Engine image."""
    planck: tuple[float, float] | None = None
    """K1 and K2, where scale and offset give radiance L: the value is K2 / ln(K1 / L + 1)."""
    steps: int | None = None
    """How many steps in time the scene had when it was looked up; None: nobody counted."""
    requests_per_second: float | None = None
    """What the provider allows all readers of a run together; None: no bound is known."""


@dataclass(frozen=True)
class Layer:
    """One output variable and how it is packed: physical = stored x scale_factor."""

    name: str
    """Variable and asset name, for example ``sm``."""
    dtype: Literal["int16", "uint16", "uint8"]
    """Stored type."""
    fill: int
    """Stored value of nodata."""
    scale_factor: float | None
    """None for flags: stored as they are."""
    units: str
    """Units of the physical value."""
    long_name: str
    """What a person reads."""
    standard_name: str | None = None
    """CF standard name."""
    valid_range: tuple[int, int] | None = None
    """In packed units."""
