"""The packaged physics model meets what its method promises, on cases of other seeds."""

import hashlib
from itertools import pairwise

import numpy as np
import pytest
import yaml
from onnxruntime import InferenceSession

from smmap.data import get_folder
from smmap.features.decibel import to_db
from smmap.features.water_cloud import BAGHDADI2017, compute_canopy_backscatter
from smmap.simulate.database import draw_cases
from smmap.simulate.soil import compute_soil_sigma0
from smmap.spec.card import ModelCard

FOLDER = get_folder("models") / "physics"
SEED = 424_242


@pytest.fixture(scope="module")
def card():
    text = (FOLDER / "card.yaml").read_text()
    return ModelCard.parse(yaml.safe_load(text), "card.yaml")


@pytest.fixture(scope="module")
def predict():
    session = InferenceSession(FOLDER / "model.onnx", providers=["CPUExecutionProvider"])

    def run(vv_db, incidence_deg, ndvi):
        columns = np.broadcast_arrays(vv_db, incidence_deg, ndvi)
        rows = np.column_stack([column.ravel() for column in columns]).astype(np.float32)
        (outputs,) = session.run(None, {"inputs": rows})
        shape = columns[0].shape
        return outputs[:, 0].reshape(shape), np.exp(outputs[:, 1] / 2).reshape(shape)

    return run


@pytest.fixture(scope="module")
def cases():
    return draw_cases(200_000, SEED)


@pytest.fixture(scope="module")
def predicted(predict, cases):
    return predict(cases.vv_db, cases.incidence_deg, cases.ndvi_observed)


def simulate_db(soil_moisture, rms_height_cm, incidence_deg, ndvi):
    theta, canopy = np.radians(incidence_deg), BAGHDADI2017["vv"]
    soil = compute_soil_sigma0(soil_moisture, rms_height_cm, theta, "vv")
    return to_db(compute_canopy_backscatter(soil, theta, ndvi, canopy.a, canopy.b))


def test_checksums_hold(card):
    for part in (*card.members, card.golden, card.domain):
        assert hashlib.sha256((FOLDER / part.file).read_bytes()).hexdigest() == part.sha256
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 50_000


def test_golden_rows_come_back(card):
    golden = np.load(FOLDER / "golden.npz")
    session = InferenceSession(FOLDER / "model.onnx", providers=["CPUExecutionProvider"])
    given = ~np.isnan(golden["inputs"]).any(axis=1)
    (outputs,) = session.run(None, {"inputs": golden["inputs"][given]})
    np.testing.assert_allclose(
        outputs[:, 0], golden["outputs"][given], atol=card.golden.tolerance, rtol=0
    )


@pytest.mark.parametrize("ndvi", [0.0, 0.2, 0.4, 0.6])
@pytest.mark.parametrize("incidence_deg", [29.0, 34.0, 39.0, 46.0])
@pytest.mark.parametrize("rms_height_cm", [0.6, 1.2, 2.4])
def test_estimate_grows_with_moisture(predict, ndvi, incidence_deg, rms_height_cm):
    moisture = np.linspace(0.03, 0.45, 85)
    vv_db = simulate_db(moisture, rms_height_cm, incidence_deg, ndvi)
    estimate, _ = predict(vv_db, incidence_deg, ndvi)
    assert np.all(np.diff(estimate) > 0)


def test_sensitivity_falls_with_vegetation(predict):
    ndvi = np.array([0.0, 0.2, 0.4, 0.6, 0.8])
    for angle in (32.0, 38.0, 44.0):
        dry, wet = (predict(simulate_db(sm, 1.2, angle, ndvi), angle, ndvi)[0] for sm in (0.1, 0.3))
        assert np.all(np.diff(wet - dry) < 0)
        assert wet[0] - dry[0] > 0.05


def test_uncertainty_grows_with_vegetation(predicted, cases):
    _, spread = predicted
    classes = np.digitize(cases.ndvi, [0.2, 0.4, 0.6, 0.8])
    means = [spread[classes == i].mean() for i in range(5)]
    assert np.all(np.diff(means) > 0)
    # At the top it is the prior's own spread: 0.42 / sqrt(12) = 0.121.
    assert means[-1] == pytest.approx(0.42 / np.sqrt(12), rel=0.1)


def test_uncertainty_is_honest(predicted, cases):
    estimate, spread = predicted
    error = estimate - cases.soil_moisture
    for low, high in ((0.0, 0.09), (0.09, 0.11), (0.11, 0.13)):
        inside = (spread >= low) & (spread < high)
        rmse = np.sqrt(np.mean(error[inside] ** 2))
        assert rmse == pytest.approx(np.sqrt(np.mean(spread[inside] ** 2)), rel=0.05)


@pytest.mark.parametrize(
    "name, edges",
    [("ndvi", (0, 0.2, 0.4, 0.6, 0.8, 0.95)), ("looks", (20, 50, 100, 200))],
)
def test_beats_the_prior_in_each_class(predicted, cases, name, edges):
    error, values = predicted[0] - cases.soil_moisture, getattr(cases, name)
    for low, high in pairwise(edges):
        inside = (values >= low) & (values < high)
        rmse = np.sqrt(np.mean(error[inside] ** 2))
        assert rmse < 0.97 * cases.soil_moisture[inside].std()


def test_orbits_agree_on_identical_truth(predict):
    biases = []
    for angle in np.arange(30.0, 45.1, 2.5):
        seen = draw_cases(50_000, SEED, incidence_deg=float(angle))
        estimate, _ = predict(seen.vv_db, seen.incidence_deg, seen.ndvi_observed)
        biases.append(np.mean(estimate - seen.soil_moisture))
    # The standard error of each is 0.1 / sqrt(50,000) = 0.0005.
    assert np.ptp(biases) < 0.005
    assert np.abs(biases).max() < 0.005


def test_other_physics_costs_little(predict):
    seen = draw_cases(100_000, SEED, "oh2004")
    estimate, _ = predict(seen.vv_db, seen.incidence_deg, seen.ndvi_observed)
    # The prior of this model is wetter than Oh's validity: R is free of that.
    assert np.corrcoef(estimate, seen.soil_moisture)[0, 1] > 0.35


def test_new_cases_lie_in_the_domain_and_strangers_do_not(cases):
    domain = np.load(FOLDER / "domain.npz")

    def is_occupied(*columns):
        at = []
        inside = np.ones(len(columns[0]), bool)
        for i, values in enumerate(columns):
            edges = domain[f"edges_{i}"]
            inside &= (values >= edges[0]) & (values <= edges[-1])
            at.append(np.clip(np.searchsorted(edges, values, "right") - 1, 0, len(edges) - 2))
        return inside & domain["occupied"][tuple(at)]

    assert is_occupied(cases.vv_db, cases.incidence_deg, cases.ndvi_observed).mean() > 0.99
    strangers = np.array([[-23, 38, 0.1], [-1, 45, 0.9], [-10, 20, 0.3], [-10, 38, -0.3]])
    assert not is_occupied(*strangers.T).any()


def test_card_states_what_it_measured(card, predicted, cases):
    stated = card.metrics["simulated_baghdadi2016"]["overall"]
    error = predicted[0] - cases.soil_moisture
    assert stated["rmse"] == pytest.approx(np.sqrt(np.mean(error**2)), abs=0.001)
    assert stated["rmse"] < stated["prior_std"]
    assert card.radiometry == "sigma0_ellipsoid"
    assert card.missing == "invalid"
    assert card.output.columns == ("sm", "log_variance")
    assert card.output.unreliable_above == 0.40
