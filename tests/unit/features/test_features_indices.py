import numpy as np

from smmap.features.indices import compute_evi, compute_ndmi, compute_ndvi

NAN = np.nan


def test_by_hand():
    nir, red, blue, swir = (np.array([one]) for one in (0.4, 0.1, 0.05, 0.2))
    np.testing.assert_allclose(compute_ndvi(nir, red), [0.6])
    np.testing.assert_allclose(compute_ndmi(nir, swir), [1 / 3])
    # 2.5 x 0.3 / (0.4 + 0.6 - 0.375 + 1)
    np.testing.assert_allclose(compute_evi(nir, red, blue), [0.75 / 1.625])


def test_zero_denominators_and_nodata_have_no_value():
    nir = np.array([0.0, NAN, 0.2], dtype=np.float32)
    red = np.array([0.0, 0.1, NAN], dtype=np.float32)
    assert np.isnan(compute_ndvi(nir, red)).all()
    # 0.5 + 6 x 0 - 7.5 x 0.2 + 1 = 0
    assert np.isnan(compute_evi(np.array([0.5]), np.array([0.0]), np.array([0.2]))).all()
