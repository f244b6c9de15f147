"""The database has the spreads that its sources state."""

import dataclasses

import numpy as np
import pytest

from smmap.features.decibel import to_db
from smmap.features.water_cloud import BAGHDADI2017, compute_canopy_backscatter
from smmap.simulate.database import draw_cases
from smmap.simulate.soil import compute_soil_sigma0

N = 200_000


@pytest.fixture(scope="module")
def cases():
    return draw_cases(N, 5)


@pytest.mark.parametrize(
    "name, low, high",
    [
        ("soil_moisture", 0.03, 0.45),
        ("incidence_deg", 29, 46),
        ("ndvi", 0, 0.95),
        ("looks", 20, 200),
        ("age_days", 0, 10),
    ],
)
def test_draws_are_uniform(cases, name, low, high):
    share = (getattr(cases, name) - low) / (high - low)
    assert share.min() >= 0
    assert share.max() <= 1
    counts, _ = np.histogram(share, bins=10, range=(0, 1))
    assert np.all(np.abs(counts - N / 10) < 5 * np.sqrt(N / 10))


def test_roughness_is_a_clipped_lognormal(cases):
    assert np.median(cases.rms_height_cm) == pytest.approx(1.2, rel=0.01)
    inner = np.log(np.quantile(cases.rms_height_cm, [0.1587, 0.8413]))
    assert np.diff(inner)[0] / 2 == pytest.approx(0.45, rel=0.01)
    assert cases.rms_height_cm.min() == 0.5
    assert cases.rms_height_cm.max() == 3.8


@pytest.mark.parametrize("polarisation, radiometric, model", [("vv", 0.7, 1.0), ("vh", 1.0, 1.5)])
def test_noise_has_its_sources_variances(cases, polarisation, radiometric, model):
    theta, canopy = np.radians(cases.incidence_deg), BAGHDADI2017[polarisation]
    soil = compute_soil_sigma0(cases.soil_moisture, cases.rms_height_cm, theta, polarisation)
    clean_db = to_db(compute_canopy_backscatter(soil, theta, cases.ndvi, canopy.a, canopy.b))
    noise_db = getattr(cases, f"{polarisation}_db") - clean_db
    bare = cases.ndvi < 0.05  # where the canopy's own spread does not matter
    # To first order the logarithm of a gamma of n looks has variance 1 / n.
    speckle_db = 10 / np.log(10) / np.sqrt(cases.looks[bare])
    expected = np.sqrt(radiometric**2 + model**2 + np.mean(speckle_db**2))
    assert noise_db[bare].std() == pytest.approx(expected, rel=0.04)
    assert abs(noise_db[bare].mean()) < 0.1


def test_ndvi_error_grows_with_age(cases):
    relative = cases.ndvi_observed / cases.ndvi - 1
    free = cases.ndvi < 0.5  # where the bound at 1 is out of reach
    fresh, old = free & (cases.age_days < 1), free & (cases.age_days > 9)
    assert relative[fresh].std() == pytest.approx(0.105, rel=0.03)
    assert relative[old].std() == pytest.approx(0.195, rel=0.03)
    assert cases.ndvi_observed.max() <= 1


def test_same_seed_same_cases_and_other_seed_others():
    first, again, other = draw_cases(100, 1), draw_cases(100, 1), draw_cases(100, 2)
    for field in dataclasses.fields(first):
        assert np.array_equal(getattr(first, field.name), getattr(again, field.name))
        assert not np.array_equal(getattr(first, field.name), getattr(other, field.name))


def test_one_angle_leaves_the_fields_as_they_are():
    drawn, fixed = draw_cases(1000, 4), draw_cases(1000, 4, incidence_deg=35.0)
    assert np.all(fixed.incidence_deg == 35)
    for name in ("soil_moisture", "rms_height_cm", "ndvi", "ndvi_observed", "looks"):
        assert np.array_equal(getattr(drawn, name), getattr(fixed, name))


def test_oh_cases_stay_where_it_holds():
    cases = draw_cases(10_000, 4, "oh2004")
    assert cases.soil_moisture.min() >= 0.04
    assert cases.soil_moisture.max() <= 0.291
    assert np.all(np.isfinite(cases.vv_db) & np.isfinite(cases.vh_db))
