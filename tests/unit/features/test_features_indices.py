import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

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
    # 0.5 + 6 x 0 - 7.5 x 0.2 + 1 = 0; with 0.3 in blue it is negative
    assert np.isnan(compute_evi(np.array([0.5]), np.array([0.0]), np.array([0.2]))).all()
    assert np.isnan(compute_evi(np.array([0.5]), np.array([0.0]), np.array([0.3]))).all()


@pytest.mark.parametrize("first, second", [(0.012, -0.010), (-0.010, 0.012), (-0.02, -0.01)])
def test_negative_reflectance_has_no_index(first, second):
    one, two, some = np.array([first]), np.array([second]), np.array([0.1])
    for index in (compute_ndvi, compute_ndmi):
        assert np.isnan(index(one, two)).all()
    assert np.isnan(compute_evi(one, two, some)).all()
    assert np.isnan(compute_evi(some, some, np.minimum(one, two))).all()


def test_no_reflectance_in_one_band_is_a_bound():
    dark, some = np.array([0.0]), np.array([0.1])
    assert compute_ndvi(some, dark) == 1
    assert compute_ndvi(dark, some) == -1


reflectance = arrays(np.float32, 7, elements=st.floats(-0.25, 1.5, width=32) | st.just(NAN))


@given(reflectance, reflectance)
def test_normalised_differences_are_bounded(first, second):
    found = compute_ndvi(first, second)
    assert np.all(np.isnan(found) | (np.abs(found) <= 1))
