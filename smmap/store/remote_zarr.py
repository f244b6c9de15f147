"""A Zarr store on a web server or in an object store, read as every other remote file is."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable
from threading import Lock

from zarr.abc.store import (
    ByteRequest,
    OffsetByteRequest,
    RangeByteRequest,
    Store,
    SuffixByteRequest,
)
from zarr.core.buffer import Buffer, BufferPrototype

from smmap.spec.band import Signer
from smmap.spec.errors import SceneError, TransientError
from smmap.store.remote_file import PAGE, RemoteFile

_AHEAD = 1 << 24
"""Bytes that one request brings of what is read whole: of a chunk mostly all."""
_OPEN = 8
"""Parts of the store of which the version is known; a shard is read piece by piece."""


class RemoteZarr(Store):
    """For reading; nothing can be listed: its metadata must be consolidated, or its names known.

    Parameters
    ----------
    address
        Of the store's folder: ``https://...``, or one of an object store.
    signer
        As of `sign_href`.
    requests_per_second
        As of `smmap.store.rate.await_turn`.

    Raises
    ------
    TransientError, OfflineError
        When something is read, as of `RemoteFile`.
    """

    def __init__(
        self, address: str, signer: Signer | None = None, requests_per_second: float | None = None
    ) -> None:
        super().__init__(read_only=True)
        self._address, self._signer = address.rstrip("/"), signer
        self._requests_per_second = requests_per_second
        self._files: OrderedDict[str, RemoteFile] = OrderedDict()
        self._lock = Lock()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RemoteZarr) and other._address == self._address

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        return self._address

    async def get(
        self, key: str, prototype: BufferPrototype, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """A part of the store, or some of its bytes; None if there is no such part."""
        data = await asyncio.to_thread(self._read, key, byte_range)
        return None if data is None else prototype.buffer.from_bytes(data)

    async def get_partial_values(
        self,
        prototype: BufferPrototype,
        key_ranges: Iterable[tuple[str, ByteRequest | None]],
    ) -> list[Buffer | None]:
        """As ``get``, of many."""
        return list(
            await asyncio.gather(*(self.get(key, prototype, one) for key, one in key_ranges))
        )

    async def exists(self, key: str) -> bool:
        """Whether there is such a part."""
        return await asyncio.to_thread(self._request, key, PAGE) is not None

    def _read(self, key: str, byte_range: ByteRequest | None) -> bytes | None:
        if byte_range is None:
            file = self._request(key, _AHEAD)
            return None if file is None else file.read(0, file.size)
        file = self._find(key)
        if file is None:
            return None
        try:
            return file.read(*_locate(byte_range, file.size))
        except TransientError:
            with self._lock:  # it may be another version by now
                self._files.pop(key, None)
            raise

    def _find(self, key: str) -> RemoteFile | None:
        """A file that is open already, or is kept open from now on."""
        with self._lock:
            if key in self._files:
                self._files.move_to_end(key)
                return self._files[key]
        file = self._request(key, PAGE)
        if file is not None:
            with self._lock:
                self._files[key] = file
                if len(self._files) > _OPEN:
                    self._files.popitem(last=False)
        return file

    def _request(self, key: str, ahead: int) -> RemoteFile | None:
        address = f"{self._address}/{key}"
        try:
            return RemoteFile(address, self._signer, self._requests_per_second, ahead=ahead)
        except SceneError:
            return None

    @property
    def supports_writes(self) -> bool:
        """It does not."""
        return False

    @property
    def supports_deletes(self) -> bool:
        """It does not."""
        return False

    @property
    def supports_listing(self) -> bool:
        """It does not: web servers have no listing."""
        return False

    async def set(self, key: str, value: Buffer) -> None:  # noqa: ARG002 (refused)
        """Refused."""
        self._check_writable()

    async def delete(self, key: str) -> None:  # noqa: ARG002 (refused)
        """Refused."""
        self._check_writable()

    def list(self) -> AsyncIterator[str]:
        """Refused."""
        return self.list_prefix("")

    def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        """Refused."""
        return self.list_dir(prefix)

    def list_dir(self, prefix: str) -> AsyncIterator[str]:
        """Refused: HTTP lists nothing, which ``supports_listing`` tells Zarr."""
        raise NotImplementedError(f"{self._address}/{prefix} cannot be listed")


def _locate(byte_range: ByteRequest, size: int) -> tuple[int, int]:
    """Where bytes begin, and how many they are."""
    match byte_range:
        case RangeByteRequest(start, end):
            return start, end - start
        case OffsetByteRequest(offset):
            return offset, size
        case SuffixByteRequest(suffix):
            return max(0, size - suffix), suffix
