"""Forests of scikit-learn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from smmap.export.forest import Tree
from smmap.export.grown_tree import GrownTree
from smmap.export.input_columns import InputColumns
from smmap.export.sklearn_sum import Addend, sum_trees
from smmap.spec.errors import ModelError, UnsuitedError

_TOGETHER = 16
"""Trees whose thresholds are moved in one go: the steps cost more than their arithmetic."""


class SklearnForest:
    """A fitted regressor of one target whose predictions are a weighted sum of trees.

    Single trees, random forests, extra trees, boosted trees (``GradientBoostingRegressor``,
    ``HistGradientBoostingRegressor``), and what bags, votes or stacks them linearly, in pipelines
    that scale or impute each input for itself. Thresholds are moved in front of the scaling, onto
    the very float32 at which the pipeline, computing in float64, takes the other branch.

    Raises
    ------
    UnsuitedError
        If it is something else.
    ModelError
        If it has several targets, or is damaged.
    """

    left_if: Literal["<", "<="] = "<="

    def __init__(self, model: Any) -> None:
        if not hasattr(model, "n_features_in_"):
            raise UnsuitedError(f"{type(model).__name__}: not a fitted regressor of scikit-learn")
        self.features = int(model.n_features_in_)
        names = getattr(model, "feature_names_in_", self.features)
        base, self._addends = sum_trees(model, InputColumns(names))
        self.n_trees = len(self._addends)
        for one in self._addends:
            check_features(one.tree, len(one.columns.find_sources()))
        self.average = not base and {one.weight for one in self._addends} == {1 / self.n_trees}
        self.base = float(base)

    def list_trees(self) -> Iterator[Tree]:
        """The trees in order."""
        for _, alike in groupby(self._addends, lambda one: (id(one.columns), one.tree.kind)):
            while some := tuple(islice(alike, _TOGETHER)):
                for one, moved in zip(some, _move_thresholds(some), strict=True):
                    yield self._make_tree(one, moved)

    def _make_tree(self, one: Addend, moved: NDArray[np.float32]) -> Tree:
        tree, weight = one.tree, 1.0 if self.average else one.weight
        branch = tree.left >= 0
        looked_at = tree.feature[branch]
        feature, threshold = tree.feature.copy(), np.zeros(len(branch), np.float32)
        feature[branch], threshold[branch] = one.columns.find_sources()[looked_at], moved
        missing_left = tree.missing_left.copy()
        if not one.columns.are_inputs:
            sent = one.columns.send_missing()[looked_at].astype(tree.kind)
            missing_left[branch] &= np.isnan(sent)
            missing_left[branch] |= sent <= tree.threshold[branch]
        return Tree(
            left=tree.left,
            right=tree.right,
            feature=feature,
            threshold=threshold,
            missing_left=missing_left,
            value=(weight * tree.value).astype(np.float32),
        )


def _move_thresholds(some: Sequence[Addend]) -> list[NDArray[np.float32]]:
    """Of the branches of trees that look at the same columns: where these split the inputs."""
    branches = [one.tree.left >= 0 for one in some]
    limits = [one.tree.threshold[of] for one, of in zip(some, branches, strict=True)]
    columns, kind = some[0].columns, some[0].tree.kind
    if columns.are_inputs:
        return [compute_float32_below(values) for values in limits]
    looked_at = [one.tree.feature[of] for one, of in zip(some, branches, strict=True)]
    moved = columns.pull_back(np.concatenate(looked_at), np.concatenate(limits), kind)
    return np.split(moved, np.cumsum([len(values) for values in limits])[:-1])


def check_features(tree: GrownTree, columns: int) -> None:
    """A branch that looks at a column that is not there reads anything.

    Raises
    ------
    ModelError
        If there is one.
    """
    looked_at = tree.feature[tree.left >= 0]
    if ((looked_at < 0) | (looked_at >= columns)).any():
        raise ModelError("a tree looks at an input that there is not; it is damaged")


def compute_float32_below(thresholds: NDArray[np.float64]) -> NDArray[np.float32]:
    """The largest float32 that is not above each: ``x <= t`` holds for the same float32 x."""
    with np.errstate(over="ignore"):
        near = thresholds.astype(np.float32)
    return np.where(near > thresholds, np.nextafter(near, np.float32(-np.inf)), near)
