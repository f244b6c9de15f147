"""Exported trees against the models they came from, in our engine and in ONNX Runtime."""

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import xgboost as xgb
from sklearn.ensemble import ExtraTreesRegressor, GradientBoostingRegressor, RandomForestRegressor

from smmap.export.sklearn_forest import SklearnForest, compute_float32_below
from smmap.export.write_forest import write_forest
from smmap.export.xgboost_forest import XgboostForest
from smmap.model.session import Session
from smmap.spec.errors import ModelError
from smmap.trees.engine import load_engine

ROWS = 900


def make_data(rng, features, missing=0.0):
    x = rng.random((ROWS, features), dtype=np.float32)
    y = 0.3 * x[:, 0] + 0.1 * np.sin(9 * x[:, -1]) + 0.05 * rng.standard_normal(ROWS)
    x[rng.random(x.shape) < missing] = np.nan
    return x, y


def run_elsewhere(path, pixels):
    onnx.checker.check_model(str(path), full_check=True)
    session = ort.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(None, {"x": pixels})[0][:, 0]


SKLEARN = {
    "forest": (RandomForestRegressor(12, n_jobs=2, random_state=0), 0.0),
    "deep, gaps": (RandomForestRegressor(30, n_jobs=2, max_depth=35, random_state=1), 0.1),
    "extra trees": (ExtraTreesRegressor(12, n_jobs=2, random_state=2), 0.0),
    "one leaf": (RandomForestRegressor(3, min_samples_leaf=900, random_state=3), 0.0),
}


@pytest.mark.parametrize("external", [False, True])
@pytest.mark.parametrize("kind", SKLEARN)
def test_as_scikit_learn(tmp_path, kind, external):
    model, missing = SKLEARN[kind]
    rng = np.random.default_rng(1)
    x, y = make_data(rng, 6, missing)
    model.fit(x, y)
    written = write_forest(SklearnForest(model), tmp_path / "m.onnx", external=external)
    assert [file.name for file in written.files] == ["m.onnx", "m.onnx.data"][: 1 + external]
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(f.name for f in written.files)
    assert written.trees == len(model.estimators_)
    assert written.nodes == sum(one.tree_.node_count for one in model.estimators_)
    fresh = rng.random((2000, 6), dtype=np.float32)
    fresh[rng.random(fresh.shape) < missing] = np.nan
    pixels = np.concatenate([x, fresh])
    expected = model.predict(pixels)
    found = load_engine(tmp_path / "m.onnx").predict(pixels)[:, 0]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)
    theirs = run_elsewhere(tmp_path / "m.onnx", pixels)
    np.testing.assert_allclose(theirs, expected, rtol=0, atol=2e-6)


XGBOOST = {
    "plain": ({"max_depth": 10}, 0.0),
    "gaps": ({"max_depth": 9}, 0.2),
    "deep": ({"max_depth": 19, "min_child_weight": 0.0}, 0.0),
    "pruned": ({"max_depth": 12, "gamma": 0.05}, 0.1),
    "exact, pruned": ({"max_depth": 8, "gamma": 0.02, "tree_method": "exact"}, 0.0),
    "by loss": ({"grow_policy": "lossguide", "max_leaves": 60, "max_depth": 0}, 0.0),
    "one leaf": ({"gamma": 1e9}, 0.0),
    "base 0": ({"base_score": 0.0}, 0.0),
    "forests": ({"num_parallel_tree": 3, "subsample": 0.5}, 0.0),
    "absolute error": ({"objective": "reg:absoluteerror"}, 0.0),
}


@pytest.mark.parametrize("external", [False, True])
@pytest.mark.parametrize("kind", XGBOOST)
def test_identical_to_xgboost(tmp_path, kind, external):
    settings, missing = XGBOOST[kind]
    rng = np.random.default_rng(len(kind))
    x, y = make_data(rng, 5, missing)
    booster = xgb.train({"nthread": 2, "eta": 0.3, **settings}, xgb.DMatrix(x, y), 9)
    written = write_forest(XgboostForest(booster), tmp_path / "m.onnx", external=external)
    assert written.trees == len(booster.get_dump())
    assert written.nodes == len(booster.trees_to_dataframe())
    pixels = np.concatenate([x, rng.random((2000, 5), dtype=np.float32)])
    pixels[rng.random(pixels.shape) < 0.1] = np.nan
    expected = booster.predict(xgb.DMatrix(pixels))
    found = load_engine(tmp_path / "m.onnx").predict(pixels)[:, 0]
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_allclose(
        run_elsewhere(tmp_path / "m.onnx", pixels), expected, rtol=0, atol=5e-6
    )


def test_a_regressor_goes_to_its_best_round(tmp_path):
    rng = np.random.default_rng(8)
    x, y = make_data(rng, 4)
    model = xgb.XGBRegressor(n_estimators=60, max_depth=6, early_stopping_rounds=2, n_jobs=2)
    model.fit(x[:600], y[:600], eval_set=[(x[600:], y[600:])], verbose=False)
    forest = XgboostForest(model)
    assert forest.n_trees == model.best_iteration + 1 < 60
    write_forest(forest, tmp_path / "m.onnx")
    found = load_engine(tmp_path / "m.onnx").predict(x)[:, 0]
    np.testing.assert_array_equal(found, model.predict(x))


@pytest.mark.filterwarnings("ignore:.*reg.linear")
def test_an_objective_by_its_old_name(tmp_path):
    """A booster that was trained by it cannot be cut into rounds."""
    rng = np.random.default_rng(10)
    x, y = make_data(rng, 3)
    model = xgb.XGBRegressor(n_estimators=9, objective="reg:linear", early_stopping_rounds=2)
    model.fit(x[:600], y[:600], eval_set=[(x[600:], y[600:])], verbose=False)
    for kept in (model, model.get_booster()):
        write_forest(XgboostForest(kept), tmp_path / "m.onnx")
        found = load_engine(tmp_path / "m.onnx").predict(x)[:, 0]
        np.testing.assert_array_equal(found, kept.predict(x if kept is model else xgb.DMatrix(x)))


def test_a_threshold_between_two_floats():
    """0.1 as float64 lies between the float32 0.09999999 and 0.1; x = 0.1f is above it."""
    below, above = np.float32(0.1), np.nextafter(np.float32(0.1), np.float32(1))
    assert float(below) > 0.1  # the nearest float32 is above
    found = compute_float32_below(np.array([0.1, float(below), (float(below) + float(above)) / 2]))
    np.testing.assert_array_equal(found, [np.nextafter(below, np.float32(0)), below, below])


@pytest.mark.parametrize(
    "kind, settings",
    [
        (SklearnForest, GradientBoostingRegressor(n_estimators=2)),
        (SklearnForest, RandomForestRegressor()),
        (XgboostForest, "a booster"),
    ],
)
def test_other_models_are_refused(kind, settings):
    with pytest.raises(ModelError, match="not a"):
        kind(settings)


def test_sums_that_are_no_prediction_are_refused():
    rng = np.random.default_rng(2)
    x, y = make_data(rng, 3)
    for settings in ({"objective": "reg:logistic"}, {"booster": "dart"}, {"booster": "gblinear"}):
        clipped = np.clip(y, 0, 1)
        with pytest.raises(ModelError, match="only gbtree"):
            XgboostForest(xgb.train(settings, xgb.DMatrix(x, clipped), 2))
    with pytest.raises(ModelError, match="2 targets"):
        SklearnForest(RandomForestRegressor(2).fit(x, np.stack([y, y], axis=1)))


def test_a_number_that_means_missing_is_refused():
    """xgboost replaces it before its trees see it; the file could not."""
    pixels = np.array([[-9999.0], [1.0], [2.0], [3.0]], np.float32)
    model = xgb.XGBRegressor(n_estimators=1, missing=-9999.0).fit(pixels, [0.0, 1.0, 2.0, 3.0])
    with pytest.raises(ModelError, match="takes -9999 for missing"):
        XgboostForest(model)


def test_tensors_of_another_file_are_refused(tmp_path):
    rng = np.random.default_rng(3)
    x, y = make_data(rng, 3)
    for seed in (0, 1):
        model = RandomForestRegressor(2, random_state=seed, max_leaf_nodes=50).fit(x, y)
        write_forest(SklearnForest(model), tmp_path / f"{seed}" / "m.onnx", external=True)
    other = tmp_path / "1" / "m.onnx.data"
    assert other.stat().st_size == (tmp_path / "0" / "m.onnx.data").stat().st_size
    other.rename(tmp_path / "0" / "m.onnx.data")
    with pytest.raises(ModelError, match=r"m\.onnx\.data: not the file that m\.onnx"):
        load_engine(tmp_path / "0" / "m.onnx")
    # ONNX Runtime, which takes the place of the engine where that was not built, would read it.
    run_elsewhere(tmp_path / "0" / "m.onnx", x)
    with pytest.raises(ModelError, match=r"m\.onnx\.data: not the file that m\.onnx"):
        Session(tmp_path / "0" / "m.onnx", "cpu", 1)
    other = tmp_path / "0" / "m.onnx.data"
    other.rename(tmp_path / "1" / "m.onnx.data")
    assert Session(tmp_path / "1" / "m.onnx", "cpu", 1).features == 3
