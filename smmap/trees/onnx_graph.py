"""Finds the tree operator in an ONNX file, and what stands before and behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.spec.errors import UnsuitedError
from smmap.trees.beside import read_checksums
from smmap.trees.schema import DOMAIN, find_misfit
from smmap.trees.tensors import Tensors
from smmap.trees.wire import Lists, Span, Wire, Words, read_lists

OPERATORS = ("TreeEnsembleRegressor", "TreeEnsemble")
_GRAPH, _NODE, _ATTRIBUTE, _OPSET, _PROPERTY = 7, 1, 5, 8, 14
"""Numbers of fields: ModelProto.graph, GraphProto.node, NodeProto.attribute,
ModelProto.opset_import, ModelProto.metadata_props."""
_FLOAT = 1
"""TensorProto.FLOAT"""
_ONE_COLUMN = ([-1], [-1, 1], [0, 1], [0, -1])


Value = int | float | bytes | Words | NDArray[Any]
"""An attribute: lists of numbers and tensors as arrays."""


@dataclass(frozen=True)
class TreeNode:
    """The operator as the file has it."""

    operator: str
    """One of ``OPERATORS``."""
    attributes: dict[str, Value]
    """By name."""
    features: int | None
    """Columns of the graph's input; None where it leaves them open."""
    added: NDArray[np.float32] | None
    """What an ``Add`` behind the operator adds: () or (targets,)."""
    one_column: bool
    """True: something behind it gives the output a shape that holds for one target only."""
    external: tuple[str, ...]
    """Names of the files, beside the ONNX file, from which its tensors and constants were read."""
    checksums: Mapping[str, str]
    """SHA-256 of those of them for which the ONNX file gives it."""


@dataclass(frozen=True)
class _Attribute:
    head: Any
    """The message without its lists."""
    lists: Lists
    """Its lists."""
    tensor: Any
    """Its tensor's message, or None."""


def load_tree_node(path: Path) -> TreeNode:
    """Read an ONNX file whose first output is a tree ensemble of its one input.

    Raises
    ------
    UnsuitedError
        If the file is not that, or is not ONNX.
    """
    # Imported here: a packed model is opened without it.
    from google.protobuf.message import DecodeError

    try:
        with Wire(path) as wire:
            return _find(*_load_graph(wire), _load_version(wire), _load_checksums(wire), path)
    except (OSError, DecodeError, ValueError) as error:
        reason = str(error)
    raise UnsuitedError(f"{path}: not an ONNX file ({reason})")


def _load_graph(wire: Wire) -> tuple[Any, dict[str, list[_Attribute]]]:
    """The graph without the attributes of tree operators, and these by the operator's output."""
    import onnx

    graphs = [field for field in wire.list_fields(wire.whole) if field.number == _GRAPH]
    if len(graphs) != 1:
        raise ValueError(f"holds {len(graphs)} graphs")
    rest, nodes = wire.read_but(graphs[0], _NODE)
    graph = onnx.GraphProto.FromString(rest)
    lists: dict[str, list[_Attribute]] = {}
    for span in nodes:
        rest, attributes = wire.read_but(span, _ATTRIBUTE)
        node = onnx.NodeProto.FromString(rest)
        if node.op_type in OPERATORS and node.output:
            lists[node.output[0]] = [_load_attribute(wire, one) for one in attributes]
        else:
            node = onnx.NodeProto.FromString(wire.read(span))
        graph.node.append(node)
    return graph, lists


def _load_version(wire: Wire) -> int:
    """Version of the trees' domain; 0 where the model does not import it."""
    import onnx

    imported = (
        onnx.OperatorSetIdProto.FromString(wire.read(field))
        for field in wire.list_fields(wire.whole)
        if field.number == _OPSET and field.nested
    )
    return max((one.version for one in imported if one.domain == DOMAIN), default=0)


def _load_checksums(wire: Wire) -> dict[str, str]:
    import onnx

    properties = (
        onnx.StringStringEntryProto.FromString(wire.read(field))
        for field in wire.list_fields(wire.whole)
        if field.number == _PROPERTY and field.nested
    )
    return read_checksums({one.key: one.value for one in properties})


def _load_attribute(wire: Wire, span: Span) -> _Attribute:
    import onnx

    lists = read_lists(wire.read(span))
    tensor = None if lists.tensor is None else onnx.TensorProto.FromString(lists.tensor)
    return _Attribute(
        onnx.AttributeProto.FromString(lists.rest), replace(lists, tensor=None), tensor
    )


def _find(
    graph: Any,
    lists: Mapping[str, list[_Attribute]],
    version: int,
    checksums: Mapping[str, str],
    path: Path,
) -> TreeNode:
    tensors = Tensors(path)
    _check_names(graph, path)
    makers = {name: node for node in graph.node for name in node.output}
    constants = {one.name: one for one in graph.initializer}
    inputs = [one for one in graph.input if one.name not in constants]
    if len(inputs) != 1 or not graph.output or inputs[0].type.tensor_type.elem_type != _FLOAT:
        raise UnsuitedError(f"{path}: does not take one float32 input")
    added: NDArray[np.float32] | None = None
    one_column = False
    seen = 0
    found: Any = None
    name = graph.output[0].name
    while name != inputs[0].name:
        node = makers.pop(name, None)
        if node is None or not node.input:
            raise UnsuitedError(f"{path}: its output is not made of its input alone")
        seen += 1
        name = node.input[0]
        if node.op_type in OPERATORS and node.domain == DOMAIN and found is None:
            found = node
        elif node.op_type == "Add" and not node.domain and found is None and added is None:
            of = [one in constants for one in node.input]
            if of not in ([False, True], [True, False]):
                raise UnsuitedError(f"{path}: adds something that is not a constant")
            name = node.input[of.index(False)]
            added = _read_constant(constants[node.input[of.index(True)]], tensors)
        elif not _keeps_values(node):
            raise UnsuitedError(f"{path}: has a {node.op_type} beside its trees")
        elif node.op_type not in ("Identity", "Cast"):
            one_column = True
            if found is not None or not _is_one_column(node, constants, tensors):
                raise UnsuitedError(f"{path}: reshapes its pixels, or its output unusually")
    if found is None or seen != len(graph.node):
        raise UnsuitedError(f"{path}: not a tree ensemble alone")
    shape = inputs[0].type.tensor_type.shape.dim
    if len(shape) != 2:
        raise UnsuitedError(f"{path}: its input is not (n, features)")
    attributes = lists[found.output[0]]
    misfit = find_misfit(found.op_type, version, [one.head for one in attributes])
    if misfit is not None:
        raise UnsuitedError(f"{path}: {found.op_type} {misfit}")
    width = shape[1].dim_value if shape[1].HasField("dim_value") else 0
    return TreeNode(
        operator=found.op_type,
        attributes={one.head.name: _convert(one, tensors) for one in attributes},
        features=width if width > 0 else None,
        added=added,
        one_column=one_column,
        external=tuple(tensors.files),
        checksums=checksums,
    )


def _check_names(graph: Any, path: Path) -> None:
    """Each name stands for one thing; which of two it stands for, ONNX Runtime may decide."""
    made = (name for node in graph.node for name in node.output if name)
    given = (one.name for one in graph.initializer)
    sparse = (one.values.name for one in graph.sparse_initializer)
    names = [*made, *given, *sparse]
    if len(set(names)) != len(names):
        raise UnsuitedError(f"{path}: gives two values one name")


def _convert(attribute: _Attribute, tensors: Tensors) -> Value:
    """What its type says that it holds: a list that is empty is not there."""
    from onnx import AttributeProto as Kind

    head, lists = attribute.head, attribute.lists
    if head.type == Kind.TENSOR and attribute.tensor is not None:
        return tensors.load(attribute.tensor)
    values = {Kind.FLOATS: lists.floats, Kind.STRINGS: lists.words, Kind.INTS: lists.ints}
    found = values.get(head.type)
    if found is not None:
        return found
    numbers: dict[int, Value] = {
        Kind.INT: int(head.i),
        Kind.STRING: bytes(head.s),
        Kind.FLOAT: float(head.f),
    }
    return numbers.get(head.type, np.zeros(0, np.int32))


def _keeps_values(node: Any) -> bool:
    if node.domain or node.op_type not in ("Identity", "Cast", "Reshape", "Flatten", "Squeeze"):
        return False
    return node.op_type != "Cast" or any(a.name == "to" and a.i == _FLOAT for a in node.attribute)


def _is_one_column(node: Any, constants: dict[str, Any], tensors: Tensors) -> bool:
    """Whether the node leaves one column in order."""
    if node.op_type == "Flatten":
        return all(attribute.i == 1 for attribute in node.attribute)
    if node.op_type == "Reshape":
        if len(node.input) != 2 or node.input[1] not in constants:
            return False
        return tensors.load(constants[node.input[1]]).ravel().tolist() in _ONE_COLUMN
    if len(node.input) == 2:
        axes = tensors.load(constants[node.input[1]]) if node.input[1] in constants else [0]
        return np.ravel(axes).tolist() in ([1], [-1])
    return [list(one.ints) for one in node.attribute] in ([[1]], [[-1]])


def _read_constant(tensor: Any, tensors: Tensors) -> NDArray[np.float32]:
    values = tensors.load(tensor)
    width = values.shape[-1] if values.ndim else 1
    if values.dtype != np.float32 or values.ndim > 2 or values.size != width:
        raise UnsuitedError(f"{tensors.path}: adds a constant that is not one row of float32")
    return np.asarray(values.ravel(), np.float32)
