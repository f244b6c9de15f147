"""Estimates without a catalogue, against counting by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
import shapely

from smmap.pipeline.context import open_context
from smmap.pipeline.prices import Prices
from smmap.pipeline.recipe import load_recipe
from smmap.pipeline.revisit import LABEL, Revisit, estimate_from_revisit, load_land
from smmap.pipeline.revisit_requests import estimate_requests
from smmap.spec.errors import ConfigError
from smmap.spec.tile import Block

YEAR = "2023-01-01/2023-12-31"


def test_land_is_the_land_of_the_earth():
    land = load_land()
    # 149 million km2 of 510 (CIA World Factbook), Antarctica in both; areas in degrees here
    from pyproj import Geod

    area = abs(Geod(ellps="WGS84").geometry_area_perimeter(land)[0]) / 1e12
    assert area == pytest.approx(149, rel=0.03)


def test_a_square_of_land_by_hand():
    box = (24.0, -2.0, 26.0, 0.0)  # the Congo basin: no ocean near
    recipe = load_recipe("local-stac", ["grid=geo-0.01deg"], period=YEAR, bbox=box)
    found = estimate_from_revisit(recipe, Revisit(12.0, 5.0, 36.5), rate=1e6)
    totals = found["totals"]
    assert found["kind"] == LABEL
    assert totals["tiles"] == 4
    assert totals["land_km2"] == pytest.approx(2 * 111.32 * 2 * 110.57, rel=0.002)
    assert totals["pixels"] == 4 * 100 * 100 * 10
    assert totals["overpasses"] == 40
    working = totals["pixels"] * 111**2  # 10 m under 0.01 degrees
    assert totals["core_hours"] == pytest.approx(working / 1e6 / 3600, abs=0.001)
    # 20 days on each side of ten maps are more than the year has
    assert totals["sentinel2_scenes"] == round(totals["land_km2"] / 10_000 * 365 / 5)


ENGINE = [
    "sources.sentinel1=earth-engine-sentinel-1",
    "sources.sentinel2=earth-engine-sentinel-2-l2a",
    "sources.dem=earth-engine-aw3d30",
]


def test_requests_to_earth_engine_by_hand():
    """Blocks of 1 x 1 degrees: 111.2 km, all in one piece."""
    box = (24.0, -2.0, 26.0, 0.0)
    changes = ["grid=geo-0.01deg", "block=11100", "optical.window_days=10", *ENGINE]
    recipe = load_recipe("local-stac", changes, period=YEAR, bbox=box)
    totals = estimate_from_revisit(recipe, Revisit(12.0, 5.0, 36.5), rate=1e6)["totals"]
    slices = 1 + 111.2 / 170  # of 10 overpasses, and the grid of the angle beside
    granules = ((109.8 + 111.2) / 100) ** 2  # 200 days: 40 scenes; 10 m, classes, cloud score
    heights = 2 * (1 + 1) ** 2  # ALOS and SRTM, in images of a degree
    by_hand = 4 * (10 * 2 * slices + 40 * 3 * granules + heights)
    assert totals["earth_engine_requests"] == pytest.approx(by_hand, abs=1)
    own = load_recipe("local-stac", ["grid=geo-0.01deg"], period=YEAR, bbox=box)
    assert "earth_engine_requests" not in estimate_from_revisit(own, Revisit(), 1e6)["totals"]


def test_coarse_sources_are_asked_once_a_tile():
    """Of an hourly archive: a request a day and band."""
    inputs = [*ENGINE, "sources.era5_land=earth-engine-era5-land"]
    box = (24.0, -1.0, 25.0, 0.0)
    recipe = load_recipe("local-stac", ["grid=geo-0.01deg", *inputs], period=YEAR, bbox=box)
    context = open_context(recipe)
    definition = {"era5_land": context.definitions["era5_land"]}
    alone = replace(context, definitions=definition)
    (tile,) = context.grid.find_tiles(shapely.box(24.1, -0.9, 24.9, -0.1))
    spans = {"mapped": 5.0, "watched": 50.0, "optical_days": 5.0, "days": 60.0}
    found = estimate_requests([Block.whole(tile.geobox)], alone, **spans)
    # Frost and snow: of the day of an overpass, which may begin or end outside the period.
    assert found == (60 + 2) * 2


def test_more_maps_than_overpasses_cannot_be():
    box = (24.0, -2.0, 26.0, 0.0)
    recipe = load_recipe("local-stac", ["grid=geo-0.01deg"], period=YEAR, bbox=box)
    daily = estimate_from_revisit(recipe, Revisit(12.0, 5.0, 1.0), rate=1e6)["totals"]
    every = estimate_from_revisit(recipe, Revisit(12.0, 5.0), rate=1e6)["totals"]
    assert daily == every


def test_a_period_is_needed():
    with pytest.raises(ConfigError, match="--period"):
        estimate_from_revisit(load_recipe("local-stac"), Revisit())


def test_prices_are_only_those_given():
    totals = {"core_hours": 10.0, "bytes_read": 5e9, "bytes_written": 2e9}
    assert Prices().compute_cost(totals) == {}
    assert Prices(core_hour=0.05, gb_written=0.5).compute_cost(totals) == {
        "cost_compute": 0.5,
        "cost_written": 1.0,
        "cost": 1.5,
    }


@pytest.mark.slow
def test_all_land_at_10_m_is_some_18_000_tiles():
    recipe = load_recipe("local-stac", ["grid=utm-10m"], period=YEAR)
    totals = estimate_from_revisit(recipe, Revisit(map_days=30.0), rate=1e6)["totals"]
    assert 17_000 < totals["tiles"] < 19_000
