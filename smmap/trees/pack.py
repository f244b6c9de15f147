"""An ensemble to its packed form, tree by tree."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from smmap.spec.errors import ModelError, UnsuitedError
from smmap.trees import _kernel
from smmap.trees.columns import Columns, compute_columns
from smmap.trees.ensemble import Ensemble
from smmap.trees.packed import (
    PADDING,
    Bytes,
    Packed,
    compute_places,
    view_arrays,
    write_header,
)

Reserve = Callable[[int], Bytes]
"""Gives so many bytes, all zero, to pack into."""

_REGISTERS = 64
"""Nodes that lie breadth first: the first six levels, which vector kernels hold in registers."""
_SORTED_BYTES = 1 << 20
"""Of a tree, from which on rows are sorted: it does not stay in a second-level cache."""
_SORT_LEVELS = 12
_SORTED_STRIDE = 32
"""Values of a row, up to which copying rows pays."""


def pack(ensemble: Ensemble, sources: Mapping[str, str], reserve: Reserve) -> Packed:
    """Pack a checked ensemble.

    Parameters
    ----------
    ensemble
        As read.
    sources
        SHA-256 of each file that it was read from, by name.
    reserve
        Gives the place to pack into.

    Raises
    ------
    ModelError
        If a tree is none: a node hangs on two others or on none, or there is a cycle.
    UnsuitedError
        If nodes have too few bits for its features and its largest tree.
    """
    columns = compute_columns(ensemble)
    if columns is None:
        raise UnsuitedError(f"{next(iter(sources))}: too many features for trees of this size")
    counts = {
        "nodes": len(ensemble.left) + PADDING,
        "values": 0 if columns.wide else len(ensemble.left) + PADDING,
        "trees": len(ensemble.target),
        "columns": len(columns.table),
        "cuts": len(columns.cuts),
        "leaf_rows": ensemble.leaf_rows.size,
        "base": len(ensemble.base),
    }
    whole = reserve(compute_places(counts, wide=columns.wide)[1])
    packed = Packed(
        wide=columns.wide,
        bits=columns.bits,
        stride=columns.stride,
        average=ensemble.average,
        features=ensemble.features,
        needs=ensemble.needs,
        sources=sources,
        arrays=view_arrays(whole, counts, wide=columns.wide),
    )
    packed.arrays["columns"][:] = columns.table
    packed.arrays["cuts"][:] = columns.cuts
    packed.arrays["leaf_rows"][:] = ensemble.leaf_rows.ravel()
    packed.arrays["base"][:] = ensemble.base
    for number in range(len(ensemble.target)):
        _pack_tree(ensemble, columns, number, packed)
    write_header(whole, packed)
    return packed


def _pack_tree(ensemble: Ensemble, columns: Columns, number: int, packed: Packed) -> None:
    first, end = (int(place) for place in ensemble.starts[number : number + 2])
    size = end - first
    sort = columns.wide and size * 8 > _SORTED_BYTES and columns.stride <= _SORTED_STRIDE
    span = slice(first, end)
    arrays = packed.arrays
    column, key = columns.compute_nodes(ensemble, span)
    try:
        depth, steady = _kernel.lay_out(
            ensemble.left[span],
            ensemble.right[span],
            column,
            key,
            ensemble.leaf[span],
            columns.wide,
            columns.bits,
            columns.stride - 1,
            2 << _SORT_LEVELS if sort else _REGISTERS,
            arrays["nodes"][span],
            arrays["values"][span],
        )
    except ValueError:
        broken = True
    else:
        broken = False
    if broken:
        raise ModelError(
            f"{next(iter(packed.sources))}: tree {number} is no tree: a node hangs on two others "
            "or on none, or leads back to itself; export the model again"
        )
    levels = _SORT_LEVELS if sort else 0
    target = ensemble.target[number]
    arrays["trees"][number] = (first, size, depth, max(steady, levels), levels, target, 0)
