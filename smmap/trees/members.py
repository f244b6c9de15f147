"""Which branches of a ``TreeEnsemble`` are of which tree: the file only names the roots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from smmap.trees.attributes import Attributes

_CHUNK = 1 << 18
"""Branches looked at together."""

Integers = NDArray[Any]
Children: TypeAlias = tuple[Integers, NDArray[np.bool_]]
"""(n,) the children on one side, and True where that is a leaf's number, not a branch's."""


@dataclass(frozen=True)
class Members:
    """Branches by tree, a tree's root first."""

    first: NDArray[np.int64]
    """(trees + 1,) places of the trees' first branches, then the number of branches."""
    order: Integers | None
    """(n,) the branch at each place; None where each is at its own."""
    place: Integers | None
    """(n,) the place of each branch."""

    def pick(self, trees: slice) -> slice | Integers:
        """What takes the branches of neighbouring trees out of an array of all."""
        span = slice(int(self.first[trees.start]), int(self.first[trees.stop]))
        return span if self.order is None else self.order[span]

    def count_before(self, trees: slice) -> NDArray[np.int64]:
        """(trees + 1,) first branches of neighbouring trees, counted from the first of them."""
        return np.asarray(self.first[trees.start : trees.stop + 1] - self.first[trees.start])

    def find(self, branches: Integers, trees: slice) -> Integers:
        """Places of branches, counted from the first of neighbouring trees."""
        places = branches if self.place is None else self.place[branches]
        return np.asarray(places.astype(np.int64) - self.first[trees.start])


def find_members(roots: Integers, children: Sequence[Children], attributes: Attributes) -> Members:
    """Every branch hangs on one other, or is a root.

    Raises
    ------
    ModelError
        If not. Of trees that lie one after the other, parents first, that is found when they are
        packed.
    """
    n = len(children[0][0])
    if not len(roots) or not (roots.min() >= 0 and roots.max() < n):
        raise attributes.fail("'tree_roots' names a node that is not there")
    if _are_in_order(roots, children):
        return Members(np.append(roots, n), None, None)
    tree = _follow(roots, children, attributes)
    is_root = np.zeros(n, bool)
    is_root[roots] = True
    order = np.lexsort((~is_root, tree)).astype(np.int32)
    place = np.empty(n, np.int32)
    place[order] = np.arange(n, dtype=np.int32)
    sizes = np.bincount(tree, minlength=len(roots))
    return Members(np.concatenate([[0], np.cumsum(sizes)]), order, place)


def _are_in_order(roots: Integers, children: Sequence[Children]) -> bool:
    """Whether trees lie one after the other, parents first."""
    n = len(children[0][0])
    bounds = np.append(roots, n)
    if roots[0] != 0 or (np.diff(bounds) <= 0).any():
        return False
    inner = 0
    for start in range(0, n, _CHUNK):
        at = np.arange(start, min(start + _CHUNK, n))
        tree_end = bounds[np.searchsorted(bounds, at, "right")]
        for child, is_leaf in children:
            branch = ~is_leaf[at]
            below = child[at][branch]
            if ((below <= at[branch]) | (below >= tree_end[branch])).any():
                return False
            inner += len(below)
    return bool(inner == n - len(roots))


def _follow(roots: Integers, children: Sequence[Children], attributes: Attributes) -> Integers:
    """(n,) the tree of each branch."""
    n = len(children[0][0])
    parents = np.bincount(roots, minlength=n)
    for child, is_leaf in children:
        parents += np.bincount(child[~is_leaf], minlength=n)
    tree = np.full(n, -1, np.int32)
    tree[roots] = np.arange(len(roots))
    once = bool((parents == 1).all())
    level = roots if once else roots[:0]
    while len(level):
        below = []
        for child, is_leaf in children:
            inner = level[~is_leaf[level]]
            tree[child[inner]] = tree[inner]
            below.append(child[inner].astype(np.int64))
        level = np.concatenate(below)
    if not once or (tree < 0).any():
        raise attributes.fail("its branches are no trees: one hangs on two others, or on none")
    return tree
