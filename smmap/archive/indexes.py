"""Links of collections and catalogues: rebuilt from what lies there, so any run repairs them."""

from __future__ import annotations

import functools
import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pystac

from smmap.archive.cube import publish_cube
from smmap.archive.ledger import Committed, list_committed, list_tiles
from smmap.product.collections import (
    ROOT_ID,
    compute_model_collection,
    compute_product_collection,
    compute_root_catalog,
    compute_tile_collection,
    compute_year_catalog,
)
from smmap.product.document import encode_document
from smmap.product.layout import LAYOUT
from smmap.spec.errors import ArchiveError, StoreError
from smmap.spec.tile import Block, Tile
from smmap.store.swap import read_document, swap_document

_TRIES = 20


def describe_grid(tile: Tile) -> dict[str, Any]:
    """A tile's pixels: what must be the same for all that is ever written of it."""
    return {
        "crs": str(tile.geobox.crs),
        "transform": [float(number) for number in tuple(tile.geobox.affine)[:6]],
        "shape": [int(size) for size in tile.geobox.shape],
    }


def check_output(root: Path, tiles: Iterable[Tile]) -> None:
    """Refuse an output that holds something else, before anything is written.

    Raises
    ------
    ArchiveError
        If the folder has a catalogue that is not ours, or a tile of the same name on other
        pixels.
    """
    catalog = root / LAYOUT.catalog
    if catalog.is_file() and _read_json(catalog).get("id") != ROOT_ID:
        raise ArchiveError(f"{catalog} is not an output of smmap; choose another folder")
    for tile in tiles:
        path = root / LAYOUT.tile_collection(tile.key)
        if path.is_file() and _read_json(path).get("smmap:grid") != describe_grid(tile):
            raise ArchiveError(
                f"{path}: tile {tile.key} lies on other pixels there; choose another folder or "
                "another name for the grid"
            )


def _read_json(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError):
        document = None
    return document if isinstance(document, dict) else {}


def publish_tile(root: Path, tile: Tile, *, depth_m: tuple[float, float], staging: Path) -> None:
    """Bring a tile's cubes, year catalogues and collection up to its committed items.

    Parameters
    ----------
    depth_m
        Soil layer of the values.
    staging
        The run's own folder, where all is made before it is renamed.
    """
    if list_committed(root, tile.key):
        _put(
            root,
            LAYOUT.tile_collection(tile.key),
            lambda: _build_tile(root, tile, depth_m, staging),
            staging,
        )


def _build_tile(
    root: Path, tile: Tile, depth_m: tuple[float, float], staging: Path
) -> pystac.Collection:
    committed = list_committed(root, tile.key)
    years: dict[int, list[Committed]] = defaultdict(list)
    for one in committed:
        years[one.year].append(one)
    cubes = {}
    for year, members in years.items():
        _put_year(root, tile.key, year, staging)
        slices = [one for one in members if one.slice is not None]
        if slices:
            segment = str(year)
            cubes[segment] = publish_cube(
                root, tile, segment, slices, depth_m=depth_m, staging=staging
            )
    items = [pystac.Item.from_dict(one.document) for one in committed]
    collection = compute_tile_collection(tile.key, items, cubes)
    covered = functools.reduce(Block.hull, (one.get_area(tile) for one in committed))
    window = [covered.row, covered.col, covered.height, covered.width]
    collection.extra_fields["smmap:pixels"] = window
    collection.extra_fields["smmap:grid"] = describe_grid(tile)
    return collection


def _put_year(root: Path, tile: str, year: int, staging: Path) -> None:
    def build() -> pystac.Catalog:
        members = [one.id for one in list_committed(root, tile) if one.year == year]
        return compute_year_catalog(tile, year, members)

    _put(root, LAYOUT.year_catalog(tile, year), build, staging)


def publish_root(root: Path, staging: Path) -> None:
    """Bring the product's and the models' collections and the root up to what lies there."""

    def build_product() -> pystac.Collection:
        collections = (root / LAYOUT.tile_collection(tile) for tile in list_tiles(root))
        paths = [path for path in collections if path.is_file()]
        return compute_product_collection(
            [pystac.Collection.from_dict(json.loads(path.read_bytes())) for path in paths]
        )

    def build_models() -> pystac.Collection:
        paths = sorted((root / LAYOUT.models).parent.glob("*/*.json"))
        return compute_model_collection(
            [pystac.Item.from_dict(json.loads(path.read_bytes())) for path in paths]
        )

    _put(root, LAYOUT.models, build_models, staging)
    children = [LAYOUT.models]
    if any((root / LAYOUT.tile_collection(tile)).is_file() for tile in list_tiles(root)):
        _put(root, LAYOUT.product_collection, build_product, staging)
        children.insert(0, LAYOUT.product_collection)
    _put(root, LAYOUT.catalog, lambda: compute_root_catalog(children), staging)


def _put(root: Path, path: str, build: Callable[[], pystac.Catalog], staging: Path) -> None:
    """Write what ``build`` makes, building again if somebody else was faster."""
    lock = root / LAYOUT.locks / f"{path.replace('/', '-')}.lock"
    for _ in range(_TRIES):
        current = read_document(root / path)
        data = encode_document(build())
        if data == current or swap_document(root / path, current, data, lock=lock, staging=staging):
            return
    raise StoreError(f"{root / path}: other runs keep changing this index; rerun later")
