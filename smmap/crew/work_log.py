"""Which piece of work a log line belongs to."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_TASK: ContextVar[str] = ContextVar("task", default="-")


@contextmanager
def log_as(task: str) -> Iterator[None]:
    """Mark the log lines of this context, and of threads started in a copy of it."""
    token = _TASK.set(task)
    try:
        yield
    finally:
        _TASK.reset(token)


def add_task(record: logging.LogRecord) -> bool:
    """Put the task's id on a record, as a filter of a log handler; a worker's records have it."""
    if not hasattr(record, "task"):
        record.task = _TASK.get()
    return True
