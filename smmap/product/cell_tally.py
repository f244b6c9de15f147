"""Many pixels of one overpass to cells: whole numbers added up, so that no order matters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.product.layers import SM, SM_QUALITY, SM_UNCERTAINTY
from smmap.product.merge_rule import Bools, Doubles
from smmap.spec.quality import QUALITY_NODATA, Quality

_HALF = 0.5
"""Share of a cell's pixels from which a flag is the cell's, as at the overpass level."""
_TAKES_VALUE = Quality.SNOW_OR_FROZEN | Quality.OUT_OF_BOUNDS | Quality.WATER

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Cells:
    """One overpass on the cells of a coarser grid, each (y, x)."""

    sm: Doubles
    """m3/m3; NaN where there is no value."""
    sm_uncertainty: Doubles
    """m3/m3; NaN where there is none."""
    sm_quality: NDArray[np.uint16]
    """Bits of ``Quality``; 65535 where nothing was seen."""
    time_s: Doubles
    """Seconds since 00 UTC of the day; NaN where there is no value."""


@dataclass
class CellTally:
    """Sums over the sample points of each cell; tiles of one overpass are added one by one."""

    shape: tuple[int, int]
    """Cells."""
    points: int
    """Sample points in a cell: each stands for an equal share of the cell's ground."""
    _sums: dict[str, Counts] = field(default_factory=dict)
    _bits: dict[Quality, Counts] = field(default_factory=dict)

    def add(
        self,
        sm: NDArray[Any],
        sm_uncertainty: NDArray[Any],
        sm_quality: NDArray[Any],
        time_s: int,
    ) -> None:
        """Count stored values at sample points, each array (y, down, x, across).

        Points where this source has nothing are nodata in all three.
        """
        valid, sure = sm != SM.fill, sm_uncertainty != SM_UNCERTAINTY.fill
        seen = sm_quality != SM_QUALITY.fill
        self._add("seen", _count(seen))
        self._add("valid", _count(valid))
        self._add("sm", _count(np.where(valid, sm, 0)))
        self._add("sure", _count(sure & valid))
        self._add("sm_uncertainty", _count(np.where(sure & valid, sm_uncertainty, 0)))
        self._add("time", _count(valid) * time_s)
        known = np.where(seen, sm_quality, 0)
        present = Quality(int(np.bitwise_or.reduce(known, axis=None)))
        for bit in Quality:
            if bit in present:
                before = self._bits.get(bit, np.zeros(self.shape, np.int64))
                self._bits[bit] = before + _count((known & np.uint16(bit)) > 0)

    def compute_cells(self) -> Cells:
        """Means over the sample points that have a value, and the flags of each cell.

        A flag is set where at least half of the points that were seen have it; those that say that
        there is no value then take the cell's value too. Where a cell is left without a value, all
        flags that occur in it say why. Where less than half of the cell has a value, the value is
        flagged low weight. The uncertainty is the mean of the pixels': their errors are taken
        to be the same error, because neighbours share speckle, vegetation and model.
        """
        seen, valid, sure = self._get("seen"), self._get("valid"), self._get("sure")
        bits = np.zeros(self.shape, np.uint16)
        occurring = np.zeros(self.shape, np.uint16)
        taken = np.zeros(self.shape, bool)
        for bit, count in self._bits.items():
            hit = (count >= _HALF * seen) & (count > 0)
            bits[hit] |= np.uint16(bit)
            occurring[count > 0] |= np.uint16(bit)
            if bit in _TAKES_VALUE:
                taken |= hit
        valued = (valid > 0) & ~taken
        bits[valued & (valid < _HALF * self.points)] |= np.uint16(Quality.LOW_WEIGHT)
        known = valued | ((seen > 0) & (occurring > 0))
        quality = np.where(valued, bits, occurring)
        return Cells(
            sm=_divide(self._get("sm") * (SM.scale_factor or 1.0), valid, valued),
            sm_uncertainty=_divide(
                self._get("sm_uncertainty") * (SM_UNCERTAINTY.scale_factor or 1.0),
                sure,
                valued & (sure == valid),
            ),
            sm_quality=np.where(known, quality, QUALITY_NODATA).astype(np.uint16),
            time_s=_divide(self._get("time").astype(np.float64), valid, valued),
        )

    def _add(self, name: str, amount: Counts) -> None:
        self._sums[name] = self._get(name) + amount

    def _get(self, name: str) -> Counts:
        return self._sums.get(name, np.zeros(self.shape, np.int64))


def _count(values: NDArray[Any]) -> Counts:
    """Sum over the sample points of each cell."""
    return np.asarray(values.sum(axis=(1, 3), dtype=np.int64))


def _divide(total: NDArray[Any], count: Counts, where: Bools) -> Doubles:
    quotient: Doubles = np.full(total.shape, np.nan)
    np.divide(total, count, out=quotient, where=where)
    return quotient
