"""Flags that must survive, and thermal bands against the provider's own constants."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from smmap.spec.band import Band
from smmap.spec.errors import SceneError
from smmap.stack.decode import decode

BITS = Band("qa", "qa.tif", "bits", resampling="nearest")


@given(arrays(np.uint32, (3, 4), elements=st.integers(0, 1 << 24)))
def test_bits_are_kept_exactly(stored):
    np.testing.assert_array_equal(decode(stored, BITS, None).astype(np.uint32), stored)


@pytest.mark.parametrize("dtype", [np.uint32, np.int32, np.float64])
def test_bits_that_would_change_are_refused(dtype):
    stored = np.array([[5, (1 << 24) + 1]], dtype)
    with pytest.raises(SceneError, match=r"'qa' of qa\.tif holds 16777217"):
        decode(stored, BITS, None)
    assert np.isnan(decode(stored, BITS, (1 << 24) + 1)[0, 1])  # as nodata it is nothing


def test_brightness_temperature():
    """Landsat 8, band 10, DN 26000: L = 3.342e-4 x 26000 + 0.1 = 8.7892 W/(m2 sr um)."""
    thermal = Band("t", "t.tif", "K", 3.342e-4, 0.1, nodata=0, planck=(774.8853, 1321.0789))
    found = decode(np.array([[26000, 0]], np.uint16), thermal, 0)
    assert found[0, 0] == pytest.approx(1321.0789 / math.log(774.8853 / 8.7892 + 1), abs=1e-3)
    assert found[0, 0] == pytest.approx(294.2, abs=0.1)  # 21 degrees C
    assert np.isnan(found[0, 1])


def test_no_radiance_has_no_temperature():
    thermal = Band("t", "t.tif", "K", 1.0, -10.0, planck=(774.8853, 1321.0789))
    assert np.isnan(decode(np.array([[10, 3]], np.uint16), thermal, None)).all()


@pytest.mark.parametrize("units, low", [("m", -9999), ("m", -32768), ("linear", -9999.0)])
def test_nothing_that_is_not_declared_as_nothing_is_refused(units, low):
    """A void of -9999 m would be a cliff, and -32768 as power would drown its neighbours."""
    band = Band("elevation", "dem.tif", units)
    stored = np.array([[120, low]], np.float32)
    with pytest.raises(SceneError, match=r"'elevation' of dem\.tif holds -\d+.*declare it"):
        decode(stored, band, None)
    assert np.isnan(decode(stored, band, low)[0, 1])
    assert decode(np.array([[-430.5]], np.float32), Band("elevation", "dem.tif", "m"), None) < -430


def test_decibels_and_counts_are_not_taken_for_power():
    """-11 dB is 0.08; what the noise left of a lake is -0.004."""
    band = Band("vv", "vv.tif", "linear")
    stored = np.array([[0.08, -0.004, np.nan]], np.float32)
    np.testing.assert_array_equal(decode(stored, band, None), stored)
    for dtype in (np.float32, np.float64):
        with pytest.raises(SceneError, match=r"'vv' of vv\.tif holds -11, which is no power"):
            decode(np.array([[-11, 0.08]], dtype), band, None)
    with pytest.raises(SceneError, match="whole numbers without a scale: counts"):
        decode(np.array([[250]], np.uint16), band, None)
    packed = Band("vv", "vv.tif", "linear", scale=1e-3)
    assert decode(np.array([[250]], np.uint16), packed, None)[0, 0] == pytest.approx(0.25)
