"""Small ONNX files whose answers can be worked out by hand, and packages around them."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import yaml
from onnx import TensorProto, helper

Save = Callable[..., Path]
NAMES = ("vv_db", "incidence_deg", "ndvi")


def _save(
    nodes: list[Any], initializers: list[Any], features: Any, columns: int, path: Path
) -> Path:
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", features])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", columns])],
        initializers,
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=9), path)
    return path


@pytest.fixture(scope="session")
def save_linear() -> Save:
    """y = x W + b, W (features, columns)."""

    def save(path: Path, weights: Any, bias: Sequence[float], features: Any = None) -> Path:
        matrix = np.asarray(weights, np.float32)
        initializers = [
            onnx.numpy_helper.from_array(matrix, "w"),
            onnx.numpy_helper.from_array(np.asarray(bias, np.float32), "b"),
        ]
        nodes = [
            helper.make_node("MatMul", ["x", "w"], ["h"]),
            helper.make_node("Add", ["h", "b"], ["y"]),
        ]
        return _save(nodes, initializers, features or len(matrix), matrix.shape[1], path)

    return save


@pytest.fixture(scope="session")
def save_tree() -> Save:
    """One tree on the first of three features: below 0.5 0.1, else 0.3; NaN goes as told."""

    def save(path: Path, *, missing_is_below: bool) -> Path:
        node = helper.make_node(
            "TreeEnsembleRegressor",
            ["x"],
            ["y"],
            domain="ai.onnx.ml",
            n_targets=1,
            nodes_treeids=[0, 0, 0],
            nodes_nodeids=[0, 1, 2],
            nodes_featureids=[0, 0, 0],
            nodes_modes=["BRANCH_LT", "LEAF", "LEAF"],
            nodes_values=[0.5, 0.0, 0.0],
            nodes_truenodeids=[1, 0, 0],
            nodes_falsenodeids=[2, 0, 0],
            nodes_hitrates=[1.0, 1.0, 1.0],
            nodes_missing_value_tracks_true=[int(missing_is_below), 0, 0],
            target_ids=[0, 0],
            target_nodeids=[1, 2],
            target_treeids=[0, 0],
            target_weights=[0.1, 0.3],
        )
        return _save([node], [], 3, 1, path)

    return save


def digest(path: Path) -> str:
    """SHA-256."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="session")
def write_package() -> Callable[..., Path]:
    """A card and golden rows around ONNX files that lie in the folder already."""

    def write(
        folder: Path,
        golden: tuple[Any, Any],
        files: Sequence[str] = ("model.onnx",),
        weights: Sequence[float] | None = None,
        **changes: Any,
    ) -> Path:
        np.savez(
            folder / "golden.npz",
            inputs=np.asarray(golden[0], np.float32),
            outputs=np.asarray(golden[1], np.float32),
        )
        card = {
            "name": "trial",
            "version": "1",
            "title": "Trial",
            "description": "For tests.",
            "architecture": "none",
            "licence": "Apache-2.0",
            "radiometry": "sigma0_ellipsoid",
            "missing": "invalid",
            "inputs": [{"name": name, "feature": "ndvi", "units": "1"} for name in NAMES],
            "members": [
                {"file": file, "sha256": digest(folder / file), "weight": weight}
                for file, weight in zip(files, weights or [1.0] * len(files), strict=True)
            ],
            "output": {},
            "golden": {"file": "golden.npz", "sha256": digest(folder / "golden.npz")},
        }
        (folder / "card.yaml").write_text(yaml.safe_dump(card | changes))
        return folder

    return write
