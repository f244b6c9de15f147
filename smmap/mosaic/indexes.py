"""Links of the daily level's collections, and its place in the root catalogue."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pystac
import zarr

from smmap.archive.indexes import describe_grid
from smmap.mosaic.cube import publish_daily_cube
from smmap.mosaic.ledger import CommittedDay, list_days, list_series
from smmap.product.collections import ROOT_ID, compute_root_catalog
from smmap.product.daily_collections import (
    compute_daily_level,
    compute_daily_year,
    compute_series_collection,
)
from smmap.product.daily_layout import get_daily_collection, get_daily_year
from smmap.product.document import encode_document
from smmap.product.layout import LAYOUT
from smmap.spec.errors import ArchiveError, StoreError
from smmap.spec.tile import Tile
from smmap.store.folder import FolderOutput

_TRIES = 20


def check_canvas(root: Path, series: str, canvas: Tile) -> None:
    """Refuse a folder that holds something else, before anything is written.

    Raises
    ------
    ArchiveError
        If its catalogue is not ours, or the series lies on other pixels there.
    """
    catalog = _read(root / LAYOUT.catalog)
    if catalog and catalog.get("id") != ROOT_ID:
        raise ArchiveError(f"{root / LAYOUT.catalog} is not an output of smmap; choose another")
    path = root / get_daily_collection(series)
    there = _read(path)
    if there and there.get("smmap:grid") != describe_grid(canvas):
        raise ArchiveError(
            f"{path}: {series} lies on other pixels there; choose another folder or another name "
            "for the grid"
        )


def publish_series(root: Path, series: str, canvas: Tile, staging: Path) -> None:
    """Bring a series' cubes, year catalogues and collection up to its committed days."""
    if list_days(root, series):
        path = get_daily_collection(series)
        _put(root, path, lambda: _build_series(root, series, canvas, staging), staging)


def publish_level(root: Path, staging: Path) -> None:
    """Bring the level's collection up to its series, and link it from the root catalogue."""

    def build() -> pystac.Collection:
        paths = (root / get_daily_collection(one) for one in list_series(root))
        return compute_daily_level([pystac.Collection.from_dict(_read(path)) for path in paths])

    if list_series(root):
        _put(root, get_daily_collection(), build, staging)
        _put(root, LAYOUT.catalog, lambda: _build_root(root), staging)


def _build_root(root: Path) -> pystac.Catalog:
    """The root with the links that it has, and ours."""
    links = _read(root / LAYOUT.catalog).get("links", ())
    children = [one["href"].removeprefix("./") for one in links if one["rel"] == "child"]
    return compute_root_catalog(list(dict.fromkeys([*children, get_daily_collection()])))


def _build_series(root: Path, series: str, canvas: Tile, staging: Path) -> pystac.Collection:
    days = list_days(root, series)
    years: dict[int, list[CommittedDay]] = defaultdict(list)
    for one in days:
        years[one.day.year].append(one)
    cubes = {}
    for year, members in years.items():
        _put_year(root, series, year, staging)
        sliced = [one for one in members if one.slice is not None]
        if sliced:
            depth_m = _load_depth(root / str(sliced[0].slice))
            cubes[year] = publish_daily_cube(
                root, canvas, series, sliced, depth_m=depth_m, staging=staging
            )
    items = [pystac.Item.from_dict(one.document) for one in days]
    return compute_series_collection(series, items, cubes, describe_grid(canvas))


def _put_year(root: Path, series: str, year: int, staging: Path) -> None:
    def build() -> pystac.Catalog:
        paths = [one.path for one in list_days(root, series) if one.day.year == year]
        return compute_daily_year(series, year, paths)

    _put(root, get_daily_year(series, year), build, staging)


def _load_depth(store: Path) -> tuple[float, float] | None:
    path = store / "depth_bnds"
    if not path.is_dir():
        return None
    top, bottom = np.asarray(zarr.open_array(path, mode="r", zarr_format=3)[:]).tolist()
    return top, bottom


def _read(path: Path) -> dict[str, Any]:
    document = json.loads(path.read_bytes()) if path.is_file() else {}
    return document if isinstance(document, dict) else {}


def _put(root: Path, path: str, build: Callable[[], pystac.Catalog], staging: Path) -> None:
    """Write what ``build`` makes, building again if somebody else was faster."""
    store = FolderOutput(root)
    for _ in range(_TRIES):
        current = store.read(path)
        data = encode_document(build())
        if data == current or store.swap(path, current, data, staging):
            return
    raise StoreError(f"{root / path}: other runs keep changing this index; rerun later")
