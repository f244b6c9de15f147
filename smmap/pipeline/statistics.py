"""What a finished unit looks like in numbers; counted part by part, as they come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from smmap.product.layers import SM, SM_QUALITY
from smmap.product.tally import Tally
from smmap.spec.band import Layer
from smmap.spec.quality import Quality

VV_DB = Layer(
    name="vv_db",
    dtype="int16",
    fill=-32768,
    scale_factor=0.01,
    units="dB",
    long_name="VV backscatter after filtering and averaging",
)
"""Counted for the report's figures; neither staged nor published."""

_GROUPS = {"unflagged": 1, "valid": 2}
"""Pixels are counted in three groups, from the best: so many of them bear the name."""
_WORST = 2
"""The group of pixels without a value."""


def open_tallies(layers: Iterable[Layer]) -> dict[Layer, Tally]:
    """Nothing counted yet, of layers and of the backscatter beside them.

    ``sm`` and the backscatter are counted in three groups, from the best pixels on.
    """
    return {
        one: Tally(one, groups=_WORST + 1 if one in (SM, VV_DB) else 1) for one in (*layers, VV_DB)
    }


def count_part(tallies: Mapping[Layer, Tally], packed: Mapping[str, NDArray[np.generic]]) -> None:
    """Add a part's packed layers (y, x), by name. Not from several threads at a time."""
    flagged, without = packed[SM_QUALITY.name] != 0, packed[SM.name] == SM.fill
    # As `np.where`, in a fifth of its time.
    group = np.maximum(flagged.view(np.uint8), without.view(np.uint8) * np.uint8(_WORST))
    for layer, tally in tallies.items():
        tally.add(packed[layer.name], group if tally.groups > 1 else None)


def compute_statistics(tallies: Mapping[Layer, Tally]) -> dict[str, float]:
    """Counts, shares and medians over a unit's area; a figure without pixels is left out.

    ``valid`` pixels have a value; ``unflagged`` ones have no quality bit set besides. Shares of
    flags are of the pixels that the radar saw.
    """
    values, flags = {layer: tallies[layer] for layer in (SM, VV_DB)}, tallies[SM_QUALITY]
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
