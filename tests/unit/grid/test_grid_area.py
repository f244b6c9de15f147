import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from pyproj import Transformer
from shapely.geometry import MultiPolygon, box

from smmap.grid.area import clip_to_area, compute_working_factor
from smmap.grid.named import get_grid
from smmap.grid.utm import UtmGrid
from smmap.spec.tile import Tile

DEGREES = Tile("t", GeoBox.from_bbox((0, 0, 1, 1), "EPSG:4326", resolution=0.01))
EARTH = box(-180, -90, 180, 90)


@pytest.mark.parametrize(
    "bounds, window",
    [
        ((0.2, 0.3, 0.5, 0.7), (30, 20, 40, 30)),  # on pixel edges
        ((0.205, 0.305, 0.495, 0.695), (30, 20, 40, 30)),  # half a pixel inside: out to the edges
        ((0.199, 0.299, 0.501, 0.701), (29, 19, 42, 32)),  # a tenth of a pixel beyond
        ((0.199999, 0.3, 0.5, 0.7000009), (30, 20, 40, 30)),  # rounding of printed footprints
        ((-5, -5, 5, 5), (0, 0, 100, 100)),
        ((0.2, -5, 0.5, 0.1), (90, 20, 10, 30)),
    ],
)
def test_clip_snaps_outwards(bounds, window):
    block = clip_to_area(DEGREES, box(*bounds))
    assert (block.row, block.col, block.height, block.width) == window


@pytest.mark.parametrize("bounds", [(2, 2, 3, 3), (1, 0, 2, 1), (0.3, -1, 0.5, 0)])
def test_clip_outside_is_nothing(bounds):
    assert clip_to_area(DEGREES, box(*bounds)) is None


@pytest.mark.parametrize(
    "zone, letter, column, row",
    [(32, "N", 4, 10), (60, "N", 7, 10), (1, "S", 2, 80), (31, "N", 4, 90), (18, "S", 4, 97)],
)
def test_the_whole_earth_holds_every_tile(zone, letter, column, row):
    """Also for UTM, which cannot map the far side of the Earth."""
    tile = UtmGrid("utm-100m", 100).get_tile(zone, letter, column, row)
    block = clip_to_area(tile, EARTH)
    assert (block.row, block.col, block.shape) == (0, 0, (1024, 1024))


def test_area_in_two_parts_covers_the_tile_across_the_antimeridian():
    """60N_8_10 spans 179.9 E to 179.2 W."""
    tile = UtmGrid("utm-100m", 100).get_tile(60, "N", 8, 10)
    both = MultiPolygon([box(179, 5, 180, 15), box(-180, 5, -179, 15)])
    assert clip_to_area(tile, both).shape == (1024, 1024)
    west, _ = Transformer.from_crs(4326, 32660, always_xy=True).transform(180, 10)
    only_west = clip_to_area(tile, box(179, 5, 180, 15))
    assert only_west.col == 0
    assert only_west.width == pytest.approx((west - 819_200) / 100, abs=10)


@settings(max_examples=40, deadline=None)
@given(
    west=st.floats(5, 8.5),
    south=st.floats(49, 51),
    width=st.floats(0.02, 30),
    height=st.floats(0.02, 20),
    seed=st.integers(0, 99),
)
def test_no_point_of_the_area_is_left_out(west, south, width, height, seed):
    """Every point of the area is in one of its zone's blocks, to a twentieth of a 100 m pixel."""
    area = box(west, south, west + width, south + height)
    generator = np.random.default_rng(seed)
    lon = generator.uniform(west, min(west + width, 9), 50)
    lat = generator.uniform(south, min(south + height, 52), 50)
    keep = (lon >= 6) & (lon < 12)
    to_map = Transformer.from_crs(4326, 32632, always_xy=True)
    blocks = [
        clip_to_area(tile, area)
        for tile in get_grid("utm-100m").find_tiles(area.intersection(box(5, 48.5, 10, 52.5)))
        if tile.id.startswith("32N")
    ]
    boxes = [block.to_geobox().boundingbox.bbox for block in blocks if block is not None]
    for x, y in zip(*to_map.transform(lon[keep], lat[keep]), strict=True):
        assert any(
            left - 5 <= x <= right + 5 and bottom - 5 <= y <= top + 5
            for left, bottom, right, top in boxes
        )


@pytest.mark.parametrize(
    "tile_m, source_m, factor", [(10, 10, 1), (100, 10, 10), (1000.895, 10, 100), (10, 30, 1)]
)
def test_working_factor(tile_m, source_m, factor):
    assert compute_working_factor(tile_m, source_m) == factor
