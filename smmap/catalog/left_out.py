"""Items that a search could not use: each is logged once, and kept for the run's report."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

logger = logging.getLogger(__name__)

_COLLECTED: ContextVar[list[str] | None] = ContextVar("left_out", default=None)


def leave_out(reason: str) -> None:
    """Say why an item is not used; a reason that was given before is not repeated."""
    collected = _COLLECTED.get()
    if collected is None or reason not in collected:
        logger.warning("left out of the search: %s", reason)
    if collected is not None and reason not in collected:
        collected.append(reason)


@contextmanager
def collect_left_out() -> Iterator[list[str]]:
    """Collect the reasons that searches within give."""
    collected: list[str] = []
    token = _COLLECTED.set(collected)
    try:
        yield collected
    finally:
        _COLLECTED.reset(token)
