"""Leaves of one target hold their value, leaves of several a row of all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.trees.attributes import Attributes

MOST_VALUES = 1 << 28
"""Of all leaf rows together: a gigabyte."""


@dataclass(frozen=True)
class LeafWeights:
    """What the file says of its leaves, entry by entry."""

    node: NDArray[Any]
    """(entries,) the leaf"""
    target: NDArray[Any]
    """(entries,) the target it adds to"""
    weight: NDArray[np.float32]
    """(entries,) what it adds"""


def assign_leaves(
    tree: NDArray[Any],
    is_leaf: NDArray[np.bool_],
    given: LeafWeights,
    targets: int,
    attributes: Attributes,
) -> tuple[NDArray[np.uint32], NDArray[np.int32], NDArray[np.float32]]:
    """What the leaves give.

    Parameters
    ----------
    tree, is_leaf
        (nodes,) the tree of each node, ascending; whether it is a leaf.
    given
        The entries.
    targets
        Number of targets.
    attributes
        For errors.

    Returns
    -------
    leaf, target, leaf_rows
        As in ``Ensemble``.
    """
    owner, target_id, weight = given.node, given.target, given.weight
    if len(target_id) and not (target_id.min() >= 0 and target_id.max() < targets):
        raise attributes.fail(f"a leaf's target is not one of {targets}")
    entries = np.bincount(owner, minlength=len(tree))
    if (entries[is_leaf] == 0).any():
        raise attributes.fail("a leaf has no weight")
    n_trees = int(tree[-1]) + 1
    lowest = np.full(n_trees, targets)
    np.minimum.at(lowest, tree[owner], target_id)
    highest = np.full(n_trees, -1)
    np.maximum.at(highest, tree[owner], target_id)
    single = lowest == highest
    if (entries[is_leaf & single[tree]] > 1).any():
        raise attributes.refuse("a leaf has two weights of one target")
    leaf = np.zeros(len(tree), np.uint32)
    plain = single[tree[owner]]
    leaf[owner[plain]] = weight[plain].view(np.uint32)
    in_rows = np.flatnonzero(is_leaf & ~single[tree])
    if len(in_rows) * targets > MOST_VALUES:
        raise attributes.refuse(f"has {len(in_rows)} leaves of {targets} targets")
    leaf[in_rows] = np.arange(len(in_rows))
    leaf_rows = np.zeros((len(in_rows), targets), np.float32)
    keys = leaf[owner[~plain]].astype(np.int64) * targets + target_id[~plain]
    if len(np.unique(keys)) != len(keys):
        raise attributes.refuse("a leaf has two weights of one target")
    leaf_rows.ravel()[keys] = weight[~plain]
    return leaf, np.where(single, lowest, -1).astype(np.int32), leaf_rows
