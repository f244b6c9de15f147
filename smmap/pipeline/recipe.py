"""Reads a recipe: a packaged name or a file, with changes from the command line."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from smmap.data import get_folder
from smmap.spec.errors import ConfigError
from smmap.spec.period import Period
from smmap.spec.recipe import Recipe, Sources
from smmap.store.documents import load_yaml, parse_yaml


def find_recipe(name_or_path: str | Path) -> Path:
    """The file of a packaged recipe's name or a path.

    Raises
    ------
    ConfigError
        If there is neither; the message lists the packaged names.
    """
    packaged = get_folder("pipelines")
    for candidate in (Path(name_or_path), packaged / f"{name_or_path}.yaml"):
        if candidate.is_file():
            return candidate
    names = sorted(path.stem for path in packaged.glob("*.yaml"))
    raise ConfigError(f"no recipe '{name_or_path}': give a file, or one of {', '.join(names)}")


def load_recipe(
    name_or_path: str | Path,
    changes: Iterable[str] = (),
    *,
    period: str | None = None,
    bbox: tuple[float, float, float, float] | None = None,
) -> Recipe:
    """Read and validate a recipe; nothing else is opened.

    Parameters
    ----------
    name_or_path
        A packaged name or a file.
    changes
        ``KEY=VALUE``, keys with dots for inner ones, values as in YAML. Paths in them are
        relative to the current folder, those in the file to the file's folder.
    period, bbox
        Replace the recipe's ``period`` and ``area``.

    Raises
    ------
    ConfigError
        One message with file, key, what is wrong and the allowed values.
    """
    path = find_recipe(name_or_path)
    data = load_yaml(path)
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: expected keys and values, found {type(data).__name__}")
    _anchor_paths(data, path.parent)
    for change in changes:
        apply_change(data, change)
    if period is not None:
        data["period"] = period
    if bbox is not None:
        data["area"] = {"bbox": list(bbox)}
    recipe = Recipe.parse(data, str(path))
    if recipe.period is not None:
        Period.parse(recipe.period)
    return recipe


def _anchor_paths(data: dict[str, Any], folder: Path) -> None:
    """Make the file's own relative paths absolute, where they exist beside it."""
    keys = [(data, "catalog"), (data, "model"), (data.get("area"), "geojson")]
    keys += [(data.get("sources"), source) for source in Sources.model_fields]
    keys += [(data.get("catalogs"), source) for source in Sources.model_fields]
    cache = data.get("cache")
    if isinstance(cache, dict) and isinstance(cache.get("folder"), str):
        # It need not be there yet.
        cache["folder"] = str(folder.absolute() / Path(cache["folder"]).expanduser())
    for holder, key in keys:
        if isinstance(holder, dict) and isinstance(holder.get(key), str):
            beside = folder / holder[key]
            # A folder may be called like a packaged definition; a definition is a file.
            there = beside.is_file() or (holder is not data.get("sources") and beside.is_dir())
            if "://" not in holder[key] and there:
                holder[key] = str(beside)


def apply_change(data: dict[str, Any], change: str) -> None:
    """Put ``KEY=VALUE`` into a recipe as its file has it; keys with dots are inner ones.

    Raises
    ------
    ConfigError
        If it is written otherwise.
    """
    key, equals, text = change.partition("=")
    if not equals or not key:
        raise ConfigError(f"--set '{change}': write it as KEY=VALUE, for example block=512")
    value = parse_yaml(text, f"--set '{change}'")
    *outer, last = key.split(".")
    holder = data
    for part in outer:
        inner = holder.setdefault(part, {})
        if not isinstance(inner, dict):
            raise ConfigError(f"--set '{change}': '{part}' holds a single value, not keys")
        holder = inner
    holder[last] = value
