"""Where cells take their pixels from: exact where they fit, true to area elsewhere, once each."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from pyproj import Transformer
from shapely.geometry import box

from smmap.grid.named import get_grid
from smmap.grid.utm import UtmGrid
from smmap.mosaic.canvas import find_canvases
from smmap.mosaic.sampling import Lattice, compute_samples
from smmap.mosaic.window import find_windows
from smmap.spec.recipe import CustomGrid
from smmap.spec.tile import Block, Tile

FINE, COARSE = UtmGrid("utm-10m", 10), UtmGrid("utm-100m", 100)
TILE = FINE.get_tile(31, "N", 6, 55)
(GLOBE,) = find_canvases(get_grid("ease2-1km"), [])


@pytest.mark.parametrize(
    "name, size, corner, tolerance",
    [
        # EASE2_M01km of Brodzik et al. 2012, doi:10.3390/ijgi1010032.
        ("ease2-1km", (14616, 34704), (-17_367_530.45, 7_314_540.83), 0.01),
        ("geo-0.01deg", (18000, 36000), (-180, 90), 0),
    ],
)
def test_a_canvas_is_all_of_the_globe(name, size, corner, tolerance):
    (canvas,) = find_canvases(get_grid(name), [])
    assert canvas.geobox.shape == size
    affine = canvas.geobox.affine
    assert abs(affine.c - corner[0]) <= tolerance
    assert abs(affine.f - corner[1]) <= tolerance


def test_pixels_that_fit_are_taken_once_each():
    """100 m cell (row, col) of the tile holds its 10 m pixels 10 row .. 10 row + 9."""
    (canvas,) = find_canvases(COARSE, [TILE])
    assert compute_samples(canvas, TILE, 0) == (10, 10)
    (window,) = find_windows(canvas, TILE, Block.whole(TILE.geobox))
    assert window.shape == (1024, 1024)
    patch = Block(canvas.geobox, window.row + 7, window.col + 1000, 2, 3)
    rows, cols = Lattice(canvas, patch, (10, 10)).find_pixels(TILE)
    np.testing.assert_array_equal(rows[:, :, 0, 0].ravel(), np.arange(70, 90))
    np.testing.assert_array_equal(cols[0, 0].ravel(), np.arange(10000, 10030))
    assert Lattice(canvas, patch, (10, 10)).find_owned(TILE) is None


def test_same_grid_is_pixel_for_pixel():
    (canvas,) = find_canvases(FINE, [TILE])
    assert compute_samples(canvas, TILE, 0) == (1, 1)
    (window,) = find_windows(canvas, TILE, Block(TILE.geobox, 5, 6, 7, 8))
    rows, cols = Lattice(canvas, window, (1, 1)).find_pixels(TILE)
    np.testing.assert_array_equal(rows[:, 0, 0, 0], np.arange(5, 12))
    np.testing.assert_array_equal(cols[0, 0, :, 0], np.arange(6, 14))


def test_shares_of_ground_by_polygons():
    """The share of each 100 m pixel in a 1 km cell, by points and by intersected outlines."""
    tile = COARSE.get_tile(31, "N", 6, 55)
    x, y = Transformer.from_crs("EPSG:32631", "EPSG:6933", always_xy=True).transform(665e3, 5.69e6)
    affine = GLOBE.geobox.affine
    row, col = int((y - affine.f) / affine.e), int((x - affine.c) / affine.a)
    patch = Block(GLOBE.geobox, row, col, 1, 1)
    samples = compute_samples(GLOBE, tile, row)
    assert samples == (28, 16)  # 1.38 km by 0.73 km on the ground: 14 by 8 pixels, twice
    rows, cols = (one.ravel() for one in Lattice(GLOBE, patch, samples).find_pixels(tile))
    to_tile = Transformer.from_crs("EPSG:6933", "EPSG:32631", always_xy=True).transform
    outline = shapely.segmentize(box(*patch.to_geobox().boundingbox.bbox), 10)
    cell = shapely.transform(outline, lambda xy: np.column_stack(to_tile(*xy.T)))
    origin = tile.geobox.affine
    misplaced = 0.0
    for r in range(rows.min() - 1, rows.max() + 2):
        for c in range(cols.min() - 1, cols.max() + 2):
            left, top = origin.c + c * 100, origin.f - r * 100
            share = cell.intersection(box(left, top - 100, left + 100, top)).area / cell.area
            found = np.mean((rows == r) & (cols == c))
            misplaced += abs(share - found) / 2
            assert found > 0 or share < 0.005  # a whole pixel is 0.01
    assert misplaced < 0.08


@pytest.mark.parametrize(
    "lon, lat", [(6.0, 51.0), (180.0, -17.0), (6.0, 80.0), (9.0, 0.0), (-180.0, 70.0), (0.0, 0.0)]
)
def test_every_point_has_one_owner(lon, lat):
    """Around zone edges, the antimeridian, 80 degrees north and the equator."""
    near = box(lon - 0.3, lat - 0.2, lon + 0.3, lat + 0.2)
    parts = [near.intersection(box(-180, -90, 180, 90))]
    parts += [shapely.affinity.translate(near, turn) for turn in (-360, 360)]
    earth = box(-180, -90, 180, 90)
    area = shapely.union_all([part.intersection(earth) for part in parts])
    tiles = COARSE.find_tiles(area)
    assert len({tile.id[:3] for tile in tiles}) >= 2
    affine = GLOBE.geobox.affine
    x, y = Transformer.from_crs("EPSG:4326", "EPSG:6933", always_xy=True).transform(lon, lat)
    col = min(max(0, round((x - affine.c) / affine.a) - 10), 34704 - 20)
    patch = Block(GLOBE.geobox, round((y - affine.f) / affine.e) - 4, col, 8, 20)
    lattice = Lattice(GLOBE, patch, (8, 8))
    count = np.zeros((8, 8, 20, 8), int)
    for tile in tiles:
        rows, cols = lattice.find_pixels(tile)
        inside = (rows >= 0) & (rows < 1024) & (cols >= 0) & (cols < 1024)
        count += inside & lattice.find_owned(tile)
    assert (count == 1).all()


@settings(max_examples=30, deadline=None)
@given(
    row=st.integers(0, 30),
    col=st.integers(0, 30),
    lon=st.sampled_from([3.0, 6.0, -179.99, 179.99]),
    lat=st.sampled_from([-60.0, 0.01, 51.0, 79.9]),
)
def test_points_do_not_depend_on_the_patch(row, col, lon, lat):
    affine = GLOBE.geobox.affine
    x, y = Transformer.from_crs("EPSG:4326", "EPSG:6933", always_xy=True).transform(lon, lat)
    corner = int((y - affine.f) / affine.e), min(int((x - affine.c) / affine.a), 34704 - 40)
    tile = COARSE.find_tiles(box(lon - 0.005, lat - 0.005, lon + 0.005, lat + 0.005))[0]
    whole = Lattice(GLOBE, Block(GLOBE.geobox, *corner, 40, 40), (8, 8))
    part = Lattice(GLOBE, Block(GLOBE.geobox, corner[0] + row, corner[1] + col, 7, 9), (8, 8))
    cut = np.s_[row : row + 7, :, col : col + 9]
    for one, other in zip(whole.find_pixels(tile), part.find_pixels(tile), strict=True):
        assert np.array_equal(one[cut], other)
    assert np.array_equal(whole.find_owned(tile)[cut], part.find_owned(tile))


@pytest.mark.parametrize(
    "zone, letter, column, row",
    [(31, "N", 6, 55), (60, "S", 7, 78), (1, "S", 1, 78), (32, "N", 4, 86), (32, "S", 4, 97)],
)
def test_windows_hold_all_owned_points(zone, letter, column, row):
    """A cell outside the windows has no point in the tile; there is one window a tile."""
    tile = COARSE.get_tile(zone, letter, column, row)
    (window,) = find_windows(GLOBE, tile, Block.whole(tile.geobox))
    wider = window.pad(3).overlap(Block.whole(GLOBE.geobox))
    lattice = Lattice(GLOBE, wider, (8, 8))
    rows, cols = lattice.find_pixels(tile)
    inside = (rows >= 0) & (rows < 1024) & (cols >= 0) & (cols < 1024) & lattice.find_owned(tile)
    touched = inside.any(axis=(1, 3))
    touched[window.within(wider)] = False
    assert not touched.any()


def test_a_grid_of_ones_own_across_the_antimeridian_has_two_windows():
    grid = get_grid(
        CustomGrid(name="fiji", crs="EPSG:3460", resolution=1000, bounds=(15e5, 35e5, 25e5, 45e5))
    )
    (tile,) = find_canvases(grid, [])
    windows = find_windows(GLOBE, tile, Block.whole(tile.geobox))
    assert len(windows) == 2
    assert {one.col == 0 for one in windows} == {True, False}


def test_zones_are_canvases_that_hold_all_their_tiles():
    for lat in (0.1, 40.0, 83.9):
        for tile in COARSE.find_tiles(box(6.1, lat - 0.05, 11.9, lat + 0.05)):
            (canvas,) = find_canvases(COARSE, [tile])
            window = find_windows(canvas, tile, Block.whole(tile.geobox))[0]
            assert canvas.id == "32N"
            assert window.shape == (1024, 1024)
            assert (window.row % 1024, window.col % 1024) == (0, 0)


def test_a_custom_grid_on_a_utm_map_is_no_zone():
    """Points beyond the zone's edge come from the neighbour's tile, so that none counts twice."""
    geobox = GeoBox((100, 100), Affine(1000, 0, 650e3, 0, -1000, 5.7e6), "EPSG:32631")
    canvas, tile = Tile("mine", geobox, "mine"), COARSE.get_tile(31, "N", 6, 55)
    assert compute_samples(canvas, tile, 0) == (20, 20)
    owned = Lattice(canvas, Block(geobox, 0, 0, 60, 100), (10, 10)).find_owned(tile)
    assert owned.any()
    assert not owned.all()
