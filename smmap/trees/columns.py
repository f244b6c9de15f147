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
from smmap.trees.survey import RANKS, Survey, compute_directions

COLUMN = np.dtype([("feature", "<u4"), ("first", "<u4"), ("count", "<u4"), ("missing", "<u4")])
"""A column: feature, its cuts (first, count), and what a NaN becomes. As in the kernel."""
_RANK_NODES = 1 << 18
"""Of a tree of ranks: in larger ones, images with sorted rows are faster."""
_LEFT_BITS = 32
"""Bits of a wide node that hold its column and its left child."""


@dataclass(frozen=True)
class Columns:
    """The rows' layout; of branches, what they look at and compare with.

    A branch's *direction* is twice its feature, and one more where a NaN goes right.
    """

    wide: bool
    """True: rows hold images of floats (32 bits); False: ranks (8 bits)."""
    bits: int
    """Of a node, for the column."""
    stride: int
    """Values of a row."""
    table: NDArray[np.void]
    """(columns,) of ``COLUMN``"""
    cuts: Images
    """All columns' cuts, ascending in each direction; none where ``wide``."""
    first_column: NDArray[np.int64]
    """(directions,) the first column of a direction; meaningless where it has none."""
    first_cut: NDArray[np.int64]
    """(directions + 1,) where a direction's cuts start; none where ``wide``."""

    def compute_nodes(
        self, ensemble: Ensemble, span: slice
    ) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
        """Column and key of each node of the span; 0 for leaves."""
        branch = ensemble.left[span] >= 0
        direction = compute_directions(ensemble, span)[branch]
        column, key = self.first_column[direction], ensemble.cut[span][branch].astype(np.int64)
        if not self.wide:
            keyed = np.repeat(np.arange(len(self.first_cut) - 1), np.diff(self.first_cut))
            place = np.searchsorted(keyed << 32 | self.cuts, direction << 32 | key)
            column, key = np.divmod(place - self.first_cut[direction], RANKS)
            column += self.first_column[direction]
        found = np.zeros((2, len(branch)), np.uint32)
        found[0, branch], found[1, branch] = column, key
        return found[0], found[1]


def compute_columns(survey: Survey) -> Columns | None:
    """Choose ranks where the cuts are few enough and the trees small enough, else images.

    255 cuts a column, 32 columns: boosted trees whose cuts are of histograms. Forests that cut
    anywhere get images.

    Returns
    -------
    Columns or None
        None where a node has too few bits for the features and the largest tree.
    """
    if survey.cuts is not None and survey.largest <= _RANK_NODES:
        return _rank(survey.cuts)
    return _widen(survey)


def _rank(found: NDArray[np.int64]) -> Columns:
    """A column for every 255 cuts of a direction."""
    count = np.bincount(found >> 32, minlength=1)
    columns_of = -(-count // RANKS)
    first_cut = np.concatenate([[0], np.cumsum(count)])
    first_column = np.cumsum(columns_of) - columns_of
    direction = np.repeat(np.arange(len(count)), columns_of)
    part = np.arange(len(direction)) - first_column[direction]
    table = np.zeros(len(direction), COLUMN)
    table["feature"] = direction // 2
    table["first"] = first_cut[direction] + part * RANKS
    table["count"] = np.minimum(count[direction] - part * RANKS, RANKS)
    table["missing"] = np.where(direction % 2, RANKS, 0)
    stride = 16 if len(table) <= 16 else 32
    cuts = (found & 0xFFFFFFFF).astype(np.uint32)
    bits = stride.bit_length() - 1
    return Columns(False, bits, stride, table, cuts, first_column, first_cut)  # noqa: FBT003


def _widen(survey: Survey) -> Columns | None:
    """A column for every direction, and one for leaves."""
    direction = survey.directions
    stride = -(-(len(direction) + 1) // 16) * 16
    bits = (stride - 1).bit_length()
    if survey.largest > 1 << (_LEFT_BITS - bits):
        return None
    table = np.zeros(len(direction), COLUMN)
    table["feature"] = direction // 2
    table["missing"] = np.where(direction % 2, 0xFFFFFFFF, 0)
    first_column = np.zeros(2 * survey.needs, np.int64)
    first_column[direction] = np.arange(len(direction))
    none = np.zeros(0, np.int64)
    return Columns(True, bits, stride, table, none.astype(np.uint32), first_column, none)  # noqa: FBT003
