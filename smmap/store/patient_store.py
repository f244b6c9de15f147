"""A remote Zarr store whose reads are tried again, object by object."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from zarr.abc.store import ByteRequest
from zarr.core.buffer import Buffer, BufferPrototype
from zarr.storage import ObjectStore, WrapperStore

from smmap.store import retry

_Result = TypeVar("_Result")


class PatientStore(WrapperStore[ObjectStore[Any]]):
    """Waits and asks again where an answer breaks off, which obstore itself takes for the end.

    An array of many objects would otherwise have to be read again as a whole.
    """

    async def get(
        self, key: str, prototype: BufferPrototype, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """As of `zarr.abc.store.Store`."""
        return await _try(lambda: self._store.get(key, prototype, byte_range))

    async def get_partial_values(
        self, prototype: BufferPrototype, key_ranges: Iterable[tuple[str, ByteRequest | None]]
    ) -> list[Buffer | None]:
        """As of `zarr.abc.store.Store`."""
        ranges = list(key_ranges)
        return await _try(lambda: self._store.get_partial_values(prototype, ranges))


async def _try(read: Callable[[], Awaitable[_Result]]) -> _Result:
    for attempt in range(retry.ATTEMPTS - 1):
        try:
            return await read()
        except (PermissionDeniedError, UnauthenticatedError):
            raise  # it will not be allowed later either
        except BaseError:
            await asyncio.sleep(retry.FIRST_WAIT_S * 2**attempt)
    return await read()
