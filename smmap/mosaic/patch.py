"""A patch of a mosaic on one day: from overpass maps to packed cells."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.grid.ground import compute_lonlat
from smmap.mosaic.reader import MapReader, Packed
from smmap.mosaic.sampling import Lattice, compute_samples
from smmap.product.cell_tally import Cells, CellTally
from smmap.product.daily_layers import pack_daily
from smmap.product.layers import SM, SM_QUALITY, SM_UNCERTAINTY
from smmap.product.merge_rule import MergeRule, Observations
from smmap.product.time_of_day import compute_distance
from smmap.spec.tile import Block, Tile


def merge_patch(
    canvas: Tile,
    patch: Block,
    maps: Sequence[MapReader],
    rule: MergeRule,
    reference_s: int,
) -> Packed | None:
    """All daily layers of a patch within a band, (y, x); None where no map has anything.

    Each overpass is averaged onto the cells first, over all its tiles; then the overpasses are
    merged in time.
    """
    cells = average_overpasses(canvas, patch, maps)
    if not cells:
        return None
    time_s = np.stack([one.time_s for one in cells])
    # Asked for only where there is a choice: on fine grids it takes longer than the rest.
    distance_s = time_s
    if len(cells) > 1:
        distance_s = compute_distance(time_s, compute_lonlat(patch)[0], reference_s)
    observations = Observations(
        sm=np.stack([one.sm for one in cells]),
        sm_uncertainty=np.stack([one.sm_uncertainty for one in cells]),
        sm_quality=np.stack([one.sm_quality for one in cells]),
        time_s=time_s,
        distance_s=distance_s,
    )
    return pack_daily(observations, rule(observations))


def average_overpasses(canvas: Tile, patch: Block, maps: Sequence[MapReader]) -> list[Cells]:
    """Each overpass that has something there on the patch's cells, by name."""
    of_tile: dict[str, list[MapReader]] = defaultdict(list)
    for one in maps:
        of_tile[one.source.tile.key].append(one)
    tallies: dict[str, CellTally] = {}
    for _, members in sorted(of_tile.items()):
        tile = members[0].source.tile
        samples = compute_samples(canvas, tile, patch.row)
        lattice = Lattice(canvas, patch, samples)
        rows, cols = lattice.find_pixels(tile)
        owned = lattice.find_owned(tile)
        for one in members:
            picked = _pick(one, rows, cols, owned)
            if picked is not None:
                tally = tallies.setdefault(
                    one.source.overpass, CellTally(patch.shape, samples[0] * samples[1])
                )
                tally.add(picked[SM], picked[SM_UNCERTAINTY], picked[SM_QUALITY], one.source.time_s)
    return [tally.compute_cells() for _, tally in sorted(tallies.items())]


def _pick(
    one: MapReader,
    rows: NDArray[np.int64],
    cols: NDArray[np.int64],
    owned: NDArray[np.bool_] | None,
) -> Packed | None:
    """The map's stored values under the sample points; nodata where it has none or is no owner."""
    area = one.source.area
    inside = (rows >= area.row) & (rows < area.row + area.height)
    inside &= (cols >= area.col) & (cols < area.col + area.width)
    if owned is not None:
        inside &= owned
    if not inside.any():
        return None
    row, col = int(rows[inside].min()), int(cols[inside].min())
    window = Block(
        one.source.tile.geobox,
        row,
        col,
        int(rows[inside].max()) - row + 1,
        int(cols[inside].max()) - col + 1,
    )
    loaded = one.load(window)
    at = (
        np.clip(rows - row, 0, window.height - 1),
        np.clip(cols - col, 0, window.width - 1),
    )
    picked: dict[Any, NDArray[Any]] = {
        layer: np.where(inside, values[at], layer.fill).astype(values.dtype)
        for layer, values in loaded.items()
    }
    seen = any((values != layer.fill).any() for layer, values in picked.items())
    return picked if seen else None
