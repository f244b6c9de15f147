"""Which samples train and which judge."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from smmap.spec.errors import InsituError

Ints: TypeAlias = NDArray[np.int64]
"""Numbers of rows of the table of samples, ascending."""


@dataclass(frozen=True)
class Split:
    """Rows to train on and rows to judge by; no row is in two of the parts."""

    scheme: str
    """By what was split: ``random``, ``station``, ``zhu spatial``."""
    part: str
    """Which of the scheme's splits: ``fold 1 of 5``, ``9 cells, repeat 3``."""
    train: Ints
    """Rows to fit on."""
    test: Ints
    """Rows that nothing of the fit has seen."""
    validation: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    """Rows that may stop or tune the fit; empty where the scheme has none."""


def number_groups(groups: pd.Series, scheme: str) -> tuple[Ints, int]:
    """Number of each row's group and the count of groups.

    Groups are numbered by their names in order, so that splits do not depend on the order of rows.

    Raises
    ------
    InsituError
        If there is no row, or a row without a group.
    """
    if groups.empty:
        raise InsituError(f"split by {scheme}: the table has no samples")
    missing = int(groups.isna().sum())
    if missing:
        raise InsituError(
            f"split by {scheme}: {missing} of {len(groups)} samples have no '{groups.name}'; "
            "drop or complete them"
        )
    codes, names = pd.factorize(groups.to_numpy(), sort=True)
    return codes.astype(np.int64), len(names)


def find_rows(chosen: NDArray[np.bool_]) -> Ints:
    """Numbers of the rows that are chosen."""
    return np.flatnonzero(chosen).astype(np.int64)
