"""Small GeoTIFFs and scenes around them; days of a coarse source."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from odc.geo.geobox import GeoBox

from smmap.spec.band import Band
from smmap.spec.definition import Definition
from smmap.spec.scene import Scene
from smmap.spec.tile import Block

UTM = "EPSG:32632"
LEFT, TOP = 600_000.0, 5_100_000.0


@pytest.fixture(scope="session")
def block() -> Block:
    """80 rows x 100 columns of 10 m, in UTM zone 32."""
    return Block.whole(GeoBox((80, 100), Affine(10, 0, LEFT, 0, -10, TOP), UTM))


@pytest.fixture(scope="session")
def write_tif() -> Callable[..., str]:
    """Writes an array, by default on the grid of ``block``; answers with its path."""

    def write(
        path: Path,
        values: Any,
        *,
        row: int = 0,
        col: int = 0,
        transform: Affine | None = None,
        crs: str | None = UTM,
        **options: Any,
    ) -> str:
        bands = np.asarray(values)
        bands = bands[np.newaxis] if bands.ndim == 2 else bands
        place = transform or Affine(10, 0, LEFT + 10 * col, 0, -10, TOP - 10 * row)
        path.parent.mkdir(parents=True, exist_ok=True)
        with rasterio.open(
            path,
            "w",
            driver=options.pop("driver", "GTiff"),
            count=bands.shape[0],
            height=bands.shape[1],
            width=bands.shape[2],
            dtype=bands.dtype,
            crs=crs,
            transform=place,
            **options,
        ) as file:
            file.write(bands)
        return str(path)

    return write


@pytest.fixture(scope="session")
def make_definition() -> Callable[..., Definition]:
    """The least of a definition."""

    def make(sensor: str = "sentinel-1", **changes: Any) -> Definition:
        content = {
            "id": "trial",
            "title": "Trial",
            "kind": "stac-static",
            "sensor": sensor,
            "collections": ["trial"],
            "bands": {
                "vv": {"assets": ["vv"], "units": "linear"},
                "scl": {"assets": ["scl"], "units": "class", "resampling": "nearest"},
            },
            "resolution": 10,
            "latency": "none",
            "licence": "CC0-1.0",
            "attribution": "none",
        }
        if sensor == "sentinel-1":
            content |= {
                "radiometry": {"quantity": "sigma0", "surface": "ellipsoid"},
                "looks": 4.4,
                "cell": [20.3, 22.6],
            }
        if sensor == "sentinel-2":
            content["classes"] = {
                "band": "scl",
                "clear": [4, 5, 6, 11],
                "water": [6],
                "snow": [11],
                "dark": [4, 6],
            }
        return Definition.parse(content | changes, "trial.yaml")

    return make


UNITS = {"vv": "linear", "vh": "linear", "incidence": "degree", "elevation": "m", "scl": "class"}


@pytest.fixture(scope="session")
def make_scene(make_definition) -> Callable[..., Scene]:
    """A scene of files; canonical name -> path or Band."""

    def make(name: str, bands: dict[str, Any], sensor: str = "sentinel-1", **changes: Any) -> Scene:
        facts: dict[str, Any] = {
            "datetime": datetime(2023, 4, 5, 17, 25, tzinfo=UTC),
            "centre": (10.3, 46.0),
            "span_m": 250_000.0,
            "definition": changes.pop("definition", None) or make_definition(sensor),
        }
        settled = {
            key: one
            if isinstance(one, Band)
            else Band(
                key,
                one,
                UNITS.get(key, "1"),
                resampling="nearest" if key == "scl" else "bilinear",
            )
            for key, one in bands.items()
        }
        return Scene(id=name, bands=settled, **(facts | changes))

    return make


@pytest.fixture(scope="session")
def make_power() -> Callable[..., np.ndarray]:
    """Speckled backscatter with structure, float32."""

    def make(shape: tuple[int, int], seed: int = 0) -> np.ndarray:
        generator = np.random.default_rng(seed)
        rows, cols = np.indices(shape)
        mean = 0.05 * (1.5 + np.sin(rows / 9) * np.cos(cols / 13))
        return (mean * generator.gamma(4.4, 1 / 4.4, shape)).astype(np.float32)

    return make


@pytest.fixture(scope="module")
def tile():
    """600 x 700 pixels of 100 m: some 5 x 8 cells of 0.1 degrees, near 10.6 E 45.8 N."""
    return GeoBox((600, 700), Affine(100, 0, 590_000, 0, -100, 5_100_000), "EPSG:32632")


@pytest.fixture
def make_days(make_definition, make_scene):
    """Scenes of the days of a file, as the kinds without STAC give them."""

    def make(href, reader="netcdf", days=3, variable="swvl1", bands=None, **changes):
        content = {"assets": [variable], "units": "m3 m-3", **(bands or {})}
        definition = make_definition(
            "era5-land", bands={"soil_moisture": content}, resolution=11132, **changes
        )
        band = Band("soil_moisture", str(href), "m3 m-3", reader=reader, variable=variable)
        moments = [datetime(2023, 5, 2 + day, 12, tzinfo=UTC) for day in range(days)]
        return [
            make_scene(
                f"day-{one:%Y%m%d}", {"soil_moisture": band}, definition=definition, datetime=one
            )
            for one in moments
        ]

    return make
