"""Cubes of the daily level: the calendar days of a series' year along time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from smmap.archive.daily_ledger import CommittedDay
from smmap.archive.generation import (
    compute_digest,
    is_published,
    list_shards,
    load_depth,
    publish_generation,
)
from smmap.product.daily_layers import DAILY_LAYERS
from smmap.product.daily_layout import get_daily_cube
from smmap.product.daily_store import compute_daily_files
from smmap.spec.tile import Tile
from smmap.store.output import OutputStore


def list_calendar(days: Sequence[date]) -> list[date]:
    """Every calendar day from the first to the last: a day without a map is empty, not absent."""
    first, last = min(days), max(days)
    return [first + timedelta(days=count) for count in range((last - first).days + 1)]


def place_days(days: Sequence[CommittedDay]) -> dict[int, str]:
    """Position along the calendar -> path of the slice."""
    first = min(one.day for one in days)
    return {(one.day - first).days: str(one.slice) for one in days}


def publish_daily_cube(
    store: OutputStore, canvas: Tile, series: str, days: Sequence[CommittedDay], *, staging: Path
) -> str:
    """Build the generation that holds ``days`` of one year unless it is there; its path."""
    year = days[0].day.year
    path = get_daily_cube(series, year, compute_digest(days))
    if is_published(store, path):
        return path
    files = compute_daily_files(
        DAILY_LAYERS,
        canvas.geobox,
        list_calendar([one.day for one in days]),
        load_depth(store, str(days[0].slice)),
        {"title": f"Daily soil moisture, {series.replace('/', ', ')}, {year}"},
    )
    shards, _ = list_shards(store, place_days(days))
    publish_generation(store, path, shards, files, staging)
    return path
