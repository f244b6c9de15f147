"""Trees as scikit-learn holds them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.spec.errors import ModelError, UnsuitedError


@dataclass(frozen=True)
class GrownTree:
    """A tree as scikit-learn holds it; its node 0 is the root."""

    left: NDArray[np.int64]
    """(nodes,) number of the left child; negative for a leaf."""
    right: NDArray[np.int64]
    """(nodes,) number of the right child."""
    feature: NDArray[np.int64]
    """(nodes,) column that a branch looks at."""
    threshold: NDArray[np.float64]
    """(nodes,) a value up to it goes left."""
    missing_left: NDArray[np.bool_]
    """(nodes,) True: a NaN goes left."""
    value: NDArray[np.float64]
    """(nodes,) what a leaf gives."""
    kind: type[np.floating[Any]]
    """What columns are rounded to before they are compared."""


def list_owners(model: Any) -> Iterator[Any]:
    """All estimators within a model, however deep, that hold trees of their own."""
    from sklearn.base import BaseEstimator
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.tree import DecisionTreeRegressor

    if isinstance(model, DecisionTreeRegressor | HistGradientBoostingRegressor):
        if hasattr(model, "n_features_in_"):
            yield model
    elif isinstance(model, BaseEstimator | dict):
        for part in (model if isinstance(model, dict) else vars(model)).values():
            yield from list_owners(part)
    elif isinstance(model, list | tuple) or (isinstance(model, np.ndarray) and model.dtype == "O"):
        for part in model:
            yield from list_owners(part)


def read_trees(owner: Any) -> Iterator[GrownTree]:
    """The trees that one estimator holds itself."""
    if hasattr(owner, "tree_"):
        yield read_tree(owner)
        return
    for predictors in vars(owner)["_predictors"]:
        if len(predictors) != 1:
            raise ModelError(f"trees of {len(predictors)} targets; fit one for each")
        nodes = predictors[0].nodes
        if nodes["is_categorical"].any():
            raise UnsuitedError("looks at categories")
        leaf = nodes["is_leaf"].astype(bool)
        yield GrownTree(
            left=np.where(leaf, -1, nodes["left"].astype(np.int64)),
            right=np.where(leaf, -1, nodes["right"].astype(np.int64)),
            feature=nodes["feature_idx"].astype(np.int64),
            threshold=nodes["num_threshold"],
            missing_left=nodes["missing_go_to_left"].astype(bool),
            value=nodes["value"],
            kind=np.float64,
        )


def read_tree(owner: Any) -> GrownTree:
    """The tree of a ``DecisionTreeRegressor``."""
    tree = owner.tree_
    return GrownTree(
        left=tree.children_left,
        right=tree.children_right,
        feature=tree.feature,
        threshold=tree.threshold,
        missing_left=tree.missing_go_to_left.astype(bool),
        value=tree.value[:, 0, 0],
        kind=np.float32,
    )
