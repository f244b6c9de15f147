import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smmap.features.terrain import compute_slope, compute_slope_aspect


def make_plane(eastward, northward, dy, dx, shape=(7, 8)):
    """Elevation of a plane that rises by these gradients; rows run southwards."""
    rows, cols = np.indices(shape)
    return cols * dx * eastward - rows * dy * northward


@pytest.mark.parametrize(
    "eastward, northward, aspect",
    [(0, -0.1, 0), (-0.1, -0.1, 45), (-0.1, 0, 90), (0, 0.1, 180), (0.1, 0, 270), (0.1, -0.1, 315)],
)
def test_planes_face_downhill(eastward, northward, aspect):
    slope, faces = compute_slope_aspect(make_plane(eastward, northward, 20, 10), 20, 10)
    assert slope.shape == (5, 6)
    assert slope.dtype == faces.dtype == np.float32
    np.testing.assert_allclose(
        slope, math.degrees(math.atan(math.hypot(eastward, northward))), rtol=1e-5
    )
    np.testing.assert_allclose(faces, aspect, atol=1e-4)


def test_horn_by_hand():
    """dz/dx = ((3+12+9)-(1+8+7))/80 = 0.1, dz/dy (north) = ((1+4+3)-(7+16+9))/80 = -0.3."""
    slope, aspect = compute_slope_aspect(np.arange(1.0, 10.0).reshape(3, 3), 10, 10)
    assert slope[0, 0] == pytest.approx(math.degrees(math.atan(math.sqrt(0.1))), rel=1e-6)
    assert aspect[0, 0] == pytest.approx(360 - math.degrees(math.atan2(1, 3)), rel=1e-6)


def test_flat_ground_faces_nowhere():
    slope, aspect = compute_slope_aspect(np.full((3, 3), 100.0, dtype=np.float32), 10, 10)
    assert slope[0, 0] == 0
    assert np.isnan(aspect[0, 0])


@pytest.mark.parametrize("index", range(9))
def test_any_missing_neighbour_leaves_no_value(index):
    z = np.arange(9.0)
    z[index] = np.nan
    slope, aspect = compute_slope_aspect(z.reshape(3, 3), 10, 10)
    assert np.isnan(slope[0, 0])
    assert np.isnan(aspect[0, 0])


def test_spacing_by_row():
    z = np.random.default_rng(1).normal(size=(5, 6))
    by_row = np.array([10.0, 11.0, 12.0])
    slope, aspect = compute_slope_aspect(z, 30.0, by_row)
    for row, dx in enumerate(by_row):
        one = compute_slope_aspect(z[row : row + 3], 30.0, dx)
        np.testing.assert_array_equal(slope[row], one[0][0])
        np.testing.assert_array_equal(aspect[row], one[1][0])


@given(st.floats(-1e-3, 1e-3), st.floats(-2, 2))
def test_aspect_stays_below_360(eastward, northward):
    _, aspect = compute_slope_aspect(make_plane(eastward, northward, 10, 10, (3, 3)), 10, 10)
    assert np.isnan(aspect).all() or (0 <= aspect[0, 0] < 360)


def test_slope_alone_is_the_same():
    z = np.random.default_rng(2).normal(100, 30, (9, 12)).astype(np.float32)
    z[4, 5] = np.nan
    np.testing.assert_array_equal(compute_slope(z, 20, 10), compute_slope_aspect(z, 20, 10)[0])
