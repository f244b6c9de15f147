"""The Polish package on the table that it was made from, and its recipe's honesty."""

import numpy as np
import pandas as pd
import pytest

from smmap.data import get_folder
from smmap.model.package import load_card, load_model
from smmap.train.predict_table import predict_table
from smmap.train.samples import select_samples
from smmap.train.table_file import load_table
from smmap.train.train_table import load_recipe, train_table

pytestmark = pytest.mark.realdata
PACKAGE = get_folder("models") / "poland2024"


@pytest.fixture(scope="module")
def table(shared_data):
    return shared_data / "poland-insitu-2024" / "samples.csv"


def test_predict_takes_the_file_as_it_is(table, tmp_path):
    found = predict_table("poland2024", table, tmp_path / "sm.csv")
    assert (found.rows, found.missing) == (605, 10)  # ten rows have no clay
    before = pd.read_csv(table, dtype=str, keep_default_na=False)
    after = pd.read_csv(tmp_path / "sm.csv", dtype=str, keep_default_na=False)
    pd.testing.assert_frame_equal(after[before.columns], before)
    sm = pd.to_numeric(after["sm"]).to_numpy()
    assert np.array_equal(np.isnan(sm), (before["assumed_clay_content"] == "").to_numpy())
    truth = before["soil_moisture"].astype(float).to_numpy() / 100
    error = np.sqrt(np.nanmean((sm - truth) ** 2))
    scores = load_card(PACKAGE).metrics
    # It was fitted on these rows: better than any split says, or it is not the model of the card.
    assert error < scores["random"]["model"]["rmse"][0]


def test_card_says_what_random_flatters_and_holds_no_row_of_the_data(table):
    card = load_card(PACKAGE)
    rmse = {name: card.metrics[name]["model"]["rmse"][0] for name in card.training["splits"]}
    assert rmse["random"] < rmse["station"] < rmse["leave-out network"]
    assert "flatters" in card.expectations
    assert f"{rmse['station']:.3f}" in card.metrics["random_flatters"]
    assert sum(file.stat().st_size for file in PACKAGE.glob("*.onnx")) < 2e6
    samples = select_samples(load_table(table), load_recipe("poland2024"), "table")
    assert len(samples.truth) == card.training["samples"] == 575
    with np.load(PACKAGE / "golden.npz") as golden:
        for row in golden["inputs"]:
            assert not (samples.rows == row).all(axis=1).any()
    assert {member.file: round(member.weight, 4) for member in card.members}["physics.onnx"] == 0.5
    # What the fitted members do not carry to new areas, physics does.
    areas = card.metrics["leave-out network"]
    assert areas["model"]["rmse"][0] < 0.9 * areas["random-forest"]["rmse"][0]
    assert areas["model"]["rmse"][0] < areas["mean"]["rmse"][0]
    assert {member.file for member in card.members} == {
        "physics.onnx",
        "random-forest.onnx",
        "xgboost.onnx",
        "mlp.onnx",
    }


@pytest.mark.slow
def test_small_form_sees_the_same_order_of_splits(table, tmp_path):
    recipe = load_recipe("poland2024")
    made = train_table(recipe, table, tmp_path / "model", small=True, draws=100)
    metrics = made.judgement.metrics
    for member in ("model", "physics", "random-forest", "xgboost", "mlp", "svr"):
        rmse = {name: metrics[name][member]["rmse"] for name in recipe.splits}
        assert rmse["random"][0] < rmse["station"][0]
        assert all(low < value < high for value, low, high in rmse.values())
    assert np.isfinite(load_model(tmp_path / "model").predict(np.float32([[-12, -20, 36, 25]])))


def test_both_polarisations_without_any_fit(table):
    """NDVI is not in the file: 0.3 is assumed, which the variant is made for."""
    raw = pd.read_csv(table)
    theta = raw["incidence_angle"].to_numpy()
    to_sigma0_db = 10 * np.log10(np.cos(np.radians(theta)))
    vv, vh = raw["G_VV_dB"] + to_sigma0_db, raw["G_VH_dB"] + to_sigma0_db
    pixels = np.column_stack([vv, vh, theta, np.full(len(raw), 0.3)]).astype(np.float32)
    truth = raw["soil_moisture"].to_numpy() / 100
    found = load_model("physics-vvvh", "cpu").predict(pixels)
    assert np.std(found - truth) < 0.9 * truth.std()
    assert np.corrcoef(found, truth)[0, 1] > 0.5
