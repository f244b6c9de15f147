"""What a finished unit looks like in numbers; strip by strip, so that a whole tile is no burden."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from smmap.pipeline.run_state import VV_DB
from smmap.pipeline.staged import StagedUnit
from smmap.product.layers import SM, SM_QUALITY
from smmap.product.tally import Tally
from smmap.spec.quality import Quality

_GROUPS = {"unflagged": 1, "valid": 2}
"""Pixels are counted in three groups, from the best: so many of them bear the name."""
_WORST = 2
"""The group of pixels without a value."""


def compute_statistics(staged: StagedUnit) -> dict[str, float]:
    """Counts, shares and medians over a unit's area; a figure without pixels is left out.

    ``valid`` pixels have a value; ``unflagged`` ones have no quality bit set besides. Shares of
    flags are of the pixels that the radar saw.
    """
    values = {layer: Tally(layer, groups=_WORST + 1) for layer in (SM, VV_DB)}
    flags = Tally(SM_QUALITY)
    for sm, vv_db, quality in staged.iterate_strips(SM, VV_DB, SM_QUALITY):
        group = np.where(sm == SM.fill, np.uint8(_WORST), quality != 0)
        values[SM].add(sm, group)
        values[VV_DB].add(vv_db, group)
        flags.add(quality)
    told, weights = flags.get_counts()
    counts = {"pixels": flags.count_all(), "seen": _count(values[VV_DB]), "known": weights.sum()}
    counts |= {name: _count(values[SM], groups) for name, groups in reversed(_GROUPS.items())}
    figures = {name: float(count) for name, count in counts.items()}
    figures["valid_percent"] = 100.0 * counts["valid"] / counts["pixels"]
    for bit in Quality:
        share = float(weights[(told & bit) > 0].sum()) / max(1, counts["known"])
        figures[f"share_{str(bit.name).lower()}"] = share
    for layer, tally in values.items():
        for name, groups in reversed(_GROUPS.items()):
            summary = _summarise(*tally.get_counts(groups), layer.scale_factor or 1.0)
            figures |= {f"{layer.name}_{name}_{key}": value for key, value in summary}
    return figures


def _count(tally: Tally, groups: int | None = None) -> int:
    return int(tally.get_counts(groups)[1].sum())


def _summarise(
    numbers: NDArray[np.int64], weights: NDArray[np.int64], step: float
) -> Iterator[tuple[str, float]]:
    """Median, mean, standard deviation and extremes; nothing where nothing was counted."""
    if not weights.size:
        return
    total, values = int(weights.sum()), numbers * step
    middle = np.searchsorted(np.cumsum(weights), [(total + 1) // 2, total // 2 + 1])
    mean = float((values * weights).sum() / total)
    yield "median", float(values[middle].mean())
    yield "mean", mean
    yield "std", float(np.sqrt(((values - mean) ** 2 * weights).sum() / total))
    yield "min", float(values[0])
    yield "max", float(values[-1])
