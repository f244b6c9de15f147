"""What is constant in an ONNX graph, and what nothing uses any more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

Constants = dict[str, NDArray[Any]]
"""Values that do not depend on the input, by name."""


def list_constants(graph: Any) -> Constants:
    """Initialisers and constants of an ``onnx.GraphProto``."""
    values = {one.name: onnx.numpy_helper.to_array(one) for one in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant" and node.attribute[0].name == "value":
            values[node.output[0]] = onnx.numpy_helper.to_array(node.attribute[0].t)
    return values


def add_constant(graph: Any, name: str, value: NDArray[Any]) -> str:
    """Add an initialiser, unless there is one of that name; its name."""
    if all(one.name != name for one in graph.initializer):
        graph.initializer.append(onnx.numpy_helper.from_array(np.ascontiguousarray(value), name))
    return name


def skip_copies(graph: Any) -> None:
    """Let nodes take initialisers themselves: PyTorch gives those that are equal other names."""
    originals = {one.name: one.name for one in graph.initializer}
    for node in graph.node:
        if node.op_type == "Identity" and node.input[0] in originals:
            originals[node.output[0]] = originals[node.input[0]]
        for index, name in enumerate(node.input):
            node.input[index] = originals.get(name, name)


def replace_nodes(graph: Any, nodes: Sequence[Any]) -> None:
    """Give a graph without branches other nodes, less those that lead to no output.

    Initialisers that none of them takes go as well.
    """
    used = {one.name for one in graph.output}
    kept = []
    for node in reversed(nodes):
        if used.intersection(node.output):
            kept.append(node)
            used.update(node.input)
    del graph.node[:]
    graph.node.extend(reversed(kept))
    weights = [type(one).FromString(one.SerializeToString()) for one in graph.initializer]
    del graph.initializer[:]
    graph.initializer.extend(one for one in weights if one.name in used)


def has_branches(graph: Any) -> bool:
    """Whether some node holds graphs of its own, which may take values from this one."""
    kinds = (onnx.AttributeProto.GRAPH, onnx.AttributeProto.GRAPHS)
    return any(one.type in kinds for node in graph.node for one in node.attribute)
