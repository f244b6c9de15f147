"""A large catalogue of scenes without pixels: what planning is tested and measured on."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import shapely

from smmap.grid.utm import UtmGrid
from smmap.simulate.orbits import START
from smmap.simulate.scene_items import Document, list_elevation, list_optical, list_radar
from smmap.simulate.stac import CATALOG_ID, COLLECTIONS
from smmap.spec.errors import ConfigError, StoreError
from smmap.spec.period import Period
from smmap.store.atomic import report_store_errors

_WEST, _SOUTH = 1.0, 40.0
"""Corner of the region."""
_STEP_DEG = 0.25
_WIDEST_DEG = 60.0
_A_FOLDER = 1000
"""Items a folder."""


@dataclass(frozen=True)
class CatalogueSummary:
    """What was written."""

    folder: Path
    """Holds ``catalog.json``."""
    bbox: tuple[float, float, float, float]
    """West, south, east, north of the region, degrees."""
    tiles: int
    """Tiles of utm-10m that the region touches."""
    period: Period
    """All scenes lie within."""
    items: dict[str, int]
    """Number of items by collection."""


def simulate_catalogue(
    out: Path, *, tiles: int = 10, days: int = 12, seed: int = 0
) -> CatalogueSummary:
    """Write items as providers write them, of scenes that do not exist.

    One Sentinel-1 satellite on all its 175 orbits, cut into slices of 250 x 170 km; two
    Sentinel-2 satellites on granules of 110 km every fifth day; elevation tiles of a degree.
    Cloud cover is random; all else follows from geometry.

    Parameters
    ----------
    out
        A folder that is not there yet, or empty.
    tiles
        At least so many utm-10m tiles are covered.
    days
        From 2023-04-01 on.
    seed
        Of the clouds.

    Raises
    ------
    ConfigError
        If a number is out of bounds.
    StoreError
        If ``out`` holds something, or cannot be written.
    """
    if not (1 <= tiles <= 2000 and days >= 1 and seed >= 0):
        raise ConfigError(
            f"{tiles} tiles, {days} days, seed {seed}: choose 1 to 2000 tiles, a day or more, "
            "and seed 0 or more"
        )
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise StoreError(f"{out} is not empty; choose another folder")
    region, count = _choose_region(tiles)
    period = Period(START, START + timedelta(days=days))
    with report_store_errors(str(out)):
        written = {
            "sentinel-1-grd": _write_collection(out, "sentinel-1-grd", list_radar(region, period)),
            "sentinel-2-l2a": _write_collection(
                out, "sentinel-2-l2a", list_optical(region, period, seed)
            ),
            "cop-dem-glo-30": _write_collection(out, "cop-dem-glo-30", list_elevation(region)),
        }
        links = [_link("child", f"./{name}/collection.json") for name in written]
        text = "Scenes without pixels"
        _write(out / "catalog.json", "Catalog", CATALOG_ID, description=text, links=links)
    return CatalogueSummary(out, region, count, period, written)


def _choose_region(tiles: int) -> tuple[tuple[float, float, float, float], int]:
    """A box, up to twice as wide as high in degrees, that touches at least so many tiles."""
    grid, side = UtmGrid("utm-10m", 10), _STEP_DEG
    while True:
        width = min(2 * side, _WIDEST_DEG)
        box = (_WEST, _SOUTH, _WEST + width, _SOUTH + side * max(1.0, side * 2 / width))
        count = len(grid.find_tiles(shapely.box(*box)))
        if count >= tiles:
            return box, count
        side += _STEP_DEG * max(1, math.floor(side / 5))


def _write_collection(out: Path, name: str, documents: Iterable[Document]) -> int:
    folder = out / name
    links = []
    for number, document in enumerate(documents):
        place = f"{number // _A_FOLDER:03d}/{document['id']}.json"
        if number % _A_FOLDER == 0:
            (folder / place).parent.mkdir(parents=True)
        (folder / place).write_text(json.dumps(document))
        links.append(_link("item", f"./{place}"))
    folder.mkdir(exist_ok=True, parents=True)
    extent = {
        "spatial": {"bbox": [[-180, -90, 180, 90]]},
        "temporal": {"interval": [[None, None]]},
    }
    about = {"description": COLLECTIONS[name], "license": "Apache-2.0", "extent": extent}
    _write(folder / "collection.json", "Collection", name, **about, links=links)
    return len(links)


def _write(path: Path, kind: str, name: str, **content: Any) -> None:
    document = {"type": kind, "stac_version": "1.1.0", "id": name, **content}
    path.write_text(json.dumps(document))


def _link(rel: str, href: str) -> dict[str, str]:
    return {"rel": rel, "href": href, "type": "application/json"}
