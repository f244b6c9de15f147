"""Lets so many through at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class Gate:
    """What the threads of a process share to stay below a provider's quota.

    Parameters
    ----------
    at_once
        How many may be inside.
    """

    def __init__(self, at_once: int) -> None:
        self._at_once, self._inside = at_once, 0
        self._changed = Condition()

    @contextmanager
    def enter(self) -> Iterator[None]:
        """Wait for a place, and hold it."""
        with self._changed:
            self._changed.wait_for(lambda: self._inside < self._at_once)
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify()

    def narrow(self, at_once: int) -> None:
        """Let fewer in from now on; those inside finish."""
        with self._changed:
            self._at_once = min(self._at_once, at_once)
