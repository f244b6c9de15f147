"""Opens a raster: GDAL asks the server itself, or reads pages of which every request is counted."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any, Self
from urllib.parse import urlsplit

import rasterio
from rasterio.errors import RasterioError

from smmap.spec.band import Band
from smmap.spec.errors import SceneError, TransientError
from smmap.store.network import get_page_cache, is_offline
from smmap.store.prefetch import prepare
from smmap.store.probe import is_object, is_web
from smmap.store.rate import await_turn
from smmap.store.remote_file import RemoteFile


def is_left_to_gdal(href: str, band: Band) -> bool:
    """Whether GDAL asks a server itself: what it could not fetch may look like a broken file."""
    paged = band.requests_per_second is not None or is_offline() or get_page_cache() is not None
    return is_web(href) and not paged


@contextmanager
def open_dataset(href: str, band: Band) -> Iterator[rasterio.DatasetReader]:
    """Open the file of a band, within `smmap.store.gdal.open_environment`.

    Parameters
    ----------
    href
        A path, or the band's address with a signature.
    band
        What is read: pages, where the provider bounds requests, where remote files are kept in a
        cache, and where the network must not be used.

    Raises
    ------
    rasterio.errors.RasterioError
        If it cannot be opened, or anything in the block cannot be read.
    SceneError, TransientError, OfflineError
        As `RemoteFile` raises them, whatever GDAL makes of it.
    """
    if is_left_to_gdal(href, band) or not (is_web(href) or is_object(href)):
        if is_web(href):
            await_turn(href)
        with rasterio.open(href) as dataset:
            yield dataset
        return
    opener = _Opener(RemoteFile(band.href, band.sign, band.requests_per_second))
    try:
        with rasterio.open(opener.path, opener=opener) as dataset:
            prepare(dataset, opener.file)
            yield dataset
    except RasterioError:
        if opener.failure is None:
            raise
    # GDAL opens a file of which it could not read a header field as if it had none.
    if opener.failure is not None:
        raise opener.failure


class _Opener:
    """Stands for a file system with one file in it, as rasterio wants it.

    Nothing here may raise: a failure is kept, and GDAL is given no bytes, which it takes for an
    error of reading.
    """

    def __init__(self, file: RemoteFile) -> None:
        self.file = file
        self.failure: SceneError | TransientError | None = None
        # GDAL keeps what it knows of a path: each opening has one of its own.
        name = PurePosixPath(urlsplit(file.name).path).name
        self.path = f"{uuid.uuid4().hex}/{name}"

    def open(self, path: str, mode: str = "rb", **_: Any) -> _Cursor:
        """A new place to read from, at the beginning."""
        del mode
        if not self.isfile(path):
            raise FileNotFoundError(path)
        return _Cursor(self)

    def isfile(self, path: str) -> bool:
        """Whether it is the one file."""
        return path.endswith(self.path)

    def isdir(self, path: str) -> bool:
        """Nothing is."""
        del path
        return False

    def ls(self, path: str) -> list[str]:
        """Nothing is listed."""
        del path
        return []

    def mtime(self, path: str) -> int:
        """Not known."""
        del path
        return 0

    def rm(self, path: str) -> None:
        """Nothing is removed."""

    def size(self, path: str) -> int:
        """Bytes of the file."""
        if not self.isfile(path):
            raise FileNotFoundError(path)
        return self.file.size


class _Cursor:
    """A place in the file."""

    def __init__(self, opener: _Opener) -> None:
        self._opener = opener
        self._place = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, count: int = -1) -> bytes:
        """The next bytes; none after a failure."""
        if self._opener.failure is not None:
            return b""
        file = self._opener.file
        try:
            data = file.read(self._place, file.size if count < 0 else count)
        except (SceneError, TransientError) as error:
            self._opener.failure = error.with_traceback(None)
            return b""
        self._place += len(data)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place: from the beginning, from here, from the end."""
        self._place = offset + (0, self._place, self._opener.file.size)[whence]
        return self._place

    def tell(self) -> int:
        """The place."""
        return self._place

    def close(self) -> None:
        """Nothing is open."""
