"""Reads ``TreeEnsemble`` of ai.onnx.ml 5: branches and leaves in arrays of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.trees.attributes import Attributes
from smmap.trees.branches import compute_cuts, compute_swapped
from smmap.trees.ensemble import Ensemble, list_groups
from smmap.trees.leaves import LeafWeights, assign_leaves
from smmap.trees.members import Children, find_members

Integers = NDArray[Any]


class EnsembleTrees:
    """The operator's trees, some at a time; every mention of a leaf becomes a leaf of its own.

    Raises
    ------
    ModelError
        Here or when they are gone through, if it is damaged; UnsuitedError if it is not for this
        engine.
    """

    def __init__(self, attributes: Attributes) -> None:
        self._attributes = attributes
        self._feature = attributes.integers("nodes_featureids", None)
        n = len(self._feature)
        self._leaf_target = attributes.integers("leaf_targetids", None)
        self._leaf_weight = attributes.floats("leaf_weights", len(self._leaf_target))
        self._children = [
            _read_children(side, n, len(self._leaf_target), attributes)
            for side in ("true", "false")
        ]
        self._mode = attributes.octets("nodes_modes", n)
        self._split = attributes.floats("nodes_splits", n)
        missing = attributes.integers("nodes_missing_value_tracks_true", n, default=0)
        self._missing_true = missing == 1
        self._targets = attributes.read_targets()
        self._base = attributes.read_base(self._targets)
        self._average = _read_aggregate(attributes)
        roots = attributes.integers("tree_roots", None).astype(np.int64)
        self._members = find_members(roots, self._children, attributes)

    def __iter__(self) -> Iterator[Ensemble]:
        first = self._members.first
        # As many leaves as branches, and one more.
        for trees in list_groups(2 * first + np.arange(len(first))):
            yield self._read(trees)

    def _read(self, trees: slice) -> Ensemble:
        attributes = self._attributes
        members = self._members.pick(trees)
        tree, starts, local, ends = self._number(trees)
        mode = self._mode[members]
        swapped = compute_swapped(mode)
        at = starts[tree] + np.arange(len(tree)) - self._members.count_before(trees)[tree]
        left, right = np.full((2, int(starts[-1])), -1, np.int32)
        left[at] = np.where(swapped, local[:, 1], local[:, 0])
        right[at] = np.where(swapped, local[:, 0], local[:, 1])
        cut = np.zeros(len(left), np.uint32)
        cut[at] = compute_cuts(mode, self._split[members], attributes)
        nan_right = np.zeros(len(left), bool)
        nan_right[at] = self._missing_true[members] == swapped
        feature = np.zeros(len(left), np.int32)
        feature[at] = self._feature[members]
        node_tree = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
        named = np.stack([child[members] for child, _ in self._children], axis=1)[ends]
        given = LeafWeights(
            node=(starts[tree][:, None] + local)[ends],
            target=self._leaf_target[named],
            weight=self._leaf_weight[named],
        )
        leaf, target, leaf_rows = assign_leaves(
            node_tree, left < 0, given, self._targets, attributes
        )
        return Ensemble(
            features=attributes.node.features,
            average=self._average,
            base=self._base,
            starts=starts,
            left=left,
            right=right,
            feature=feature,
            cut=cut,
            nan_right=nan_right,
            leaf=leaf,
            target=target,
            leaf_rows=leaf_rows,
        )

    def _number(self, trees: slice) -> tuple[Integers, Integers, Integers, NDArray[np.bool_]]:
        """How a group's nodes are numbered.

        Returns
        -------
        tree, starts, local, ends
            (branches,) the tree; (trees + 1,) first nodes; (branches, 2) the true and the false
            child by its number in its tree, and whether it is a leaf.
        """
        members = self._members.pick(trees)
        before = self._members.count_before(trees)
        branches = np.diff(before)
        starts = np.concatenate([[0], np.cumsum(2 * branches + 1)])
        tree = np.repeat(np.arange(len(branches)), branches)
        ends = np.stack([end[members] for _, end in self._children], axis=1)
        child = np.stack([one[members] for one, _ in self._children], axis=1)
        place = self._members.find(np.where(ends, 0, child), trees) - before[tree][:, None]
        # Behind a tree's branches its leaves, as they are mentioned.
        mentions = (np.cumsum(ends.ravel()) - 1).reshape(-1, 2)
        leaf = mentions - (before[:-1] + np.arange(len(branches)))[tree][:, None]
        return tree, starts, np.where(ends, leaf + branches[tree][:, None], place), ends


def _read_children(side: str, n: int, leaves: int, attributes: Attributes) -> Children:
    """(n,) the children on one side, and whether they are leaves."""
    child = attributes.integers(f"nodes_{side}nodeids", n)
    end = attributes.integers(f"nodes_{side}leafs", n) != 0
    if n and not (child.min() >= 0 and (child < np.where(end, leaves, n)).all()):
        raise attributes.fail("a branch names a node or leaf that is not there")
    return child, end


def _read_aggregate(attributes: Attributes) -> bool:
    """True for an average."""
    transform = attributes.number("post_transform", 0)
    aggregate = attributes.number("aggregate_function", 1)
    if transform != 0 or aggregate in (2, 3):
        raise attributes.refuse("transforms its sums, or takes the smallest or largest leaf")
    if aggregate not in (0, 1):
        raise attributes.fail(f"'aggregate_function' is {aggregate}")
    return bool(aggregate == 0)
