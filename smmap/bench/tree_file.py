"""Writes flat trees as ONNX: ``TreeEnsemble`` of ai.onnx.ml 5, the form that holds large forests.

Source: https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsemble.html
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import AttributeProto, TensorProto, helper, numpy_helper

from smmap.bench.forest_arrays import ForestArrays
from smmap.spec.errors import ModelError

_DOMAIN = "ai.onnx.ml"
_LEQ, _LT = 0, 1
_AVERAGE, _SUM = 0, 1


def write_trees(path: Path, forest: ForestArrays) -> None:
    """Write the forest; its base value is an ``Add`` behind the trees.

    Raises
    ------
    ModelError
        If a tree has no branch: the operator has no form for it.
    """
    starts = np.concatenate([[0], np.cumsum(forest.sizes)])
    leaf = forest.left < 0
    if leaf[starts[:-1]].any():
        raise ModelError(f"{path}: a tree of it has no branch; grow it on more rows")
    number = np.where(leaf, np.cumsum(leaf), np.cumsum(~leaf)) - 1
    tree_start = np.repeat(starts[:-1], forest.sizes)[~leaf]
    node = onnx.NodeProto(op_type="TreeEnsemble", domain=_DOMAIN, input=["x"], output=["trees"])
    for side, child in (("true", forest.left), ("false", forest.right)):
        at = child[~leaf] + tree_start
        _add_integers(node, f"nodes_{side}nodeids", number[at])
        _add_integers(node, f"nodes_{side}leafs", leaf[at])
    _add_integers(node, "nodes_featureids", forest.feature[~leaf])
    if forest.missing_left.any():
        _add_integers(node, "nodes_missing_value_tracks_true", forest.missing_left[~leaf])
    modes = np.full(int((~leaf).sum()), _LT if forest.strict else _LEQ, np.uint8)
    _add_tensor(node, "nodes_modes", modes)
    _add_tensor(node, "nodes_splits", forest.threshold[~leaf])
    _add_integers(node, "tree_roots", number[starts[:-1]])
    _add_integers(node, "leaf_targetids", np.zeros(int(leaf.sum()), np.int64))
    _add_tensor(node, "leaf_weights", forest.value[leaf])
    node.attribute.append(helper.make_attribute("n_targets", 1))
    aggregate = _AVERAGE if forest.average else _SUM
    node.attribute.append(helper.make_attribute("aggregate_function", aggregate))
    onnx.save(_wrap(node, forest), path)


def _wrap(node: Any, forest: ForestArrays) -> Any:
    base = numpy_helper.from_array(np.array([forest.base], np.float32), "base")
    add = helper.make_node("Add", ["trees", "base"], ["y"])
    graph = helper.make_graph(
        [],
        "soil_moisture",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", forest.inputs])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 1])],
        [base],
    )
    graph.node.extend([node, add])
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(_DOMAIN, 5)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9, producer_name="smmap")


def _add_integers(node: Any, name: str, values: NDArray[Any]) -> None:
    # Not by the helper: it looks at every number on its own.
    attribute = AttributeProto(name=name, type=AttributeProto.INTS)
    attribute.ints.extend(values.astype(np.int64).tolist())
    node.attribute.append(attribute)


def _add_tensor(node: Any, name: str, values: NDArray[Any]) -> None:
    node.attribute.append(helper.make_attribute(name, numpy_helper.from_array(values, name)))
