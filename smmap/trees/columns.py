"""What the kernels' rows hold: a column for each feature, direction of NaN and 255 cuts.

A NaN has no place among the cuts, so a feature whose branches send it both ways has two columns:
in one a NaN is below every cut, in the other above.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smmap.trees.ensemble import Ensemble
from smmap.trees.image import Images

COLUMN = np.dtype([("feature", "<u4"), ("first", "<u4"), ("count", "<u4"), ("missing", "<u4")])
"""A column: feature, its cuts (first, count), and what a NaN becomes. As in the kernel."""
_RANKS = 255
"""Cuts that ranks of 8 bits tell apart."""
_SHARED = 64
_LEFT_BITS = {False: 24, True: 32}
"""Bits of a node that hold its column and its left child: ranks, wide."""


@dataclass(frozen=True)
class Columns:
    """The rows' layout and every branch in its terms."""

    wide: bool
    """True: rows hold images of floats (32 bits); False: ranks (8 bits)."""
    bits: int
    """Of a node, for the column."""
    stride: int
    """Values of a row."""
    table: NDArray[np.void]
    """(columns,) of ``COLUMN``"""
    cuts: Images
    """All columns' cuts; none where ``wide``."""
    column: NDArray[np.uint32]
    """(nodes,) what the branch looks at; 0 for a leaf."""
    key: NDArray[np.uint32]
    """(nodes,) what it compares with; 0 for a leaf."""


def compute_columns(ensemble: Ensemble) -> Columns | None:
    """Choose ranks where the cuts are few enough and the trees small enough, else images.

    Returns
    -------
    Columns or None
        None where a node has too few bits for the features and the largest tree.
    """
    branch = ensemble.left >= 0
    direction = (ensemble.feature[branch] * 2 + ensemble.nan_right[branch]).astype(np.uint64)
    largest = int(np.diff(ensemble.starts).max())
    return _rank(ensemble, branch, direction, largest) or _widen(
        ensemble, branch, direction, largest
    )


def _rank(
    ensemble: Ensemble, branch: NDArray[np.bool_], direction: NDArray[np.uint64], largest: int
) -> Columns | None:
    """A column for every 255 cuts of a direction."""
    shifted = direction << np.uint64(32)
    distinct = np.unique(shifted | ensemble.cut[branch])
    directions, first, count = np.unique(
        distinct >> np.uint64(32), return_index=True, return_counts=True
    )
    columns_of = -(-count // _RANKS)
    n_columns = int(columns_of.sum())
    width = _fit(n_columns, largest, wide=False)
    if width is None or n_columns > max(_SHARED, 2 * len(directions)):
        return None
    owner = np.repeat(np.arange(len(directions)), columns_of)
    first_column = np.cumsum(columns_of) - columns_of
    part = np.arange(n_columns) - first_column[owner]
    table = np.zeros(n_columns, COLUMN)
    table["feature"] = directions[owner] // 2
    table["first"] = first[owner] + part * _RANKS
    table["count"] = np.minimum(count[owner] - part * _RANKS, _RANKS)
    table["missing"] = np.where(directions[owner] % 2, _RANKS, 0)
    place = np.searchsorted(distinct, shifted | ensemble.cut[branch])
    group = np.searchsorted(directions, direction)
    within = place - first[group]
    return Columns(
        wide=False,
        bits=width[0],
        stride=width[1],
        table=table,
        cuts=(distinct & np.uint64(0xFFFFFFFF)).astype(np.uint32),
        column=_spread(branch, first_column[group] + within // _RANKS),
        key=_spread(branch, within % _RANKS),
    )


def _widen(
    ensemble: Ensemble, branch: NDArray[np.bool_], direction: NDArray[np.uint64], largest: int
) -> Columns | None:
    """A column for every direction, and one for leaves."""
    directions, column = np.unique(direction, return_inverse=True)
    width = _fit(len(directions) + 1, largest, wide=True)
    if width is None:
        return None
    table = np.zeros(len(directions), COLUMN)
    table["feature"] = directions // 2
    table["missing"] = np.where(directions % 2, 0xFFFFFFFF, 0)
    return Columns(
        wide=True,
        bits=width[0],
        stride=width[1],
        table=table,
        cuts=np.zeros(0, np.uint32),
        column=_spread(branch, column),
        key=np.where(branch, ensemble.cut, 0).astype(np.uint32),
    )


def _fit(n_columns: int, largest: int, *, wide: bool) -> tuple[int, int] | None:
    """Bits for the column and values of a row; None where the largest tree does not fit."""
    stride = -(-max(n_columns, 1) // 16) * 16
    bits = (stride - 1).bit_length()
    return (bits, stride) if largest <= 1 << (_LEFT_BITS[wide] - bits) else None


def _spread(branch: NDArray[np.bool_], values: NDArray[np.integer]) -> NDArray[np.uint32]:
    """Branches' values among all nodes."""
    spread = np.zeros(len(branch), np.uint32)
    spread[branch] = values
    return spread
