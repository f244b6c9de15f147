"""Forests of scikit-learn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from smmap.export.forest import Tree
from smmap.export.grown_tree import GrownTree
from smmap.export.input_columns import InputColumns
from smmap.export.sklearn_sum import sum_trees
from smmap.spec.errors import ModelError, UnsuitedError


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
        for one in self._addends:
            tree, weight = one.tree, 1.0 if self.average else one.weight
            sources = one.columns.find_sources()
            branch = tree.left >= 0
            looked_at, limits = tree.feature[branch], tree.threshold[branch]
            feature, threshold = tree.feature.copy(), np.zeros(len(branch), np.float32)
            missing_left = tree.missing_left.copy()
            feature[branch] = sources[looked_at]
            if one.columns.are_inputs:
                threshold[branch] = compute_float32_below(limits)
            else:
                threshold[branch] = one.columns.pull_back(looked_at, limits, tree.kind)
                sent = one.columns.send_missing()[looked_at].astype(tree.kind)
                missing_left[branch] &= np.isnan(sent)
                missing_left[branch] |= sent <= limits
            yield Tree(
                left=tree.left,
                right=tree.right,
                feature=feature,
                threshold=threshold,
                missing_left=missing_left,
                value=(weight * tree.value).astype(np.float32),
            )


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
