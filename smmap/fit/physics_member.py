"""The packaged physics model beside fitted members: it knows no place, and so none too well."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, compose, helper, numpy_helper

from smmap.data import get_folder
from smmap.features.array import Doubles
from smmap.features.decibel import to_db
from smmap.fit.fitted import Lesson, Rows
from smmap.model.package import load_model
from smmap.spec.training_member import Physics
from smmap.store.atomic import write_atomic

_MODEL = "physics"
_OPSET = 17


class FittedPhysics:
    """The physics model on columns of a table, with one NDVI for all of them, and an offset."""

    is_trees = False
    takes_missing = False
    tolerance = 1e-5

    def __init__(self, spec: Physics, lesson: Lesson) -> None:
        needed = Physics.find_needed(lesson.inputs)
        at = {one.feature: i for i, one in enumerate(lesson.inputs) if one.name in needed}
        self._vv, self._angle = at["backscatter_db"], at["incidence_deg"]
        self._width = len(lesson.inputs)
        self._is_gamma0 = str(lesson.radiometry).startswith("gamma0")
        self._ndvi, self._offset = spec.ndvi, 0.0
        self._model = load_model(_MODEL, "cpu")
        if spec.calibrate == "offset":
            self._offset = float(np.mean(lesson.truth - self.predict(lesson.rows)))
        self.detail = f"{_MODEL}, NDVI {spec.ndvi:g} assumed, {self._offset:+.4f} m3/m3"

    def predict(self, rows: Rows) -> Doubles:
        """(n,) m3/m3."""
        vv, angle = (rows[:, i].astype(np.float64) for i in (self._vv, self._angle))
        sigma0_db = vv + to_db(np.cos(np.radians(angle))) if self._is_gamma0 else vv
        pixels = np.column_stack([sigma0_db, angle, np.full(len(rows), self._ndvi)])
        return self._model.predict(pixels.astype(np.float32)).astype(np.float64) + self._offset

    def list_thresholds(self) -> Mapping[int, NDArray[np.float32]]:
        """None."""
        return {}

    def write(self, path: Path) -> None:
        """Write it as ONNX: the packaged graph between nodes that prepare its inputs."""
        core = compose.add_prefix(
            onnx.load(get_folder("models") / _MODEL / "model.onnx"), "physics/"
        )
        nodes, sigma0 = self._convert()
        before = [
            helper.make_node("Gather", ["inputs", "vv_number"], ["vv"], axis=1),
            helper.make_node("Gather", ["inputs", "angle_number"], ["angle"], axis=1),
            *nodes,
            helper.make_node("Shape", ["angle"], ["shape"]),
            helper.make_node(
                "ConstantOfShape", ["shape"], ["ndvi"], value=_hold([self._ndvi], "value")
            ),
            helper.make_node("Concat", [sigma0, "angle", "ndvi"], ["physics/inputs"], axis=1),
        ]
        after = [
            helper.make_node("Gather", ["physics/outputs", "first"], ["estimate"], axis=1),
            helper.make_node("Add", ["estimate", "offset"], ["sm"]),
        ]
        numbers = {"vv_number": self._vv, "angle_number": self._angle, "first": 0}
        constants = [
            numpy_helper.from_array(np.array([value]), name) for name, value in numbers.items()
        ]
        constants += [
            _hold([self._offset], "offset"),
            _hold([np.pi / 180], "radian"),
            _hold([10 / np.log(10)], "decibel"),
        ]
        graph = helper.make_graph(
            [*before, *core.graph.node, *after],
            "soil_moisture",
            [helper.make_tensor_value_info("inputs", TensorProto.FLOAT, ["n", self._width])],
            [helper.make_tensor_value_info("sm", TensorProto.FLOAT, ["n", 1])],
            [*constants, *core.graph.initializer],
        )
        model = helper.make_model(
            graph,
            producer_name="smmap",
            opset_imports=[helper.make_opsetid("", _OPSET)],
            ir_version=8,
        )
        onnx.checker.check_model(model, full_check=True)
        write_atomic(path, model.SerializeToString(deterministic=True))

    def _convert(self) -> tuple[list[onnx.NodeProto], str]:
        """Nodes from the table's backscatter to sigma0 in decibels, and where it then is."""
        if not self._is_gamma0:
            return [], "vv"
        nodes = [
            helper.make_node("Mul", ["angle", "radian"], ["angle_rad"]),
            helper.make_node("Cos", ["angle_rad"], ["cosine"]),
            helper.make_node("Log", ["cosine"], ["logarithm"]),
            helper.make_node("Mul", ["logarithm", "decibel"], ["cosine_db"]),
            helper.make_node("Add", ["vv", "cosine_db"], ["sigma0_db"]),
        ]
        return nodes, "sigma0_db"


def _hold(values: list[float], name: str) -> onnx.TensorProto:
    return numpy_helper.from_array(np.array(values, dtype=np.float32), name)
