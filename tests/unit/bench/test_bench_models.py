"""Models of the published shapes: what the file gives is what the library gives."""

import numpy as np
import onnxruntime
import pytest
import torch
import xgboost
from sklearn.ensemble import RandomForestRegressor

import smmap
from smmap.bench.forest_arrays import read_booster, read_forest
from smmap.bench.make_models import make_models
from smmap.bench.rows import draw_rows, draw_training
from smmap.bench.shapes import NETWORK_SHAPES, TREE_SHAPES
from smmap.bench.torch_networks import build_network, sparsemax
from smmap.bench.tree_file import write_trees
from smmap.spec.errors import ConfigError, ModelError


def run_onnx(path, rows):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(None, {"x": rows})[0][:, 0]


def test_published_shapes():
    assert [(one.trees, one.options["max_depth"], one.inputs) for one in TREE_SHAPES] == [
        (1000, 10, 11),
        (2500, 19, 33),
        (800, 35, 11),
        (2500, 32, 33),
    ]


def test_missing_values_go_where_xgboost_learned_to_send_them(tmp_path):
    rows, target = draw_training(11, 1500, [1])
    rows[::3, 0] = np.nan
    booster = xgboost.train({"max_depth": 6}, xgboost.DMatrix(rows, target), 20)
    write_trees(tmp_path / "trees.onnx", read_booster(booster))
    tried = draw_rows(11, 500, 2)
    tried[::2, ::4] = np.nan
    ours = smmap.load_model(tmp_path / "trees.onnx").predict(tried)
    assert np.array_equal(ours, booster.inplace_predict(tried))
    np.testing.assert_allclose(run_onnx(tmp_path / "trees.onnx", tried), ours, atol=2e-6)


def test_thresholds_between_two_float32_decide_as_scikit_learn_does(tmp_path):
    # A threshold is the middle of two values: of neighbours it is no float32, and the nearest
    # float32 is the one with an even last digit, here the upper one.
    low = np.nextafter(np.float32(4), np.float32(5))
    high = np.nextafter(low, np.float32(5))
    rows = np.array([[low], [high]], np.float32)
    forest = RandomForestRegressor(3, bootstrap=False, random_state=0).fit(rows, [0.25, 0.5])
    assert forest.estimators_[0].tree_.threshold[0] not in rows.astype(np.float64)
    write_trees(tmp_path / "trees.onnx", read_forest(forest))
    assert run_onnx(tmp_path / "trees.onnx", rows).tolist() == [0.25, 0.5]
    assert smmap.load_model(tmp_path / "trees.onnx").predict(rows).tolist() == [0.25, 0.5]


def test_a_tree_without_a_branch_is_refused(tmp_path):
    forest = RandomForestRegressor(2).fit(np.zeros((4, 2)), np.ones(4))
    with pytest.raises(ModelError, match="no branch"):
        write_trees(tmp_path / "trees.onnx", read_forest(forest))


def test_sparsemax_is_the_projection_onto_the_simplex():
    # Martins and Astudillo 2016, section 2: by hand for two and three numbers.
    rows = torch.tensor([[0.5, 0.0, -5.0], [2.0, 0.0, 0.0], [1 / 3, 1 / 3, 1 / 3]])
    expected = torch.tensor([[0.75, 0.25, 0.0], [1.0, 0.0, 0.0], [1 / 3, 1 / 3, 1 / 3]])
    torch.testing.assert_close(sparsemax(rows), expected)


@pytest.mark.parametrize("shape", NETWORK_SHAPES, ids=lambda shape: shape.name)
def test_networks_are_the_same_each_time(shape):
    one, two = build_network(shape), build_network(shape)
    rows = torch.zeros(3, shape.inputs)
    assert one(rows).shape == (3, 1)
    assert torch.equal(one(rows), two(rows))


def test_a_missing_library_is_named_with_the_extra(tmp_path, monkeypatch):
    monkeypatch.setattr("smmap.bench.settings.find_spec", lambda name: name != "xgboost" or None)
    with pytest.raises(ConfigError, match=r"xgboost.*smmap\[bench\]"):
        next(make_models(tmp_path, small=True))
