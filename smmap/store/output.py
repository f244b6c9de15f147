"""Where an output lies: a folder, or a prefix of an object store; the same promises on both."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True)
class FileMark:
    """What a stored file is known by."""

    sha256: str
    """Hex."""
    size: int
    """Bytes."""


class OutputStore(Protocol):
    """Reads and writes an output; all paths are relative to it, with forward slashes.

    Whatever appears under a path is whole. Two writers cannot both win a `swap`.
    """

    @property
    def address(self) -> str:
        """Of the output, as the user gave it."""
        ...

    def read(self, path: str) -> bytes | None:
        """All bytes, or None if there is no such file."""
        ...

    def read_many(self, paths: Iterable[str]) -> list[bytes | None]:
        """As ``read``, in order, as far as possible at once."""
        ...

    def read_mark(self, path: str) -> FileMark | None:
        """Checksum and size of a file of any size, or None if there is no such file."""
        ...

    def read_marks(self, paths: Iterable[str]) -> list[FileMark | None]:
        """As ``read_mark``, in order, as far as possible at once."""
        ...

    def locate(self, path: str) -> str:
        """What GDAL opens to read the file at ``path``; it may hold for some hours only."""
        ...

    def put(self, path: str, data: bytes, staging: Path) -> None:
        """Write a whole file, whatever was there."""
        ...

    def swap(self, path: str, expected: bytes | None, data: bytes, staging: Path) -> bool:
        """Write ``data`` only if the file still is ``expected`` (None: there is none).

        Returns False, and writes nothing, if somebody else changed it meanwhile.
        """
        ...

    def delete(self, path: str) -> None:
        """Remove a file; nothing happens if there is none."""
        ...

    def delete_folder(self, path: str) -> None:
        """Remove a folder and all below it; nothing happens if there is none."""
        ...

    def list_files(self, folder: str) -> list[str]:
        """Paths of all files below a folder, sorted."""
        ...

    def list_folders(self, folder: str) -> list[str]:
        """Names of the folders right in a folder, sorted."""
        ...

    def publish_folder(
        self, staged: Path, path: str, marked: Collection[str] = ()
    ) -> dict[str, FileMark]:
        """Make a finished local folder appear at ``path``, whose name holds a digest of it.

        Parameters
        ----------
        marked
            Paths within the folder of which marks are wanted; those of folders have none.

        Returns
        -------
        dict
            Marks of these files as they lie there, by path within the folder. A folder that is
            there already is left as it is.
        """
        ...

    def publish_file(self, staged: Path, path: str) -> FileMark:
        """Move a finished local file to ``path``, whatever was there; its mark."""
        ...

    def publish_links(
        self, path: str, links: Mapping[str, str], files: Mapping[str, bytes], staging: Path
    ) -> None:
        """Make a folder appear at ``path`` that shares files with others.

        Parameters
        ----------
        links
            Path within the folder -> path of the stored file whose bytes it has.
        files
            Path within the folder -> bytes; the last one tells that the folder is complete.
        """
        ...

    def open_staging(self) -> AbstractContextManager[Path]:
        """A private local folder, removed at the end, or by a later run if its owner was killed."""
        ...

    def open_zarr_store(self, path: str) -> Any:
        """What zarr and xarray open to read the group at ``path``."""
        ...

    def report_errors(self, path: str) -> AbstractContextManager[None]:
        """Turn the store's errors in reading what ``open_zarr_store`` gave into ours."""
        ...


def join_address(address: str, path: str) -> str:
    """Address of a file of an output, for people and for other programs."""
    return f"{address.rstrip('/')}/{path}"
