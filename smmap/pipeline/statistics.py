"""What a finished unit looks like in numbers; strip by strip, so that a whole tile is no burden."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from smmap.pipeline.run_state import VV_DB
from smmap.pipeline.staged import StagedUnit
from smmap.product.layers import SM, SM_QUALITY
from smmap.spec.band import Layer
from smmap.spec.quality import Quality

_STORED = 2**16


class _Tally:
    """How often each stored number of a layer occurs: medians and means without a sort."""

    def __init__(self, layer: Layer) -> None:
        self._step = layer.scale_factor or 1.0
        self._fill = layer.fill
        self._numbers = np.arange(_STORED, dtype=np.uint16).view(layer.dtype)
        self._counts = np.zeros(_STORED, np.int64)

    def add(self, stored: NDArray[np.generic], chosen: NDArray[np.bool_] | None = None) -> None:
        """Count those that are chosen; None: all."""
        kept = stored if chosen is None else np.where(chosen, stored, stored.dtype.type(self._fill))
        self._counts += np.bincount(kept.view(np.uint16).ravel(), minlength=_STORED)

    def get_counts(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Numbers that occur, less the fill, from the lowest on, and how often."""
        present = (self._counts > 0) & (self._numbers != self._fill)
        order = np.argsort(self._numbers[present])
        return self._numbers[present][order].astype(np.int64), self._counts[present][order]

    def summarise(self, name: str) -> dict[str, float]:
        """Median, mean, standard deviation and extremes; nothing where nothing was counted."""
        numbers, weights = self.get_counts()
        if not weights.size:
            return {}
        total, values = int(weights.sum()), numbers * self._step
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
    tallies = {(layer, name): _Tally(layer) for layer in (SM, VV_DB) for name in names}
    flags = _Tally(SM_QUALITY)
    for sm, vv_db, quality in staged.iterate_strips(SM, VV_DB, SM_QUALITY):
        valid = sm != SM.fill
        unflagged = valid & (quality == 0)
        flags.add(quality)
        counts["pixels"] += sm.size
        counts["seen"] += int(np.count_nonzero(vv_db != VV_DB.fill))
        for name, chosen in zip(names, (valid, unflagged), strict=True):
            counts[name] += int(np.count_nonzero(chosen))
            tallies[SM, name].add(sm, None if chosen is valid else chosen)
            tallies[VV_DB, name].add(vv_db, chosen)
    told, weights = flags.get_counts()
    counts["known"] = int(weights.sum())
    figures = {name: float(count) for name, count in counts.items()}
    figures["valid_percent"] = 100.0 * counts["valid"] / counts["pixels"]
    for bit in Quality:
        share = float(weights[(told & bit) > 0].sum()) / max(1, counts["known"])
        figures[f"share_{str(bit.name).lower()}"] = share
    for (layer, name), tally in tallies.items():
        figures |= tally.summarise(f"{layer.name}_{name}")
    return figures
