"""Splits by two things at once: new places in new years, and each network by itself."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd

from smmap.spec.errors import InsituError
from smmap.validation.folds import split_into_folds
from smmap.validation.split import Split, find_rows, number_groups

logger = logging.getLogger(__name__)

LEAST_SAMPLES = 100
"""Of a network that is split by itself."""


def split_places_and_years(
    places: pd.Series, years: pd.Series, folds: int, *, scheme: str, seed: int = 0
) -> list[Split]:
    """Fold by fold, other places in other years: what a map of a new season elsewhere is worth.

    The years take turns: fold k tests its places in the k-th share of the years, of as many shares
    as there are folds or years, and trains on all other places in all other years. Rows of its
    places in other years, and of other places in its years, stand on neither side; so of all rows
    about one in as many is tested as there are shares.

    Raises
    ------
    InsituError
        If there is one year only, there are fewer places than folds, or a fold has nothing to
        train on or to test.
    """
    codes, count = number_groups(years, scheme)
    if count < 2:
        raise InsituError(f"split by {scheme}: there is one year only, {years.iloc[0]}")
    shares = min(folds, count)
    found = []
    for number, fold in enumerate(split_into_folds(places, folds, scheme=scheme, seed=seed)):
        its_years = codes * shares // count == number % shares
        tested = np.zeros(len(codes), dtype=bool)
        tested[fold.test] = True
        train, test = find_rows(~tested & ~its_years), find_rows(tested & its_years)
        if not len(train) or not len(test):
            raise InsituError(
                f"split by {scheme}: {fold.part} has {len(train)} rows to train on and "
                f"{len(test)} to test; take fewer folds"
            )
        found.append(Split(scheme, fold.part, train, test))
    return found


def split_within(
    groups: pd.Series, networks: pd.Series, folds: int, *, scheme: str, seed: int = 0
) -> list[Split]:
    """Each network by itself: folds of its own groups, trained on its own rows alone.

    Networks with less than `LEAST_SAMPLES` rows, or fewer groups than folds, are left out.

    Raises
    ------
    InsituError
        If none remains, or rows have no group or no network.
    """
    number_groups(groups, scheme)
    codes, count = number_groups(networks, scheme)
    found = []
    for code in range(count):
        rows = find_rows(codes == code)
        own = groups.iloc[rows]
        name = networks.iloc[rows[0]]
        if len(rows) < LEAST_SAMPLES or own.nunique() < folds:
            logger.info("split by %s: %s is too small, and left out", scheme, name)
            continue
        for fold in split_into_folds(own, folds, scheme=scheme, seed=seed):
            part = f"{name}, {fold.part}"
            found.append(Split(scheme, part, rows[fold.train], rows[fold.test]))
    if not found:
        raise InsituError(
            f"split by {scheme}: none of {count} has {LEAST_SAMPLES} samples and {folds} groups"
        )
    return found
