import math

import pytest
from shapely.geometry import MultiPolygon, box

from smmap.grid.named import get_grid
from smmap.spec.errors import GridError
from smmap.spec.recipe import CustomGrid


def make_custom(
    crs="EPSG:3035", resolution=50.0, bounds=(4_000_000, 3_000_000, 4_001_000, 3_000_500)
):
    return CustomGrid(name="mine", crs=crs, resolution=resolution, bounds=bounds)


def test_unknown_name_lists_the_known():
    with pytest.raises(GridError, match=r"'utm-30m'.*utm-10m.*ease2-1km.*geo-0.01deg"):
        get_grid("utm-30m")


def test_ease2_corner_is_nsidcs():
    """NSIDC, EASE2_M01km: upper left corner of a 34704 x 14616 grid of 1000.8950233495561 m."""
    first = get_grid("ease2-1km").find_tiles(box(-180, 84.5, -179.5, 85))[0]
    assert first.id == "ease2_0_0"
    assert first.geobox.shape == (128, 128)
    bounds = first.geobox.boundingbox
    assert bounds.left == pytest.approx(-17367530.44516138, abs=1e-6)
    assert bounds.top == pytest.approx(7314540.83063855, abs=1e-6)
    assert first.geobox.affine.a == pytest.approx(1000.8950233495561, abs=1e-12)


def test_ease2_last_tile_ends_at_the_corner():
    """271 x 128 = 34688, so 16 columns are left; 114 x 128 = 14592, so 24 rows are."""
    last = get_grid("ease2-1km").find_tiles(box(179.95, -85.04, 180, -85.0))[-1]
    assert last.id == "ease2_271_114"
    assert last.geobox.shape == (24, 16)
    assert last.geobox.boundingbox.right == pytest.approx(17367530.44516138, abs=1e-6)
    assert last.geobox.boundingbox.bottom == pytest.approx(-7314540.83063855, abs=1e-6)


def test_the_whole_earth_in_tiles():
    """ceil(34704/128) x ceil(14616/128) = 272 x 115; 360 x 180."""
    earth = box(-180, -90, 180, 90)
    tiles = get_grid("ease2-1km").find_tiles(earth)
    assert len(tiles) == len({tile.id for tile in tiles}) == 272 * 115
    assert sum(math.prod(tile.geobox.shape) for tile in tiles) == 34704 * 14616
    tiles = get_grid("geo-0.01deg").find_tiles(earth)
    assert len(tiles) == len({tile.id for tile in tiles}) == 360 * 180


def test_geographic_tiles_by_hand():
    """From 180 W, 90 N: 4.5 E is column 184, 50.5 N is row 39 (51..50 N)."""
    (tile,) = get_grid("geo-0.01deg").find_tiles(box(4.4, 50.4, 4.6, 50.6))
    assert tile.id == "geo_184_39"
    assert tile.geobox.shape == (100, 100)
    assert tuple(tile.geobox.boundingbox.bbox) == pytest.approx((4, 50, 5, 51), abs=1e-12)


def test_areas_that_only_touch_an_edge_bring_no_tile():
    (tile,) = get_grid("geo-0.01deg").find_tiles(box(4, 50, 5, 51))
    assert tile.id == "geo_184_39"


@pytest.mark.parametrize("name", ["geo-0.01deg", "ease2-1km"])
def test_antimeridian_in_two_parts(name):
    area = MultiPolygon([box(179.95, 10, 180, 10.05), box(-180, 10, -179.95, 10.05)])
    columns = {int(tile.id.split("_")[1]) for tile in get_grid(name).find_tiles(area)}
    assert columns == ({0, 359} if name.startswith("geo") else {0, 271})


def test_custom_grid_is_one_tile():
    grid = get_grid(make_custom())
    assert (grid.name, grid.resolution_label, grid.resolution_m) == ("mine", "50m", 50.0)
    (tile,) = grid.find_tiles(box(-10, 35, 30, 70))
    assert (tile.id, tuple(tile.geobox.shape)) == ("mine", (10, 20))
    assert grid.find_tiles(box(100, -30, 110, -20)) == []


def test_custom_grid_in_degrees():
    grid = get_grid(make_custom("EPSG:4326", 0.25, (5, 50, 6, 50.5)))
    assert grid.resolution_label == "0p25deg"
    # a degree of the equator is 40075.017 km / 360
    assert grid.resolution_m == pytest.approx(0.25 * 40_075_017 / 360, rel=1e-4)


def test_custom_grid_over_the_antimeridian():
    """Fiji's own map (EPSG:3460): 2000000 east is 178.75 E; 200 km further is beyond 180."""
    grid = get_grid(make_custom("EPSG:3460", 1000.0, (2_000_000, 3_900_000, 2_300_000, 4_000_000)))
    assert len(grid.find_tiles(box(-179.9, -18, -179, -17))) == 1
    assert grid.find_tiles(box(0, -18, 10, -17)) == []


@pytest.mark.parametrize(
    "change, said",
    [
        ({"crs": "EPSG:999999"}, "'EPSG:999999' is no coordinate system"),
        ({"crs": "nonsense"}, "'nonsense' is no coordinate system"),
        ({"crs": "EPSG:2263"}, "metres or degrees"),
        ({"resolution": 30.0}, "not a whole number of 30.0 pixels"),
        ({"bounds": (4_001_000, 3_000_000, 4_000_000, 3_000_500)}, "not a whole number"),
    ],
)
def test_custom_grid_that_cannot_be(change, said):
    with pytest.raises(GridError, match="grid 'mine'") as caught:
        get_grid(make_custom(**change))
    assert said in str(caught.value)
