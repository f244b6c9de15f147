"""Reads ``TreeEnsembleRegressor`` of ai.onnx.ml 1 and 3: nodes by number of tree and node."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.trees.attributes import Attributes
from smmap.trees.branches import GT, GTE, LEQ, LT, compute_cuts, compute_swapped
from smmap.trees.ensemble import Ensemble
from smmap.trees.leaves import LeafWeights, assign_leaves

_LEAF = 9
_MODES = {
    b"BRANCH_LEQ": LEQ,
    b"BRANCH_LT": LT,
    b"BRANCH_GTE": GTE,
    b"BRANCH_GT": GT,
    b"BRANCH_EQ": 4,
    b"BRANCH_NEQ": 5,
    b"LEAF": _LEAF,
}
_AGGREGATES = {b"SUM": False, b"AVERAGE": True}
_OTHER_AGGREGATES = (b"MIN", b"MAX")

Integers = NDArray[Any]


class NodeNames:
    """Finds nodes by (tree id, node id); a tree's nodes lie together in the file."""

    def __init__(self, tree_ids: Integers, node_ids: Integers, attributes: Attributes) -> None:
        changes = np.flatnonzero(np.diff(tree_ids)) + 1
        self.starts = np.concatenate([[0], changes, [len(tree_ids)]]).astype(np.int64)
        self._tree_ids, self._tree_of_id = np.unique(tree_ids[self.starts[:-1]], return_index=True)
        if len(self._tree_ids) != len(self.starts) - 1:
            raise attributes.refuse("nodes of one tree do not lie together")
        self.tree = np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))
        within = np.arange(len(tree_ids)) - self.starts[self.tree]
        self._plain = np.array_equal(within, node_ids)
        """True: a node's id is its place in its tree."""
        if not self._plain:
            self._ids, rank = np.unique(node_ids, return_inverse=True)
            keys = self.tree * len(self._ids) + rank
            self._order = np.argsort(keys)
            self._keys = keys[self._order]
            if (np.diff(self._keys) == 0).any():
                raise attributes.fail("two nodes of a tree have the same number")

    def find_trees(self, tree_ids: Integers) -> Integers:
        """Place of each tree; -1 where there is none of that id."""
        place = np.minimum(np.searchsorted(self._tree_ids, tree_ids), len(self._tree_ids) - 1)
        return np.where(self._tree_ids[place] == tree_ids, self._tree_of_id[place], -1)

    def find_nodes(self, trees: Integers, node_ids: Integers) -> Integers:
        """Place of each node in the file; -1 where the tree has none of that id."""
        if self._plain:
            there = (trees >= 0) & (node_ids >= 0) & (node_ids < np.diff(self.starts)[trees])
            return np.where(there, self.starts[trees] + node_ids, -1)
        rank = np.minimum(np.searchsorted(self._ids, node_ids), len(self._ids) - 1)
        keys = trees * len(self._ids) + rank
        place = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        there = (trees >= 0) & (self._ids[rank] == node_ids) & (self._keys[place] == keys)
        return np.where(there, self._order[place], -1)


def read_regressor(attributes: Attributes) -> Ensemble:
    """The operator's trees.

    Raises
    ------
    ModelError
        If it is damaged; UnsuitedError if it is not for this engine.
    """
    tree_ids = attributes.integers("nodes_treeids", None)
    n = len(tree_ids)
    if not n:
        raise attributes.fail("has no nodes")
    names = NodeNames(tree_ids, attributes.integers("nodes_nodeids", n), attributes)
    mode = attributes.words("nodes_modes", n, _MODES)
    branch = mode != _LEAF
    feature = attributes.integers("nodes_featureids", n)
    threshold = attributes.floats("nodes_values", n)
    missing_true = attributes.integers("nodes_missing_value_tracks_true", n, default=0) == 1
    children = []
    for name in ("nodes_truenodeids", "nodes_falsenodeids"):
        ids = attributes.integers(name, n)[branch]
        child = names.find_nodes(names.tree[branch], ids)
        if (child < 0).any():
            raise attributes.fail(f"'{name}' names a node that is not there")
        children.append(child - names.starts[names.tree[branch]])
    swapped = compute_swapped(mode[branch])
    left, right = np.full((2, n), -1, np.int32)
    left[branch] = np.where(swapped, children[1], children[0])
    right[branch] = np.where(swapped, children[0], children[1])
    cut = np.zeros(n, np.uint32)
    cut[branch] = compute_cuts(mode[branch], threshold[branch], attributes)
    nan_right = np.zeros(n, bool)
    nan_right[branch] = missing_true[branch] == swapped
    targets = attributes.read_targets()
    given = _read_leaves(attributes, names, branch)
    leaf, target, leaf_rows = assign_leaves(names.tree, ~branch, given, targets, attributes)
    return Ensemble(
        features=attributes.node.features,
        average=_read_aggregate(attributes),
        base=attributes.read_base(targets),
        starts=names.starts,
        left=left,
        right=right,
        feature=np.where(branch, feature, 0).astype(np.int32),
        cut=cut,
        nan_right=nan_right,
        leaf=leaf,
        target=target,
        leaf_rows=leaf_rows,
    )


def _read_leaves(
    attributes: Attributes, names: NodeNames, branch: NDArray[np.bool_]
) -> LeafWeights:
    """Every entry; those of branches are left out, as ONNX Runtime does."""
    trees = names.find_trees(attributes.integers("target_treeids", None))
    nodes = names.find_nodes(trees, attributes.integers("target_nodeids", len(trees)))
    if (nodes < 0).any():
        raise attributes.fail("'target_nodeids' names a node that is not there")
    at_leaf = ~branch[nodes]
    target_id = attributes.integers("target_ids", len(trees))
    weight = attributes.floats("target_weights", len(trees))
    return LeafWeights(nodes[at_leaf], target_id[at_leaf], weight[at_leaf])


def _read_aggregate(attributes: Attributes) -> bool:
    """True for an average."""
    transform = attributes.word("post_transform", b"NONE")
    aggregate = attributes.word("aggregate_function", b"SUM")
    if transform != b"NONE" or aggregate in _OTHER_AGGREGATES:
        raise attributes.refuse("transforms its sums, or takes the smallest or largest leaf")
    if aggregate not in _AGGREGATES:
        raise attributes.fail(f"'aggregate_function' is {aggregate!r}")
    return _AGGREGATES[aggregate]
