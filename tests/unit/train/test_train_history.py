"""Training on the earlier rows of a station, and predicting with them."""

import numpy as np
import pandas as pd
import pytest
import xgboost
import yaml
from sample_tables import RECIPE, make_recipe

from smmap.model.package import load_model
from smmap.spec.errors import ConfigError, InsituError, ModelError
from smmap.train.own_model import export_own
from smmap.train.predict_table import predict_table
from smmap.train.samples import select_samples
from smmap.train.train_table import train_table

HISTORY = {"overpasses": 3, "days": 20}
LSTM = {"kind": "lstm", "layers": 1, "units": 8, "epochs": 30, "learning_rate": 2e-2, "batch": 64}
FOREST = {"kind": "random-forest", "trees": 20, "samples_in_leaf": 2}


def draw_table(stations=10, rows=24, seed=3):
    """Every six days; moisture in vol % follows from VV of the row before, by a law."""
    rng = np.random.default_rng(seed)
    parts = []
    for number in range(stations):
        vv = rng.uniform(-18, -6, rows)
        day = pd.Timestamp("2024-03-01") + pd.to_timedelta(6 * np.arange(rows), "D")
        parts.append(
            pd.DataFrame(
                {
                    "area": "north",
                    "field": f"f{number}",
                    "day": day.strftime("%d.%m.%Y"),
                    "VV": vv,
                    "VH": rng.uniform(-26, -14, rows),
                    "angle": rng.uniform(30, 45, rows),
                    "moisture": 25 + 1.5 * (np.r_[vv[0], vv[:-1]] + 12),
                }
            )
        )
    return pd.concat(parts, ignore_index=True).sample(frac=1, random_state=seed)


def fit(tmp_path, table, **changes):
    table.to_parquet(tmp_path / "t.parquet")
    recipe = make_recipe(splits=["station"], folds=2, **changes)
    return train_table(recipe, tmp_path / "t.parquet", tmp_path / "m", draws=0)


def test_what_was_before_is_learnt_and_predicted(tmp_path):
    ablation = {"without": {"VV": ["vv_db"]}}
    made = fit(tmp_path, draw_table(), members=[LSTM], history=HISTORY, ablation=ablation)
    scores = made.judgement.metrics["station"]
    assert scores["model"]["rmse"][0] < 0.4 * scores["mean"]["rmse"][0]
    grown = {name: one.value for name, one in made.judgement.importance.items()}
    assert list(grown) == ["vv_db", "vh_db", "incidence_deg"]
    assert max(grown, key=grown.get) == "vv_db"
    assert made.judgement.ablation["VV"].value > 0.02
    assert (made.card.columns, made.card.table.station) == (12, "field")
    new = draw_table(seed=8).drop(columns="moisture")
    new.to_csv(tmp_path / "new.csv", index=False)
    predict_table(tmp_path / "m", tmp_path / "new.csv", tmp_path / "sm.csv")
    sm = pd.read_csv(tmp_path / "sm.csv")["sm"]
    truth = draw_table(seed=8)["moisture"].to_numpy() / 100
    assert np.corrcoef(sm, truth)[0, 1] > 0.9


def test_without_it_there_is_nothing_to_learn(tmp_path):
    scores = fit(tmp_path, draw_table(), members=[FOREST]).judgement.metrics["station"]
    assert scores["model"]["rmse"][0] > 0.9 * scores["mean"]["rmse"][0]


def test_rows_without_a_target_are_earlier_rows_and_those_that_fail_quality_control_are_not():
    """Doubles of one day count once."""
    table = pd.DataFrame(
        {
            "area": "north",
            "field": ["f1", "f1", "f1", "f1", "f2"],
            "day": ["01.03.2024", "04.03.2024", "04.03.2024", "09.03.2024", "10.03.2024"],
            "VV": [-9.0, -3.0, -7.0, -12.0, -13.0],
            "VH": [-20.0] * 5,
            "angle": [38.0] * 5,
            "moisture": [np.nan, 20.0, 20.0, 30.0, 40.0],
        }
    )
    quality = [{"column": "VV", "most": -5}]
    samples = select_samples(table, make_recipe(history=HISTORY, quality=quality), "t")
    assert samples.truth.tolist() == [0.2, 0.3, 0.4]
    assert sum(samples.dropped.values()) == 2
    steps = samples.rows.reshape(3, 3, 4)
    np.testing.assert_array_equal(steps[0, :, 0], [-9, -9, -7])
    np.testing.assert_array_equal(steps[1, :, 0], [-9, -7, -12])
    np.testing.assert_array_equal(steps[1, :, 3], [8, 5, 0])
    np.testing.assert_array_equal(steps[2, :, 0], [-13] * 3)  # of another field


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(ConfigError, match="set 'history'"):
        make_recipe(members=[LSTM])
    fit(tmp_path, draw_table(stations=4, rows=8), members=[FOREST], history=HISTORY)
    table = draw_table().drop(columns="field")
    table.to_csv(tmp_path / "new.csv", index=False)
    with pytest.raises(InsituError, match="no column field"):
        predict_table(tmp_path / "m", tmp_path / "new.csv", tmp_path / "sm.csv")


def test_ones_own_model_may_look_back(tmp_path):
    rng = np.random.default_rng(0)
    rows = rng.uniform(-1, 1, (200, 12)).astype(np.float32)
    booster = xgboost.train({"max_depth": 2}, xgboost.DMatrix(rows, 0.2 + 0.1 * rows[:, 0]), 5)
    booster.save_model(tmp_path / "mine.ubj")
    kept = ("name", "title", "description", "licence", "radiometry")
    draft = {key: RECIPE[key] for key in kept} | {"architecture": "XGBoost", "missing": "model"}
    draft |= {"output": {"valid_range": [0, 0.6]}, "history": HISTORY}
    draft["inputs"] = [one | {"training_range": [-20.0, 40.0]} for one in RECIPE["inputs"]]
    (tmp_path / "card.yaml").write_text(yaml.safe_dump(draft))
    export_own(tmp_path / "mine.ubj", tmp_path / "card.yaml", tmp_path / "m")
    np.testing.assert_array_equal(
        load_model(tmp_path / "m").predict(rows), booster.inplace_predict(rows)
    )
    draft["history"] = HISTORY | {"overpasses": 4}
    (tmp_path / "card.yaml").write_text(yaml.safe_dump(draft))
    with pytest.raises(ModelError, match=r"takes 12 inputs, .* names 16"):
        export_own(tmp_path / "mine.ubj", tmp_path / "card.yaml", tmp_path / "n")
