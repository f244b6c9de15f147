"""An output in a folder: locks and renames of the file system."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path

from smmap.spec.errors import StoreError
from smmap.store.atomic import move_atomic, publish_folder, report_store_errors, write_atomic
from smmap.store.checksum import compute_sha256
from smmap.store.lock import hold_lock
from smmap.store.output import FileMark
from smmap.store.staging import open_staging

_PRIVATE = ".smmap"
"""Holds locks and staging: nothing below it is part of the output."""


class FolderOutput:
    """`OutputStore` over a local folder (or a mounted one that honours ``flock``)."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def address(self) -> str:
        """The folder's path."""
        return str(self.root)

    def read(self, path: str) -> bytes | None:
        """All bytes, or None if there is no such file.

        Raises
        ------
        StoreError
            If it cannot be read.
        """
        try:
            return (self.root / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            reason = error.strerror or error
        raise StoreError(f"cannot read {self.root / path}: {reason}; mend it, then rerun")

    def read_many(self, paths: Iterable[str]) -> list[bytes | None]:
        """As ``read``, in order."""
        return [self.read(path) for path in paths]

    def read_mark(self, path: str) -> FileMark | None:
        """Checksum and size, or None if there is no such file."""
        file = self.root / path
        return FileMark(compute_sha256(file), file.stat().st_size) if file.is_file() else None

    def read_marks(self, paths: Iterable[str]) -> list[FileMark | None]:
        """As ``read_mark``, in order."""
        return [self.read_mark(path) for path in paths]

    def locate(self, path: str) -> str:
        """The file's path."""
        return str(self.root / path)

    def put(self, path: str, data: bytes, staging: Path) -> None:
        """Write under a temporary name in ``staging``, flush, rename."""
        write_atomic(self.root / path, data, staging=staging)

    def swap(self, path: str, expected: bytes | None, data: bytes, staging: Path) -> bool:
        """Compare and write under a lock of the path's own."""
        lock = self.root / _PRIVATE / "locks" / f"{path.replace('/', '-')}.lock"
        with hold_lock(lock):
            if self.read(path) != expected:
                return False
            self.put(path, data, staging)
            return True

    def delete(self, path: str) -> None:
        """Remove a file."""
        with report_store_errors(str(self.root / path)):
            (self.root / path).unlink(missing_ok=True)

    def delete_folder(self, path: str) -> None:
        """Remove a folder: moved into a staging folder, which the next run empties if need be."""
        place = self.root / path
        if not place.is_dir():
            return
        gone = suppress(FileNotFoundError)  # another run was faster
        with self.open_staging() as staging, report_store_errors(str(place)), gone:
            place.rename(staging / place.name)

    def list_files(self, folder: str) -> list[str]:
        """Paths of all files below a folder, sorted."""
        below = (self.root / folder).rglob("*")
        return sorted(one.relative_to(self.root).as_posix() for one in below if one.is_file())

    def list_folders(self, folder: str) -> list[str]:
        """Names of the folders right in a folder, sorted; hidden ones are left out."""
        place = self.root / folder
        if not place.is_dir():
            return []
        return sorted(
            one.name for one in place.iterdir() if one.is_dir() and not one.name.startswith(".")
        )

    def publish_folder(
        self, staged: Path, path: str, marked: Collection[str] = ()
    ) -> dict[str, FileMark]:
        """Flush and rename; one that is there already wins."""
        publish_folder(staged, self.root / path)
        marks = {name: self.read_mark(f"{path}/{name}") for name in marked}
        return {name: mark for name, mark in marks.items() if mark is not None}

    def publish_file(self, staged: Path, path: str) -> FileMark:
        """Flush and rename."""
        mark = FileMark(compute_sha256(staged), staged.stat().st_size)
        move_atomic(staged, self.root / path)
        return mark

    def publish_links(
        self, path: str, links: Mapping[str, str], files: Mapping[str, bytes], staging: Path
    ) -> None:
        """Hard links (copies where the file system has none) in ``staging``, then one rename."""
        staged = staging / uuid.uuid4().hex
        with report_store_errors(str(self.root / path)):
            for name, source in links.items():
                target = staged / name
                target.parent.mkdir(parents=True, exist_ok=True)
                try:
                    os.link(self.root / source, target)
                except OSError:
                    shutil.copyfile(self.root / source, target)
            for name, data in files.items():
                (staged / name).parent.mkdir(parents=True, exist_ok=True)
                (staged / name).write_bytes(data)
        publish_folder(staged, self.root / path)

    def open_staging(self) -> AbstractContextManager[Path]:
        """Within the output, so that a rename is enough to publish."""
        return open_staging(self.root / _PRIVATE / "staging")

    def open_zarr_store(self, path: str) -> str:
        """The group's folder."""
        return str(self.root / path)

    def report_errors(self, path: str) -> AbstractContextManager[None]:  # noqa: ARG002 (as of stores)
        """Nothing to turn: the system's errors are what readers of files expect."""
        return nullcontext()
