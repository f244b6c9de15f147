"""Whether an open raster can be the band that it is taken for."""

from __future__ import annotations

from functools import lru_cache

import rasterio
from rasterio.crs import CRS
from rasterio.errors import CRSError

from smmap.spec.band import Band
from smmap.spec.errors import SceneError
from smmap.stack.sense import is_scaled


def check_file(file: rasterio.DatasetReader, band: Band) -> None:
    """Refuse what cannot be what the item says it is.

    Raises
    ------
    SceneError
        If the file has no coordinate system, another than stated, or complex numbers; or if it
        says that it is packed, which nobody else does.
    """
    if file.crs is None and file.gcps[0]:
        raise SceneError(
            f"{band.href} lies in the radar's own geometry, by ground control points (GRD as ESA "
            "makes it, uncalibrated): use scenes that are calibrated and laid on a "
            "map, as of planetary-computer-sentinel-1-rtc, asf-opera-rtc-s1 or local-sentinel-1"
        )
    if file.crs is None:
        raise SceneError(f"{band.href} has no coordinate system")
    if file.dtypes[band.index - 1].startswith("complex"):
        raise SceneError(f"{band.href} holds complex numbers; detected power is wanted")
    _check_packing(file, band)
    stated, found = _find_epsg(band.crs or ""), _find_epsg(file.crs.to_wkt())
    if None not in (stated, found) and stated != found:
        raise SceneError(
            f"{band.href} lies in EPSG:{found}, its item says {band.crs}; correct one of them"
        )


def _check_packing(file: rasterio.DatasetReader, band: Band) -> None:
    """A file's own scale is not used, as some are the wrong way round (10000 in MODIS's HDF).

    So one that nobody else states would be lost.
    """
    packing = file.scales[band.index - 1], file.offsets[band.index - 1]
    if packing != (1.0, 0.0) and band.units not in ("class", "bits") and not is_scaled(band):
        raise SceneError(
            f"{band.href} says of itself that its numbers are packed, by scale {packing[0]:g} and "
            f"offset {packing[1]:g}, but neither its item nor the definition does: state "
            "raster:scale and raster:offset in one of them"
        )


@lru_cache(maxsize=256)
def _find_epsg(crs: str) -> int | None:
    """None where there is no such number, or nothing is said."""
    try:
        return CRS.from_user_input(crs).to_epsg() if crs else None
    except (CRSError, ValueError):  # what is no code at all
        return None
