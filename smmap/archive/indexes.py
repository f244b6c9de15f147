"""Links of collections and catalogues: rebuilt from what lies there, so any run repairs them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import pystac

from smmap.archive.cube import publish_cube
from smmap.archive.ledger import Committed, list_committed, list_tiles
from smmap.product.collections import (
    compute_model_collection,
    compute_product_collection,
    compute_root_catalog,
    compute_tile_collection,
    compute_year_catalog,
)
from smmap.product.document import encode_document
from smmap.product.layout import LAYOUT
from smmap.spec.errors import StoreError
from smmap.spec.tile import Tile
from smmap.store.swap import read_document, swap_document

_TRIES = 20


def publish_tile(
    root: Path, tile: Tile, *, depth_m: tuple[float, float] | None, staging: Path
) -> None:
    """Bring a tile's cubes, year catalogues and collection up to its committed items.

    Parameters
    ----------
    depth_m
        Soil layer of the values, for the cubes; None: no cubes are wanted.
    """
    if list_committed(root, tile.id):
        _put(
            root,
            LAYOUT.tile_collection(tile.id),
            lambda: _build_tile(root, tile, depth_m, staging),
        )


def _build_tile(
    root: Path, tile: Tile, depth_m: tuple[float, float] | None, staging: Path
) -> pystac.Collection:
    committed = list_committed(root, tile.id)
    years: dict[int, list[Committed]] = defaultdict(list)
    for one in committed:
        years[one.year].append(one)
    cubes = {}
    for year, members in years.items():
        _put_year(root, tile.id, year)
        slices = [one for one in members if "slice" in one.document["assets"]]
        if depth_m is not None and slices:
            segment = str(year)
            cubes[segment] = publish_cube(
                root, tile, segment, slices, depth_m=depth_m, staging=staging
            )
    items = [pystac.Item.from_dict(one.document) for one in committed]
    collection = compute_tile_collection(tile.id, items, cubes)
    collection.extra_fields["smmap:pixels"] = _find_window(tile, committed)
    return collection


def _put_year(root: Path, tile: str, year: int) -> None:
    def build() -> pystac.Catalog:
        members = [one.id for one in list_committed(root, tile) if one.year == year]
        return compute_year_catalog(tile, year, members)

    _put(root, LAYOUT.year_catalog(tile, year), build)


def _find_window(tile: Tile, committed: Sequence[Committed]) -> list[int]:
    """Row, column, height and width of the tile's pixels that any item covers."""
    corners = []
    for one in committed:
        properties = one.document["properties"]
        height, width = properties["proj:shape"]
        transform = properties["proj:transform"]
        affine = tile.geobox.affine
        col, row = (transform[2] - affine.c) / affine.a, (transform[5] - affine.f) / affine.e
        corners.append((round(row), round(col), round(row) + height, round(col) + width))
    top, left = min(one[0] for one in corners), min(one[1] for one in corners)
    bottom, right = max(one[2] for one in corners), max(one[3] for one in corners)
    return [top, left, bottom - top, right - left]


def publish_root(root: Path) -> None:
    """Bring the product's and the models' collections and the root up to what lies there."""

    def build_product() -> pystac.Collection:
        paths = [root / LAYOUT.tile_collection(tile) for tile in list_tiles(root)]
        return compute_product_collection(
            [pystac.Collection.from_dict(json.loads(path.read_bytes())) for path in paths]
        )

    def build_models() -> pystac.Collection:
        paths = sorted((root / LAYOUT.models).parent.glob("*/*.json"))
        return compute_model_collection(
            [pystac.Item.from_dict(json.loads(path.read_bytes())) for path in paths]
        )

    _put(root, LAYOUT.models, build_models)
    children = [LAYOUT.models]
    if list_tiles(root):
        _put(root, LAYOUT.product_collection, build_product)
        children.insert(0, LAYOUT.product_collection)
    _put(root, LAYOUT.catalog, lambda: compute_root_catalog(children))


def _put(root: Path, path: str, build: Callable[[], pystac.Catalog]) -> None:
    """Write what ``build`` makes, building again if somebody else was faster."""
    lock = root / LAYOUT.locks / f"{path.replace('/', '-')}.lock"
    for _ in range(_TRIES):
        current = read_document(root / path)
        data = encode_document(build())
        if data == current or swap_document(root / path, current, data, lock=lock):
            return
    raise StoreError(f"{root / path}: other runs keep changing this index; rerun later")
