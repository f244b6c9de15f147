"""A tree ensemble, read and checked, before it is packed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smmap.trees.image import Images


@dataclass(frozen=True)
class Ensemble:
    """All trees of a model, one after the other, in file order.

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
