"""Ids of items and names of files."""

from __future__ import annotations

from datetime import UTC

from smmap.spec.card import ModelCard
from smmap.spec.overpass import Overpass
from smmap.spec.unit import compute_fingerprint
from smmap.version import PRODUCT_VERSION

_DECIDING = {"inputs", "members", "missing", "radiometry", "aggregation", "output", "domain"}


def compute_item_id(tile: str, overpass: Overpass, resolution: str) -> str:
    """Id of a unit and of its item; without a time, which a late slice would move.

    ``resolution`` is the grid's label: ``10m``, ``1km``, ``0p01deg``.
    """
    return f"SMMAP_L4_SM_T{tile}_{overpass.id}_{resolution}_v{PRODUCT_VERSION}"


def compute_file_stem(tile: str, overpass: Overpass, resolution: str) -> str:
    """Beginning of the names of a unit's files; ``_{layer}.tif`` follows."""
    time = overpass.datetime.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    return f"SMMAP_L4_SM_T{tile}_{time}_{overpass.platform}_{resolution}_v{PRODUCT_VERSION}"


def compute_model_id(card: ModelCard) -> str:
    """Id of a model's own item: name, version, a mark of all in the card that decides pixels."""
    deciding = card.model_dump(mode="json", include=_DECIDING)
    return f"{card.name}-{card.version}-{compute_fingerprint(deciding)[:8]}"


def compute_tile_collection_id(tile: str) -> str:
    """Id of a tile's collection, from its key."""
    return f"soil-moisture-{tile.replace('/', '-')}"


def compute_year(overpass: Overpass) -> int:
    """Calendar year of folder and cube segment: by local solar date, which no late slice moves."""
    return (overpass.local_date or overpass.datetime.astimezone(UTC)).year
