"""Bit for bit what xgboost predicts, on models and pixels of odd kinds."""

import json

import numpy as np
import pytest
import xgboost as xgb
from onnxmltools.convert import convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType

from smmap.trees.engine import TreeEngine, load_engine
from smmap.trees.kernels import list_kernels

ROWS = 1200


def make_data(rng, features, *, missing=0.0, digits=None, constant=()):
    x = rng.random((ROWS, features), dtype=np.float32)
    if digits is not None:
        x = np.round(x, digits)
    x[:, list(constant)] = 0.25
    y = 0.3 * x[:, 0] + 0.1 * np.sin(9 * x[:, -1]) + 0.05 * rng.standard_normal(ROWS)
    x[rng.random(x.shape) < missing] = np.nan
    return x, y.astype(np.float32)


def make_pixels(rng, booster, features):
    """Not seen in training: cuts, cuts missed by a hair, gaps, denormals, anything."""
    trees = json.loads(booster.save_raw("json"))["learner"]["gradient_booster"]["model"]["trees"]
    cuts = np.unique(np.concatenate([tree["split_conditions"] for tree in trees]))
    pool = np.concatenate(
        [
            cuts := cuts.astype(np.float32),
            np.nextafter(cuts, np.float32(-np.inf)),
            np.nextafter(cuts, np.float32(np.inf)),
            np.float32([0.0, -0.0, 1e-45, -1e-45, 1e-39, 3e38, -3e38]),
        ]
    ).astype(np.float32)
    pixels = rng.random((4000, features), dtype=np.float32) * np.float32(1.4) - np.float32(0.2)
    pixels[:1500] = rng.choice(pool, (1500, features))
    pixels[1000:2500][rng.random((1500, features)) < 0.2] = np.nan
    return pixels


SETTINGS = {
    "stumps": {"max_depth": 1},
    "deep": {"max_depth": 19, "min_child_weight": 0.0, "rounds": 4},
    "half leaves": {"max_depth": 12, "gamma": 0.05},
    "one tree": {"max_depth": 6, "rounds": 1},
    "one leaf": {"max_depth": 6, "rounds": 3, "gamma": 1e9},
    "exact": {"tree_method": "exact", "max_depth": 8},
    "approx": {"tree_method": "approx", "max_depth": 8},
    "many bins": {"max_bin": 512, "max_depth": 9, "rounds": 12},
    "missing": {"missing": 0.2, "max_depth": 9},
    "missing in stumps": {"missing": 0.9, "max_depth": 2},
    "missing, exact": {"missing": 0.1, "max_depth": 8, "tree_method": "exact"},
    "base 0": {"base_score": 0.0, "max_depth": 5},
    "base 2.7": {"base_score": 2.7, "max_depth": 5},
    "monotone": {"monotone_constraints": "(1,0,-1,0,0)", "max_depth": 7},
    "by loss": {"grow_policy": "lossguide", "max_leaves": 60, "max_depth": 0},
    "one feature": {"features": 1, "max_depth": 9},
    "17 features": {"features": 17, "max_depth": 6},
    "40 features": {"features": 40, "max_depth": 6, "missing": 0.05},
    "300 features": {"features": 300, "max_depth": 4, "missing": 0.05},
    "constant features": {"constant": (1, 2), "max_depth": 6},
    "few values": {"digits": 1, "max_depth": 8},
    "forests": {"num_parallel_tree": 5, "subsample": 0.5, "max_depth": 5, "rounds": 2},
}


@pytest.mark.parametrize("kind", SETTINGS)
def test_identical_to_xgboost(tmp_path, kind):
    settings = dict(SETTINGS[kind])
    features = settings.pop("features", 5)
    given = {key: settings.pop(key) for key in ("missing", "digits", "constant") if key in settings}
    rounds = settings.pop("rounds", 8)
    rng = np.random.default_rng(len(kind))
    x, y = make_data(rng, features, **given)
    settings = {"tree_method": "hist", "nthread": 2, "eta": 0.3, **settings}
    booster = xgb.train(settings, xgb.DMatrix(x, y), rounds)
    model = convert_xgboost(booster, initial_types=[("x", FloatTensorType([None, features]))])
    path = tmp_path / "model.onnx"
    path.write_bytes(model.SerializeToString())
    engine = load_engine(path)
    pixels = make_pixels(rng, booster, features)
    expected = booster.predict(xgb.DMatrix(pixels))
    assert len(np.unique(expected)) > 1 or kind == "one leaf"
    for kernel in list_kernels():
        found = TreeEngine(engine.packed, kernel, 2).predict(pixels)[:, 0]
        np.testing.assert_array_equal(found, expected, err_msg=kernel)


def test_infinities_as_missing_or_numbers(tmp_path):
    """xgboost takes infinities as numbers only when told that NaN is what is missing."""
    rng = np.random.default_rng(3)
    x, y = make_data(rng, 4, missing=0.1)
    booster = xgb.train({"max_depth": 7, "nthread": 2}, xgb.DMatrix(x, y), 8)
    model = convert_xgboost(booster, initial_types=[("x", FloatTensorType([None, 4]))])
    (tmp_path / "m.onnx").write_bytes(model.SerializeToString())
    pixels = rng.choice(np.float32([np.inf, -np.inf, np.nan, 0.3, 0.6]), (500, 4))
    expected = booster.inplace_predict(pixels, missing=np.nan)
    np.testing.assert_array_equal(load_engine(tmp_path / "m.onnx").predict(pixels)[:, 0], expected)
