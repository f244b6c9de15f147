"""What scikit-learn predicts, to 1e-6, and what ONNX Runtime makes of it."""

import numpy as np
import onnxruntime as ort
import pytest
from skl2onnx import to_onnx
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingRegressor,
    RandomForestRegressor,
)
from sklearn.tree import DecisionTreeRegressor

from smmap.trees.engine import load_engine

MODELS = {
    "forest": (RandomForestRegressor(12, n_jobs=2, random_state=0), 11),
    "a deep forest": (RandomForestRegressor(40, max_depth=40, n_jobs=2, random_state=1), 6),
    "extra trees": (ExtraTreesRegressor(12, n_jobs=2, random_state=2), 11),
    "two targets": (RandomForestRegressor(8, n_jobs=2, random_state=3), 5),
    "boosted": (GradientBoostingRegressor(n_estimators=20, max_depth=4, random_state=4), 11),
    "one tree": (DecisionTreeRegressor(max_depth=12, random_state=6), 3),
    "one leaf": (DecisionTreeRegressor(min_samples_leaf=900, random_state=7), 3),
    "many features": (ExtraTreesRegressor(4, n_jobs=2, random_state=8), 300),
}


@pytest.mark.parametrize("kind", MODELS)
def test_as_scikit_learn(tmp_path, kind):
    model, features = MODELS[kind]
    rng = np.random.default_rng(features)
    x = rng.random((900, features), dtype=np.float32)
    y = 0.3 * x[:, 0] + 0.1 * np.sin(9 * x[:, -1]) + 0.05 * rng.standard_normal(900)
    if kind == "two targets":
        y = np.stack([y, 0.5 - y**2], axis=1)
    model.fit(x, y)
    path = tmp_path / "model.onnx"
    path.write_bytes(to_onnx(model, x[:1], options=None).SerializeToString())
    pixels = np.concatenate([x[:500], rng.random((900, features), dtype=np.float32)])
    found = load_engine(path).predict(pixels)
    expected = model.predict(pixels).reshape(len(pixels), -1)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)
    session = ort.InferenceSession(path, providers=["CPUExecutionProvider"])
    theirs = session.run(None, {"X": pixels})[0]
    np.testing.assert_allclose(found, theirs, rtol=0, atol=2e-6)
