"""The recipes of the studies: their inputs are what mapping derives, their small forms train."""

import numpy as np
import pandas as pd
import pytest

from smmap.features.registry import get_feature
from smmap.model.package import load_model
from smmap.train.train_table import list_recipes, load_recipe, train_table

STUDIES = [
    name for name in list_recipes() if name != "poland2024" and load_recipe(name).windows is None
]
RANGES = {
    "dB": (-25, -5),
    "degree": (30, 46),
    "1": (0.05, 0.6),
    "m": (0, 900),
    "K": (280, 310),
    "%": (5, 60),
    "degC": (2, 25),
    "m d-1": (0, 0.02),
    "g cm-3": (1.1, 1.6),
    "m3 m-3": (0.05, 0.4),
}


def draw_samples(recipe, rows=180):
    """Values within each input's units; soil moisture follows from the first backscatter."""
    rng = np.random.default_rng(4)
    station = rng.integers(0, 12, rows)
    times = pd.Timestamp("2020-03-01") + pd.to_timedelta(rng.integers(0, 700, rows), "D")
    columns = {
        one.column or one.name: rng.uniform(*RANGES[one.units], rows)
        for one in recipe.inputs
        if one.units != "day"
    }
    radar = next(one.name for one in recipe.inputs if one.units == "dB")
    columns |= {
        "network": "drawn",
        "station": [f"s{number}" for number in station],
        "time": times.strftime("%Y-%m-%dT06:00:00Z"),
        "latitude": 45 + 0.1 * station,
        "longitude": 10 + 0.1 * station,
        "snow_depth": 0.0,
        "snow_cover": 0.0,
        "soil_moisture": 0.2 + 0.005 * (columns[radar] + 15) + rng.normal(0, 0.01, rows),
    }
    return pd.DataFrame(columns)


@pytest.mark.parametrize("name", STUDIES)
def test_inputs_are_features_that_mapping_knows(name):
    recipe = load_recipe(name)
    assert recipe.name == name
    for one in recipe.inputs:
        get_feature(one, name)


def test_numbers_of_the_studies():
    """Of their texts: 11, 25 and 33 inputs."""
    inputs = {name: len(load_recipe(name).inputs) for name in STUDIES}
    wang = {f"wang2026-{kind}": 11 for kind in ("rf", "xgboost", "cnn", "lstm")}
    zhu = {f"zhu2025-{kind}": 25 for kind in ("mlp", "svr", "rf", "xgboost")}
    assert inputs == wang | zhu | {"gssm10": 33}


LONG = {"gssm10": pytest.mark.slow}
"""Ten members, TabNet among them; `test_ensemble_with_tabnet` has two of them mapped."""


@pytest.mark.parametrize("name", [pytest.param(one, marks=LONG.get(one, ())) for one in STUDIES])
def test_small_forms_train(tmp_path, name):
    recipe = load_recipe(name)
    # One split of two folds instead of three: what is fitted is that of the small form.
    small = recipe.small.model_copy(update={"folds": 2})
    recipe = recipe.model_copy(update={"splits": recipe.splits[:1], "small": small})
    draw_samples(recipe).to_parquet(tmp_path / "t.parquet")
    made = train_table(recipe, tmp_path / "t.parquet", tmp_path / "m", small=True, draws=20)
    assert set(made.judgement.metrics) == set(recipe.splits)
    load_model(tmp_path / "m", "cpu")
