"""Which pixels at which overpasses: sites, their tiles, their overpasses, what was measured."""

from __future__ import annotations

import functools
import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd
import shapely

from smmap.matchup.batch import Batch, Place
from smmap.matchup.site import Pixel, Site, find_pixel
from smmap.matchup.tally import Tally
from smmap.matchup.target import TargetRule, compute_targets
from smmap.pipeline.context import Context
from smmap.pipeline.plan import Planner
from smmap.pipeline.search import Found, Opened, load_area, search_scenes
from smmap.product.footprint import compute_footprint
from smmap.spec.errors import EmptySearchError
from smmap.spec.tile import Block, Tile
from smmap.spec.unit import Task, Unit

logger = logging.getLogger(__name__)

_REACH_DEG = 0.05
"""Outlines of scenes are drawn roughly; what lies further beside them was not seen."""
UNMEASURED = "no reading that the rule takes"
UNSEEN = "the radar did not see the place"


@dataclass(frozen=True)
class SamplePlan:
    """All that is to be read, and what was measured there; no pixel has been read."""

    context: Context
    """Of the recipe and the inputs."""
    sites: tuple[Site, ...]
    """In use."""
    pixels: tuple[Pixel, ...]
    """Of each of them."""
    targets: pd.DataFrame
    """One row a site and overpass with a value (for inputs with a history: every overpass of a site
    with some value): ``site`` (its number), ``unit``, ``row``, ``col`` and the columns of
    `compute_targets`."""
    units: Mapping[str, Unit]
    """By id: those of ``targets``."""
    batches: tuple[Batch, ...]
    """By tile, then time."""


@dataclass
class _Rows:
    """What tiles give, one after the other."""

    targets: list[pd.DataFrame] = field(default_factory=list)
    units: dict[str, Unit] = field(default_factory=dict)
    batches: list[Batch] = field(default_factory=list)


def plan_samples(
    context: Context, sites: Sequence[Site], rule: TargetRule, tally: Tally
) -> SamplePlan:
    """Search the catalogues around every site; what gives no sample is counted in ``tally``.

    Raises
    ------
    EmptySearchError
        If there is no scene around any of the sites.
    """
    placed = _place(context, sites, tally)
    looks_back = context.feature_set.history is not None
    by_tile: dict[str, list[int]] = defaultdict(list)
    for number, (_, pixel) in enumerate(placed):
        by_tile[pixel.tile.key].append(number)
    rows = _Rows()
    empty: dict[str, EmptySearchError] = {}
    opened: Opened = {}
    for key in sorted(by_tile):
        here = {number: placed[number] for number in by_tile[key]}
        tile = next(iter(here.values()))[1].tile
        hull = functools.reduce(Block.hull, (pixel.block for _, pixel in here.values()))
        try:
            ground = shapely.geometry.shape(compute_footprint(hull)[0])
            found = search_scenes(context, ground, opened)
        except EmptySearchError as error:
            empty[key] = error
            tally.lose_stations((site for site, _ in here.values()), "no scene around them")
            continue
        tally.note(f"item left out: {one}" for one in found.left_out)
        units = Planner(found, context).plan_units(tile, hull)
        wanted = _plan_tile(units, here, found, rule, rows, every=looks_back)
        busy = [unit for unit in units if unit.id in wanted]
        rows.units |= {unit.id: unit for unit in busy}
        rows.batches += _cut(tile, busy, wanted, context.recipe.batch)
        logger.info("%s: %d sites, %d batches so far", tile.id, len(here), len(rows.batches))
    if empty and len(empty) == len(by_tile):
        raise next(iter(empty.values()))
    visited = {number for key in by_tile if key not in empty for number in by_tile[key]}
    return SamplePlan(
        context,
        tuple(site for site, _ in placed),
        tuple(pixel for _, pixel in placed),
        _keep_measured(
            rows.targets, {one: placed[one][0] for one in visited}, tally, every=looks_back
        ),
        rows.units,
        tuple(rows.batches),
    )


def _keep_measured(
    tables: Sequence[pd.DataFrame], sites: Mapping[int, Site], tally: Tally, *, every: bool
) -> pd.DataFrame:
    """Overpasses with a value, or ``every`` one of a site that has some; others are counted."""
    numbers = {int(one["site"].iloc[0]) for one in tables}
    unvisited = [site for number, site in sites.items() if number not in numbers]
    tally.lose_stations(unvisited, "no overpass in the period")
    if not tables:
        return pd.DataFrame()
    targets = pd.concat(tables, ignore_index=True)
    known = targets["soil_moisture"].notna()
    measured = set(targets.loc[known, "site"])
    tally.lose_stations((sites[one] for one in sorted(numbers - measured)), UNMEASURED)
    kept = targets["site"].isin(measured) if every else known
    tally.count_pairs(len(targets), UNMEASURED, int((~kept).sum()))
    return targets[kept].reset_index(drop=True)


def _place(context: Context, sites: Sequence[Site], tally: Tally) -> list[tuple[Site, Pixel]]:
    """Sites in the recipe's area, with their pixels."""
    area = load_area(context)
    placed = []
    for site in sites:
        if area is not None and not area.intersects(shapely.Point(site.longitude, site.latitude)):
            tally.lose_stations([site], "outside the recipe's area")
        elif (pixel := find_pixel(site, context.grid)) is None:
            tally.lose_stations([site], f"outside the grid '{context.grid.name}'")
        else:
            placed.append((site, pixel))
    return placed


def _plan_tile(
    units: Sequence[Unit],
    here: Mapping[int, tuple[Site, Pixel]],
    found: Found,
    rule: TargetRule,
    rows: _Rows,
    *,
    every: bool,
) -> dict[str, set[Place]]:
    """Adds what was measured at a tile's sites; which pixels are wanted of its units, by id.

    ``every``: pixels of overpasses without a reading too, if there is one at another.
    """
    footprints = {one.item.id: one.footprint for one in found.candidates["sentinel1"]}
    seen_by = [
        shapely.union_all([footprints[item.id] for item in unit.overpass.items]) for unit in units
    ]
    wanted: dict[str, set[Place]] = defaultdict(set)
    for number, (site, pixel) in here.items():
        point = shapely.Point(site.longitude, site.latitude)
        near = [
            unit
            for unit, ground in zip(units, seen_by, strict=True)
            if ground.distance(point) <= _REACH_DEG
        ]
        if not near:
            continue
        targets = compute_targets(site.readings, [one.overpass.datetime for one in near], rule)
        targets.insert(0, "site", number)
        targets.insert(1, "unit", [one.id for one in near])
        rows.targets.append(targets.assign(row=pixel.row, col=pixel.col))
        measured = targets["soil_moisture"].notna()
        for unit, known in zip(near, measured, strict=True):
            if known or (every and measured.any()):
                wanted[unit.id].add((pixel.row, pixel.col))
    return wanted


def _cut(
    tile: Tile, units: Sequence[Unit], wanted: Mapping[str, set[Place]], size: int
) -> Iterator[Batch]:
    for start in range(0, len(units), size):
        part = tuple(units[start : start + size])
        task = Task(f"{tile.id}-{start // size}", tile, part)
        yield Batch(task, tuple(tuple(sorted(wanted[unit.id])) for unit in part))
