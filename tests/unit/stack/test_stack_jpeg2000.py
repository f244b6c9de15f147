"""JPEG 2000, as ESA makes Sentinel-2, from a server by ranges and by a signed address."""

import numpy as np
import pytest
from faulty_server import serve_faulty

from smmap.spec.band import Band
from smmap.spec.errors import SceneError
from smmap.stack.raster import load_raster

LOSSLESS = {"QUALITY": "100", "REVERSIBLE": "YES", "YCBCR420": "NO"}


def test_pixels_of_a_remote_jpeg_2000_file(block, tmp_path, write_tif):
    truth = np.random.default_rng(3).integers(1, 5000, block.shape).astype(np.uint16)
    truth[:3] = 0
    write_tif(tmp_path / "B04.jp2", truth, driver="JP2OpenJPEG", **LOSSLESS)
    with serve_faulty(tmp_path, 0.0) as address:
        for query in ("", "?X-Amz-Expires=3600&X-Amz-Signature=0123abcd"):
            band = Band("red", f"{address}/B04.jp2{query}", "1", 1e-4, -0.1, nodata=0)
            values = load_raster(band, block).values
            assert np.isnan(values[:3]).all()
            np.testing.assert_allclose(values[3:], truth[3:] * 1e-4 - 0.1, atol=1e-6)
        with pytest.raises(SceneError):
            load_raster(Band("red", f"{address}/none.jp2", "1"), block)
