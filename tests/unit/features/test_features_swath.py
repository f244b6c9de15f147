import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smmap.features.swath import compute_eroded, compute_halo


def erode_by_loops(valid, covered, pixels):
    """Squares that fit into what is covered yet without value, and all within reach of them."""
    side = 2 * pixels + 1
    hole = covered & ~valid
    source = np.zeros_like(hole)
    for row in range(hole.shape[0] - side + 1):
        for col in range(hole.shape[1] - side + 1):
            square = slice(row, row + side), slice(col, col + side)
            if hole[square].all():
                source[square] = True
    out = valid.copy()
    for row, col in np.argwhere(source):
        out[max(row - pixels, 0) : row + pixels + 1, max(col - pixels, 0) : col + pixels + 1] = (
            False
        )
    return out


def make_scene(seed, shape=(40, 46)):
    rng = np.random.default_rng(seed)
    rows, cols = np.indices(shape)
    covered = (cols > 4) & (rows < shape[0] - 3)
    fray = rng.integers(0, 4, size=shape[0])[:, np.newaxis]
    valid = covered & (cols + 0.3 * rows < 38 - fray) & (rng.random(shape) > 0.01)
    return valid, covered


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 4))
def test_against_plain_loops(seed, pixels):
    valid, covered = make_scene(seed)
    np.testing.assert_array_equal(
        compute_eroded(valid, covered, pixels), erode_by_loops(valid, covered, pixels)
    )


def test_swath_edge_is_taken_back_by_so_many_pixels():
    covered = np.ones((20, 40), dtype=bool)
    valid = covered & (np.arange(40) < 20)
    eroded = compute_eroded(valid, covered, 3)
    np.testing.assert_array_equal(eroded, np.broadcast_to(np.arange(40) < 17, (20, 40)))


def test_saturated_pixels_leave_their_neighbours_alone():
    covered = np.ones((30, 30), dtype=bool)
    valid = covered.copy()
    valid[10:14, 10:15] = False
    np.testing.assert_array_equal(compute_eroded(valid, covered, 3), valid)


def test_a_clipped_scene_keeps_its_rim():
    covered = np.zeros((30, 30), dtype=bool)
    covered[5:25, 5:25] = True
    np.testing.assert_array_equal(compute_eroded(covered, covered, 3), covered)


def test_zero_changes_nothing():
    valid, covered = make_scene(1)
    eroded = compute_eroded(valid, covered, 0)
    np.testing.assert_array_equal(eroded, valid)
    assert eroded is not valid


@pytest.mark.parametrize("size", [7, 16])
@pytest.mark.parametrize("pixels", [1, 2, 5])
def test_every_cut_gives_the_same(size, pixels):
    valid, covered = make_scene(7, (60, 60))
    whole = compute_eroded(valid, covered, pixels)
    halo = compute_halo(pixels)
    v, c = (np.pad(one, halo) for one in (valid, covered))
    for row in range(0, 60, size):
        for col in range(0, 60, size):
            height, width = min(size, 60 - row), min(size, 60 - col)
            cut = slice(row, row + height + 2 * halo), slice(col, col + width + 2 * halo)
            inner = compute_eroded(v[cut], c[cut], pixels)[halo:-halo, halo:-halo]
            np.testing.assert_array_equal(inner, whole[row : row + height, col : col + width])
