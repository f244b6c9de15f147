"""How many bytes may wait in memory for those who will use them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock


class Room:
    """Bytes that threads share; nobody waits for them.

    Parameters
    ----------
    most_bytes
        Taken at once, at most.
    """

    def __init__(self, most_bytes: int) -> None:
        self._free = most_bytes
        self._lock = Lock()

    @contextmanager
    def take(self, count: int) -> Iterator[bool]:
        """Whether there is room for so many bytes, which is then taken until the end."""
        with self._lock:
            taken = count <= self._free
            self._free -= count if taken else 0
        try:
            yield taken
        finally:
            with self._lock:
                self._free += count if taken else 0
