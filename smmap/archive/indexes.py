"""Links of collections and catalogues: rebuilt from what lies there, so any run repairs them."""

from __future__ import annotations

import functools
import json
import posixpath
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pystac

from smmap.archive.cube import publish_cube
from smmap.archive.document import read_document
from smmap.archive.item import CommittedItem
from smmap.archive.ledger import Committed, list_committed, list_tiles
from smmap.archive.put import put_index
from smmap.product.collections import (
    ROOT_ID,
    compute_model_collection,
    compute_product_collection,
    compute_root_catalog,
    compute_tile_collection,
    compute_year_catalog,
)
from smmap.product.daily_layout import get_daily_collection
from smmap.product.layout import LAYOUT
from smmap.spec.errors import ArchiveError
from smmap.spec.tile import Block, Tile
from smmap.store.output import OutputStore, join_address


def describe_grid(tile: Tile) -> dict[str, Any]:
    """A tile's pixels: what must be the same for all that is ever written of it."""
    return {
        "crs": str(tile.geobox.crs),
        "transform": [float(number) for number in tuple(tile.geobox.affine)[:6]],
        "shape": [int(size) for size in tile.geobox.shape],
    }


def check_output(store: OutputStore, tiles: Iterable[Tile]) -> None:
    """Refuse an output that holds something else, before anything is written.

    Raises
    ------
    ArchiveError
        If there is a catalogue that is not ours, or a tile of the same name on other pixels.
    """
    check_collections(store, {LAYOUT.tile_collection(tile.key): tile for tile in tiles})


def check_collections(store: OutputStore, tiles: Mapping[str, Tile]) -> None:
    """As ``check_output``, of tiles or canvases by the paths of their collections."""
    root = read_document(store, LAYOUT.catalog)
    if root is not None and root.get("id") != ROOT_ID:
        where = join_address(store.address, LAYOUT.catalog)
        raise ArchiveError(f"{where} is not an output of smmap; choose another place")
    for path, tile in tiles.items():
        there = read_document(store, path)
        if there is not None and there.get("smmap:grid") != describe_grid(tile):
            raise ArchiveError(
                f"{join_address(store.address, path)}: {tile.key} lies on other pixels there; "
                "choose another place or another name for the grid"
            )


def compute_window(items: Sequence[CommittedItem], tile: Tile) -> list[int]:
    """Row, column, height and width of what ``items`` (at least one) cover of a tile."""
    covered = functools.reduce(Block.hull, (one.get_area(tile) for one in items))
    return [covered.row, covered.col, covered.height, covered.width]


def publish_tile(
    store: OutputStore, tile: Tile, *, depth_m: tuple[float, float], staging: Path
) -> None:
    """Bring a tile's cubes, year catalogues and collection up to its committed items.

    Parameters
    ----------
    depth_m
        Soil layer of the values.
    staging
        The run's own folder, where all is made before it is renamed.
    """
    if list_committed(store, tile.key):
        path = LAYOUT.tile_collection(tile.key)
        put_index(store, path, lambda: _build_tile(store, tile, depth_m, staging), staging)


def _build_tile(
    store: OutputStore, tile: Tile, depth_m: tuple[float, float], staging: Path
) -> pystac.Collection:
    committed = list_committed(store, tile.key)
    years: dict[int, list[Committed]] = defaultdict(list)
    for one in committed:
        years[one.year].append(one)
    cubes = {}
    for year, members in years.items():
        _put_year(store, tile.key, year, staging)
        slices = [one for one in members if one.slice is not None]
        if slices:
            segment = str(year)
            cubes[segment] = publish_cube(
                store, tile, segment, slices, depth_m=depth_m, staging=staging
            )
    items = [pystac.Item.from_dict(one.document, migrate=False) for one in committed]
    collection = compute_tile_collection(tile.key, items, cubes)
    collection.extra_fields["smmap:pixels"] = compute_window(committed, tile)
    collection.extra_fields["smmap:grid"] = describe_grid(tile)
    return collection


def _put_year(store: OutputStore, tile: str, year: int, staging: Path) -> None:
    def build() -> pystac.Catalog:
        members = [one.id for one in list_committed(store, tile) if one.year == year]
        return compute_year_catalog(tile, year, members)

    put_index(store, LAYOUT.year_catalog(tile, year), build, staging)


def publish_root(store: OutputStore, staging: Path) -> None:
    """Bring the product's and the models' collections and the root up to what lies there."""

    # Listed anew each time: a rival may have published another one meanwhile.
    def read_tiles() -> list[dict[str, Any]]:
        return _read_all(store, [LAYOUT.tile_collection(tile) for tile in list_tiles(store)])

    def read_models() -> list[dict[str, Any]]:
        folder = posixpath.dirname(LAYOUT.models)
        names = store.list_folders(folder)
        return _read_all(store, [f"{folder}/{name}/{name}.json" for name in names])

    def build_product() -> pystac.Collection:
        found = read_tiles()
        tiles = [pystac.Collection.from_dict(one, migrate=False) for one in found]
        return compute_product_collection(tiles)

    def build_models() -> pystac.Collection:
        found = read_models()
        models = [pystac.Item.from_dict(one, migrate=False) for one in found]
        return compute_model_collection(models)

    if read_tiles():
        put_index(store, LAYOUT.product_collection, build_product, staging)
    if read_models():
        put_index(store, LAYOUT.models, build_models, staging)
    publish_catalog(store, staging)


def publish_catalog(store: OutputStore, staging: Path) -> None:
    """Link the root to the collections that are there."""
    children = (LAYOUT.product_collection, LAYOUT.models, get_daily_collection())

    def build() -> pystac.Catalog:
        there = zip(children, store.read_many(children), strict=True)
        return compute_root_catalog([path for path, data in there if data is not None])

    put_index(store, LAYOUT.catalog, build, staging)


def _read_all(store: OutputStore, paths: Sequence[str]) -> list[dict[str, Any]]:
    return [json.loads(data) for data in store.read_many(paths) if data is not None]
