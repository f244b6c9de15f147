"""Scenes that are there twice, as they were processed again: the newest stays."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

from smmap.catalog.baseline import find_baseline
from smmap.catalog.candidate import Candidate
from smmap.catalog.footprint import read_crs
from smmap.catalog.left_out import leave_out
from smmap.spec.errors import SceneError

SAME_PLACE = 0.8
"""Intersection over union from which two footprints are of one scene, processed twice."""
SAME_INSTANT = timedelta(seconds=1)
"""Radar: slices of one place nearer than this are one slice, processed twice."""
SAME_SCENE = timedelta(seconds=30)
"""Optical: processing moves a scene's time by less, and a platform comes back much later."""
_CELL = re.compile(r"(?<![A-Z0-9])T?(?!1S[DS][HV])(\d{1,2}[C-X][A-Z]{2})(?![A-Z0-9])")
"""Not 1SDV and its like, by which Sentinel-1 products name their polarisations."""


def drop_reprocessed(scenes: Iterable[Candidate], within: timedelta) -> list[Candidate]:
    """Of scenes of one platform, time and place, keep the newest and say which others go.

    Parameters
    ----------
    scenes
        In any order, which is kept.
    within
        Less far apart are the starts of what may be one scene.

    Returns
    -------
    list of Candidate
        Of two, the one that was updated last stays; of optical ones that with the higher
        processing baseline, whenever its item was touched.
    """
    scenes = list(scenes)
    newest_first = sorted(scenes, key=lambda one: (one.updated, one.id), reverse=True)
    kept: dict[tuple[str, int], list[Candidate]] = defaultdict(list)
    for scene in newest_first:
        number = int(scene.start.timestamp() // within.total_seconds())
        near = [(scene.platform, one) for one in (number - 1, number, number + 1)]
        # Tiled products have many scenes of one instant: only the same place is a repetition.
        found = [
            (group, place)
            for group in near
            for place, one in enumerate(kept.get(group, ()))
            if abs(one.start - scene.start) < within
            and _is_same_place(one, scene)
            and _is_same_cell(one, scene)
        ]
        if not found:
            kept[near[1]].append(scene)
            continue
        group, place = found[0]
        twin = kept[group][place]
        newer, older = (scene, twin) if _rank(scene) > _rank(twin) else (twin, scene)
        kept[group][place] = newer
        leave_out(f"{older.id} is an older processing of {newer.id}")
    stay = {id(scene) for group in kept.values() for scene in group}
    return [scene for scene in scenes if id(scene) in stay]


def _is_same_place(one: Candidate, other: Candidate) -> bool:
    union = one.footprint.union(other.footprint).area
    return bool(one.footprint.intersection(other.footprint).area >= SAME_PLACE * union)


def _is_same_cell(one: Candidate, other: Candidate) -> bool:
    """False for two tiles: those of neighbouring zones cover much the same ground."""
    facts = zip(*((_read_cell(scene), _read_crs(scene)) for scene in (one, other)), strict=True)
    return all(None in pair or pair[0] == pair[1] for pair in facts)


def _read_crs(scene: Candidate) -> str | None:
    """Of the item as a whole, where it says so: ids need not tell a tile."""
    return read_crs(scene.item.properties)


def _read_cell(scene: Candidate) -> str | None:
    """The tile of a military grid that an item or its id names."""
    properties = scene.item.properties
    named = properties.get("grid:code") or properties.get("s2:mgrs_tile") or scene.id
    found = _CELL.search(str(named))
    return found and found[1]


def _rank(scene: Candidate) -> float:
    try:
        return find_baseline(scene.item) or 0.0
    except SceneError:
        return 0.0
