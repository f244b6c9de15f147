"""What a finished unit looks like in numbers; strip by strip, so that a whole tile is no burden."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from smmap.pipeline.run_state import VV_DB
from smmap.pipeline.staged import StagedUnit
from smmap.product.layers import SM, SM_QUALITY
from smmap.spec.band import Layer
from smmap.spec.quality import QUALITY_NODATA, Quality

_STORED = 65_536
_LOWEST = -32_768


class _Tally:
    """How often each stored number of an int16 layer occurs: medians and means without a sort."""

    def __init__(self, layer: Layer) -> None:
        self._step = layer.scale_factor or 1.0
        self._fill = layer.fill
        self._counts = np.zeros(_STORED, np.int64)

    def add(self, stored: NDArray[np.int16]) -> None:
        known = stored[stored != self._fill].astype(np.int64)
        self._counts += np.bincount(known - _LOWEST, minlength=_STORED)

    def summarise(self, name: str) -> dict[str, float]:
        """Median, mean, standard deviation and extremes; nothing where nothing was counted."""
        total = int(self._counts.sum())
        if not total:
            return {}
        present = np.flatnonzero(self._counts)
        weights = self._counts[present]
        values = (present + _LOWEST) * self._step
        middle = np.searchsorted(np.cumsum(weights), [(total + 1) // 2, total // 2 + 1])
        mean = float((values * weights).sum() / total)
        return {
            f"{name}_median": float(values[middle].mean()),
            f"{name}_mean": mean,
            f"{name}_std": float(np.sqrt(((values - mean) ** 2 * weights).sum() / total)),
            f"{name}_min": float(values[0]),
            f"{name}_max": float(values[-1]),
        }


def compute_statistics(staged: StagedUnit) -> dict[str, float]:
    """Counts, shares and medians over a unit's area; a figure without pixels is left out.

    ``valid`` pixels have a value; ``unflagged`` ones have no quality bit set besides. Shares of
    flags are of the pixels that the radar saw.
    """
    names = ("valid", "unflagged")
    counts = dict.fromkeys(("pixels", "seen", "known", *names), 0)
    bits = dict.fromkeys(Quality, 0)
    tallies = {(layer, name): _Tally(layer) for layer in (SM, VV_DB) for name in names}
    for sm, vv_db, quality in staged.iterate_strips(SM, VV_DB, SM_QUALITY):
        valid, known = sm != SM.fill, quality != QUALITY_NODATA
        where = {"valid": valid, "unflagged": valid & (quality == 0)}
        counts["pixels"] += sm.size
        counts["seen"] += int((vv_db != VV_DB.fill).sum())
        counts["known"] += int(known.sum())
        for bit in bits:
            bits[bit] += int(((quality & np.uint16(bit)) > 0)[known].sum())
        for name, chosen in where.items():
            counts[name] += int(chosen.sum())
            tallies[SM, name].add(sm[chosen])
            tallies[VV_DB, name].add(vv_db[chosen])
    figures = {name: float(count) for name, count in counts.items()}
    figures["valid_percent"] = 100.0 * counts["valid"] / counts["pixels"]
    for bit, count in bits.items():
        figures[f"share_{str(bit.name).lower()}"] = count / max(1, counts["known"])
    for (layer, name), tally in tallies.items():
        figures |= tally.summarise(f"{layer.name}_{name}")
    return figures
