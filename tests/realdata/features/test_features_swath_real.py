"""Saturated pixels of a real scene are no swath edge."""

import numpy as np
import pytest
import rasterio

from smmap.features.speckle import filter_lee
from smmap.features.swath import compute_eroded

pytestmark = pytest.mark.realdata


def test_saturated_pixels_cost_themselves_only(shared_data):
    folder = shared_data / "belgium-2023" / "sentinel-1-grd"
    holed = 0
    for path in sorted(folder.glob("*_R110/vv.tif")):
        with rasterio.open(path) as file:
            power = file.read(1)
        valid = np.isfinite(power)
        covered = np.ones_like(valid)
        np.testing.assert_array_equal(compute_eroded(valid, covered, 5), valid)
        np.testing.assert_array_equal(np.isfinite(filter_lee(power, 9, 4.4)), valid)
        holed += (~valid).sum()
    assert holed >= 20
