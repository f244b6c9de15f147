"""The recipe that maps a simulated continent, and what it names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from smmap.catalog.definitions import load_definition
from smmap.simulate.continent_radar import compute_looks

RECIPE = "continent.yaml"
"""The recipe's file, beside the catalogue."""
GRID = "utm-800m"
"""What it maps on."""

_SOURCES = {
    "sentinel1": "local-sentinel-1",
    "sentinel2": "local-sentinel-2",
    "dem": "local-dem",
}


def write_recipe(folder: Path, resolution_m: int) -> None:
    """Write the recipe and its sources: the packaged local ones, at that resolution.

    The catalogue's sources serve pixels of 10 m; whoever has coarser ones writes a definition
    that says so, and mapping then works on pixels of that size.
    """
    changes: dict[str, dict[str, Any]] = {
        "sentinel1": {
            "looks": round(compute_looks(resolution_m)),
            "cell": (float(resolution_m), float(resolution_m)),
        },
        "sentinel2": {},
        "dem": {},
    }
    sources = {}
    for key, name in _SOURCES.items():
        definition = load_definition(name)
        own = name.replace("local", "continent")
        bands = {
            band: one.model_dump(mode="json", exclude_defaults=True)
            for band, one in definition.bands.items()
        }
        known = {**changes[key], "id": own, "resolution": float(resolution_m)}
        document = definition.model_copy(update=known).model_dump(
            mode="json", exclude_defaults=True
        )
        _write(folder / f"{own}.yaml", {**document, "bands": bands})
        sources[key] = f"{own}.yaml"
    recipe = {
        "name": "continent",
        "title": "Soil moisture of a simulated continent",
        "model": "physics",
        "catalog": "catalog.json",
        "sources": sources,
        "grid": GRID,
        "radar": {"erode": 1},
        "optical": {"window_days": 20, "stale_days": 10},
    }
    _write(folder / RECIPE, recipe)


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True))
