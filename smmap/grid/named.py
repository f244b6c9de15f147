"""Grids by name: how the Earth is cut into tiles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from shapely.geometry.base import BaseGeometry

from smmap.grid.geographic import GeographicGrid
from smmap.grid.projected import CustomGridTile, Ease2Grid
from smmap.grid.utm import UtmGrid
from smmap.spec.errors import GridError
from smmap.spec.recipe import CustomGrid
from smmap.spec.tile import Tile


class Grid(Protocol):
    """A cut of the Earth into tiles."""

    @property
    def name(self) -> str:
        """As recipes name it."""
        ...

    @property
    def resolution_label(self) -> str:
        """Pixel size as it stands in file names: ``10m``, ``1km``, ``0p01deg``."""
        ...

    @property
    def resolution_m(self) -> float:
        """Nominal pixel size, metres."""
        ...

    def find_tiles(self, area: BaseGeometry) -> list[Tile]:
        """Tiles that touch ``area`` (longitude, latitude), by id."""
        ...


_NAMED: dict[str, Callable[[], Grid]] = {
    "utm-10m": lambda: UtmGrid("utm-10m", 10),
    "utm-20m": lambda: UtmGrid("utm-20m", 20),
    "utm-100m": lambda: UtmGrid("utm-100m", 100),
    "utm-320m": lambda: UtmGrid("utm-320m", 320),
    "utm-800m": lambda: UtmGrid("utm-800m", 800),
    "ease2-1km": Ease2Grid,
    "geo-0.01deg": GeographicGrid,
}


def get_grid(choice: str | CustomGrid) -> Grid:
    """The grid of that name, or one of a recipe's own.

    Raises
    ------
    GridError
        If there is no grid of that name.
    """
    if isinstance(choice, CustomGrid):
        return CustomGridTile(choice)
    if choice not in _NAMED:
        raise GridError(f"no grid is called '{choice}'; choose one of {', '.join(_NAMED)}")
    return _NAMED[choice]()
