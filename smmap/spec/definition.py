"""A catalogue definition: how one provider's collection becomes canonical bands."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from smmap.spec.band import Resampling, Signer
from smmap.spec.options import Options

Kind = Literal["stac-static", "stac-api"]
Sensor = Literal["sentinel-1", "sentinel-2", "dem"]
OffsetRule = Literal["fixed", "declared", "processing-baseline", "earth-search"]
Quantity = Literal["sigma0", "gamma0"]
Surface = Literal["ellipsoid", "terrain"]


class BandDefinition(Options):
    """One canonical band of a collection."""

    assets: tuple[str, ...] = Field(min_length=1)
    """Asset keys that may hold it, in order of preference (providers rename them)."""
    units: Literal["linear", "dB", "degree", "1", "m", "class"]
    """Units after scale and offset; ``linear`` is backscatter in linear power."""
    scale: float = 1.0
    """Multiplies the stored value, once; the offset rule may take the item's own instead."""
    offset: float = 0.0
    """Added after the scale, once, where the offset rule says so."""
    nodata: float | None = None
    """Stored value that means no data; None leaves it to the file's own tag. NaN always is."""
    index: int = Field(default=1, ge=1)
    """Which band of the file, from 1."""
    resampling: Resampling = "bilinear"
    """How it goes onto another grid; classes must be ``nearest``."""


class Radiometry(Options):
    """What a radar collection's pixels mean."""

    quantity: Quantity
    """sigma0 or gamma0."""
    surface: Surface
    """``ellipsoid``, or ``terrain`` for radiometrically terrain-corrected pixels."""


class SceneClasses(Options):
    """How a class band says what may be used and what the surface is."""

    band: str
    """Canonical name of the class band."""
    clear: tuple[int, ...]
    """Classes whose reflectance may be used."""
    water: tuple[int, ...] = ()
    """Classes that are water (must also be clear)."""
    snow: tuple[int, ...] = ()
    """Classes that are snow or ice (must also be clear)."""
    dark: tuple[int, ...] = ()
    """Classes whose red reflectance is well below 0.1 (vegetation, water): they tell whether the
    baseline offset was applied; none: that is not checked."""

    @model_validator(mode="after")
    def _surface_is_clear(self) -> SceneClasses:
        unseen = sorted((set(self.water) | set(self.snow)) - set(self.clear))
        if unseen:
            raise ValueError(f"classes {unseen} are named as surface but not as clear")
        return self


class Definition(Options):
    """One YAML file of ``catalogs/``: a provider and a collection."""

    id: str
    """Its name, as recipes use it; equals the file's name."""
    title: str
    """What a person reads."""
    kind: Kind
    """``stac-static`` (a folder or URL of JSON files) or ``stac-api``."""
    sensor: Sensor
    """What reads it."""
    endpoint: str | None = None
    """Address of the catalogue; None: the recipe's ``catalog`` key gives it."""
    collections: tuple[str, ...] = Field(min_length=1)
    """Collection ids to search."""
    bands: dict[str, BandDefinition]
    """Canonical name -> where and how."""
    annotations: tuple[str, ...] = ()
    """Radar only: asset keys that may hold a product annotation, in order of preference."""
    offset_rule: OffsetRule = "fixed"
    """How scale and offset are decided: ``fixed`` (this file), ``declared`` (the item's own raster
    metadata where it has any; Sentinel-2 that says nothing is checked against dark pixels),
    ``processing-baseline`` (Sentinel-2: -1000 from baseline 04.00), ``earth-search`` (as
    ``earthsearch:boa_offset_applied`` says, checked against dark pixels)."""
    radiometry: Radiometry | None = None
    """Radar only."""
    looks: float | None = Field(default=None, gt=0)
    """Radar only: equivalent number of looks of one pixel."""
    resolution: float = Field(gt=0)
    """Finest pixel size, metres."""
    cell: tuple[float, float] | None = None
    """Radar only: spatial resolution in range and azimuth, metres (not the pixel spacing)."""
    classes: SceneClasses | None = None
    """Optical only."""
    query: dict[str, Any] = Field(default_factory=dict)
    """Properties that an item must have, for example ``sar:instrument_mode: IW``."""
    static: bool = False
    """True: time does not matter (elevation)."""
    latency: str
    """How long after acquisition items appear."""
    licence: str
    """SPDX id or the licence's address."""
    attribution: str
    """What a product made from it must say."""
    credential: str | None = None
    """Name of the environment variable that holds the credential; optional where the file's comment
    says so; None: open."""
    sign: Signer | None = None
    """How addresses are signed before reading; None: as they are."""

    @model_validator(mode="after")
    def _complete_for_its_sensor(self) -> Definition:
        if self.sensor == "sentinel-1" and (self.radiometry is None or self.looks is None):
            raise ValueError("a sentinel-1 definition needs 'radiometry' and 'looks'")
        if self.sensor == "sentinel-2" and self.classes is None:
            raise ValueError("a sentinel-2 definition needs 'classes'")
        if self.classes is not None and self.classes.band not in self.bands:
            raise ValueError(f"'classes.band' names '{self.classes.band}', which is no band here")
        return self
