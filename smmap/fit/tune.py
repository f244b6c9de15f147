"""Finds the options of a member by trying them (Optuna)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from smmap.spec.errors import ConfigError
from smmap.spec.training_member import Between, MemberSpec, OneOf
from smmap.spec.training_parts import Tuning

logger = logging.getLogger(__name__)

Score = Callable[[MemberSpec], float]
"""RMSE of a member with these options, m3/m3."""


def tune_member(spec: MemberSpec, tuning: Tuning, score: Score, seed: int) -> MemberSpec:
    """The member with the options that scored best; itself where it has nothing to tune.

    Raises
    ------
    ConfigError
        If Optuna is missing, or a value that is tried is no option.
    """
    if not spec.tune:
        return spec
    try:
        import optuna
    except ModuleNotFoundError as error:
        missing = error.name
    else:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        samplers = {"tpe": optuna.samplers.TPESampler, "random": optuna.samplers.RandomSampler}
        study = optuna.create_study(sampler=samplers[tuning.sampler](seed=seed))

        def try_one(trial: Any) -> float:
            return score(spec.change(_draw(trial, spec.tune)))

        study.optimize(try_one, n_trials=tuning.trials)
        found = spec.change(_draw(study.best_trial, spec.tune))
        logger.debug("%s: RMSE %.4f with %s", spec.title, study.best_value, study.best_params)
        return found
    raise ConfigError(f"tuning needs '{missing}': pip install 'smmap[train]'")


def _draw(trial: Any, space: Mapping[str, Between | OneOf]) -> dict[str, Any]:
    """One value of each option; choices by their number, as Optuna takes plain values only."""
    values: dict[str, Any] = {}
    for name, of in space.items():
        match of:
            case OneOf(choices=choices):
                values[name] = choices[trial.suggest_int(name, 0, len(choices) - 1)]
            case Between(whole=True):
                values[name] = trial.suggest_int(name, int(of.low), int(of.high), log=of.log)
            case Between():
                values[name] = trial.suggest_float(name, of.low, of.high, log=of.log)
    return values
