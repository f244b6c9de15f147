"""Folds within folds: what is fitted on predictions sees only predictions of unseen rows.

Ensemble weights and calibration that are fitted on rows their members were trained on come out too
good; here each row's prediction is made by a member fitted without the row's group.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from smmap.features.array import Doubles
from smmap.spec.errors import InsituError
from smmap.validation.folds import split_into_folds
from smmap.validation.split import Ints, Split

FitPredict = Callable[[Ints, Ints], Doubles]
"""Fits on the rows given first, and predicts those given second: (k,) m3/m3."""


@dataclass(frozen=True)
class Nested:
    """A split, and folds of its training rows alone."""

    outer: Split
    """Its test rows judge members, weights and calibration together."""
    inner: tuple[Split, ...]
    """Each of the outer training rows is tested by one of them."""


def nest_folds(
    outer: Sequence[Split], groups: pd.Series, folds: int = 5, *, seed: int = 0
) -> list[Nested]:
    """Cut the training rows of each split into folds of whole groups.

    Parameters
    ----------
    groups
        (n,) group of each sample of the whole table: the same as the outer split keeps whole.

    Raises
    ------
    InsituError
        If a split's training rows have fewer groups than folds.
    """
    return [_nest(split, groups, folds, seed) for split in outer]


def _nest(split: Split, groups: pd.Series, folds: int, seed: int) -> Nested:
    scheme = f"{split.scheme}, within {split.part}"
    inner = split_into_folds(groups.iloc[split.train], folds, scheme=scheme, seed=seed)
    return Nested(
        split,
        tuple(
            Split(one.scheme, one.part, split.train[one.train], split.train[one.test])
            for one in inner
        ),
    )


def predict_unseen(inner: Sequence[Split], fit_predict: FitPredict) -> tuple[Ints, Doubles]:
    """Predict each row by a fit that has not seen it.

    Returns
    -------
    tuple
        Rows, ascending, and their predictions, m3/m3; weights and calibration may be fitted on
        these.

    Raises
    ------
    InsituError
        If a fit returns another number of predictions than rows, or a row is tested twice.
    """
    rows = np.concatenate([one.test for one in inner])
    if len(np.unique(rows)) != len(rows):
        raise InsituError("folds that test a row twice cannot give one prediction for it")
    parts = []
    for one in inner:
        predicted = np.asarray(fit_predict(one.train, one.test), dtype=np.float64)
        if predicted.shape != one.test.shape:
            raise InsituError(
                f"{one.scheme}, {one.part}: {predicted.shape} predictions for {one.test.shape} rows"
            )
        parts.append(predicted)
    order = np.argsort(rows)
    return rows[order], np.concatenate(parts)[order]
