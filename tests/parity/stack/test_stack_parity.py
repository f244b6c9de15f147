"""Alignment against SciPy's interpolation and GDAL's exact warp."""

import numpy as np
import pytest
import rasterio
from affine import Affine
from odc.geo.geobox import GeoBox
from pyproj import Transformer
from rasterio.enums import Resampling
from rasterio.warp import reproject
from scipy.ndimage import map_coordinates

from smmap.spec.band import Band
from smmap.spec.tile import Block
from smmap.stack.raster import load_raster

BLOCK = Block.whole(GeoBox((60, 72), Affine(10, 0, 600_000, 0, -10, 5_100_000), "EPSG:32632"))
SCENES = {
    "shifted": ("EPSG:32632", Affine(10, 0, 599_853.3, 0, -10, 5_100_104.9)),
    "next zone": ("EPSG:32633", Affine(10, 0, 135_650, 0, -10, 5_110_200)),
    "degrees": ("EPSG:4326", Affine(1.29e-4, 0, 10.2905, 0, -0.9e-4, 46.0475)),
}


@pytest.fixture(params=SCENES)
def scene(request, tmp_path):
    """Speckle, the hardest thing to interpolate, without gaps."""
    crs, transform = SCENES[request.param]
    values = np.random.default_rng(1).gamma(4.4, 0.02, (120, 120)).astype(np.float32)
    path = str(tmp_path / "a.tif")
    options = {"driver": "GTiff", "dtype": "float32", "count": 1, "height": 120, "width": 120}
    with rasterio.open(path, "w", crs=crs, transform=transform, **options) as file:
        file.write(values, 1)
    return path, crs, transform, values


def test_bilinear_is_scipys(scene):
    path, crs, transform, values = scene
    x, y = Transformer.from_crs("EPSG:32632", crs, always_xy=True).transform(
        *np.meshgrid(BLOCK.xs(), BLOCK.ys())
    )
    cols, rows = ~transform * (x, y)
    expected = map_coordinates(values.astype(float), [rows - 0.5, cols - 0.5], order=1, cval=np.nan)
    inside = np.isfinite(expected)
    assert inside.mean() > 0.9
    found = load_raster(Band("a", path, "1"), BLOCK).values
    np.testing.assert_allclose(found[inside], expected[inside], rtol=1e-5)


@pytest.mark.parametrize("method", ["nearest", "bilinear"])
def test_gdals_exact_warp(scene, method):
    """With a fixed scale, three columns at a time: GDAL finds the first, middle and last position
    of a row exactly and draws lines between them.

    It counts weights in single precision, and rounds a centre on the edge of two pixels its way.
    """
    path, crs, transform, values = scene
    expected = np.full(BLOCK.shape, np.nan, np.float32)
    for col in range(0, BLOCK.width, 3):
        strip = np.full((BLOCK.height, 3), np.nan, np.float32)
        reproject(
            values,
            strip,
            src_transform=transform,
            src_crs=crs,
            src_nodata=np.nan,
            dst_transform=BLOCK.geobox.affine * Affine.translation(col, 0),
            dst_crs="EPSG:32632",
            dst_nodata=np.nan,
            resampling=Resampling[method],
            XSCALE=1,
            YSCALE=1,
        )
        expected[:, col : col + 3] = strip
    found = load_raster(Band("a", path, "1", resampling=method), BLOCK).values
    inner = (slice(3, -3), slice(3, -3))
    difference = np.abs(found - expected)[inner]
    assert np.isfinite(difference).all()
    limit = 0 if method == "nearest" else 1e-4 * values.max()
    assert (difference > limit).mean() < 1e-3
