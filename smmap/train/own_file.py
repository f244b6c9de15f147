"""Reads a model file that somebody else wrote, of a kind that cannot run code when it is read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from smmap.export.branch_arrays import compute_branch_arrays
from smmap.export.forest import Tree
from smmap.export.grown_tree import list_owners, read_trees
from smmap.export.sklearn_forest import SklearnForest, check_features
from smmap.fit.fitted import Fitted
from smmap.spec.errors import ConfigError, ModelError, UnsuitedError
from smmap.train.onnx_file import OnnxFile

ENDINGS = (".json", ".ubj", ".skops", ".onnx")
_PICKLES = (".pkl", ".pickle", ".joblib", ".pt", ".pth", ".sav")
_TRUSTED = [
    "numpy.dtype",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
    "sklearn.tree._tree.Tree",
    "sklearn.utils._bunch.Bunch",
]
"""Types that skops leaves to its caller: numbers, names, and arrays of nodes, which are checked
before they are run."""
_NAMED = 3
"""Of other types, how many a message names."""


@dataclass(frozen=True)
class OwnModel:
    """What a file holds."""

    fitted: Fitted
    """Itself."""
    features: int | None
    """Columns that it takes; None where the file leaves it open."""
    names: tuple[str, ...] = ()
    """Of these columns when it was fitted; empty where the file does not say."""


def load_own(file: Path) -> OwnModel:
    """Read a model file.

    Parameters
    ----------
    file
        XGBoost's ``.json`` or ``.ubj``, scikit-learn's as ``.skops``, or ``.onnx``.

    Raises
    ------
    ModelError
        If it is a pickle or of another kind, cannot be read, or is damaged.
    ConfigError
        If its library is missing.
    """
    if file.suffix in _PICKLES:
        raise ModelError(
            f"{file}: a pickle can run anything when it is read, so it is never loaded; save the "
            "model as XGBoost JSON, by skops.io.dump, or as ONNX"
        )
    if file.suffix not in ENDINGS:
        raise ModelError(f"{file}: not one of {', '.join(ENDINGS)}")
    if not file.is_file():
        raise ModelError(f"{file}: there is no such file")
    try:
        if file.suffix == ".onnx":
            own = OnnxFile(file)
            return OwnModel(own, own.features)
        return _load_skops(file) if file.suffix == ".skops" else _load_booster(file)
    except ModuleNotFoundError as error:
        missing = error.name
    raise ConfigError(f"exporting {file} needs '{missing}': pip install 'smmap[train]'")


def _load_booster(file: Path) -> OwnModel:
    import xgboost

    from smmap.export.xgboost_forest import XgboostForest, cut_to_best
    from smmap.fit.forests import hold_booster

    booster = xgboost.Booster()
    try:
        booster.load_model(file)
        XgboostForest(booster)  # refuses what could not be cut either
        best = cut_to_best(booster)
        rounds, kept = booster.num_boosted_rounds(), best.num_boosted_rounds()
        told = f"{kept} of {rounds} rounds: stopped early" if kept < rounds else f"{rounds} rounds"
        fitted = hold_booster(best, f"XGBoost of {file.name}, {told}")
    except (xgboost.core.XGBoostError, ValueError) as error:
        told = str(error).strip().splitlines()[0]
        reason = f"XGBoost cannot read it ({told}); write it by XGBoost's own save_model"
    except ModelError as error:
        reason = str(error)
    else:
        return OwnModel(fitted, int(booster.num_features()), tuple(booster.feature_names or ()))
    raise ModelError(f"{file}: {reason}")


def _load_skops(file: Path) -> OwnModel:
    from sklearn.base import is_regressor
    from skops import io

    try:
        strangers = sorted(set(io.get_untrusted_types(file=file)) - set(_TRUSTED))
        model: Any = None if strangers else io.load(file, trusted=_TRUSTED)
    except Exception as error:  # noqa: BLE001 (a damaged file fails in kinds of many libraries)
        raise ModelError(
            f"{file}: skops cannot read it ({error}); write it by skops.io.dump"
        ) from None
    if strangers:
        more = f" and {len(strangers) - _NAMED} more" if len(strangers) > _NAMED else ""
        raise ModelError(
            f"{file}: holds {', '.join(strangers[:_NAMED])}{more}, which skops does not know to be "
            "harmless; export a model of scikit-learn alone"
        )
    if not is_regressor(model) or not hasattr(model, "n_features_in_"):
        raise ModelError(
            f"{file}: {type(model).__name__} is no fitted regressor of a known number of inputs"
        )
    try:
        fitted = _hold_estimator(model, f"{type(model).__name__} of {file.name}")
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        reason = f"it is damaged ({error})"
    except ModelError as error:
        reason = str(error)
    else:
        names = tuple(map(str, getattr(model, "feature_names_in_", ())))
        return OwnModel(fitted, int(model.n_features_in_), names)
    raise ModelError(f"{file}: {reason}")


def _hold_estimator(model: Any, detail: str) -> Fitted:
    """As trees if it is a sum of trees, else as what skl2onnx writes."""
    from smmap.fit.estimators import FittedEstimator
    from smmap.fit.forests import FittedTrees
    from smmap.fit.native_estimator import NativeEstimator

    _check_nodes(model)
    try:
        forest = SklearnForest(model)
    except UnsuitedError:
        return FittedEstimator(model, detail)
    native = NativeEstimator(model)
    return FittedTrees(
        native.predict, forest, detail, takes_missing=native.takes_missing, doubles=True
    )


def _check_nodes(model: Any) -> None:
    """Nodes that lead out of their tree, or look at inputs that are not there, read anything."""
    for owner in list_owners(model):
        for tree in read_trees(owner):
            check_features(tree, owner.n_features_in_)
            float32 = (tree.threshold.astype(np.float32), tree.value.astype(np.float32))
            one = Tree(
                tree.left, tree.right, tree.feature, float32[0], tree.missing_left, float32[1]
            )
            compute_branch_arrays(one, 0, (0, 0))
