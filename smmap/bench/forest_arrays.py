"""Grown trees as flat arrays, whoever grew them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_TREES_AT_ONCE = 50
"""Read from xgboost's JSON, which takes many times a tree's memory."""


@dataclass(frozen=True)
class ForestArrays:
    """Nodes of all trees, one tree after the other, each with its root first."""

    sizes: NDArray[np.int64]
    """(trees,) nodes of each."""
    left: NDArray[np.int32]
    """(nodes,) number within the tree of the child where the comparison holds; -1 in leaves."""
    right: NDArray[np.int32]
    """(nodes,) the other child's."""
    feature: NDArray[np.int32]
    """(nodes,) column that is compared."""
    threshold: NDArray[np.float32]
    """(nodes,)"""
    missing_left: NDArray[np.bool_]
    """(nodes,) whether a NaN goes left."""
    value: NDArray[np.float32]
    """(nodes,) of leaves."""
    strict: bool
    """True: ``<`` holds, else ``<=``."""
    average: bool
    """True: the trees' mean, else their sum."""
    base: float
    """Added to it."""
    inputs: int
    """Columns."""


def read_forest(forest: Any) -> ForestArrays:
    """Of a fitted scikit-learn forest.

    It compares float32 with float64: a threshold becomes the largest float32 that is not above
    it, which decides every float32 alike.
    """
    trees = [one.tree_ for one in forest.estimators_]
    exact = np.concatenate([tree.threshold for tree in trees])
    threshold = exact.astype(np.float32)
    above = threshold > exact
    threshold[above] = np.nextafter(threshold[above], np.float32(-np.inf))
    left, right, feature = (
        np.concatenate([getattr(tree, name) for tree in trees]).astype(np.int32)
        for name in ("children_left", "children_right", "feature")
    )
    return ForestArrays(
        sizes=np.array([tree.node_count for tree in trees], np.int64),
        left=left,
        right=right,
        feature=np.where(left < 0, 0, feature),
        threshold=threshold,
        missing_left=np.zeros(len(left), np.bool_),
        value=np.concatenate([tree.value[:, 0, 0] for tree in trees]).astype(np.float32),
        strict=False,
        average=True,
        base=0.0,
        inputs=int(forest.n_features_in_),
    )


def read_booster(booster: Any) -> ForestArrays:
    """Of an xgboost booster with one target; its JSON holds every float32 without loss."""
    trees = list(_iterate_trees(booster))
    settings = json.loads(booster.save_config())["learner"]["learner_model_param"]

    def join(name: str, dtype: type[np.generic]) -> NDArray[Any]:
        return np.concatenate([tree[name] for tree in trees]).astype(dtype)

    left, condition = join("left_children", np.int32), join("split_conditions", np.float32)
    return ForestArrays(
        sizes=np.array([len(tree["left_children"]) for tree in trees], np.int64),
        left=left,
        right=join("right_children", np.int32),
        feature=join("split_indices", np.int32),
        threshold=condition,
        missing_left=join("default_left", np.bool_),
        value=condition,  # where a leaf keeps what it gives
        strict=True,
        average=False,
        base=float(np.float32(settings["base_score"].strip("[]"))),
        inputs=int(booster.num_features()),
    )


def _iterate_trees(booster: Any) -> Iterator[dict[str, NDArray[Any]]]:
    names = ("left_children", "right_children", "split_conditions", "split_indices", "default_left")
    for start in range(0, booster.num_boosted_rounds(), _TREES_AT_ONCE):
        part = booster[start : min(start + _TREES_AT_ONCE, booster.num_boosted_rounds())]
        text = json.loads(part.save_raw("json"))
        for tree in text["learner"]["gradient_booster"]["model"]["trees"]:
            yield {name: np.asarray(tree[name], np.float64) for name in names}
