"""A tree as ``TreeEnsemble`` (ai.onnx.ml 5) wants it: branches and leaves numbered apart."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.export.forest import Tree
from smmap.spec.errors import ModelError

INTEGERS = (
    "nodes_featureids",
    "nodes_truenodeids",
    "nodes_trueleafs",
    "nodes_falsenodeids",
    "nodes_falseleafs",
    "nodes_missing_value_tracks_true",
    "leaf_targetids",
)
"""The operator's lists of integers that grow with the trees."""
TENSORS = {"nodes_splits": np.float32, "nodes_modes": np.uint8, "leaf_weights": np.float32}
"""Its tensors, and their kinds."""


def compute_branch_arrays(
    tree: Tree, mode: int, before: tuple[int, int]
) -> dict[str, NDArray[Any]]:
    """The operator's lists and tensors, this tree's part: its root first, parents before children.

    Parameters
    ----------
    tree
        The tree.
    mode
        The operator's number of the branches' comparison.
    before
        Branches and leaves of earlier trees.

    Raises
    ------
    ModelError
        If it is no tree, or a threshold is NaN.
    """
    order = _order_nodes(tree)
    is_leaf = tree.left[order] < 0
    branches, leaves = order[~is_leaf], order[is_leaf]
    number = np.empty(len(tree.left), np.int64)
    number[branches] = np.arange(len(branches)) + before[0]
    number[leaves] = np.arange(len(leaves)) + before[1]
    if len(branches):
        true, false = tree.left[branches], tree.right[branches]
    else:  # the operator has no tree without a branch: both ways to the one leaf
        branches = true = false = leaves
    if np.isnan(tree.threshold[branches]).any():
        raise ModelError("a tree to be exported has a threshold that is NaN")
    single = len(leaves) == 1
    return {
        "nodes_featureids": tree.feature[branches] if not single else np.zeros(1, np.int64),
        "nodes_truenodeids": number[true],
        "nodes_trueleafs": tree.left[true] < 0,
        "nodes_falsenodeids": number[false],
        "nodes_falseleafs": tree.left[false] < 0,
        "nodes_missing_value_tracks_true": tree.missing_left[branches],
        "leaf_targetids": np.zeros(len(leaves), np.int64),
        "nodes_splits": tree.threshold[branches],
        "nodes_modes": np.full(len(branches), mode),
        "leaf_weights": tree.value[leaves],
    }


def _order_nodes(tree: Tree) -> NDArray[np.int64]:
    """The nodes that can be reached, level by level."""
    levels = [np.zeros(1, np.int64)]
    reached = 1
    while True:
        branches = levels[-1][tree.left[levels[-1]] >= 0]
        if not len(branches):
            return np.concatenate(levels)
        below = np.stack([tree.left[branches], tree.right[branches]], axis=1).ravel()
        reached += len(below)
        if reached > len(tree.left) or not (below.min() > 0 and below.max() < len(tree.left)):
            raise ModelError("a tree to be exported leads back to itself, or out of its nodes")
        levels.append(below.astype(np.int64))
