"""GDAL's settings for every read and write, in one place."""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any

from smmap.store.openers import share_openers

READ_SETTINGS: Mapping[str, Any] = {
    # A COG is one file: never list the folder or look for side files around it.
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".tif,.tiff,.TIF,.TIFF,.jp2",
    # Header and first blocks in one request; neighbouring blocks in one request each.
    "GDAL_INGESTED_BYTES_AT_OPEN": 32768,
    "GDAL_HTTP_MERGE_CONSECUTIVE_RANGES": True,
    "GDAL_HTTP_MULTIPLEX": True,
    # Bytes of answers that are kept: of each open file, and of all files of the process.
    "VSI_CACHE": True,
    "VSI_CACHE_SIZE": 2**20,
    "CPL_VSIL_CURL_CACHE_SIZE": 16 * 2**20,
    "GDAL_HTTP_MAX_RETRY": 0,  # a read that fails is tried again as a whole
    "GDAL_HTTP_CONNECTTIMEOUT": 10,
    "GDAL_HTTP_TIMEOUT": 60,
    "GDAL_NUM_THREADS": 1,
}

CACHE_BYTES = 32 * 2**20
"""Of GDAL's block cache, which all threads of a process share; `stack.file_cache` keeps what is
read."""


@functools.cache
def bound_cache() -> None:
    """Bound GDAL's block cache, once a process; by itself it takes 5 % of the machine's memory.

    It is no setting of an environment: each one opened and closed would set it anew for all
    threads, which empties it.
    """
    from rasterio.env import set_gdal_config

    set_gdal_config("GDAL_CACHEMAX", CACHE_BYTES)  # rasterio takes bytes here, and no text


def open_environment() -> AbstractContextManager[Any]:
    """A rasterio environment with ``READ_SETTINGS``; one for each thread that reads."""
    bound_cache()
    share_openers()
    return open_settings(**READ_SETTINGS)


def open_settings(**settings: Any) -> AbstractContextManager[Any]:
    """A rasterio environment with these settings of GDAL's, and no keys of a cloud.

    Where boto3 is installed and the environment holds keys of AWS, rasterio would hand them to
    GDAL, which reads no bucket here, and make a session of boto3's for that: tens of milliseconds
    each time a file is opened.
    """
    import rasterio
    from rasterio.session import DummySession

    environment: AbstractContextManager[Any] = rasterio.Env(session=DummySession(), **settings)
    return environment


class _Ear(logging.Handler):
    """Hears what rasterio passes from GDAL to logging, in the thread that caused it."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.heard = threading.local()

    def emit(self, record: logging.LogRecord) -> None:
        told: list[str] | None = getattr(self.heard, "told", None)
        if told is not None:
            told.append(record.getMessage())


_EAR = _Ear()
_LOGGERS = ("rasterio._env", "rasterio._err")


@contextmanager
def hear_warnings() -> Iterator[list[str]]:
    """Collect what GDAL warns of in this thread.

    GDAL opens a file of which a header field could not be fetched as if it had none: without its
    nodata value or its place on Earth. A warning is all there is to know it by. What a server
    answered to a request for pixels is in no error either.
    """
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        if _EAR not in logger.handlers:
            logger.addHandler(_EAR)
    told: list[str] = []
    _EAR.heard.told = told
    try:
        yield told
    finally:
        _EAR.heard.told = None


def forget_failure(href: str) -> None:
    """Let the next read of a remote file ask the server again.

    GDAL remembers for as long as the process lives that a file could not be had. Opening it
    once more as one that must not be remembered makes it forget, mostly without a request.
    """
    import rasterio
    from rasterio.errors import RasterioError

    uncached = {**READ_SETTINGS, "CPL_VSIL_CURL_NON_CACHED": "/vsicurl/"}
    with open_settings(**uncached), suppress(RasterioError), rasterio.open(href):
        pass
