"""Files of a folder, a zip archive, or one file alone."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from smmap.spec.errors import InsituError


@dataclass(frozen=True)
class Place:
    """Where readings lie; names are relative to it, with forward slashes."""

    path: Path
    """Folder, zip archive or file."""
    names: tuple[str, ...]
    """All files, sorted."""
    archive: zipfile.ZipFile | None = None
    """Open, where ``path`` is a zip archive."""

    def load(self, name: str) -> bytes:
        """A file's content, unpacked if its name ends with ``.gz``.

        Raises
        ------
        InsituError
            If it cannot be read.
        """
        try:
            data = self.archive.read(name) if self.archive else self.find(name).read_bytes()
            return gzip.decompress(data) if name.endswith(".gz") else data
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError) as error:
            reason = str(error)  # RuntimeError is what zipfile says of a password
        raise InsituError(f"{self.path}, {name}: cannot be read: {reason}")

    def load_text(self, name: str) -> str:
        """A file's content as text; bytes that are not UTF-8 are read as Latin-1.

        Raises
        ------
        InsituError
            If it cannot be read, or is no text.
        """
        data = self.load(name)
        if b"\0" in data:
            raise InsituError(f"{self.path}, {name}: is not text")
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:
            return data.decode("latin-1")

    def find(self, name: str) -> Path:
        """Where a file of a folder lies."""
        return self.path if self.path.is_file() else self.path / name


@contextmanager
def open_place(path: Path) -> Iterator[Place]:
    """Open a folder (with all below it), a zip archive or one file.

    Raises
    ------
    InsituError
        If it does not exist, is empty, or is a damaged archive.
    """
    if path.is_dir():
        names = (one.relative_to(path).as_posix() for one in path.rglob("*") if one.is_file())
        place = Place(path, tuple(sorted(names)))
    elif not path.is_file():
        raise InsituError(f"{path}: no such file or folder; name a folder, a zip or a file")
    elif zipfile.is_zipfile(path):
        archive = zipfile.ZipFile(path)
        names = (one.filename for one in archive.infolist() if not one.is_dir())
        place = Place(path, tuple(sorted(names)), archive)
    elif path.suffix.lower() == ".zip":
        raise InsituError(f"{path}: is no zip archive, or was cut short; download it again")
    else:
        place = Place(path, (path.name,))
    try:
        if not place.names:
            raise InsituError(f"{path}: holds no file")
        yield place
    finally:
        if place.archive:
            place.archive.close()
