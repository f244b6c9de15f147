"""A tree ensemble, read and checked, before it is packed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smmap.trees.image import Images

_TOGETHER = 1 << 18
"""Nodes of a group of trees."""


@dataclass(frozen=True)
class Ensemble:
    """Trees of a model, one after the other, in file order: all, or a group of neighbours.

    The first node of a tree is its root. A branch sends a value x right where ``cut <=
    image(x)``, else left; a NaN as ``nan_right`` says.
    """

    features: int | None
    """Columns of the pixels; None where the file leaves it open."""
    average: bool
    """True: sums are divided by the number of trees, then ``base`` is added; False: leaves are
    added to ``base`` one by one."""
    base: NDArray[np.float32]
    """(targets,)"""
    starts: NDArray[np.int64]
    """(trees + 1,) first node of each tree, then the number of nodes."""
    left: NDArray[np.int32]
    """(nodes,) number within the tree; -1 for a leaf."""
    right: NDArray[np.int32]
    """(nodes,) number within the tree; -1 for a leaf."""
    feature: NDArray[np.int32]
    """(nodes,) 0 for a leaf."""
    cut: Images
    """(nodes,) image of the threshold, one more where it belongs to the left."""
    nan_right: NDArray[np.bool_]
    """(nodes,) True: a NaN goes right."""
    leaf: NDArray[np.uint32]
    """(nodes,) bits of a leaf's float32 value; in a tree of several targets, its row."""
    target: NDArray[np.int32]
    """(trees,) the one target of a tree's leaves; -1: several."""
    leaf_rows: NDArray[np.float32]
    """(rows, targets) leaves of trees of several targets."""

    @property
    def needs(self) -> int:
        """Columns that the pixels must have at least."""
        return int(self.feature.max(initial=0)) + 1


def list_groups(starts: NDArray[np.int64]) -> Iterator[slice]:
    """Trees to be read together: many small ones, or one large one.

    Parameters
    ----------
    starts
        (trees + 1,) first node of each, then the number of nodes.
    """
    first = 0
    while first < len(starts) - 1:
        fit = int(np.searchsorted(starts, starts[first] + _TOGETHER, "right")) - 1
        last = max(first + 1, fit)
        yield slice(first, last)
        first = last
