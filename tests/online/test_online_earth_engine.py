"""The real Earth Engine; needs credentials: pytest -m online tests/online."""

from __future__ import annotations

import os

import numpy as np
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox

from smmap.catalog.bands import resolve_bands
from smmap.catalog.definitions import list_definitions, load_definition
from smmap.catalog.registry import open_catalog
from smmap.spec.errors import ConfigError
from smmap.spec.period import Period
from smmap.spec.tile import Block
from smmap.stack.earth_engine import load_day
from smmap.stack.load_band import load_band
from smmap.store.earth_engine import ENDPOINT
from smmap.store.earth_engine_login import find_login

pytestmark = [
    pytest.mark.online,
    # Google's client warns of its own parts.
    pytest.mark.filterwarnings("default"),
]

NEAR = (9.4, 50.0, 9.5, 50.1)
MAY = Period.parse("2023-05-01/2023-05-20")
LATER = Period.parse("2024-05-01/2024-05-20")
BLOCK = Block.whole(GeoBox((64, 64), Affine(10, 0, 530_000, 0, -10, 5_544_000), "EPSG:32632"))
RANGES = {
    "vv": (1e-4, 3),
    "vh": (1e-5, 1),
    "incidence": (28, 48),
    "red": (-0.05, 1.5),
    "nir": (-0.05, 1.5),
    "elevation": (50, 900),
    "soil_moisture": (0.01, 0.7),
    "soil_temperature": (-20, 45),
    "air_temperature": (-20, 45),
    "precipitation": (0, 0.5),
    "lai": (0, 10),
    "ndvi": (-0.3, 1),
    "sand": (0, 100),
    "clay": (0, 100),
    "bulk_density": (0.5, 2),
    "surface_temperature": (260, 330),
    "land_cover": (10, 100),
}
"""What is plausible in central Germany in May."""


@pytest.fixture(scope="module", autouse=True)
def _somebody():
    if os.environ.get(ENDPOINT):
        pytest.skip(f"{ENDPOINT} names another server than Google's")
    try:
        find_login("https://earthengine-highvolume.googleapis.com")
    except ConfigError as error:
        pytest.skip(f"no credentials for Earth Engine here: {error}")


@pytest.mark.parametrize(
    "name", [one for one in list_definitions() if one.startswith("earth-engine-")]
)
def test_real_images_hold_what_the_definition_says(name):
    definition = load_definition(name)
    found = open_catalog(definition, None).find(definition, NEAR, MAY)
    found = found or open_catalog(definition, None).find(definition, NEAR, LATER)
    assert found
    item = found[0].item
    for band in resolve_bands(item, definition, definition.bands).values():
        if definition.by_day:
            grid = band.crs, Affine(*band.transform), band.shape
            row, col = (int(one) for one in (~grid[1] * (9.45, 50.05))[::-1])
            values = load_day(band, *grid, (row - 2, row + 2, col - 2, col + 2))[1]
        else:
            values = load_band(band, BLOCK).values
        low, high = RANGES.get(band.name, (-np.inf, np.inf))
        known = values[np.isfinite(values)]
        assert ((known >= low) & (known <= high)).all(), (band.name, known.min(), known.max())


def test_pieces_of_a_real_image_fit_together():
    definition = load_definition("earth-engine-sentinel-1")
    found = open_catalog(definition, None).find(definition, NEAR, MAY)
    band = resolve_bands(found[0].item, definition, ["vv"])["vv"]
    whole = load_band(band, BLOCK).values
    for part in BLOCK.split(25):
        np.testing.assert_array_equal(load_band(band, part).values, whole[part.within(BLOCK)])
