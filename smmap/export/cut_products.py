"""Products cut where their columns part, as in gated linear units."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Mapping
from itertools import accumulate, pairwise
from typing import Any

import onnx

from smmap.export.graph_constants import (
    Constants,
    add_constant,
    list_constants,
    replace_nodes,
    skip_copies,
)

Part = tuple[int, int, str]
"""First column, the one behind the last, and what they are called."""


def cut_products(model: Any) -> Any:
    """A copy of an ONNX model that makes no product only to take its columns apart.

    A layer whose halves go two ways, one of them through a sigmoid, becomes two layers: nothing
    is copied, and ONNX Runtime takes the sigmoid into the product. A batch norm behind the product
    is cut with it.

    Parameters
    ----------
    model
        ``onnx.ModelProto`` of operator set 13 to 17, without branches.
    """
    cut = copy.deepcopy(model)
    graph = cut.graph
    skip_copies(graph)
    constants = list_constants(graph)
    matrices = _list_matrices(model)
    outputs = {one.name for one in graph.output}
    users: dict[str, list[Any]] = defaultdict(list)
    for node in graph.node:
        for name in node.input:
            users[name].append(node)
    nodes: list[Any] = []
    made: set[str] = set()
    for node in graph.node:
        chain = _find_chain(node, users, constants)
        names = {one.output[0] for one in chain}
        parts: list[Part] = []
        if chain and names <= matrices and not names & outputs:
            parts = _find_parts(chain, users, constants)
        for start, stop, name in parts:
            value = node.input[0]
            for one in chain:
                piece = _cut(one, start, stop, graph, constants)
                piece.input[0] = value
                piece.output[0] = value = name if one is chain[-1] else f"{name}_product"
                nodes.append(piece)
            made.add(name)
        if not parts and not made.intersection(node.output):
            nodes.append(node)
    replace_nodes(graph, copy.deepcopy(nodes))
    return cut


def _find_chain(node: Any, users: Mapping[str, list[Any]], constants: Constants) -> list[Any]:
    """A product by constants, and the batch norm that alone uses it; nothing for other nodes."""
    if node.op_type == "BatchNormalization" or not _list_axes(node, constants):
        return []
    behind = users[node.output[0]]
    if [one.op_type for one in behind] == ["BatchNormalization"]:
        return [node, *behind] if _list_axes(behind[0], constants) else []
    return [node]


def _find_parts(
    chain: list[Any], users: Mapping[str, list[Any]], constants: Constants
) -> list[Part]:
    """What takes its columns apart, if nothing else takes them."""
    product = chain[0]
    width = constants[product.input[1]].shape[_list_axes(product, constants)[1]]
    taken = [_list_parts(user, width, constants) for user in users[chain[-1].output[0]]]
    return [part for parts in taken for part in parts] if all(taken) else []


def _list_axes(node: Any, constants: Constants) -> dict[int, int]:
    """Input -> axis of its columns, of all inputs but the first; empty where it cannot be cut."""
    axes: dict[int, int] = {}
    if node.op_type == "MatMul":
        axes = {1: 1}
    elif node.op_type == "Gemm":
        axes = {1: 0 if _get_attributes(node).get("transB") else 1, 2: 0}
    elif node.op_type == "BatchNormalization":
        axes = dict.fromkeys(range(1, 5), 0)
    axes = {index: axis for index, axis in axes.items() if index < len(node.input)}
    for index in axes:
        value = constants.get(node.input[index])
        dimensions = 2 if index == 1 and node.op_type != "BatchNormalization" else 1
        if value is None or value.ndim != dimensions:
            return {}
    return axes


def _list_parts(user: Any, width: int, constants: Constants) -> list[Part]:
    """Columns that a Split or a Slice takes; empty for all else."""
    if not all(name in constants for name in user.input[1:]):
        return []
    numbers = [constants[name].tolist() for name in user.input[1:]]
    if user.op_type == "Split" and _get_attributes(user).get("axis") in (1, -1):
        count = len(user.output)
        sizes = numbers[0] if numbers else [width // count] * count
        bounds = pairwise(accumulate(sizes, initial=0))
        return [(*bound, name) for bound, name in zip(bounds, user.output, strict=True)]
    if user.op_type == "Slice" and numbers[2:] in ([[1]], [[-1]], [[1], [1]], [[-1], [1]]):
        start, stop, _ = slice(numbers[0][0], numbers[1][0]).indices(width)
        return [(start, stop, user.output[0])] if start < stop else []
    return []


def _get_attributes(node: Any) -> dict[str, Any]:
    return {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute}


def _cut(node: Any, start: int, stop: int, graph: Any, constants: Constants) -> Any:
    piece = copy.deepcopy(node)
    piece.name = ""  # names of nodes are unique
    for index, axis in _list_axes(node, constants).items():
        whole = node.input[index]
        columns = constants[whole].take(range(start, stop), axis)
        piece.input[index] = add_constant(graph, f"{whole}_{axis}_{start}_{stop}", columns)
    return piece


def _list_matrices(model: Any) -> set[str]:
    """Values that are known to have two axes."""
    inferred = onnx.shape_inference.infer_shapes(model).graph.value_info
    return {one.name for one in inferred if len(one.type.tensor_type.shape.dim) == 2}
