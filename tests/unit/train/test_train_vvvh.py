"""The packaged variant with both polarisations, on cases of other seeds."""

from itertools import pairwise

import numpy as np
import pytest

from smmap.features.decibel import to_db
from smmap.features.water_cloud import BAGHDADI2017, compute_canopy_backscatter
from smmap.model.package import load_model
from smmap.simulate.database import draw_cases
from smmap.simulate.soil import compute_soil_sigma0


@pytest.fixture(scope="module")
def cases():
    drawn = draw_cases(200_000, 515_151)
    return drawn.select(drawn.ndvi_observed <= 0.4)


@pytest.fixture(scope="module")
def estimates(cases):
    """Of the variant, and of the model that it varies."""
    columns = [cases.vv_db, cases.vh_db, cases.incidence_deg, cases.ndvi_observed]
    both, one = np.column_stack(columns), np.column_stack([columns[0], *columns[2:]])
    return (
        load_model("physics-vvvh", "cpu").estimate(both.astype(np.float32)),
        load_model("physics", "cpu").estimate(one.astype(np.float32)),
    )


def compute_rmse(estimate, cases, chosen=slice(None)):
    return np.sqrt(np.mean((estimate.sm - cases.soil_moisture)[chosen] ** 2))


def test_cross_polarised_backscatter_helps_where_vegetation_is_sparse(estimates, cases):
    both, one = estimates
    for low, high in ((0.0, 0.2), (0.2, 0.4)):
        inside = (cases.ndvi >= low) & (cases.ndvi < high)
        assert compute_rmse(both, cases, inside) < 0.98 * compute_rmse(one, cases, inside)


def test_beats_the_prior_in_each_class_and_says_how_sure_it_is(estimates, cases):
    both, _ = estimates
    for name, edges in (("ndvi", (0, 0.2, 0.4)), ("looks", (20, 50, 100, 200))):
        for low, high in pairwise(edges):
            inside = (getattr(cases, name) >= low) & (getattr(cases, name) < high)
            spread = cases.soil_moisture[inside].std()
            assert compute_rmse(both, cases, inside) < 0.85 * spread
    assert compute_rmse(both, cases) == pytest.approx(
        np.sqrt(np.mean(both.uncertainty**2)), rel=0.03
    )


@pytest.mark.parametrize("ndvi", [0.0, 0.2, 0.35])
@pytest.mark.parametrize("incidence_deg", [30.0, 38.0, 45.0])
def test_estimate_grows_with_moisture(ndvi, incidence_deg):
    moisture, theta = np.linspace(0.03, 0.45, 85), np.radians(incidence_deg)
    columns = []
    for polarisation, canopy in BAGHDADI2017.items():
        soil = compute_soil_sigma0(moisture, 1.2, theta, polarisation)
        columns.append(to_db(compute_canopy_backscatter(soil, theta, ndvi, canopy.a, canopy.b)))
    rows = np.column_stack([*columns, np.full(85, incidence_deg), np.full(85, ndvi)])
    found = load_model("physics-vvvh", "cpu").estimate(rows.astype(np.float32))
    assert np.all(np.diff(found.sm) > 0)


def test_orbits_agree_on_identical_truth():
    model, biases = load_model("physics-vvvh", "cpu"), []
    for angle in (30.0, 35.0, 40.0, 45.0):
        drawn = draw_cases(100_000, 7_171, incidence_deg=angle)
        seen = drawn.select(drawn.ndvi_observed <= 0.4)
        columns = [seen.vv_db, seen.vh_db, seen.incidence_deg, seen.ndvi_observed]
        estimate = model.estimate(np.column_stack(columns).astype(np.float32))
        biases.append(np.mean(estimate.sm - seen.soil_moisture))
    # The standard error of each is 0.09 / sqrt(42,000) = 0.0004.
    assert np.ptp(biases) < 0.005
