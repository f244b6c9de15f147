"""GDAL's settings for every read and write, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
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
    "GDAL_HTTP_MAX_RETRY": 5,
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
