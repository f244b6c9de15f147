"""A model that is an ONNX file already."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx.external_data_helper import ExternalDataInfo, uses_external_data

from smmap.features.array import Doubles
from smmap.fit.fitted import Rows
from smmap.model.session import Session
from smmap.spec.errors import ModelError
from smmap.store.atomic import report_store_errors, write_atomic

_CHECKSUM = "sha256:"
"""What our own files call the checksum of a file beside them."""
_FLOATS = (onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE, onnx.TensorProto.FLOAT16)


class OnnxFile:
    """Its own measure, run by ONNX Runtime, whatever will run its copy.

    Raises
    ------
    ModelError
        If it cannot be opened, or its output is not one number a row.
    """

    tolerance = 1e-5

    def __init__(self, path: Path) -> None:
        self._path = path
        self._session = Session(path, "cpu", None)
        self.features = self._session.features
        self.detail = f"ONNX file {path.name}"
        with report_store_errors(str(path)):
            graph = onnx.load(path, load_external_data=False).graph
        if len(graph.output) != 1 or graph.output[0].type.tensor_type.elem_type not in _FLOATS:
            raise ModelError(
                f"{path}: a model has one output, of floating-point numbers; this has "
                f"{', '.join(one.name for one in graph.output)}: keep soil moisture alone "
                "(a classifier has none)"
            )
        self._thresholds = _find_thresholds(graph, path)
        self.is_trees = bool(self._thresholds)

    @cached_property
    def takes_missing(self) -> bool:
        """True: it has a value for rows that lack one input, or all."""
        if self.features is None:
            return self.is_trees
        gaps = np.vstack([np.eye(self.features), np.ones((1, self.features))])
        found = self.predict(np.where(gaps == 1, np.nan, 0).astype(np.float32))
        return bool(np.isfinite(found).all())

    def predict(self, rows: Rows) -> Doubles:
        """(n,) m3/m3."""
        return np.asarray(self._session.run(rows)[:, 0], dtype=np.float64)

    def list_thresholds(self) -> Mapping[int, NDArray[np.float32]]:
        """Of all its trees."""
        return self._thresholds

    def write(self, path: Path) -> None:
        """Copy it, and what lies beside it where it bears the checksum, else all in one file.

        Raises
        ------
        ModelError
            If what lies beside it is not there, or too much for one file.
        """
        model = onnx.load(self._path, load_external_data=False)
        names = sorted({ExternalDataInfo(one).location for one in _list_external(model.graph)})
        known = {one.key.removeprefix(_CHECKSUM) for one in model.metadata_props}
        beside = all(Path(name).name == name for name in names)
        if names and not (beside and set(names) <= known):
            write_atomic(path, self._join())
            return
        with report_store_errors(str(path)):
            shutil.copyfile(self._path, path)
            for name in names:
                shutil.copyfile(self._path.parent / name, path.parent / name)

    def _join(self) -> bytes:
        from google.protobuf.message import EncodeError

        try:
            data: bytes = onnx.load(self._path).SerializeToString()
        except (EncodeError, ValueError) as error:
            reason = str(error)
        else:
            return data
        raise ModelError(
            f"{self._path}: its tensors in other files do not fit into one ({reason}); write them "
            "as float16, or make it smaller"
        )


def _find_thresholds(graph: Any, path: Path) -> dict[int, NDArray[np.float32]]:
    """Input -> thresholds, of the operators ``TreeEnsembleRegressor`` and ``TreeEnsemble``."""
    found: dict[int, list[NDArray[np.float32]]] = {}
    for node in graph.node:
        if not node.op_type.startswith("TreeEnsemble"):
            continue
        held = {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute}
        features = np.array(held["nodes_featureids"], np.int64)
        values = np.array(held.get("nodes_values", ()), np.float32)
        if "nodes_splits" in held:
            splits = onnx.numpy_helper.to_array(held["nodes_splits"], str(path.parent))
            values = splits.astype(np.float32)
        for feature in np.unique(features[: len(values)]):
            found.setdefault(int(feature), []).append(values[features == feature])
    return {feature: np.unique(np.concatenate(parts)) for feature, parts in found.items()}


def _list_external(graph: Any) -> list[Any]:
    """Tensors whose numbers lie in other files."""
    tensors = [*graph.initializer, *(one.t for node in graph.node for one in node.attribute)]
    return [one for one in tensors if uses_external_data(one)]
