"""Scenes of two tiles around a New Year, in three catalogues that grow."""

from __future__ import annotations

from pathlib import Path

from draw import CATALOGS
from small_world import VV, SmallWorld

RADAR = {"early": (0, 2, 4), "later": (0, 1, 2, 4), "full": (0, 1, 2, 3, 4)}
OPTICAL = {"early": (1.5,), "later": (0.2, 1.5), "full": (0.2, 1.5, 3.5)}
FIRST_DAY = 211.0
"""After 1 June: 29 December."""
TILE_EDGE = 6 * 102_400.0


def write_scenes(folder: Path) -> Path:
    """Catalogues ``early``, ``later`` and ``full``; a late optical scene changes what is mapped."""
    for name in CATALOGS:
        world = SmallWorld(folder / name, size=64, left=TILE_EDGE - 320)
        for day in RADAR[name]:
            vv = VV * (1 + 0.05 * day)
            world.add_radar(f"S1A_{day}", days=FIRST_DAY + day, orbit=10 + day, vv=vv)
        for day in OPTICAL[name]:
            world.add_optical(f"S2_{day}", days=FIRST_DAY + day, red=0.08 + day / 100)
        world.write()
    return folder
