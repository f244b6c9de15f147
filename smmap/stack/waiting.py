"""Pixels that came along with another band's, until they are asked for."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


class Waiting:
    """Arrays by key; each is given out once. Of too many, the oldest go first.

    Parameters
    ----------
    most_bytes
        Kept at most.
    most_seconds
        An array that waits longer is not given out any more: its image may have changed.
    """

    def __init__(self, most_bytes: int, most_seconds: float) -> None:
        self._most_bytes, self._most_seconds = most_bytes, most_seconds
        self._kept: OrderedDict[Hashable, tuple[Array, float]] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def put(self, key: Hashable, values: Array) -> None:
        """Keep ``values``; what was kept under that key is replaced."""
        with self._lock:
            self._drop(key)
            self._kept[key] = values, time.monotonic()
            self._bytes += values.nbytes
            while self._bytes > self._most_bytes:
                self._drop(next(iter(self._kept)))

    def take(self, key: Hashable) -> Array | None:
        """What waits under ``key``, which is the caller's from now on; None: nothing does."""
        with self._lock:
            found = self._drop(key)
        if found is None or time.monotonic() - found[1] > self._most_seconds:
            return None
        return found[0]

    def _drop(self, key: Hashable) -> tuple[Array, float] | None:
        found = self._kept.pop(key, None)
        self._bytes -= 0 if found is None else found[0].nbytes
        return found
