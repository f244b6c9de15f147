"""Logs go to stderr, and only the command line sets handlers."""

from __future__ import annotations

import logging


def set_up_logging(*, verbose: bool) -> None:
    """Warnings always; what is being done only when asked."""
    handler = logging.StreamHandler()
    handler.addFilter(_add_task)
    form = "%(asctime)s %(levelname)s %(task)s %(name)s: %(message)s"
    handler.setFormatter(logging.Formatter(form))
    root = logging.getLogger("smmap")
    root.handlers = [handler]
    root.setLevel(logging.INFO if verbose else logging.WARNING)


def _add_task(record: logging.LogRecord) -> bool:
    """Put the id of the task at work on a line; imported only when there is something to say."""
    from smmap.crew.work_log import add_task

    return add_task(record)
