"""Boosters of XGBoost: which rounds are theirs, and which models are more than a sum."""

import json

import numpy as np
import pytest
import xgboost
import yaml
from own_card import draw_rows, write_card

from smmap.cli.export import export
from smmap.model.package import load_model
from smmap.spec.errors import ModelError
from smmap.train.own_file import load_own
from smmap.train.own_model import export_own

ROWS, TRUTH = draw_rows()
ROWS = ROWS.astype(np.float32)


def grow(rounds=6, truth=TRUTH, **options):
    matrix = xgboost.DMatrix(ROWS, truth)
    return xgboost.train({"max_depth": 4, "nthread": 1, "verbosity": 0, **options}, matrix, rounds)


@pytest.mark.parametrize("ending, forest", [("ubj", 1), ("json", 3)])
def test_rounds_after_the_best_one_are_left_out(tmp_path, capsys, ending, forest):
    """As the regressor predicts that was saved: its file holds them all."""
    model = xgboost.XGBRegressor(
        n_estimators=60, max_depth=6, early_stopping_rounds=4, n_jobs=1, num_parallel_tree=forest
    )
    model.fit(ROWS[:200], TRUTH[:200], eval_set=[(ROWS[200:], TRUTH[200:])], verbose=False)
    file, out = tmp_path / f"mine.{ending}", tmp_path / "out"
    model.save_model(file)
    grown = xgboost.Booster(model_file=file).num_boosted_rounds()
    best = model.best_iteration + 1
    assert best < grown
    export(file, card=write_card(tmp_path / "c.yaml", missing="model"), out=out)
    told = f"{best} of {grown} rounds: stopped early"
    assert told in capsys.readouterr().err
    assert told in yaml.safe_load((out / "card.yaml").read_text())["training"]["model"]
    rows = np.where(np.random.default_rng(0).random(ROWS.shape) < 0.2, np.nan, ROWS)
    np.testing.assert_array_equal(load_model(out, "cpu").predict(rows), model.predict(rows))


def test_a_booster_that_was_cut_already_is_whole(tmp_path):
    booster = grow()
    booster.set_attr(best_iteration="90")
    booster.save_model(tmp_path / "m.json")
    fitted = load_own(tmp_path / "m.json").fitted
    assert fitted.detail.endswith("6 rounds")
    np.testing.assert_array_equal(fitted.predict(ROWS), booster.inplace_predict(ROWS))


RIGHT = {
    "monotone": {"monotone_constraints": "(1,0,-1)"},
    "median": {"objective": "reg:quantileerror", "quantile_alpha": 0.5},
    "forest": {"num_parallel_tree": 4, "subsample": 0.5},
    "base": {"base_score": 0.3},
}


@pytest.mark.parametrize("kind", RIGHT)
def test_sums_are_exported_bit_for_bit(tmp_path, kind):
    booster = grow(**RIGHT[kind])
    booster.save_model(tmp_path / "m.json")
    card = write_card(tmp_path / "c.yaml", missing="model")
    export_own(tmp_path / "m.json", card, tmp_path / "out")
    found = load_model(tmp_path / "out", "cpu").predict(ROWS)
    np.testing.assert_array_equal(found, booster.predict(xgboost.DMatrix(ROWS)))


@pytest.mark.parametrize(
    "options, told",
    [
        ({"booster": "dart", "rate_drop": 0.5}, "dart"),
        ({"booster": "gblinear"}, "gblinear"),
        ({"objective": "reg:logistic"}, "reg:logistic"),
        ({"objective": "count:poisson"}, "count:poisson"),
        ({"objective": "reg:gamma"}, "reg:gamma"),
        ({"truth": np.stack([TRUTH, TRUTH], axis=1)}, "targets 2"),
        (
            {"truth": np.stack([TRUTH, TRUTH], axis=1), "multi_strategy": "multi_output_tree"},
            "targets 2",
        ),
        ({"objective": "reg:quantileerror", "quantile_alpha": [0.1, 0.9]}, "targets 2"),
    ],
)
def test_what_is_more_than_a_sum_is_refused(tmp_path, options, told):
    booster = grow(**options)
    booster.set_attr(best_iteration="2")
    booster.save_model(tmp_path / "m.json")
    with pytest.raises(ModelError, match=rf"m\.json: .*{told}.*; only gbtree"):
        load_own(tmp_path / "m.json")


def damage(key, place, value):
    """The file of a booster with one number of its first tree changed."""
    whole = json.loads(bytes(grow().save_raw("json")))
    whole["learner"]["gradient_booster"]["model"]["trees"][0][key][place] = value
    return json.dumps(whole)


@pytest.mark.parametrize(
    "key, place, value, told",
    [
        ("left_children", 0, 10**6, "out of its nodes"),
        ("left_children", 1, 0, "leads back to itself"),
        ("right_children", 0, -5, "out of its nodes"),
        ("split_indices", 0, 99_999, "looks at an input that there is not"),
    ],
)
def test_nodes_that_lead_astray_are_not_run(tmp_path, key, place, value, told):
    """XGBoost's own prediction would end the process."""
    (tmp_path / "m.json").write_text(damage(key, place, value))
    with pytest.raises(ModelError, match=told):
        export_own(tmp_path / "m.json", write_card(tmp_path / "c.yaml"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_booster_without_a_round_is_refused(tmp_path):
    grow(rounds=0).save_model(tmp_path / "m.json")
    card = write_card(tmp_path / "c.yaml")
    with pytest.raises(ModelError, match="no tree"):
        export_own(tmp_path / "m.json", card, tmp_path / "out")


@pytest.mark.parametrize("best", ["many", "-7"])
def test_a_best_round_that_is_none_is_refused(tmp_path, best):
    booster = grow()
    booster.set_attr(best_iteration=best)
    booster.save_model(tmp_path / "m.json")
    with pytest.raises(ModelError, match=f"best_iteration is '{best}'"):
        load_own(tmp_path / "m.json")


def test_categories_are_refused(tmp_path):
    orbits = np.column_stack([ROWS[:, :2], np.arange(len(ROWS)) % 4]).astype(np.float32)
    matrix = xgboost.DMatrix(orbits, TRUTH, feature_types=["q", "q", "c"], enable_categorical=True)
    booster = xgboost.train({"max_depth": 3, "nthread": 1}, matrix, 3)
    booster.save_model(tmp_path / "m.ubj")
    with pytest.raises(ModelError, match=r"m\.ubj: a booster that looks at categories"):
        load_own(tmp_path / "m.ubj")


@pytest.mark.parametrize("names", [("vh_db", "vv_db", "incidence_deg"), ("VV", "angle", "VH")])
def test_columns_in_another_order_are_noticed(tmp_path, names):
    """By the names of the card's inputs, or those of their columns in the table."""
    matrix = xgboost.DMatrix(ROWS, TRUTH, feature_names=list(names))
    xgboost.train({"max_depth": 3, "nthread": 1}, matrix, 3).save_model(tmp_path / "m.json")
    card = write_card(tmp_path / "c.yaml")
    with pytest.raises(ModelError, match=rf"was fitted on {', '.join(names)} in this order"):
        export_own(tmp_path / "m.json", card, tmp_path / "out")
    assert not (tmp_path / "out").exists()
