"""Soil models against figures worked out from the papers' equations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smmap.features.decibel import to_db
from smmap.features.water_cloud import BAGHDADI2017, compute_canopy_backscatter
from smmap.simulate.soil import compute_oh2004, compute_soil_sigma0

THETA = np.radians(38.0)


@pytest.mark.parametrize(
    "model, polarisation, bare_db, covered_db",
    [
        ("baghdadi2016", "vv", -10.68, -12.04),
        ("baghdadi2016", "vh", -20.28, -17.49),
        ("oh2004", "vv", -10.00, -11.63),
        ("oh2004", "vh", -21.57, -17.59),
    ],
)
def test_models_give_the_worked_example(model, polarisation, bare_db, covered_db):
    soil = compute_soil_sigma0(0.20, 1.0, THETA, polarisation, model)
    canopy = BAGHDADI2017[polarisation]
    total = compute_canopy_backscatter(soil, THETA, np.array(0.6), canopy.a, canopy.b)
    assert to_db(soil) == pytest.approx(bare_db, abs=0.005)
    assert to_db(total) == pytest.approx(covered_db, abs=0.005)


@given(
    st.floats(0.03, 0.44),
    st.floats(0.5, 3.8),
    st.floats(29, 46),
    st.sampled_from(["vv", "vh"]),
)
def test_wetter_soil_is_brighter(soil_moisture, rms_height_cm, incidence_deg, polarisation):
    moist = np.array([soil_moisture, soil_moisture + 0.01])
    theta = np.radians(incidence_deg)
    drier, wetter = compute_soil_sigma0(moist, rms_height_cm, theta, polarisation)
    assert wetter > drier
    drier, wetter = compute_oh2004(moist * 0.5 + 0.04, rms_height_cm, theta, polarisation)
    assert wetter > drier


@pytest.mark.parametrize("polarisation", ["vv", "vh"])
@pytest.mark.parametrize("model", ["baghdadi2016", "oh2004"])
def test_vegetation_takes_sensitivity(model, polarisation):
    soil = compute_soil_sigma0(np.array([[0.08], [0.28]]), 1.2, THETA, polarisation, model)
    canopy = BAGHDADI2017[polarisation]
    ndvi = np.linspace(0, 0.95, 20)[None, :]
    dry_db, wet_db = to_db(compute_canopy_backscatter(soil, THETA, ndvi, canopy.a, canopy.b))
    assert np.all(np.diff(wet_db - dry_db) < 0)


def test_oh_says_nothing_outside_its_validity():
    moisture = np.array([0.039, 0.04, 0.291, 0.292, np.nan])
    sigma0 = compute_oh2004(moisture, 1.0, THETA, "vv")
    assert np.isfinite(sigma0).tolist() == [False, True, True, False, False]
    # ks of 0.13 and 6.98 are rms heights of 0.1148 and 6.162 cm at 1.1328 radians per cm.
    sigma0 = compute_oh2004(0.2, np.array([0.11, 0.12, 6.15, 6.17]), THETA, "vh")
    assert np.isfinite(sigma0).tolist() == [False, True, True, False]


def test_nodata_stays_nodata():
    assert np.isnan(compute_soil_sigma0(np.nan, 1.0, THETA, "vv"))
