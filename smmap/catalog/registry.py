"""The plugin point "catalogue kind": what one must do, which there are, and opening one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import pystac

from smmap.catalog.api import ApiCatalog
from smmap.catalog.candidate import Candidate
from smmap.catalog.earth_engine import EarthEngineCatalog
from smmap.catalog.files import FilesCatalog
from smmap.catalog.selection import Bbox
from smmap.catalog.static import StaticCatalog
from smmap.catalog.web import is_api, load_json, open_io
from smmap.catalog.zarr_archive import ZarrCatalog
from smmap.spec.definition import Definition, Kind
from smmap.spec.errors import CatalogError, ConfigError
from smmap.spec.period import Period
from smmap.store.address import is_web


class Catalog(Protocol):
    """Finds scenes."""

    def search(
        self, definition: Definition, bbox: Bbox, period: Period | None
    ) -> list[pystac.Item]:
        """Items of the definition's collections that touch box and period.

        Parameters
        ----------
        definition
            Says which collections, and which properties an item must have.
        bbox
            West, south, east, north in degrees; west > east crosses the antimeridian.
        period
            None: at any time, as always where the definition is ``static``.

        Returns
        -------
        list of pystac.Item
            By middle of the acquisition, then id; each id once (the last ``updated``), or, where
            time does not matter, once a collection; asset addresses absolute. The items may be
            shared with other searches: do not change them.

        Raises
        ------
        CatalogError
            If the catalogue cannot be read as what it should be.
        TransientError
            If it does not answer now.
        """

    def find(self, definition: Definition, bbox: Bbox, period: Period | None) -> list[Candidate]:
        """The same search, with what planning needs to know of the items; errors as in `search`."""

    def extent(self, definition: Definition) -> tuple[Bbox, Period]:
        """Box and period of all that the definition's collections hold; errors as in `search`."""


KINDS: dict[Kind, Callable[[str], Catalog]] = {
    "stac-static": StaticCatalog,
    "stac-api": ApiCatalog,
    "files": FilesCatalog,
    "zarr": ZarrCatalog,
    "earth-engine": EarthEngineCatalog,
}
"""Kind -> what opens an address."""


def open_catalog(definition: Definition, recipe_catalog: str | None) -> Catalog:
    """Open the catalogue that a definition reads.

    Parameters
    ----------
    definition
        Its own endpoint is used where it has one; of a STAC API also a folder or file that stands
        in for it.
    recipe_catalog
        The recipe's ``catalog`` key, for definitions without: a folder, a file or a web address.
        A web address that turns out to be a STAC API is opened as one, whatever the definition's
        kind: the bands are the same.

    Raises
    ------
    ConfigError
        If neither says where the catalogue is.
    CatalogError
        If there is none.
    TransientError
        If its server does not answer now.
    """
    if definition.endpoint is not None:
        return KINDS[find_kind(definition)](definition.endpoint)
    if recipe_catalog is None:
        raise ConfigError(
            f"definition '{definition.id}' has no endpoint of its own: set the recipe's key "
            "'catalog' to a folder with a catalog.json, or to a web address; of files and Zarr "
            "archives, to their own place"
        )
    stac = definition.kind in ("stac-static", "stac-api")
    return KINDS[_find_kind(recipe_catalog) if stac else definition.kind](recipe_catalog)


def find_kind(definition: Definition) -> Kind:
    """The definition's, but a folder or file that stands in for an API is a static catalogue."""
    address = definition.endpoint or ""
    mirrored = address and (not is_web(address) or address.endswith(".json"))
    return "stac-static" if mirrored and definition.kind == "stac-api" else definition.kind


def _find_kind(address: str) -> Kind:
    if not is_web(address) or address.endswith(".json"):
        return "stac-static"
    try:
        return "stac-api" if is_api(load_json(open_io(), address)) else "stac-static"
    except CatalogError:  # a static catalogue's folder need not answer by itself
        return "stac-static"
