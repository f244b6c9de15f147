"""Catalogue kind ``files``: a folder of NetCDF, HDF5 or GeoTIFF files without any STAC."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pystac

from smmap.catalog.archive_grid import check_resolution
from smmap.catalog.archive_item import Slot, read_slot
from smmap.catalog.bands import CUBES
from smmap.catalog.candidate import Candidate
from smmap.catalog.day_slots import Share, list_shares, make_slots
from smmap.catalog.file_name import FileName, read_file_name
from smmap.catalog.left_out import leave_out
from smmap.catalog.named_slots import list_variables, make_named_slots
from smmap.catalog.selection import Bbox, compute_extent, select_candidates
from smmap.catalog.stored_item import Snapshot
from smmap.spec.definition import Definition
from smmap.spec.errors import CatalogError, EmptySearchError, SceneError
from smmap.spec.period import Period
from smmap.store.open_cube import open_cubes

_RASTERS = (".tif", ".tiff", ".vrt")
_WORLD: Bbox = (-180.0, -90.0, 180.0, 90.0)


class FilesCatalog:
    """Files below a folder, looked at once: open it anew to see what came later.

    NetCDF and HDF5 files whose names say no time are asked for theirs, and become an item a UTC
    day. Files whose names do are an item each time and piece; one of them is opened to see what
    all of them hold.

    Parameters
    ----------
    address
        A folder of this machine.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        if "://" in address.removeprefix("file://"):
            raise CatalogError(
                f"{address} is no folder of this machine, which definitions of kind 'files' read; "
                "download the files, and give their folder"
            )
        self._folder = Path(address.removeprefix("file://")).expanduser().absolute()
        if not self._folder.is_dir():
            raise CatalogError(f"there is no folder {self._folder}; correct the recipe's address")
        self._snapshot = Snapshot()
        self._found: dict[str, list[Candidate]] = {}

    def search(
        self, definition: Definition, bbox: Bbox, period: Period | None
    ) -> list[pystac.Item]:
        """Items that touch box and period; see `smmap.catalog.registry.Catalog`."""
        return [one.item for one in self.find(definition, bbox, period)]

    def find(self, definition: Definition, bbox: Bbox, period: Period | None) -> list[Candidate]:
        """The same with what planning needs of them."""
        return select_candidates(self._load(definition), definition, bbox, period)

    def extent(self, definition: Definition) -> tuple[Bbox, Period]:
        """Box and period of all that is there."""
        found = select_candidates(self._load(definition), definition, _WORLD, None)
        if not found:
            raise EmptySearchError(self._explain_none(definition))
        return compute_extent(found)

    def _load(self, definition: Definition) -> list[Candidate]:
        if definition.id not in self._found:
            found = [
                read_slot(one, definition, self._snapshot, str(self._folder))
                for one in self._list_slots(definition)
            ]
            self._found[definition.id] = [one for one in found if one is not None]
            if not self._found[definition.id]:
                leave_out(self._explain_none(definition))
        return self._found[definition.id]

    def _explain_none(self, definition: Definition) -> str:
        names = sorted(one.name for one in self._folder.rglob("*") if one.is_file())
        what = f"none of its {len(names)} files, such as '{names[0]}'," if names else "no file"
        pattern = definition.file_pattern
        wanted = f", with names that fit '{pattern}'" if pattern else ""
        return (
            f"{self._folder}: {what} can be used as '{definition.id}': NetCDF, HDF5 or GeoTIFF "
            f"files are wanted{wanted}; unpack or add them, or correct the definition's "
            "'file_pattern' and assets"
        )

    def _list_slots(self, definition: Definition) -> Iterator[Slot]:
        named: dict[str, list[tuple[Path, FileName]]] = defaultdict(list)
        shares: list[Share] = []
        for path in sorted(self._folder.rglob("*")):
            suffix = path.suffix.lower()
            name = read_file_name(path.name, definition) if suffix in (*CUBES, *_RASTERS) else None
            if name is None:
                continue
            if suffix in CUBES and name.start is None and not definition.static:
                shares += _list_shares(path, definition)
            elif name.start is not None or definition.static:
                named[name.key].append((path, name))
            else:
                leave_out(f"{path}: its name says no time; give the definition a 'file_pattern'")
        yield from make_slots(shares, definition.collections[0])
        yield from make_named_slots(named, definition)


def _list_shares(path: Path, definition: Definition) -> list[Share]:
    """Days of a file's variables; a file that cannot be read costs itself."""
    try:
        cubes = open_cubes(str(path), list_variables(definition), "netcdf")
    except SceneError as error:
        leave_out(str(error))
        return []
    age = path.stat().st_mtime
    for cube in cubes.values():
        check_resolution(definition, cube.crs, cube.transform, str(path))
    return [
        share for name, cube in cubes.items() for share in list_shares(cube, name, str(path), age)
    ]
