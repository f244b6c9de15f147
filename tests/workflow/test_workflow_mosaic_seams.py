"""Where UTM zones and hemispheres meet, a mosaic has no seam."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import shapely
from affine import Affine
from odc.geo.geobox import GeoBox
from shapely.affinity import translate
from shapely.geometry import box
from small_output import SmallOutput, find_tiles, list_items, read, smooth_field

from smmap.grid.ground import compute_lonlat
from smmap.mosaic.plan import Asked
from smmap.mosaic.run import make_mosaic
from smmap.spec.tile import Block

DAWN = datetime(2023, 6, 1, 5, 40, tzinfo=UTC)


def is_near(away_lon, away_lat, wide):
    """Within the area of a test, and a little beyond."""
    return (abs((away_lon + 180) % 360 - 180) < 1.1 * wide) & (abs(away_lat) < 0.33)


def cut(tile, choose):
    """The smallest block of a tile that holds all of its chosen pixels."""
    chosen = choose(*compute_lonlat(Block.whole(tile.geobox)))
    rows, cols = (np.flatnonzero(chosen.any(axis)) for axis in (1, 0))
    height, width = (int(np.ptp(one)) + 1 for one in (rows, cols))
    return Block(tile.geobox, int(rows[0]), int(cols[0]), height, width)


@pytest.mark.parametrize(
    "lon, lat, grid",
    [
        pytest.param(6.0, 51.0, "ease2-1km", marks=pytest.mark.slow),
        (6.0, 51.0, "geo-0.01deg"),
        pytest.param(180.0, -17.0, "ease2-1km", marks=pytest.mark.slow),
        pytest.param(6.0, 80.0, "ease2-1km", marks=pytest.mark.slow),
        (9.0, 0.0, "geo-0.01deg"),
    ],
)
def test_no_seam_where_zones_meet(tmp_path, lon, lat, grid):
    """Every cell inside is there, seen once, and as the field has it at its centre.

    Tiles of both zones (or hemispheres) overlap there by up to a whole tile.
    """
    output = SmallOutput(tmp_path / "out")
    wide = 0.35 / np.cos(np.radians(lat))
    near = box(lon - wide, lat - 0.3, lon + wide, lat + 0.3)
    earth = box(-180, -90, 180, 90)
    area = shapely.union_all([translate(near, turn).intersection(earth) for turn in (-360, 0, 360)])
    tiles = find_tiles("utm-100m", area)
    assert len({tile.id[:3] for tile in tiles}) == 2
    for number, tile in enumerate(tiles):
        part = cut(tile, lambda lons, lats: is_near(lons - lon, lats - lat, wide))
        output.put(tile, DAWN + timedelta(seconds=number), area=part)
    make_mosaic(output.root, Asked(grid=grid, rule="mean"))
    (item,) = list_items(output.root)
    transform = item.properties["proj:transform"]
    crs = item.properties["proj:code"]
    sm, count, quality = (read(item, name) for name in ("sm", "n_obs", "sm_quality"))
    geobox = GeoBox(sm.shape, Affine(*transform), crs)
    # Around the antimeridian the COG spans the globe: look at both ends.
    across = sm.shape[1]
    columns = [(0, across)] if across < 5000 else [(0, 200), (across - 200, across)]
    for first, last in columns:
        lons, lats = compute_lonlat(Block(geobox, 0, first, sm.shape[0], last - first))
        away = (lons - lon + 180) % 360 - 180
        inside = (abs(away) < 0.9 * wide) & (abs(lats - lat) < 0.27)
        assert inside.sum() > 500
        values = sm[:, first:last]
        assert not values.mask[inside].any()
        assert (count[:, first:last][inside] == 1).all()
        assert (quality[:, first:last][inside] == 0).all()
        expected = smooth_field(lons, lats)[inside]
        assert abs(values[inside] * 1e-4 - expected).max() < 2e-4
