"""GDAL's settings for every read and write, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from typing import Any

READ_SETTINGS: Mapping[str, Any] = {
    # A COG is one file: never list the folder or look for side files around it.
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".tif,.tiff,.TIF,.TIFF",
    # Header and first blocks in one request; neighbouring blocks in one request each.
    "GDAL_INGESTED_BYTES_AT_OPEN": 32768,
    "GDAL_HTTP_MERGE_CONSECUTIVE_RANGES": True,
    "GDAL_HTTP_MULTIPLEX": True,
    "VSI_CACHE": True,
    "GDAL_HTTP_MAX_RETRY": 3,  # of one request; a read that fails is tried again as a whole
    "GDAL_HTTP_RETRY_DELAY": 0.5,
    "GDAL_HTTP_CONNECTTIMEOUT": 10,
    "GDAL_HTTP_TIMEOUT": 60,
    "GDAL_CACHEMAX": 256,
    "GDAL_NUM_THREADS": 1,
}


def open_environment() -> AbstractContextManager[Any]:
    """A rasterio environment with ``READ_SETTINGS``; one for each thread that reads."""
    import rasterio

    environment: AbstractContextManager[Any] = rasterio.Env(**READ_SETTINGS)
    return environment


def forget_failure(href: str) -> None:
    """Let the next read of a remote file ask the server again.

    GDAL remembers for as long as the process lives that a file could not be had. Opening it
    once more as one that must not be remembered makes it forget, mostly without a request.
    """
    import rasterio
    from rasterio.errors import RasterioError

    uncached = {**READ_SETTINGS, "CPL_VSIL_CURL_NON_CACHED": "/vsicurl/", "GDAL_HTTP_MAX_RETRY": 0}
    with rasterio.Env(**uncached), suppress(RasterioError), rasterio.open(href):
        pass
