"""Trees of scikit-learn and XGBoost."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.export.forest import Forest
from smmap.export.sklearn_forest import SklearnForest
from smmap.export.write_forest import write_forest
from smmap.export.xgboost_forest import XgboostForest
from smmap.features.array import Doubles
from smmap.fit.fitted import Rows
from smmap.spec.training_member import RandomForest, Xgboost
from smmap.trees.processors import count_processors

FEW = 20_000
"""Rows up to which one thread grows trees: more would wait for each other."""
_TOLERANCE = 1e-6
_LOST = 2.0**-26
"""m3/m3 that adding one tree in float32 costs at most: half a last digit of what is below 0.5."""
_TREES_ASKED = 200
"""Whose thresholds are probed."""


class FittedTrees:
    """A forest, boosted or random.

    Parameters
    ----------
    model
        What predicts.
    forest
        Its trees.
    detail
        Its architecture in words.
    takes_missing
        True: it has a value for rows that lack inputs.
    doubles
        True: it adds its trees up in float64, where ONNX adds in float32.
    """

    is_trees = True

    def __init__(
        self,
        model: Any,
        forest: Forest,
        detail: str,
        *,
        takes_missing: bool = True,
        doubles: bool = False,
    ) -> None:
        self._model, self._forest, self.detail = model, forest, detail
        self.takes_missing = takes_missing
        self.tolerance = max(_TOLERANCE, forest.n_trees * _LOST) if doubles else _TOLERANCE

    def predict(self, rows: Rows) -> Doubles:
        """(n,) m3/m3."""
        # scikit-learn looks for NaN by a sum, in which the ends of float32 cancel.
        with np.errstate(over="ignore", invalid="ignore"):
            return np.asarray(self._model(rows), dtype=np.float64)

    def list_thresholds(self) -> Mapping[int, NDArray[np.float32]]:
        """Of some of the trees."""
        found: dict[int, list[NDArray[np.float32]]] = {}
        for number, tree in enumerate(self._forest.list_trees()):
            if number >= _TREES_ASKED:
                break
            branch = tree.left >= 0
            for feature in np.unique(tree.feature[branch]):
                found.setdefault(int(feature), []).append(
                    tree.threshold[branch & (tree.feature == feature)]
                )
        return {feature: np.unique(np.concatenate(parts)) for feature, parts in found.items()}

    def write(self, path: Path) -> None:
        """Write the trees as ONNX."""
        write_forest(self._forest, path)


def hold_booster(booster: Any, detail: str) -> FittedTrees:
    """A ``Booster`` of XGBoost that is fitted already."""
    return FittedTrees(booster.inplace_predict, XgboostForest(booster), detail)


def hold_forest(forest: Any, detail: str) -> FittedTrees:
    """A forest of scikit-learn that is fitted already."""
    return FittedTrees(forest.predict, SklearnForest(forest), detail, doubles=True)


def grow_forest(spec: RandomForest, rows: Rows, truth: Doubles, seed: int) -> FittedTrees:
    """Fit a random forest."""
    from sklearn.ensemble import RandomForestRegressor

    model = RandomForestRegressor(
        spec.trees,
        max_depth=spec.depth,
        min_samples_split=spec.samples_to_split,
        min_samples_leaf=spec.samples_in_leaf,
        max_features=spec.features,
        random_state=seed,
        n_jobs=_count_threads(rows),
    )
    model.fit(rows, truth)
    return hold_forest(model, f"random forest, {spec.trees} trees, depth {spec.depth or 'any'}")


def grow_booster(spec: Xgboost, rows: Rows, truth: Doubles, seed: int) -> FittedTrees:
    """Fit boosted trees."""
    import xgboost

    options = {
        "tree_method": "hist",
        "objective": "reg:squarederror",
        "max_depth": spec.depth,
        "learning_rate": spec.learning_rate,
        "subsample": spec.subsample,
        "colsample_bytree": spec.features,
        "min_child_weight": spec.child_weight,
        "reg_lambda": spec.ridge,
        "seed": seed,
        "nthread": _count_threads(rows),
    }
    booster = xgboost.train(options, xgboost.QuantileDMatrix(rows, truth), spec.rounds)
    return hold_booster(booster, f"XGBoost, {spec.rounds} rounds, depth {spec.depth}")


def _count_threads(rows: Rows) -> int:
    return 1 if len(rows) <= FEW else count_processors()
