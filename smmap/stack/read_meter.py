"""How much is read of scenes: a count that belongs to the work it is read for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class ReadMeter:
    """Counts bytes of source pixels as they are stored, uncompressed; from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bytes = 0

    @property
    def bytes(self) -> int:
        """So far."""
        return self._bytes

    def add(self, count: int) -> None:
        """So many bytes more."""
        with self._lock:
            self._bytes += count


_METER: ContextVar[ReadMeter | None] = ContextVar("read_meter", default=None)


@contextmanager
def meter_reads() -> Iterator[ReadMeter]:
    """Count what this context reads, and threads started in a copy of it."""
    meter = ReadMeter()
    token = _METER.set(meter)
    try:
        yield meter
    finally:
        _METER.reset(token)


def count_read(count: int) -> None:
    """Tell that so many bytes were read, to whom it may concern."""
    meter = _METER.get()
    if meter is not None:
        meter.add(count)
