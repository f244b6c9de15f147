"""Models of scikit-learn as sums of trees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.export.grown_tree import GrownTree, read_tree, read_trees
from smmap.export.input_columns import InputColumns, check_step
from smmap.spec.errors import ModelError, UnsuitedError


@dataclass(frozen=True)
class Addend:
    """A tree's place in a sum."""

    tree: GrownTree
    """Itself."""
    columns: InputColumns
    """What it looks at."""
    weight: float
    """What its leaves are multiplied with."""


def sum_trees(model: Any, columns: InputColumns) -> tuple[float, list[Addend]]:
    """A fitted regressor as a constant and a weighted sum of trees.

    Trees, forests, boosted trees, and what bags, votes, stacks linearly, standardises the target,
    or scales each input for itself.

    Raises
    ------
    UnsuitedError
        If it is something else.
    """
    return _sum(model, columns, 1.0)


def _sum(model: Any, columns: InputColumns, weight: float) -> tuple[float, list[Addend]]:
    from sklearn import ensemble, tree
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.pipeline import Pipeline

    match model:
        case tree.DecisionTreeRegressor():
            if model.n_outputs_ != 1:
                raise ModelError(f"a tree of {model.n_outputs_} targets; fit one for each")
            return 0.0, [Addend(read_tree(model), columns, weight)]
        case ensemble.RandomForestRegressor() | ensemble.ExtraTreesRegressor():
            share = weight / len(model.estimators_)
            return _join([_sum(one, columns, share) for one in model.estimators_])
        case ensemble.GradientBoostingRegressor():
            rate = weight * model.learning_rate
            stages = [_sum(one, columns, rate) for one in model.estimators_.ravel()]
            return _join([(weight * _find_start(model), []), *stages])
        case ensemble.HistGradientBoostingRegressor():
            return weight * _find_base(model), [
                Addend(one, columns, weight) for one in read_trees(model)
            ]
        case ensemble.BaggingRegressor():
            share = weight / len(model.estimators_)
            pairs = zip(model.estimators_, model.estimators_features_, strict=True)
            return _join([_sum(one, columns.then(_pick(of)), share) for one, of in pairs])
        case ensemble.VotingRegressor():
            kept = [one for _, one in model.estimators]
            given = np.array(model.weights if model.weights is not None else [1.0] * len(kept))
            shares = given[[one != "drop" for one in kept]]
            pairs = zip(model.estimators_, weight * shares / shares.sum(), strict=True)
            return _join([_sum(one, columns, float(share)) for one, share in pairs])
        case ensemble.StackingRegressor() if not model.passthrough:
            last = model.final_estimator_
            if np.shape(getattr(last, "coef_", 0)) != (len(model.estimators_),):
                raise UnsuitedError(f"stacks by {type(last).__name__}")
            pairs = zip(model.estimators_, weight * last.coef_, strict=True)
            start = (weight * float(last.intercept_), list[Addend]())
            return _join([start, *(_sum(one, columns, float(share)) for one, share in pairs)])
        case TransformedTargetRegressor():
            offset, slope = _invert(model.transformer_)
            base, trees = _sum(model.regressor_, columns, weight * slope)
            return base + weight * offset, trees
        case Pipeline():
            for _, step in model.steps[:-1]:
                if step not in (None, "passthrough"):
                    check_step(step)
                    columns = columns.then(step.transform)
            return _sum(model.steps[-1][1], columns, weight)
    raise UnsuitedError(f"{type(model).__name__} is no sum of trees")


def _join(parts: list[tuple[float, list[Addend]]]) -> tuple[float, list[Addend]]:
    return sum(base for base, _ in parts), [one for _, trees in parts for one in trees]


def _pick(columns: NDArray[np.int64]) -> Any:
    return lambda rows: np.asarray(rows)[:, columns]


def _find_start(model: Any) -> float:
    """What boosting began with."""
    if isinstance(model.init_, str):
        return 0.0
    if not hasattr(model.init_, "constant_"):
        raise UnsuitedError(f"boosts {type(model.init_).__name__}")
    return float(np.ravel(model.init_.constant_)[0])


def _find_base(model: Any) -> float:
    if model.loss not in ("squared_error", "absolute_error", "quantile"):
        raise UnsuitedError(f"its loss '{model.loss}' makes more of the sum of its leaves")
    if model.is_categorical_ is not None:
        raise UnsuitedError("looks at categories")
    return float(np.ravel(vars(model)["_baseline_prediction"])[0])


def _invert(transformer: Any) -> tuple[float, float]:
    """Offset and slope from a transformed target to the target."""
    from sklearn import preprocessing as made

    if isinstance(transformer, made.FunctionTransformer) and transformer.inverse_func is None:
        return 0.0, 1.0
    linear = (made.StandardScaler, made.MinMaxScaler, made.MaxAbsScaler, made.RobustScaler)
    if not isinstance(transformer, linear):
        raise UnsuitedError(f"its target goes through {type(transformer).__name__}")
    zero, one = transformer.inverse_transform(np.array([[0.0], [1.0]])).ravel()
    return float(zero), float(one - zero)
