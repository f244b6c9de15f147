"""Lets through so many at once and so many a second."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class Gate:
    """What the threads of a process share to stay below a provider's quota.

    Parameters
    ----------
    at_once
        How many may be inside.
    per_second
        How many may enter within a second, evenly spaced.
    """

    def __init__(self, at_once: int, per_second: float) -> None:
        self._at_once, self._spacing = at_once, 1.0 / per_second
        self._inside, self._next = 0, 0.0
        self._changed = Condition()

    @contextmanager
    def enter(self) -> Iterator[None]:
        """Wait for a place, and hold it."""
        with self._changed:
            self._changed.wait_for(lambda: self._inside < self._at_once)
            self._inside += 1
            turn = max(self._next, time.monotonic())
            self._next = turn + self._spacing
        try:
            time.sleep(max(0.0, turn - time.monotonic()))
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify()

    def narrow(self, at_once: int) -> None:
        """Let fewer in from now on; those inside finish."""
        with self._changed:
            self._at_once = min(self._at_once, at_once)
