"""Checks that everything reachable from an output's catalogue is whole."""

from __future__ import annotations

import json
import posixpath
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from smmap.archive.cube import compute_time_axis, place_slices
from smmap.archive.daily_cube import list_calendar, place_days
from smmap.archive.daily_ledger import CommittedDay, list_days, list_series
from smmap.archive.document import require_output
from smmap.archive.generation import compute_digest
from smmap.archive.item import CommittedItem
from smmap.archive.ledger import list_committed, list_tiles
from smmap.archive.verify_cube import WantedCube, check_cube
from smmap.product.checksum import encode_multihash
from smmap.product.daily_layout import get_daily_collection, get_daily_cube
from smmap.product.encoding import ROOT_DOCUMENT
from smmap.product.layout import LAYOUT
from smmap.spec.errors import ArchiveError
from smmap.store.output import OutputStore

_IGNORED = ("root", "parent", "collection", "self", "derived_from", "cite-as", "license")

Reached = dict[str, dict[str, Any]]
"""Documents that the catalogue leads to, by path."""
_Stated = tuple[str, str, dict[str, Any], str]
"""Path of a document, name of an asset of it, the asset, and the path that it leads to."""


def verify_output(store: OutputStore) -> list[str]:
    """What is wrong with an output, in words; empty if nothing is.

    Every linked document is there and is JSON; every file that an item names is there and has the
    checksum and size that the item states; every cube has the times of its items and the very
    shards of their slices; every committed item is linked; what a day was made from is there, if
    it is to lie in the same output.

    Raises
    ------
    ArchiveError
        If there is no output.
    """
    require_output(store)
    reached: Reached = {}
    problems = [*_walk(store, reached), *_check_assets(store, reached)]
    for tile in list_tiles(store):
        problems += _check_tile(store, tile, reached)
    for series in list_series(store):
        problems += _check_series(store, series, reached)
    return problems


def _walk(store: OutputStore, reached: Reached) -> Iterator[str]:
    """Read the catalogue and all that it leads to, level by level; say what is missing."""
    level, seen = [LAYOUT.catalog], {LAYOUT.catalog}
    while level:
        targets = []
        for path, data in zip(level, store.read_many(level), strict=True):
            try:
                document = json.loads(data or b"")
            except ValueError:
                yield f"{path}: linked, but not there or not JSON"
                continue
            reached[path] = document
            targets += [
                _resolve(path, link["href"])
                for link in document.get("links", [])
                if link["rel"] not in _IGNORED and "://" not in link["href"]
            ]
        level = [target for target in dict.fromkeys(targets) if target not in seen]
        seen.update(level)


def _resolve(path: str, href: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), href))


def _check_assets(store: OutputStore, reached: Reached) -> Iterator[str]:
    """Files against what their items state of them."""
    groups: list[_Stated] = []
    files: list[_Stated] = []
    for path, document in reached.items():
        for name, asset in document.get("assets", {}).items():
            if "://" in asset["href"] or asset["href"].startswith("/"):
                continue
            is_group = asset.get("type", "").startswith("application/vnd.zarr")
            (groups if is_group else files).append(
                (path, name, asset, _resolve(path, asset["href"]))
            )
    roots = store.read_many([f"{target}/{ROOT_DOCUMENT}" for *_, target in groups])
    for (path, name, _, target), root in zip(groups, roots, strict=True):
        if root is None:
            yield f"{target}: asset '{name}' of {path} is not there or not complete"
    marks = store.read_marks([target for *_, target in files])
    for (path, name, asset, target), mark in zip(files, marks, strict=True):
        if mark is None:
            yield f"{target}: asset '{name}' of {path} is not there"
        elif asset.get("file:size", mark.size) != mark.size:
            yield f"{target}: {mark.size} bytes, {path} says {asset['file:size']}"
        elif "file:checksum" in asset and asset["file:checksum"] != encode_multihash(mark.sha256):
            yield f"{target}: checksum differs from the one in {path}"


def _check_tile(store: OutputStore, tile: str, reached: Reached) -> Iterator[str]:
    try:
        committed = list_committed(store, tile)
    except ArchiveError as error:
        yield str(error)
        return
    yield from _check_linked(committed, reached)
    years = defaultdict(list)
    for one in committed:
        if one.slice is not None:
            years[one.year].append(one)
    cubes = {}
    for year, slices in years.items():
        axis = compute_time_axis([one.overpass for one in slices])
        times = np.array([one.datetime.replace(tzinfo=None) for one in axis], "datetime64[us]")
        path = LAYOUT.cube(tile, str(year), compute_digest(slices))
        stored = times.astype("<i8").tobytes()
        cubes[f"cube-{year}"] = WantedCube(path, stored, place_slices(slices))
    yield from _check_cubes(store, LAYOUT.tile_collection(tile), cubes, reached)


def _check_series(store: OutputStore, series: str, reached: Reached) -> Iterator[str]:
    try:
        days = list_days(store, series)
    except ArchiveError as error:
        yield str(error)
        return
    yield from _check_linked(days, reached)
    yield from _check_sources(store, days)
    years = defaultdict(list)
    for one in days:
        if one.slice is not None:
            years[one.day.year].append(one)
    cubes = {}
    for year, slices in years.items():
        calendar = np.array(list_calendar([one.day for one in slices]), "datetime64[D]")
        path = get_daily_cube(series, year, compute_digest(slices))
        stored = calendar.astype("<i4").tobytes()
        cubes[f"daily-{year}"] = WantedCube(path, stored, place_days(slices))
    yield from _check_cubes(store, get_daily_collection(series), cubes, reached)


def _check_linked(committed: Sequence[CommittedItem], reached: Reached) -> Iterator[str]:
    for item in committed:
        if item.path not in reached:
            yield f"{item.path}: committed, but not linked; any run repairs the links"


def _check_sources(store: OutputStore, days: Sequence[CommittedDay]) -> Iterator[str]:
    """Whether the overpasses of every day that lie in this output are there."""
    of: dict[str, str] = {}
    for day in days:
        for link in day.document["links"]:
            target = _resolve(day.path, link["href"])
            elsewhere = "://" in link["href"] or target.startswith(("/", ".."))
            if link["rel"] == "derived_from" and not elsewhere:
                of.setdefault(target, day.path)
    for (target, path), data in zip(of.items(), store.read_many(of), strict=True):
        if data is None:
            yield f"{target}: {path} was made from it, and it is not there"


def _check_cubes(
    store: OutputStore, collection: str, cubes: dict[str, WantedCube], reached: Reached
) -> Iterator[str]:
    """The cubes of a tile's or a series' collection against those that its items ask for."""
    assets = reached.get(collection, {}).get("assets", {})
    for name, wanted in cubes.items():
        if name in assets:
            yield from check_cube(store, _resolve(collection, assets[name]["href"]), wanted)
        elif collection in reached:
            yield f"{collection}: has no {name}, though items have slices; any run repairs it"
    for name in assets.keys() - cubes.keys():
        yield f"{collection}: {name} has no items; any run repairs it"
