"""What each member of an ensemble counts, from predictions of rows that it did not see."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import nnls

from smmap.features.array import Doubles
from smmap.spec.errors import ConfigError

_SUM_ONE = 1e3
"""How much heavier than all rows together the sum of the weights is taken, which is to be 1."""
_TRIALS = 200
"""Sets of weights that a search tries."""


def compute_weights(predicted: Doubles, truth: Doubles) -> Doubles:
    """Weights of least squared error that are not negative and sum to 1.

    Parameters
    ----------
    predicted
        (n, members) of rows that the members did not see.
    truth
        (n,).
    """
    heavy = _SUM_ONE * max(float(np.linalg.norm(predicted)), 1.0)
    left = np.vstack([predicted, np.full(predicted.shape[1], heavy)])
    weights, _ = nnls(left, np.append(truth, heavy))
    return np.asarray(weights / weights.sum())


def search_weights(predicted: Doubles, truth: Doubles, seed: int) -> Doubles:
    """Weights of least squared error among those that Optuna tries, scaled to sum to 1.

    What `compute_weights` finds at once; this is how the study `gssm10` found its own.

    Parameters
    ----------
    predicted, truth
        As of `compute_weights`.
    seed
        Of the search.

    Raises
    ------
    ConfigError
        If Optuna is missing.
    """
    try:
        import optuna
    except ModuleNotFoundError as error:
        missing = error.name
    else:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        names = [f"weight {member}" for member in range(predicted.shape[1])]
        # The squared error of any weights follows from these: rows are summed once.
        products, mixed = predicted.T @ predicted, predicted.T @ truth

        def try_one(trial: Any) -> float:
            drawn = np.array([trial.suggest_float(name, 0.0, 1.0) for name in names])
            weights = drawn / drawn.sum()
            return float(weights @ products @ weights - 2 * mixed @ weights)

        study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
        study.optimize(try_one, n_trials=_TRIALS)
        found = np.array([study.best_params[name] for name in names])
        return np.asarray(found / found.sum())
    raise ConfigError(f"combine: searched needs '{missing}': pip install 'smmap[train]'")
