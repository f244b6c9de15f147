"""Boosted trees of XGBoost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np

from smmap.export.forest import Tree
from smmap.spec.errors import ModelError

OBJECTIVES = (
    "reg:squarederror",
    "reg:squaredlogerror",
    "reg:absoluteerror",
    "reg:pseudohubererror",
    "reg:quantileerror",
)
"""Whose prediction is the sum of the leaves itself."""
_ROUNDS = 4
"""Rounds looked at together: as JSON, a round of a deep model has megabytes."""


class XgboostForest:
    """A trained ``Booster``, or an ``XGBRegressor`` up to its best iteration, of one target.

    Raises
    ------
    ModelError
        If it is something else, predicts more than a sum of leaves, or takes a number for missing.
    """

    left_if: Literal["<", "<="] = "<"
    average = False

    def __init__(self, model: Any) -> None:
        import xgboost

        if isinstance(model, xgboost.XGBModel):
            if model.missing is not None and not np.isnan(model.missing):
                raise ModelError(
                    f"the model takes {model.missing:g} for missing, an ONNX file only NaN: put "
                    "NaN in its place, fit again, and export that"
                )
            model = cut_to_best(_rename_objective(model.get_booster()))
        if not isinstance(model, xgboost.Booster):
            raise ModelError(f"{type(model).__name__}: not a Booster or XGBRegressor of xgboost")
        model = _rename_objective(model)
        self._booster = model
        settings = json.loads(model.save_config())["learner"]
        objective, kind = settings["objective"]["name"], settings["gradient_booster"]["name"]
        base = np.ravel(json.loads(settings["learner_model_param"]["base_score"]))
        targets = max(len(base), int(settings["learner_model_param"]["num_target"]))
        if objective not in OBJECTIVES or kind != "gbtree" or targets != 1:
            raise ModelError(
                f"a {kind} booster of {objective}, number of targets {targets}; only gbtree with "
                f"{', '.join(OBJECTIVES)} and one target is exported"
            )
        if "c" in (model.feature_types or ()):
            raise ModelError("a booster that looks at categories is not exported; encode them")
        self.base = float(base[0])
        self.features = int(model.num_features())
        self._rounds = int(model.num_boosted_rounds())
        per_round = settings["gradient_booster"]["gbtree_model_param"]["num_parallel_tree"]
        self.n_trees = self._rounds * int(per_round)

    def list_trees(self) -> Iterator[Tree]:
        """The trees in order."""
        for start in range(0, self._rounds, _ROUNDS):
            part = self._booster[start : min(start + _ROUNDS, self._rounds)]
            model = json.loads(part.save_raw("json"))["learner"]["gradient_booster"]["model"]
            for tree in model["trees"]:
                yield _read_tree(tree)


def cut_to_best(booster: Any) -> Any:
    """The rounds up to the best one, where training stopped early; else all.

    A regressor predicts by these. A ``Booster`` predicts by all of them unless told otherwise.

    Raises
    ------
    ValueError
        If what it notes of its best round is no number.
    """
    best = booster.attr("best_iteration")
    if best is None:
        return booster
    if not best.isdecimal():
        raise ValueError(f"its best_iteration is '{best}'")
    if int(best) + 1 >= booster.num_boosted_rounds():
        return booster
    return booster[: int(best) + 1]


def _rename_objective(booster: Any) -> Any:
    """The same, read again if its objective was given by an old name, by which none can be cut."""
    import xgboost

    learner = json.loads(booster.save_config())["learner"]
    if learner["learner_train_param"]["objective"] == learner["objective"]["name"]:
        return booster
    renamed = xgboost.Booster()
    renamed.load_model(booster.save_raw())
    return renamed


def _read_tree(tree: Any) -> Tree:
    if tree["categories"] or tree["tree_param"]["size_leaf_vector"] not in ("0", "1"):
        raise ModelError("a tree has categories or leaves of several targets; not exported")
    numbers = np.array(tree["split_conditions"], np.float32)
    return Tree(
        left=np.array(tree["left_children"], np.int32),
        right=np.array(tree["right_children"], np.int32),
        feature=np.array(tree["split_indices"], np.int64),
        threshold=numbers,
        missing_left=np.array(tree["default_left"], bool),
        value=numbers,
    )
