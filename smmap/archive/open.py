"""Opens an output as an xarray object."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pystac
import xarray as xr

from smmap.product.layout import LAYOUT
from smmap.spec.errors import ArchiveError

_CODED = ("platform", "orbit_state")


def open_output(folder: str | Path, tile: str | None = None) -> xr.Dataset | xr.DataTree:
    """Soil moisture of a finished run, lazily: decoded, time sorted, orbits as coordinates.

    Parameters
    ----------
    folder
        An output folder of ``smmap run``.
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
    root = Path(folder)
    cubes = _find_cubes(root)
    matching = [key for key in cubes if tile in (None, key, key.rpartition("/")[2])]
    if tile is not None and len(matching) != 1:
        raise ArchiveError(
            f"{root} has {'several tiles' if matching else 'no tile'} '{tile}'; it has "
            f"{', '.join(cubes) or 'none'}"
        )
    if not cubes:
        raise ArchiveError(f"{root} holds no cube: the run mapped nothing, or outputs.cube is off")
    opened = {key: _open_tile(cubes[key]) for key in matching}
    if len(opened) == 1:
        return next(iter(opened.values()))
    return xr.DataTree.from_dict(opened)


def _find_cubes(root: Path) -> dict[str, pystac.Collection]:
    """Tile collections that have cubes, by the tile's key; resolved through the catalogue."""
    path = root / LAYOUT.catalog
    if not path.is_file():
        raise ArchiveError(f"{root} is not an output of smmap: it has no {LAYOUT.catalog}")
    catalog = pystac.Catalog.from_file(str(path))
    found: dict[str, pystac.Collection] = {}
    for product in catalog.get_children():
        for child in product.get_children():
            if isinstance(child, pystac.Collection) and _list_cubes(child):
                found[str(child.extra_fields["smmap:tile"])] = child
    return dict(sorted(found.items()))


def _list_cubes(collection: pystac.Collection) -> list[str]:
    """Addresses of the collection's cubes, by segment."""
    names = sorted(name for name in collection.assets if name.startswith("cube-"))
    return [str(collection.assets[name].get_absolute_href()) for name in names]


def _open_tile(collection: pystac.Collection) -> xr.Dataset:
    segments = [_open_cube(href) for href in _list_cubes(collection)]
    joined = segments[0] if len(segments) == 1 else xr.concat(segments, "time", data_vars="minimal")
    bounds = collection.extra_fields.get("smmap:pixels")
    if bounds is not None:
        top, left, height, width = bounds
        joined = joined.isel(y=slice(top, top + height), x=slice(left, left + width))
    ordered: xr.Dataset = joined.sortby("time")
    return ordered


def _open_cube(href: str) -> xr.Dataset:
    dataset: xr.Dataset = xr.open_zarr(
        href, consolidated=True, chunks={}, mask_and_scale={"sm_quality": False}
    )
    for name in _CODED:
        meanings = np.array(dataset[name].attrs["flag_meanings"].split())
        dataset[name] = ("time", meanings[dataset[name].values.astype(int)])
    dataset["relative_orbit"] = dataset["relative_orbit"].load()
    return dataset.set_coords([*_CODED, "relative_orbit"])
