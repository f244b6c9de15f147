"""Writes a tree ensemble of any size as ONNX, tree by tree."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from onnx import (
    AttributeProto,
    GraphProto,
    ModelProto,
    NodeProto,
    StringStringEntryProto,
    TensorProto,
    helper,
    numpy_helper,
)

from smmap.export.branch_arrays import INTEGERS, TENSORS, compute_branch_arrays
from smmap.export.forest import Forest
from smmap.export.wire import Part, copy_parts, encode_varints, measure, nest
from smmap.spec.errors import ModelError
from smmap.store.atomic import move_atomic, report_store_errors
from smmap.store.checksum import compute_sha256

DATA = ".data"
"""What the name of the file with the tensors ends with."""
CHECKSUM = "sha256:"
"""Before that file's name, the key of its checksum among the model's properties."""
_MODES = {"<=": 0, "<": 1}
_AVERAGE, _SUM = 0, 1
_LARGE = 512 << 20
"""Bytes from which on the tensors go to a file of their own."""
_MOST = (1 << 31) - 1
"""Bytes of a file that protobuf reads."""
_ATTRIBUTE, _INTS, _TENSOR, _RAW, _NODE, _GRAPH = 5, 8, 5, 9, 1, 7
"""Numbers of fields: NodeProto.attribute; AttributeProto.ints, .t; TensorProto.raw_data;
GraphProto.node; ModelProto.graph."""


@dataclass(frozen=True)
class Written:
    """What was written."""

    files: tuple[Path, ...]
    """The ONNX file, and the file with its tensors if they lie apart."""
    trees: int
    """Number of trees."""
    nodes: int
    """Branches and leaves of all trees."""


def write_forest(forest: Forest, path: Path, *, external: bool | None = None) -> Written:
    """Write a forest as one ``TreeEnsemble`` (ai.onnx.ml 5); memory is that of one tree.

    Parameters
    ----------
    forest
        The trees.
    path
        The ONNX file.
    external
        True: thresholds, comparisons and leaves go to ``<path>.data`` beside it, whose checksum
        the file bears; False: it holds all; None: as it holds all in less than half a gigabyte.

    Raises
    ------
    ModelError
        If the forest is damaged, or the file would pass the 2 GB that protobuf reads.
    StoreError
        If it cannot be written.
    """
    with report_store_errors(str(path)), ExitStack() as stack:
        path.parent.mkdir(parents=True, exist_ok=True)
        made = tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent)
        folder = Path(stack.enter_context(made))
        counts = _spool(forest, folder)
        size = measure([folder / name for name in (*INTEGERS, *TENSORS)])
        data = path.with_name(path.name + DATA)
        apart = external if external is not None else size > _LARGE
        files = _join_tensors(folder, data) if apart else {}
        parts = _compose(forest, folder, counts, files)
        if measure(parts) > _MOST:
            raise ModelError(
                f"{path}: {measure(parts) / 1e9:.1f} GB, more than protobuf reads; "
                + ("export fewer trees" if apart else "let its tensors lie in a file of their own")
            )
        with (folder / path.name).open("wb") as file:
            copy_parts(parts, file)
        if apart:
            move_atomic(folder / data.name, data)
        move_atomic(folder / path.name, path)
    written = (path, data) if apart else (path,)
    trees = len(counts["roots"])
    return Written(written, trees, 2 * counts["leaves"] - trees)


def _spool(forest: Forest, folder: Path) -> dict[str, Any]:
    """Every list and tensor to a file of its own; what is counted on the way."""
    branches = leaves = 0
    roots = []
    with ExitStack() as stack:
        spools = {
            name: stack.enter_context((folder / name).open("wb")) for name in (*INTEGERS, *TENSORS)
        }
        for tree in forest.list_trees():
            roots.append(branches)
            arrays = compute_branch_arrays(tree, _MODES[forest.left_if], (branches, leaves))
            if (arrays["nodes_featureids"] >= forest.features).any():
                raise ModelError("a tree looks at an input that there is not; it is damaged")
            for name in INTEGERS:
                spools[name].write(encode_varints(arrays[name]))
            for name, kind in TENSORS.items():
                spools[name].write(arrays[name].astype(kind).tobytes())
            branches += len(arrays["nodes_featureids"])
            leaves += len(arrays["leaf_weights"])
    if not roots:
        raise ModelError("the model holds no tree; train it for a round at least")
    return {"branches": branches, "leaves": leaves, "roots": roots}


def _join_tensors(folder: Path, data: Path) -> dict[str, Any]:
    """One file of all tensors; where each lies in it."""
    places = {}
    with (folder / data.name).open("wb") as file:
        for name in TENSORS:
            places[name] = (file.tell(), measure([folder / name]))
            copy_parts([folder / name], file)
            file.write(bytes(-file.tell() % 64))
    return {"name": data.name, "sha256": compute_sha256(folder / data.name), "places": places}


def _compose(
    forest: Forest, folder: Path, counts: Mapping[str, Any], files: Mapping[str, Any]
) -> list[Part]:
    """The whole file, in parts."""
    aggregate = _AVERAGE if forest.average else _SUM
    node = helper.make_node(
        "TreeEnsemble",
        ["x"],
        ["sum" if forest.base else "y"],
        domain="ai.onnx.ml",
        n_targets=1,
        aggregate_function=aggregate,
        post_transform=0,
        tree_roots=counts["roots"],
    )
    parts: list[Part] = [node.SerializeToString()]
    for name in INTEGERS:
        head = AttributeProto(name=name, type=AttributeProto.INTS).SerializeToString()
        parts += nest(_ATTRIBUTE, [head, *nest(_INTS, [folder / name])])
    for name in TENSORS:
        head = AttributeProto(name=name, type=AttributeProto.TENSOR).SerializeToString()
        count = counts["leaves" if name == "leaf_weights" else "branches"]
        parts += nest(
            _ATTRIBUTE, [head, *nest(_TENSOR, _compose_tensor(name, count, folder, files))]
        )
    graph, nodes = _frame(forest)
    added = [part for one in nodes for part in nest(_NODE, [one.SerializeToString()])]
    model = ModelProto(
        ir_version=9,
        producer_name="smmap",
        opset_import=[helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 5)],
    )
    if files:
        checksum = StringStringEntryProto(key=CHECKSUM + files["name"], value=files["sha256"])
        model.metadata_props.append(checksum)
    whole = [*nest(_NODE, parts), *added, graph.SerializeToString()]
    return [model.SerializeToString(), *nest(_GRAPH, whole)]


def _compose_tensor(name: str, count: int, folder: Path, files: Mapping[str, Any]) -> list[Part]:
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(TENSORS[name]))
    tensor = TensorProto(name=name, data_type=kind, dims=[count])
    if not files:
        return [tensor.SerializeToString(), *nest(_RAW, [folder / name])]
    offset, length = files["places"][name]
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", files["name"]), ("offset", offset), ("length", length)):
        tensor.external_data.append(StringStringEntryProto(key=key, value=str(value)))
    return [tensor.SerializeToString()]


def _frame(forest: Forest) -> tuple[GraphProto, list[NodeProto]]:
    """The graph without its tree operator, and the nodes behind that."""
    graph = helper.make_graph(
        [],
        "trees",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", forest.features])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 1])],
    )
    if not forest.base:
        return graph, []
    graph.initializer.append(numpy_helper.from_array(np.array([forest.base], np.float32), "base"))
    return graph, [helper.make_node("Add", ["sum", "base"], ["y"])]
