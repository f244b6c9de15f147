"""Catalogue kind ``zarr``: one store with dims time, latitude and longitude; an item a UTC day."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property

import pystac

from smmap.catalog.archive_grid import check_resolution
from smmap.catalog.archive_item import read_slot
from smmap.catalog.candidate import Candidate
from smmap.catalog.day_slots import list_shares, make_slots, to_datetime
from smmap.catalog.named_slots import list_variables
from smmap.catalog.selection import Bbox, compute_box, select_candidates
from smmap.catalog.stored_item import Snapshot
from smmap.spec.definition import Definition
from smmap.spec.errors import CatalogError, SceneError
from smmap.spec.period import Period
from smmap.store.cube import Cube
from smmap.store.open_cube import open_cubes

_WORLD: Bbox = (-180.0, -90.0, 180.0, 90.0)


class ZarrCatalog:
    """An archive of hourly fields; nothing is read but what describes it.

    Parameters
    ----------
    address
        A folder, or a store's address: ``s3://...``, ``gs://...``, ``https://...``.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self._cubes: dict[str, dict[str, Cube]] = {}

    def search(
        self, definition: Definition, bbox: Bbox, period: Period | None
    ) -> list[pystac.Item]:
        """Items that touch box and period; see `smmap.catalog.registry.Catalog`."""
        return [one.item for one in self.find(definition, bbox, period)]

    def find(self, definition: Definition, bbox: Bbox, period: Period | None) -> list[Candidate]:
        """The same with what planning needs of them."""
        wanted = None if definition.static else period
        shares = [
            share
            for variable, cube in self._open(definition).items()
            for share in list_shares(cube, variable, self.address, 0.0, wanted)
        ]
        slots = make_slots(shares, definition.collections[0])
        found = [read_slot(one, definition, self._snapshot, self.address) for one in slots]
        return select_candidates([one for one in found if one], definition, bbox, period)

    def extent(self, definition: Definition) -> tuple[Bbox, Period]:
        """Box and period of the archive."""
        axes = [cube.times for cube in self._open(definition).values() if cube.times is not None]
        start, end = (
            to_datetime(one) for one in (min(t[0] for t in axes), max(t[-1] for t in axes))
        )
        second = timedelta(seconds=1)
        first = self.find(definition, _WORLD, Period(start, start + second))
        return compute_box(first), Period(start, end + second)

    @cached_property
    def _snapshot(self) -> Snapshot:
        return Snapshot()

    def _open(self, definition: Definition) -> dict[str, Cube]:
        """The definition's variables, each band's first that is there."""
        if definition.id not in self._cubes:
            names = list_variables(definition)
            try:
                cubes = open_cubes(
                    self.address, names, "zarr", definition.sign, definition.requests_per_second
                )
            except SceneError as error:
                reason = str(error)
            else:
                self._cubes[definition.id] = _check(cubes, definition, self.address)
                return self._cubes[definition.id]
            raise CatalogError(reason)
        return self._cubes[definition.id]


def _check(cubes: dict[str, Cube], definition: Definition, address: str) -> dict[str, Cube]:
    if not any(cube.times is not None for cube in cubes.values()):
        names = ", ".join(list_variables(definition))
        raise CatalogError(
            f"{address} has none of {names} along a time axis; give an archive of "
            f"'{definition.title}', or another definition"
        )
    for cube in cubes.values():
        check_resolution(definition, cube.crs, cube.transform, address)
    return cubes
