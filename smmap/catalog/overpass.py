"""Scenes into overpasses: slices of one orbit belong together."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import pystac

from smmap.catalog.candidate import Candidate, read_candidate
from smmap.catalog.reprocessed import SAME_INSTANT, drop_reprocessed
from smmap.spec.overpass import Overpass

SAME_PASS = timedelta(hours=12)
"""Slices of one relative orbit nearer than this are one pass: it comes back after 12 days."""


def group_overpasses(items: Iterable[pystac.Item]) -> list[Overpass]:
    """Group radar scenes by platform and orbit, whatever order they come in.

    Of a scene that is there twice (same platform, second and place, thus orbit: it was processed
    again) the last updated stays and the other is logged. Slices that lack the absolute orbit
    join those of their relative orbit that have it.

    Returns
    -------
    list of Overpass
        By time, then id. The id is platform and absolute orbit (``S1A_O030352``), else relative
        orbit, direction and pass date (``S1A_R110D_20230429``), else date and direction
        (``S1A_20230429_D``). Dates are in local mean solar time at the footprint's centroid, so
        slices around midnight UTC stay together; of a pass over the antimeridian, where that
        date changes, it is the earlier.

    Raises
    ------
    SceneError
        If an item's time or footprint cannot be read.
    """
    return group_candidates([read_candidate(item, item) for item in items])


def group_candidates(candidates: Iterable[Candidate]) -> list[Overpass]:
    """As `group_overpasses`, of items whose facts have been read."""
    groups: dict[str, list[Candidate]] = defaultdict(list)
    for siblings in _split_passes(drop_reprocessed(candidates, SAME_INSTANT)):
        orbits = {scene.absolute for scene in siblings if scene.absolute is not None}
        day = min(one.day for one in siblings)
        for scene in siblings:
            absolute = next(iter(orbits)) if len(orbits) == 1 else scene.absolute
            groups[_name(scene, absolute, day)].append(scene)
    return sorted((_join(*group) for group in groups.items()), key=lambda o: (o.datetime, o.id))


def _split_passes(scenes: list[Candidate]) -> list[list[Candidate]]:
    """Scenes that may share an overpass: same relative orbit within hours, else same day."""
    tracks: dict[tuple[Any, ...], list[Candidate]] = defaultdict(list)
    for scene in sorted(scenes, key=lambda scene: (scene.start, scene.id)):
        other = None if scene.relative else (scene.absolute, None if scene.absolute else scene.day)
        tracks[scene.platform, scene.relative, scene.state, other].append(scene)
    passes: list[list[Candidate]] = []
    for track in tracks.values():
        for number, scene in enumerate(track):
            if number == 0 or scene.start - track[number - 1].start > SAME_PASS:
                passes.append([])
            passes[-1].append(scene)
    return passes


def _name(scene: Candidate, absolute: int | None, day: date) -> str:
    platform = re.sub(r"[^a-z0-9-]+", "-", scene.platform.replace("sentinel-1", "s1")).upper()
    if absolute is not None:
        return f"{platform}_O{absolute:06d}"
    direction = (scene.state or "")[:1].upper()
    if scene.relative is not None:
        return f"{platform}_R{scene.relative:03d}{direction}_{day:%Y%m%d}"
    return "_".join(part for part in (platform, f"{day:%Y%m%d}", direction) if part)


def _join(name: str, scenes: list[Candidate]) -> Overpass:
    ordered = sorted(scenes, key=lambda scene: (scene.start, scene.id))
    start, end = ordered[0].start, max(scene.end for scene in ordered)
    states = [scene.state for scene in ordered if scene.state]
    orbits = [scene.relative for scene in ordered if scene.relative]
    return Overpass(
        id=name,
        platform=ordered[0].platform,
        orbit_state=states[0] if states else None,
        relative_orbit=orbits[0] if orbits else None,
        datetime=start + (end - start) / 2,
        items=tuple(scene.item for scene in ordered),
        local_date=min(scene.day for scene in ordered),
    )
