"""Opens an output as an xarray object."""

from __future__ import annotations

import json
import posixpath
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from smmap.product.layout import LAYOUT
from smmap.spec.errors import ArchiveError
from smmap.store.open import open_output_store
from smmap.store.output import OutputStore

_CODED = ("platform", "orbit_state")


def open_output(
    folder: str | Path | OutputStore, tile: str | None = None
) -> xr.Dataset | xr.DataTree:
    """Soil moisture of a finished run, lazily: decoded, time sorted, orbits as coordinates.

    Parameters
    ----------
    folder
        An output of ``smmap run``: a folder, or the URL of an object store's prefix.
    tile
        Id of one tile (``31N_6_55``, or with its grid ``utm-10m/31N_6_55``); None takes all.

    Returns
    -------
    xarray.Dataset
        dims (time, y, x): ``sm`` and ``sm_uncertainty`` in m3/m3 with NaN as nodata,
        ``sm_quality`` as uint16 bits with 65535 as nodata; coordinates ``platform``,
        ``relative_orbit``, ``orbit_state`` along time. Cut to the pixels that any item covers.
    xarray.DataTree
        One such dataset a tile, where there are several and none is named.

    Raises
    ------
    ArchiveError
        If the folder is no output, holds no cube, or not that tile.
    """
    store = open_output_store(folder)
    cubes = _find_cubes(store)
    matching = [key for key in cubes if tile in (None, key, key.rpartition("/")[2])]
    if tile is not None and len(matching) != 1:
        raise ArchiveError(
            f"{store.address} has {'several tiles' if matching else 'no tile'} '{tile}'; it has "
            f"{', '.join(cubes) or 'none'}"
        )
    if not cubes:
        raise ArchiveError(
            f"{store.address} holds no cube: the run mapped nothing, or outputs.cube is off"
        )
    opened = {key: _open_tile(store, cubes[key]) for key in matching}
    if len(opened) == 1:
        return next(iter(opened.values()))
    return xr.DataTree.from_dict(opened)


def _find_cubes(store: OutputStore) -> dict[str, dict[str, Any]]:
    """Tile collections that have cubes, by the tile's key; resolved through the catalogue."""
    if store.read(LAYOUT.catalog) is None:
        raise ArchiveError(f"{store.address} is not an output of smmap: no {LAYOUT.catalog}")
    found: dict[str, dict[str, Any]] = {}
    for product in _read_children(store, LAYOUT.catalog):
        for tile in _read_children(store, product):
            document = json.loads(store.read(tile) or b"{}")
            if _list_cubes(document):
                found[str(document["smmap:tile"])] = document
    return dict(sorted(found.items()))


def _read_children(store: OutputStore, path: str) -> list[str]:
    """Paths that a catalogue's child links lead to."""
    document = json.loads(store.read(path) or b"{}")
    return [
        posixpath.normpath(posixpath.join(posixpath.dirname(path), link["href"]))
        for link in document.get("links", [])
        if link["rel"] == "child"
    ]


def _list_cubes(collection: dict[str, Any]) -> list[str]:
    """Paths of a tile's cubes, by segment."""
    folder = posixpath.dirname(LAYOUT.tile_collection(str(collection.get("smmap:tile"))))
    assets = collection.get("assets", {})
    return [
        posixpath.normpath(posixpath.join(folder, assets[name]["href"]))
        for name in sorted(assets)
        if name.startswith("cube-")
    ]


def _open_tile(store: OutputStore, collection: dict[str, Any]) -> xr.Dataset:
    segments = [_open_cube(store.open_zarr_store(path)) for path in _list_cubes(collection)]
    joined = segments[0] if len(segments) == 1 else xr.concat(segments, "time", data_vars="minimal")
    bounds = collection.get("smmap:pixels")
    if bounds is not None:
        top, left, height, width = bounds
        joined = joined.isel(y=slice(top, top + height), x=slice(left, left + width))
    ordered: xr.Dataset = joined.sortby("time")
    return ordered


def _open_cube(place: Any) -> xr.Dataset:
    dataset: xr.Dataset = xr.open_zarr(
        place, consolidated=True, chunks={}, mask_and_scale={"sm_quality": False}
    )
    for name in _CODED:
        meanings = np.array(dataset[name].attrs["flag_meanings"].split())
        dataset[name] = ("time", meanings[dataset[name].values.astype(int)])
    dataset["relative_orbit"] = dataset["relative_orbit"].load()
    return dataset.set_coords([*_CODED, "relative_orbit"])
