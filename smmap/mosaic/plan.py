"""Which days of which canvases are to be made, and from which overpass maps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache, reduce
from pathlib import Path

from shapely.geometry import box

from smmap.archive.daily_ledger import DayState, compare_day, read_day
from smmap.grid.area import clip_to_area
from smmap.grid.named import Grid, get_grid
from smmap.mosaic.canvas import find_canvases
from smmap.mosaic.sampling import measure_pixel
from smmap.mosaic.source import OverpassMap, list_maps
from smmap.mosaic.window import find_windows
from smmap.product.daily_layout import DayUnit
from smmap.product.encoding import compute_shard_shape
from smmap.product.merge_registry import get_merge_rule
from smmap.product.time_of_day import parse_time_of_day
from smmap.spec.errors import ArchiveError, GridError
from smmap.spec.period import Period
from smmap.spec.recipe import Area, CustomGrid
from smmap.spec.tile import Block, Tile
from smmap.spec.unit import compute_fingerprint
from smmap.store.folder import FolderOutput
from smmap.store.open import open_output_store
from smmap.store.output import OutputStore
from smmap.version import PRODUCT_VERSION

_FINEST = 0.8
"""Of the source's pixel: a mosaic has no detail that its overpass maps lack."""


@dataclass(frozen=True)
class Asked:
    """What a mosaic is to be."""

    grid: str | CustomGrid = "ease2-1km"
    """A named grid, or one's own."""
    rule: str = "nearest"
    """Name of the merge rule."""
    at: str = "06:00"
    """Local mean solar time of day that overpasses should be near to."""
    period: Period | None = None
    """Days; None: all that there are."""
    bbox: tuple[float, float, float, float] | None = None
    """West, south, east, north in degrees; None: all that there is."""
    source: str | None = None
    """Grid of the overpass maps; None: the only one, or the same."""


@dataclass(frozen=True)
class DayPlan:
    """One day of one canvas."""

    unit: DayUnit
    """What is to be made."""
    maps: tuple[OverpassMap, ...]
    """What it is made from."""
    windows: tuple[tuple[Block, OverpassMap], ...]
    """Which cells each map may touch."""
    state: DayState
    """Whether it is there already."""
    replaces: str | None = None
    """Fingerprint of the files of the item that is there; None where there is none."""

    @property
    def files_fingerprint(self) -> str:
        """Of its files: what decides their bytes."""
        area = self.unit.area
        window = [area.row, area.col, area.height, area.width]
        return compute_fingerprint({"unit": self.unit.fingerprint, "area": window})

    @property
    def target(self) -> str:
        """Folder of its files, relative to the output."""
        return self.unit.get_pixels(self.files_fingerprint)

    def list_shards(self) -> list[Block]:
        """The shards that hold cells, whole, by row then column."""
        canvas = self.unit.canvas.geobox
        height, width = compute_shard_shape(int(canvas.shape[0]), int(canvas.shape[1]))
        touched = {
            (row, col)
            for window, _ in self.windows
            if (part := window.overlap(self.unit.area)) is not None
            for row in range(part.row // height, (part.row + part.height - 1) // height + 1)
            for col in range(part.col // width, (part.col + part.width - 1) // width + 1)
        }
        whole = Block.whole(canvas)
        shards = (Block(canvas, r * height, c * width, height, width) for r, c in sorted(touched))
        return [part for shard in shards if (part := shard.overlap(whole)) is not None]


@dataclass(frozen=True)
class MosaicPlan:
    """All days, by canvas and day."""

    root: OutputStore
    """The output with the overpass maps."""
    out: OutputStore
    """The output of the mosaic."""
    asked: Asked
    """What the mosaic is to be."""
    grid: Grid
    """Its grid."""
    source: str
    """Grid of the overpass maps."""
    days: tuple[DayPlan, ...]
    """What is to be made."""

    @property
    def reference_s(self) -> int:
        """Seconds since local midnight that overpasses should be near to."""
        return parse_time_of_day(self.asked.at)


def plan_mosaic(
    source: str | Path | OutputStore, asked: Asked, target: str | Path | OutputStore | None = None
) -> MosaicPlan:
    """Find the overpass maps and share them out; no pixel is read.

    Parameters
    ----------
    source
        Output with the overpass maps: a folder, or the URL of an object store's prefix.
    asked
        What the mosaic is to be.
    target
        Output that it goes to; None: the same.

    Raises
    ------
    ArchiveError
        If there is no output, or it holds nothing in the area and period.
    ConfigError, GridError
        If the rule, the time or the grid cannot be used.
    """
    get_merge_rule(asked.rule)
    parse_time_of_day(asked.at)
    grid, root = get_grid(asked.grid), open_output_store(source)
    if isinstance(root, FolderOutput):
        root = FolderOutput(root.root.absolute())  # workers may stand in another folder
    out = root if target is None else open_output_store(target)
    maps = list_maps(root)
    name = _choose_source(root, maps, grid, asked)
    maps = [one for one in maps if one.tile.grid == name]
    if asked.period is not None:
        # Whole days: half a day would be another map under the same name.
        first = asked.period.start.date()
        last = (asked.period.end - timedelta(microseconds=1)).date()
        maps = [one for one in maps if first <= one.day <= last]
    tiles = list({one.tile.key: one.tile for one in maps}.values())
    _check_resolution(grid, tiles)
    days = [
        day
        for canvas in find_canvases(grid, tiles)
        for day in _plan_canvas(canvas, grid, maps, asked, out)
    ]
    if not days:
        raise ArchiveError(
            f"{root.address} holds no overpass maps on grid {name} in that area and period; "
            f"smmap status {root.address} shows what it holds"
        )
    return MosaicPlan(root, out, asked, grid, name, tuple(days))


def _choose_source(root: OutputStore, maps: Sequence[OverpassMap], grid: Grid, asked: Asked) -> str:
    there = sorted({one.tile.grid for one in maps})
    if asked.source is not None:
        if asked.source not in there:
            raise ArchiveError(
                f"{root.address} holds no maps on grid '{asked.source}'; it holds "
                f"{', '.join(there)}"
            )
        return asked.source
    if len(there) > 1 and grid.name not in there:
        raise ArchiveError(
            f"{root.address} holds maps on {', '.join(there)}; choose one with --source"
        )
    return grid.name if grid.name in there else "".join(there)


def _check_resolution(grid: Grid, tiles: Sequence[Tile]) -> None:
    for tile in tiles[:1]:
        pixel_m = measure_pixel(tile)
        if grid.resolution_m < _FINEST * pixel_m:
            raise GridError(
                f"grid {grid.name} ({grid.resolution_m:g} m) is finer than the overpass maps "
                f"({pixel_m:g} m); choose a coarser one, or map again on {grid.name}"
            )


def _plan_canvas(
    canvas: Tile, grid: Grid, maps: Sequence[OverpassMap], asked: Asked, out: OutputStore
) -> list[DayPlan]:
    found: dict[date, list[tuple[Block, OverpassMap]]] = defaultdict(list)
    windows = cache(lambda key, area: find_windows(canvas, tiles[key], area))
    tiles = {one.tile.key: one.tile for one in maps}
    for one in maps:
        found[one.day] += [(window, one) for window in windows(one.tile.key, one.area)]
    wanted = _clip(canvas, asked.bbox)
    days = []
    for day, pairs in sorted(found.items()):
        parts = [part for window, _ in pairs for block in wanted if (part := window.overlap(block))]
        if parts:
            named = DayUnit(
                canvas, day, asked.rule, grid.resolution_label, reduce(Block.hull, parts), ""
            )
            days.append(_plan_day(named, pairs, asked.at, out))
    return days


def _clip(canvas: Tile, bbox: tuple[float, float, float, float] | None) -> list[Block]:
    """Blocks of the canvas that a bounding box asks for."""
    if bbox is None:
        return [Block.whole(canvas.geobox)]
    west, south, east, north = Area(bbox=bbox).bbox or bbox
    pieces = [(west, east)] if west < east else [(west, 180.0), (-180.0, east)]
    blocks = (clip_to_area(canvas, box(left, south, right, north)) for left, right in pieces)
    return [block for block in blocks if block is not None]


def _plan_day(
    named: DayUnit, pairs: Sequence[tuple[Block, OverpassMap]], at: str, out: OutputStore
) -> DayPlan:
    """Mosaics never shrink: what is there of the day is made again with what is wanted."""
    canvas, area = named.canvas, named.area
    there = read_day(out, named.item)
    if there is not None:
        area = area.hull(there.get_area(canvas))
    used = tuple(pair for pair in pairs if pair[0].overlap(area) is not None)
    maps = sorted({one.committed.id: one for _, one in used}.values(), key=_by_name)
    affine = canvas.geobox.affine
    fingerprint = compute_fingerprint(
        {
            "product": PRODUCT_VERSION,
            "canvas": [canvas.key, str(canvas.geobox.crs), *tuple(affine)[:6], *area.geobox.shape],
            "day": named.day.isoformat(),
            "rule": named.rule,
            "at": at,
            "maps": [[one.tile.key, one.committed.id, one.committed.fingerprint] for one in maps],
        }
    )
    unit = replace(named, area=area, fingerprint=fingerprint)
    replaces = there.fingerprint if there is not None else None
    return DayPlan(unit, tuple(maps), used, compare_day(there, unit), replaces)


def _by_name(one: OverpassMap) -> tuple[str, str]:
    return one.tile.key, one.committed.id
