"""Opens a raster; what lies on a server is read by pages, of which every request is counted."""

from __future__ import annotations

import uuid
from contextlib import suppress
from functools import cached_property
from io import FileIO
from pathlib import PurePosixPath
from typing import Any, Self
from urllib.parse import urlsplit

import rasterio
from rasterio.errors import RasterioError

from smmap.spec.band import Band
from smmap.spec.errors import SceneError, TransientError
from smmap.store.address import is_object, is_web, to_path
from smmap.store.openers import share_openers
from smmap.store.prefetch import prepare
from smmap.store.remote_file import RemoteFile
from smmap.store.shared_file import share_file


def is_remote(href: str) -> bool:
    """Whether a file lies on a server."""
    return is_web(href) or is_object(href)


class Dataset:
    """An open raster, and what went wrong beneath it.

    Parameters
    ----------
    file
        As rasterio has it.
    opener
        Reads pages for it; None: it lies on this machine.
    """

    def __init__(self, file: rasterio.DatasetReader, opener: _Opener | None = None) -> None:
        self.file = file
        self._opener = opener
        self._bytes: FileIO | None = None

    @cached_property
    def crs(self) -> str:
        """Its coordinate system, in words: to find them takes longer than to use them."""
        return str(self.file.crs.to_string())

    @property
    def failure(self) -> SceneError | TransientError | None:
        """Why a page could not be had, whatever GDAL makes of it."""
        return self._opener.failure if self._opener else None

    def read_bytes(self, start: int, count: int) -> bytes:
        """As they lie in the file; fewer at its end, none where it cannot be read so.

        Raises
        ------
        SceneError, TransientError, OfflineError
            As of `RemoteFile.read`.
        """
        if self._opener is not None:
            return self._opener.file.read(start, count)
        with suppress(OSError, OverflowError):
            if self._bytes is None:
                self._bytes = FileIO(self.file.name)
            self._bytes.seek(start)
            return self._bytes.read(count)
        return b""

    def close(self) -> None:
        """Close it."""
        share_openers()
        self.file.close()
        if self._bytes is not None:
            self._bytes.close()


def open_dataset(band: Band) -> Dataset:
    """Open the file of a band, within `smmap.store.gdal.open_environment`.

    Raises
    ------
    rasterio.errors.RasterioError
        If it cannot be opened.
    SceneError, TransientError, OfflineError
        As `RemoteFile` raises them, whatever GDAL makes of it.
    """
    if not is_remote(band.href):
        return Dataset(rasterio.open(to_path(band.href)))
    opener = _Opener(share_file(band.href, band.sign, band.requests_per_second))
    try:
        file = rasterio.open(opener.path, opener=opener)
    except RasterioError:
        if opener.failure is None:
            raise
    else:
        # GDAL opens a file of which it could not read a header field as if it had none.
        if opener.failure is None:
            prepare(file, opener.file)
            return Dataset(file, opener)
        file.close()
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
