"""Opens an output as an xarray object."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import xarray as xr

from smmap.archive.document import read_document, require_output
from smmap.product.layout import LAYOUT
from smmap.spec.errors import ArchiveError, ConfigError
from smmap.store.open import open_output_store
from smmap.store.output import OutputStore

Level = Literal["overpass", "daily"]

_CODED = ("platform", "orbit_state")
_NAMED_BY = {"overpass": "smmap:tile", "daily": "smmap:series"}
"""Field of a collection that has cubes of the level."""
_CUBES = {"overpass": "cube-", "daily": "daily-"}
"""How its assets' names begin."""
_WORDS = {"overpass": "tile", "daily": "mosaic"}


@dataclass(frozen=True)
class _Series:
    """The cubes of one tile or mosaic."""

    cubes: tuple[str, ...]
    """Their paths, by year."""
    pixels: tuple[int, int, int, int] | None
    """Row, column, height and width of what any item covers."""


def open_output(
    folder: str | Path | OutputStore, tile: str | None = None, *, level: Level = "overpass"
) -> xr.Dataset | xr.DataTree:
    """Soil moisture of a finished run, lazily: decoded and sorted by time.

    Parameters
    ----------
    folder
        An output of ``smmap run`` or ``smmap mosaic``: a folder, or the URL of an object store's
        prefix.
    tile
        Which one: id of a tile (``31N_6_55``) or of a mosaic (``ease2-1km/globe/nearest``), or as
        much of it as tells it from others (``nearest``); None takes all.
    level
        ``overpass``: every overpass, with orbits as coordinates; ``daily``: mosaics of calendar
        days.

    Returns
    -------
    xarray.Dataset
        dims (time, y, x): ``sm`` and ``sm_uncertainty`` in m3/m3 with NaN as nodata,
        ``sm_quality`` as uint16 bits with 65535 as nodata. Of overpasses, coordinates
        ``platform``, ``relative_orbit``, ``orbit_state`` along time; of days, every calendar day
        (UTC) of a year from its first to its last, ``n_obs`` and ``time_offset`` (minutes from 00
        UTC) with NaN as nodata. Cut to the pixels that any item covers.
    xarray.DataTree
        One such dataset a tile or mosaic, where there are several and none is named.

    Raises
    ------
    ArchiveError
        If there is no output, or it holds no cube, or not that tile.
    ConfigError
        If there is no such level.
    """
    if level not in _CUBES:
        raise ConfigError(f"level '{level}': choose one of {', '.join(_CUBES)}")
    store = open_output_store(folder)
    found = _find_series(store, level)
    matching = [key for key in found if tile is None or f"/{tile}/" in f"/{key}/"]
    if tile is not None and len(matching) != 1:
        word = f"several {_WORDS[level]}s" if matching else f"no {_WORDS[level]}"
        raise ArchiveError(
            f"{store.address} has {word} '{tile}'; it has {', '.join(found) or 'none'}"
        )
    if not found:
        others = [one for one in _CUBES if one != level and _find_series(store, one)]
        hint = f"try level='{others[0]}'" if others else "nothing was mapped, or no cube asked for"
        raise ArchiveError(f"{store.address} holds no cube of the {level} level: {hint}")
    opened = {key: _open_series(store, found[key], level) for key in matching}
    if len(opened) == 1:
        return next(iter(opened.values()))
    return xr.DataTree.from_dict(opened)


def _find_series(store: OutputStore, level: str) -> dict[str, _Series]:
    """Tiles or mosaics that have cubes, by key; resolved through the catalogue."""
    require_output(store)
    found = {}
    for product in _read_children(store, LAYOUT.catalog):
        for path in _read_children(store, product):
            document = read_document(store, path) or {}
            assets = document.get("assets", {})
            cubes = [
                posixpath.normpath(posixpath.join(posixpath.dirname(path), assets[name]["href"]))
                for name in sorted(assets)
                if name.startswith(_CUBES[level])
            ]
            if cubes and _NAMED_BY[level] in document:
                key = str(document[_NAMED_BY[level]])
                found[key] = _Series(tuple(cubes), document.get("smmap:pixels"))
    return dict(sorted(found.items()))


def _read_children(store: OutputStore, path: str) -> list[str]:
    """Paths that a catalogue's child links lead to."""
    document = read_document(store, path) or {}
    return [
        posixpath.normpath(posixpath.join(posixpath.dirname(path), link["href"]))
        for link in document.get("links", [])
        if link["rel"] == "child"
    ]


def _open_series(store: OutputStore, series: _Series, level: Level) -> xr.Dataset:
    segments = [_open_cube(store.open_zarr_store(path), level) for path in series.cubes]
    joined = segments[0] if len(segments) == 1 else xr.concat(segments, "time", data_vars="minimal")
    if series.pixels is not None:
        top, left, height, width = series.pixels
        joined = joined.isel(y=slice(top, top + height), x=slice(left, left + width))
    ordered: xr.Dataset = joined.sortby("time")
    return ordered


def _open_cube(place: Any, level: Level) -> xr.Dataset:
    dataset: xr.Dataset = xr.open_zarr(
        place, consolidated=True, chunks={}, mask_and_scale={"sm_quality": False}
    )
    if level == "daily":
        return dataset
    for name in _CODED:
        meanings = np.array(dataset[name].attrs["flag_meanings"].split())
        dataset[name] = ("time", meanings[dataset[name].values.astype(int)])
    dataset["relative_orbit"] = dataset["relative_orbit"].load()
    return dataset.set_coords([*_CODED, "relative_orbit"])
