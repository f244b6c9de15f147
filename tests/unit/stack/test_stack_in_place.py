"""Where the block's pixels are the scene's, and where the kernel was not built."""

import subprocess
import sys

import numpy as np
import pytest
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smmap.spec.band import Band
from smmap.spec.tile import Block
from smmap.stack.raster import load_raster
from smmap.stack.read_meter import meter_reads

STORED = np.random.default_rng(5).integers(0, 1000, (90, 110)).astype(np.uint16)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    row=st.integers(-70, 120),
    col=st.integers(-70, 140),
    height=st.integers(1, 80),
    width=st.integers(1, 80),
    method=st.sampled_from(["nearest", "bilinear"]),
)
def test_any_window_is_a_slice(row, col, height, width, method, block, tmp_path_factory, write_tif):
    """Of the stored numbers, nodata around them; and no more of the file is read."""
    path = tmp_path_factory.getbasetemp() / "in-place.tif"
    href = str(path) if path.exists() else write_tif(path, STORED, nodata=0)
    wide = np.pad(np.where(STORED == 0, np.nan, STORED), 300, constant_values=np.nan)
    place = np.s_[300 + row : 300 + row + height, 300 + col : 300 + col + width]
    covered = np.pad(np.ones(STORED.shape, bool), 300)[place]
    band = Band("a", href, "1", resampling=method)
    with meter_reads() as meter:
        found = load_raster(band, Block(block.geobox, row, col, height, width))
    np.testing.assert_array_equal(found.values, wide[place].astype(np.float32))
    np.testing.assert_array_equal(found.covered, covered)
    assert meter.bytes == 2 * covered.sum()


@pytest.mark.parametrize("crs, shift", [("EPSG:32632", 3.3), ("EPSG:32633", -464_230.0)])
def test_without_the_kernel_the_bits_are_the_same(crs, shift, block, tmp_path, write_tif):
    transform = Affine(10, 0, 600_000 + shift, 0, -10, 5_109_900 if shift < 0 else 5_100_000)
    href = write_tif(tmp_path / "a.tif", STORED, transform=transform, crs=crs, nodata=0)
    script = (
        "import sys; sys.modules['smmap.stack._kernel'] = None\n"
        "import numpy as np\n"
        "from affine import Affine\n"
        "from odc.geo.geobox import GeoBox\n"
        "from smmap.spec.band import Band\n"
        "from smmap.spec.tile import Block\n"
        "from smmap.stack import resample\n"
        "from smmap.stack.raster import load_raster\n"
        "assert not resample.HAS_KERNEL\n"
        "affine = Affine(10, 0, 600000, 0, -10, 5100000)\n"
        "block = Block.whole(GeoBox((80, 100), affine, 'EPSG:32632'))\n"
        f"found = load_raster(Band('a', {href!r}, 'linear', scale=0.01), block)\n"
        "np.savez(sys.argv[1], values=found.values, covered=found.covered)\n"
    )
    target = str(tmp_path / "found.npz")
    subprocess.run([sys.executable, "-c", script, target], check=True)
    expected = load_raster(Band("a", href, "linear", scale=0.01), block)
    assert np.isfinite(expected.values).sum() > 1000
    with np.load(target) as plain:
        np.testing.assert_array_equal(plain["values"], expected.values)
        np.testing.assert_array_equal(plain["covered"], expected.covered)
