import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smmap.features.water_cloud import (
    AS_PRINTED,
    BAGHDADI2017,
    GSSM10,
    compute_canopy_backscatter,
    compute_soil_backscatter,
)


def array(value):
    return np.array([value], dtype=np.float64)


@pytest.mark.parametrize(
    "soil_db, polarisation, total_db",
    [
        (-10.68, "vv", -12.04),
        (-20.28, "vh", -17.49),
        (-10.00, "vv", -11.63),
        (-21.57, "vh", -17.59),
    ],
)
def test_canopy_gives_the_published_figures(soil_db, polarisation, total_db):
    """At 38 degrees and NDVI 0.6, on Baghdadi's and Oh's soil of 0.20 m3/m3 and 1 cm."""
    constants = BAGHDADI2017[polarisation]
    total = compute_canopy_backscatter(
        array(10 ** (soil_db / 10)), array(math.radians(38)), array(0.6), constants.a, constants.b
    )
    assert 10 * math.log10(total[0]) == pytest.approx(total_db, abs=0.011)


def test_correction_by_hand():
    """VV, NDVI 0.5, 40 degrees, total 0.1: A = 0.06, B = 0.35."""
    tau2 = math.exp(-2 * 0.35 * 0.5 / math.cos(math.radians(40)))
    vegetation = 0.06 * 0.5 * math.cos(math.radians(40)) * (1 - tau2)
    soil, overcorrected = compute_soil_backscatter(
        array(0.1), array(math.radians(40)), array(0.5), GSSM10["vv"]
    )
    assert soil[0] == pytest.approx((0.1 - vegetation) / tau2, rel=1e-12)
    assert not overcorrected[0]


@pytest.mark.parametrize("polarisation, a, b", [("vv", 0.096, 0.56), ("vh", 0.04, 1.16)])
def test_dense_vegetation_is_clipped(polarisation, a, b):
    """Above 0.8 the program's A and B stop at a x 0.8 and b x 0.8, and so does V."""
    theta = math.radians(35)
    tau2 = math.exp(-2 * b * 0.8 / math.cos(theta))
    expected = (0.2 - a * 0.8 * math.cos(theta) * (1 - tau2)) / tau2
    for ndvi in (0.8, 0.9, 1.0):
        soil, _ = compute_soil_backscatter(
            array(0.2), array(theta), array(ndvi), GSSM10[polarisation]
        )
        assert soil[0] == pytest.approx(expected, rel=1e-12)


def test_as_printed_jumps_and_the_program_does_not():
    args = np.full(2, 0.1), np.full(2, 0.6), np.array([0.8, 0.8 + 1e-9])
    printed, _ = compute_soil_backscatter(*args, AS_PRINTED["vh"])
    program, _ = compute_soil_backscatter(*args, GSSM10["vh"])
    assert abs(printed[1] / printed[0] - 1) > 0.05
    assert program[1] == pytest.approx(program[0], rel=1e-6)
    # The printed text above 0.8, by hand, at NDVI 0.9: A = 0.04 x 0.9, B = 1.16 x 0.9, V = 0.9.
    tau2 = math.exp(-2 * 1.16 * 0.81 / math.cos(0.6))
    expected = (0.1 - 0.04 * 0.81 * math.cos(0.6) * (1 - tau2)) / tau2
    soil, _ = compute_soil_backscatter(array(0.1), array(0.6), array(0.9), AS_PRINTED["vh"])
    assert soil[0] == pytest.approx(expected, rel=1e-12)


def test_no_power_left_is_told_and_nodata_is_not():
    soil, overcorrected = compute_soil_backscatter(
        np.array([1e-5, np.nan, 0.1]), np.full(3, 0.6), np.array([0.7, 0.7, np.nan]), GSSM10["vv"]
    )
    assert np.isnan(soil).all()
    assert overcorrected.tolist() == [True, False, False]


@given(st.floats(1e-4, 1.0), st.floats(0.3, 1.0))
def test_bare_ground_is_left_alone(power, theta):
    for slopes in (GSSM10["vv"], GSSM10["vh"], AS_PRINTED["vv"]):
        soil, _ = compute_soil_backscatter(array(power), array(theta), array(0.0), slopes)
        assert soil[0] == power


@given(st.floats(1e-3, 1.0), st.floats(0.3, 1.0), st.floats(0.01, 0.8))
def test_correction_undoes_the_canopy_of_its_own_coefficients(power, theta, ndvi):
    """Its A and B grow with V: handing them to the forward model must give the total back."""
    slopes = GSSM10["vv"]
    total = compute_canopy_backscatter(
        array(power), array(theta), array(ndvi), slopes.a * ndvi, slopes.b * ndvi
    )
    soil, _ = compute_soil_backscatter(total, array(theta), array(ndvi), slopes)
    assert soil[0] == pytest.approx(power, rel=1e-9)
