"""Training on tables: what is fitted on what, and what is refused."""

import shutil

import numpy as np
import onnx
import pandas as pd
import pytest
import yaml
from sample_tables import KINDS, RECIPE, draw_table, make_recipe, write_recipe

from smmap.fit.estimators import fit_mlp
from smmap.model.package import load_card, load_model
from smmap.spec.errors import ConfigError, InsituError, StoreError
from smmap.spec.training import TrainingRecipe
from smmap.spec.training_member import Mlp
from smmap.train import ensemble as ensemble_room
from smmap.train.ensemble import fit_ensemble
from smmap.train.judge import judge, list_splits
from smmap.train.samples import select_samples
from smmap.train.table_file import load_table, read_numbers
from smmap.train.table_inputs import read_inputs
from smmap.train.train_table import train_table
from smmap.train.weights import compute_weights, search_weights
from smmap.validation.samples import name_sites


def make_samples(recipe, table=None):
    return select_samples(draw_table() if table is None else table, recipe, "table")


def test_package_is_whole_and_equals_its_members(trained):
    folder, made = trained
    card = load_card(folder)
    files = {member.file for member in card.members}
    assert {file.name for file in folder.iterdir()} >= {"card.yaml", "golden.npz", "report.html"}
    assert "svr.onnx" not in files
    assert files <= {"random-forest.onnx", "xgboost.onnx", "mlp.onnx"}
    assert sum(member.weight for member in card.members) == pytest.approx(1)
    model = load_model(folder, "cpu")  # whose golden outputs are of the libraries themselves
    table = draw_table()
    # vv is unscaled, vh is stretched to 0..1, as the recipe says.
    rows = np.column_stack([table["VV"], (table["VH"] + 35) / 35, table["angle"]])
    predicted = model.predict(rows.astype(np.float32))
    assert np.corrcoef(predicted, table["moisture"])[0, 1] > 0.9
    assert abs(predicted.mean() - table["moisture"].mean() / 100) < 0.01
    assert card.inputs[0].training_range == (table["VV"].min(), table["VV"].max())
    assert all(one["rows"] >= 100_000 for one in card.training["export"].values())
    assert made.samples == card.training["samples"] == len(table)


def test_every_split_keeps_groups_whole():
    recipe = make_recipe(splits=["station", "leave-out network", "random"])
    samples = make_samples(recipe)
    sites = name_sites(samples.frame).to_numpy()
    for scheme in ("station", "leave-out network"):
        for split in list_splits(recipe, samples, scheme):
            assert not set(sites[split.train]) & set(sites[split.test])
    shared = [
        set(sites[s.train]) & set(sites[s.test]) for s in list_splits(recipe, samples, "random")
    ]
    assert all(shared)


def test_tuning_and_weights_never_see_the_test_rows(monkeypatch):
    """Each fit for a split is made of its training rows alone, inner folds of whole fields."""
    seen = []
    fit = ensemble_room.fit_member

    def record(spec, lesson, seed, checkpoints=None):
        seen.append(lesson)
        return fit(spec, lesson, seed, checkpoints)

    monkeypatch.setattr(ensemble_room, "fit_member", record)
    tune = {"depth": {"low": 1, "high": 3, "whole": True}}
    recipe = make_recipe(
        members=[{"kind": "xgboost", "rounds": 5, "tune": tune}, KINDS[0]],
        combine="weighted",
        tuning={"trials": 2},
    )
    samples = make_samples(recipe)
    split = list_splits(recipe, samples, "station")[0]
    fit_ensemble(recipe, samples, split)
    sites = name_sites(samples.frame)
    tested = set(sites.iloc[split.test])
    assert len(seen) > 6
    assert all(not set(lesson.groups) & tested for lesson in seen)
    inner = [lesson for lesson in seen if len(lesson.truth) < len(split.train)]
    for lesson in inner:  # a field is in a fold with all its rows, or not at all
        counts = sites.iloc[split.train].value_counts()
        assert all(lesson.groups.value_counts()[one] == counts[one] for one in set(lesson.groups))


def test_weights_are_those_of_least_error():
    rng = np.random.default_rng(1)
    truth = rng.uniform(0.05, 0.4, 500)
    good, bad = truth + rng.normal(0, 0.02, 500), truth + rng.normal(0, 0.04, 500)
    weights = compute_weights(np.column_stack([good, bad, np.full(500, 0.9)]), truth)
    # Of two with independent errors each counts by the inverse of its variance: 4 to 1.
    assert weights == pytest.approx([0.8, 0.2, 0.0], abs=0.05)
    assert weights.sum() == pytest.approx(1)


def test_a_search_comes_near_the_weights_of_least_error():
    """None are better than those of least squares; the best of 200 tries is almost as good."""
    rng = np.random.default_rng(2)
    truth = rng.uniform(0.05, 0.4, 400)
    predicted = truth[:, None] + rng.normal(0, [0.02, 0.04, 0.03], (400, 3))
    least, found = compute_weights(predicted, truth), search_weights(predicted, truth, 7)
    assert found.sum() == pytest.approx(1)
    assert (found > 0).all()
    best, searched = (np.sqrt(np.mean((predicted @ one - truth) ** 2)) for one in (least, found))
    assert best <= searched < 1.005 * best
    np.testing.assert_array_equal(found, search_weights(predicted, truth, 7))


def test_random_split_flatters_and_says_by_how_much(caplog):
    recipe = make_recipe(members=[KINDS[0] | {"trees": 40}], splits=["random", "station"])
    table = draw_table(rows=360)
    # What tells fields apart, as latitude and longitude would.
    table["angle"] = table["field"].str[1:].astype(float) + 30
    found = judge(recipe, make_samples(recipe, table), draws=50)
    assert found.flattery is not None
    assert found.flattery.grouped.rmse > 1.2 * found.flattery.random.rmse
    said = [record.message for record in caplog.records if "flatters" in record.message]
    assert len(said) == 1
    assert f"{found.flattery.grouped.rmse:.3f}" in said[0]
    rmse, low, high = found.metrics["station"]["model"]["rmse"]
    assert low < rmse < high
    assert found.metrics["station"]["mean"]["rmse"][0] > rmse


def test_importance_names_what_matters():
    found = judge(make_recipe(members=[KINDS[1]]), make_samples(make_recipe()), draws=0)
    growths = found.importance
    assert growths is not None
    assert max(growths, key=lambda name: growths[name].value) == "vv_db"


def test_a_perceptrons_file_does_not_depend_on_the_process(tmp_path):
    """skl2onnx lists its operator sets in the order of a Python set, which is drawn each time."""
    table = draw_table(rows=60)
    rows = table[["VV", "VH", "angle"]].to_numpy(np.float32)
    fitted = fit_mlp(Mlp.parse(KINDS[3], "mlp"), rows, table["moisture"].to_numpy() / 100, 0)
    fitted.write(tmp_path / "mlp.onnx")
    sets = [(one.domain, one.version) for one in onnx.load(tmp_path / "mlp.onnx").opset_import]
    assert sets == [("", 17), ("ai.onnx.ml", 1)]


def test_same_seed_same_package(tmp_path, table):
    cards = []
    for name in ("one", "two"):
        recipe = make_recipe(members=KINDS[:2] + KINDS[3:])
        train_table(recipe, table, tmp_path / name, draws=0)
        cards.append((tmp_path / name / "card.yaml").read_bytes())
    assert cards[0] == cards[1]
    other = make_recipe(members=KINDS[:2] + KINDS[3:], seed=7)
    assert train_table(other, table, tmp_path / "three", draws=0).card.version not in str(cards[0])


@pytest.mark.parametrize(
    "change, said",
    [
        ({"moisture": 20.0}, "nothing to learn"),
        ({"moisture": [np.nan] + [20.0, 30.0] * 119 + [25.0]}, "1 of 240 rows have no 'moisture'"),
        ({"moisture": [-5.0] + [20.0, 30.0] * 119 + [25.0]}, "outside 0..1"),
        ({"VV": ["wet"] + ["-10"] * 239}, "'wet' in row 1"),
        ({"VV": ["inf"] + ["-10"] * 239}, "no number"),
        ({"day": "2024-03-01"}, "time_format"),
        ({"field": "f0", "area": "north"}, "too few for 3 folds"),
        ({"VV": ""}, "no sample passes"),
        ({"moisture": np.linspace(0.05, 0.45, 240)}, "hardly percent; .*m3/m3, it seems"),
    ],
)
def test_bad_tables_are_refused_and_nothing_is_overwritten(trained, tmp_path, change, said):
    out = shutil.copytree(trained[0], tmp_path / "model")
    before = {file.name: file.read_bytes() for file in out.iterdir()}
    bad = tmp_path / "bad.csv"
    draw_table().assign(**change).to_csv(bad, index=False)
    with pytest.raises(InsituError, match=said):
        train_table(make_recipe(), bad, out, draws=0)
    assert {file.name: file.read_bytes() for file in out.iterdir()} == before


def test_missing_column_names_those_that_are_there(tmp_path):
    path = tmp_path / "t.csv"
    draw_table().drop(columns="VH").to_csv(path, index=False)
    with pytest.raises(InsituError, match="no column 'VH'; there are: area, field"):
        train_table(make_recipe(), path, tmp_path / "m")
    assert not (tmp_path / "m").exists()


def test_fewer_rows_than_folds():
    recipe = make_recipe(splits=["random"])
    with pytest.raises(InsituError, match="2 groups are too few for 3 folds"):
        judge(recipe, make_samples(recipe, draw_table(rows=2)))


def test_quality_control_counts_what_it_drops():
    table = draw_table()
    table.loc[:4, "VV"] = -4.0
    table.loc[5:7, "VH"] = np.nan
    doubled = pd.concat([table, table.iloc[20:22]], ignore_index=True)
    recipe = make_recipe(
        quality=[{"column": "VV", "least": -40, "most": -5}], unique=["field", "day", "VV"]
    )
    samples = make_samples(recipe, doubled)
    assert dict(samples.dropped) == {
        "field, day, VV come twice": 2,
        "VV outside -40..-5": 5,
        "an input is missing": 3,
    }
    assert len(samples.truth) == 232
    assert samples.truth == pytest.approx(table["moisture"].to_numpy()[8:] / 100)


def test_day_of_year_from_numbers_and_times():
    column = TrainingRecipe.parse(
        RECIPE | {"inputs": [{"name": "time", "feature": "day_of_year", "units": "day"}]}, "r"
    ).inputs
    times = pd.DataFrame({"time": ["2024-03-01", "2023-12-31T23:30:00+00:00"]})
    assert read_inputs(times, column, "t").ravel().tolist() == [61, 365]
    assert read_inputs(pd.DataFrame({"time": [5, 6]}), column, "t").ravel().tolist() == [5, 6]
    with pytest.raises(InsituError, match="neither numbers nor ISO times"):
        read_inputs(pd.DataFrame({"time": ["soon"]}), column, "t")


def test_recipes_that_cannot_be(tmp_path):
    for change, said in (
        ({"missing": "model", "members": [KINDS[2]]}, "cannot take missing inputs"),
        ({"members": [KINDS[0], KINDS[0]]}, "twice"),
        ({"members": [KINDS[0] | {"packaged": False}]}, "packaged"),
        ({"members": [KINDS[0] | {"tune": {"depht": {"choices": [1]}}}]}, "depht"),
        ({"members": [{"kind": "oracle"}]}, "kind"),
        ({"small": {"members": {"svr": {}}}}, "no members"),
    ):
        with pytest.raises(ConfigError, match=said):
            make_recipe(**change)
    with pytest.raises(ConfigError, match="unknown key 'tree'"):
        make_recipe(small={"members": {"random-forest": {"tree": 3}}}).shrink()


def test_folder_of_somebody_else_is_left_alone(tmp_path, table):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_text("x")
    with pytest.raises(StoreError, match="no model package"):
        train_table(make_recipe(), table, tmp_path / "photos")


def test_tables_that_cannot_be_read(tmp_path):
    for name, content in (
        ("a.csv", b""),
        ("b.parquet", b"PAR1"),
        ("c.xlsx", b"x"),
        ("d.csv", b"a\n"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(InsituError):
            load_table(path)
    with pytest.raises(InsituError, match="cannot be read"):
        load_table(tmp_path / "none.csv")
    words = pd.DataFrame({"x": ["1", " 2.5 ", "NA", "NaN", ""]})
    np.testing.assert_array_equal(read_numbers(words, "x", "t"), [1, 2.5, np.nan, np.nan, np.nan])


def test_tuning_on_test_rows_warns(tmp_path, table, caplog):
    tune = {"depth": {"low": 1, "high": 6, "whole": True}}
    recipe = make_recipe(
        members=[{"kind": "xgboost", "rounds": 10, "tune": tune}],
        tuning={"trials": 3, "sampler": "random", "on_test_rows": True},
    )
    made = train_table(recipe, table, tmp_path / "m", draws=0)
    assert "better than the model is" in caplog.text
    assert made.card.training["tuned_on_test_rows"] is True


def test_recipe_file_round_trip(tmp_path):
    path = write_recipe(tmp_path / "recipe.yaml", members=KINDS)
    assert TrainingRecipe.parse(yaml.safe_load(path.read_text()), "r") == make_recipe(members=KINDS)
