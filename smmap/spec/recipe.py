"""A recipe: where, when, which sources, which model, which outputs."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from smmap.spec.cache import Cache
from smmap.spec.cluster import Cluster
from smmap.spec.join import Median, Nearest
from smmap.spec.options import Options
from smmap.spec.source import SourceKey


class Area(Options):
    """Where: a bounding box, or a file with a polygon."""

    bbox: tuple[float, float, float, float] | None = None
    """West, south, east, north in degrees; west > east crosses the antimeridian."""
    geojson: str | None = None
    """Path of a GeoJSON file."""

    @model_validator(mode="after")
    def _one_of(self) -> Area:
        if (self.bbox is None) == (self.geojson is None):
            raise ValueError("give exactly one of 'bbox' and 'geojson'")
        if self.bbox is not None:
            west, south, east, north = self.bbox
            if not (-90 <= south < north <= 90 and -180 <= west <= 180 and -180 <= east <= 180):
                raise ValueError("'bbox' must be west, south, east, north in degrees")
            if west == east:
                raise ValueError("'bbox' has no width")
        return self


class CustomGrid(Options):
    """A grid of one's own: a GeoBox as a single tile."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    """Tile id."""
    crs: str
    """For example ``EPSG:3035``."""
    resolution: float = Field(gt=0)
    """Pixel size in CRS units."""
    bounds: tuple[float, float, float, float]
    """Left, bottom, right, top in CRS units; whole pixels."""


class Sources(Options):
    """Which catalogue definition feeds which sensor."""

    sentinel1: str
    """Definition of the radar scenes."""
    sentinel2: str | None = None
    """Definition of the optical scenes."""
    landsat: str | None = None
    """Definition of Landsat scenes."""
    dem: str | None = None
    """Definition of the elevation."""
    era5_land: str | None = None
    """Definition of ERA5-Land: model inputs, and frozen or snow-covered ground."""
    modis_lai: str | None = None
    """Definition of leaf area index."""
    modis_vegetation: str | None = None
    """Definition of NDVI and EVI composites."""
    smap: str | None = None
    """Definition of SMAP soil moisture."""
    gldas: str | None = None
    """Definition of GLDAS soil moisture."""
    soil: str | None = None
    """Definition of soil texture and bulk density."""
    land_cover: str | None = None
    """Definition of land cover: water, built-up and barren ground."""


class Despeckle(Options):
    """How speckle is reduced before an inversion at fine resolution."""

    method: Literal["lee", "boxcar", "quegan", "none"] = "lee"
    """``lee`` (Lee 1980, local statistics), ``boxcar`` (window mean), ``quegan`` (Quegan and Yu
    2001, multi-temporal: other dates of the orbit enter), ``none``."""
    window: int = Field(default=13, ge=1, le=63)
    """Window side, working pixels; odd. 13 of 10 m leave some 65 looks by ``lee``, 11 just under
    the 50 that an inversion wants."""
    days: float = Field(default=36, gt=0)
    """``quegan`` only: other dates of the same orbit up to this many days before."""

    @model_validator(mode="after")
    def _odd(self) -> Despeckle:
        if self.window % 2 == 0:
            raise ValueError("'window' must be odd")
        return self


class Radar(Options):
    """Radar choices that decide pixels."""

    despeckle: Despeckle = Despeckle()
    """Speckle filter; grids of 100 m and coarser average anyway and need none."""
    erode: int = Field(default=5, ge=0, le=100)
    """Frayed swath edges: working pixels taken off where a scene ends inside its raster."""
    window_db: tuple[float, float] = (-40.0, -5.0)
    """VV outside, after filtering and averaging, is not used."""
    noise_floor_vh_db: float = -24.0
    """VH below: the value stays, flagged unreliable."""
    angle: Literal["auto", "asset", "annotation", "orbit"] = "auto"
    """Where the incidence angle comes from; ``auto`` takes the best there is."""

    @model_validator(mode="after")
    def _ordered(self) -> Radar:
        if self.window_db[0] >= self.window_db[1]:
            raise ValueError("'window_db' must have the smaller value first")
        return self


class Optical(Options):
    """Optical choices that decide pixels."""

    join: Literal["nearest", "median"] = "nearest"
    """``nearest``: each pixel's closest clear scene; ``median`` of clear scenes in the window."""
    window_days: float = Field(default=3.0, gt=0)
    """How far, before and after the overpass, an optical scene may be."""
    stale_days: float = Field(default=3.0, gt=0)
    """Older (or newer) than this: the value stays, flagged stale."""
    max_cloud_cover: float = Field(default=90.0, ge=0, le=100)
    """Scenes with more, by their own metadata, are left out."""

    @property
    def rule(self) -> Nearest | Median:
        """The same as a join."""
        reach = {"days_before": self.window_days, "days_after": self.window_days}
        if self.join == "nearest":
            return Nearest(rule="nearest", **reach)
        return Median(rule="median", **reach)


class Frost(Options):
    """From when on ERA5-Land takes a value away: ``era5_land`` among the sources."""

    soil_temperature_degc: float = 0.0
    """Of the top layer at the hour of the overpass, degrees Celsius: colder is frozen."""
    snow_depth_m: float = Field(default=0.005, ge=0)
    """Mean of the day, metres: deeper is snow. A trace over 9 km is none at a pixel."""


class Outputs(Options):
    """What is written."""

    cog: bool = True
    """Cloud-optimised GeoTIFFs, one a layer."""
    cube: bool = True
    """A Zarr cube a tile and year."""
    quicklook: bool = True
    """A small picture of every item, and a contact sheet."""


class Recipe(Options):
    """One YAML file of ``pipelines/``."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    """Short name."""
    title: str = ""
    """What a person reads."""
    catalog: str | None = None
    """Address or folder for definitions that have no endpoint of their own."""
    catalogs: dict[SourceKey, str] = Field(default_factory=dict)
    """The same for single sources that lie elsewhere: a folder of files, a Zarr archive."""
    model: str
    """A packaged model's name, or a path."""
    sources: Sources
    """Which catalogue definitions are used."""
    area: Area | None = None
    """Where; None: all that the catalogue covers."""
    period: str | None = None
    """When, as ``2023-04-01/2023-04-30``; None: all that the catalogue covers."""
    grid: str | CustomGrid = "utm-10m"
    """A named grid (utm-10m, utm-20m, utm-100m, utm-320m, utm-800m, ease2-1km, geo-0.01deg) or
    one's own."""
    radar: Radar = Radar()
    """Radar choices."""
    optical: Optical = Optical()
    """Optical choices."""
    frost: Frost = Frost()
    """Frozen ground and snow, by ERA5-Land."""
    slope_flag_deg: float = Field(default=10.0, gt=0)
    """Steeper: flagged."""
    min_weight: float = Field(default=0.5, ge=0, le=1)
    """Cells with a smaller valid share are flagged low weight."""
    block: int = Field(default=1024, ge=16, le=16384)
    """Working pixels a side of a block: memory, never pixels."""
    batch: int = Field(default=12, ge=1, le=1000)
    """Overpasses of a tile at work together: they share reads, and disk while they are made."""
    threads: int = Field(default=2, ge=1, le=256)
    """Blocks read at once, as many computed, and as many overpasses written."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where the model runs."""
    cluster: Cluster | None = None
    """Who does the tasks; None: this process, one after the other. It decides no pixel."""
    cache: Cache | None = None
    """Where remote files are kept; None: nowhere, or as SMMAP_CACHE says. It decides no pixel."""
    offline: bool = False
    """True: no other machine is asked for anything; what is neither here nor in the cache fails."""
    outputs: Outputs = Outputs()
    """What is written."""
