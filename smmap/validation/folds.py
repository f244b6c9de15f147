"""Splits that keep groups whole: a station, a cell, a network, a year is on one side only.

Written here and not taken from scikit-learn, so that the same seed gives the same splits with any
of its versions and in any order of rows.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from smmap.spec.errors import InsituError
from smmap.validation.split import Split, find_rows, number_groups

STUDY_SHARES = (0.6, 0.2, 0.2)
"""Of sensors to train, validate and test on in Batchu et al. 2023."""


def split_into_folds(
    groups: pd.Series, folds: int = 5, *, scheme: str, seed: int = 0
) -> list[Split]:
    """Each group is tested once; folds hold equal numbers of groups, at random.

    Parameters
    ----------
    groups
        (n,) name of each sample's group; its own ``name`` stands in messages.
    scheme
        By what is split, for names and messages.

    Raises
    ------
    InsituError
        If there are fewer groups than folds, fewer than two folds, or rows without a group.
    """
    codes, count = number_groups(groups, scheme)
    if folds < 2:
        raise InsituError(f"split by {scheme}: {folds} folds; at least 2 are needed")
    if count < folds:
        raise InsituError(
            f"split by {scheme}: {count} groups are too few for {folds} folds; group "
            "otherwise, or take fewer: the recipe's 'folds', within training rows 'inner_folds' "
            "(smmap train ... --set folds=2)"
        )
    fold = np.empty(count, dtype=np.int64)
    fold[np.random.default_rng(seed).permutation(count)] = np.arange(count) % folds
    of_row = fold[codes]
    return [
        _part(scheme, f"fold {number + 1} of {folds}", of_row == number) for number in range(folds)
    ]


def leave_each_out(groups: pd.Series, *, scheme: str) -> Iterator[Split]:
    """Each group is tested alone, by the others: years, areas, networks.

    Raises
    ------
    InsituError
        If there are fewer than two groups, or rows without a group.
    """
    codes, count = number_groups(groups, scheme)
    if count < 2:
        raise InsituError(f"split by {scheme}: there is one group only, '{groups.iloc[0]}'")
    names = np.sort(groups.unique())
    for number in range(count):
        yield _part(scheme, f"without {names[number]}", codes == number)


def hold_out(
    groups: pd.Series,
    shares: tuple[float, float, float] = STUDY_SHARES,
    *,
    scheme: str,
    seed: int = 0,
) -> Split:
    """One split into training, validation and test by shares of the groups.

    Raises
    ------
    InsituError
        If the shares do not sum to 1, a part would be empty, or rows have no group.
    """
    codes, count = number_groups(groups, scheme)
    if min(shares) < 0 or abs(sum(shares) - 1) > 1e-9:
        raise InsituError(f"split by {scheme}: shares {shares} must be positive and sum to 1")
    first, second = (round(count * edge) for edge in (shares[0], shares[0] + shares[1]))
    sizes = (first, second - first, count - second)
    if any(size == 0 and share > 0 for size, share in zip(sizes, shares, strict=True)):
        raise InsituError(f"split by {scheme}: {count} groups are too few for shares {shares}")
    place = np.empty(count, dtype=np.int64)
    place[np.random.default_rng(seed).permutation(count)] = np.repeat([0, 1, 2], sizes)
    train, validation, test = (find_rows(place[codes] == number) for number in range(3))
    part = " / ".join(f"{100 * share:g} %" for share in shares)
    return Split(scheme, part, train, test, validation)


def _part(scheme: str, part: str, tested: np.ndarray) -> Split:
    return Split(scheme, part, find_rows(~tested), find_rows(tested))
