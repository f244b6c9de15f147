"""Reads ``TreeEnsemble`` of ai.onnx.ml 5: branches and leaves in arrays of their own."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.trees.attributes import Attributes
from smmap.trees.branches import compute_cuts, compute_swapped
from smmap.trees.ensemble import Ensemble
from smmap.trees.leaves import LeafWeights, assign_leaves

Integers = NDArray[Any]


def read_ensemble(attributes: Attributes) -> Ensemble:
    """The operator's trees; every mention of a leaf becomes a leaf of its own.

    Raises
    ------
    ModelError
        If it is damaged; UnsuitedError if it is not for this engine.
    """
    feature = attributes.integers("nodes_featureids", None)
    n = len(feature)
    children, ends = _read_children(attributes, n)
    roots = attributes.integers("tree_roots", None)
    tree = _follow(roots, children, ends, attributes)
    # Branches by tree, its root first.
    is_root = np.zeros(n, bool)
    is_root[roots] = True
    order = np.lexsort((~is_root, tree))
    branches = np.bincount(tree, minlength=len(roots)).astype(np.int64)
    starts = np.concatenate([[0], np.cumsum(2 * branches + 1)])
    tree, children, ends = tree[order], children[order], ends[order]
    first_branch = np.concatenate([[0], np.cumsum(branches)])
    within = np.empty(n, np.int64)
    within[order] = np.arange(n) - first_branch[tree]
    # Behind a tree's branches its leaves, as they are mentioned.
    mentions = np.cumsum(ends.ravel()) - 1
    leaf_within = mentions - np.concatenate([[0], np.cumsum(branches + 1)])[np.repeat(tree, 2)]
    local = np.where(
        ends,
        leaf_within.reshape(n, 2) + branches[tree][:, None],
        within[np.where(ends, 0, children)],
    )
    mode = attributes.octets("nodes_modes", n)[order]
    swapped = compute_swapped(mode)
    at = starts[tree] + within[order]
    n_nodes = int(starts[-1])
    left, right = np.full((2, n_nodes), -1, np.int32)
    left[at] = np.where(swapped, local[:, 1], local[:, 0])
    right[at] = np.where(swapped, local[:, 0], local[:, 1])
    cut = np.zeros(n_nodes, np.uint32)
    cut[at] = compute_cuts(mode, attributes.floats("nodes_splits", n)[order], attributes)
    missing_true = attributes.integers("nodes_missing_value_tracks_true", n, default=0) == 1
    nan_right = np.zeros(n_nodes, bool)
    nan_right[at] = missing_true[order] == swapped
    features = np.zeros(n_nodes, np.int32)
    features[at] = feature[order]
    node_tree = np.repeat(np.arange(len(roots)), np.diff(starts))
    targets = attributes.read_targets()
    given = LeafWeights(
        node=(starts[tree][:, None] + local)[ends],
        target=attributes.integers("leaf_targetids", None)[children[ends]],
        weight=attributes.floats("leaf_weights", None)[children[ends]],
    )
    leaf, target, leaf_rows = assign_leaves(node_tree, left < 0, given, targets, attributes)
    return Ensemble(
        features=attributes.node.features,
        average=_read_aggregate(attributes),
        base=attributes.read_base(targets),
        starts=starts,
        left=left,
        right=right,
        feature=features,
        cut=cut,
        nan_right=nan_right,
        leaf=leaf,
        target=target,
        leaf_rows=leaf_rows,
    )


def _read_children(attributes: Attributes, n: int) -> tuple[Integers, NDArray[np.bool_]]:
    """(n, 2) the true and the false child, and whether it is a leaf."""
    leaves = len(attributes.integers("leaf_targetids", None))
    attributes.floats("leaf_weights", leaves)
    children = np.stack(
        [attributes.integers(f"nodes_{side}nodeids", n) for side in ("true", "false")], axis=1
    )
    ends = np.stack(
        [attributes.integers(f"nodes_{side}leafs", n) != 0 for side in ("true", "false")], axis=1
    )
    if n and not (children.min() >= 0 and (children < np.where(ends, leaves, n)).all()):
        raise attributes.fail("a branch names a node or leaf that is not there")
    return children, ends


def _follow(
    roots: Integers, children: Integers, ends: NDArray[np.bool_], attributes: Attributes
) -> Integers:
    """The tree of each branch: every branch hangs on one other, or is a root."""
    n = len(children)
    if not len(roots) or not (roots.min() >= 0 and roots.max() < n):
        raise attributes.fail("'tree_roots' names a node that is not there")
    parents = np.bincount(np.concatenate([roots, children[~ends]]), minlength=n)
    tree = np.full(n, -1, np.int64)
    tree[roots] = np.arange(len(roots))
    once = (parents == 1).all()
    level = roots if once else roots[:0]
    while len(level):
        inner = ~ends[level]
        below = children[level][inner]
        tree[below] = np.repeat(tree[level], inner.sum(axis=1))
        level = below
    if not once or (tree < 0).any():
        raise attributes.fail("its branches are no trees: one hangs on two others, or on none")
    return tree


def _read_aggregate(attributes: Attributes) -> bool:
    """True for an average."""
    transform = attributes.number("post_transform", 0)
    aggregate = attributes.number("aggregate_function", 1)
    if transform != 0 or aggregate in (2, 3):
        raise attributes.refuse("transforms its sums, or takes the smallest or largest leaf")
    if aggregate not in (0, 1):
        raise attributes.fail(f"'aggregate_function' is {aggregate}")
    return bool(aggregate == 0)
