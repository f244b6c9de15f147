"""Packages a model that somebody trained elsewhere."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.export.branch_arrays import compute_branch_arrays
from smmap.export.sklearn_forest import SklearnForest
from smmap.features.scaling import compute_scaled
from smmap.fit.fitted import Fitted
from smmap.spec.card import CyclicScaling, ModelCard, ModelInput
from smmap.spec.errors import ConfigError, ModelError
from smmap.spec.history import History
from smmap.store.documents import load_yaml
from smmap.train.onnx_file import OnnxFile
from smmap.train.package_files import GOLDEN
from smmap.train.write_package import PackagedMember, write_package
from smmap.version import __version__

logger = logging.getLogger(__name__)

ENDINGS = (".json", ".ubj", ".skops", ".onnx")
_PICKLES = (".pkl", ".pickle", ".joblib", ".pt", ".pth", ".sav")
_TRUSTED = [
    "sklearn.tree._tree.Tree",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
]
"""Types of scikit-learn that skops leaves to its caller: numbers, and arrays of nodes, which are
checked before they are run."""
_MADE = ("version", "members", "golden")
"""Keys of the card that exporting makes."""


def export_own(file: Path, card: Path, out: Path, *, seed: int = 0) -> ModelCard:
    """Export a model file, compare, and write its package.

    Parameters
    ----------
    file
        XGBoost's ``.json`` or ``.ubj``, scikit-learn's as ``.skops``, or ``.onnx``.
    card
        YAML of a model card without ``version``, ``members`` and ``golden``; each input needs
        its ``training_range``.
    out
        The package's folder; nothing in it changes if anything fails.
    seed
        Of the rows that are compared.

    Raises
    ------
    ConfigError
        If the card is not valid, or a library is missing.
    ModelError
        If the file is a pickle, cannot be read, does not fit the card, or its export differs.
    StoreError
        If ``out`` holds something else, or cannot be written.
    """
    draft = _load_draft(card)
    inputs = [ModelInput.parse(one, f"{card}, inputs") for one in draft["inputs"]]
    history = History.parse(draft["history"], f"{card}, history") if draft.get("history") else None
    fitted, features = load_own(file)
    columns = history.count_columns(len(inputs)) if history else len(inputs)
    if features not in (None, columns):
        raise ModelError(f"{file}: takes {features} inputs, {card} names {columns}")
    training = {"command": f"smmap export {file.name}", "smmap": __version__, "seed": seed}
    given = draft.get("training") or {}
    draft |= {"training": {**training, **given, "command": training["command"]}}
    members = [PackagedMember("model", 1.0, fitted)]
    ranges = _scale_ranges(inputs, str(card))
    if history is not None:
        step = np.vstack([ranges, np.array([[0, history.days]], np.float32)])
        ranges = np.tile(step, (history.overpasses, 1))
    return write_package(out, draft, members, ranges, seed=seed)


def load_own(file: Path) -> tuple[Fitted, int | None]:
    """A model file of a kind that cannot run code when it is read, and its number of inputs.

    Raises
    ------
    ModelError
        If it is a pickle or of another kind, or cannot be read.
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
            return own, own.features
        if file.suffix == ".skops":
            return _load_skops(file)
        return _load_booster(file)
    except ModuleNotFoundError as error:
        missing = error.name
    raise ConfigError(f"exporting {file} needs '{missing}': pip install 'smmap[train]'")


def _load_booster(file: Path) -> tuple[Fitted, int]:
    import xgboost

    from smmap.fit.forests import hold_booster

    booster = xgboost.Booster()
    try:
        booster.load_model(file)
    except (xgboost.core.XGBoostError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
    else:
        return hold_booster(booster, f"XGBoost of {file.name}"), int(booster.num_features())
    raise ModelError(f"{file}: XGBoost cannot read it ({reason})")


def _load_skops(file: Path) -> tuple[Fitted, int]:
    from sklearn.base import is_regressor
    from skops import io

    from smmap.fit.estimators import FittedEstimator

    try:
        strangers = sorted(set(io.get_untrusted_types(file=file)) - set(_TRUSTED))
        model: Any = None if strangers else io.load(file, trusted=_TRUSTED)
    except Exception as error:  # noqa: BLE001 (a damaged file fails in kinds of many libraries)
        raise ModelError(f"{file}: skops cannot read it ({error})") from None
    if strangers:
        raise ModelError(
            f"{file}: holds {', '.join(strangers)}, which skops does not know to be harmless; "
            "export a model of scikit-learn alone"
        )
    if not is_regressor(model) or not hasattr(model, "n_features_in_"):
        raise ModelError(f"{file}: {type(model).__name__} is not a fitted regressor")
    name = type(model).__name__
    if name in ("RandomForestRegressor", "ExtraTreesRegressor"):
        return _check_nodes(SklearnForest(model), model, file), int(model.n_features_in_)
    return FittedEstimator(model, f"{name} of {file.name}"), int(model.n_features_in_)


def _check_nodes(forest: SklearnForest, model: Any, file: Path) -> Fitted:
    """Nodes that lead out of their tree, or look at inputs that are not there, read anything."""
    from smmap.fit.forests import hold_forest

    for tree in forest.list_trees():
        compute_branch_arrays(tree, 0, (0, 0))
        looked_at = tree.feature[tree.left >= 0]
        if ((looked_at < 0) | (looked_at >= forest.features)).any():
            raise ModelError(f"{file}: a tree looks at an input that there is not; it is damaged")
    return hold_forest(model, f"{type(model).__name__} of {file.name}")


def _load_draft(card: Path) -> dict[str, Any]:
    """The card's keys, checked as far as they go."""
    draft = load_yaml(card)
    if not isinstance(draft, dict):
        raise ConfigError(f"{card}: expected the keys of a model card")
    made = sorted(set(_MADE) & set(draft))
    if made:
        raise ConfigError(f"{card}: leave out {', '.join(made)}: exporting makes them")
    stand_in = {"file": GOLDEN, "sha256": "0" * 64}
    whole = {**draft, "version": "0", "members": [stand_in], "golden": stand_in}
    ModelCard.parse(whole, str(card))
    return draft


def _scale_ranges(inputs: list[ModelInput], where: str) -> NDArray[np.float32]:
    """(inputs, 2) of what the model takes."""
    ranges = []
    for one in inputs:
        if isinstance(one.scaling, CyclicScaling):
            ranges.append([-1.0, 1.0])
        elif one.training_range is None:
            raise ConfigError(
                f"{where}, input '{one.name}': say its 'training_range', so that the export can "
                "be compared where it will be used"
            )
        else:
            ends = compute_scaled(np.array(one.training_range), one.scaling)
            ranges.append(sorted(float(end) for end in ends))
    return np.array(ranges, dtype=np.float32)
