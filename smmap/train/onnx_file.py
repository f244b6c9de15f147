"""A model that is an ONNX file already."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from smmap.features.array import Doubles
from smmap.fit.fitted import Rows
from smmap.model.session import Session
from smmap.store.atomic import report_store_errors


class OnnxFile:
    """Its own measure, run by ONNX Runtime, whatever will run its copy.

    Raises
    ------
    ModelError
        If it cannot be opened.
    """

    tolerance = 1e-5

    def __init__(self, path: Path) -> None:
        self._path = path
        self._session = Session(path, "cpu", None)
        self.features = self._session.features
        self.detail = f"ONNX file {path.name}"
        self._thresholds = _find_thresholds(path)
        self.is_trees = bool(self._thresholds)

    def predict(self, rows: Rows) -> Doubles:
        """(n,) m3/m3."""
        return np.asarray(self._session.run(rows)[:, 0], dtype=np.float64)

    def list_thresholds(self) -> Mapping[int, NDArray[np.float32]]:
        """Of all its trees."""
        return self._thresholds

    def write(self, path: Path) -> None:
        """Copy it."""
        with report_store_errors(str(path)):
            shutil.copyfile(self._path, path)


def _find_thresholds(path: Path) -> dict[int, NDArray[np.float32]]:
    """Input -> thresholds, of the operators ``TreeEnsembleRegressor`` and ``TreeEnsemble``."""
    import onnx

    found: dict[int, list[NDArray[np.float32]]] = {}
    for node in onnx.load(path).graph.node:
        if not node.op_type.startswith("TreeEnsemble"):
            continue
        held = {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute}
        features = np.array(held["nodes_featureids"], np.int64)
        if "nodes_splits" in held:
            values = onnx.numpy_helper.to_array(held["nodes_splits"]).astype(np.float32)
        else:
            values = np.array(held.get("nodes_values", ()), np.float32)
        for feature in np.unique(features[: len(values)]):
            found.setdefault(int(feature), []).append(values[features == feature])
    return {feature: np.unique(np.concatenate(parts)) for feature, parts in found.items()}
