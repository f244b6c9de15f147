"""Reads ``TreeEnsembleRegressor`` of ai.onnx.ml 1 and 3: nodes by number of tree and node."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.trees.attributes import Attributes
from smmap.trees.branches import GT, GTE, LEQ, LT, compute_cuts, compute_swapped
from smmap.trees.ensemble import Ensemble, list_groups
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
    """Finds nodes by (tree, node id) in a group of trees.

    Parameters
    ----------
    starts
        (trees + 1,) first node of each.
    node_ids
        (nodes,)
    """

    def __init__(self, starts: Integers, node_ids: Integers, attributes: Attributes) -> None:
        self.starts = starts
        self.tree = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
        within = np.arange(len(node_ids)) - starts[self.tree]
        self._plain = np.array_equal(within, node_ids)
        """True: a node's id is its place in its tree."""
        if not self._plain:
            self._ids, rank = np.unique(node_ids, return_inverse=True)
            keys = self.tree * len(self._ids) + rank
            self._order = np.argsort(keys)
            self._keys = keys[self._order]
            if (np.diff(self._keys) == 0).any():
                raise attributes.fail("two nodes of a tree have the same number")

    def find(self, trees: Integers, node_ids: Integers) -> Integers:
        """Place of each node in the group; -1 where the tree has none of that id."""
        if self._plain:
            there = (node_ids >= 0) & (node_ids < np.diff(self.starts)[trees])
            return np.where(there, self.starts[trees] + node_ids, -1)
        rank = np.minimum(np.searchsorted(self._ids, node_ids), len(self._ids) - 1)
        keys = trees * len(self._ids) + rank
        place = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        there = (self._ids[rank] == node_ids) & (self._keys[place] == keys)
        return np.where(there, self._order[place], -1)


class RegressorTrees:
    """The operator's trees, some at a time.

    Raises
    ------
    ModelError
        Here or when they are gone through, if it is damaged; UnsuitedError if it is not for this
        engine.
    """

    def __init__(self, attributes: Attributes) -> None:
        self._attributes = attributes
        tree_ids = attributes.integers("nodes_treeids", None)
        n = len(tree_ids)
        if not n:
            raise attributes.fail("has no nodes")
        self._starts = np.concatenate([[0], np.flatnonzero(tree_ids[1:] != tree_ids[:-1]) + 1, [n]])
        self._node_ids = attributes.integers("nodes_nodeids", n)
        self._mode = attributes.words("nodes_modes", n, _MODES)
        self._feature = attributes.integers("nodes_featureids", n)
        self._threshold = attributes.floats("nodes_values", n)
        missing = attributes.integers("nodes_missing_value_tracks_true", n, default=0)
        self._missing_true = missing == 1
        self._children = {
            name: attributes.integers(name, n)
            for name in ("nodes_truenodeids", "nodes_falsenodeids")
        }
        self._targets = attributes.read_targets()
        self._base = attributes.read_base(self._targets)
        self._average = _read_aggregate(attributes)
        tree = _find_trees(
            attributes.integers("target_treeids", None), tree_ids[self._starts[:-1]], attributes
        )
        self._leaf_node = attributes.integers("target_nodeids", len(tree))
        self._leaf_target = attributes.integers("target_ids", len(tree))
        self._leaf_weight = attributes.floats("target_weights", len(tree))
        if (np.diff(tree) < 0).any():
            order = np.argsort(tree, kind="stable")
            tree, self._leaf_node = tree[order], self._leaf_node[order]
            self._leaf_target, self._leaf_weight = (
                self._leaf_target[order],
                self._leaf_weight[order],
            )
        self._leaf_starts = np.searchsorted(tree, np.arange(len(self._starts)))

    def __iter__(self) -> Iterator[Ensemble]:
        for trees in list_groups(self._starts):
            yield self._read(trees)

    def _read(self, trees: slice) -> Ensemble:
        attributes = self._attributes
        bounds = self._starts[trees.start : trees.stop + 1]
        span = slice(bounds[0], bounds[-1])
        names = NodeNames(bounds - bounds[0], self._node_ids[span], attributes)
        mode = self._mode[span]
        branch = mode != _LEAF
        children = []
        for name, ids in self._children.items():
            child = names.find(names.tree[branch], ids[span][branch])
            if (child < 0).any():
                raise attributes.fail(f"'{name}' names a node that is not there")
            children.append(child - names.starts[names.tree[branch]])
        swapped = compute_swapped(mode[branch])
        left, right = np.full((2, len(mode)), -1, np.int32)
        left[branch] = np.where(swapped, children[1], children[0])
        right[branch] = np.where(swapped, children[0], children[1])
        cut = np.zeros(len(mode), np.uint32)
        cut[branch] = compute_cuts(mode[branch], self._threshold[span][branch], attributes)
        nan_right = np.zeros(len(mode), bool)
        nan_right[branch] = self._missing_true[span][branch] == swapped
        given = self._read_leaves(trees, names, branch)
        leaf, target, leaf_rows = assign_leaves(
            names.tree, ~branch, given, self._targets, attributes
        )
        return Ensemble(
            features=attributes.node.features,
            average=self._average,
            base=self._base,
            starts=names.starts,
            left=left,
            right=right,
            feature=np.where(branch, self._feature[span], 0).astype(np.int32),
            cut=cut,
            nan_right=nan_right,
            leaf=leaf,
            target=target,
            leaf_rows=leaf_rows,
        )

    def _read_leaves(
        self, trees: slice, names: NodeNames, branch: NDArray[np.bool_]
    ) -> LeafWeights:
        """Every entry; those of branches are left out, as ONNX Runtime does."""
        bounds = self._leaf_starts[trees.start : trees.stop + 1]
        span = slice(bounds[0], bounds[-1])
        tree = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
        nodes = names.find(tree, self._leaf_node[span])
        if (nodes < 0).any():
            raise self._attributes.fail("'target_nodeids' names a node that is not there")
        at_leaf = ~branch[nodes]
        target, weight = self._leaf_target[span][at_leaf], self._leaf_weight[span][at_leaf]
        return LeafWeights(nodes[at_leaf], target, weight)


def _find_trees(asked: Integers, tree_ids: Integers, attributes: Attributes) -> Integers:
    """(entries,) place of each entry's tree."""
    known, place_of = np.unique(tree_ids, return_index=True)
    if len(known) != len(tree_ids):
        raise attributes.refuse("nodes of one tree do not lie together")
    place = np.minimum(np.searchsorted(known, asked), len(known) - 1)
    if (known[place] != asked).any():
        raise attributes.fail("'target_nodeids' names a node of a tree that is not there")
    return np.asarray(place_of[place].astype(np.int32))


def _read_aggregate(attributes: Attributes) -> bool:
    """True for an average."""
    transform = attributes.word("post_transform", b"NONE")
    aggregate = attributes.word("aggregate_function", b"SUM")
    if transform != b"NONE" or aggregate in _OTHER_AGGREGATES:
        raise attributes.refuse("transforms its sums, or takes the smallest or largest leaf")
    if aggregate not in _AGGREGATES:
        raise attributes.fail(f"'aggregate_function' is {aggregate!r}")
    return _AGGREGATES[aggregate]
