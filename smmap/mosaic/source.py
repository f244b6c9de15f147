"""The overpass maps of an output, as a mosaic reads them."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import zarr
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from rasterio.errors import RasterioError
from rasterio.windows import Window

from smmap.archive.ledger import Committed, list_committed, list_tiles
from smmap.product.layers import LAYERS, SM_UNCERTAINTY
from smmap.product.layout import LAYOUT
from smmap.spec.band import Layer
from smmap.spec.errors import ArchiveError
from smmap.spec.tile import Block, Tile
from smmap.store.folder import FolderOutput
from smmap.store.gdal import open_environment

Packed = Mapping[Layer, NDArray[Any]]


@dataclass(frozen=True)
class OverpassMap:
    """One committed overpass of one tile."""

    root: Path
    """The output folder that it lies in."""
    tile: Tile
    """The whole tile."""
    committed: Committed
    """Its item."""

    @property
    def area(self) -> Block:
        """What of the tile it covers."""
        return self.committed.get_area(self.tile)

    @property
    def day(self) -> date:
        """Calendar day of its mid-time, UTC."""
        return self.committed.overpass.datetime.date()

    @property
    def time_s(self) -> int:
        """Whole seconds from 00 UTC of its day."""
        moment = self.committed.overpass.datetime
        return int((moment - datetime.combine(self.day, time(), UTC)).total_seconds())

    @property
    def overpass(self) -> str:
        """Name of the overpass, which tiles along the orbit share."""
        marked = self.committed.id.partition(f"_T{self.tile.id}_")[2]
        return marked.rpartition("_v")[0] or self.committed.id

    def load(self, window: Block) -> Packed:
        """Stored values of all layers within a window of the tile; nodata beyond the map.

        Raises
        ------
        ArchiveError
            If a file that the item names cannot be read.
        """
        packed = {layer: np.full(window.shape, layer.fill, layer.dtype) for layer in LAYERS}
        part = window.overlap(self.area)
        if part is not None:
            for layer in LAYERS:
                values = self._read(layer, part)
                if values is not None:
                    packed[layer][part.within(window)] = values
        return packed

    def load_depth(self) -> tuple[float, float] | None:
        """Top and bottom of the soil layer, metres; None where only COGs are there."""
        if self.committed.slice is None:
            return None
        array = _open_array(self.root / self.committed.slice / "depth_bnds")
        top, bottom = np.asarray(array[:]).tolist()
        return float(top), float(bottom)

    def _read(self, layer: Layer, part: Block) -> NDArray[Any] | None:
        """From the slice of the cube, else from the COG; None for a layer that is not there."""
        if self.committed.slice is not None:
            path = self.root / self.committed.slice / layer.name
            if layer == SM_UNCERTAINTY and not path.is_dir():
                return None
            rows = slice(part.row, part.row + part.height)
            cols = slice(part.col, part.col + part.width)
            return np.asarray(_open_array(path)[0, rows, cols])
        asset = self.committed.document["assets"].get(layer.name)
        if asset is None and layer == SM_UNCERTAINTY:
            return None
        if asset is None:
            raise ArchiveError(
                f"{self.root / self.committed.path} has neither a slice nor a COG of {layer.name}; "
                "map it again with outputs.cube on"
            )
        folder = posixpath.dirname(self.committed.path)
        path = self.root / posixpath.normpath(f"{folder}/{asset['href']}")
        return _read_cog(path, part, self.area)


def list_maps(root: Path) -> list[OverpassMap]:
    """All committed overpass maps with pixels, by tile, time and id.

    Raises
    ------
    ArchiveError
        If the folder is no output, or a tile's collection is missing.
    """
    if not (root / LAYOUT.catalog).is_file():
        raise ArchiveError(f"{root} is not an output of smmap: it has no {LAYOUT.catalog}")
    found = []
    store = FolderOutput(root)
    for key in list_tiles(store):
        committed = [one for one in list_committed(store, key) if one.status == "done"]
        if committed:
            tile = load_tile(root, key)
            found += [OverpassMap(root, tile, one) for one in committed]
    return found


def load_tile(root: Path, key: str) -> Tile:
    """A tile as its collection describes it."""
    path = root / LAYOUT.tile_collection(key)
    try:
        grid = json.loads(path.read_bytes())["smmap:grid"]
        geobox = GeoBox(tuple(grid["shape"]), Affine(*grid["transform"]), grid["crs"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = repr(error)
    else:
        name, _, identifier = key.partition("/")
        return Tile(identifier, geobox, name)
    raise ArchiveError(
        f"{path}: not readable ({reason}); a run that was killed left it: run it again"
    )


def _open_array(path: Path) -> zarr.Array[Any]:
    try:
        return zarr.open_array(path, mode="r", zarr_format=3)
    except (OSError, ValueError) as error:
        reason = str(error)
    raise ArchiveError(f"{path} cannot be read ({reason}); map it again with smmap run --force")


def _read_cog(path: Path, part: Block, area: Block) -> NDArray[Any]:
    rows, cols = part.within(area)
    window = Window(cols.start, rows.start, part.width, part.height)
    try:
        with open_environment(), rasterio.open(path) as file:
            return np.asarray(file.read(1, window=window))
    except RasterioError as error:
        reason = str(error)
    raise ArchiveError(f"{path} cannot be read ({reason}); map it again with smmap run --force")
