"""Export of other people's models: what passes the gate, and what never is read."""

import pickle

import numpy as np
import onnx
import pytest
import xgboost
import yaml
from onnx import helper, numpy_helper
from sample_tables import RECIPE, draw_table
from skl2onnx import to_onnx
from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR
from skops_file import write_skops

from smmap.export.sklearn_forest import SklearnForest
from smmap.export.write_forest import write_forest
from smmap.fit.fitted import Fitted
from smmap.model.package import load_card, load_model
from smmap.spec.errors import ConfigError, ModelError
from smmap.train.gate import check_parity
from smmap.train.own_file import load_own
from smmap.train.own_model import export_own
from smmap.train.probe_rows import PROBES, draw_probes

RANGES = np.array([[-18, -6], [-26, -14], [30, 45]], np.float32)


@pytest.fixture(scope="module")
def data():
    table = draw_table(rows=300)
    return table[["VV", "VH", "angle"]].to_numpy(np.float32), table["moisture"].to_numpy() / 100


@pytest.fixture
def card(tmp_path):
    keys = ("name", "title", "description", "licence", "radiometry")
    inputs = [
        {key: one[key] for key in ("name", "feature", "options", "units") if key in one}
        | {"training_range": [float(low), float(high)]}
        for one, (low, high) in zip(RECIPE["inputs"], RANGES, strict=True)
    ]
    draft = {key: RECIPE[key] for key in keys}
    draft |= {"architecture": "own", "missing": "invalid", "inputs": inputs, "output": {}}
    (tmp_path / "draft.yaml").write_text(yaml.safe_dump(draft))
    return tmp_path / "draft.yaml"


def grow(data, rounds=30, **options):
    rows, truth = data
    return xgboost.train({"max_depth": 4, **options}, xgboost.DMatrix(rows, truth), rounds)


@pytest.mark.parametrize("ending", [".json", ".ubj"])
def test_xgboost_files_become_packages(tmp_path, data, card, ending):
    booster = grow(data)
    booster.save_model(tmp_path / f"m{ending}")
    made = export_own(tmp_path / f"m{ending}", card, tmp_path / "out")
    model = load_model(tmp_path / "out", "cpu")
    np.testing.assert_array_equal(model.predict(data[0]), booster.inplace_predict(data[0]))
    assert made.training["export"]["model.onnx"] == {"rows": made_rows(made), "difference": 0.0}
    assert made_rows(made) >= 100_000
    assert load_card(tmp_path / "out") == made


def made_rows(card):
    return card.training["export"]["model.onnx"]["rows"]


def test_missing_inputs_go_where_the_trees_send_them(tmp_path, data, card):
    rows, truth = data
    holed = np.where(np.random.default_rng(3).random(rows.shape) < 0.2, np.nan, rows)
    booster = grow((holed, truth))
    booster.save_model(tmp_path / "m.json")
    draft = yaml.safe_load(card.read_text()) | {"missing": "model"}
    card.write_text(yaml.safe_dump(draft))
    export_own(tmp_path / "m.json", card, tmp_path / "out")
    found = load_model(tmp_path / "out", "cpu").predict(holed.astype(np.float32))
    expected = booster.inplace_predict(holed.astype(np.float32))
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    "model",
    [
        RandomForestRegressor(12, random_state=0),
        RandomForestRegressor(1, max_depth=1, random_state=0),
        ExtraTreesRegressor(9, random_state=0),
        make_pipeline(StandardScaler(), SVR(C=3, epsilon=0.01)),
        SVR(kernel="linear"),
        make_pipeline(
            StandardScaler(),
            MLPRegressor(hidden_layer_sizes=(9, 5), activation="tanh", max_iter=500),
        ),
        Ridge(),
    ],
    ids=lambda model: str(model)[:30],
)
def test_odd_models_of_scikit_learn(tmp_path, data, card, model):
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(*data)
    write_skops(model, tmp_path / "m.skops")
    export_own(tmp_path / "m.skops", card, tmp_path / "out")
    found = load_model(tmp_path / "out", "cpu").predict(data[0])
    np.testing.assert_allclose(found, model.predict(data[0]), atol=1e-4)


def test_onnx_files_are_taken_as_they_are(tmp_path, card):
    weights = numpy_helper.from_array(np.array([[0.01], [0.0], [0.005]], np.float32), "w")
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["n", 3])],
        [helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, ["n", 1])],
        [weights],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    (tmp_path / "m.onnx").write_bytes(model.SerializeToString())
    export_own(tmp_path / "m.onnx", card, tmp_path / "out")
    found = load_model(tmp_path / "out", "cpu").predict(np.array([[-10, -20, 40]], np.float32))
    assert found == pytest.approx([0.1])


@pytest.mark.parametrize("converted", [True, False], ids=["skl2onnx", "ours"])
def test_onnx_trees_are_compared_at_their_own_thresholds(tmp_path, data, card, converted):
    forest = RandomForestRegressor(6, max_depth=4, random_state=0).fit(*data)
    if converted:
        (tmp_path / "m.onnx").write_bytes(to_onnx(forest, data[0][:1]).SerializeToString())
    else:
        write_forest(SklearnForest(forest), tmp_path / "m.onnx")
    fitted = load_own(tmp_path / "m.onnx").fitted
    assert fitted.is_trees
    known = SklearnForest(forest)
    for tree in known.list_trees():
        for feature, threshold in zip(tree.feature, tree.threshold, strict=True):
            assert feature < 0 or threshold in fitted.list_thresholds()[int(feature)]
    export_own(tmp_path / "m.onnx", card, tmp_path / "out")
    found = load_model(tmp_path / "out", "cpu").predict(data[0])
    np.testing.assert_allclose(found, forest.predict(data[0]), atol=1e-6)


class Trap:
    """A pickle that leaves a trace when it is read."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return (open, (self.path, "w"))


@pytest.mark.parametrize("ending", [".pkl", ".joblib", ".pt", ".json", ".ubj", ".skops", ".onnx"])
def test_a_pickle_is_never_read_whatever_it_is_called(tmp_path, card, ending):
    trace = tmp_path / "trace"
    (tmp_path / f"m{ending}").write_bytes(pickle.dumps(Trap(trace)))
    with pytest.raises(ModelError):
        export_own(tmp_path / f"m{ending}", card, tmp_path / "out")
    assert not trace.exists()
    assert not (tmp_path / "out").exists()


def test_skops_of_unknown_types_is_refused(tmp_path):
    write_skops({"a": Trap(tmp_path / "trace")}, tmp_path / "m.skops")
    with pytest.raises(ModelError, match="does not know to be harmless"):
        load_own(tmp_path / "m.skops")


def test_models_that_do_not_fit_are_refused(tmp_path, data, card):
    rows, truth = data
    grow((rows[:, :2], truth)).save_model(tmp_path / "two.json")
    with pytest.raises(ModelError, match="takes 2 inputs"):
        export_own(tmp_path / "two.json", card, tmp_path / "out")
    grow((rows, truth), objective="reg:logistic").save_model(tmp_path / "odd.json")
    with pytest.raises(ModelError, match="logistic"):
        export_own(tmp_path / "odd.json", card, tmp_path / "out")
    draft = yaml.safe_load(card.read_text())
    card.write_text(yaml.safe_dump(draft | {"version": "1"}))
    with pytest.raises(ConfigError, match="leave out version"):
        export_own(tmp_path / "two.json", card, tmp_path / "out")
    del draft["inputs"][1]["training_range"]
    card.write_text(yaml.safe_dump(draft))
    grow(data).save_model(tmp_path / "m.json")
    with pytest.raises(ConfigError, match="training_range"):
        export_own(tmp_path / "m.json", card, tmp_path / "out")


def test_gate_refuses_a_threshold_that_is_one_float_off(tmp_path, data):
    """What only rows exactly on a threshold can show."""
    grow(data, rounds=3).save_model(tmp_path / "m.json")
    fitted = load_own(tmp_path / "m.json").fitted
    fitted.write(tmp_path / "m.onnx")
    assert check_parity(fitted, tmp_path / "m.onnx", RANGES, 0).difference == 0
    model = onnx.load(tmp_path / "m.onnx")
    splits = next(a for a in model.graph.node[0].attribute if a.name == "nodes_splits").t
    values = np.frombuffer(splits.raw_data, np.float32).copy()
    values[0] = np.nextafter(values[0], np.float32(np.inf))
    splits.raw_data = values.tobytes()
    onnx.save(model, tmp_path / "off.onnx")
    with pytest.raises(ModelError, match="predicts otherwise"):
        check_parity(fitted, tmp_path / "off.onnx", RANGES, 0)


def test_gate_refuses_missing_values_that_go_astray(tmp_path, data):
    rows, truth = data
    holed = np.where(np.random.default_rng(3).random(rows.shape) < 0.3, np.nan, rows)
    grow((holed, truth), rounds=2).save_model(tmp_path / "m.json")
    fitted = load_own(tmp_path / "m.json").fitted
    fitted.write(tmp_path / "m.onnx")
    model = onnx.load(tmp_path / "m.onnx")
    way = next(
        a for a in model.graph.node[0].attribute if a.name == "nodes_missing_value_tracks_true"
    )
    way.ints[0] = 1 - way.ints[0]
    onnx.save(model, tmp_path / "astray.onnx")
    with pytest.raises(ModelError, match="predicts otherwise"):
        check_parity(fitted, tmp_path / "astray.onnx", RANGES, 0)


def test_probes_hold_what_they_promise(tmp_path, data):
    grow(data).save_model(tmp_path / "m.json")
    fitted: Fitted = load_own(tmp_path / "m.json").fitted
    probes = draw_probes(fitted, RANGES, 0)
    assert len(probes) >= PROBES
    assert np.isnan(probes).any(axis=0).all()
    assert np.isnan(probes).all(axis=1).any()
    assert (np.abs(probes) > 1e38).any(axis=0).all()
    for feature, thresholds in fitted.list_thresholds().items():
        assert np.isin(thresholds, probes[:, feature]).mean() > 0.99
