"""A packed forest as ONNX standard operators, for devices on which nothing knows trees.

All trees of a block go down together, one level after the other: a pixel's node in a tree says
which of its values to look at, with what to compare it, and where its left child lies; the right
one is behind that, and a leaf leads to itself. Nodes are tables, one row a node; pixels are whole
numbers in the order of the floats (``image.py``), so that every comparison is exact, those of NaN,
infinities and denormals too. Only the sums are rounded otherwise than in the kernels: a block's
leaves are added in the device's order.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from onnx import GraphProto, ModelProto, TensorProto, helper, numpy_helper

from smmap.spec.errors import UnsuitedError
from smmap.trees.image import compute_image
from smmap.trees.packed import Packed

TOGETHER = 256
"""Trees of a block: for each, a batch has some five numbers a pixel in memory."""
ROWS = "rows"
"""Name of the input that changes from batch to batch."""
_SIGN = np.uint32(0x80000000)
"""Turns the order of whole numbers without sign into that of those with."""
_LEAF_KEY = 255


def check_suited(packed: Packed, name: str) -> None:
    """An UnsuitedError where the graph cannot hold the forest."""
    arrays = packed.arrays
    if packed.targets != 1 or (arrays["trees"]["target"] != 0).any():
        raise UnsuitedError(f"{name}: has several targets, or none")
    if len(arrays["nodes"]) > np.iinfo(np.int32).max:
        raise UnsuitedError(f"{name}: has more than two thousand million nodes")


def compute_tables(packed: Packed) -> dict[str, NDArray[np.int32] | NDArray[np.float32]]:
    """The nodes of all trees: ``left``, ``column``, ``key`` and ``leaf``, each (nodes,)."""
    arrays = packed.arrays
    n = len(arrays["nodes"])
    left, column, key = np.zeros((3, n), np.int32)
    leaf = np.zeros(n, np.float32)
    kinds, places = _list_kinds(packed)
    for tree in arrays["trees"]:
        first = int(tree["first"])
        span = slice(first, first + int(tree["size"]))
        nodes = arrays["nodes"][span]
        where = (nodes >> np.uint64(32)).astype(np.uint32) if packed.wide else nodes >> np.uint32(8)
        child = where >> np.uint32(packed.bits)
        is_leaf = child == np.arange(len(nodes))
        looks_at = (where & np.uint32((1 << packed.bits) - 1))[~is_leaf]
        if packed.wide:
            number = nodes.astype(np.uint32)
            leaf[span][is_leaf] = number.view(np.float32)[is_leaf]
            number = number[~is_leaf]
        else:
            leaf[span][is_leaf] = arrays["values"][span].view(np.float32)[is_leaf]
            rank = (nodes & np.uint32(_LEAF_KEY))[~is_leaf]
            number = arrays["cuts"][arrays["columns"]["first"][looks_at] + rank]
        left[span] = child + np.uint32(first)
        column[span] = len(kinds)
        column[span][~is_leaf] = places[looks_at]
        key[span][~is_leaf] = (number ^ _SIGN).view(np.int32)
    return {"left": left, "column": column, "key": key, "leaf": leaf}


def compute_rows(pixels: NDArray[np.float32], packed: Packed) -> NDArray[np.int32]:
    """What the graph takes of pixels.

    Parameters
    ----------
    pixels
        (n, features), NaN where missing.

    Returns
    -------
    ndarray
        (n, columns) a value for each feature and direction of NaN; the last, of leaves, is below
        all keys.
    """
    kinds, _ = _list_kinds(packed)
    gaps = np.isnan(pixels)
    image = compute_image(np.where(gaps, np.float32(0), pixels)) + np.uint32(1)
    rows = np.zeros((len(pixels), len(kinds) + 1), np.uint32)
    for place, (feature, missing) in enumerate(kinds.tolist()):
        fill = np.uint32(0xFFFFFFFF if missing else 0)
        rows[:, place] = np.where(gaps[:, feature], fill, image[:, feature])
    return (rows ^ _SIGN).view(np.int32)


def count_columns(packed: Packed) -> int:
    """Columns of `compute_rows`."""
    return len(_list_kinds(packed)[0]) + 1


def build_graph(packed: Packed, together: int = TOGETHER) -> bytes:
    """The model: ``rows`` (n, columns) int32 and the tables to ``y`` (n, 1) float32."""
    trees = packed.arrays["trees"]
    graph = helper.make_graph([], "trees", [], [])
    total = ""
    for number, start in enumerate(range(0, len(trees), together)):
        found = _add_block(graph, f"b{number}", trees[start : start + together])
        if total:
            graph.node.append(helper.make_node("Add", [total, found], [f"total{number}"]))
            found = f"total{number}"
        total = found
    base = np.asarray(packed.arrays["base"], np.float32)
    if packed.average:
        _add_constant(graph, "count", np.array([len(trees)], np.float32))
        graph.node.append(helper.make_node("Div", [total, "count"], ["mean"]))
        total = "mean"
    _add_constant(graph, "base", base)
    _add_constant(graph, "axes", np.array([1], np.int64))
    graph.node.append(helper.make_node("Add", [total, "base"], ["y"]))
    kinds = {"left": TensorProto.INT32, "column": TensorProto.INT32, "key": TensorProto.INT32}
    for name, kind in {**kinds, "leaf": TensorProto.FLOAT}.items():
        graph.input.append(helper.make_tensor_value_info(name, kind, [len(packed.arrays["nodes"])]))
    shape: list[str | int | None] = ["n", count_columns(packed)]
    graph.input.append(helper.make_tensor_value_info(ROWS, TensorProto.INT32, shape))
    graph.output.append(helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 1]))
    opset = helper.make_opsetid("", 17)
    model: ModelProto = helper.make_model(graph, opset_imports=[opset], ir_version=8)
    return bytes(model.SerializeToString())


def _add_block(graph: GraphProto, name: str, trees: NDArray[np.void]) -> str:
    """Some trees from their roots to the sum of their leaves, (n, 1)."""
    _add_constant(graph, f"{name}_root", trees["first"].astype(np.int32))
    node = f"{name}_root"
    operators = []
    for level in range(max(1, int(trees["depth"].max()))):
        here = f"{name}_{level}"
        # All pixels are at the roots at first; then each is at a node of its own.
        take = ("Gather", "GatherElements")[level > 0]
        operators += [
            helper.make_node("Gather", ["column", node], [f"{here}_column"]),
            helper.make_node(take, [ROWS, f"{here}_column"], [f"{here}_value"], axis=1),
            helper.make_node("Gather", ["key", node], [f"{here}_key"]),
            helper.make_node("Less", [f"{here}_key", f"{here}_value"], [f"{here}_right"]),
            helper.make_node("Cast", [f"{here}_right"], [f"{here}_step"], to=TensorProto.INT32),
            helper.make_node("Gather", ["left", node], [f"{here}_left"]),
            helper.make_node("Add", [f"{here}_left", f"{here}_step"], [f"{here}_node"]),
        ]
        node = f"{here}_node"
    operators += [
        helper.make_node("Gather", ["leaf", node], [f"{name}_leaf"]),
        helper.make_node("ReduceSum", [f"{name}_leaf", "axes"], [f"{name}_sum"], keepdims=1),
    ]
    graph.node.extend(operators)
    return f"{name}_sum"


def _add_constant(graph: GraphProto, name: str, values: NDArray[np.generic]) -> None:
    graph.initializer.append(numpy_helper.from_array(values, name))


def _list_kinds(packed: Packed) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """What branches look at.

    Returns
    -------
    kinds, places
        (kinds, 2) feature, and 1 where a NaN is above all keys; (columns,) the kind of each of the
        kernels' columns, of which ranks may need several.
    """
    columns = packed.arrays["columns"]
    pairs = np.stack([columns["feature"].astype(np.int64), columns["missing"] != 0], axis=1)
    kinds, places = np.unique(pairs.astype(np.int64), axis=0, return_inverse=True)
    return kinds, places.ravel().astype(np.int32)
