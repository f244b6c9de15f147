"""Splits by network where a cell may hold stations of several: ``ALDER+BIRCH``."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from smmap.spec.errors import InsituError
from smmap.validation.split import Split, find_rows, number_groups

logger = logging.getLogger(__name__)

JOINED = "+"
"""Between the networks whose stations a cell holds."""


def split_networks(
    networks: pd.Series, split: Callable[[pd.Series], Iterable[Split]], *, scheme: str
) -> list[Split]:
    """Splits that keep networks whole, those of shared cells too.

    A cell that several networks share is not trained on when any of them is judged: its soil is
    that of their stations. Nor is it judged while stations of another of its networks are trained
    on, which would tell of it. So where networks are left out one by one it stands on neither
    side, and in folds it is judged where all of its networks are.

    Parameters
    ----------
    networks
        (n,) network of each sample, several joined by ``+``.
    split
        From names of networks to splits of them, as of `smmap.validation.folds`.
    scheme
        By what is split, for messages.

    Raises
    ------
    InsituError
        As of ``split``, if a part has nothing to train on, no network has a cell of its own, or
        rows have no network.
    """
    codes, _ = number_groups(networks, scheme)
    labels = pd.Series(np.sort(networks.unique())).astype(str)
    belongs = labels.str.get_dummies(JOINED).astype(bool)
    of_row = belongs.to_numpy()[codes]
    found = []
    for one in split(pd.Series(belongs.columns, name="network")):
        train = find_rows(np.asarray(~of_row[:, one.test].any(axis=1)))
        test = find_rows(np.asarray(~of_row[:, one.train].any(axis=1)))
        if not len(test):
            logger.info("split by %s, %s: all cells are shared with others", scheme, one.part)
            continue
        if not len(train):
            raise InsituError(
                f"split by {scheme}, {one.part}: nothing is left to train on, as all cells hold "
                "stations of its networks; split by station or cell"
            )
        found.append(Split(one.scheme, one.part, train, test))
    if not found:
        raise InsituError(
            f"split by {scheme}: all cells hold stations of several networks; split by station or "
            "cell"
        )
    return found
