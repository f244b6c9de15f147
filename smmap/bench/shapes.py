"""Shapes of published models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

SEED = 42
"""Of data, trees and weights."""


@dataclass(frozen=True)
class TreeShape:
    """A tree ensemble as it was published, on rows of ours."""

    name: str
    """Folder of the model."""
    kind: Literal["xgboost", "forest"]
    """Who grows it."""
    inputs: int
    """Columns."""
    trees: int
    """Their number."""
    rows: int
    """It is grown on; fewer than was published, so that it takes minutes."""
    options: Mapping[str, Any]
    """Of whoever grows it."""


_WANG: dict[str, Any] = {"max_depth": 10, "eta": 0.05, "subsample": 0.8, "colsample_bytree": 0.8}
_GSSM: dict[str, Any] = {
    "max_depth": 19,
    "eta": 0.1,
    "subsample": 0.6536,
    "colsample_bytree": 0.5849,
    "max_cached_hist_node": 512,  # a deep tree has many nodes: halves the time
}

TREE_SHAPES = (
    TreeShape("xgb-1000x10", "xgboost", 11, 1000, 160_000, _WANG),
    TreeShape("xgb-2500x19", "xgboost", 33, 2500, 16_000, _GSSM),
    TreeShape(
        "rf-800x35",
        "forest",
        11,
        800,
        40_000,
        {
            "max_depth": 35,
            "min_samples_split": 5,
            "min_samples_leaf": 2,
            "max_features": "sqrt",
        },
    ),
    TreeShape(
        "rf-2500x32",
        "forest",
        33,
        2500,
        10_000,
        {"max_depth": 32, "min_samples_split": 3, "min_samples_leaf": 7},
    ),
)
"""The first is the one that maps tiles. Two of a study at 1 km, two of one at 10 m."""


@dataclass(frozen=True)
class NetworkShape:
    """A network as it was published, with drawn weights."""

    name: str
    """Folder of the model, and which network it is."""
    inputs: int
    """Columns."""
    width: int = 256
    """Units of a layer."""


NETWORK_SHAPES = (
    NetworkShape("tabnet", 33),
    NetworkShape("mlp", 25),
    NetworkShape("cnn1d", 11),
    NetworkShape("lstm", 11),
)


def shrink(shape: TreeShape | NetworkShape) -> TreeShape | NetworkShape:
    """The same kind, made in a second."""
    if isinstance(shape, NetworkShape):
        return replace(shape, width=16)
    return replace(shape, trees=max(10, shape.trees // 100), rows=2000)
