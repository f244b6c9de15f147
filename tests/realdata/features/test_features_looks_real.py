"""Real speckle is shared between neighbours as the point spread that is assumed says.

Of two dates of one orbit, what the ground has in common cancels in their ratio; slow changes are
taken off as the mean of 21 x 21 pixels.
"""

import itertools
import math

import numpy as np
import pytest
import rasterio

from smmap.features.looks import compute_effective_looks
from smmap.features.speckle import filter_boxcar

pytestmark = pytest.mark.realdata

CELL_M = (20.3, 22.6)


@pytest.fixture(params=["vv", "vh"])
def pairs(request, shared_data):
    """Consecutive dates of one relative orbit, linear power."""
    folder = shared_data / "belgium-2023" / "sentinel-1-grd"
    found = []
    for orbit in ("R037", "R088", "R110", "R161"):
        dates = []
        for path in sorted(folder.glob(f"*_{orbit}/{request.param}.tif")):
            with rasterio.open(path) as file:
                dates.append(file.read(1).astype(float))
        found += itertools.pairwise(dates)
    assert len(found) == 6
    return found


def correlate(field, rows, cols):
    height, width = field.shape
    near, far = field[: height - rows, : width - cols], field[rows:, cols:]
    return np.nanmean(near * far) / np.nanvar(field)


@pytest.mark.parametrize("distance", [1, 2, 3, 5])
def test_neighbours_share_as_much_as_is_assumed(distance, pairs):
    found = []
    for one, other in pairs:
        change = np.log(np.where((one > 0) & (other > 0), one / other, np.nan))
        change -= filter_boxcar(change, 21)
        found.append([correlate(change, 0, distance), correlate(change, distance, 0)])
    # The track is within 15 degrees of north here: columns are range, rows azimuth.
    sigma = [cell / 10 / (2 * math.sqrt(math.log(2))) for cell in CELL_M]
    expected = [math.exp(-(distance**2) / (2 * one**2)) for one in sigma]
    np.testing.assert_allclose(np.mean(found, axis=0), expected, atol=0.2)


@pytest.mark.parametrize("window", [5, 9, 13])
def test_quiet_ground_has_the_looks_of_a_window(window, pairs):
    """2 / variance of the log ratio over the quietest quarter of patches of 20 x 20 pixels."""
    looks = []
    for one, other in pairs:
        change = np.log(filter_boxcar(one, window) / filter_boxcar(other, window))
        patches = [
            np.nanvar(change[row : row + 20, col : col + 20])
            for row in range(3, 44, 10)
            for col in range(3, 44, 10)
        ]
        looks.append(2 / np.percentile(patches, 25))
    claimed = compute_effective_looks(4.4, window, 1, 10, CELL_M)
    assert 0.7 * claimed < np.median(looks) < 2 * claimed
