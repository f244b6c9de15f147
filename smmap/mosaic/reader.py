"""Reads the pixels of an overpass map, from its slice of the cube or from its COGs."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
import rasterio
import zarr
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.windows import Window

from smmap.mosaic.source import OverpassMap
from smmap.product.checksum import encode_multihash
from smmap.product.layers import LAYERS, SM_UNCERTAINTY
from smmap.product.stored_file import find_file
from smmap.spec.band import Layer
from smmap.spec.errors import ArchiveError, TransientError
from smmap.spec.tile import Block
from smmap.store.address import is_web
from smmap.store.gdal import forget_failure, hear_warnings, open_environment
from smmap.store.output import join_address
from smmap.store.retry import retry

Packed = Mapping[Layer, NDArray[Any]]

_UNREADABLE = (OSError, ValueError, KeyError, RuntimeError, TypeError)
"""What Zarr and its codecs raise over a file that is missing, cut off or corrupt."""


class MapReader:
    """An overpass map whose slice is opened once; for one thread at a time."""

    def __init__(self, source: OverpassMap) -> None:
        self.source = source

    def load(self, window: Block) -> Packed:
        """Stored values of all layers within a window of the tile; nodata beyond the map.

        Raises
        ------
        ArchiveError
            If a file that the item names cannot be read.
        TransientError
            If the store does not give it at the moment.
        """
        packed = {layer: np.full(window.shape, layer.fill, layer.dtype) for layer in LAYERS}
        part = window.overlap(self.source.area)
        if part is not None:
            for layer in LAYERS:
                values = self._read(layer, part)
                if values is not None:
                    packed[layer][part.within(window)] = values
        return packed

    def _read(self, layer: Layer, part: Block) -> NDArray[Any] | None:
        """From the slice of the cube, else from the COG; None for a layer that is not there."""
        item = self.source.committed
        if item.slice is not None:
            return self._read_slice(item.slice, layer, part)
        path = find_file(item.document, item.path, layer.name)
        if path is not None:
            stated = item.document["assets"][layer.name].get("file:checksum")
            return self._read_cog(path, stated, part)
        if layer == SM_UNCERTAINTY:
            return None
        raise ArchiveError(
            f"{self._join(item.path)} has neither a slice nor a COG of {layer.name}; map it again "
            "with outputs.cube on"
        )

    def _read_slice(self, path: str, layer: Layer, part: Block) -> NDArray[Any] | None:
        rows = slice(part.row, part.row + part.height)
        cols = slice(part.col, part.col + part.width)
        with self.source.store.report_errors(path):
            try:
                if layer == SM_UNCERTAINTY and layer.name not in self._slice:
                    return None
                array: Any = self._slice[layer.name]
                return np.asarray(array[0, rows, cols])
            except _UNREADABLE as error:
                reason = repr(error)
        raise self._refuse(posixpath.join(path, layer.name), reason)

    @cached_property
    def _slice(self) -> zarr.Group:
        place = self.source.store.open_zarr_store(str(self.source.committed.slice))
        return zarr.open_group(place, mode="r", zarr_format=3)

    def _read_cog(self, path: str, stated: str | None, part: Block) -> NDArray[Any]:
        rows, cols = part.within(self.source.area)
        window = Window(cols.start, rows.start, part.width, part.height)

        def attempt() -> NDArray[Any]:
            href = self.source.store.locate(path)
            values, reason = _try_to_read(href, window)
            if values is not None and not reason:
                return values
            if not is_web(href):
                raise self._refuse(path, reason)
            forget_failure(href)
            reason = reason.replace(href, path)  # a signature is for nobody's eyes
            mark = self.source.store.read_mark(path)
            if mark is None or stated not in (None, encode_multihash(mark.sha256)):
                raise self._refuse(path, reason)
            raise TransientError(f"{self._join(path)}: not readable now ({reason}); rerun later")

        return retry(attempt)

    def _refuse(self, path: str, reason: str) -> ArchiveError:
        return ArchiveError(
            f"{self._join(path)} cannot be read ({reason}); map it again with smmap run --force"
        )

    def _join(self, path: str) -> str:
        return join_address(self.source.store.address, path)


def _try_to_read(href: str, window: Window) -> tuple[NDArray[Any] | None, str]:
    """Values, and what GDAL complains of: what it could not fetch it may take for absent."""
    with hear_warnings() as told:
        try:
            with open_environment(), rasterio.open(href) as file:
                values = np.asarray(file.read(1, window=window))
        except RasterioError as error:
            return None, str(error)
    return values, "; ".join(told)
