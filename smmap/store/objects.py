"""An output in an object store (S3, Google Cloud Storage, Azure): conditional writes."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    GenericError,
    PreconditionError,
    UnknownConfigurationKeyError,
)

from smmap.spec.errors import StoreError, TransientError
from smmap.store.checksum import compute_sha256
from smmap.store.connect import connect
from smmap.store.output import FileMark, join_address
from smmap.store.staging import open_staging

_AT_ONCE = 16
"""Requests: of larger files also parts, so that what is in flight is at most 16 x 3 x 5 MiB."""
_PART = 5 * 1024**2
"""Bytes of a part of a larger file, in one PUT up to there. S3 takes 10,000 parts: 50 GB."""
_PARTS_AT_ONCE = 2
_SIGNED_FOR = timedelta(hours=6)
"""How long an address for GDAL can be read: longer than a shard takes."""
_CONDITIONS = ".smmap/conditions"
"""An empty object by which a store shows whether it keeps to conditions."""
_NO_VERSION = {"e_tag": '"0"', "version": "1"}


class ObjectOutput:
    """`OutputStore` over a prefix of a bucket."""

    def __init__(self, address: str) -> None:
        self._address = address
        try:
            self._store: Any = connect(address)
        except (BaseError, UnknownConfigurationKeyError, ValueError) as error:
            reason = str(error)
        else:
            return
        raise StoreError(f"{address}: cannot be used as an output ({reason})")

    @property
    def address(self) -> str:
        """The prefix's URL."""
        return self._address

    def read(self, path: str) -> bytes | None:
        """All bytes, or None if there is no such object."""
        found = self._read_version(path)
        return None if found is None else found[0]

    def read_many(self, paths: Iterable[str]) -> list[bytes | None]:
        """As ``read``, in order, several at once."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(self.read, paths))

    def read_mark(self, path: str) -> FileMark | None:
        """Checksum and size, read piece by piece; None if there is no such object."""
        digest, size = hashlib.sha256(), 0
        with self._explain(path):
            try:
                for piece in obstore.get(self._store, path).stream():
                    digest.update(piece)
                    size += len(piece)
            except FileNotFoundError:
                return None
        return FileMark(digest.hexdigest(), size)

    def read_marks(self, paths: Iterable[str]) -> list[FileMark | None]:
        """As ``read_mark``, in order, several at once."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(self.read_mark, paths))

    def locate(self, path: str) -> str:
        """A signed address, so that GDAL needs none of the store's settings."""
        with self._explain(path):
            return str(obstore.sign(self._store, "GET", path, _SIGNED_FOR))

    def put(self, path: str, data: bytes, staging: Path) -> None:  # noqa: ARG002 (as of folders)
        """One PUT: an object appears whole or not at all."""
        with self._explain(path):
            obstore.put(self._store, path, data)

    def swap(self, path: str, expected: bytes | None, data: bytes, staging: Path) -> bool:  # noqa: ARG002
        """A conditional PUT: create-only, or only over the version whose bytes were compared."""
        found = self._read_version(path)
        if (found and found[0]) != expected:
            return False
        return self._put_if("create" if found is None else found[1], path, data)

    def delete(self, path: str) -> None:
        """Remove an object; S3 says nothing of one that is not there, the others do."""
        with self._explain(path), suppress(FileNotFoundError):
            obstore.delete(self._store, path)

    def delete_folder(self, path: str) -> None:
        """Remove all objects below a prefix, 1000 a request on S3, 256 on Azure."""
        names = self.list_files(path)
        # A group without its root document is none: it goes first, should the rest not follow.
        for name in [one for one in names if one == f"{path}/zarr.json"]:
            self.delete(name)
            names.remove(name)
        with self._explain(path):
            try:
                obstore.delete(self._store, names)
            except FileNotFoundError:  # Google and Azure say so: another run removes them, too
                with ThreadPoolExecutor(_AT_ONCE) as pool:
                    list(pool.map(self.delete, names))

    def list_files(self, folder: str) -> list[str]:
        """Paths of all objects below a prefix, sorted."""
        with self._explain(folder):
            batches = obstore.list(self._store, prefix=f"{folder}/" if folder else None)
            return sorted(str(one["path"]) for batch in batches for one in batch)

    def list_folders(self, folder: str) -> list[str]:
        """Names of the prefixes right below a prefix, sorted."""
        with self._explain(folder):
            listed = obstore.list_with_delimiter(self._store, f"{folder}/" if folder else None)
        names = (str(prefix).rstrip("/").rpartition("/")[2] for prefix in listed["common_prefixes"])
        return sorted(name for name in names if not name.startswith("."))

    def publish_folder(
        self, staged: Path, path: str, marked: Collection[str] = ()
    ) -> dict[str, FileMark]:
        """Upload every file; what is there already has the same bytes, for its name says so."""
        files = {
            one.relative_to(staged).as_posix(): one
            for one in sorted(staged.rglob("*"))
            if one.is_file()
        }
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(self._upload, files.values(), (f"{path}/{name}" for name in files)))
            wanted = [name for name in files if name in marked]
            marks = pool.map(_compute_mark, (files[name] for name in wanted))
            return dict(zip(wanted, marks, strict=True))

    def publish_file(self, staged: Path, path: str) -> FileMark:
        """Upload; a larger file in parts, which appear as one object."""
        self._upload(staged, path)
        return _compute_mark(staged)

    def _upload(self, staged: Path, path: str) -> None:
        with self._explain(path):
            obstore.put(self._store, path, staged, chunk_size=_PART, max_concurrency=_PARTS_AT_ONCE)

    def publish_links(
        self, path: str, links: Mapping[str, str], files: Mapping[str, bytes], staging: Path
    ) -> None:
        """Server-side copies and files, the last file when all others are there.

        Many at once; after the first that fails no other is begun.
        """
        *others, last = files

        def copy(item: tuple[str, str]) -> None:
            name, source = item
            with self._explain(f"{path}/{name}"):
                obstore.copy(self._store, source, f"{path}/{name}")

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(copy, links.items()))
            list(pool.map(lambda name: self.put(f"{path}/{name}", files[name], staging), others))
        self.put(f"{path}/{last}", files[last], staging)

    def open_staging(self) -> AbstractContextManager[Path]:
        """On the local disk: files are made there and uploaded whole.

        Raises
        ------
        StoreError
            If the store does not keep to the conditions of a PUT: two runs could both win there.
        """
        self._check_conditions()
        digest = hashlib.sha256(self._address.encode()).hexdigest()[:12]
        return open_staging(Path(tempfile.gettempdir()) / f"smmap-staging-{os.getuid()}" / digest)

    def open_zarr_store(self, path: str) -> Any:
        """A read-only zarr store over the group's prefix."""
        from zarr.storage import ObjectStore

        return ObjectStore(connect(join_address(self._address, path)), read_only=True)

    def report_errors(self, path: str) -> AbstractContextManager[None]:
        """A passing fault is a TransientError, all else a StoreError."""
        return self._explain(path)

    def _read_version(self, path: str) -> tuple[bytes, dict[str, str]] | None:
        """Bytes of an object, and what tells this version of it from others."""
        with self._explain(path):
            try:
                found = obstore.get(self._store, path)
                marks = {name: found.meta.get(name) for name in ("e_tag", "version")}
                return bytes(found.bytes()), {key: str(one) for key, one in marks.items() if one}
            except FileNotFoundError:
                return None

    def _put_if(self, mode: Any, path: str, data: bytes) -> bool:
        """One PUT under a condition; False if it did not hold. Never in parts: those have none."""
        with self._explain(path):
            try:
                obstore.put(self._store, path, data, mode=mode, use_multipart=False)
            except (AlreadyExistsError, PreconditionError):
                return False
        return True

    def _check_conditions(self) -> None:
        """Refuse a store that creates twice, or replaces a version that there never was."""
        twice = all(self._put_if("create", _CONDITIONS, b"") for _ in range(2))
        if twice or self._put_if(_NO_VERSION, _CONDITIONS, b""):
            raise StoreError(
                f"{self._address}: the store ignores the conditions of a PUT (If-None-Match, "
                "If-Match), so that two runs could spoil each other's output; use a store or a "
                "version of it that knows them"
            )

    @contextmanager
    def _explain(self, path: str) -> Iterator[None]:
        """Turn the store's errors into ours."""
        try:
            yield
        except (GenericError, AlreadyExistsError, PreconditionError) as error:
            reason, passing = _shorten(error), True
        except (BaseError, OSError) as error:
            reason, passing = _shorten(error), False
        else:
            return
        where = join_address(self._address, path)
        if passing:
            raise TransientError(
                f"{where}: the store does not do it now ({reason}); rerun later, or check "
                "endpoint and credentials"
            )
        raise StoreError(
            f"{where}: the store refuses ({reason}); check credentials, rights and the address"
        )


def _shorten(error: Exception) -> str:
    """What a person can use of obstore's message: it goes on with the error's insides."""
    return " ".join(str(error).partition("Debug source")[0].split())


def _compute_mark(file: Path) -> FileMark:
    return FileMark(compute_sha256(file), file.stat().st_size)
