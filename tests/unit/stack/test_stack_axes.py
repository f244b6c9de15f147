"""Files whose rows and columns run otherwise than north to south and west to east."""

import numpy as np
import pytest
from affine import Affine

from smmap.spec.band import Band
from smmap.stack.raster import load_raster

ORDERS = {
    "south up": (lambda v: v[::-1], Affine(10, 0, 600_000, 0, 10, 5_099_200)),
    "east to west": (lambda v: v[:, ::-1], Affine(-10, 0, 601_000, 0, -10, 5_100_000)),
    "rows and columns swapped": (lambda v: v.T, Affine(0, 10, 600_000, -10, 0, 5_100_000)),
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("method", ["nearest", "bilinear"])
def test_pixels_are_where_the_file_says(order, method, block, tmp_path, write_tif):
    truth = np.random.default_rng(0).integers(1, 1000, block.shape).astype(np.uint16)
    turn, transform = ORDERS[order]
    href = write_tif(tmp_path / "a.tif", np.ascontiguousarray(turn(truth)), transform=transform)
    values = load_raster(Band("aot", href, "1", resampling=method), block).values
    np.testing.assert_array_equal(values, truth)
