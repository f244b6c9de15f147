"""A catalogue definition: how one provider's collection becomes canonical bands."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from smmap.spec.band import Resampling, Signer, Units
from smmap.spec.options import Options
from smmap.spec.quantity import QUANTITIES

Kind = Literal["stac-static", "stac-api", "earth-engine", "files", "zarr"]
Sensor = Literal[
    "sentinel-1",
    "sentinel-2",
    "landsat",
    "dem",
    "era5-land",
    "modis-lai",
    "modis-vegetation",
    "smap",
    "gldas",
    "soil",
    "land-cover",
]
OffsetRule = Literal["fixed", "declared", "processing-baseline", "earth-search", "sun-elevation"]
Quantity = Literal["sigma0", "gamma0"]
Accumulated = Literal["from 00 UTC", "over the hour before"]
Reflectance = Literal["surface", "top-of-atmosphere"]
Surface = Literal["ellipsoid", "terrain"]
Ground = Literal["water", "built_up", "barren"]


class BandDefinition(Options):
    """One canonical band of a collection."""

    assets: tuple[str, ...] = Field(min_length=1)
    """Asset keys that may hold it, in order of preference (providers rename them)."""
    collection: str | None = None
    """Kind ``earth-engine``: another collection that holds it, in an image of the same index
    (Cloud Score+ of a Sentinel-2 scene), or a single image; None: the definition's own."""
    units: Units
    """Units after scale and offset; ``linear`` is backscatter in linear power, ``class`` are
    categories and ``bits`` packed flags."""
    scale: float = 1.0
    """Multiplies the stored value, once; the offset rule may take the item's own instead."""
    offset: float = 0.0
    """Added after the scale, once, where the offset rule says so."""
    nodata: float | None = None
    """Stored value that means no data. What the item declares and the file's own tag count as well,
    but not of classes and bits, where 0 may be the best of them; NaN always is."""
    nodata_of: dict[str, float] = Field(default_factory=dict)
    """Collection -> the same, where collections differ; comes before ``nodata``."""
    index: int = Field(default=1, ge=1)
    """Which band of the file, from 1."""
    resampling: Resampling = "bilinear"
    """How it goes onto another grid; classes and bits must be ``nearest``."""
    accumulated: Accumulated | None = None
    """Amounts that become rates per day, ``units`` being those after that. ``from 00 UTC``: they
    grow over the day and begin anew, the step at 00 UTC being the whole day before, as in
    ERA5-Land. ``over the hour before``: of the hour that ends with each step."""

    planck: dict[str, tuple[float, float, float]] = Field(default_factory=dict)
    """Thermal only: platform -> scale, K1 and K2, where scale and offset give radiance L; the value
    is the brightness temperature K2 / ln(K1 / L + 1)."""

    @model_validator(mode="after")
    def _numbers_make_sense(self) -> BandDefinition:
        if self.scale == 0:
            raise ValueError("'scale: 0' makes every value the same")
        if self.units in ("class", "bits") and self.resampling != "nearest":
            raise ValueError(f"'units: {self.units}' needs 'resampling: nearest'")
        return self


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


class BitField(Options):
    """A group of neighbouring bits of a flag band."""

    first: int = Field(ge=0, le=31)
    """Its lowest bit, from 0."""
    count: int = Field(default=1, ge=1, le=16)
    """How many bits."""
    values: tuple[int, ...] = Field(min_length=1)
    """What they may be, read as one number."""


class Condition(Options):
    """What one band says of a pixel; exactly one of the four ways to put it."""

    band: str
    """Canonical name."""
    classes: tuple[int, ...] | None = None
    """True where the stored class is one of these."""
    bits: tuple[BitField, ...] | None = None
    """True where all of the bit fields have one of their values."""
    at_least: float | None = None
    """True from here on, in the band's units."""
    at_most: float | None = None
    """True up to here, in the band's units."""

    @model_validator(mode="after")
    def _one_way(self) -> Condition:
        ways = (self.classes, self.bits, self.at_least, self.at_most)
        if sum(way is not None for way in ways) != 1:
            raise ValueError("give exactly one of 'classes', 'bits', 'at_least' and 'at_most'")
        return self


class Companion(Options):
    """Another collection of the same catalogue, whose items complete those of a definition."""

    collection: str
    """Its id."""
    key: str
    """Regular expression found in the ids of both: items with the same groups, or without groups
    the same match, belong together."""
    assets: tuple[str, ...] = Field(min_length=1)
    """Assets that are taken over, under their own keys, where the item has none so called."""
    static: bool = False
    """True: time does not matter."""


class Definition(Options):
    """One YAML file of ``catalogs/``: a provider and a collection."""

    id: str
    """Its name, as recipes use it; equals the file's name."""
    title: str
    """What a person reads."""
    kind: Kind
    """``stac-static`` (a folder or URL of JSON files), ``stac-api``, ``earth-engine``, ``files`` (a
    folder without any STAC) or ``zarr`` (one archive)."""
    sensor: Sensor
    """What reads it."""
    endpoint: str | None = None
    """Address of the catalogue; None: the recipe's ``catalog`` key gives it."""
    collections: tuple[str, ...] = Field(min_length=1)
    """Collection ids to search. Of those whose time does not matter the first that has a value
    counts."""
    companions: tuple[Companion, ...] = ()
    """STAC only: other collections that hold some of the bands of the same scenes."""
    bands: dict[str, BandDefinition]
    """Canonical name -> where and how."""
    alternate: str | None = None
    """Which of an asset's ``alternate`` addresses is read where it has it; None: its ``href``."""
    annotations: tuple[str, ...] = ()
    """Radar only: asset keys that may hold a product annotation, in order of preference."""
    offset_rule: OffsetRule = "fixed"
    """How scale and offset are decided: ``fixed`` (this file; an optical item that declares others
    is refused), ``declared`` (the item's own raster metadata where it has any; Sentinel-2 that
    says nothing is checked against dark pixels), ``processing-baseline`` (Sentinel-2: -1000 from
    baseline 04.00), ``earth-search`` (as ``earthsearch:boa_offset_applied`` says, checked against
    dark pixels), ``sun-elevation`` (reflectance without the sun's angle, as in Landsat's level 1:
    divided by the sine of the item's ``view:sun_elevation``)."""
    radiometry: Radiometry | None = None
    """Radar only."""
    looks: float | None = Field(default=None, gt=0)
    """Radar only: equivalent number of looks of one pixel."""
    resolution: float = Field(gt=0)
    """Finest pixel size, metres."""
    requests_per_second: float | None = Field(default=None, gt=0)
    """What the provider allows one user; shared by the workers of a run. None: no bound known."""
    cell: tuple[float, float] | None = None
    """Radar only: spatial resolution in range and azimuth, metres (not the pixel spacing)."""
    classes: SceneClasses | None = None
    """Optical only: a class band that says it all; else ``valid``, ``water`` and ``snow``."""
    valid: tuple[Condition, ...] = ()
    """All must hold where a value may be used; a pixel whose condition has no value may not."""
    water: Condition | None = None
    """Where there is open water."""
    snow: Condition | None = None
    """Where there is snow or ice."""
    surfaces: dict[Ground, tuple[int, ...]] = Field(default_factory=dict)
    """Land cover only: what the model and the flags ask for -> classes of band ``land_cover``."""
    reflectance: Reflectance | None = None
    """Optical only: of what its reflectance is; None: surface."""
    provisional: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Item property -> values that mark a scene which will be replaced by a final one."""
    by_day: bool = False
    """Kind ``earth-engine``: True: the images of one UTC day are one item (hourly archives)."""
    file_pattern: str | None = None
    """Kind ``files``: regular expression of file names, with a group ``date`` (20230503, 2023123
    or with signs between) or ``start`` (with hours, minutes); NetCDF without either is asked for
    its times. Of GeoTIFFs also ``asset``, which band it is, and ``tile``, which piece."""
    step_days: float = Field(default=1.0, gt=0)
    """Kind ``files``: how many days a file named by ``date`` stands for (composites)."""
    query: dict[str, Any] = Field(default_factory=dict)
    """Properties that an item must have, for example ``sar:instrument_mode: IW``; of a list, that
    list or one of its members."""
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
        if self.sensor in ("sentinel-2", "landsat") and self.classes is None and not self.valid:
            raise ValueError(f"a {self.sensor} definition needs 'classes' or 'valid'")
        if (self.sensor == "land-cover") != bool(self.surfaces):
            raise ValueError("a land-cover definition, and no other, needs 'surfaces'")
        if self.classes is not None and (self.valid or self.water or self.snow):
            raise ValueError("'classes' says it all: leave out 'valid', 'water' and 'snow'")
        strangers = sorted({*self.flag_bands, *self.ground_bands} - set(self.bands))
        if strangers:
            raise ValueError(f"masks name {', '.join(strangers)}, which are no bands here")
        for name, band in self.bands.items():
            if QUANTITIES.get(name, band.units) != band.units:
                raise ValueError(f"band '{name}' is in '{QUANTITIES[name]}', not '{band.units}'")
        return self

    @property
    def conditions(self) -> tuple[tuple[Condition, ...], Condition | None, Condition | None]:
        """Optical only: what must hold for a value, where water is, where snow; classes included.

        None: it cannot be told.
        """
        if self.classes is None:
            return self.valid, self.water, self.snow
        clear, water, snow = (
            Condition(band=self.classes.band, classes=classes)
            for classes in (self.classes.clear, self.classes.water, self.classes.snow)
        )
        return (clear,), water, snow

    @property
    def ground_bands(self) -> tuple[str, ...]:
        """The band that ``surfaces`` are classes of, where there are any."""
        return ("land_cover",) if self.surfaces else ()

    @property
    def flag_bands(self) -> tuple[str, ...]:
        """Bands that decide where the others may be used and what the surface is; sorted."""
        valid, water, snow = self.conditions
        return tuple(sorted({one.band for one in (*valid, water, snow) if one is not None}))
