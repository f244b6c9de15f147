"""Fits one member, whatever its kind."""

from __future__ import annotations

from pathlib import Path

from smmap.fit.fitted import Fitted, Lesson
from smmap.spec.errors import ConfigError
from smmap.spec.training_member import (
    MemberSpec,
    Mlp,
    Physics,
    RandomForest,
    Svr,
    TwoBranch,
    Xgboost,
)


def fit_member(
    spec: MemberSpec, lesson: Lesson, seed: int, checkpoints: Path | None = None
) -> Fitted:
    """Fit a member on a lesson.

    Parameters
    ----------
    seed
        Of draws and first weights: the same seed, the same model.
    checkpoints
        Folder that networks keep theirs in; None: they keep none.

    Raises
    ------
    ConfigError
        If its library is missing.
    """
    rows, truth = lesson.rows, lesson.truth
    try:
        match spec:
            case RandomForest():
                from smmap.fit.forests import grow_forest

                return grow_forest(spec, rows, truth, seed)
            case Xgboost():
                from smmap.fit.forests import grow_booster

                return grow_booster(spec, rows, truth, seed)
            case Svr():
                from smmap.fit.estimators import fit_svr

                return fit_svr(spec, rows, truth)
            case Mlp():
                from smmap.fit.estimators import fit_mlp

                return fit_mlp(spec, rows, truth, seed)
            case TwoBranch():
                raise ConfigError(f"'{spec.title}' is fitted on patches, not on rows of a table")
            case Physics():
                from smmap.fit.physics_member import FittedPhysics

                return FittedPhysics(spec, lesson)
            case _:
                from smmap.fit.torch_member import fit_torch

                return fit_torch(spec, lesson, seed, checkpoints)
    except ModuleNotFoundError as error:
        missing = error.name
    raise ConfigError(f"training '{spec.title}' needs '{missing}': pip install 'smmap[train]'")
