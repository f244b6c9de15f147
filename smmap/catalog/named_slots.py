"""From files whose names say their time, or that have none, to slots."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from smmap.catalog.archive_grid import check_resolution, compute_outline
from smmap.catalog.archive_item import Slot
from smmap.catalog.bands import CUBES
from smmap.catalog.file_name import FileName
from smmap.catalog.left_out import leave_out
from smmap.spec.definition import Definition
from smmap.spec.errors import ConfigError, SceneError
from smmap.store.open_cube import open_cubes
from smmap.store.raster_header import RasterHeader, read_raster_header

_TIMELESS = datetime(2000, 1, 1, tzinfo=UTC)
"""Stands where time does not matter."""
NamedFile = tuple[Path, FileName]


def list_variables(definition: Definition) -> list[str]:
    """Everything that the definition's bands may be called."""
    return list(dict.fromkeys(name for band in definition.bands.values() for name in band.assets))


def make_named_slots(
    named: Mapping[str, Sequence[NamedFile]], definition: Definition
) -> Iterator[Slot]:
    """One slot a time and piece; a file that cannot be read costs itself.

    Parameters
    ----------
    named
        By the time and piece of their names.
    """
    holdings = _Holdings(definition)
    for key in sorted(named):
        header, assets = _collect(named[key], holdings)
        if header is not None:
            name = named[key][0][1]
            yield Slot(
                id=f"{definition.collections[0]}{key}",
                start=name.start or _TIMELESS,
                end=name.end or _TIMELESS,
                outline=compute_outline(header.crs, header.transform, header.shape),
                assets=assets,
            )


def _collect(
    files: Sequence[NamedFile], holdings: _Holdings
) -> tuple[RasterHeader | None, dict[str, str]]:
    """Grid and addresses of one slot; of two files with one band the newer."""
    header: RasterHeader | None = None
    assets: dict[str, str] = {}
    for path, name in sorted(files, key=lambda one: (one[0].stat().st_mtime, one[0])):
        try:
            header, held = holdings.read(path, name.asset)
        except SceneError as error:
            leave_out(str(error))
            continue
        for asset in [name.asset] if name.asset else held:
            if asset in assets:
                leave_out(f"{assets[asset]}: '{asset}' is also in {path}, which is newer")
            assets[asset] = str(path)
    return header, assets


class _Holdings:
    """Where a file's pixels lie, and which bands it holds."""

    def __init__(self, definition: Definition) -> None:
        self._definition = definition
        self._first_cube: tuple[RasterHeader, list[str]] | None = None

    def read(self, path: Path, asset: str | None) -> tuple[RasterHeader, list[str]]:
        """Of NetCDF and HDF5 files only the first is opened: there may be thousands, all alike.

        ``asset`` is the band that the file's name says it holds; None: it holds all of them.

        Raises
        ------
        SceneError
            If the file cannot be read.
        ConfigError
            If its pixels are not of the definition's size, or nothing tells its bands apart.
        """
        if path.suffix.lower() in CUBES:
            if self._first_cube is None:
                self._first_cube = self._read_cube(path)
            return self._first_cube
        if asset is None:
            self._check_indices(path)
        header = read_raster_header(str(path))
        check_resolution(self._definition, header.crs, header.transform, str(path))
        return header, [one.assets[0] for one in self._definition.bands.values()]

    def _check_indices(self, path: Path) -> None:
        bands = self._definition.bands
        if len({one.index for one in bands.values()}) < len(bands):
            raise ConfigError(
                f"definition '{self._definition.id}' does not say which of {', '.join(bands)} "
                f"{path} holds: give its 'file_pattern' a group 'asset', or each band its 'index' "
                "in the file"
            )

    def _read_cube(self, path: Path) -> tuple[RasterHeader, list[str]]:
        names = list_variables(self._definition)
        cubes = open_cubes(str(path), names, "netcdf")
        if not cubes:
            raise SceneError(f"{path} has none of {', '.join(names)}; correct the definition")
        cube = next(iter(cubes.values()))
        check_resolution(self._definition, cube.crs, cube.transform, str(path))
        return RasterHeader(cube.crs, cube.transform, cube.shape), list(cubes)
