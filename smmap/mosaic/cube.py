"""Generations of a mosaic's cube: committed days joined, never modified, switched as a whole."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from smmap.mosaic.ledger import CommittedDay
from smmap.product.daily_layers import DAILY_LAYERS
from smmap.product.daily_layout import get_daily_cube
from smmap.product.daily_store import compute_daily_files
from smmap.product.encoding import ROOT_DOCUMENT
from smmap.spec.tile import Tile
from smmap.store.folder import FolderOutput

_DIGEST_LENGTH = 16


def list_calendar(days: Sequence[date]) -> list[date]:
    """Every calendar day from the first to the last: a day without a map is empty, not absent."""
    first, last = min(days), max(days)
    return [first + timedelta(days=count) for count in range((last - first).days + 1)]


def publish_daily_cube(
    root: Path,
    canvas: Tile,
    series: str,
    days: Sequence[CommittedDay],
    *,
    depth_m: tuple[float, float] | None,
    staging: Path,
) -> str:
    """Build the generation that holds ``days`` of one year unless it is there; its path.

    Shards are linked (hard links, else copies), so a cube costs no more disk than its days.
    """
    lines = sorted(f"{one.id} {one.fingerprint}" for one in days)
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()[:_DIGEST_LENGTH]
    path = get_daily_cube(series, days[0].day.year, digest)
    if (root / path).exists():
        return path
    calendar = list_calendar([one.day for one in days])
    title = {"title": f"Daily soil moisture, {series.replace('/', ', ')}, {days[0].day.year}"}
    files = compute_daily_files(DAILY_LAYERS, canvas.geobox, calendar, depth_m, title)
    store = FolderOutput(root)
    links = {
        f"{layer.name}/c/{calendar.index(one.day)}/{shard.removeprefix(chunks)}": shard
        for one in days
        for layer in DAILY_LAYERS
        for chunks in [f"{one.slice}/{layer.name}/c/0/"]
        for shard in store.list_files(chunks.rstrip("/"))
    }
    ending = {ROOT_DOCUMENT: files.pop(ROOT_DOCUMENT)}
    store.publish_links(path, links, files | ending, staging)
    return path
