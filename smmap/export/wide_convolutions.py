"""Convolutions along a row, written as those of images one pixel high."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import onnx

from smmap.export.graph_constants import Constants, add_constant, list_constants, replace_nodes

_ELEMENTWISE = frozenset({"Relu", "LeakyRelu", "Elu", "Sigmoid", "Tanh"})
"""Operators that work on any shape."""
_ACROSS: dict[str, list[int]] = {
    "kernel_shape": [1],
    "dilations": [1],
    "strides": [1],
    "pads": [0, 0],
}
"""Attribute of a convolution -> what it is across the row; pads before and behind."""


def widen_convolutions(model: Any) -> Any:
    """A copy of an ONNX model whose convolutions of (n, layers, x) are of (n, layers, 1, x).

    They give the same. But only those of images ONNX Runtime runs in a layout made for the
    processor's vectors; of the others it makes products, one for each row of the batch, which are
    too small to be fast. From one convolution to the next values stay images, through whatever
    works on each by itself.

    Parameters
    ----------
    model
        ``onnx.ModelProto`` of operator set 13 or later, without branches.
    """
    widened = copy.deepcopy(model)
    graph = widened.graph
    constants = list_constants(graph)
    axis = add_constant(graph, "image_axis", np.array([2], np.int64))
    images: dict[str, str] = {}  # what a row is called -> what it is called as an image
    rows: set[str] = set()  # those of them that are there as rows as well
    nodes: list[Any] = []

    def need_row(name: str) -> None:
        if name in images and name not in rows:
            nodes.append(onnx.helper.make_node("Squeeze", [images[name], axis], [name]))
            rows.add(name)

    for node in graph.node:
        first = node.input[0] if node.input else ""
        along = _runs_along(node, constants)
        if along and first not in images:
            images[first] = f"{first}_image"
            rows.add(first)
            nodes.append(onnx.helper.make_node("Unsqueeze", [first, axis], [images[first]]))
        if along or (node.op_type in _ELEMENTWISE and first in images):
            image = _widen(node, graph, constants) if along else copy.deepcopy(node)
            image.input[0] = images[first]
            image.output[0] = images[node.output[0]] = f"{node.output[0]}_image"
            nodes.append(image)
        else:
            for name in node.input:
                need_row(name)
            nodes.append(node)
    for output in graph.output:
        need_row(output.name)
    replace_nodes(graph, copy.deepcopy(nodes))
    return widened


def _runs_along(node: Any, constants: Constants) -> bool:
    """Whether it is a convolution of (n, layers, x)."""
    weights = constants.get(node.input[1]) if node.op_type == "Conv" else None
    return weights is not None and weights.ndim == 3


def _widen(node: Any, graph: Any, constants: Constants) -> Any:
    wide = copy.deepcopy(node)
    weights = node.input[1]  # (filters, layers, x)
    wide.input[1] = add_constant(graph, f"{weights}_image", constants[weights][:, :, None])
    for one in wide.attribute:
        if one.name in _ACROSS:
            pairs = zip(_ACROSS[one.name], list(one.ints), strict=True)
            one.ints[:] = [size for pair in pairs for size in pair]
    return wide
