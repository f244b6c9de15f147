"""Forests of scikit-learn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from smmap.export.forest import Tree
from smmap.spec.errors import ModelError


class SklearnForest:
    """A fitted ``RandomForestRegressor`` or ``ExtraTreesRegressor`` of one target.

    Raises
    ------
    ModelError
        If it is something else.
    """

    left_if: Literal["<", "<="] = "<="
    average = True
    base = 0.0

    def __init__(self, model: Any) -> None:
        from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor

        kinds = (RandomForestRegressor, ExtraTreesRegressor)
        if not isinstance(model, kinds) or not hasattr(model, "estimators_"):
            raise ModelError(
                f"{type(model).__name__}: not a fitted RandomForestRegressor or "
                "ExtraTreesRegressor; export it by skl2onnx"
            )
        if model.n_outputs_ != 1:
            raise ModelError(f"a forest of {model.n_outputs_} targets; fit one for each")
        self._trees = model.estimators_
        self.features = int(model.n_features_in_)
        self.n_trees = len(self._trees)

    def list_trees(self) -> Iterator[Tree]:
        """The trees in order."""
        for one in self._trees:
            tree = one.tree_
            yield Tree(
                left=tree.children_left,
                right=tree.children_right,
                feature=tree.feature,
                threshold=compute_float32_below(tree.threshold),
                missing_left=tree.missing_go_to_left.astype(bool),
                value=tree.value[:, 0, 0].astype(np.float32),
            )


def compute_float32_below(thresholds: NDArray[np.float64]) -> NDArray[np.float32]:
    """The largest float32 that is not above each: ``x <= t`` holds for the same float32 x."""
    near = thresholds.astype(np.float32)
    return np.where(near > thresholds, np.nextafter(near, np.float32(-np.inf)), near)
