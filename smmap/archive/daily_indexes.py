"""Links of the daily level: its series, their years and cubes, and its place in the root."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pystac

from smmap.archive.daily_cube import publish_daily_cube
from smmap.archive.daily_ledger import CommittedDay, list_days, list_series
from smmap.archive.document import read_document
from smmap.archive.indexes import compute_window, describe_grid, publish_catalog
from smmap.archive.put import put_index
from smmap.product.daily_collections import (
    compute_daily_level,
    compute_daily_year,
    compute_series_collection,
)
from smmap.product.daily_layout import get_daily_collection, get_daily_year
from smmap.spec.tile import Tile
from smmap.store.output import OutputStore


def publish_series(store: OutputStore, series: str, canvas: Tile, staging: Path) -> None:
    """Bring a series' cubes, year catalogues and collection up to its committed days."""
    if list_days(store, series):
        path = get_daily_collection(series)
        put_index(store, path, lambda: _build_series(store, series, canvas, staging), staging)


def publish_level(store: OutputStore, staging: Path) -> None:
    """Bring the level's collection up to its series, and link it from the root catalogue."""

    def read_series() -> list[pystac.Collection]:
        paths = [get_daily_collection(one) for one in list_series(store)]
        found = (read_document(store, path) for path in paths)
        return [pystac.Collection.from_dict(one, migrate=False) for one in found if one is not None]

    if read_series():
        path = get_daily_collection()
        put_index(store, path, lambda: compute_daily_level(read_series()), staging)
        publish_catalog(store, staging)


def _build_series(
    store: OutputStore, series: str, canvas: Tile, staging: Path
) -> pystac.Collection:
    days = list_days(store, series)
    years: dict[int, list[CommittedDay]] = defaultdict(list)
    for one in days:
        years[one.day.year].append(one)
    cubes = {}
    for year, members in years.items():
        _put_year(store, series, year, staging)
        sliced = [one for one in members if one.slice is not None]
        if sliced:
            cubes[year] = publish_daily_cube(store, canvas, series, sliced, staging=staging)
    items = [pystac.Item.from_dict(one.document, migrate=False) for one in days]
    collection = compute_series_collection(series, items, cubes, describe_grid(canvas))
    collection.extra_fields["smmap:pixels"] = compute_window(days, canvas)
    return collection


def _put_year(store: OutputStore, series: str, year: int, staging: Path) -> None:
    def build() -> pystac.Catalog:
        paths = [one.path for one in list_days(store, series) if one.day.year == year]
        return compute_daily_year(series, year, paths)

    put_index(store, get_daily_year(series, year), build, staging)
