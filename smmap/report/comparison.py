"""Maps of a simulated world beside its truth."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray

from smmap.archive.ledger import Committed, list_committed, list_tiles
from smmap.product.layers import SM, SM_QUALITY
from smmap.product.packing import unpack
from smmap.spec.errors import ArchiveError
from smmap.spec.quality import Quality
from smmap.store.folder import FolderOutput
from smmap.validation.scores import compute_scores

_SAME_MOMENT_S = 120.0
_STALE = int(Quality.STALE_OPTICAL)
DENSE = int(Quality.DENSE_VEGETATION)
"""Bit of pixels where the radar hardly sees the soil."""


@dataclass(frozen=True)
class Score:
    """How near maps are to the truth, over pixels where both have a value."""

    count: int
    """Pixels."""
    bias: float
    """Mean of map minus truth, m3/m3."""
    rmse: float
    """Root of the mean squared difference, m3/m3."""
    correlation: float
    """Pearson's R; NaN where one side does not vary."""
    spread: float
    """Standard deviation of the truth, m3/m3: the RMSE of knowing only its mean."""


@dataclass(frozen=True)
class Pair:
    """One overpass: map and truth on the same pixels."""

    item: Committed
    """The map's item."""
    sm: NDArray[np.float32]
    """(h, w) m3/m3, NaN where there is no value."""
    quality: NDArray[np.uint16]
    """(h, w) quality bits."""
    truth: NDArray[np.float32]
    """(h, w) m3/m3, NaN on water."""


@dataclass(frozen=True)
class Comparison:
    """Scores by class of pixels, and the pairs they come from."""

    scores: Mapping[str, Score]
    """By class, in words."""
    pairs: tuple[Pair, ...]
    """By time."""


def compare_with_truth(maps: Path, world: Path) -> Comparison:
    """Compare an output with the simulated world that it was mapped from.

    Raises
    ------
    ArchiveError
        If no map of the output fits a truth of the world.
    """
    pairs = tuple(sorted(_find_pairs(maps, world), key=lambda one: one.item.overpass.datetime))
    if not pairs:
        raise ArchiveError(f"{maps} holds no map of the world in {world}")
    sm, truth = (
        np.concatenate([getattr(one, name).ravel() for one in pairs]) for name in ("sm", "truth")
    )
    quality = np.concatenate([one.quality.ravel() for one in pairs])
    sparse = (quality & DENSE) == 0
    classes = {
        "all pixels with a value": np.ones(sm.shape, dtype=bool),
        "no flag, or stale optical only": (quality == 0) | (quality == _STALE),
        "dense vegetation": ~sparse,
    }
    scores = {name: compute_score(sm[where], truth[where]) for name, where in classes.items()}
    return Comparison(scores | {"field means, not dense": _score_fields(pairs)}, pairs)


def compute_score(sm: NDArray[np.floating], truth: NDArray[np.floating]) -> Score:
    """Score two arrays of the same shape, m3/m3, over pixels where both are finite."""
    known = np.isfinite(truth)
    x, y = sm[known].astype(np.float64), truth[known].astype(np.float64)
    scores = compute_scores(x, y)
    spread = float(y[np.isfinite(x)].std()) if scores.count else float("nan")
    return Score(scores.count, scores.bias, scores.rmse, scores.r, spread)


def _score_fields(pairs: tuple[Pair, ...]) -> Score:
    """Score means over squares of 16 x 16 pixels, about a field, of pixels that are not dense."""
    side = 16
    columns = []
    for one in pairs:
        usable = np.isfinite(one.sm) & np.isfinite(one.truth) & ((one.quality & DENSE) == 0)
        height, width = (size // side * side for size in usable.shape)
        cells = [
            np.where(usable, values, 0.0)[:height, :width]
            .reshape(height // side, side, width // side, side)
            .sum(axis=(1, 3))
            for values in (one.sm, one.truth, usable.astype(np.float64))
        ]
        enough = cells[2] > side * side / 2
        columns.append([cell[enough] / cells[2][enough] for cell in cells[:2]])
    sm, truth = (np.concatenate([pair[i] for pair in columns]) for i in (0, 1))
    return compute_score(sm, truth)


def _find_pairs(maps: Path, world: Path) -> Iterator[Pair]:
    store = FolderOutput(maps)
    listing = world / "truth" / "truth.json"
    if not listing.is_file():
        raise ArchiveError(f"{world} is no simulated world: it has no {listing}")
    for one in json.loads(listing.read_bytes())["truth"]:
        moment = datetime.fromisoformat(one["datetime"])
        keys = [key for key in list_tiles(store) if key.endswith(f"/{one['tile']}")]
        for item in (item for key in keys for item in list_committed(store, key)):
            apart = abs((item.overpass.datetime - moment).total_seconds())
            if item.status == "done" and apart <= _SAME_MOMENT_S:
                yield _load_pair(maps, item, listing.parent / one["href"])


def _load_pair(maps: Path, item: Committed, truth: Path) -> Pair:
    """Map, flags and truth on the map's pixels; both are on the tile's grid."""
    assets, folder = item.document["assets"], (maps / item.path).parent
    with rasterio.open(folder / assets[SM.name]["href"]) as file:
        sm, bounds = unpack(file.read(1), SM), file.bounds
    with rasterio.open(folder / assets[SM_QUALITY.name]["href"]) as file:
        quality = file.read(1)
    with rasterio.open(truth) as file:
        known = file.read(
            1, window=file.window(*bounds), boundless=True, fill_value=np.nan, out_shape=sm.shape
        )
    return Pair(item, sm, quality, known)
