"""Forests of any size in the shape of trained ones, without training: arrays drawn at random."""

from __future__ import annotations

import numpy as np

from smmap.export.forest import Tree


class GrownForest:
    """Trees of so many nodes that are full for twelve levels and reach down to ``depth``."""

    average = True
    base = 0.0
    left_if = "<="

    def __init__(self, trees: int, nodes: int, depth: int, features: int = 11) -> None:
        self.n_trees = trees
        self.features = features
        self._branches = nodes // 2
        self._depth = depth

    def list_trees(self):
        for number in range(self.n_trees):
            yield self._grow(np.random.default_rng(number))

    def _grow(self, rng):
        left = np.full(2 * self._branches + 1, -1, np.int32)
        right = left.copy()
        nodes, branches = 1, 0
        ends = np.array([0])
        for level in range(self._depth):
            missing = self._branches - branches
            if level >= 12:
                ends = rng.permutation(ends)[: -(-missing * 4 // (3 * (self._depth - level)))]
            ends = ends[:missing]
            left[ends] = nodes + 2 * np.arange(len(ends))
            right[ends] = left[ends] + 1
            branches += len(ends)
            ends = np.arange(nodes, nodes + 2 * len(ends))
            nodes += len(ends)
        return Tree(
            left[:nodes],
            right[:nodes],
            rng.integers(0, self.features, nodes),
            rng.random(nodes, dtype=np.float32),
            rng.random(nodes) < 0.5,
            rng.random(nodes, dtype=np.float32) / 2,
        )
