"""Trees of scikit-learn behind scalings: a map steps at the very float at which the model does."""

import warnings

import numpy as np
import onnx
import pandas as pd
import pytest
from own_card import RANGES, draw_rows, write_card
from sklearn import ensemble, tree
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler
from skops_file import write_skops

from smmap.export.sklearn_forest import SklearnForest
from smmap.fit.forests import hold_forest
from smmap.model.open_session import open_session
from smmap.model.package import load_model
from smmap.spec.errors import ConfigError, ModelError
from smmap.train.gate import check_parity
from smmap.train.own_file import load_own
from smmap.train.own_model import export_own

ROWS, TRUTH = draw_rows()
GAPS = np.where(np.random.default_rng(1).random(ROWS.shape) < 0.15, np.nan, ROWS)


def grow_forest():
    return ensemble.RandomForestRegressor(5, max_depth=6, random_state=0)


def boost():
    return ensemble.HistGradientBoostingRegressor(max_iter=8, random_state=0)


PARTS = [
    ("low", make_pipeline(SimpleImputer(), MinMaxScaler(clip=True)), [2, 0]),
    ("mean", StandardScaler(), [1, 0]),
]
SUMS = {
    "tree": tree.DecisionTreeRegressor(max_leaf_nodes=30, random_state=0),
    "boosted": ensemble.GradientBoostingRegressor(n_estimators=9, loss="huber", random_state=0),
    "histograms": boost(),
    "scaled": make_pipeline(StandardScaler(), grow_forest()),
    "scaled, boosted": make_pipeline(RobustScaler(), boost()),
    "columns": make_pipeline(ColumnTransformer(PARTS), grow_forest()),
    "bag": ensemble.BaggingRegressor(
        make_pipeline(MaxAbsScaler(), tree.ExtraTreeRegressor(max_depth=5)),
        n_estimators=4,
        max_features=2,
        random_state=0,
    ),
    "vote": ensemble.VotingRegressor(
        [("a", grow_forest()), ("b", make_pipeline(MinMaxScaler(), boost()))], weights=[1, 3]
    ),
    "stack": ensemble.StackingRegressor([("a", grow_forest()), ("b", boost())]),
    "target": TransformedTargetRegressor(
        make_pipeline(StandardScaler(), grow_forest()), transformer=StandardScaler()
    ),
}
ELSEWHERE = {
    "adaptive": ensemble.AdaBoostRegressor(n_estimators=4, random_state=0),
    "stack with a line": ensemble.StackingRegressor([("a", grow_forest()), ("b", Ridge())]),
}
REFUSED = {
    "principal components": make_pipeline(PCA(), grow_forest()),
    "stack with a tree": ensemble.StackingRegressor(
        [("a", grow_forest()), ("b", Ridge())],
        final_estimator=tree.DecisionTreeRegressor(max_depth=4),
    ),
}


def save(model, path, rows=ROWS, names=None):
    model.fit(rows if names is None else pd.DataFrame(rows, columns=names), TRUTH)
    write_skops(model, path)
    return model


def find_steps(model, column, rng):
    """Neighbouring float32 of one input between which the model's float64 prediction steps."""
    row = rng.uniform(*np.array(RANGES).T).astype(np.float32)
    line = np.repeat(row[None], 400, axis=0)
    line[:, column] = np.linspace(*RANGES[column], 400, dtype=np.float32)
    found = model.predict(line.astype(np.float64))
    pairs = []
    for start in np.flatnonzero(found[1:] != found[:-1])[:4]:
        low, high = line[start].copy(), line[start + 1].copy()
        while np.nextafter(low[column], high[column]) < high[column]:
            middle = low.copy()
            middle[column] = (low[column] + high[column]) / 2
            if middle[column] in (low[column], high[column]):
                middle[column] = np.nextafter(low[column], high[column])
            same = model.predict(middle[None].astype(np.float64)) == found[start]
            low, high = (middle, high) if same else (low, middle)
        pairs += [low, high]
    return np.array(pairs).reshape(-1, 3)


@pytest.mark.parametrize("kind", [*SUMS, *ELSEWHERE])
def test_a_map_steps_where_the_model_does(tmp_path, kind):
    model = save((SUMS | ELSEWHERE)[kind], tmp_path / "m.skops")
    export_own(tmp_path / "m.skops", write_card(tmp_path / "c.yaml"), tmp_path / "out")
    package = load_model(tmp_path / "out", "cpu")
    assert ("smmap trees" in package.placement.engine) == (kind in SUMS)
    rng = np.random.default_rng(0)
    edges = np.concatenate([find_steps(model, column, rng) for column in range(3)])
    assert len(edges) > 10
    np.testing.assert_allclose(
        package.predict(edges), model.predict(edges.astype(np.float64)), rtol=0, atol=1e-6
    )


@pytest.mark.parametrize("kind", ["tree", "histograms", "scaled", "columns", "bag", "vote"])
def test_missing_inputs_go_where_scikit_learn_sends_them(tmp_path, kind):
    model = save(SUMS[kind], tmp_path / "m.skops", GAPS)
    card = write_card(tmp_path / "c.yaml", missing="model")
    export_own(tmp_path / "m.skops", card, tmp_path / "out")
    found = load_model(tmp_path / "out", "cpu").predict(GAPS.astype(np.float32))
    expected = model.predict(GAPS.astype(np.float32).astype(np.float64))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", ["boosted", "stack with a line", "adaptive"])
def test_models_that_take_no_missing_inputs_say_so(tmp_path, kind):
    save((SUMS | ELSEWHERE)[kind], tmp_path / "m.skops")
    card = write_card(tmp_path / "c.yaml", missing="model")
    with pytest.raises(ConfigError, match=r"'missing: model', but .* say 'missing: invalid'"):
        export_own(tmp_path / "m.skops", card, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", REFUSED)
def test_steps_that_float32_moves_are_found_and_refused(tmp_path, kind):
    save(REFUSED[kind], tmp_path / "m.skops")
    assert load_own(tmp_path / "m.skops").fitted.is_trees
    with pytest.raises(ModelError, match=r"otherwise than the model.*leave out what stands before"):
        export_own(tmp_path / "m.skops", write_card(tmp_path / "c.yaml"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_branch_that_all_numbers_take_is_no_hindrance(tmp_path):
    """What is missing becomes -5, and all else 0 to 1: one branch parts just these."""
    missing = SimpleImputer(strategy="constant", fill_value=-5.0)
    model = save(
        make_pipeline(MinMaxScaler(clip=True), missing, boost()), tmp_path / "m.skops", GAPS
    )
    trees = SklearnForest(model).list_trees()
    assert any(np.isneginf(one.threshold).any() for one in trees)
    card = write_card(tmp_path / "c.yaml", missing="model")
    export_own(tmp_path / "m.skops", card, tmp_path / "out")
    rows = GAPS.astype(np.float32)
    found = load_model(tmp_path / "out", "cpu").predict(rows)
    np.testing.assert_allclose(found, model.predict(rows.astype(float)), rtol=0, atol=1e-6)


def test_the_gate_sees_a_threshold_moved_by_one_float(tmp_path):
    save(SUMS["scaled"], tmp_path / "m.skops")
    fitted = load_own(tmp_path / "m.skops").fitted
    fitted.write(tmp_path / "m.onnx")
    ranges = np.array(RANGES, np.float32)
    assert check_parity(fitted, tmp_path / "m.onnx", ranges, 0).difference < 1e-6
    model = onnx.load(tmp_path / "m.onnx")
    splits = next(a for a in model.graph.node[0].attribute if a.name == "nodes_splits").t
    values = np.frombuffer(splits.raw_data, np.float32).copy()
    values[0] = np.nextafter(values[0], np.float32(np.inf))
    splits.raw_data = values.tobytes()
    onnx.save(model, tmp_path / "off.onnx")
    with pytest.raises(ModelError, match="predicts otherwise"):
        check_parity(fitted, tmp_path / "off.onnx", ranges, 0)


def test_a_forest_of_the_published_size_may_round(tmp_path):
    """800 leaves of much the same value: each float32 sum rounds the same way."""
    model = ensemble.RandomForestRegressor(800, max_depth=1, bootstrap=False, random_state=0)
    fitted = hold_forest(model.fit(ROWS, TRUTH), "forest")
    fitted.write(tmp_path / "m.onnx")
    in_order = np.cumsum([one.predict(ROWS) for one in model.estimators_], 0, np.float32)[-1]
    lost = np.abs(in_order / np.float32(800) - model.predict(ROWS)).max()
    assert 1e-6 < lost < fitted.tolerance
    found = open_session(tmp_path / "m.onnx", "cpu", 1).run(ROWS.astype(np.float32))[:, 0]
    np.testing.assert_allclose(found, model.predict(ROWS), rtol=0, atol=fitted.tolerance)


def test_a_model_fitted_on_a_data_frame_is_asked_with_one(tmp_path):
    names = ["VV", "VH", "angle"]
    parts = [("radar", StandardScaler(), ["VH", "VV"])]
    layers = ColumnTransformer(parts, remainder="passthrough")
    model = save(make_pipeline(layers, grow_forest()), tmp_path / "m.skops", names=names)
    export_own(tmp_path / "m.skops", write_card(tmp_path / "c.yaml"), tmp_path / "out")
    rows = ROWS.astype(np.float32)
    expected = model.predict(pd.DataFrame(rows.astype(np.float64), columns=names))
    found = load_model(tmp_path / "out", "cpu").predict(rows)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)

    save(grow_forest(), tmp_path / "m.skops", names=["VH", "VV", "angle"])
    with pytest.raises(ModelError, match="was fitted on VH, VV, angle in this order"):
        export_own(tmp_path / "m.skops", write_card(tmp_path / "c.yaml"), tmp_path / "out")


def test_an_imputed_network_decides_on_missing_inputs(tmp_path):
    network = MLPRegressor(hidden_layer_sizes=(5,), max_iter=50, random_state=0)
    model = make_pipeline(SimpleImputer(), StandardScaler(), network)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        save(model, tmp_path / "m.skops", GAPS)
    card = write_card(tmp_path / "c.yaml", missing="model")
    made = export_own(tmp_path / "m.skops", card, tmp_path / "out")
    assert made.training["export"]["model.onnx"]["rows"] > 100_000
    found = load_model(tmp_path / "out", "cpu").predict(GAPS.astype(np.float32))
    np.testing.assert_allclose(found, model.predict(GAPS), rtol=0, atol=1e-4)


def test_targets_that_bend_are_refused(tmp_path):
    bent = TransformedTargetRegressor(grow_forest(), func=np.log1p, inverse_func=np.expm1)
    save(bent, tmp_path / "m.skops")
    with pytest.raises(ModelError, match=r"TransformedTargetRegressor of m\.skops is not exported"):
        export_own(tmp_path / "m.skops", write_card(tmp_path / "c.yaml"), tmp_path / "out")


def test_nodes_that_lead_astray_are_not_run(tmp_path):
    """Whatever holds the tree: its code reads memory by the numbers of the file."""
    model = ensemble.AdaBoostRegressor(n_estimators=2, random_state=0).fit(ROWS, TRUTH)
    inner = model.estimators_[0].tree_
    state = inner.__getstate__()
    nodes = state["nodes"].copy()
    nodes["feature"][0] = 99
    inner.__setstate__(state | {"nodes": nodes})
    write_skops(model, tmp_path / "m.skops")
    with pytest.raises(ModelError, match=r"m\.skops: a tree looks at an input that there is not"):
        load_own(tmp_path / "m.skops")
