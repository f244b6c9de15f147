import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer
from shapely.geometry import MultiPolygon, box

from smmap.grid.named import get_grid
from smmap.grid.utm import UtmGrid

GRID = UtmGrid("utm-100m", 100)


def find_ids(*bounds: float) -> list[str]:
    return [tile.id for tile in GRID.find_tiles(box(*bounds))]


@pytest.mark.parametrize("pixel_m, pixels", [(10, 10240), (20, 5120), (100, 1024), (800, 128)])
def test_tile_extent_by_hand(pixel_m, pixels):
    """Column 6, row 55: x from 6 x 102400 = 614400, y from 55 x 102400 = 5632000."""
    tile = UtmGrid("any", pixel_m).get_tile(31, "N", 6, 55)
    assert tile.id == "31N_6_55"
    assert tile.geobox.shape == (pixels, pixels)
    assert tuple(tile.geobox.boundingbox.bbox) == (614400.0, 5632000.0, 716800.0, 5734400.0)
    assert tile.geobox.crs.epsg == 32631


def test_southern_tiles_have_southern_systems():
    assert UtmGrid("any", 10).get_tile(5, "S", 4, 97).geobox.crs.epsg == 32705


def test_tile_by_hand():
    """On the central meridian of zone 31 (3 E) x is 500000: column floor(500000/102400) = 4.

    One degree of latitude near the equator is 110574 m x 0.9996, so 10 N is at about 1.105e6 m:
    row floor(1105300 / 102400) = 10.
    """
    assert find_ids(2.999, 9.999, 3.001, 10.001) == ["31N_4_10"]


def test_equator_belongs_to_both_hemispheres_and_leaves_no_ghosts():
    """South of the equator northings count down from 1e7: 97 x 102400 = 9932800 is the last row."""
    assert find_ids(9.0, 0.0, 9.1, 0.1) == ["32N_4_0"]
    assert find_ids(9.0, -0.1, 9.1, 0.0) == ["32S_4_97"]
    assert find_ids(9.0, -0.1, 9.1, 0.1) == ["32N_4_0", "32S_4_97"]


def test_zone_edge_belongs_to_both_zones():
    zones = {name[:3] for name in find_ids(5.9, 45, 6.1, 45.1)}
    assert zones == {"31N", "32N"}
    assert {name[:3] for name in find_ids(6.0, 45, 6.1, 45.1)} == {"32N"}


def test_antimeridian_belongs_to_zones_1_and_60():
    area = MultiPolygon([box(179.9, -17, 180, -16.9), box(-180, -17, -179.9, -16.9)])
    assert {tile.id[:3] for tile in GRID.find_tiles(area)} == {"60S", "01S"}


def test_no_exceptions_around_norway_and_svalbard():
    """UTM's widened zones 32V, 31X.. are not used: 5 E, 60 N stays in zone 31."""
    assert {name[:3] for name in find_ids(5.0, 60, 5.1, 60.1)} == {"31N"}


def test_beyond_the_limits_there_are_no_tiles():
    assert find_ids(0, 84.5, 3, 89) == []
    assert find_ids(0, -89, 3, -80.5) == []


@settings(max_examples=150, deadline=None)
@given(
    lon=st.one_of(
        st.floats(-180, 179.9999),
        st.integers(-30, 29).map(lambda k: k * 6.0),
        st.sampled_from([-180.0, 179.99999, 5.9999999, 6.0000001]),
    ),
    lat=st.one_of(st.floats(-79.99, 83.99), st.sampled_from([0.0, -1e-9, 1e-9])),
)
def test_every_point_is_in_a_tile_of_its_own_zone(lon, lat):
    """Zones by the definition: 1 + floor((lon + 180) / 6)."""
    zone, letter = 1 + int((lon + 180) // 6), "N" if lat >= 0 else "S"
    epsg = (32600 if letter == "N" else 32700) + zone
    x, y = Transformer.from_crs("EPSG:4326", f"EPSG:{epsg}", always_xy=True).transform(lon, lat)
    around = box(max(-180, lon - 1e-4), lat - 1e-4, min(180, lon + 1e-4), lat + 1e-4)
    held = [
        tile
        for tile in GRID.find_tiles(around)
        if tile.id.startswith(f"{zone:02d}{letter}")
        and tile.geobox.boundingbox.left - 1e-6 <= x <= tile.geobox.boundingbox.right + 1e-6
        and tile.geobox.boundingbox.bottom - 1e-6 <= y <= tile.geobox.boundingbox.top + 1e-6
    ]
    assert held


def test_large_and_small_areas_find_the_same_tiles():
    """The tiles of 12 x 12 degrees are those of its 144 square degrees."""
    whole = set(find_ids(0, 48, 12, 60))
    parts = {
        name for x in range(12) for y in range(48, 60) for name in find_ids(x, y, x + 1, y + 1)
    }
    assert whole == parts


def test_named_grids_know_their_pixels():
    assert [get_grid(f"utm-{size}m").resolution_m for size in (10, 20, 100)] == [10, 20, 100]
    assert get_grid("utm-20m").resolution_label == "20m"
