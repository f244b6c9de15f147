"""From a table of samples to a package, and from the package to a table with soil moisture."""

import numpy as np
import pandas as pd
import xgboost
import yaml
from command_line import smmap
from sample_tables import RECIPE, draw_table, write_recipe


def test_train_then_predict(tmp_path):
    table = draw_table()
    table["relative_orbit"] = np.where(np.arange(len(table)) % 2, "A029", "D124")
    table.to_csv(tmp_path / "samples.csv", index=False)
    members = [
        {"kind": "random-forest", "trees": 40, "tune": {"samples_in_leaf": {"choices": [2, 5]}}},
        {"kind": "mlp", "hidden": [6], "solver": "lbfgs"},
    ]
    recipe = write_recipe(tmp_path / "r.yaml", members=members, combine="weighted")
    out = tmp_path / "model"
    told = tmp_path / "predictions.csv"
    options = ("--small", "--predictions", told)
    done = smmap("train", recipe, "--table", tmp_path / "samples.csv", "--out", out, *options)
    assert done.returncode == 0, done.stderr
    orbits = [line for line in done.stdout.splitlines() if "orbit differs" in line]
    assert len(orbits) == 1
    assert "when a feature is shuffled" in done.stdout
    assert "m3/m3 in truth" in done.stderr
    assert "station" in done.stdout
    assert "random-forest" in done.stdout
    assert "(small form)" in (out / "card.yaml").read_text()
    assert "<html" in (out / "report.html").read_text().lower()

    done = smmap("validate", told, "--out", tmp_path / "page.html")
    assert done.returncode == 0, done.stderr
    # Anyone who has the table of predictions comes to the same.
    assert orbits[0] in done.stdout.splitlines()
    assert "a random split flatters: RMSE" in done.stdout
    assert "merging orbits gives a value every" in done.stdout
    assert "By relative orbit" in (tmp_path / "page.html").read_text()

    new = draw_table(seed=9, rows=50)
    new.drop(columns="moisture").to_csv(tmp_path / "new.csv", index=False)
    done = smmap("predict", out, tmp_path / "new.csv", "--out", tmp_path / "sm.csv")
    assert done.returncode == 0, done.stderr
    found = pd.read_csv(tmp_path / "sm.csv")
    # The law of the table, without what fields have of their own: 0.04 m3/m3.
    assert np.sqrt(np.mean((found["sm"] - new["moisture"] / 100) ** 2)) < 0.08

    done = smmap("predict", out, tmp_path / "new.csv", "--out", tmp_path / "new.csv")
    assert done.returncode == 6
    assert "never changed" in done.stderr
    done = smmap("train", recipe, "--out", out)
    assert done.returncode == 2
    assert "--table" in done.stderr
    done = smmap("train", recipe, "--table", "t.csv", "--out", out, "--predictions", "p.xlsx")
    assert done.returncode == 2
    assert "p.xlsx: a table of samples is a .csv or .parquet file" in done.stderr
    done = smmap("train", "wang", "--table", "t.csv", "--out", out)
    assert done.returncode == 2
    assert "wang2026-rf" in done.stderr


def test_export_of_ones_own_model(tmp_path):
    table = draw_table()
    rows, truth = table[["VV", "VH", "angle"]].to_numpy(), table["moisture"].to_numpy() / 100
    booster = xgboost.train({"max_depth": 3}, xgboost.DMatrix(rows, truth), 20)
    booster.set_attr(best_iteration="11")  # as if stopped early
    booster.save_model(tmp_path / "mine.ubj")
    kept = ("name", "title", "description", "licence", "radiometry")
    draft = {key: RECIPE[key] for key in kept}
    draft |= {"architecture": "XGBoost", "missing": "model", "output": {"valid_range": [0, 0.6]}}
    draft["inputs"] = [
        {key: value for key, value in one.items() if key != "scaling"}
        | {"training_range": [float(low), float(high)]}
        for one, low, high in zip(RECIPE["inputs"], rows.min(0), rows.max(0), strict=True)
    ]
    (tmp_path / "card.yaml").write_text(yaml.safe_dump(draft))
    out = tmp_path / "package"
    done = smmap("export", tmp_path / "mine.ubj", "--card", tmp_path / "card.yaml", "--out", out)
    assert done.returncode == 0, done.stderr
    assert "12 of 20 rounds: stopped early" in done.stderr
    assert "equal within 0.0e+00" in done.stderr
    table.to_parquet(tmp_path / "t.parquet")
    done = smmap("predict", out, tmp_path / "t.parquet", "--out", tmp_path / "sm.parquet")
    assert done.returncode == 0, done.stderr
    expected = booster.inplace_predict(rows.astype(np.float32), iteration_range=(0, 12))
    np.testing.assert_array_equal(pd.read_parquet(tmp_path / "sm.parquet")["sm"], expected)

    (tmp_path / "mine.pkl").write_bytes(b"cos\nsystem\n(S'touch trace'\ntR.")
    done = smmap("export", tmp_path / "mine.pkl", "--card", tmp_path / "card.yaml", "--out", out)
    assert done.returncode == 5
    assert "never loaded" in done.stderr


def test_physics_of_its_recipe(tmp_path):
    options = ("--small", "--cases", 1000, "--epochs", 1, "--seed", 3)
    done = smmap("train", "physics-vvvh", "--out", tmp_path / "m", *options)
    assert done.returncode == 0, done.stderr
    card = yaml.safe_load((tmp_path / "m" / "card.yaml").read_text())
    assert card["name"] == "physics-vvvh"
    assert card["title"].endswith("(small form)")
    assert (card["training"]["cases"], card["training"]["seed"]) == (1000, 3)
    done = smmap("train", "physics", "--out", tmp_path / "m", "--table", "t.csv")
    assert done.returncode == 2
    assert "no options of tables" in done.stderr
