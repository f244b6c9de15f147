"""Where everything lies in an output folder."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from smmap.product.names import compute_year
from smmap.spec.unit import Unit


@dataclass(frozen=True)
class Layout:
    """Paths relative to the output folder, POSIX."""

    product: str = "soil-moisture"
    """Folder and id of the product's collection."""

    catalog: str = "catalog.json"
    """Root of the catalogue."""
    models: str = "models/collection.json"
    """Collection of the models that were used."""
    report: str = "report/index.html"
    """The run's report."""
    contact_sheet: str = "report/contact-sheet.png"
    """All pictures on one sheet."""
    run_record: str = "report/run.json"
    """The run in numbers."""
    staging: str = ".smmap/staging"
    """Holds a folder a run, whatever is not yet whole."""
    locks: str = ".smmap/locks"
    """One lock a file that several runs may change."""
    superseded: str = ".smmap/superseded.json"
    """When what nobody points to any more was first seen so."""
    failures: str = ".smmap/failed"
    """One file a failed unit."""

    @property
    def product_collection(self) -> str:
        """The product's collection."""
        return f"{self.product}/collection.json"

    def tile_collection(self, tile: str) -> str:
        """A tile's collection."""
        return f"{self.product}/{tile}/collection.json"

    def year_catalog(self, tile: str, year: int) -> str:
        """A tile's catalogue of one calendar year (UTC, by mid-time)."""
        return f"{self.product}/{tile}/{year}/catalog.json"

    def item(self, unit: Unit) -> str:
        """A unit's STAC item."""
        return f"{self._unit(unit)}/{unit.id}.json"

    def pixels(self, unit: Unit, fingerprint: str) -> str:
        """Folder of a unit's immutable files; ``fingerprint`` is that of the files."""
        return f"{self._unit(unit)}/{fingerprint[:8]}"

    def cube(self, tile: str, segment: str, digest: str) -> str:
        """One generation of a tile's cube over one segment (calendar year)."""
        return f"cubes/{tile}/{segment}/{digest}.zarr"

    def model(self, model: str) -> str:
        """A model's own item."""
        return f"models/{model}/{model}.json"

    def failed(self, unit: str) -> str:
        """Why a unit failed."""
        return f"{self.failures}/{unit}.json"

    def _unit(self, unit: Unit) -> str:
        return f"{self.product}/{unit.tile.key}/{compute_year(unit.overpass)}/{unit.id}"


LAYOUT = Layout()
"""The one layout of all outputs."""


def compute_relative(target: str, start: str) -> str:
    """Link from the file ``start`` to ``target``, both relative to the output folder."""
    return posixpath.relpath(target, posixpath.dirname(start))
