"""Finds the tree operator in an ONNX file, and what stands before and behind it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.spec.errors import ModelError, UnsuitedError

OPERATORS = ("TreeEnsembleRegressor", "TreeEnsemble")
_FLOAT = 1
"""TensorProto.FLOAT"""
_ONE_COLUMN = ([-1], [-1, 1], [0, 1], [0, -1])


@dataclass(frozen=True)
class Words:
    """A list of strings, most of them alike."""

    known: dict[bytes, int]
    """Each different one, and its number."""
    numbers: NDArray[np.int32]
    """(n,)"""


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
    """Names of the files that hold its tensors, beside the ONNX file."""


def load_tree_node(path: Path) -> TreeNode:
    """Read an ONNX file whose first output is a tree ensemble of its one input.

    Raises
    ------
    UnsuitedError
        If the file is not that, or is not ONNX.
    """
    # Imported here: a packed model is opened without it.
    import onnx
    from google.protobuf.message import DecodeError

    try:
        graph = onnx.load(path, load_external_data=False).graph
    except (OSError, DecodeError, ValueError) as error:
        reason = str(error)
    else:
        return _find(graph, path)
    raise UnsuitedError(f"{path}: not an ONNX file ({reason})")


def _find(graph: Any, path: Path) -> TreeNode:
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
        if node.op_type in OPERATORS and node.domain == "ai.onnx.ml" and found is None:
            found = node
        elif node.op_type == "Add" and not node.domain and found is None and added is None:
            of = [one in constants for one in node.input]
            if of not in ([False, True], [True, False]):
                raise UnsuitedError(f"{path}: adds something that is not a constant")
            name = node.input[of.index(False)]
            added = _read_constant(constants[node.input[of.index(True)]], path)
        elif not _keeps_values(node):
            raise UnsuitedError(f"{path}: has a {node.op_type} beside its trees")
        elif node.op_type not in ("Identity", "Cast"):
            one_column = True
            if found is not None or not _is_one_column(node, constants, path):
                raise UnsuitedError(f"{path}: reshapes its pixels, or its output unusually")
    if found is None or seen != len(graph.node):
        raise UnsuitedError(f"{path}: not a tree ensemble alone")
    shape = inputs[0].type.tensor_type.shape.dim
    if len(shape) != 2:
        raise UnsuitedError(f"{path}: its input is not (n, features)")
    width = shape[1].dim_value if shape[1].HasField("dim_value") else 0
    return TreeNode(
        operator=found.op_type,
        attributes={one.name: _convert(one, path) for one in found.attribute},
        features=width if width > 0 else None,
        added=added,
        one_column=one_column,
        external=_list_external(found),
    )


def _convert(attribute: Any, path: Path) -> Value:
    """The attribute without its message, which takes several times the memory."""
    if attribute.HasField("t"):
        return load_tensor(attribute.t, path)
    if attribute.floats:
        return np.fromiter(attribute.floats, np.float32, len(attribute.floats))
    if attribute.strings:
        known: dict[bytes, int] = {}
        codes = (known.setdefault(word, len(known)) for word in attribute.strings)
        return Words(known, np.fromiter(codes, np.int32, len(attribute.strings)))
    if attribute.HasField("i"):
        return int(attribute.i)
    if attribute.HasField("s"):
        return bytes(attribute.s)
    if attribute.HasField("f"):
        return float(attribute.f)
    numbers = np.fromiter(attribute.ints, np.int64, len(attribute.ints))
    small = numbers.astype(np.int32)
    return small if np.array_equal(small, numbers) else numbers


def _keeps_values(node: Any) -> bool:
    if node.domain or node.op_type not in ("Identity", "Cast", "Reshape", "Flatten", "Squeeze"):
        return False
    return node.op_type != "Cast" or any(a.name == "to" and a.i == _FLOAT for a in node.attribute)


def _is_one_column(node: Any, constants: dict[str, Any], path: Path) -> bool:
    """Whether the node leaves one column in order."""
    if node.op_type == "Flatten":
        return all(attribute.i == 1 for attribute in node.attribute)
    if node.op_type == "Reshape":
        if len(node.input) != 2 or node.input[1] not in constants:
            return False
        return load_tensor(constants[node.input[1]], path).ravel().tolist() in _ONE_COLUMN
    if len(node.input) == 2:
        axes = load_tensor(constants[node.input[1]], path) if node.input[1] in constants else [0]
        return np.ravel(axes).tolist() in ([1], [-1])
    return [list(one.ints) for one in node.attribute] in ([[1]], [[-1]])


def _read_constant(tensor: Any, path: Path) -> NDArray[np.float32]:
    values = load_tensor(tensor, path)
    width = values.shape[-1] if values.ndim else 1
    if values.dtype != np.float32 or values.ndim > 2 or values.size != width:
        raise UnsuitedError(f"{path}: adds a constant that is not one row of float32")
    return np.asarray(values.ravel(), np.float32)


def load_tensor(tensor: Any, path: Path) -> NDArray[Any]:
    """A tensor's values; external ones are read from beside ``path``.

    Raises
    ------
    ModelError
        If it is damaged: data that do not fit its shape or cannot be read.
    """
    from onnx import numpy_helper
    from onnx.checker import ValidationError

    try:
        return np.asarray(numpy_helper.to_array(tensor, str(path.parent)))
    except (ValueError, TypeError, KeyError, OSError, OverflowError, ValidationError) as error:
        reason = str(error)
    raise ModelError(f"{path}: tensor '{tensor.name}' cannot be read ({reason})")


def _list_external(node: Any) -> tuple[str, ...]:
    entries = (entry for one in node.attribute for entry in one.t.external_data)
    return tuple(dict.fromkeys(entry.value for entry in entries if entry.key == "location"))
