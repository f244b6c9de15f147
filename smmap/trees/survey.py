"""What must be known of all trees before the first of them is packed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smmap.trees.ensemble import Ensemble

RANKS = 255
"""Cuts that ranks of 8 bits tell apart."""
RANK_COLUMNS = 32
"""Of a row of ranks: more than that, and images are as fast."""
_CHUNK = 1 << 20
"""Nodes looked at together."""


@dataclass(frozen=True)
class Survey:
    """Sums over all trees of a model."""

    first: Ensemble
    """Its first trees, for what is the same in all."""
    trees: int
    """Number of trees."""
    nodes: int
    """Number of nodes."""
    leaf_rows: int
    """Rows of leaves of several targets."""
    largest: int
    """Nodes of the largest tree."""
    needs: int
    """Columns that the pixels must have at least."""
    directions: NDArray[np.int64]
    """Directions that branches look at, ascending."""
    cuts: NDArray[np.int64] | None
    """Every direction's distinct cuts, as direction << 32 | cut; None where they are too many for
    ranks."""


def compute_survey(groups: Iterable[Ensemble]) -> Survey:
    """Look at all trees once.

    A branch's *direction* is twice its feature, and one more where a NaN goes right.
    """
    first: Ensemble | None = None
    trees = nodes = leaf_rows = largest = needs = 0
    directions = np.zeros(0, np.int64)
    cuts: NDArray[np.int64] | None = np.zeros(0, np.int64)
    for group in groups:
        first = first or group
        trees += len(group.target)
        nodes += len(group.left)
        leaf_rows += len(group.leaf_rows)
        largest = max(largest, int(np.diff(group.starts).max()))
        needs = max(needs, group.needs)
        for start in range(0, len(group.left), _CHUNK):
            span = slice(start, start + _CHUNK)
            branch = group.left[span] >= 0
            found = compute_directions(group, span)[branch]
            directions = np.union1d(directions, np.flatnonzero(np.bincount(found)))
            if cuts is not None:
                new = np.unique(found << 32 | group.cut[span][branch])
                cuts = np.union1d(cuts, new)
                cuts = cuts if _fit_ranks(cuts) else None
    if first is None:
        raise ValueError("a model has a tree at least")
    return Survey(first, trees, nodes, leaf_rows, largest, needs, directions, cuts)


def compute_directions(ensemble: Ensemble, span: slice) -> NDArray[np.int64]:
    """Directions of the span's nodes; those of leaves mean nothing."""
    return ensemble.feature[span].astype(np.int64) * 2 + ensemble.nan_right[span]


def _fit_ranks(cuts: NDArray[np.int64]) -> bool:
    """Whether all directions' columns of ranks fit into a row."""
    return int((-(-np.bincount(cuts >> 32) // RANKS)).sum()) <= RANK_COLUMNS
