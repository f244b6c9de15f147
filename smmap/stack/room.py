"""How many bytes may wait in memory for those who will use them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
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
        self._takers: Counter[tuple[str, int]] = Counter()
        self._lock = Lock()

    @contextmanager
    def take(self, parts: Mapping[tuple[str, int], int]) -> Iterator[bool]:
        """Whether there is room for these parts, which is then taken until the end.

        Parameters
        ----------
        parts
            Bytes of each, by file and place in it. One that several have taken is there once.
        """
        with self._lock:
            more = sum(size for part, size in parts.items() if part not in self._takers)
            taken = more <= self._free
            if taken:
                self._free -= more
                self._takers.update(parts.keys())
        try:
            yield taken
        finally:
            if taken:
                self._give_back(parts)

    def _give_back(self, parts: Mapping[tuple[str, int], int]) -> None:
        with self._lock:
            for part, size in parts.items():
                self._takers[part] -= 1
                if not self._takers[part]:
                    del self._takers[part]
                    self._free += size
