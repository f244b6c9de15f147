"""Positions between transformed points, against every position transformed."""

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from pyproj import Transformer

from smmap.spec.tile import Block
from smmap.stack.lattice import STEP, Lattice, compute_positions_between
from smmap.stack.positions import Positions, compute_positions, find_window

GEOBOX = GeoBox((1000, 1000), Affine(10, 0, 0, 0, -10, 0), "EPSG:32632")
SECOND = 1 / 3600
TOLERANCE = 2e-6  # 65535 x 2e-6 x 2 is well below one digital number
PLACES = {
    # block's CRS and pixel, scene's CRS and pixel, where, how near
    "next zone": ("EPSG:32632", 10, "EPSG:32633", 10, (12, 46), 1e-8),
    "next zone, in its far corner": ("EPSG:32632", 10, "EPSG:32633", 10, (15, 60), 1e-8),
    "next zone, 83.9 N": ("EPSG:32632", 10, "EPSG:32633", 10, (12, 83.9), 1e-8),
    "across the equator": ("EPSG:32632", 10, "EPSG:32733", 10, (12, 0), 1e-8),
    "DEM": ("EPSG:32632", 10, "EPSG:4326", SECOND, (9, 46), 1e-8),
    "DEM, 80 N": ("EPSG:32632", 10, "EPSG:4326", SECOND, (12, 80), 1e-8),
    "antimeridian, from the west": ("EPSG:32660", 10, "EPSG:4326", SECOND, (179.98, 62), 1e-8),
    "antimeridian, from the east": ("EPSG:32601", 20, "EPSG:4326", SECOND, (-179.9, -16), 1e-8),
    "zones of the antimeridian": ("EPSG:32660", 10, "EPSG:32601", 10, (180, 70), 1e-8),
    "100 m": ("EPSG:32632", 100, "EPSG:32633", 10, (12, 60), TOLERANCE),
    "1 km": ("EPSG:6933", 1000, "EPSG:32632", 100, (9, 46), TOLERANCE),
    "0.01 degrees": ("EPSG:4326", 0.01, "EPSG:32632", 20, (9, 46), TOLERANCE),
    "polar map": ("EPSG:3413", 40, "EPSG:32624", 10, (-45, 84), 1e-8),
    "equal area": ("EPSG:32632", 10, "EPSG:3035", 10, (9, 50), 1e-8),
    "beside the pole": ("EPSG:3413", 100, "EPSG:4326", 0.01, (20, 89.9), TOLERANCE),
}


def locate(name):
    """A block around a place, a scene's transform and shape, and where its pixels are exactly."""
    here, pixel, there, scene_pixel, place, _ = PLACES[name]
    x, y = Transformer.from_crs(4326, here, always_xy=True).transform(*place)
    affine = Affine(pixel, 0, x - 90 * pixel, 0, -pixel, y + 80 * pixel)
    block = Block(GeoBox((300, 300), affine, here), 21, 13, 150, 170)
    left, top = Transformer.from_crs(4326, there, always_xy=True).transform(*place)
    if there == "EPSG:4326":
        left %= 360
    transform = Affine(scene_pixel, 0, left - 500 * scene_pixel, 0, -scene_pixel, top + 0.1)
    exact = Transformer.from_crs(here, there, always_xy=True)
    xs, ys = exact.transform(*np.meshgrid(block.xs(), block.ys()))
    if there == "EPSG:4326":
        middle = transform.c + 500 * scene_pixel
        xs = (xs - middle + 180) % 360 - 180 + middle
    cols, rows = ~transform * (xs, ys)
    return block, transform, there, np.stack([rows, cols])


@pytest.mark.parametrize("name", PLACES)
def test_every_position_is_near_the_exact_one(name):
    block, transform, crs, expected = locate(name)
    found = compute_positions(block, transform, crs, (1000, 1000))
    assert np.abs(np.stack(found.compute()) - expected).max() <= PLACES[name][-1]
    bounds = np.array(found.bounds())
    assert (expected.min(axis=(1, 2)) >= bounds[[0, 2]] - TOLERANCE).all()
    assert (expected.max(axis=(1, 2)) <= bounds[[1, 3]] + TOLERANCE).all()


def test_few_pixels_are_transformed():
    """Four a cell of 64 x 64, and some around."""
    counted = []

    def place(rows, cols):
        counted.append(rows.size * cols.size)
        return np.stack(np.meshgrid(rows * 1.01, cols * 0.99, indexing="ij"))

    assert isinstance(compute_positions_between(Block.whole(GEOBOX), place), Lattice)
    assert sum(counted) < 0.002 * 1000 * 1000


@settings(max_examples=50, deadline=None)
@given(
    row=st.integers(-300, 300),
    col=st.integers(-300, 300),
    height=st.integers(1, 200),
    width=st.integers(1, 200),
    slopes=st.lists(st.floats(-1, 1), min_size=6, max_size=6),
)
def test_a_cubic_is_met_everywhere(row, col, height, width, slopes):
    """Four points determine it: what is between them is no approximation."""
    block = Block(GEOBOX, row, col, height, width)

    def place(rows, cols):
        r, c = np.meshgrid(rows / 100, cols / 100, indexing="ij")
        a, b, d, e, f, g = slopes
        return np.stack([a * r + b * c**3 + d * r * c**2, e * c + f * r**2 * c + g * r**3 * c**3])

    lattice = compute_positions_between(block, place)
    assert isinstance(lattice, Lattice)
    expected = place(row + np.arange(height, dtype=float), col + np.arange(width, dtype=float))
    found = lattice.compute()
    np.testing.assert_allclose(found, expected, atol=1e-9)
    np.testing.assert_array_equal(found, lattice.compute_plainly())
    np.testing.assert_array_equal(lattice.compute_single(), found.astype(np.float32))
    low, high, left, right = lattice.bounds()
    for positions, least, most in ((found[0], low, high), (found[1], left, right)):
        assert positions.min() >= least - 1e-9
        assert positions.max() <= most + 1e-9


def tear(rows, cols):
    """A seam across the cells, a fold within one, and a corner that is nowhere."""
    r, c = np.meshgrid(rows, cols, indexing="ij")
    r, c = 0.9 * r + 0.1 * c, c - 0.1 * r + 360.0 * (c + r / 7 > 333)
    r = r + 3.0 * np.exp(-((r - 500) ** 2 + (c - 90) ** 2) / 200)
    gone = (rows[:, None] > 600) & (cols[None, :] > 800)
    return np.where(gone, np.nan, np.stack([r, c]))


@settings(max_examples=50, deadline=None)
@given(
    row=st.integers(0, 800),
    col=st.integers(0, 800),
    height=st.integers(1, 200),
    width=st.integers(1, 200),
)
def test_a_torn_map_is_exact_at_the_tear_and_the_same_in_any_cut(row, col, height, width):
    def compute(block):
        found = compute_positions_between(block, tear)
        return found.compute() if isinstance(found, Lattice) else found

    part = Block(GEOBOX, row, col, height, width)
    wide = part.pad(100)
    found = compute(part)
    np.testing.assert_array_equal(found, compute(wide)[:, *part.within(wide)])
    exact = tear(row + np.arange(height, dtype=float), col + np.arange(width, dtype=float))
    np.testing.assert_array_equal(np.isnan(found), np.isnan(exact))
    assert np.nanmax(np.abs(found - exact), initial=0) <= TOLERANCE


def test_the_window_holds_all_that_weights_ask_for():
    """Rows 2.4..5.6 reach the centres 1.5 and 6.5: rows 1 to 6; what is outside is not read."""
    assert find_window((2.4, 5.6, -3.0, 2.2), (100, 200)) == (1, 7, 0, 4)
    assert find_window((97.0, 130.0, 198.9, 199.5), (100, 200)) == (96, 100, 197, 200)
    for outside in ((100, 130, 0, 9), (-9, -0.1, 0, 9), (0, 9, 200, 300), (0, 9, -5, -1)):
        assert find_window(outside, (100, 200)) is None
    nowhere = Positions(np.full((2, 2), np.nan), np.full((2, 2), np.nan))
    assert find_window(nowhere.bounds(), (100, 200)) is None


def test_a_shift_by_hand():
    rows, cols = np.array([[3.5], [4.5]]), np.array([[-1.5, -0.5, 0.5 + 1e-9]])
    assert Positions(rows, cols).find_shift() == (3, -2)
    assert Positions(rows[::-1], cols).find_shift() is None
    assert Positions(rows + 0.01, cols).find_shift() is None
    assert Positions(rows, cols * 2).find_shift() is None
    assert Positions(*np.broadcast_arrays(rows, cols)).find_shift() is None
    assert STEP == 64  # that of the kernel
