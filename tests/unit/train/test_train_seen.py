"""Predictions of a model's own table are scored as it calls its columns, and known again."""

import numpy as np
import pandas as pd
import pytest
from sample_tables import draw_table, make_recipe
from typer.testing import CliRunner

from smmap.cli.app import app
from smmap.data import get_folder
from smmap.model.package import load_card
from smmap.report.predictions import load_predictions
from smmap.spec.errors import InsituError
from smmap.train.train_table import load_recipe, train_table
from smmap.train.trained_on import count_seen, describe_training


def place(table, north=0.0):
    number = table["field"].str[1:].astype(float)
    return table.assign(Lat=50 + number / 10 + north, Lon=20.0)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Its tables have names, times and units of their own."""
    folder = tmp_path_factory.mktemp("seen")
    place(draw_table()).to_csv(folder / "train.csv", index=False)
    columns = {"network": "area", "station": "field", "time": "day", "time_format": "%d.%m.%Y"}
    recipe = make_recipe(columns=columns | {"latitude": "Lat", "longitude": "Lon"})
    train_table(recipe, folder / "train.csv", folder / "model", draws=0)
    return folder / "model"


def invoke(*words):
    return CliRunner().invoke(app, [str(one) for one in words])


def score(folder, model, table):
    """Predict and validate by two commands."""
    table.to_csv(folder / "t.csv", index=False)
    assert invoke("predict", model, folder / "t.csv", "--out", folder / "sm.csv").exit_code == 0
    page = folder / "page.html"
    done = invoke("validate", folder / "sm.csv", "--model", model, "--out", page, "--draws", 0)
    assert done.exit_code == 0, done.output
    return done.stdout, page.read_text()


def test_a_models_own_table_is_scored_by_its_card(tmp_path, model):
    table = place(draw_table(rows=120, seed=8), north=3.0)
    said, page = score(tmp_path, model, table)
    sm = pd.read_csv(tmp_path / "sm.csv")["sm"]
    error = np.sqrt(np.mean((sm - table["moisture"] / 100) ** 2))
    assert f"RMSE {error:.3f}" in said
    assert "none of the 12 sites was in the training of 'drawn'" in said
    assert "of 12 stations" in page.replace("\n", " ")
    assert "2024-03" in page


def test_sites_of_the_training_are_told(tmp_path, model):
    known = place(draw_table())
    new = place(draw_table(rows=60, seed=3, fields=4), north=5.0)
    table = pd.concat([known, new.assign(field="n" + new["field"])], ignore_index=True)
    said, page = score(tmp_path, model, table)
    assert "12 of 16 sites were in the training of 'drawn'" in said
    assert "not what it is worth" in said
    assert "12 of 16 sites were in the training" in page
    # Other names help nothing, nor do digits that were cut off.
    renamed = known.assign(station="x" + known["field"], network="east", longitude=20.0)
    renamed = renamed.assign(latitude=known["Lat"] + 4e-4)
    assert count_seen(renamed, load_card(model).trained_on) == 12


def test_without_places_names_tell():
    frame = pd.DataFrame({"network": ["A", "A", "B"], "station": ["1", "2", "1"]})
    trained = describe_training(frame)
    assert (trained.sites, trained.places) == (3, "")
    assert count_seen(frame.assign(station=["1", "9", "9"]), trained) == 1
    assert count_seen(frame.assign(latitude=50.0, longitude=[1.0, 2.0, 3.0]), trained) == 3
    assert describe_training(frame.drop(columns="station")) is None


def test_a_card_holds_no_place(model):
    text = (model / "card.yaml").read_text()
    trained = load_card(model).trained_on
    assert trained.sites == 12
    assert len(trained.places) == 64  # 12 digests of 4 bytes in base64
    assert "f11" not in text
    assert "50.1" not in text


def test_what_cannot_be_scored_is_refused_with_advice(tmp_path, model):
    table = draw_table(rows=30).assign(network="n", station="s", soil_moisture=25.0, sm=0.2)
    table["soil_moisture"] += np.arange(30)
    table.to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(InsituError, match=r"30 values of 'soil_moisture' cannot be m3/m3.*--model"):
        load_predictions(tmp_path / "t.csv")
    table.assign(soil_moisture=np.linspace(0, 1, 30), sm=20.0).to_csv(tmp_path / "t.csv")
    with pytest.raises(InsituError, match="'predicted' cannot be m3/m3"):
        load_predictions(tmp_path / "t.csv")
    table.drop(columns="sm").to_csv(tmp_path / "t.csv")
    with pytest.raises(InsituError, match=r"no column 'predicted', or 'sm'.*there are: .*moisture"):
        load_predictions(tmp_path / "t.csv")
    table.drop(columns="soil_moisture").to_csv(tmp_path / "t.csv")
    with pytest.raises(InsituError, match=r"no column soil_moisture; there are: .*sm; .*--model"):
        load_predictions(tmp_path / "t.csv")
    table.drop(columns="moisture").to_csv(tmp_path / "t.csv")
    with pytest.raises(InsituError, match="no column moisture") as caught:
        load_predictions(tmp_path / "t.csv", load_card(model))
    assert "--model" not in str(caught.value)
    table.assign(soil_moisture="wet").to_csv(tmp_path / "t.csv")
    with pytest.raises(InsituError, match="'soil_moisture' holds 'wet'"):
        load_predictions(tmp_path / "t.csv")
    assert make_recipe().target.units == "percent"


def test_the_packaged_model_of_a_table_says_what_its_recipe_says():
    card, recipe = load_card(get_folder("models") / "poland2024"), load_recipe("poland2024")
    assert (card.table, card.target) == (recipe.columns, recipe.target)
    assert card.trained_on.sites == 44
