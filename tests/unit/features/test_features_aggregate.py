import numpy as np
import pytest

from smmap.features.aggregate import compute_block_mean
from smmap.spec.errors import GridError


def test_partial_cells_carry_their_weight():
    values = np.array([[1, 2, 5, 9], [3, np.nan, 9, 9]], dtype=np.float32)
    valid = np.array([[1, 1, 0, 0], [1, 0, 0, 0]], dtype=bool)
    mean, weight = compute_block_mean(values, valid, 2)
    np.testing.assert_array_equal(mean, np.array([[2, np.nan]], dtype=np.float32))
    np.testing.assert_array_equal(weight, np.array([[0.75, 0]], dtype=np.float32))


@pytest.mark.parametrize("factor", [1, 3, 10])
def test_against_plain_loops_and_for_every_cut(factor):
    rng = np.random.default_rng(factor)
    shape = 6 * factor, 7 * factor
    values = rng.gamma(4, size=shape).astype(np.float32)
    valid = rng.random(shape) > 0.3
    mean, weight = compute_block_mean(values, valid, factor)
    for row in range(6):
        for col in range(7):
            cell = (
                slice(row * factor, (row + 1) * factor),
                slice(col * factor, (col + 1) * factor),
            )
            inside = values[cell][valid[cell]]
            assert weight[row, col] == np.float32(inside.size / factor**2)
            expected = inside.mean(dtype=np.float64) if inside.size else np.nan
            np.testing.assert_allclose(mean[row, col], expected, rtol=1e-6)
            one, _ = compute_block_mean(values[cell], valid[cell], factor)
            np.testing.assert_array_equal(one[0, 0], mean[row, col])


def test_broken_cells_are_refused():
    with pytest.raises(GridError, match="whole cells"):
        compute_block_mean(np.zeros((4, 5)), np.ones((4, 5), dtype=bool), 2)
