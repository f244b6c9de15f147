"""A model to its packed form, tree by tree."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from smmap.spec.errors import ModelError, UnsuitedError
from smmap.trees import _kernel
from smmap.trees.columns import Columns, compute_columns
from smmap.trees.ensemble import Ensemble
from smmap.trees.leaves import MOST_VALUES
from smmap.trees.packed import (
    PADDING,
    Bytes,
    Packed,
    compute_places,
    view_arrays,
    write_header,
)
from smmap.trees.survey import compute_survey

Reserve = Callable[[int], Bytes]
"""Gives so many bytes, all zero, to pack into."""

_REGISTERS = 64
"""Nodes that lie breadth first: the first six levels, which vector kernels hold in registers."""
_SORTED_BYTES = 1 << 20
"""Of a tree, from which on rows are sorted: it does not stay in a second-level cache."""
_SORT_LEVELS = 12
_SORTED_STRIDE = 32
"""Values of a row, up to which copying rows pays."""


def pack(groups: Iterable[Ensemble], sources: Mapping[str, str], reserve: Reserve) -> Packed:
    """Pack a checked model.

    Parameters
    ----------
    groups
        Its trees, some at a time, as read; gone through twice, so that no more than one group is
        in memory.
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
    survey = compute_survey(groups)
    columns = compute_columns(survey)
    name, first = next(iter(sources)), survey.first
    if columns is None:
        raise UnsuitedError(f"{name}: too many features for trees of this size")
    if survey.leaf_rows * len(first.base) > MOST_VALUES:
        raise UnsuitedError(f"{name}: has {survey.leaf_rows} leaves of {len(first.base)} targets")
    counts = {
        "nodes": survey.nodes + PADDING,
        "values": 0 if columns.wide else survey.nodes + PADDING,
        "trees": survey.trees,
        "columns": len(columns.table),
        "cuts": len(columns.cuts),
        "leaf_rows": survey.leaf_rows * len(first.base),
        "base": len(first.base),
    }
    whole = reserve(compute_places(counts, wide=columns.wide)[1])
    packed = Packed(
        wide=columns.wide,
        bits=columns.bits,
        stride=columns.stride,
        average=first.average,
        features=first.features,
        needs=survey.needs,
        sources=sources,
        arrays=view_arrays(whole, counts, wide=columns.wide),
    )
    packed.arrays["columns"][:] = columns.table
    packed.arrays["cuts"][:] = columns.cuts
    packed.arrays["base"][:] = first.base
    tree = node = row = 0
    for group in groups:
        for number in range(len(group.target)):
            _pack_tree(group, number, columns, packed, (tree + number, node, row))
        values = group.leaf_rows.ravel()
        packed.arrays["leaf_rows"][row * len(first.base) :][: len(values)] = values
        tree += len(group.target)
        node += len(group.left)
        row += len(group.leaf_rows)
    write_header(whole, packed)
    return packed


def _pack_tree(
    ensemble: Ensemble, number: int, columns: Columns, packed: Packed, before: tuple[int, int, int]
) -> None:
    """One tree of a group; ``before``: its number, and nodes and leaf rows of earlier groups."""
    tree, node, row = before
    first, end = (int(place) for place in ensemble.starts[number : number + 2])
    size = end - first
    sort = columns.wide and size * 8 > _SORTED_BYTES and columns.stride <= _SORTED_STRIDE
    span = slice(first, end)
    to = slice(node + first, node + end)
    arrays = packed.arrays
    column, key = columns.compute_nodes(ensemble, span)
    target = int(ensemble.target[number])
    leaf = ensemble.leaf[span] if target >= 0 else ensemble.leaf[span] + np.uint32(row)
    try:
        depth, steady = _kernel.lay_out(
            ensemble.left[span],
            ensemble.right[span],
            column,
            key,
            leaf,
            columns.wide,
            columns.bits,
            columns.stride - 1,
            2 << _SORT_LEVELS if sort else _REGISTERS,
            arrays["nodes"][to],
            arrays["values"][to],
        )
    except ValueError:
        broken = True
    else:
        broken = False
    if broken:
        raise ModelError(
            f"{next(iter(packed.sources))}: tree {tree} is no tree: a node hangs on two others "
            "or on none, or leads back to itself; export the model again"
        )
    levels = _SORT_LEVELS if sort else 0
    arrays["trees"][tree] = (to.start, size, depth, max(steady, levels), levels, target, 0)
